"""What the cases do not say of the hinges: parameters, limits, extremes, messages."""

import math
import re

import mpmath
import pytest
import sklearn.metrics
import torch
import torch.nn.functional as F
from torch import Tensor

from lossfns.margin import (
    bradley_terry_loss,
    dpo_loss,
    exponential_loss,
    hinge_embedding_loss,
    hinge_loss,
    margin_ranking_loss,
    multi_margin_loss,
    multilabel_margin_loss,
    multilabel_soft_margin_loss,
    soft_margin_loss,
    squared_hinge_loss,
)

REDUCTIONS = ("none", "sum", "mean")
SCORE_AND_SIGN = (
    hinge_loss,
    squared_hinge_loss,
    exponential_loss,
    soft_margin_loss,
    hinge_embedding_loss,
)
PAIRWISE = (margin_ranking_loss, bradley_terry_loss)


def derivatives(function, leaf: Tensor, count: int = 1) -> list[Tensor]:
    """The function's value and derivatives by the leaf, element by element."""
    leaf = leaf.detach().requires_grad_()
    results = [function(leaf)]
    for _ in range(count):
        results += torch.autograd.grad(results[-1].sum(), leaf, create_graph=True)
    return [result.detach() for result in results]


def drawn(*shape: int, seed: int = 0, dtype: torch.dtype = torch.float64) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return 2 * torch.randn(shape, dtype=torch.float64, generator=generator).to(dtype)


def signs(*shape: int, seed: int = 1) -> Tensor:
    return 2 * torch.randint(2, shape, generator=torch.Generator().manual_seed(seed)) - 1


# Values and slopes at extremes


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
@pytest.mark.parametrize("target", [1, -1])
def test_soft_margin_is_right_at_ten_thousand(dtype: torch.dtype, target: int) -> None:
    """PyTorch's loss is infinite there, and its slope NaN."""
    logit = torch.tensor([-1e4, -200, -89, 0, 89, 200, 1e4], dtype=dtype)
    y = torch.full((7,), target)
    value, slope, curvature = derivatives(lambda o: soft_margin_loss(o, y, "none"), logit, 2)
    # 1 − σ(200) differs from 1 in the 87th digit only.
    with mpmath.workdps(120):
        margins = [mpmath.mpf(x) * target for x in logit.tolist()]
        sigma = [1 / (1 + mpmath.exp(m)) for m in margins]
        exact = [
            [mpmath.log1p(mpmath.exp(-m)) for m in margins],
            [-target * s for s in sigma],
            [s * (1 - s) for s in sigma],
        ]
    info = torch.finfo(dtype)
    for actual, expected in zip((value, slope, curvature), exact, strict=True):
        torch.testing.assert_close(
            actual.double(),
            torch.tensor([float(x) for x in expected], dtype=torch.float64),
            rtol=4 * info.eps,
            atol=4 * info.smallest_normal,
        )


def test_pytorchs_soft_margin_is_not_right_there() -> None:
    """The day this fails the docstring's remark is out of date."""
    leaf = torch.tensor([-90.0], requires_grad=True)
    value = F.soft_margin_loss(leaf, torch.ones(1))
    assert value.isinf()
    assert torch.autograd.grad(value, leaf)[0].isnan()


@pytest.mark.parametrize("label", [0.0, 0.3, 1.0])
def test_multilabel_soft_margin_at_extremes_and_at_its_seam(label: float) -> None:
    logit = torch.tensor([-1e4, -50.0, 0.0, 50.0, 1e4], dtype=torch.float64).unsqueeze(-1)
    y = torch.full_like(logit, label)
    value, slope = derivatives(lambda o: multilabel_soft_margin_loss(o, y, reduction="none"), logit)
    with mpmath.workdps(50):
        z = [mpmath.mpf(x) for x in logit.flatten().tolist()]
        exact = [
            label * mpmath.log1p(mpmath.exp(-x))
            + (1 - mpmath.mpf(label)) * mpmath.log1p(mpmath.exp(x))
            for x in z
        ]
        slopes = [1 / (1 + mpmath.exp(-x)) - label for x in z]
    for actual, expected in ((value, exact), (slope.squeeze(-1), slopes)):
        expected = torch.tensor([float(x) for x in expected], dtype=torch.float64)
        torch.testing.assert_close(actual, expected, rtol=1e-13, atol=1e-16)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_preference_losses_are_right_at_ten_thousand(dtype: torch.dtype) -> None:
    score = torch.tensor([-1e4, 0.0, 1e4], dtype=dtype)
    zero = torch.zeros_like(score)
    value, slope = derivatives(lambda o: bradley_terry_loss(o, zero, zero + 1, "none"), score)
    expected = torch.tensor([1e4, math.log(2), 0], dtype=dtype)
    torch.testing.assert_close(value, expected)
    assert torch.equal(slope, torch.tensor([-1, -0.5, 0], dtype=dtype))
    value, slope = derivatives(lambda o: dpo_loss(o, zero, zero, zero, 1.0, 0.0, "none"), score)
    torch.testing.assert_close(value, expected)
    assert torch.equal(slope, torch.tensor([-1, -0.5, 0], dtype=dtype))


# What each loss is minimised by


@pytest.mark.parametrize(
    ("function", "best"),
    [
        (squared_hinge_loss, 2 * 0.7 - 1),
        (exponential_loss, 0.5 * math.log(0.7 / 0.3)),
        (soft_margin_loss, math.log(0.7 / 0.3)),
        (hinge_loss, 1.0),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_minimiser_over_a_constant_score(function, best: float) -> None:
    """Of seven positives and three negatives: what the docstring says."""
    target = torch.tensor([1] * 7 + [-1] * 3)

    def risk(score: float) -> float:
        return function(torch.full((10,), score, dtype=torch.float64), target).item()

    assert all(risk(best) < risk(best + step) for step in (-0.1, -1e-3, 1e-3, 0.1))


def test_hinge_equals_scikit_learn() -> None:
    score, target = drawn(50), signs(50)
    expected = sklearn.metrics.hinge_loss(target, score)
    assert hinge_loss(score, target).item() == pytest.approx(expected, rel=1e-14)


def test_smooth_losses_of_two_scores_are_those_of_their_difference() -> None:
    first, second, target = drawn(20), drawn(20, seed=2), signs(20)
    actual = bradley_terry_loss(first, second, target, "none")
    torch.testing.assert_close(actual, soft_margin_loss(first - second, target, "none"))
    won = (target == 1).double()
    by_probability = F.binary_cross_entropy_with_logits(first - second, won, reduction="none")
    torch.testing.assert_close(actual, by_probability)


# Distances and ranks


@pytest.mark.parametrize("margin", [-1.5, 0.0, 1, 3.0])
@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_margins_equal_pytorchs_also_at_the_kink(margin: float, reduction: str) -> None:
    first = torch.cat([drawn(30), torch.tensor([margin, 0.0, margin + 1.0])])
    second = torch.cat([drawn(30, seed=3), torch.tensor([0.0, margin, 1.0])])
    for target in (signs(33), torch.ones(33, dtype=torch.int64)):
        for function in (margin_ranking_loss, hinge_embedding_loss):
            arguments = (second, target) if function is margin_ranking_loss else (target,)
            reference = getattr(F, function.__name__)
            ours, theirs = (
                derivatives(
                    lambda o, f=f, a=arguments: f(o, *a, margin=margin, reduction=reduction), first
                )
                for f in (function, reference)
            )
            for actual, expected in zip(ours, theirs, strict=True):
                torch.testing.assert_close(actual, expected, rtol=1e-13, atol=1e-15)


def test_a_margin_stops_equal_scores_from_being_free() -> None:
    tied = torch.ones(4)
    assert margin_ranking_loss(tied, tied, signs(4)).item() == 0
    assert margin_ranking_loss(tied, tied, signs(4), 0.5).item() == 0.5


# Preferences


def test_dpo_starts_at_log_two_and_pulls_by_beta_over_two() -> None:
    chosen, rejected = -drawn(5).abs(), -drawn(5, seed=4).abs()
    value, slope = derivatives(
        lambda o: dpo_loss(o, rejected, chosen, rejected, 0.3, 0.0, "none"), chosen
    )
    torch.testing.assert_close(value, torch.full_like(value, math.log(2)))
    torch.testing.assert_close(slope, torch.full_like(slope, -0.15))


@pytest.mark.parametrize("beta", [0.1, 2.0])
@pytest.mark.parametrize("smoothing", [0.0, 0.2, 0.49])
def test_dpo_formula_and_where_smoothing_stops_the_gap(beta: float, smoothing: float) -> None:
    arguments = [-drawn(6, seed=seed).abs() for seed in range(4)]
    gap = beta * (arguments[0] - arguments[1] - arguments[2] + arguments[3])
    expected = -(1 - smoothing) * F.logsigmoid(gap) - smoothing * F.logsigmoid(-gap)
    torch.testing.assert_close(dpo_loss(*arguments, beta, smoothing, "none"), expected)
    if smoothing:
        best = torch.tensor([math.log((1 - smoothing) / smoothing) / beta], dtype=torch.float64)
        zero = torch.zeros_like(best)
        _, slope = derivatives(lambda o: dpo_loss(o, zero, zero, zero, beta, smoothing), best)
        assert slope.abs().item() < 1e-15


# Several classes


@pytest.mark.parametrize("p", [1, 2])
@pytest.mark.parametrize("margin", [1.0, 0.3, -3.14, 2])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize(
    ("shape", "target_shape"), [((7, 5), (7,)), ((5,), ()), ((5,), (1,)), ((), ())]
)
def test_multi_margin_equals_pytorch(
    p: int, margin: float, weighted: bool, reduction: str, shape: tuple, target_shape: tuple
) -> None:
    classes = shape[-1] if shape else 1
    score = drawn(*shape)
    target = torch.randint(classes, target_shape, generator=torch.Generator().manual_seed(5))
    options = {"p": p, "margin": margin, "reduction": reduction}
    options["weight"] = drawn(classes, seed=6).abs() if weighted else None
    ours, theirs = (
        derivatives(lambda o, f=f: f(o, target, **options), score)
        for f in (multi_margin_loss, F.multi_margin_loss)
    )
    for actual, expected in zip(ours, theirs, strict=True):
        torch.testing.assert_close(actual, expected, rtol=1e-13, atol=1e-15, equal_nan=True)


def test_multi_margin_over_no_examples() -> None:
    """PyTorch returns memory that it has not written to."""
    score, target = torch.ones(0, 5), torch.zeros(0, dtype=torch.int64)
    assert multi_margin_loss(score, target).isnan()
    assert multi_margin_loss(score, target, reduction="sum").item() == 0
    assert multi_margin_loss(score, target, reduction="none").shape == (0,)


def test_multi_margin_has_no_slope_at_the_kink_and_can_be_differentiated_twice() -> None:
    tied = torch.tensor([[1.0, 0.0, -5.0]], dtype=torch.float64)
    _, slope = derivatives(lambda o: multi_margin_loss(o, torch.tensor([0])), tied)
    assert torch.equal(slope, torch.zeros_like(slope))
    score = drawn(4, 3).requires_grad_()
    target = torch.tensor([0, 2, 1, 1])
    assert torch.autograd.gradgradcheck(lambda o: multi_margin_loss(o, target, p=2), score)


def test_multi_margin_weighted_mean_divides_by_the_number_of_examples() -> None:
    score, weight = torch.zeros(2, 2), torch.tensor([4.0, 0.0])
    assert multi_margin_loss(score, torch.tensor([0, 1]), weight=weight).item() == 1.0


def pairs_by_loop(score: Tensor, target: Tensor) -> Tensor:
    """The multi-label hinge as its definition reads, one pair of labels after the other."""
    losses = []
    for o, row in zip(
        score.reshape(-1, score.shape[-1]), target.reshape(-1, score.shape[-1]), strict=True
    ):
        listed = row.tolist()
        listed = listed[: listed.index(-1)] if -1 in listed else listed
        outside = set(range(len(o))) - set(listed)
        total = sum(max(0.0, 1 - o[j].item() + o[i].item()) for j in listed for i in outside)
        losses.append(total / len(o))
    return torch.tensor(losses, dtype=score.dtype).reshape(score.shape[:-1])


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("shape", [(9, 6), (6,), (5, 1)])
def test_multilabel_margin_equals_its_definition_and_pytorch(seed: int, shape: tuple) -> None:
    score = drawn(*shape, seed=seed)
    generator = torch.Generator().manual_seed(seed)
    target = torch.randint(-1, shape[-1], shape, generator=generator)
    actual = multilabel_margin_loss(score, target, "none")
    torch.testing.assert_close(actual, pairs_by_loop(score, target))
    ours, theirs = (
        derivatives(lambda o, f=f: f(o, target), score)
        for f in (multilabel_margin_loss, F.multilabel_margin_loss)
    )
    for mine, reference in zip(ours, theirs, strict=True):
        torch.testing.assert_close(mine, reference, rtol=1e-13, atol=1e-15)


def test_multilabel_margin_of_empty_sets_is_zero() -> None:
    for shape in ((3,), (2, 3)):
        target = torch.full(shape, -1)
        value, slope = derivatives(lambda o, t=target: multilabel_margin_loss(o, t), drawn(*shape))
        assert value.item() == 0
        assert torch.equal(slope, torch.zeros(shape, dtype=torch.float64))
    assert multilabel_margin_loss(drawn(0, 3), torch.zeros(0, 3, dtype=torch.int64)).isnan()


def test_multilabel_margin_of_one_label_is_the_multi_class_hinge() -> None:
    score, target = drawn(8, 5), torch.arange(8) % 5
    lists = torch.full((8, 5), -1)
    lists[:, 0] = target
    torch.testing.assert_close(
        multilabel_margin_loss(score, lists), multi_margin_loss(score, target)
    )


@pytest.mark.parametrize("shape", [(6, 4), (4,), (2, 3, 4)])
@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_multilabel_soft_margin_weights_equal_pytorchs(shape: tuple, reduction: str) -> None:
    logit, target = drawn(*shape), (signs(*shape) + 1) / 2
    for weight in (None, drawn(4, seed=7).abs(), drawn(*shape, seed=8).abs()):
        ours, theirs = (
            derivatives(lambda o, f=f, w=weight: f(o, target, weight=w, reduction=reduction), logit)
            for f in (multilabel_soft_margin_loss, F.multilabel_soft_margin_loss)
        )
        for actual, expected in zip(ours, theirs, strict=True):
            torch.testing.assert_close(actual, expected, rtol=1e-13, atol=1e-14, check_dtype=False)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_several_classes_in_half_precision_are_rounded_once(dtype: torch.dtype) -> None:
    score = (100 * drawn(8, 5)).to(dtype)
    target = torch.arange(8) % 5
    lists = torch.randint(-1, 5, (8, 5), generator=torch.Generator().manual_seed(9))
    for function, labels in ((multi_margin_loss, target), (multilabel_margin_loss, lists)):
        exact = function(score.double(), labels, reduction="none")
        actual = function(score, labels, reduction="none")
        assert actual.dtype == dtype
        torch.testing.assert_close(actual, exact.to(dtype), rtol=torch.finfo(dtype).eps, atol=0)


# Compiled and mapped


SEVERAL = [
    (margin_ranking_loss, (drawn(4, 3), drawn(4, 3, seed=1), signs(4, 3))),
    (bradley_terry_loss, (drawn(4, 3), drawn(4, 3, seed=1), signs(4, 3))),
    (hinge_embedding_loss, (drawn(4, 3), signs(4, 3))),
    (dpo_loss, tuple(-drawn(4, 3, seed=seed).abs() for seed in range(4))),
    (multi_margin_loss, (drawn(4, 3), torch.tensor([0, 2, 1, 1]))),
    (multilabel_margin_loss, (drawn(4, 3), torch.tensor([[0, -1, 1]] * 2 + [[2, 1, 0]] * 2))),
    (multilabel_soft_margin_loss, (drawn(4, 3), (signs(4, 3) + 1) / 2)),
]


@pytest.mark.parametrize(
    ("function", "arguments"), SEVERAL, ids=lambda value: getattr(value, "__name__", "")
)
def test_compiles_as_one_graph_and_maps(function, arguments: tuple[Tensor, ...]) -> None:
    torch.compiler.reset()
    compiled = torch.compile(function, fullgraph=True, backend="aot_eager")
    first, *others = arguments
    ours, theirs = (derivatives(lambda o, f=f: f(o, *others), first) for f in (compiled, function))
    for actual, expected in zip(ours, theirs, strict=True):
        torch.testing.assert_close(actual, expected, rtol=1e-13, atol=1e-14)
    rows = torch.stack([function(*row) for row in zip(*arguments, strict=True)])
    torch.testing.assert_close(torch.func.vmap(function)(*arguments), rows, rtol=1e-13, atol=1e-14)


# Messages


@pytest.mark.parametrize("wrong", [0.0, 0.5, 2.0, -1.0000001, math.nan, math.inf])
@pytest.mark.parametrize("function", [*SCORE_AND_SIGN, *PAIRWISE], ids=lambda f: f.__name__)
def test_message_on_a_target_that_is_no_sign(function, wrong: float) -> None:
    """Where PyTorch returns a number that means nothing."""
    scores = [torch.ones(3).double()] * (2 if function in PAIRWISE else 1)
    message = f"target must be 1 or -1 everywhere; got {wrong}"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        function(*scores, torch.tensor([1.0, wrong, -1.0], dtype=torch.float64))
    with pytest.raises(
        TypeError, match=r"^target must be a floating-point or integer tensor; got torch\.bool$"
    ):
        function(*scores, torch.ones(3, dtype=torch.bool))
    with pytest.raises(TypeError, match=r"^target must be a tensor; got list$"):
        function(*scores, [1, 1, 1])


TWO, INDEX = torch.ones(2), torch.tensor([0, 1])
TABLE = torch.ones(2, 3)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: margin_ranking_loss(TWO, torch.ones(2, 1), TWO),
            ValueError,
            "input2 must have the shape of input1, (2,); got (2, 1)",
        ),
        (
            lambda: margin_ranking_loss(TWO, TWO, torch.ones(1)),
            ValueError,
            "target must have the shape of input1, (2,); got (1,)",
        ),
        (
            lambda: margin_ranking_loss(INDEX, INDEX, TWO),
            TypeError,
            "input1 must be a floating-point tensor; got torch.int64",
        ),
        (
            lambda: bradley_terry_loss(TWO, INDEX, TWO),
            TypeError,
            "input2 must be a floating-point tensor; got torch.int64",
        ),
        (
            lambda: dpo_loss(TWO, TWO, torch.ones(3), TWO),
            ValueError,
            "reference_chosen must have the shape of policy_chosen, (2,); got (3,)",
        ),
        (
            lambda: dpo_loss(TWO, TWO, TWO, INDEX),
            TypeError,
            "reference_rejected must be a floating-point tensor; got torch.int64",
        ),
        (
            lambda: dpo_loss(TWO, TWO, TWO, TWO, 0.0),
            ValueError,
            "beta must be a finite number above 0; got 0.0",
        ),
        (
            lambda: dpo_loss(TWO, TWO, TWO, TWO, 0.1, 0.5),
            ValueError,
            "label_smoothing must be at least 0 and below 0.5; got 0.5",
        ),
        (
            lambda: dpo_loss(TWO, TWO, TWO, TWO, 0.1, -0.1),
            ValueError,
            "label_smoothing must be at least 0 and below 0.5; got -0.1",
        ),
        (
            lambda: multi_margin_loss(torch.ones(2, 0), INDEX),
            ValueError,
            "input must have shape (N, C) or (C) with at least one class; got (2, 0)",
        ),
        (
            lambda: multi_margin_loss(torch.ones(2, 3, 4), INDEX),
            ValueError,
            "input must have shape (N, C) or (C) with at least one class; got (2, 3, 4)",
        ),
        (
            lambda: multi_margin_loss(TABLE, torch.tensor([0, 1, 2])),
            ValueError,
            "target must have shape (2,), one class for each example; got (3,)",
        ),
        (
            lambda: multi_margin_loss(TABLE[:1], torch.tensor(0)),
            ValueError,
            "target must have shape (1,), one class for each example; got ()",
        ),
        (
            lambda: multi_margin_loss(TABLE, torch.tensor([0, 3])),
            IndexError,
            "target must be a class index from 0 to 2 everywhere; got 3",
        ),
        (
            lambda: multi_margin_loss(TABLE, torch.tensor([-1, 0])),
            IndexError,
            "target must be a class index from 0 to 2 everywhere; got -1",
        ),
        (
            lambda: multi_margin_loss(TABLE, INDEX.int()),
            TypeError,
            "target must be a torch.int64 tensor of class indices; got torch.int32",
        ),
        (lambda: multi_margin_loss(TABLE, INDEX, p=3), ValueError, "p must be 1 or 2; got 3"),
        (
            lambda: multi_margin_loss(TABLE, INDEX, weight=TWO),
            ValueError,
            "weight must have the shape of one example of input, (3,); got (2,)",
        ),
        (
            lambda: multi_margin_loss(TABLE, INDEX, weight=-torch.ones(3)),
            ValueError,
            "weight must be finite and at least 0 everywhere; got -1.0",
        ),
        (
            lambda: multilabel_margin_loss(TABLE, INDEX),
            ValueError,
            "target must have the shape of input, (2, 3); got (2,)",
        ),
        (
            lambda: multilabel_margin_loss(TABLE, torch.full((2, 3), -2)),
            IndexError,
            "target must be a class index from -1 to 2 everywhere; got -2",
        ),
        (
            lambda: multilabel_margin_loss(TABLE, TABLE),
            TypeError,
            "target must be a torch.int64 tensor of class indices; got torch.float32",
        ),
        (
            lambda: multilabel_soft_margin_loss(torch.tensor(1.0), torch.tensor(1.0)),
            ValueError,
            "input must have shape (*, C) with at least one label; got ()",
        ),
        (
            lambda: multilabel_soft_margin_loss(TABLE, 2 * TABLE),
            ValueError,
            "target must be between 0 and 1 everywhere; got 2.0",
        ),
        (
            lambda: multilabel_soft_margin_loss(TABLE, -TABLE),
            ValueError,
            "target must be between 0 and 1 everywhere; got -1.0",
        ),
        (
            lambda: multilabel_soft_margin_loss(TABLE, TWO),
            ValueError,
            "target must have the shape of input, (2, 3); got (2,)",
        ),
        (
            lambda: multilabel_soft_margin_loss(TABLE, TABLE, TWO),
            ValueError,
            "weight must have the shape of one example of input, (3,); got (2,)",
        ),
        (
            lambda: multilabel_soft_margin_loss(TABLE, TABLE, [1.0]),
            TypeError,
            "weight must be a tensor; got list",
        ),
        (
            lambda: multilabel_soft_margin_loss(TABLE, TABLE, -TABLE),
            ValueError,
            "weight must be finite and at least 0 everywhere; got -1.0",
        ),
    ],
)
def test_message(call, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=f"^{re.escape(message)}$"):
        call()


def test_small_slope_of_a_label_that_is_right_survives_in_multilabel_soft_margin() -> None:
    """σ(20) − 1 is −2e−9: added to 1 and taken from it again, it would be 0 in float32."""
    logit = torch.tensor([[20.0, -20.0]], requires_grad=True)
    loss = multilabel_soft_margin_loss(logit, torch.tensor([[1.0, 0.0]]))
    (slope,) = torch.autograd.grad(loss, logit)
    small = math.exp(-20) / (1 + math.exp(-20)) / 2
    torch.testing.assert_close(slope, torch.tensor([[-small, small]]), rtol=1e-6, atol=0)
