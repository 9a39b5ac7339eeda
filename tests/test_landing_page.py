"""The landing page's map of the course says of each page what the page says of itself."""

import json
import re
from pathlib import Path
from posixpath import dirname, normpath

import pytest
import yaml

ROOT = Path(__file__).parents[1]
ROW = re.compile(r"^\| \{doc\}`[^`<]+ <([^`>]+)>`: [^|]+ \| (\d+) \| (.*) \|$", re.MULTILINE)
LINK = re.compile(r"\{doc\}`(?:[^`<]*<)?([^`>]+)>?`")
KNOWN = re.compile(r"\*\*You should know\*\*(.*?)\*\*Reading time\*\* is ([^.;:]*)", re.DOTALL)
MINUTES = {
    "ten minutes": 10,
    "fifty minutes": 50,
    "50 minutes": 50,
    "a little under an hour": 55,
    "an hour and a quarter": 75,
    "an hour": 60,
}


def prose(path: Path) -> str:
    """The Markdown cells of a notebook."""
    cells = json.loads(path.read_text("utf-8"))["cells"]
    return "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")


MAP = {
    page: (int(minutes), on)
    for page, minutes, on in ROW.findall(prose(ROOT / "chapters/index.ipynb"))
}


def test_the_map_has_every_page_in_the_order_of_the_book() -> None:
    """A new page is not forgotten; the appendices are for looking things up."""
    parts = yaml.safe_load((ROOT / "_toc.yml").read_text("utf-8"))["parts"]
    files = [entry["file"] for part in parts for entry in part["chapters"]]
    pages = [file.removeprefix("chapters/") for file in files if file.startswith("chapters/")]
    assert list(MAP) == [page for page in pages if not page.startswith("appendix/")]


@pytest.mark.parametrize("page", MAP)
def test_time_and_prerequisites_are_those_of_the_page(page: str) -> None:
    """Both stand in the page's header."""
    known, time = KNOWN.search(prose(ROOT / "chapters" / f"{page}.ipynb")).groups()
    minutes, builds_on = MAP[page]
    words = max((words for words in MINUTES if words in time), key=len)
    assert minutes == MINUTES[words]
    named = [normpath(f"{dirname(page)}/{link}") for link in LINK.findall(known)]
    assert LINK.findall(builds_on) == [
        link for link in dict.fromkeys(named) if not link.startswith("appendix/")
    ]
