"""Divergences and entropies: PyTorch, SciPy, integrals, 50 digits, zeros, and every message."""

import math
import re
import warnings
from contextlib import AbstractContextManager

import mpmath
import pytest
import torch
import torch.nn.functional as F
from scipy import integrate, spatial, stats
from torch import Tensor

from lossfns.classification import cross_entropy
from lossfns.divergence import entropy, gaussian_kl, js_div, kl_div, perplexity

# PyTorch's "mean" warns that it is no divergence; its forward mode is built on the other.
pytestmark = [
    pytest.mark.filterwarnings("ignore:reduction. 'mean' divides"),
    pytest.mark.filterwarnings("ignore:.torch.jit.script. is deprecated"),
]

REDUCTIONS = ("none", "sum", "mean", "batchmean")


def distributions(*shape: int, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return (3 * torch.randn(shape, generator=generator, dtype=torch.float64)).softmax(-1)


def refuses(error: type[Exception], message: str) -> AbstractContextManager:
    return pytest.raises(error, match=f"^{re.escape(message)}$")


# Against others


@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (2, 3, 4), (0, 3)], ids=str)
@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("log_target", [False, True])
def test_kl_equals_pytorch(shape: tuple[int, ...], reduction: str, log_target: bool) -> None:
    """Value and both gradients, in every mode."""
    p = distributions(*shape, seed=1) / 2
    t = distributions(*shape) / 2
    arguments = p.log(), t.log() if log_target else t
    results = []
    for function in (kl_div, F.kl_div):
        leaves = [tensor.clone().requires_grad_() for tensor in arguments]
        value = function(*leaves, reduction=reduction, log_target=log_target)
        scale = torch.arange(1, value.numel() + 1, dtype=value.dtype).reshape(value.shape)
        results.append((value.detach(), *torch.autograd.grad(value, leaves, scale)))
    for actual, expected in zip(*results, strict=True):
        torch.testing.assert_close(actual, expected, rtol=1e-12, atol=1e-14, equal_nan=True)


def test_kl_equals_pytorchs_own_samples() -> None:
    """All of them are in the domain."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from torch.testing._internal.common_methods_invocations import op_db
    (op,) = [op for op in op_db if op.name == "nn.functional.kl_div"]
    samples = list(op.sample_inputs("cpu", torch.float64))
    assert len(samples) >= 16
    for sample in samples:
        actual = kl_div(sample.input, *sample.args, **sample.kwargs)
        torch.testing.assert_close(actual, op.op(sample.input, *sample.args, **sample.kwargs))


def test_divergences_and_entropies_equal_scipys() -> None:
    """An implementation that shares nothing with this one."""
    p, t = distributions(5, 4, seed=1), distributions(5, 4)
    kl = kl_div(p.log(), t, reduction="none").sum(1)
    assert kl.tolist() == pytest.approx(stats.entropy(t.numpy(), p.numpy(), axis=1), rel=1e-12)
    js = js_div(p.log(), t, reduction="none").sum(1)
    distance = spatial.distance.jensenshannon(p.numpy(), t.numpy(), axis=1)
    assert js.tolist() == pytest.approx(distance**2, rel=1e-10)
    assert entropy(p).tolist() == pytest.approx(stats.entropy(p.numpy(), axis=1), rel=1e-14)
    assert torch.equal(entropy(p.T, dim=0), entropy(p))


def test_gaussian_kl_is_the_integral() -> None:
    """∫ q log(q/r), in closed form."""
    for mu, log_var, mu_0, log_var_0 in [(0.5, -1.0, 0.0, 0.0), (1.0, 0.3, -0.7, 0.8)]:
        q = stats.norm(mu, math.exp(log_var / 2))
        r = stats.norm(mu_0, math.exp(log_var_0 / 2))
        expected, _ = integrate.quad(
            lambda x, q=q, r=r: q.pdf(x) * (q.logpdf(x) - r.logpdf(x)), -12, 12
        )
        given = [torch.tensor(value) for value in (mu, log_var, mu_0, log_var_0)]
        assert gaussian_kl(*given).item() == pytest.approx(expected, rel=1e-6)
    distribution = torch.distributions.Normal
    mu, s, mu_0, s_0 = (distributions(4, seed=seed) + 0.1 for seed in range(4))
    expected = torch.distributions.kl_divergence(distribution(mu, s), distribution(mu_0, s_0))
    actual = gaussian_kl(mu, 2 * s.log(), mu_0, 2 * s_0.log(), reduction="none")
    torch.testing.assert_close(actual, expected)
    standard = gaussian_kl(mu, 2 * s.log(), reduction="none")
    zeros = torch.zeros(4, dtype=torch.float64)
    assert torch.equal(gaussian_kl(mu, 2 * s.log(), zeros, zeros, reduction="none"), standard)


def test_extremes_in_fifty_digits() -> None:
    """Log-probabilities far below what a probability can hold; variances far from each other."""
    for log_p in (-1e4, -200.0, -1e-8, 0.0):
        for log_t in (-1e4, -200.0, -1.0, 0.0):
            given = torch.tensor([log_p, log_t], dtype=torch.float64)
            with mpmath.workdps(50):
                p, t = mpmath.exp(log_p), mpmath.exp(log_t)
                m = (p + t) / 2
                kl = t * (mpmath.mpf(log_t) - log_p)
                js = (p * mpmath.log(p / m) + t * mpmath.log(t / m)) / 2
            actual = kl_div(given[0], given[1], log_target=True).item()
            assert actual == pytest.approx(float(kl), rel=1e-13, abs=1e-300)
            actual = js_div(given[0], given[1], log_target=True).item()
            assert actual == pytest.approx(float(js), rel=1e-9, abs=1e-16)
    for d in (-1e4, -30.0, -1e-3, 0.0, 1e-3, 30.0, 700.0):
        with mpmath.workdps(50):
            expected = (mpmath.expm1(d) - d) / 2
        log_var = torch.tensor(d, dtype=torch.float64, requires_grad=True)
        actual = gaussian_kl(torch.zeros_like(log_var), log_var)
        assert actual.item() == pytest.approx(float(expected), rel=1e-12)
        (slope,) = torch.autograd.grad(actual, log_var)
        assert slope.item() == pytest.approx(float(mpmath.expm1(d)) / 2, rel=1e-12)


@pytest.mark.parametrize("log_var", [-200.0, -1e4])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_gaussian_kl_where_the_target_is_all_but_certain(
    log_var: float, dtype: torch.dtype
) -> None:
    """1/σ₀ overflows, but 0 times it is 0, and a small distance times it is a number."""
    leaves = [torch.tensor(value, dtype=dtype) for value in (0.5, log_var, 0.5, log_var)]
    for leaf in leaves:
        leaf.requires_grad_()
    value = gaussian_kl(*leaves)
    assert value.item() == 0
    assert [slope.item() for slope in torch.autograd.grad(value, leaves)] == [0.0] * 4
    # e^200 is beyond float32, so to be less certain than the target by that much costs ∞.
    wider = gaussian_kl(leaves[0], leaves[1] + 1e5, leaves[2], leaves[3])
    assert wider.item() == math.inf


def test_gaussian_kl_of_means_that_all_but_agree() -> None:
    """A distance of 10⁻³⁰ is 2.7·10¹³ standard deviations of e^−100."""
    far = [torch.tensor(value, requires_grad=True) for value in (1e-30, -200.0, 0.0, -200.0)]
    value = gaussian_kl(*far)
    with mpmath.workdps(50):
        expected = mpmath.mpf(far[0].item()) ** 2 * mpmath.exp(200) / 2
    assert value.item() == pytest.approx(float(expected), rel=1e-5)
    slopes = torch.autograd.grad(value, (far[1], far[3]))
    assert slopes[0].item() == 0
    assert slopes[1].item() == pytest.approx(-float(expected), rel=1e-5)


# Zeros, where PyTorch is not right


def test_an_outcome_of_target_zero_costs_nothing() -> None:
    """Also where the prediction excludes it, and where the target's logarithm is given."""
    log_p = torch.tensor([0.0, -torch.inf], requires_grad=True)
    t = torch.tensor([1.0, 0.0], requires_grad=True)
    for target, log_target in ((t, False), (t.log(), True)):
        for divergence in (kl_div, js_div):
            value = divergence(log_p, target, reduction="sum", log_target=log_target)
            assert value.item() == 0
            slopes = torch.autograd.grad(value, (log_p, t), retain_graph=True)
            # log(0) of the target is the caller's, and so is its infinite slope.
            assert slopes[0].isfinite().all()
            assert log_target or slopes[1].isfinite().all()
        assert F.kl_div(log_p, target, reduction="sum", log_target=log_target).isnan()
    assert kl_div(t.detach().log(), torch.tensor([0.5, 0.5])).item() == math.inf


def test_js_is_symmetric_bounded_and_finite() -> None:
    """At most log 2, reached by distributions without a common outcome."""
    p, t = distributions(5, seed=1), distributions(5)
    forward = js_div(p.log(), t, reduction="sum")
    torch.testing.assert_close(forward, js_div(t.log(), p, reduction="sum"))
    assert 0 < forward < math.log(2)
    assert js_div(p.log(), p, reduction="sum").item() == pytest.approx(0, abs=1e-16)
    apart = js_div(torch.tensor([0.0, 1.0]).log(), torch.tensor([1.0, 0.0]), reduction="sum")
    assert apart.item() == pytest.approx(math.log(2))


def test_entropy_of_certainty_and_its_gradient() -> None:
    """0 nats, and no NaN for the scores below a probability that underflowed."""
    z = torch.tensor([0.0, -200.0, 0.5], requires_grad=True)
    (slope,) = torch.autograd.grad(entropy(z.softmax(0)), z)
    assert slope.isfinite().all()
    assert entropy(torch.tensor([1.0, 0.0, 0.0])).item() == 0
    for count in (2, 10):
        level = torch.full((count,), 1 / count, dtype=torch.float64)
        assert entropy(level).item() == pytest.approx(math.log(count), rel=1e-15)


# What they are to one another


def test_a_term_can_be_negative_and_the_sum_cannot() -> None:
    """Gibbs' inequality, for sums only."""
    for seed in range(20):
        p, t = distributions(4, seed=seed), distributions(4, seed=seed + 100)
        terms = kl_div(p.log(), t, reduction="none")
        assert terms.min() < 0 < terms.sum()


def test_cross_entropy_is_entropy_plus_divergence() -> None:
    """H(t, p) = H(t) + KL(t‖p); equal gradients for a fixed target."""
    z = torch.randn(5, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
    z.requires_grad_()
    t = distributions(5, 4)
    crossed = cross_entropy(z, t)
    divergence = kl_div(z.log_softmax(1), t, reduction="batchmean")
    torch.testing.assert_close(crossed, entropy(t).mean() + divergence)
    for actual, expected in zip(
        torch.autograd.grad(crossed, z), torch.autograd.grad(divergence, z), strict=True
    ):
        torch.testing.assert_close(actual, expected)


def test_perplexity() -> None:
    """The reciprocal of the geometric mean; of level scores, their number; never overflowing."""
    p = distributions(6, 4)
    y = torch.tensor([0, 1, 2, 3, 0, -100])
    expected = p[range(5), y[:5]].log().mean().neg().exp()
    torch.testing.assert_close(perplexity(p.log(), y), expected)
    assert perplexity(torch.zeros(2, 7).half(), torch.tensor([0, 1])).item() == 7
    assert perplexity(torch.zeros(1, 30_000).half(), torch.tensor([1])).item() == 30_000
    torch.testing.assert_close(perplexity(p.log(), p), entropy(p).mean().exp())


def test_denominators() -> None:
    """Only "batchmean" divides by the number of examples; a scalar is a batch of one."""
    p, t = distributions(2, 5, seed=1), distributions(2, 5)
    total = kl_div(p.log(), t, reduction="sum")
    torch.testing.assert_close(kl_div(p.log(), t, reduction="batchmean"), total / 2)
    torch.testing.assert_close(kl_div(p.log(), t), total / 10)
    assert kl_div(p.log()[0, 0], t[0, 0], reduction="batchmean").shape == ()
    for loss in (kl_div, js_div):
        for dtype in (torch.float16, torch.bfloat16):
            rows = torch.full((70_000, 2), 0.5, dtype=dtype)
            target = torch.tensor([0.25, 0.75], dtype=dtype).expand_as(rows)
            actual = loss(rows.log(), target, reduction="batchmean")
            expected = loss(rows.log()[:1].double(), target[:1].double(), reduction="batchmean")
            assert actual.dtype == dtype
            torch.testing.assert_close(actual, expected.to(dtype), rtol=0.01, atol=0)
    total = gaussian_kl(p, t, reduction="sum")
    torch.testing.assert_close(gaussian_kl(p, t, reduction="batchmean"), total / 2)


def test_derivatives() -> None:
    """Twice, by every argument."""
    p, t = ((0.5 + distributions(2, 3, seed=seed)) / 2 for seed in range(2))
    leaves = (p.log().requires_grad_(), t.clone().requires_grad_())
    logs = (leaves[0], t.log().requires_grad_())
    for loss in (kl_div, js_div):
        assert torch.autograd.gradcheck(loss, leaves, check_forward_ad=True)
        assert torch.autograd.gradgradcheck(loss, leaves)
        assert torch.autograd.gradcheck(lambda *a, loss=loss: loss(*a, log_target=True), logs)
    four = [distributions(3, seed=seed).requires_grad_() for seed in range(4)]
    assert torch.autograd.gradcheck(gaussian_kl, four, check_forward_ad=True)
    assert torch.autograd.gradgradcheck(gaussian_kl, four)


# Messages


@pytest.mark.parametrize("loss", [kl_div, js_div])
def test_messages_on_what_is_no_probability(loss) -> None:
    """A prediction without its logarithm is the usual mistake."""
    log_p, t = torch.tensor([-0.5, -1.0]), torch.tensor([0.5, 0.5])
    message = "input must be a log-probability, at most 0, everywhere; got 0.5"
    with refuses(ValueError, message):
        loss(t, t)
    for bad in (-0.5, 1.5, math.nan):
        with refuses(ValueError, f"target must be between 0 and 1 everywhere; got {bad}"):
            loss(log_p, torch.tensor([0.5, bad]))
    message = "target must be a log-probability, at most 0, everywhere; got 0.5"
    with refuses(ValueError, message):
        loss(log_p, t, log_target=True)
    with refuses(ValueError, "target must have the shape of input, (2,); got (1,)"):
        loss(log_p, t[:1])
    with refuses(TypeError, "target must be a floating-point tensor; got torch.int64"):
        loss(log_p, torch.tensor([0, 1]))
    # What is left of 0 when logits near 10,000 are normalised.
    assert loss(torch.tensor([1e-3, -8.0]), t).isfinite()


def test_messages_on_gaussians_entropies_and_reductions() -> None:
    """Shapes, sums and names."""
    p = torch.tensor([0.5, 0.5])
    message = "reduction must be 'none', 'mean', 'sum' or 'batchmean'; got 'average'"
    for loss, arguments in ((kl_div, (p.log(), p)), (js_div, (p.log(), p)), (gaussian_kl, (p, p))):
        with refuses(ValueError, message):
            loss(*arguments, reduction="average")
    for position, name in enumerate(("log_var", "target", "target_log_var"), start=1):
        arguments = [p] * 4
        arguments[position] = p[:1]
        with refuses(ValueError, f"{name} must have the shape of input, (2,); got (1,)"):
            gaussian_kl(*arguments)
    with refuses(TypeError, "log_var must be a tensor; got NoneType"):
        gaussian_kl(p, None)
    with refuses(ValueError, "input must be between 0 and 1 everywhere; got -0.5"):
        entropy(torch.tensor([1.5, -0.5]).sub(torch.tensor([0.5, 0.0])))
    message = "input must be probabilities with sum 1 along dim -1 everywhere; got 0.5"
    with refuses(ValueError, message):
        entropy(torch.tensor([0.25, 0.25]))


def test_entropy_and_perplexity_keep_half_precision_and_name_a_wrong_input() -> None:
    assert entropy(torch.tensor([0.5, 0.5]).half()).dtype == torch.float16
    index = torch.tensor([0, 1])
    for function, arguments in ((entropy, ()), (perplexity, (index,))):
        with refuses(TypeError, "input must be a floating-point tensor; got torch.int64"):
            function(torch.ones(2, 2).long(), *arguments)


def test_entropy_slope_at_a_probability_of_zero_is_given_as_zero() -> None:
    p = torch.tensor([1.0, 0.0], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.grad(entropy(p), p)[0].tolist() == [-1.0, 0.0]


def test_perplexity_leaves_out_what_is_to_be_ignored() -> None:
    scores = torch.tensor([[0.0, 0.0], [0.0, 9.0]], dtype=torch.float64)
    ignored = perplexity(scores, torch.tensor([0, 1]), ignore_index=1)
    assert ignored.item() == pytest.approx(2)
