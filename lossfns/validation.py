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


def check_floating(name: str, tensor: Tensor, *, allow_complex: bool = False) -> None:
    """Raise ``TypeError`` unless ``tensor`` is a floating-point tensor.

    >>> check_floating("input", torch.tensor([1, 2]))
    Traceback (most recent call last):
    TypeError: input must be a floating-point tensor; got torch.int64
    """
    if not isinstance(tensor, Tensor):
        raise TypeError(f"{name} must be a tensor; got {type(tensor).__name__}")
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
    check_values("weight", weight, weight.isfinite() & (weight >= 0), "finite and at least 0")


def check_values(name: str, tensor: Tensor, allowed: Tensor, description: str) -> None:
    """Raise ``ValueError`` with the first element for which ``allowed`` is false, in eager mode.

    >>> p = torch.tensor([0.5, 1.5])
    >>> check_values("target", p, (0 <= p) & (p <= 1), "between 0 and 1")
    Traceback (most recent call last):
    ValueError: target must be between 0 and 1 everywhere; got 1.5
    """
    if _has_values(tensor) and not allowed.all():
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


def _has_values(tensor: Tensor) -> bool:
    """Whether the tensor's numbers can be read here and now."""
    # PyTorch has no public question for "am I inside vmap or grad?"; under either a tensor is a
    # wrapper, and reading a batched one raises.
    wrapped = torch._C._functorch.is_functorch_wrapped_tensor
    return not (torch.compiler.is_compiling() or tensor.is_meta or wrapped(tensor))
