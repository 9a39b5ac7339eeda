"""Cases of the losses on overlapping regions."""

import torch
from hypothesis import strategies as st
from torch import Tensor

from lossfns.overlap import dice_loss, tversky_loss
from tests.cases.case import Arguments, Case, Shape

region_shapes = st.lists(st.integers(1, 3), min_size=2, max_size=3).flatmap(
    lambda rest: st.integers(0, 3).map(lambda batch: (batch, *rest))
)
"""A batch, classes, and one or two dimensions of pixels."""


def draw_regions(shape: Shape, dtype: torch.dtype, generator: torch.Generator) -> Arguments:
    """Probabilities strictly between 0 and 1, and soft masks; five pixels if no shape says so."""
    shape = shape if len(shape) >= 3 else (*shape, *(1, 5)[len(shape) - 1 :])
    drawn = {
        name: torch.rand(shape, dtype=torch.float64, generator=generator)
        for name in ("input", "target")
    }
    return {name: (0.05 + 0.9 * values).to(dtype) for name, values in drawn.items()}


def regions(arguments: Arguments, weight: Tensor | None) -> int:  # noqa: ARG001
    """The number of regions: classes of examples."""
    return arguments["input"].shape[:2].numel()


def one_minus_f1(input: Tensor, target: Tensor) -> Tensor:
    """1 − (2 Σpy + 1) / (Σp + Σy + 1)"""
    pixels = tuple(range(2, input.ndim))
    return 1 - (2 * (input * target).sum(pixels) + 1) / ((input + target).sum(pixels) + 1)


def one_minus_index(input: Tensor, target: Tensor) -> Tensor:
    """1 − (t + 1) / (t + ½f + ½m + 1), where t + ½f + ½m = ½(Σp + Σy)"""
    pixels = tuple(range(2, input.ndim))
    return 1 - ((input * target).sum(pixels) + 1) / ((input + target).sum(pixels) / 2 + 1)


CASES = (
    Case(
        function=dice_loss,
        draw=draw_regions,
        naive=one_minus_f1,
        # Sums over the pixels, a quotient near 1 and its difference from 1.
        roundings=32,
        draw_weight=None,
        denominator=regions,
        differentiable=("input",),
        shapes=region_shapes,
    ),
    Case(
        function=tversky_loss,
        draw=draw_regions,
        naive=one_minus_index,
        roundings=32,
        draw_weight=None,
        denominator=regions,
        differentiable=("input",),
        shapes=region_shapes,
    ),
)
