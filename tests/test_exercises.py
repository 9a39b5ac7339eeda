"""The exercises: the source is sound, blanks and wrong answers fail, the site hides the answers."""

import json
import re
import runpy
from pathlib import Path

import pytest

from exercises.editions import is_solution, self_study, stub

ROOT = Path(__file__).parents[1]
SOURCES = sorted((ROOT / "exercises").rglob("*.ipynb"))

ANSWERS = Path(__file__).parent / "wrong_answers"
WRONG = {
    path.relative_to(ANSWERS).with_suffix("").as_posix(): runpy.run_path(str(path))["WRONG"]
    for path in sorted(ANSWERS.rglob("*.py"))
}
"""Plausible wrong answers to each question of each exercise, and what the reader is told."""


def name_of(path: Path) -> str:
    return path.relative_to(ROOT / "exercises").with_suffix("").as_posix()


def code_cells(path: Path) -> list[dict]:
    cells = json.loads(path.read_text("utf-8"))["cells"]
    return [
        {**cell, "source": "".join(cell["source"])} for cell in cells if cell["cell_type"] == "code"
    ]


def grade_id(cell: dict) -> str | None:
    return cell["metadata"].get("nbgrader", {}).get("grade_id")


def attempt(path: Path, question: str, replace) -> None:
    """Run an exercise up to the test of ``question``, whose solution cell goes through a change."""
    namespace: dict = {}
    for cell in code_cells(path):
        source = cell["source"]
        if grade_id(cell) == question:
            source = replace(source)
        exec(compile(source, f"{name_of(path)}:{cell['id']}", "exec"), namespace)
        if grade_id(cell) == f"{question}_test":
            return
    raise LookupError(f"{name_of(path)} has no test of {question}")


def with_body(body: str):
    """A change that puts ``body`` in the place of the solution."""
    blank = r"# YOUR CODE HERE\n\s*raise NotImplementedError\(\)"
    return lambda source: re.sub(blank, lambda _: body, stub(source))


def questions() -> list[tuple[Path, str]]:
    return [
        (path, grade_id(cell)) for path in SOURCES for cell in code_cells(path) if is_solution(cell)
    ]


def wrong_answers() -> list[tuple[Path, str, str, str]]:
    return [
        (ROOT / "exercises" / f"{exercise}.ipynb", question, body, message)
        for exercise, answers in WRONG.items()
        for question, bodies in answers.items()
        for body, message in bodies
    ]


@pytest.mark.parametrize(("path", "question"), questions())
def test_solution_passes_and_blank_does_not(path: Path, question: str) -> None:
    attempt(path, question, lambda source: source)
    with pytest.raises(NotImplementedError):
        attempt(path, question, stub)


@pytest.mark.parametrize(("path", "question", "body", "message"), wrong_answers())
def test_wrong_answer_is_told_why(path: Path, question: str, body: str, message: str) -> None:
    with pytest.raises(AssertionError, match=re.escape(message)):
        attempt(path, question, with_body(body))


@pytest.mark.parametrize(("path", "question"), questions())
def test_every_question_has_two_wrong_answers(path: Path, question: str) -> None:
    assert len(WRONG[name_of(path)][question]) >= 2


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_source_is_well_formed(path: Path) -> None:
    """Each question is a solution cell and a test cell with points, under one unique name."""
    cells = code_cells(path)
    ids = [grade_id(cell) for cell in cells if grade_id(cell)]
    assert len(ids) == len(set(ids))
    for cell in cells:
        metadata = cell["metadata"].get("nbgrader")
        if metadata is None:
            continue
        assert metadata["schema_version"] == 3
        if metadata["solution"]:
            assert f"{metadata['grade_id']}_test" in ids
            assert stub(cell["source"]) != cell["source"]
        else:
            assert metadata["points"] > 0
            assert metadata["locked"]
    text = "".join(
        "".join(cell["source"])
        for cell in json.loads(path.read_text("utf-8"))["cells"]
        if cell["cell_type"] == "markdown"
    )
    stated = sum(int(points) for points in re.findall(r"^\*(\d+) points", text, re.MULTILINE))
    assert stated == sum(cell["metadata"].get("nbgrader", {}).get("points", 0) for cell in cells)


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_site_shows_stubs_and_folds_solutions(path: Path) -> None:
    source = json.loads(path.read_text("utf-8"))
    before = json.dumps(source)
    cells = self_study(source)["cells"]
    assert json.dumps(source) == before
    shown = [
        "".join(cell["source"])
        for cell in cells
        if cell["cell_type"] == "code" and "hide-input" not in cell["metadata"].get("tags", [])
    ]
    folded = [cell for cell in cells if "hide-input" in cell["metadata"].get("tags", [])]
    count = sum(is_solution(cell) for cell in source["cells"] if cell["cell_type"] == "code")
    assert len(folded) == count == sum("NotImplementedError" in text for text in shown)
    assert not any("SOLUTION" in text or "HIDDEN" in text for text in shown)
    assert all("NotImplementedError" not in "".join(cell["source"]) for cell in folded)


def test_marker_without_partner_is_refused() -> None:
    with pytest.raises(ValueError, match="needs an '### END SOLUTION'"):
        stub("def f():\n    ### BEGIN SOLUTION\n    return 1\n")
