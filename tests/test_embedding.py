"""Losses on pairs and triplets: limits, zero vectors, extremes, domains, and every message."""

import itertools
import math
import re
from contextlib import AbstractContextManager

import mpmath
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.func import grad, vmap

from lossfns.embedding import (
    contrastive_loss,
    cosine_embedding_loss,
    triplet_margin_loss,
    triplet_margin_with_distance_loss,
)

# PyTorch's forward-mode derivatives are built on it, as of version 2.13.
pytestmark = pytest.mark.filterwarnings("ignore:.torch.jit.script. is deprecated")

HALF_PRECISION = (torch.float16, torch.bfloat16)
PAIR_LOSSES = (cosine_embedding_loss, contrastive_loss)
TRIPLET_LOSSES = (triplet_margin_loss, triplet_margin_with_distance_loss)

each_pair_loss = pytest.mark.parametrize("loss", PAIR_LOSSES, ids=lambda f: f.__name__)
each_triplet_loss = pytest.mark.parametrize("loss", TRIPLET_LOSSES, ids=lambda f: f.__name__)


def normal(*shape: int, seed: int = 0, dtype: torch.dtype = torch.float64) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(shape, generator=generator, dtype=torch.float64).to(dtype)


def refuses(error: type[Exception], message: str) -> AbstractContextManager:
    return pytest.raises(error, match=f"^{re.escape(message)}$")


# Against formulas in 50 digits


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e4, 1e9], ids=str)
@pytest.mark.parametrize("sign", [1, -1])
def test_cosine_equals_fifty_digits(scale: float, sign: int) -> None:
    """Short vectors feel the ε, long ones overflow nothing."""
    x1, x2 = normal(5, seed=1) * scale, normal(5, seed=2) + 0.5
    actual = cosine_embedding_loss(x1, x2, torch.tensor(sign), margin=-0.25)
    with mpmath.workdps(50):
        u, v = ([mpmath.mpf(c) for c in x.tolist()] for x in (x1, x2))
        epsilon = mpmath.mpf(1e-12)
        lengths = mpmath.sqrt((mpmath.fdot(u, u) + epsilon) * (mpmath.fdot(v, v) + epsilon))
        cosine = mpmath.fdot(u, v) / lengths
        expected = 1 - cosine if sign == 1 else max(0, cosine + mpmath.mpf(1) / 4)
    assert actual.item() == pytest.approx(float(expected), rel=1e-14, abs=0)


@pytest.mark.parametrize("p", [1, 1.5, 2, 3, math.inf])
@pytest.mark.parametrize("eps", [0.0, 1e-6, 0.5])
@pytest.mark.parametrize("swap", [False, True])
def test_triplet_equals_fifty_digits(p: float, eps: float, swap: bool) -> None:
    """The ε is inside the norm, on every coordinate, and has a sign."""
    triplet = [normal(4, seed=seed) for seed in range(3)]
    actual = triplet_margin_loss(*triplet, margin=3.5, p=p, eps=eps, swap=swap)
    with mpmath.workdps(50):
        a, positive, negative = ([mpmath.mpf(c) for c in x.tolist()] for x in triplet)

        def distance(u: list, v: list) -> mpmath.mpf:
            sizes = [abs(c - d + mpmath.mpf(eps)) for c, d in zip(u, v, strict=True)]
            if p == math.inf:
                return max(sizes)
            # Spelled out, because mpmath.norm drops the decimals of p.
            return mpmath.fsum(size ** mpmath.mpf(p) for size in sizes) ** (1 / mpmath.mpf(p))

        far = distance(a, negative)
        far = min(far, distance(positive, negative)) if swap else far
        expected = max(0, 3.5 + distance(a, positive) - far)
    assert actual.item() == pytest.approx(float(expected), rel=1e-14, abs=0)
    assert expected > 0


@pytest.mark.parametrize("scale", [1e-8, 1.0, 1e8], ids=str)
@pytest.mark.parametrize("sign", [1, -1])
def test_contrastive_equals_fifty_digits(scale: float, sign: int) -> None:
    """From points that all but coincide to points beyond the margin."""
    x1, x2 = normal(3, seed=1) * scale, normal(3, seed=2) * scale
    actual = contrastive_loss(x1, x2, torch.tensor(sign), margin=2.0)
    with mpmath.workdps(50):
        pairs = zip(x1.tolist(), x2.tolist(), strict=True)
        distance = mpmath.norm([mpmath.mpf(u) - mpmath.mpf(v) for u, v in pairs])
        expected = (distance if sign == 1 else max(0, 2 - distance)) ** 2 / 2
    assert actual.item() == pytest.approx(float(expected), rel=1e-14, abs=0)


# Against PyTorch


@pytest.mark.parametrize("dtype", [torch.float64, *HALF_PRECISION], ids=str)
@pytest.mark.parametrize("p", [1, 1.5, 2, 3, math.inf])
@pytest.mark.parametrize("swap", [False, True])
def test_triplet_and_its_gradients_equal_pytorchs(dtype: torch.dtype, p: float, swap: bool) -> None:
    """Every degree, also where the hinge or the swap is inactive; half precision in float32."""
    drawn = [normal(50, 4, seed=seed, dtype=dtype) for seed in range(3)]
    ours = [tensor.clone().requires_grad_() for tensor in drawn]
    exact = [tensor.double().requires_grad_() for tensor in drawn]
    value = triplet_margin_loss(*ours, p=p, swap=swap, reduction="none")
    expected = F.triplet_margin_loss(*exact, p=p, swap=swap, reduction="none")
    assert value.dtype == dtype
    unit = torch.finfo(dtype).eps
    torch.testing.assert_close(value.double(), expected, rtol=unit, atol=max(1e-14, unit / 100))
    slopes = torch.autograd.grad(value.sum(), ours)
    for slope, wanted in zip(slopes, torch.autograd.grad(expected.sum(), exact), strict=True):
        torch.testing.assert_close(slope.double(), wanted, rtol=2 * unit, atol=max(1e-14, unit))


@pytest.mark.parametrize("sign_dtype", [torch.float32, torch.float64, torch.int64, torch.int8])
def test_cosine_takes_signs_of_any_kind_of_number(sign_dtype: torch.dtype) -> None:
    """A target's dtype neither counts nor promotes the loss."""
    x1, x2 = normal(20, 3, dtype=torch.float32), normal(20, 3, seed=1, dtype=torch.float32)
    target = torch.ones(20, dtype=sign_dtype)
    target[::2] = -1
    loss = cosine_embedding_loss(x1, x2, target)
    assert loss.dtype == torch.float32
    torch.testing.assert_close(loss, F.cosine_embedding_loss(x1, x2, target))


def test_one_pair_without_a_batch_dimension() -> None:
    """(D,) with a sign of no dimension is one pair, as in PyTorch."""
    x1, x2 = normal(4), normal(4, seed=1)
    one = torch.tensor(1.0)
    loss = cosine_embedding_loss(x1, x2, one, reduction="none")
    assert loss.shape == ()
    torch.testing.assert_close(loss, F.cosine_embedding_loss(x1, x2, one))
    batch = contrastive_loss(x1.unsqueeze(0), x2.unsqueeze(0), one.unsqueeze(0))
    torch.testing.assert_close(contrastive_loss(x1, x2, one), batch)


def test_default_distance_is_that_of_the_triplet_loss() -> None:
    """The same Euclidean distance, with its ε."""
    triplet = [normal(6, 3, seed=seed) for seed in range(3)]
    for swap in (False, True):
        options = {"margin": 0.7, "swap": swap, "reduction": "none"}
        with_default = triplet_margin_with_distance_loss(*triplet, **options)
        assert torch.equal(with_default, triplet_margin_loss(*triplet, **options))
        assert torch.equal(with_default, F.triplet_margin_with_distance_loss(*triplet, **options))


def test_any_distance_may_be_given() -> None:
    """A distance of the reader's own decides, and it sees the embeddings as they are."""
    seen = []

    def one_minus_cosine(u: Tensor, v: Tensor) -> Tensor:
        seen.append(u.dtype)
        return 1 - torch.cosine_similarity(u, v)

    triplet = [normal(6, 3, seed=seed) for seed in range(3)]
    for swap in (False, True):
        options = {"distance_function": one_minus_cosine, "margin": 0.7, "swap": swap}
        torch.testing.assert_close(
            triplet_margin_with_distance_loss(*triplet, **options),
            F.triplet_margin_with_distance_loss(*triplet, **options),
            rtol=1e-14,
            atol=0,
        )
    seen.clear()
    half = [tensor.bfloat16() for tensor in triplet]
    loss = triplet_margin_with_distance_loss(*half, distance_function=one_minus_cosine)
    assert loss.dtype == torch.bfloat16
    assert seen == [torch.bfloat16] * 2


@pytest.mark.parametrize("dtype", HALF_PRECISION, ids=str)
def test_half_precision_distances_are_subtracted_in_float32(dtype: torch.dtype) -> None:
    """The margin is lost beside a distance of 2/ε; the loss is 2, and PyTorch makes it 1."""
    size = 2 / torch.finfo(dtype).eps
    triplet = torch.tensor([[0.0], [size], [size - 1]], dtype=dtype).unsqueeze(1)

    def city_block(u: Tensor, v: Tensor) -> Tensor:
        return (u - v).abs().sum(-1)

    assert triplet_margin_with_distance_loss(*triplet, distance_function=city_block) == 2
    assert F.triplet_margin_with_distance_loss(*triplet, distance_function=city_block) == 1


# Where PyTorch is wrong or silent


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, *HALF_PRECISION], ids=str)
@pytest.mark.parametrize("sign", [1, -1])
def test_cosine_of_a_zero_vector_is_zero_with_gradient_zero(dtype: torch.dtype, sign: int) -> None:
    """No direction, no pull: PyTorch returns 10⁶ times the other unit vector, or NaN."""
    x1 = torch.tensor([[0, 0], [0, 0], [3, 4]], dtype=dtype, requires_grad=True)
    x2 = torch.tensor([[3, 4], [0, 0], [0, 0]], dtype=dtype, requires_grad=True)
    target = torch.full((3,), sign)
    value = cosine_embedding_loss(x1, x2, target, margin=-0.5, reduction="none")
    assert value.tolist() == [1 if sign == 1 else 0.5] * 3
    slopes = torch.autograd.grad(value.sum(), (x1, x2), create_graph=True)
    for slope in slopes:
        assert torch.equal(slope, torch.zeros_like(slope))
    for second in torch.autograd.grad(sum(s.sum() for s in slopes), (x1, x2)):
        assert torch.equal(second, torch.zeros_like(second))


def test_pytorch_has_these_faults() -> None:
    """What the docstring says of PyTorch: if it is repaired, the sentence must go."""
    zero = torch.zeros(1, 2, requires_grad=True)
    other, one = torch.tensor([[3.0, 4.0]]), torch.tensor([1.0])
    (slope,) = torch.autograd.grad(F.cosine_embedding_loss(zero, other, one), zero)
    assert slope.abs().max() > 1e5
    half = F.cosine_embedding_loss(zero.detach().half(), other.half(), one.half())
    assert half.isnan()
    assert F.cosine_embedding_loss(1e10 * other, 1e10 * other, one) == 1
    assert F.cosine_embedding_loss(other, other, 7 * one) == 0
    assert F.triplet_margin_loss(other, other, torch.zeros(5, 2)).shape == ()


@pytest.mark.parametrize("norm", [1e-5, 1.0, 1e4, 1e10, 1e18])
def test_cosine_of_long_vectors_survives(norm: float) -> None:
    """Parallel vectors have cosine 1 up to where their squares overflow."""
    x = torch.tensor([[0.6, 0.8]]) * norm
    loss = cosine_embedding_loss(x, x, torch.tensor([1]))
    # The ε costs 10⁻¹² / ‖x‖² of the cosine.
    assert loss.item() == pytest.approx(0, abs=2e-7 + 1e-12 / norm**2)


@each_triplet_loss
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, *HALF_PRECISION], ids=str)
@pytest.mark.parametrize("swap", [False, True])
def test_triplet_gradient_is_finite_at_distance_zero(loss, dtype, swap: bool) -> None:
    """All three points in one place, the first step of many a collapsed network."""
    same = [torch.ones(2, 3, dtype=dtype, requires_grad=True) for _ in range(3)]
    value = loss(*same, swap=swap)
    assert value.item() == 1
    for slope in torch.autograd.grad(value, same):
        assert slope.isfinite().all()


@pytest.mark.parametrize("p", [1, 1.5, 2, 3, math.inf])
def test_triplet_without_epsilon_takes_the_subgradient_zero(p: float) -> None:
    """At distance 0 every unit vector of the dual norm is a subgradient, and so is 0."""
    point = torch.ones(1, 3, dtype=torch.float64, requires_grad=True)
    away = torch.tensor([[2.0, 1.0, 1.0]], dtype=torch.float64)
    value = triplet_margin_loss(point, point.detach(), away, margin=2.0, p=p, eps=0.0)
    assert value.item() == 1
    (slope,) = torch.autograd.grad(value, point)
    assert slope.tolist() == [[1, 0, 0]]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, *HALF_PRECISION], ids=str)
@pytest.mark.parametrize("sign", [1, -1])
def test_contrastive_gradient_is_zero_at_distance_zero(dtype: torch.dtype, sign: int) -> None:
    """A spring at rest, or one that does not know which way to push."""
    x1, x2 = (torch.ones(2, 3, dtype=dtype, requires_grad=True) for _ in range(2))
    value = contrastive_loss(x1, x2, torch.full((2,), sign), margin=2.0, reduction="sum")
    assert value.item() == (0 if sign == 1 else 4)
    slopes = torch.autograd.grad(value, (x1, x2), create_graph=True)
    for slope in slopes:
        assert torch.equal(slope, torch.zeros_like(slope))
    # A similar pair's Hessian is the identity also here; a dissimilar one's is taken as 0.
    (second,) = torch.autograd.grad(slopes[0].sum(), x1)
    assert torch.equal(second, torch.full_like(second, 1 if sign == 1 else 0))


def test_contrastive_forces_are_those_of_the_springs() -> None:
    """Pull d on a similar pair; push m − d on a dissimilar one, and none beyond the margin."""
    x1 = torch.tensor([[3.0, 4.0]] * 3, dtype=torch.float64, requires_grad=True)
    target = torch.tensor([1, -1, -1])
    unit = torch.tensor([0.6, 0.8], dtype=torch.float64)
    for margin, push in [(6.0, 1.0), (5.0, 0.0), (4.0, 0.0)]:
        value = contrastive_loss(x1, torch.zeros_like(x1), target, margin, reduction="sum")
        (slope,) = torch.autograd.grad(value, x1)
        torch.testing.assert_close(slope[0], 5 * unit, rtol=1e-15, atol=0)
        torch.testing.assert_close(slope[1], -push * unit, rtol=1e-14, atol=0)


def test_contrastive_is_half_the_squared_hinge_embedding() -> None:
    """The same two branches on the distance, the second one squared."""
    x1, x2 = normal(30, 3), normal(30, 3, seed=1)
    target = torch.ones(30)
    target[::2] = -1
    distance = (x1 - x2).norm(dim=1)
    hinge = F.hinge_embedding_loss(distance, target, margin=3.0, reduction="none")
    actual = contrastive_loss(x1, x2, target, margin=3.0, reduction="none")
    torch.testing.assert_close(actual, hinge.square() / 2, rtol=1e-13, atol=0)


@pytest.mark.parametrize("dtype", HALF_PRECISION, ids=str)
@each_pair_loss
def test_half_precision_mean_over_seventy_thousand_pairs(loss, dtype: torch.dtype) -> None:
    """Neither the sum nor the count fits into float16."""
    x1, x2 = normal(70_000, 2, dtype=dtype), normal(70_000, 2, seed=1, dtype=dtype)
    target = torch.ones(70_000)
    actual = loss(x1, x2, target)
    expected = loss(x1.double(), x2.double(), target)
    torch.testing.assert_close(actual, expected.to(dtype), rtol=torch.finfo(dtype).eps, atol=0)


# Derivatives, compilers and transforms


@each_pair_loss
def test_pair_losses_compile_and_vmap(loss) -> None:
    """One graph, and single examples' gradients by transform as by a loop."""
    x1, x2 = normal(4, 3), normal(4, 3, seed=1)
    target = torch.tensor([1, -1, 1, -1])
    torch.compiler.reset()
    compiled = torch.compile(loss, fullgraph=True, backend="aot_eager")
    torch.testing.assert_close(compiled(x1, x2, target), loss(x1, x2, target))
    each = vmap(grad(loss))(x1, x2, target)
    for row, (u, v, sign) in enumerate(zip(x1, x2, target, strict=True)):
        torch.testing.assert_close(each[row], grad(loss)(u, v, sign))


@each_triplet_loss
def test_triplet_losses_compile_and_vmap(loss) -> None:
    """One graph, and single examples' gradients by transform as by a loop."""
    triplet = [normal(4, 3, seed=seed) for seed in range(3)]
    torch.compiler.reset()
    compiled = torch.compile(loss, fullgraph=True, backend="aot_eager")
    torch.testing.assert_close(compiled(*triplet, swap=True), loss(*triplet, swap=True))
    each = vmap(grad(loss))(*triplet)
    for row, vectors in enumerate(zip(*triplet, strict=True)):
        torch.testing.assert_close(each[row], grad(loss)(*vectors))


@pytest.mark.parametrize("p", [1, 1.5, 2, 3, math.inf])
@pytest.mark.parametrize("swap", [False, True])
def test_triplet_derivatives_are_those_of_finite_differences(p: float, swap: bool) -> None:
    """First and second, in every degree."""
    triplet = [normal(3, 2, seed=seed).requires_grad_() for seed in range(3)]

    def loss(*vectors: Tensor) -> Tensor:
        return triplet_margin_loss(*vectors, p=p, swap=swap)

    assert torch.autograd.gradcheck(loss, triplet)
    assert torch.autograd.gradgradcheck(loss, triplet)


# Messages


@each_pair_loss
def test_messages_on_shapes_of_pairs(loss) -> None:
    """Nothing is broadcast, and a vector has a coordinate."""
    x, one = torch.ones(3, 2), torch.ones(3)
    with refuses(ValueError, "input2 must have the shape of input1, (3, 2); got (3, 1)"):
        loss(x, torch.ones(3, 1), one)
    with refuses(ValueError, "input1 must have shape (*, D) with D at least 1; got ()"):
        loss(torch.tensor(1.0), torch.tensor(1.0), torch.tensor(1.0))
    with refuses(ValueError, "input1 must have shape (*, D) with D at least 1; got (3, 0)"):
        loss(torch.ones(3, 0), torch.ones(3, 0), one)
    with refuses(ValueError, "input1 must have shape (N, D) or (D,); got (3, 2, 2)"):
        loss(torch.ones(3, 2, 2), torch.ones(3, 2, 2), one)
    for shape in [(), (1,), (3, 1), (2,)]:
        message = f"target must have shape (3,), one sign for each pair; got {shape}"
        with refuses(ValueError, message):
            loss(x, x, torch.ones(shape))
    with refuses(ValueError, "target must have shape (), one sign for each pair; got (1,)"):
        loss(x[0], x[0], one[:1])


@each_pair_loss
def test_messages_on_targets_of_pairs(loss) -> None:
    """A label of 0 for 'different' is the costliest mistake: PyTorch scores such a pair 0."""
    x = torch.ones(3, 2)
    for wrong in (0.0, 2.0, -0.5, math.nan, math.inf):
        with refuses(ValueError, f"target must be 1 or -1 everywhere; got {wrong}"):
            loss(x, x, torch.tensor([1.0, wrong, -1.0]))
    with refuses(ValueError, "target must be 1 or -1 everywhere; got 0"):
        loss(x, x, torch.tensor([1, 0, -1]))
    message = "target must be a floating-point or integer tensor; got torch.bool"
    with refuses(TypeError, message):
        loss(x, x, torch.ones(3, dtype=torch.bool))
    with refuses(TypeError, "target must be a tensor; got list"):
        loss(x, x, [1, 1, 1])


def test_target_values_are_not_read_where_they_cannot_be() -> None:
    """A compiler and vmap have no numbers to look at; shapes are still checked."""
    x, wrong = torch.ones(3, 2), torch.zeros(3)
    vmap(cosine_embedding_loss)(x, x, wrong)
    assert cosine_embedding_loss(x.to("meta"), x.to("meta"), wrong.to("meta")).shape == ()
    with pytest.raises(ValueError, match="target must have shape"):
        vmap(cosine_embedding_loss)(x, x, torch.ones(3, 1))


@pytest.mark.parametrize("margin", [-1.01, 1.01, math.nan, math.inf])
def test_message_on_a_margin_that_is_no_cosine(margin: float) -> None:
    """Beyond 1 no pair with target -1 costs anything."""
    x = torch.ones(3, 2)
    with refuses(ValueError, f"margin must be a cosine, from -1 to 1; got {margin}"):
        cosine_embedding_loss(x, x, torch.ones(3), margin=margin)
    for allowed in (-1, 1):
        cosine_embedding_loss(x, x, torch.ones(3), margin=allowed)


@pytest.mark.parametrize("margin", [0.0, -1.0, math.nan, math.inf])
def test_message_on_a_margin_that_is_no_length(margin: float) -> None:
    """Without a margin, all points in one place cost nothing."""
    x = torch.ones(3, 2)
    message = f"margin must be a finite number above 0; got {margin}"
    for loss in TRIPLET_LOSSES:
        with refuses(ValueError, message):
            loss(x, x, x, margin=margin)
    with refuses(ValueError, message):
        triplet_margin_with_distance_loss(
            x, x, x, distance_function=torch.pairwise_distance, margin=margin
        )
    with refuses(ValueError, message):
        contrastive_loss(x, x, torch.ones(3), margin=margin)


def test_messages_on_degree_and_epsilon() -> None:
    """Below 1 the triangle inequality fails; a negative ε could meet a difference and hide it."""
    x = torch.ones(3, 2)
    for p in (0.99, 0, -1, -math.inf, math.nan):
        with refuses(ValueError, f"p must be the degree of a norm, at least 1; got {p}"):
            triplet_margin_loss(x, x, x, p=p)
    for eps in (-1e-6, math.nan, math.inf):
        message = f"eps must be a finite number of at least 0; got {eps}"
        with refuses(ValueError, message):
            triplet_margin_loss(x, x, x, eps=eps)


@each_triplet_loss
def test_messages_on_shapes_of_triplets(loss) -> None:
    """PyTorch broadcasts one negative against all anchors without a word."""
    x = torch.ones(3, 2)
    for shape, position in itertools.product([(1, 2), (2,), (3, 1), (4, 3, 2)], (1, 2)):
        triplet = [x, x, x]
        triplet[position] = torch.ones(shape)
        name = ("anchor", "positive", "negative")[position]
        with refuses(ValueError, f"{name} must have the shape of anchor, (3, 2); got {shape}"):
            loss(*triplet)
    message = "anchor must have shape (*, D) with D at least 1; got (3, 0)"
    with refuses(ValueError, message):
        loss(*[torch.ones(3, 0)] * 3)


def test_messages_on_distances() -> None:
    """A distance that is none, or that lost a dimension for one of the pairs."""
    x = torch.ones(3, 2)

    def loss(function, **options) -> Tensor:
        return triplet_margin_with_distance_loss(x, x, 2 * x, distance_function=function, **options)

    with refuses(TypeError, "the result of distance_function must be a tensor; got float"):
        loss(lambda u, v: 1.0)  # noqa: ARG005
    message = "the result of distance_function must be a floating-point tensor; got torch.int64"
    with refuses(TypeError, message):
        loss(lambda u, v: (u - v).sum(1).long())
    message = "the distances to negative must have the shape of those to positive, (3,); got ()"
    with refuses(ValueError, message):
        loss(lambda u, v: (v - u).norm(dim=None if v.max() > 1 else 1))
    answers = [torch.zeros(3), torch.zeros(3), torch.zeros(())]
    with refuses(ValueError, message):
        loss(lambda u, v: answers.pop(0), swap=True)  # noqa: ARG005


def test_contrastive_margin_is_one_unless_said_otherwise() -> None:
    near, far, sign = normal(9, 3), normal(9, 3, seed=1), -torch.ones(9)
    assert torch.equal(
        contrastive_loss(near / 9, far / 9, sign), contrastive_loss(near / 9, far / 9, sign, 1.0)
    )
