"""What can be said of a loss and be put to the test: its shape, its slopes, its other forms.

:meth:`Claim.verify` either proves a claim with SymPy, or checks it in 50-digit arithmetic at
ordinary, extreme and random points, or raises :class:`FalseClaim` with a counterexample. What a
loss says about probability and statistics is in :mod:`lossfns.symbolic.statistical_claims`.
"""

import functools
import itertools
import random
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

import mpmath
import sympy as sp
from sympy.printing.pretty.pretty_symbology import pretty_symbol
from sympy.printing.str import StrPrinter

from lossfns.symbolic.definition import (
    DIGITS,
    TOLERANCE,
    Definition,
    LossDefinition,
    Point,
    evaluate,
    one_sided_slopes,
    sample,
)

OPERATIONS = 70
"""Size of an expression up to which SymPy is asked to simplify it: beyond, it takes minutes."""

FAR = sp.Integer(10) ** 12
"""Far enough out that a slope has reached its limit to within :data:`NEARLY`."""

NEARLY = sp.Rational(1, 10**6)
"""How close to a bound counts as coming as close to it as one likes."""


class Evidence(Enum):
    """How a claim was found to hold."""

    PROVED = "proved by SymPy for every value in the domain"
    CHECKED = "checked in 50-digit arithmetic at ordinary and extreme points"


class FalseClaim(AssertionError):
    """A claim does not hold; the message names the claim and a counterexample."""

    def __init__(self, name: str, statement: str, counterexample: object) -> None:
        super().__init__(f"{name}: not {statement}: {counterexample}")
        self.counterexample = counterexample


@dataclass(frozen=True)
class Claim(ABC):
    """Something said of a definition that can be put to the test."""

    @abstractmethod
    def statement(self) -> str:
        """The claim in words, as a card prints it."""

    @abstractmethod
    def verify(self, loss: Definition) -> Evidence:
        """Return the evidence for the claim, or raise :class:`FalseClaim`."""

    def refute(self, loss: Definition, counterexample: object) -> FalseClaim:
        """The error that says where the claim fails."""
        return FalseClaim(loss.name, self.statement(), counterexample)


# Claims about claims


@dataclass(frozen=True)
class Given(Claim):
    """A claim of the loss with some of its symbols fixed.

    Attributes:
        values: what the symbols are replaced by: numbers, or expressions in the other symbols.
        claim: what holds then.
        condition: the condition in words, where the values do not say it well.
    """

    values: Mapping[sp.Symbol, sp.Expr]
    claim: Claim
    condition: str = ""

    def statement(self) -> str:
        fixed = ", ".join(
            f"{plain(symbol)} = {plain(value)}" for symbol, value in self.values.items()
        )
        return f"{self.condition or 'for ' + fixed}: {self.claim.statement()}"

    def verify(self, loss: Definition) -> Evidence:
        try:
            return self.claim.verify(loss.given(self.values))
        except FalseClaim as failure:
            raise self.refute(loss, failure.counterexample) from failure


@dataclass(frozen=True)
class Not(Claim):
    """The opposite of a claim: it holds if the claim has a counterexample."""

    claim: Claim

    def statement(self) -> str:
        return f"not {self.claim.statement()}"

    def verify(self, loss: Definition) -> Evidence:
        try:
            evidence = self.claim.verify(loss)
        except FalseClaim:
            return Evidence.CHECKED
        raise self.refute(loss, evidence.value)


# Where the values lie


@dataclass(frozen=True)
class NonNegative(Claim):
    """The loss is at least zero, and zero when the prediction equals the target."""

    def statement(self) -> str:
        return "at least 0, and 0 where input and target agree"

    def verify(self, loss: LossDefinition) -> Evidence:
        (prediction,) = loss.inputs
        at_target = loss.expression.subs(prediction, loss.target)
        if not is_zero(at_target):
            for point in loss.points(_symbols(loss, at_target)):
                if loss.evaluate(at_target, point) != 0:
                    raise self.refute(loss, f"{at_target} where they agree")
        if loss.expression.is_nonnegative:
            return Evidence.PROVED
        for point in loss.points(_symbols(loss, loss.expression)):
            if loss.evaluate(loss.expression, point) < 0:
                raise self.refute(loss, point)
        return Evidence.CHECKED


@dataclass(frozen=True)
class Range(Claim):
    """Each result lies between ``lower`` and ``upper``, and comes as close to both as one likes."""

    lower: sp.Expr
    upper: sp.Expr

    def statement(self) -> str:
        if self.upper == sp.oo:
            return f"at least {plain(self.lower)}, and unbounded"
        if self.lower == -sp.oo:
            return f"at most {plain(self.upper)}, and unbounded"
        return f"between {plain(self.lower)} and {plain(self.upper)}"

    def verify(self, loss: Definition) -> Evidence:
        for expression in loss.expressions:
            values = []
            for point in loss.points(_symbols(loss, expression)):
                value = loss.evaluate(expression, point)
                if not self.lower - TOLERANCE <= value <= self.upper + TOLERANCE:
                    raise self.refute(loss, f"{sp.N(value, 8)} at {point}")
                values.append(value)
            for end, found in ((self.lower, min(values)), (self.upper, max(values))):
                # The inputs end at 10⁴, so what grows without bound is past 5 there.
                if abs(found) < 5 if end.is_infinite else abs(found - end) > sp.Rational(1, 100):
                    raise self.refute(loss, f"of all values found {sp.N(found, 8)} is nearest")
        return Evidence.CHECKED


@dataclass(frozen=True)
class NeverBelow(Claim):
    """The loss is at least ``other`` wherever both are defined, and somewhere close to it."""

    other: sp.Expr
    description: str

    def statement(self) -> str:
        return f"never below {self.description}"

    def verify(self, loss: LossDefinition) -> Evidence:
        gaps = []
        for point in loss.points(_symbols(loss, loss.expression, self.other)):
            value, bound = (loss.evaluate(f, point) for f in (loss.expression, self.other))
            if value < bound - TOLERANCE * (1 + abs(bound)):
                raise self.refute(loss, point)
            gaps.append((value - bound) / (1 + abs(bound)))
        if min(gaps) > sp.Rational(1, 100):
            raise self.refute(loss, f"it stays {sp.N(min(gaps), 5)} above, so more could be said")
        return Evidence.CHECKED


@dataclass(frozen=True)
class NeverAbove(Claim):
    """The loss is at most ``other`` wherever both are defined, and somewhere close to it."""

    other: sp.Expr
    description: str

    def statement(self) -> str:
        return f"never above {self.description}"

    def verify(self, loss: LossDefinition) -> Evidence:
        try:
            return NeverBelow(-self.other, "").verify(loss.with_expressions(lambda f: -f))
        except FalseClaim as failure:
            raise self.refute(loss, failure.counterexample) from failure


# Symmetries and other forms


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
        return _same(self, loss, [above], [below])


@dataclass(frozen=True)
class Invariant(Claim):
    """The results stay what they are when the symbols change.

    Attributes:
        change: what each symbol is replaced by, all at once; a symbol of its own, such as the
            ``c`` of a shift, may have any value.
        description: the change in words.
    """

    change: Mapping[sp.Symbol, sp.Expr]
    description: str

    def statement(self) -> str:
        return f"unchanged by {self.description}"

    def verify(self, loss: Definition) -> Evidence:
        changed = loss.with_expressions(lambda f: f.subs(self.change, simultaneous=True))
        if not all(f.free_symbols & set(self.change) for f in loss.expressions):
            raise self.refute(loss, "the formula does not hold what is to change")
        return _same(self, loss, loss.expressions, changed.expressions)


@dataclass(frozen=True)
class Equals(Claim):
    """The loss, or the layer, is also this expression (one for each result)."""

    other: sp.Expr | tuple[sp.Expr, ...]
    description: str

    def statement(self) -> str:
        return f"the same as {self.description}"

    def verify(self, loss: Definition) -> Evidence:
        others = self.other if isinstance(self.other, tuple) else (self.other,)
        return _same(self, loss, loss.expressions, others)


@dataclass(frozen=True)
class Identity(Claim):
    """Two expressions in the symbols of a definition are equal."""

    quantity: Callable[[Definition], sp.Expr]
    value: sp.Expr
    description: str

    def statement(self) -> str:
        return self.description

    def verify(self, loss: Definition) -> Evidence:
        return _same(self, loss, [self.quantity(loss)], [self.value])


@dataclass(frozen=True)
class Limit(Claim):
    """``scale`` × loss tends to ``other`` as a symbol goes to a value (from above, if finite).

    Attributes:
        symbol: what changes; everything else stays.
        to: where it goes.
        other: what the loss becomes (one expression for each result).
        description: ``other`` in words.
        scale: what the loss is multiplied by.
        sign: the side from which a finite value is approached.
    """

    symbol: sp.Symbol
    to: sp.Expr
    other: sp.Expr | tuple[sp.Expr, ...]
    description: str
    scale: sp.Expr = sp.S.One
    sign: int = 1

    def statement(self) -> str:
        times = "" if self.scale == 1 else f"times {plain(self.scale)}, "
        return f"{times}as {plain(self.symbol)} → {plain(self.to)}: {self.description}"

    def verify(self, loss: Definition) -> Evidence:
        others = self.other if isinstance(self.other, tuple) else (self.other,)
        for expression, other in zip(loss.expressions, others, strict=True):
            scaled = self.scale * expression
            free = tuple(s for s in _symbols(loss, scaled, other) if s != self.symbol)
            for point in loss.points(free, limit=40):
                self._check(loss, scaled, evaluate(other, point), point)
        return Evidence.CHECKED

    def _check(self, loss: Definition, scaled: sp.Expr, target: sp.Float, point: Point) -> None:
        first, second = (
            evaluate(scaled, {**point, self.symbol: self._near(exponent)}) for exponent in (20, 40)
        )
        where = f"at {plain(self.symbol)} = {self._near(40)}, {point}"
        if target.is_infinite:
            if not (second * sp.sign(target) > 10 and abs(second) > abs(first)):
                raise self.refute(loss, f"it reaches {sp.N(second, 8)} {where}")
            return
        gaps = [abs(value - target) for value in (first, second)]
        # Ten thousand is the largest input, so 10^-40 times its square is still nothing.
        if not (gaps[1] <= NEARLY * (1 + abs(target)) and gaps[1] <= gaps[0] + TOLERANCE):
            raise self.refute(loss, f"still {sp.N(gaps[1], 8)} away {where}")

    def _near(self, exponent: int) -> sp.Expr:
        if self.to.is_infinite:
            return sp.sign(self.to) * sp.Integer(10) ** exponent
        return self.to + self.sign * sp.Rational(1, 10**exponent)


# Slopes


@dataclass(frozen=True)
class GradientIs(Claim):
    """The gradient by the inputs is this expression (one for each input)."""

    gradient: tuple[sp.Expr, ...]
    description: str

    def statement(self) -> str:
        return f"its gradient is {self.description}"

    def verify(self, loss: LossDefinition) -> Evidence:
        return _same(self, loss, loss.gradient(), self.gradient)


@dataclass(frozen=True)
class JacobianIs(Claim):
    """The derivatives of a layer's results (rows) by its inputs (columns) are this matrix."""

    matrix: sp.Matrix
    description: str

    def statement(self) -> str:
        return f"its derivative is {self.description}"

    def verify(self, loss: Definition) -> Evidence:
        return _same(self, loss, loss.jacobian(), self.matrix)


@dataclass(frozen=True)
class HessianIs(Claim):
    """The second derivatives by the inputs are this matrix."""

    matrix: sp.Matrix
    description: str

    def statement(self) -> str:
        return f"its Hessian is {self.description}"

    def verify(self, loss: LossDefinition) -> Evidence:
        return _same(self, loss, loss.hessian(), self.matrix)


@dataclass(frozen=True)
class Stationary(Claim):
    """The derivatives by the symbols of ``at`` vanish where these have the values of ``at``."""

    at: Mapping[sp.Symbol, sp.Expr]
    description: str

    def statement(self) -> str:
        return f"stationary at {self.description}"

    def verify(self, loss: LossDefinition) -> Evidence:
        slopes = (loss.expression.diff(symbol) for symbol in self.at)
        at_point = [slope.subs(self.at, simultaneous=True) for slope in slopes]
        return _same(self, loss, at_point, [sp.Integer(0)] * len(at_point))


@dataclass(frozen=True)
class Kink(Claim):
    """The loss has no derivative by its input where that is ``at``: the slopes there differ."""

    at: sp.Expr
    description: str

    def statement(self) -> str:
        return f"not differentiable {self.description}"

    def verify(self, loss: LossDefinition) -> Evidence:
        symbol = loss.inputs[0]
        others = tuple(s for s in _symbols(loss, loss.expression, self.at) if s != symbol)
        for point in loss.points(others, limit=20):
            at_kink = {**point, symbol: sp.sympify(self.at).subs(point)}
            left, right = one_sided_slopes(loss.expression, symbol, at_kink)
            if abs(right - left) < 1e-20:
                raise self.refute(loss, f"a slope of {mpmath.nstr(left, 8)} at {at_kink}")
        return Evidence.CHECKED


@dataclass(frozen=True)
class Lipschitz(Claim):
    """The slope's size never exceeds ``constant``, and comes as close to it as one likes.

    Attributes:
        constant: the bound on the Euclidean norm of the gradient; may contain parameters.
        at: a point where it is reached, for a loss of several inputs; may contain parameters.
    """

    constant: sp.Expr
    at: Point | None = None

    def statement(self) -> str:
        if self.constant == sp.oo:
            return "without a Lipschitz constant: the gradient grows without bound"
        return f"Lipschitz in the input with constant {plain(self.constant)}"

    def verify(self, loss: LossDefinition) -> Evidence:
        slopes = loss.gradient()
        polynomial = slopes[0].is_polynomial(*loss.inputs) and slopes[0].has(*loss.inputs)
        if self.constant == sp.oo and len(loss.inputs) == 1 and polynomial:
            return Evidence.PROVED
        return _bounded(self, loss, lambda point: _steepness(loss, slopes, point), "slope")


@dataclass(frozen=True)
class Smooth(Claim):
    """The gradient's own slope (the Hessian's norm) never exceeds ``constant``, and reaches it.

    Gradient descent with a learning rate below 2/constant cannot overshoot.
    """

    constant: sp.Expr
    at: Point | None = None

    def statement(self) -> str:
        if self.constant == sp.oo:
            return "not smooth: its curvature is unbounded"
        return f"smooth with constant {plain(self.constant)}: descend with a rate below 2/constant"

    def verify(self, loss: LossDefinition) -> Evidence:
        hessian = loss.hessian()
        if not hessian.free_symbols and len(loss.inputs) == 1 and hessian[0] == self.constant:
            return Evidence.PROVED
        return _bounded(self, loss, lambda point: _curvature(loss, hessian, point), "curvature")


@dataclass(frozen=True)
class Redescending(Claim):
    """The further out an outlier lies, the less it pulls, down to nothing."""

    def statement(self) -> str:
        return "redescending: the gradient of a far outlier dies out"

    def verify(self, loss: LossDefinition) -> Evidence:
        (prediction,) = loss.inputs
        slope = abs(loss.gradient()[0])
        others = tuple(s for s in _symbols(loss, slope) if s != prediction)
        for point in loss.points(others, limit=20):
            for side in (1, -1):
                near, far = (
                    evaluate(slope, {**point, prediction: side * size}) for size in (FAR, FAR**2)
                )
                if far > NEARLY or far > near:
                    raise self.refute(loss, f"a slope of {sp.N(far, 8)} far out at {point}")
        return Evidence.CHECKED


# Convexity


@dataclass(frozen=True)
class Convex(Claim):
    """Convex in the inputs together, or in those named, for every target and parameter."""

    by: tuple[sp.Symbol, ...] = ()
    argument: str = "the input"

    def statement(self) -> str:
        return f"convex in {self.argument}"

    def verify(self, loss: LossDefinition) -> Evidence:
        by = self.by or loss.inputs
        # A kink's second derivative is a Dirac delta, whose sign SymPy leaves open: such a loss
        # goes on to the definition of convexity itself.
        if len(by) == 1 and loss.expression.count_ops() < OPERATIONS:
            second = loss.expression.diff(by[0], 2)
            if not second.has(sp.Piecewise) and sp.simplify(second).is_nonnegative:
                return Evidence.PROVED

        @functools.cache
        def value(*at: tuple[sp.Symbol, sp.Expr]) -> sp.Float:
            return loss.evaluate(loss.expression, dict(at))

        for left, right, point in _chords(loss, by):
            middle = {symbol: (left[symbol] + right[symbol]) / 2 for symbol in by}
            below, above, between = (
                value(*point.items(), *end.items()) for end in (left, right, middle)
            )
            chord = (below + above) / 2
            if between > chord + TOLERANCE * (1 + abs(chord)):
                raise self.refute(loss, f"between {left} and {right} at {point}")
        if len(by) > 1:
            self._check_curvature(loss, by)
        return Evidence.CHECKED

    def _check_curvature(self, loss: LossDefinition, by: tuple[sp.Symbol, ...]) -> None:
        hessian = sp.hessian(loss.expression, by)
        for point in loss.points(_symbols(loss, loss.expression), limit=12):
            if any(point[s] in loss.domain_of(s).boundary for s in by):
                continue
            lowest, size = _spectral(loss, hessian, point)
            # A kink that the point happens to hit has an infinite curvature.
            if size.is_finite and lowest < -TOLERANCE * (1 + size):
                raise self.refute(loss, f"a curvature of {sp.N(lowest, 8)} at {point}")


@dataclass(frozen=True)
class Concave(Claim):
    """Its negative is convex."""

    argument: str = "the input"

    def statement(self) -> str:
        return f"concave in {self.argument}"

    def verify(self, loss: LossDefinition) -> Evidence:
        try:
            return Convex().verify(loss.with_expressions(lambda f: -f))
        except FalseClaim as failure:
            raise self.refute(loss, failure.counterexample) from failure


def is_zero(expression: sp.Expr) -> bool:
    """Whether SymPy finds an expression to be 0; ``False`` may mean that it is too long to try."""
    if sp.sympify(expression) == 0:
        return True
    if expression.has(sp.Piecewise) or expression.count_ops() > OPERATIONS:
        return False
    return sp.simplify(sp.expand(expression)) == 0


def _same(claim: Claim, loss: Definition, these: object, those: object) -> Evidence:
    """Evidence that two lists of expressions agree, entry by entry."""
    evidence = Evidence.PROVED
    for this, that in zip(these, those, strict=True):
        if is_zero(this - that):
            continue
        evidence = Evidence.CHECKED
        for point in loss.points(_symbols(loss, this, that)):
            left, right = loss.evaluate(this, point), loss.evaluate(that, point)
            gap = abs(left - right)
            if left != right and not (gap.is_finite and gap <= TOLERANCE * (1 + abs(left))):
                raise claim.refute(loss, f"{sp.N(left, 8)} against {sp.N(right, 8)} at {point}")
    return evidence


def _symbols(loss: Definition, *expressions: sp.Expr) -> tuple[sp.Symbol, ...]:
    """The symbols to be given values: the definition's own first, in its order."""
    free = set().union(*(sp.sympify(expression).free_symbols for expression in expressions))
    bound = {s for joint in loss.joints if free & set(joint.symbols) for s in joint.symbols}
    targets = getattr(loss, "targets", ())
    order = [*loss.inputs, *targets, *loss.parameters, *loss.domain]
    order += sorted(free, key=str)
    return tuple(dict.fromkeys(symbol for symbol in order if symbol in free | bound))


def _bounded(
    claim: Lipschitz | Smooth, loss: LossDefinition, size: Callable[[Point], sp.Float], what: str
) -> Evidence:
    """Evidence that a size stays below the claim's constant and comes close to it.

    Where the constant depends on parameters it has to be right for several of their values, not
    only for the one at which the size comes closest to it.
    """
    parameters = tuple(s for s in loss.parameters if s in claim.constant.free_symbols)
    for fixed in loss.points(parameters, limit=4):
        _bounded_at(claim, loss, size, what, fixed)
    return Evidence.CHECKED


def _bounded_at(
    claim: Lipschitz | Smooth,
    loss: LossDefinition,
    size: Callable[[Point], sp.Float],
    what: str,
    fixed: Point,
) -> None:
    unbounded = claim.constant == sp.oo
    largest = sp.Float(0)
    # A curvature far out is that of a straight line or of the squared error, but takes thousands
    # of digits to tell from 0.
    for point in _far_points(loss, claim.at, fixed, ends=unbounded or what == "slope"):
        found = size(point)
        if not found.is_finite:
            raise claim.refute(loss, f"a kink at {point}")
        bound = sp.Integer(1) if unbounded else evaluate(claim.constant, point)
        if not unbounded and found > bound * (1 + TOLERANCE):
            raise claim.refute(loss, f"a {what} of {sp.N(found, 8)} at {point}")
        largest = max(largest, found / bound)
    if largest < (10**9 if unbounded else 1 - NEARLY):
        unit = "" if unbounded else " of it"
        where = f" at {dict(fixed)}" if fixed else ""
        raise claim.refute(loss, f"the largest {what} found is {sp.N(largest, 8)}{unit}{where}")


def _far_points(
    loss: LossDefinition, witness: Point | None, fixed: Point, *, ends: bool
) -> Iterator[Point]:
    """Sampled points, points far out or next to the domain's ends, and the witness."""
    if witness is not None:
        known = {**loss.parameters, **fixed}
        yield {**known, **{s: sp.sympify(value).subs(known) for s, value in witness.items()}}
    bound = {symbol for joint in loss.joints for symbol in joint.symbols}
    for number, point in enumerate(loss.points(_symbols(loss, loss.expression, *loss.inputs))):
        point |= fixed
        yield point
        symbol = loss.inputs[number % len(loss.inputs)]
        if ends and symbol not in bound and number < 40:
            for end in _ends(loss.domain_of(symbol)):
                yield {**point, symbol: end}


def _ends(domain: sp.Set) -> Iterator[sp.Expr]:
    low, high = domain.inf, domain.sup
    yield -FAR if low == -sp.oo else low + 1 / FAR
    yield FAR if high == sp.oo else high - 1 / FAR


def _steepness(loss: LossDefinition, slopes: sp.Matrix, point: Point) -> sp.Float:
    """The gradient's norm at a point; where there is none, the change of value across it."""
    size = sp.sqrt(sum(loss.evaluate(slope, point) ** 2 for slope in slopes)).evalf(DIGITS)
    return size if size.is_finite else _quotient(loss, [loss.expression], point)


def _curvature(loss: LossDefinition, hessian: sp.Matrix, point: Point) -> sp.Float:
    """The Hessian's norm at a point; where there is none, the change of slope across it."""
    size = _spectral(loss, hessian, point)[1]
    return size if size.is_finite else _quotient(loss, loss.gradient(), point)


def _quotient(loss: LossDefinition, quantities: object, point: Point) -> sp.Float:
    """By how much quantities change across a point, for each unit of the way."""
    step = sp.Rational(1, 10**30)
    directions = {symbol: number + 1 for number, symbol in enumerate(loss.inputs)}
    ahead, behind = (
        {**point, **{symbol: point[symbol] + side * step * by for symbol, by in directions.items()}}
        for side in (1, -1)
    )
    changes = (loss.evaluate(f, ahead) - loss.evaluate(f, behind) for f in quantities)
    way = 2 * step * sp.sqrt(sum(by**2 for by in directions.values()))
    return (sp.sqrt(sum(change**2 for change in changes)) / way).evalf(DIGITS)


def _spectral(loss: LossDefinition, hessian: sp.Matrix, point: Point) -> tuple[sp.Float, sp.Float]:
    """The lowest eigenvalue and the largest size of one."""
    values = [loss.evaluate(entry, point) for entry in hessian]
    if not all(value.is_finite for value in values):
        return sp.oo, sp.oo
    with mpmath.workdps(2 * DIGITS):
        size = hessian.shape[0]
        matrix = mpmath.matrix(size, size)
        for number, value in enumerate(values):
            matrix[number // size, number % size] = mpmath.mpf(value)
        eigenvalues = list(mpmath.eigsy(matrix, eigvals_only=True))
        lowest, largest = min(eigenvalues), max(map(abs, eigenvalues))
        return sp.Float(lowest, DIGITS), sp.Float(largest, DIGITS)


def _chords(
    loss: LossDefinition, by: tuple[sp.Symbol, ...]
) -> Iterator[tuple[Point, Point, Point]]:
    """Two ends of a chord each, and the values of the other symbols along it."""
    others = tuple(s for s in _symbols(loss, loss.expression) if s not in by)
    rest = list(loss.points(others, limit=12))
    if len(by) == 1:
        values = sample(loss.domain_of(by[0]))
        for point, pair in itertools.product(rest, itertools.combinations(values, 2)):
            left, right = ({by[0]: value} for value in pair)
            yield left, right, point
        return
    ends = list(loss.points(by, limit=60))
    generator = random.Random(0)
    for number in range(90):
        left, right = generator.sample(ends, 2)
        yield left, right, rest[number % len(rest)]


class _CardPrinter(StrPrinter):
    """Formulas as plain text in the course's letters: δ for ``delta``, √2 for ``sqrt(2)``."""

    def _print_Symbol(self, expr: sp.Symbol) -> str:  # noqa: N802 (SymPy's name)
        return pretty_symbol(expr.name)

    def _print_Infinity(self, expr: sp.Expr) -> str:  # noqa: N802, ARG002
        return "∞"

    def _print_NegativeInfinity(self, expr: sp.Expr) -> str:  # noqa: N802, ARG002
        return "−∞"

    def _print_Pow(self, expr: sp.Pow, rational: bool = False) -> str:  # noqa: N802
        if expr.exp == sp.Rational(1, 2) and expr.base.is_Atom:
            return f"√{self._print(expr.base)}"
        return super()._print_Pow(expr, rational).replace("**", "^")


def plain(expression: sp.Expr) -> str:
    """An expression as a card prints it.

    >>> plain(-sp.sqrt(2) * sp.Symbol("beta"))
    '−√2·β'
    """
    return _CardPrinter().doprint(expression).replace("*", "·").replace("-", "−")
