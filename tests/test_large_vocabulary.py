"""Losses over large vocabularies: against the losses of all logits, and what they must not do."""

import itertools
import math
import re
import threading
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import mpmath
import pytest
import torch
import torch.distributed as dist
import torch.multiprocessing
import torch.nn.functional as F
from torch import Tensor
from torch.nn import LinearCrossEntropyOptions
from torch.profiler import profile
from torch.utils._python_dispatch import TorchDispatchMode

from lossfns.large_vocabulary import (
    AdaptiveLogSoftmaxWithLoss,
    adaptive_log_softmax_with_loss,
    linear_cross_entropy,
    vocab_parallel_cross_entropy,
)

REDUCTIONS = ("none", "sum", "mean")

each_reduction = pytest.mark.parametrize("reduction", REDUCTIONS)


def draw(*shape: int, seed: int = 0, dtype: torch.dtype = torch.float64) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(shape, dtype=torch.float64, generator=generator).to(dtype)


def draw_classes(*shape: int, classes: int, seed: int = 0) -> Tensor:
    return torch.randint(classes, shape, generator=torch.Generator().manual_seed(seed))


def value_and_gradients(
    loss: Callable[..., Tensor], leaves: dict[str, Tensor], **constants: Any
) -> list[Tensor]:
    """A loss, and its gradients with each element scaled differently."""
    leaves = {name: leaf.detach().requires_grad_() for name, leaf in leaves.items()}
    value = loss(**leaves, **constants)
    scale = torch.arange(1, value.numel() + 1).to(value.dtype).reshape(value.shape)
    return [value.detach(), *torch.autograd.grad(value, list(leaves.values()), scale)]


def assert_all_close(actual: list[Tensor], expected: list[Tensor], tolerance: float) -> None:
    for one, other in zip(actual, expected, strict=True):
        torch.testing.assert_close(one, other, rtol=tolerance, atol=tolerance, equal_nan=True)


def of_all_logits(
    input: Tensor,
    linear_weight: Tensor,
    target: Tensor,
    *,
    linear_bias: Tensor | None = None,
    ignore_index: int | None = None,
    **others: Any,
) -> Tensor:
    """What linear_cross_entropy is defined by, for tokens of any number of dimensions."""
    logits = F.linear(input, linear_weight, linear_bias).movedim(-1, min(1, input.ndim - 1))
    ignore_index = -100 if ignore_index is None else ignore_index
    return F.cross_entropy(logits, target, ignore_index=ignore_index, **others)


# linear_cross_entropy


@each_reduction
@pytest.mark.parametrize("shape", [(), (7,), (2, 4), (0,)], ids=str)
@pytest.mark.parametrize("smoothing", [0.0, 0.1, 1.0])
@pytest.mark.parametrize("weighted", [False, True], ids=["plain", "weighted"])
@pytest.mark.parametrize("chunk", [None, 1, 3, 100])
def test_equals_the_cross_entropy_of_all_logits(
    reduction: str, shape: tuple[int, ...], smoothing: float, weighted: bool, chunk: int | None
) -> None:
    """Value and gradients, whatever the chunks: they are a matter of memory alone."""
    leaves = {"input": draw(*shape, 5), "linear_weight": draw(6, 5, seed=1)}
    leaves["linear_bias"] = draw(6, seed=2)
    target = draw_classes(*shape, classes=6)
    if target.numel() > 1:
        target.view(-1)[0], target.view(-1)[1] = -100, 2
    options = {"options": LinearCrossEntropyOptions(batch_chunk_size=chunk, chunking_method=None)}
    for ignore_index in (None, 2):
        target = torch.where(target == -100, 0, target) if ignore_index == 2 else target
        constants = {
            "target": target,
            "weight": draw(6, seed=3).abs() if weighted else None,
            "reduction": reduction,
            "ignore_index": ignore_index,
            "label_smoothing": smoothing,
        }
        expected = value_and_gradients(of_all_logits, leaves, **constants)
        for extra in ({}, options):
            actual = value_and_gradients(linear_cross_entropy, leaves, **constants, **extra)
            assert_all_close(actual, expected, 1e-13)


def test_equals_pytorch_on_its_own_samples() -> None:
    """With places and probabilities; every tensor that a sample differentiates by."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from torch.testing._internal.common_methods_invocations import op_db

        operators = [op for op in op_db if op.name == "nn.functional.linear_cross_entropy"]
        samples = [
            sample
            for op in operators
            for sample in op.sample_inputs("cpu", torch.float64, requires_grad=True)
        ]
        assert len(samples) > 300
        for sample in samples:
            named = {"input": sample.input, **sample.kwargs}
            named |= dict(zip(("linear_weight", "target"), sample.args, strict=True))
            leaves = {
                name: value
                for name, value in named.items()
                if isinstance(value, Tensor) and value.requires_grad
            }
            constants = {name: value for name, value in named.items() if name not in leaves}
            expected = value_and_gradients(F.linear_cross_entropy, leaves, **constants)
            actual = value_and_gradients(linear_cross_entropy, leaves, **constants)
            assert_all_close(actual, expected, 1e-10)


@each_reduction
@pytest.mark.parametrize("probabilities", [False, True], ids=["indices", "probabilities"])
def test_gradients_are_those_of_finite_differences(reduction: str, probabilities: bool) -> None:
    """Also with places, and by the probabilities where the target holds them."""
    tokens, layer, bias = draw(4, 3), draw(5, 2, 3, seed=1), draw(5, 2, seed=2)
    target = draw(4, 5, 2).softmax(1) if probabilities else draw_classes(4, 2, classes=5)
    leaves = [tokens, layer, bias, *([target] if probabilities else [])]
    weight = draw(5, seed=4).abs()

    def loss(tokens: Tensor, layer: Tensor, bias: Tensor, target: Tensor = target) -> Tensor:
        return linear_cross_entropy(
            tokens,
            layer,
            target,
            linear_bias=bias,
            weight=weight,
            reduction=reduction,
            label_smoothing=0.2,
            options=LinearCrossEntropyOptions(batch_chunk_size=3),
        )

    assert torch.autograd.gradcheck(loss, [leaf.requires_grad_() for leaf in leaves])


class _Largest(TorchDispatchMode):
    """The number of elements of the largest tensor that any operation returns."""

    def __init__(self) -> None:
        super().__init__()
        self.elements = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        results = function(*args, **(kwargs or {}))
        for result in results if isinstance(results, tuple | list) else [results]:
            if isinstance(result, Tensor):
                self.elements = max(self.elements, result.numel())
        return results


@each_reduction
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_the_logits_of_all_tokens_never_exist(reduction: str, smoothing: float) -> None:
    """Nothing larger than the layer, forward or backward: that is the point of the function."""
    count, features, classes = 1024, 8, 300
    tokens, layer = draw(count, features), draw(classes, features, seed=1)
    arguments = (
        tokens.requires_grad_(),
        layer.requires_grad_(),
        draw_classes(count, classes=classes),
    )
    with _Largest() as largest:
        linear_cross_entropy(
            *arguments, reduction=reduction, label_smoothing=smoothing
        ).sum().backward()
    assert largest.elements <= max(tokens.numel(), layer.numel())
    with _Largest() as largest:
        of_all_logits(*arguments, reduction=reduction, label_smoothing=smoothing).sum().backward()
    assert largest.elements >= count * classes, "the measure does not measure"


def peak_bytes(step: Callable[[], Any]) -> int:
    """The most memory at one time that PyTorch's own allocator gave out during a step."""
    step()
    with profile(profile_memory=True) as recorded:
        step()
    # The public list of events leaves out what was allocated inside of an operation.
    events = recorded.profiler.kineto_results.events()
    allocations = [event for event in events if event.name() == "[memory]"]
    allocations.sort(key=lambda event: event.start_ns())
    return max(itertools.accumulate(event.nbytes() for event in allocations))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
def test_takes_no_more_memory_than_pytorchs_chunks(dtype: torch.dtype) -> None:
    """Counted byte by byte, so it is the same on each machine; `make bench` measures the rest."""
    layer = draw(4000, 64, seed=1, dtype=dtype).requires_grad_()
    tokens = draw(256, 64, dtype=dtype).requires_grad_()
    target = draw_classes(256, classes=4000)

    def step(loss: Callable[..., Tensor], **options: Any) -> None:
        tokens.grad = layer.grad = None
        loss(tokens, layer, target, **options).backward()

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        chunked = LinearCrossEntropyOptions()
        theirs = peak_bytes(lambda: step(F.linear_cross_entropy, options=chunked))
        plain = peak_bytes(lambda: step(F.linear_cross_entropy))
        ours = peak_bytes(lambda: step(linear_cross_entropy))
    assert ours <= theirs < plain


def test_logits_of_ten_thousand_in_float32_against_fifty_digits() -> None:
    """The largest logit is taken away first, so what is left keeps its digits."""
    layer = torch.tensor([[1e4], [1e4 - 1.5], [-1e4], [0.0]])
    tokens, target = torch.tensor([[1.0], [-1.0], [1.0]]), torch.tensor([1, 2, 3])
    actual = linear_cross_entropy(tokens, layer, target, reduction="none", label_smoothing=0.0)
    with mpmath.workdps(50):
        for loss, x, y in zip(actual, tokens.flatten(), target, strict=True):
            logits = [mpmath.mpf((row * x).item()) for row in layer.flatten()]
            total = mpmath.log(mpmath.fsum(mpmath.exp(logit) for logit in logits))
            assert float(loss) == pytest.approx(float(total - logits[y]), rel=3e-7, abs=1e-30)


def test_a_masked_class_is_a_class_that_cannot_be() -> None:
    """A logit of −∞ takes its class out: no NaN, neither in the value nor in the gradients."""
    tokens, layer = draw(3, 2).requires_grad_(), draw(4, 2, seed=1).requires_grad_()
    bias = torch.tensor([0.0, 0.0, -torch.inf, 0.0], dtype=torch.float64)
    target = torch.tensor([0, 2, 3])
    losses = linear_cross_entropy(tokens, layer, target, linear_bias=bias, reduction="none")
    assert losses.isinf().tolist() == [False, True, False]
    losses[::2].sum().backward()
    keep = [0, 1, 3]
    expected = linear_cross_entropy(
        tokens[::2], layer[keep], torch.tensor([0, 2]), reduction="none"
    )
    torch.testing.assert_close(losses[::2], expected)


def test_gradients_twice_are_the_same_twice() -> None:
    """The first pass takes what was formed, the second forms it again; neither alters the other."""
    leaves = [draw(5, 3).requires_grad_(), draw(4, 3, seed=1).requires_grad_()]
    loss = linear_cross_entropy(*leaves, draw_classes(5, classes=4))
    first = torch.autograd.grad(3 * loss, leaves, retain_graph=True)
    kept = [gradient.clone() for gradient in first]
    second = torch.autograd.grad(3 * loss, leaves)
    assert_all_close(list(second), kept, 1e-15)
    assert_all_close(list(first), kept, 0)


@each_reduction
def test_all_ignored_gives_nan_as_mean_and_no_gradient(reduction: str) -> None:
    """0/0 is no loss of zero, but there is nothing to learn from it either."""
    target = torch.full((3,), -100)
    leaves = {"input": draw(3, 2), "linear_weight": draw(4, 2, seed=1)}
    value, *gradients = value_and_gradients(
        linear_cross_entropy, leaves, target=target, reduction=reduction
    )
    parallel = value_and_gradients(
        vocab_parallel_cross_entropy, {"input": draw(3, 4)}, target=target, reduction=reduction
    )
    for loss in (value, parallel[0]):
        assert torch.equal(loss.isnan(), torch.tensor(reduction == "mean").expand(loss.shape))
    assert all(gradient.eq(0).all() for gradient in (*gradients, parallel[1]))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16], ids=str)
@pytest.mark.parametrize("reduction", ["sum", "mean"])
def test_half_precision_is_rounded_once(dtype: torch.dtype, reduction: str) -> None:
    """Value and gradients within half a gap of the exact ones, however many chunks are added."""
    leaves = {"input": draw(64, 8, dtype=dtype), "linear_weight": draw(40, 8, seed=1, dtype=dtype)}
    constants = {"target": draw_classes(64, classes=40), "reduction": reduction}
    actual = value_and_gradients(
        linear_cross_entropy,
        leaves,
        **constants,
        options=LinearCrossEntropyOptions(batch_chunk_size=2),
    )
    exact = value_and_gradients(
        linear_cross_entropy, {name: leaf.double() for name, leaf in leaves.items()}, **constants
    )
    info = torch.finfo(dtype)
    for one, other in zip(actual, exact, strict=True):
        allowed = info.eps / 2 * other.abs() * 1.01 + info.smallest_normal * info.eps
        assert ((one.double() - other).abs() <= allowed + 1e-6 * other.abs().max()).all()


def test_float16_mean_over_seventy_thousand_tokens() -> None:
    """Neither the sum nor the count fits into float16; the mean and its gradients do."""
    tokens, layer = draw(70_000, 2, dtype=torch.float16), draw(3, 2, seed=1, dtype=torch.float16)
    target = draw_classes(70_000, classes=3)
    exact = linear_cross_entropy(tokens.double(), layer.double(), target)
    assert linear_cross_entropy(tokens, layer, target) == exact.half()


def test_second_derivatives_are_refused() -> None:
    """A number has no derivative; a silent zero would be worse than an error."""
    leaves = [draw(5, 3).requires_grad_(), draw(4, 3, seed=1).requires_grad_()]
    loss = linear_cross_entropy(*leaves, draw_classes(5, classes=4))
    message = (
        "linear_cross_entropy forms its gradients in the forward pass and has no second "
        "derivative: create_graph must be False. For second derivatives take the cross_entropy of "
        "the logits."
    )
    with pytest.raises(RuntimeError, match=f"^{re.escape(message)}$"):
        torch.autograd.grad(loss, leaves, create_graph=True)
    logits = draw(5, 4).requires_grad_()
    loss = vocab_parallel_cross_entropy(logits, draw_classes(5, classes=4))
    message = (
        "vocab_parallel_cross_entropy has no second derivative, which would have to go through "
        "the communication between ranks: create_graph must be False"
    )
    with pytest.raises(RuntimeError, match=f"^{re.escape(message)}$"):
        torch.autograd.grad(loss, logits, create_graph=True)


# Of torch.compile's own making, as of version 2.13.
@pytest.mark.filterwarnings("ignore:.*should not be instantiated:DeprecationWarning")
@each_reduction
def test_compiles_as_one_graph(reduction: str) -> None:
    """The chunks unroll; gradients are still formed on the way."""
    arguments = {"input": draw(6, 4), "linear_weight": draw(7, 4, seed=1)}
    constants = {"target": draw_classes(6, classes=7), "reduction": reduction}
    torch.compiler.reset()
    compiled = torch.compile(linear_cross_entropy, fullgraph=True, backend="aot_eager")
    actual = value_and_gradients(compiled, arguments, **constants)
    expected = value_and_gradients(linear_cross_entropy, arguments, **constants)
    assert_all_close(actual, expected, 1e-14)


@pytest.mark.parametrize(
    ("options", "rows"),
    [
        (None, 32),
        (LinearCrossEntropyOptions(), 32),
        (LinearCrossEntropyOptions(chunking_method="aspect_ratio"), 64),
        (LinearCrossEntropyOptions(chunking_method="aspect_ratio:4"), 16),
        (LinearCrossEntropyOptions(batch_chunk_size=100), 100),
        (LinearCrossEntropyOptions(chunking_method=None), 2048),
        (LinearCrossEntropyOptions(batch_chunk_size=10_000), 2048),
    ],
    ids=["none", "default", "equal", "quarter", "100 rows", "one chunk", "too many rows"],
)
def test_options_choose_the_chunks_as_in_pytorch(
    options: LinearCrossEntropyOptions | None, rows: int
) -> None:
    """PyTorch's rule, seen as the rows of the first matrix product."""
    seen = []

    class Products(TorchDispatchMode):
        def __torch_dispatch__(self, function, types, args=(), kwargs=None):
            if function is torch.ops.aten.mm.out:
                seen.append(len(args[0]))
            return function(*args, **(kwargs or {}))

    shapes = (2048, 512), (32_000, 512)
    tokens, layer = (torch.empty(shape, device="meta") for shape in shapes)
    with Products():
        linear_cross_entropy(
            tokens, layer, torch.empty(2048, dtype=torch.int64, device="meta"), options=options
        )
    assert seen[0] == rows


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize("policy", ["compact", "accurate"])
def test_half_precision_on_a_gpu(policy: str) -> None:
    """There matrices are multiplied in half precision and summed in float32."""
    leaves = {
        "input": draw(64, 32, dtype=torch.bfloat16).cuda(),
        "linear_weight": draw(500, 32, seed=1, dtype=torch.bfloat16).cuda(),
    }
    target = draw_classes(64, classes=500).cuda()
    options = LinearCrossEntropyOptions(acc_policy=policy)
    actual = value_and_gradients(linear_cross_entropy, leaves, target=target, options=options)
    exact = {name: leaf.double() for name, leaf in leaves.items()}
    expected = value_and_gradients(linear_cross_entropy, exact, target=target)
    for one, other in zip(actual, expected, strict=True):
        assert (one.double() - other).norm() <= 0.01 * other.norm()


LINEAR = {"input": draw(4, 3), "linear_weight": draw(5, 3), "target": torch.tensor([0, 1, 2, 4])}


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"input": [1.0]}, TypeError, "input must be a tensor; got list"),
        (
            {"input": torch.ones(4, 3, dtype=torch.int64)},
            TypeError,
            "input must be a floating-point tensor; got torch.int64",
        ),
        (
            {"linear_weight": torch.ones(5, 3)},
            TypeError,
            "linear_weight must have the dtype of input, torch.float64; got torch.float32",
        ),
        (
            {"input": draw(1, 1, 4, 3)},
            ValueError,
            "input must have shape (D,), (N, D) or (B, T, D); got (1, 1, 4, 3)",
        ),
        (
            {"linear_weight": draw(5, 2)},
            ValueError,
            "linear_weight must have shape (C, 3) or (C, d1, ..., 3) for an input of shape "
            "(4, 3); got (5, 2)",
        ),
        (
            {"linear_weight": draw(0, 3)},
            ValueError,
            "linear_weight must have at least one class; got (0, 3)",
        ),
        (
            {"linear_weight": draw(5, 2, 3), "input": draw(2, 2, 3)},
            ValueError,
            "input must have shape (N, D) where linear_weight has shape (5, 2, 3); got (2, 2, 3)",
        ),
        (
            {"linear_bias": draw(4)},
            ValueError,
            "linear_bias must have shape (5,); got (4,)",
        ),
        (
            {"target": torch.zeros(4, 1, dtype=torch.int64)},
            ValueError,
            "target must have shape (4,); got (4, 1)",
        ),
        (
            {"target": torch.zeros(4, dtype=torch.int32)},
            TypeError,
            "target must be a torch.int64 tensor of class indices; got torch.int32",
        ),
        (
            {"target": torch.tensor([0, 1, 5, -100])},
            IndexError,
            "target must be a class index from 0 to 4 everywhere; got 5",
        ),
        (
            {"target": torch.tensor([0, 1, -100, 2]), "ignore_index": 0},
            IndexError,
            "target must be a class index from 0 to 4 everywhere; got -100",
        ),
        (
            {"target": draw(4, 5).softmax(1), "ignore_index": 0},
            ValueError,
            "ignore_index must be None where target holds probabilities; got 0",
        ),
        (
            {"target": draw(4, 4).softmax(1)},
            ValueError,
            "target must have shape (4, 5); got (4, 4)",
        ),
        (
            {"target": torch.full((4, 5), 1.5, dtype=torch.float64)},
            ValueError,
            "target must be between 0 and 1 everywhere; got 1.5",
        ),
        (
            {"input": draw(2, 2, 3), "target": draw(2, 2, 5).softmax(-1)},
            ValueError,
            "target must hold class indices (int64) where input has three dimensions; "
            "got torch.float64",
        ),
        ({"weight": draw(4)}, ValueError, "weight must have shape (5,); got (4,)"),
        (
            {"weight": -torch.ones(5)},
            ValueError,
            "weight must be finite and at least 0 everywhere; got -1.0",
        ),
        (
            {"weight": torch.ones(5, requires_grad=True)},
            ValueError,
            "weight must not require a gradient: it is a constant of the loss",
        ),
        ({"label_smoothing": 1.5}, ValueError, "label_smoothing must be between 0 and 1; got 1.5"),
        (
            {"label_smoothing": float("nan")},
            ValueError,
            "label_smoothing must be between 0 and 1; got nan",
        ),
        (
            {"reduction": "average"},
            ValueError,
            "reduction must be 'none', 'mean' or 'sum'; got 'average'",
        ),
    ],
    ids=lambda value: None if isinstance(value, type | str) else "+".join(value),
)
def test_message_of_linear_cross_entropy(
    changes: dict[str, Any], error: type[Exception], message: str
) -> None:
    """Each names the argument, what it was and what is allowed."""
    with pytest.raises(error, match=f"^{re.escape(message)}$"):
        linear_cross_entropy(**{**LINEAR, **changes})


# The adaptive softmax


def both_modules(dtype: torch.dtype = torch.float64, **options: Any) -> tuple[Any, Any]:
    """PyTorch's module and ours with its weights."""
    theirs = torch.nn.AdaptiveLogSoftmaxWithLoss(16, 50, [5, 20, 30], dtype=dtype, **options)
    ours = AdaptiveLogSoftmaxWithLoss(16, 50, [5, 20, 30], dtype=dtype, **options)
    ours.load_state_dict(theirs.state_dict())
    return theirs, ours


@pytest.mark.parametrize("shape", [(40,), ()], ids=["batch", "single"])
@pytest.mark.parametrize("options", [{"div_value": 2.0}, {"div_value": 1.5, "head_bias": True}])
def test_adaptive_softmax_equals_pytorchs(shape: tuple[int, ...], options: dict) -> None:
    """With PyTorch's weights: value, and gradients by the input and every weight."""
    theirs, ours = both_modules(**options)
    tokens, target = draw(*shape, 16).requires_grad_(), draw_classes(*shape, classes=50)
    results = []
    for module in (theirs, ours):
        output, loss = module(tokens, target)
        leaves = [tokens, *module.parameters()]
        gradients = torch.autograd.grad(
            loss + (output * output).sum(), leaves, materialize_grads=True
        )
        results.append([output.detach(), loss.detach(), *gradients])
    assert_all_close(results[1], results[0], 1e-13)


def test_adaptive_softmax_takes_a_column_of_targets_in_silence() -> None:
    """Targets are often a column of a table; PyTorch's search warns of such, the first time."""
    theirs, ours = both_modules(div_value=2.0)
    tokens, table = draw(40, 16), draw_classes(40, 2, classes=50)
    before = torch.is_warn_always_enabled()
    torch.set_warn_always(True)
    try:
        actual = ours(tokens, table[:, 1])
    finally:
        torch.set_warn_always(before)
    assert_all_close(list(actual), list(theirs(tokens, table[:, 1])), 1e-13)


def test_adaptive_softmax_is_drawn_as_pytorchs() -> None:
    """The same seed gives the same weights under the same names, at first and when drawn anew."""
    modules = []
    for kind in (torch.nn.AdaptiveLogSoftmaxWithLoss, AdaptiveLogSoftmaxWithLoss):
        torch.manual_seed(0)
        modules.append(kind(16, 50, [5, 20], head_bias=True))
    seen = []
    for _ in range(2):
        states = [module.state_dict() for module in modules]
        assert list(states[0]) == list(states[1])
        assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])
        public = ("in_features", "n_classes", "cutoffs", "div_value", "head_bias")
        for name in (*public, "shortlist_size", "n_clusters", "head_size"):
            assert getattr(modules[0], name) == getattr(modules[1], name)
        seen.append(states[1]["tail.1.0.weight"].clone())
        for module in modules:
            torch.manual_seed(1)
            module.reset_parameters()
    assert not torch.equal(*seen)


@pytest.mark.parametrize(
    "arguments", [(16, 50, [20, 30], 1.6), (4, 3, [1, 2], 1.0), (9, 5, [1], 2.5)], ids=str
)
def test_adaptive_softmax_is_of_the_size_of_pytorchs(arguments: tuple) -> None:
    """At its smallest, and where a width is cut: 16 // 1.6 is 9."""
    theirs = torch.nn.AdaptiveLogSoftmaxWithLoss(*arguments)
    ours = AdaptiveLogSoftmaxWithLoss(*arguments)
    shapes = [[weight.shape for weight in module.parameters()] for module in (theirs, ours)]
    assert shapes[0] == shapes[1]


@pytest.mark.parametrize("head_bias", [False, True])
def test_adaptive_softmax_is_a_distribution_and_predicts_its_mode(head_bias: bool) -> None:
    """Its probabilities add up to one; the loss reads one; the best is predicted."""
    theirs, module = both_modules(div_value=2.0, head_bias=head_bias)
    if head_bias:
        # So large that what leaves it out predicts another class.
        with torch.no_grad():
            theirs.head.bias.copy_(3 * draw(8, seed=9))
        module.load_state_dict(theirs.state_dict())
    tokens = 4 * draw(60, 16)
    log_probability = module.log_prob(tokens)
    torch.testing.assert_close(log_probability.exp().sum(1), torch.ones(60).double())
    torch.testing.assert_close(log_probability, theirs.log_prob(tokens))
    target = draw_classes(60, classes=50)
    picked = log_probability[torch.arange(60), target]
    torch.testing.assert_close(module(tokens, target).output, picked)
    best = log_probability.argmax(1)
    assert {True, False} == set((best < 5).tolist()), "both ways of deciding are met"
    for rows in (slice(None), best < 5, best >= 5, slice(0, 0)):
        assert torch.equal(module.predict(tokens[rows]), best[rows])
    assert torch.equal(module.predict(tokens[7]), best[7])
    torch.testing.assert_close(module.log_prob(tokens[7]), log_probability[7])


def test_adaptive_softmax_survives_logits_of_ten_thousand_and_half_precision() -> None:
    """The largest logit is taken away first; half precision is rounded once."""
    head, tail = (
        torch.tensor([[1e4], [-1e4], [1e4 - 1]]),
        [(torch.ones(1, 1), 1e4 * torch.ones(2, 1))],
    )
    output, loss = adaptive_log_softmax_with_loss(
        torch.ones(3, 1), torch.tensor([0, 1, 2]), head, tail
    )
    shared = 1 + 1 / torch.e
    expected = -torch.tensor([shared, shared, shared * 2 * torch.e]).log() - torch.tensor(
        [0, 2e4, 0]
    )
    torch.testing.assert_close(output, expected)
    torch.testing.assert_close(loss, -expected.mean())
    _, module = both_modules(torch.bfloat16, div_value=2.0)
    tokens, target = draw(40, 16, dtype=torch.bfloat16), draw_classes(40, classes=50)
    exact = AdaptiveLogSoftmaxWithLoss(16, 50, [5, 20, 30], 2.0, dtype=torch.float64)
    exact.load_state_dict(module.state_dict())
    results = (*module(tokens, target), module.log_prob(tokens))
    expected = (*exact(tokens.double(), target), exact.log_prob(tokens.double()))
    for one, other in zip(results, expected, strict=True):
        torch.testing.assert_close(one, other.bfloat16(), rtol=2**-8, atol=0)


def test_adaptive_softmax_derivatives_are_those_of_finite_differences() -> None:
    """First and second; a cluster that no target lies in gets a gradient of zero."""
    tokens, head = draw(4, 3).requires_grad_(), draw(4, 3, seed=1).requires_grad_()
    down, up = draw(2, 3, seed=2).requires_grad_(), draw(3, 2, seed=3).requires_grad_()
    idle = [draw(1, 3, seed=4).requires_grad_(), draw(2, 1, seed=5).requires_grad_()]

    def loss(*leaves: Tensor) -> Tensor:
        return adaptive_log_softmax_with_loss(
            leaves[0], torch.tensor([0, 3, 1, 4]), leaves[1], [leaves[2:4], leaves[4:6]]
        ).output

    leaves = [tokens, head, down, up, *idle]
    assert torch.autograd.gradcheck(loss, leaves)
    assert torch.autograd.gradgradcheck(loss, leaves)
    assert all(grad.eq(0).all() for grad in torch.autograd.grad(loss(*leaves).sum(), idle))


def test_adaptive_softmax_of_no_examples_is_nan() -> None:
    """As the mean over nothing is everywhere."""
    _, module = both_modules(div_value=2.0)
    output, loss = module(draw(0, 16), torch.zeros(0, dtype=torch.int64))
    assert output.shape == (0,)
    assert loss.isnan()


ADAPTIVE = {
    "input": draw(2, 3),
    "target": torch.tensor([0, 4]),
    "head_weight": draw(3, 3),
    "tail_weights": [(draw(2, 3), draw(3, 2))],
}


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        (
            {"target": torch.tensor([0, 5])},
            IndexError,
            "target must be a class index from 0 to 4 everywhere; got 5",
        ),
        (
            {"target": torch.tensor([0, -100])},
            IndexError,
            "target must be a class index from 0 to 4 everywhere; got -100",
        ),
        (
            {"target": torch.tensor([[0], [1]])},
            ValueError,
            "target must have shape (2,); got (2, 1)",
        ),
        (
            {"input": draw(1, 2, 3)},
            ValueError,
            "input must have shape (N, D) or (D,); got (1, 2, 3)",
        ),
        (
            {"tail_weights": []},
            ValueError,
            "tail_weights must hold at least one cluster; got none",
        ),
        (
            {"head_weight": draw(1, 3)},
            ValueError,
            "head_weight must have shape (S + 1, 3) with S of at least 1, for 1 cluster(s) and 3 "
            "features; got (1, 3)",
        ),
        ({"head_bias": draw(2)}, ValueError, "head_bias must have shape (3,); got (2,)"),
        (
            {"head_weight": torch.ones(3, 3)},
            TypeError,
            "head_weight must have the dtype of input, torch.float64; got torch.float32",
        ),
        (
            {"input": torch.tensor([[1, 2, 3]])},
            TypeError,
            "input must be a floating-point tensor; got torch.int64",
        ),
        (
            {"head_weight": draw(3, 3, 1)},
            ValueError,
            "head_weight must have shape (S + 1, 3) with S of at least 1, for 1 cluster(s) and 3 "
            "features; got (3, 3, 1)",
        ),
        (
            {"head_bias": torch.ones(3)},
            TypeError,
            "head_bias must have the dtype of input, torch.float64; got torch.float32",
        ),
        (
            {"tail_weights": [(torch.ones(2, 3), draw(3, 2))]},
            TypeError,
            "tail_weights[0][0] must have the dtype of input, torch.float64; got torch.float32",
        ),
        (
            {"tail_weights": [(draw(2, 3), torch.ones(3, 2))]},
            TypeError,
            "tail_weights[0][1] must have the dtype of input, torch.float64; got torch.float32",
        ),
        (
            {"tail_weights": [(draw(2, 4), draw(3, 2))]},
            ValueError,
            "tail_weights[0][0] must have shape (H, 3); got (2, 4)",
        ),
        (
            {"tail_weights": [(draw(2, 3), draw(0, 2))]},
            ValueError,
            "tail_weights[0][1] must have shape (C, 2) with C of at least 1; got (0, 2)",
        ),
        (
            {"tail_weights": [(draw(2, 3), draw(3, 1))]},
            ValueError,
            "tail_weights[0][1] must have shape (C, 2) with C of at least 1; got (3, 1)",
        ),
    ],
    ids=lambda value: None if isinstance(value, type | str) else "+".join(value),
)
def test_message_of_adaptive_log_softmax_with_loss(
    changes: dict[str, Any], error: type[Exception], message: str
) -> None:
    """Each names the argument, what it was and what is allowed."""
    with pytest.raises(error, match=f"^{re.escape(message)}$"):
        adaptive_log_softmax_with_loss(**{**ADAPTIVE, **changes})


def test_adaptive_softmax_takes_a_cluster_of_one_class() -> None:
    """Given the cluster, the class is certain: its log-probability is the cluster's own."""
    arguments = {
        **ADAPTIVE,
        "target": torch.tensor([2, 2]),
        "tail_weights": [(draw(2, 3), draw(1, 2))],
    }
    output, _ = adaptive_log_softmax_with_loss(**arguments)
    of_head = (arguments["input"] @ arguments["head_weight"].T).log_softmax(1)
    torch.testing.assert_close(output, of_head[:, 2])


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((8, 20, []), ValueError, "cutoffs must be increasing integers from 1 to 19; got []"),
        (
            (8, 20, [9, 4]),
            ValueError,
            "cutoffs must be increasing integers from 1 to 19; got [9, 4]",
        ),
        (
            (8, 20, [4, 4]),
            ValueError,
            "cutoffs must be increasing integers from 1 to 19; got [4, 4]",
        ),
        ((8, 20, [0]), ValueError, "cutoffs must be increasing integers from 1 to 19; got [0]"),
        ((8, 20, [20]), ValueError, "cutoffs must be increasing integers from 1 to 19; got [20]"),
        ((8, 20, [4.5]), TypeError, "cutoffs must be an integer; got float"),
        ((0, 20, [4]), ValueError, "in_features must be an integer of at least 1; got 0"),
        ((8, 1, [1]), ValueError, "n_classes must be an integer of at least 2; got 1"),
        (
            (8, 20, [4, 9]),
            ValueError,
            "div_value must leave each cluster at least 1 of the 8 dimensions; got 4.0, which "
            "leaves [2, 0]",
        ),
    ],
    ids=str,
)
def test_message_of_the_adaptive_module(
    arguments: tuple, error: type[Exception], message: str
) -> None:
    """What cannot be built is said at once, not at the first batch."""
    with pytest.raises(error, match=f"^{re.escape(message)}$"):
        AdaptiveLogSoftmaxWithLoss(*arguments)


# vocab_parallel_cross_entropy

SHARDS = {2: (3, 4), 3: (5, 1, 4)}
SETTINGS = list(
    itertools.product(REDUCTIONS, (0.0, 0.1, 1.0), (False, True), (-100, 1), (1.0, 1e4, torch.inf))
)


def parallel_arguments(classes: int, ignore_index: int, scale: float) -> tuple[Tensor, Tensor]:
    """Logits of all classes and targets, some of them ignored."""
    target = draw_classes(8, classes=classes)
    target[2], target[3], target[4] = ignore_index, ignore_index, 0
    logits = draw(8, classes) * min(scale, 1e4)
    if scale == torch.inf:
        # The first rank's classes are all masked for one example, whose target is elsewhere.
        logits, target = logits / 1e4, torch.where(target == 0, classes - 1, target)
        logits[5, : SHARDS[len(SHARDS) if classes == 10 else 2][0]] = -torch.inf
        target[5] = classes - 1
    return logits, target


def class_weights(classes: int) -> Tensor:
    return draw(classes, seed=9).abs()


def run_rank(rank: int, ranks: int, folder: str) -> None:
    """What one process of the group computes, saved for the test to read."""
    torch.set_num_threads(1)
    calls = {"all_gather": 0, "all_reduce": 0}

    def counted(name: str) -> Callable[..., Any]:
        original = getattr(dist, name)

        def call(*arguments: Any, **options: Any) -> Any:
            calls[name] += 1
            return original(*arguments, **options)

        return call

    for name in calls:
        setattr(dist, name, counted(name))
    # A file needs no port, so two runs on one machine cannot meet.
    dist.init_process_group(
        "gloo", init_method=f"file://{folder}/store", rank=rank, world_size=ranks
    )
    sizes = SHARDS[ranks]
    results: dict[Any, Any] = {}
    for setting in SETTINGS:
        reduction, smoothing, weighted, ignore_index, scale = setting
        logits, target = parallel_arguments(sum(sizes), ignore_index, scale)
        weight = class_weights(sum(sizes)).split(sizes)[rank] if weighted else None
        results[setting] = value_and_gradients(
            vocab_parallel_cross_entropy,
            {"input": logits.split(sizes, dim=1)[rank]},
            target=target,
            weight=weight,
            ignore_index=ignore_index,
            reduction=reduction,
            label_smoothing=smoothing,
        )
    results["calls"] = dict(calls)
    logits, target = parallel_arguments(sum(sizes), -100, 1.0)
    try:
        vocab_parallel_cross_entropy(logits.split(sizes, dim=1)[rank], target + sum(sizes))
    except IndexError as error:
        results["error"] = str(error)
    outer = dist.new_group([0, ranks - 1])
    if rank in (0, ranks - 1):
        logits, target = parallel_arguments(sizes[0] + sizes[-1], -100, 1.0)
        mine = logits.split([sizes[0], sizes[-1]], dim=1)[0 if rank == 0 else 1]
        results["group"] = vocab_parallel_cross_entropy(mine, target, group=outer)
    torch.save(results, f"{folder}/{rank}.pt")
    dist.destroy_process_group()


@pytest.fixture(scope="module", params=SHARDS, ids=lambda ranks: f"{ranks} ranks")
def by_rank(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[dict]:
    """The results of every process of a group."""
    folder: Path = tmp_path_factory.mktemp("ranks")
    torch.multiprocessing.spawn(run_rank, (request.param, str(folder)), request.param)
    return [torch.load(folder / f"{rank}.pt") for rank in range(request.param)]


def test_parallel_equals_the_cross_entropy_of_all_classes(by_rank: list[dict]) -> None:
    """The same loss on every rank, and each rank's part of the gradient, in shares of any size."""
    sizes = SHARDS[len(by_rank)]
    for setting in SETTINGS:
        reduction, smoothing, weighted, ignore_index, scale = setting
        if scale == torch.inf and smoothing:
            continue  # A smoothed target on an impossible class has a loss of infinity.
        logits, target = parallel_arguments(sum(sizes), ignore_index, scale)
        value, gradient = value_and_gradients(
            F.cross_entropy,
            {"input": logits},
            target=target,
            weight=class_weights(sum(sizes)) if weighted else None,
            ignore_index=ignore_index,
            reduction=reduction,
            label_smoothing=smoothing,
        )
        assert value.isfinite().all()
        for results, part in zip(by_rank, gradient.split(sizes, dim=1), strict=True):
            assert_all_close(results[setting], [value, part], 1e-12)


def test_parallel_loss_is_the_same_number_on_every_rank(by_rank: list[dict]) -> None:
    """To the last bit: ranks that disagree drift apart in training."""
    for setting in SETTINGS:
        first, *others = (results[setting][0] for results in by_rank)
        assert all(torch.equal(first.nan_to_num(), other.nan_to_num()) for other in others)


def test_parallel_smoothing_on_an_impossible_class_costs_infinitely_much(
    by_rank: list[dict],
) -> None:
    """As it does in PyTorch, since smoothing puts weight on each class."""
    losses = by_rank[0]["none", 0.1, False, -100, torch.inf][0]
    assert losses.isinf().tolist() == [i == 5 for i in range(8)]


def test_parallel_takes_one_gather_and_one_sum(by_rank: list[dict]) -> None:
    """And nothing on the way back: communication is what this costs."""
    for results in by_rank:
        assert results["calls"] == {"all_gather": len(SETTINGS), "all_reduce": len(SETTINGS)}


def test_parallel_refuses_a_class_that_no_rank_holds(by_rank: list[dict]) -> None:
    """Only together do the ranks know how many classes there are."""
    classes = sum(SHARDS[len(by_rank)])
    for results in by_rank:
        message = f"target must be a class index from 0 to {classes - 1} everywhere; got "
        assert results["error"].startswith(message)


def test_parallel_in_a_group_of_some_ranks(by_rank: list[dict]) -> None:
    """The order is that of the group, not of the world."""
    sizes = SHARDS[len(by_rank)]
    logits, target = parallel_arguments(sizes[0] + sizes[-1], -100, 1.0)
    for results in (by_rank[0], by_rank[-1]):
        torch.testing.assert_close(results["group"], F.cross_entropy(logits, target))


@each_reduction
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16], ids=str)
def test_parallel_without_a_group_holds_all_classes(reduction: str, dtype: torch.dtype) -> None:
    """One process is the smallest group; half precision is rounded once there too."""
    logits, target = parallel_arguments(7, -100, 1.0)
    logits = logits.to(dtype)
    constants = {"target": target, "reduction": reduction}
    actual = value_and_gradients(vocab_parallel_cross_entropy, {"input": logits}, **constants)
    exact = value_and_gradients(F.cross_entropy, {"input": logits.double()}, **constants)
    for one, other in zip(actual, exact, strict=True):
        eps = torch.finfo(dtype).eps
        torch.testing.assert_close(one.double(), other, rtol=0.51 * eps, atol=eps * 1e-3)


def test_parallel_in_a_group_of_one_process(tmp_path: Path) -> None:
    """All that is sent and received, in the process that looks on."""
    logits, target = parallel_arguments(7, 1, 1.0)
    constants = {"target": target, "ignore_index": 1, "label_smoothing": 0.1}
    expected = value_and_gradients(F.cross_entropy, {"input": logits}, **constants)
    dist.init_process_group("gloo", init_method=f"file://{tmp_path / 'met'}", rank=0, world_size=1)
    try:
        for group in (None, dist.new_group([0])):
            actual = value_and_gradients(
                partial(vocab_parallel_cross_entropy, group=group), {"input": logits}, **constants
            )
            assert_all_close(actual, expected, 1e-13)
    finally:
        dist.destroy_process_group()


class Threads:
    """What ``torch.distributed`` does, between threads of one process, for one group only."""

    def __init__(self, ranks: int) -> None:
        self.barrier = threading.Barrier(ranks, timeout=60)
        self.held: dict[int, Tensor] = {}
        self.local = threading.local()

    def is_available(self) -> bool:
        return True

    def is_initialized(self) -> bool:
        return False

    def get_world_size(self, group: object) -> int:
        assert group is self
        return self.barrier.parties

    def get_rank(self, group: object) -> int:
        assert group is self
        return self.local.rank

    def all_gather(self, parts: list[Tensor], mine: Tensor, group: object) -> None:
        for part, other in zip(parts, self.exchange(mine, group), strict=True):
            part.copy_(other)

    def all_reduce(self, mine: Tensor, group: object) -> None:
        mine.copy_(sum(self.exchange(mine, group)))

    def exchange(self, mine: Tensor, group: object) -> list[Tensor]:
        assert group is self
        self.held[self.local.rank] = mine.clone()
        self.barrier.wait()
        held = [self.held[rank] for rank in range(self.barrier.parties)]
        self.barrier.wait()
        return held


@each_reduction
@pytest.mark.parametrize("scale", [1.0, 1e4, torch.inf])
@pytest.mark.parametrize("dtype", [torch.float64, torch.float16], ids=str)
def test_parallel_names_its_group_in_all_that_it_sends(
    reduction: str, scale: float, dtype: torch.dtype, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Threads hold the shards, so that what happens in each of them can be looked at here."""
    shards = SHARDS[3]
    threads = Threads(len(shards))
    monkeypatch.setattr("lossfns.large_vocabulary.dist", threads)
    logits, target = parallel_arguments(sum(shards), 1, scale)
    logits = logits.to(dtype)
    constants = {
        "target": target,
        "reduction": reduction,
        "ignore_index": 1,
        "label_smoothing": 0.0 if scale == torch.inf else 0.1,
    }
    weights = class_weights(sum(shards))

    def of_rank(rank: int) -> list[Tensor]:
        threads.local.rank = rank
        return value_and_gradients(
            partial(vocab_parallel_cross_entropy, group=threads),
            {"input": logits.split(shards, 1)[rank]},
            weight=weights.to(dtype).split(shards)[rank],
            **constants,
        )

    with ThreadPoolExecutor(len(shards)) as pool:
        found = list(pool.map(of_rank, range(len(shards))))
    expected = value_and_gradients(
        F.cross_entropy, {"input": logits.double()}, weight=weights.to(dtype).double(), **constants
    )
    tolerance = 1e-13 if dtype == torch.float64 else 2e-3
    value, slopes = (exact.to(dtype) for exact in expected)
    for of_one, _ in found:
        torch.testing.assert_close(of_one, value, rtol=tolerance, atol=tolerance)
    gradient = torch.cat([slope for _, slope in found], dim=1)
    torch.testing.assert_close(gradient, slopes, rtol=tolerance, atol=tolerance)


def test_parallel_counts_more_classes_than_float32_can() -> None:
    """The number of classes travels with the logits, and must arrive exactly."""
    classes = 2**24 + 1
    target = torch.tensor([classes - 1])
    loss = vocab_parallel_cross_entropy(torch.zeros(1, classes), target)
    torch.testing.assert_close(loss.item(), math.log(classes), rtol=1e-6, atol=0)


def test_parallel_takes_a_rank_of_one_class() -> None:
    """Alone it is certain of it."""
    loss = vocab_parallel_cross_entropy(draw(3, 1), torch.zeros(3, dtype=torch.int64))
    assert loss.item() == 0


PARALLEL = {"input": draw(2, 3), "target": torch.tensor([0, 2])}


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        (
            {"input": draw(2, 0)},
            ValueError,
            "input must have shape (N, C) with at least one class on each rank; got (2, 0)",
        ),
        (
            {"input": draw(3)},
            ValueError,
            "input must have shape (N, C) with at least one class on each rank; got (3,)",
        ),
        ({"target": torch.tensor([[0, 2]])}, ValueError, "target must have shape (2,); got (1, 2)"),
        (
            {"target": torch.tensor([0, 3])},
            IndexError,
            "target must be a class index from 0 to 2 everywhere; got 3",
        ),
        ({"target": [0, 2]}, TypeError, "target must be a tensor; got list"),
        ({"weight": draw(2)}, ValueError, "weight must have shape (3,); got (2,)"),
        (
            {"label_smoothing": -0.1},
            ValueError,
            "label_smoothing must be between 0 and 1; got -0.1",
        ),
        (
            {"reduction": "avg"},
            ValueError,
            "reduction must be 'none', 'mean' or 'sum'; got 'avg'",
        ),
    ],
    ids=lambda value: None if isinstance(value, type | str) else "+".join(value),
)
def test_message_of_vocab_parallel_cross_entropy(
    changes: dict[str, Any], error: type[Exception], message: str
) -> None:
    """Each names the argument, what it was and what is allowed."""
    with pytest.raises(error, match=f"^{re.escape(message)}$"):
        vocab_parallel_cross_entropy(**{**PARALLEL, **changes})
