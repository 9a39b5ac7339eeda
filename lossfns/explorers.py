"""Figures that a reader moves: a loss and its gradient, or a descent, under the reader's sliders.

An explorer is an ordinary figure of the course, drawn by Matplotlib, whose curves a small script
(``explorers.js``) draws anew when a slider moves. The axes stay, so the script needs to know only
where they lie. The curves' formulas are the SymPy expressions that Matplotlib drew, printed as
JavaScript by SymPy. So the figure that stands there without JavaScript, on paper and before the
first move is the explorer itself; and a page needs no plotting library, network or server.
"""

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from pathlib import Path
from urllib.parse import quote

import numpy as np
import sympy as sp
from IPython.display import display
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lossfns import figures
from lossfns.figures import PALETTE
from lossfns.symbolic.javascript import javascript, stable

INTERVALS = 200
HALVINGS = 50
STOPS = 100
"""Steps from one end of a slider to the other, where its author gives no step."""

EPOCHS = 16
"""Orders of the examples that a descent goes through before it begins again with the first."""

TEXT = dict.fromkeys(
    ["font.size", "axes.labelsize", "axes.titlesize", "legend.fontsize"]
    + ["xtick.labelsize", "ytick.labelsize"],
    11.5,
)
"""Sizes at which the letters are 10 px high on a phone, where the reader's finger is busy too."""

POINTS_PER_INCH = 72
CSS_PIXELS_PER_INCH = 96


@dataclass(frozen=True)
class Slider:
    """A number that the reader moves.

    Attributes:
        symbol: its symbol in the curves' expressions.
        low: its smallest value.
        high: its largest value.
        start: its value at first, which is also that of the static figure.
        label: what the reader sees and hears, such as ``"threshold δ"``; the symbol's own name
            if empty.
        step: distance of neighbouring values; a hundredth of the range if ``None``.
        log: whether equal ways along the slider are equal factors. The values then have two
            digits, and ``step`` has no meaning.
    """

    symbol: sp.Symbol
    low: float
    high: float
    start: float
    label: str = ""
    step: float | None = None
    log: bool = False

    def __post_init__(self) -> None:
        name = f"slider {self.name}"
        if not self.low < self.high:
            raise ValueError(f"{name}: low must be below high; got {self.low} and {self.high}")
        if not self.low <= self.start <= self.high:
            allowed = f"from {self.low} to {self.high}"
            raise ValueError(f"{name}: start must be {allowed}; got {self.start}")
        if self.log and self.low <= 0:
            raise ValueError(f"{name}: low must be above 0 where log=True; got {self.low}")
        if self.step is not None and not 0 < self.step <= self.high - self.low:
            raise ValueError(f"{name}: step must be above 0 and within the range; got {self.step}")

    @property
    def name(self) -> str:
        """The label, or the symbol's name."""
        return self.label or str(self.symbol)

    @property
    def values(self) -> list[float]:
        """All that the reader can choose, rising; ``start`` is among them.

        >>> Slider(sp.Symbol("T"), 0.1, 10, 1, log=True).values[:4]
        [0.1, 0.11, 0.12, 0.13]
        """
        if self.log:
            values = (float(f"{v:.2g}") for v in np.geomspace(self.low, self.high, STOPS + 1))
        else:
            step = self.step or (self.high - self.low) / STOPS
            count = round((self.high - self.low) / step)
            values = (float(f"{self.low + step * n:.10g}") for n in range(count + 1))
        inside = {value for value in values if self.low <= value <= self.high}
        return sorted({*map(float, (self.low, self.start, self.high)), *inside})


@dataclass(frozen=True)
class Panel:
    """One of the coordinate systems that an explorer stacks.

    Attributes:
        title: what it shows, such as ``"loss of one example"``.
        curves: a SymPy expression for each label; one label has one colour in all panels. A
            single curve may have the label ``""``.
        low: lower end of the vertical axis, which stays whatever the reader chooses.
        high: its upper end.
    """

    title: str
    curves: Mapping[str, sp.Expr]
    low: float
    high: float

    def __post_init__(self) -> None:
        if not self.low < self.high:
            got = f"{self.low} and {self.high}"
            raise ValueError(f"panel {self.title!r}: low must be below high; got {got}")
        if not self.curves:
            raise ValueError(f"panel {self.title!r}: curves must hold at least one")


def explorer(
    *panels: Panel, over: Slider, sliders: Sequence[Slider] = (), description: str
) -> None:
    """Display curves that the reader changes, with a point that the reader moves along them.

    Args:
        panels: the coordinate systems from top to bottom, with one horizontal axis.
        over: the variable along that axis; its slider moves the point whose values are read out.
        sliders: the parameters.
        description: alternative text of the figure, in its first state.

    Raises:
        ValueError: a curve holds a symbol that no slider moves, or two sliders move one symbol.

    Example::

        explorer(
            Panel("loss of one example", {"Huber": huber}, 0, 4),
            Panel("its gradient", {"Huber": huber.diff(o)}, -3, 3),
            over=Slider(o, -4, 4, 2, "residual o − y", step=0.1),
            sliders=[Slider(delta, 0.05, 20, 1, "threshold δ", log=True)],
            description="A parabola that turns into straight lines at −1 and 1.",
        )
    """
    movers = [over, *sliders]
    symbols = [slider.symbol for slider in movers]
    if len(set(symbols)) < len(symbols):
        raise ValueError(f"sliders must move different symbols; got {symbols}")
    for panel in panels:
        for label, expression in panel.curves.items():
            if unknown := sp.sympify(expression).free_symbols - set(symbols):
                raise ValueError(
                    f"panel {panel.title!r}: curve {label!r} may hold only symbols that a slider "
                    f"moves; {', '.join(sorted(map(str, unknown)))} has none"
                )
    formulas = [
        _array(f"[{_json(label)},{javascript(formula, symbols)}]" for label, formula in curves)
        for curves in (panel.curves.items() for panel in panels)
    ]
    start = {slider.symbol: slider.start for slider in movers}
    figure, axes = _drawn_curves(panels, over, start)
    values = list(start.values())
    reading = "\n".join(["At the dots:", *(_reading(panel, symbols, values) for panel in panels)])
    svg = _frozen_svg(figure)
    specification = _object(
        sliders=_json([slider.values for slider in movers]),
        panels=_array(
            _object(title=_json(panel.title), **_scales(axis), curves=curves)
            for panel, axis, curves in zip(panels, axes, formulas, strict=True)
        ),
    )
    controls = [(slider.name, slider.values, slider.start) for slider in movers]
    _display("curves", svg, description, controls, reading, specification)


def descent_explorer(
    example_loss: sp.Expr,
    *,
    parameters: Mapping[sp.Symbol, tuple[float, float]],
    start: Sequence[float],
    data: Mapping[sp.Symbol, Sequence[float]],
    learning_rate: Slider,
    batch_sizes: Sequence[int] = (),
    steps: int = 40,
    description: str,
) -> None:
    """Display a gradient descent whose learning rate, and batch size, the reader changes.

    Three panels: where the descent goes (on the curve of the loss for one parameter, on its
    contour lines for two); the loss of all examples after each step; and the last of these against
    the learning rate, where it ends in a cliff. Where the loss is quadratic, a line marks
    2/λ, with λ its largest curvature. The batches are the same for every reader: consecutive
    examples of fixed random orders of all of them.

    Args:
        example_loss: loss of one example, in the parameters' and the data's symbols.
        parameters: one or two symbols with the ends of their axes.
        start: where the descent begins, one number for each parameter.
        data: the values of each symbol of an example, one for each of the N examples.
        learning_rate: the slider of η, best with ``log=True``; its symbol is not used.
        batch_sizes: divisors of N, rising, that the reader chooses from; the last is chosen at
            first. Empty: each step uses all examples.
        steps: number of updates.
        description: alternative text of the figure, in its first state.

    Raises:
        ValueError: the loss holds a symbol that is neither a parameter nor of the data, the
            numbers of parameters, starts or data do not fit, or a batch size does not divide N.

    Example::

        descent_explorer(
            MSE.expression.subs({o: theta_0 + theta_1 * x}),
            parameters={theta_0: (-1, 4), theta_1: (-2, 3)},
            start=(-0.5, 2.5),
            data={x: hours, y: scores},
            learning_rate=Slider(eta, 0.01, 1, 0.1, "learning rate η", log=True),
            batch_sizes=(1, 4, 16),
            description="…",
        )
    """
    columns = _checked_data(example_loss, parameters, start, data, batch_sizes)
    descent = _Descent(example_loss, tuple(parameters), tuple(start), tuple(data), columns, steps)
    size = batch_sizes[-1] if batch_sizes else descent.count
    cliff = descent.cliff()
    figure, axes = _drawn_descent(descent, parameters, learning_rate, size, cliff)
    svg = _frozen_svg(figure)
    controls = [(learning_rate.name, learning_rate.values, learning_rate.start)]
    if batch_sizes:
        controls.append(("batch size", list(batch_sizes), size))
    specification = _descent_specification(
        descent,
        sliders=_json([values for _, values, _ in controls]),
        cliff=_json(cliff),
        words=_json(WORDS),
        panels=_array(_object(**_scales(axis)) for axis in axes),
    )
    reading = _verdict(descent, learning_rate.start, size, cliff)
    _display("descent", svg, description, controls, reading, specification)


WORDS = (
    "each step stops short of the bottom",
    "steps overshoot along the steepest direction, but less each time",
    "steps overshoot by more each time",
)
"""What a descent does below half of 2/λ, between half of it and it, and above."""


def shown(value: float) -> str:
    """A number to three digits, as the script writes it.

    >>> [shown(value) for value in (0.5, -1234.5, 1.26e-5, float("inf"))]
    ['0.5', '−1230', '1.26×10⁻⁵', '∞']
    """
    if not np.isfinite(value):
        return {np.inf: "∞", -np.inf: "−∞"}.get(value, "undefined")
    if value and not 1e-3 <= abs(value) < 1e5:
        digits, power = f"{value:.2e}".split("e")
        raised = str(int(power)).translate(str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻"))
        text = f"{float(digits):g}×10{raised}"
    else:
        text = f"{float(f'{value:.3g}'):.10g}"
    return text.replace("-", "−") if value else "0"


# --- Curves --------------------------------------------------------------------------------------


@plt.rc_context(TEXT)
def _drawn_curves(
    panels: Sequence[Panel], over: Slider, start: Mapping[sp.Symbol, float]
) -> tuple[Figure, list[Axes]]:
    figure, grid = figures.stacked(len(panels), height=2.3, sharex=True, squeeze=False)
    axes = list(grid[:, 0])
    labels = list(dict.fromkeys(label for panel in panels for label in panel.curves))
    styles = list(plt.rcParams["axes.prop_cycle"])
    lines = {}
    for p, (panel, axis) in enumerate(zip(panels, axes, strict=True)):
        probe = [over.start, over.start]
        axis.plot(probe, [panel.low, panel.high], "-", color=PALETTE["muted"], lw=0.8)
        axis.lines[-1].set_gid(f"part-probe-{p}")
        for c, (label, expression) in enumerate(panel.curves.items()):
            at = _numeric(expression, start)
            style = styles[labels.index(label) % len(styles)]
            points = np.array(_curve(at, over, panel.high - panel.low))
            [line] = axis.plot(*points.T, **style)
            line.set_gid(f"part-curve-{p}-{c}")
            lines.setdefault(label, line)
            [dot] = axis.plot(over.start, at(over.start), "o", color=style["color"])
            dot.set_gid(f"part-dot-{p}-{c}")
        axis.set(title=panel.title, ylim=(panel.low, panel.high))
    axes[-1].set(xlabel=over.name, xlim=(over.low, over.high))
    if over.log:
        axes[-1].set_xscale("log")
    if len(lines) > 1:
        figure.legend(lines.values(), lines.keys(), loc="outside upper left", ncols=3)
    return figure, axes


def _numeric(expression: sp.Expr, values: Mapping[sp.Symbol, float]) -> Callable[[float], float]:
    """The expression as a function of the first symbol, the others at their values."""
    _, *others = values
    function = _lambdified(expression, list(values))
    rest = [values[symbol] for symbol in others]
    return lambda x: float(function(x, *rest))


def _lambdified(expression: sp.Expr, symbols: Sequence[sp.Symbol]) -> Callable[..., np.ndarray]:
    function = sp.lambdify(symbols, stable(sp.sympify(expression)), [{"logsumexp": _lse}, "numpy"])

    def quiet(*values: np.ndarray) -> np.ndarray:
        # NumPy computes all cases of a Piecewise, also the one that divides by zero here.
        with np.errstate(all="ignore"):
            return function(*map(np.float64, values))

    return quiet


def _lse(*values: np.ndarray) -> np.ndarray:
    return np.logaddexp.reduce(np.broadcast_arrays(*values))


def _curve(f: Callable[[float], float], over: Slider, height: float) -> list[tuple[float, float]]:
    """Points of a curve, with a gap where it jumps; as ``curve`` in the script."""
    space = np.geomspace if over.log else np.linspace
    xs = space(over.low, over.high, INTERVALS + 1).tolist()
    points = [(xs[0], f(xs[0]))]
    for left, right in pairwise(xs):
        rise = abs(f(right) - f(left))
        if rise > height / 50:
            a, b = _narrowed(f, left, right)
            if abs(f(b) - f(a)) > rise / 4:
                points += [(a, f(a)), (np.nan, np.nan), (b, f(b))]
        points.append((right, f(right)))
    return points


def _narrowed(f: Callable[[float], float], a: float, b: float) -> tuple[float, float]:
    """The interval halved again and again, always where the function changes more."""
    for _ in range(HALVINGS):
        middle = (a + b) / 2
        if abs(f(middle) - f(a)) > abs(f(b) - f(middle)):
            b = middle
        else:
            a = middle
    return a, b


def _reading(panel: Panel, symbols: Sequence[sp.Symbol], values: Sequence[float]) -> str:
    read = (
        f"{label} {shown(float(_lambdified(expression, symbols)(*values)))}".strip()
        for label, expression in panel.curves.items()
    )
    return f"{panel.title}: {', '.join(read)}"


# --- Descent -------------------------------------------------------------------------------------


class _Descent:
    """Gradient descent on the mean loss of the examples, as the script computes it."""

    def __init__(
        self,
        example_loss: sp.Expr,
        parameters: tuple[sp.Symbol, ...],
        start: tuple[float, ...],
        names: tuple[sp.Symbol, ...],
        columns: np.ndarray,
        steps: int,
    ) -> None:
        self.example_loss = example_loss
        self.parameters = parameters
        self.names = names
        self.start = np.array(start, dtype=float)
        self.columns = columns
        self.count = columns.shape[1]
        self.steps = steps
        self.slopes = [example_loss.diff(symbol) for symbol in parameters]
        # A legacy generator, because its numbers are promised to stay the same.
        shuffle = np.random.RandomState(0).permutation
        self.order = np.concatenate([shuffle(self.count) for _ in range(EPOCHS)])
        self._loss = _lambdified(example_loss, [*parameters, *names])
        self._slopes = [_lambdified(slope, [*parameters, *names]) for slope in self.slopes]

    def loss(self, theta: np.ndarray) -> float:
        """Mean loss of all examples."""
        return self._mean(self._loss, theta, self.columns)

    def run(self, rate: float, size: int) -> tuple[np.ndarray, list[float]]:
        """Visited parameters, a row each, and the loss of all examples at them."""
        path = [self.start]
        for step in range(self.steps):
            columns = self.columns
            if size < self.count:
                rows = self.order[(step * size + np.arange(size)) % len(self.order)]
                columns = columns[:, rows]
            slope = np.array([self._mean(f, path[-1], columns) for f in self._slopes])
            with np.errstate(all="ignore"):
                path.append(path[-1] - rate * slope)
        return np.array(path), [self.loss(theta) for theta in path]

    def cliff(self) -> float | None:
        """2/λ, with λ the largest curvature of the mean loss; ``None`` if that is not constant."""
        curvatures = sp.Matrix(self.slopes).jacobian(self.parameters)
        if not curvatures.free_symbols <= set(self.names):
            return None
        entries = sp.lambdify(self.names, curvatures, "numpy")
        mean = np.mean([entries(*row) for row in self.columns.T], axis=0)
        largest = np.linalg.eigvalsh(mean)[-1]
        return float(f"{2 / largest:.6g}") if largest > 0 else None

    @staticmethod
    def _mean(f: Callable[..., np.ndarray], theta: np.ndarray, columns: np.ndarray) -> float:
        with np.errstate(all="ignore"):
            return float(np.mean(np.broadcast_to(f(*theta, *columns), columns.shape[1:])))


def _descent_specification(descent: _Descent, **others: str) -> str:
    symbols = [*descent.parameters, *descent.names]
    return _object(
        data=_json(descent.columns.tolist()),
        order=_json(descent.order.tolist()),
        start=_json(descent.start.tolist()),
        steps=descent.steps,
        loss=javascript(descent.example_loss, symbols),
        slopes=_array(javascript(slope, symbols) for slope in descent.slopes),
        **others,
    )


def _checked_data(
    example_loss: sp.Expr,
    parameters: Mapping[sp.Symbol, tuple[float, float]],
    start: Sequence[float],
    data: Mapping[sp.Symbol, Sequence[float]],
    batch_sizes: Sequence[int],
) -> np.ndarray:
    """The data as an array with a row for each symbol."""
    if len(parameters) not in (1, 2):
        raise ValueError(f"parameters must be one or two; got {len(parameters)}")
    if len(start) != len(parameters):
        raise ValueError(f"start must have {len(parameters)} numbers; got {len(start)}")
    unknown = sp.sympify(example_loss).free_symbols - set(parameters) - set(data)
    if unknown:
        names = ", ".join(sorted(map(str, unknown)))
        raise ValueError(f"example_loss may hold only parameters and data; got {names}")
    lengths = {len(values) for values in data.values()}
    if len(lengths) != 1 or 0 in lengths:
        raise ValueError(f"data must be of one length above 0; got {sorted(lengths)}")
    [count] = lengths
    for size in batch_sizes:
        if not 1 <= size <= count or count % size:
            raise ValueError(f"batch_sizes must divide the number of examples, {count}; got {size}")
    rows = [[float(f"{float(v):.6g}") for v in values] for values in data.values()]
    return np.array(rows)


@plt.rc_context(TEXT)
def _drawn_descent(
    descent: _Descent,
    parameters: Mapping[sp.Symbol, tuple[float, float]],
    learning_rate: Slider,
    size: int,
    cliff: float | None,
) -> tuple[Figure, list[Axes]]:
    figure, axes = plt.subplots(
        3, 1, figsize=(figures.WIDTH, 7.6), gridspec_kw={"height_ratios": [1.5, 1, 1]}
    )
    ground, course, cliffs = axes
    path, losses = descent.run(learning_rate.start, size)
    lowest = _drawn_ground(ground, descent, list(parameters.values()))
    names = [f"${sp.latex(symbol)}$" for symbol in parameters]
    ground.set(xlabel=names[0], ylabel=names[1] if len(names) == 2 else "L")
    points = path if len(parameters) == 2 else np.column_stack([path, losses])
    style = {"color": PALETTE["orange"], "marker": "o", "ms": 3.5, "lw": 1.2, "ls": "-"}
    ground.plot(*points.T, **style, gid="part-path")
    ground.set(title=f"the first {descent.steps} steps")
    # Of data without noise the lowest loss is 0, which has no place on a logarithmic axis.
    heights = (max(0.7 * lowest, 1e-4 * losses[0]), 10 * losses[0])
    course.plot(losses, color=PALETTE["orange"], ls="-", gid="part-course")
    course.set(title="loss of all examples", xlabel="step", xlim=(0, descent.steps))
    rates = learning_rate.values
    ends = [descent.run(rate, size)[1][-1] for rate in rates]
    cliffs.plot(rates, ends, gid="part-cliff")
    cliffs.plot(learning_rate.start, losses[-1], "o", color=PALETTE["orange"], gid="part-here")
    cliffs.set(title=f"loss after {descent.steps} steps", xlabel=learning_rate.name)
    cliffs.set(xlim=(learning_rate.low, learning_rate.high))
    if learning_rate.log:
        cliffs.set_xscale("log")
    if cliff and learning_rate.low < cliff < learning_rate.high:
        cliffs.axvline(cliff, color=PALETTE["muted"], ls="--", lw=1.2)
        cliffs.text(
            cliff, 0.97, " 2/λ", ha="left", va="top", transform=cliffs.get_xaxis_transform()
        )
    for axis in (course, cliffs):
        axis.set(yscale="log", ylim=heights)
    return figure, list(axes)


def _drawn_ground(axis: Axes, descent: _Descent, ranges: Sequence[tuple[float, float]]) -> float:
    """Draw what the descent walks on; return about its lowest height."""
    loss = np.vectorize(lambda *theta: descent.loss(np.array(theta)))
    if len(ranges) == 1:
        [(low, high)] = ranges
        theta = np.linspace(low, high, INTERVALS + 1)
        heights = loss(theta)
        axis.plot(theta, heights, color=PALETTE["blue"], ls="-")
        axis.set(xlim=(low, high), ylim=(0, 1.05 * heights.max()))
        return heights.min()
    grid = np.meshgrid(*(np.linspace(low, high, 41) for low, high in ranges))
    heights = loss(*grid)
    low, high = heights.min(), heights.max()
    levels = low + (high - low) * np.linspace(0.05, 0.95, 9) ** 2
    figures.surface(axis, loss, *ranges, levels=[float(f"{level:.3g}") for level in levels])
    axis.set(xlim=ranges[0], ylim=ranges[1])
    return low


def _verdict(descent: _Descent, rate: float, size: int, cliff: float | None) -> str:
    last = descent.run(rate, size)[1][-1]
    end = f"After {descent.steps} steps the loss is {shown(last)}."
    if cliff is None:
        return end
    ratio = f"η is {shown(rate / cliff)} × 2/λ"
    if size < descent.count:
        return f"{ratio}.\n{end}"
    word = WORDS[int(rate >= cliff / 2) + int(rate >= cliff)]
    return f"{ratio}: {word}.\n{end}"


# --- The output of a cell ------------------------------------------------------------------------


def _frozen_svg(figure: Figure) -> str:
    """The figure as SVG, laid out for good: what ``_scales`` says of its axes stays true."""
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    plt.close(figure)
    return figures.svg(figure)


def _scales(axis: Axes) -> dict[str, str]:
    """Where the axes lie in the figure's SVG, and what their ends stand for."""
    width, height = (side * POINTS_PER_INCH for side in axis.figure.get_size_inches())
    place = axis.get_position()
    box = (place.x0 * width, (1 - place.y1) * height, place.width * width, place.height * height)
    ends = {"x": (axis.get_xlim(), axis.get_xscale()), "y": (axis.get_ylim(), axis.get_yscale())}
    return {
        "box": _json([round(float(side), 2) for side in box]),
        **{
            name: _json([*(float(f"{end:.6g}") for end in limits), int(scale == "log")])
            for name, (limits, scale) in ends.items()
        },
    }


def _display(
    kind: str,
    svg: str,
    description: str,
    controls: Sequence[tuple[str, Sequence[float], float]],
    reading: str,
    specification: str,
) -> None:
    sliders = "\n".join(_control(*control) for control in controls)
    text = (
        f'{SHARED}\n<div class="explorer">\n{picture(svg, description)}\n{sliders}\n'
        f'<p class="reading" aria-live="polite">{escape(reading)}</p>\n'
        f"<script>lossfns.{kind}(document.currentScript,{specification})</script>\n</div>"
    )
    display({"text/html": text, "text/plain": description}, raw=True)


def _control(name: str, values: Sequence[float], start: float) -> str:
    # Not to be moved until the script has come to life. The slider itself says the output's value.
    return (
        f'<div class="slider"><label><span>{escape(name)}</span> '
        f'<input type="range" disabled min="0" max="{len(values) - 1}" '
        f'value="{list(values).index(start)}" '
        f'aria-valuetext="{shown(start)}" autocomplete="off"></label> '
        f'<output aria-live="off">{shown(start)}</output></div>'
    )


def picture(svg: str, description: str) -> str:
    """The figure as an image, which also shows where a page may hold no SVG and run no script.

    JupyterLab removes both from a notebook whose cells the reader has not run.
    """
    body = re.sub(
        r"<!--.*?-->|<(metadata|style)\b.*?</\1>", "", svg[svg.index("<svg") :], flags=re.S
    )
    # The script, and the site, make it a part of the page, where other figures have ids too.
    prefix = f"e{hashlib.sha256(svg.encode()).hexdigest()[:6]}-"
    body = re.sub(r'(\bid="|#)i(?=\d)', rf"\1{prefix}", body)
    width, height = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', body).groups()
    limit = figures.WIDTH * CSS_PIXELS_PER_INCH
    shape = f"width:100%;max-width:{limit:.0f}px;height:auto;aspect-ratio:{width}/{height}"
    body = re.sub(
        "^<svg[^>]*>",
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        'style="stroke-linejoin:round;stroke-linecap:butt">',
        body,
    )
    address = quote(" ".join(body.replace('"', "'").split()), safe=" /:;=,'<>()-.")
    return f'<img alt="{escape(description)}" style="{shape}" src="data:image/svg+xml,{address}">'


def _json(value: object) -> str:
    """The value as JavaScript; a ``<`` in a label must not end the script."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")


def _object(**members: object) -> str:
    return "{" + ",".join(f"{name}:{value}" for name, value in members.items()) + "}"


def _array(items: Sequence[str]) -> str:
    return f"[{','.join(items)}]"


def _shared(folder: Path) -> str:
    """Style and script that all explorers share, without comments and indentation."""
    style, script = (
        re.sub(r"^\s*(//.*)?\n?", "", (folder / name).read_text("utf-8"), flags=re.M)
        for name in ("explorers.css", "explorers.js")
    )
    return f"<style>{style}</style>\n<script>{script}</script>"


SHARED = _shared(Path(__file__).parent)
"""What stands before each explorer; the site keeps the first of a page."""
