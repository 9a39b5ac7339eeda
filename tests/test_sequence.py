"""CTC: against all alignments, against PyTorch, its gradient, its bounds, every message."""

import math
import re
from contextlib import AbstractContextManager
from itertools import pairwise, product

import mpmath
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd.gradcheck import GradcheckError

from lossfns.sequence import ctc_loss

REDUCTIONS = ("none", "sum", "mean")
HALF_PRECISION = (torch.float16, torch.bfloat16)


def normal(*shape: int, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(shape, generator=generator, dtype=torch.float64)


def batch(seed: int = 0, *, blank: int = 0) -> dict[str, Tensor]:
    """Five sequences of twelve frames and six classes; lengths of all kinds, junk as padding."""
    generator = torch.Generator().manual_seed(seed)
    targets = torch.randint(5, (5, 4), generator=generator)
    targets += targets >= blank
    target_lengths = torch.tensor([4, 1, 0, 3, 4])
    for row, length in zip(targets, target_lengths.tolist(), strict=True):
        row[length:] = -999
    return {
        "log_probs": 3 * normal(12, 5, 6, seed=seed),
        "targets": targets,
        "input_lengths": torch.tensor([12, 9, 10, 12, 8]),
        "target_lengths": target_lengths,
    }


def concatenated(arguments: dict[str, Tensor]) -> dict[str, Tensor]:
    rows = zip(arguments["targets"], arguments["target_lengths"].tolist(), strict=True)
    return {**arguments, "targets": torch.cat([row[:length] for row, length in rows])}


def sum_over_alignments(log_probs: Tensor, labels: list[int], blank: int = 0) -> float:
    """−log of the probability of every path that spells the labels, all paths tried."""
    total = 0.0
    rows = log_probs.tolist()
    for path in product(range(len(rows[0])), repeat=len(rows)):
        merged = [label for t, label in enumerate(path) if t == 0 or label != path[t - 1]]
        if [label for label in merged if label != blank] == labels:
            total += math.exp(sum(row[label] for row, label in zip(rows, path, strict=True)))
    return -math.log(total) if total else math.inf


def refuses(error: type[Exception], message: str) -> AbstractContextManager:
    return pytest.raises(error, match=f"^{re.escape(message)}$")


# Against all alignments


@pytest.mark.parametrize(
    "labels", [[], [1], [1, 2], [1, 1], [2, 1, 2], [1, 1, 2], [1, 1, 1]], ids=str
)
@pytest.mark.parametrize("frames", [1, 2, 4, 5])
@pytest.mark.parametrize("normalised", [False, True], ids=["raw", "normalised"])
def test_equals_the_sum_over_all_alignments(
    labels: list[int], frames: int, normalised: bool
) -> None:
    """Every one of the 3^T paths is spelled out; infeasible targets have none, and are infinite."""
    log_probs = normal(frames, 3, seed=frames)
    log_probs = log_probs.log_softmax(1) if normalised else log_probs
    expected = sum_over_alignments(log_probs, labels)
    targets = torch.tensor(labels, dtype=torch.int64)
    actual = ctc_loss(log_probs, targets, [frames], [len(labels)], reduction="sum")
    assert actual.item() == pytest.approx(expected, rel=1e-13, abs=1e-13)
    repeats = sum(a == b for a, b in pairwise(labels))
    assert math.isinf(expected) == (frames < len(labels) + repeats)


@pytest.mark.parametrize("blank", [0, 1, 2])
def test_blank_may_be_any_class(blank: int) -> None:
    """The last class in much of the speech literature."""
    log_probs = normal(4, 3)
    label = (blank + 1) % 3
    expected = sum_over_alignments(log_probs, [label, label], blank)
    actual = ctc_loss(log_probs, torch.tensor([label, label]), [4], [2], blank, "sum")
    assert actual.item() == pytest.approx(expected, rel=1e-13)


def test_all_targets_together_are_certain() -> None:
    """Probabilities of all label sequences that three frames can spell add up to 1."""
    log_probs = normal(3, 3).log_softmax(1)
    sequences = [labels for n in range(4) for labels in product([1, 2], repeat=n)]
    total = sum(
        ctc_loss(log_probs, torch.tensor(labels).long(), [3], [len(labels)], reduction="sum")
        .neg()
        .exp()
        for labels in sequences
    )
    assert total.item() == pytest.approx(1, rel=1e-14)


def test_long_improbable_sequences_equal_fifty_digits() -> None:
    """Logits of ±10⁴ over 40 frames: a probability of e^−200,000."""
    log_probs = (1e4 * normal(40, 4).sign() * normal(40, 4, seed=1).abs()).log_softmax(1)
    labels = [1, 2, 2, 3, 1]
    extended = [0]
    for label in labels:
        extended += [label, 0]
    with mpmath.workdps(50):
        p = [[mpmath.exp(mpmath.mpf(v)) for v in row] for row in log_probs.tolist()]
        alpha = [mpmath.mpf(1)] + [mpmath.mpf(0)] * (len(extended) - 1)
        for frame in p:
            before = alpha
            alpha = []
            for s, label in enumerate(extended):
                ways = before[s] + (before[s - 1] if s >= 1 else 0)
                if s >= 2 and label != 0 and label != extended[s - 2]:
                    ways += before[s - 2]
                alpha.append(frame[label] * ways)
        expected = -mpmath.log(alpha[-1] + alpha[-2])
    actual = ctc_loss(log_probs, torch.tensor(labels), [40], [5], reduction="sum")
    assert expected > 1e4
    assert actual.item() == pytest.approx(float(expected), rel=1e-13)


# Against PyTorch


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("form", [dict, concatenated], ids=["padded", "concatenated"])
@pytest.mark.parametrize("blank", [0, 3, 5])
def test_equals_pytorch_on_normalised_input(form, reduction: str, blank: int) -> None:
    """Values, and gradients by the logits: there PyTorch's gradient is right."""
    arguments = form(batch(blank=blank))
    results = []
    for loss in (ctc_loss, F.ctc_loss):
        logits = arguments["log_probs"].clone().requires_grad_()
        value = loss(
            **{**arguments, "log_probs": logits.log_softmax(-1)}, blank=blank, reduction=reduction
        )
        scale = torch.arange(1, value.numel() + 1).reshape(value.shape)
        results.append((value.detach(), *torch.autograd.grad((value * scale).sum(), logits)))
    for actual, expected in zip(*results, strict=True):
        torch.testing.assert_close(actual, expected, rtol=1e-12, atol=1e-13)


def test_equals_pytorch_on_its_own_samples() -> None:
    """As far as log-probabilities come out of a softmax, and lengths as lists too."""
    from torch.testing._internal.common_methods_invocations import op_db

    (operator,) = [op for op in op_db if op.name == "nn.functional.ctc_loss"]
    for dtype in operator.dtypes:
        for sample in operator.sample_inputs("cpu", dtype):
            results = []
            # In float32 PyTorch's gradient is off by a few 10⁻⁵, so its exact one is asked for.
            for loss, precision in [(ctc_loss, dtype), (F.ctc_loss, torch.float64)]:
                logits = sample.input.detach().to(precision).requires_grad_()
                value = loss(logits.log_softmax(-1), *sample.args, **sample.kwargs)
                results.append((value.detach(), *torch.autograd.grad(value.sum(), logits)))
            for actual, expected in zip(*results, strict=True):
                # Sums of 50 log-probabilities reach 200, and what they err by is a relative
                # error of the posteriors.
                unit = 200 * torch.finfo(dtype).eps
                torch.testing.assert_close(
                    actual,
                    expected.to(dtype),
                    rtol=unit,
                    atol=unit if dtype.itemsize < 8 else 1e-12,
                )


@pytest.mark.parametrize("lengths", [torch.tensor(5), torch.tensor([5]), [5], (5,)], ids=repr)
def test_one_sequence_without_a_batch_dimension(lengths) -> None:
    """(T, C), with lengths of one element or of none."""
    log_probs, targets = normal(5, 4), torch.tensor([[1, 3]])
    expected = ctc_loss(log_probs.unsqueeze(1), targets, [5], [2], reduction="none")
    for form in (targets, targets[0]):
        actual = ctc_loss(log_probs, form, lengths, torch.tensor(2), reduction="none")
        assert actual.shape == ()
        assert torch.equal(actual, expected[0])
        assert torch.equal(ctc_loss(log_probs, form, lengths, [2]), expected[0] / 2)


@pytest.mark.parametrize("dtype", [torch.uint8, torch.int16, torch.int32, torch.int64])
def test_labels_and_lengths_are_integers_of_any_width(dtype: torch.dtype) -> None:
    """cuDNN wants int32, the rest of PyTorch int64."""
    arguments = concatenated(batch())
    expected = ctc_loss(**arguments)
    log_probs = arguments.pop("log_probs")
    narrow = {name: tensor.to(dtype) for name, tensor in arguments.items()}
    assert torch.equal(ctc_loss(log_probs, **narrow), expected)


# Reductions and bounds


def test_lengths_in_eight_bits_do_not_overflow() -> None:
    """130 labels have 261 states with the blanks between them, and 8 bits count to 255."""
    frames = normal(200, 1, 3).log_softmax(-1)
    labels = torch.tensor([1, 2]).repeat(1, 65)
    expected = ctc_loss(frames, labels, [200], [130])
    narrow = torch.tensor([200], dtype=torch.uint8), torch.tensor([130], dtype=torch.uint8)
    assert torch.equal(ctc_loss(frames, labels, *narrow), expected)


def test_mean_divides_by_target_lengths_first() -> None:
    """A label costs the same in a short target as in a long one; an empty target counts as one."""
    arguments = batch()
    each = ctc_loss(**arguments, reduction="none")
    expected = (each / torch.tensor([4, 1, 1, 3, 4])).sum() / 5
    torch.testing.assert_close(ctc_loss(**arguments), expected, rtol=1e-15, atol=0)
    torch.testing.assert_close(ctc_loss(**arguments, reduction="sum"), each.sum())


def test_frames_and_labels_beyond_the_lengths_are_not_looked_at() -> None:
    """Padding may be anything, even NaN, and gets no gradient."""
    arguments = batch()
    expected = ctc_loss(**arguments, reduction="none")
    log_probs = arguments["log_probs"].clone()
    for n, length in enumerate(arguments["input_lengths"].tolist()):
        log_probs[length:, n] = torch.nan
    log_probs.requires_grad_()
    actual = ctc_loss(**{**arguments, "log_probs": log_probs}, reduction="none")
    assert torch.equal(actual, expected)
    (slope,) = torch.autograd.grad(actual.sum(), log_probs)
    for n, length in enumerate(arguments["input_lengths"].tolist()):
        assert slope[:length, n].isfinite().all()
        assert (slope[length:, n] == 0).all()


def test_no_frames_spell_only_the_empty_target() -> None:
    """An empty product is 1, an impossible event 0."""
    log_probs = normal(3, 2, 4)
    loss = ctc_loss(log_probs, torch.tensor([[1], [1]]), [0, 0], [0, 1], reduction="none")
    assert loss.tolist() == [0, math.inf]


@pytest.mark.parametrize("zero_infinity", [False, True])
def test_infeasible_targets(zero_infinity: bool) -> None:
    """Two equal labels need three frames; PyTorch's gradient of the infinite loss is NaN."""
    log_probs = normal(4, 2, 3).log_softmax(-1).requires_grad_()
    targets, lengths = torch.tensor([[1, 1], [1, 2]]), [2, 4]
    loss = ctc_loss(
        log_probs, targets, lengths, [2, 2], reduction="none", zero_infinity=zero_infinity
    )
    alone = ctc_loss(log_probs[:, 1], targets[1], [4], [2], reduction="sum")
    assert loss.tolist() == [0 if zero_infinity else math.inf, alone.item()]
    slopes = torch.autograd.grad(loss.sum(), log_probs, create_graph=True)
    (expected,) = torch.autograd.grad(alone, log_probs, create_graph=True)
    assert torch.equal(slopes[0], expected)
    (second,) = torch.autograd.grad(slopes[0].square().sum(), log_probs)
    assert second.isfinite().all()
    (theirs,) = torch.autograd.grad(F.ctc_loss(log_probs, targets, lengths, [2, 2]), log_probs)
    assert theirs.isnan().any()


def test_probabilities_of_zero() -> None:
    """log 0 in a frame rules out some alignments, and gets no gradient; NaN is not ruled out."""
    log_probs = normal(4, 3).log_softmax(1)
    log_probs[1, 1] = -torch.inf
    log_probs.requires_grad_()
    loss = ctc_loss(log_probs, torch.tensor([1]), [4], [1], reduction="sum")
    assert loss.item() == pytest.approx(sum_over_alignments(log_probs, [1]), rel=1e-13)
    (slope,) = torch.autograd.grad(loss, log_probs)
    assert slope.isfinite().all()
    assert slope[1, 1] == 0
    wrong = torch.full((4, 3), torch.nan)
    for zero_infinity in (False, True):
        assert ctc_loss(wrong, torch.tensor([1]), [4], [1], zero_infinity=zero_infinity).isnan()


# Derivatives


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("zero_infinity", [False, True])
def test_derivatives_on_raw_input_are_those_of_finite_differences(
    reduction: str, zero_infinity: bool
) -> None:
    """On anything, normalised or not; PyTorch fails this, and has no second derivative."""
    log_probs = normal(5, 3, 4).requires_grad_()
    targets = torch.tensor([[1, 2], [3, 3], [2, -1]])
    arguments = (targets, [5, 4, 2], [2, 2, 1], 0, reduction, zero_infinity)
    assert torch.autograd.gradcheck(lambda x: ctc_loss(x, *arguments), log_probs)
    assert torch.autograd.gradgradcheck(lambda x: ctc_loss(x, *arguments), log_probs)
    with pytest.raises(GradcheckError):
        torch.autograd.gradcheck(lambda x: F.ctc_loss(x, *arguments), log_probs)


def test_gradient_is_minus_the_posterior_of_each_label() -> None:
    """In every frame some label is there: each frame's gradient adds up to −1."""
    arguments = batch()
    log_probs = arguments["log_probs"].log_softmax(-1).requires_grad_()
    loss = ctc_loss(**{**arguments, "log_probs": log_probs}, reduction="sum")
    (slope,) = torch.autograd.grad(loss, log_probs)
    assert (slope <= 0).all()
    within = torch.arange(12).unsqueeze(1) < arguments["input_lengths"]
    torch.testing.assert_close(slope.sum(-1), -within.double(), rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize("dtype", HALF_PRECISION, ids=str)
def test_half_precision_is_computed_in_float32(dtype: torch.dtype) -> None:
    """PyTorch's CPU refuses it; the result is the exact one, rounded once."""
    arguments = batch()
    arguments["log_probs"] = arguments["log_probs"].log_softmax(-1).to(dtype)
    actual = ctc_loss(**arguments, reduction="none")
    arguments["log_probs"] = arguments["log_probs"].double()
    exact = ctc_loss(**arguments, reduction="none")
    torch.testing.assert_close(actual, exact.to(dtype), rtol=torch.finfo(dtype).eps, atol=0)


def test_padded_targets_compile() -> None:
    """One graph: no shape in it depends on a number."""
    arguments = batch()
    torch.compiler.reset()
    compiled = torch.compile(ctc_loss, fullgraph=True, backend="aot_eager")
    torch.testing.assert_close(compiled(**arguments), ctc_loss(**arguments))


# Messages


@pytest.fixture
def arguments() -> dict[str, object]:
    """Two sequences of five frames and four classes."""
    return {
        "log_probs": normal(5, 2, 4),
        "targets": torch.tensor([[1, 2], [1, 3]]),
        "input_lengths": torch.tensor([5, 5]),
        "target_lengths": torch.tensor([2, 2]),
    }


def test_messages_on_log_probs(arguments: dict[str, object]) -> None:
    """Nothing to align is refused, as in PyTorch."""
    for shape in [(4,), (5, 2, 4, 1), (0, 2, 4), (5, 0, 4), (5, 2, 0)]:
        message = f"log_probs must have shape (T, N, C) or (T, C), none of them 0; got {shape}"
        with refuses(ValueError, message):
            ctc_loss(**{**arguments, "log_probs": torch.zeros(shape)})


@pytest.mark.parametrize(
    ("targets", "error", "message"),
    [
        ([[1, 2], [1, 3]], TypeError, "targets must be a tensor; got list"),
        (torch.ones(2, 2), TypeError, "targets must be an integer tensor; got torch.float32"),
        (
            torch.ones(2, 2, dtype=torch.bool),
            TypeError,
            "targets must be an integer tensor; got torch.bool",
        ),
        (
            torch.ones(3, 2, dtype=torch.int64),
            ValueError,
            "targets must have shape (2, S), or one dimension with all targets; got (3, 2)",
        ),
        (
            torch.ones(2, 2, 1, dtype=torch.int64),
            ValueError,
            "targets must have shape (2, S), or one dimension with all targets; got (2, 2, 1)",
        ),
        (
            torch.tensor([1, 2, 3]),
            ValueError,
            "target_lengths must add up to the number of concatenated targets, 3; got 4",
        ),
        (
            torch.tensor([1, 2, 3, 1, 1]),
            ValueError,
            "target_lengths must add up to the number of concatenated targets, 5; got 4",
        ),
        (
            torch.tensor([[1, 2], [0, 3]]),
            ValueError,
            "targets must be a class from 0 to 3 other than 0 everywhere; got 0",
        ),
        (
            torch.tensor([[1, 2], [1, 4]]),
            ValueError,
            "targets must be a class from 0 to 3 other than 0 everywhere; got 4",
        ),
        (
            torch.tensor([1, 2, -1, 3]),
            ValueError,
            "targets must be a class from 0 to 3 other than 0 everywhere; got -1",
        ),
    ],
)
def test_messages_on_targets(
    arguments: dict[str, object], targets: object, error: type[Exception], message: str
) -> None:
    """PyTorch looks up whatever number is there, outside the table too."""
    with refuses(error, message):
        ctc_loss(**{**arguments, "targets": targets})


@pytest.mark.parametrize("name", ["input_lengths", "target_lengths"])
def test_messages_on_lengths(arguments: dict[str, object], name: str) -> None:
    """One integer for each sequence, within what there is."""
    most = {"input_lengths": 5, "target_lengths": 2}[name]
    for wrong in (-1, most + 1):
        with refuses(ValueError, f"{name} must be from 0 to {most} everywhere; got {wrong}"):
            ctc_loss(**{**arguments, name: torch.tensor([most, wrong])})
        with refuses(ValueError, f"{name} must be from 0 to {most} everywhere; got {wrong}"):
            ctc_loss(**{**arguments, name: [most, wrong]})
    for wrong in (torch.tensor(1), [1], [1, 1, 1], torch.tensor([[1, 1]])):
        shape = tuple(torch.as_tensor(wrong).shape)
        message = f"{name} must have shape (2,), one for each sequence; got {shape}"
        with refuses(ValueError, message):
            ctc_loss(**{**arguments, name: wrong})
    with refuses(TypeError, f"{name} must be an integer tensor; got torch.float32"):
        ctc_loss(**{**arguments, name: [1.0, 1.0]})
    for wrong in (1, None):
        message = f"{name} must be a tensor or a sequence of integers; got {type(wrong).__name__}"
        with refuses(TypeError, message):
            ctc_loss(**{**arguments, name: wrong})


@pytest.mark.parametrize("name", ["input_lengths", "target_lengths"])
def test_one_sequence_has_one_length(name: str) -> None:
    """Two for a batch of one are a slip, which reshaping would report in its own words."""
    arguments = {
        "log_probs": normal(5, 1, 4),
        "targets": torch.tensor([[1, 2]]),
        "input_lengths": [5],
        "target_lengths": [2],
    }
    with refuses(ValueError, f"{name} must have shape (1,), one for each sequence; got (2,)"):
        ctc_loss(**{**arguments, name: [2, 2]})


def test_a_length_of_concatenated_targets_may_not_borrow(arguments: dict[str, object]) -> None:
    """5 and −1 add up to 4 labels and mean nothing."""
    four = torch.tensor([1, 2, 1, 3])
    with refuses(ValueError, "target_lengths must be from 0 to 4 everywhere; got 5"):
        ctc_loss(**{**arguments, "targets": four, "target_lengths": [5, -1]})


@pytest.mark.parametrize("blank", [-1, 4])
def test_messages_on_blank(arguments: dict[str, object], blank: int) -> None:
    """A class like the others, in the table."""
    with refuses(ValueError, f"blank must be a class from 0 to 3; got {blank}"):
        ctc_loss(**arguments, blank=blank)
    for wrong in (1.0, True, None):
        with refuses(TypeError, f"blank must be an integer; got {type(wrong).__name__}"):
            ctc_loss(**arguments, blank=wrong)


def test_pytorch_has_these_faults() -> None:
    """What the docstring says of PyTorch: if it is repaired, the sentence must go."""
    log_probs = normal(5, 2, 4).log_softmax(-1)
    for wrong in (0, 7):
        targets = torch.tensor([[1, 2], [1, wrong]])
        assert F.ctc_loss(log_probs, targets, [5, 5], [2, 2]).ndim == 0
    with pytest.raises(NotImplementedError):
        F.ctc_loss(log_probs.half(), torch.tensor([[1, 2], [1, 3]]), [5, 5], [2, 2])
