"""The course as one PDF, printed from the built site.

    python chapters/_ext/print_edition.py SITE

Headless Chromium prints every page of the menu, in its order; pypdf joins them behind a title and
a table of contents, numbers the sheets, and makes links between pages of the site links between
pages of the book. The site's first page then offers the file.
"""

import argparse
import html
import io
import sys
from collections.abc import Iterable
from pathlib import Path
from posixpath import normpath
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from browser import ARGUMENTS, chromium, served
from bs4 import BeautifulSoup
from playwright.sync_api import Page, sync_playwright
from pypdf import PdfReader, PdfWriter
from pypdf.generic import ArrayObject, Destination, DictionaryObject, Fit, NameObject

FIRST_PAGE = "chapters/index.html"
FILE = "loss-functions.pdf"
OFFER = "<!-- print edition -->"
PAPER = {
    "format": "A4",
    "margin": {"top": "22mm", "bottom": "20mm", "left": "22mm", "right": "22mm"},
    "print_background": True,
}
SMALL = "font: 8pt sans-serif; color: #555; width: 100%; padding: 0 22mm;"
HEADER = f'<div style="{SMALL}"><span class="title"></span></div>'
FOOTER = f'<div style="{SMALL} text-align: center"><span class="pageNumber"></span></div>'
NOTHING = "<span></span>"
# Paper cannot be unfolded, so answers and solutions stand open; a figure's code stays folded.
# Chromium keeps the places that a link of the same page leads to, so each place gets one.
PREPARE = """() => {
  for (const fold of document.querySelectorAll("article details:not(.hide)")) fold.open = true;
  document.title = document.querySelector("h1").innerText.replace("#", "").trim();
  for (const place of document.querySelectorAll("article [id]")) {
    const link = document.createElement("a");
    link.href = "#" + place.id;
    link.textContent = "\\u200b";
    link.style.position = "absolute";
    document.querySelector("article").append(link);
  }
}"""
TITLE = "Loss functions"
AUTHOR = "The loss functions course contributors"
TITLE_PAGE = f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{TITLE}</title><style>
body {{ display: grid; font-family: sans-serif; height: 240mm; margin: 0; place-content: center }}
h1 {{ font-size: 34pt; margin: 8mm 0 0 }} p {{ font-size: 13pt }} img {{ width: 40mm }}
</style></head><body><div><img src="/_static/logo.svg" alt=""><h1>{TITLE}</h1>
<p>From maximum likelihood to InfoNCE, each formula checked by a machine</p></div></body></html>
"""
CONTENTS = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Contents</title><style>
body {{ font: 11pt/1.5 sans-serif; margin: 0 }} h2 {{ font-size: 12pt; margin: 1.4em 0 0.2em }}
a {{ color: inherit; display: flex; text-decoration: none }}
a i {{ border-bottom: 1px dotted #999; flex: 1; margin: 0 0.4em 0.35em }}
</style></head><body><h1>Contents</h1>{entries}</body></html>
"""


class Part(NamedTuple):
    """A part of the course in the menu: its caption and its pages' titles and addresses."""

    caption: str
    pages: list[tuple[str, str]]


class Sheets(NamedTuple):
    """A printed page of the site: its address there, and its PDF."""

    path: str
    reader: PdfReader


def parts_of(menu: str, base: str) -> list[Part]:
    """Return the parts that the menu of the page ``base`` lists.

    >>> parts_of('<nav class="bd-docs-nav"><p class="caption">One</p><ul><li>'
    ...          '<a href="a/b.html">1. B</a></li></ul></nav>', "c/index.html")
    [Part(caption='One', pages=[('1. B', 'c/a/b.html')])]
    """
    folder = base.rpartition("/")[0]
    parts = []
    for element in BeautifulSoup(menu, "html.parser").select(
        ".bd-docs-nav .caption, .bd-docs-nav a"
    ):
        text = element.get_text(" ", strip=True)
        if element.name == "a" and parts:
            parts[-1].pages.append((text, normpath(f"{folder}/{element['href']}")))
        elif element.name != "a":
            parts.append(Part(text, []))
    return parts


def printed(page: Page, header: str, footer: str) -> PdfReader:
    """Print what ``page`` shows."""
    data = page.pdf(
        **PAPER,
        display_header_footer=True,
        header_template=header,
        footer_template=footer,
        outline=True,
        tagged=True,
    )
    return PdfReader(io.BytesIO(data))


def print_page(page: Page, origin: str, path: str) -> Sheets:
    """Print the page of the site at ``path``."""
    page.goto(f"{origin}/{path}", wait_until="networkidle")
    page.evaluate(PREPARE)
    return Sheets(path, printed(page, HEADER, NOTHING))


def print_text(page: Page, origin: str, text: str, footer: str = NOTHING) -> PdfReader:
    """Print the HTML document ``text``, whose addresses are the site's."""
    page.goto(f"{origin}/{FIRST_PAGE}")
    page.set_content(text, wait_until="networkidle")
    return printed(page, NOTHING, footer)


def print_contents(page: Page, origin: str, parts: list[Part], starts: dict[str, int]) -> PdfReader:
    """Print the table of contents; ``starts`` tells where a page begins in what follows it."""
    sheets = 1
    while True:
        # One sheet of title stands before it.
        entries = contents_entries(parts, {path: 1 + sheets + n for path, n in starts.items()})
        reader = print_text(page, origin, CONTENTS.format(entries=entries))
        if len(reader.pages) == sheets:
            return reader
        sheets = len(reader.pages)


def contents_entries(parts: Iterable[Part], numbers: dict[str, int]) -> str:
    """Return the entries of the table of contents as HTML.

    >>> contents_entries([Part("One", [("1. B", "b.html")])], {"b.html": 3})
    '<h2>One</h2><a href="/b.html">1. B<i></i>3</a>'
    """
    lines = []
    for part in parts:
        lines.append(f"<h2>{html.escape(part.caption)}</h2>")
        lines += [
            f'<a href="/{path}">{html.escape(title)}<i></i>{numbers[path]}</a>'
            for title, path in part.pages
        ]
    return "".join(lines)


class Place(NamedTuple):
    """Where a link leads: a sheet, counted from 0, and a point on it."""

    sheet: int
    left: float | None = None
    top: float | None = None


def join(front: list[PdfReader], body: list[Sheets], origin: str) -> PdfWriter:
    """Return one document of all sheets, in which links lead from page to page of the course."""
    writer = PdfWriter()
    for reader in front:
        for sheet in reader.pages:
            writer.add_page(sheet)
    where = [""] * len(writer.pages)
    places: dict[str, dict[str, Place]] = {}
    for sheets in body:
        places[sheets.path] = places_of(sheets.reader, len(writer.pages))
        where += [sheets.path] * len(sheets.reader.pages)
        for sheet in sheets.reader.pages:
            writer.add_page(sheet)
    for sheet, path in zip(writer.pages, where, strict=True):
        for link in sheet.get("/Annots", []):
            redirect(link.get_object(), path, places, writer, origin)
    return writer


def places_of(reader: PdfReader, first: int) -> dict[str, Place]:
    """Return the places that links can name in a printed page whose sheets begin at ``first``."""
    found = {
        name.removeprefix("/"): Place(
            first + reader.get_destination_page_number(place), place.left, place.top
        )
        for name, place in reader.named_destinations.items()
    }
    return {**found, "": Place(first)}


def redirect(
    link: DictionaryObject,
    path: str,
    places: dict[str, dict[str, Place]],
    writer: PdfWriter,
    origin: str,
) -> None:
    """Make ``link``, which stands in the page ``path``, lead to a place in the book if it can."""
    if "/Dest" in link:
        target, fragment = path, str(link["/Dest"]).removeprefix("/")
    elif str(address := link.get("/A", {}).get("/URI", "")).startswith(origin):
        parts = urlsplit(address)
        target, fragment = parts.path.removeprefix("/"), unquote(parts.fragment)
    else:
        return
    link.pop("/A", None)
    link.pop("/Dest", None)
    if target in places:
        place = places[target].get(fragment, places[target][""])
        sheet = writer.pages[place.sheet].indirect_reference
        fit = Fit.xyz(place.left, place.top)
        link[NameObject("/Dest")] = ArrayObject([sheet, fit.fit_type, *fit.fit_args])


def number(writer: PdfWriter, numbers: PdfReader) -> None:
    """Lay the page numbers over all sheets but the first, the title."""
    for sheet, numeral in list(zip(writer.pages, numbers.pages, strict=True))[1:]:
        sheet.merge_page(numeral)
        # Merging leaves the sheet five times as large as Chromium wrote it.
        sheet.compress_content_streams()


def bookmark(writer: PdfWriter, parts: list[Part], body: list[Sheets], first: int) -> None:
    """Give the document bookmarks for parts, pages and sections; the pages begin at ``first``."""
    start, outlines = {}, {}
    for sheets in body:
        start[sheets.path] = first
        outlines[sheets.path] = [
            (entry.title, first + sheets.reader.get_destination_page_number(entry), entry)
            for entry in sections(sheets.reader)
        ]
        first += len(sheets.reader.pages)
    for part in parts:
        above = writer.add_outline_item(
            title=part.caption, page_number=start[part.pages[0][1]], is_open=False
        )
        for title, path in part.pages:
            page = writer.add_outline_item(
                title=title, page_number=start[path], parent=above, is_open=False
            )
            for section, sheet, place in outlines[path]:
                fit = Fit.xyz(place.left, place.top)
                writer.add_outline_item(title=section, page_number=sheet, parent=page, fit=fit)


def sections(reader: PdfReader) -> list[Destination]:
    """Return the places of the headings just below the page's own."""
    below = next((entry for entry in reader.outline if isinstance(entry, list)), [])
    return [entry for entry in below if not isinstance(entry, list)]


def print_course(site: Path, parts: list[Part]) -> bytes:
    """Return the PDF of the pages that ``parts`` lists, of the site in the folder ``site``."""
    executable = chromium()
    if executable is None:
        raise SystemExit(
            "make pdf: no Chromium found; install it, or name it in the environment variable "
            "CHROMIUM"
        )
    with served(site) as origin, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
        page = browser.new_page()
        body = [print_page(page, origin, path) for part in parts for _, path in part.pages]
        starts, length = {}, 0
        for sheets in body:
            starts[sheets.path] = length + 1
            length += len(sheets.reader.pages)
        title = print_text(page, origin, TITLE_PAGE)
        contents = print_contents(page, origin, parts, starts)
        front = [title, contents]
        length += sum(len(reader.pages) for reader in front)
        blank = "<div style='break-after: page'>&nbsp;</div>" * (length - 1) + "&nbsp;"
        numerals = print_text(page, origin, blank, footer=FOOTER)
        writer = join(front, body, origin)
        browser.close()
    number(writer, numerals)
    bookmark(writer, parts, body, length - sum(len(sheets.reader.pages) for sheets in body))
    writer.add_metadata({"/Title": TITLE, "/Author": AUTHOR})
    writer.page_mode = "/UseOutlines"
    writer.compress_identical_objects(remove_duplicates=True, remove_unreferenced=True)
    file = io.BytesIO()
    writer.write(file)
    return file.getvalue()


def offer(site: Path, name: str, sheets: int, size: int) -> None:
    """Put a link to the file ``name`` on the site's first page, where it has a place for it."""
    page = site / FIRST_PAGE
    link = (
        f'<p class="print-edition"><a href="../{name}">The whole course as a PDF</a>, '
        f"{sheets} pages, {size / 1e6:.0f} MB.</p>"
    )
    page.write_text(page.read_text("utf-8").replace(OFFER, link), "utf-8")


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; return its exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("site", type=Path, help="the folder of the built site")
    site = parser.parse_args(arguments).site
    menu = (site / FIRST_PAGE).read_text("utf-8")
    parts = [Part("Loss functions", [("About the course", FIRST_PAGE)])]
    parts += parts_of(menu, FIRST_PAGE)
    data = print_course(site, parts)
    # Written beside and renamed: a reader never finds half a file.
    unfinished = site / f"{FILE}.new"
    unfinished.write_bytes(data)
    unfinished.rename(site / FILE)
    sheets = len(PdfReader(io.BytesIO(data)).pages)
    offer(site, FILE, sheets, len(data))
    print(f"The print edition is {site / FILE}: {sheets} pages, {len(data) / 1e6:.1f} MB.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
