"""Small vectors: symbols of classes and embeddings, and what binds their values together."""

import itertools
import random
from collections.abc import Sequence

import sympy as sp

from lossfns.symbolic.definition import Joint

CLASSES = 3

z = sp.symbols("z1:4", real=True)
"""Logits of three classes."""

LOGITS = dict.fromkeys(z, sp.S.Reals)

UNIT = sp.Interval(0, 1)
BITS = sp.FiniteSet(0, 1)
SIGNS = sp.FiniteSet(-1, 1)

hot = sp.symbols("y1:4", integer=True)
"""One-hot target: 1 for the true class, 0 for the others."""

q = sp.symbols("y1:4", real=True)
"""Target probabilities of three classes."""

p = sp.symbols("p1:4", nonnegative=True)
"""Predicted probabilities of three classes."""

q_true = sp.symbols("q1:4", positive=True)
"""The true probabilities in the link of a :class:`~lossfns.symbolic.ProperScore`."""


def class_index(symbols: Sequence[sp.Symbol]) -> sp.Expr:
    """The index of the 1 in a one-hot vector.

    >>> class_index(hot)
    y2 + 2*y3
    """
    return sum(number * symbol for number, symbol in enumerate(symbols))


def one_hot(symbols: Sequence[sp.Symbol]) -> Joint:
    """Vectors with a single 1."""
    size = len(symbols)
    rows = sp.eye(size)
    samples = tuple(tuple(rows[row, :]) for row in range(size))
    return Joint(symbols=tuple(symbols), description="one-hot: a single 1", samples=samples)


def probabilities(symbols: Sequence[sp.Symbol], *, positive: bool = False) -> Joint:
    """Vectors of non-negative (or positive) numbers that sum to one."""
    rows = [
        (sp.Rational(i, 12), sp.Rational(j, 12), sp.Rational(12 - i - j, 12))
        for i, j in itertools.product((0, 1, 3, 4, 6, 12), repeat=2)
        if i + j <= 12
    ]
    tiny = sp.Rational(1, 10**6)
    rows = [(tiny, sp.Rational(1, 2), sp.Rational(1, 2) - tiny), *rows, (1 - 2 * tiny, tiny, tiny)]
    # The ends are corners, since extreme points are put together from the ends.
    rows.sort(key=lambda row: row[0])
    samples = tuple(row for row in rows if not positive or min(row) > 0)
    return Joint(symbols=tuple(symbols), description="at least 0, with sum 1", samples=samples)


def nonzero(symbols: Sequence[sp.Symbol]) -> Joint:
    """Vectors that have a direction, of lengths from 1/1000 to 10⁴."""
    generator = random.Random(0)
    size = len(symbols)
    axis = tuple(sp.Integer(number == 0) for number in range(size))
    samples = [
        axis,
        tuple(-entry for entry in axis),
        (sp.Integer(0),) * (size - 1) + (sp.Integer(1),),
    ]
    samples += [(sp.Integer(10_000), *(sp.Integer(1) for _ in axis[1:]))]
    samples += [tuple(sp.Rational(1, 1000) * (number + 1) for number in range(size))]
    for _ in range(40):
        drawn = tuple(sp.Rational(generator.randint(-300, 300), 100) for _ in axis)
        if any(drawn):
            samples.append(drawn)
    return Joint(symbols=tuple(symbols), description="not all of them 0", samples=tuple(samples))


def softplus(x: sp.Expr) -> sp.Expr:
    """log(1 + eˣ)"""
    return sp.log(1 + sp.exp(x))


def sigma(x: sp.Expr) -> sp.Expr:
    """1/(1 + e⁻ˣ)"""
    return 1 / (1 + sp.exp(-x))


def logsumexp(xs: Sequence[sp.Expr]) -> sp.Expr:
    """The logarithm of the sum of exponentials."""
    return sp.log(sum(map(sp.exp, xs)))


def softmax(xs: Sequence[sp.Expr]) -> tuple[sp.Expr, ...]:
    """eˣ, divided by the sum of them."""
    total = sum(map(sp.exp, xs))
    return tuple(sp.exp(x) / total for x in xs)


def xlogy(x: sp.Expr, y: sp.Expr) -> sp.Expr:
    """x log y, and 0 where x is 0."""
    return sp.Piecewise((0, sp.Eq(x, 0)), (x * sp.log(y), True))


def entropy(xs: Sequence[sp.Expr]) -> sp.Expr:
    """−Σ x log x, with 0 log 0 = 0."""
    return -sum(xlogy(x, x) for x in xs)
