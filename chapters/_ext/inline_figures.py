"""Figures as part of the page: a notebook's SVG outputs become ``<svg>`` elements.

An ``<img>`` is a sealed document. An inline figure takes its colours from the page, so the dark
theme can exchange them, and it costs no request.
"""

import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping, MutableMapping
from pathlib import Path

from docutils import nodes
from sphinx.transforms import SphinxTransform

SVG = "{http://www.w3.org/2000/svg}"
HREF = "{http://www.w3.org/1999/xlink}href"
DECIMAL = re.compile(r"-?\d*\.\d+(?:e-?\d+)?")
REFERENCE = re.compile(r"url\(#([^)]+)\)")
COLOUR = re.compile(r"#[0-9a-fA-F]{6}\b")
# Attributes whose numbers are lengths on the page, where a hundredth of a point cannot be seen.
LENGTHS = {"d", "x", "y", "x1", "y1", "x2", "y2", "cx", "cy", "r", "width", "height", "points"}
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
    known = _share(root, prefix, shapes)
    names = {colour.lower(): name for name, colour in palette.items()}
    used = set(REFERENCE.findall(text)) | {
        element.get(HREF, "").removeprefix("#") for element in root.iter()
    }
    for element in root.iter():
        element.tag = element.tag.removeprefix(SVG)
        for key, value in list(element.attrib.items()):
            del element.attrib[key]
            if key == "id":
                if value in used:
                    element.set("id", prefix + value)
            elif key == HREF:
                target = value.removeprefix("#")
                inside = value.startswith("#")
                element.set("href", f"#{known.get(target, prefix + target)}" if inside else value)
            else:
                element.set(key, _value(key, value, prefix, names))
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
    _flatten(root)
    for element in root.iter():
        element.text = (element.text or "").strip() or None
        element.tail = (element.tail or "").strip() or None
    return ET.tostring(root, encoding="unicode")


def _share(root: ET.Element, prefix: str, shapes: MutableMapping[str, str]) -> dict[str, str]:
    """Remove the shapes that the page has already; return what their ids are on the page."""
    known = {}
    for definitions in root.iter(f"{SVG}defs"):
        for shape in definitions.findall(f"{SVG}path"):
            name = shape.attrib["id"]
            content = repr(sorted({**shape.attrib, "id": ""}.items()))
            known[name] = shapes.setdefault(content, prefix + name)
            if known[name] != prefix + name:
                definitions.remove(shape)
    return known


def _drop(root: ET.Element, tags: set[str]) -> None:
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag in tags:
                parent.remove(child)


def _flatten(parent: ET.Element) -> None:
    """Replace the groups that say nothing by their content, and drop empty definitions."""
    children = []
    for child in parent:
        _flatten(child)
        if child.tag == "g" and not child.attrib:
            children.extend(child)
        elif child.tag != "defs" or len(child):
            children.append(child)
    parent[:] = children


def _value(key: str, value: str, prefix: str, names: Mapping[str, str]) -> str:
    if key in LENGTHS:
        value = DECIMAL.sub(lambda number: f"{round(float(number[0]), 2):g}", value)
        return _short_path(value) if key == "d" else value
    value = REFERENCE.sub(rf"url(#{prefix}\1)", value)
    if key in {"style", "fill", "stroke"}:
        value = COLOUR.sub(lambda colour: _variable(colour[0], names), value)
        return value.replace(": ", ":").replace("; ", ";")
    return value


def _short_path(path: str) -> str:
    """Return a path without the spaces and commands that go without saying.

    >>> _short_path("M 1 2 L 3 4 L 5 6 Q 1 1 2 2 z")
    'M1 2 3 4 5 6Q1 1 2 2z'
    """
    parts, implied = [], ""
    for command, numbers in re.findall(r"([A-Za-z])([^A-Za-z]*)", path):
        parts.append((" " if command == implied else command) + " ".join(numbers.split()))
        implied = "L" if command == "M" else command
    return "".join(parts)


def _variable(colour: str, names: Mapping[str, str]) -> str:
    name = names.get(colour.lower())
    return f"var(--figure-{name},{colour})" if name else colour


class InlineFigures(SphinxTransform):
    """Put every SVG output into its page, before Sphinx collects the images."""

    default_priority = 200

    def apply(self) -> None:
        """Replace the image nodes that MyST-NB made of SVG outputs."""
        from lossfns.figures import PALETTE

        images = [
            image
            for image in self.document.findall(nodes.image)
            if isinstance(image.parent, nodes.container)
            and image.parent.get("mime_type") == "image/svg+xml"
        ]
        shapes: dict[str, str] = {}
        for number, image in enumerate(images, start=1):
            source = Path(self.app.srcdir) / image["uri"].lstrip("/")
            svg = inline_svg(
                source.read_text(encoding="utf-8"),
                prefix=f"f{number}-",
                label=image.get("alt", ""),
                palette=PALETTE,
                shapes=shapes,
            )
            image.replace_self(nodes.raw(text=svg, format="html", classes=["figure"]))
