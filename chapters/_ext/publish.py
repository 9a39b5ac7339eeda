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
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from posixpath import normpath, relpath
from urllib.parse import urlsplit

import tinycss2
from fontTools import subset
from tinycss2.ast import Node

STYLESHEET = re.compile(r'<link\b[^>]*\brel="stylesheet"[^>]*?/?>\n?')
PRELOAD = re.compile(r'<link\b[^>]*\brel="preload"[^>]*?/?>\n?')
SCRIPT = re.compile(r'<script\b[^>]*\bsrc="([^"]*)"[^>]*></script>\n?')
HREF = re.compile(r'\bhref="([^"]*)"')
URL = re.compile(r"""url\(\s*(["']?)(.*?)\1\s*\)""")
IMPORT = re.compile(r"""@import\s+(?:url\()?["'](.*?)["']\)?\s*;""")
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
WORD = re.compile(r"[A-Za-z_][\w-]*")
NAMED = re.compile(r"[.#](-?[A-Za-z_](?:[\w-]|\\.)*)")
ICON_SCRIPT = "js/all.min.js"
PAGE_NAME = re.compile(r"<script>DOCUMENTATION_OPTIONS\.pagename = [^<]*</script>\n?")
# The theme leaves "auto" standing until its script has run, and knows no colours for that.
THEME = 'localStorage.getItem("theme") || "auto"'
SYSTEM_THEME = (
    'localStorage.getItem("theme") || '
    '(matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")'
)
ESCAPE = re.compile(r"\\([0-9a-fA-F]{4,5})")
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


def local(url: str, base: PurePosixPath) -> str | None:
    """Return the path inside the site of ``url`` as seen from the folder ``base``.

    None for an address outside the site, and for data that is its own address.

    >>> local("../_static/a.css?v=1", PurePosixPath("chapters"))
    '_static/a.css'
    """
    parts = urlsplit(url)
    if parts.scheme or parts.netloc or not parts.path:
        return None
    return normpath(str(base / parts.path))


def stylesheet(site: Path, path: str) -> str:
    """Return the style sheet at ``path`` with its imports, every address seen from ``_static``."""
    base = PurePosixPath(path).parent
    text = COMMENT.sub("", (site / path).read_text("utf-8"))

    def imported(match: re.Match[str]) -> str:
        target = local(match[1], base)
        # The theme imports a style sheet one folder too high, where no server has it.
        candidates = [target, f"_static/{PurePosixPath(match[1]).name}"]
        found = next((c for c in candidates if c and (site / c).is_file()), None)
        if found is None:
            raise FileNotFoundError(f"{path} imports {match[1]}, which is not there")
        return stylesheet(site, found)

    def rebased(match: re.Match[str]) -> str:
        target = local(match[2], base)
        return match[0] if target is None else f"url({relpath(target, '_static')})"

    parts = IMPORT.split(text)
    pieces = [URL.sub(rebased, piece) for piece in parts[::2]]
    imports = [imported(match) for match in IMPORT.finditer(text)]
    return "".join(
        piece + following for piece, following in zip(pieces, [*imports, ""], strict=True)
    )


def purge(css: str, words: set[str]) -> str:
    """Return ``css`` without the rules whose selectors name what is not among ``words``.

    >>> purge(".used, .unused > p { color: red } .unused { top: 0 } p { top: 0 }", {"used"})
    '.used{color:red}p{top:0}'
    """
    return "".join(_purged(tinycss2.parse_stylesheet(css, True, True), words))


def _purged(rules: Iterable[Node], words: set[str]) -> Iterator[str]:
    for rule in rules:
        if rule.type == "qualified-rule":
            selectors = (s.strip() for s in _split(tinycss2.serialize(rule.prelude)))
            kept = [s for s in selectors if _names(s) <= words]
            if kept:
                yield f"{','.join(kept)}{{{_squeezed(rule.content)}}}"
        elif rule.type == "at-rule" and rule.content is None:
            yield rule.serialize()
        elif rule.type == "at-rule" and rule.lower_at_keyword in {"media", "supports"}:
            inner = "".join(_purged(tinycss2.parse_rule_list(rule.content, True, True), words))
            if inner:
                prelude = tinycss2.serialize(rule.prelude).strip()
                yield f"@{rule.at_keyword} {prelude}{{{inner}}}"
        elif rule.type == "at-rule":
            prelude = tinycss2.serialize(rule.prelude).strip()
            yield f"@{rule.at_keyword} {prelude}{{{_squeezed(rule.content)}}}"


def _split(selectors: str) -> list[str]:
    """Split at the commas that are not inside parentheses or brackets."""
    return re.split(r",(?![^()]*\)|[^\[\]]*\])", selectors)


def _names(selector: str) -> set[str]:
    """Return the classes and ids that an element must have for ``selector`` to match."""
    # What stands in :not() must be absent; in :is() and :where() one of several will do.
    required = re.sub(r"\[[^\]]*\]|:(?:not|is|where|has)\((?:[^()]|\([^()]*\))*\)", "", selector)
    return {name.replace("\\", "") for name in NAMED.findall(required)}


def _squeezed(tokens: list[Node]) -> str:
    text = tinycss2.serialize(tokens)
    text = re.sub(r"\s+", " ", text).strip()
    return re.sub(r"(?<=[;{}]) | (?=[;{}])|(?<=[\w-]:) (?=[^;{}]*[;}]|[^;{}]*$)", "", text)


def cut_font(font: Path, characters: set[int]) -> None:
    """Cut the font file down to ``characters``, in place."""
    options = subset.Options(flavor="woff2", layout_features=["*"], notdef_outline=True)
    loaded = subset.load_font(str(font), options)
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=characters)
    subsetter.subset(loaded)
    subset.save_font(loaded, str(font), options)


def linked(pattern: re.Pattern[str], page: str, base: PurePosixPath) -> list[str]:
    """Return the site's own files that the tags of ``page`` matching ``pattern`` name, in order."""
    found = []
    for match in pattern.finditer(page):
        address = match[1] if match.re.groups else HREF.search(match[0])[1]
        target = local(address, base)
        if target is not None and target not in found:
            found.append(target)
    return found


def write_asset(site: Path, name: str, suffix: str, text: str) -> str:
    """Write ``text`` under a name that changes with it; return its path inside the site."""
    digest = hashlib.sha256(text.encode()).hexdigest()[:8]
    path = f"_static/{name}.{digest}.{suffix}"
    (site / path).write_text(text, "utf-8")
    return path


def lighten(site: Path) -> None:
    """Bundle and purge the style sheets and scripts of the site below ``site``."""
    pages = {
        path: path.read_text("utf-8")
        for path in sorted(site.rglob("*.html"))
        if "_static" not in path.relative_to(site).parts and path != site / "index.html"
    }
    bases = {path: PurePosixPath(path.relative_to(site).parent) for path in pages}
    sheets = _in_order(linked(STYLESHEET, text, bases[path]) for path, text in pages.items())
    script_lists = [linked(SCRIPT, text, bases[path]) for path, text in pages.items()]
    shared = [s for s in script_lists[0] if all(s in other for other in script_lists)]
    shared = [s for s in shared if not s.endswith(ICON_SCRIPT)]

    javascript = "\n;\n".join(
        re.sub(r"^//# sourceMappingURL=.*$", "", (site / s).read_text("utf-8"), flags=re.MULTILINE)
        for s in shared
    )
    separate = "".join(
        (site / s).read_text("utf-8")
        for s in _in_order(script_lists)
        if s not in shared and not s.endswith((ICON_SCRIPT, "searchindex.js"))
    )
    texts = [javascript, separate, *pages.values()]
    words = {word for text in texts for word in WORD.findall(text)}
    css = purge("\n".join(stylesheet(site, sheet) for sheet in sheets), words)
    # All text is in the pages by now, mathematics too: KaTeX has run. Icons are in the style sheet.
    characters = {ord(c) for text in [css, *pages.values()] for c in html.unescape(text)}
    characters |= {int(code, 16) for code in ESCAPE.findall(css)}
    for font in {local(url[1], PurePosixPath("_static")) for url in URL.findall(css)}:
        if font and font.endswith(".woff2"):
            cut_font(site / font, characters)

    css_path = write_asset(site, "site", "css", css)
    js_path = write_asset(site, "site", "js", javascript)
    for path, text in pages.items():
        path.write_text(_relinked(text, bases[path], css_path, js_path, shared), "utf-8")
    for bundled in {*sheets, *shared}:
        (site / bundled).unlink(missing_ok=True)
    for unused in [*site.rglob("*.map"), *site.rglob(f"*{ICON_SCRIPT}")]:
        unused.unlink()


def _in_order(lists: Iterable[list[str]]) -> list[str]:
    """Merge lists that agree on the order of what they share."""
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


def _relinked(
    page: str, base: PurePosixPath, css_path: str, js_path: str, bundled: list[str]
) -> str:
    def script(match: re.Match[str]) -> str:
        target = local(match[1], base)
        gone = target is not None and (target in bundled or target.endswith(ICON_SCRIPT))
        if gone or " defer" in match[0]:
            return "" if gone else match[0]
        return match[0].replace("<script ", "<script defer ", 1)

    # The page's name is for a switch between versions, which the site has not; and what it is
    # written into exists only once the deferred script has run.
    page = page.replace(THEME, SYSTEM_THEME).replace(' data-theme="auto"', "", 1)
    page = PAGE_NAME.sub("", PRELOAD.sub("", STYLESHEET.sub("", page)))
    page = SCRIPT.sub(script, page)
    css, js = relpath(css_path, str(base)), relpath(js_path, str(base))
    links = f'<link rel="stylesheet" href="{css}">\n<script defer src="{js}"></script>\n'
    return page.replace("</title>", f"</title>\n{links}", 1)


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
