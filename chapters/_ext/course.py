"""The course's Sphinx extension: mathematics, figures, and exercises without their answers."""

import json
import re
import sys
from pathlib import Path
from typing import Any

import inline_figures
import static_math
from sphinx.application import Sphinx
from sphinx.util.typing import ExtensionMetadata

ROOT = Path(__file__).parents[2]
STUDENT = "student"
CATALOGUE = "chapters/choosing/catalogue"
NOTEBOOK_LINK = re.compile(r'href="(\.\./[\w./]+)\.ipynb"(?! download)')
# Jupyter Book's command does not put the folder it runs in on the path, and exercises/ is no
# part of the installed package.
sys.path.append(str(ROOT))


def without_answers(text: str) -> str:
    """Return the self-study edition of an exercise's notebook, both as JSON."""
    from exercises.editions import self_study, text_of

    return text_of(self_study(json.loads(text)))


def with_handout(text: str, name: str) -> str:
    """Return an exercise's notebook, as JSON, with a link to its edition without solutions."""
    from exercises.editions import text_of

    notebook = json.loads(text)
    up = "../" * (name.count("/") + 1)
    address = f"{up}{STUDENT}/{name}.ipynb"
    link = f'<a href="{address}" download>Download the questions without the solutions</a>'
    first = notebook["cells"][0]
    first["source"] = "".join(first["source"]) + f"\n\n{link}, as a notebook."
    return text_of(notebook)


def with_cards(text: str, page: str) -> str:
    """Return a page's notebook, as JSON, with links to the cards of the losses that it derives."""
    from exercises.editions import text_of
    from lossfns.cards import losses_of

    notebook = json.loads(text)
    links = [f"{{ref}}`{name} <card-{name}>`" for name in losses_of(page)]
    if links:
        last = f"**In the catalogue:** {', '.join(links)}."
        cell = {"cell_type": "markdown", "id": "catalogue", "metadata": {}, "source": last}
        notebook["cells"].append(cell)
    return text_of(notebook)


def name_cards(app: Sphinx, docname: str, source: list[str]) -> None:
    """Let each chapter end with the cards of its losses, where the catalogue is built."""
    is_chapter = docname.startswith("chapters/") and app.env.doc2path(docname).endswith(".ipynb")
    if is_chapter and CATALOGUE in app.env.found_docs:
        source[0] = with_cards(source[0], docname.removeprefix("chapters/"))


def read_exercise(_app: Sphinx, docname: str, source: list[str]) -> None:
    """Show the self-study edition of each page below ``exercises/``."""
    if docname.startswith("exercises/"):
        source[0] = with_handout(without_answers(source[0]), docname.removeprefix("exercises/"))


def offer_exercises(app: Sphinx, exception: Exception | None) -> None:
    """Make the exercises' download buttons give the self-study edition too."""
    if exception is None:
        for copy in (Path(app.outdir) / "_sources" / "exercises").rglob("*.ipynb"):
            copy.write_text(without_answers(copy.read_text("utf-8")), "utf-8")


def hand_out(app: Sphinx, exception: Exception | None) -> None:
    """Put the exercises without solutions beside the pages that link to them."""
    if exception is None and any(name.startswith("exercises/") for name in app.env.found_docs):
        from exercises.editions import build, exercises

        build([STUDENT], Path(app.outdir), exercises())


def link_pages(
    _app: Sphinx, _page: str, _template: str, context: dict[str, Any], _doctree: object
) -> None:
    """Lead links in the outputs of cells, which name notebooks, to the pages made of them."""
    if "body" in context:
        context["body"] = NOTEBOOK_LINK.sub(r'href="\1.html"', context["body"])


def write_colours(app: Sphinx, exception: Exception | None) -> None:
    """Write the figures' colours for the light and the dark theme."""
    from lossfns.figures import PALETTE, PALETTE_DARK

    if exception is None and app.builder.format == "html":
        rules = inline_figures.colour_rules(PALETTE, PALETTE_DARK)
        (Path(app.outdir) / "_static" / "figures.css").write_text(rules, "utf-8")


def setup(app: Sphinx) -> ExtensionMetadata:
    """Connect the parts."""
    # Jupyter Book passes this setting even where the extension that reads it is not loaded.
    app.add_config_value("comments_config", {}, "")
    static_math.setup(app)
    app.add_transform(inline_figures.InlineFigures)
    app.add_css_file("figures.css", priority=100)
    app.connect("source-read", read_exercise)
    app.connect("source-read", name_cards)
    app.connect("html-page-context", link_pages)
    app.connect("build-finished", write_colours)
    app.connect("build-finished", offer_exercises)
    app.connect("build-finished", hand_out)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
