"""Definitions of the output layers: what turns a raw output into a probability, and back."""

import sympy as sp

from lossfns.symbolic.claims import (
    Convex,
    Equals,
    Given,
    Identity,
    Invariant,
    JacobianIs,
    Limit,
    NeverAbove,
    NeverBelow,
    Not,
    Range,
)
from lossfns.symbolic.definition import OutputLayer
from lossfns.symbolic.vectors import LOGITS, logsumexp, sigma, softmax, softplus, z

PAGE = "foundations/output_layers"
ZERO, ONE = sp.Integer(0), sp.Integer(1)

x = sp.Symbol("z", real=True)
"""A raw output."""

chance = sp.Symbol("p", positive=True)
"""A probability."""

T = sp.Symbol("T", positive=True)
"""Temperature."""

shift = sp.Symbol("a", real=True)
"""Any number, added to all logits at once."""

ALL_SHIFTED = Invariant({score: score + shift for score in z}, "adding one number to all logits")
SQUARE = sp.Matrix(3, 3, lambda i, j: softmax(z)[i] * (sp.KroneckerDelta(i, j) - softmax(z)[j]))

SIGMOID = OutputLayer(
    name="sigmoid",
    title="Sigmoid",
    aliases=("logistic function", "inverse logit", "expit"),
    inputs=(x,),
    outputs=(sigma(x),),
    domain={x: sp.S.Reals},
    arguments={"input": x},
    claims=(
        Range(ZERO, ONE),
        JacobianIs(sp.Matrix([sigma(x) * (1 - sigma(x))]), "σ(z)(1 − σ(z))"),
        JacobianIs(
            sp.Matrix([sp.exp(-x) / (1 + sp.exp(-x)) ** 2]),
            "the density of the logistic distribution: the sigmoid is its distribution function",
        ),
        Equals(1 - sigma(-x), "1 − σ(−z)"),
        Equals((1 + sp.tanh(x / 2)) / 2, "(1 + tanh(z/2))/2"),
        Equals(softmax((x, ZERO))[0], "the softmax of z and 0"),
    ),
    torch_name="sigmoid",
    page=PAGE,
    sources=("verhulst1845", "cox1958"),
    pairs_with=("binary_cross_entropy",),
)

LOG_SIGMOID = OutputLayer(
    name="log_sigmoid",
    title="Logarithm of the sigmoid",
    aliases=("log-sigmoid", "minus softplus"),
    inputs=(x,),
    outputs=(-softplus(-x),),
    domain={x: sp.S.Reals},
    arguments={"input": x},
    claims=(
        Range(-sp.oo, ZERO),
        JacobianIs(sp.Matrix([sigma(-x)]), "σ(−z)"),
        Equals(sp.log(sigma(x)), "log σ(z)"),
        Equals(
            sp.Min(x, 0) - softplus(-sp.Abs(x)),
            "min(z, 0) − log(1 + e^(−|z|)), which neither overflows nor rounds to 0",
        ),
        NeverAbove(sp.Min(x, 0), "min(z, 0)"),
    ),
    torch_name="logsigmoid",
    page="classification/bce_numerics",
    sources=("machler2012",),
    pairs_with=("binary_cross_entropy_with_logits",),
)

SOFTMAX = OutputLayer(
    name="softmax",
    title="Softmax",
    aliases=("normalised exponential", "Boltzmann distribution"),
    inputs=z,
    outputs=softmax(z),
    domain=LOGITS,
    arguments={"input": z},
    options={"dim": 0},
    claims=(
        Range(ZERO, ONE),
        Identity(lambda layer: sum(layer.outputs), ONE, "its results add up to 1"),
        ALL_SHIFTED,
        JacobianIs(SQUARE, "diag(p) − p pᵀ"),
        Given(
            {z[2]: -sp.oo},
            Equals(
                (sigma(z[0] - z[1]), sigma(z[1] - z[0]), ZERO),
                "the sigmoids of the differences of two logits",
            ),
            "with the third class ruled out",
        ),
        Not(Equals(tuple(map(sigma, z)), "a sigmoid applied to each logit")),
    ),
    torch_name="softmax",
    page=PAGE,
    sources=("bridle1990",),
    pairs_with=("nll_loss", "brier_score_loss"),
)

LOG_SOFTMAX = OutputLayer(
    name="log_softmax",
    title="Logarithm of the softmax",
    aliases=("log-softmax",),
    inputs=z,
    outputs=tuple(score - logsumexp(z) for score in z),
    domain=LOGITS,
    arguments={"input": z},
    options={"dim": 0},
    claims=(
        Range(-sp.oo, ZERO),
        Identity(
            lambda layer: sum(map(sp.exp, layer.outputs)), ONE, "its exponentials add up to 1"
        ),
        ALL_SHIFTED,
        JacobianIs(
            sp.Matrix(3, 3, lambda i, j: sp.KroneckerDelta(i, j) - softmax(z)[j]),
            "1 on the diagonal, minus p in each row",
        ),
        Equals(tuple(map(sp.log, softmax(z))), "the logarithms of the softmax"),
    ),
    torch_name="log_softmax",
    page="classification/cross_entropy",
    sources=("blanchard2021",),
    pairs_with=("nll_loss", "kl_div", "cross_entropy"),
)

_highest = tuple(sp.Piecewise((1, sp.Eq(score, sp.Max(*z))), (0, True)) for score in z)

SOFTMAX_WITH_TEMPERATURE = OutputLayer(
    name="softmax_with_temperature",
    title="Softmax with temperature",
    aliases=("tempered softmax", "Gibbs distribution"),
    inputs=z,
    outputs=softmax(tuple(score / T for score in z)),
    domain={**LOGITS, T: sp.Interval.open(0, sp.oo)},
    parameters={T: ONE},
    arguments={"input": z},
    options={"dim": 0, "temperature": T},
    claims=(
        Range(ZERO, ONE),
        Identity(lambda layer: sum(layer.outputs), ONE, "its results add up to 1"),
        ALL_SHIFTED,
        Given({T: ONE}, Equals(softmax(z), "the softmax")),
        Given({T: ONE}, JacobianIs(SQUARE, "diag(p) − p pᵀ")),
        Invariant(
            {T: 2 * T, **{score: 2 * score for score in z}}, "doubling logits and temperature"
        ),
        Limit(T, sp.oo, (sp.Rational(1, 3),) * 3, "equal probabilities"),
        Limit(
            T,
            ZERO,
            tuple(first / sum(_highest) for first in _highest),
            "all probability on the highest logit (shared among equals)",
        ),
    ),
    torch_name=None,
    page=PAGE,
    sources=("hinton2015",),
    pairs_with=("kl_div",),
)

TANH = OutputLayer(
    name="tanh",
    title="Hyperbolic tangent",
    inputs=(x,),
    outputs=(sp.tanh(x),),
    domain={x: sp.S.Reals},
    arguments={"input": x},
    claims=(
        Range(-ONE, ONE),
        Equals(2 * sigma(2 * x) - 1, "2σ(2z) − 1: a sigmoid, stretched"),
        JacobianIs(sp.Matrix([1 - sp.tanh(x) ** 2]), "1 − tanh²(z)"),
        Equals(-sp.tanh(-x), "−tanh(−z)"),
    ),
    torch_name="tanh",
    page=PAGE,
    pairs_with=("mse_loss",),
)

LOGIT = OutputLayer(
    name="logit",
    title="Logit",
    aliases=("log-odds", "inverse of the sigmoid"),
    inputs=(chance,),
    outputs=(sp.log(chance) - sp.log(1 - chance),),
    domain={chance: sp.Interval.open(0, 1)},
    arguments={"input": chance},
    claims=(
        Identity(
            lambda layer: sigma(layer.expression), chance, "undone by the sigmoid: σ(logit p) = p"
        ),
        JacobianIs(sp.Matrix([1 / (chance * (1 - chance))]), "1/(p(1 − p))"),
        Equals(sp.log(1 - (1 - chance)) + sp.log(1 / (1 - chance)), "minus the logit of 1 − p"),
        Given({chance: sp.Rational(1, 2)}, Equals(ZERO, "0")),
        Given({chance: sigma(x)}, Equals(x, "z: it undoes the sigmoid"), "for p = σ(z)"),
    ),
    torch_name="logit",
    page="foundations/logs_and_odds",
    sources=("berkson1944",),
)

LOGSUMEXP = OutputLayer(
    name="logsumexp",
    title="Log-sum-exp",
    aliases=("smooth maximum", "log-partition function"),
    inputs=z,
    outputs=(logsumexp(z),),
    domain=LOGITS,
    arguments={"input": z},
    options={"dim": 0},
    claims=(
        JacobianIs(sp.Matrix([list(softmax(z))]), "the softmax"),
        Convex(argument="the logits together"),
        NeverBelow(sp.Max(*z), "the largest logit"),
        NeverAbove(sp.Max(*z) + sp.log(3), "the largest logit plus log C"),
        Identity(
            lambda layer: layer.expression.subs({score: score + shift for score in z}) - shift,
            logsumexp(z),
            "raised by a when all logits are",
        ),
        Equals(
            sp.Max(*z) + sp.log(sum(sp.exp(score - sp.Max(*z)) for score in z)),
            "max(z) + log Σ e^(z − max(z)), which does not overflow",
        ),
        Not(ALL_SHIFTED),
    ),
    torch_name="logsumexp",
    page="classification/cross_entropy",
    sources=("blanchard2021",),
)

DEFINITIONS = (
    SIGMOID,
    LOG_SIGMOID,
    SOFTMAX,
    LOG_SOFTMAX,
    SOFTMAX_WITH_TEMPERATURE,
    TANH,
    LOGIT,
    LOGSUMEXP,
)
VARIANTS = ()
