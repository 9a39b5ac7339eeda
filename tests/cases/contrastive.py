"""Cases of the contrastive losses."""

import torch
from hypothesis import strategies as st
from torch import Tensor

from lossfns.contrastive import info_nce_loss, nt_xent_loss, sup_con_loss
from tests.cases.case import Arguments, Case, Shape, normal

batch_shapes = st.tuples(st.integers(2, 5), st.integers(1, 4))
"""At least two embeddings, since the others are the negatives."""


def embeddings(shape: Shape, dtype: torch.dtype, generator: torch.Generator) -> Tensor:
    """A batch of embeddings, of three coordinates where the shape says nothing else."""
    return normal(shape if len(shape) == 2 else (*shape, 3), dtype, generator)


def draw_queries(shape: Shape, dtype: torch.dtype, generator: torch.Generator) -> Arguments:
    """Queries and their keys."""
    return {name: embeddings(shape, dtype, generator) for name in ("query", "key")}


def draw_views(shape: Shape, dtype: torch.dtype, generator: torch.Generator) -> Arguments:
    """Two views of a batch."""
    return {name: embeddings(shape, dtype, generator) for name in ("input1", "input2")}


def draw_classes(shape: Shape, dtype: torch.dtype, generator: torch.Generator) -> Arguments:
    """Embeddings, and classes of at least two examples each."""
    drawn = embeddings(shape, dtype, generator)
    pairs = (torch.arange(len(drawn)) // 2).clamp(max=len(drawn) // 2 - 1)
    return {"input": drawn, "target": pairs[torch.randperm(len(drawn), generator=generator)]}


def similarity(first: Tensor, second: Tensor) -> Tensor:
    """Every cosine over the default temperature."""
    lengths = first.norm(dim=1).unsqueeze(1) * second.norm(dim=1)
    return first @ second.T / lengths / 0.1


def softmax_of_keys(query: Tensor, key: Tensor) -> Tensor:
    """−log softmax, at the query's own key"""
    return -similarity(query, key).log_softmax(1).diagonal()


def softmax_of_views(input1: Tensor, input2: Tensor) -> Tensor:
    """−log softmax over all others, at the other view"""
    classes = torch.arange(len(input1)).repeat(2)
    return softmax_of_classes(torch.cat([input1, input2]), classes)


def softmax_of_classes(input: Tensor, target: Tensor) -> Tensor:
    """Mean −log softmax over all others, at those of the same class"""
    itself = torch.eye(len(input), dtype=torch.bool)
    logits = similarity(input, input).masked_fill(itself, -torch.inf)
    positive = (target.unsqueeze(1) == target) & ~itself
    return -logits.log_softmax(1).where(positive, 0).sum(1) / positive.sum(1)


CASES = (
    Case(
        function=info_nce_loss,
        draw=draw_queries,
        naive=softmax_of_keys,
        # Cosines to about eight half ulps, times ten for the temperature; then a softmax.
        roundings=128,
        draw_weight=None,
        denominator=lambda arguments, _: len(arguments["query"]),
        differentiable=("query", "key"),
        shapes=batch_shapes,
    ),
    Case(
        function=nt_xent_loss,
        draw=draw_views,
        naive=softmax_of_views,
        roundings=128,
        draw_weight=None,
        denominator=lambda arguments, _: 2 * len(arguments["input1"]),
        differentiable=("input1", "input2"),
        shapes=batch_shapes,
    ),
    Case(
        function=sup_con_loss,
        draw=draw_classes,
        naive=softmax_of_classes,
        roundings=128,
        draw_weight=None,
        denominator=lambda arguments, _: len(arguments["input"]),
        differentiable=("input",),
        shapes=batch_shapes,
    ),
)
