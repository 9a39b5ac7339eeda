"""What every loss is built on: the reductions, the dtypes, and the checks of arguments."""

import itertools
import math
import re

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lossfns.reduction import common_dtype, reduce, widen
from lossfns.validation import (
    check_count,
    check_distribution,
    check_floating,
    check_positive,
    check_reduction,
    check_same_shape,
    check_values,
    check_weight,
)
from tests.loss_cases import COMPLEX, HALF_PRECISION, REAL, generated, shapes

# reduce


@generated
@given(shapes, st.sampled_from(REAL), st.integers(0, 99))
def test_reduce_keeps_adds_or_averages(
    shape: tuple[int, ...], dtype: torch.dtype, seed: int
) -> None:
    """Against sums of Python's, which are exact: only the result is rounded."""
    generator = torch.Generator().manual_seed(seed)
    # Whole numbers of this size and their sums are exact in every dtype.
    values = torch.randint(-3, 4, shape, generator=generator).to(dtype)
    numbers = values.flatten().tolist()
    assert torch.equal(reduce(values, "none"), values)
    total, mean = reduce(values, "sum"), reduce(values, "mean")
    assert total.shape == mean.shape == ()
    assert total.dtype == mean.dtype == dtype
    assert total.item() == torch.tensor(math.fsum(numbers)).to(dtype).item()
    if numbers:
        exact = torch.tensor(math.fsum(numbers) / len(numbers), dtype=torch.float64).to(dtype)
        torch.testing.assert_close(mean, exact, rtol=torch.finfo(dtype).eps, atol=0)
    else:
        assert mean.isnan(), "0/0 is no loss of zero"


def test_reduce_divides_by_the_denominator_it_is_given() -> None:
    """Weighted and per-batch means are this function with another denominator."""
    values = torch.tensor([[1.0, 2.0], [3.0, 6.0]])
    assert reduce(values, "mean", denominator=3.0) == 4.0
    assert reduce(values, "mean", denominator=torch.tensor(3.0)) == 4.0
    assert reduce(values, "sum", denominator=3.0) == 12.0
    assert torch.equal(reduce(values, "none", denominator=3.0), values)
    assert reduce(values, "mean", denominator=torch.tensor(0.0)).isinf()
    assert reduce(values * 0, "mean", denominator=0 * values.sum()).isnan()


def test_reduce_differentiates_through_the_denominator() -> None:
    """A weighted mean's gradient by the weights comes from the denominator too."""
    weight = torch.tensor([1.0, 3.0], requires_grad=True)
    values = torch.tensor([2.0, 6.0])
    mean = reduce(values * weight, "mean", denominator=weight.sum())
    (gradient,) = torch.autograd.grad(mean, weight)
    # (ℓ_n − mean) / Σw with a mean of 5
    assert gradient.tolist() == [-0.75, 0.25]


@pytest.mark.parametrize("dtype", HALF_PRECISION, ids=str)
def test_reduce_adds_half_precision_in_float32(dtype: torch.dtype) -> None:
    """Ones added one by one get stuck where 1 is below half a gap: at 2,048 or at 256."""
    ones = torch.ones(70_000, dtype=dtype)
    assert reduce(ones, "mean") == 1
    assert reduce(ones[:65_000], "sum") == torch.tensor(65_000.0).to(dtype)
    large = torch.full((70_000,), 60_000.0, dtype=dtype)
    assert reduce(large, "mean") == large[0]
    # What does not fit into the result's dtype is infinite there, and says so.
    assert reduce(large, "sum").isinf() == (dtype == torch.float16)
    total = reduce(large, "sum", dtype=torch.float32)
    torch.testing.assert_close(total, 70_000 * large[0].float(), rtol=1e-6, atol=0)


@pytest.mark.parametrize("reduction", ["none", "sum", "mean"])
@pytest.mark.parametrize("dtype", REAL, ids=str)
def test_reduce_returns_the_dtype_it_is_asked_for(reduction: str, dtype: torch.dtype) -> None:
    """Losses are computed in a wider dtype and rounded once, to the promoted one."""
    assert reduce(torch.ones(3, dtype=torch.float64), reduction, dtype=dtype).dtype == dtype
    assert reduce(torch.ones(3, dtype=dtype), reduction).dtype == dtype


# dtypes


def test_widen_touches_half_precision_only() -> None:
    """A float64 that became float32 would lose half its digits; None stays for no weight."""
    for dtype in (*REAL, *COMPLEX):
        tensor = torch.ones(3, dtype=dtype)
        absent, wide = widen(None, tensor)
        assert absent is None
        if dtype in HALF_PRECISION:
            assert wide.dtype == torch.float32
        else:
            assert wide is tensor
    assert widen() == ()


@pytest.mark.filterwarnings("ignore:ComplexHalf support is experimental")
def test_common_dtype_is_that_of_the_sizes_of_a_sum() -> None:
    """PyTorch's own arithmetic is the judge: the dtype of |a + b|, and of |a + b + c|."""
    dtypes = (*REAL, *COMPLEX, torch.complex32)
    for count in (1, 2, 3):
        for chosen in itertools.product(dtypes, repeat=count):
            # Meta tensors promote as others do, without needing arithmetic in each dtype.
            tensors = [torch.empty(2, dtype=dtype, device="meta") for dtype in chosen]
            expected = sum(tensors[1:], start=tensors[0]).abs().dtype
            assert common_dtype(*tensors) == expected, chosen
            assert common_dtype(tensors[0], None, *tensors[1:], None) == expected


# Messages


@pytest.mark.parametrize("reduction", ["average", "Mean", "mean ", "", None, 1, True], ids=repr)
def test_message_on_a_reduction(reduction: object) -> None:
    """Both ways in refuse it in the same words."""
    message = f"reduction must be 'none', 'mean' or 'sum'; got {reduction!r}"
    for call in (check_reduction, lambda word: reduce(torch.ones(2), word)):
        with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
            call(reduction)


FLOAT, INTEGER, COMPLEX_NUMBER = torch.ones(2), torch.ones(2).long(), torch.ones(2) * 1j


@pytest.mark.parametrize(
    ("check", "error", "message"),
    [
        (
            lambda: check_floating("p", INTEGER),
            TypeError,
            "p must be a floating-point tensor; got torch.int64",
        ),
        (
            lambda: check_floating("p", COMPLEX_NUMBER),
            TypeError,
            "p must be a floating-point tensor; got torch.complex64",
        ),
        (
            lambda: check_floating("p", INTEGER, allow_complex=True),
            TypeError,
            "p must be a floating-point or complex tensor; got torch.int64",
        ),
        (lambda: check_floating("p", None), TypeError, "p must be a tensor; got NoneType"),
        (
            lambda: check_floating("p", [1.0], allow_complex=True),
            TypeError,
            "p must be a tensor; got list",
        ),
        (
            lambda: check_same_shape("q", torch.zeros(2, 1), "p", torch.zeros(2)),
            ValueError,
            "q must have the shape of p, (2,); got (2, 1)",
        ),
        (
            lambda: check_same_shape("q", torch.zeros(()), "p", torch.zeros(1)),
            ValueError,
            "q must have the shape of p, (1,); got ()",
        ),
        (
            lambda: check_weight(INTEGER, "p", FLOAT),
            TypeError,
            "weight must be a floating-point tensor; got torch.int64",
        ),
        (
            lambda: check_weight(COMPLEX_NUMBER, "p", FLOAT),
            TypeError,
            "weight must be a floating-point tensor; got torch.complex64",
        ),
        (
            lambda: check_weight(torch.ones(3), "p", FLOAT),
            ValueError,
            "weight must have the shape of p, (2,); got (3,)",
        ),
        *(
            (
                lambda wrong=wrong: check_weight(torch.tensor([1.0, wrong]), "p", FLOAT),
                ValueError,
                f"weight must be finite and at least 0 everywhere; got {wrong}",
            )
            for wrong in (-0.5, -math.inf, math.inf, math.nan)
        ),
        (
            lambda: check_values("q", FLOAT, FLOAT < 1, "below 1"),
            ValueError,
            "q must be below 1 everywhere; got 1.0",
        ),
        *(
            (
                lambda wrong=wrong: check_positive("delta", wrong),
                ValueError,
                f"delta must be a finite number above 0; got {wrong}",
            )
            for wrong in (0, -1, -1e-300, math.inf, -math.inf, math.nan)
        ),
        *(
            (
                lambda wrong=wrong: check_count("steps", wrong),
                TypeError,
                f"steps must be an integer; got {type(wrong).__name__}",
            )
            for wrong in (1.0, True, "1", None)
        ),
        (
            lambda: check_count("steps", -1),
            ValueError,
            "steps must be an integer of at least 0; got -1",
        ),
        (
            lambda: check_count("size", 0, minimum=1),
            ValueError,
            "size must be an integer of at least 1; got 0",
        ),
    ],
)
def test_message_of_a_check(check: object, error: type[Exception], message: str) -> None:
    """Each names the argument, what is allowed, and what it was."""
    with pytest.raises(error, match=f"^{re.escape(message)}$"):
        check()


def test_what_is_allowed_is_let_through() -> None:
    """The edges of what is allowed: a check that refuses them refuses right arguments."""
    for dtype in REAL:
        assert check_floating("p", torch.ones(2, dtype=dtype)) is None
    for dtype in COMPLEX:
        assert check_floating("p", torch.ones(2, dtype=dtype), allow_complex=True) is None
    for reduction in ("none", "mean", "sum"):
        assert check_reduction(reduction) is None
    assert check_same_shape("q", torch.zeros(0, 2), "p", torch.ones(0, 2)) is None
    assert check_weight(None, "p", FLOAT) is None
    assert check_weight(torch.tensor([0.0, -0.0]), "p", FLOAT) is None
    assert check_weight(torch.ones(0), "p", torch.ones(0)) is None
    assert check_values("q", FLOAT, FLOAT == 1, "1") is None
    assert check_positive("delta", 5e-324) is None
    assert check_positive("delta", 1.7e308) is None
    assert check_count("steps", 0) is None
    assert check_count("size", 1, minimum=1) is None


def test_the_first_offending_value_is_named() -> None:
    """Of a million targets the message shows the one to look for."""
    values = torch.tensor([[0.0, 1.0], [7.0, -3.0]])
    with pytest.raises(ValueError, match=r"got 7\.0$"):
        check_values("target", values, (values >= 0) & (values <= 1), "between 0 and 1")


def test_a_distribution_may_miss_1_by_its_rounding_and_no_more() -> None:
    """In bfloat16 by a sixty-fourth, which the sum itself must not be rounded to."""
    half = torch.tensor([0.5, 0.5, 2.0**-6], dtype=torch.bfloat16)
    assert check_distribution("p", half, 0) is None
    half[2] = 2.0**-6 * 1.125
    with pytest.raises(ValueError, match=r"sum 1 along dim 0 everywhere; got 1\.017"):
        check_distribution("p", half, 0)
    with pytest.raises(ValueError, match=r"sum 1 along dim 0 everywhere; got 1\.0001"):
        check_distribution("p", torch.tensor([0.5, 0.50011]), 0)
