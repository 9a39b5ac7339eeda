"""Cases of the divergences."""

import math

import torch
from hypothesis import strategies as st
from torch import Tensor

from lossfns.divergence import gaussian_kl, js_div, kl_div
from tests.cases.case import REDUCTIONS, Arguments, Case, Shape, largest, normal
from tests.cases.classification import elements_of, probability, uniform

log_probability = st.floats(-(2.0**10), 0, width=16)
"""Log-probabilities down to −1,024."""


def draw_log_prediction(shape: Shape, dtype: torch.dtype, generator: torch.Generator) -> Arguments:
    """Log-probabilities, and probabilities."""
    p = uniform(shape, torch.float64, generator)
    return {"input": p.log().to(dtype), "target": uniform(shape, dtype, generator)}


def draw_gaussians(shape: Shape, dtype: torch.dtype, generator: torch.Generator) -> Arguments:
    """Means, and the logarithms of variances."""
    log_var = normal(shape, torch.float64, generator) / 3
    return {"input": normal(shape, dtype, generator), "log_var": log_var.to(dtype)}


def relative_entropy(input: Tensor, target: Tensor) -> Tensor:
    """t (log t − log p)"""
    return target * (target.log() - input)


def half_way(input: Tensor, target: Tensor) -> Tensor:
    """½ p log(p/m) + ½ t log(t/m)"""
    p = input.exp()
    m = (p + target) / 2
    return (p * (input - m.log()) + target * (target.log() - m.log())) / 2


def from_standard_normal(input: Tensor, log_var: Tensor) -> Tensor:
    """½ (μ² + σ² − 1 − log σ²)"""
    return (input**2 + log_var.exp() - 1 - log_var) / 2


def size_of_logarithms(arguments: Arguments) -> tuple[float, float]:
    """log t − log p, which t multiplies in the loss, and which 1 is added to in the slope."""
    log_p, t = arguments["input"], arguments["target"]
    log_t = t
    if arguments.get("log_target"):
        t = t.exp()
    else:
        log_t = t.log().where(t > 0, 0)
    size = largest(log_p) + largest(log_t)
    return max(largest(t), 1.0) * size, max(largest(t), 1.0) * (size + 1)


CASES = (
    Case(
        function=kl_div,
        draw=draw_log_prediction,
        naive=relative_entropy,
        roundings=8,
        cancelling=size_of_logarithms,
        domain=(-math.inf, 0),
        draw_weight=None,
        reductions=(*REDUCTIONS, "batchmean"),
        denominator=elements_of,
        elements={"input": log_probability, "target": probability},
    ),
    Case(
        function=js_div,
        draw=draw_log_prediction,
        naive=half_way,
        roundings=24,
        cancelling=size_of_logarithms,
        domain=(-math.inf, 0),
        draw_weight=None,
        reductions=(*REDUCTIONS, "batchmean"),
        denominator=elements_of,
        elements={"input": log_probability, "target": probability},
    ),
    Case(
        function=gaussian_kl,
        draw=draw_gaussians,
        naive=from_standard_normal,
        roundings=12,
        draw_weight=None,
        reductions=(*REDUCTIONS, "batchmean"),
        denominator=elements_of,
        differentiable=("input", "log_var"),
    ),
)
