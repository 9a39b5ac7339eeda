"""Losses for real-valued targets, elementwise in the residual ``input - target``."""

from torch import Tensor

from lossfns.reduction import common_dtype, reduce, widen
from lossfns.validation import check_floating, check_same_shape, check_weight


def mse_loss(
    input: Tensor,
    target: Tensor,
    reduction: str = "mean",
    weight: Tensor | None = None,
) -> Tensor:
    r"""Squared error: the negative log-likelihood of Gaussian noise, up to constants.

    .. math::
        \ell(o, y) = w\,(o - y)^2, \qquad \frac{\partial \ell}{\partial o} = 2w\,(o - y)

    Its minimiser over a constant prediction is the mean of the targets. The gradient grows with
    the residual, so one target that is wrong by 100 pulls as hard as a hundred that are wrong
    by 1.

    Args:
        input: predictions :math:`o`, any shape, real floating point, in the unit of the target.
        target: targets :math:`y`, same shape. The loss has the square of their unit.
        reduction: ``"none"``, ``"sum"`` or ``"mean"``. The mean divides by the number of
            elements, or by :math:`\sum w` where there is a ``weight``.
        weight: non-negative weights :math:`w` of the elements, same shape; 1 by default.

    Returns:
        A scalar, or a tensor of the shape of ``input`` for ``reduction="none"``.

    Raises:
        TypeError: an argument is no floating-point tensor.
        ValueError: shapes differ, a weight is negative or not finite, or ``reduction`` is
            unknown.

    Differs from :func:`torch.nn.functional.mse_loss`: PyTorch broadcasts a target of another
    shape with a warning, and takes negative weights; both are refused here. In half precision
    the loss is computed in float32 and rounded once.

    Example:
        >>> import torch
        >>> mse_loss(torch.tensor([1.0, 4.0]), torch.tensor([0.0, 2.0]))
        tensor(2.5000)

    Source: A.-M. Legendre, *Nouvelles méthodes pour la détermination des orbites des comètes*
    (1805), appendix; C. F. Gauss, *Theoria motus corporum coelestium* (1809), book II, section 3,
    for the normal law. Page: ``chapters/regression/ols_from_mle``.
    """
    _check_arguments(input, target, weight)
    prediction, truth, w = widen(input, target, weight)
    squared_error = (prediction - truth).square()
    dtype = common_dtype(input, target, weight)
    return _weighted_reduce(squared_error, reduction, w, dtype)


def l1_loss(
    input: Tensor,
    target: Tensor,
    reduction: str = "mean",
    weight: Tensor | None = None,
) -> Tensor:
    r"""Absolute error: the negative log-likelihood of Laplace noise, up to constants.

    .. math::
        \ell(o, y) = w\,|o - y|, \qquad
        \frac{\partial \ell}{\partial o} = w\,\operatorname{sign}(o - y)

    Its minimiser over a constant prediction is any median of the targets. The gradient has the
    same size however large the residual is; at a residual of 0, where the loss has a kink, the
    subgradient 0 is returned.

    Args:
        input: predictions :math:`o`, any shape, real or complex floating point, in the unit of
            the target.
        target: targets :math:`y`, same shape. The loss has their unit.
        reduction: ``"none"``, ``"sum"`` or ``"mean"``. The mean divides by the number of
            elements, or by :math:`\sum w` where there is a ``weight``.
        weight: non-negative real weights :math:`w` of the elements, same shape; 1 by default.

    Returns:
        A real scalar, or a real tensor of the shape of ``input`` for ``reduction="none"``.

    Raises:
        TypeError: an argument is no floating-point (or complex) tensor.
        ValueError: shapes differ, a weight is negative or not finite, or ``reduction`` is
            unknown.

    Differs from :func:`torch.nn.functional.l1_loss`: PyTorch broadcasts a target of another
    shape with a warning, and takes negative weights; both are refused here. In half precision
    the loss is computed in float32 and rounded once.

    Example:
        >>> import torch
        >>> l1_loss(torch.tensor([1.0, 4.0]), torch.tensor([0.0, 2.0]))
        tensor(1.5000)

    Source: P.-S. Laplace, *Mémoire sur la probabilité des causes par les événements* (1774).
    Page: ``chapters/regression/ols_from_mle`` holds it against the squared error.
    """
    _check_arguments(input, target, weight, allow_complex=True)
    prediction, truth, w = widen(input, target, weight)
    absolute_error = (prediction - truth).abs()
    dtype = common_dtype(input, target, weight)
    return _weighted_reduce(absolute_error, reduction, w, dtype)


def _check_arguments(
    input: Tensor, target: Tensor, weight: Tensor | None, *, allow_complex: bool = False
) -> None:
    check_floating("input", input, allow_complex=allow_complex)
    check_floating("target", target, allow_complex=allow_complex)
    check_same_shape("target", target, "input", input)
    check_weight(weight, "input", input)


def _weighted_reduce(values: Tensor, reduction: str, weight: Tensor | None, dtype) -> Tensor:
    if weight is None:
        return reduce(values, reduction, dtype=dtype)
    return reduce(values * weight, reduction, denominator=weight.sum(), dtype=dtype)
