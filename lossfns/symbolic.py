"""The losses as mathematics: one SymPy definition each, which everything else is checked against.

A :class:`LossDefinition` holds the expression of one element, where it is defined, and what is
claimed of it. The gradient and the Hessian are derived from the expression, never typed, and
each claim can be put to the test: :meth:`Claim.verify` either proves it with SymPy, or checks it
in 50-digit arithmetic at ordinary and extreme points, or raises :class:`FalseClaim` with a
counterexample.

>>> MSE.gradient()
Matrix([[2*o - 2*y]])
>>> [claim.verify(MSE).name for claim in MSE.claims if isinstance(claim, Convex)]
['PROVED']
"""

import itertools
import random
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import ClassVar

import sympy as sp

DIGITS = 50
TOLERANCE = sp.Float(10) ** (-DIGITS // 2)

o = sp.Symbol("o", real=True)
"""Raw output of a model for one element: the first argument of a loss."""

y = sp.Symbol("y", real=True)
"""Target of one element."""


class Evidence(Enum):
    """How a claim was found to hold."""

    PROVED = "proved by SymPy for every value in the domain"
    CHECKED = "checked in 50-digit arithmetic at ordinary and extreme points"


class FalseClaim(AssertionError):
    """A claim does not hold; the message names the claim and a counterexample."""


@dataclass(frozen=True)
class LossDefinition:
    """A loss of one element, written once.

    Attributes:
        name: the function's name in ``lossfns``.
        title: what people call it.
        aliases: its other names, for the index and the search.
        inputs: the symbols that the loss is differentiated by, in the order of the arguments.
        target: the symbol of the target.
        expression: the loss of one element.
        domain: the set that each symbol (inputs, target, parameters) comes from.
        output_layer: the output layer that the loss expects.
        claims: what is said of the loss, each to be verified.
        parameters: the loss's parameters with their default values.
        torch_name: the function's name in ``torch.nn.functional``; ``None`` if it has none.
        page: the page that teaches it, below ``chapters/``.
        sources: primary sources, as keys of ``references.bib``.
    """

    name: str
    title: str
    aliases: tuple[str, ...]
    inputs: tuple[sp.Symbol, ...]
    target: sp.Symbol
    expression: sp.Expr
    domain: Mapping[sp.Symbol, sp.Set]
    output_layer: str
    claims: "tuple[Claim, ...]"
    torch_name: str | None
    page: str
    sources: tuple[str, ...]
    parameters: Mapping[sp.Symbol, sp.Expr] = field(default_factory=dict)

    def gradient(self) -> sp.Matrix:
        """Derivatives of the expression by each input, as a column; valid away from kinks."""
        return sp.Matrix([self.expression.diff(symbol) for symbol in self.inputs])

    def hessian(self) -> sp.Matrix:
        """Second derivatives by the inputs; at a kink they are a Dirac delta."""
        return sp.hessian(self.expression, self.inputs)

    def evaluate(self, expression: sp.Expr, values: Mapping[sp.Symbol, object]) -> sp.Float:
        """``expression`` at exact ``values``, to 50 digits; parameters default to theirs."""
        point = {**self.parameters, **values}
        return sp.sympify(expression).subs(point).doit().evalf(DIGITS)

    def points(self, symbols: tuple[sp.Symbol, ...]) -> Iterator[dict[sp.Symbol, sp.Expr]]:
        """Every combination of the sampled values of ``symbols``."""
        for values in itertools.product(*(sample(self.domain[symbol]) for symbol in symbols)):
            yield dict(zip(symbols, values, strict=True))


def sample(domain: sp.Set) -> tuple[sp.Expr, ...]:
    """Exact test values of a set: its ends if it has them, small, ordinary and extreme ones.

    >>> sample(sp.Interval(0, 1))
    (0, 1/1000, 1/3, 1/2, 4/5, 999/1000, 1)
    >>> sample(sp.FiniteSet(-1, 1))
    (-1, 1)
    """
    if isinstance(domain, sp.FiniteSet):
        return tuple(sorted(domain))
    spread = ["-10000", "-21/2", "-1", "-1/3", "-1/1000", "0", "1/1000", "1/3", "1/2", "4/5"]
    spread += ["999/1000", "1", "2", "7", "10000"]
    values = tuple(value for value in map(sp.Rational, spread) if value in domain)
    if not values:
        raise ValueError(f"domain must hold some of the sampled numbers; got {domain}")
    return values


@dataclass(frozen=True)
class Claim(ABC):
    """Something said of a loss that can be put to the test."""

    @abstractmethod
    def statement(self) -> str:
        """The claim in words, as a card prints it."""

    @abstractmethod
    def verify(self, loss: LossDefinition) -> Evidence:
        """Return the evidence for the claim, or raise :class:`FalseClaim`."""

    def refute(self, loss: LossDefinition, counterexample: object) -> FalseClaim:
        """The error that says where the claim fails."""
        return FalseClaim(f"{loss.name}: not {self.statement()}: {counterexample}")


@dataclass(frozen=True)
class NonNegative(Claim):
    """The loss is at least zero, and zero when the prediction equals the target."""

    def statement(self) -> str:
        return "at least 0, and 0 where input and target agree"

    def verify(self, loss: LossDefinition) -> Evidence:
        (prediction,) = loss.inputs
        at_target = sp.simplify(loss.expression.subs(prediction, loss.target))
        if at_target != 0:
            raise self.refute(loss, f"{at_target} where they agree")
        if loss.expression.is_nonnegative:
            return Evidence.PROVED
        for point in loss.points((prediction, loss.target)):
            if loss.evaluate(loss.expression, point) < 0:
                raise self.refute(loss, point)
        return Evidence.CHECKED


@dataclass(frozen=True)
class Symmetric(Claim):
    """Missing by +r costs the same as missing by −r."""

    def statement(self) -> str:
        return "symmetric: an error of +r costs what an error of −r costs"

    def verify(self, loss: LossDefinition) -> Evidence:
        (prediction,) = loss.inputs
        residual = sp.Symbol("r", real=True)
        above, below = (
            loss.expression.subs(prediction, loss.target + sign * residual) for sign in (1, -1)
        )
        if sp.simplify(above - below) == 0:
            return Evidence.PROVED
        for point in loss.points((prediction, loss.target)):
            values = {**point, residual: point[prediction]}
            difference = loss.evaluate(above, values) - loss.evaluate(below, values)
            if abs(difference) > TOLERANCE:
                raise self.refute(loss, values)
        return Evidence.CHECKED


@dataclass(frozen=True)
class Convex(Claim):
    """Convex in the input, for every target and parameter."""

    def statement(self) -> str:
        return "convex in the input"

    def verify(self, loss: LossDefinition) -> Evidence:
        (prediction,) = loss.inputs
        # A kink's second derivative is a Dirac delta, whose sign SymPy leaves open: such a loss
        # goes on to the definition of convexity itself.
        if sp.simplify(loss.expression.diff(prediction, 2)).is_nonnegative:
            return Evidence.PROVED
        for point in loss.points((loss.target, *loss.parameters)):
            value = {
                at: loss.evaluate(loss.expression, {**point, prediction: at})
                for at in _with_midpoints(sample(loss.domain[prediction]))
            }
            for left, right in itertools.combinations(sample(loss.domain[prediction]), 2):
                chord = (value[left] + value[right]) / 2
                if value[(left + right) / 2] > chord + TOLERANCE * (1 + abs(chord)):
                    raise self.refute(loss, f"between {left} and {right} at {point}")
        return Evidence.CHECKED


@dataclass(frozen=True)
class Lipschitz(Claim):
    """The slope's size never exceeds ``constant``, and comes as close to it as one likes."""

    constant: sp.Expr

    def statement(self) -> str:
        if self.constant == sp.oo:
            return "without a Lipschitz constant: the gradient grows without bound"
        return f"Lipschitz in the input with constant {self.constant}"

    def verify(self, loss: LossDefinition) -> Evidence:
        (prediction,) = loss.inputs
        slope = loss.expression.diff(prediction)
        limits = [abs(sp.limit(slope, prediction, end)) for end in (sp.oo, -sp.oo)]
        if self.constant == sp.oo:
            if sp.oo not in limits:
                raise self.refute(loss, f"the slope's limits are {limits}")
            return Evidence.PROVED
        sizes = [
            abs(loss.evaluate(slope, point))
            for point in loss.points((prediction, loss.target))
            if point[prediction] != point[loss.target]
        ]
        largest = max([*sizes, *limits])
        if abs(largest - self.constant) > TOLERANCE:
            raise self.refute(loss, f"the largest slope found is {largest}")
        return Evidence.CHECKED


@dataclass(frozen=True)
class Minimiser(Claim):
    """The constant prediction with the smallest mean loss is this statistic of the targets."""

    statistic: str
    STATISTICS: ClassVar = ("mean", "median")

    def __post_init__(self) -> None:
        if self.statistic not in self.STATISTICS:
            raise ValueError(f"statistic must be one of {self.STATISTICS}; got {self.statistic!r}")

    def statement(self) -> str:
        return f"minimised, over a constant prediction, by the {self.statistic} of the targets"

    def verify(self, loss: LossDefinition) -> Evidence:
        if self.statistic == "mean" and self._mean_is_stationary(loss):
            return Evidence.PROVED
        for targets in _target_samples(loss.domain[loss.target]):
            best = self._risk(loss, targets, _STATISTIC[self.statistic](targets))
            for rival in _with_midpoints(sample(loss.domain[loss.inputs[0]])):
                if self._risk(loss, targets, rival) < best - TOLERANCE:
                    raise self.refute(loss, f"{rival} does better on the targets {targets}")
        return Evidence.CHECKED

    def _mean_is_stationary(self, loss: LossDefinition) -> bool:
        """Whether the mean zeroes the risk's slope for any law of the targets, with a minimum.

        The slope of a loss whose risk minimiser is the mean is affine in the target, so the
        expectation passes through it and E[y] can be put in for y.
        """
        (prediction,) = loss.inputs
        slope = loss.expression.diff(prediction)
        affine = sp.simplify(slope.diff(loss.target, 2)) == 0
        stationary = sp.simplify(slope.subs(prediction, loss.target)) == 0
        return bool(affine and stationary and slope.diff(prediction).is_positive)

    @staticmethod
    def _risk(loss: LossDefinition, targets: tuple[sp.Expr, ...], constant: sp.Expr) -> sp.Float:
        return sum(
            loss.evaluate(loss.expression, {loss.inputs[0]: constant, loss.target: target})
            for target in targets
        ) / len(targets)


@dataclass(frozen=True)
class NegativeLogLikelihood(Claim):
    """``scale`` × loss is −log ``density`` up to terms that do not contain the input."""

    noise: str
    density: sp.Expr
    scale: sp.Expr

    def statement(self) -> str:
        return f"the negative log-likelihood of {self.noise} noise, up to a factor and a constant"

    def verify(self, loss: LossDefinition) -> Evidence:
        if not sp.sympify(self.scale).is_positive:
            raise self.refute(loss, f"the factor {self.scale} is not positive")
        total = sp.simplify(sp.integrate(self.density, (loss.target, -sp.oo, sp.oo)))
        if total != 1:
            raise self.refute(loss, f"its density integrates to {total}")
        negative_log = sp.expand_log(-sp.log(self.density), force=True)
        rest = sp.simplify(negative_log - self.scale * loss.expression)
        if rest.has(*loss.inputs):
            raise self.refute(loss, f"{rest} is left over")
        return Evidence.PROVED


def _with_midpoints(values: tuple[sp.Expr, ...]) -> set[sp.Expr]:
    return {(left + right) / 2 for left in values for right in values}


def _median(values: tuple[sp.Expr, ...]) -> sp.Expr:
    return sorted(values)[len(values) // 2]


def _mean(values: tuple[sp.Expr, ...]) -> sp.Expr:
    return sum(values) / sp.Integer(len(values))


_STATISTIC = {"mean": _mean, "median": _median}


def _target_samples(domain: sp.Set) -> Iterator[tuple[sp.Expr, ...]]:
    """Lopsided samples of targets, so that mean, median and mid-range differ."""
    generator = random.Random(0)
    values = sample(domain)
    for size in (1, 3, 5, 8):
        yield tuple(generator.choices(values, k=size))


_sigma = sp.Symbol("sigma", positive=True)
_b = sp.Symbol("b", positive=True)

MSE = LossDefinition(
    name="mse_loss",
    title="Squared error",
    aliases=("mean squared error", "MSE", "L2 loss", "quadratic loss", "least squares"),
    inputs=(o,),
    target=y,
    expression=(o - y) ** 2,
    domain={o: sp.S.Reals, y: sp.S.Reals},
    output_layer="identity",
    claims=(
        NonNegative(),
        Symmetric(),
        Convex(),
        Lipschitz(sp.oo),
        Minimiser("mean"),
        NegativeLogLikelihood(
            noise="Gaussian",
            density=sp.exp(-((y - o) ** 2) / (2 * _sigma**2)) / sp.sqrt(2 * sp.pi * _sigma**2),
            scale=1 / (2 * _sigma**2),
        ),
    ),
    torch_name="mse_loss",
    page="regression/ols_from_mle",
    sources=("legendre1805", "gauss1809"),
)

L1 = LossDefinition(
    name="l1_loss",
    title="Absolute error",
    aliases=("mean absolute error", "MAE", "L1 loss", "least absolute deviations"),
    inputs=(o,),
    target=y,
    expression=sp.Abs(o - y),
    domain={o: sp.S.Reals, y: sp.S.Reals},
    output_layer="identity",
    claims=(
        NonNegative(),
        Symmetric(),
        Convex(),
        Lipschitz(sp.Integer(1)),
        Minimiser("median"),
        NegativeLogLikelihood(
            noise="Laplace",
            density=sp.exp(-sp.Abs(y - o) / _b) / (2 * _b),
            scale=1 / _b,
        ),
    ),
    torch_name="l1_loss",
    page="regression/ols_from_mle",
    sources=("laplace1774",),
)

DEFINITIONS: Mapping[str, LossDefinition] = {loss.name: loss for loss in (MSE, L1)}
"""Every definition by the name of its function in ``lossfns``."""
