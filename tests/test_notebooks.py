"""What a notebook must be to be committed, and that each of these checks catches its fault."""

import json
from pathlib import Path
from typing import Any

import notebooks
import pytest

ROOT = Path(__file__).parents[1]
NOTEBOOKS = notebooks.find([ROOT / "chapters", ROOT / "exercises"])

SVG = "<svg xmlns='http://www.w3.org/2000/svg'/>"
FIGURE = {"figure": {"caption": "A curve."}, "image": {"alt": "A curve that falls, then rises."}}


def display(**data: str) -> dict[str, Any]:
    """Return an output that shows ``data``, where / is written __ in the names of types."""
    types = {name.replace("__", "/").replace("svg_xml", "svg+xml"): d for name, d in data.items()}
    return {"output_type": "display_data", "data": types, "metadata": {}}


def stream(text: str, name: str = "stdout") -> dict[str, Any]:
    """Return an output that is printed text."""
    return {"output_type": "stream", "name": name, "text": text}


def code(source: str, count: int | None, *outputs: dict[str, Any], **metadata: Any) -> dict:
    """Return a code cell."""
    return {
        "cell_type": "code",
        "id": f"cell-{count}",
        "source": source,
        "execution_count": count,
        "outputs": list(outputs),
        "metadata": metadata,
    }


def save(path: Path, *cells: dict[str, Any]) -> Path:
    """Write a notebook of ``cells``, normalised, that claims to have run as it is."""
    notebook = notebooks.parse(
        json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": list(cells)})
    )
    notebook.metadata["course"] = {"code_digest": notebooks.code_digest(notebook)}
    path.write_text(notebooks.dumps(notebooks.normalise(notebook)), encoding="utf-8")
    return path


IMPORTS = code("import math", 1)
SOUND = [
    IMPORTS,
    code("print(math.sqrt(4))", 2, stream("2.0\n")),
    code("draw()", 3, display(image__svg_xml=SVG, text__plain="<Figure size>"), mystnb=FIGURE),
]
FAULTS = {
    "never run": ([IMPORTS, code("x = 1", None)], "execution count is None"),
    "out of order": ([IMPORTS, code("x = 1", 3)], "in order it is 2"),
    "stored error": (
        [
            IMPORTS,
            code("1 / 0", 2)
            | {
                "outputs": [
                    {
                        "output_type": "error",
                        "ename": "ZeroDivisionError",
                        "evalue": "division by zero",
                        "traceback": [],
                    }
                ]
            },
        ],
        "stored error, ZeroDivisionError: division by zero",
    ),
    "stderr": ([IMPORTS, code("f()", 2, stream("careful\n", "stderr"))], "stderr, careful"),
    "PNG": ([IMPORTS, code("f()", 2, display(image__png="aGk="), mystnb=FIGURE)], "image/png"),
    "no caption": (
        [
            IMPORTS,
            code("f()", 2, display(image__svg_xml=SVG), mystnb={"image": {"alt": "A curve."}}),
        ],
        "without a caption",
    ),
    "no alternative text": (
        [
            IMPORTS,
            code("f()", 2, display(image__svg_xml=SVG), mystnb={"figure": {"caption": "Curve."}}),
        ],
        "without alternative text",
    ),
    "explorer without a caption": (
        [IMPORTS, code("f()", 2, display(text__html='<div class="explorer"></div>'))],
        "explorer without a caption",
    ),
    "late import": ([IMPORTS, code("import numpy", 2)], "all imports stand in the first"),
    "no import": ([code("x = 1", 1)], "imports nothing"),
    "path of a machine": (
        [IMPORTS, code("f()", 2, stream("/home/ada/course/data.csv\n"))],
        "names a path of this machine",
    ),
    "object": (
        [IMPORTS, code("f", 2, display(text__plain="<function f at 0x7f3a5c0d1e50>"))],
        "shows an object",
    ),
    "comparison switched off by a tag": (
        [IMPORTS, code("f()", 2, tags=["nbval-ignore-output"])],
        "not compared",
    ),
    "comparison switched off by a comment": (
        [IMPORTS, code("# NBVAL_SKIP\nf()", 2)],
        "not compared",
    ),
}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: str(path.relative_to(ROOT)))
def test_notebook_is_fit_to_commit(path: Path) -> None:
    """Executed in order, quiet, with described SVG figures, and the same on every machine."""
    assert notebooks.problems(path) == []


def test_a_sound_notebook_has_no_problem(tmp_path: Path) -> None:
    """Otherwise the faults below would prove nothing."""
    assert notebooks.problems(save(tmp_path / "page.ipynb", *SOUND)) == []


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_the_one_problem_found(tmp_path: Path, fault: str) -> None:
    """Each check catches its fault, and no other check cries with it."""
    cells, expected = FAULTS[fault]
    [problem] = notebooks.problems(save(tmp_path / "page.ipynb", *cells))
    assert expected in problem


def test_an_edit_after_the_run_is_found(tmp_path: Path) -> None:
    """The outputs on the page would be those of other code."""
    path = save(tmp_path / "page.ipynb", *SOUND)
    path.write_text(path.read_text("utf-8").replace("sqrt(4)", "sqrt(9)"), "utf-8")
    [problem] = notebooks.problems(path)
    assert "code has changed" in problem


def test_what_editors_leave_behind_is_found_and_removed(tmp_path: Path) -> None:
    """Metadata of cells, kernels and widgets makes diffs that say nothing."""
    path = save(tmp_path / "page.ipynb", *SOUND)
    content = json.loads(path.read_text("utf-8"))
    content["metadata"]["kernelspec"]["display_name"] = "my laptop"
    content["metadata"]["widgets"] = {"state": {}}
    content["cells"][0]["metadata"] = {"collapsed": False, "execution": {"started": "today"}}
    content["cells"][1]["outputs"] = [stream("2."), stream("0\n")]
    path.write_text(json.dumps(content), "utf-8")
    [problem] = notebooks.problems(path)
    assert "not normalised" in problem
    assert notebooks.main(["normalise", str(path)]) == 0
    assert notebooks.problems(path) == []


def test_a_changed_cell_is_run_before_the_site_is_built(tmp_path: Path) -> None:
    """The reader of the site sees the outputs of the code beside them."""
    path = save(tmp_path / "page.ipynb", IMPORTS, code("print(math.sqrt(4))", 2, stream("2.0\n")))
    path.write_text(path.read_text("utf-8").replace("sqrt(4)", "sqrt(9)"), "utf-8")
    assert notebooks.check(path)
    assert notebooks.read(path).cells[1].outputs[0].text == "3.0\n"
    assert not notebooks.check(path)
    assert notebooks.problems(path) == []


def test_a_failing_cell_is_named_and_the_file_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line says where to look; the last good outputs are not lost."""
    path = save(tmp_path / "page.ipynb", IMPORTS, code("1 / 0", 2))
    before = path.read_bytes()
    assert notebooks.main(["execute", str(path)]) == 1
    expected = f"{path}, cell 2 (id cell-2): ZeroDivisionError: division by zero\n"
    assert capsys.readouterr().err == expected
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"nbformat": 3}', '{"nbformat": 4, "cells": 1}'])
def test_what_is_no_notebook_is_refused_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    """A merge conflict or half a download is named, not shown as a traceback."""
    path = tmp_path / "page.ipynb"
    path.write_text(text, "utf-8")
    assert notebooks.main(["check", str(path)]) == 1
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith(f"{path}: not a notebook")


def test_a_missing_notebook_is_refused_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A mistyped path is the reader's most common error."""
    assert notebooks.main(["check", str(tmp_path / "none.ipynb")]) == 1
    assert capsys.readouterr().err == f"{tmp_path / 'none.ipynb'}: No such file or directory\n"
