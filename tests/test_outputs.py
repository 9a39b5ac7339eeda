"""Output layers: 50 digits, both ends of the line, limits, derivatives at 0, and every message."""

import math
import re
from contextlib import AbstractContextManager

import mpmath
import pytest
import torch
import torch.nn.functional as F
from torch.func import grad, hessian, vmap

from lossfns.outputs import (
    log_sigmoid,
    log_softmax,
    logit,
    logsumexp,
    sigmoid,
    softmax,
    softmax_with_temperature,
    softplus,
    tanh,
    times_log,
)

# PyTorch's forward-mode derivatives are built on it, as of version 2.13.
pytestmark = pytest.mark.filterwarnings("ignore:.torch.jit.script. is deprecated")

POINTS = (
    -1e4,
    -200.0,
    -80.0,
    -20.0,
    -1.0,
    -1e-3,
    -1e-30,
    0.0,
    1e-30,
    1e-3,
    1.0,
    20.0,
    30.0,
    200.0,
    1e4,
)

FORMULAS = {
    sigmoid: (lambda z: 1 / (1 + mpmath.exp(-z)), torch.sigmoid),
    log_sigmoid: (lambda z: -mpmath.log1p(mpmath.exp(-z)), F.logsigmoid),
    softplus: (lambda z: mpmath.log1p(mpmath.exp(z)), F.softplus),
    tanh: (mpmath.tanh, torch.tanh),
}

each_function = pytest.mark.parametrize("function", FORMULAS, ids=lambda f: f.__name__)


def refuses(error: type[Exception], message: str) -> AbstractContextManager:
    return pytest.raises(error, match=f"^{re.escape(message)}$")


def draw(*shape: int) -> torch.Tensor:
    return 30 * torch.randn(shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


@each_function
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
def test_equals_fifty_digits(function, dtype: torch.dtype) -> None:
    """To a few roundings of the result, however small it is."""
    formula, _ = FORMULAS[function]
    info = torch.finfo(dtype)
    for point in POINTS:
        z = torch.tensor(point, dtype=dtype)
        with mpmath.workdps(120):
            expected = float(formula(mpmath.mpf(z.item())))
        actual = function(z).item()
        assert actual == pytest.approx(expected, rel=4 * info.eps, abs=info.smallest_normal)


@each_function
def test_derivatives_are_those_of_the_formula(function) -> None:
    """First and second, at 0 too, where the stable forms have kinks, and where they saturate."""
    formula, _ = FORMULAS[function]
    for point in (-1e4, -200.0, -1.0, 0.0, 1.0, 200.0, 1e4):
        z = torch.tensor(point, dtype=torch.float64)
        for derivative, order in ((grad, 1), (hessian, 2)):
            with mpmath.workdps(120):
                expected = mpmath.diff(formula, mpmath.mpf(point), order)
            actual = derivative(function)(z).item()
            assert actual == pytest.approx(float(expected), rel=1e-12, abs=1e-13)


@each_function
def test_equals_pytorch_at_infinities_and_in_half_precision(function) -> None:
    """The same limits, and NaN for NaN."""
    _, reference = FORMULAS[function]
    z = torch.tensor([math.inf, -math.inf, math.nan, 0.0, -0.0])
    torch.testing.assert_close(function(z), reference(z), equal_nan=True, rtol=1e-6, atol=0)
    for dtype in (torch.float16, torch.bfloat16):
        z = torch.linspace(-12, 12, 101).to(dtype)
        if function is softplus:
            continue
        assert function(z).dtype == dtype
        assert torch.equal(function(z), reference(z.double()).to(dtype))


def test_no_gradient_is_nan_at_infinity() -> None:
    """A masked score has slope 0."""
    z = torch.tensor([math.inf, -math.inf])
    for function in (sigmoid, tanh):
        assert vmap(grad(function))(z).tolist() == [0, 0]


def test_one_is_made_of_the_other() -> None:
    """tanh(z) = 2σ(2z) − 1; the logit undoes the sigmoid; two classes are a sigmoid."""
    z = torch.linspace(-8, 8, 33, dtype=torch.float64)
    torch.testing.assert_close(tanh(z), 2 * sigmoid(2 * z) - 1)
    torch.testing.assert_close(logit(sigmoid(z)), z, rtol=1e-12, atol=1e-12)
    two = torch.stack([z, torch.zeros_like(z)])
    torch.testing.assert_close(softmax(two, 0)[0], sigmoid(z))
    torch.testing.assert_close(log_softmax(two, 0)[0], log_sigmoid(z))
    torch.testing.assert_close(log_softmax(two, 0), two - logsumexp(two, 0))


@pytest.mark.parametrize("dim", [0, 1, -1])
@pytest.mark.parametrize(
    ("ours", "theirs"),
    [(softmax, torch.softmax), (log_softmax, torch.log_softmax), (logsumexp, torch.logsumexp)],
)
def test_softmax_and_its_kin_equal_pytorch(ours, theirs, dim: int) -> None:
    """With excluded classes, empty dimensions, and no dimension at all."""
    z = draw(4, 5, 3)
    z[0, 0] = -math.inf
    torch.testing.assert_close(ours(z, dim), theirs(z, dim), equal_nan=True)
    for empty in (torch.zeros(0, 3), torch.zeros(3, 0)):
        torch.testing.assert_close(ours(empty, dim), theirs(empty, dim))
    if dim != 1:
        z = torch.tensor(2.0)
        torch.testing.assert_close(ours(z, dim), theirs(z, dim))
    for row in ([-math.inf, -math.inf], [math.inf, 0.0], [math.nan, 0.0]):
        z = torch.tensor([row, row])
        torch.testing.assert_close(ours(z, dim), theirs(z, dim), equal_nan=True)


def test_a_large_common_number_is_not_felt() -> None:
    """Adding it back would cost log-softmax its digits: at 10,000 float32 has three left."""
    z = torch.tensor([0.0, 1.0, 2.5])
    for function in (softmax, log_softmax):
        assert torch.equal(function(z + 2**13, 0), function(z, 0))
    assert logsumexp(z + 1e4, 0).item() == pytest.approx(1e4 + logsumexp(z, 0).item())


def test_logsumexp_over_several_dimensions() -> None:
    """And keeping them, and over everything."""
    z = draw(2, 3, 4)
    for dim in ((0, 2), (0, 1, 2), (-1, 0)):
        for keepdim in (False, True):
            expected = torch.logsumexp(z, dim, keepdim)
            torch.testing.assert_close(logsumexp(z, dim, keepdim), expected)
    assert torch.autograd.gradcheck(lambda z: logsumexp(z, (0, 2)), z.requires_grad_())


def test_softmax_dtypes() -> None:
    """Computed in the dtype that is asked for, and rounded once in half precision."""
    z = draw(5).half()
    for ours, theirs in ((softmax, torch.softmax), (log_softmax, torch.log_softmax)):
        assert torch.equal(ours(z, 0), theirs(z.double(), 0).half())
        actual = ours(z, 0, dtype=torch.float64)
        torch.testing.assert_close(actual, theirs(z, 0, dtype=torch.float64))
    assert torch.equal(logsumexp(z, 0), torch.logsumexp(z.double(), 0).half())


def test_temperature_and_its_limits() -> None:
    """All to the largest, equally to those that tie; the same to everyone; nothing changed at 1."""
    z = torch.tensor([1.0, 3.0, 3.0, -1e4])
    for cold in (1e-3, 1e-30, 1e-300):
        assert softmax_with_temperature(z, cold, 0).tolist() == [0, 0.5, 0.5, 0]
    torch.testing.assert_close(softmax_with_temperature(z, 1e12, 0), torch.full((4,), 0.25))
    assert torch.equal(softmax_with_temperature(z, 1.0, 0), softmax(z, 0))
    expected = torch.softmax(draw(3, 4) / 2.5, 1)
    torch.testing.assert_close(softmax_with_temperature(draw(3, 4), 2.5, 1), expected)
    for bad in (0.0, -1.0, math.inf, math.nan):
        with refuses(ValueError, f"temperature must be a finite number above 0; got {bad}"):
            softmax_with_temperature(z, bad, 0)


def test_logit_to_its_ends() -> None:
    """±∞ at 0 and 1, the size of a tiny probability kept, and clamped only on request."""
    p = torch.tensor([0.0, 1e-300, 0.4, 0.6, 1.0], dtype=torch.float64)
    expected = [-math.inf, math.log(1e-300), math.log(2 / 3), math.log(3 / 2), math.inf]
    assert logit(p).tolist() == pytest.approx(expected, rel=1e-15)
    for eps in (0.0, 1e-6, 0.1, 0.5):
        torch.testing.assert_close(logit(p, eps), torch.logit(p, eps))
    for bad in (-0.1, 1.1, math.nan):
        with refuses(ValueError, f"input must be between 0 and 1 everywhere; got {bad}"):
            logit(torch.tensor([0.5, bad], dtype=torch.float64))
    for bad in (-0.1, 0.6, math.nan):
        with refuses(ValueError, f"eps must be between 0 and 0.5; got {bad}"):
            logit(p, bad)


def test_messages() -> None:
    """Integers are no scores; a dimension must be there."""
    integers = torch.tensor([1, 2])
    message = "input must be a floating-point tensor; got torch.int64"
    for function in (sigmoid, log_sigmoid, tanh, logit):
        with refuses(TypeError, message):
            function(integers)
    for function in (softmax, log_softmax, logsumexp):
        with refuses(TypeError, message):
            function(integers, 0)
        with pytest.raises(IndexError, match="Dimension out of range"):
            function(torch.zeros(2), 1)


def test_compiled_and_under_vmap() -> None:
    """As one graph, and row by row."""
    z = draw(4, 3)

    def layers(z: torch.Tensor) -> torch.Tensor:
        each = sigmoid(z) + log_sigmoid(z) + tanh(z) + logit(sigmoid(z))
        return each + softmax(z, -1) + log_softmax(z, -1) + logsumexp(z, -1, keepdim=True)

    torch.compiler.reset()
    compiled = torch.compile(layers, fullgraph=True, backend="aot_eager")
    torch.testing.assert_close(compiled(z), layers(z))
    torch.testing.assert_close(vmap(layers)(z), layers(z))


def test_times_log_takes_the_limit_where_a_logarithm_is_infinite_and_only_there() -> None:
    """0 · (−∞) is 0, 1 · (−∞) is not; by a factor of 0 the slope is the logarithm itself."""
    factor, logarithm = torch.tensor([0.0, 1.0, 0.0]), torch.tensor([-math.inf, -math.inf, -2.0])
    for product in (times_log(factor, logarithm), vmap(times_log)(factor, logarithm)):
        assert product.tolist() == [0, -math.inf, 0]
    assert grad(lambda f: times_log(f, logarithm[2]))(factor[2]) == -2
    leaf = factor[2:].clone().requires_grad_()
    times_log(leaf, logarithm[2:]).sum().backward()
    assert leaf.grad == -2
    assert times_log(torch.zeros(0), torch.zeros(0)).shape == (0,)


# Dtypes


@pytest.mark.parametrize(
    ("ours", "theirs"), [(softmax, torch.softmax), (log_softmax, F.log_softmax)]
)
def test_softmax_is_computed_in_the_dtype_that_is_asked_for(ours, theirs) -> None:
    """Not in that of the scores, and then converted."""
    scores = torch.tensor([0.1, 0.7, -2.3])
    wanted = theirs(scores.double(), 0)
    for actual in (ours(scores, 0, dtype=torch.float64), ours(scores.double(), 0)):
        torch.testing.assert_close(actual, wanted, rtol=1e-15, atol=0)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16], ids=str)
def test_half_precision_stays_half_precision(dtype: torch.dtype) -> None:
    scores = torch.tensor([0.25, 0.5], dtype=dtype)
    layers = (
        softmax_with_temperature(scores, 2.0, 0),
        softmax(scores, 0),
        log_softmax(scores, 0),
        logit(scores),
    )
    assert {layer.dtype for layer in layers} == {dtype}


def test_each_row_has_a_largest_score_of_its_own() -> None:
    """One that were taken from all rows would leave nothing of the others."""
    scores = torch.tensor([[0.0, 1.0], [1e4, 1e4 + 1]], dtype=torch.float64)
    rows = softmax_with_temperature(scores, 1.0, 1)
    torch.testing.assert_close(rows, scores.softmax(1))
