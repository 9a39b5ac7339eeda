"""Cases of the losses on classes."""

import torch
import torch.nn.functional as F
from hypothesis import strategies as st
from torch import Tensor

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
from tests.cases.case import Arguments, Case, Shape, largest, normal, weight_each

# Beyond, bfloat16 rounds to 1, where PyTorch clamps the logarithm that is infinite here.
probability = st.floats(2.0**-10, 1 - 2.0**-8, width=16)
"""Probabilities that are far enough from 0 and 1 for PyTorch not to cut their logarithms off."""

logit = st.floats(-(2.0**14), 2.0**14, width=16)
"""Logits up to ±16,384."""

class_shapes = st.one_of(
    st.integers(2, 4).map(lambda classes: (classes,)),
    st.tuples(st.integers(0, 3), st.integers(2, 4), st.lists(st.integers(0, 3), max_size=2)).map(
        lambda shape: (shape[0], shape[1], *shape[2])
    ),
)
"""Scores of one example, of a batch, and of a batch with positions; two classes at least."""

NEGATIVE_WEIGHT = {r"^(weight|pos_weight) must be finite and at least 0 everywhere": "no loss"}


def uniform(shape: Shape, dtype: torch.dtype, generator: torch.Generator) -> Tensor:
    """Numbers from 0.05 to 0.95."""
    return (0.05 + 0.9 * torch.rand(shape, dtype=torch.float64, generator=generator)).to(dtype)


def draw_probabilities(shape: Shape, dtype: torch.dtype, generator: torch.Generator) -> Arguments:
    """Probabilities of yes, and labels anywhere between no and yes."""
    return {name: uniform(shape, dtype, generator) for name in ("input", "target")}


def draw_logits(shape: Shape, dtype: torch.dtype, generator: torch.Generator) -> Arguments:
    """Logits, and labels anywhere between no and yes."""
    return {"input": normal(shape, dtype, generator), "target": uniform(shape, dtype, generator)}


def class_dim(shape: Shape) -> int:
    """The dimension that the classes are along."""
    return min(1, len(shape) - 1)


def draw_scores(shape: Shape, dtype: torch.dtype, generator: torch.Generator) -> Arguments:
    """Scores of the classes, and a class for each example."""
    dim = class_dim(shape)
    examples = shape[:dim] + shape[dim + 1 :]
    target = torch.randint(shape[dim], examples, generator=generator)
    return {"input": normal(shape, dtype, generator), "target": target}


def draw_scores_and_prior(
    shape: Shape, dtype: torch.dtype, generator: torch.Generator
) -> Arguments:
    """Scores, classes, and how frequent each class is."""
    prior = uniform((shape[class_dim(shape)],), dtype, generator)
    return {**draw_scores(shape, dtype, generator), "prior": prior}


def draw_distributions(shape: Shape, dtype: torch.dtype, generator: torch.Generator) -> Arguments:
    """Probabilities of the classes, and a class for each example."""
    arguments = draw_scores(shape, torch.float64, generator)
    dim, count = class_dim(shape), shape[class_dim(shape)]
    # One of 64 for each class and the rest by chance: exact, and of sum 1, in every dtype.
    rest = torch.randint(count, (64 - count, *arguments["target"].shape), generator=generator)
    shares = 1 + F.one_hot(rest, count).sum(0)
    return {**arguments, "input": (shares.movedim(-1, dim) / 64).to(dtype)}


def weight_classes(arguments: Arguments, generator: torch.Generator) -> Tensor:
    """A weight for each class, none of them 0."""
    scores = arguments["input"]
    classes = scores.shape[class_dim(scores.shape)]
    drawn = torch.rand(classes, dtype=torch.float64, generator=generator)
    return (0.25 + drawn).to(scores.dtype)


def examples_of(arguments: Arguments, weight: Tensor | None) -> int | Tensor:
    """The number of examples, or the sum of the weights of their classes."""
    target = arguments["target"]
    return target.numel() if weight is None else weight[target].sum()


def elements_of(arguments: Arguments, _weight: Tensor | None) -> int:
    """The number of elements, whatever their weights."""
    return arguments["input"].numel()


def log_likelihood(input: Tensor, target: Tensor) -> Tensor:
    """−[y log p + (1 − y) log(1 − p)]"""
    return -(target * input.log() + (1 - target) * (1 - input).log())


def log_likelihood_of_logit(input: Tensor, target: Tensor) -> Tensor:
    """max(z, 0) − zy + log(1 + e^{−|z|})"""
    return input.clamp(min=0) - input * target + torch.log1p(torch.exp(-input.abs()))


def focused(input: Tensor, target: Tensor) -> Tensor:
    """−y (1 − p)² log p − (1 − y) p² log(1 − p)"""
    p, q = torch.sigmoid(input), torch.sigmoid(-input)
    log_p, log_q = log_likelihood_of_logit(input, 1), log_likelihood_of_logit(input, 0)
    return target * q**2 * log_p + (1 - target) * p**2 * log_q


def picked(input: Tensor, target: Tensor) -> Tensor:
    """−a_y"""
    dim = class_dim(input.shape)
    return -input.gather(dim, target.unsqueeze(dim)).squeeze(dim)


def picked_after_softmax(input: Tensor, target: Tensor) -> Tensor:
    """−log p_y"""
    return picked(input.log_softmax(class_dim(input.shape)), target)


def picked_after_adjustment(input: Tensor, target: Tensor, prior: Tensor) -> Tensor:
    """−log p_y of the adjusted scores"""
    per_class = prior.log().reshape(-1, *[1] * (input.ndim - class_dim(input.shape) - 1))
    return picked_after_softmax(input + per_class, target)


def picked_and_focused(input: Tensor, target: Tensor) -> Tensor:
    """−(1 − p_y)² log p_y"""
    loss = picked_after_softmax(input, target)
    return (1 - (-loss).exp()) ** 2 * loss


def squared_distance(input: Tensor, target: Tensor) -> Tensor:
    """Σ (p_c − [c = y])²"""
    dim = class_dim(input.shape)
    happened = torch.zeros_like(input).scatter(dim, target.unsqueeze(dim), 1)
    return ((input - happened) ** 2).sum(dim)


def size_of_likelihood(arguments: Arguments) -> tuple[float, float]:
    """1 − p; and (p − y) / (p (1 − p)), where PyTorch takes no p (1 − p) below 1e-12."""
    p = arguments["input"].detach().double()
    return 1.0, 1 / max((p * (1 - p)).min().item(), 1e-12) if p.numel() else 0.0


def size_of_logit(arguments: Arguments) -> tuple[float, float]:
    """(1 − y) z and log σ(z), as PyTorch adds them; and σ(z) − y."""
    factor = max(1.0, largest(arguments.get("pos_weight", torch.ones(1))))
    return factor * (1 + largest(arguments["input"])), factor


def size_of_picked(arguments: Arguments) -> tuple[float, float]:
    """Numbers of both signs, which a sum adds up; the slope is −1."""
    return largest(arguments["input"]), 0.0


def size_of_scores(arguments: Arguments) -> tuple[float, float]:
    """log Σ e^z − z_y; and p_c − [c = y]."""
    return 1 + 2 * largest(arguments["input"]), 1.0


CASES = (
    Case(
        function=binary_cross_entropy,
        draw=draw_probabilities,
        naive=log_likelihood,
        cancelling=size_of_likelihood,
        domain=(0, 1),
        # Two logarithms, 1 − y, two products, their difference; a weight.
        roundings=10,
        draw_weight=weight_each,
        denominator=elements_of,
        elements={"input": probability, "target": probability},
        stricter=NEGATIVE_WEIGHT,
    ),
    Case(
        function=binary_cross_entropy_with_logits,
        draw=draw_logits,
        naive=log_likelihood_of_logit,
        cancelling=size_of_logit,
        # The exponential, the logarithm, a product and a difference, by which nothing cancels.
        roundings=12,
        draw_weight=weight_each,
        denominator=elements_of,
        elements={"input": logit, "target": probability},
        stricter=NEGATIVE_WEIGHT,
    ),
    Case(
        function=binary_focal_loss,
        draw=draw_logits,
        naive=focused,
        # The exponential multiplies the rounding of its argument by that argument.
        roundings=40,
        draw_weight=None,
        denominator=elements_of,
    ),
    Case(
        function=nll_loss,
        draw=draw_scores,
        naive=picked,
        cancelling=size_of_picked,
        roundings=2,
        draw_weight=weight_classes,
        weight_per="class",
        denominator=examples_of,
        differentiable=("input",),
        # PyTorch refuses the backward pass of more dimensions whose strides are not the usual.
        shapes=class_shapes.filter(lambda shape: len(shape) <= 3),
        stricter=NEGATIVE_WEIGHT,
    ),
    Case(
        function=cross_entropy,
        draw=draw_scores,
        naive=picked_after_softmax,
        cancelling=size_of_scores,
        # The shift, up to four exponentials and their sum, the logarithm, the difference; near a
        # loss of 0 the logarithm multiplies the rounding of its argument.
        roundings=32,
        draw_weight=weight_classes,
        weight_per="class",
        denominator=examples_of,
        differentiable=("input",),
        shapes=class_shapes,
        stricter=NEGATIVE_WEIGHT,
    ),
    Case(
        function=focal_loss,
        draw=draw_scores,
        naive=picked_and_focused,
        roundings=40,
        draw_weight=weight_classes,
        weight_per="class",
        denominator=examples_of,
        differentiable=("input",),
        shapes=class_shapes,
    ),
    Case(
        function=logit_adjusted_cross_entropy,
        draw=draw_scores_and_prior,
        naive=picked_after_adjustment,
        roundings=40,
        draw_weight=None,
        denominator=examples_of,
        differentiable=("input", "prior"),
        shapes=class_shapes,
    ),
    Case(
        function=brier_score_loss,
        draw=draw_distributions,
        naive=squared_distance,
        roundings=12,
        draw_weight=None,
        denominator=examples_of,
        differentiable=("input",),
        shapes=class_shapes,
    ),
)
