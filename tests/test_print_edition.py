"""The course as one PDF: order, page numbers, links and bookmarks of what is printed."""

import io
import os
from collections.abc import Iterator
from pathlib import Path

import print_edition
import pytest
from print_edition import Part
from pypdf import PdfReader
from pypdf.generic import DictionaryObject

ROOT = Path(__file__).parents[1]
SITE = ROOT / "_build" / "html"
PARTS = [
    Part("Loss functions", [("About the course", "chapters/index.html")]),
    Part("Appendices", [("Glossary", "chapters/appendix/glossary.html")]),
]


@pytest.fixture(scope="module")
def book() -> PdfReader:
    """Two pages of the site, printed."""
    if not (SITE / PARTS[0].pages[0][1]).exists():
        pytest.fail("no site in _build/html: run make book")
    try:
        return PdfReader(io.BytesIO(print_edition.print_course(SITE, PARTS)))
    except SystemExit as reason:
        if os.environ.get("CI") == "true":
            pytest.fail(str(reason))
        pytest.skip(str(reason))


@pytest.fixture(scope="module")
def texts(book: PdfReader) -> list[str]:
    """The text of each sheet."""
    return [sheet.extract_text() for sheet in book.pages]


def links(book: PdfReader) -> Iterator[tuple[int, DictionaryObject]]:
    """The links of the book, with the sheets on which they stand."""
    for number, sheet in enumerate(book.pages):
        for link in sheet.get("/Annots", []):
            yield number, link.get_object()


def target(book: PdfReader, link: DictionaryObject) -> int:
    """The sheet that a link inside the book leads to."""
    return book.get_page_number(link["/Dest"][0].get_object())


def begins(texts: list[str], heading: str) -> int:
    """The sheet on which a page of the site begins: the first after the contents that names it."""
    contents = max(n for n, text in enumerate(texts[:3]) if "Contents" in text)
    return next(n for n, text in enumerate(texts) if n > contents and heading in text)


def test_the_title_comes_first_and_every_other_sheet_is_numbered(texts: list[str]) -> None:
    """The number on a sheet is the one that a PDF reader shows for it."""
    assert texts[0].startswith("Loss functions")
    assert not texts[0].rstrip().endswith("1")
    for number, text in list(enumerate(texts, start=1))[1:]:
        assert text.rstrip().endswith(f"\n{number}"), number


def test_the_contents_tell_where_each_page_begins(book: PdfReader, texts: list[str]) -> None:
    """In print, and by a link."""
    glossary = begins(texts, "Glossary")
    assert f"Glossary{glossary + 1}" in texts[1].replace(" ", "").replace("\n", "")
    assert glossary in {target(book, link) for number, link in links(book) if number == 1}


def test_a_link_between_pages_of_the_site_leads_to_a_sheet(
    book: PdfReader, texts: list[str]
) -> None:
    """None leads to the server that the site was printed from, or to what is not in the book."""
    about, glossary = begins(texts, "For whom"), begins(texts, "Glossary")
    inside = [(number, target(book, link)) for number, link in links(book) if "/Dest" in link]
    assert any(about <= start < glossary <= end for start, end in inside)
    outside = [link["/A"]["/URI"] for _, link in links(book) if "/URI" in link.get("/A", {})]
    assert not [address for address in outside if "127.0.0.1" in address]
    assert any(address.startswith("https://www.sympy.org") for address in outside)


def test_bookmarks_name_parts_pages_and_sections(book: PdfReader, texts: list[str]) -> None:
    """A reader of nine hundred sheets finds a section by them."""
    part, pages, *_ = book.outline
    assert part.title == "Loss functions"
    about, sections = pages
    assert about.title == "About the course"
    titles = {section.title: section for section in sections}
    assert "For whom" in titles
    assert book.get_destination_page_number(titles["For whom"]) == begins(texts, "For whom")


def test_paper_needs_no_clicks(texts: list[str]) -> None:
    """What a fold hides on a screen is open, and no button is printed."""
    assert not [text for text in texts if "Show the code" in text]


def test_the_first_page_offers_the_file(tmp_path: Path) -> None:
    """Where it has a place for that."""
    page = tmp_path / print_edition.FIRST_PAGE
    page.parent.mkdir()
    page.write_text(f"<main>{print_edition.OFFER}</main>")
    print_edition.offer(tmp_path, "book.pdf", 12, 3_400_000)
    text = page.read_text()
    assert '<a href="../book.pdf">' in text
    assert "12 pages, 3 MB" in text
