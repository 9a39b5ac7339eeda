"""What a loss says about probability: its distribution, its minimiser, its scoring rule."""

import itertools
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

import mpmath
import sympy as sp

from lossfns.symbolic.claims import OPERATIONS, Claim, Evidence, _symbols, is_zero, plain
from lossfns.symbolic.definition import (
    TOLERANCE,
    LossDefinition,
    Point,
    evaluate,
    one_sided_slopes,
    sample,
)

statistic = sp.Symbol("m", real=True)
"""The statistic of the targets in a :class:`Minimiser`'s link."""


@dataclass(frozen=True)
class Minimiser(Claim):
    """The constant prediction with the smallest mean loss is this statistic of the targets.

    Attributes:
        statistic: the statistic's name.
        link: the prediction as a function of the statistic ``m``, such as its logarithm.
        level: of a quantile, the share of targets below it.
    """

    statistic: str
    link: sp.Expr = statistic
    level: sp.Expr = sp.S.Half
    STATISTICS: ClassVar = ("mean", "median", "quantile")

    def __post_init__(self) -> None:
        if self.statistic not in self.STATISTICS:
            raise ValueError(f"statistic must be one of {self.STATISTICS}; got {self.statistic!r}")

    def statement(self) -> str:
        name = f"{plain(self.level)}-quantile" if self.statistic == "quantile" else self.statistic
        best = f"the {name} of the targets"
        if self.link != statistic:
            mean = sp.Symbol("ȳ", real=True)  # a required margin is called m
            letter = mean if self.statistic == "mean" else statistic
            best = f"{plain(self.link.subs(statistic, letter))}, with {letter} {best}"
        return f"minimised, over a constant prediction, by {best}"

    def verify(self, loss: LossDefinition) -> Evidence:
        if self.statistic == "mean" and self._mean_is_stationary(loss):
            return Evidence.PROVED
        (prediction,) = loss.inputs
        domain = loss.domain_of(prediction)
        compared = 0
        for parameters in loss.points(tuple(loss.parameters), limit=5):
            level = evaluate(self.level, parameters)
            for targets in _target_samples(loss.domain_of(loss.target)):
                value = _STATISTIC[self.statistic](targets, level)
                try:
                    constant = sp.sympify(self.link.subs({statistic: value, **parameters}))
                except ZeroDivisionError:
                    continue
                if not (constant.is_finite and domain.contains(constant) == sp.true):
                    # All targets at the edge of what they may be: the risk has no minimum.
                    continue
                compared += 1
                best = self._risk(loss, targets, constant, parameters)
                for rival in self._rivals(domain, constant):
                    if self._risk(loss, targets, rival, parameters) < best - TOLERANCE:
                        where = f"{rival} does better on the targets {targets}"
                        raise self.refute(loss, f"{where} {dict(parameters) or ''}".rstrip())
        if not compared:
            raise self.refute(loss, "no sampled targets have such a prediction in the domain")
        return Evidence.CHECKED

    def _mean_is_stationary(self, loss: LossDefinition) -> bool:
        """Whether the mean zeroes the risk's slope for any law of the targets, with a minimum.

        Where the slope is affine in the target the expectation passes through it, and E[y] can
        be put in for y.
        """
        (prediction,) = loss.inputs
        slope = loss.expression.diff(prediction)
        if slope.has(sp.Piecewise, sp.Max, sp.sign) or loss.parameters:
            return False
        affine = is_zero(slope.diff(loss.target, 2))
        best = self.link.subs(statistic, loss.target)
        stationary = is_zero(slope.subs(prediction, best))
        return bool(affine and stationary and sp.simplify(slope.diff(prediction)).is_positive)

    @staticmethod
    def _rivals(domain: sp.Set, constant: sp.Expr) -> Iterator[sp.Expr]:
        """Predictions all over the domain, and two beside the claimed one."""
        candidates = _with_midpoints(sample(domain))
        candidates |= {constant + sign * sp.Rational(1, 97) for sign in (1, -1)}
        yield from (rival for rival in candidates if domain.contains(rival) == sp.true)

    @staticmethod
    def _risk(
        loss: LossDefinition,
        targets: tuple[sp.Expr, ...],
        constant: sp.Expr,
        parameters: Point,
    ) -> sp.Float:
        fixed = {**parameters, loss.inputs[0]: constant}
        return sum(
            loss.evaluate(loss.expression, {**fixed, loss.target: target}) for target in targets
        ) / len(targets)


@dataclass(frozen=True)
class NegativeLogLikelihood(Claim):
    """``scale`` × loss is −log ``density`` up to terms that do not contain the inputs.

    Attributes:
        noise: the distribution's name.
        density: density or probability of a target.
        scale: the positive factor.
        support: the targets that have a probability, where the loss takes others too.
        kind: what the distribution is called after its name.
    """

    noise: str
    density: sp.Expr
    scale: sp.Expr
    support: sp.Set | None = None
    kind: str = "noise"

    def statement(self) -> str:
        name = f"{self.noise} {self.kind}".rstrip()
        return f"the negative log-likelihood of {name}, up to a factor and a constant"

    def verify(self, loss: LossDefinition) -> Evidence:
        if not all(evaluate(self.scale, point) > 0 for point in self._points(loss, self.scale)):
            raise self.refute(loss, f"the factor {self.scale} is not positive")
        evidence = [self._check_formula(loss), self._check_total(loss)]
        return Evidence.PROVED if set(evidence) == {Evidence.PROVED} else Evidence.CHECKED

    def _check_formula(self, loss: LossDefinition) -> Evidence:
        negative_log = sp.expand_log(-sp.log(self.density), force=True)
        rest = negative_log - self.scale * loss.expression
        if not rest.has(sp.Piecewise) and rest.count_ops() < OPERATIONS:
            rest = sp.simplify(rest)
        if not rest.has(*loss.inputs):
            return Evidence.PROVED
        for point in self._points(loss, rest):
            for symbol in loss.inputs:
                ours = loss.evaluate(self.scale * loss.expression.diff(symbol), point)
                wanted = loss.evaluate(negative_log.diff(symbol), point)
                if not abs(ours - wanted) <= TOLERANCE * (1 + abs(wanted)):
                    raise self.refute(loss, f"{rest} is left over")
        return Evidence.CHECKED

    def _check_total(self, loss: LossDefinition) -> Evidence:
        """Probabilities of all targets add up to one."""
        if loss.targets and self._integrated(loss) == 1:
            return Evidence.PROVED
        inputs = set(self.density.free_symbols) - set(loss.targets)
        for point in loss.points(tuple(sorted(inputs, key=str)), limit=4):
            moderate = {
                symbol: sp.Max(-2, sp.Min(2, value)) if symbol in loss.inputs else value
                for symbol, value in point.items()
            }
            # Two probabilities may be bound to one another; those are left as they are.
            bound = {symbol for joint in loss.joints for symbol in joint.symbols}
            moderate |= {symbol: point[symbol] for symbol in bound & set(point)}
            total = self._total(loss, moderate)
            if abs(total - 1) > 1e-12:
                raise self.refute(loss, f"its probabilities add up to {sp.N(total, 8)}")
        return Evidence.CHECKED

    def _integrated(self, loss: LossDefinition) -> sp.Expr | None:
        domain = self.support or (loss.domain_of(loss.targets[0]) if loss.targets else None)
        if len(loss.targets) != 1 or self.density.count_ops() > 25 or domain is None:
            return None
        if isinstance(domain, sp.FiniteSet):
            return sp.simplify(sum(self.density.subs(loss.target, value) for value in domain))
        if domain != sp.S.Reals:
            return None
        return sp.simplify(sp.integrate(self.density, (loss.target, -sp.oo, sp.oo)))

    def _total(self, loss: LossDefinition, point: Point) -> sp.Float | mpmath.mpf:
        if len(loss.targets) != 1:
            (joint,) = [joint for joint in loss.joints if joint.symbols == loss.targets]
            whole = [values for values in joint.samples if set(values) <= {0, 1}]
            return sum(
                evaluate(self.density, {**point, **dict(zip(loss.targets, values, strict=True))})
                for values in whole
            )
        domain = self.support or loss.domain_of(loss.target)
        density = sp.lambdify(loss.target, self.density.subs(point), "mpmath")
        with mpmath.workdps(20):
            if isinstance(domain, sp.FiniteSet):
                return sum(density(mpmath.mpf(int(value))) for value in domain)
            if domain == sp.S.Naturals0:
                return _sum_over_counts(density)
            centre = mpmath.mpf(evaluate(loss.inputs[0], point))
            pieces = [-mpmath.inf, centre - 5, centre, centre + 5, mpmath.inf]
            return mpmath.quad(density, pieces)

    def _points(self, loss: LossDefinition, expression: sp.Expr) -> Iterator[Point]:
        for point in loss.points(_symbols(loss, sp.sympify(expression)), limit=40):
            target = point.get(loss.targets[0]) if len(loss.targets) == 1 else None
            if self.support is None or target is None or target in self.support:
                yield point


@dataclass(frozen=True)
class ProperScore(Claim):
    """Over targets that follow probabilities q, the mean loss is smallest for the prediction q.

    Attributes:
        link: for each input, the prediction that stands for the probabilities ``q1``, ``q2``, …;
            the probabilities themselves by default. With a single input ``q1`` is the
            probability of the target 1.
    """

    link: tuple[sp.Expr, ...] = ()

    def statement(self) -> str:
        return "a strictly proper scoring rule: the true probabilities score best, and only they"

    def verify(self, loss: LossDefinition) -> Evidence:
        outcomes = _outcomes(loss)
        q = sp.symbols(f"q1:{len(outcomes) + 1}", positive=True)
        link = self.link or q[: len(loss.inputs)]
        truths = list(_distributions(len(outcomes)))
        for parameters in loss.points(tuple(loss.parameters), limit=3):
            predictions = {
                truth: {
                    symbol: expression.subs({**dict(zip(q, truth, strict=True)), **parameters})
                    for symbol, expression in zip(loss.inputs, link, strict=True)
                }
                for truth in truths
            }
            scores = {
                truth: [
                    loss.evaluate(loss.expression, {**parameters, **prediction, **outcome})
                    for outcome in outcomes
                ]
                for truth, prediction in predictions.items()
            }
            for truth, rival in itertools.permutations(truths, 2):
                best, other = (
                    sum(share * score for share, score in zip(truth, scores[said], strict=True))
                    for said in (truth, rival)
                )
                if other <= best + TOLERANCE:
                    where = f"where {truth} is true, {rival} scores no worse"
                    raise self.refute(loss, f"{where} {dict(parameters) or ''}".rstrip())
        return Evidence.CHECKED


@dataclass(frozen=True)
class ClassificationCalibrated(Claim):
    """A convex margin loss whose slope at margin 0 exists and is negative.

    By theorem 2 of Bartlett, Jordan and McAuliffe (2006) minimising it then also minimises the
    share of wrong signs, given enough data and a rich enough model.
    """

    def statement(self) -> str:
        return "classification-calibrated: its minimiser has the sign of the likelier class"

    def verify(self, loss: LossDefinition) -> Evidence:
        (score,) = loss.inputs
        margin_loss = loss.expression.subs(loss.target, 1)
        flipped = loss.expression.subs({loss.target: -1, score: -score}, simultaneous=True)
        for point in loss.points(tuple(loss.parameters), limit=5):
            values = sample(loss.domain_of(score))
            if any(
                abs(loss.evaluate(margin_loss - flipped, {**point, score: value})) > TOLERANCE
                for value in values
            ):
                raise self.refute(loss, "it does not depend on the product of target and score")
            left, right = one_sided_slopes(margin_loss, score, {**point, score: sp.Integer(0)})
            if abs(left - right) > 1e-20:
                slopes = f"{mpmath.nstr(left, 8)} and {mpmath.nstr(right, 8)}"
                raise self.refute(loss, f"slopes of {slopes} at margin 0 {point or ''}".rstrip())
            if right >= 0:
                raise self.refute(loss, f"a slope of {mpmath.nstr(right, 8)} at margin 0")
        return Evidence.CHECKED


@dataclass(frozen=True)
class Integral(Claim):
    """The loss is the integral of an expression over all values of a symbol.

    Attributes:
        integrand: what is integrated.
        over: the symbol, from −∞ to ∞.
        description: the integral in words.
    """

    integrand: sp.Expr
    over: sp.Symbol
    description: str

    def statement(self) -> str:
        return self.description

    def verify(self, loss: LossDefinition) -> Evidence:
        total = sp.integrate(sp.expand(self.integrand), (self.over, -sp.oo, sp.oo))
        if not is_zero(total - loss.expression):
            raise self.refute(loss, f"the integral is {sp.simplify(total)}")
        return Evidence.PROVED


def _sum_over_counts(probability: Callable[[mpmath.mpf], mpmath.mpf]) -> mpmath.mpf:
    """All probabilities of 0, 1, 2, …: as many as change the sum, and some thousand at most."""
    total = mpmath.mpf(0)
    for count in range(20_000):
        term = probability(mpmath.mpf(count))
        total += term
        # Before the mode of the distribution terms are tiny too.
        if count > 200 and term < 1e-18:
            break
    return total


def _with_midpoints(values: tuple[sp.Expr, ...]) -> set[sp.Expr]:
    return {(left + right) / 2 for left in values for right in values}


def _mean(values: tuple[sp.Expr, ...], _: object) -> sp.Expr:
    return sum(values) / sp.Integer(len(values))


def _median(values: tuple[sp.Expr, ...], _: object) -> sp.Expr:
    return sorted(values)[len(values) // 2]


def _quantile(values: tuple[sp.Expr, ...], level: sp.Float) -> sp.Expr:
    """The smallest value that at least a share of ``level`` of the values does not exceed."""
    return sorted(values)[int(sp.ceiling(level * len(values))) - 1]


_STATISTIC: Mapping[str, Callable[..., sp.Expr]] = {
    "mean": _mean,
    "median": _median,
    "quantile": _quantile,
}


def _target_samples(domain: sp.Set) -> Iterator[tuple[sp.Expr, ...]]:
    """Lopsided samples of targets, so that mean, median and mid-range differ."""
    generator = random.Random(0)
    values = sample(domain)
    for size in (1, 3, 5, 8):
        yield tuple(generator.choices(values, k=size))


def _outcomes(loss: LossDefinition) -> list[Point]:
    """The targets of the single classes."""
    if len(loss.targets) == 1:
        return [{loss.target: sp.Integer(1)}, {loss.target: sp.Integer(0)}]
    return [{symbol: sp.Integer(symbol == hot) for symbol in loss.targets} for hot in loss.targets]


def _distributions(classes: int) -> Iterator[tuple[sp.Rational, ...]]:
    """Probabilities of two or three classes in twelfths, none of them 0."""
    whole = 12
    for shares in itertools.product(range(1, whole, 2 if classes > 2 else 1), repeat=classes - 1):
        if sum(shares) < whole:
            last = whole - sum(shares)
            yield tuple(sp.Rational(share, whole) for share in (*shares, last))
