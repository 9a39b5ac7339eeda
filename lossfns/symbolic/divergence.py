"""Definitions of entropies and divergences between distributions."""

import sympy as sp

from lossfns.symbolic.claims import (
    Concave,
    Convex,
    Equals,
    Given,
    GradientIs,
    Invariant,
    Lipschitz,
    Not,
    Range,
    Stationary,
)
from lossfns.symbolic.definition import LossDefinition, y
from lossfns.symbolic.statistical_claims import Integral, ProperScore
from lossfns.symbolic.vectors import (
    BITS,
    LOGITS,
    UNIT,
    class_index,
    entropy,
    hot,
    logsumexp,
    one_hot,
    p,
    probabilities,
    q,
    softmax,
    xlogy,
    z,
)

ZERO = sp.Integer(0)
PAGE = "classification/entropy_and_kl"

log_p = sp.Symbol("a", real=True)
"""Logarithm of a predicted probability."""

log_t = sp.Symbol("b", real=True)
"""Logarithm of a target probability."""

LOG_UNIT = sp.Interval(-sp.oo, 0)

KL_DIV = LossDefinition(
    name="kl_div",
    title="Kullback–Leibler divergence, one outcome's term",
    aliases=("KL divergence", "relative entropy", "information gain"),
    inputs=(log_p,),
    targets=(y,),
    expression=xlogy(y, y) - y * log_p,
    domain={log_p: LOG_UNIT, y: UNIT},
    arguments={"input": log_p, "target": y},
    output_layer="log-softmax",
    claims=(
        Convex(argument="the log-probability"),
        Lipschitz(sp.Integer(1)),
        GradientIs((-y,), "−y, that of cross-entropy"),
        Not(Range(ZERO, sp.oo)),
    ),
    torch_name="kl_div",
    page=PAGE,
    sources=("kullback1951",),
)

KL_DIV_LOG_TARGET = LossDefinition(
    name="kl_div",
    title="Kullback–Leibler divergence, with the target's logarithm",
    inputs=(log_p,),
    targets=(log_t,),
    expression=sp.exp(log_t) * (log_t - log_p),
    domain={log_p: LOG_UNIT, log_t: LOG_UNIT},
    arguments={"input": log_p, "target": log_t},
    options={"log_target": True},
    output_layer=KL_DIV.output_layer,
    claims=(
        GradientIs((-sp.exp(log_t),), "minus the target probability"),
        Not(Range(ZERO, sp.oo)),
    ),
    torch_name="kl_div",
    page=PAGE,
    sources=("kullback1951",),
)

KL_DISTRIBUTIONS = LossDefinition(
    name="kl_div",
    title="Kullback–Leibler divergence of two distributions",
    inputs=p,
    targets=q,
    expression=sum(xlogy(q[k], q[k]) - q[k] * sp.log(p[k]) for k in range(3)),
    domain={**dict.fromkeys(p, sp.Interval.open(0, 1)), **dict.fromkeys(q, UNIT)},
    joints=(probabilities(p, positive=True), probabilities(q)),
    arguments={"input": (tuple(map(sp.log, p)),), "target": (q,)},
    options={"reduction": "batchmean"},
    output_layer=KL_DIV.output_layer,
    claims=(
        Range(ZERO, sp.oo),
        Convex(argument="the predicted probabilities together"),
        ProperScore(),
        Equals(
            -sum(q[k] * sp.log(p[k]) for k in range(3)) - entropy(q),
            "cross-entropy minus the target's own entropy",
        ),
        Given({q[k]: p[k] for k in range(3)}, Equals(ZERO, "0"), "where the two agree"),
        Not(
            Invariant(
                {**dict(zip(p, q, strict=True)), **dict(zip(q, p, strict=True))},
                "exchanging the two",
            )
        ),
    ),
    torch_name="kl_div",
    page=PAGE,
    sources=("kullback1951",),
)

_middle = tuple((p[k] + q[k]) / 2 for k in range(3))

JS_DIV = LossDefinition(
    name="js_div",
    title="Jensen–Shannon divergence",
    aliases=("JS divergence", "information radius"),
    inputs=p,
    targets=q,
    expression=entropy(_middle) - (entropy(p) + entropy(q)) / 2,
    domain={**dict.fromkeys(p, UNIT), **dict.fromkeys(q, UNIT)},
    joints=(probabilities(p), probabilities(q)),
    arguments={"input": (tuple(map(sp.log, p)),), "target": (q,)},
    options={"reduction": "batchmean"},
    output_layer="log-softmax",
    claims=(
        Range(ZERO, sp.log(2)),
        Convex(argument="the predicted probabilities together"),
        Invariant(
            {**dict(zip(p, q, strict=True)), **dict(zip(q, p, strict=True))}, "exchanging the two"
        ),
        Equals(
            sum(
                xlogy(this[k], this[k]) - xlogy(this[k], _middle[k])
                for this in (p, q)
                for k in range(3)
            )
            / 2,
            "the mean of the Kullback–Leibler divergences from the middle of the two",
        ),
        Given({q[k]: p[k] for k in range(3)}, Equals(ZERO, "0"), "where the two agree"),
    ),
    torch_name=None,
    page=PAGE,
    sources=("lin1991",),
)

mu, mu_0 = sp.symbols("mu mu_0", real=True)
s, s_0 = sp.symbols("s s_0", real=True)
_u = sp.Symbol("u", real=True)
_x = mu + sp.exp(s / 2) * _u
_weight = sp.exp(-(_u**2) / 2) / sp.sqrt(2 * sp.pi)
_log_ratio = (s_0 - s) / 2 - _u**2 / 2 + (_x - mu_0) ** 2 / (2 * sp.exp(s_0))

GAUSSIAN_KL = LossDefinition(
    name="gaussian_kl",
    title="Kullback–Leibler divergence of two Gaussians",
    aliases=("VAE regulariser", "Gaussian KL divergence"),
    inputs=(mu, s),
    targets=(mu_0, s_0),
    expression=(s_0 - s + (sp.exp(s) + (mu - mu_0) ** 2) / sp.exp(s_0) - 1) / 2,
    domain=dict.fromkeys((mu, s, mu_0, s_0), sp.S.Reals),
    arguments={"input": mu, "log_var": s, "target": mu_0, "target_log_var": s_0},
    output_layer="identity, for a mean and a log-variance",
    claims=(
        Range(ZERO, sp.oo),
        Convex(argument="mean and log-variance together"),
        GradientIs(
            ((mu - mu_0) * sp.exp(-s_0), (sp.exp(s - s_0) - 1) / 2),
            "((μ − μ₀)/v₀, (v/v₀ − 1)/2), by μ and log v",
        ),
        Stationary({mu: mu_0, s: s_0}, "the target's mean and variance"),
        Given({mu: mu_0, s: s_0}, Equals(ZERO, "0"), "where the two agree"),
        Given(
            {mu_0: ZERO, s_0: ZERO},
            Equals((mu**2 + sp.exp(s) - 1 - s) / 2, "½(μ² + v − 1 − log v), the VAE's term"),
            "against the standard normal",
        ),
        Integral(
            _weight * _log_ratio,
            _u,
            "the integral of p log(p/p₀), with Gaussian densities p and p₀",
        ),
    ),
    torch_name=None,
    page=PAGE,
    sources=("kingma2014",),
)

ENTROPY = LossDefinition(
    name="entropy",
    title="Entropy",
    aliases=("Shannon entropy", "expected surprise"),
    inputs=p,
    targets=(),
    expression=entropy(p),
    domain=dict.fromkeys(p, UNIT),
    joints=(probabilities(p),),
    arguments={"input": p},
    output_layer="softmax",
    claims=(
        Range(ZERO, sp.log(3)),
        Concave("the probabilities together"),
        Invariant({p[0]: p[1], p[1]: p[2], p[2]: p[0]}, "renaming the outcomes"),
        Given(
            dict.fromkeys(p, sp.Rational(1, 3)),
            Equals(sp.log(3), "log C, the most"),
            "for equal chances",
        ),
    ),
    torch_name=None,
    page=PAGE,
    sources=("shannon1948",),
)

PERPLEXITY = LossDefinition(
    name="perplexity",
    title="Perplexity",
    aliases=("exponential of the cross-entropy",),
    inputs=z,
    targets=hot,
    expression=sp.exp(logsumexp(z) - sum(hot[k] * z[k] for k in range(3))),
    domain={**LOGITS, **dict.fromkeys(hot, BITS)},
    joints=(one_hot(hot),),
    arguments={"input": (z,), "target": (class_index(hot),)},
    indices=("target",),
    output_layer="none: it contains the log-softmax",
    claims=(
        Range(sp.Integer(1), sp.oo),
        Equals(
            sum(hot[k] / softmax(z)[k] for k in range(3)),
            "one over the probability of what happened",
        ),
        Given({z[1]: z[0], z[2]: z[0]}, Equals(sp.Integer(3), "C"), "for equal logits"),
        Convex(argument="the logits together"),
    ),
    torch_name=None,
    page=PAGE,
    sources=("jelinek1977",),
)

DEFINITIONS = (KL_DIV, JS_DIV, GAUSSIAN_KL, ENTROPY, PERPLEXITY)
VARIANTS = (KL_DIV_LOG_TARGET, KL_DISTRIBUTIONS)
