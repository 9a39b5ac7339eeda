"""Each definition against the function that it defines: signature, value, derivatives, sources."""

import inspect
import itertools
import math
import re
import unicodedata
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import mpmath
import pytest
import sympy as sp
import torch
from torch import Tensor

import lossfns
from lossfns.symbolic import (
    DEFINITIONS,
    OUTPUT_LAYERS,
    VARIANTS,
    WITHOUT_DEFINITION,
    Definition,
    Kink,
    LossDefinition,
    evaluate,
    o,
    one_sided_slopes,
    sample,
    y,
)
from lossfns.symbolic import contrastive as n
from tests.loss_cases import CASES, assert_close

BIBLIOGRAPHY = Path(__file__).parent.parent / "chapters" / "references.bib"

LOSSES = (*DEFINITIONS.values(), *VARIANTS)
EVERY = (*LOSSES, *OUTPUT_LAYERS.values())


def called(definition: Definition) -> str:
    """A name that tells the variants of a function apart."""
    return f"{definition.name}: {definition.title}"


each = pytest.mark.parametrize("definition", EVERY, ids=called)


def function_of(definition: Definition) -> Callable[..., Tensor]:
    """The function of a definition's name."""
    return getattr(lossfns, definition.name)


# What a definition says of itself


NO_FORMULA = {
    "Descent": "the path of a descent",
    "gradient_descent": "an algorithm",
    "sgd": "an algorithm",
    "reduce": "takes values, and has its own tests",
}
"""What lossfns exports that is neither a loss nor an output layer."""


def test_every_public_function_has_a_definition_or_a_reason_for_having_none() -> None:
    """A loss without its mathematics is checked against nothing but PyTorch."""
    groups = [DEFINITIONS, OUTPUT_LAYERS, WITHOUT_DEFINITION, NO_FORMULA]
    assert set().union(*groups) == set(lossfns.__all__)
    assert sum(map(len, groups)) == len(lossfns.__all__)
    assert {variant.name for variant in VARIANTS} <= set(DEFINITIONS)
    assert all(name == loss.name for name, loss in (DEFINITIONS | OUTPUT_LAYERS).items())
    assert all(len(reason) > 30 for reason in WITHOUT_DEFINITION.values())


@each
def test_symbols_parameters_and_arguments_fit_together(definition: Definition) -> None:
    """Each symbol has a domain, each argument exists, and the defaults are the function's."""
    targets = getattr(definition, "targets", ())
    assert set(definition.domain) == {*definition.inputs, *targets, *definition.parameters}
    free = set().union(*(expression.free_symbols for expression in definition.expressions))
    assert free <= set(definition.domain)
    for symbol, value in definition.parameters.items():
        assert value in definition.domain[symbol]
    for joint in definition.joints:
        assert all(
            value in definition.domain[symbol]
            for values in joint.samples
            for symbol, value in zip(joint.symbols, values, strict=True)
        )
    signature = inspect.signature(function_of(definition)).parameters
    assert {*definition.arguments, *definition.options} <= set(signature)
    required = {name for name, entry in signature.items() if entry.default is entry.empty}
    assert required <= {*definition.arguments, *definition.options}
    assert set(definition.indices) <= set(definition.arguments)
    assert definition.claims
    assert definition.title
    assert definition.page
    torch_names = vars(torch.nn.functional) | vars(torch)
    assert definition.torch_name is None or definition.torch_name in torch_names


@pytest.mark.parametrize("definition", [*DEFINITIONS.values(), *OUTPUT_LAYERS.values()], ids=called)
def test_defaults_of_parameters_are_the_functions(definition: Definition) -> None:
    """A card that prints another default than the function has would mislead."""
    signature = inspect.signature(function_of(definition)).parameters
    for name, value in definition.options.items():
        default = signature[name].default
        if isinstance(value, sp.Symbol) and default is not inspect.Parameter.empty:
            assert float(definition.parameters[value]) == pytest.approx(default, rel=1e-15), name


@each
def test_samples_are_what_the_symbols_are_assumed_to_be(definition: Definition) -> None:
    """SymPy proves with the assumptions, the checks sample the domain: one must hold the other."""
    values = {symbol: [*sample(domain)] for symbol, domain in definition.domain.items()}
    for joint in definition.joints:
        for symbol, column in zip(joint.symbols, zip(*joint.samples, strict=True), strict=True):
            values[symbol] = [*column]
    for symbol, numbers in values.items():
        for property_, assumed in symbol.assumptions0.items():
            held = {getattr(sp.sympify(number), f"is_{property_}", assumed) for number in numbers}
            assert held <= {assumed, None}, f"{symbol} is not always {property_}"


@each
def test_page_and_sources_are_those_of_the_docstring(definition: Definition) -> None:
    """A card and a docstring that cite different papers send a reader in circles."""
    documentation = inspect.getdoc(function_of(definition))
    assert re.findall(r"Page:\s+``chapters/([\w/]+)``", documentation) == [definition.page]
    if definition in VARIANTS:
        return
    cited = unaccented(documentation.split("Source:")[1])
    for key in definition.sources:
        name, year = key[:-4], key[-4:]
        assert name in cited, key
        assert year in cited, key


@each
def test_sources_are_in_the_bibliography(definition: Definition) -> None:
    """A key without an entry would be a question mark on the page."""
    entries = re.findall(r"(?m)^@\w+\{(\w+),$", BIBLIOGRAPHY.read_text(encoding="utf-8"))
    assert len(set(entries)) == len(entries)
    assert set(definition.sources) <= set(entries)
    # The hyperbolic tangent is older than papers.
    assert definition.sources or definition.name == "tanh"


def unaccented(text: str) -> str:
    """Names as keys have them: lower case, without accents."""
    parts = unicodedata.normalize("NFD", text.lower())
    return "".join(part for part in parts if not unicodedata.combining(part))


def test_definitions_of_what_pytorch_has_say_so() -> None:
    """The map between the two libraries is read off the definitions."""
    for name, loss in DEFINITIONS.items():
        assert (loss.torch_name == name) == hasattr(torch.nn.functional, name), name


# Value and gradient


def leaves(layout: object) -> Iterator[sp.Expr]:
    """The expressions in a nested layout, row after row."""
    if isinstance(layout, tuple):
        for entry in layout:
            yield from leaves(entry)
    else:
        yield layout


def variables(definition: Definition) -> tuple[sp.Symbol, ...]:
    """The symbols that a call gives values to."""
    held = [*leaves(tuple(definition.arguments.values()))]
    held += [value for value in definition.options.values() if isinstance(value, sp.Expr)]
    passed = set().union(*(expression.free_symbols for expression in held))
    order = (*definition.inputs, *getattr(definition, "targets", ()), *definition.parameters)
    return tuple(s for s in order if s in passed or s not in definition.parameters)


@cache
def points(definition: Definition) -> list[dict[sp.Symbol, sp.Expr]]:
    """Sampled points at numbers that float32 holds, and so float64 too."""
    count = 45 if len(definition.inputs) <= 6 else 9
    rounded = []
    for number, point in enumerate(definition.points(variables(definition), limit=225)):
        if number % max(1, 90 // count) == 0:
            rounded.append({**definition.parameters, **{s: single(x) for s, x in point.items()}})
    return rounded


def single(value: sp.Expr) -> sp.Rational:
    """A number as float32 holds it."""
    return sp.Rational(*torch.tensor(float(value)).item().as_integer_ratio())


def call(
    definition: Definition, point: dict[sp.Symbol, sp.Expr], dtype: torch.dtype
) -> tuple[Tensor, dict[str, Tensor]]:
    """The function's results at a point, flat, and its arguments."""
    numbers, options = definition.arguments_at(point)
    tensors = {
        name: torch.tensor(value)
        if name in definition.indices
        else torch.tensor(value, dtype=dtype, requires_grad=True)
        for name, value in numbers.items()
    }
    return function_of(definition)(**tensors, **options).flatten(), tensors


ROUNDED_AT: dict[str, Callable[[dict[sp.Symbol, sp.Expr]], sp.Expr]] = {
    # One minus a ratio, a cosine, a smooth maximum: no digits are left where the loss is near 0.
    "cosine_embedding_loss": lambda _: 1,
    "dice_loss": lambda _: 1,
    "tversky_loss": lambda _: 1,
    "js_div": lambda _: 1,
    "log_softmax": lambda _: 1,
    # The difference of two distances, each as large as the coordinates.
    "triplet_margin_loss": lambda point: max(map(abs, point.values())),
    "triplet_margin_with_distance_loss": lambda point: max(map(abs, point.values())),
    # The difference of two logits, which are cosines over the temperature.
    "info_nce_loss": lambda point: 1 / point[n.tau],
    "nt_xent_loss": lambda point: 1 / point[n.tau],
    "sup_con_loss": lambda point: 1 / point[n.tau],
}
"""Losses with a difference in them that cancels: the size of what is rounded before it."""


@cache
def exact_values(definition: Definition) -> list[tuple[dict, list[tuple[sp.Float, sp.Float]]]]:
    """The points, and for each result there its exact value and the size of what is rounded.

    The size is that of the value, of what each variable contributes to it, Σ |x ∂f/∂x|, and of
    what cancels. A function that rounds its arguments and its result and nothing else is off by
    half an ulp of it; good ones are off by little more.
    """
    found = []
    for point in points(definition):
        results = []
        for expression in definition.expressions:
            exact = definition.evaluate(expression, point)
            size = abs(exact) + ROUNDED_AT.get(definition.name, lambda _: 0)(point)
            for symbol in expression.free_symbols & {*variables(definition)}:
                slope = max(map(abs, one_sided_slopes(expression, symbol, point)))
                if mpmath.isfinite(slope):
                    size += abs(point[symbol]) * sp.Float(slope, 20)
            results.append((exact, size))
        found.append((point, results))
    return found


@each
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32], ids=str)
def test_value_is_that_of_the_definition(definition: Definition, dtype: torch.dtype) -> None:
    """The function computes the formula, at ordinary, random and extreme points.

    It may be off by what four half ulps in each argument and in the result make of it, four
    because a sum, a logarithm and a product each round too.
    """
    info = torch.finfo(dtype)
    for point, results in exact_values(definition):
        actual, _ = call(definition, point, dtype)
        for value, (exact, size) in zip(actual.tolist(), results, strict=True):
            message = f"{value}, not {float(exact)} at {point}"
            if abs(exact) > info.max:
                assert value == math.copysign(math.inf, sp.sign(exact)), message
                continue
            assert math.isfinite(value), message
            allowed = 2 * info.eps * size + info.smallest_normal
            assert abs(sp.Rational(*value.as_integer_ratio()) - exact) <= allowed, message


@pytest.mark.parametrize("definition", LOSSES, ids=called)
def test_autograd_gives_the_definitions_gradient_and_at_a_kink_a_subgradient(
    definition: LossDefinition,
) -> None:
    """A kink is where the two one-sided slopes differ; between them lie the subgradients.

    Elsewhere autograd, SymPy's derivative and the difference quotient are one number. The
    tolerance is a thousand half ulps at the size of the gradient and of what the value's
    tolerance allows: this finds wrong formulas. Digits are the affair of the values' test.
    """
    checked = 0
    epsilon = torch.finfo(torch.float64).eps
    derived = definition.gradient() if len(definition.inputs) <= 6 else None
    for point in [*points(definition)[:30], *kinks(definition)]:
        if any(point[s] in definition.domain[s].boundary for s in definition.inputs):
            continue
        both = {s: one_sided_slopes(definition.expression, s, point) for s in definition.inputs}
        smooth = all(abs(a - b) <= 1e-20 * (abs(a) + 1) for a, b in both.values())
        value, tensors = call(definition, point, torch.float64)
        if not value.isfinite().all():
            continue
        value.sum().backward()
        largest = max(
            [*(sp.Float(abs(a), 20) for a, _ in both.values()), *map(abs, point.values())]
        )
        for row, symbol in enumerate(definition.inputs):
            low, high = (sp.Float(slope, 40) for slope in sorted(both[symbol]))
            if abs(low) > 1e290:
                continue
            if smooth and derived is not None:
                exact = definition.evaluate(derived[row], point)
                # Where a norm of 0 stands in a branch that does not count, SymPy has 0/0.
                gap = 0 if exact is sp.nan else abs(exact - low)
                assert gap <= 1e-25 * (1 + abs(low)), point
            actual = chained(definition, tensors, symbol, point)
            allowed = 1000 * epsilon * (abs(low) + max(largest, 1))
            message = f"{actual}, not from {low} to {high} at {point}"
            assert low - allowed <= actual <= high + allowed, message
            checked += 1
    assert checked


def kinks(definition: LossDefinition) -> list[dict[sp.Symbol, sp.Expr]]:
    """Points where a definition claims to have a kink."""
    claims = [claim for claim in definition.claims if isinstance(claim, Kink)]
    found = []
    for claim, point in itertools.product(claims, points(definition)[:8]):
        at = sp.sympify(claim.at).subs(point)
        found.append({**point, definition.inputs[0]: single(at)})
    return found


def test_kinks_are_among_the_points() -> None:
    """The test above would hold of any gradient there if no point were a kink."""
    for loss in (DEFINITIONS["l1_loss"], DEFINITIONS["pinball_loss"], DEFINITIONS["hinge_loss"]):
        (symbol,) = loss.inputs
        for point in kinks(loss):
            left, right = one_sided_slopes(loss.expression, symbol, point)
            assert right - left > 1e-4
        assert kinks(loss)


SMALL = [
    loss
    for loss in LOSSES
    if len(loss.inputs) <= 3 and {*loss.inputs} <= {*leaves(tuple(loss.arguments.values()))}
]
"""Losses of few inputs, each of which is a number that the function is given."""


@pytest.mark.parametrize("definition", SMALL, ids=called)
def test_autograd_gives_the_definitions_hessian(definition: LossDefinition) -> None:
    """The curvature that a page prints is the one that second derivatives give, off the kinks."""
    leaf_of = {
        entry: (name, number)
        for name, layout in definition.arguments.items()
        for number, entry in enumerate(leaves(layout))
    }
    gradient, hessian = definition.gradient(), definition.hessian()
    checked = 0
    for point in points(definition)[:24]:
        values = [definition.evaluate(entry, point) for entry in (*gradient, *hessian)]
        sides = [
            one_sided_slopes(slope, symbol, point)
            for slope in gradient
            for symbol in definition.inputs
        ]
        steep = any(not value.is_finite or abs(value) > 1e15 for value in values)
        if steep or any(abs(a - b) > 1e-20 * (abs(a) + 1) for a, b in sides):
            continue
        largest = max(1, *map(abs, values), *map(abs, point.values()))
        value, tensors = call(definition, point, torch.float64)
        places = [leaf_of[symbol] for symbol in definition.inputs]
        slopes = torch.autograd.grad(
            value.sum(),
            [tensors[name] for name, _ in places],
            create_graph=True,
            materialize_grads=True,
        )
        for row, (slope, (_, number)) in enumerate(zip(slopes, places, strict=True)):
            curvatures = [
                torch.autograd.grad(
                    slope.flatten()[number],
                    tensors[name],
                    retain_graph=True,
                    materialize_grads=True,
                )[0]
                if slope.requires_grad
                else torch.zeros_like(tensors[name])
                for name, _ in places
            ]
            for column, (curvature, (_, place)) in enumerate(zip(curvatures, places, strict=True)):
                exact = definition.evaluate(hessian[row, column], point)
                gap = abs(curvature.flatten()[place].item() - exact)
                assert gap <= 1000 * torch.finfo(torch.float64).eps * largest, point
                checked += 1
    assert checked


REAL_LINE = [
    loss
    for loss in DEFINITIONS.values()
    # A power multiplies the rounding of its base's logarithm, which is 700 at the largest number.
    if loss.inputs == (o,) and loss.targets == (y,) and loss.name != "general_robust_loss"
]
"""Losses of one real number and a real target, whose roundings do not depend on its size."""


@pytest.mark.parametrize("definition", REAL_LINE, ids=called)
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32], ids=str)
def test_value_at_the_ends_of_the_numbers(definition: LossDefinition, dtype: torch.dtype) -> None:
    """At subnormal and at huge numbers the formula holds to the roundings that the case counts.

    Where the exact value or the residual is beyond the dtype's largest number it is infinite.
    """
    (case,) = [case for case in CASES if case.name == definition.name]
    info = torch.finfo(dtype)
    sizes = (0, info.smallest_normal * info.eps, info.smallest_normal, 1e-7, 1, 1e30, info.max)
    numbers = torch.tensor([*sizes, *(-size for size in sizes)], dtype=dtype)
    pairs = torch.cartesian_prod(numbers, numbers)
    exact = []
    for pair in pairs.tolist():
        point = dict(zip((o, y), (sp.Rational(*x.as_integer_ratio()) for x in pair), strict=True))
        exact.append(float(definition.evaluate(definition.expression, point)))
    expected = torch.tensor(exact, dtype=torch.float64).to(dtype)
    expected[(pairs[:, 0] - pairs[:, 1]).isinf()] = math.inf
    actual = case.function(*pairs.T, reduction="none")
    assert_close(actual, expected, roundings=case.roundings + 1)


def chained(
    definition: Definition, tensors: dict[str, Tensor], symbol: sp.Symbol, point: dict
) -> sp.Expr:
    """Derivative by a symbol from those by the arguments that it stands in."""
    total = sp.Integer(0)
    for name, layout in definition.arguments.items():
        if name in definition.indices:
            continue
        slopes = tensors[name].grad
        flat = [0.0] * tensors[name].numel() if slopes is None else slopes.flatten().tolist()
        for slope, leaf in zip(flat, leaves(layout), strict=True):
            if symbol in leaf.free_symbols:
                total += sp.Float(slope, 40) * evaluate(leaf.diff(symbol), point)
    return total
