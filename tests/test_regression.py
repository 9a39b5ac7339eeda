"""What the cases do not say of the losses of real-valued targets: parameters, limits, messages."""

import math
import re

import mpmath
import numpy as np
import pytest
import scipy.stats
import sklearn.metrics
import statsmodels.api as sm
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd import forward_ad

from lossfns.regression import (
    gaussian_nll_loss,
    general_robust_loss,
    huber_loss,
    l1_loss,
    log_cosh_loss,
    mse_loss,
    pinball_loss,
    poisson_nll_loss,
    smooth_l1_loss,
)

RESIDUALS = [0.0, 1e-20, 1e-8, 1e-4, 0.03, 0.5, 1.0, 1.5, 4.0, 20.0, 90.0, 1e4, 1e8]

REDUCTIONS = ("none", "sum", "mean")


def residuals(dtype: torch.dtype = torch.float64) -> Tensor:
    sizes = torch.tensor(RESIDUALS, dtype=dtype)
    return torch.cat([-sizes.flip(0), sizes])


def slope(function, input: Tensor, *arguments: object, **options: object) -> Tensor:
    leaf = input.detach().requires_grad_()
    return torch.autograd.grad(function(leaf, *arguments, reduction="sum", **options), leaf)[0]


def close(actual: Tensor, expected: Tensor, ulps: float = 4) -> None:
    torch.testing.assert_close(
        actual,
        expected,
        rtol=ulps * torch.finfo(actual.dtype).eps,
        atol=4 * torch.finfo(actual.dtype).smallest_normal,
    )


# Huber and smooth L1


@pytest.mark.parametrize("delta", [1e-3, 0.5, 1, 2.5, 1e6])
@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_huber_equals_pytorch_for_every_delta_and_weight(delta: float, reduction: str) -> None:
    generator = torch.Generator().manual_seed(0)
    prediction, target, weight = torch.rand(3, 50, dtype=torch.float64, generator=generator) * 6
    for options in ({}, {"weight": weight}):
        arguments = {"reduction": reduction, "delta": delta, **options}
        close(
            huber_loss(prediction, target, **arguments),
            F.huber_loss(prediction, target, **arguments),
            20,
        )


def test_huber_weighted_mean_divides_by_the_number_of_elements() -> None:
    """As PyTorch has it, where the squared error's divides by the weights' sum."""
    prediction, weight = torch.tensor([1.0, 1.0]), torch.tensor([3.0, 0.0])
    assert huber_loss(prediction, torch.zeros(2), weight=weight).item() == 0.75
    assert mse_loss(prediction, torch.zeros(2), weight=weight).item() == 1.0


def test_huber_slope_is_the_clipped_residual() -> None:
    r = residuals()
    assert torch.equal(slope(huber_loss, r, torch.zeros_like(r), delta=2.5), r.clamp(-2.5, 2.5))


@pytest.mark.parametrize("function", [huber_loss, smooth_l1_loss, log_cosh_loss])
def test_curvature_at_no_residual_is_one(function) -> None:
    """Where |r| has no slope, formulas in |r| lose the second derivative."""
    zero = torch.zeros((), dtype=torch.float64)
    curvature = torch.autograd.functional.hessian(lambda o: function(o, zero), zero)
    assert curvature.item() == 1


# PyTorch's forward mode loads parts of itself that it has deprecated.
@pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning")
@pytest.mark.parametrize("function", [huber_loss, smooth_l1_loss])
def test_forward_mode_gives_the_slope_on_both_sides_of_the_threshold(function) -> None:
    r = torch.tensor([0.25, 0.5, 3.0], dtype=torch.float64)
    zero = torch.zeros_like(r)
    with forward_ad.dual_level():
        dual = forward_ad.make_dual(r, torch.full_like(r, 2))
        tangent = forward_ad.unpack_dual(function(dual, zero, "none")).tangent
    assert torch.equal(tangent, torch.tensor([0.5, 1.0, 2.0], dtype=torch.float64))


def test_huber_limits() -> None:
    """δ → ∞ gives half the squared error; divided by δ, δ → 0 gives the absolute error."""
    r = residuals()
    zero = torch.zeros_like(r)
    close(huber_loss(r, zero, "none", delta=1e9), mse_loss(r, zero, "none") / 2)
    close(huber_loss(r, zero, "none", delta=1e-60) / 1e-60, l1_loss(r, zero, "none"))


@pytest.mark.parametrize("beta", [0.3, 1.0, 7.0])
def test_smooth_l1_is_huber_divided_by_its_threshold(beta: float) -> None:
    r = residuals()
    zero = torch.zeros_like(r)
    actual = smooth_l1_loss(r, zero, "none", beta=beta)
    close(actual, huber_loss(r, zero, "none", delta=beta) / beta, 8)
    close(actual, F.smooth_l1_loss(r, zero, reduction="none", beta=beta), 8)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("beta", [0, 0.0, 1e-320, 1e-50, 1e-37, 1e-30])
def test_smooth_l1_becomes_the_absolute_error(beta: float, dtype: torch.dtype) -> None:
    """Down to a β that float32 cannot tell from 0, and with a slope of 0 at no residual."""
    r = torch.tensor([-2.0, -1e-10, 0.0, 1e-10, 2.0], dtype=dtype)
    zero = torch.zeros_like(r)
    close(smooth_l1_loss(r, zero, "none", beta=beta), r.abs())
    assert torch.equal(slope(smooth_l1_loss, r, zero, beta=beta), r.sign())


# log cosh


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
def test_log_cosh_in_fifty_digits(dtype: torch.dtype) -> None:
    r = residuals(dtype)
    # log cosh 1e-20 differs from 0 in the 41st digit only.
    with mpmath.workdps(100):
        exact = [mpmath.log(mpmath.cosh(mpmath.mpf(x))) for x in r.tolist()]
        slopes = [mpmath.tanh(mpmath.mpf(x)) for x in r.tolist()]
    zero = torch.zeros_like(r)
    value = log_cosh_loss(r, zero, "none")
    close(value, torch.tensor([float(x) for x in exact], dtype=dtype))
    close(slope(log_cosh_loss, r, zero), torch.tensor([float(x) for x in slopes], dtype=dtype))


# The general robust loss


NAMED = {
    2.0: lambda s: s / 2,
    1.0: lambda s: mpmath.sqrt(s + 1) - 1,
    0.0: lambda s: mpmath.log(s / 2 + 1),
    -2.0: lambda s: 2 * s / (s + 4),
    -math.inf: lambda s: 1 - mpmath.exp(-s / 2),
    math.inf: lambda s: mpmath.exp(s / 2) - 1,
}


def barron(s: mpmath.mpf, alpha: float) -> mpmath.mpf:
    if alpha in NAMED:
        return NAMED[alpha](s)
    a = mpmath.mpf(alpha)
    b = abs(a - 2)
    return b / a * ((s / b + 1) ** (a / 2) - 1)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("scale", [1.0, 0.25])
@pytest.mark.parametrize(
    "alpha",
    [*NAMED, 1.5, 0.3, -1, -7.5, 3.0, -1e5]
    + [singular + shift for singular in (0, 1, 2, -2) for shift in (1e-3, -1e-7, 1e-12, -1e-15)]
    + [-1e12, -1e30, -1e300, 1e-30, 1e-300],
)
def test_general_robust_loss_in_fifty_digits(
    alpha: float, scale: float, dtype: torch.dtype
) -> None:
    """At the singular values of α, next to them, and far from them."""
    largest = 3 if alpha > 2 else 1e8
    r = residuals(dtype)
    r = r[r.abs() <= largest]
    with mpmath.workdps(400):
        exact = [barron((mpmath.mpf(x) / mpmath.mpf(scale)) ** 2, alpha) for x in r.tolist()]
    actual = general_robust_loss(r, torch.zeros_like(r), alpha, scale, "none")
    # The exponent α/2 · log(1 + s/b) can be 50, and each of its ulps is an ulp of the result.
    close(actual, torch.tensor([float(x) for x in exact], dtype=dtype), 100)
    gradient = slope(general_robust_loss, r, torch.zeros_like(r), alpha, scale)
    with mpmath.workdps(400):
        step = mpmath.mpf(10) ** -60
        slopes = [
            (barron(((x + step) / scale) ** 2, alpha) - barron(((x - step) / scale) ** 2, alpha))
            / (2 * step)
            for x in map(mpmath.mpf, r.tolist())
        ]
    expected = torch.tensor([float(x) for x in slopes], dtype=dtype)
    torch.testing.assert_close(gradient, expected, rtol=100 * torch.finfo(dtype).eps, atol=1e-25)


@pytest.mark.parametrize("alpha", [1.0, 0.5, 0.0, -2.0, -math.inf])
def test_general_robust_loss_where_the_square_overflows(alpha: float) -> None:
    """10³⁰ squared is infinite in float32; the loss and its slope are not."""
    r = torch.tensor([-1e30, 1e30])
    zero = torch.zeros(2)
    with mpmath.workdps(60):
        exact = float(barron(mpmath.mpf(10) ** 60, alpha))
    torch.testing.assert_close(
        general_robust_loss(r, zero, alpha, reduction="none"),
        torch.full((2,), exact),
        rtol=1e-5,
        atol=0,
    )
    gradient = slope(general_robust_loss, r, zero, alpha)
    assert gradient.isfinite().all()
    assert (gradient.abs() <= 1).all()


def test_general_robust_loss_that_overflows_has_an_infinite_slope_and_no_nan() -> None:
    r = torch.tensor([-1e30, 1e30])
    zero = torch.zeros(2)
    assert torch.equal(general_robust_loss(r, zero, 4.0, reduction="none"), zero + torch.inf)
    assert torch.equal(slope(general_robust_loss, r, zero, 4.0), r.sign() * torch.inf)


def test_general_robust_loss_is_a_curve_in_alpha_without_jumps() -> None:
    r = torch.tensor([0.01, 1.0, 30.0], dtype=torch.float64)
    for singular in (0.0, 2.0):
        shifts = [0, *(sign * 10.0**-k for k in range(9, 21) for sign in (1, -1))]
        values = torch.stack(
            [general_robust_loss(r, 0 * r, singular + shift, reduction="none") for shift in shifts]
        )
        torch.testing.assert_close(values, values[0].expand_as(values), rtol=1e-6, atol=0)


# Pinball


@pytest.mark.parametrize("quantile", [0.001, 0.1, 0.5, 0.75, 0.999])
def test_pinball_equals_scikit_learn_and_is_minimised_by_the_quantile(quantile: float) -> None:
    generator = torch.Generator().manual_seed(1)
    target = torch.randn(201, dtype=torch.float64, generator=generator)
    prediction = torch.randn(201, dtype=torch.float64, generator=generator)
    expected = sklearn.metrics.mean_pinball_loss(target, prediction, alpha=quantile)
    assert pinball_loss(prediction, target, quantile).item() == pytest.approx(expected, rel=1e-14)
    risks = [pinball_loss(o.expand(201), target, quantile).item() for o in target]
    best = target[int(np.argmin(risks))].item()
    assert best == np.quantile(target.numpy(), quantile, method="inverted_cdf")


def test_pinball_slope() -> None:
    r = torch.tensor([-2.0, 0.0, 3.0], dtype=torch.float64)
    close(
        slope(pinball_loss, r, torch.zeros_like(r), quantile=0.9),
        torch.tensor([-0.9, 0, 0.1]).double(),
        1e9,
    )
    close(2 * pinball_loss(r, 0 * r, reduction="none"), l1_loss(r, 0 * r, "none"))


# Gaussian negative log-likelihood


@pytest.mark.parametrize(
    ("shape", "target_shape", "var_shape"),
    [
        ((4,), (4,), (4,)),
        ((4,), (4,), (1,)),
        ((4,), (4,), ()),
        ((4,), (1,), (4,)),
        ((), (), ()),
        ((2, 3), (2, 3), (2,)),
        ((2, 3), (2, 3), (2, 1)),
        ((2, 3), (2, 3), (1, 3)),
        ((2, 3), (1, 3), (2, 1)),
        ((3, 3), (3, 3), (3,)),
        ((2, 3, 4), (2, 1, 4), (2, 3)),
        ((0, 3), (0, 3), (0,)),
    ],
)
@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_gaussian_equals_pytorch_for_every_documented_shape(
    shape: tuple, target_shape: tuple, var_shape: tuple, full: bool, reduction: str
) -> None:
    generator = torch.Generator().manual_seed(2)
    leaves = [
        torch.rand(size, dtype=torch.float64, generator=generator).requires_grad_()
        for size in (shape, target_shape, var_shape)
    ]
    results = []
    for function in (gaussian_nll_loss, F.gaussian_nll_loss):
        value = function(*leaves, full=full, eps=0.3, reduction=reduction)
        results.append((value.detach(), *torch.autograd.grad(value.sum(), leaves)))
    for actual, expected in zip(*results, strict=True):
        torch.testing.assert_close(actual, expected, rtol=1e-12, atol=1e-14, equal_nan=True)


@pytest.mark.parametrize("var", [0.5, 2, 1e-9])
def test_gaussian_with_one_variance_is_the_normal_density(var: float) -> None:
    prediction, target = torch.tensor([0.3, -1.0], dtype=torch.float64), torch.zeros(2).double()
    actual = gaussian_nll_loss(prediction, target, var, full=True, eps=1e-12, reduction="none")
    expected = -scipy.stats.norm.logpdf(target, loc=prediction, scale=math.sqrt(var))
    close(actual, torch.tensor(expected), 16)


def test_gaussian_takes_a_variance_of_zero_for_eps() -> None:
    one = torch.ones(1, dtype=torch.float64)
    for var in (0, 0.0, torch.zeros(1).double()):
        assert gaussian_nll_loss(one, 0 * one, var, eps=0.5).item() == pytest.approx(
            0.5 * (math.log(0.5) + 2)
        )


def test_gaussian_slope_by_a_variance_below_eps_passes_on() -> None:
    """At a variance of 0 the slope is that at ε, so the variance can grow again."""
    var = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    one = torch.ones(1, dtype=torch.float64)
    value = gaussian_nll_loss(one, 0 * one, var, eps=0.5)
    assert value.item() == pytest.approx(0.5 * (math.log(0.5) + 2))
    assert torch.autograd.grad(value, var)[0].item() == pytest.approx(0.5 * (2 - 4))


def test_gaussian_gradients_are_those_of_finite_differences() -> None:
    generator = torch.Generator().manual_seed(3)
    leaves = [
        (0.5 + torch.rand(size, dtype=torch.float64, generator=generator)).requires_grad_()
        for size in ((3, 2), (3, 2), (3,))
    ]
    assert torch.autograd.gradcheck(gaussian_nll_loss, leaves)
    assert torch.autograd.gradgradcheck(gaussian_nll_loss, leaves)


def test_gaussian_in_half_precision_is_rounded_once() -> None:
    """In float16 300² is infinite, and so is a variance of 70,000."""
    prediction, target = torch.tensor([300.0]).half(), torch.zeros(1).half()
    for var in (7e4, torch.tensor([6e4]).half()):
        exact = gaussian_nll_loss(
            prediction.double(), target.double(), var if isinstance(var, float) else var.double()
        )
        assert gaussian_nll_loss(prediction, target, var).item() == exact.half().item()


def test_gaussian_compiles_and_maps() -> None:
    torch.compiler.reset()
    generator = torch.Generator().manual_seed(4)
    leaves = torch.rand(3, 4, 2, dtype=torch.float64, generator=generator)
    compiled = torch.compile(gaussian_nll_loss, fullgraph=True, backend="aot_eager")
    close(compiled(*leaves), gaussian_nll_loss(*leaves))
    close(compiled(*leaves[:2], 0.7), gaussian_nll_loss(*leaves[:2], 0.7))
    rows = [gaussian_nll_loss(*row) for row in leaves.unbind(1)]
    close(torch.func.vmap(gaussian_nll_loss)(*leaves), torch.stack(rows))


# Poisson negative log-likelihood


@pytest.mark.parametrize("log_input", [True, False])
@pytest.mark.parametrize("full", [True, False])
@pytest.mark.parametrize("dtype", [torch.float64, torch.int64], ids=str)
def test_poisson_equals_pytorch(log_input: bool, full: bool, dtype: torch.dtype) -> None:
    generator = torch.Generator().manual_seed(5)
    prediction = 3 * torch.rand(60, dtype=torch.float64, generator=generator)
    target = torch.randint(9, (60,), generator=generator).to(dtype)
    for eps in (1e-8, 0.1):
        options = {"log_input": log_input, "full": full, "eps": eps}
        for reduction in REDUCTIONS:
            torch.testing.assert_close(
                poisson_nll_loss(prediction, target, **options, reduction=reduction),
                F.poisson_nll_loss(prediction, target, **options, reduction=reduction),
                rtol=1e-13,
                # PyTorch takes the logarithm of an integer count in float32.
                atol=1e-5 * 60 if full and dtype == torch.int64 else 1e-13,
            )
        actual, expected = (
            slope(function, prediction, target, **options)
            for function in (poisson_nll_loss, F.poisson_nll_loss)
        )
        torch.testing.assert_close(actual, expected, rtol=1e-13, atol=1e-13)


def test_poisson_stirling_term_approximates_the_density() -> None:
    """Exact up to a count of 1, then off by 1/(12 y) at most."""
    rate, count = torch.full((8,), 3.0).double(), torch.arange(8)
    surprise = poisson_nll_loss(rate, count, False, full=True, eps=0.0, reduction="none")
    excess = torch.tensor(-scipy.stats.poisson.logpmf(count, 3.0)) - surprise
    assert (excess[:2].abs() < 1e-14).all()
    assert (excess[2:] > 0).all()
    assert (excess[2:] < 1 / (12 * count[2:])).all()


def test_poisson_stirling_term_of_integers_is_as_exact_as_the_rate() -> None:
    rate = torch.tensor([3.0, 300.0, 3e5], dtype=torch.float64)
    count = torch.tensor([7, 321, 300_017])
    options = {"log_input": False, "full": True, "reduction": "none"}
    close(
        poisson_nll_loss(rate, count, **options), poisson_nll_loss(rate, count.double(), **options)
    )


def test_poisson_takes_a_rate_of_zero() -> None:
    zero = torch.zeros(1)
    assert poisson_nll_loss(zero, zero, log_input=False).item() == 0


def test_poisson_slope_of_stirlings_term_by_no_count_is_zero() -> None:
    """PyTorch's is NaN: 0 · ∞, of a term that is not even added."""
    log_rate, count = torch.zeros(1), torch.zeros(1, requires_grad=True)
    value = poisson_nll_loss(log_rate, count, full=True)
    assert torch.autograd.grad(value, count)[0].item() == 0
    theirs = F.poisson_nll_loss(log_rate, count, full=True)
    assert torch.autograd.grad(theirs, count)[0].isnan()


def test_poisson_slope_vanishes_at_the_generalised_linear_models_estimate() -> None:
    """The maximum likelihood estimate of an independent library is our minimum."""
    data = sm.datasets.randhie.load_pandas()
    features = torch.tensor(sm.add_constant(data.exog).to_numpy(dtype=float)[:500])
    counts = torch.tensor(data.endog.to_numpy(dtype=float)[:500])
    fit = sm.GLM(counts.numpy(), features.numpy(), family=sm.families.Poisson()).fit(tol=1e-12)
    weights = torch.tensor(fit.params, requires_grad=True)
    value = poisson_nll_loss(features @ weights, counts)
    assert torch.autograd.grad(value, weights)[0].abs().max() < 1e-7


# Messages

ONE, TWO = torch.ones(1), torch.ones(2)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: huber_loss(ONE, ONE, delta=0),
            ValueError,
            "delta must be a finite number above 0; got 0",
        ),
        (
            lambda: huber_loss(ONE, ONE, delta=math.inf),
            ValueError,
            "delta must be a finite number above 0; got inf",
        ),
        (
            lambda: huber_loss(ONE, ONE, delta=math.nan),
            ValueError,
            "delta must be a finite number above 0; got nan",
        ),
        (
            lambda: smooth_l1_loss(ONE, ONE, beta=-1.0),
            ValueError,
            "beta must be a finite number of at least 0; got -1.0",
        ),
        (
            lambda: smooth_l1_loss(ONE, ONE, beta=math.inf),
            ValueError,
            "beta must be a finite number of at least 0; got inf",
        ),
        (
            lambda: smooth_l1_loss(ONE, ONE, beta=math.nan),
            ValueError,
            "beta must be a finite number of at least 0; got nan",
        ),
        (
            lambda: general_robust_loss(ONE, ONE, math.nan),
            ValueError,
            "alpha must be a number or infinite; got nan",
        ),
        (
            lambda: general_robust_loss(ONE, ONE, scale=0.0),
            ValueError,
            "scale must be a finite number above 0; got 0.0",
        ),
        (
            lambda: pinball_loss(ONE, ONE, 0.0),
            ValueError,
            "quantile must be between 0 and 1, both excluded; got 0.0",
        ),
        (
            lambda: pinball_loss(ONE, ONE, 1.0),
            ValueError,
            "quantile must be between 0 and 1, both excluded; got 1.0",
        ),
        (
            lambda: pinball_loss(ONE, ONE, math.nan),
            ValueError,
            "quantile must be between 0 and 1, both excluded; got nan",
        ),
        (
            lambda: gaussian_nll_loss(TWO, torch.ones(2, 1), TWO),
            ValueError,
            "target must have the shape of input, (2,), or that shape with one dimension of 1; "
            "got (2, 1)",
        ),
        (
            lambda: gaussian_nll_loss(torch.ones(2, 3), torch.ones(1, 1), TWO),
            ValueError,
            "target must have the shape of input, (2, 3), or that shape with one dimension of 1; "
            "got (1, 1)",
        ),
        (
            lambda: gaussian_nll_loss(TWO, TWO, torch.ones(3)),
            ValueError,
            "var must be a number or have the shape of input, (2,), that shape with one dimension "
            "of 1, or that shape without its last dimension; got (3,)",
        ),
        (
            lambda: gaussian_nll_loss(TWO, TWO, torch.tensor([1.0, -2.0])),
            ValueError,
            "var must be at least 0 everywhere; got -2.0",
        ),
        (
            lambda: gaussian_nll_loss(TWO, TWO, torch.tensor([1.0, math.nan])),
            ValueError,
            "var must be at least 0 everywhere; got nan",
        ),
        (lambda: gaussian_nll_loss(TWO, TWO, -1.0), ValueError, "var must be at least 0; got -1.0"),
        (
            lambda: gaussian_nll_loss(TWO, TWO, math.nan),
            ValueError,
            "var must be at least 0; got nan",
        ),
        (
            lambda: gaussian_nll_loss(TWO, TWO, True),
            TypeError,
            "var must be a tensor or a number; got bool",
        ),
        (
            lambda: gaussian_nll_loss(TWO, TWO, [1.0, 1.0]),
            TypeError,
            "var must be a tensor or a number; got list",
        ),
        (
            lambda: gaussian_nll_loss(TWO, TWO, torch.ones(2, dtype=torch.int64)),
            TypeError,
            "var must be a floating-point tensor; got torch.int64",
        ),
        (
            lambda: gaussian_nll_loss(TWO, TWO, TWO, eps=-1.0),
            ValueError,
            "eps must be a finite number of at least 0; got -1.0",
        ),
        (
            lambda: poisson_nll_loss(TWO, torch.tensor([1, -1])),
            ValueError,
            "target must be at least 0 everywhere; got -1",
        ),
        (
            lambda: poisson_nll_loss(TWO, torch.tensor([1, math.nan])),
            ValueError,
            "target must be at least 0 everywhere; got nan",
        ),
        (
            lambda: poisson_nll_loss(-TWO, TWO, False),
            ValueError,
            "input must be at least 0 with log_input=False everywhere; got -1.0",
        ),
        (
            lambda: poisson_nll_loss(TWO, TWO.bool()),
            TypeError,
            "target must be a floating-point or integer tensor; got torch.bool",
        ),
        (lambda: poisson_nll_loss(TWO, [1, 2]), TypeError, "target must be a tensor; got list"),
        (
            lambda: poisson_nll_loss(TWO, TWO, False, eps=math.inf),
            ValueError,
            "eps must be a finite number of at least 0; got inf",
        ),
    ],
)
def test_message(call, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=f"^{re.escape(message)}$"):
        call()
