"""The map of PyTorch's losses, held against PyTorch: nothing on that page is taken on trust."""

import dataclasses
import inspect
import json
import math
import re
import warnings
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import sklearn.metrics
import torch
import torch.nn.functional as F
from torch import Tensor, nn

import lossfns
from lossfns.pytorch_map import ANY, DEPRECATED, LOSSES, Denominator, Entry, Kind, overview

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "chapters/appendix/pytorch_map.ipynb"
N, C, D, T = 4, 5, 3, 9
NAMES = tuple(LOSSES)
FUNCTIONS = tuple(name for name in NAMES if hasattr(F, name))
TENSORS = ("input", "input1", "input2", "anchor", "positive", "negative", "log_probs")
"""What the arguments with outputs of a model are called."""

pytestmark = pytest.mark.filterwarnings("ignore:reduction. 'mean' divides")


def draw(seed: int = 0) -> SimpleNamespace:
    """Random tensors in double precision."""
    generator = torch.Generator().manual_seed(seed)
    return SimpleNamespace(
        normal=lambda *shape: torch.randn(*shape, generator=generator, dtype=torch.float64),
        share=lambda *shape: torch.rand(*shape, generator=generator, dtype=torch.float64),
        classes=lambda low, high, *shape: torch.randint(low, high, shape, generator=generator),
    )


def arguments_of(name: str, seed: int = 0) -> dict[str, Any]:
    """Arguments of an ordinary call, without a weight."""
    a = draw(seed)
    signs = 2.0 * a.classes(0, 2, N).double() - 1
    drawn = {
        "poisson_nll_loss": lambda: {
            "input": a.normal(N, C),
            "target": a.classes(2, 9, N, C).double(),
        },
        "gaussian_nll_loss": lambda: {**pair(a), "var": torch.full((N, C), 0.7).double()},
        "binary_cross_entropy": lambda: {"input": a.share(N, C), "target": a.share(N, C)},
        "binary_cross_entropy_with_logits": lambda: {
            "input": a.normal(N, C),
            "target": a.share(N, C),
        },
        "multilabel_soft_margin_loss": lambda: {"input": a.normal(N, C), "target": a.share(N, C)},
        "soft_margin_loss": lambda: {
            "input": a.normal(N, C),
            "target": 2.0 * a.classes(0, 2, N, C).double() - 1,
        },
        "cross_entropy": lambda: {"input": a.normal(N, C), "target": a.classes(0, C, N)},
        "nll_loss": lambda: {
            "input": a.normal(N, C).log_softmax(1),
            "target": a.classes(0, C, N),
        },
        "linear_cross_entropy": lambda: {
            "input": a.normal(N, D),
            "linear_weight": a.normal(C, D),
            "target": torch.tensor([C - 1, 0, 1, 2]),
        },
        "AdaptiveLogSoftmaxWithLoss": lambda: {
            "input": a.normal(N, D),
            "target": torch.tensor([C - 1, 0, 1, 2]),
        },
        "kl_div": lambda: {
            "input": a.normal(N, C).log_softmax(1),
            "target": a.normal(N, C).softmax(1),
        },
        "ctc_loss": lambda: {
            "log_probs": a.normal(T, N, C).log_softmax(2),
            "targets": a.classes(1, C, N, 4),
            "input_lengths": torch.full((N,), T),
            "target_lengths": torch.tensor([0, 1, 2, 4]),
        },
        "margin_ranking_loss": lambda: {
            "input1": a.normal(N),
            "input2": a.normal(N),
            "target": signs,
        },
        "multi_margin_loss": lambda: {"input": a.normal(N, C), "target": a.classes(0, C, N)},
        "multilabel_margin_loss": lambda: {
            "input": a.normal(N, C),
            "target": torch.tensor([[0, 2, -1, 1, 1], [3, -1, 0, 0, 0], [-1] * 5, [4, 3, 2, 1, 0]]),
        },
        "hinge_embedding_loss": lambda: {"input": a.share(N), "target": signs},
        "cosine_embedding_loss": lambda: {
            "input1": a.normal(N, D),
            "input2": a.normal(N, D),
            "target": signs,
        },
        "triplet_margin_loss": lambda: triplet(a),
        "triplet_margin_with_distance_loss": lambda: triplet(a),
    }
    return drawn.get(name, lambda: pair(a))()


def pair(a: SimpleNamespace) -> dict[str, Tensor]:
    """Predictions and targets."""
    return {"input": 3 * a.normal(N, C), "target": 3 * a.normal(N, C)}


def triplet(a: SimpleNamespace) -> dict[str, Tensor]:
    """Three embeddings, near enough to one another that no triplet is let go."""
    names = ("anchor", "positive", "negative")
    return {name: 0.1 * a.normal(N, D) for name in names}


def variants(name: str) -> list[dict[str, Any]]:
    """Calls that differ in all that a denominator may depend on."""
    plain, a = arguments_of(name), draw(1)
    calls = [plain]
    if "weight" in LOSSES[name].parameters:
        if "ignore_index" in LOSSES[name].parameters or name == "multi_margin_loss":
            calls.append({**plain, "weight": 0.1 + a.share(C)})
        elif name == "multilabel_soft_margin_loss":
            calls += [{**plain, "weight": 0.1 + a.share(*shape)} for shape in [(C,), (N, C)]]
        else:
            calls.append({**plain, "weight": 0.1 + a.share(N, C)})
    if "ignore_index" in LOSSES[name].parameters:
        calls += [{**call, "target": torch.tensor([0, 4, -100, 1])} for call in list(calls)]
        calls += [{**call, "ignore_index": 4} for call in list(calls[:2])]
    if LOSSES[name].probabilities:
        soft = {"target": a.normal(N, C).softmax(1)}
        calls += [{**call, **soft} for call in calls[:2]]
        calls += [{**call, "label_smoothing": 0.1} for call in list(calls[:3])]
    if name in ("cross_entropy", "nll_loss"):
        places = {"input": a.normal(N, C, 2, 3), "target": a.classes(0, C, N, 2, 3)}
        calls += [places, {**places, "weight": 0.1 + a.share(C)}]
        if LOSSES[name].probabilities:
            calls += [{**call, "target": a.normal(N, C, 2, 3).softmax(1)} for call in calls[-2:]]
    return calls


def adaptive(arguments: dict[str, Any]) -> Any:
    """The result of the loss that is a module."""
    torch.manual_seed(0)
    module = nn.AdaptiveLogSoftmaxWithLoss(D, C, [2], div_value=1.0)
    return module.to(arguments["input"].dtype)(arguments["input"], arguments["target"])


def values(entry: Entry, arguments: dict[str, Any]) -> Tensor:
    """The losses before they are reduced."""
    if entry.name == "AdaptiveLogSoftmaxWithLoss":
        return -adaptive(arguments).output
    return entry.function(**arguments, reduction="none")


def reduced(entry: Entry, arguments: dict[str, Any], reduction: str) -> Tensor:
    """The loss as PyTorch reduces it."""
    if entry.name == "AdaptiveLogSoftmaxWithLoss":
        return adaptive(arguments).loss
    return entry.function(**arguments, reduction=reduction)


def reducing_functions(module: Any) -> set[str]:
    """Public functions of a module that take a ``reduction``, by whatever name."""
    found = set()
    for name, function in vars(module).items():
        if name.startswith("_") or not callable(function) or isinstance(function, type):
            continue
        try:
            parameters = inspect.signature(function).parameters
        except ValueError:
            continue
        if "reduction" in parameters or name.endswith("_loss"):
            found.add(name)
    return found


# --- what there is ------------------------------------------------------------------------------


def test_every_loss_of_pytorch_is_in_the_map() -> None:
    """A loss that a later release adds turns this red."""
    assert reducing_functions(F) == set(FUNCTIONS)
    classes = {name for name in dir(nn) if re.search(r"Loss$", name)}
    assert classes == {entry.module for entry in LOSSES.values()}


def test_a_new_loss_would_be_noticed() -> None:
    """Under whatever name it comes, if only it reduces."""

    def brand_new(input: Tensor, target: Tensor, reduction: str = "mean") -> None: ...

    def odd_loss(input: Tensor, target: Tensor) -> None: ...

    module = SimpleNamespace(brand_new=brand_new, odd_loss=odd_loss, _loss=odd_loss, other=len)
    assert reducing_functions(module) == {"brand_new", "odd_loss"}


# --- signatures ---------------------------------------------------------------------------------


def stub(call: str) -> inspect.Signature:
    """The signature of a function that is defined as a call is written."""
    scope: dict[str, Any] = {}
    exec(f"def stub({call.split('(', 1)[1]}: pass", scope)
    return inspect.signature(scope["stub"])


def arguments_in_order(signature: inspect.Signature) -> list[tuple[str, Any, Any]]:
    """Name, default and kind of each argument that is not deprecated."""
    return [
        (p.name, p.default, p.kind)
        for p in signature.parameters.values()
        if p.name not in (*DEPRECATED, "self")
    ]


@pytest.mark.parametrize("name", NAMES)
def test_the_printed_call_has_pytorchs_order_and_defaults(name: str) -> None:
    """What the page prints, read as Python, is what PyTorch's own signatures say."""
    entry = LOSSES[name]
    code = re.search(r"```python\n(.*?)```", entry.markdown(), re.S)[1]
    printed = [
        " ".join(call.split()) for call in re.findall(r"^(?:F|nn)\..*?\)$", code, re.S | re.M)
    ]
    expected = [entry.function] if not hasattr(F, name) else [entry.function, entry.module_class]
    assert len(printed) == len(expected)
    for call, function in zip(printed, expected, strict=True):
        assert arguments_in_order(stub(call)) == arguments_in_order(inspect.signature(function))
    assert all(len(line) <= 64 for line in code.splitlines())


@pytest.mark.parametrize("name", FUNCTIONS)
def test_lossfns_is_a_drop_in(name: str) -> None:
    """Same order, same defaults."""
    ours = inspect.signature(getattr(lossfns, name))
    assert arguments_in_order(ours) == arguments_in_order(inspect.signature(getattr(F, name)))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_module_is_the_function(name: str) -> None:
    """Same defaults, and the same result; what it lacks is what the page says it lacks."""
    entry, arguments = LOSSES[name], arguments_of(name)
    constructor = inspect.signature(entry.module_class).parameters
    for argument, default in entry.defaults.items():
        if argument in constructor:
            assert constructor[argument].default == default
    if entry.held:
        module = entry.module_class(D, C, bias=True).double()
        parameters = {key.split(".")[-1] for key, _ in module.named_parameters()}
        assert {key.removeprefix("linear_") for key in entry.held} == parameters
        arguments["linear_weight"] = module.linear.weight
        arguments["linear_bias"] = module.linear.bias
        given = (arguments["input"], arguments["target"])
    else:
        module, given = entry.module_class(), tuple(arguments.values())
    torch.testing.assert_close(module(*given), entry.function(**arguments))
    for argument in entry.only_in_function:
        with pytest.raises(TypeError, match=argument):
            entry.module_class(**{argument: None})


def test_modules_lack_only_weights() -> None:
    """So that the page's sentence about them stays true."""
    lacking = {name: entry.only_in_function for name, entry in LOSSES.items()}
    lacking = {name: missing for name, missing in lacking.items() if missing}
    assert lacking == dict.fromkeys(("mse_loss", "l1_loss", "huber_loss"), ("weight",))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_arguments_after_the_deprecated_place_need_names(name: str) -> None:
    """What follows the last positional argument is ``size_average``, or may be given."""
    entry = LOSSES[name]
    names = list(inspect.signature(entry.function).parameters)
    assert tuple(names[: len(entry.positional)]) == entry.positional
    said = "**By name**" in entry.markdown()
    assert said == ("size_average" in names)
    if said:
        assert names[len(entry.positional)] == "size_average"


# --- denominators -------------------------------------------------------------------------------


def check_denominator(entry: Entry, reduction: str, arguments: dict[str, Any]) -> None:
    """The losses, each divided as the map says, add up to PyTorch's own reduction."""
    losses = values(entry, arguments)
    divided = losses / entry.denominators[reduction].value(arguments, losses)
    torch.testing.assert_close(divided.sum(), reduced(entry, arguments, reduction))


@pytest.mark.parametrize("name", NAMES)
def test_denominators(name: str) -> None:
    """With weights and without, with ignored targets, and with probabilities for targets."""
    entry = LOSSES[name]
    for reduction in entry.denominators:
        for arguments in variants(name):
            check_denominator(entry, reduction, arguments)


@pytest.mark.parametrize("name", NAMES)
def test_another_denominator_is_noticed(name: str) -> None:
    """Of the others in the map, none passes that is not the same number."""
    entry = LOSSES[name]
    wrong = Denominator("wrong", "wrong", lambda arguments, losses: 1.01 * right(arguments, losses))
    right = entry.denominators["mean"].value
    faulty = dataclasses.replace(entry, denominators={"mean": wrong})
    with pytest.raises(AssertionError):
        check_denominator(faulty, "mean", arguments_of(name))
    weighted = [call for call in variants(name) if call.get("weight") is not None]
    for arguments in weighted:
        losses = values(entry, arguments)
        total = arguments["weight"].sum()
        for other in (total, losses.numel()):
            if torch.isclose(torch.as_tensor(right(arguments, losses)).double(), total * 0 + other):
                continue
            faulty = dataclasses.replace(
                entry,
                denominators={"mean": Denominator("wrong", "wrong", lambda _a, _l, o=other: o)},
            )
            with pytest.raises(AssertionError):
                check_denominator(faulty, "mean", arguments)


@pytest.mark.parametrize("name", NAMES)
def test_the_sum_divides_by_nothing_and_mean_is_the_default(name: str) -> None:
    """The page says both once, for all."""
    if name == "AdaptiveLogSoftmaxWithLoss":
        assert "reduction" not in LOSSES[name].parameters
        return
    entry, arguments = LOSSES[name], arguments_of(name)
    total = reduced(entry, arguments, "sum")
    torch.testing.assert_close(total, values(entry, arguments).sum())
    torch.testing.assert_close(entry.function(**arguments), reduced(entry, arguments, "mean"))
    accepted = set()
    for reduction in ("none", "sum", "mean", "batchmean"):
        try:
            reduced(entry, arguments, reduction)
        except ValueError:
            continue
        accepted.add(reduction)
    assert accepted == {"none", "sum", *entry.denominators}


# --- kinds of input -----------------------------------------------------------------------------


def with_outputs(arguments: dict[str, Any], change: Callable[[Tensor], Tensor]) -> dict[str, Any]:
    """The arguments with every output of a model changed."""
    return {key: change(value) if key in TENSORS else value for key, value in arguments.items()}


def is_least(entry: Entry, arguments: dict[str, Any], best: Tensor) -> bool:
    """Whether every loss is above its value at ``best`` a little to either side, and farther."""
    steps = (-0.3, -0.01, 0.01, 0.3)
    least = values(entry, {**arguments, "input": best})
    around = [values(entry, {**arguments, "input": best + step}) for step in steps]
    return all(bool((other > least).all()) for other in around)


def is_prediction(entry: Entry, arguments: dict[str, Any]) -> bool:
    """Least at the target, and as large above it as below."""
    target = arguments["target"]
    far = [values(entry, {**arguments, "input": target + step}) for step in (-9.0, 9.0)]
    return is_least(entry, arguments, target) and torch.allclose(*far)


def is_log_rate(entry: Entry, arguments: dict[str, Any]) -> bool:
    """Least at the logarithm of the target."""
    return is_least(entry, arguments, arguments["target"].double().log())


def is_probability(entry: Entry, arguments: dict[str, Any]) -> bool:
    """0 and 1 are taken, and what is outside is refused."""
    for end in (0.0, 1.0):
        values(entry, {**arguments, "input": torch.full((N, C), end).double()})
    for outside in (-0.01, 1.01):
        try:
            values(entry, {**arguments, "input": torch.full((N, C), outside).double()})
        except RuntimeError as refusal:
            if "between 0 and 1" not in str(refusal):
                return False
        else:
            return False
    return True


def is_logit(entry: Entry, arguments: dict[str, Any]) -> bool:
    """A yes costs −log σ(z), for a single label."""
    z = arguments["input"][:, :1]
    losses = values(entry, {**arguments, "input": z, "target": torch.ones_like(z)})
    return torch.allclose(losses.reshape(-1), F.softplus(-z).reshape(-1))


def is_logits(entry: Entry, arguments: dict[str, Any]) -> bool:
    """The same for scores that are all one higher, and above 0 however clear the lead."""
    clear = F.one_hot(arguments["target"], C) * 9.0
    return (
        unmoved_by_shift(entry, arguments)
        and values(entry, {**arguments, "input": clear}).min().item() > 0
    )


def is_score(entry: Entry, arguments: dict[str, Any]) -> bool:
    """The same for scores that are all one higher, and 0 for a clear order."""
    if not unmoved_by_shift(entry, arguments):
        return False
    orders = (torch.arange(N).double(), 9 * torch.eye(N, C).double())
    given = [key for key in arguments if key in TENSORS]
    shape = arguments[given[0]].shape
    spread = next(order for order in orders if order.shape == shape)
    clear = {**arguments, given[0]: spread}
    if "input2" in arguments:
        clear["target"] = torch.sign(clear["input1"] - clear["input2"])
        return values(entry, clear)[1:].abs().max().item() == 0
    aim = torch.arange(N) if arguments["target"].ndim == 1 else torch.full((N, C), -1)
    if aim.ndim == 2:
        aim[:, 0] = torch.arange(N)
    return values(entry, {**clear, "target": aim}).abs().max().item() == 0


def unmoved_by_shift(entry: Entry, arguments: dict[str, Any]) -> bool:
    """Whether all outputs may rise by one."""
    moved = values(entry, with_outputs(arguments, lambda x: x + 1.0))
    return torch.allclose(moved, values(entry, arguments))


def is_log_probability(entry: Entry, arguments: dict[str, Any]) -> bool:
    """Falls in proportion when all outputs rise: nothing is normalised inside."""
    start = values(entry, arguments)
    one, fifty, down = (
        values(entry, with_outputs(arguments, lambda x, c=c: x + c)) - start for c in (1, 50, -50)
    )
    falls = bool((one < 0).all())
    return falls and torch.allclose(fifty, 50 * one) and torch.allclose(down, -50 * one)


def is_distance(entry: Entry, arguments: dict[str, Any]) -> bool:
    """A like pair costs what it is apart, an unlike one what it lacks of the margin."""
    distance = torch.tensor([0.0, 0.25, 0.5, 4.0]).double()
    like = values(entry, {**arguments, "input": distance, "target": torch.ones(N)})
    unlike = values(entry, {**arguments, "input": distance, "target": -torch.ones(N)})
    return torch.equal(like, distance) and torch.equal(unlike, (1 - distance).clamp(min=0))


def is_embedding(entry: Entry, arguments: dict[str, Any]) -> bool:
    """One loss a row, and unmoved when all embeddings are turned together."""
    given = [key for key in arguments if key in TENSORS]
    size = arguments[given[0]].shape[-1]
    turn = torch.linalg.qr(draw(5).normal(size, size)).Q
    losses = values(entry, arguments)
    turned = values(entry, with_outputs(arguments, lambda x: x @ turn))
    rows = losses.shape == arguments[given[0]].shape[:-1]
    return rows and torch.allclose(losses, turned, atol=1e-5) and bool(losses.any())


def is_features(entry: Entry, arguments: dict[str, Any]) -> bool:
    """There may be more classes than columns, so a layer must be inside."""
    target = arguments["target"]
    values(entry, arguments)
    return not target.is_floating_point() and int(target.max()) >= arguments["input"].shape[-1]


BEHAVES = {
    Kind.PREDICTION: is_prediction,
    Kind.LOG_RATE: is_log_rate,
    Kind.PROBABILITY: is_probability,
    Kind.LOGIT: is_logit,
    Kind.LOGITS: is_logits,
    Kind.LOG_PROBABILITY: is_log_probability,
    Kind.FEATURES: is_features,
    Kind.SCORE: is_score,
    Kind.DISTANCE: is_distance,
    Kind.EMBEDDING: is_embedding,
}


def kinds_of(entry: Entry) -> set[Kind]:
    """Every kind of input that a loss behaves as if it took."""
    found = set()
    for kind, behaves in BEHAVES.items():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                if behaves(entry, arguments_of(entry.name)):
                    found.add(kind)
            # The probe of another kind does not fit: shapes, names or values are refused.
            except (RuntimeError, TypeError, ValueError, KeyError, IndexError, StopIteration):
                continue
    return found


@pytest.mark.parametrize("name", NAMES)
def test_the_kind_of_input_is_told_by_the_losss_behaviour(name: str) -> None:
    """It behaves as its own kind, and as no other: a wrong word in the map is noticed."""
    entry = LOSSES[name]
    assert kinds_of(entry) == {entry.kind}


# --- dtypes of targets --------------------------------------------------------------------------


def takes(name: str, soft: bool) -> set[torch.dtype]:
    """Dtypes of a target for which a loss of float32 inputs returns a number."""
    entry, taken = LOSSES[name], set()
    arguments = {
        key: value.float() if isinstance(value, Tensor) and value.is_floating_point() else value
        for key, value in arguments_of(name).items()
    }
    key = "targets" if "targets" in arguments else "target"
    target = torch.eye(N, C) if soft else arguments[key].clamp(min=0).round()
    for dtype in ANY:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                values(entry, {**arguments, key: target.to(dtype)})
            except (RuntimeError, ValueError):
                continue
        taken.add(dtype)
    return taken


@pytest.mark.parametrize("name", NAMES)
def test_dtypes_of_targets(name: str) -> None:
    """Those in the map are taken, and the others of ``ANY`` are refused."""
    entry = LOSSES[name]
    if not entry.dtypes:
        assert not {"target", "targets"} & set(entry.parameters)
        return
    assert takes(name, soft=False) == set(entry.dtypes)
    if entry.probabilities:
        assert takes(name, soft=True) == set(entry.probabilities)


# --- reductions without their names ---------------------------------------------------------------


def unnamed(name: str) -> str:
    """What becomes of a reduction that follows the last argument without a default."""
    function, arguments = getattr(F, name), arguments_of(name)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            got = function(*arguments.values(), "sum")
        except (TypeError, ValueError, AttributeError):
            return "refused"
        for words, others in (
            ("sum", {"reduction": "sum"}),
            ("mean", {}),
            ("mean of the full loss", {"full": True}),
        ):
            if set(others) <= {*LOSSES[name].parameters} and torch.equal(
                got, function(**arguments, **others)
            ):
                warned = any("size_average" in str(warning.message) for warning in caught)
                return words + (", with a warning" if warned else "")
    return "something else"


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_reduction_without_its_name(name: str) -> None:
    """It becomes what the page says that it becomes."""
    places = list(inspect.signature(getattr(F, name)).parameters)
    told = {"huber_loss": "sum", "gaussian_nll_loss": "mean of the full loss"}
    next_is = places[len(arguments_of(name))]
    other = "mean, with a warning" if next_is == "size_average" else "refused"
    assert unnamed(name) == told.get(name, other)


# --- traps --------------------------------------------------------------------------------------


def number(value: Tensor) -> float:
    return value.item()


def table_of_losses(function: Callable[..., Tensor], **others: Any) -> tuple[int, ...]:
    """The shape of the losses of (N, 1) against (N,)."""
    column, row = torch.full((N, 1), -0.5), torch.ones(N)
    return tuple(function(column, row, reduction="none", **others).shape)


def warned_table(name: str) -> None:
    with pytest.warns(UserWarning, match="different to the input size"):
        assert table_of_losses(getattr(F, name)) == (N, N)


def silent_table(name: str, **others: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert table_of_losses(getattr(F, name), **others) == (N, N)


def trap_mse_third_argument() -> None:
    o, y = torch.tensor([1.0, 2.0]), torch.zeros(2)
    with pytest.warns(UserWarning, match="size_average"):
        assert number(F.mse_loss(o, y, "none")) == 2.5
    with pytest.warns(UserWarning, match="size_average"):
        assert number(F.mse_loss(o, y, "")) == 5  # the sum


def trap_mse_no_half() -> None:
    assert number(F.mse_loss(torch.tensor(3.0), torch.tensor(1.0))) == 4


def trap_l1_norm() -> None:
    r = torch.tensor([1.0, -2.0, 3.0])
    assert number(F.l1_loss(r, torch.zeros(3))) == 2
    assert number(F.l1_loss(r, torch.zeros(3), reduction="sum")) == r.norm(p=1) == 6


def trap_huber_weighted_mean() -> None:
    o, y, two = torch.tensor([0.5, 3.0]), torch.zeros(2), torch.full((2,), 2.0)
    for loss, factor in ((F.mse_loss, 1), (F.l1_loss, 1), (F.huber_loss, 2)):
        torch.testing.assert_close(loss(o, y, weight=two), factor * loss(o, y))


def trap_huber_argument_order() -> None:
    huber = list(inspect.signature(F.huber_loss).parameters)
    smooth = list(inspect.signature(F.smooth_l1_loss).parameters)
    assert huber[2:4] == ["reduction", "delta"]
    assert (smooth[2], smooth[5]) == ("size_average", "beta")


def trap_smooth_beta_is_not_delta() -> None:
    o, y = torch.linspace(-5, 5, 41), torch.zeros(41)
    for width in (0.5, 1.0, 2.0):
        huber = F.huber_loss(o, y, delta=width, reduction="none")
        smooth = F.smooth_l1_loss(o, y, beta=width, reduction="none")
        torch.testing.assert_close(smooth, huber / width)
        assert torch.allclose(smooth, huber) == (width == 1)
    for name, width in (("huber_loss", "delta"), ("smooth_l1_loss", "beta")):
        assert LOSSES[name].defaults[width] == 1


def trap_gaussian_variance() -> None:
    o, y, var = torch.tensor([1.0]), torch.tensor([3.0]), torch.tensor([0.25])
    exact = -torch.distributions.Normal(o, 0.5).log_prob(y)
    torch.testing.assert_close(F.gaussian_nll_loss(o, y, var, full=True), exact[0])


def trap_gaussian_eps_clamp() -> None:
    var = torch.tensor([0.0, 1e-9, 1e-6], requires_grad=True)
    losses = F.gaussian_nll_loss(torch.ones(3), torch.zeros(3), var, reduction="none")
    assert losses[0] == losses[1] == losses[2]
    losses.sum().backward()
    assert var.grad[0] == var.grad[2] != 0


def trap_gaussian_fourth_argument() -> None:
    arguments = arguments_of("gaussian_nll_loss")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        got = F.gaussian_nll_loss(*arguments.values(), "sum")
    torch.testing.assert_close(got, F.gaussian_nll_loss(**arguments, full=True))
    assert not torch.isclose(got, F.gaussian_nll_loss(**arguments, reduction="sum"))


def trap_gaussian_negative() -> None:
    assert number(F.gaussian_nll_loss(torch.zeros(1), torch.zeros(1), 1e-4, full=True)) < 0


def trap_gaussian_nan_variance() -> None:
    zero = torch.zeros(1)
    with pytest.raises(ValueError, match="negative"):
        F.gaussian_nll_loss(zero, zero, torch.tensor([-1.0]))
    assert math.isnan(F.gaussian_nll_loss(zero, zero, torch.tensor([math.nan])))


def trap_poisson_log_input() -> None:
    rate, count = torch.tensor([3.0]), torch.tensor([3.0])
    best = F.poisson_nll_loss(rate.log(), count)
    torch.testing.assert_close(F.poisson_nll_loss(rate, count, log_input=False), best)
    assert F.poisson_nll_loss(rate, count) > best + 10


def trap_poisson_stirling() -> None:
    for count, gap in ((1.0, 0.0), (2.0, 0.05), (9.0, 0.02)):
        y = torch.tensor([count])
        exact = -torch.distributions.Poisson(y).log_prob(y)[0]
        approximate = F.poisson_nll_loss(y.log(), y, full=True)
        assert abs(approximate - exact) <= gap + 1e-6
        assert (approximate == F.poisson_nll_loss(y.log(), y)) == (count == 1)
        if count > 1:
            assert abs(approximate - exact) > 1e-3


def trap_poisson_negative() -> None:
    y = torch.tensor([10.0])
    assert number(F.poisson_nll_loss(y.log(), y)) < -13


def trap_poisson_negative_rate() -> None:
    loss = F.poisson_nll_loss(torch.tensor([-1.0]), torch.tensor([2.0]), log_input=False)
    assert math.isnan(loss)


def trap_bce_clamp() -> None:
    wrong = torch.tensor([0.0, 1e-44])
    assert F.binary_cross_entropy(wrong, torch.ones(2), reduction="none").tolist() == [100, 100]
    assert -math.log(1e-44) > 101


def trap_bce_float32() -> None:
    probability = torch.sigmoid(torch.tensor([16.6, 17.0]))
    losses = F.binary_cross_entropy(probability, torch.zeros(2), reduction="none")
    assert probability[1] == 1
    assert losses[1] == 100
    assert round(losses[0].item(), 1) == 15.9
    exact = F.binary_cross_entropy_with_logits(torch.tensor(17.0), torch.tensor(0.0))
    assert round(exact.item(), 4) == 17


def trap_bce_swapped() -> None:
    p, y = torch.tensor([0.9, 0.2]), torch.tensor([1.0, 0.0])
    right, swapped = F.binary_cross_entropy(p, y), F.binary_cross_entropy(y, p)
    assert swapped > 10 * right
    with pytest.raises(RuntimeError):
        F.binary_cross_entropy(torch.tensor([1.0]), torch.tensor([-1.0]).exp() - 1.0)


def trap_logits_signs() -> None:
    assert number(F.binary_cross_entropy_with_logits(torch.tensor(-100.0), -torch.ones(()))) == -100


def trap_logits_probabilities() -> None:
    certain = torch.tensor([1.0, 0.0])
    losses = F.binary_cross_entropy_with_logits(certain, certain, reduction="none")
    torch.testing.assert_close(losses, torch.tensor([math.log(1 + math.exp(-1)), math.log(2)]))
    assert round(losses[0].item(), 2) == 0.31


def trap_logits_pos_weight() -> None:
    logits, yes = draw().normal(N), torch.ones(N).double()
    plain = F.binary_cross_entropy_with_logits(logits, yes)
    ten = torch.tensor(10.0).double()
    torch.testing.assert_close(
        F.binary_cross_entropy_with_logits(logits, yes, pos_weight=ten), 10 * plain
    )
    no = F.binary_cross_entropy_with_logits(logits, 1 - yes)
    assert F.binary_cross_entropy_with_logits(logits, 1 - yes, pos_weight=ten) == no
    scores = torch.stack([torch.zeros_like(logits), logits], dim=1)
    torch.testing.assert_close(
        F.cross_entropy(scores, yes.long(), weight=torch.tensor([1.0, 10.0]).double()), plain
    )


def trap_logits_small_losses() -> None:
    loss = F.binary_cross_entropy_with_logits
    assert number(loss(torch.tensor(-20.0), torch.tensor(0.0))) == 0
    assert f"{number(loss(torch.tensor(20.0), torch.tensor(1.0))):.1e}" == "2.1e-09"


def trap_multilabel_soft_labels_averaged() -> None:
    arguments = arguments_of("multilabel_soft_margin_loss")
    each = F.multilabel_soft_margin_loss(**arguments, reduction="none")
    table = F.binary_cross_entropy_with_logits(**arguments, reduction="none")
    torch.testing.assert_close(each, table.mean(1))
    torch.testing.assert_close(F.multilabel_soft_margin_loss(**arguments), table.mean())


def trap_multilabel_soft_signs() -> None:
    logits = torch.full((1, 2), -100.0)
    assert number(F.multilabel_soft_margin_loss(logits, -torch.ones(1, 2))) == -100


def trap_multilabel_soft_silent_broadcast() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        shape = F.multilabel_soft_margin_loss(
            torch.zeros(N, C), torch.ones(C), reduction="none"
        ).shape
    assert shape == (N,)


def trap_soft_margin_overflow() -> None:
    score = torch.tensor([-100.0], requires_grad=True)
    loss = F.soft_margin_loss(score, torch.ones(1))
    loss.backward()
    assert math.isinf(loss.item())
    assert math.isnan(score.grad)


def trap_soft_margin_zeros() -> None:
    score = torch.tensor([5.0, -5.0], requires_grad=True)
    losses = F.soft_margin_loss(score, torch.zeros(2), reduction="none")
    losses.sum().backward()
    torch.testing.assert_close(losses, torch.full((2,), math.log(2)))
    assert score.grad.tolist() == [0, 0]


def trap_cross_entropy_softmax_twice() -> None:
    certain = torch.eye(10)
    floor = number(F.cross_entropy(certain, torch.arange(10)))
    assert math.isclose(floor, math.log(1 + 9 / math.e), rel_tol=1e-6)
    assert round(floor, 2) == 1.46
    generator = torch.Generator().manual_seed(0)
    others = torch.randn(10_000, 10, generator=generator).mul(9).softmax(1)
    assert F.cross_entropy(others, others.argmax(1), reduction="none").min() >= floor - 1e-6


def trap_cross_entropy_weighted_mean() -> None:
    arguments, same = arguments_of("cross_entropy"), torch.full((C,), 3.0).double()
    plain = F.cross_entropy(**arguments)
    torch.testing.assert_close(F.cross_entropy(**arguments, weight=same), plain)
    soft = F.one_hot(arguments["target"], C).double()
    weighted = F.cross_entropy(arguments["input"], soft, weight=same)
    torch.testing.assert_close(weighted, 3 * plain)


def all_ignored(name: str) -> None:
    arguments = {**arguments_of(name), "target": torch.full((N,), -100)}
    assert math.isnan(getattr(F, name)(**arguments))
    assert number(getattr(F, name)(**arguments, reduction="sum")) == 0


def trap_cross_entropy_one_hot() -> None:
    scores, hot = torch.zeros(N, C), F.one_hot(torch.arange(N), C)
    with pytest.raises(RuntimeError, match="floating point"):
        F.cross_entropy(scores, hot)
    F.cross_entropy(scores, hot.float())


def trap_cross_entropy_not_a_distribution() -> None:
    scores, hot = arguments_of("cross_entropy")["input"], torch.eye(N, C).double()
    torch.testing.assert_close(F.cross_entropy(scores, 2 * hot), 2 * F.cross_entropy(scores, hot))


def trap_cross_entropy_class_dimension() -> None:
    a = draw()
    with pytest.raises((RuntimeError, ValueError)):
        F.cross_entropy(a.normal(N, 6, C), a.classes(0, C, N, 6))
    scores, target = a.normal(N, C, C), a.classes(0, C, N, C)
    wrong, right = F.cross_entropy(scores, target), F.cross_entropy(scores.mT, target)
    assert not torch.isclose(wrong, right)


def trap_cross_entropy_float16_mean() -> None:
    scores = torch.zeros(70_000, 2, dtype=torch.float16)
    target = torch.zeros(70_000, dtype=torch.int64)
    assert number(F.cross_entropy(scores, target)) == 0  # 0.69 each: a sum below 65,504
    scores[:, 1] = 2.0
    assert math.isnan(F.cross_entropy(scores, target))  # 2.1 each
    assert torch.finfo(torch.float16).max == 65_504


def trap_nll_no_logarithm() -> None:
    p = torch.tensor([[0.75, 0.25]])
    assert number(F.nll_loss(p, torch.tensor([0]))) == -0.75
    assert number(F.nll_loss(1e6 * p, torch.tensor([0]))) == -750_000


def trap_nll_float16_mean() -> None:
    target = torch.zeros(70_000, dtype=torch.int64)
    means = [
        number(F.nll_loss(torch.full((70_000, 2), a, dtype=torch.float16), target))
        for a in (-0.5, -1.0)
    ]
    assert means[0] == 0
    assert math.isnan(means[1])


def trap_linear_all_logits() -> None:
    x = arguments_of("linear_cross_entropy")
    logits = F.linear(x["input"], x["linear_weight"])
    assert F.linear_cross_entropy(**x) == F.cross_entropy(logits, x["target"])


def trap_linear_ignore_none() -> None:
    x = arguments_of("linear_cross_entropy")
    x["target"] = torch.tensor([-100, 0, 1, 2])
    rest = {**x, "input": x["input"][1:], "target": x["target"][1:]}
    torch.testing.assert_close(
        F.linear_cross_entropy(**x, ignore_index=None), F.linear_cross_entropy(**rest)
    )


def trap_adaptive_named_tuple() -> None:
    result = adaptive(arguments_of("AdaptiveLogSoftmaxWithLoss"))
    assert result._fields == ("output", "loss")
    assert (result.output < 0).all()
    torch.testing.assert_close(result.loss, -result.output.mean())


def trap_adaptive_frequency() -> None:
    module = nn.AdaptiveLogSoftmaxWithLoss(8, 100, [10])
    first = module.head.weight.shape[0]
    assert first == 10 + 1  # the ten before the cutoff, and one cluster for the ninety others
    module(torch.zeros(50, 8), torch.full((50,), 99))  # the last class most often: no message


def trap_kl_mean() -> None:
    arguments = arguments_of("kl_div")
    each = F.kl_div(**arguments, reduction="none").sum(1)
    torch.testing.assert_close(F.kl_div(**arguments, reduction="batchmean"), each.mean())
    torch.testing.assert_close(F.kl_div(**arguments, reduction="mean"), each.mean() / C)


def trap_kl_direction() -> None:
    p, q = torch.tensor([0.5, 0.5]), torch.tensor([0.9, 0.1])
    from_q = (q * (q / p).log()).sum()
    torch.testing.assert_close(F.kl_div(p.log(), q, reduction="sum"), from_q)
    assert not torch.isclose(from_q, (p * (p / q).log()).sum())


def trap_kl_no_logarithm() -> None:
    p = torch.tensor([0.5, 0.5])
    assert number(F.kl_div(p, p, reduction="sum")) < -1
    assert number(F.kl_div(p.log(), p, reduction="sum")) == 0


def trap_kl_excluded() -> None:
    certain = torch.tensor([1.0, 0.0])
    assert math.isnan(F.kl_div(certain.log(), certain, reduction="sum"))


def trap_ctc_scores() -> None:
    arguments = arguments_of("ctc_loss")
    arguments["log_probs"] = draw(5).normal(10, N, C)
    arguments["input_lengths"] = torch.full((N,), 10)
    each = F.ctc_loss(**arguments, reduction="none")
    arguments["log_probs"] = arguments["log_probs"] + 100
    torch.testing.assert_close(F.ctc_loss(**arguments, reduction="none"), each - 1000)
    assert each.isfinite().all()


def trap_ctc_target_lengths() -> None:
    arguments = arguments_of("ctc_loss")
    arguments["target_lengths"] = torch.tensor([1, 1, 2, 4])
    each = F.ctc_loss(**arguments, reduction="none")
    assert F.ctc_loss(**arguments) < each.mean()
    per_label = each / arguments["target_lengths"]
    torch.testing.assert_close(F.ctc_loss(**arguments), per_label.mean())


def trap_ctc_impossible() -> None:
    log_probs = torch.zeros(2, 2, C).log_softmax(2)
    targets, frames = torch.tensor([[1, 1], [1, 2]]), torch.tensor([2, 2])  # 1, blank, 1 takes 3
    call = (log_probs, targets, frames, torch.tensor([2, 2]))
    assert math.isinf(F.ctc_loss(*call))
    kept = F.ctc_loss(*call, reduction="none")[1] / 2
    torch.testing.assert_close(F.ctc_loss(*call, zero_infinity=True), kept / 2)


def trap_ctc_gradient() -> None:
    arguments = arguments_of("ctc_loss")
    log_probs = arguments["log_probs"].requires_grad_()

    def loss(x: Tensor) -> Tensor:
        return F.ctc_loss(**{**arguments, "log_probs": x}, reduction="sum")

    (theirs,) = torch.autograd.grad(loss(log_probs), log_probs)
    step = torch.zeros_like(log_probs)
    step[0, 3, 1] = 1e-6
    true = (loss(log_probs + step) - loss(log_probs - step)) / 2e-6
    shift = log_probs[0, 3, 1].exp()
    torch.testing.assert_close(theirs[0, 3, 1], true + shift, rtol=0, atol=1e-6)
    scores = draw(3).normal(T, N, C).requires_grad_()
    assert torch.autograd.gradcheck(lambda z: loss(z.log_softmax(2)), scores)


def trap_ctc_blank() -> None:
    arguments = arguments_of("ctc_loss")
    arguments["targets"] = torch.zeros(N, 4, dtype=torch.int64)
    assert F.ctc_loss(**arguments).isfinite()


def trap_ranking_margin_zero() -> None:
    assert number(F.margin_ranking_loss(torch.zeros(2), torch.zeros(2), torch.ones(2))) == 0


def trap_ranking_silent_broadcast() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        losses = F.margin_ranking_loss(
            torch.zeros(N, 1), torch.zeros(1, N), torch.ones(N, 1), reduction="none"
        )
    assert losses.shape == (N, N)


def trap_multi_margin_divided() -> None:
    assert number(F.multi_margin_loss(torch.zeros(1, 4), torch.tensor([0]))) == 0.75


def trap_multi_margin_weighted_mean() -> None:
    arguments, two = arguments_of("multi_margin_loss"), torch.full((C,), 2.0).double()
    for loss, factor in ((F.multi_margin_loss, 2), (F.cross_entropy, 1)):
        torch.testing.assert_close(loss(**arguments, weight=two), factor * loss(**arguments))


def list_loss(*classes: int) -> float:
    scores = torch.tensor([[0.1, 0.2, 0.4, 0.8]])
    return number(F.multilabel_margin_loss(scores, torch.tensor([list(classes)])))


def trap_multilabel_padding() -> None:
    assert list_loss(3, -1, 0, 1) == list_loss(3, -1, -1, -1) != list_loss(3, 0, 1, -1)


def trap_multilabel_multi_hot() -> None:
    zero_thrice = 3 * ((1 - 0.1 + 0.4) + (1 - 0.1 + 0.8))
    one = (1 - 0.2 + 0.4) + (1 - 0.2 + 0.8)
    assert math.isclose(list_loss(0, 0, 0, 1), (zero_thrice + one) / 4, rel_tol=1e-6)


def trap_multilabel_divided() -> None:
    pairs = (1 - 0.8 + 0.1) + (1 - 0.8 + 0.2) + (1 - 0.8 + 0.4)
    assert math.isclose(list_loss(3, -1, -1, -1), pairs / 4, rel_tol=1e-6)


def trap_hinge_embedding_not_the_hinge() -> None:
    for score in (-5.0, -5e6):
        assert number(F.hinge_embedding_loss(torch.tensor([score]), torch.ones(1))) == score


def trap_hinge_embedding_zeros() -> None:
    distance = torch.tensor([0.25])
    both = sum(F.hinge_embedding_loss(distance, sign * torch.ones(1)) for sign in (1, -1))
    assert F.hinge_embedding_loss(distance, torch.zeros(1)) == both


def trap_cosine_zeros() -> None:
    first, second = torch.eye(2).requires_grad_(), torch.ones(2, 2)
    losses = F.cosine_embedding_loss(first, second, torch.zeros(2), reduction="none")
    losses.sum().backward()
    assert losses.tolist() == [0, 0]
    assert not first.grad.any()


def trap_cosine_orthogonal() -> None:
    x = torch.tensor([[1.0, 0.0]])
    away = [torch.tensor([[math.cos(angle), math.sin(angle)]]) for angle in (1.5, 1.6)]
    losses = [number(F.cosine_embedding_loss(x, other, -torch.ones(1))) for other in away]
    assert losses[0] > 0
    assert losses[1] == 0


def trap_triplet_eps() -> None:
    point = torch.zeros(1, 4, dtype=torch.float64)
    far = point + 10
    to_itself = F.triplet_margin_loss(point, point, far, margin=100.0)
    without = F.triplet_margin_loss(point, point, far, margin=100.0, eps=0.0)
    near, own = F.pairwise_distance(point, point), LOSSES["triplet_margin_loss"].defaults["eps"]
    torch.testing.assert_close(near, torch.full((1,), 2 * own).double(), rtol=0, atol=1e-12)
    # 2·eps more to itself, and 2·eps less to the other, whose differences are all −10.
    assert math.isclose(to_itself - without, 4 * own, rel_tol=1e-4)


def trap_triplet_collapse() -> None:
    same = torch.ones(N, D)
    assert F.triplet_margin_loss(same, same, same, reduction="none").tolist() == [1] * N


def trap_triplet_margin_zero() -> None:
    same = torch.ones(N, D)
    with pytest.raises(ValueError, match="margin must be greater than 0"):
        F.triplet_margin_loss(same, same, same, margin=0.0)
    F.margin_ranking_loss(torch.ones(N), torch.ones(N), torch.ones(N), margin=0.0)
    F.multi_margin_loss(same, torch.zeros(N, dtype=torch.int64), margin=0.0)


def triplets_broadcast(name: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        shape = getattr(F, name)(
            torch.ones(N, D), torch.zeros(N, D), torch.zeros(1, D), reduction="none"
        ).shape
    assert shape == (N,)


def trap_triplet_similarity() -> None:
    anchor, other = torch.tensor([[1.0, 0.0]]), torch.tensor([[0.0, 1.0]])

    def loss(distance: Callable[[Tensor, Tensor], Tensor]) -> float:
        perfect = F.triplet_margin_with_distance_loss(
            anchor, anchor, other, distance_function=distance, margin=0.5
        )
        return number(perfect)

    assert loss(F.cosine_similarity) == 1.5
    assert loss(lambda a, b: 1 - F.cosine_similarity(a, b)) == 0


WARNED = ("mse_loss", "l1_loss", "huber_loss", "smooth_l1_loss")
SILENT = ("poisson_nll_loss", "hinge_embedding_loss", "kl_div", "gaussian_nll_loss")
NEEDS = {"gaussian_nll_loss": {"var": 1.0}}
TRAPS: dict[tuple[str, str], Callable[[], None]] = {
    **{(name, "broadcast"): lambda name=name: warned_table(name) for name in WARNED},
    **{
        (name, "silent_broadcast"): lambda name=name: silent_table(name, **NEEDS.get(name, {}))
        for name in SILENT
    },
    **{
        (name, "all_ignored"): lambda name=name: all_ignored(name)
        for name in ("cross_entropy", "nll_loss", "linear_cross_entropy")
    },
    **{
        (name, "silent_broadcast"): lambda name=name: triplets_broadcast(name)
        for name in ("triplet_margin_loss", "triplet_margin_with_distance_loss")
    },
    ("mse_loss", "third_argument"): trap_mse_third_argument,
    ("mse_loss", "no_half"): trap_mse_no_half,
    ("l1_loss", "norm"): trap_l1_norm,
    ("huber_loss", "weighted_mean"): trap_huber_weighted_mean,
    ("huber_loss", "argument_order"): trap_huber_argument_order,
    ("smooth_l1_loss", "beta_is_not_delta"): trap_smooth_beta_is_not_delta,
    ("gaussian_nll_loss", "variance"): trap_gaussian_variance,
    ("gaussian_nll_loss", "eps_clamp"): trap_gaussian_eps_clamp,
    ("gaussian_nll_loss", "fourth_argument"): trap_gaussian_fourth_argument,
    ("gaussian_nll_loss", "negative"): trap_gaussian_negative,
    ("gaussian_nll_loss", "nan_variance"): trap_gaussian_nan_variance,
    ("poisson_nll_loss", "log_input"): trap_poisson_log_input,
    ("poisson_nll_loss", "stirling"): trap_poisson_stirling,
    ("poisson_nll_loss", "negative"): trap_poisson_negative,
    ("poisson_nll_loss", "negative_rate"): trap_poisson_negative_rate,
    ("binary_cross_entropy", "clamp"): trap_bce_clamp,
    ("binary_cross_entropy", "float32"): trap_bce_float32,
    ("binary_cross_entropy", "swapped"): trap_bce_swapped,
    ("binary_cross_entropy_with_logits", "signs"): trap_logits_signs,
    ("binary_cross_entropy_with_logits", "probabilities"): trap_logits_probabilities,
    ("binary_cross_entropy_with_logits", "pos_weight"): trap_logits_pos_weight,
    ("binary_cross_entropy_with_logits", "small_losses"): trap_logits_small_losses,
    ("multilabel_soft_margin_loss", "labels_averaged"): trap_multilabel_soft_labels_averaged,
    ("multilabel_soft_margin_loss", "signs"): trap_multilabel_soft_signs,
    ("multilabel_soft_margin_loss", "silent_broadcast"): trap_multilabel_soft_silent_broadcast,
    ("soft_margin_loss", "overflow"): trap_soft_margin_overflow,
    ("soft_margin_loss", "zeros"): trap_soft_margin_zeros,
    ("cross_entropy", "softmax_twice"): trap_cross_entropy_softmax_twice,
    ("cross_entropy", "weighted_mean"): trap_cross_entropy_weighted_mean,
    ("cross_entropy", "one_hot"): trap_cross_entropy_one_hot,
    ("cross_entropy", "not_a_distribution"): trap_cross_entropy_not_a_distribution,
    ("cross_entropy", "class_dimension"): trap_cross_entropy_class_dimension,
    ("cross_entropy", "float16_mean"): trap_cross_entropy_float16_mean,
    ("nll_loss", "no_logarithm"): trap_nll_no_logarithm,
    ("nll_loss", "float16_mean"): trap_nll_float16_mean,
    ("linear_cross_entropy", "all_logits"): trap_linear_all_logits,
    ("linear_cross_entropy", "ignore_none"): trap_linear_ignore_none,
    ("AdaptiveLogSoftmaxWithLoss", "named_tuple"): trap_adaptive_named_tuple,
    ("AdaptiveLogSoftmaxWithLoss", "frequency"): trap_adaptive_frequency,
    ("kl_div", "mean"): trap_kl_mean,
    ("kl_div", "direction"): trap_kl_direction,
    ("kl_div", "no_logarithm"): trap_kl_no_logarithm,
    ("kl_div", "excluded"): trap_kl_excluded,
    ("ctc_loss", "scores"): trap_ctc_scores,
    ("ctc_loss", "target_lengths"): trap_ctc_target_lengths,
    ("ctc_loss", "impossible"): trap_ctc_impossible,
    ("ctc_loss", "gradient"): trap_ctc_gradient,
    ("ctc_loss", "blank"): trap_ctc_blank,
    ("margin_ranking_loss", "margin_zero"): trap_ranking_margin_zero,
    ("margin_ranking_loss", "silent_broadcast"): trap_ranking_silent_broadcast,
    ("multi_margin_loss", "divided_by_classes"): trap_multi_margin_divided,
    ("multi_margin_loss", "weighted_mean"): trap_multi_margin_weighted_mean,
    ("multilabel_margin_loss", "padding"): trap_multilabel_padding,
    ("multilabel_margin_loss", "multi_hot"): trap_multilabel_multi_hot,
    ("multilabel_margin_loss", "divided_by_classes"): trap_multilabel_divided,
    ("hinge_embedding_loss", "not_the_hinge"): trap_hinge_embedding_not_the_hinge,
    ("hinge_embedding_loss", "zeros"): trap_hinge_embedding_zeros,
    ("cosine_embedding_loss", "zeros"): trap_cosine_zeros,
    ("cosine_embedding_loss", "orthogonal"): trap_cosine_orthogonal,
    ("triplet_margin_loss", "eps"): trap_triplet_eps,
    ("triplet_margin_loss", "collapse"): trap_triplet_collapse,
    ("triplet_margin_loss", "margin_zero"): trap_triplet_margin_zero,
    ("triplet_margin_with_distance_loss", "similarity"): trap_triplet_similarity,
}


def test_every_trap_of_the_map_is_tried() -> None:
    """And no trap is tried that the page does not tell of."""
    told = {(entry.name, trap.name) for entry in LOSSES.values() for trap in entry.traps}
    assert told == set(TRAPS)


@pytest.mark.parametrize("trap", TRAPS, ids="-".join)
def test_trap(trap: tuple[str, str]) -> None:
    """PyTorch does what the page says that it does."""
    TRAPS[trap]()


# --- other libraries ----------------------------------------------------------------------------


def test_scikit_learn_has_the_same_losses() -> None:
    """Those whose names the map gives, target first; the others are told apart."""
    p, y = torch.tensor([0.9, 0.2, 0.6]).double(), torch.tensor([1.0, 0.0, 0.0]).double()
    metrics = sklearn.metrics
    assert math.isclose(metrics.mean_squared_error(y, p), F.mse_loss(p, y))
    assert math.isclose(metrics.mean_absolute_error(y, p), F.l1_loss(p, y))
    assert math.isclose(metrics.log_loss(y, p), F.binary_cross_entropy(p, y))
    table, classes = torch.eye(3).double() * 0.7 + 0.1, torch.tensor([0, 2, 1])
    ours = F.nll_loss(table.log(), classes)
    assert math.isclose(metrics.log_loss(classes, table, labels=[0, 1, 2]), ours)
    rate, count = torch.tensor([2.0, 5.0]).double(), torch.tensor([3.0, 1.0]).double()
    excess = F.poisson_nll_loss(rate.log(), count) - F.poisson_nll_loss(count.log(), count)
    assert math.isclose(metrics.mean_poisson_deviance(count, rate), 2 * excess, rel_tol=1e-12)
    scores = torch.tensor([[0.0, 0.5, 2.0], [1.0, 0.0, 0.0]]).double()
    worst = metrics.hinge_loss([0, 1], scores.numpy(), labels=[0, 1, 2])
    assert math.isclose(worst, (3.0 + 2.0) / 2)
    assert not math.isclose(worst, F.multi_margin_loss(scores, torch.tensor([0, 1])))
    named = {
        name
        for entry in LOSSES.values()
        for other in entry.elsewhere
        for name in re.findall(r"sklearn\.metrics\.(\w+)", other.name)
    }
    assert named == {
        "mean_squared_error",
        "mean_absolute_error",
        "log_loss",
        "mean_poisson_deviance",
        "hinge_loss",
    }


# --- the page -----------------------------------------------------------------------------------


def test_lossfns_says_how_it_differs_and_where_it_is_derived() -> None:
    """Every entry finds both in the docstring, and nothing of its markup is left."""
    for entry in LOSSES.values():
        assert entry.differs
        assert not re.search(r":\w+:`|``|Differs", entry.differs), entry.differs
        assert re.fullmatch(r"[a-z]+/[a-z_]+", entry.page)


def test_the_overview_has_a_row_for_each_loss() -> None:
    """Linked to its section."""
    rows = overview().splitlines()[2:]
    linked = [re.match(r"\| \[`(\w+)`\]\(#torch-(\w+)\)", row).groups() for row in rows]
    assert linked == [(name, name.lower()) for name in NAMES]
    assert all(row.count(" | ") == 4 for row in rows)


def test_the_page_shows_every_entry_and_links_its_derivation() -> None:
    """A section a loss, in the order of the table, with its entry and the page that derives it."""
    cells = json.loads(PAGE.read_text("utf-8"))["cells"]
    sources = ["".join(cell["source"]) for cell in cells]
    sections = [source for source in sources if source.startswith("(torch-")]
    assert [re.match(r"\(torch-(\w+)\)=", source)[1] for source in sections] == list(NAMES)
    for name, section in zip(NAMES, sections, strict=True):
        assert f"### `{name}`" in section
        assert LOSSES[name].page in section
        assert f'show_markdown(LOSSES["{name}"].markdown())' in "\n".join(sources)
