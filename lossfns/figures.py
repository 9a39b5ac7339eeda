"""The course's figure style, and the pictures that every chapter draws.

Importing the module sets the style: figures are SVG without a date, with coordinates rounded to
a hundredth of a point and with ids counted from 1, so that a notebook's figure is the same text
whenever and wherever it is drawn, and a test can compare it. Text is drawn as outlines, so it
looks the same without any font installed.
Colours come from :data:`PALETTE` alone: the site replaces each by its partner of
:data:`PALETTE_DARK` when the reader chooses the dark theme.
"""

import re
from collections.abc import Callable, Sequence

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import sympy as sp
from IPython import get_ipython
from IPython.core.pylabtools import print_figure
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from matplotlib_inline.backend_inline import set_matplotlib_formats
from torch import Tensor

from lossfns.symbolic import LossDefinition

PALETTE = {
    "paper": "#ffffff",
    "ink": "#1d232b",
    "muted": "#5d6773",
    "grid": "#d8dde3",
    "blue": "#0b6aad",
    "orange": "#c8500a",
    "green": "#00805f",
    "purple": "#9a3b7d",
    "gold": "#8a6800",
}
"""Colours on a light page. Hues after Okabe and Ito (2008), darkened to 4.5:1 against white."""

PALETTE_DARK = {
    "paper": "#14181f",
    "ink": "#e8ebef",
    "muted": "#a7b0bb",
    "grid": "#38404b",
    "blue": "#6bb8f0",
    "orange": "#ff9a56",
    "green": "#3fcba2",
    "purple": "#e39bcb",
    "gold": "#e3bd4f",
}
"""Their partners on a dark page, each at least 4.5:1 against the dark paper."""

WIDTH = 5.4
"""Width of a figure in inches. At 390 px its 11 pt text is still 10 px high."""

STYLE = {
    "figure.figsize": (WIDTH, 3.4),
    "figure.dpi": 96,
    "figure.facecolor": PALETTE["paper"],
    "figure.constrained_layout.use": True,
    "savefig.facecolor": PALETTE["paper"],
    "svg.fonttype": "path",
    # Which points are dropped from a path can hang on its last bit, which differs by machine.
    "path.simplify": False,
    "font.family": "DejaVu Sans",
    "font.size": 11,
    "text.color": PALETTE["ink"],
    "axes.titlesize": 11,
    "axes.titlelocation": "left",
    "axes.labelsize": 11,
    "axes.labelcolor": PALETTE["ink"],
    "axes.facecolor": PALETTE["paper"],
    "axes.edgecolor": PALETTE["muted"],
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.formatter.useoffset": False,
    "axes.prop_cycle": mpl.cycler(
        color=[PALETTE[name] for name in ("blue", "orange", "green", "purple", "gold")],
        linestyle=["-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1))],
    ),
    "grid.color": PALETTE["grid"],
    "grid.linewidth": 0.7,
    "xtick.color": PALETTE["muted"],
    "ytick.color": PALETTE["muted"],
    "xtick.labelcolor": PALETTE["ink"],
    "ytick.labelcolor": PALETTE["ink"],
    "xtick.labelsize": 10,
    "ytick.labelsize": 10,
    "lines.linewidth": 2.0,
    "lines.markersize": 5,
    "legend.frameon": False,
    "legend.fontsize": 10,
    "legend.handlelength": 2.4,
}
"""Matplotlib settings of every figure. Each line style differs, so colour never stands alone."""


def use_style() -> None:
    """Set the course's style, in a notebook and outside one."""
    mpl.rcParams.update(STYLE)
    shell = get_ipython()
    if shell is not None:
        set_matplotlib_formats("svg")
        shell.display_formatter.formatters["image/svg+xml"].for_type(Figure, svg)


def svg(figure: Figure) -> str:
    """The figure as SVG text that is the same on every machine.

    An artist whose ``gid`` begins with ``part-`` keeps the rest of it as the attribute
    ``data-part``, by which a script finds it.
    """
    undated = {"Date": None, "Creator": None, "Format": None, "Type": None}
    # The bounding box stays the figure's own, so all figures of one width are equally wide.
    text = print_figure(figure, fmt="svg", bbox_inches=None, metadata=undated)
    return _counted_ids(_rounded(text).replace(' id="part-', ' data-part="'))


def stacked(rows: int, height: float = 2.4, **keywords: object) -> tuple[Figure, Sequence[Axes]]:
    """``rows`` panels above one another: a phone shows them as large as a single one."""
    return plt.subplots(rows, 1, figsize=(WIDTH, rows * height), **keywords)


def curve(expression: sp.Expr, symbol: sp.Symbol) -> Callable[[np.ndarray], np.ndarray]:
    """A NumPy function of a SymPy expression, an array also where the expression is constant.

    >>> curve(sp.Integer(2), sp.Symbol("o"))(np.array([0.0, 1.0]))
    array([2., 2.])
    """
    function = sp.lambdify(symbol, expression, "numpy")
    return lambda points: np.broadcast_to(function(points), points.shape).astype(float)


def loss_and_gradient(
    losses: Sequence[LossDefinition], *, target: float = 0.0, reach: float = 3.0
) -> tuple[Figure, Sequence[Axes]]:
    """Draw losses above their gradients, over the residual of one example.

    The curves come from the symbolic definitions, so a picture cannot disagree with a formula.
    A gradient that jumps is drawn with a gap at the jump.

    Args:
        losses: definitions with one input; drawn in the style's order of colours.
        target: the example's target.
        reach: largest residual drawn, either way.
    """
    figure, axes = stacked(2, sharex=True)
    # An even number of points leaves out 0 itself, where a kink has no slope.
    residual = np.linspace(-reach, reach, 200)
    for loss in losses:
        (prediction,) = loss.inputs
        known = {**loss.parameters, loss.target: sp.Float(target)}
        value = curve(loss.expression.subs(known), prediction)(target + residual)
        slope = curve(loss.gradient()[0].subs(known), prediction)(target + residual)
        axes[0].plot(residual, value, label=loss.title)
        axes[1].plot(residual, without_jumps(slope))
    axes[0].set(title="loss of one example", ylabel="ℓ")
    axes[1].set(
        title="its gradient", ylabel="∂ℓ/∂o", xlabel="residual o − y (prediction minus target)"
    )
    axes[0].legend(loc="upper center")
    return figure, axes


def surface(
    axes: Axes,
    function: Callable[[np.ndarray, np.ndarray], np.ndarray],
    x_range: tuple[float, float],
    y_range: tuple[float, float],
    levels: Sequence[float],
    *,
    resolution: int = 60,
) -> None:
    """Contour lines of ``function``, filled so that a deeper blue is lower.

    Args:
        axes: where to draw.
        function: maps two arrays of one shape to the heights.
        x_range: ends of the horizontal axis.
        y_range: ends of the vertical axis.
        levels: heights of the lines, rising.
        resolution: grid points along each side.
    """
    # Whether a contour closes, or passes this or that side of a grid point, can hang on the last
    # bit of a number, which differs between machines.
    sides = [np.linspace(*_ten_digits(ends), resolution) for ends in (x_range, y_range)]
    grid = np.meshgrid(*sides)
    heights = _ten_digits(function(*grid))
    # One colour at falling opacity: a colour map would not follow the page's theme.
    fills = [(PALETTE["blue"], opacity) for opacity in np.linspace(0.5, 0.05, len(levels))]
    edges = [-np.inf, *levels]
    axes.contourf(*grid, heights, levels=edges, colors=fills)
    axes.contour(*grid, heights, levels=levels, colors=PALETTE["blue"], linewidths=0.6)
    axes.grid(False)


def pixels(
    axes: Axes, values: np.ndarray, *, corner: float = 0.0, levels: int = 4, color: str = "ink"
) -> None:
    """Draw a table of numbers from 0 to 1 as squares, the stronger the larger the number.

    Squares of one strength are a single path, and a theme can exchange their colour: a bitmap is
    heavier and stays as it is.

    Args:
        axes: where to draw; its limits become the table's, its first row at the top.
        values: the table, shape (rows, columns).
        corner: place of the table's upper left corner on both axes.
        levels: how many strengths are told apart.
        color: name of a colour of the palette.
    """
    strengths = np.ceil(np.asarray(values) * levels - 0.5)
    for strength in range(1, levels + 1):
        places = np.argwhere(strengths == strength)
        squares = [
            Path(corner + np.array([(c, r), (c + 1, r), (c + 1, r + 1), (c, r + 1), (c, r)]))
            for r, c in places
        ]
        if squares:
            patch = PathPatch(Path.make_compound_path(*squares), linewidth=0)
            patch.set(facecolor=PALETTE[color], alpha=strength / levels)
            axes.add_patch(patch)
    rows, columns = strengths.shape
    axes.set(xlim=(corner, corner + columns), ylim=(corner + rows, corner))
    axes.grid(False)


def descent_path(axes: Axes, path: Tensor, *, label: str, color: str = "orange") -> None:
    """The visited points of a descent in two parameters, joined, the start ringed."""
    x_values, y_values = path.T.tolist()
    axes.plot(
        x_values,
        y_values,
        color=PALETTE[color],
        marker="o",
        markersize=3.5,
        linewidth=1.4,
        linestyle="-",
        label=label,
    )
    axes.plot(x_values[0], y_values[0], marker="o", color=PALETTE[color], fillstyle="none", ms=10)


_SCALE_OR_DECIMAL = re.compile(r"scale\([^)]*\)|-?\d+\.\d{3,}")
_ID = re.compile(r'\bid="([^"]+)"')
_REFERENCE = re.compile(r'((?:\bid=|xlink:href=)"#?|url\(#)([^")]+)(?=["\)])')


def _rounded(svg_text: str) -> str:
    """Coordinates to a hundredth of a point: the last bits of a sum differ between machines.

    >>> _rounded('transform="scale(0.015625)" d="M 12.345678 -0.001"')
    'transform="scale(0.015625)" d="M 12.35 0"'
    """

    def shorter(match: re.Match[str]) -> str:
        text = match[0]
        return text if text.startswith("scale") else f"{round(float(text), 2) + 0.0:g}"

    return _SCALE_OR_DECIMAL.sub(shorter, svg_text)


def _counted_ids(svg_text: str) -> str:
    """Ids in the order in which they occur: Matplotlib's are hashes of unrounded coordinates.

    >>> _counted_ids('<path id="m3f"/><use xlink:href="#m3f"/>')
    '<path id="i1"/><use xlink:href="#i1"/>'
    """
    numbers = {
        name: f"i{n}" for n, name in enumerate(dict.fromkeys(_ID.findall(svg_text)), start=1)
    }
    return _REFERENCE.sub(lambda match: match[1] + numbers.get(match[2], match[2]), svg_text)


def _ten_digits(values: Sequence[float] | np.ndarray) -> np.ndarray:
    """Values rounded to ten digits of the range that they span.

    >>> _ten_digits([0.1 + 0.2, 1.3])
    array([0.3, 1.3])
    """
    values = np.asarray(values, dtype=float)
    return np.round(values, 9 - int(np.floor(np.log10(np.ptp(values)))))


def without_jumps(values: np.ndarray) -> np.ndarray:
    """``values`` with NaN before every jump, so that no line is drawn across it.

    >>> without_jumps(np.array([-1.0, -1.0, 1.0, 1.0]))
    array([-1., nan,  1.,  1.])
    """
    jumps = np.abs(np.diff(values)) > 0.1 * np.ptp(values)
    return np.where(np.append(jumps & (np.ptp(values) > 0), False), np.nan, values)


use_style()
