"""Definitions of the losses on classes: probabilities, logits, one-hot and soft targets."""

import sympy as sp

from lossfns.symbolic.claims import (
    Convex,
    Equals,
    Given,
    GradientIs,
    HessianIs,
    Invariant,
    Limit,
    Lipschitz,
    NeverAbove,
    NeverBelow,
    Not,
    Range,
    Smooth,
)
from lossfns.symbolic.definition import LossDefinition, y
from lossfns.symbolic.statistical_claims import (
    Minimiser,
    NegativeLogLikelihood,
    ProperScore,
    statistic,
)
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
    q_true,
    sigma,
    softmax,
    softplus,
    z,
)

OPEN_UNIT = sp.Interval.open(0, 1)
POSITIVE = sp.Interval.open(0, sp.oo)
ZERO, ONE = sp.Integer(0), sp.Integer(1)

logit = sp.Symbol("z", real=True)
"""Logit of a single label."""

chance = sp.Symbol("p", positive=True)
"""Predicted probability of a single label."""

bit = sp.Symbol("y", integer=True)
"""Target of a single label: 0 or 1."""

w_pos = sp.Symbol("w", positive=True)
"""Weight of the positive class."""

w = sp.symbols("w1:4", positive=True)
"""Weights of three classes."""

epsilon = sp.Symbol("epsilon", nonnegative=True)
"""Label smoothing: the share of the target that is dealt out evenly."""

gamma = sp.Symbol("gamma", nonnegative=True)
"""Focusing of the focal loss."""

prior = sp.symbols("pi1:4", positive=True)
"""Frequencies of three classes in the training data."""

tau = sp.Symbol("tau", nonnegative=True)
"""Strength of the logit adjustment."""

a = sp.symbols("a1:4", real=True)
"""Log-probabilities of three classes."""

shift = sp.Symbol("a", real=True)
"""Any number, added to all logits at once."""

ALL_SHIFTED = Invariant({score: score + shift for score in z}, "adding one number to all logits")
LOGITS_OF_TRUTH = tuple(map(sp.log, q_true))
BERNOULLI = chance**y * (1 - chance) ** (1 - y)

BCE = LossDefinition(
    name="binary_cross_entropy",
    title="Binary cross-entropy",
    aliases=("BCE", "log loss", "Bernoulli negative log-likelihood"),
    inputs=(chance,),
    targets=(y,),
    expression=-y * sp.log(chance) - (1 - y) * sp.log(1 - chance),
    domain={chance: OPEN_UNIT, y: UNIT},
    arguments={"input": chance, "target": y},
    output_layer="sigmoid",
    claims=(
        Range(ZERO, sp.oo),
        Convex(argument="the probability"),
        Lipschitz(sp.oo),
        GradientIs(((chance - y) / (chance * (1 - chance)),), "(p − y)/(p(1 − p))"),
        Minimiser("mean"),
        ProperScore(),
        NeverBelow(entropy((y, 1 - y)), "the entropy of the target, reached at p = y"),
        Invariant({chance: 1 - chance, y: 1 - y}, "swapping the two classes"),
        NegativeLogLikelihood("Bernoulli", BERNOULLI, ONE, support=BITS, kind="labels"),
    ),
    torch_name="binary_cross_entropy",
    page="classification/logistic_regression",
    sources=("good1952", "cox1958"),
)

BCE_WITH_LOGITS = LossDefinition(
    name="binary_cross_entropy_with_logits",
    title="Binary cross-entropy on logits",
    aliases=("BCE with logits", "sigmoid cross-entropy", "logistic loss"),
    inputs=(logit,),
    targets=(y,),
    parameters={w_pos: ONE},
    expression=w_pos * y * softplus(-logit) + (1 - y) * softplus(logit),
    domain={logit: sp.S.Reals, y: UNIT, w_pos: POSITIVE},
    arguments={"input": logit, "target": y, "pos_weight": w_pos},
    output_layer="none: the loss contains the sigmoid",
    claims=(
        Range(ZERO, sp.oo),
        Convex(argument="the logit"),
        Lipschitz(sp.Max(1, w_pos)),
        Smooth(sp.Max(1, w_pos) / 4, at={logit: ZERO, y: sp.Piecewise((1, w_pos > 1), (0, True))}),
        Minimiser("mean", link=sp.log(w_pos * statistic / (1 - statistic))),
        Given({w_pos: ONE}, GradientIs((sigma(logit) - y,), "p − y, with p = σ(z)")),
        Given(
            {w_pos: ONE},
            Equals(
                sp.Max(logit, 0) - logit * y + softplus(-sp.Abs(logit)),
                "max(z, 0) − z·y + log(1 + e^(−|z|)), which neither overflows nor rounds to 0",
            ),
        ),
        Given(
            {w_pos: ONE},
            Equals(
                BCE.expression.subs(chance, sigma(logit)),
                "binary cross-entropy of the sigmoid of the logit",
            ),
        ),
        Given(
            {w_pos: ONE},
            Equals(
                y * (logsumexp((ZERO, logit)) - logit) + (1 - y) * logsumexp((ZERO, logit)),
                "cross-entropy of two classes with the logits 0 and z",
            ),
        ),
        Given({w_pos: ONE}, ProperScore((sp.log(q_true[0] / (1 - q_true[0])),))),
        Given(
            {w_pos: ONE},
            NegativeLogLikelihood(
                "Bernoulli",
                sigma(logit) ** y * sigma(-logit) ** (1 - y),
                ONE,
                support=BITS,
                kind="labels",
            ),
        ),
        Given({w_pos: ONE}, Invariant({logit: -logit, y: 1 - y}, "swapping the two classes")),
    ),
    torch_name="binary_cross_entropy_with_logits",
    page="classification/bce_numerics",
    sources=("cox1958",),
)

SMOOTHED = tuple((1 - epsilon) * target + epsilon / 3 for target in q)
_residual = tuple(probability - target for probability, target in zip(softmax(z), q, strict=True))
COVARIANCE = sp.Matrix(3, 3, lambda i, j: softmax(z)[i] * (sp.KroneckerDelta(i, j) - softmax(z)[j]))

CROSS_ENTROPY = LossDefinition(
    name="cross_entropy",
    title="Cross-entropy",
    aliases=("softmax loss", "softmax cross-entropy", "categorical cross-entropy", "log loss"),
    inputs=z,
    targets=q,
    parameters={epsilon: ZERO},
    expression=sum(
        target * (logsumexp(z) - score) for target, score in zip(SMOOTHED, z, strict=True)
    ),
    domain={**LOGITS, **dict.fromkeys(q, UNIT), epsilon: UNIT},
    joints=(probabilities(q),),
    arguments={"input": z, "target": q},
    options={"label_smoothing": epsilon},
    output_layer="none: the loss contains the log-softmax",
    claims=(
        Given({epsilon: ZERO}, Range(ZERO, sp.oo)),
        Convex(argument="the logits together"),
        ALL_SHIFTED,
        Lipschitz(
            sp.sqrt(2),
            at={z[0]: sp.Integer(-1000), z[1]: sp.Integer(1000), z[2]: sp.Integer(-1000)}
            | dict(zip(q, (1, 0, 0), strict=True)),
        ),
        Smooth(
            sp.Rational(1, 2),
            at={z[0]: ZERO, z[1]: ZERO, z[2]: sp.Integer(-1000)}
            | dict(zip(q, (1, 0, 0), strict=True)),
        ),
        Given({epsilon: ZERO}, GradientIs(_residual, "p − y, with p = softmax(z)")),
        HessianIs(COVARIANCE, "diag(p) − p pᵀ, the covariance of the predicted class"),
        Given({epsilon: ZERO}, ProperScore(LOGITS_OF_TRUTH)),
        NeverBelow(entropy(SMOOTHED), "the entropy of the (smoothed) target"),
        Given(
            {epsilon: ZERO, z[2]: -(sp.Integer(10) ** 30)},
            Given(
                {q[2]: ZERO, q[1]: 1 - q[0], z[1]: ZERO},
                Equals(
                    q[0] * softplus(-z[0]) + (1 - q[0]) * softplus(z[0]),
                    "binary cross-entropy on the logit",
                ),
                "with the second logit 0",
            ),
            "with the third class ruled out",
        ),
        Given(
            {epsilon: ONE},
            Equals(logsumexp(z) - sum(z) / 3, "cross-entropy to equal shares, whatever the label"),
        ),
        Given(
            {epsilon: ZERO},
            NegativeLogLikelihood(
                "categorical",
                sp.prod(softmax(z)[k] ** q[k] for k in range(3)),
                ONE,
                kind="labels",
            ),
        ),
    ),
    torch_name="cross_entropy",
    page="classification/cross_entropy",
    sources=("bridle1990", "szegedy2016"),
)

CROSS_ENTROPY_INDEX = LossDefinition(
    name="cross_entropy",
    title="Weighted cross-entropy to a class",
    inputs=z,
    targets=hot,
    parameters={epsilon: ZERO, **dict.fromkeys(w, ONE)},
    expression=sum(
        ((1 - epsilon) * hot[k] + epsilon / 3) * w[k] * (logsumexp(z) - z[k]) for k in range(3)
    ),
    domain={**LOGITS, **dict.fromkeys(hot, BITS), epsilon: UNIT, **dict.fromkeys(w, POSITIVE)},
    joints=(one_hot(hot),),
    arguments={"input": z, "target": class_index(hot), "weight": w},
    indices=("target",),
    options={"label_smoothing": epsilon, "reduction": "sum"},
    output_layer=CROSS_ENTROPY.output_layer,
    claims=(
        Range(ZERO, sp.oo),
        Convex(argument="the logits together"),
        ALL_SHIFTED,
        Given(
            {epsilon: ZERO},
            GradientIs(
                tuple(
                    sum(hot[j] * w[j] for j in range(3)) * (softmax(z)[k] - hot[k])
                    for k in range(3)
                ),
                "the weight of the true class times p − y",
            ),
        ),
    ),
    torch_name="cross_entropy",
    page="classification/cross_entropy",
    sources=("bridle1990",),
)

NLL = LossDefinition(
    name="nll_loss",
    title="Negative log-likelihood of a class",
    aliases=("NLL loss",),
    inputs=a,
    targets=hot,
    parameters=dict.fromkeys(w, ONE),
    expression=-sum(hot[k] * w[k] * a[k] for k in range(3)),
    domain={
        **dict.fromkeys(a, sp.Interval(-sp.oo, 0)),
        **dict.fromkeys(hot, BITS),
        **dict.fromkeys(w, POSITIVE),
    },
    joints=(one_hot(hot),),
    arguments={"input": a, "target": class_index(hot), "weight": w},
    indices=("target",),
    options={"reduction": "sum"},
    output_layer="log-softmax",
    claims=(
        Range(ZERO, sp.oo),
        Convex(argument="the log-probabilities together"),
        GradientIs(tuple(-hot[k] * w[k] for k in range(3)), "−w at the true class, 0 elsewhere"),
        Given(
            {**{a[k]: z[k] - logsumexp(z) for k in range(3)}, **dict.fromkeys(w, ONE)},
            Equals(
                logsumexp(z) - sum(hot[k] * z[k] for k in range(3)),
                "cross-entropy of the logits",
            ),
            "of log-softmax",
        ),
        Given(dict.fromkeys(w, ONE), ProperScore(LOGITS_OF_TRUTH)),
        Given(
            dict.fromkeys(w, ONE),
            Not(Invariant({x: x + shift for x in a}, "adding one number to all inputs")),
        ),
    ),
    torch_name="nll_loss",
    page="classification/cross_entropy",
    sources=("fisher1922",),
)

_agreement = (2 * bit - 1) * logit

alpha = sp.Symbol("alpha", positive=True)
"""Weight of the class 1 in the binary focal loss; the class 0 has 1 − α."""

BINARY_FOCAL = LossDefinition(
    name="binary_focal_loss",
    title="Binary focal loss",
    aliases=("sigmoid focal loss", "RetinaNet loss"),
    inputs=(logit,),
    targets=(bit,),
    parameters={gamma: sp.Integer(2)},
    expression=sp.exp(-gamma * softplus(_agreement)) * softplus(-_agreement),
    domain={logit: sp.S.Reals, bit: BITS, gamma: sp.Interval(0, sp.oo)},
    arguments={"input": logit, "target": bit},
    options={"gamma": gamma},
    output_layer="none: the loss contains the sigmoid",
    claims=(
        Range(ZERO, sp.oo),
        Not(Convex()),
        NeverAbove(softplus(-_agreement), "binary cross-entropy"),
        Equals(
            -((1 - sigma(_agreement)) ** gamma) * sp.log(sigma(_agreement)),
            "−(1 − p)^γ log p, with p the probability of the true label",
        ),
        Given({gamma: ZERO}, Equals(softplus(-_agreement), "binary cross-entropy")),
        Limit(gamma, ZERO, softplus(-_agreement), "binary cross-entropy"),
        Not(ProperScore((sp.log(q_true[0] / (1 - q_true[0])),))),
        Given({gamma: ZERO}, ProperScore((sp.log(q_true[0] / (1 - q_true[0])),))),
        Invariant({logit: -logit, bit: 1 - bit}, "swapping the two classes"),
    ),
    torch_name=None,
    page="classification/imbalance",
    sources=("lin2017",),
)

BINARY_FOCAL_WEIGHTED = LossDefinition(
    name="binary_focal_loss",
    title="Binary focal loss with class weights",
    inputs=(logit,),
    targets=(bit,),
    parameters={gamma: sp.Integer(2), alpha: sp.Rational(1, 4)},
    expression=(alpha * bit + (1 - alpha) * (1 - bit)) * BINARY_FOCAL.expression,
    domain={**BINARY_FOCAL.domain, alpha: OPEN_UNIT},
    arguments=BINARY_FOCAL.arguments,
    options={"gamma": gamma, "alpha": alpha},
    output_layer=BINARY_FOCAL.output_layer,
    claims=(
        Range(ZERO, sp.oo),
        Invariant(
            {logit: -logit, bit: 1 - bit, alpha: 1 - alpha},
            "swapping the classes and their weights",
        ),
        Given(
            {alpha: sp.Rational(1, 2)},
            Equals(BINARY_FOCAL.expression / 2, "half the focal loss without class weights"),
        ),
    ),
    torch_name=None,
    page="classification/imbalance",
    sources=("lin2017",),
)

_rest = [logsumexp([z[j] for j in range(3) if j != k]) - logsumexp(z) for k in range(3)]
"""log(1 − p) of each class."""

FOCAL = LossDefinition(
    name="focal_loss",
    title="Focal loss",
    inputs=z,
    targets=hot,
    parameters={gamma: sp.Integer(2)},
    expression=sum(hot[k] * sp.exp(gamma * _rest[k]) * (logsumexp(z) - z[k]) for k in range(3)),
    domain={**LOGITS, **dict.fromkeys(hot, BITS), gamma: sp.Interval(0, sp.oo)},
    joints=(one_hot(hot),),
    arguments={"input": (z,), "target": (class_index(hot),)},
    indices=("target",),
    options={"gamma": gamma},
    output_layer="none: the loss contains the log-softmax",
    claims=(
        Range(ZERO, sp.oo),
        ALL_SHIFTED,
        Given(
            {gamma: ZERO},
            Equals(logsumexp(z) - sum(hot[k] * z[k] for k in range(3)), "cross-entropy"),
        ),
        NeverAbove(logsumexp(z) - sum(hot[k] * z[k] for k in range(3)), "cross-entropy"),
        Not(Convex(argument="the logits together")),
        Not(ProperScore(LOGITS_OF_TRUTH)),
    ),
    torch_name=None,
    page="classification/imbalance",
    sources=("lin2017",),
)

BRIER = LossDefinition(
    name="brier_score_loss",
    title="Brier score",
    aliases=("quadratic score", "squared error of probabilities"),
    inputs=p,
    targets=hot,
    expression=sum((p[k] - hot[k]) ** 2 for k in range(3)),
    domain={**dict.fromkeys(p, UNIT), **dict.fromkeys(hot, BITS)},
    joints=(probabilities(p), one_hot(hot)),
    arguments={"input": (p,), "target": (class_index(hot),)},
    indices=("target",),
    output_layer="softmax",
    claims=(
        Range(ZERO, sp.Integer(2)),
        Convex(argument="the probabilities together"),
        ProperScore(),
        GradientIs(tuple(2 * (p[k] - hot[k]) for k in range(3)), "2(p − y)"),
        Lipschitz(2 * sp.sqrt(2)),
        Smooth(sp.Integer(2)),
    ),
    torch_name=None,
    page="classification/imbalance",
    sources=("brier1950",),
)

_adjusted = tuple(z[k] + tau * sp.log(prior[k]) for k in range(3))

LOGIT_ADJUSTED = LossDefinition(
    name="logit_adjusted_cross_entropy",
    title="Logit-adjusted cross-entropy",
    aliases=("balanced softmax", "logit adjustment"),
    inputs=z,
    targets=hot,
    parameters={tau: ONE, **dict.fromkeys(prior, sp.Rational(1, 3))},
    expression=logsumexp(_adjusted) - sum(hot[k] * _adjusted[k] for k in range(3)),
    domain={
        **LOGITS,
        **dict.fromkeys(hot, BITS),
        tau: POSITIVE,
        **dict.fromkeys(prior, OPEN_UNIT),
    },
    joints=(one_hot(hot), probabilities(prior, positive=True)),
    arguments={"input": (z,), "target": (class_index(hot),), "prior": prior},
    indices=("target",),
    options={"tau": tau},
    output_layer="none: the loss contains the log-softmax; inference uses the plain logits",
    claims=(
        Range(ZERO, sp.oo),
        Convex(argument="the logits together"),
        ALL_SHIFTED,
        GradientIs(
            tuple(softmax(_adjusted)[k] - hot[k] for k in range(3)),
            "p − y, with p = softmax(z + τ log π)",
        ),
        Given(
            dict.fromkeys(prior, sp.Rational(1, 3)),
            Equals(logsumexp(z) - sum(hot[k] * z[k] for k in range(3)), "cross-entropy"),
            "for a uniform prior",
        ),
        Given(
            {tau: ZERO},
            Equals(logsumexp(z) - sum(hot[k] * z[k] for k in range(3)), "cross-entropy"),
        ),
        ProperScore(tuple(sp.log(q_true[k]) - tau * sp.log(prior[k]) for k in range(3))),
    ),
    torch_name=None,
    page="classification/imbalance",
    sources=("menon2021",),
)

DEFINITIONS = (
    BCE,
    BCE_WITH_LOGITS,
    CROSS_ENTROPY,
    NLL,
    FOCAL,
    BINARY_FOCAL,
    BRIER,
    LOGIT_ADJUSTED,
)
VARIANTS = (CROSS_ENTROPY_INDEX, BINARY_FOCAL_WEIGHTED)
