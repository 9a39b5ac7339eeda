"""Definitions of the losses on margins: targets ±1, sets of labels, comparisons."""

import sympy as sp

from lossfns.symbolic.claims import (
    Convex,
    Equals,
    Given,
    GradientIs,
    Invariant,
    Kink,
    Lipschitz,
    NeverBelow,
    Not,
    Range,
    Redescending,
    Smooth,
)
from lossfns.symbolic.definition import LossDefinition, o
from lossfns.symbolic.statistical_claims import (
    ClassificationCalibrated,
    Minimiser,
    NegativeLogLikelihood,
    statistic,
)
from lossfns.symbolic.vectors import (
    BITS,
    LOGITS,
    SIGNS,
    class_index,
    hot,
    logsumexp,
    one_hot,
    sigma,
    softplus,
    z,
)

sign = sp.Symbol("y", integer=True)
"""A target that is +1 or −1."""

o1, o2 = sp.symbols("o1 o2", real=True)
"""Scores of two things that are compared."""

m = sp.Symbol("m", real=True)
"""Margin."""

shift = sp.Symbol("a", real=True)
"""Any number, added to all scores at once."""

POSITIVE = sp.Interval.open(0, sp.oo)
ZERO = sp.Integer(0)

SIGNED = {"input": o, "target": sign}
SIGNED_DOMAIN = {o: sp.S.Reals, sign: SIGNS}
MISTAKE = sp.Piecewise((1, sign * o <= 0), (0, True))
HINGE_PAGE = "margins/hinge_family"
RAW = "none: the sign of the score is the prediction"


def _positive(x: sp.Expr) -> sp.Expr:
    return sp.Max(0, x)


HINGE = LossDefinition(
    name="hinge_loss",
    title="Hinge loss",
    aliases=("SVM loss", "max-margin loss"),
    inputs=(o,),
    targets=(sign,),
    expression=_positive(1 - sign * o),
    domain=SIGNED_DOMAIN,
    arguments=SIGNED,
    output_layer=RAW,
    claims=(
        Range(ZERO, sp.oo),
        Convex(),
        Lipschitz(sp.Integer(1)),
        Kink(sign, "where the margin y·o is 1"),
        ClassificationCalibrated(),
        NeverBelow(MISTAKE, "the zero–one loss"),
        Invariant({o: -o, sign: -sign}, "swapping the two classes"),
    ),
    torch_name=None,
    page=HINGE_PAGE,
    sources=("cortes1995",),
)

SQUARED_HINGE = LossDefinition(
    name="squared_hinge_loss",
    title="Squared hinge loss",
    aliases=("L2-SVM loss",),
    inputs=(o,),
    targets=(sign,),
    expression=_positive(1 - sign * o) ** 2,
    domain=SIGNED_DOMAIN,
    arguments=SIGNED,
    output_layer=RAW,
    claims=(
        Range(ZERO, sp.oo),
        Convex(),
        Lipschitz(sp.oo),
        Smooth(sp.Integer(2)),
        GradientIs((-2 * sign * _positive(1 - sign * o),), "−2y max(0, 1 − y·o)"),
        ClassificationCalibrated(),
        NeverBelow(MISTAKE, "the zero–one loss"),
        Given({sign: sp.Integer(1)}, Not(Redescending())),
    ),
    torch_name=None,
    page=HINGE_PAGE,
    sources=("tang2013",),
)

EXPONENTIAL = LossDefinition(
    name="exponential_loss",
    title="Exponential loss",
    aliases=("AdaBoost loss",),
    inputs=(o,),
    targets=(sign,),
    expression=sp.exp(-sign * o),
    domain=SIGNED_DOMAIN,
    arguments=SIGNED,
    output_layer=RAW,
    claims=(
        Range(ZERO, sp.oo),
        Convex(),
        Lipschitz(sp.oo),
        GradientIs((-sign * sp.exp(-sign * o),), "minus the target, times the loss"),
        Minimiser("mean", link=sp.log((1 + statistic) / (1 - statistic)) / 2),
        ClassificationCalibrated(),
        NeverBelow(MISTAKE, "the zero–one loss"),
    ),
    torch_name=None,
    page=HINGE_PAGE,
    sources=("freund1997", "friedman2000"),
)

SOFT_MARGIN = LossDefinition(
    name="soft_margin_loss",
    title="Logistic loss",
    aliases=("soft margin loss", "log loss for targets ±1"),
    inputs=(o,),
    targets=(sign,),
    expression=softplus(-sign * o),
    domain=SIGNED_DOMAIN,
    arguments=SIGNED,
    output_layer=RAW + "; σ(o) is the probability of +1",
    claims=(
        Range(ZERO, sp.oo),
        Convex(),
        Lipschitz(sp.Integer(1)),
        Smooth(sp.Rational(1, 4)),
        GradientIs((-sign * sigma(-sign * o),), "−y σ(−y·o)"),
        Equals(
            _positive(o) - o * (1 + sign) / 2 + softplus(-sp.Abs(o)),
            "binary cross-entropy on the logit with target (1 + y)/2",
        ),
        Equals(
            _positive(-sign * o) + softplus(-sp.Abs(o)),
            "max(0, −y·o) + log(1 + e^(−|o|)), which does not overflow",
        ),
        Minimiser("mean", link=sp.log((1 + statistic) / (1 - statistic))),
        ClassificationCalibrated(),
        NeverBelow(sp.log(2) * MISTAKE, "log 2 times the zero–one loss"),
        NegativeLogLikelihood(
            "a sign that is", sigma(sign * o), sp.Integer(1), kind="+1 with probability σ(o)"
        ),
    ),
    torch_name="soft_margin_loss",
    page=HINGE_PAGE,
    sources=("friedman2000",),
)

HINGE_EMBEDDING = LossDefinition(
    name="hinge_embedding_loss",
    title="Hinge embedding loss",
    aliases=("hinge loss on a distance",),
    inputs=(o,),
    targets=(sign,),
    parameters={m: sp.Integer(1)},
    expression=sp.Piecewise((o, sp.Eq(sign, 1)), (_positive(m - o), True)),
    domain={o: sp.Interval(0, sp.oo), sign: SIGNS, m: sp.Interval(0, sp.oo)},
    arguments=SIGNED,
    options={"margin": m},
    output_layer="a distance, so at least 0",
    claims=(
        Range(ZERO, sp.oo),
        Convex(),
        Lipschitz(sp.Integer(1)),
        Given({sign: sp.Integer(1)}, Equals(o, "the distance: it is pulled to 0")),
        Given(
            {sign: sp.Integer(-1)},
            Equals(_positive(m - o), "what the distance lacks to the margin: it is pushed there"),
        ),
        Not(ClassificationCalibrated()),
    ),
    torch_name="hinge_embedding_loss",
    page="embeddings/metric_learning",
    sources=("mobahi2009",),
)

COMPARISON = {"input1": o1, "input2": o2, "target": sign}
COMPARED = {o1: sp.S.Reals, o2: sp.S.Reals, sign: SIGNS}
BOTH_SHIFTED = Invariant({o1: o1 + shift, o2: o2 + shift}, "adding one number to both scores")
EXCHANGED = Invariant({o1: o2, o2: o1, sign: -sign}, "exchanging the two, and the sign with them")

MARGIN_RANKING = LossDefinition(
    name="margin_ranking_loss",
    title="Margin ranking loss",
    aliases=("pairwise hinge loss", "ranking hinge loss"),
    inputs=(o1, o2),
    targets=(sign,),
    parameters={m: ZERO},
    expression=_positive(-sign * (o1 - o2) + m),
    domain={**COMPARED, m: sp.S.Reals},
    arguments=COMPARISON,
    options={"margin": m},
    output_layer="none: the larger score ranks first",
    claims=(
        Range(ZERO, sp.oo),
        Convex(argument="both scores together"),
        Lipschitz(sp.sqrt(2)),
        BOTH_SHIFTED,
        EXCHANGED,
        Given(
            {o2: o1, m: ZERO},
            Equals(ZERO, "0: without a margin, equal scores for everything cost nothing"),
            "for o₁ = o₂ and margin 0",
        ),
        Given({o2: o1}, Equals(_positive(m), "the margin, if that is positive"), "for o₁ = o₂"),
    ),
    torch_name="margin_ranking_loss",
    page="embeddings/ranking",
    sources=("herbrich2000",),
)

BRADLEY_TERRY = LossDefinition(
    name="bradley_terry_loss",
    title="Bradley–Terry loss",
    aliases=("pairwise logistic loss", "RankNet loss", "reward-model loss"),
    inputs=(o1, o2),
    targets=(sign,),
    expression=logsumexp((o1, o2)) - sp.Piecewise((o1, sp.Eq(sign, 1)), (o2, True)),
    domain=COMPARED,
    arguments=COMPARISON,
    output_layer="none: σ(o₁ − o₂) is the probability that the first wins",
    claims=(
        Range(ZERO, sp.oo),
        Convex(argument="both scores together"),
        Lipschitz(
            sp.sqrt(2), at={o1: sp.Integer(-1000), o2: sp.Integer(1000), sign: sp.Integer(1)}
        ),
        Smooth(sp.Rational(1, 2), at={o1: ZERO, o2: ZERO, sign: sp.Integer(1)}),
        BOTH_SHIFTED,
        EXCHANGED,
        Equals(softplus(-sign * (o1 - o2)), "the logistic loss of the difference of the scores"),
        GradientIs(
            (-sign * sigma(-sign * (o1 - o2)), sign * sigma(-sign * (o1 - o2))),
            "−y σ(−y(o₁ − o₂)) by o₁: in size, the probability given to what did not happen",
        ),
        NegativeLogLikelihood(
            "Bradley–Terry", sigma(sign * (o1 - o2)), sp.Integer(1), kind="comparisons"
        ),
    ),
    torch_name=None,
    page="embeddings/ranking",
    sources=("bradley1952", "burges2005"),
)

policy = sp.symbols("pi_w pi_l", real=True)
"""The policy's log-probabilities of the preferred and of the other answer."""

reference = sp.symbols("rho_w rho_l", real=True)
"""The reference's log-probabilities of them."""

strength = sp.Symbol("beta", positive=True)
mislabelled = sp.Symbol("epsilon", nonnegative=True)
_gap = strength * ((policy[0] - reference[0]) - (policy[1] - reference[1]))
_SURPRISE = sp.Interval(-sp.oo, 0)

DPO = LossDefinition(
    name="dpo_loss",
    title="Direct preference optimisation",
    aliases=("DPO", "preference loss"),
    inputs=policy,
    targets=reference,
    parameters={strength: sp.Rational(1, 10), mislabelled: ZERO},
    expression=(1 - mislabelled) * softplus(-_gap) + mislabelled * softplus(_gap),
    domain={
        **dict.fromkeys((*policy, *reference), _SURPRISE),
        strength: POSITIVE,
        mislabelled: sp.Interval.Ropen(0, sp.Rational(1, 2)),
    },
    arguments={
        "policy_chosen": policy[0],
        "policy_rejected": policy[1],
        "reference_chosen": reference[0],
        "reference_rejected": reference[1],
    },
    options={"beta": strength, "label_smoothing": mislabelled},
    output_layer="log-softmax, added up over the tokens of an answer",
    claims=(
        Range(ZERO, sp.oo),
        Convex(argument="the policy's two log-probabilities together"),
        Given({mislabelled: ZERO}, Lipschitz(sp.sqrt(2) * strength)),
        Given(
            {mislabelled: ZERO},
            GradientIs(
                (-strength * sigma(-_gap), strength * sigma(-_gap)),
                "−β σ(−h) by the first: the further the implied rewards are from the preference, "
                "the larger in size",
            ),
        ),
        Given(
            {mislabelled: ZERO},
            Equals(
                logsumexp([strength * (policy[k] - reference[k]) for k in (0, 1)])
                - strength * (policy[0] - reference[0]),
                "the Bradley–Terry loss of the implied rewards β(a − aʳᵉᶠ)",
            ),
        ),
        Given(
            {policy[0]: reference[0], policy[1]: reference[1]},
            Equals(sp.log(2), "log 2: the policy starts as the reference"),
            "where the policy is the reference",
        ),
        Invariant(
            {symbol: symbol + shift for symbol in policy},
            "making both answers likelier by one factor",
        ),
        NeverBelow(
            -(1 - mislabelled) * sp.log(1 - mislabelled)
            - sp.Piecewise((0, sp.Eq(mislabelled, 0)), (mislabelled * sp.log(mislabelled), True)),
            "the entropy of the labels' noise ε",
        ),
    ),
    torch_name=None,
    page="embeddings/ranking",
    sources=("rafailov2023",),
)

_HINGES = [hot[k] * sum(_positive(m - z[k] + z[j]) for j in range(3) if j != k) for k in range(3)]
ALL_SHIFTED = Invariant({score: score + shift for score in z}, "adding one number to all scores")
_NOT_FIRST = sum(
    hot[k] * sp.Piecewise((1, z[k] <= sp.Max(*(z[j] for j in range(3) if j != k))), (0, True))
    for k in range(3)
)

MULTI_MARGIN = LossDefinition(
    name="multi_margin_loss",
    title="Multi-class hinge loss",
    aliases=("multi-class margin loss", "Weston–Watkins hinge loss"),
    inputs=z,
    targets=hot,
    parameters={m: sp.Integer(1)},
    expression=sum(_HINGES) / 3,
    domain={**LOGITS, **dict.fromkeys(hot, BITS), m: sp.S.Reals},
    joints=(one_hot(hot),),
    arguments={"input": (z,), "target": (class_index(hot),)},
    options={"margin": m},
    indices=("target",),
    output_layer="none: the largest score is the prediction",
    claims=(
        Range(ZERO, sp.oo),
        Convex(argument="the scores together"),
        Lipschitz(sp.sqrt(6) / 3),
        ALL_SHIFTED,
        Given(
            {m: sp.Integer(1)},
            NeverBelow(_NOT_FIRST / 3, "a C-th of the zero–one loss"),
        ),
    ),
    torch_name="multi_margin_loss",
    page=HINGE_PAGE,
    sources=("weston1999",),
)

_SQUARED_HINGES = [
    hot[k] * sum(_positive(m - z[k] + z[j]) ** 2 for j in range(3) if j != k) for k in range(3)
]

MULTI_MARGIN_SQUARED = LossDefinition(
    name="multi_margin_loss",
    title="Squared multi-class hinge loss",
    inputs=z,
    targets=hot,
    parameters={m: sp.Integer(1)},
    expression=sum(_SQUARED_HINGES) / 3,
    domain=MULTI_MARGIN.domain,
    joints=MULTI_MARGIN.joints,
    arguments=MULTI_MARGIN.arguments,
    options={"margin": m, "p": 2},
    indices=("target",),
    output_layer=MULTI_MARGIN.output_layer,
    claims=(
        Range(ZERO, sp.oo),
        Convex(argument="the scores together"),
        Lipschitz(sp.oo),
        # Both hinges active: the matrix 2/3·[[2, −1, −1], [−1, 1, 0], [−1, 0, 1]].
        Smooth(sp.Integer(2)),
        ALL_SHIFTED,
    ),
    torch_name="multi_margin_loss",
    page=HINGE_PAGE,
    sources=("weston1999",),
)

_LISTED = (
    sp.Piecewise((0, sp.Eq(hot[0], 1)), (1, sp.Eq(hot[1], 1)), (2, sp.Eq(hot[2], 1)), (-1, True)),
    sp.Piecewise(
        (1, sp.Eq(hot[0] + hot[1], 2)),
        (2, sp.Eq(hot[2], 1) & sp.Eq(hot[0] + hot[1], 1)),
        (-1, True),
    ),
    sp.Piecewise((2, sp.Eq(hot[0] + hot[1] + hot[2], 3)), (-1, True)),
)
"""The classes of a set, in order, then −1 as padding."""

MULTILABEL_MARGIN = LossDefinition(
    name="multilabel_margin_loss",
    title="Multi-label hinge loss",
    aliases=("multi-label margin loss", "ranking loss of label sets"),
    inputs=z,
    targets=hot,
    expression=sum(
        hot[j] * (1 - hot[i]) * _positive(1 - z[j] + z[i]) for i in range(3) for j in range(3)
    )
    / 3,
    domain={**LOGITS, **dict.fromkeys(hot, BITS)},
    arguments={"input": (z,), "target": (_LISTED,)},
    indices=("target",),
    output_layer="none: scores rank the labels",
    claims=(
        Range(ZERO, sp.oo),
        Convex(argument="the scores together"),
        ALL_SHIFTED,
        Given(
            {hot[1]: ZERO, hot[2]: ZERO, hot[0]: sp.Integer(1)},
            Equals(
                (_positive(1 - z[0] + z[1]) + _positive(1 - z[0] + z[2])) / 3,
                "the multi-class hinge loss",
            ),
            "for a set of a single label",
        ),
        Given(dict.fromkeys(hot, ZERO), Equals(ZERO, "0"), "for an empty set"),
        Given(dict.fromkeys(hot, sp.Integer(1)), Equals(ZERO, "0"), "for the set of all labels"),
    ),
    torch_name="multilabel_margin_loss",
    page=HINGE_PAGE,
    sources=("elisseeff2001",),
)

MULTILABEL_SOFT_MARGIN = LossDefinition(
    name="multilabel_soft_margin_loss",
    title="Multi-label logistic loss",
    aliases=("multi-label soft margin loss", "one-against-all logistic loss"),
    inputs=z,
    targets=hot,
    expression=sum(hot[k] * softplus(-z[k]) + (1 - hot[k]) * softplus(z[k]) for k in range(3)) / 3,
    domain={**LOGITS, **dict.fromkeys(hot, BITS)},
    arguments={"input": (z,), "target": (hot,)},
    output_layer="none: the loss contains the sigmoid",
    claims=(
        Range(ZERO, sp.oo),
        Convex(argument="the logits together"),
        Lipschitz(1 / sp.sqrt(3)),
        Smooth(sp.Rational(1, 12), at={**dict.fromkeys(z, ZERO), **dict.fromkeys(hot, ZERO)}),
        GradientIs(
            tuple((sigma(z[k]) - hot[k]) / 3 for k in range(3)), "(σ(z) − y)/C for each label"
        ),
        Not(ALL_SHIFTED),
    ),
    torch_name="multilabel_soft_margin_loss",
    page=HINGE_PAGE,
    sources=("nam2014",),
)

DEFINITIONS = (
    HINGE,
    SQUARED_HINGE,
    EXPONENTIAL,
    SOFT_MARGIN,
    HINGE_EMBEDDING,
    MARGIN_RANKING,
    BRADLEY_TERRY,
    DPO,
    MULTI_MARGIN,
    MULTILABEL_MARGIN,
    MULTILABEL_SOFT_MARGIN,
)
VARIANTS = (MULTI_MARGIN_SQUARED,)
