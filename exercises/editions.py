"""Editions of an exercise.

The source is one notebook with nbgrader's cell metadata and markers. It holds the solutions
between ``### BEGIN SOLUTION`` and ``### END SOLUTION``, so it runs as it stands, and the tests
that a grader keeps to itself between ``### BEGIN HIDDEN TESTS`` and ``### END HIDDEN TESTS``.
"""

import copy
import re
from typing import Any

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


def self_study(notebook: Notebook) -> Notebook:
    """The edition of the site: a stub and a solution to unfold, and no hidden tests.

    Args:
        notebook: the source, as the JSON of an ``.ipynb`` file.

    Returns:
        A new notebook; the source is left as it was.
    """
    edition = copy.deepcopy(notebook)
    edition["cells"] = [part for cell in edition["cells"] for part in _for_self_study(cell)]
    return edition


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


def is_solution(cell: Cell) -> bool:
    """Whether a cell is one that the reader fills in."""
    return cell["metadata"].get("nbgrader", {}).get("solution", False)


def _for_self_study(cell: Cell) -> list[Cell]:
    source = "".join(cell["source"])
    if cell["cell_type"] != "code":
        return [cell]
    if not is_solution(cell):
        return [{**cell, "source": _HIDDEN_TESTS.sub("", source).rstrip("\n")}]
    question = {**cell, "id": f"{cell['id']}-stub", "metadata": {}, "outputs": []}
    question["source"] = stub(source)
    folded = {"tags": ["hide-input"], "mystnb": {"code_prompt_show": "Solution"}}
    folded["mystnb"]["code_prompt_hide"] = "Solution"
    solution = {**cell, "source": _MARKER.sub("", source).rstrip("\n"), "metadata": folded}
    return [question, solution]
