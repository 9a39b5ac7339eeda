"""The built site in a browser, as a reader meets it: on a desk, on a phone, without a network."""

import functools
import io
import os
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from browser import ARGUMENTS, chromium, served
from fontTools.ttLib import TTFont
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from lossfns.figures import PALETTE, PALETTE_DARK

ROOT = Path(__file__).parents[1]
SITE = ROOT / "_build" / "html"
PAGES = [
    path.relative_to(SITE).as_posix()
    for path in sorted(SITE.rglob("*.html"))
    if "_static" not in path.parts and path != SITE / "index.html"
]
CHAPTERS = [path for path in PAGES if path != "search.html"]
# Else axe describes each of ten thousand sound elements too.
ONLY_FAULTS = {"resultTypes": ["violations"]}
MAX_BYTES = 900_000
# Forty-seven formulas with their gradients; KaTeX needs about nine kilobytes for each card's.
CATALOGUE, CATALOGUE_BYTES = "/chapters/choosing/catalogue.html", 1_150_000
MAX_REQUESTS = 20
DESK = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}
RAW_MARKUP = re.compile(r"\\[a-zA-Z]{2,}|\$\$|\\[(\[]|\{[a-z]+\}`|:::|\$[^$\n]{1,80}\$")

PROSE = """() => {
  const copy = document.querySelector("main, body").cloneNode(true);
  copy.querySelectorAll(".katex, pre, code, script, style").forEach((e) => e.remove());
  return copy.textContent;
}"""
ICONS = """() => [...document.querySelectorAll("body *")].flatMap((element) =>
  ["::before", "::after"].flatMap((part) => {
    const style = getComputedStyle(element, part);
    const shown = element.checkVisibility() && style.content.startsWith('"');
    return shown && /Font ?Awesome/.test(style.fontFamily)
      ? [[style.fontWeight, style.content.replaceAll('"', ""), style.fontFamily]] : [];
  }))"""
SEARCH_BARS = """() => [...document.querySelectorAll("input[type=search], .search-button-field")]
  .filter((e) => e.checkVisibility({visibilityProperty: true, opacityProperty: true})).length"""


@dataclass
class Visit:
    """What happened while a page was open."""

    page: Page
    origin: str
    outside: list[str] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    sizes: dict[str, int] = field(default_factory=dict)
    fonts: list[bytes] = field(default_factory=list)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium; where there is none, the tests fail in CI and are skipped elsewhere."""
    executable = chromium()
    if executable is None:
        reason = "no Chromium: install it, or name it in the environment variable CHROMIUM"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    """The address of the built site."""
    with served(SITE) as address:
        yield address


@pytest.fixture
def planted(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A folder to put a bad page into, and its address."""
    with served(tmp_path) as address:
        yield tmp_path, address


@pytest.fixture
def context(browser: Browser, request: pytest.FixtureRequest) -> Iterator[BrowserContext]:
    """A reader who has never been here; a test's parameter says with what."""
    context = browser.new_context(**{"viewport": DESK, **getattr(request, "param", {})})
    yield context
    context.close()


def visit(context: BrowserContext, address: str) -> Visit:
    """Open a page, wait until it is quiet, and keep what it asked for and said."""
    page = context.new_page()
    parts = urlsplit(address)
    visit = Visit(page, f"{parts.scheme}://{parts.netloc}")

    def requested(request) -> None:
        if not request.url.startswith((visit.origin, "data:", "blob:")):
            visit.outside.append(request.url)

    responses = []

    def said(message) -> None:
        if message.type in {"error", "warning"}:
            visit.messages.append(message.text)

    context.route(
        lambda url: not url.startswith((visit.origin, "data:", "blob:")),
        lambda route: route.abort(),
    )
    page.on("request", requested)
    page.on("response", lambda response: responses.append(response))
    page.on("console", said)
    page.on("pageerror", lambda error: visit.messages.append(str(error)))
    page.goto(address, wait_until="networkidle")
    # Only now: a body asked for while an event is handled may come after the page is judged.
    for response in responses:
        if response.status >= 400:
            visit.failed.append(f"{response.status} {response.url}")
        elif response.url.startswith(visit.origin):
            body = response.body()
            visit.sizes[response.url] = len(body)
            if response.url.endswith(".woff2"):
                visit.fonts.append(body)
    return visit


def network_problems(visit: Visit) -> list[str]:
    """Requests that leave this machine, files that are missing, and what the console says."""
    outside = [f"asks for {url}" for url in visit.outside]
    # The console repeats each failed request, without saying which.
    messages = [m for m in visit.messages if "Failed to load resource" not in m]
    return outside + visit.failed + messages


def markup_problems(visit: Visit) -> list[str]:
    """TeX and MyST that a reader sees as typed, and formulas that KaTeX could not read."""
    raw = [f"shows {match[0]}" for match in RAW_MARKUP.finditer(visit.page.evaluate(PROSE))]
    return raw + ["has a broken formula"] * visit.page.locator(".katex-error").count()


def weight_problems(visit: Visit) -> list[str]:
    """More than a page may cost a reader on a slow line."""
    found = []
    if len(visit.sizes) > MAX_REQUESTS:
        found.append(f"makes {len(visit.sizes)} requests")
    limit = CATALOGUE_BYTES if visit.page.url.endswith(CATALOGUE) else MAX_BYTES
    if (total := sum(visit.sizes.values())) > limit:
        found.append(f"loads {total:,} bytes")
    return found


def icon_problems(visit: Visit) -> list[str]:
    """Icons that no loaded font has a shape for: the reader sees an empty box."""
    fonts = [TTFont(io.BytesIO(body)) for body in visit.fonts]
    shapes = {
        (font["OS/2"].usWeightClass, chr(code))
        for font in fonts
        for code in font.getBestCmap()
        if "Awesome" in font["name"].getDebugName(1)
    }
    return [
        f"has no icon U+{ord(content):04X}"
        for weight, content, _ in visit.page.evaluate(ICONS)
        if (int(weight), content) not in shapes
    ]


def scroll_problems(visit: Visit) -> list[str]:
    """A page wider than its window, also with everything unfolded."""
    visit.page.evaluate("document.querySelectorAll('details').forEach((d) => (d.open = true))")
    width = visit.page.evaluate("document.documentElement.scrollWidth")
    window = visit.page.viewport_size["width"]
    return [f"is {width} px wide in a window of {window}"] if width > window else []


def barriers(visit: Visit) -> list[str]:
    """What axe holds to be a serious or critical barrier to somebody."""
    # Colours that are still fading from one theme to the other have no contrast to measure.
    visit.page.add_style_tag(content="*{transition:none!important;animation:none!important}")
    return [
        f"{violation['id']}: {node['html'][:120]} ({node['failureSummary'].splitlines()[-1]})"
        for violation in Axe().run(visit.page, options=ONLY_FAULTS).response["violations"]
        if violation["impact"] in {"serious", "critical"}
        for node in violation["nodes"]
    ]


def test_the_site_is_built() -> None:
    """Without pages there would be nothing for the tests below to find fault with."""
    assert CHAPTERS, "no site in _build/html: run make book"


@pytest.mark.parametrize("path", PAGES)
def test_page_on_a_desk(context: BrowserContext, site: str, path: str) -> None:
    """Nothing from outside, nothing missing, nothing raw, every icon, no barrier; in light."""
    seen = visit(context, f"{site}/{path}")
    assert network_problems(seen) == []
    assert markup_problems(seen) == []
    assert icon_problems(seen) == []
    assert scroll_problems(seen) == []
    # The search page has its own bar beside the one that every page has.
    assert seen.page.evaluate(SEARCH_BARS) == 1 + (path == "search.html")
    if path in CHAPTERS:
        assert weight_problems(seen) == []
    assert barriers(seen) == []


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize(
    "context", [{"viewport": PHONE, "color_scheme": "dark"}], indirect=True, ids=["phone"]
)
def test_page_on_a_phone_in_the_dark(context: BrowserContext, site: str, path: str) -> None:
    """Wide formulas, tables and code scroll inside themselves, by keyboard too."""
    seen = visit(context, f"{site}/{path}")
    assert network_problems(seen) == []
    assert scroll_problems(seen) == []
    assert barriers(seen) == []


@pytest.mark.parametrize("path", CHAPTERS)
@pytest.mark.parametrize("context", [{"java_script_enabled": False}], indirect=True, ids=["no-js"])
def test_page_without_javascript(
    context: BrowserContext, browser: Browser, site: str, path: str
) -> None:
    """The same text, mathematics and figures, dark on light."""
    plain = visit(context, f"{site}/{path}").page
    with browser.new_context(viewport=DESK) as other:
        scripted = visit(other, f"{site}/{path}").page
        for part in ["article h1", "article p", "article .katex", "article svg[role=img]"]:
            assert plain.locator(part).count() == scripted.locator(part).count()
        expected = scripted.locator("article").inner_text()
    assert plain.locator("article").inner_text() == expected
    assert plain.locator("article h1").is_visible()
    colours = "e => [getComputedStyle(e).color, getComputedStyle(document.body).backgroundColor]"
    ink, paper = plain.locator("article p").first.evaluate(colours)
    assert (ink, paper) == (rgb(PALETTE["ink"]), rgb(PALETTE["paper"]))


def rgb(colour: str) -> str:
    """Return a hex colour as a browser writes it.

    >>> rgb("#ff8000")
    'rgb(255, 128, 0)'
    """
    return f"rgb({', '.join(str(int(colour[i : i + 2], 16)) for i in (1, 3, 5))})"


def test_the_address_of_the_site_leads_to_the_first_page(
    context: BrowserContext, site: str
) -> None:
    """Sphinx would put it there only if it lay beside the configuration."""
    page = context.new_page()
    page.goto(site)
    page.wait_for_url("**/chapters/index.html")


def first_figure() -> str:
    """Return a page with a figure."""
    return next(path for path in CHAPTERS if 'role="img"' in (SITE / path).read_text("utf-8"))


FIGURE_PAPER = "e => getComputedStyle(e).fill"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_theme_follows_the_system_then_the_button(browser: Browser, site: str, scheme: str) -> None:
    """Figures change with the page; a printed one is light."""
    with browser.new_context(viewport=DESK, color_scheme=scheme) as context:
        page = visit(context, f"{site}/{first_figure()}").page
        palettes = {"light": PALETTE, "dark": PALETTE_DARK}
        paper = page.locator("article svg[role=img] path").first
        body = page.locator("body")
        assert page.locator("html").get_attribute("data-theme") == scheme
        assert paper.evaluate(FIGURE_PAPER) == rgb(palettes[scheme]["paper"])
        background = body.evaluate("e => getComputedStyle(e).backgroundColor")
        assert background == rgb(palettes[scheme]["paper"])
        chosen = set()
        for _ in range(2):
            page.locator(".theme-switch-button").first.click()
            theme = page.locator("html").get_attribute("data-theme")
            chosen.add(theme)
            assert paper.evaluate(FIGURE_PAPER) == rgb(palettes[theme]["paper"])
        assert chosen == {"light", "dark"}
        page.emulate_media(media="print")
        assert paper.evaluate(FIGURE_PAPER) == rgb(PALETTE["paper"])


def test_figures_fit_a_phone_and_keep_their_shape(browser: Browser, site: str) -> None:
    """No figure is cut, stretched, or without its place before it is drawn."""
    with browser.new_context(viewport=PHONE) as context:
        page = visit(context, f"{site}/{first_figure()}").page
        for figure in page.locator("article svg[role=img]").all():
            box = figure.bounding_box()
            _, _, width, height = map(float, figure.get_attribute("viewBox").split())
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= PHONE["width"]
            assert box["width"] / box["height"] == pytest.approx(width / height, rel=0.01)
            assert figure.locator("xpath=ancestor::figure").locator("figcaption").is_visible()
            assert figure.get_attribute("aria-label")


CURRENT = "() => document.querySelector('.bd-toc-nav a.active')?.hash"


def test_the_section_that_is_read_is_marked(context: BrowserContext, site: str) -> None:
    """In "on this page", on the way down and back."""
    page = visit(context, f"{site}/{first_figure()}").page
    hashes = page.locator(".bd-toc-nav a.nav-link").evaluate_all("links => links.map(a => a.hash)")
    assert len(hashes) > 3
    for place in [hashes[2], hashes[-1], hashes[0]]:
        page.evaluate("place => document.querySelector(place).scrollIntoView()", place)
        page.wait_for_function(f"place => ({CURRENT})() === place", arg=place)


def test_the_menu_of_downloads_works_by_keyboard(context: BrowserContext, site: str) -> None:
    """It opens, the next key reaches the notebook, and Escape closes it."""
    page = visit(context, f"{site}/{first_figure()}").page
    button, notebook = page.get_by_label("Download this page"), page.get_by_title("source file")
    assert not notebook.is_visible()
    button.press("Enter")
    assert notebook.is_visible()
    button.press("Tab")
    assert notebook.evaluate("e => e === document.activeElement")
    notebook.press("Escape")
    assert not notebook.is_visible()
    assert button.evaluate("e => e === document.activeElement")
    button.press("Enter")
    page.locator("article h1").click()
    assert not notebook.is_visible()


def test_search_finds_a_page_without_a_server(context: BrowserContext, site: str) -> None:
    """The index is part of the site."""
    page = visit(context, f"{site}/search.html?q=squares").page
    page.wait_for_selector("#search-results li a")
    assert any("ols_from_mle" in a.get_attribute("href") for a in page.locator("li a").all())


ADDRESS = re.compile(r"""\s(?:href|src)="([^"]*)\"""")
ID = re.compile(r'\sid="([^"]*)"')


@functools.cache
def names(page: Path) -> Counter[str]:
    """Return how often each id stands in the page."""
    return Counter(ID.findall(page.read_text("utf-8")))


@pytest.mark.parametrize("path", PAGES)
def test_every_link_inside_the_site_leads_somewhere(path: str) -> None:
    """Also those that no test clicks; and no two places on a page have one name."""
    twice = {name for name, count in names(SITE / path).items() if count > 1}
    # The theme's template of the search page holds its search field twice.
    assert twice == ({"search-input"} if path == "search.html" else set())
    for address in set(ADDRESS.findall((SITE / path).read_text("utf-8"))):
        parts = urlsplit(address.replace("&amp;", "&"))
        if parts.scheme or parts.netloc:
            continue
        target = (SITE / path).parent / unquote(parts.path) if parts.path else SITE / path
        assert target.is_file(), address
        if parts.fragment and target.suffix == ".html":
            assert unquote(parts.fragment) in names(target), address


HEAD = '<!DOCTYPE html><html lang="en"><head><title>Bad</title>{}</head>'
BAD_PAGES = {
    "asks another host": (
        HEAD.format('<script src="https://cdn.example.org/mathjax.js"></script>'),
        network_problems,
        "asks for https://cdn.example.org/mathjax.js",
    ),
    "asks for what is missing": (
        HEAD.format('<link rel="stylesheet" href="basic.css">'),
        network_problems,
        "404",
    ),
    "complains": (
        HEAD.format("<script>console.error('Got invalid theme mode')</script>"),
        network_problems,
        "Got invalid theme mode",
    ),
    "throws": (HEAD.format("<script>absent()</script>"), network_problems, "absent is not defined"),
    "shows TeX": (HEAD.format("") + r"<main>The loss \frac{1}{2}</main>", markup_problems, "frac"),
    "shows dollars": (HEAD.format("") + "<main>Let $x^2$ be</main>", markup_problems, "$x^2$"),
    "shows a role": (HEAD.format("") + "<main>See {eq}`a`</main>", markup_problems, "{eq}`"),
    "is wide": (
        HEAD.format("") + "<main><p style='width:2000px'>wide</p></main>",
        scroll_problems,
        "px wide",
    ),
    "is wide when unfolded": (
        HEAD.format("") + "<details><summary>More</summary><p style='width:2000px'>w</p></details>",
        scroll_problems,
        "px wide",
    ),
    "is heavy": (
        HEAD.format("") + f"<main>{'x' * MAX_BYTES}</main>",
        weight_problems,
        "loads 900,",
    ),
    "asks for much": (
        HEAD.format("") + "".join(f'<img alt="" src="bad.html?{n}">' for n in range(MAX_REQUESTS)),
        weight_problems,
        "requests",
    ),
    "lacks an icon": (
        HEAD.format("<style>i::before{content:'\\f0c9';font:900 1em 'Font Awesome 6 Free'}</style>")
        + "<main><i></i></main>",
        icon_problems,
        "no icon U+F0C9",
    ),
    "is pale": (
        HEAD.format("") + "<main><h1>Bad</h1><p style='color:#ccc'>pale</p></main>",
        barriers,
        "color-contrast",
    ),
}


@pytest.mark.parametrize("fault", BAD_PAGES)
def test_a_bad_page_is_caught(
    context: BrowserContext, planted: tuple[Path, str], fault: str
) -> None:
    """Each check above has been seen to fail."""
    folder, address = planted
    text, check, expected = BAD_PAGES[fault]
    (folder / "bad.html").write_text(
        text.replace("</title>", '</title><link rel="icon" href="data:,">')
    )
    assert any(expected in problem for problem in check(visit(context, f"{address}/bad.html")))
