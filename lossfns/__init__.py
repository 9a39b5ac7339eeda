"""Loss functions from first principles, each one checked against its own mathematics.

The functions carry the names and signatures of :mod:`torch.nn.functional` (without the
deprecated ``size_average`` and ``reduce``), so ``import lossfns as F`` is a drop-in.
``lossfns.symbolic`` (the SymPy definitions) and ``lossfns.figures`` (the course's figure
style) load only when they are imported by name, because SymPy and Matplotlib are slow to load.
"""

from lossfns.classification import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    binary_focal_loss,
    brier_score_loss,
    cross_entropy,
    focal_loss,
    logit_adjusted_cross_entropy,
    nll_loss,
)
from lossfns.contrastive import info_nce_loss, nt_xent_loss, sup_con_loss
from lossfns.divergence import entropy, gaussian_kl, js_div, kl_div, perplexity
from lossfns.embedding import (
    contrastive_loss,
    cosine_embedding_loss,
    triplet_margin_loss,
    triplet_margin_with_distance_loss,
)
from lossfns.large_vocabulary import (
    AdaptiveLogSoftmaxWithLoss,
    adaptive_log_softmax_with_loss,
    linear_cross_entropy,
    vocab_parallel_cross_entropy,
)
from lossfns.margin import (
    bradley_terry_loss,
    dpo_loss,
    exponential_loss,
    hinge_embedding_loss,
    hinge_loss,
    margin_ranking_loss,
    multi_margin_loss,
    multilabel_margin_loss,
    multilabel_soft_margin_loss,
    soft_margin_loss,
    squared_hinge_loss,
)
from lossfns.optimisation import Descent, gradient_descent, sgd
from lossfns.outputs import (
    log_sigmoid,
    log_softmax,
    logit,
    logsumexp,
    sigmoid,
    softmax,
    softmax_with_temperature,
    tanh,
)
from lossfns.overlap import dice_loss, tversky_loss
from lossfns.reduction import reduce
from lossfns.regression import (
    gaussian_nll_loss,
    general_robust_loss,
    huber_loss,
    l1_loss,
    log_cosh_loss,
    mse_loss,
    pinball_loss,
    poisson_nll_loss,
    smooth_l1_loss,
)
from lossfns.sequence import ctc_loss

__version__ = "0.1.0"

__all__ = [
    "AdaptiveLogSoftmaxWithLoss",
    "Descent",
    "adaptive_log_softmax_with_loss",
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "binary_focal_loss",
    "bradley_terry_loss",
    "brier_score_loss",
    "contrastive_loss",
    "cosine_embedding_loss",
    "cross_entropy",
    "ctc_loss",
    "dice_loss",
    "dpo_loss",
    "entropy",
    "exponential_loss",
    "focal_loss",
    "gaussian_kl",
    "gaussian_nll_loss",
    "general_robust_loss",
    "gradient_descent",
    "hinge_embedding_loss",
    "hinge_loss",
    "huber_loss",
    "info_nce_loss",
    "js_div",
    "kl_div",
    "l1_loss",
    "linear_cross_entropy",
    "log_cosh_loss",
    "log_sigmoid",
    "log_softmax",
    "logit",
    "logit_adjusted_cross_entropy",
    "logsumexp",
    "margin_ranking_loss",
    "mse_loss",
    "multi_margin_loss",
    "multilabel_margin_loss",
    "multilabel_soft_margin_loss",
    "nll_loss",
    "nt_xent_loss",
    "perplexity",
    "pinball_loss",
    "poisson_nll_loss",
    "reduce",
    "sgd",
    "sigmoid",
    "smooth_l1_loss",
    "soft_margin_loss",
    "softmax",
    "softmax_with_temperature",
    "squared_hinge_loss",
    "sup_con_loss",
    "tanh",
    "triplet_margin_loss",
    "triplet_margin_with_distance_loss",
    "tversky_loss",
    "vocab_parallel_cross_entropy",
]
