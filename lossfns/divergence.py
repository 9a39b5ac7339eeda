"""How far one distribution is from another, and how uncertain one is."""

import math

import torch
from torch import Tensor

from lossfns.classification import cross_entropy
from lossfns.reduction import common_dtype, reduce, widen
from lossfns.validation import (
    check_between,
    check_distribution,
    check_floating,
    check_log_probabilities,
    check_same_shape,
)


def kl_div(
    input: Tensor,
    target: Tensor,
    reduction: str = "mean",
    log_target: bool = False,
) -> Tensor:
    r"""Kullback–Leibler divergence of a prediction from a target, one term for each outcome.

    .. math::
        \operatorname{KL}(t \,\|\, p) = \sum_i \ell_i, \qquad
        \ell_i = t_i\,(\log t_i - \log p_i), \qquad
        \frac{\partial \ell_i}{\partial \log p_i} = -t_i

    The target comes first in the formula and second in the arguments, and the prediction is given
    by its logarithm. The sum is at least 0, and 0 only where the two agree; a single term can be
    negative. For a fixed target it differs from the cross-entropy by a constant, the target's
    entropy, so their gradients are equal.

    Args:
        input: log-probabilities :math:`\log p`, any shape (a little above 0, up to 0.01, is taken
            for rounding).
        target: probabilities :math:`t`, same shape, from 0 to 1; their logarithms with
            ``log_target``.
        reduction: ``"none"``, ``"sum"``, ``"mean"`` or ``"batchmean"``. Only ``"batchmean"``, the
            sum divided by the size of the first dimension, is the divergence averaged over
            examples; ``"mean"`` divides by the number of elements, and so by that of the outcomes
            too. The divergence is in nats.
        log_target: whether ``target`` holds logarithms.

    Returns:
        A scalar, or a tensor of the shape of ``input`` for ``reduction="none"``.

    Raises:
        TypeError: an argument is no floating-point tensor.
        ValueError: shapes differ, a probability is outside [0, 1] (or the logarithm of such a
            number), or ``reduction`` is unknown.

    Differs from :func:`torch.nn.functional.kl_div`: PyTorch broadcasts, and takes numbers that
    are no probabilities, such as an ``input`` to which no logarithm was applied; both are refused
    here. An outcome of target 0 costs 0 here where PyTorch's result is NaN: one that the
    prediction excludes too (``input`` −∞), or one given as log-target −∞. At a target of exactly
    0 the gradient by the target, which is −∞, is given as 0; PyTorch's is NaN. There is no
    warning about ``"mean"``.

    Example:
        >>> import torch
        >>> p, t = torch.tensor([[0.5, 0.5]]), torch.tensor([[1.0, 0.0]])
        >>> kl_div(p.log(), t, reduction="batchmean")
        tensor(0.6931)

    Source: S. Kullback and R. A. Leibler, *On Information and Sufficiency* (1951).
    Page: ``chapters/classification/entropy_and_kl``; card: ``chapters/choosing/catalogue``.
    """
    t, log_t, log_p = _check_and_take_logs(input, target, log_target)
    return _reduce_batch(_log_ratio(t, log_t, log_p), reduction, common_dtype(input, target))


def js_div(
    input: Tensor,
    target: Tensor,
    reduction: str = "mean",
    log_target: bool = False,
) -> Tensor:
    r"""Jensen–Shannon divergence: how far two distributions are from their average.

    .. math::
        \operatorname{JS}(p, t) = \tfrac12 \operatorname{KL}(p \,\|\, m)
            + \tfrac12 \operatorname{KL}(t \,\|\, m), \qquad m = \tfrac12 (p + t), \qquad
        \frac{\partial\,\ell_i}{\partial p_i} = \tfrac12 \log \frac{p_i}{m_i}

    It is symmetric, finite also where one distribution excludes what the other allows, and at
    most :math:`\log 2`, which two distributions without a common outcome reach. Its square root
    is a metric. Arguments are those of :func:`kl_div`, so that one can stand for the other.

    Args:
        input: log-probabilities :math:`\log p`, any shape (a little above 0, up to 0.01, is taken
            for rounding).
        target: probabilities :math:`t`, same shape, from 0 to 1; their logarithms with
            ``log_target``.
        reduction: ``"none"``, ``"sum"``, ``"mean"`` or ``"batchmean"``, as for :func:`kl_div`.
            The divergence is in nats.
        log_target: whether ``target`` holds logarithms.

    Returns:
        A scalar, or a tensor of the shape of ``input`` for ``reduction="none"``.

    Raises:
        TypeError: an argument is no floating-point tensor.
        ValueError: shapes differ, a probability is outside [0, 1] (or the logarithm of such a
            number), or ``reduction`` is unknown.

    Example:
        >>> import torch
        >>> p, t = torch.tensor([[0.0, 1.0]]), torch.tensor([[1.0, 0.0]])
        >>> js_div(p.log(), t, reduction="batchmean")
        tensor(0.6931)

    Source: J. Lin, *Divergence Measures Based on the Shannon Entropy* (1991).
    Page: ``chapters/classification/entropy_and_kl``; card: ``chapters/choosing/catalogue``.
    """
    t, log_t, log_p = _check_and_take_logs(input, target, log_target)
    p = log_p.exp()
    m = (p + t) / 2
    log_m = m.masked_fill(m == 0, 1).log()
    values = (_log_ratio(p, log_p, log_m) + _log_ratio(t, log_t, log_m)) / 2
    return _reduce_batch(values, reduction, common_dtype(input, target))


def gaussian_kl(
    input: Tensor,
    log_var: Tensor,
    target: Tensor | None = None,
    target_log_var: Tensor | None = None,
    reduction: str = "mean",
) -> Tensor:
    r"""Kullback–Leibler divergence of one Gaussian from another, for each dimension.

    .. math::
        \ell = \operatorname{KL}\bigl(\mathcal N(\mu, \sigma^2) \,\|\,
            \mathcal N(\mu_0, \sigma_0^2)\bigr)
        = \tfrac12 \Bigl[\frac{(\mu - \mu_0)^2}{\sigma_0^2} + e^d - 1 - d\Bigr], \qquad
        d = \log \frac{\sigma^2}{\sigma_0^2}

    With the standard normal as target it is the regulariser of a variational autoencoder,
    :math:`\tfrac12(\mu^2 + \sigma^2 - 1 - \log \sigma^2)`. The gradients are
    :math:`(\mu - \mu_0)/\sigma_0^2` and :math:`\tfrac12(e^d - 1)`: too wide is punished
    exponentially in the log-variance, too narrow only linearly.

    Args:
        input: means :math:`\mu`, any shape, real floating point.
        log_var: log-variances :math:`\log \sigma^2`, same shape.
        target: means :math:`\mu_0`, same shape; 0 by default.
        target_log_var: log-variances :math:`\log \sigma_0^2`, same shape; 0 by default.
        reduction: ``"none"``, ``"sum"``, ``"mean"`` or ``"batchmean"``. Independent dimensions
            add up, so the divergence of the vectors, averaged over a batch, is ``"batchmean"``.
            It is in nats.

    Returns:
        A scalar, or a tensor of the shape of ``input`` for ``reduction="none"``.

    Raises:
        TypeError: an argument is no floating-point tensor.
        ValueError: shapes differ, or ``reduction`` is unknown.

    Example:
        >>> import torch
        >>> gaussian_kl(torch.tensor([1.0]), torch.tensor([0.0]))
        tensor(0.5000)

    Source: D. P. Kingma and M. Welling, *Auto-Encoding Variational Bayes* (2014), appendix B.
    Page: ``chapters/classification/entropy_and_kl``; card: ``chapters/choosing/catalogue``.
    """
    given = {"log_var": log_var, "target": target, "target_log_var": target_log_var}
    check_floating("input", input)
    for name, tensor in given.items():
        if tensor is not None or name == "log_var":
            check_floating(name, tensor)
            check_same_shape(name, tensor, "input", input)
    dtype = common_dtype(input, *given.values())
    mu, log_variance, mu_0, log_variance_0 = widen(input, *given.values())
    distance = mu if mu_0 is None else mu - mu_0
    d = log_variance if log_variance_0 is None else log_variance - log_variance_0
    if log_variance_0 is not None:
        # In two steps: 1/σ₀ may overflow where its product with a small distance does not.
        quarter = -log_variance_0 / 4
        # Means that agree are 0 apart at any scale, and 0·∞ is not 0.
        largest = math.log(torch.finfo(quarter.dtype).max)
        quarter = quarter.masked_fill((distance == 0) & (quarter > largest), 0)
        distance = distance * quarter.exp() * quarter.exp()
    return _reduce_batch((distance.square() + (d.expm1() - d)) / 2, reduction, dtype)


def entropy(input: Tensor, dim: int = -1) -> Tensor:
    r"""Expected surprise of an outcome: how many nats it takes to name one.

    .. math::
        H(p) = -\sum_i p_i \log p_i, \qquad
        \frac{\partial H}{\partial p_i} = -\log p_i - 1

    It is 0 for a certain outcome and :math:`\log C`, its maximum, for :math:`C` equally likely
    ones; divided by :math:`\log 2` it is in bits. Its exponential, the perplexity of ``input``,
    is the number of equally likely outcomes that would be as uncertain.

    Args:
        input: probabilities :math:`p`, which sum to 1 along ``dim``.
        dim: the dimension that the outcomes are along.

    Returns:
        Entropies in nats, of the shape of ``input`` without ``dim``.

    Raises:
        TypeError: ``input`` is no floating-point tensor.
        IndexError: ``input`` has no dimension ``dim``.
        ValueError: a number is outside [0, 1], or the sum is not 1.

    At a probability of exactly 0 the gradient, which is ∞, is given as 0: an outcome that softmax
    rounded to 0 must not make the other gradients NaN.

    Example:
        >>> import torch
        >>> entropy(torch.tensor([[0.5, 0.5], [1.0, 0.0]]))
        tensor([0.6931, 0.0000])

    Source: C. E. Shannon, *A Mathematical Theory of Communication* (1948), section 6.
    Page: ``chapters/classification/entropy_and_kl``; card: ``chapters/choosing/catalogue``.
    """
    check_floating("input", input)
    check_distribution("input", input, dim)
    (p,) = widen(input)
    surprise = -p.masked_fill(p == 0, 1).log()
    return (p * surprise).sum(dim).to(input.dtype)


def perplexity(input: Tensor, target: Tensor, ignore_index: int = -100) -> Tensor:
    r"""Exponential of the mean cross-entropy: among how many equals the model is guessing.

    .. math::
        \exp\Bigl(-\frac1N \sum_n \log p_n(y_n)\Bigr), \qquad
        p_n = \operatorname{softmax}(z_n)

    It is the reciprocal of the geometric mean of the probabilities that were given to what
    happened: 1 for a clairvoyant, C for one who finds all classes equally likely, and without
    bound for one who is sure and wrong.

    Args:
        input: scores :math:`z`, of shape (C,), (N, C) or (N, C, d₁, …).
        target: class indices or class probabilities, as for
            :func:`~lossfns.classification.cross_entropy`.
        ignore_index: an index to leave out of the mean.

    Returns:
        A scalar of at least 1.

    Raises:
        TypeError, IndexError, ValueError: as for :func:`~lossfns.classification.cross_entropy`.

    Example:
        >>> import torch
        >>> perplexity(torch.zeros(2, 10), torch.tensor([3, 7]))
        tensor(10.)

    Source: F. Jelinek, R. L. Mercer, L. R. Bahl and J. K. Baker, *Perplexity — a Measure of the
    Difficulty of Speech Recognition Tasks* (1977).
    Page: ``chapters/classification/entropy_and_kl``; card: ``chapters/choosing/catalogue``.
    """
    check_floating("input", input)
    # The exponential multiplies the rounding of its argument by that argument: round after it.
    (z,) = widen(input)
    return cross_entropy(z, target, ignore_index=ignore_index).exp().to(input.dtype)


def _check_and_take_logs(
    input: Tensor, target: Tensor, log_target: bool
) -> tuple[Tensor, Tensor, Tensor]:
    """The target's probabilities and their logarithms, and the logarithms of the input's."""
    check_floating("input", input)
    check_floating("target", target)
    check_same_shape("target", target, "input", input)
    check_log_probabilities("input", input)
    if log_target:
        check_log_probabilities("target", target)
        log_p, log_t = widen(input, target)
        return log_t.exp(), log_t, log_p
    check_between("target", target, 0, 1)
    log_p, t = widen(input, target)
    # 0·log 0 is 0, which 0·log 1 is too, and with no infinite slope.
    return t, t.masked_fill(t == 0, 1).log(), log_p


def _log_ratio(p: Tensor, log_p: Tensor, log_q: Tensor) -> Tensor:
    # An outcome of probability 0 costs nothing, also where the logarithms are infinite.
    return p * (log_p - log_q).masked_fill(p == 0, 0)


def _reduce_batch(values: Tensor, reduction: str, dtype: torch.dtype) -> Tensor:
    if reduction == "batchmean":
        batch = values.shape[0] if values.ndim else 1
        return reduce(values, "mean", denominator=batch, dtype=dtype)
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(
            f"reduction must be 'none', 'mean', 'sum' or 'batchmean'; got {reduction!r}"
        )
    return reduce(values, reduction, dtype=dtype)
