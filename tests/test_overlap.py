"""Losses on overlapping regions: against scikit-learn, their identities, every message."""

import math
import re
from contextlib import AbstractContextManager

import mpmath
import numpy as np
import pytest
import torch
from sklearn.metrics import f1_score, fbeta_score, jaccard_score
from torch import Tensor
from torch.func import grad, vmap

from lossfns.overlap import dice_loss, tversky_loss

LOSSES = (dice_loss, tversky_loss)
each_loss = pytest.mark.parametrize("loss", LOSSES, ids=lambda f: f.__name__)


def uniform(*shape: int, seed: int = 0, dtype: torch.dtype = torch.float64) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(shape, generator=generator, dtype=torch.float64).to(dtype)


def refuses(error: type[Exception], message: str) -> AbstractContextManager:
    return pytest.raises(error, match=f"^{re.escape(message)}$")


# Against independent implementations


def test_of_masks_dice_is_one_minus_f1_and_tversky_covers_jaccard_and_f_beta() -> None:
    """Predictions of 0 and 1 are counted, region by region."""
    predicted, truth = uniform(3, 2, 40) > 0.5, uniform(3, 2, 40, seed=1) > 0.4
    for reference, actual in [
        (f1_score, dice_loss(predicted.double(), truth, 0.0, reduction="none")),
        (jaccard_score, tversky_loss(predicted.double(), truth, 1, 1, 0.0, reduction="none")),
        (
            # F_β weighs a missed pixel β² times as heavy as a wrong one.
            lambda y, p: fbeta_score(y, p, beta=2),
            tversky_loss(predicted.double(), truth, 0.2, 0.8, 0.0, reduction="none"),
        ),
    ]:
        for n in range(3):
            for c in range(2):
                score = reference(truth[n, c].numpy(), predicted[n, c].numpy())
                assert actual[n, c].item() == pytest.approx(1 - score, rel=1e-13)


@pytest.mark.parametrize("smooth", [0.0, 1e-5, 1.0, 100.0])
def test_equal_fifty_digits(smooth: float) -> None:
    """Soft probabilities and soft masks, sizes that differ by six orders of magnitude."""
    p, y = uniform(1, 1, 30) ** 4, 1e-6 * uniform(1, 1, 30, seed=1)
    with mpmath.workdps(50):
        ps, ys = ([mpmath.mpf(v) for v in x.flatten().tolist()] for x in (p, y))
        s = mpmath.mpf(smooth)
        overlap = mpmath.fdot(ps, ys)
        dice = 1 - (2 * overlap + s) / (mpmath.fsum(ps) + mpmath.fsum(ys) + s)
        wrong = mpmath.fsum(a * (1 - b) for a, b in zip(ps, ys, strict=True))
        missed = mpmath.fsum((1 - a) * b for a, b in zip(ps, ys, strict=True))
        errors = mpmath.mpf(0.3) * wrong + mpmath.mpf(0.7) * missed
        tversky = 1 - (overlap + s) / (overlap + errors + s)
    assert dice_loss(p, y, smooth).item() == pytest.approx(float(dice), rel=1e-13)
    actual = tversky_loss(p, y, 0.3, 0.7, smooth).item()
    assert actual == pytest.approx(float(tversky), rel=1e-13)


def test_classes_are_one_hot_masks() -> None:
    """Integer classes without the class dimension mean their one-hot masks."""
    probabilities = uniform(2, 3, 4, 5).softmax(1)
    classes = (3 * uniform(2, 4, 5, seed=1)).long()
    one_hot = torch.from_numpy(np.moveaxis(np.eye(3)[classes.numpy()], -1, 1))
    for loss in LOSSES:
        expected = loss(probabilities, one_hot, reduction="none")
        assert torch.equal(loss(probabilities, classes, reduction="none"), expected)
        for dtype in (torch.bool, torch.uint8, torch.int64, torch.float32):
            assert torch.equal(loss(probabilities, one_hot.to(dtype), reduction="none"), expected)


# Identities and limits


def test_dice_is_tversky_with_equal_prices() -> None:
    """½ for each error, and half the smoothing."""
    p, y = uniform(3, 2, 4, 5), uniform(3, 2, 4, 5, seed=1)
    for smooth in (0.0, 1.0, 7.0):
        torch.testing.assert_close(
            tversky_loss(p, y, smooth=smooth / 2, reduction="none"),
            dice_loss(p, y, smooth, reduction="none"),
            rtol=1e-13,
            atol=1e-15,
        )


def test_prices_tell_wrong_pixels_from_missed_ones() -> None:
    """α is paid for what is predicted too much, β for what is missed."""
    mask = torch.tensor([[[1.0, 1.0, 0.0, 0.0]]])
    too_much, missed = torch.ones(1, 1, 4), torch.tensor([[[1.0, 0.0, 0.0, 0.0]]])
    assert tversky_loss(too_much, mask, 0.2, 0.9, 0.0).item() == pytest.approx(0.4 / 2.4)
    assert tversky_loss(missed, mask, 0.2, 0.9, 0.0).item() == pytest.approx(0.9 / 1.9)


@each_loss
def test_a_right_region_costs_nothing_and_a_disjoint_one_everything(loss) -> None:
    """From 0 to 1, without smoothing."""
    mask = torch.tensor([[[1.0, 1.0, 0.0, 0.0]]])
    assert loss(mask, mask, smooth=0.0) == 0
    assert loss(1 - mask, mask, smooth=0.0) == 1


@each_loss
def test_an_empty_region_predicted_empty_costs_nothing_if_smoothed(loss) -> None:
    """0/0 without smoothing, as a mean over nothing."""
    empty = torch.zeros(1, 1, 4, requires_grad=True)
    value = loss(empty, empty.detach())
    assert value == 0
    (slope,) = torch.autograd.grad(value, empty)
    assert slope.isfinite().all()
    assert loss(empty.detach(), empty.detach(), smooth=0.0).isnan()


@each_loss
def test_background_does_not_count(loss) -> None:
    """A million true negatives change nothing; cross-entropy would be all about them."""
    p, y = uniform(1, 1, 10), (uniform(1, 1, 10, seed=1) > 0.5).double()
    padded = [torch.nn.functional.pad(x, (0, 10**6)) for x in (p, y)]
    torch.testing.assert_close(loss(*padded), loss(p, y), rtol=1e-13, atol=0)


def test_mean_is_over_regions() -> None:
    """Every class of every example counts the same, whatever its size."""
    p, y = uniform(3, 2, 4, 5), uniform(3, 2, 4, 5, seed=1)
    for loss in LOSSES:
        each = loss(p, y, reduction="none")
        assert each.shape == (3, 2)
        torch.testing.assert_close(loss(p, y), each.sum() / 6)
        torch.testing.assert_close(loss(p, y, reduction="sum"), each.sum())
        assert loss(p[:0], y[:0]).isnan()


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16], ids=str)
@each_loss
def test_half_precision_counts_a_hundred_thousand_pixels(loss, dtype: torch.dtype) -> None:
    """A region's size overflows float16 from 65,504 pixels."""
    p, y = uniform(1, 1, 400, 300, dtype=dtype), uniform(1, 1, 400, 300, seed=1) > 0.2
    actual, exact = loss(p, y), loss(p.double(), y)
    assert actual.dtype == dtype
    torch.testing.assert_close(actual, exact.to(dtype), rtol=torch.finfo(dtype).eps, atol=0)


@each_loss
def test_dtypes_are_promoted(loss) -> None:
    """A soft mask in float64 gives a float64 loss, a mask of booleans none."""
    p = uniform(1, 1, 3, dtype=torch.float32)
    assert loss(p, uniform(1, 1, 3)).dtype == torch.float64
    assert loss(p, p > 0.5).dtype == torch.float32
    assert loss(p.double(), p).dtype == torch.float64


# Derivatives, compilers and transforms


@each_loss
def test_gradient_by_a_soft_target_is_that_of_finite_differences(loss) -> None:
    """Distillation has a gradient on either side."""
    leaves = [(0.1 + 0.8 * uniform(2, 2, 3, seed=seed)).requires_grad_() for seed in (0, 1)]
    assert torch.autograd.gradcheck(loss, leaves)
    assert torch.autograd.gradgradcheck(loss, leaves)


@each_loss
def test_compiles_and_vmaps(loss) -> None:
    """One graph; single examples' gradients by transform as by a loop."""
    p, classes = uniform(4, 1, 3, 5).softmax(2), (3 * uniform(4, 1, 5, seed=1)).long()
    torch.compiler.reset()
    compiled = torch.compile(loss, fullgraph=True, backend="aot_eager")
    torch.testing.assert_close(compiled(p[0], classes[0]), loss(p[0], classes[0]))
    each = vmap(grad(loss))(p, classes)
    for row in range(4):
        torch.testing.assert_close(each[row], grad(loss)(p[row], classes[row]))


# Messages


@each_loss
def test_messages_on_shapes(loss) -> None:
    """The class dimension is never guessed."""
    for shape in [(), (4,), (4, 3), (4, 0, 3), (4, 3, 0)]:
        message = (
            "input must have shape (N, C, d1, ...) with at least one class and one pixel; "
            f"got {shape}"
        )
        with refuses(ValueError, message):
            loss(torch.zeros(shape), torch.zeros(shape))
    p = torch.zeros(2, 1, 4, 4)
    for shape in [(2, 4, 4), (2, 1, 4, 1), (2, 2, 4, 4)]:
        message = f"target must have the shape of input, (2, 1, 4, 4); got {shape}"
        with refuses(ValueError, message):
            loss(p, torch.zeros(shape).long())
    p = torch.zeros(2, 3, 4, 4)
    with refuses(
        ValueError, "target must have the shape of a channel of input, (2, 4, 4); got (2, 4, 1)"
    ):
        loss(p, torch.zeros(2, 4, 1).long())
    with refuses(ValueError, "target must have the shape of input, (2, 3, 4, 4); got (2, 4)"):
        loss(p, torch.zeros(2, 4).long())


@each_loss
def test_messages_on_values(loss) -> None:
    """Logits are the usual mistake; a mask of 255 the next."""
    good = torch.full((1, 2, 3), 0.5)
    for wrong in (-0.5, 1.5, math.nan, math.inf):
        bad = good.clone()
        bad[0, 1, 2] = wrong
        message = f"input must be a probability, from 0 to 1, everywhere; got {wrong}"
        with refuses(ValueError, message):
            loss(bad, good)
        with refuses(ValueError, f"target must be from 0 to 1 everywhere; got {wrong}"):
            loss(good, bad)
    with refuses(ValueError, "target must be from 0 to 1 everywhere; got 255"):
        loss(good, torch.full((1, 2, 3), 255, dtype=torch.uint8))
    for wrong in (-1, 2):
        message = f"target must be a class index from 0 to 1 everywhere; got {wrong}"
        with refuses(IndexError, message):
            loss(good, torch.tensor([[0, 1, wrong]]))


@each_loss
def test_messages_on_types(loss) -> None:
    """What is no tensor, or no number."""
    good = torch.full((1, 2, 3), 0.5)
    with refuses(TypeError, "target must be a tensor; got list"):
        loss(good, [0, 1, 1])
    message = "target must be a torch.int64 tensor of class indices; got torch.float32"
    with refuses(TypeError, message):
        loss(good, torch.zeros(1, 3))
    message = "target must be a floating-point or integer tensor; got torch.complex64"
    with refuses(TypeError, message):
        loss(good, good.to(torch.complex64))


def test_messages_on_parameters() -> None:
    """A free error would be made everywhere."""
    good = torch.full((1, 2, 3), 0.5)
    for loss in LOSSES:
        for wrong in (-1.0, math.nan, math.inf):
            message = f"smooth must be a finite number of at least 0; got {wrong}"
            with refuses(ValueError, message):
                loss(good, good, smooth=wrong)
    for name in ("alpha", "beta"):
        for wrong in (0.0, -1.0, math.nan, math.inf):
            with refuses(ValueError, f"{name} must be a finite number above 0; got {wrong}"):
                tversky_loss(good, good, **{name: wrong})


def test_smoothing_is_one_unless_said_otherwise() -> None:
    p, mask = uniform(2, 1, 6), torch.ones(2, 1, 6)
    assert torch.equal(dice_loss(p, mask), dice_loss(p, mask, 1.0))
    assert torch.equal(tversky_loss(p, mask), tversky_loss(p, mask, 0.5, 0.5, 1.0))
