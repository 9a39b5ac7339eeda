"""Cases of the losses on pairs and triplets of embeddings."""

from collections.abc import Callable

import torch
from hypothesis import strategies as st
from torch import Tensor

from lossfns.embedding import (
    contrastive_loss,
    cosine_embedding_loss,
    triplet_margin_loss,
    triplet_margin_with_distance_loss,
)
from tests.cases.case import COMPLEX, REAL, Arguments, Case, Shape, largest, normal

embedding_shapes = st.lists(st.integers(0, 4), max_size=2).flatmap(
    lambda batch: st.integers(1, 4).map(lambda size: (*batch, size))
)
"""Embeddings in a batch of any shape; a vector has at least one coordinate."""

pair_shapes = embedding_shapes.filter(lambda shape: len(shape) <= 2)
"""One pair of vectors, or a batch of them."""


def draw_pairs(shape: Shape, dtype: torch.dtype, generator: torch.Generator) -> Arguments:
    """Two batches of embeddings, and for each pair whether it belongs together."""
    signs = 2 * torch.randint(2, shape[:-1], generator=generator) - 1
    return {
        "input1": normal(shape, dtype, generator),
        "input2": normal(shape, dtype, generator),
        "target": signs.to(dtype),
    }


def draw_triplets(shape: Shape, dtype: torch.dtype, generator: torch.Generator) -> Arguments:
    """Three batches of embeddings, the negatives on either side of the positives."""
    names = ("anchor", "positive", "negative")
    return {name: normal(shape, dtype, generator) for name in names}


def count_of(name: str) -> Callable[[Arguments, Tensor | None], int]:
    """The number of vectors in an argument."""
    return lambda arguments, _: arguments[name].shape[:-1].numel()


def cosine_of_pair(input1: Tensor, input2: Tensor, target: Tensor) -> Tensor:
    """1 − c or max(0, c), without the ε"""
    cosine = (input1 * input2).sum(-1) / (input1.norm(dim=-1) * input2.norm(dim=-1))
    return torch.where(target == 1, 1 - cosine, cosine.relu())


def spring(input1: Tensor, input2: Tensor, target: Tensor) -> Tensor:
    """½ d² or ½ max(0, 1 − d)²"""
    distance = (input1 - input2).norm(dim=-1)
    return torch.where(target == 1, distance, (1 - distance).relu()) ** 2 / 2


def triplet_hinge(anchor: Tensor, positive: Tensor, negative: Tensor) -> Tensor:
    """max(0, 1 + d(a, p) − d(a, n))"""
    return (1 + (anchor - positive).norm(dim=-1) - (anchor - negative).norm(dim=-1)).relu()


def size_of_cosine(arguments: Arguments) -> tuple[float, float]:
    """1 − c; and (b/|b| − c a/|a|) / |a|, whose two terms are of length 1/|a|."""
    lengths = [arguments[name].detach().norm(dim=-1) for name in ("input1", "input2")]
    shortest = min((length.min().item() for length in lengths if length.numel()), default=1.0)
    return 1.0, 2 / max(shortest, 1e-6)


def size_of_triplet(arguments: Arguments) -> tuple[float, float]:
    """Margin and distances; and two differences of coordinates, each by the distance."""
    coordinate = max(largest(arguments[name]) for name in ("anchor", "positive", "negative"))
    pairs = [("anchor", "positive"), ("anchor", "negative"), ("positive", "negative")]
    distances = [(arguments[a].detach() - arguments[b].detach()).norm(dim=-1) for a, b in pairs]
    shortest = min((one.min().item() for one in distances if one.numel()), default=1.0)
    distance = max(map(largest, distances))
    return abs(arguments.get("margin", 1.0)) + 2 * distance, 2 * max(
        1.0, coordinate / max(shortest, 1e-6)
    )


CASES = (
    Case(
        function=cosine_embedding_loss,
        draw=draw_pairs,
        naive=cosine_of_pair,
        # Three sums of up to four products, two roots, a product, a quotient and a difference,
        # which cancels at most against 1.
        roundings=24,
        cancelling=size_of_cosine,
        draw_weight=None,
        denominator=count_of("input1"),
        differentiable=("input1", "input2"),
        shapes=pair_shapes,
    ),
    Case(
        function=contrastive_loss,
        draw=draw_pairs,
        naive=spring,
        roundings=16,
        draw_weight=None,
        denominator=count_of("input1"),
        differentiable=("input1", "input2"),
        shapes=pair_shapes,
    ),
    Case(
        function=triplet_margin_loss,
        draw=draw_triplets,
        naive=triplet_hinge,
        # Two norms and their difference, which may cancel.
        roundings=24,
        cancelling=size_of_triplet,
        draw_weight=None,
        denominator=count_of("anchor"),
        differentiable=("anchor", "positive", "negative"),
        dtypes=(*REAL, *COMPLEX),
        shapes=embedding_shapes,
    ),
    Case(
        function=triplet_margin_with_distance_loss,
        draw=draw_triplets,
        naive=triplet_hinge,
        roundings=24,
        cancelling=size_of_triplet,
        draw_weight=None,
        denominator=count_of("anchor"),
        differentiable=("anchor", "positive", "negative"),
        dtypes=(*REAL, *COMPLEX),
        shapes=embedding_shapes,
    ),
)
