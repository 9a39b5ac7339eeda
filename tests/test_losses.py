"""Each loss against PyTorch, against finite differences, and against itself by other routes."""

import inspect
import itertools
import re
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor
from torch.func import grad, hessian, vmap

from tests.loss_cases import (
    CASES,
    FULL_PRECISION,
    HALF_PRECISION,
    REAL,
    REDUCTIONS,
    Arguments,
    Case,
    assert_close,
    generated,
    half_ulp,
    largest,
    public_losses,
    value_and_gradients,
)

# PyTorch's forward-mode derivatives are built on it, as of version 2.13.
pytestmark = pytest.mark.filterwarnings("ignore:.torch.jit.script. is deprecated")

each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
each_reduction = pytest.mark.parametrize("reduction", REDUCTIONS)
weighted_or_not = pytest.mark.parametrize("weighted", [False, True], ids=["plain", "weighted"])


def of_cases(condition: Callable[[Case], Any]) -> pytest.MarkDecorator:
    """The cases for which a test makes sense."""
    chosen = [case for case in CASES if condition(case)]
    return pytest.mark.parametrize("case", chosen, ids=lambda case: case.name)


with_reference = of_cases(lambda case: case.reference)
elementwise = of_cases(lambda case: case.elements)
with_weight = of_cases(lambda case: case.draw_weight)


def skip_weight(case: Case, weighted: bool) -> None:
    if weighted and case.draw_weight is None:
        pytest.skip("takes no weight")


def slopes(case: Case, weighted: bool) -> tuple[str, ...]:
    """The arguments to differentiate by."""
    return (*case.differentiable, "weight") if weighted else case.differentiable


def test_every_public_loss_has_a_case() -> None:
    """A loss without a case would pass every other test in this file by not being in it."""
    assert public_losses() == {case.name: case.function for case in CASES}


# Against PyTorch


@with_reference
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


@with_reference
@each_reduction
@weighted_or_not
def test_equals_pytorch_at_generated_shapes_and_dtypes(
    case: Case, reduction: str, weighted: bool
) -> None:
    """Value and every gradient, whatever the shape, the dtype and the layout in memory."""
    skip_weight(case, weighted)

    @generated
    @given(case.shapes, st.sampled_from(case.dtypes), st.integers(0, 99), st.booleans())
    def holds(shape: tuple[int, ...], dtype: torch.dtype, seed: int, strided: bool) -> None:
        arguments = case.arguments(shape, dtype, seed=seed, weighted=weighted)
        if strided:
            arguments = {name: spread(tensor) for name, tensor in arguments.items()}
        assert_same_as_pytorch(case, arguments, reduction, slopes(case, weighted))

    holds()


def spread(tensor: Tensor) -> Tensor:
    """The same numbers with gaps between them in memory, and with the dimensions' order turned."""
    turned = tuple(reversed(range(tensor.ndim)))
    wide = torch.full((*reversed(tensor.shape), 2), torch.nan, dtype=tensor.dtype)
    wide[..., 0] = tensor.permute(turned)
    result = wide[..., 0].permute(turned)
    assert torch.equal(result, tensor)
    return result


def assert_same_as_pytorch(
    case: Case, arguments: Arguments, reduction: str, differentiable: tuple[str, ...]
) -> None:
    """Equal up to the rounding of both; PyTorch rounds half precision after each operation."""
    value, gradients = value_and_gradients(case.function, arguments, differentiable, reduction)
    expected, expected_gradients = value_and_gradients(
        case.reference, arguments, differentiable, reduction
    )
    roundings = 2 * (case.roundings + 2)
    terms = 2 * max(tensor.numel() for tensor in arguments.values())
    assert_close(value, expected, roundings=roundings, terms=terms, message="value")
    for name in differentiable:
        cancelling = 0.0
        if name == "weight" and reduction == "mean":
            # (ℓ_n − L) / Σw: a difference can be far smaller than its terms.
            unweighted = {key: value for key, value in arguments.items() if key != "weight"}
            losses = case.reference(**unweighted, reduction="none")
            cancelling = largest(losses / case.denominator(arguments, arguments["weight"]))
        assert_close(
            gradients[name],
            expected_gradients[name],
            roundings=roundings + 4,
            terms=terms,
            cancelling=cancelling,
            message=f"gradient by {name}",
        )


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


@with_reference
def test_equals_pytorch_on_its_own_samples(case: Case, own_samples: dict[str, Any]) -> None:
    """PyTorch's authors know where their functions break; their samples go there."""
    sampled = own_samples[case.name]
    assert set(case.dtypes) == set(sampled.dtypes)
    refused = set()
    for dtype in sampled.dtypes:
        for sample in sampled.sample_inputs("cpu", dtype):
            arguments, reduction = by_name(case, sample)
            if message := refusal(case, arguments, reduction):
                reasons = [pattern for pattern in case.stricter if re.search(pattern, message)]
                assert reasons, f"refused: {sample.summary()}: {message}"
                refused.update(reasons)
                continue
            differentiable = tuple(name for name in case.differentiable if name in arguments)
            assert_same_as_pytorch(case, arguments, reduction, differentiable)
    assert refused == set(case.stricter), "an exception is documented that never occurs"


def refusal(case: Case, arguments: Arguments, reduction: str) -> str | None:
    """The message with which lossfns refuses the arguments, if it does."""
    try:
        case.function(**arguments, reduction=reduction)
    except (TypeError, ValueError) as error:
        return str(error)
    return None


def by_name(case: Case, sample: Any) -> tuple[Arguments, str]:
    """A sample's arguments by their names in the function, and its reduction."""
    bound = inspect.signature(case.function).bind(sample.input, *sample.args, **sample.kwargs)
    reduction = bound.arguments.pop("reduction", "mean")
    return bound.arguments, reduction


@with_reference
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


@each_case
@each_reduction
@weighted_or_not
def test_first_and_second_derivatives_are_those_of_finite_differences(
    case: Case, reduction: str, weighted: bool
) -> None:
    """What autograd returns is the derivative, in both modes, and can be differentiated again."""
    skip_weight(case, weighted)
    names = slopes(case, weighted)
    for dtype in set(case.dtypes) & {torch.float64, torch.complex128}:
        arguments = case.arguments((3, 2), dtype, weighted=weighted)

        def loss(*leaves: Tensor, arguments: Arguments = arguments) -> Tensor:
            return case.function(
                **{**arguments, **dict(zip(names, leaves, strict=True))}, reduction=reduction
            )

        leaves = [arguments[name].requires_grad_() for name in names]
        assert torch.autograd.gradcheck(loss, leaves, check_forward_ad=True)
        assert torch.autograd.gradgradcheck(loss, leaves)


# Reductions and weights


@each_case
@weighted_or_not
@pytest.mark.parametrize("dtype", FULL_PRECISION, ids=str)
def test_sum_and_mean_are_those_of_the_unreduced_losses(
    case: Case, weighted: bool, dtype: torch.dtype
) -> None:
    """One loss with three reductions, not three losses; the mean's denominator is the case's."""
    skip_weight(case, weighted)
    arguments = case.arguments((4, 3), dtype, weighted=weighted)
    each = case.function(**arguments, reduction="none")
    total = case.function(**arguments, reduction="sum")
    mean = case.function(**arguments, reduction="mean")
    assert_close(total, each.sum(), roundings=1, terms=2 * each.numel())
    expected = total / case.denominator(arguments, arguments.get("weight"))
    assert_close(mean, expected, roundings=2, terms=2 * each.numel())
    assert torch.equal(mean, case.function(**arguments)), "the mean is the default"


@with_weight
@pytest.mark.parametrize("reduction", ["sum", "mean"])
def test_a_whole_weight_counts_an_example_that_often(case: Case, reduction: str) -> None:
    """What a weight means: 2 is an example met twice, 0 is one that was never met."""
    counts = torch.tensor([0, 1, 2, 3])
    arguments = case.arguments((4,), torch.float64)
    repeated = {name: tensor.repeat_interleave(counts) for name, tensor in arguments.items()}
    weighted = case.function(**arguments, weight=counts.double(), reduction=reduction)
    expected = case.function(**repeated, reduction=reduction)
    assert_close(weighted, expected, roundings=2 * case.roundings, terms=12)


@with_weight
def test_weights_of_one_change_nothing(case: Case) -> None:
    """Each reduction has two routes, with a weight and without; they must meet."""
    arguments = case.arguments((4, 3), torch.float64)
    ones = torch.ones_like(case.arguments((4, 3), torch.float64, weighted=True)["weight"])
    for reduction in REDUCTIONS:
        plain = case.function(**arguments, reduction=reduction)
        weighted = case.function(**arguments, weight=ones, reduction=reduction)
        assert torch.equal(plain, weighted)


@each_case
@each_reduction
@weighted_or_not
def test_arguments_are_left_as_they_were(case: Case, reduction: str, weighted: bool) -> None:
    """An in-place operation inside a loss would corrupt the caller's batch."""
    skip_weight(case, weighted)
    for dtype in case.dtypes:
        arguments = case.arguments((4, 3), dtype, weighted=weighted)
        before = {name: tensor.clone() for name, tensor in arguments.items()}
        result = case.function(**arguments, reduction=reduction)
        assert not result.requires_grad
        for name, tensor in arguments.items():
            assert torch.equal(tensor, before[name]), name


@with_reference
@weighted_or_not
def test_mixed_dtypes_are_promoted_as_pytorch_does(case: Case, weighted: bool) -> None:
    """The result's dtype is the promotion of all arguments', also where one is in half."""
    skip_weight(case, weighted)
    names = list(case.arguments((3,), torch.float64, weighted=weighted))
    for dtypes in itertools.product(case.dtypes, repeat=len(names)):
        if weighted and dtypes[-1].is_complex:
            continue
        arguments = {
            name: case.arguments((3,), dtype, weighted=weighted)[name]
            for name, dtype in zip(names, dtypes, strict=True)
        }
        for reduction in REDUCTIONS:
            actual = case.function(**arguments, reduction=reduction)
            assert actual.dtype == case.reference(**arguments, reduction=reduction).dtype, dtypes


# Half precision


@pytest.mark.parametrize("dtype", HALF_PRECISION, ids=str)
@elementwise
def test_half_precision_errs_no_more_than_the_formula_in_float32(
    case: Case, dtype: torch.dtype
) -> None:
    """Half-precision arguments cost the rounding of the result and nothing on the way there.

    All 65,536 half-precision numbers are put in, since there are so few.
    """
    bits = torch.arange(2**16, dtype=torch.int32).to(torch.int16)
    every = bits.view(dtype)
    arguments = case.arguments((every.numel(),), dtype)
    arguments["input"] = every[every.isfinite()]
    arguments = {name: tensor[: len(arguments["input"])] for name, tensor in arguments.items()}
    exact = case.naive(**{name: tensor.double() for name, tensor in arguments.items()})
    rounded = case.naive(**{name: tensor.float() for name, tensor in arguments.items()}).to(dtype)
    actual = case.function(**arguments, reduction="none")
    assert actual.dtype == dtype
    assert torch.equal(actual.isinf(), rounded.isinf())
    finite = rounded.isfinite()
    error = (actual.double() - exact)[finite].abs()
    allowed = (rounded.double() - exact)[finite].abs()
    assert (error <= allowed).all()


@pytest.mark.parametrize("dtype", HALF_PRECISION, ids=str)
@each_case
@weighted_or_not
def test_half_precision_reduces_without_rounding_on_the_way(
    case: Case, dtype: torch.dtype, weighted: bool
) -> None:
    """A mean or sum in half precision is the exact one, rounded once (or as good as that)."""
    skip_weight(case, weighted)
    for seed in range(20):
        arguments = case.arguments((7, 5), dtype, seed=seed, weighted=weighted)
        exact_arguments = {name: tensor.double() for name, tensor in arguments.items()}
        for reduction in ("sum", "mean"):
            actual = case.function(**arguments, reduction=reduction)
            exact = case.function(**exact_arguments, reduction=reduction).item()
            # Where the exact result is close to halfway between two numbers, float32 may
            # settle on the other one, which is off by that much more than half a gap.
            nearly = 1 + torch.finfo(dtype).eps / 8
            assert abs(actual.item() - exact) <= nearly * half_ulp(exact, dtype)


@pytest.mark.parametrize("dtype", HALF_PRECISION, ids=str)
@elementwise
@weighted_or_not
def test_half_precision_mean_over_seventy_thousand_rows(
    case: Case, dtype: torch.dtype, weighted: bool
) -> None:
    """Neither the sum nor the count fits into float16, which ends at 65,504; the mean does."""
    skip_weight(case, weighted)
    arguments = case.arguments((70_000,), dtype, weighted=weighted)
    exact_arguments = {name: tensor.double() for name, tensor in arguments.items()}
    names = slopes(case, weighted)
    value, gradients = value_and_gradients(case.function, arguments, names, "mean")
    exact, exact_gradients = value_and_gradients(case.function, exact_arguments, names, "mean")
    assert_close(value, exact.to(dtype), roundings=2)
    spacing = torch.finfo(dtype).smallest_normal * torch.finfo(dtype).eps
    for name in names:
        difference = (gradients[name].double() - exact_gradients[name]).abs()
        size = exact_gradients[name].abs()
        unit = torch.finfo(dtype).eps
        assert (difference <= 2 * spacing + unit * size).all(), name


# Inside a compiler and inside PyTorch's function transforms


@elementwise
def test_compiles_as_one_graph(case: Case) -> None:
    """No check may break the graph: a compiled training step would lose its speed to it."""
    arguments = case.arguments((4, 3), torch.float64, weighted=case.draw_weight is not None)

    def all_reductions(**arguments: Tensor) -> list[Tensor]:
        return [case.function(**arguments, reduction=reduction) for reduction in REDUCTIONS]

    torch.compiler.reset()
    compiled = torch.compile(all_reductions, fullgraph=True, backend="aot_eager")
    leaves = {name: tensor.requires_grad_() for name, tensor in arguments.items()}
    for actual, expected in zip(compiled(**leaves), all_reductions(**leaves), strict=True):
        torch.testing.assert_close(actual, expected, rtol=1e-14, atol=0)
        for slope, expected_slope in zip(
            torch.autograd.grad(actual.sum(), leaves.values(), retain_graph=True),
            torch.autograd.grad(expected.sum(), leaves.values()),
            strict=True,
        ):
            torch.testing.assert_close(slope, expected_slope, rtol=1e-13, atol=1e-14)


@elementwise
def test_compiled_loss_still_checks_shapes(case: Case) -> None:
    """Broadcasting is the costliest silent mistake; compiling must not bring it back."""
    torch.compiler.reset()
    compiled = torch.compile(case.function, fullgraph=True, backend="eager")
    arguments = case.arguments((3, 1), torch.float32)
    arguments["target"] = arguments["target"].flatten()
    message = re.escape("target must have the shape of input, (3, 1); got (3,)")
    with pytest.raises(RuntimeError, match=message):
        compiled(**arguments)


@with_weight
def test_checks_of_values_do_not_run_where_values_cannot_be_read(case: Case) -> None:
    """They read numbers, which a compiler, ``vmap`` or a tensor without storage cannot give."""
    arguments = case.arguments((2, 3), torch.float64, weighted=True)
    arguments["weight"] = -arguments["weight"]
    with pytest.raises(ValueError, match="weight must be finite and at least 0"):
        case.function(**arguments)
    torch.compiler.reset()
    torch.compile(case.function, fullgraph=True, backend="eager")(**arguments)
    names = list(arguments)
    vmap(lambda *rows: case.function(**dict(zip(names, rows, strict=True))))(*arguments.values())
    shape_only = {name: tensor.to("meta") for name, tensor in arguments.items()}
    assert case.function(**shape_only).shape == ()


@elementwise
@weighted_or_not
@pytest.mark.parametrize("reduction", ["sum", "mean"])
def test_vmap_grad_and_hessian_are_those_of_a_loop(
    case: Case, weighted: bool, reduction: str
) -> None:
    """Gradients of single examples, as one transform of the loss and as a loop with autograd."""
    skip_weight(case, weighted)
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


@elementwise
def test_vmap_still_checks_shapes(case: Case) -> None:
    """Under ``vmap`` the shapes are those of one example, and they are known."""
    arguments = case.arguments((2, 3), torch.float64)
    message = re.escape("target must have the shape of input, (3,); got (2,)")
    with pytest.raises(ValueError, match=message):
        vmap(case.function)(arguments["input"], arguments["target"][:, :2])


# Messages that every loss shares


@elementwise
def test_message_on_a_target_of_another_shape(case: Case) -> None:
    """A column against a row would broadcast to a table and train on nonsense."""
    arguments = case.arguments((3,), torch.float64)
    for shape, like in [((3, 1), (3,)), ((3,), (3, 1)), ((1,), ()), ((), (1,)), ((0,), (1,))]:
        wrong = {"input": torch.zeros(like), "target": torch.zeros(shape)}
        message = f"target must have the shape of input, {like}; got {shape}"
        with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
            case.function(**{**arguments, **wrong})


@each_case
@pytest.mark.parametrize("reduction", ["average", "Mean", "", None, 0, ("mean",)], ids=repr)
def test_message_on_an_unknown_reduction(case: Case, reduction: object) -> None:
    """Exactly three words are allowed; a misspelt one must not fall back to another."""
    message = f"reduction must be 'none', 'mean' or 'sum'; got {reduction!r}"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        case.function(**case.arguments((3,), torch.float64), reduction=reduction)


@each_case
def test_message_on_what_is_no_tensor(case: Case) -> None:
    """A list or a number is refused by name, not by an attribute that it lacks."""
    arguments = case.arguments((3,), torch.float64)
    for name, wrong in itertools.product(case.differentiable, ([1.0, 2.0, 3.0], 1.0, None)):
        message = f"{name} must be a tensor; got {type(wrong).__name__}"
        with pytest.raises(TypeError, match=f"^{re.escape(message)}$"):
            case.function(**{**arguments, name: wrong})


@each_case
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


@with_weight
@pytest.mark.parametrize(
    ("weight", "error", "message"),
    [
        ([1.0, 1.0], TypeError, "weight must be a tensor; got list"),
        (1.0, TypeError, "weight must be a tensor; got float"),
        (
            torch.ones(3, dtype=torch.int64),
            TypeError,
            "weight must be a floating-point tensor; got torch.int64",
        ),
        (
            torch.ones(3, dtype=torch.complex64),
            TypeError,
            "weight must be a floating-point tensor; got torch.complex64",
        ),
        (
            torch.ones(1),
            ValueError,
            "weight must have the shape of input, (3,); got (1,)",
        ),
        (
            torch.tensor([1.0, -0.5, 1.0]),
            ValueError,
            "weight must be finite and at least 0 everywhere; got -0.5",
        ),
        (
            torch.tensor([torch.inf, 1.0, 1.0]),
            ValueError,
            "weight must be finite and at least 0 everywhere; got inf",
        ),
        (
            torch.tensor([1.0, 1.0, torch.nan]),
            ValueError,
            "weight must be finite and at least 0 everywhere; got nan",
        ),
    ],
    ids=["list", "number", "integer", "complex", "shape", "negative", "infinite", "nan"],
)
def test_message_on_a_wrong_weight(
    case: Case, weight: object, error: type[Exception], message: str
) -> None:
    """A negative weight turns a minimum into a maximum, a NaN every number into NaN."""
    with pytest.raises(error, match=f"^{re.escape(message)}$"):
        case.function(**case.arguments((3,), torch.float64), weight=weight)
