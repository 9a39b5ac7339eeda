"""Definitions of the losses on distances and angles between embeddings, in two dimensions."""

import sympy as sp

from lossfns.symbolic.claims import (
    Convex,
    Equals,
    Given,
    Invariant,
    Kink,
    Limit,
    Lipschitz,
    NeverAbove,
    NeverBelow,
    Not,
    Range,
    Smooth,
)
from lossfns.symbolic.definition import LossDefinition
from lossfns.symbolic.vectors import SIGNS, nonzero

ZERO, ONE = sp.Integer(0), sp.Integer(1)
PAGE = "embeddings/metric_learning"
POSITIVE = sp.Interval.open(0, sp.oo)
EMBEDDING = "none, or a projection onto the unit sphere"

u = sp.symbols("u1 u2", real=True)
v = sp.symbols("v1 v2", real=True)
w = sp.symbols("w1 w2", real=True)

sign = sp.Symbol("y", integer=True)
"""1 for a pair that belongs together, −1 for one that does not."""

m = sp.Symbol("m", real=True)
"""Margin."""

m_pos = sp.Symbol("m", positive=True)
"""Margin that is a distance."""

epsilon = sp.Symbol("epsilon", nonnegative=True)
"""A small number that keeps a gradient finite."""

factor = sp.Symbol("c", positive=True)
step = sp.symbols("t1 t2", real=True)


def _dot(a: tuple, b: tuple) -> sp.Expr:
    return sum(x * y for x, y in zip(a, b, strict=True))


def _norm(a: tuple) -> sp.Expr:
    return sp.sqrt(_dot(a, a))


def _minus(a: tuple, b: tuple) -> tuple:
    return tuple(x - y for x, y in zip(a, b, strict=True))


def _change(*pairs: tuple) -> dict[sp.Symbol, sp.Expr]:
    return {old: new for olds, news in pairs for old, new in zip(olds, news, strict=True)}


def _turned(a: tuple) -> tuple:
    """Turned by the angle whose cosine is 3/5."""
    cos, sin = sp.Rational(3, 5), sp.Rational(4, 5)
    return (cos * a[0] - sin * a[1], sin * a[0] + cos * a[1])


def _moved(a: tuple) -> tuple:
    return tuple(x + t for x, t in zip(a, step, strict=True))


_cosine = _dot(u, v) / sp.sqrt((_dot(u, u) + epsilon) * (_dot(v, v) + epsilon))
_TURNED = Invariant(_change((u, _turned(u)), (v, _turned(v))), "turning both vectors alike")
_EXCHANGED = Invariant(_change((u, v), (v, u)), "exchanging the two vectors")
_NO_EPSILON = {epsilon: ZERO}

COSINE_EMBEDDING = LossDefinition(
    name="cosine_embedding_loss",
    title="Cosine embedding loss",
    aliases=("cosine similarity loss", "cosine distance loss"),
    inputs=(*u, *v),
    targets=(sign,),
    parameters={m: ZERO, epsilon: sp.Rational(1, 10**12)},
    expression=sp.Piecewise((1 - _cosine, sp.Eq(sign, 1)), (sp.Max(0, _cosine - m), True)),
    domain={
        **dict.fromkeys((*u, *v), sp.S.Reals),
        sign: SIGNS,
        m: sp.Interval(-1, 1),
        epsilon: sp.Interval(0, sp.Rational(1, 10**9)),
    },
    joints=(nonzero(u), nonzero(v)),
    arguments={"input1": (u,), "input2": (v,), "target": (sign,)},
    options={"margin": m},
    output_layer=EMBEDDING,
    claims=(
        Range(ZERO, sp.Integer(2)),
        Given(
            _NO_EPSILON, Invariant(_change((u, [factor * x for x in u])), "making a vector longer")
        ),
        _TURNED,
        _EXCHANGED,
        Not(Convex()),
        Given(
            {sign: ONE, epsilon: ZERO},
            Equals(
                _dot(
                    [x / _norm(u) - y / _norm(v) for x, y in zip(u, v, strict=True)],
                    [x / _norm(u) - y / _norm(v) for x, y in zip(u, v, strict=True)],
                )
                / 2,
                "half the squared distance of the unit vectors",
            ),
            "for y = 1",
        ),
        Given(
            {sign: -ONE, m: ZERO, v[0]: -u[1], v[1]: u[0]},
            Equals(ZERO, "0: a right angle, and anything beyond it, costs nothing"),
            "for y = −1 and margin 0",
        ),
        Given(
            {sign: -ONE, m: ZERO, v[0]: -u[0], v[1]: -u[1]},
            Equals(ZERO, "0: the vectors are not asked to be orthogonal"),
            "for opposite vectors, y = −1 and margin 0",
        ),
    ),
    torch_name="cosine_embedding_loss",
    page=PAGE,
    sources=("bromley1993",),
)


def _torch_distance(a: tuple, b: tuple) -> sp.Expr:
    """The distance with ε inside the norm."""
    return _norm(tuple(x - y + epsilon for x, y in zip(a, b, strict=True)))


_triplet = sp.Max(0, _torch_distance(u, v) - _torch_distance(u, w) + m_pos)
_ALL_MOVED = Invariant(
    _change((u, _moved(u)), (v, _moved(v)), (w, _moved(w))), "moving all three alike"
)
_ALL_TURNED = Given(
    _NO_EPSILON,
    Invariant(
        _change((u, _turned(u)), (v, _turned(v)), (w, _turned(w))), "turning all three alike"
    ),
)
# The anchor lies between the two: both pull it the same way.
_STRETCHED = dict(zip((*u, *v, *w), (0, 0, 1, 0, -1, 0), strict=True)) | {m_pos: ONE}

TRIPLET_MARGIN = LossDefinition(
    name="triplet_margin_loss",
    title="Triplet loss",
    aliases=("triplet margin loss",),
    inputs=(*u, *v, *w),
    targets=(),
    parameters={m_pos: ONE, epsilon: sp.Rational(1, 10**6)},
    expression=_triplet,
    domain={
        **dict.fromkeys((*u, *v, *w), sp.S.Reals),
        m_pos: POSITIVE,
        epsilon: sp.Interval(0, ONE),
    },
    arguments={"anchor": u, "positive": v, "negative": w},
    options={"margin": m_pos, "eps": epsilon},
    output_layer=EMBEDDING,
    claims=(
        Range(ZERO, sp.oo),
        _ALL_MOVED,
        _ALL_TURNED,
        Not(Convex()),
        Given(_NO_EPSILON, Lipschitz(sp.sqrt(6), at=_STRETCHED)),
        Given(
            {**_NO_EPSILON, v[0]: w[0], v[1]: w[1]},
            Equals(m_pos, "the margin"),
            "where positive and negative are one point",
        ),
        Given(
            {**_NO_EPSILON, v[0]: u[0], v[1]: u[1]},
            Equals(
                sp.Max(0, m_pos - _norm(_minus(u, w))),
                "what the negative's distance lacks to the margin",
            ),
            "where the positive is the anchor",
        ),
        Given(
            _NO_EPSILON,
            NeverAbove(_norm(_minus(v, w)) + m_pos, "the distance of positive and negative plus m"),
        ),
    ),
    torch_name="triplet_margin_loss",
    page=PAGE,
    sources=("weinberger2009", "schroff2015"),
)

TRIPLET_MARGIN_SWAP = LossDefinition(
    name="triplet_margin_loss",
    title="Triplet loss with swap",
    inputs=(*u, *v, *w),
    targets=(),
    parameters=TRIPLET_MARGIN.parameters,
    expression=sp.Max(
        0,
        _torch_distance(u, v) - sp.Min(_torch_distance(u, w), _torch_distance(v, w)) + m_pos,
    ),
    domain=TRIPLET_MARGIN.domain,
    arguments=TRIPLET_MARGIN.arguments,
    options={**TRIPLET_MARGIN.options, "swap": True},
    output_layer=EMBEDDING,
    claims=(
        NeverBelow(_triplet, "the triplet loss without the swap"),
        Given(_NO_EPSILON, Invariant(_change((u, v), (v, u)), "exchanging anchor and positive")),
        _ALL_MOVED,
        _ALL_TURNED,
    ),
    torch_name="triplet_margin_loss",
    page=PAGE,
    sources=("balntas2016",),
)

TRIPLET_MARGIN_L1 = LossDefinition(
    name="triplet_margin_loss",
    title="Triplet loss in the 1-norm",
    inputs=(*u, *v, *w),
    targets=(),
    parameters=TRIPLET_MARGIN.parameters,
    expression=sp.Max(
        0,
        sum(sp.Abs(x - y + epsilon) for x, y in zip(u, v, strict=True))
        - sum(sp.Abs(x - y + epsilon) for x, y in zip(u, w, strict=True))
        + m_pos,
    ),
    domain=TRIPLET_MARGIN.domain,
    arguments=TRIPLET_MARGIN.arguments,
    options={**TRIPLET_MARGIN.options, "p": 1},
    output_layer=EMBEDDING,
    claims=(_ALL_MOVED, Not(_ALL_TURNED), Given(_NO_EPSILON, Lipschitz(2 * sp.sqrt(3)))),
    torch_name="triplet_margin_loss",
    page=PAGE,
    sources=("balntas2016",),
)

TRIPLET_WITH_DISTANCE = LossDefinition(
    name="triplet_margin_with_distance_loss",
    title="Triplet loss with any distance",
    inputs=(*u, *v, *w),
    targets=(),
    parameters={m_pos: ONE, epsilon: sp.Rational(1, 10**6)},
    expression=_triplet,
    domain=TRIPLET_MARGIN.domain,
    arguments=TRIPLET_MARGIN.arguments,
    options={"margin": m_pos},
    output_layer=EMBEDDING,
    claims=(
        Equals(TRIPLET_MARGIN.expression, "the triplet loss, if the distance is the Euclidean one"),
        _ALL_MOVED,
    ),
    torch_name="triplet_margin_with_distance_loss",
    page=PAGE,
    sources=("schroff2015",),
)

_squared = _dot(_minus(u, v), _minus(u, v))
_distance = sp.Symbol("d", nonnegative=True)

CONTRASTIVE = LossDefinition(
    name="contrastive_loss",
    title="Contrastive loss",
    aliases=("Siamese loss", "pairwise contrastive loss"),
    inputs=(*u, *v),
    targets=(sign,),
    parameters={m_pos: ONE},
    expression=sp.Piecewise(
        (_squared / 2, sp.Eq(sign, 1)), (sp.Max(0, m_pos - sp.sqrt(_squared)) ** 2 / 2, True)
    ),
    domain={**dict.fromkeys((*u, *v), sp.S.Reals), sign: SIGNS, m_pos: POSITIVE},
    arguments={"input1": (u,), "input2": (v,), "target": (sign,)},
    options={"margin": m_pos},
    output_layer=EMBEDDING,
    claims=(
        Range(ZERO, sp.oo),
        _TURNED,
        _EXCHANGED,
        Invariant(_change((u, _moved(u)), (v, _moved(v))), "moving both alike"),
        Given({sign: ONE}, Convex(argument="both vectors together"), "for y = 1"),
        Given({sign: -ONE}, Not(Convex(argument="both vectors together")), "for y = −1"),
        Given({sign: ONE}, Smooth(sp.Integer(2)), "for y = 1"),
        Given({sign: ONE}, Lipschitz(sp.oo), "for y = 1"),
        # With the second vector at the origin, in one dimension.
        Given(
            {sign: -ONE, u[1]: ZERO, v[0]: ZERO, v[1]: ZERO},
            Kink(ZERO, "at distance 0: there is no direction to be pushed in"),
            "for y = −1",
        ),
        Given(
            {sign: -ONE, v[0]: u[0], v[1]: u[1]},
            Equals(m_pos**2 / 2, "half the squared margin"),
            "for y = −1 at distance 0",
        ),
        Given(
            {sign: -ONE},
            Limit(m_pos, ZERO, ZERO, "0: without a margin nothing is pushed"),
            "for y = −1",
        ),
    ),
    torch_name=None,
    page=PAGE,
    sources=("hadsell2006",),
)

DEFINITIONS = (COSINE_EMBEDDING, TRIPLET_MARGIN, TRIPLET_WITH_DISTANCE, CONTRASTIVE)
VARIANTS = (TRIPLET_MARGIN_SWAP, TRIPLET_MARGIN_L1)
