"""From the losses of the single elements to the number that is returned."""

import torch
from torch import Tensor

from lossfns.validation import check_reduction

_HALF_PRECISION = (torch.float16, torch.bfloat16)
# A table, since the compiler cannot trace dtype.to_real().
_REAL_PART = {
    torch.complex32: torch.float16,
    torch.complex64: torch.float32,
    torch.complex128: torch.float64,
}


def widen(*tensors: Tensor | None) -> tuple[Tensor | None, ...]:
    """Half-precision tensors in float32, every other tensor (and ``None``) as it is.

    A square overflows float16 from 256 upwards and a sum from 65,504; bfloat16 holds three
    digits. Formulas are therefore evaluated in float32 and only the result is rounded.

    >>> [tensor.dtype for tensor in widen(torch.zeros(1).half(), torch.zeros(1).double())]
    [torch.float32, torch.float64]
    """
    return tuple(
        tensor.float() if tensor is not None and tensor.dtype in _HALF_PRECISION else tensor
        for tensor in tensors
    )


def common_dtype(*tensors: Tensor | None) -> torch.dtype:
    """The real dtype of a loss of these tensors, by PyTorch's promotion rules.

    >>> common_dtype(torch.zeros(2).half(), torch.zeros(2), None)
    torch.float32
    """
    dtype, *others = [tensor.dtype for tensor in tensors if tensor is not None]
    for other in others:
        dtype = torch.promote_types(dtype, other)
    return _REAL_PART.get(dtype, dtype)


def reduce(
    values: Tensor,
    reduction: str,
    *,
    denominator: Tensor | float | None = None,
    dtype: torch.dtype | None = None,
) -> Tensor:
    r"""Reduce the losses of the elements: keep them, add them, or average them.

    .. math::
        \text{none: } \ell_n \qquad
        \text{sum: } \sum_n \ell_n \qquad
        \text{mean: } \frac{1}{d} \sum_n \ell_n

    The mean's denominator :math:`d` is the number of elements unless ``denominator`` says
    otherwise (a sum of weights, the batch size). A mean over no elements is NaN, as in PyTorch:
    0/0 is no loss of zero.

    Args:
        values: the elements' losses, any shape.
        reduction: ``"none"``, ``"sum"`` or ``"mean"``.
        denominator: what a mean divides by; the number of elements by default.
        dtype: dtype of the result; that of ``values`` by default.

    Returns:
        A tensor of the shape of ``values`` for ``"none"``, a scalar otherwise.

    Raises:
        ValueError: ``reduction`` is none of the three.

    Differs from PyTorch: the sum and the division happen in float32 when the result is in half
    precision, so a float16 mean over 70,000 rows is right.

    Example:
        >>> values = torch.tensor([1.0, 2.0, 6.0])
        >>> reduce(values, "mean"), reduce(values, "sum")
        (tensor(3.), tensor(9.))
        >>> reduce(values, "mean", denominator=4.5)
        tensor(2.)
    """
    check_reduction(reduction)
    dtype = values.dtype if dtype is None else dtype
    if reduction == "none":
        return values.to(dtype)
    (values,) = widen(values)
    total = values.sum()
    if reduction == "sum":
        return total.to(dtype)
    count = values.numel() if denominator is None else denominator
    return (total / count).to(dtype)
