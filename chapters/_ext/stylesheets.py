"""Style sheets made one and made small: only what a page of the site uses is kept."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from posixpath import normpath, relpath
from urllib.parse import urlsplit

import tinycss2
from pygments.token import STANDARD_TYPES
from tinycss2.ast import Node

URL = re.compile(r"""url\(\s*(["']?)(.*?)\1\s*\)""")
IMPORT = re.compile(r"""@import\s+(?:url\()?["'](.*?)["']\)?\s*;""")
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
# Every browser that knows a variable reads WOFF2, and the site carries nothing else.
OLD_FONT = re.compile(r""",\s*url\([^)]*\.(?:woff|ttf)["']?\)\s*format\([^)]*\)""")
NAMED = re.compile(r"[.#](-?[A-Za-z_](?:[\w-]|\\.)*)")
VARIABLE = re.compile(r"""(?<=[{;])(\s*)(--[\w-]+):(?:[^;{}"']|"[^"]*"|'[^']*')*;?""")
CODE_RULE = r'html\[data-theme="(\w+)"\] \.highlight{}\}}'
CODE_SPAN = re.compile(r'<span class="(\w+)">([^<]*)</span>')
# A colour on every dot and equals sign draws the eye to what matters least.
OPERATOR = "o"
STYLED = re.compile(r'<([a-z]\w*)([^<>]*?) style="([^"]*)"([^<>]*)>')
OFTEN = 8


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


def read(site: Path, path: str) -> str:
    """Return the style sheet at ``path`` with its imports, every address seen from ``_static``."""
    base = PurePosixPath(path).parent
    text = COMMENT.sub("", (site / path).read_text("utf-8"))

    def imported(url: str) -> str:
        # The theme imports a style sheet one folder too high, where no server has it.
        candidates = [local(url, base), f"_static/{PurePosixPath(url).name}"]
        found = next((c for c in candidates if c and (site / c).is_file()), None)
        if found is None:
            raise FileNotFoundError(f"{path} imports {url}, which is not there")
        return read(site, found)

    def rebased(match: re.Match[str]) -> str:
        target = local(match[2], base)
        return match[0] if target is None else f"url({relpath(target, '_static')})"

    # Splitting at a pattern with one group gives text and address in turn.
    parts = IMPORT.split(text)
    parts[::2] = [URL.sub(rebased, part) for part in parts[::2]]
    parts[1::2] = [imported(url) for url in parts[1::2]]
    return OLD_FONT.sub("", "".join(parts))


def purge(css: str, words: set[str]) -> str:
    """Return ``css`` without the rules whose selectors name what is not among ``words``.

    >>> purge(".used, .unused > p { color: red } .unused { top: 0 } p { top: 0 }", {"used"})
    '.used{color:red}p{top:0}'
    """
    return "".join(_purged(tinycss2.parse_stylesheet(css, True, True), words))


def _purged(rules: Iterable[Node], words: set[str]) -> Iterator[str]:
    for rule in rules:
        prelude = tinycss2.serialize(rule.prelude).strip()
        if rule.type == "qualified-rule":
            selectors = [s.strip() for s in _split(prelude) if _names(s) <= words]
            if selectors:
                yield f"{','.join(selectors)}{{{_squeezed(rule.content)}}}"
        elif rule.content is None:
            yield rule.serialize()
        elif rule.lower_at_keyword in {"media", "supports"}:
            inner = "".join(_purged(tinycss2.parse_rule_list(rule.content, True, True), words))
            if inner:
                yield f"@{rule.at_keyword} {prelude}{{{inner}}}"
        else:
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
    text = re.sub(r"\s+", " ", tinycss2.serialize(tokens)).strip()
    return re.sub(r"(?<=[;{}]) | (?=[;{}])|(?<=[\w-]:) (?=[^;{}]*[;}]|[^;{}]*$)", "", text)


def without_idle_variables(css: str, elsewhere: Iterable[str]) -> str:
    """Return ``css`` without the variables that neither it nor a text ``elsewhere`` reads.

    >>> without_idle_variables("a{--x:1;--y:var(--x);--z:0;top:var(--y)}", [])
    'a{--x:1;--y:var(--x);top:var(--y)}'
    """
    outside = {name for text in elsewhere for name in re.findall(r"--[\w-]+", text)}
    while True:
        read = outside | set(re.findall(r"var\(\s*(--[\w-]+)", css))
        shorter = VARIABLE.sub(lambda v, read=read: v[0] if v[2] in read else v[1], css)
        if shorter == css:
            return css
        css = shorter


def coloured(css: str) -> set[str]:
    """Return the classes of code that a page shows in another colour than plain code.

    >>> coloured(
    ...     'html[data-theme="dark"] .highlight{background:#222;color:#EEE}'
    ...     'html[data-theme="dark"] .highlight .n{color:#EEE}'
    ...     'html[data-theme="dark"] .highlight .k{color:#F80}'
    ... )
    {'k'}
    """
    plain = dict(re.findall(CODE_RULE.format(r"\{[^}]*?\bcolor:(#\w+)"), css))
    rules = re.findall(CODE_RULE.format(r" \.(\w+)\{([^}]*)"), css)
    return {name for theme, name, style in rules if style != f"color:{plain[theme]}"} - {OPERATOR}


def unspanned(page: str, kept: set[str]) -> str:
    """Return ``page`` without the spans around words of code that look like their surroundings.

    >>> unspanned('<span class="n">x</span> <span class="k">for</span>', {"k"})
    'x <span class="k">for</span>'
    """
    plain = set(STANDARD_TYPES.values()) - kept
    return CODE_SPAN.sub(lambda span: span[2] if span[1] in plain else span[0], page)


def name_styles(pages: Iterable[str]) -> dict[str, str]:
    """Return a class for each style that elements of ``pages`` often have for themselves.

    KaTeX and matplotlib write the same few hundred styles at thousands of elements.

    >>> name_styles(['<i style="top:0">' * OFTEN + '<i style="top:1px">'])
    {'top:0': 's0'}
    """
    counts = Counter(match[3] for page in pages for match in STYLED.finditer(page))
    often = [style for style, count in counts.most_common() if count >= OFTEN]
    return {style: f"s{number}" for number, style in enumerate(often)}


def style_rules(names: dict[str, str]) -> str:
    """Return the rules for ``names``, as strong as the styles they stand for.

    >>> style_rules({"top:0;left:1px;": "s0"})
    '.s0{top:0!important;left:1px!important}'
    """

    def strong(style: str) -> str:
        return "!important;".join(style.strip(";").split(";")) + "!important"

    return "".join(f".{name}{{{strong(style)}}}" for style, name in names.items())


def with_named_styles(page: str, names: dict[str, str]) -> str:
    """Return ``page`` with classes in place of the styles among ``names``.

    >>> with_named_styles('<i class="a" style="top:0">x</i><b style="top:0">', {"top:0": "s0"})
    '<i class="s0 a">x</i><b class="s0">'
    """

    def classed(match: re.Match[str]) -> str:
        if match[3] not in names:
            return match[0]
        rest, name = match[2] + match[4], names[match[3]]
        if ' class="' not in rest:
            return f'<{match[1]} class="{name}"{rest}>'
        return f"<{match[1]}" + rest.replace(' class="', f' class="{name} ', 1) + ">"

    return STYLED.sub(classed, page)
