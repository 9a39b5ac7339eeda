"""Checks of arguments: one clear message each, naming the argument and what is allowed.

Checks of shape and dtype always run. Checks of values read the data, which neither a compiler
nor ``torch.func``'s transforms allow, so they run in eager mode only.
"""

import torch
from torch import Tensor

REDUCTIONS = ("none", "mean", "sum")


def check_reduction(reduction: str) -> None:
    """Raise ``ValueError`` unless ``reduction`` is ``"none"``, ``"mean"`` or ``"sum"``.

    >>> check_reduction("average")
    Traceback (most recent call last):
    ValueError: reduction must be 'none', 'mean' or 'sum'; got 'average'
    """
    if reduction not in REDUCTIONS:
        raise ValueError(f"reduction must be 'none', 'mean' or 'sum'; got {reduction!r}")


def check_tensor(name: str, tensor: object) -> None:
    """Raise ``TypeError`` unless ``tensor`` is a tensor.

    >>> check_tensor("target", [0, 1])
    Traceback (most recent call last):
    TypeError: target must be a tensor; got list
    """
    if not isinstance(tensor, Tensor):
        raise TypeError(f"{name} must be a tensor; got {type(tensor).__name__}")


def check_floating(name: str, tensor: Tensor, *, allow_complex: bool = False) -> None:
    """Raise ``TypeError`` unless ``tensor`` is a floating-point tensor.

    >>> check_floating("input", torch.tensor([1, 2]))
    Traceback (most recent call last):
    TypeError: input must be a floating-point tensor; got torch.int64
    """
    check_tensor(name, tensor)
    if tensor.is_floating_point() or (allow_complex and tensor.is_complex()):
        return
    allowed = "floating-point or complex" if allow_complex else "floating-point"
    raise TypeError(f"{name} must be a {allowed} tensor; got {tensor.dtype}")


def check_same_shape(name: str, tensor: Tensor, like_name: str, like: Tensor) -> None:
    """Raise ``ValueError`` unless both tensors have one shape: nothing is broadcast silently.

    A column of shape (N, 1) against a row of shape (N,) would broadcast to an N × N table of
    differences, train without an error and learn nothing.

    >>> check_same_shape("target", torch.zeros(3), "input", torch.zeros(3, 1))
    Traceback (most recent call last):
    ValueError: target must have the shape of input, (3, 1); got (3,)
    """
    if tensor.shape != like.shape:
        raise ValueError(
            f"{name} must have the shape of {like_name}, {tuple(like.shape)}; "
            f"got {tuple(tensor.shape)}"
        )


def check_weight(weight: Tensor | None, like_name: str, like: Tensor) -> None:
    """Raise unless ``weight`` is ``None`` or a tensor of non-negative numbers shaped like ``like``.

    >>> check_weight(torch.tensor([1.0, -1.0]), "input", torch.zeros(2))
    Traceback (most recent call last):
    ValueError: weight must be finite and at least 0 everywhere; got -1.0
    """
    if weight is None:
        return
    check_floating("weight", weight)
    check_same_shape("weight", weight, like_name, like)
    check_not_negative("weight", weight)


def check_not_negative(name: str, tensor: Tensor) -> None:
    """Raise ``ValueError`` unless every element is finite and not negative, in eager mode.

    >>> check_not_negative("weight", torch.tensor([0.0, torch.inf]))
    Traceback (most recent call last):
    ValueError: weight must be finite and at least 0 everywhere; got inf
    """
    check_values(name, tensor, tensor.isfinite() & (tensor >= 0), "finite and at least 0")


def check_values(name: str, tensor: Tensor, allowed: Tensor, description: str) -> None:
    """Raise ``ValueError`` with the first element for which ``allowed`` is false, in eager mode.

    >>> p = torch.tensor([0.5, 1.5])
    >>> check_values("target", p, (0 <= p) & (p <= 1), "between 0 and 1")
    Traceback (most recent call last):
    ValueError: target must be between 0 and 1 everywhere; got 1.5
    """
    if has_values(tensor) and not allowed.all():
        offender = tensor[~allowed].flatten()[0].item()
        raise ValueError(f"{name} must be {description} everywhere; got {offender}")


def check_positive(name: str, value: float) -> None:
    """Raise ``ValueError`` unless ``value`` is a finite number above zero.

    >>> check_positive("delta", 0.0)
    Traceback (most recent call last):
    ValueError: delta must be a finite number above 0; got 0.0
    """
    if not 0 < value < float("inf"):
        raise ValueError(f"{name} must be a finite number above 0; got {value}")


def check_at_least_zero(name: str, value: float) -> None:
    """Raise ``ValueError`` unless ``value`` is a finite number of at least zero.

    >>> check_at_least_zero("gamma", -0.5)
    Traceback (most recent call last):
    ValueError: gamma must be a finite number of at least 0; got -0.5
    """
    if not 0 <= value < float("inf"):
        raise ValueError(f"{name} must be a finite number of at least 0; got {value}")


def check_share(name: str, value: float) -> None:
    """Raise ``ValueError`` unless ``value`` is a number from zero to one.

    >>> check_share("label_smoothing", 1.5)
    Traceback (most recent call last):
    ValueError: label_smoothing must be between 0 and 1; got 1.5
    """
    if not 0 <= value <= 1:
        raise ValueError(f"{name} must be between 0 and 1; got {value}")


def check_count(name: str, value: int, *, minimum: int = 0) -> None:
    """Raise unless ``value`` is an integer of at least ``minimum``.

    >>> check_count("steps", -1)
    Traceback (most recent call last):
    ValueError: steps must be an integer of at least 0; got -1
    """
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name} must be an integer; got {type(value).__name__}")
    if value < minimum:
        raise ValueError(f"{name} must be an integer of at least {minimum}; got {value}")


def check_real(name: str, tensor: Tensor) -> None:
    """Raise ``TypeError`` unless ``tensor`` holds real numbers, floating-point or integer.

    >>> check_real("target", torch.tensor([True]))
    Traceback (most recent call last):
    TypeError: target must be a floating-point or integer tensor; got torch.bool
    """
    check_tensor(name, tensor)
    if tensor.is_complex() or tensor.dtype == torch.bool:
        raise TypeError(f"{name} must be a floating-point or integer tensor; got {tensor.dtype}")


def check_signs(name: str, tensor: Tensor) -> None:
    """Raise unless every element of ``tensor`` is exactly 1 or -1.

    >>> check_signs("target", torch.tensor([1, 0]))
    Traceback (most recent call last):
    ValueError: target must be 1 or -1 everywhere; got 0
    """
    check_real(name, tensor)
    check_values(name, tensor, tensor.abs() == 1, "1 or -1")


def check_class_indices(name: str, tensor: Tensor, classes: int, *, lowest: int = 0) -> None:
    """Raise unless every element of ``tensor`` is an integer from ``lowest`` to ``classes - 1``.

    >>> check_class_indices("target", torch.tensor([0, 3]), 3)
    Traceback (most recent call last):
    IndexError: target must be a class index from 0 to 2 everywhere; got 3
    """
    check_tensor(name, tensor)
    if tensor.dtype != torch.int64:
        raise TypeError(f"{name} must be a torch.int64 tensor of class indices; got {tensor.dtype}")
    if not has_values(tensor) or tensor.numel() == 0:
        return
    least, greatest = torch.aminmax(tensor)
    if least < lowest or greatest >= classes:
        outside = tensor[(tensor < lowest) | (tensor >= classes)]
        raise IndexError(
            f"{name} must be a class index from {lowest} to {classes - 1} everywhere; "
            f"got {outside[0].item()}"
        )


def check_integer(name: str, tensor: Tensor) -> None:
    """Raise ``TypeError`` unless ``tensor`` holds integers, of any width.

    >>> check_integer("target", torch.tensor([1.0, 2.0]))
    Traceback (most recent call last):
    TypeError: target must be an integer tensor; got torch.float32
    """
    check_tensor(name, tensor)
    if tensor.is_floating_point() or tensor.is_complex() or tensor.dtype == torch.bool:
        raise TypeError(f"{name} must be an integer tensor; got {tensor.dtype}")


def check_between(name: str, tensor: Tensor, low: float, high: float) -> None:
    """Raise ``ValueError`` unless every element lies in ``[low, high]``, in eager mode.

    >>> check_between("target", torch.tensor([0.5, 1.5]), 0, 1)
    Traceback (most recent call last):
    ValueError: target must be between 0 and 1 everywhere; got 1.5
    """
    if not has_values(tensor) or tensor.numel() == 0:
        return
    # One pass over the tensor instead of four; a NaN makes both ends NaN, and is refused.
    least, greatest = torch.aminmax(tensor.detach())
    if not (least >= low and greatest <= high):
        allowed = (tensor >= low) & (tensor <= high)
        check_values(name, tensor, allowed, f"between {low} and {high}")


def check_log_probabilities(name: str, tensor: Tensor) -> None:
    """Raise ``ValueError`` unless every element is the logarithm of a probability, in eager mode.

    >>> check_log_probabilities("input", torch.tensor([0.2, 0.8]))
    Traceback (most recent call last):
    ValueError: input must be a log-probability, at most 0, everywhere; got 0.20000000298023224
    """
    if not has_values(tensor) or tensor.numel() == 0:
        return
    # Logits minus their log-sum-exp end up this far above 0 when the logits are 10,000.
    rounding = 1e-2
    if not tensor.detach().amax() <= rounding:
        check_values(name, tensor, tensor <= rounding, "a log-probability, at most 0,")


def check_distribution(name: str, tensor: Tensor, dim: int) -> None:
    """Raise ``ValueError`` unless ``tensor`` holds probabilities that sum to 1 along ``dim``.

    >>> check_distribution("input", torch.tensor([0.25, 0.25]), 0)
    Traceback (most recent call last):
    ValueError: input must be probabilities with sum 1 along dim 0 everywhere; got 0.5
    """
    check_between(name, tensor, 0, 1)
    total = tensor.detach().to(torch.promote_types(tensor.dtype, torch.float32)).sum(dim)
    # Each of a thousand classes' probabilities may have been rounded to bfloat16.
    rounding = max(1e-4, 2 * torch.finfo(tensor.dtype).eps)
    description = f"probabilities with sum 1 along dim {dim}"
    check_values(name, total, (total - 1).abs() <= rounding, description)


def has_values(tensor: Tensor) -> bool:
    """Whether the tensor's numbers can be read here and now."""
    # PyTorch has no public question for "am I inside vmap or grad?"; under either a tensor is a
    # wrapper, and reading a batched one raises.
    wrapped = torch._C._functorch.is_functorch_wrapped_tensor
    return not (torch.compiler.is_compiling() or tensor.is_meta or wrapped(tensor))
