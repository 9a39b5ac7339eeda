"""Each definition against the function it defines, and each claim against the truth."""

import inspect
import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from functools import cache

import mpmath
import pytest
import sympy as sp
import sympy.stats
import torch
from torch import Tensor

from lossfns.symbolic import (
    DEFINITIONS,
    L1,
    MSE,
    Claim,
    Convex,
    Evidence,
    FalseClaim,
    Lipschitz,
    LossDefinition,
    Minimiser,
    NegativeLogLikelihood,
    NonNegative,
    Symmetric,
    o,
    sample,
    y,
)
from tests.loss_cases import CASES, FULL_PRECISION, Case, assert_close, public_losses

each_dtype = pytest.mark.parametrize("dtype", FULL_PRECISION, ids=str)
each_definition = pytest.mark.parametrize("loss", DEFINITIONS.values(), ids=lambda loss: loss.name)

Point = dict[sp.Symbol, sp.Rational]


def case_of(loss: LossDefinition) -> Case:
    """The test case of a definition's function."""
    (case,) = [case for case in CASES if case.name == loss.name]
    return case


# What a definition says of itself


def test_every_public_loss_has_a_definition() -> None:
    """A loss without its mathematics is checked against nothing but PyTorch."""
    assert set(DEFINITIONS) == set(public_losses())
    assert all(name == loss.name for name, loss in DEFINITIONS.items())


@each_definition
def test_definition_speaks_of_what_exists(loss: LossDefinition) -> None:
    """Names, symbols and defaults in a definition are those of the function."""
    assert loss.torch_name is None or hasattr(torch.nn.functional, loss.torch_name)
    assert (case_of(loss).reference is None) == (loss.torch_name is None)
    assert set(loss.domain) == {*loss.inputs, loss.target, *loss.parameters}
    assert loss.expression.free_symbols <= set(loss.domain)
    assert loss.claims
    assert loss.title
    assert loss.page
    assert loss.sources


# Value and derivatives


def points(loss: LossDefinition, dtype: torch.dtype) -> Iterator[Point]:
    """The sampled points and more extreme ones, at numbers that the dtype holds exactly."""
    info = torch.finfo(dtype)
    extreme = (info.smallest_normal * info.eps, info.smallest_normal, 1e-7, 1e30, info.max)
    values = {
        symbol: {
            number
            for value in [*sample(loss.domain[symbol]), *extreme, *(-size for size in extreme)]
            if (number := exactly(value, dtype)) in loss.domain[symbol]
        }
        for symbol in (*loss.inputs, loss.target)
    }
    for combination in itertools.product(*map(sorted, values.values())):
        yield dict(zip(values, combination, strict=True))


def exactly(value: object, dtype: torch.dtype) -> sp.Rational:
    """A number as the dtype holds it, without a further rounding."""
    return sp.Rational(*torch.tensor(float(value), dtype=dtype).item().as_integer_ratio())


def columns(loss: LossDefinition, at: list[Point], dtype: torch.dtype) -> list[Tensor]:
    """The points as the function's arguments, one element a point."""
    return [
        torch.tensor([float(point[symbol]) for point in at], dtype=dtype)
        for symbol in (*loss.inputs, loss.target)
    ]


def exact_values(
    loss: LossDefinition, expression: sp.Expr, at: list[Point], dtype: torch.dtype
) -> Tensor:
    """An expression in 50 digits at the points, rounded to the dtype at the end."""
    values = [float(loss.evaluate(expression, point)) for point in at]
    return torch.tensor(values, dtype=torch.float64).to(dtype)


@each_definition
@each_dtype
def test_value_is_that_of_the_definition(loss: LossDefinition, dtype: torch.dtype) -> None:
    """The torch function computes the formula on the page, at ordinary and extreme points.

    It may be off by the roundings that the case counts and by the last one, no more; and where
    the exact value is beyond the dtype's largest number it is infinite.
    """
    case = case_of(loss)
    at = list(points(loss, dtype))
    actual = case.function(*columns(loss, at, dtype), reduction="none")
    expected = exact_values(loss, loss.expression, at, dtype)
    assert_close(actual, expected, roundings=case.roundings + 1)


@cache
def one_sided_slopes(name: str, by: sp.Symbol, dtype: torch.dtype) -> list[tuple]:
    """Difference quotients to the left and to the right of each point.

    No rule of differentiation is used, so a wrong one cannot hide in both sides of a comparison.
    """
    loss = DEFINITIONS[name]
    symbols = (*loss.inputs, loss.target)
    function = sp.lambdify(symbols, loss.expression.subs(loss.parameters), "mpmath")
    slopes = []
    with mpmath.workdps(1200):
        # Nearer than the smallest gap between floats, so that no kink lies in between, and so
        # near that the quotients of a smooth loss agree to more digits than a float has.
        step = mpmath.mpf(10) ** -400
        for point in points(loss, dtype):
            at = {symbol: mpmath.mpf(point[symbol].p) / point[symbol].q for symbol in symbols}
            here = function(*at.values())
            left = here - function(*{**at, by: at[by] - step}.values())
            right = function(*{**at, by: at[by] + step}.values()) - here
            slopes.append((left / step, right / step))
    return slopes


def is_kink(left: mpmath.mpf, right: mpmath.mpf) -> bool:
    """Whether the slopes differ by more than the step explains."""
    return abs(left - right) > 1e-20 * abs(left) + mpmath.mpf(10) ** -390


def differentiated(loss: LossDefinition) -> list[sp.Symbol]:
    """The symbols whose arguments the function is differentiated by."""
    case = case_of(loss)
    names = inspect.signature(case.function).parameters
    symbols = zip(names, (*loss.inputs, loss.target), strict=False)
    return [symbol for name, symbol in symbols if name in case.differentiable]


@each_definition
@each_dtype
def test_autograd_gives_the_definitions_gradient_and_at_a_kink_a_subgradient(
    loss: LossDefinition, dtype: torch.dtype
) -> None:
    """A kink is where the two one-sided slopes differ; between them lie the subgradients.

    Elsewhere autograd, SymPy's derivative and the difference quotient are one number.
    """
    case = case_of(loss)
    at = list(points(loss, dtype))
    arguments = columns(loss, at, dtype)
    kinks = 0
    for number, symbol in enumerate((*loss.inputs, loss.target)):
        if symbol not in differentiated(loss):
            continue
        leaf = arguments[number].clone().requires_grad_()
        leaves = [*arguments[:number], leaf, *arguments[number + 1 :]]
        total = case.function(*leaves, reduction="none").sum()
        (actual,) = torch.autograd.grad(total, leaf)
        slopes = one_sided_slopes(loss.name, symbol, dtype)
        smooth = torch.tensor([not is_kink(*pair) for pair in slopes])
        low, high = (
            torch.tensor([float(end(pair)) for pair in slopes], dtype=torch.float64)
            for end in (min, max)
        )
        kinks += int((~smooth).sum())
        assert ((low <= actual) & (actual <= high))[~smooth].all(), f"by {symbol}, at a kink"
        quotient = torch.tensor([float(left) for left, _ in slopes], dtype=torch.float64).to(dtype)
        derived = exact_values(loss, loss.expression.diff(symbol), at, dtype)
        for expected, message in [(quotient, "difference quotient"), (derived, "SymPy")]:
            assert_close(
                actual[smooth],
                expected[smooth],
                roundings=case.roundings + 2,
                message=f"by {symbol}, against the {message}",
            )
    assert (kinks > 0) == has_kinks(loss), "the points miss the kinks, or see one that is none"


def has_kinks(loss: LossDefinition) -> bool:
    """Whether the expression contains a function that is not differentiable everywhere."""
    return loss.expression.has(sp.Abs, sp.Max, sp.Min)


@each_definition
def test_definitions_gradient_and_hessian_are_those_of_autograd(loss: LossDefinition) -> None:
    """What the pages print as gradient and Hessian is what training follows, away from kinks."""
    case = case_of(loss)
    pairs = [one_sided_slopes(loss.name, symbol, torch.float64) for symbol in loss.inputs]
    at = [
        point
        for point, *slopes in zip(points(loss, torch.float64), *pairs, strict=True)
        if not any(is_kink(*pair) for pair in slopes)
    ]
    *inputs, target = columns(loss, at, torch.float64)
    leaves = [column.requires_grad_() for column in inputs]
    values = case.function(*leaves, target, reduction="none")
    gradient = torch.autograd.grad(values.sum(), leaves, create_graph=True)
    assert loss.gradient().shape == (len(inputs), 1)
    assert loss.hessian().shape == (len(inputs), len(inputs))
    for row, slope in enumerate(gradient):
        expected = exact_values(loss, loss.gradient()[row], at, torch.float64)
        assert_close(slope.detach(), expected, roundings=case.roundings + 2)
        curvatures = torch.autograd.grad(slope.sum(), leaves, retain_graph=True)
        for column, curvature in enumerate(curvatures):
            expected = exact_values(loss, loss.hessian()[row, column], at, torch.float64)
            assert_close(curvature, expected, roundings=case.roundings + 4)


# Claims


@pytest.mark.parametrize(
    ("loss", "claim"),
    [(loss, claim) for loss in DEFINITIONS.values() for claim in loss.claims],
    ids=lambda value: value.name if isinstance(value, LossDefinition) else type(value).__name__,
)
def test_every_claim_holds(loss: LossDefinition, claim: Claim) -> None:
    """A page prints a claim on its card only because this test has verified it."""
    assert claim.verify(loss) in Evidence
    assert claim.statement()


def test_claims_of_the_squared_error_are_proved() -> None:
    """Evidence must not decay unnoticed from a proof to a check at points."""
    assert {claim.verify(MSE) for claim in MSE.claims} == {Evidence.PROVED}


DISTRIBUTIONS: Mapping[str, sp.Basic] = {
    "Gaussian": sympy.stats.Normal("epsilon", o, sp.Symbol("sigma", positive=True)),
    "Laplace": sympy.stats.Laplace("epsilon", o, sp.Symbol("b", positive=True)),
}


@pytest.mark.parametrize(
    "claim",
    [
        claim
        for loss in DEFINITIONS.values()
        for claim in loss.claims
        if isinstance(claim, NegativeLogLikelihood)
    ],
    ids=lambda claim: claim.noise,
)
def test_densities_are_those_of_the_noise_they_are_called(claim: NegativeLogLikelihood) -> None:
    """The name on the card and the density behind it are independent; SymPy knows both."""
    density = sympy.stats.density(DISTRIBUTIONS[claim.noise])(y)
    assert sp.simplify(density - claim.density) == 0


residual = o - y
GAUSSIAN, LAPLACE = (
    next(claim for claim in loss.claims if isinstance(claim, NegativeLogLikelihood))
    for loss in (MSE, L1)
)


def squared_error_but(expression: sp.Expr) -> LossDefinition:
    """A loss that says of itself what the squared error says, with another expression."""
    return replace(MSE, name="invented_loss", expression=expression)


TILTED = sp.Max(sp.Rational(9, 10) * -residual, sp.Rational(1, 10) * residual)
HALF_SQUARE = squared_error_but(residual**2 / 2)
INSENSITIVE = squared_error_but(sp.Max(0, sp.Abs(residual) - 1))
WELSCH = squared_error_but(1 - sp.exp(-(residual**2) / 2))
CAUCHY = squared_error_but(sp.log(1 + residual**2))

FALSE_CLAIMS = [
    pytest.param(loss, claim, id=name)
    for name, loss, claim in [
        ("squared error is minimised by the median", MSE, Minimiser("median")),
        ("absolute error is minimised by the mean", L1, Minimiser("mean")),
        ("pinball loss is minimised by the median", squared_error_but(TILTED), Minimiser("median")),
        (
            "fourth power is minimised by the mean",
            squared_error_but(residual**4),
            Minimiser("mean"),
        ),
        ("a stationary maximum is a minimum", squared_error_but(-(residual**2)), Minimiser("mean")),
        (
            "twice the mean minimises a loss that is stretched",
            squared_error_but((o - 2 * y) ** 2),
            Minimiser("mean"),
        ),
        ("absolute error has constant 2", L1, Lipschitz(sp.Integer(2))),
        ("absolute error has constant 1/2", L1, Lipschitz(sp.Rational(1, 2))),
        ("absolute error has none", L1, Lipschitz(sp.oo)),
        ("squared error has constant 2", MSE, Lipschitz(sp.Integer(2))),
        ("its gradient's constant is its own", HALF_SQUARE, Lipschitz(sp.Integer(1))),
        ("constant above what is reached", INSENSITIVE, Lipschitz(sp.Integer(2))),
        ("concave is convex", squared_error_but(-(residual**2)), Convex()),
        ("cubic is convex", squared_error_but(residual**3), Convex()),
        ("root of the error is convex", squared_error_but(sp.sqrt(sp.Abs(residual))), Convex()),
        ("Cauchy's loss is convex", CAUCHY, Convex()),
        ("Welsch's loss is convex", WELSCH, Convex()),
        ("wiggles are convex", squared_error_but(residual**2 * sp.cos(residual)), Convex()),
        ("floor of 1 is 0", squared_error_but(residual**2 + 1), NonNegative()),
        ("cubic is non-negative", squared_error_but(residual**3), NonNegative()),
        ("negated square is non-negative", squared_error_but(-(residual**2)), NonNegative()),
        (
            "a dip beside the target is none",
            squared_error_but(residual**2 - sp.Abs(residual) / 10),
            NonNegative(),
        ),
        ("cubic is symmetric", squared_error_but(residual**3), Symmetric()),
        ("pinball loss is symmetric", squared_error_but(TILTED), Symmetric()),
        (
            "LINEX is symmetric",
            squared_error_but(sp.exp(residual) - residual - 1),
            Symmetric(),
        ),
        ("squared error comes from Laplace noise", MSE, LAPLACE),
        ("absolute error comes from Gaussian noise", L1, GAUSSIAN),
        ("half the square has the square's scale", HALF_SQUARE, GAUSSIAN),
        ("a factor of 2 in the scale", MSE, replace(GAUSSIAN, scale=2 * GAUSSIAN.scale)),
        (
            "a density that does not integrate to one",
            MSE,
            replace(GAUSSIAN, density=2 * GAUSSIAN.density),
        ),
        (
            "a growing exponential is a density",
            MSE,
            replace(GAUSSIAN, density=1 / GAUSSIAN.density, scale=-GAUSSIAN.scale),
        ),
        (
            "any loss, counted zero times",
            MSE,
            replace(LAPLACE, density=LAPLACE.density.subs(o, 0), scale=sp.Integer(0)),
        ),
    ]
]


@pytest.mark.parametrize(("loss", "claim"), FALSE_CLAIMS)
def test_false_claim_is_refuted(loss: LossDefinition, claim: Claim) -> None:
    """A verification that nothing can fail would make every card true."""
    with pytest.raises(FalseClaim) as refusal:
        claim.verify(loss)
    assert str(refusal.value).startswith(f"{loss.name}: not {claim.statement()}: ")


def test_every_kind_of_claim_has_been_refuted() -> None:
    """A new kind of claim comes with a false one that it catches."""
    kinds = {type(parameters.values[1]) for parameters in FALSE_CLAIMS}
    assert kinds == set(Claim.__subclasses__())


def test_a_counterexample_is_one() -> None:
    """The numbers of the message can be put into the formula to see the claim fail."""
    loss = squared_error_but(residual**3)
    with pytest.raises(FalseClaim) as refusal:
        NonNegative().verify(loss)
    numbers = re.search(r"\{o: (\S+), y: (\S+)\}$", str(refusal.value))
    assert (
        loss.expression.subs(dict(zip((o, y), map(sp.Rational, numbers.groups()), strict=True))) < 0
    )


# The rest of the module


def test_message_on_an_unknown_statistic() -> None:
    """A claim about a statistic that nothing verifies cannot even be made."""
    message = r"^statistic must be one of \('mean', 'median'\); got 'mode'$"
    with pytest.raises(ValueError, match=message):
        Minimiser("mode")


def test_message_on_a_domain_without_samples() -> None:
    """A claim checked at no point at all would hold of everything."""
    with pytest.raises(
        ValueError, match=r"^domain must hold some of the sampled numbers; got Interval\(20, 30\)$"
    ):
        sample(sp.Interval(20, 30))


def test_samples_lie_in_the_domain_and_reach_its_ends() -> None:
    """Extremes are where losses break; numbers outside of a domain say nothing."""
    for domain in (sp.S.Reals, sp.Interval(0, 1), sp.Interval.open(0, sp.oo), sp.S.Integers):
        values = sample(domain)
        assert len(set(values)) == len(values) > 3
        assert all(value in domain for value in values)
    assert {sp.Integer(0), sp.Integer(1)} <= set(sample(sp.Interval(0, 1)))
    assert {-10_000, 10_000} <= set(sample(sp.S.Reals))
    assert sample(sp.FiniteSet(1, 0)) == (0, 1)


def test_evaluation_has_fifty_digits_and_the_parameters_defaults() -> None:
    """A difference in the 40th digit is still seen, and an unset parameter has its default."""
    scale = sp.Symbol("s", positive=True)
    loss = replace(squared_error_but(sp.sqrt(scale)), parameters={scale: sp.Integer(3)})
    with mpmath.workdps(60):
        for values, root in [({}, mpmath.sqrt(3)), ({scale: 5}, mpmath.sqrt(5))]:
            actual = mpmath.mpf(loss.evaluate(loss.expression, values))
            assert abs(actual - root) < mpmath.mpf(10) ** -48
    tiny = sp.Rational(1, 10**40)
    assert loss.evaluate(residual, {o: 1 + tiny, y: 1}) == tiny.evalf(50)


def test_a_definition_cannot_be_changed() -> None:
    """Pages and tests share one object; an assignment in one must not reach the other."""
    for attribute in fields(LossDefinition):
        with pytest.raises(AttributeError):
            setattr(MSE, attribute.name, None)
