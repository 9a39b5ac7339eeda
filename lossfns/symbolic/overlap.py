"""Definitions of the losses on the overlap of regions, for one region of three pixels."""

import sympy as sp

from lossfns.symbolic.claims import Convex, Equals, Given, Invariant, Not, Range
from lossfns.symbolic.definition import LossDefinition
from lossfns.symbolic.vectors import BITS, UNIT, hot, p

ZERO, ONE = sp.Integer(0), sp.Integer(1)
POSITIVE = sp.Interval.open(0, sp.oo)
PAGE = "classification/imbalance"

s = sp.Symbol("s", positive=True)
"""Smoothing: what is added above and below."""

alpha, beta = sp.symbols("alpha beta", positive=True)
"""Prices of a false positive and of a false negative."""

PIXELS = {**dict.fromkeys(p, UNIT), **dict.fromkeys(hot, BITS), s: POSITIVE}
REGION = {"input": ((p,),), "target": ((hot,),)}
OUTPUT = "sigmoid, or softmax over the classes"

_hits = sum(p[k] * hot[k] for k in range(3))
_false = sum(p[k] * (1 - hot[k]) for k in range(3))
_missed = sum((1 - p[k]) * hot[k] for k in range(3))

_RENAMED = Invariant(
    {p[0]: p[1], p[1]: p[2], p[2]: p[0], hot[0]: hot[1], hot[1]: hot[2], hot[2]: hot[0]},
    "moving the pixels around",
)
_PERFECT = {p[k]: hot[k] for k in range(3)}

DICE = LossDefinition(
    name="dice_loss",
    title="Dice loss",
    aliases=("soft Dice loss", "F1 loss", "Sørensen–Dice loss"),
    inputs=p,
    targets=hot,
    parameters={s: ONE},
    expression=1 - (2 * _hits + s) / (sum(p) + sum(hot) + s),
    domain=PIXELS,
    arguments=REGION,
    options={"smooth": s},
    output_layer=OUTPUT,
    claims=(
        Range(ZERO, ONE),
        Given(_PERFECT, Equals(ZERO, "0"), "where probabilities and mask agree"),
        Equals(
            1 - (2 * _hits + s) / (2 * _hits + _false + _missed + s),
            "1 − F₁ of soft counts of hits, false alarms and misses, smoothed by s",
        ),
        _RENAMED,
        Not(Convex(argument="the probabilities together")),
        Given(
            dict.fromkeys(hot, ZERO),
            Equals(sum(p) / (sum(p) + s), "Σₖ pₖ/(Σₖ pₖ + s): one wrong pixel costs 1/(1 + s)"),
            "for an empty mask",
        ),
    ),
    torch_name=None,
    page=PAGE,
    sources=("dice1945", "milletari2016"),
)

TVERSKY = LossDefinition(
    name="tversky_loss",
    title="Tversky loss",
    aliases=("soft Tversky loss",),
    inputs=p,
    targets=hot,
    parameters={alpha: sp.Rational(1, 2), beta: sp.Rational(1, 2), s: ONE},
    expression=1 - (_hits + s) / (_hits + alpha * _false + beta * _missed + s),
    domain={**PIXELS, alpha: POSITIVE, beta: POSITIVE},
    arguments=REGION,
    options={"alpha": alpha, "beta": beta, "smooth": s},
    output_layer=OUTPUT,
    claims=(
        Range(ZERO, ONE),
        Given(_PERFECT, Equals(ZERO, "0"), "where probabilities and mask agree"),
        Given(
            {alpha: sp.Rational(1, 2), beta: sp.Rational(1, 2)},
            Equals(DICE.expression.subs(s, 2 * s), "the Dice loss with twice the smoothing"),
        ),
        Given(
            {alpha: ONE, beta: ONE},
            Equals(
                1 - (_hits + s) / (sum(p) + sum(hot) - _hits + s),
                "one minus intersection over union (Jaccard)",
            ),
        ),
        _RENAMED,
        Invariant(
            {
                **{p[k]: hot[k] for k in range(3)},
                **{hot[k]: p[k] for k in range(3)},
                alpha: beta,
                beta: alpha,
            },
            "exchanging prediction and mask, and the two prices",
        ),
    ),
    torch_name=None,
    page=PAGE,
    sources=("tversky1977", "salehi2017"),
)

DEFINITIONS = (DICE, TVERSKY)
VARIANTS = ()
