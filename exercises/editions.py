"""Editions of an exercise.

The source is one notebook with nbgrader's cell metadata and markers. It holds the solutions
between ``### BEGIN SOLUTION`` and ``### END SOLUTION``, so it runs as it stands, and the tests
that a grader keeps to itself between ``### BEGIN HIDDEN TESTS`` and ``### END HIDDEN TESTS``.
Three editions are made of it: for the site, for students, for instructors.
"""

import ast
import copy
import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

Notebook = dict[str, Any]
Cell = dict[str, Any]


def _block(name: str) -> re.Pattern[str]:
    return re.compile(
        rf"^(?P<indent>[ \t]*)### BEGIN {name}[ \t]*\n.*?^[ \t]*### END {name}[ \t]*(?:\n|\Z)",
        flags=re.DOTALL | re.MULTILINE,
    )


_SOLUTION = _block("SOLUTION")
_HIDDEN_TESTS = _block("HIDDEN TESTS")
_MARKER = re.compile(r"^[ \t]*### (?:BEGIN|END) SOLUTION[ \t]*(?:\n|\Z)", flags=re.MULTILINE)
# A reference that only the site can follow: {doc}`words <place>`, {term}`words`.
_ROLE = re.compile(r"\{[a-z:]+\}`([^`<]+?)(?:\s*<[^`>]+>)?`")


class Requirement(NamedTuple):
    """Something that a test demands of an answer.

    Attributes:
        message: what a reader is told who does not meet it.
        hidden: whether students see the test.
    """

    message: str
    hidden: bool


def self_study(notebook: Notebook) -> Notebook:
    """The edition of the site: a stub and a solution to unfold, and no hidden tests.

    Args:
        notebook: the source, as the JSON of an ``.ipynb`` file.

    Returns:
        A new notebook; the source is left as it was.
    """
    return _edited(notebook, _for_self_study)


def student(notebook: Notebook) -> Notebook:
    """The edition to hand out: stubs, the tests that are not hidden, no outputs.

    It keeps nbgrader's metadata, by which an answer finds its question again. References that
    only the site can follow become plain words.

    Args:
        notebook: the source, as the JSON of an ``.ipynb`` file.

    Returns:
        A new notebook; the source is left as it was.
    """
    return _edited(notebook, _for_students)


def instructor(notebook: Notebook) -> Notebook:
    """The edition to mark with: everything, and below each question what its tests demand.

    Args:
        notebook: the source, as the JSON of an ``.ipynb`` file.

    Returns:
        A new notebook; the source is left as it was.
    """
    return _edited(notebook, _for_instructors)


def stub(source: str) -> str:
    """Source code with each solution replaced by a line that raises ``NotImplementedError``.

    >>> print(stub("def f():\\n    ### BEGIN SOLUTION\\n    return 1\\n    ### END SOLUTION"))
    def f():
        # YOUR CODE HERE
        raise NotImplementedError()
    """
    blank = r"\g<indent># YOUR CODE HERE\n\g<indent>raise NotImplementedError()\n"
    stripped = _SOLUTION.sub(blank, source)
    if _MARKER.search(stripped):
        raise ValueError("each '### BEGIN SOLUTION' needs an '### END SOLUTION' after it")
    return stripped.rstrip("\n")


def text_of(notebook: Notebook) -> str:
    """A notebook as the text of its file, the same for the same notebook."""
    return json.dumps(notebook, ensure_ascii=False, indent=1) + "\n"


def is_solution(cell: Cell) -> bool:
    """Whether a cell is one that the reader fills in."""
    return cell["metadata"].get("nbgrader", {}).get("solution", False)


def is_test(cell: Cell) -> bool:
    """Whether a cell is one whose points are given or not."""
    return "points" in cell["metadata"].get("nbgrader", {})


def requirements(source: str) -> Iterator[Requirement]:
    """What the assertions of a test demand, in their order.

    >>> test = "assert x, 'be true'\\nassert x > 0, f'at {x}: be positive'"
    >>> [requirement.message for requirement in requirements(test)]
    ['be true', 'at …: be positive']
    """
    tree = ast.parse(source)
    hidden: set[int] = set()
    for block in _HIDDEN_TESTS.finditer(source):
        before, through = (source.count("\n", 0, end) for end in block.span())
        hidden |= set(range(before + 1, through + 1))
    found = [node for node in ast.walk(tree) if isinstance(node, ast.Assert) and node.msg]
    for node in sorted(found, key=lambda node: node.lineno):
        yield Requirement(_words(node.msg), node.lineno in hidden)


def _words(message: ast.expr) -> str:
    """A message as text; what is filled in when it is shown becomes an ellipsis."""
    parts = message.values if isinstance(message, ast.JoinedStr) else [message]
    return "".join(str(p.value) if isinstance(p, ast.Constant) else "…" for p in parts)


def _edited(notebook: Notebook, change: Callable[[Cell], list[Cell]]) -> Notebook:
    """A copy of ``notebook`` with the cells that ``change`` makes of each."""
    edition = copy.deepcopy(notebook)
    edition["cells"] = [part for cell in edition["cells"] for part in change(cell)]
    return edition


def _for_self_study(cell: Cell) -> list[Cell]:
    source = "".join(cell["source"])
    if cell["cell_type"] != "code":
        return [cell]
    if not is_solution(cell):
        return [{**cell, "source": _without_hidden_tests(source)}]
    question = {**cell, "id": f"{cell['id']}-stub", "metadata": {}, "outputs": []}
    question["source"] = stub(source)
    folded = {"tags": ["hide-input"], "mystnb": {"code_prompt_show": "Solution"}}
    folded["mystnb"]["code_prompt_hide"] = "Solution"
    solution = {**cell, "source": _MARKER.sub("", source).rstrip("\n"), "metadata": folded}
    return [question, solution]


def _for_students(cell: Cell) -> list[Cell]:
    if cell["cell_type"] != "code":
        return [_in_plain_words(cell)]
    source = "".join(cell["source"])
    source = stub(source) if is_solution(cell) else _without_hidden_tests(source)
    return [{**cell, "source": source, "outputs": [], "execution_count": None}]


def _for_instructors(cell: Cell) -> list[Cell]:
    if cell["cell_type"] != "code":
        return [_in_plain_words(cell)]
    return [cell, _marking(cell)] if is_test(cell) else [cell]


def _in_plain_words(cell: Cell) -> Cell:
    return {**cell, "source": _ROLE.sub(r"\1", "".join(cell["source"]))}


def _without_hidden_tests(source: str) -> str:
    return _HIDDEN_TESTS.sub("", source).rstrip("\n")


def _marking(test: Cell) -> Cell:
    """A cell that says what the points of a question are given for."""
    metadata = test["metadata"]["nbgrader"]
    points = metadata["points"]
    lines = [
        f"**Marking.** {points} points, all or none: for an answer of which the tests say nothing."
        " They may say:\n"
    ]
    for requirement in requirements("".join(test["source"])):
        seen = " *(hidden from students)*" if requirement.hidden else ""
        lines.append(f"- {requirement.message}{seen}")
    return {
        "cell_type": "markdown",
        "id": f"{test['id']}-marking",
        "metadata": {},
        "source": "\n".join(lines),
    }


SOURCES = Path(__file__).parent
EDITIONS: Mapping[str, Callable[[Notebook], Notebook]] = {
    "self-study": self_study,
    "student": student,
    "instructor": instructor,
}


def exercises() -> dict[str, Path]:
    """The sources by name, such as ``regression/quantiles``."""
    paths = sorted(SOURCES.rglob("*.ipynb"))
    return {path.relative_to(SOURCES).with_suffix("").as_posix(): path for path in paths}


def build(editions: list[str], target: Path, sources: Mapping[str, Path]) -> None:
    """Write ``editions`` of the exercises, each edition into a folder of its own below ``target``.

    A notebook is complete or as it was: it is written beside and renamed.
    """
    for edition in editions:
        for name, source in sources.items():
            path = target / edition / f"{name}.ipynb"
            path.parent.mkdir(parents=True, exist_ok=True)
            unfinished = path.with_suffix(".new")
            notebook = json.loads(source.read_text("utf-8"))
            unfinished.write_text(text_of(EDITIONS[edition](notebook)), "utf-8")
            unfinished.rename(path)
