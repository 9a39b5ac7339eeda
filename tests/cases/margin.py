"""Cases of the hinges and their smooth relatives."""

import torch
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from torch import Tensor

from lossfns.margin import (
    bradley_terry_loss,
    dpo_loss,
    exponential_loss,
    hinge_embedding_loss,
    hinge_loss,
    margin_ranking_loss,
    multi_margin_loss,
    multilabel_margin_loss,
    multilabel_soft_margin_loss,
    soft_margin_loss,
    squared_hinge_loss,
)
from tests.cases.case import FULL_PRECISION, Arguments, Case, Shape, any_float, normal

sign = st.sampled_from([-1.0, 1.0])

NOT_A_SIGN = {
    "target must be 1 or -1 everywhere": "PyTorch's samples draw targets from the whole line"
}

ANSWERS = ("policy_chosen", "policy_rejected", "reference_chosen", "reference_rejected")

class_scores: SearchStrategy[Shape] = st.one_of(
    st.just(()),
    st.tuples(st.integers(1, 4)),
    st.tuples(st.integers(1, 4), st.integers(1, 4)),
)
"""Scores of a batch, of one example, and of one example with one class.

No empty batch: of that PyTorch's two losses return memory that they never wrote to.
"""

label_scores: SearchStrategy[Shape] = st.lists(st.integers(0, 4), max_size=2).flatmap(
    lambda batch: st.integers(1, 4).map(lambda labels: (*batch, labels))
)


def draw_signs(shape: Shape, dtype: torch.dtype, generator: torch.Generator) -> Tensor:
    """Each 1 or −1."""
    return (2 * torch.randint(2, shape, generator=generator) - 1).to(dtype)


def draw_signed(shape: Shape, dtype: torch.dtype, generator: torch.Generator) -> Arguments:
    """Scores and signs."""
    return {
        "input": normal(shape, dtype, generator),
        "target": draw_signs(shape, dtype, generator),
    }


def draw_compared(shape: Shape, dtype: torch.dtype, generator: torch.Generator) -> Arguments:
    """Two scores each, and which one is to be higher."""
    return {
        "input1": normal(shape, dtype, generator),
        "input2": normal(shape, dtype, generator),
        "target": draw_signs(shape, dtype, generator),
    }


def draw_answers(shape: Shape, dtype: torch.dtype, generator: torch.Generator) -> Arguments:
    """Log-probabilities of two answers from two models."""
    return {name: -normal(shape, dtype, generator).abs() for name in ANSWERS}


def draw_classes(shape: Shape, dtype: torch.dtype, generator: torch.Generator) -> Arguments:
    """Scores and one class for each example."""
    classes = shape[-1] if shape else 1
    return {
        "input": normal(shape, dtype, generator),
        "target": torch.randint(classes, shape[:-1], generator=generator),
    }


def draw_sets(shape: Shape, dtype: torch.dtype, generator: torch.Generator) -> Arguments:
    """Scores and for each example a list of classes, with repetitions, padding and leftovers."""
    classes = shape[-1] if shape else 1
    return {
        "input": normal(shape, dtype, generator),
        "target": torch.randint(-1, classes, shape, generator=generator),
    }


def draw_labels(shape: Shape, dtype: torch.dtype, generator: torch.Generator) -> Arguments:
    """Logits, and for each label whether it applies."""
    signed = draw_signed(shape, dtype, generator)
    return {"input": signed["input"], "target": (signed["target"] + 1) / 2}


def weight_classes(arguments: Arguments, generator: torch.Generator) -> Tensor:
    """A weight for each class, none of them 0."""
    scores = arguments["input"]
    classes = scores.shape[-1] if scores.ndim else 1
    drawn = torch.rand(classes, dtype=torch.float64, generator=generator)
    return (0.25 + drawn).to(scores.dtype)


def softplus(z: Tensor) -> Tensor:
    """log(1 + e^z)"""
    return z.relu() + torch.log1p(torch.exp(-abs(z)))


def hinge(input: Tensor, target: Tensor) -> Tensor:
    """max(0, 1 − y o)"""
    return (1 - target * input).relu()


def squared_hinge(input: Tensor, target: Tensor) -> Tensor:
    """max(0, 1 − y o)²"""
    return (1 - target * input).relu() ** 2


def exponential(input: Tensor, target: Tensor) -> Tensor:
    """e^(−y o)"""
    return torch.exp(-target * input)


def logistic(input: Tensor, target: Tensor) -> Tensor:
    """log(1 + e^(−y o))"""
    return softplus(-target * input)


def pull_or_push(input: Tensor, target: Tensor) -> Tensor:
    """d for a like pair, max(0, 1 − d) for an unlike one"""
    return torch.where(target == 1, input, (1 - input).relu())


def ranking(input1: Tensor, input2: Tensor, target: Tensor) -> Tensor:
    """max(0, −y (o₁ − o₂))"""
    return (-target * (input1 - input2)).relu()


def comparison(input1: Tensor, input2: Tensor, target: Tensor) -> Tensor:
    """log(1 + e^(−y (o₁ − o₂)))"""
    return softplus(-target * (input1 - input2))


def preference(
    policy_chosen: Tensor,
    policy_rejected: Tensor,
    reference_chosen: Tensor,
    reference_rejected: Tensor,
) -> Tensor:
    """log(1 + e^(−h))"""
    rewards = policy_chosen - reference_chosen, policy_rejected - reference_rejected
    return softplus(-0.1 * (rewards[0] - rewards[1]))


def rivals(input: Tensor, target: Tensor) -> Tensor:
    """Σ_{j ≠ y} max(0, 1 − o_y + o_j) / C"""
    others = [score for label, score in enumerate(input) if label != target]
    return sum((1 - input[target] + score).relu() for score in others) / len(input)


def outsiders(input: Tensor, target: Tensor) -> Tensor:
    """Σ_{j ∈ Y} Σ_{i ∉ Y} max(0, 1 − o_j + o_i) / C"""
    listed = target.tolist()
    others = [score for label, score in enumerate(input) if label not in listed]
    return sum((1 - input[label] + score).relu() for label in listed for score in others) / len(
        input
    )


def label_by_label(input: Tensor, target: Tensor) -> Tensor:
    """Σ_c [log(1 + e^o) − y o] / C"""
    return (softplus(input) - target * input).mean(-1)


def examples(name: str, *, rows: bool = False):
    """The number of elements of an argument, or of its rows."""

    def count(arguments: Arguments, _weight: Tensor | None) -> int:
        tensor = arguments[name]
        return tensor.shape[:-1].numel() if rows else tensor.numel()

    return count


def signed_case(function, naive, roundings: int, **others) -> Case:
    """A case of a loss of a score and a sign."""
    settings = {
        "draw": draw_signed,
        "draw_weight": None,
        "denominator": examples("input"),
        "differentiable": ("input",),
        "elements": {"input": any_float, "target": sign},
    }
    return Case(function=function, naive=naive, roundings=roundings, **{**settings, **others})


def size_of_push(arguments: Arguments) -> tuple[float, float]:
    """δ, which PyTorch rounds to half precision before it subtracts d from it."""
    return abs(arguments.get("margin", 1.0)), 0.0


CASES = (
    signed_case(hinge_loss, hinge, 2),
    signed_case(squared_hinge_loss, squared_hinge, 4),
    signed_case(exponential_loss, exponential, 3),
    signed_case(
        soft_margin_loss,
        logistic,
        6,
        # PyTorch's e^(−m) is infinite from a margin of −12 downwards in float16.
        elements={"input": st.floats(-8, 8, width=16), "target": sign},
        stricter=NOT_A_SIGN,
    ),
    signed_case(
        hinge_embedding_loss, pull_or_push, 2, cancelling=size_of_push, stricter=NOT_A_SIGN
    ),
    Case(
        function=margin_ranking_loss,
        draw=draw_compared,
        naive=ranking,
        roundings=2,
        draw_weight=None,
        denominator=examples("input1"),
        differentiable=("input1", "input2"),
        stricter=NOT_A_SIGN,
    ),
    Case(
        function=bradley_terry_loss,
        draw=draw_compared,
        naive=comparison,
        roundings=6,
        draw_weight=None,
        denominator=examples("input1"),
        differentiable=("input1", "input2"),
    ),
    Case(
        function=dpo_loss,
        draw=draw_answers,
        naive=preference,
        roundings=8,
        draw_weight=None,
        denominator=examples("policy_chosen"),
        differentiable=ANSWERS,
    ),
    Case(
        function=multi_margin_loss,
        draw=draw_classes,
        naive=rivals,
        roundings=8,
        draw_weight=weight_classes,
        weight_per="class",
        denominator=examples("target"),
        differentiable=("input",),
        dtypes=FULL_PRECISION,
        shapes=class_scores,
        stricter={"weight must be finite and at least 0": "PyTorch's samples draw negative ones"},
    ),
    Case(
        function=multilabel_margin_loss,
        draw=draw_sets,
        naive=outsiders,
        roundings=16,
        draw_weight=None,
        denominator=examples("input", rows=True),
        differentiable=("input",),
        dtypes=FULL_PRECISION,
        shapes=class_scores,
    ),
    Case(
        function=multilabel_soft_margin_loss,
        draw=draw_labels,
        naive=label_by_label,
        roundings=16,
        draw_weight=None,
        denominator=examples("input", rows=True),
        differentiable=("input",),
        shapes=label_scores,
        stricter={"target must be between 0 and 1": "PyTorch's samples draw them from the line"},
    ),
)
