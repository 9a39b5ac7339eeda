"""The page of misconceptions: each entry is broken by a cell, and none of the course's is missing.

A heading in quotation marks opens an entry. It ends at the next heading.
"""

import ast
import json
import re
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "chapters" / "choosing" / "misconceptions.ipynb"

REFUTED = [
    "logistic distribution is a CDF",
    "Elastic net is another name for the smooth L1 loss",
    "Softmax applies a sigmoid",
    "adds the gradient",
    "computes a Jacobian-vector product",
    "matrix as wide as the features",
    "Smooth L1 is Huber",
    "L2 does not respect distances",
    "log(0) is NaN",
    "Cross-entropy takes probabilities",
    "NLLLoss takes the output of softmax",
    "Labels must be one-hot",
    "are the same floats",
    "not applicable to soft targets",
    "Every element of the KL divergence is positive",
    "MultiLabelMarginLoss is the multi-class hinge",
    "soft margin loss is small when the signs differ",
    "hinge embedding loss similar pairs want a large input",
    "cosine embedding loss makes negatives orthogonal",
]
"""What the other pages refute, each by a phrase of its heading here."""

HEADING = re.compile(r"^(##|###) (.+)$", re.MULTILINE)
LINK = re.compile(r"\{doc\}`[^`<]*<([^`>]+)>`")


class Entry(NamedTuple):
    """One claim, with all that stands under its heading."""

    theme: str
    claim: str
    text: str
    code: str


def cells_of(path: Path) -> list[dict]:
    """Return the cells of a notebook, their sources as one text."""
    cells = json.loads(path.read_text("utf-8"))["cells"]
    return [{**cell, "source": "".join(cell["source"])} for cell in cells]


def entries_of(cells: list[dict]) -> list[Entry]:
    """Return the entries of the page, in its order."""
    found: list[Entry] = []
    theme, open_entry = "", False
    for cell in cells:
        if cell["cell_type"] == "code":
            if open_entry:
                found[-1] = found[-1]._replace(code=found[-1].code + cell["source"] + "\n")
            continue
        before, *parts = HEADING.split(cell["source"])
        if open_entry:
            found[-1] = found[-1]._replace(text=found[-1].text + before)
        for level, title, text in zip(parts[::3], parts[1::3], parts[2::3], strict=True):
            open_entry = level == "###" and title.startswith('"') and title.endswith('"')
            if level == "##":
                theme = title
            if open_entry:
                found.append(Entry(theme, title[1:-1], text, ""))
    return found


def page_exists(entry_link: str) -> bool:
    """Say whether a link leads to a page, from the folder of this one."""
    return any((PAGE.parent / f"{entry_link}.{kind}").exists() for kind in ("ipynb", "md"))


def problems(entry: Entry) -> list[str]:
    """Return what an entry lacks."""
    tree = ast.parse(entry.code)
    asserts = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Assert)
        or (isinstance(node, ast.Attribute) and node.attr == "assert_close")
    ]
    links = LINK.findall(entry.text)
    missing = [] if asserts else ["no cell asserts anything"]
    if "Right: " not in entry.text:
        missing.append("the right statement is missing")
    if not links:
        missing.append("no link to the page that derives it")
    return missing + [f"no page {link}" for link in links if not page_exists(link)]


def overview_of(cells: list[dict]) -> dict[str, list[str]]:
    """Return the claims of the table at the top, by theme."""
    for cell in cells:
        if cell["cell_type"] == "code" and cell["source"].startswith("THEMES = "):
            value = ast.parse(cell["source"]).body[0].value
            return {theme: list(claims) for theme, claims in ast.literal_eval(value).items()}
    raise LookupError("no cell begins with THEMES")


def unrefuted(claims: list[str]) -> list[str]:
    """Return the phrases of ``REFUTED`` that no claim contains."""
    plain = [claim.replace("`", "").casefold() for claim in claims]
    return [phrase for phrase in REFUTED if not any(phrase.casefold() in claim for claim in plain)]


ENTRIES = entries_of(cells_of(PAGE))


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.claim)
def test_entry_is_broken_put_right_and_linked(entry: Entry) -> None:
    assert problems(entry) == []


def test_every_refuted_claim_of_the_course_is_an_entry() -> None:
    assert len(ENTRIES) >= 28
    assert unrefuted([entry.claim for entry in ENTRIES]) == []


def test_the_table_at_the_top_lists_the_headings() -> None:
    by_theme: dict[str, list[str]] = {}
    for entry in ENTRIES:
        by_theme.setdefault(entry.theme, []).append(entry.claim)
    table = overview_of(cells_of(PAGE))
    assert table == by_theme
    assert list(table) == list(by_theme)
    assert [claim for claims in table.values() for claim in claims] == [e.claim for e in ENTRIES]


SOUND = Entry(
    "Regression",
    "One is two",
    "Right: it is one. See {doc}`Gradient descent <../optimisation/gradient_descent>`.",
    "assert 1 != 2",
)


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (SOUND, None),
        (SOUND._replace(code="torch.testing.assert_close(1, 1)"), None),
        (SOUND._replace(code="print('assert')"), "no cell asserts"),
        (SOUND._replace(code=""), "no cell asserts"),
        (SOUND._replace(text=SOUND.text.replace("Right", "Left")), "right statement"),
        (SOUND._replace(text="Right: it is one."), "no link"),
        (SOUND._replace(text=SOUND.text.replace("descent>", "ascent>")), "no page"),
    ],
)
def test_what_an_entry_lacks_is_found(entry: Entry, expected: str | None) -> None:
    found = problems(entry)
    assert len(found) == (expected is not None)
    assert expected is None or expected in found[0]


@pytest.mark.parametrize("phrase", REFUTED)
def test_a_missing_claim_is_noticed(phrase: str) -> None:
    kept = [entry.claim for entry in ENTRIES if phrase.casefold() not in entry.claim.casefold()]
    kept = [claim for claim in kept if phrase.casefold() not in claim.replace("`", "").casefold()]
    assert unrefuted(kept) == [phrase]


def test_an_entry_ends_at_the_next_heading() -> None:
    """Neither a cell nor a link of one entry counts for another."""
    page = [
        {"cell_type": "markdown", "source": '## A\n\n### "One"\n\nfirst'},
        {"cell_type": "code", "source": "assert 1"},
        {"cell_type": "markdown", "source": 'rest\n\n### "Two"\n\nsecond\n\n## Sources\n\nend'},
        {"cell_type": "code", "source": "assert 2"},
    ]
    one, two = entries_of(page)
    assert (one.theme, one.claim, one.code) == ("A", "One", "assert 1\n")
    assert "rest" in one.text
    assert "second" not in one.text
    assert (two.claim, two.code) == ("Two", "")
    assert "end" not in two.text
