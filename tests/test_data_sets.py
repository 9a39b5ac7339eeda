"""Every data set that a page or an exercise loads stands on the page of data sets."""

import json
import re
from pathlib import Path
from posixpath import normpath

import notebooks
import pytest

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "chapters/appendix/data_sets.ipynb"
LOADERS = re.compile(
    r"\b(load_[a-z_]+|fetch_[a-z_0-9]+)\("  # scikit-learn
    r"|\bdatasets\.([a-z0-9_]+)\.load"  # statsmodels
    r"|\.(datasets\.descr)\b"  # the descriptions, read as text
)
NOT_DATA = {"load_state_dict", "load_pandas", "load_dotenv"}
OTHERS = [path for path in notebooks.find([ROOT / "chapters", ROOT / "exercises"]) if path != PAGE]


def loaded(code: str) -> set[str]:
    """Names of the data sets that code loads: the loader's, or statsmodels' module's."""
    found = {next(filter(None, groups)) for groups in LOADERS.findall(code)}
    return found - NOT_DATA


def cells(path: Path, kind: str) -> list[str]:
    """Sources of a notebook's cells of one kind."""
    content = json.loads(path.read_text("utf-8"))
    return ["".join(c["source"]) for c in content["cells"] if c["cell_type"] == kind]


def sections() -> dict[str, str]:
    """For each data set that the page loads, the text of the section that stands before it."""
    text, found = "", {}
    content = json.loads(PAGE.read_text("utf-8"))["cells"]
    for cell in content:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            text = source
        elif text.startswith("(data-"):
            found |= dict.fromkeys(loaded(source) - set(found), text)
    return found


def missing(path: Path, described: dict[str, str]) -> list[str]:
    """What the page of data sets lacks for one notebook: a section, or the mention of it."""
    folder, name = path.parts[-2:]
    place = f"{folder}/{name.removesuffix('.ipynb')}"
    exercise = "exercises" in path.parts
    lacking = []
    for data in sorted(loaded("\n".join(cells(path, "code")))):
        if data not in described:
            lacking.append(f"chapters/appendix/data_sets.ipynb has no section on {data}")
        elif not exercise and place not in described[data]:
            lacking.append(f"its section on {data} does not say that {place} uses it")
    return lacking


def unused(text: str, data: set[str]) -> list[str]:
    """Pages that a section names as users of its data sets and that load none of them."""
    links = re.findall(r"<((?:\.\./)+[a-z_/]+)>", text.split("\nUsed on ")[1])
    paths = [normpath(f"chapters/appendix/{link}.ipynb") for link in links]
    return [path for path in paths if not data & loaded("\n".join(cells(ROOT / path, "code")))]


def test_what_the_page_names_is_loaded_there() -> None:
    """And no page is named that has given a data set up."""
    described = sections()
    for text in set(described.values()):
        data = {name for name, section in described.items() if section == text}
        assert unused(text, data) == []
    iris = "Irises\n\nUsed on {doc}`a loss <../foundations/what_is_a_loss>`."
    assert unused(iris, {"load_iris"}) == ["chapters/foundations/what_is_a_loss.ipynb"]


@pytest.mark.parametrize("path", OTHERS, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_a_notebook_loads_is_on_the_page(path: Path) -> None:
    """With the page that uses it; an exercise uses what its page does, or is named too."""
    assert missing(path, sections()) == []


def test_the_page_is_about_data_that_the_course_uses() -> None:
    """Each section loads its data set, and says what to beware of and where it is used."""
    texts = [text for text in cells(PAGE, "markdown") if text.startswith("(data-")]
    assert len(texts) == len(set(sections().values()))
    for text in texts:
        assert "**Beware.**" in text
        assert "\nUsed on " in text
    labels = [re.match(r"\(([a-z0-9-]+)\)=", text)[1] for text in texts]
    table = next(text for text in cells(PAGE, "markdown") if "| data set |" in text)
    assert re.findall(r"\]\(#(data-[a-z0-9-]+)\)", table) == labels


def test_a_new_data_set_or_a_new_user_would_be_noticed(tmp_path: Path) -> None:
    """One line says what to add."""
    folder = tmp_path / "chapters" / "new"
    folder.mkdir(parents=True)
    path = folder / "page.ipynb"
    code = "wine = load_wine()\nsea = sm.datasets.elnino.load_pandas().data\nd = load_digits()"
    cell = {"cell_type": "code", "source": [code + "\nmodel.load_state_dict(state)"]}
    path.write_text(json.dumps({"cells": [cell]}), "utf-8")
    described = {"load_digits": "Used on {doc}`CTC <../classification/ctc>`."}
    assert missing(path, described) == [
        "chapters/appendix/data_sets.ipynb has no section on elnino",
        "its section on load_digits does not say that new/page uses it",
        "chapters/appendix/data_sets.ipynb has no section on load_wine",
    ]


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("x = load_iris().data", {"load_iris"}),
        ("sm.datasets.nile.load_pandas()", {"nile"}),
        ('resources.files("sklearn.datasets.descr")', {"datasets.descr"}),
        ("fetch_california_housing()", {"fetch_california_housing"}),
        ("from sklearn.datasets import load_iris", set()),
    ],
)
def test_loaders_are_recognised(code: str, names: set[str]) -> None:
    """All three ways in which the course gets at data, and downloads, which it must not use."""
    assert loaded(code) == names
