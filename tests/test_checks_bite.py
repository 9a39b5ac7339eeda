"""The checks find what they are there to find: each is given a fault, and must turn red.

A check that nothing can fail looks like one that nothing fails. Here a copy of the first page
and a copy of lossfns are damaged as little as possible, and the checks are run on the copies.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterable
from pathlib import Path

import nbformat
import notebooks
import pytest
from nbformat import NotebookNode

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "chapters" / "regression" / "ols_from_mle.ipynb"


def run_pytest(folder: Path, *arguments: str) -> tuple[int, dict[str, str]]:
    """Run pytest in ``folder`` with lossfns from there if it has one, from here otherwise.

    Return the exit status and the outcome of each test by its name.
    """
    # The folder has its own configuration, so that none of the course's options apply.
    (folder / "pytest.ini").write_text("[pytest]\n")
    environment = {key: text for key, text in os.environ.items() if not key.startswith("PYTEST_")}
    # Both come before an installed lossfns.
    environment["PYTHONPATH"] = os.pathsep.join([str(folder), str(ROOT)])
    # Loading every plugin that is installed takes longer than the tests.
    environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    report = folder / "report.xml"
    finished = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-p", "no:cacheprovider"),
            *("--import-mode=importlib", f"--junitxml={report}", *arguments),
        ],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert report.exists(), finished.stdout + finished.stderr
    outcomes = {}
    for case in ET.parse(report).iter("testcase"):
        place = f"{case.get('classname')}.{case.get('name')}"
        outcomes[place] = next((child.tag for child in case if child.tag != "properties"), "passed")
    return finished.returncode, outcomes


# Notebooks


def code_up_to_the_first_figure() -> list[NotebookNode]:
    """Real cells of the first page, and few enough to run in seconds."""
    cells = notebooks.code_cells(notebooks.read(PAGE))
    end = next(number for number, cell in enumerate(cells, 1) if figure_of(cell))
    return cells[:end]


def figure_of(cell: NotebookNode) -> NotebookNode | None:
    """The output that holds a cell's figure."""
    return next((out for out in cell.outputs if "image/svg+xml" in out.get("data", {})), None)


def number_of(cell: NotebookNode) -> NotebookNode | None:
    """The output in which a cell prints a number."""
    return next((out for out in cell.outputs if re.search(r"\d", out.get("text", ""))), None)


def copied(cell: NotebookNode, name: str) -> NotebookNode:
    """The same cell once more, under another id."""
    return nbformat.from_dict({**json.loads(json.dumps(cell)), "id": name})


def next_digit(match: re.Match) -> str:
    """The digit after the one matched: the smallest change to a number."""
    return str((int(match[0]) + 1) % 10)


def stored(cells: list[NotebookNode], path: Path) -> Path:
    """A notebook of these cells, as the course would commit it."""
    metadata = {"course": {"code_digest": notebooks.code_digest(NotebookNode(cells=cells))}}
    notebook = nbformat.v4.new_notebook(cells=cells, metadata=metadata)
    path.write_text(notebooks.dumps(notebooks.normalise(notebook)), encoding="utf-8")
    return path


def test_a_changed_number_and_a_changed_coordinate_are_found(tmp_path: Path) -> None:
    """One digit of a print and one of a figure's path: those cells fail, and no other does.

    The damaged cells follow the page's own, so the sound ones are compared in the same run.
    """
    cells = code_up_to_the_first_figure()
    wrong_number = copied(next(filter(number_of, cells)), "wrong-number")
    output = number_of(wrong_number)
    output.text = re.sub(r"\d(?=\D*$)", next_digit, output.text)

    wrong_figure = copied(cells[-1], "wrong-figure")
    data = figure_of(wrong_figure).data
    path = re.search(r'd="M [\d.]+', data["image/svg+xml"])[0]
    moved = re.sub(r"\d$", next_digit, path)
    data["image/svg+xml"] = data["image/svg+xml"].replace(path, moved, 1)

    stored([*cells, wrong_number, wrong_figure], tmp_path / "page.ipynb")
    status, outcomes = run_pytest(tmp_path, "-p", "nbval.plugin", "--nbval", "--nbval-current-env")
    assert status == 1
    assert list(outcomes.values()) == [
        *["passed"] * len(cells),
        "failure",
        "failure",
    ]


def test_an_unexecuted_cell_is_found(tmp_path: Path) -> None:
    """nbval skips a cell without an execution count, so the hygiene check must not."""
    cells = code_up_to_the_first_figure()
    assert notebooks.problems(stored(cells, tmp_path / "sound.ipynb")) == []
    cells[1].execution_count = None
    (problem,) = notebooks.problems(stored(cells, tmp_path / "unexecuted.ipynb"))
    assert cells[1].id in problem
    assert "execution count is None" in problem


# lossfns

MUTANTS = [
    pytest.param(file, sound, flipped, tests, id=name)
    for name, file, sound, flipped, tests in [
        (
            "a sum for the residual of the squared error",
            "regression.py",
            "(prediction - truth).square()",
            "(prediction + truth).square()",
            [
                "test_losses.py::test_equals_pytorch_at_generated_shapes_and_dtypes"
                "[mse_loss-mean-plain]"
            ],
        ),
        (
            "a reward for the absolute error",
            "regression.py",
            "(prediction - truth).abs()",
            "-(prediction - truth).abs()",
            ["test_symbolic_definitions.py::test_value_is_that_of_the_definition"],
        ),
        (
            "uphill for downhill",
            "optimisation.py",
            "path[-1] - learning_rate * gradient",
            "path[-1] + learning_rate * gradient",
            [
                "test_optimisation.py::test_path_on_a_quadratic_is_the_closed_form",
                "test_optimisation.py::test_gradient_descent_is_pytorchs_sgd_to_the_last_bit",
            ],
        ),
        (
            "a sum for the residual in the definition",
            "symbolic/regression.py",
            "expression=(o - y) ** 2",
            "expression=(o + y) ** 2",
            ["test_symbolic_definitions.py::test_value_is_that_of_the_definition"],
        ),
        (
            "convexity upside down",
            "symbolic/claims.py",
            "> chord + TOLERANCE",
            "< chord - TOLERANCE",
            ["test_symbolic.py::test_false_claim_is_refuted[concave is convex]"],
        ),
        (
            "only negative weights allowed",
            "validation.py",
            "(tensor >= 0)",
            "(tensor <= 0)",
            ["test_reduction_and_validation.py::test_message_of_a_check"],
        ),
    ]
]


def copy_of_lossfns(folder: Path) -> Path:
    """lossfns and its tests in ``folder``, and a check that it is this copy that is tested."""
    shutil.copytree(ROOT / "lossfns", folder / "lossfns", ignore=shutil.ignore_patterns("__pyc*"))
    shutil.copytree(ROOT / "tests", folder / "tests", ignore=shutil.ignore_patterns("__pyc*"))
    (folder / "tests" / "conftest.py").write_text(
        "from pathlib import Path\n"
        "import lossfns\n"
        "assert Path(lossfns.__file__).is_relative_to(Path(__file__).parents[1])\n"
    )
    return folder / "lossfns"


def nodes(tests: Iterable[str]) -> list[str]:
    """Where the tests are in the copy."""
    return [f"tests/{test}" for test in tests]


def test_sound_copy_of_lossfns_passes(tmp_path: Path) -> None:
    """Else the flipped ones below might fail for being copies."""
    copy_of_lossfns(tmp_path)
    chosen = {test for mutant in MUTANTS for test in mutant.values[-1]}
    status, outcomes = run_pytest(tmp_path, *nodes(sorted(chosen)))
    assert {place: outcome for place, outcome in outcomes.items() if outcome != "passed"} == {}
    assert status == 0


@pytest.mark.parametrize(("file", "sound", "flipped", "tests"), MUTANTS)
def test_a_flipped_sign_is_found(
    tmp_path: Path, file: str, sound: str, flipped: str, tests: list[str]
) -> None:
    """Each of these tests fails, by itself, on lossfns with this one sign turned."""
    module = copy_of_lossfns(tmp_path) / file
    source = module.read_text(encoding="utf-8")
    assert sound in source
    module.write_text(source.replace(sound, flipped), encoding="utf-8")
    status, outcomes = run_pytest(tmp_path, *nodes(tests))
    assert status == 1
    for test in tests:
        name = test.rsplit("::", 1)[1]
        assert "failure" in {outcome for place, outcome in outcomes.items() if name in place}
