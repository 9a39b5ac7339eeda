"""Each loss against PyTorch, against finite differences, and against itself by other routes."""

import functools
import inspect
import itertools
import re
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor
from torch.func import grad, hessian, jvp, vmap

import lossfns
from tests.cases.case import (
    FULL_PRECISION,
    HALF_PRECISION,
    REAL,
    REDUCTIONS,
    Arguments,
    Case,
    assert_close,
    exactly,
    generated,
    half_ulp,
    is_inexact,
    largest,
    of_tensors,
    value_and_gradients,
)
from tests.loss_cases import CASES, public_losses

pytestmark = [
    # PyTorch's forward-mode derivatives are built on it, as of version 2.13.
    pytest.mark.filterwarnings("ignore:.torch.jit.script. is deprecated"),
    # PyTorch's kl_div advises another reduction than its default; the compiler makes an
    # instance of each autograd.Function that it traces.
    pytest.mark.filterwarnings("ignore:reduction. 'mean' divides the total loss"),
    pytest.mark.filterwarnings("ignore:linear_cross_entropy. ``options`` ignored"),
    pytest.mark.filterwarnings("ignore:.* should not be instantiated:DeprecationWarning"),
]


def of_cases(
    condition: Callable[[Case], Any] = lambda _: True, *, each: Sequence[str] = ()
) -> pytest.MarkDecorator:
    """The cases for which a test makes sense, each with all its reductions and weights if asked.

    "weighted" is false, and true too for a loss that takes a weight.
    """
    names = ("case", *each)
    rows = []
    for case in filter(condition, CASES):
        choices = {
            "reduction": case.reductions,
            "weighted": (False, True) if case.draw_weight else (False,),
        }
        for chosen in itertools.product(*(choices[name] for name in each)):
            words = [("weighted" if c else "plain") if isinstance(c, bool) else c for c in chosen]
            rows.append(pytest.param(case, *chosen, id="-".join([case.name, *words])))
    return pytest.mark.parametrize(names, rows)


def has_reference(case: Case) -> bool:
    return case.reference is not None


def is_elementwise(case: Case) -> bool:
    return case.elements is not None


def has_weight(case: Case) -> bool:
    return case.draw_weight is not None


def slopes(case: Case, weighted: bool) -> tuple[str, ...]:
    """The arguments to differentiate by."""
    by_weight = weighted and case.differentiable_weight
    return (*case.differentiable, "weight") if by_weight else case.differentiable


def test_every_public_loss_has_a_case() -> None:
    """A loss without a case would pass every other test in this file by not being in it."""
    assert public_losses() == {case.name: case.function for case in CASES}


# What lossfns exports and reduces to no batch, and the file of its tests.
TESTED_ELSEWHERE = {
    "test_divergence": {"entropy", "perplexity"},
    "test_large_vocabulary": {"AdaptiveLogSoftmaxWithLoss", "adaptive_log_softmax_with_loss"},
    # A Descent is what the two return.
    "test_optimisation": {"gradient_descent", "sgd"},
    "test_outputs": {
        *("log_sigmoid", "log_softmax", "logit", "logsumexp", "sigmoid", "softmax"),
        *("softmax_with_temperature", "tanh"),
    },
    "test_reduction_and_validation": {"reduce"},
}


def test_what_is_no_loss_is_tested_elsewhere() -> None:
    """A function without ``reduction`` has no case, so it must be named, and used, somewhere."""
    elsewhere = set().union(*TESTED_ELSEWHERE.values())
    assert set(lossfns.__all__) == {case.name for case in CASES} | elsewhere | {"Descent"}
    for file, names in TESTED_ELSEWHERE.items():
        source = Path(__file__).with_name(f"{file}.py").read_text(encoding="utf-8")
        assert {name for name in names if not re.search(rf"\b{name}\(", source)} == set()


# Against PyTorch


@of_cases(has_reference)
def test_signature_is_pytorchs(case: Case) -> None:
    """``import lossfns as F`` is a drop-in only if calls by position mean the same."""

    def parameters(function: Callable[..., Tensor]) -> dict[str, Any]:
        named = inspect.signature(function).parameters
        return {
            name: (parameter.kind, parameter.default)
            for name, parameter in named.items()
            if name not in ("size_average", "reduce")
        }

    ours, theirs = parameters(case.function), parameters(case.reference)
    assert ours == theirs
    assert list(ours) == list(theirs)


@of_cases(has_reference, each=("reduction", "weighted"))
def test_equals_pytorch_at_generated_shapes_and_dtypes(
    case: Case, reduction: str, weighted: bool
) -> None:
    """Value and every gradient, whatever the shape, the dtype and the layout in memory."""

    @generated
    @given(case.shapes, st.sampled_from(case.dtypes), st.integers(0, 99), st.booleans())
    def holds(shape: tuple[int, ...], dtype: torch.dtype, seed: int, strided: bool) -> None:
        arguments = case.arguments(shape, dtype, seed=seed, weighted=weighted)
        if strided:
            arguments = of_tensors(spread, arguments)
        assert_same_as_pytorch(case, arguments, reduction, slopes(case, weighted))

    holds()


def spread(tensor: Tensor) -> Tensor:
    """The same numbers with gaps between them in memory, and with the dimensions' order turned."""
    turned = tuple(reversed(range(tensor.ndim)))
    # NaN would turn a result red that took a gap for a number; an integer type has none.
    gap = torch.nan if is_inexact(tensor) else torch.iinfo(tensor.dtype).max
    wide = torch.full((*reversed(tensor.shape), 2), gap, dtype=tensor.dtype)
    wide[..., 0] = tensor.permute(turned)
    result = wide[..., 0].permute(turned)
    assert torch.equal(result, tensor)
    return result


def assert_same_as_pytorch(
    case: Case, arguments: Arguments, reduction: str, differentiable: tuple[str, ...]
) -> None:
    """Equal up to the rounding of both; PyTorch rounds half precision after each operation."""
    ours, theirs = (after(case, function) for function in (case.function, case.reference))
    value, gradients = value_and_gradients(ours, arguments, differentiable, reduction)
    expected, expected_gradients = value_and_gradients(theirs, arguments, differentiable, reduction)
    roundings = 2 * (case.roundings + 2)
    terms = 2 * max(value.numel() for value in arguments.values() if isinstance(value, Tensor))
    # One element's size, and how often it is in a sum or by how much its gradient is scaled.
    size, slope_size = (heaviest(arguments) * size for size in case.cancelling(arguments))
    count = max(terms // 2, 1)
    assert_close(
        value,
        expected,
        roundings=roundings,
        terms=terms,
        cancelling=size if reduction in ("none", "mean") else size * count,
        message="value",
    )
    for name in differentiable:
        cancelling = slope_size * count if reduction == "none" else slope_size
        if name == "weight" and reduction == "mean":
            # (ℓ_n − L) / Σw: a difference can be far smaller than its terms.
            unweighted = {key: value for key, value in arguments.items() if key != "weight"}
            losses = case.reference(**unweighted, reduction="none")
            cancelling += largest(losses / case.denominator(arguments, arguments["weight"]))
        assert_close(
            gradients[name],
            expected_gradients[name],
            roundings=roundings + 4,
            terms=terms,
            cancelling=cancelling,
            message=f"gradient by {name}",
        )


def heaviest(arguments: Arguments) -> float:
    """What a weight may multiply an element's rounding by."""
    weight = arguments.get("weight")
    return 1.0 if weight is None else max(largest(weight), 1.0)


def after(case: Case, function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """The function of what the case's first argument is made from, where there is such a thing."""
    if case.through is None:
        return function
    first = case.differentiable[0]
    return lambda **arguments: function(**{**arguments, first: case.through(arguments[first])})


@pytest.mark.parametrize("dtype", REAL, ids=str)
@of_cases(lambda case: case.reference and case.elements)
def test_infinite_nan_huge_and_subnormal_numbers_give_what_pytorch_gives(
    case: Case, dtype: torch.dtype
) -> None:
    """Nothing is clamped or hidden: NaN and infinity come through where PyTorch lets them."""

    @generated
    @given(st.lists(st.tuples(*case.elements.values()), min_size=1, max_size=20))
    def holds(rows: list[tuple[float, ...]]) -> None:
        columns = zip(*rows, strict=True)
        arguments = {
            name: torch.tensor(column, dtype=torch.float64).to(dtype)
            for name, column in zip(case.elements, columns, strict=True)
        }
        assert_same_as_pytorch(case, arguments, "none", case.differentiable)

    holds()


@pytest.fixture(scope="module")
def own_samples() -> dict[str, Any]:
    """PyTorch's test samples by the name of the function, as PyTorch's own tests draw them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from torch.testing._internal.common_methods_invocations import op_db
    prefix = "nn.functional."
    return {op.name.removeprefix(prefix): op for op in op_db if op.name.startswith(prefix)}


@of_cases(has_reference)
def test_equals_pytorch_on_its_own_samples(case: Case, own_samples: dict[str, Any]) -> None:
    """PyTorch's authors know where their functions break; their samples go there."""
    sampled = own_samples[case.name]
    # PyTorch lists integers for losses that happen to run on them; that they are refused here,
    # having no gradient, is a test of the messages.
    dtypes = {dtype for dtype in sampled.dtypes if dtype.is_floating_point or dtype.is_complex}
    assert set(case.dtypes) == dtypes
    refused = set()
    for dtype in case.dtypes:
        for sample in sampled.sample_inputs("cpu", dtype):
            arguments, reduction = by_name(case, sample)
            if message := refusal(case, arguments, reduction):
                reasons = [pattern for pattern in case.stricter if re.search(pattern, message)]
                assert reasons, f"refused: {sample.summary()}: {message}"
                refused.update(reasons)
                continue
            differentiable = tuple(
                name for name in case.differentiable if is_inexact(arguments.get(name))
            )
            assert_same_as_pytorch(case, arguments, reduction, differentiable)
    assert refused == set(case.stricter), "an exception is documented that never occurs"


def refusal(case: Case, arguments: Arguments, reduction: str) -> str | None:
    """The message with which lossfns refuses the arguments, if it does."""
    try:
        case.function(**arguments, reduction=reduction)
    except (TypeError, ValueError, IndexError) as error:
        return str(error)
    return None


def by_name(case: Case, sample: Any) -> tuple[Arguments, str]:
    """A sample's arguments by their names in the function, and its reduction."""
    bound = inspect.signature(case.function).bind(sample.input, *sample.args, **sample.kwargs)
    reduction = bound.arguments.pop("reduction", "mean")
    return bound.arguments, reduction


@of_cases(has_reference)
def test_refuses_what_pytorch_refuses(case: Case, own_samples: dict[str, Any]) -> None:
    """PyTorch's samples of wrong arguments; ours are in the tests of the messages."""
    sampled = own_samples[case.name]
    if sampled.error_inputs_func is None:
        pytest.skip("PyTorch carries no samples of errors for this loss")
    errors = list(sampled.error_inputs("cpu"))
    assert errors
    for error in errors:
        sample = error.sample_input
        with pytest.raises((ValueError, TypeError, IndexError)):
            case.function(sample.input, *sample.args, **sample.kwargs)


# Gradients


@of_cases(each=("reduction", "weighted"))
def test_first_and_second_derivatives_are_those_of_finite_differences(
    case: Case, reduction: str, weighted: bool
) -> None:
    """What autograd returns is the derivative, in both modes, and can be differentiated again."""
    names = slopes(case, weighted)
    for dtype in set(case.dtypes) & {torch.float64, torch.complex128}:
        arguments = case.arguments((3, 2), dtype, weighted=weighted)

        def loss(*leaves: Tensor, arguments: Arguments = arguments) -> Tensor:
            return case.function(
                **{**arguments, **dict(zip(names, leaves, strict=True))}, reduction=reduction
            )

        leaves = [arguments[name].requires_grad_() for name in names]
        forward = "forward mode" not in case.lacks
        assert torch.autograd.gradcheck(loss, leaves, check_forward_ad=forward)
        if "second derivative" not in case.lacks:
            assert torch.autograd.gradgradcheck(loss, leaves)


# Reductions and weights


@of_cases(each=("weighted",))
@pytest.mark.parametrize("dtype", FULL_PRECISION, ids=str)
def test_sum_and_mean_are_those_of_the_unreduced_losses(
    case: Case, weighted: bool, dtype: torch.dtype
) -> None:
    """One loss with three reductions, not three losses; the mean's denominator is the case's."""
    arguments = case.arguments((4, 3), dtype, weighted=weighted)
    each = case.function(**arguments, reduction="none")
    total = case.function(**arguments, reduction="sum")
    mean = case.function(**arguments, reduction="mean")
    assert_close(total, each.sum(), roundings=1, terms=2 * each.numel())
    expected = (each / case.denominator(arguments, arguments.get("weight"))).sum()
    assert_close(mean, expected.to(dtype), roundings=3, terms=2 * each.numel())
    if "batchmean" in case.reductions:
        batchmean = case.function(**arguments, reduction="batchmean")
        assert_close(batchmean, total / 4, roundings=2)
    assert torch.equal(mean, case.function(**arguments)), "the mean is the default"


@of_cases(has_weight)
@pytest.mark.parametrize("reduction", ["sum", "mean"])
def test_a_whole_weight_counts_an_example_that_often(case: Case, reduction: str) -> None:
    """What a weight means: 2 is an example met twice, 0 is one that was never met."""
    arguments = case.arguments((4, 3), torch.float64, weighted=True)
    counts = torch.arange(arguments["weight"].numel()).reshape(arguments["weight"].shape)
    arguments["weight"] = counts.double()
    each = case.function(**{**arguments, "weight": None}, reduction="none")
    often = counts[arguments["target"]] if case.weight_per == "class" else counts
    expected = each.flatten().repeat_interleave(often.flatten()).sum()
    if reduction == "mean":
        expected = expected / case.denominator(arguments, arguments["weight"])
    weighted = case.function(**arguments, reduction=reduction)
    assert_close(weighted, expected, roundings=2 * case.roundings, terms=2 * int(often.sum()))


@of_cases(has_weight)
def test_weights_of_one_change_nothing(case: Case) -> None:
    """Each reduction has two routes, with a weight and without; they must meet."""
    arguments = case.arguments((4, 3), torch.float64)
    ones = torch.ones_like(case.arguments((4, 3), torch.float64, weighted=True)["weight"])
    for reduction in REDUCTIONS:
        plain = case.function(**arguments, reduction=reduction)
        weighted = case.function(**arguments, weight=ones, reduction=reduction)
        assert torch.equal(plain, weighted)


@of_cases(each=("reduction", "weighted"))
def test_arguments_are_left_as_they_were(case: Case, reduction: str, weighted: bool) -> None:
    """An in-place operation inside a loss would corrupt the caller's batch."""
    for dtype in case.dtypes:
        arguments = case.arguments((4, 3), dtype, weighted=weighted)
        before = of_tensors(torch.clone, arguments)
        result = case.function(**arguments, reduction=reduction)
        assert not result.requires_grad
        for name, tensor in arguments.items():
            assert torch.equal(tensor, before[name]), name


@of_cases(lambda case: has_reference(case) and "promotion" not in case.lacks, each=("weighted",))
def test_mixed_dtypes_are_promoted_as_pytorch_does(case: Case, weighted: bool) -> None:
    """The result's dtype is the promotion of all arguments', also where one is in half."""
    double = case.arguments((3,), torch.float64, weighted=weighted)
    names = [name for name, value in double.items() if is_inexact(value)]
    different = False
    for dtypes in itertools.product(case.dtypes, repeat=len(names)):
        if weighted and dtypes[-1].is_complex:
            continue
        arguments = {
            **double,
            **{
                name: case.arguments((3,), dtype, weighted=weighted)[name]
                for name, dtype in zip(names, dtypes, strict=True)
            },
        }
        for reduction in case.reductions:
            actual = case.function(**arguments, reduction=reduction).dtype
            try:
                expected = case.reference(**arguments, reduction=reduction).dtype
            except RuntimeError:
                continue  # PyTorch has no result for this mixture.
            if actual != expected:
                assert actual == functools.reduce(torch.promote_types, dtypes).to_real()
                different = True
    assert different == ((case.name, weighted) in PROMOTED_OTHERWISE), (
        "a difference, or none where one is said"
    )


IN_PLACE = "PyTorch works in place in 1 − target, in its dtype"
PROMOTED_OTHERWISE = {
    ("binary_cross_entropy", True): "PyTorch takes the dtype of input, whatever the weight's",
    ("binary_cross_entropy_with_logits", False): IN_PLACE,
    ("binary_cross_entropy_with_logits", True): IN_PLACE,
}


@of_cases(lambda case: case.reference is None and "promotion" not in case.lacks)
def test_mixed_dtypes_are_promoted_where_pytorch_has_no_such_loss(case: Case) -> None:
    """As above, with PyTorch's rule for the sum of two tensors in the place of its loss.

    A target that is a sign is exact in every dtype, and its dtype says nothing.
    """
    names = case.differentiable
    for dtypes in itertools.product(case.dtypes, repeat=len(names)):
        arguments = {
            **case.arguments((3,), dtypes[0]),
            **{
                name: case.arguments((3,), dtype)[name]
                for name, dtype in zip(names, dtypes, strict=True)
            },
        }
        expected = functools.reduce(torch.promote_types, dtypes)
        for reduction in case.reductions:
            assert case.function(**arguments, reduction=reduction).dtype == expected, dtypes


# Half precision


@pytest.mark.parametrize("dtype", HALF_PRECISION, ids=str)
@of_cases(is_elementwise)
def test_half_precision_errs_no_more_than_the_formula_in_float32(
    case: Case, dtype: torch.dtype
) -> None:
    """Half-precision arguments cost the rounding of the result and nothing on the way there.

    All 65,536 half-precision numbers are put in, since there are so few.
    """
    bits = torch.arange(2**16, dtype=torch.int32).to(torch.int16)
    every = bits.view(dtype)
    arguments = case.arguments((every.numel(),), dtype)
    low, high = case.domain
    arguments["input"] = every[every.isfinite() & (every >= low) & (every <= high)]
    arguments = of_tensors(lambda tensor: tensor[: len(arguments["input"])], arguments)
    exact = case.naive(**exactly(arguments))
    rounded = case.naive(**exactly(arguments, torch.float32)).to(dtype)
    actual = case.function(**arguments, reduction="none")
    assert actual.dtype == dtype
    assert torch.equal(actual.isinf(), rounded.isinf())
    finite = rounded.isfinite()
    error = (actual.double() - exact)[finite].abs()
    allowed = (rounded.double() - exact)[finite].abs()
    if case.same_operations:
        assert (error <= allowed).all()
        return
    # Another order of operations is off by its own roundings in float32, which may turn half a
    # gap of the half-precision numbers into that much more than half a gap.
    exponent = exact[finite].abs().clamp(min=torch.finfo(dtype).smallest_normal).frexp()[1] - 1
    nearest = torch.finfo(dtype).eps / 2 * torch.exp2(exponent.double())
    unit = torch.finfo(torch.float32).eps / 2
    size = exact[finite].abs() + case.cancelling(arguments)[0]
    assert (error <= torch.maximum(allowed, nearest) + case.roundings * unit * size).all()


@pytest.mark.parametrize("dtype", HALF_PRECISION, ids=str)
@of_cases(each=("weighted",))
def test_half_precision_reduces_without_rounding_on_the_way(
    case: Case, dtype: torch.dtype, weighted: bool
) -> None:
    """A mean or sum in half precision is the exact one, rounded once (or as good as that)."""
    for seed in range(20):
        arguments = case.arguments((7, 5), dtype, seed=seed, weighted=weighted)
        exact_arguments = exactly(arguments)
        count = case.function(**exact_arguments, reduction="none").numel()
        for reduction in ("sum", "mean"):
            actual = case.function(**arguments, reduction=reduction)
            exact = case.function(**exact_arguments, reduction=reduction).item()
            # Where the exact result is close to halfway between two numbers, float32 may settle
            # on the other one, which is off by float32's own error more than half a gap. Every
            # element's loss adds its roundings to that, and the sum one for each.
            size, _ = case.cancelling(arguments)
            size = abs(exact) + heaviest(arguments) * size * (count if reduction == "sum" else 1)
            float32 = (case.roundings + count) * torch.finfo(torch.float32).eps / 2 * size
            assert abs(actual.item() - exact) <= half_ulp(exact, dtype) + float32


@pytest.mark.parametrize("dtype", HALF_PRECISION, ids=str)
@of_cases(is_elementwise, each=("weighted",))
def test_half_precision_mean_over_seventy_thousand_rows(
    case: Case, dtype: torch.dtype, weighted: bool
) -> None:
    """Neither the sum nor the count fits into float16, which ends at 65,504; the mean does."""
    arguments = case.arguments((70_000,), dtype, weighted=weighted)
    exact_arguments = exactly(arguments)
    names = slopes(case, weighted)
    value, gradients = value_and_gradients(case.function, arguments, names, "mean")
    exact, exact_gradients = value_and_gradients(case.function, exact_arguments, names, "mean")
    assert_close(value, exact.to(dtype), roundings=2)
    spacing = torch.finfo(dtype).smallest_normal * torch.finfo(dtype).eps
    for name in names:
        difference = (gradients[name].double() - exact_gradients[name]).abs()
        size = exact_gradients[name].abs()
        unit = torch.finfo(dtype).eps
        # Where the gradient is a difference it keeps the rounding of its terms in float32.
        float32 = case.roundings * torch.finfo(torch.float32).eps / 2
        left = float32 * case.cancelling(exact_arguments)[1] / 70_000
        assert (difference <= 2 * spacing + unit * size + left).all(), name


# Inside a compiler and inside PyTorch's function transforms


@of_cases(is_elementwise)
def test_compiles_as_one_graph(case: Case) -> None:
    """No check may break the graph: a compiled training step would lose its speed to it."""
    weighted = case.draw_weight is not None
    arguments = case.arguments((4, 3), torch.float64, weighted=weighted)

    def all_reductions(**arguments: Tensor) -> list[Tensor]:
        return [case.function(**arguments, reduction=reduction) for reduction in case.reductions]

    torch.compiler.reset()
    compiled = torch.compile(all_reductions, fullgraph=True, backend="aot_eager")
    leaves = [arguments[name].requires_grad_() for name in slopes(case, weighted)]
    for actual, expected in zip(compiled(**arguments), all_reductions(**arguments), strict=True):
        torch.testing.assert_close(actual, expected, rtol=1e-14, atol=0)
        for slope, expected_slope in zip(
            torch.autograd.grad(actual.sum(), leaves, retain_graph=True),
            torch.autograd.grad(expected.sum(), leaves),
            strict=True,
        ):
            torch.testing.assert_close(slope, expected_slope, rtol=1e-13, atol=1e-14)


@of_cases(is_elementwise)
def test_compiled_loss_still_checks_shapes(case: Case) -> None:
    """Broadcasting is the costliest silent mistake; compiling must not bring it back."""
    torch.compiler.reset()
    compiled = torch.compile(case.function, fullgraph=True, backend="eager")
    arguments = case.arguments((3, 1), torch.float32)
    arguments["target"] = arguments["target"].flatten()
    message = re.escape("target must have the shape of input, (3, 1); got (3,)")
    with pytest.raises(RuntimeError, match=message):
        compiled(**arguments)


@of_cases(has_weight)
def test_checks_of_values_do_not_run_where_values_cannot_be_read(case: Case) -> None:
    """They read numbers, which a compiler, ``vmap`` or a tensor without storage cannot give."""
    arguments = case.arguments((2, 3), torch.float64, weighted=True)
    arguments["weight"] = -arguments["weight"]
    with pytest.raises(ValueError, match="weight must be finite and at least 0"):
        case.function(**arguments)
    if "compile" not in case.lacks:
        torch.compiler.reset()
        torch.compile(case.function, fullgraph=True, backend="eager")(**arguments)
    if "vmap" not in case.lacks:
        # The weights of classes are given to each example: a tensor from outside is readable.
        names = list(arguments)
        if case.weight_per == "class":
            wrapped = {**arguments, "weight": torch.stack([arguments["weight"]] * 2)}
        else:
            wrapped = arguments
        rows = vmap(lambda *row: case.function(**dict(zip(names, row, strict=True))))
        assert rows(*wrapped.values()).shape == (2,)
    if "meta" not in case.lacks:
        shape_only = of_tensors(lambda tensor: tensor.to("meta"), arguments)
        assert case.function(**shape_only).shape == ()


@of_cases(is_elementwise, each=("weighted",))
@pytest.mark.parametrize("reduction", ["sum", "mean"])
def test_vmap_grad_and_hessian_are_those_of_a_loop(
    case: Case, weighted: bool, reduction: str
) -> None:
    """Gradients of single examples, as one transform of the loss and as a loop with autograd."""
    arguments = case.arguments((4, 3), torch.float64, weighted=weighted)
    names = list(arguments)

    def loss(*values: Tensor) -> Tensor:
        return case.function(**dict(zip(names, values, strict=True)), reduction=reduction)

    def by_loop(row: tuple[Tensor, ...]) -> Iterator[Tensor]:
        leaves = [tensor.detach().requires_grad_() for tensor in row]
        value = loss(*leaves)
        yield value.detach()
        yield torch.autograd.grad(value, leaves[0])[0]
        yield torch.autograd.functional.hessian(lambda first: loss(first, *row[1:]), row[0])

    rows = zip(*arguments.values(), strict=True)
    expected = [torch.stack(results) for results in zip(*map(by_loop, rows), strict=True)]
    batch = tuple(arguments.values())
    for transform, wanted in zip((loss, grad(loss), hessian(loss)), expected, strict=True):
        torch.testing.assert_close(vmap(transform)(*batch), wanted, rtol=1e-13, atol=1e-14)


@of_cases(is_elementwise)
def test_vmap_still_checks_shapes(case: Case) -> None:
    """Under ``vmap`` the shapes are those of one example, and they are known."""
    arguments = case.arguments((2, 3), torch.float64)
    message = re.escape("target must have the shape of input, (3,); got (2,)")
    with pytest.raises(ValueError, match=message):
        vmap(case.function)(arguments["input"], arguments["target"][:, :2])


# Messages that every loss shares


@of_cases(is_elementwise)
def test_message_on_a_target_of_another_shape(case: Case) -> None:
    """A column against a row would broadcast to a table and train on nonsense."""
    arguments = case.arguments((3,), torch.float64)
    for shape, like in [((3, 1), (3,)), ((3,), (3, 1)), ((1,), ()), ((), (1,)), ((0,), (1,))]:
        wrong = {"input": torch.zeros(like), "target": torch.zeros(shape)}
        message = f"target must have the shape of input, {like}; got {shape}"
        with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
            case.function(**{**arguments, **wrong})


@of_cases()
@pytest.mark.parametrize("reduction", ["average", "Mean", "", None, 0, ("mean",)], ids=repr)
def test_message_on_an_unknown_reduction(case: Case, reduction: object) -> None:
    """Exactly these words are allowed; a misspelt one must not fall back to another."""
    allowed = "'none', 'mean' or 'sum'"
    if "batchmean" in case.reductions:
        allowed = "'none', 'mean', 'sum' or 'batchmean'"
    message = f"reduction must be {allowed}; got {reduction!r}"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        case.function(**case.arguments((3,), torch.float64), reduction=reduction)


@of_cases()
def test_message_on_what_is_no_tensor(case: Case) -> None:
    """A list or a number is refused by name, not by an attribute that it lacks."""
    arguments = case.arguments((3,), torch.float64)
    for name, wrong in itertools.product(case.differentiable, ([1.0, 2.0, 3.0], 1.0, None)):
        message = f"{name} must be a tensor; got {type(wrong).__name__}"
        with pytest.raises(TypeError, match=f"^{re.escape(message)}$"):
            case.function(**{**arguments, name: wrong})


@of_cases()
def test_message_on_a_dtype_that_the_loss_does_not_take(case: Case) -> None:
    """Integers have no gradient; a complex number has no order and no square error."""
    arguments = case.arguments((3,), torch.float64)
    takes_complex = any(dtype.is_complex for dtype in case.dtypes)
    kind = "floating-point or complex" if takes_complex else "floating-point"
    wrong_dtypes = [torch.int64, torch.bool, torch.uint8]
    wrong_dtypes += [] if takes_complex else [torch.complex64]
    for name, dtype in itertools.product(case.differentiable, wrong_dtypes):
        message = f"{name} must be a {kind} tensor; got {dtype}"
        with pytest.raises(TypeError, match=f"^{re.escape(message)}$"):
            case.function(**{**arguments, name: torch.ones(3, dtype=dtype)})


@of_cases(has_weight)
@pytest.mark.parametrize(
    ("damage", "error", "message"),
    [
        (Tensor.tolist, TypeError, "weight must be a tensor; got list"),
        (lambda _: 1.0, TypeError, "weight must be a tensor; got float"),
        (
            Tensor.long,
            TypeError,
            "weight must be a floating-point tensor; got torch.int64",
        ),
        (
            lambda weight: weight.to(torch.complex64),
            TypeError,
            "weight must be a floating-point tensor; got torch.complex64",
        ),
        (
            lambda weight: with_first(weight, -0.5),
            ValueError,
            "weight must be finite and at least 0 everywhere; got -0.5",
        ),
        (
            lambda weight: with_first(weight, torch.inf),
            ValueError,
            "weight must be finite and at least 0 everywhere; got inf",
        ),
        (
            lambda weight: with_first(weight, torch.nan),
            ValueError,
            "weight must be finite and at least 0 everywhere; got nan",
        ),
    ],
    ids=["list", "number", "integer", "complex", "negative", "infinite", "nan"],
)
def test_message_on_a_wrong_weight(
    case: Case, damage: Callable[[Tensor], object], error: type[Exception], message: str
) -> None:
    """A negative weight turns a minimum into a maximum, a NaN every number into NaN."""
    arguments = case.arguments((3,), torch.float64, weighted=True)
    arguments["weight"] = damage(arguments["weight"])
    with pytest.raises(error, match=f"^{re.escape(message)}$"):
        case.function(**arguments)


def with_first(tensor: Tensor, value: float) -> Tensor:
    """A copy with another first number."""
    changed = tensor.clone()
    changed[0] = value
    return changed


@of_cases(has_weight)
def test_message_on_a_weight_of_another_shape(case: Case) -> None:
    """A single weight would be broadcast to all elements or classes, and change nothing."""
    arguments = case.arguments((3,), torch.float64, weighted=True)
    like = r"(have (the shape|shape|one element for each class)|broadcast to the shape).* \(\d,\)"
    arguments["weight"] = torch.ones(7, dtype=torch.float64)
    with pytest.raises(ValueError, match=rf"^weight must {like}; got \(7,\)$"):
        case.function(**arguments)


# What a loss lacks


def second_derivative(case: Case) -> None:
    arguments = case.arguments((3,), torch.float64)
    leaf = arguments[case.differentiable[0]].requires_grad_()
    (slope,) = torch.autograd.grad(case.function(**arguments), leaf, create_graph=True)
    torch.autograd.grad(slope.square().sum(), leaf)


def forward_mode(case: Case) -> None:
    arguments = case.arguments((3,), torch.float64)
    name = case.differentiable[0]
    jvp(
        lambda leaf: case.function(**{**arguments, name: leaf}),
        (arguments[name],),
        (torch.ones_like(arguments[name]),),
    )


def promotion(case: Case) -> None:
    arguments = case.arguments((3,), torch.float64)
    last = case.differentiable[-1]
    case.function(**{**arguments, last: arguments[last].float()})


def compiles(case: Case) -> None:
    torch.compiler.reset()
    torch.compile(case.function, fullgraph=True, backend="eager")(
        **case.arguments((3,), torch.float64)
    )


def meta(case: Case) -> None:
    arguments = case.arguments((3,), torch.float64)
    case.function(**of_tensors(lambda tensor: tensor.to("meta"), arguments))


def vmapped(case: Case) -> None:
    arguments = case.arguments((3,), torch.float64)
    name = case.differentiable[0]
    rows = torch.stack([arguments[name]] * 2)
    vmap(lambda row: case.function(**{**arguments, name: row}))(rows)


ABILITIES = {
    "second derivative": second_derivative,
    "forward mode": forward_mode,
    "promotion": promotion,
    "compile": compiles,
    "vmap": vmapped,
    "meta": meta,
}


@pytest.mark.parametrize(
    ("case", "ability"),
    [
        pytest.param(case, ability, id=f"{case.name}-{ability}")
        for case in CASES
        for ability in case.lacks
    ],
)
def test_what_a_loss_is_said_to_lack_it_lacks(case: Case, ability: str) -> None:
    """Else a test would pass it over for nothing."""
    with pytest.raises((RuntimeError, TypeError, NotImplementedError)):
        ABILITIES[ability](case)
