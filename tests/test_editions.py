"""The editions of the exercises: students can peek at nothing, instructors see everything."""

import ast
import json
import re
from pathlib import Path

import pytest

from exercises import __main__ as command
from exercises.editions import (
    Notebook,
    exercises,
    instructor,
    is_solution,
    is_test,
    requirements,
    self_study,
    student,
    text_of,
)

ROOT = Path(__file__).parents[1]
SITE = ROOT / "_build" / "html"
SOURCES = exercises()
SECRET = re.compile(r"### BEGIN (?:SOLUTION|HIDDEN TESTS)\n(.*?)### END", re.DOTALL)

each = pytest.mark.parametrize("name", SOURCES)


def read(path: Path) -> Notebook:
    return json.loads(path.read_text("utf-8"))


def code(notebook: Notebook) -> list[str]:
    return ["".join(c["source"]) for c in notebook["cells"] if c["cell_type"] == "code"]


def secrets(notebook: Notebook) -> set[str]:
    """Statements that stand in a solution or a hidden test of the source and nowhere else."""
    public = {line for source in code(student(notebook)) for line in lines(source)}
    return {
        line
        for source in code(notebook)
        for block in SECRET.findall(source)
        for line in lines(block)
        if line not in public and len(line) > 3
    }


def lines(source: str) -> list[str]:
    return [line.strip() for line in source.splitlines() if line.strip()]


@each
def test_a_student_finds_no_solution_and_no_hidden_test(name: str) -> None:
    """Not a line of them, in code, text or output."""
    source = read(SOURCES[name])
    edition = student(source)
    hidden = secrets(source)
    assert hidden
    assert not hidden & {line for text in code(edition) for line in lines(text)}
    assert not [text for text in code(edition) if "###" in text]
    assert not [cell for cell in edition["cells"] if cell.get("outputs")]


@each
def test_a_student_has_every_question_and_its_points(name: str) -> None:
    """Under the names by which a grader finds the answers again."""
    source, edition = read(SOURCES[name]), student(read(SOURCES[name]))
    for chosen in (is_solution, is_test):
        before, after = (
            [(c["id"], c["metadata"]["nbgrader"]) for c in notebook["cells"] if chosen(c)]
            for notebook in (source, edition)
        )
        assert before == after


@each
def test_the_student_edition_runs_up_to_the_first_question(name: str) -> None:
    """And stops there with NotImplementedError, not with anything else."""
    namespace: dict = {}
    for cell in student(read(SOURCES[name]))["cells"]:
        if cell["cell_type"] != "code":
            continue
        if is_test(cell):
            with pytest.raises(NotImplementedError):
                exec(compile(cell["source"], cell["id"], "exec"), namespace)
            return
        exec(compile(cell["source"], cell["id"], "exec"), namespace)
    raise AssertionError("there is no question")


@each
def test_no_edition_shows_what_only_the_site_can_follow(name: str) -> None:
    """JupyterLab would show a reference as it is typed."""
    for edition in (student, instructor):
        for cell in edition(read(SOURCES[name]))["cells"]:
            if cell["cell_type"] == "markdown":
                assert not re.search(r"\{[a-z:]+\}`", "".join(cell["source"]))


@each
def test_an_instructor_sees_solutions_hidden_tests_and_what_they_demand(name: str) -> None:
    """Below each test stands every message that it may give."""
    source, edition = read(SOURCES[name]), instructor(read(SOURCES[name]))
    assert code(edition) == code(source)
    cells = edition["cells"]
    for cell, below in zip(cells, [*cells[1:], None], strict=True):
        if is_test(cell):
            demanded = list(requirements("".join(cell["source"])))
            asserted = [
                node
                for node in ast.walk(ast.parse("".join(cell["source"])))
                if isinstance(node, ast.Assert)
            ]
            assert len(demanded) == len(asserted)
            assert below["source"].count("\n- ") == len(demanded)
            assert f"{cell['metadata']['nbgrader']['points']} points" in below["source"]


@each
def test_editions_leave_the_source_alone_and_have_unique_cells(name: str) -> None:
    for edition in (self_study, student, instructor):
        source = read(SOURCES[name])
        before = text_of(source)
        ids = [cell["id"] for cell in edition(source)["cells"]]
        assert text_of(source) == before
        assert len(ids) == len(set(ids))


@each
def test_what_the_site_hands_out_is_the_student_edition(name: str) -> None:
    path = SITE / "student" / f"{name}.ipynb"
    assert path.read_text("utf-8") == text_of(student(read(SOURCES[name])))
    page = (SITE / "exercises" / f"{name}.html").read_text("utf-8")
    assert f'href="../../student/{name}.ipynb" download' in page


def test_hidden_tests_are_told_from_the_others() -> None:
    test = (
        "assert a, 'seen'\nfor x in y:\n    assert x, f'at {x}'\n"
        "### BEGIN HIDDEN TESTS\nassert b, 'unseen'\n### END HIDDEN TESTS\nassert c, 'again'"
    )
    assert [tuple(r) for r in requirements(test)] == [
        ("seen", False),
        ("at …", False),
        ("unseen", True),
        ("again", False),
    ]


def test_the_command_writes_editions_and_twice_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    texts = []
    for _ in range(2):
        assert command.main(["build", "--to", str(tmp_path)]) == 0
        texts.append({p: p.read_text("utf-8") for p in sorted(tmp_path.rglob("*")) if p.is_file()})
    assert texts[0] == texts[1]
    assert len(texts[0]) == 3 * len(SOURCES)
    assert f"{len(SOURCES)} exercises" in capsys.readouterr().out


def test_the_command_makes_one_edition_of_one_exercise(tmp_path: Path) -> None:
    assert command.main(["build", "quantiles", "--edition", "student", "--to", str(tmp_path)]) == 0
    written = [p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*.ipynb")]
    assert written == ["student/regression/quantiles.ipynb"]


def test_an_unknown_exercise_is_refused_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        command.main(["build", "quantile"])
    assert stopped.value.code == 2
    last = capsys.readouterr().err.strip().splitlines()[-1]
    assert "no exercise is called 'quantile'; there are" in last
    assert "quantiles" in last
