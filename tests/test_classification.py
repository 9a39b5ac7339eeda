"""Losses on classes: PyTorch in every mode, extremes in 50 digits, domains, and every message."""

import itertools
import math
import re
import warnings
from collections.abc import Callable
from contextlib import AbstractContextManager

import mpmath
import pytest
import torch
import torch.nn.functional as F
from sklearn import metrics
from torch import Tensor
from torch.func import grad, hessian, vmap

from lossfns.classification import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    binary_focal_loss,
    brier_score_loss,
    cross_entropy,
    focal_loss,
    logit_adjusted_cross_entropy,
    nll_loss,
)

# PyTorch's forward-mode derivatives are built on it, as of version 2.13.
pytestmark = pytest.mark.filterwarnings("ignore:.torch.jit.script. is deprecated")

REDUCTIONS = ("none", "sum", "mean")
HALF_PRECISION = (torch.float16, torch.bfloat16)
SHAPES = [(4,), (5, 3), (0, 3), (5, 1), (2, 3, 4), (2, 3, 0), (2, 3, 2, 2)]
LOSSES = (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    binary_focal_loss,
    brier_score_loss,
    cross_entropy,
    focal_loss,
    nll_loss,
)


def draw(*shape: int, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return 3 * torch.randn(shape, generator=generator, dtype=torch.float64)


def uniform(*shape: int, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(shape, generator=generator, dtype=torch.float64)


def classes(count: int, *shape: int, ignore: int | None = None, seed: int = 0) -> Tensor:
    """Class indices; about a third of them ``ignore`` if it is given."""
    generator = torch.Generator().manual_seed(seed)
    target = torch.randint(count, shape, generator=generator)
    if ignore is None:
        return target
    return torch.where(torch.rand(shape, generator=generator) < 1 / 3, ignore, target)


def examples(shape: tuple[int, ...]) -> tuple[int, ...]:
    """The shape of the scores without their class dimension."""
    return () if len(shape) == 1 else (shape[0], *shape[2:])


def class_count(shape: tuple[int, ...]) -> int:
    return shape[min(1, len(shape) - 1)]


def scalar(value: float, **options: object) -> Tensor:
    return torch.tensor(value, **{"dtype": torch.float64, **options})


def refuses(error: type[Exception], message: str) -> AbstractContextManager:
    return pytest.raises(error, match=f"^{re.escape(message)}$")


def assert_same(
    ours: Callable[..., Tensor],
    theirs: Callable[..., Tensor],
    arguments: tuple[Tensor, ...],
    differentiable: int = 1,
    **options: object,
) -> None:
    """The same values, and gradients by the first arguments, each element scaled differently."""
    results = []
    for function in (ours, theirs):
        leaves = [tensor.detach().requires_grad_() for tensor in arguments[:differentiable]]
        value = function(*leaves, *arguments[differentiable:], **options)
        scale = torch.arange(1, value.numel() + 1, dtype=value.dtype).reshape(value.shape)
        results.append((value.detach(), *torch.autograd.grad(value, leaves, scale)))
    for actual, expected in zip(*results, strict=True):
        torch.testing.assert_close(actual, expected, rtol=1e-12, atol=1e-13, equal_nan=True)


def exact(value: float) -> mpmath.mpf:
    return mpmath.mpf(value)


# Against PyTorch, in every mode


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("smoothing", [0.0, 0.2, 1.0])
@pytest.mark.parametrize("weighted", [False, True])
def test_cross_entropy_of_indices_equals_pytorch(
    shape: tuple[int, ...], reduction: str, smoothing: float, weighted: bool
) -> None:
    """Ignored by a number that is no class, by one that is, and by none; NaN where all are."""
    count = class_count(shape)
    weight = 0.1 + uniform(count) if weighted else None
    for ignore in (-100, -1, 0):
        target = classes(count, *examples(shape), ignore=ignore)
        options = {"reduction": reduction, "ignore_index": ignore, "label_smoothing": smoothing}
        arguments = (draw(*shape), target, weight)
        assert_same(cross_entropy, F.cross_entropy, arguments, **options)
        del options["label_smoothing"]
        assert_same(nll_loss, F.nll_loss, arguments, **options)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("smoothing", [0.0, 0.2, 1.0])
@pytest.mark.parametrize("weighted", [False, True])
def test_cross_entropy_of_probabilities_equals_pytorch(
    shape: tuple[int, ...], reduction: str, smoothing: float, weighted: bool
) -> None:
    """A mean over probabilities divides by the number of examples, with weights too."""
    weight = 0.1 + uniform(class_count(shape)) if weighted else None
    target = uniform(*shape, seed=1)
    for t in (target, target.round()):
        options = {"reduction": reduction, "label_smoothing": smoothing}
        arguments = (draw(*shape), t, weight)
        assert_same(cross_entropy, F.cross_entropy, arguments, 2, **options)


@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (0, 3)], ids=str)
@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("weight_shape", [None, (), (1,), (3,), (2, 1), (2, 3)], ids=str)
def test_binary_losses_equal_pytorch_with_weights(
    shape: tuple[int, ...], reduction: str, weight_shape: tuple[int, ...] | None
) -> None:
    """Weights broadcast; a mean divides by the number of elements nevertheless."""
    weight = None
    if weight_shape is not None:
        try:
            fits = torch.broadcast_shapes(weight_shape, shape) == shape
        except RuntimeError:
            fits = False
        if not fits:
            pytest.skip("does not broadcast")
        weight = 2 * uniform(*weight_shape, seed=3)
    z, p = draw(*shape), 0.01 + 0.98 * uniform(*shape, seed=1)
    for y in (uniform(*shape, seed=2), uniform(*shape, seed=2).round()):
        assert_same(binary_cross_entropy, F.binary_cross_entropy, (p, y, weight), 2,
                    reduction=reduction)  # fmt: skip
        ours, theirs = binary_cross_entropy_with_logits, F.binary_cross_entropy_with_logits
        for pos_weight in (None, weight):
            assert_same(ours, theirs, (z, y, weight), 2, reduction=reduction,
                        pos_weight=pos_weight)  # fmt: skip


def test_pytorchs_own_samples() -> None:
    """Equal where weights are not negative; the many that have negative ones are refused."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from torch.testing._internal.common_methods_invocations import op_db
    prefix = "nn.functional."
    ours = {f"{prefix}{loss.__name__}": loss for loss in LOSSES}
    counts = {}
    for op in op_db:
        if op.name not in ours:
            continue
        for sample in op.sample_inputs("cpu", torch.float64):
            options = dict(sample.kwargs)
            weights = [options.get(name) for name in ("weight", "pos_weight")]
            if any(weight is not None and (weight < 0).any() for weight in weights):
                with pytest.raises(ValueError, match="weight must be finite and at least 0"):
                    ours[op.name](sample.input, *sample.args, **options)
                continue
            arguments = (sample.input, *sample.args)
            assert_same(ours[op.name], op.op, arguments, **options)
            counts[op.name] = counts.get(op.name, 0) + 1
    assert len(counts) == 4
    assert min(counts.values()) >= 8


def test_uint8_indices_count_as_indices() -> None:
    """PyTorch takes them, too."""
    z, y = draw(4, 3), classes(3, 4)
    for loss in (cross_entropy, nll_loss, focal_loss):
        assert torch.equal(loss(z, y.to(torch.uint8)), loss(z, y))


# Against formulas in 50 digits


EXTREME_LOGITS = (-1e4, -200.0, -37.0, -20.0, -1.0, -1e-8, 0.0, 1e-8, 1.0, 20.0, 37.0, 200.0, 1e4)
LABELS = (0.0, 1e-3, 0.25, 0.5, 0.75, 0.999, 1.0)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("c", [None, 0.0, 0.3, 7.0])
def test_logit_loss_and_gradient_equal_fifty_digits(dtype: torch.dtype, c: float | None) -> None:
    """To a few roundings of the result itself, however small it is: nothing cancels."""
    limit = 8 * torch.finfo(dtype).eps
    tiny = torch.finfo(dtype).smallest_normal
    pos_weight = None if c is None else scalar(c, dtype=dtype)
    for z, y in itertools.product(EXTREME_LOGITS, LABELS):
        leaf = scalar(z, dtype=dtype, requires_grad=True)
        label = scalar(y, dtype=dtype, requires_grad=True)
        loss = binary_cross_entropy_with_logits(leaf, label, pos_weight=pos_weight)
        slopes = torch.autograd.grad(loss, (leaf, label))
        with mpmath.workdps(50):
            o, t = exact(leaf.item()), exact(label.item())
            weight = exact(1 if c is None else pos_weight.item())
            minus_log_p = mpmath.log1p(mpmath.exp(-o))
            minus_log_not_p = mpmath.log1p(mpmath.exp(o))
            p, q = 1 / (1 + mpmath.exp(-o)), 1 / (1 + mpmath.exp(o))
            value = weight * t * minus_log_p + (1 - t) * minus_log_not_p
            by_logit = (1 - t) * p - weight * t * q
            by_label = weight * minus_log_p - minus_log_not_p
        assert loss.item() == pytest.approx(float(value), rel=limit, abs=tiny)
        # The two sides of the gradient do meet at the minimum; what is left there is rounding.
        sides = float((1 - t) * p + weight * t * q)
        assert slopes[0].item() == pytest.approx(
            float(by_logit), rel=limit, abs=limit * sides + tiny
        )
        sides = float(weight * minus_log_p + minus_log_not_p)
        assert slopes[1].item() == pytest.approx(
            float(by_label), rel=limit, abs=limit * sides + tiny
        )


@pytest.mark.parametrize("gamma", [0.0, 0.5, 1.0, 2.0, 5.0])
def test_binary_focal_loss_equals_fifty_digits(gamma: float) -> None:
    """Values and gradients, for easy and hard labels, and γ on both sides of 1."""
    for z, y in itertools.product(EXTREME_LOGITS, (0.0, 0.25, 1.0)):
        leaf = scalar(z, requires_grad=True)
        loss = binary_focal_loss(leaf, scalar(y), gamma, alpha=0.25)
        (slope,) = torch.autograd.grad(loss, leaf)
        with mpmath.workdps(50):
            o, power = exact(z), exact(gamma)

            def one(o: mpmath.mpf, power: mpmath.mpf = power) -> tuple[mpmath.mpf, mpmath.mpf]:
                p, q = 1 / (1 + mpmath.exp(-o)), 1 / (1 + mpmath.exp(o))
                cost = mpmath.log1p(mpmath.exp(-o))
                return q**power * cost, -(q**power) * (q + power * p * cost)

            (yes, yes_slope), (no, no_slope) = one(o), one(-o)
            value = exact(0.25) * y * yes + exact(0.75) * (1 - y) * no
            by_logit = exact(0.25) * y * yes_slope - exact(0.75) * (1 - y) * no_slope
        # An exponential multiplies the rounding of its argument, up to 5·200, by that argument.
        assert loss.item() == pytest.approx(float(value), rel=1e-12, abs=1e-300)
        assert slope.item() == pytest.approx(float(by_logit), rel=1e-12, abs=1e-300)


@pytest.mark.parametrize("offset", [0.0, 1e4, -1e4])
def test_cross_entropy_equals_fifty_digits(offset: float) -> None:
    """A large number that all scores share is taken out before it can swallow their differences."""
    scores = [[0.0, 1.0, -2.0], [300.0, 0.0, 0.5], [-1e4, 1e4, 0.0], [0.25, 0.25, 0.25]]
    for row, y in itertools.product(scores, range(3)):
        z = torch.tensor(row) + offset
        with mpmath.workdps(50):
            powers = [mpmath.exp(exact(score)) for score in z.tolist()]
            value = mpmath.log(mpmath.fsum(powers)) - exact(z[y].item())
            focal = (1 - powers[y] / mpmath.fsum(powers)) ** 2 * value
        target = torch.tensor(y)
        # log of a sum near 1 has the sum's rounding as its error.
        assert cross_entropy(z, target).item() == pytest.approx(float(value), rel=1e-6, abs=1e-7)
        assert focal_loss(z, target).item() == pytest.approx(float(focal), rel=1e-5, abs=1e-20)


def test_probability_loss_equals_fifty_digits_up_to_the_ends() -> None:
    """PyTorch's slope is wrong below 1e−12 and its value below e^−100."""
    for p, y in itertools.product((1e-300, 1e-50, 1e-13, 0.3, 0.5, 1 - 2**-53), LABELS):
        leaf = scalar(p, requires_grad=True)
        loss = binary_cross_entropy(leaf, scalar(y))
        (slope,) = torch.autograd.grad(loss, leaf)
        with mpmath.workdps(50):
            q, t = exact(p), exact(y)
            value = -t * mpmath.log(q) - (1 - t) * mpmath.log1p(-q)
            by_p = (q - t) / (q * (1 - q))
        assert loss.item() == pytest.approx(float(value), rel=1e-15, abs=0)
        assert slope.item() == pytest.approx(float(by_p), rel=1e-13, abs=1e-14)


# Where PyTorch is not right


@pytest.mark.parametrize(
    ("p", "y", "value", "slope"),
    [
        (0.0, 0.0, 0.0, 1.0),
        (1.0, 1.0, 0.0, -1.0),
        (0.0, 1.0, math.inf, -math.inf),
        (1.0, 0.0, math.inf, math.inf),
        (0.0, 0.5, math.inf, -math.inf),
    ],
)
def test_certain_predictions_cost_what_the_formula_says(
    p: float, y: float, value: float, slope: float
) -> None:
    """0 for a right one, with the slope that its neighbours have, and ∞ for a wrong one."""
    leaf = scalar(p, requires_grad=True)
    loss = binary_cross_entropy(leaf, scalar(y))
    (gradient,) = torch.autograd.grad(loss, leaf)
    assert (loss.item(), gradient.item()) == (value, slope)
    # The values that the docstring ascribes to PyTorch.
    theirs = scalar(p, requires_grad=True)
    reference = F.binary_cross_entropy(theirs, scalar(y))
    (reference_slope,) = torch.autograd.grad(reference, theirs)
    wrongness = abs(p - y)
    assert reference.item() == 100 * wrongness
    assert reference_slope.item() == pytest.approx((p - y) * 1e12)


def test_gradients_at_200_in_float32() -> None:
    """A logit of 200 on the wrong side is pulled back at full strength, on the right one not."""
    z = torch.tensor([-200.0, 200.0, -200.0, 200.0], requires_grad=True)
    y = torch.tensor([1.0, 0.0, 0.0, 1.0])
    binary_cross_entropy_with_logits(z, y, reduction="sum").backward()
    assert z.grad.tolist() == [-1.0, 1.0, 0.0, 0.0]


def test_a_small_loss_is_not_lost_in_float32() -> None:
    """A no at a logit of −20: PyTorch adds 2e−9 to 20 and takes 20 away."""
    z, y = torch.tensor(-20.0), torch.tensor(0.0)
    assert binary_cross_entropy_with_logits(z, y).item() == pytest.approx(2.0612e-9, rel=1e-4)
    assert F.binary_cross_entropy_with_logits(z, y).item() == 0


@pytest.mark.parametrize("pos_weight", [None, scalar(1.0)])
@pytest.mark.parametrize("y", [0.0, 0.25, 0.5, 1.0])
def test_derivatives_at_a_logit_of_zero(y: float, pos_weight: Tensor | None) -> None:
    """Where every model starts, and where max(z, 0) and |z| have their kinks."""

    def loss(z: Tensor) -> Tensor:
        return binary_cross_entropy_with_logits(z, scalar(y), pos_weight=pos_weight)

    assert grad(loss)(scalar(0.0)).item() == 0.5 - y
    assert hessian(loss)(scalar(0.0)).item() == 0.25


def test_an_excluded_class_costs_nothing_where_its_target_is_zero() -> None:
    """0·∞ is the limit of x log x, not NaN, for probabilities as for indices."""
    z = torch.tensor([[0.0, 1.0, -torch.inf]], requires_grad=True)
    t = torch.tensor([[0.25, 0.75, 0.0]])
    expected = cross_entropy(z[:, :2], t[:, :2])
    for weight in (None, torch.ones(3)):
        actual = cross_entropy(z, t, weight)
        assert torch.equal(actual, expected)
        (slope,) = torch.autograd.grad(actual, z)
        torch.testing.assert_close(slope, z.detach().softmax(1) - t)
    assert cross_entropy(z, torch.tensor([[0.0, 0.5, 0.5]])).item() == math.inf
    assert F.cross_entropy(z, t).isnan()
    # The same class can be left out of label smoothing by a weight of 0.
    smoothed = cross_entropy(
        z, torch.tensor([1]), torch.tensor([1.0, 1.0, 0.0]), label_smoothing=0.3
    )
    assert smoothed.isfinite()


@pytest.mark.parametrize("dtype", HALF_PRECISION, ids=str)
def test_half_precision_mean_over_seventy_thousand_rows(dtype: torch.dtype) -> None:
    """float16 can neither count nor add up 70,000 rows; the mean is there nevertheless."""
    z, y = draw(70_000, 3).to(dtype), classes(3, 70_000)
    for loss in (cross_entropy, nll_loss, focal_loss):
        leaf, leaf64 = z.clone().requires_grad_(), z.double().requires_grad_()
        actual, expected = loss(leaf, y), loss(leaf64, y)
        torch.testing.assert_close(actual.double(), expected, rtol=torch.finfo(dtype).eps, atol=0)
        actual.backward()
        expected.backward()
        gradient = leaf64.grad.to(dtype)
        torch.testing.assert_close(leaf.grad, gradient, rtol=torch.finfo(dtype).eps, atol=1e-7)
    if dtype == torch.float16:
        assert not F.cross_entropy(z, y).isfinite()


@pytest.mark.parametrize("gamma", [0.01, 0.5, 0.99, 1.0, 2.0])
@pytest.mark.parametrize("dtype", [torch.float16, torch.float32, torch.float64], ids=str)
def test_focal_gradients_are_finite_for_every_score(gamma: float, dtype: torch.dtype) -> None:
    """1 − p rounds to 0 from a margin of 17 on in float32; its power's slope is then infinite."""
    margins = torch.tensor([-1e4, -200, -20, -1, 0, 1, 16, 17, 40, 200, 1e4], dtype=dtype)
    z = torch.stack([margins, torch.zeros_like(margins), torch.full_like(margins, -5)], 1)
    z.requires_grad_()
    (slope,) = torch.autograd.grad(focal_loss(z, torch.zeros(11).long(), gamma).sum(), z)
    assert slope.isfinite().all()
    z = margins.clone().requires_grad_()
    for y in (0.0, 1.0):
        loss = binary_focal_loss(z, torch.full_like(margins, y), gamma, reduction="sum")
        (slope,) = torch.autograd.grad(loss, z)
        assert slope.isfinite().all()


# What the losses are to one another


@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_focal_loss_without_focus_is_cross_entropy(reduction: str) -> None:
    """Weights, ignored targets and denominators included."""
    z, y, weight = draw(6, 4, 2), classes(4, 6, 2, ignore=-100), 0.1 + uniform(4)
    options = {"reduction": reduction}
    assert_same(
        lambda *a, **k: focal_loss(a[0], a[1], 0.0, a[2], **k), cross_entropy, (z, y, weight),
        **options,
    )  # fmt: skip
    label = uniform(6, 4, 2)
    ours = lambda *a, **k: binary_focal_loss(*a, gamma=0.0, **k)  # noqa: E731
    assert_same(ours, binary_cross_entropy_with_logits, (z, label), 2, **options)


def test_focal_loss_of_two_classes_is_the_binary_one() -> None:
    """Softmax of two scores is the sigmoid of their difference."""
    z = draw(20, 2)
    y = classes(2, 20)
    binary = binary_focal_loss(z[:, 1] - z[:, 0], y.double(), alpha=0.25)
    weighted = focal_loss(z, y, weight=torch.tensor([0.75, 0.25]).double(), reduction="sum") / 20
    torch.testing.assert_close(binary, weighted)


def test_two_classes_give_back_logistic_regression() -> None:
    """The cross-entropy of two scores is the binary one of their difference."""
    z, y = draw(20, 2), classes(2, 20)
    binary = binary_cross_entropy_with_logits(z[:, 1] - z[:, 0], y.double())
    torch.testing.assert_close(cross_entropy(z, y), binary)
    p = z.softmax(1)[:, 1]
    torch.testing.assert_close(binary_cross_entropy(p, y.double()), binary)


def test_losses_equal_scikit_learns() -> None:
    """An implementation that shares nothing with this one."""
    p, y = draw(50, 4).softmax(1), classes(4, 50)
    weight = 0.1 + uniform(4)
    sample_weight = weight[y].numpy()
    expected = metrics.log_loss(y.numpy(), p.numpy(), labels=range(4))
    assert cross_entropy(p.log(), y).item() == pytest.approx(expected, rel=1e-14)
    expected = metrics.log_loss(y.numpy(), p.numpy(), labels=range(4), sample_weight=sample_weight)
    assert nll_loss(p.log(), y, weight).item() == pytest.approx(expected, rel=1e-14)
    expected = metrics.brier_score_loss(y.numpy(), p.numpy(), labels=range(4), scale_by_half=False)
    assert brier_score_loss(p, y).item() == pytest.approx(expected, rel=1e-14)
    yes = p[:, 0]
    expected = metrics.brier_score_loss((y == 0).numpy(), yes.numpy())
    pairs = torch.stack([yes, 1 - yes], 1)
    assert brier_score_loss(pairs, (y != 0).long()).item() == pytest.approx(2 * expected)


def test_brier_score_takes_probabilities_as_targets() -> None:
    """Σ (p − t)², and an index stands for its one-hot vector."""
    p, t = draw(6, 3, 2).softmax(1), draw(6, 3, 2, seed=1).softmax(1)
    torch.testing.assert_close(brier_score_loss(p, t, "none"), ((p - t) ** 2).sum(1))
    y = classes(3, 6, 2)
    one_hot = F.one_hot(y, 3).movedim(-1, 1).double()
    assert torch.equal(brier_score_loss(p, y), brier_score_loss(p, one_hot))
    assert brier_score_loss(p[0, :, 0], y[0, 0]).shape == ()


@pytest.mark.parametrize(
    "dtypes", [(torch.float16, torch.float32), (torch.float32, torch.float16)], ids=str
)
def test_brier_score_of_mixed_dtypes_has_the_wider_one(dtypes: tuple[torch.dtype, ...]) -> None:
    """Whichever of the two arguments it is."""
    p, t = (torch.full((2, 4), 0.25, dtype=dtype) for dtype in dtypes)
    assert brier_score_loss(p, t).dtype == torch.float32
    assert brier_score_loss(p.half(), t.half()).dtype == torch.float16


def test_brier_score_is_proper() -> None:
    """Expected to be least at the true probabilities."""
    truth = torch.tensor([0.5, 0.3, 0.2], dtype=torch.float64)

    def expected_score(p: Tensor) -> Tensor:
        each = torch.stack([brier_score_loss(p, torch.tensor(c)) for c in range(3)])
        return (truth * each).sum()

    best = expected_score(truth)
    for seed in range(20):
        assert expected_score(draw(3, seed=seed).softmax(0)) > best


def test_logit_adjustment_is_cross_entropy_of_adjusted_scores() -> None:
    """Counts do as well as frequencies, and equal ones change nothing."""
    z, y = draw(6, 3, 2), classes(3, 6, 2, ignore=-1)
    prior = torch.tensor([0.7, 0.2, 0.1], dtype=torch.float64)
    for tau, reduction in itertools.product((0.5, 1.0, 2.0), REDUCTIONS):
        options = {"ignore_index": -1, "reduction": reduction}
        expected = F.cross_entropy(z + tau * prior.log()[:, None], y, **options)
        for factor in (1, 1000):
            actual = logit_adjusted_cross_entropy(z, y, factor * prior, tau, **options)
            torch.testing.assert_close(actual, expected)
    equal = logit_adjusted_cross_entropy(z, y.abs(), torch.ones(3).double())
    torch.testing.assert_close(equal, cross_entropy(z, y.abs()))
    unbatched = logit_adjusted_cross_entropy(z[0, :, 0], torch.tensor(2), prior)
    torch.testing.assert_close(
        unbatched, F.cross_entropy(z[0, :, 0] + prior.log(), y.new_tensor(2))
    )


@pytest.mark.parametrize("count", [2, 10])
def test_softmax_twice_leaves_a_floor(count: int) -> None:
    """What is left when probabilities are given as scores: 0.313 for 2 classes, 1.461 for 10."""
    certain = torch.eye(count, dtype=torch.float64)[:1]
    floor = cross_entropy(certain, torch.tensor([0])).item()
    assert floor == pytest.approx({2: 0.313, 10: 1.461}[count], abs=5e-4)


# Denominators


def test_mean_divides_by_the_weights_of_what_is_not_ignored() -> None:
    """Three examples of weights 1, 4 and 2, the last of them ignored."""
    z = torch.zeros(3, 3, dtype=torch.float64)
    y = torch.tensor([0, 1, 2])
    weight = torch.tensor([1.0, 4.0, 2.0], dtype=torch.float64)
    for loss in (cross_entropy, focal_loss):
        each = loss(z, y, reduction="none")
        expected = (1 * each[0] + 4 * each[1]) / 5
        torch.testing.assert_close(loss(z, y, weight=weight, ignore_index=2), expected)
    for loss in (cross_entropy, focal_loss, nll_loss):
        assert loss(z, torch.full((3,), -100)).isnan()
        assert loss(z, torch.full((3,), -100), reduction="sum").item() == 0
        zero_weight = torch.zeros(3, dtype=torch.float64)
        assert loss(z, y, weight=zero_weight).isnan()


def test_ignored_examples_have_no_gradient() -> None:
    """Not even where the score of class 0, which stands in for them, is −∞."""
    z = draw(3, 3)
    z[1, 0] = -torch.inf
    z.requires_grad_()
    for loss, smoothing in ((cross_entropy, 0.0), (focal_loss, None), (nll_loss, None)):
        options = {} if smoothing is None else {"label_smoothing": smoothing}
        value = loss(z, torch.tensor([0, -100, 2]), reduction="sum", **options)
        (slope,) = torch.autograd.grad(value, z)
        assert value.isfinite()
        assert (slope[1] == 0).all()


def test_empty_batches() -> None:
    """A mean over no example is NaN, a sum is 0, as in PyTorch."""
    z, y = torch.zeros(0, 3), torch.zeros(0, dtype=torch.long)
    for loss in (cross_entropy, nll_loss, focal_loss, brier_score_loss):
        assert loss(z, y).isnan()
        assert loss(z, y, reduction="sum").item() == 0
        assert loss(z, y, reduction="none").shape == (0,)


# Derivatives and transforms of the losses that are not elementwise


@pytest.mark.parametrize("soft", [False, True], ids=["indices", "probabilities"])
def test_gradient_is_p_minus_t_and_hessian_is_that_of_log_sum_exp(soft: bool) -> None:
    """p − t, and diag(p) − ppᵀ."""
    z = draw(4)
    target = uniform(4, seed=1).softmax(0) if soft else torch.tensor(2)
    t = target if soft else F.one_hot(target, 4).double()
    p = z.softmax(0)
    torch.testing.assert_close(grad(cross_entropy)(z, target), p - t)
    torch.testing.assert_close(hessian(cross_entropy)(z, target), p.diag() - p.outer(p))


def test_derivatives_with_weights_and_smoothing() -> None:
    """By scores, probabilities, weights and priors, twice."""
    z, t, weight = draw(3, 4).requires_grad_(), uniform(3, 4).requires_grad_(), uniform(4) + 0.1
    weight.requires_grad_()
    y = torch.tensor([0, 3, -100])
    checked = [
        (lambda z, t, w: cross_entropy(z, t, w, label_smoothing=0.1), (z, t, weight)),
        (lambda z, w: cross_entropy(z, y, w, label_smoothing=0.1), (z, weight)),
        (lambda z, w: nll_loss(z, y, w), (z, weight)),
        (lambda z, w: focal_loss(z, y, 0.5, w), (z, weight)),
        (lambda z, w: logit_adjusted_cross_entropy(z, y, w, 1.5), (z, weight)),
        (lambda z, t: binary_focal_loss(z, t, 0.5, 0.25), (z, t)),
    ]
    for loss, leaves in checked:
        assert torch.autograd.gradcheck(loss, leaves, check_forward_ad=True)
        assert torch.autograd.gradgradcheck(loss, leaves)


def test_compiled_and_under_vmap() -> None:
    """One graph, and one example at a time."""
    z, y = draw(5, 3), classes(3, 5)

    def losses(z: Tensor, y: Tensor) -> Tensor:
        return cross_entropy(z, y, label_smoothing=0.1) + focal_loss(z, y) + nll_loss(z, y)

    torch.compiler.reset()
    compiled = torch.compile(losses, fullgraph=True, backend="aot_eager")
    torch.testing.assert_close(compiled(z, y), losses(z, y))
    torch.testing.assert_close(vmap(losses)(z, y).mean(), losses(z, y))


# Messages


def test_messages_on_binary_arguments() -> None:
    """Domains, shapes and weights; PyTorch takes most of these silently."""
    p, half = torch.tensor([0.2, 0.8]), torch.tensor([0.5, 0.5])
    for loss in (binary_cross_entropy, binary_cross_entropy_with_logits, binary_focal_loss):
        for bad in (-1.0, 1.5, math.nan, math.inf):
            message = f"target must be between 0 and 1 everywhere; got {bad}"
            with refuses(ValueError, message):
                loss(p, torch.tensor([1.0, bad]))
        with refuses(ValueError, "target must have the shape of input, (2,); got (2, 1)"):
            loss(p, half[:, None])
    for bad in (-0.5, 1.5, math.nan):
        with refuses(ValueError, f"input must be between 0 and 1 everywhere; got {bad}"):
            binary_cross_entropy(torch.tensor([0.5, bad]), half)
    both = (binary_cross_entropy, binary_cross_entropy_with_logits)
    names = [(loss, "weight") for loss in both]
    for loss, name in (*names, (binary_cross_entropy_with_logits, "pos_weight")):
        for wrong in ((3,), (2, 2), (1, 2)):
            message = f"{name} must broadcast to the shape of input, (2,); got {wrong}"
            with refuses(ValueError, message):
                loss(p, half, **{name: torch.ones(wrong)})
        for bad in (-0.5, math.nan, math.inf):
            with refuses(ValueError, f"{name} must be finite and at least 0 everywhere; got {bad}"):
                loss(p, half, **{name: torch.tensor([1.0, bad])})
        with refuses(TypeError, f"{name} must be a floating-point tensor; got torch.int64"):
            loss(p, half, **{name: torch.tensor([1, 2])})
    for bad in (-0.1, 1.1, math.nan):
        with refuses(ValueError, f"alpha must be between 0 and 1; got {bad}"):
            binary_focal_loss(p, half, alpha=bad)
    for bad in (-0.1, math.nan, math.inf):
        message = f"gamma must be a finite number of at least 0; got {bad}"
        with refuses(ValueError, message):
            binary_focal_loss(p, half, bad)
        with refuses(ValueError, message):
            focal_loss(torch.zeros(1, 2), torch.tensor([0]), bad)


def test_messages_on_scores_and_indices() -> None:
    """Shapes, dtypes, and indices that are no class."""
    z, y = torch.zeros(2, 3), torch.tensor([0, 2])
    indexed = (cross_entropy, nll_loss, focal_loss)
    for loss in indexed:
        for bad in (3, -1):
            message = f"target must be a class index from 0 to 2 everywhere; got {bad}"
            with refuses(IndexError, message):
                loss(z, torch.tensor([-100, bad]))
        for wrong in ((3,), (2, 1), ()):
            message = (
                "target must have the shape of input without its class dimension, (2,); "
                f"got {wrong}"
            )
            with refuses(ValueError, message):
                loss(z, torch.zeros(wrong, dtype=torch.long))
        message = "target must be a torch.int64 tensor of class indices; got torch.int32"
        with refuses(TypeError, message):
            loss(z, y.int())
        with refuses(TypeError, "target must be a tensor; got list"):
            loss(z, [0, 2])
        for wrong in ((), (2, 0)):
            message = (
                "input must have shape (C,), (N, C) or (N, C, d1, ...) with at least one class; "
                f"got {wrong}"
            )
            with refuses(ValueError, message):
                loss(torch.zeros(wrong), y)
        with refuses(
            ValueError, "weight must have one element for each class, shape (3,); got (2,)"
        ):
            loss(z, y, weight=torch.ones(2))
        with refuses(ValueError, "weight must be finite and at least 0 everywhere; got -1.0"):
            loss(z, y, weight=torch.tensor([1.0, 1.0, -1.0]))
        with refuses(TypeError, "weight must be a tensor; got list"):
            loss(z, y, weight=[1.0, 1.0, 1.0])
        for bad in (1.0, True):
            with refuses(TypeError, f"ignore_index must be an integer; got {type(bad).__name__}"):
                loss(z, y, ignore_index=bad)
    for loss in (nll_loss, focal_loss):
        message = "target must be a torch.int64 tensor of class indices; got torch.float32"
        with refuses(TypeError, message):
            loss(z, torch.zeros(2))
    with refuses(IndexError, "target must be a class index from 0 to 2 everywhere; got -100"):
        brier_score_loss(torch.full((2, 3), 1 / 3), torch.tensor([0, -100]))
    with refuses(ValueError, "input must have at least 2 classes; got shape (2, 1)"):
        focal_loss(torch.zeros(2, 1), torch.zeros(2, dtype=torch.long))


def test_messages_on_probabilities_as_targets() -> None:
    """Outside [0, 1] they are none; and no class can be ignored."""
    z = torch.zeros(2, 3)
    for bad in (-0.5, 1.5, math.nan):
        target = torch.tensor([[0.0, 0.5, 0.5], [bad, 0.0, 0.0]])
        message = f"target must be between 0 and 1 everywhere; got {bad}"
        with refuses(ValueError, message):
            cross_entropy(z, target)
        with refuses(ValueError, message):
            brier_score_loss(torch.full((2, 3), 1 / 3), target)
    with refuses(ValueError, "target must have the shape of input, (2, 3); got (2,)"):
        cross_entropy(z, torch.zeros(2))
    message = "ignore_index must be negative when target holds class probabilities; got 1"
    with refuses(ValueError, message):
        cross_entropy(z, torch.full((2, 3), 1 / 3), ignore_index=1)
    for bad in (-0.1, 1.1, math.nan):
        with refuses(ValueError, f"label_smoothing must be between 0 and 1; got {bad}"):
            cross_entropy(z, torch.tensor([0, 1]), label_smoothing=bad)


def test_messages_on_predicted_probabilities_and_priors() -> None:
    """A Brier score of scores, or a class without examples."""
    y = torch.tensor([0, 1])
    with refuses(ValueError, "input must be between 0 and 1 everywhere; got 2.0"):
        brier_score_loss(torch.tensor([[1.0, 0.0], [2.0, -1.0]]), y)
    message = "input must be probabilities with sum 1 along dim 1 everywhere; got 0.75"
    with refuses(ValueError, message):
        brier_score_loss(torch.tensor([[0.5, 0.5], [0.5, 0.25]]), y)
    z = torch.zeros(2, 2)
    for bad in (0.0, -1.0, math.inf, math.nan):
        with refuses(ValueError, f"prior must be finite and above 0 everywhere; got {bad}"):
            logit_adjusted_cross_entropy(z, y, torch.tensor([1.0, bad]))
        with refuses(ValueError, f"tau must be a finite number above 0; got {bad}"):
            logit_adjusted_cross_entropy(z, y, torch.ones(2), bad)
    with refuses(ValueError, "prior must have one element for each class, shape (2,); got (3,)"):
        logit_adjusted_cross_entropy(z, y, torch.ones(3))
    with refuses(TypeError, "prior must be a floating-point tensor; got torch.int64"):
        logit_adjusted_cross_entropy(z, y, torch.tensor([99, 1]))
    message = "target must be a torch.int64 tensor of class indices; got torch.float32"
    with refuses(TypeError, message):
        logit_adjusted_cross_entropy(z, torch.full((2, 2), 0.5), torch.ones(2))
