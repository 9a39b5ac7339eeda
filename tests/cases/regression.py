"""Cases of the losses of real-valued targets."""

import math

import torch
from hypothesis import strategies as st
from torch import Tensor

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
from tests.cases.case import (
    COMPLEX,
    REAL,
    Arguments,
    Case,
    Shape,
    any_float,
    draw_pair,
    largest,
    normal,
    total_weight,
    weight_each,
)


def count(arguments: Arguments, _weight: Tensor | None) -> int:
    """The number of elements, with a weight too."""
    return arguments["input"].numel()


def draw_gaussian(shape: Shape, dtype: torch.dtype, generator: torch.Generator) -> Arguments:
    """Variances from 1 to 4: the two terms of the loss are then positive, and none cancels."""
    spread = torch.rand(shape, dtype=torch.float64, generator=generator)
    return {**draw_pair(shape, dtype, generator), "var": (1 + 3 * spread).to(dtype)}


def draw_counts(shape: Shape, dtype: torch.dtype, generator: torch.Generator) -> Arguments:
    """Rates below 1 and no count of 1: neither the loss nor its slope is then a difference."""
    counts = torch.randint(4, shape, generator=generator)
    return {
        "input": -normal(shape, dtype, generator).abs(),
        "target": torch.where(counts > 0, counts + 1, 0).to(dtype),
    }


def clipped_square(input: Tensor, target: Tensor) -> Tensor:
    """½ r² up to |r| = 1, |r| − ½ beyond"""
    size = (input - target).abs()
    return torch.where(size <= 1, size**2 / 2, size - 0.5)


def log_cosh(input: Tensor, target: Tensor) -> Tensor:
    """|r| − log 2 + log(1 + e^(−2|r|))"""
    size = (input - target).abs()
    return size - math.log(2) + torch.log1p(torch.exp(-2 * size))


def pseudo_huber(input: Tensor, target: Tensor) -> Tensor:
    """√(r² + 1) − 1, as e^u − 1 with u = ½ log(1 + r²)"""
    size = (input - target).abs()
    u = torch.where(size < 1e9, torch.log1p(size**2) / 2, size.log())
    return torch.where(u < 1, u.expm1(), u.exp() - 1)


def gaussian_surprise(input: Tensor, target: Tensor, var: Tensor) -> Tensor:
    """½ (log v + r² / v)"""
    return 0.5 * (var.log() + (input - target) ** 2 / var)


def half_absolute(input: Tensor, target: Tensor) -> Tensor:
    """½ |o − y|"""
    return abs(input - target) / 2


def poisson_surprise(input: Tensor, target: Tensor) -> Tensor:
    """e^o − y o"""
    return input.exp() - target * input


def squared_difference(input: Tensor, target: Tensor) -> Tensor:
    """(o − y)²"""
    return (input - target) ** 2


def absolute_difference(input: Tensor, target: Tensor) -> Tensor:
    """|o − y|"""
    return abs(input - target)


def size_of_surprise(arguments: Arguments) -> tuple[float, float]:
    """e^o, y o and the terms of log y!; and e^o − y, or 1 − y / (o + ε)."""
    o, y = arguments["input"].detach().double(), arguments["target"].double()
    stirling = torch.special.xlogy(y, y) + y if arguments.get("full") else torch.zeros(())
    if arguments.get("log_input", True):
        return largest(o.exp()) + largest(y * o) + largest(stirling), largest(o.exp()) + largest(y)
    rate = o + arguments.get("eps", 1e-8)
    return largest(o) + largest(y * rate.log()) + largest(stirling), 1 + largest(y / rate)


CASES = (
    Case(
        function=mse_loss,
        draw=draw_pair,
        naive=squared_difference,
        same_operations=True,
        # The difference rounds once and is squared, which doubles its error; then the square
        # and the product with the weight round.
        roundings=4,
        draw_weight=weight_each,
        differentiable_weight=True,
        denominator=total_weight,
        elements={"input": any_float, "target": any_float},
    ),
    Case(
        function=l1_loss,
        draw=draw_pair,
        naive=absolute_difference,
        same_operations=True,
        # The difference and the product with the weight; of a complex difference the two parts
        # and the root of the sum of their squares.
        roundings=4,
        draw_weight=weight_each,
        differentiable_weight=True,
        denominator=total_weight,
        elements={"input": any_float, "target": any_float},
        dtypes=(*REAL, *COMPLEX),
    ),
    Case(
        function=huber_loss,
        draw=draw_pair,
        naive=clipped_square,
        # The difference, which counts twice in the square; the bracket, the products.
        roundings=6,
        draw_weight=weight_each,
        differentiable_weight=True,
        denominator=count,
        elements={"input": any_float, "target": any_float},
    ),
    Case(
        function=smooth_l1_loss,
        draw=draw_pair,
        naive=clipped_square,
        roundings=6,
        draw_weight=None,
        denominator=count,
        elements={"input": any_float, "target": any_float},
    ),
    Case(
        function=log_cosh_loss,
        draw=draw_pair,
        naive=log_cosh,
        roundings=8,
        draw_weight=None,
        denominator=count,
        elements={"input": any_float, "target": any_float},
    ),
    Case(
        function=general_robust_loss,
        draw=draw_pair,
        naive=pseudo_huber,
        roundings=12,
        draw_weight=None,
        denominator=count,
        elements={"input": any_float, "target": any_float},
    ),
    Case(
        function=pinball_loss,
        draw=draw_pair,
        naive=half_absolute,
        roundings=3,
        draw_weight=None,
        denominator=count,
        elements={"input": any_float, "target": any_float},
    ),
    Case(
        function=gaussian_nll_loss,
        draw=draw_gaussian,
        naive=gaussian_surprise,
        roundings=8,
        draw_weight=None,
        denominator=count,
        stricter={
            "target must have the shape of input": "PyTorch's samples broadcast targets of fewer "
            "dimensions, which its documentation does not allow",
        },
    ),
    Case(
        function=poisson_nll_loss,
        draw=draw_counts,
        naive=poisson_surprise,
        cancelling=size_of_surprise,
        roundings=6,
        draw_weight=None,
        denominator=count,
        differentiable=("input",),
        elements={
            "input": st.floats(-8, 0, width=16),
            "target": st.sampled_from([0.0, 2.0, 3.0, 7.0]),
        },
    ),
)
