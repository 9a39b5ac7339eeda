"""Contrastive losses: against an independent N-way cross-entropy, their limits, every message."""

import math
import re
from contextlib import AbstractContextManager

import mpmath
import numpy as np
import pytest
import torch
from scipy.special import log_softmax
from torch import Tensor
from torch.func import grad, vmap

from lossfns.contrastive import info_nce_loss, nt_xent_loss, sup_con_loss

# PyTorch's forward-mode derivatives are built on it, as of version 2.13.
pytestmark = pytest.mark.filterwarnings("ignore:.torch.jit.script. is deprecated")

HALF_PRECISION = (torch.float16, torch.bfloat16)
REAL = (torch.float32, torch.float64, *HALF_PRECISION)


def normal(*shape: int, seed: int = 0, dtype: torch.dtype = torch.float64) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(shape, generator=generator, dtype=torch.float64).to(dtype)


def refuses(error: type[Exception], message: str) -> AbstractContextManager:
    return pytest.raises(error, match=f"^{re.escape(message)}$")


def unit(vectors: Tensor) -> np.ndarray:
    array = vectors.numpy()
    return array / np.linalg.norm(array, axis=-1, keepdims=True)


def assert_close(actual: Tensor, expected: np.ndarray) -> None:
    np.testing.assert_allclose(actual.numpy(), expected, rtol=1e-12, atol=1e-14)


# Against N-way cross-entropy in NumPy and SciPy


@pytest.mark.parametrize("similarity", ["cosine", "dot"])
def test_info_nce_in_batch_is_cross_entropy_over_the_keys(similarity: str) -> None:
    """N classes, the right one on the diagonal."""
    query, key = normal(7, 4), normal(7, 4, seed=1)
    q, k = (unit(query), unit(key)) if similarity == "cosine" else (query.numpy(), key.numpy())
    expected = -np.diag(log_softmax(q @ k.T / 0.3, axis=1))
    options = {"temperature": 0.3, "similarity": similarity}
    assert_close(info_nce_loss(query, key, **options, reduction="none"), expected)
    assert_close(info_nce_loss(query, key, **options), expected.mean())
    assert_close(info_nce_loss(query, key, **options, reduction="sum"), expected.sum())


@pytest.mark.parametrize("similarity", ["cosine", "dot"])
@pytest.mark.parametrize("own", [False, True], ids=["shared", "own"])
def test_info_nce_with_negatives_is_cross_entropy_over_one_more(similarity: str, own: bool) -> None:
    """1 + M classes, the right one first; the other queries' keys are none of them."""
    query, key = normal(5, 4), normal(5, 4, seed=1)
    negatives = normal(*((5, 3, 4) if own else (3, 4)), seed=2)
    arrays = [query.numpy(), key.numpy(), negatives.numpy()]
    if similarity == "cosine":
        arrays = [unit(query), unit(key), unit(negatives)]
    q, k, n = arrays
    logits = np.empty((5, 4))
    for i in range(5):
        logits[i, 0] = q[i] @ k[i]
        logits[i, 1:] = (n[i] if own else n) @ q[i]
    expected = -log_softmax(logits / 0.1, axis=1)[:, 0]
    actual = info_nce_loss(query, key, negatives, similarity=similarity, reduction="none")
    assert_close(actual, expected)


def test_info_nce_takes_a_single_query_with_negatives_of_its_own() -> None:
    """Without other queries the negatives must come from elsewhere, and then may."""
    query, key, negatives = normal(1, 4), normal(1, 4, seed=1), normal(3, 4, seed=2)
    shared = info_nce_loss(query, key, negatives)
    assert torch.equal(shared, info_nce_loss(query, key, negatives.unsqueeze(0)))


def test_nt_xent_is_cross_entropy_over_both_views() -> None:
    """2N queries of 2N − 1 candidates each, itself excepted."""
    first, second = normal(5, 3), normal(5, 3, seed=1)
    z = unit(torch.cat([first, second]))
    expected = np.empty(10)
    for i in range(10):
        others = [a for a in range(10) if a != i]
        logits = [z[i] @ z[a] / 0.2 for a in others]
        expected[i] = -log_softmax(logits)[others.index((i + 5) % 10)]
    assert_close(nt_xent_loss(first, second, 0.2, reduction="none"), expected)
    assert_close(nt_xent_loss(first, second, 0.2), expected.mean())


def test_sup_con_is_the_mean_cross_entropy_of_its_positives() -> None:
    """The mean over positives outside the logarithm, as in the paper's equation 2."""
    embeddings = normal(9, 3)
    target = torch.tensor([7, -1, 7, 7, -1, 0, 0, 0, 0])
    z = unit(embeddings)
    expected = np.empty(9)
    for i in range(9):
        others = [a for a in range(9) if a != i]
        shares = log_softmax([z[i] @ z[a] / 0.2 for a in others])
        positives = [others.index(a) for a in others if target[a] == target[i]]
        expected[i] = -np.mean(shares[positives])
    assert_close(sup_con_loss(embeddings, target, 0.2, reduction="none"), expected)
    assert_close(sup_con_loss(embeddings, target, 0.2), expected.mean())


def test_sup_con_of_two_views_is_nt_xent() -> None:
    """Each example a class of its own, of two members."""
    first, second = normal(5, 3), normal(5, 3, seed=1)
    both = sup_con_loss(torch.cat([first, second]), torch.arange(5).repeat(2), reduction="none")
    torch.testing.assert_close(both, nt_xent_loss(first, second, reduction="none"))


# Values known in advance


@pytest.mark.parametrize("count", [2, 3, 100])
def test_a_constant_embedding_scores_chance(count: int) -> None:
    """Nothing told apart: log of the number of candidates."""
    same = torch.ones(count, 3, dtype=torch.float64)
    assert info_nce_loss(same, same).item() == pytest.approx(math.log(count))
    assert nt_xent_loss(same, same).item() == pytest.approx(math.log(2 * count - 1))
    one_class = torch.zeros(count, dtype=torch.int64)
    assert sup_con_loss(same, one_class).item() == pytest.approx(math.log(count - 1))


def test_sup_con_of_collapsed_classes_costs_the_log_of_their_positives() -> None:
    """Four members in one place, all else opposite: each of three positives gets a third."""
    embeddings = torch.tensor([[1.0, 0.0]] * 4 + [[-1.0, 0.0]] * 4, dtype=torch.float64)
    loss = sup_con_loss(embeddings, torch.arange(8) // 4, temperature=0.02)
    assert loss.item() == pytest.approx(math.log(3), rel=1e-14)


def test_low_temperature_leaves_the_hardest_negative() -> None:
    """τ·ℓ tends to the excess of the hardest negative over the positive, or to 0."""
    query = torch.tensor([[1.0, 0.0]], dtype=torch.float64)
    key = torch.tensor([[0.6, 0.8]], dtype=torch.float64)
    for hardest, expected in [([0.8, 0.6], 0.2), ([0.0, 1.0], 0.0)]:
        negatives = torch.tensor([hardest, [-1.0, 0.0]], dtype=torch.float64)
        loss = info_nce_loss(query, key, negatives, temperature=1e-6)
        assert 1e-6 * loss.item() == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
def test_a_small_loss_is_not_rounded_to_zero(dtype: torch.dtype) -> None:
    """e⁻⁴⁰ is far below the rounding of the logits that it is the difference of."""
    query = torch.tensor([[1.0, 0.0]], dtype=dtype)
    loss = info_nce_loss(query, query, -query, temperature=0.05)
    with mpmath.workdps(50):
        expected = mpmath.log1p(mpmath.exp(mpmath.mpf(-40)))
    assert loss.item() == pytest.approx(float(expected), rel=50 * torch.finfo(dtype).eps, abs=0)
    views = torch.tensor([[1.0, 0.0], [-1.0, 0.0]], dtype=dtype)
    loss = nt_xent_loss(views, views, temperature=0.05)
    assert loss.item() == pytest.approx(2 * float(expected), rel=50 * torch.finfo(dtype).eps, abs=0)


@pytest.mark.parametrize("scale", [1e-4, 1e4])
@pytest.mark.parametrize("dtype", REAL, ids=str)
def test_embeddings_of_any_length_count_alike(scale: float, dtype: torch.dtype) -> None:
    """Cosines; and products of 10⁸ stay finite where they are asked for."""
    query, key = normal(4, 3, dtype=dtype), normal(4, 3, seed=1, dtype=dtype)
    expected = info_nce_loss(query.double(), key.double())
    actual = info_nce_loss((query.double() * scale).to(dtype), key)
    precision = torch.finfo(dtype).eps
    torch.testing.assert_close(actual.double(), expected, rtol=50 * precision, atol=10 * precision)
    large = (1e4 * torch.tensor([[1.0, 0.0], [0.0, 1.0]])).to(dtype).requires_grad_()
    wrong_way = info_nce_loss(large, large.flip(0), similarity="dot", temperature=1e4)
    assert wrong_way.item() == pytest.approx(1e4, rel=precision)
    (slope,) = torch.autograd.grad(wrong_way, large)
    assert slope.isfinite().all()


@pytest.mark.parametrize("dtype", REAL, ids=str)
def test_a_zero_vector_has_cosines_and_gradient_zero(dtype: torch.dtype) -> None:
    """A dead embedding is not told apart, and moves nothing."""
    embeddings = torch.tensor([[0, 0], [1, 0], [0, 1], [0, 0]], dtype=dtype, requires_grad=True)
    same = embeddings.detach()
    losses = {
        "info_nce": lambda: info_nce_loss(embeddings, same, reduction="none"),
        "nt_xent": lambda: nt_xent_loss(embeddings, same, reduction="none"),
        "sup_con": lambda: sup_con_loss(embeddings, torch.zeros(4).long(), reduction="none"),
    }
    for name, loss in losses.items():
        values = loss()
        chance = {"info_nce": 4, "nt_xent": 7, "sup_con": 3}[name]
        assert values[0].item() == pytest.approx(math.log(chance), rel=torch.finfo(dtype).eps)
        (slope,) = torch.autograd.grad(values.sum(), embeddings, create_graph=True)
        assert torch.equal(slope[[0, 3]], torch.zeros_like(slope[[0, 3]])), name
        (second,) = torch.autograd.grad(slope.sum(), embeddings)
        assert second.isfinite().all(), name


@pytest.mark.parametrize("dtype", HALF_PRECISION, ids=str)
def test_half_precision_is_computed_in_float32(dtype: torch.dtype) -> None:
    """A temperature of 0.01 stretches cosines to 100, where bfloat16 counts by halves."""
    first, second = normal(50, 8, dtype=dtype), normal(50, 8, seed=1, dtype=dtype)
    for loss in (info_nce_loss, nt_xent_loss):
        actual = loss(first, second, temperature=0.01)
        exact = loss(first.double(), second.double(), temperature=0.01)
        torch.testing.assert_close(actual, exact.to(dtype), rtol=torch.finfo(dtype).eps, atol=0)
    target = torch.arange(50) % 5
    exact = sup_con_loss(first.double(), target, 0.01)
    actual = sup_con_loss(first, target, 0.01)
    torch.testing.assert_close(actual, exact.to(dtype), rtol=torch.finfo(dtype).eps, atol=0)


def test_dtypes_are_promoted() -> None:
    """The widest of all arguments, the negatives' included."""
    first, second = normal(3, 2, dtype=torch.float16), normal(3, 2, dtype=torch.float32)
    assert info_nce_loss(first, first).dtype == torch.float16
    assert nt_xent_loss(first, second).dtype == torch.float32
    negatives = normal(3, 2)
    assert info_nce_loss(first, second, negatives.half()).dtype == torch.float32


# Derivatives, compilers and transforms


@pytest.mark.parametrize("similarity", ["cosine", "dot"])
@pytest.mark.parametrize("own", [False, True], ids=["shared", "own"])
def test_gradient_by_negatives_is_that_of_finite_differences(similarity: str, own: bool) -> None:
    """First and second derivatives by all three arguments."""
    negatives = normal(*((2, 3, 2) if own else (3, 2)), seed=2)
    leaves = [normal(2, 2), normal(2, 2, seed=1), negatives]
    leaves = [leaf.requires_grad_() for leaf in leaves]

    def loss(*leaves: Tensor) -> Tensor:
        return info_nce_loss(*leaves, temperature=0.7, similarity=similarity)

    assert torch.autograd.gradcheck(loss, leaves)
    assert torch.autograd.gradgradcheck(loss, leaves)


def test_contrastive_losses_compile_and_vmap() -> None:
    """One graph; batches of batches by transform as by a loop."""
    first, second = normal(2, 4, 3), normal(2, 4, 3, seed=1)
    classes = torch.tensor([[0, 0, 1, 1], [2, 3, 2, 3]])
    cases = [
        (info_nce_loss, (first, second)),
        (info_nce_loss, (first, second, normal(2, 5, 3, seed=2))),
        (nt_xent_loss, (first, second)),
        (sup_con_loss, (first, classes)),
    ]
    for loss, batches in cases:
        torch.compiler.reset()
        one = [batch[0] for batch in batches]
        compiled = torch.compile(loss, fullgraph=True, backend="aot_eager")
        torch.testing.assert_close(compiled(*one), loss(*one))
        each = vmap(grad(loss))(*batches)
        for row, arguments in enumerate(zip(*batches, strict=True)):
            torch.testing.assert_close(each[row], grad(loss)(*arguments))


# Messages


@pytest.mark.parametrize("temperature", [0.0, -0.1, math.nan, math.inf])
def test_message_on_a_wrong_temperature(temperature: float) -> None:
    """At 0 the softmax is none, below it the loss prefers the negatives."""
    x = normal(4, 2)
    message = f"temperature must be a finite number above 0; got {temperature}"
    with refuses(ValueError, message):
        info_nce_loss(x, x, temperature=temperature)
    with refuses(ValueError, message):
        nt_xent_loss(x, x, temperature=temperature)
    with refuses(ValueError, message):
        sup_con_loss(x, torch.zeros(4).long(), temperature=temperature)


def test_messages_on_shapes_of_info_nce() -> None:
    """Queries, keys and negatives have one number of coordinates."""
    x = normal(4, 2)
    for shape in [(), (4,), (4, 0), (2, 4, 2)]:
        with refuses(ValueError, f"query must have shape (N, D) with D at least 1; got {shape}"):
            info_nce_loss(torch.ones(shape), x)
    with refuses(ValueError, "key must have the shape of query, (4, 2); got (1, 2)"):
        info_nce_loss(x, x[:1])
    for shape in [(2,), (0, 2), (3, 1), (1, 3, 2), (4, 0, 2), (4, 3, 1), (4, 1, 3, 2)]:
        message = f"negatives must have shape (M, 2) or (4, M, 2) with M at least 1; got {shape}"
        with refuses(ValueError, message):
            info_nce_loss(x, x, torch.ones(shape))
    message = "negatives must be a floating-point tensor; got torch.int64"
    with refuses(TypeError, message):
        info_nce_loss(x, x, torch.ones(3, 2).long())


@pytest.mark.parametrize("count", [0, 1])
def test_messages_where_there_are_no_negatives(count: int) -> None:
    """The loss of one candidate is 0 whatever the embedding: an odd last batch would not learn."""
    x = torch.ones(count, 2)
    message = (
        "negatives must be given for fewer than 2 queries, which have no other keys; "
        f"got None for {count}"
    )
    with refuses(ValueError, message):
        info_nce_loss(x, x)
    message = (
        f"input1 must hold at least 2 examples, since the others are the negatives; got {count}"
    )
    with refuses(ValueError, message):
        nt_xent_loss(x, x)


def test_message_on_an_unknown_similarity() -> None:
    """Two words are allowed."""
    x = normal(4, 2)
    with refuses(ValueError, "similarity must be 'cosine' or 'dot'; got 'euclidean'"):
        info_nce_loss(x, x, similarity="euclidean")


def test_messages_on_shapes_of_views_and_classes() -> None:
    """One class for each example, two views of the same examples."""
    x = normal(4, 2)
    for shape in [(4,), (4, 0), (2, 4, 2)]:
        message = f"must have shape (N, D) with D at least 1; got {shape}"
        with refuses(ValueError, f"input1 {message}"):
            nt_xent_loss(torch.ones(shape), x)
        with refuses(ValueError, f"input {message}"):
            sup_con_loss(torch.ones(shape), torch.zeros(4).long())
    with refuses(ValueError, "input2 must have the shape of input1, (4, 2); got (3, 2)"):
        nt_xent_loss(x, x[:3])
    for shape in [(), (1,), (4, 1), (3,)]:
        message = f"target must have shape (4,), one class for each example; got {shape}"
        with refuses(ValueError, message):
            sup_con_loss(x, torch.zeros(shape).long())
    for dtype in (torch.float32, torch.bool, torch.complex64):
        with refuses(TypeError, f"target must be an integer tensor; got {dtype}"):
            sup_con_loss(x, torch.zeros(4, dtype=dtype))
    with refuses(TypeError, "target must be a tensor; got list"):
        sup_con_loss(x, [0, 0, 1, 1])


def test_an_example_alone_in_its_class_is_refused() -> None:
    """Its positive set is empty; leaving it out would shrink the mean unnoticed."""
    x = normal(5, 2)
    message = "target must be a class that another example shares everywhere; got 7"
    with refuses(ValueError, message):
        sup_con_loss(x, torch.tensor([0, 7, 0, 1, 1]))
    with refuses(
        ValueError, "target must be a class that another example shares everywhere; got 3"
    ):
        sup_con_loss(x[:1], torch.tensor([3]))
    unseen = vmap(sup_con_loss)(x.unsqueeze(0), torch.tensor([[0, 7, 0, 1, 1]]))
    assert unseen.isnan().all()
