"""Cases of the losses over large vocabularies."""

import torch
import torch.nn.functional as F
from hypothesis import strategies as st
from torch import Tensor

from lossfns.large_vocabulary import linear_cross_entropy, vocab_parallel_cross_entropy
from tests.cases.case import Arguments, Case, Shape, largest, normal

FEATURES, CLASSES = 3, 5


def class_indices(examples: int, generator: torch.Generator) -> Tensor:
    """A class for each example."""
    return torch.randint(CLASSES, (examples,), generator=generator)


def draw_tokens(shape: Shape, dtype: torch.dtype, generator: torch.Generator) -> Arguments:
    """As many tokens as the shape has elements, a layer, and the tokens' classes."""
    tokens = torch.Size(shape).numel()
    return {
        "input": normal((tokens, FEATURES), dtype, generator),
        "linear_weight": normal((CLASSES, FEATURES), dtype, generator),
        "target": class_indices(tokens, generator),
    }


def draw_logits(shape: Shape, dtype: torch.dtype, generator: torch.Generator) -> Arguments:
    """Logits of all classes, as a single rank holds them, and class indices."""
    examples = torch.Size(shape).numel()
    return {
        "input": normal((examples, CLASSES), dtype, generator),
        "target": class_indices(examples, generator),
    }


def weight_classes(arguments: Arguments, generator: torch.Generator) -> Tensor:
    """A weight for each class, none of them 0."""
    drawn = torch.rand(CLASSES, dtype=torch.float64, generator=generator)
    return (0.25 + drawn).to(arguments["input"].dtype)


def weight_of_targets(arguments: Arguments, weight: Tensor | None) -> Tensor | int:
    """The sum of the weights of the targets' classes."""
    target = arguments["target"]
    return target.numel() if weight is None else weight[target].sum()


def minus_log_softmax(input: Tensor, target: Tensor) -> Tensor:
    """−log softmax(o)_y"""
    return -input.log_softmax(-1).gather(-1, target.unsqueeze(-1)).squeeze(-1)


def minus_log_softmax_of_layer(input: Tensor, linear_weight: Tensor, target: Tensor) -> Tensor:
    """−log softmax(W x)_y"""
    return minus_log_softmax(F.linear(input, linear_weight), target)


def size_in_layer(arguments: Arguments) -> tuple[float, float]:
    """Logits, which the loss subtracts; Σ_c (p_c − [c = y]) w_c, and the same sum of inputs."""
    x, w = arguments["input"], arguments["linear_weight"]
    logit = x.shape[-1] * largest(x) * largest(w)
    return logit, 2 * max(largest(w), x.shape[:-1].numel() * largest(x))


CASES = (
    Case(
        function=linear_cross_entropy,
        draw=draw_tokens,
        naive=minus_log_softmax_of_layer,
        # Logits of size 30 that cancel in a loss of any size.
        roundings=256,
        cancelling=size_in_layer,
        lacks={
            "second derivative": "the gradient is computed along with the loss, chunk by chunk",
            "forward mode": "an autograd.Function has only what is written for it",
            "promotion": "a layer multiplies matrices of one dtype",
            "vmap": "an autograd.Function that generates no rule for it",
        },
        draw_weight=weight_classes,
        weight_per="class",
        denominator=weight_of_targets,
        differentiable=("input", "linear_weight"),
        shapes=st.integers(1, 5).map(lambda tokens: (tokens,)),
        stricter={},
    ),
    Case(
        function=vocab_parallel_cross_entropy,
        draw=draw_logits,
        naive=minus_log_softmax,
        roundings=64,
        lacks={
            "second derivative": "it would have to go through the ranks' communication again",
            "forward mode": "an autograd.Function has only what is written for it",
            "compile": "the ranks exchange their numbers of classes in a tensor, and read it",
            "meta": "the same numbers cannot be read from a tensor without storage",
            "vmap": "ranks communicate about a batch, not about an example",
        },
        draw_weight=weight_classes,
        weight_per="class",
        denominator=weight_of_targets,
        differentiable=("input",),
        shapes=st.integers(1, 5).map(lambda examples: (examples,)),
    ),
)
