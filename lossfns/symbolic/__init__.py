"""The losses as mathematics: one SymPy definition each, which everything else is checked against.

A :class:`LossDefinition` holds a formula, where it is defined, how the function in ``lossfns`` is
called with its symbols, and what is claimed of it. The gradient and the Hessian are derived from
the formula, never typed, and each claim can be put to the test: :meth:`Claim.verify` either proves
it with SymPy, or checks it in 50-digit arithmetic at ordinary and extreme points, or raises
:class:`FalseClaim` with a counterexample. An :class:`OutputLayer` is the same for what turns a raw
output into a probability.

>>> MSE.gradient()
Matrix([[2*o - 2*y]])
>>> [claim.verify(MSE).name for claim in MSE.claims if isinstance(claim, Convex)]
['PROVED']
>>> DEFINITIONS["huber_loss"].title
'Huber loss'
"""

from collections.abc import Mapping

from lossfns.symbolic import (
    classification,
    contrastive,
    divergence,
    embedding,
    margin,
    outputs,
    overlap,
    regression,
)
from lossfns.symbolic.claims import (
    Claim,
    Concave,
    Convex,
    Equals,
    Evidence,
    FalseClaim,
    Given,
    GradientIs,
    HessianIs,
    Identity,
    Invariant,
    JacobianIs,
    Kink,
    Limit,
    Lipschitz,
    NeverAbove,
    NeverBelow,
    NonNegative,
    Not,
    Range,
    Redescending,
    Smooth,
    Stationary,
    Symmetric,
)
from lossfns.symbolic.definition import (
    DIGITS,
    TOLERANCE,
    Definition,
    Joint,
    LossDefinition,
    OutputLayer,
    evaluate,
    o,
    one_sided_slopes,
    sample,
    y,
)
from lossfns.symbolic.regression import HUBER, L1, MSE, delta
from lossfns.symbolic.statistical_claims import (
    ClassificationCalibrated,
    Integral,
    Minimiser,
    NegativeLogLikelihood,
    ProperScore,
)

__all__ = [
    "DEFINITIONS",
    "DIGITS",
    "HUBER",
    "L1",
    "MSE",
    "OUTPUT_LAYERS",
    "TOLERANCE",
    "VARIANTS",
    "WITHOUT_DEFINITION",
    "Claim",
    "ClassificationCalibrated",
    "Concave",
    "Convex",
    "Definition",
    "Equals",
    "Evidence",
    "FalseClaim",
    "Given",
    "GradientIs",
    "HessianIs",
    "Identity",
    "Integral",
    "Invariant",
    "JacobianIs",
    "Joint",
    "Kink",
    "Limit",
    "Lipschitz",
    "LossDefinition",
    "Minimiser",
    "NegativeLogLikelihood",
    "NeverAbove",
    "NeverBelow",
    "NonNegative",
    "Not",
    "OutputLayer",
    "ProperScore",
    "Range",
    "Redescending",
    "Smooth",
    "Stationary",
    "Symmetric",
    "delta",
    "evaluate",
    "o",
    "one_sided_slopes",
    "sample",
    "y",
]

_FAMILIES = (regression, classification, divergence, margin, embedding, contrastive, overlap)

DEFINITIONS: Mapping[str, LossDefinition] = {
    loss.name: loss for family in _FAMILIES for loss in family.DEFINITIONS
}
"""The definition of each loss by the name of its function in ``lossfns``, with its defaults."""

OUTPUT_LAYERS: Mapping[str, OutputLayer] = {layer.name: layer for layer in outputs.DEFINITIONS}
"""The definition of each output layer by the name of its function."""

VARIANTS: tuple[LossDefinition, ...] = tuple(
    variant for family in _FAMILIES for variant in family.VARIANTS
)
"""The same functions with other options, or with another kind of target."""

WITHOUT_DEFINITION: Mapping[str, str] = {
    "ctc_loss": "a sum over all alignments of a sequence: a recursion, checked against their "
    "enumeration",
    "linear_cross_entropy": "cross_entropy of a matrix product, computed piece by piece: checked "
    "against cross_entropy",
    "vocab_parallel_cross_entropy": "cross_entropy whose classes lie on several processes: checked "
    "against cross_entropy",
    "adaptive_log_softmax_with_loss": "nll_loss of a tree of log_softmax layers: checked against "
    "their product",
    "AdaptiveLogSoftmaxWithLoss": "the module that holds the weights of "
    "adaptive_log_softmax_with_loss",
}
"""Losses whose formula is not one of single elements or small vectors, and what checks them."""
