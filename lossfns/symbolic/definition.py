"""A function as mathematics: its symbols, its formula, where it is defined, how it is called.

:class:`Definition` is what losses and output layers share; :class:`LossDefinition` and
:class:`OutputLayer` add what only one of them has. Derivatives are derived from the formula,
never typed.
"""

import functools
import itertools
import math
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Self

import mpmath
import sympy as sp

if TYPE_CHECKING:
    from lossfns.symbolic.claims import Claim

DIGITS = 50
TOLERANCE = sp.Rational(1, 10 ** (DIGITS // 2))

POINTS = 225
"""Most points of a complete grid: all pairs of the fifteen sampled numbers."""

DRAWS = 63
"""Points that are drawn from a grid that has more."""

Point = Mapping[sp.Symbol, sp.Expr]
Nested = sp.Expr | tuple["Nested", ...]
"""A number, or rows of numbers: how the symbols lie in a tensor."""

o = sp.Symbol("o", real=True)
"""Raw output of a model for one element: the first argument of a loss."""

y = sp.Symbol("y", real=True)
"""Target of one element."""


@dataclass(frozen=True, kw_only=True)
class Joint:
    """Symbols whose values depend on one another, such as probabilities that sum to one.

    Attributes:
        symbols: the symbols.
        description: what holds of their values, in words.
        samples: exact values that they take together.
    """

    symbols: tuple[sp.Symbol, ...]
    description: str
    samples: tuple[tuple[sp.Expr, ...], ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class Definition:
    """A function of numbers, written once.

    Attributes:
        name: the function's name in ``lossfns``.
        title: what people call it.
        aliases: its other names, for the index and the search.
        inputs: the symbols that the function is differentiated by.
        domain: the set that each symbol (inputs, targets, parameters) comes from.
        joints: the symbols that are bound to one another.
        parameters: the function's parameters with their default values.
        arguments: for each tensor argument, the symbols or expressions in it, nested as its rows
            are. A call with them and with ``options`` gives ``expression``.
        options: for each other argument, its value or the expression of it.
        indices: the tensor arguments that hold class indices, so integers.
        claims: what is said of the function, each to be verified.
        torch_name: the function's name in PyTorch; ``None`` if it has none.
        page: the page that teaches it, below ``chapters/``.
        sources: primary sources, as keys of ``references.bib``.
    """

    name: str
    title: str
    aliases: tuple[str, ...] = ()
    inputs: tuple[sp.Symbol, ...]
    domain: Mapping[sp.Symbol, sp.Set]
    joints: tuple[Joint, ...] = ()
    parameters: Mapping[sp.Symbol, sp.Expr] = field(default_factory=dict)
    arguments: Mapping[str, Nested]
    options: Mapping[str, Any] = field(default_factory=dict)
    indices: tuple[str, ...] = ()
    claims: "tuple[Claim, ...]"
    torch_name: str | None
    page: str
    sources: tuple[str, ...] = ()

    @property
    def expressions(self) -> tuple[sp.Expr, ...]:
        """The formulas of the results, one for each."""
        raise NotImplementedError

    def with_expressions(self, change: Callable[[sp.Expr], sp.Expr]) -> Self:
        """The same definition with each formula changed."""
        raise NotImplementedError

    def jacobian(self) -> sp.Matrix:
        """Derivatives of each result (a row) by each input (a column), away from kinks."""
        return sp.Matrix([[_derivative(f, x) for x in self.inputs] for f in self.expressions])

    def gradient(self) -> sp.Matrix:
        """Derivatives of the single result by each input, as a column; valid away from kinks."""
        return self.jacobian().T

    def hessian(self) -> sp.Matrix:
        """Second derivatives by the inputs; at a kink they are a Dirac delta."""
        slopes = self.jacobian()
        return sp.Matrix([[_derivative(slope, x) for x in self.inputs] for slope in slopes])

    def given(self, values: Point) -> Self:
        """The definition with some of its symbols replaced for good.

        >>> from lossfns.symbolic import HUBER, delta
        >>> sorted(map(str, HUBER.given({delta: sp.Integer(2)}).domain))
        ['o', 'y']
        """

        def kept(mapping: Mapping[sp.Symbol, Any]) -> dict[sp.Symbol, Any]:
            return {symbol: value for symbol, value in mapping.items() if symbol not in values}

        fixed = self.with_expressions(lambda f: f.subs(values, simultaneous=True))
        return replace(
            fixed,
            inputs=tuple(symbol for symbol in self.inputs if symbol not in values),
            domain=kept(self.domain),
            parameters=kept(self.parameters),
            joints=tuple(joint for joint in self.joints if not set(joint.symbols) & set(values)),
        )

    def evaluate(self, expression: sp.Expr, values: Point) -> sp.Float:
        """``expression`` at exact ``values``, to 50 digits; parameters default to theirs."""
        return evaluate(expression, {**self.parameters, **values})

    def points(
        self, symbols: tuple[sp.Symbol, ...], limit: int = POINTS
    ) -> Iterator[dict[sp.Symbol, sp.Expr]]:
        """Sampled values of ``symbols``: every combination, or some if they are over ``limit``."""
        joints = [joint for joint in self.joints if set(joint.symbols) <= set(symbols)]
        bound = {symbol for joint in joints for symbol in joint.symbols}
        groups = [(joint.symbols, joint.samples) for joint in joints]
        for symbol in symbols:
            if symbol not in bound:
                values = sample(self.domain_of(symbol))
                groups.append(((symbol,), tuple((value,) for value in values)))
        if math.prod(len(values) for _, values in groups) <= limit:
            for combination in itertools.product(*(values for _, values in groups)):
                yield _joined(groups, combination, symbols)
            return
        generator = random.Random(0)
        for number in range(min(limit, DRAWS)):
            # Corners, where all is extreme; mixtures; and the middle, which an extreme hides.
            corner, middle = number % 3 == 0, number % 3 == 1
            ends = [(values[0], values[-1]) if corner else values for _, values in groups]
            combination = [generator.choice(values) for values in ends]
            point = _joined(groups, combination, symbols)
            for symbol in symbols if middle else ():
                if symbol not in bound:
                    moderate = _moderate(self.domain_of(symbol), generator)
                    point[symbol] = point[symbol] if moderate is None else moderate
            yield point

    def domain_of(self, symbol: sp.Symbol) -> sp.Set:
        """The set that a symbol comes from; one that is no part of the loss is just a number."""
        if symbol in self.domain:
            return self.domain[symbol]
        return sp.Interval.open(0, sp.oo) if symbol.is_positive else sp.S.Reals

    def arguments_at(self, values: Point) -> tuple[dict[str, Any], dict[str, Any]]:
        """Tensor arguments as nested lists, and options, with which the function is called.

        >>> from lossfns.symbolic import MSE
        >>> MSE.arguments_at({o: sp.Rational(1, 2), y: sp.Integer(2)})
        ({'input': 0.5, 'target': 2.0}, {})
        """
        point = {**self.parameters, **values}
        tensors = {
            name: _filled(layout, point, int if name in self.indices else float)
            for name, layout in self.arguments.items()
        }
        options = {
            name: float(evaluate(value, point)) if isinstance(value, sp.Expr) else value
            for name, value in self.options.items()
        }
        return tensors, options


@dataclass(frozen=True, kw_only=True, eq=False)
class LossDefinition(Definition):
    """A loss of one element, one row or one small batch.

    Attributes:
        targets: the symbols of the target.
        expression: the loss, as the function returns it for ``arguments`` and ``options``.
        output_layer: the output layer that the loss expects.
    """

    targets: tuple[sp.Symbol, ...]
    expression: sp.Expr
    output_layer: str

    @property
    def target(self) -> sp.Symbol:
        """The target of a loss that has a single one."""
        (target,) = self.targets
        return target

    @property
    def expressions(self) -> tuple[sp.Expr, ...]:
        return (self.expression,)

    def with_expressions(self, change: Callable[[sp.Expr], sp.Expr]) -> Self:
        return replace(self, expression=change(self.expression))


@dataclass(frozen=True, kw_only=True, eq=False)
class OutputLayer(Definition):
    """What turns a model's raw outputs into what a loss or a reader expects.

    Attributes:
        outputs: the expressions of the results.
        pairs_with: names of the losses that expect the layer, or that contain it.
    """

    outputs: tuple[sp.Expr, ...]
    pairs_with: tuple[str, ...] = ()

    @property
    def expression(self) -> sp.Expr:
        """The formula of a layer that has a single result."""
        (output,) = self.outputs
        return output

    @property
    def expressions(self) -> tuple[sp.Expr, ...]:
        return self.outputs

    def with_expressions(self, change: Callable[[sp.Expr], sp.Expr]) -> Self:
        return replace(self, outputs=tuple(map(change, self.outputs)))


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


def evaluate(expression: sp.Expr, values: Point) -> sp.Float:
    """``expression`` at exact ``values``, right to 50 digits.

    The number of digits doubles until the first 50 stay. A zero is believed only at 5,120
    digits, because 1 + exp(−10⁴) is 1 at any fewer than 4,343.

    >>> x = sp.Symbol("x", real=True)
    >>> evaluate(sp.log(1 + sp.exp(x)), {x: -10_000}).n(5)
    1.1355e-4343
    """
    expression = sp.sympify(expression)
    symbols = _sorted_symbols(expression)
    missing = [symbol for symbol in symbols if symbol not in values]
    if missing:
        raise ValueError(f"values must give every symbol of the expression; {missing} lack one")
    return _number(expression, tuple(sp.sympify(values[symbol]) for symbol in symbols))


@functools.lru_cache(maxsize=100_000)
def _number(expression: sp.Expr, point: tuple[sp.Expr, ...]) -> sp.Float:
    function = _compiled(expression, _sorted_symbols(expression))
    before = None
    digits = 80
    while digits <= 5120:
        with mpmath.workdps(digits):
            try:
                value = mpmath.mpf(function(*map(_exact, point)))
            except ZeroDivisionError:
                value = mpmath.nan
            if mpmath.isinf(value) and value == before:
                break
            if value and before and abs(value - before) <= abs(value) * mpmath.mpf(10) ** -DIGITS:
                break
        vanished = value == 0 or mpmath.isnan(value)
        digits = 5120 if vanished and digits < 5120 else 2 * digits
        before = value
    return sp.Float(value, DIGITS)


def one_sided_slopes(
    expression: sp.Expr, symbol: sp.Symbol, values: Point
) -> tuple[mpmath.mpf, mpmath.mpf]:
    """Slopes by ``symbol`` just to the left and just to the right of a point.

    They are difference quotients, so no rule of differentiation is used; where they differ the
    expression has a kink.

    >>> x = sp.Symbol("x", real=True)
    >>> one_sided_slopes(sp.Abs(x), x, {x: sp.Integer(0)})
    (mpf('-1.0'), mpf('1.0'))
    """
    symbols = tuple(sorted(expression.free_symbols | {symbol}, key=str))
    function = _compiled(expression, symbols)
    with mpmath.workdps(260):
        point = {name: _exact(sp.sympify(values[name])) for name in symbols}
        step = mpmath.mpf(10) ** -80
        left, here, right = (
            function(*({**point, symbol: point[symbol] + shift}[name] for name in symbols))
            for shift in (-step, 0, step)
        )
        return (here - left) / step, (right - here) / step


@functools.lru_cache(maxsize=4096)
def _sorted_symbols(expression: sp.Expr) -> tuple[sp.Symbol, ...]:
    return tuple(sorted(expression.free_symbols, key=str))


@functools.cache
def _derivative(expression: sp.Expr, symbol: sp.Symbol) -> sp.Expr:
    """Kept, because an entry of a Hessian is asked for at each point."""
    return expression.diff(symbol)


@functools.lru_cache(maxsize=4096)
def _compiled(expression: sp.Expr, symbols: tuple[sp.Symbol, ...]) -> Callable[..., mpmath.mpf]:
    special = {
        # Between the slopes on either side, as a subgradient is.
        "Heaviside": lambda x, at_zero: at_zero if x == 0 else mpmath.mpf(x > 0),
        "DiracDelta": lambda x: mpmath.inf if x == 0 else mpmath.mpf(0),
        "log1p": mpmath.log1p,
    }
    # The same number with fewer digits: log(1 + x) is lost beside 1 where x is tiny.
    accurate = expression.replace(
        lambda part: isinstance(part, sp.log) and part.args[0].is_Add and 1 in part.args[0].args,
        lambda part: sp.Function("log1p")(part.args[0] - 1),
    )
    return sp.lambdify(symbols, accurate, [special, "mpmath"], cse=True)


def _exact(number: sp.Expr) -> mpmath.mpf:
    if number.is_Rational:
        return mpmath.mpf(number.p) / number.q
    return sp.N(number, mpmath.mp.dps)._to_mpmath(mpmath.mp.prec)


def _joined(groups: list, combination: tuple, order: tuple[sp.Symbol, ...]) -> dict:
    values = {
        symbol: value
        for (symbols, _), chosen in zip(groups, combination, strict=True)
        for symbol, value in zip(symbols, chosen, strict=True)
    }
    return {symbol: values[symbol] for symbol in order}


def _moderate(domain: sp.Set, generator: random.Random) -> sp.Rational | None:
    """A random number of the size of 1 in a set, if it is an interval that has one."""
    if not isinstance(domain, sp.Interval | type(sp.S.Reals)):
        return None
    low = max(domain.start, -3)
    high = min(domain.end, low + 6)
    return low + (high - low) * sp.Rational(generator.randint(1, 999), 1000)


def _filled(layout: Nested, point: Point, kind: type) -> Any:
    if isinstance(layout, tuple):
        return [_filled(entry, point, kind) for entry in layout]
    return kind(evaluate(layout, point))
