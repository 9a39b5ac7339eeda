"""Losses on the overlap of two regions: how much of a segmentation is right, not how many pixels.

Both take probabilities with a class dimension, shape (N, C, d₁, …): a binary segmentation is
C = 1 with the sigmoid's probability of the foreground, a multi-class one has the softmax's.
"""

import torch
from torch import Tensor

from lossfns.reduction import common_dtype, reduce, widen
from lossfns.validation import (
    check_at_least_zero,
    check_class_indices,
    check_floating,
    check_positive,
    check_real,
    check_same_shape,
    check_values,
)


def dice_loss(
    input: Tensor,
    target: Tensor,
    smooth: float = 1.0,
    reduction: str = "mean",
) -> Tensor:
    r"""One minus twice the overlap of two regions over the sum of their sizes.

    .. math::
        \ell(p, y) = 1 - \frac{2 \sum_i p_i y_i + s}{\sum_i p_i + \sum_i y_i + s}

    with the sums over the pixels :math:`i` of one class in one example. The true negatives are
    nowhere in it, so a background of any size does not drown a small region as it does in
    cross-entropy. For a mask :math:`y` it is 1 − F₁ of the probabilities.
    :math:`s` makes the loss of an empty region predicted empty 0 instead of 0/0, and matters
    beside regions of about :math:`s` pixels.

    Args:
        input: probabilities :math:`p`, shape (N, C, d₁, …), real floating point: C = 1 for one
            region, otherwise one channel a class.
        target: masks :math:`y` of the shape of ``input``, bool, integer or floating point, from 0
            to 1; or for C > 1 classes from 0 to C − 1, shape (N, d₁, …), int64.
        smooth: :math:`s`, at least 0. With 0 a region empty in both is 0/0, a NaN.
        reduction: ``"none"``, ``"sum"`` or ``"mean"``, the mean over all N·C regions.

    Returns:
        A scalar, or a tensor of shape (N, C) for ``reduction="none"``.

    Raises:
        TypeError: the input is no floating-point tensor, or the target no tensor of numbers,
            or of classes that are not int64.
        IndexError: a class does not exist.
        ValueError: shapes do not fit, a probability or mask is outside [0, 1], ``smooth`` is out
            of range, or ``reduction`` is unknown.

    Differs from PyTorch, which lacks this loss.

    Example:
        >>> import torch
        >>> mask = torch.tensor([[[1, 1, 0, 0]]])
        >>> dice_loss(torch.tensor([[[0.5, 1.0, 0.5, 0.0]]]), mask, smooth=0.0)
        tensor(0.2500)

    Source: F. Milletari, N. Navab and S.-A. Ahmadi, *V-Net* (3DV 2016), section 3, where the
    denominator has squares, which for values of 0 and 1 is the same; the coefficient is that of
    L. R. Dice, *Measures of the amount of ecologic association between species* (Ecology 26,
    1945).
    Page: ``chapters/classification/imbalance``; card: ``chapters/choosing/catalogue``.
    """
    mask = _check_regions(input, target, smooth)
    p, y = widen(input, mask)
    overlap = (p * y).flatten(2).sum(2)
    sizes = p.flatten(2).sum(2) + y.flatten(2).sum(2)
    values = 1 - (2 * overlap + smooth) / (sizes + smooth)
    return reduce(values, reduction, dtype=common_dtype(input, mask))


def tversky_loss(
    input: Tensor,
    target: Tensor,
    alpha: float = 0.5,
    beta: float = 0.5,
    smooth: float = 1.0,
    reduction: str = "mean",
) -> Tensor:
    r"""Overlap loss with one price for false positives and another for false negatives.

    .. math::
        \ell(p, y) = 1 - \frac{t + s}{t + \alpha f + \beta m + s}, \qquad
        t = \sum_i p_i y_i, \quad f = \sum_i p_i (1 - y_i), \quad m = \sum_i (1 - p_i) y_i

    with the sums over the pixels :math:`i` of one class in one example. Raising :math:`\beta`
    over :math:`\alpha` buys recall with precision: a missed pixel then costs more than a wrong
    one. :math:`\alpha = \beta = \tfrac12` is :func:`dice_loss` (with its ``smooth`` halved) and
    :math:`\alpha = \beta = 1` the Jaccard index, intersection over union.

    Args:
        input: probabilities :math:`p`, shape (N, C, d₁, …), real floating point: C = 1 for one
            region, otherwise one channel a class.
        target: masks :math:`y` of the shape of ``input``, bool, integer or floating point, from 0
            to 1; or for C > 1 classes from 0 to C − 1, shape (N, d₁, …), int64.
        alpha: price :math:`\alpha` of a false positive, above 0.
        beta: price :math:`\beta` of a false negative, above 0.
        smooth: :math:`s`, at least 0. With 0 a region empty in both is 0/0, a NaN.
        reduction: ``"none"``, ``"sum"`` or ``"mean"``, the mean over all N·C regions.

    Returns:
        A scalar, or a tensor of shape (N, C) for ``reduction="none"``.

    Raises:
        TypeError: the input is no floating-point tensor, or the target no tensor of numbers,
            or of classes that are not int64.
        IndexError: a class does not exist.
        ValueError: shapes do not fit, a probability or mask is outside [0, 1], ``alpha``,
            ``beta`` or ``smooth`` is out of range, or ``reduction`` is unknown.

    Differs from PyTorch, which lacks this loss.

    Example:
        >>> import torch
        >>> mask = torch.tensor([[[1, 1, 0, 0]]])
        >>> tversky_loss(torch.tensor([[[0.5, 1.0, 0.5, 0.0]]]), mask, 0.3, 0.7, smooth=0.0)
        tensor(0.2500)
        >>> tversky_loss(torch.tensor([[[0.0, 1.0, 0.0, 0.0]]]), mask, 0.3, 0.7, smooth=0.0)
        tensor(0.4118)

    Source: S. S. M. Salehi, D. Erdogmus and A. Gholipour, *Tversky loss function for image
    segmentation using 3D fully convolutional deep networks* (MLMI 2017); the index is
    that of A. Tversky, *Features of similarity* (Psychological Review 84, 1977).
    Page: ``chapters/classification/imbalance``; card: ``chapters/choosing/catalogue``.
    """
    check_positive("alpha", alpha)
    check_positive("beta", beta)
    mask = _check_regions(input, target, smooth)
    p, y = widen(input, mask)
    true_positive = (p * y).flatten(2).sum(2)
    false_positive = (p * (1 - y)).flatten(2).sum(2)
    false_negative = ((1 - p) * y).flatten(2).sum(2)
    errors = alpha * false_positive + beta * false_negative
    values = 1 - (true_positive + smooth) / (true_positive + errors + smooth)
    return reduce(values, reduction, dtype=common_dtype(input, mask))


def _check_regions(input: Tensor, target: Tensor, smooth: float) -> Tensor:
    """The target as masks of the shape of ``input``, after every check."""
    check_floating("input", input)
    if input.ndim < 3 or input.shape[1:].numel() == 0:
        raise ValueError(
            "input must have shape (N, C, d1, ...) with at least one class and one pixel; "
            f"got {tuple(input.shape)}"
        )
    check_values("input", input, (input >= 0) & (input <= 1), "a probability, from 0 to 1,")
    check_at_least_zero("smooth", smooth)
    classes = input.shape[1]
    if isinstance(target, Tensor) and classes > 1 and target.ndim == input.ndim - 1:
        check_class_indices("target", target, classes)
        check_same_shape("target", target, "a channel of input", input[:, 0])
        channels = torch.arange(classes, device=target.device)
        return (target.unsqueeze(-1) == channels).movedim(-1, 1).to(input.dtype)
    if not isinstance(target, Tensor) or target.dtype != torch.bool:
        check_real("target", target)
    check_same_shape("target", target, "input", input)
    check_values("target", target, (target >= 0) & (target <= 1), "from 0 to 1")
    return target if target.is_floating_point() else target.to(input.dtype)
