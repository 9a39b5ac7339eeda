"""Figures as part of the page: a notebook's SVG outputs become ``<svg>`` elements.

An ``<img>`` is a sealed document. An inline figure takes its colours from the page, so the dark
theme can exchange them, and it costs no request.
"""

import html
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Mapping, MutableMapping
from pathlib import Path
from urllib.parse import unquote

from docutils import nodes
from sphinx.transforms import SphinxTransform

SVG = "{http://www.w3.org/2000/svg}"
HREF = "{http://www.w3.org/1999/xlink}href"
DECIMAL = re.compile(r"-?\d*\.\d+(?:e-?\d+)?")
REFERENCE = re.compile(r"url\(#([^)]+)\)")
COLOUR = re.compile(r"#[0-9a-fA-F]{6}\b")
# Attributes whose numbers are lengths on the page.
LENGTHS = {"d", "x", "y", "x1", "y1", "x2", "y2", "cx", "cy", "r", "width", "height", "points"}
MOVED = re.compile(r"translate\((-?[\d.]+) 0\)")
MARKER_LENGTH = 400
# An output of lossfns.explorers: what comes before its figure, the figure, and the rest.
EXPLORER = re.compile(
    r"""(.*<div class="explorer">\s*)"""
    r"""<img alt="([^"]*)"[^>]*? src="data:image/svg\+xml,([^"]*)">(.*)""",
    re.DOTALL,
)
# The picture on a card of lossfns.cards, which stands alone in its paragraph.
PICTURE = re.compile(r"""<img alt="([^"]*)"[^>]*? src="data:image/svg\+xml,([^"]*)">""")
COMMANDS = set("Mlqcz")
PIXELS_PER_POINT = 4 / 3


def colour_rules(light: Mapping[str, str], dark: Mapping[str, str]) -> str:
    """Return the style sheet that defines a variable for each colour of the figures.

    >>> print(colour_rules({"ink": "#111111"}, {"ink": "#eeeeee"}))
    :root{--figure-ink:#111111}
    @media screen{html[data-theme="dark"]{--figure-ink:#eeeeee}}
    """

    def variables(palette: Mapping[str, str]) -> str:
        return ";".join(f"--figure-{name}:{colour}" for name, colour in palette.items())

    # Only on a screen: paper is white, whatever theme the reader printed from.
    return (
        f":root{{{variables(light)}}}\n"
        f'@media screen{{html[data-theme="dark"]{{{variables(dark)}}}}}'
    )


def inline_svg(
    text: str,
    *,
    prefix: str,
    label: str,
    palette: Mapping[str, str],
    shapes: MutableMapping[str, str],
) -> str:
    """Return the SVG document ``text`` as an element that can stand in a page.

    :param prefix: put before every id, so that two figures never share one.
    :param label: the alternative text.
    :param palette: names of the colours that become variables of the page.
    :param shapes: ids of the letters and markers that the page's earlier figures define, by their
        content; extended here. A page needs each letter once.
    """
    root = ET.fromstring(text)
    _drop(root, {f"{SVG}metadata", f"{SVG}style", f"{SVG}title"})
    names = {colour.lower(): name for name, colour in palette.items()}
    ids = _rename(root, text, prefix, shapes)
    for element in root.iter():
        element.tag = element.tag.removeprefix(SVG)
        for key, value in list(element.attrib.items()):
            del element.attrib[key]
            if key == "id" and value in ids:
                element.set("id", ids[value])
            elif key == HREF:
                inside = value.startswith("#")
                element.set("href", f"#{ids[value[1:]]}" if inside else value)
            elif key != "id":
                element.set(key, _value(key, value, ids, names))
    width, height = (float(size) for size in root.attrib["viewBox"].split()[2:])
    root.attrib = {
        "viewBox": root.attrib["viewBox"],
        "role": "img",
        "aria-label": label,
        # The first two are what matplotlib's style sheet says of every element. Left as a sheet,
        # it would say so of every element of the page.
        "style": "stroke-linejoin:round;stroke-linecap:butt;"
        f"width:100%;max-width:{width * PIXELS_PER_POINT:.0f}px;height:auto;"
        f"aspect-ratio:{width:g}/{height:g}",
    }
    _simplify(root)
    for element in root.iter():
        element.text = (element.text or "").strip() or None
        element.tail = (element.tail or "").strip() or None
    return ET.tostring(root, encoding="unicode")


def _rename(
    root: ET.Element, text: str, prefix: str, shapes: MutableMapping[str, str]
) -> dict[str, str]:
    """Return the ids on the page of what the figure refers to; drop what the page has already."""
    used = set(REFERENCE.findall(text)) | {e.get(HREF, "")[1:] for e in root.iter()}
    named = [name for e in root.iter() if (name := e.get("id")) in used]
    ids = {name: f"{prefix}{number}" for number, name in enumerate(named)}
    for definitions in root.iter(f"{SVG}defs"):
        for shape in definitions.findall(f"{SVG}path"):
            name = shape.attrib["id"]
            content = repr(sorted({**shape.attrib, "id": ""}.items()))
            if shapes.setdefault(content, ids[name]) != ids[name]:
                ids[name] = shapes[content]
                definitions.remove(shape)
    return ids


def _drop(root: ET.Element, tags: set[str]) -> None:
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag in tags:
                parent.remove(child)


def _simplify(parent: ET.Element) -> None:
    """Say once what matplotlib says of each point of a scatter. The picture stays the same."""
    children: list[ET.Element] = []
    for child in parent:
        _simplify(child)
        if child.tag == "g" and not child.attrib:
            children.extend(child)
        elif child.tag == "g" and children and _alike(children[-1], child):
            children[-1].extend(child)
        elif child.tag != "defs" or len(child):
            children.append(child)
        if child.tag == "use" and (moved := MOVED.fullmatch(child.get("transform", ""))):
            del child.attrib["transform"]
            child.set("x", moved[1])
    parent[:] = children
    styles = {child.get("style") for child in parent}
    if parent.tag == "g" and len(parent) > 1 and len(styles) == 1:
        [style] = styles
        if style and _inherits(style) and all(child.tag == "use" for child in parent):
            parent.set("style", ";".join(filter(None, [parent.get("style"), style])))
            for child in parent:
                del child.attrib["style"]


def _alike(a: ET.Element, b: ET.Element) -> bool:
    return a.tag == b.tag and a.attrib == b.attrib and _inherits(a.get("style", ""))


def _inherits(style: str) -> bool:
    """Tell whether a group may have ``style`` in place of each of its members."""
    # Opacity is the exception: a translucent group does not show where its members overlap.
    return not re.search(r"(^|;)\s*opacity", style)


def _value(key: str, value: str, ids: Mapping[str, str], names: Mapping[str, str]) -> str:
    if key == "d":
        return short_path(value)
    if key in LENGTHS:
        return DECIMAL.sub(lambda number: f"{round(float(number[0]), 1):g}", value)
    value = REFERENCE.sub(lambda reference: f"url(#{ids[reference[1]]})", value)
    if key in {"style", "fill", "stroke"}:
        value = COLOUR.sub(lambda colour: _variable(colour[0], names), value)
        return value.replace(": ", ":").replace("; ", ";")
    return value


def short_path(path: str) -> str:
    """Return matplotlib's path in steps from point to point, which take half the characters.

    >>> short_path("M 10 20 L 13 24 L 13.5 23.75 Q 14 24 15 25 z")
    'M10 20l3 4 .5-.25q.5 .25 1.5 1.25z'
    """
    # A tenth of a point cannot be seen along a curve. In a marker, 4 points wide, it can.
    unit = 10 if len(path) > MARKER_LENGTH else 100
    parts, previous = [], ""
    here = start = (0, 0)
    for command, numbers in re.findall(r"([A-Zz])([^A-Zz]*)", path):
        flat = [round(float(number) * unit) for number in numbers.split()]
        points = list(zip(flat[::2], flat[1::2], strict=True))
        origin = (0, 0) if command == "M" else here
        steps = [end - begin for point in points for end, begin in zip(point, origin, strict=True)]
        shown = command if command == "M" else command.lower()
        parts.append(_joined(steps, unit, after=shown if shown != previous else ""))
        # A point that is not rounded to where the pen is would move all that follow it.
        here = points[-1] if points else start
        start = here if command == "M" else start
        previous = shown
    return "".join(parts)


def _joined(numbers: Iterable[int], unit: int, after: str) -> str:
    """Return ``numbers`` in ``unit``-ths after a command, or after more numbers if it is empty."""
    text = after
    for number in numbers:
        digits = re.sub(r"^(-?)0\.", r"\1.", f"{number / unit:g}")
        text += digits if text in COMMANDS or digits.startswith("-") else f" {digits}"
    return text


def _variable(colour: str, names: Mapping[str, str]) -> str:
    name = names.get(colour.lower())
    return f"var(--figure-{name},{colour})" if name else colour


class InlineFigures(SphinxTransform):
    """Put every SVG output into its page, before Sphinx collects the images."""

    default_priority = 200

    def apply(self) -> None:
        """Replace the images that MyST-NB made of SVG outputs, and those of explorers and cards."""
        from lossfns.figures import PALETTE

        shapes: dict[str, str] = {}

        def drawn(text: str, number: int, label: str) -> str:
            return inline_svg(
                text, prefix=f"f{number}-", label=label, palette=PALETTE, shapes=shapes
            )

        explorers = 0
        for number, node in enumerate(list(self.document.findall(_is_figure)), start=1):
            if isinstance(node, nodes.image):
                source = Path(self.app.srcdir) / node["uri"].lstrip("/")
                text = drawn(source.read_text(encoding="utf-8"), number, node.get("alt", ""))
                node.replace_self(nodes.raw(text=text, format="html"))
            elif picture := PICTURE.fullmatch(node.astext().strip()):
                label, svg = picture.groups()
                text = drawn(unquote(svg), number, html.unescape(label))
                node.replace_self(
                    nodes.raw(text=f'<div class="picture">{text}</div>', format="html")
                )
            else:
                explorers += 1
                before, label, svg, after = EXPLORER.fullmatch(node.astext()).groups()
                # The style and script of all explorers stand before the first of them.
                before = before if explorers == 1 else before[before.index("<div") :]
                text = before + drawn(unquote(svg), number, html.unescape(label)) + after
                # Without the classes of an output, which the theme gives a light ground.
                node.parent.replace(node, nodes.raw(text=text, format="html"))


def _is_figure(node: nodes.Node) -> bool:
    if isinstance(node, nodes.image):
        container = node.parent
        return (
            isinstance(container, nodes.container) and container.get("mime_type") == "image/svg+xml"
        )
    text = node.astext() if isinstance(node, nodes.raw) else ""
    return bool(EXPLORER.fullmatch(text) or PICTURE.fullmatch(text.strip()))
