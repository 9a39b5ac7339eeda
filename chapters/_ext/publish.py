"""Make the finished site of what Sphinx wrote: light, self-contained, replaced in one step.

    python chapters/_ext/publish.py RAW SITE

Every page of the theme asks for two dozen files, among them a 1.5 MB script that draws icons. Here
the style sheets become one, without the rules that no page uses; the scripts become one; the
fonts keep the characters in use. A reader's browser then asks for little more than the page itself.
"""

import argparse
import hashlib
import html
import re
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from posixpath import relpath

import stylesheets
from fontTools import subset
from stylesheets import local

STYLESHEET = re.compile(r'<link\b[^>]*\brel="stylesheet"[^>]*?/?>\n?')
PRELOAD = re.compile(r'<link\b[^>]*\brel="preload"[^>]*?/?>\n?')
SCRIPT = re.compile(r'<script\b[^>]*\bsrc="([^"]*)"[^>]*></script>\n?')
HREF = re.compile(r'\bhref="([^"]*)"')
# Tags and scripts: what can name a class or an id.
CODE = re.compile(r"<script.*?</script>|<[^>]*>", re.DOTALL)
WORD = re.compile(r"[A-Za-z_][\w-]*")
ESCAPE = re.compile(r"\\([0-9a-fA-F]{4,5})")
SOURCE_MAP = re.compile(r"^//# sourceMappingURL=.*$", re.MULTILINE)
# Icons come from a font; the theme also loads a script that draws each of its 2,000 as SVG. Of
# Bootstrap's script, 82 KB, it uses three things: tooltips and a menu, which every browser has,
# and the mark at the section that is being read, which course.js sets in twenty lines.
DROPPED_SCRIPTS = ("js/all.min.js", "scripts/bootstrap.js")
FOR_BOOTSTRAP = re.compile(r'\s+data-(?:bs-[\w-]+|offset)="[^"]*"')
MENU = re.compile(
    r'<div class="dropdown ([^"]*)">\s*'
    r'<button class="btn dropdown-toggle"[^>]*?(aria-label="[^"]*")>(.*?)</button>\s*'
    r'(<ul class="dropdown-menu">.*?</ul>)\s*</div>',
    re.DOTALL,
)
NATIVE_MENU = r'<details class="menu \1"><summary class="btn" \2>\3</summary>\4</details>'
# The formula as TeX, which no browser shows or reads out, and what only XML needs.
IDLE_MATHML = re.compile(
    r' xmlns="http://www\.w3\.org/1998/Math/MathML"'
    r'|<annotation encoding="application/x-tex">[^<]*</annotation>|</?semantics>'
)
# What a page says of itself to a switch between versions, which the site has not, in a variable
# that is not there before the deferred script has run.
PAGE_NAME = re.compile(r"<script>DOCUMENTATION_OPTIONS\.pagename = [^<]*</script>\n?")
# The theme leaves "auto" standing until its script has run, and knows no colours for that.
THEME = 'localStorage.getItem("theme") || "auto"'
SYSTEM_THEME = (
    'localStorage.getItem("theme") || '
    '(matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")'
)
REPLACED = {
    THEME: SYSTEM_THEME,
    ' data-theme="auto"': "",
    # docutils gives the entries of its list a role that is no longer one of a list's.
    'role="doc-biblioentry"': 'role="listitem"',
}
INDEX = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="0; url={url}">
<link rel="icon" href="data:,">
<title>Loss functions</title>
</head>
<body><main><h1><a href="{url}">Loss functions</a></h1></main></body>
</html>
"""


def linked(pattern: re.Pattern[str], page: str, base: PurePosixPath) -> list[str]:
    """Return the site's own files that the tags of ``page`` matching ``pattern`` name, in order."""
    found = []
    for match in pattern.finditer(page):
        address = match[1] if match.re.groups else HREF.search(match[0])[1]
        target = local(address, base)
        if target is not None and target not in found and not target.endswith(DROPPED_SCRIPTS):
            found.append(target)
    return found


def in_order(lists: Iterable[list[str]]) -> list[str]:
    """Merge lists that agree on the order of what they share.

    >>> in_order([["a", "c"], ["a", "b", "c"], ["c", "d"]])
    ['a', 'b', 'c', 'd']
    """
    merged: list[str] = []
    for items in lists:
        position = 0
        for item in items:
            if item in merged:
                position = merged.index(item) + 1
            else:
                merged.insert(position, item)
                position += 1
    return merged


def cut_font(font: Path, characters: set[int]) -> None:
    """Cut the font file down to ``characters``, in place."""
    options = subset.Options(flavor="woff2", layout_features=["*"], notdef_outline=True)
    loaded = subset.load_font(str(font), options)
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=characters)
    subsetter.subset(loaded)
    subset.save_font(loaded, str(font), options)


def write_asset(site: Path, suffix: str, text: str) -> str:
    """Write ``text`` under a name that changes with it; return its path inside the site."""
    path = f"_static/site.{hashlib.sha256(text.encode()).hexdigest()[:8]}.{suffix}"
    (site / path).write_text(text, "utf-8")
    return path


def tidied(page: str) -> str:
    """Return ``page`` without what it does not need, and with the theme's slips mended."""
    for old, new in REPLACED.items():
        page = page.replace(old, new)
    page = MENU.sub(NATIVE_MENU, page)
    for idle in (STYLESHEET, PRELOAD, PAGE_NAME, FOR_BOOTSTRAP, IDLE_MATHML):
        page = idle.sub("", page)
    return page


def deferred(page: str, base: PurePosixPath, bundled: list[str]) -> str:
    """Return ``page`` without the scripts that are ``bundled``, and with the others after them."""

    def kept(match: re.Match[str]) -> str:
        target = local(match[1], base)
        if target is not None and (target in bundled or target.endswith(DROPPED_SCRIPTS)):
            return ""
        return match[0] if " defer" in match[0] else match[0].replace("<script", "<script defer", 1)

    return SCRIPT.sub(kept, page)


def lighten(site: Path) -> None:
    """Bundle and purge the style sheets and scripts of the site below ``site``."""
    pages = {
        path: path.read_text("utf-8")
        for path in sorted(site.rglob("*.html"))
        if "_static" not in path.relative_to(site).parts and path != site / "index.html"
    }
    bases = {path: PurePosixPath(path.relative_to(site).parent) for path in pages}
    sheets = in_order(linked(STYLESHEET, text, bases[path]) for path, text in pages.items())
    scripts = [linked(SCRIPT, text, bases[path]) for path, text in pages.items()]
    sources = {s: SOURCE_MAP.sub("", (site / s).read_text("utf-8")) for s in in_order(scripts)}
    shared = [s for s in sources if all(s in page for page in scripts)]

    pages = {path: tidied(deferred(text, bases[path], shared)) for path, text in pages.items()}
    names = stylesheets.name_styles(pages.values())
    pages = {path: stylesheets.with_named_styles(text, names) for path, text in pages.items()}

    words = {word for text in pages.values() for word in WORD.findall(" ".join(CODE.findall(text)))}
    speaking = [sources[s] for s in sources if not s.endswith("searchindex.js")]
    words |= {word for text in speaking for word in WORD.findall(text)}
    css = stylesheets.purge("\n".join(stylesheets.read(site, sheet) for sheet in sheets), words)
    css = stylesheets.without_idle_variables(css, [*pages.values(), *sources.values()])
    css += stylesheets.style_rules(names)
    coloured = stylesheets.coloured(css)
    pages = {path: stylesheets.unspanned(text, coloured) for path, text in pages.items()}

    # All text is in the pages by now, mathematics too: KaTeX has run. Icons are in the style sheet.
    characters = {ord(c) for text in [css, *pages.values()] for c in html.unescape(text)}
    characters |= {int(code, 16) for code in ESCAPE.findall(css)}
    fonts = {local(url[1], PurePosixPath("_static")) for url in stylesheets.URL.findall(css)}
    for font in fonts:
        if font and font.endswith(".woff2"):
            cut_font(site / font, characters)

    css_path = write_asset(site, "css", css)
    js_path = write_asset(site, "js", "\n;\n".join(sources[s] for s in shared))
    for path, text in pages.items():
        css_url, js_url = (relpath(asset, str(bases[path])) for asset in (css_path, js_path))
        links = f'<link rel="stylesheet" href="{css_url}">\n<script defer src="{js_url}"></script>'
        path.write_text(text.replace("</title>", f"</title>\n{links}", 1), "utf-8")
    remove(site, [*sheets, *shared, "**/*.map", "**/*.ttf", *(f"**/{s}" for s in DROPPED_SCRIPTS)])


def remove(site: Path, patterns: list[str]) -> None:
    """Remove the files of the site that no page asks for any more."""
    for pattern in patterns:
        for path in list(site.glob(pattern)):
            path.unlink()


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; return its exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("raw", type=Path, help="the folder that Sphinx wrote")
    parser.add_argument("site", type=Path, help="the folder to replace")
    options = parser.parse_args(arguments)
    new, old = (options.site.with_name(options.site.name + end) for end in (".new", ".old"))
    for leftover in (new, old):
        shutil.rmtree(leftover, ignore_errors=True)
    shutil.copytree(options.raw, new)
    lighten(new)
    (new / "index.html").write_text(INDEX.format(url="chapters/index.html"), "utf-8")
    if options.site.exists():
        options.site.rename(old)
    new.rename(options.site)
    shutil.rmtree(old, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
