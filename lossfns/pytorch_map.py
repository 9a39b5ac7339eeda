"""Every loss of PyTorch: what it takes, what its mean divides by, and where it bites.

:data:`LOSSES` holds one :class:`Entry` for each loss of :mod:`torch.nn.functional`, and one for the
loss that exists as a module only. What PyTorch knows of itself (the order of the arguments, the
defaults, what a module leaves out) is read from it when asked for, and what ``lossfns`` does
otherwise is read from its docstrings. The rest is stated here, and held against PyTorch by
``tests/test_pytorch_map.py``: each denominator as a number, each kind of input by how the loss
behaves, each dtype by whether it is taken, and each trap by falling into it.

>>> LOSSES["smooth_l1_loss"].signature
'F.smooth_l1_loss(input, target, reduction="mean", beta=1.0)'
>>> LOSSES["smooth_l1_loss"].positional
('input', 'target')
>>> LOSSES["huber_loss"].only_in_function
('weight',)
"""

import inspect
import itertools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

import lossfns

Arguments = Mapping[str, Any]
"""The arguments of one call, by name; those left out have their defaults."""

DEPRECATED = ("size_average", "reduce")
"""Arguments that PyTorch keeps for old code, and that ``lossfns`` leaves out."""


class Kind(Enum):
    """What the first argument of a loss must be; the value says it in words."""

    PREDICTION = "the prediction itself, in the unit of the target"
    LOG_RATE = (
        "the logarithm of the expected count (with `log_input=False` the expected count itself)"
    )
    PROBABILITY = "probabilities of a yes, from 0 to 1"
    LOGIT = "raw outputs, read as log-odds: the sigmoid is inside"
    LOGITS = "raw outputs, one for each class: the softmax is inside"
    LOG_PROBABILITY = "log-probabilities, as from `log_softmax`"
    FEATURES = "what the last layer is applied to: that layer and the softmax are inside"
    SCORE = "raw scores, of which only differences count"
    DISTANCE = "distances of pairs, computed before"
    EMBEDDING = "embeddings: the last dimension is used up by a distance or a cosine"


@dataclass(frozen=True)
class Denominator:
    """What a reduction divides by.

    Attributes:
        short: the same in a word or two, for the table.
        words: Markdown that says it.
        value: the same, from the arguments and the unreduced losses: one number, or one for each
            of the losses where each is divided by its own before they are added up.
    """

    short: str
    words: str
    value: Callable[[Arguments, Tensor], Tensor | float]


@dataclass(frozen=True)
class Trap:
    """Something that PyTorch does without a word, and that a caller may not expect.

    Attributes:
        name: by which the test that falls into the trap is found.
        claim: Markdown, true of the release that the course is written for.
    """

    name: str
    claim: str


@dataclass(frozen=True)
class Elsewhere:
    """The same loss in another library, or one that is easily taken for it.

    Attributes:
        name: as one writes it in code.
        note: Markdown: how it differs.
    """

    name: str
    note: str


@dataclass(frozen=True)
class Entry:
    """One loss of PyTorch.

    Attributes:
        name: the function in :mod:`torch.nn.functional`, or the module if there is only that.
        module: the class in :mod:`torch.nn`.
        family: the section of the page that it stands in.
        kind: what the first argument is.
        shape: Markdown: the shape of the first argument, and what other tensors there are.
        target: Markdown: what the target means, and its shape.
        dtypes: dtypes of a target that are taken, for an input in float32.
        denominators: for each reduction that divides, what by.
        traps: what to look out for.
        elsewhere: other libraries' names.
        probabilities: dtypes of a target that holds class probabilities, where that is allowed.
        held: arguments that are parameters of the module.
        ours: the function in ``lossfns``, where it has another name.
    """

    name: str
    module: str
    family: str
    kind: Kind
    shape: str
    target: str
    dtypes: tuple[torch.dtype, ...]
    denominators: Mapping[str, Denominator]
    traps: tuple[Trap, ...]
    elsewhere: tuple[Elsewhere, ...] = ()
    probabilities: tuple[torch.dtype, ...] = ()
    held: tuple[str, ...] = ()
    ours: str = field(default="")

    @property
    def function(self) -> Callable[..., Any]:
        """The loss in PyTorch; the module's class if there is no function."""
        return getattr(F, self.name, None) or getattr(nn, self.module)

    @property
    def module_class(self) -> type[nn.Module]:
        """The loss as a module."""
        return getattr(nn, self.module)

    @property
    def parameters(self) -> dict[str, inspect.Parameter]:
        """The function's arguments in PyTorch's order, without the deprecated ones."""
        return _parameters(self.function)

    @property
    def defaults(self) -> dict[str, Any]:
        """Arguments that may be left out, with what they then are."""
        return {
            name: parameter.default
            for name, parameter in self.parameters.items()
            if parameter.default is not inspect.Parameter.empty
        }

    @property
    def signature(self) -> str:
        """The call, with its defaults, as one types it."""
        prefix = "F" if hasattr(F, self.name) else "nn"
        return f"{prefix}.{self.name}({', '.join(_listed(self.parameters))})"

    @property
    def construction(self) -> str:
        """The module's constructor, with its defaults, as one types it."""
        return f"nn.{self.module}({', '.join(_listed(_parameters(self.module_class)))})"

    @property
    def only_in_function(self) -> tuple[str, ...]:
        """Arguments that the function has and the module has not."""
        there = {*_parameters(self.module_class), *_parameters(self.module_class.forward)}
        # PoissonNLLLoss calls its input `log_input`, as it calls the option.
        return tuple(name for name in self.parameters if name not in {*there, *self.held, "input"})

    @property
    def positional(self) -> tuple[str, ...]:
        """Arguments before the first deprecated one: only these may be given without a name."""
        names = inspect.signature(self.function).parameters
        return tuple(itertools.takewhile(lambda name: name not in DEPRECATED, names))

    @property
    def differs(self) -> str:
        """Markdown: how ``lossfns`` differs, from its docstring."""
        for paragraph in _docstring(self).split("\n\n"):
            if paragraph.startswith("Differs from"):
                return _markdown(re.sub(r"^Differs from [^:]*:\w+:`[^`]*`: ", "", paragraph))
        return ""

    @property
    def page(self) -> str:
        """The page that derives the loss, as its docstring says."""
        return re.search(r"Page:\s+``chapters/([a-z_/]+)``", _docstring(self))[1]

    def markdown(self) -> str:
        """The entry as it stands on the page."""
        code = _wrapped(f"nn.{self.module}", _listed(_parameters(self.module_class)))
        if self.function is not self.module_class:
            code = _wrapped(f"F.{self.name}", _listed(self.parameters)) + "\n" + code
        lines = [
            f"```python\n{code}\n```\n",
            f"- **Input.** {_sentence(self.kind.value)} {self.shape}",
        ]
        lines.append(f"- **Target.** {self.target}{self._dtype_words()}")
        if self.positional != tuple(inspect.signature(self.function).parameters):
            lines.append(
                f"- **By name** after `{self.positional[-1]}`: the next place is that of the "
                f"deprecated `size_average`."
            )
        for reduction, denominator in self.denominators.items():
            lines.append(f'- **`"{reduction}"` divides by** {denominator.words}.')
        lines += [f"- **Trap.** {trap.claim}" for trap in self.traps]
        if self.only_in_function:
            missing = ", ".join(f"`{name}`" for name in self.only_in_function)
            lines.append(f"- **The module lacks** {missing}.")
        if self.differs:
            lines.append(f"- **`lossfns` differs.** {_sentence(self.differs)}")
        lines += [f"- **Elsewhere.** `{other.name}`: {other.note}" for other in self.elsewhere]
        return "\n".join(lines)

    def _dtype_words(self) -> str:
        if not self.dtypes:
            return ""
        words = f" Dtype for a float32 input: {_dtypes(self.dtypes)}"
        if self.probabilities:
            words += f"; of probabilities: {_dtypes(self.probabilities)}"
        return words + "."


def overview() -> str:
    """Markdown table of all losses, a row each, linked to their sections of the page."""
    rows = [
        "| function | input | target dtype | the mean divides by | other defaults |",
        "|---|---|---|---|---|",
    ]
    for entry in LOSSES.values():
        first = entry.kind.name.lower().replace("_", "-")
        others = {
            name: value
            for name, value in entry.defaults.items()
            if value is not None and name != "reduction"
        }
        listed = ", ".join(f"`{name}={_literal(value)}`" for name, value in others.items())
        dtypes = _dtypes((*entry.dtypes, *entry.probabilities))
        short = entry.denominators["mean"].short
        link = f"[`{entry.name}`](#torch-{entry.name.lower()})"
        rows.append(f"| {link} | {first} | {dtypes} | {short} | {listed} |")
    return "\n".join(rows)


def _parameters(function: Callable[..., Any]) -> dict[str, inspect.Parameter]:
    found = inspect.signature(function).parameters
    return {name: p for name, p in found.items() if name not in (*DEPRECATED, "self")}


def _listed(parameters: Mapping[str, inspect.Parameter]) -> list[str]:
    """Arguments with their defaults, and a star before those that need their names."""
    listed = []
    for name, parameter in parameters.items():
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY and "*" not in listed:
            listed.append("*")
        given = parameter.default is not inspect.Parameter.empty
        listed.append(f"{name}={_literal(parameter.default)}" if given else name)
    return listed


def _literal(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else repr(value)


def _wrapped(head: str, arguments: list[str], width: int = 64) -> str:
    """A call over several lines, each argument whole.

    >>> print(_wrapped("f", ["shape=(2, 3)", "beta=1.0", "eps=1e-6"], width=26))
    f(shape=(2, 3), beta=1.0,
        eps=1e-6)
    """
    lines = [head + "("]
    for number, argument in enumerate(arguments, start=1):
        piece = argument + (")" if number == len(arguments) else ",")
        if number == 1:
            lines[-1] += piece
        elif len(lines[-1]) + 1 + len(piece) <= width:
            lines[-1] += " " + piece
        else:
            lines.append("    " + piece)
    return "\n".join(lines)


def _dtypes(dtypes: tuple[torch.dtype, ...]) -> str:
    """Names of dtypes; of all that are tried, or all but bool, no list.

    >>> _dtypes((torch.int64, torch.uint8)), _dtypes(ANY), _dtypes(())
    ('int64, uint8', 'any', 'none')
    """
    if set(dtypes) == set(ANY):
        return "any"
    if set(dtypes) == {*FLOATS, *INTEGERS}:
        return "any but bool"
    return ", ".join(str(dtype).removeprefix("torch.") for dtype in dtypes) or "none"


def _sentence(words: str) -> str:
    words = words[0].upper() + words[1:]
    return words if words.endswith(".") else words + "."


def _docstring(entry: Entry) -> str:
    return inspect.getdoc(getattr(lossfns, entry.ours or entry.name))


def _markdown(text: str) -> str:
    """A docstring's paragraph in Markdown.

    >>> _markdown("at :math:`m = 1` use ``p``, not :func:`torch.exp`")
    'at $m = 1$ use `p`, not `torch.exp`'
    """
    text = re.sub(r":math:`([^`]*)`", r"$\1$", " ".join(text.split()))
    text = re.sub(r":\w+:`([^`]*)`", r"`\1`", text)
    return text.replace("``", "`")


def _elements(_arguments: Arguments, values: Tensor) -> float:
    return values.numel()


def _weights(arguments: Arguments, values: Tensor) -> Tensor | float:
    weight = arguments.get("weight")
    return values.numel() if weight is None else weight.sum()


def _class_weights(arguments: Arguments, values: Tensor) -> Tensor | float:
    """The weights of the targets' classes; for probabilities the number of losses."""
    target, weight = arguments["target"], arguments.get("weight")
    if target.is_floating_point():
        return values.numel()
    ignored = arguments.get("ignore_index")
    kept = target != (-100 if ignored is None else ignored)
    return kept.sum() if weight is None else weight[target[kept].long()].sum()


def _target_lengths(arguments: Arguments, values: Tensor) -> Tensor:
    lengths = torch.as_tensor(arguments["target_lengths"])
    return values.numel() * lengths.clamp(min=1)


def _first_dimension(arguments: Arguments, _values: Tensor) -> float:
    return len(arguments["input"])


ELEMENTS = Denominator("elements", "the number of elements", _elements)
WEIGHTED_ELEMENTS = Denominator(
    "elements", "the number of elements, with a `weight` too", _elements
)
WEIGHTS = Denominator(
    "elements, or $\\sum w$", "the number of elements; with a `weight` by $\\sum w$", _weights
)
CLASS_WEIGHTS = Denominator(
    "$\\sum w_{y_n}$",
    "$\\sum_n w_{y_n}$ over the targets that are not ignored, which without a `weight` is their "
    "number",
    _class_weights,
)
SOFT_CLASS_WEIGHTS = Denominator(
    "$\\sum w_{y_n}$, or $N$",
    "$\\sum_n w_{y_n}$ over the targets that are not ignored; for probabilities as targets by the "
    "number of losses (N for an input of shape (N, C)), with a `weight` too",
    _class_weights,
)
EXAMPLES = Denominator("$N$", "the number of examples, $N$", _elements)
WEIGHTED_EXAMPLES = Denominator(
    "$N$", "the number of examples, $N$, with a `weight` too", _elements
)
PAIRS = Denominator("$N$ pairs", "the number of pairs, $N$", _elements)
TRIPLETS = Denominator("$N$ triplets", "the number of triplets, $N$", _elements)

FLOATS = (torch.float32, torch.float64)
INTEGERS = (torch.int64, torch.int32, torch.uint8)
CLASSES = (torch.int64, torch.uint8)
ANY = (*FLOATS, *INTEGERS, torch.bool)

BROADCAST = Trap(
    "broadcast",
    "A target of shape (N,) against an input of shape (N, 1) makes a table of N × N losses. There "
    "is a warning, and then a number.",
)
SILENT_BROADCAST = Trap(
    "silent_broadcast",
    "A target of shape (N,) against an input of shape (N, 1) makes a table of N × N losses, "
    "without a warning.",
)

REGRESSION = (
    Entry(
        name="mse_loss",
        module="MSELoss",
        family="Regression",
        kind=Kind.PREDICTION,
        shape="Any shape.",
        target="Real numbers, same shape.",
        dtypes=ANY,
        denominators={"mean": WEIGHTS},
        traps=(
            BROADCAST,
            Trap(
                "third_argument",
                '`F.mse_loss(o, y, "none")` returns the mean, with a warning: the third argument '
                "is the deprecated `size_average`, and any text but the empty one counts as true.",
            ),
            Trap("no_half", "It is $(o - y)^2$, without the ½ of the Gaussian's exponent."),
        ),
        elsewhere=(
            Elsewhere(
                "optax.squared_error(predictions, targets)",
                "each element's loss; `optax.l2_loss` is half of it.",
            ),
            Elsewhere(
                "keras.losses.mean_squared_error(y_true, y_pred)",
                "the target comes first, and the last axis is averaged.",
            ),
            Elsewhere(
                "sklearn.metrics.mean_squared_error(y_true, y_pred)", "the target comes first."
            ),
        ),
    ),
    Entry(
        name="l1_loss",
        module="L1Loss",
        family="Regression",
        kind=Kind.PREDICTION,
        shape="Any shape; complex numbers too.",
        target="Real (or complex) numbers, same shape.",
        dtypes=(*FLOATS, *INTEGERS),
        denominators={"mean": WEIGHTS},
        traps=(
            BROADCAST,
            Trap(
                "norm",
                "It is a mean of absolute values and not the L1 norm: "
                '`reduction="sum"` is the norm of the residuals.',
            ),
        ),
        elsewhere=(
            Elsewhere(
                "keras.losses.mean_absolute_error(y_true, y_pred)",
                "the target comes first, and the last axis is averaged.",
            ),
            Elsewhere(
                "sklearn.metrics.mean_absolute_error(y_true, y_pred)", "the target comes first."
            ),
        ),
    ),
    Entry(
        name="huber_loss",
        module="HuberLoss",
        family="Regression",
        kind=Kind.PREDICTION,
        shape="Any shape.",
        target="Real numbers, same shape.",
        dtypes=ANY,
        denominators={"mean": WEIGHTED_ELEMENTS},
        traps=(
            BROADCAST,
            Trap(
                "weighted_mean",
                "With the same `weight`, `mse_loss` and `l1_loss` divide by $\\sum w$, and this "
                "one by the number of elements: weights of 2 everywhere double it.",
            ),
            Trap(
                "argument_order",
                "Here `reduction` is the third argument and `delta` the fourth; in "
                "`smooth_l1_loss` the third is `size_average` and the sixth is `beta`.",
            ),
        ),
        elsewhere=(
            Elsewhere(
                "optax.huber_loss(predictions, targets, *, delta=1.0)", "each element's loss."
            ),
            Elsewhere(
                "keras.losses.huber(y_true, y_pred, delta=1.0)",
                "the target comes first, and the last axis is averaged.",
            ),
        ),
    ),
    Entry(
        name="smooth_l1_loss",
        module="SmoothL1Loss",
        family="Regression",
        kind=Kind.PREDICTION,
        shape="Any shape.",
        target="Real numbers, same shape.",
        dtypes=ANY,
        denominators={"mean": ELEMENTS},
        traps=(
            BROADCAST,
            Trap(
                "beta_is_not_delta",
                "`beta` is no other name for `delta`: the loss is `huber_loss` with "
                "`delta=beta`, divided by `beta`. They agree at 1, the default of both.",
            ),
        ),
    ),
    Entry(
        name="gaussian_nll_loss",
        module="GaussianNLLLoss",
        family="Regression",
        kind=Kind.PREDICTION,
        shape="Any shape. `var` is the predicted variance: a number, or a tensor of that shape, "
        "or of that shape without the last dimension or with 1 for it.",
        target="Real numbers, same shape.",
        dtypes=(*FLOATS, *INTEGERS),
        denominators={"mean": ELEMENTS},
        traps=(
            Trap(
                "variance",
                "`var` is a variance: not a standard deviation, and not a logarithm.",
            ),
            Trap(
                "eps_clamp",
                "Variances below `eps`, 0 included, count as `eps`: 0, 10⁻⁹ and 10⁻⁶ cost the "
                "same. The gradient by `var` passes through the clamp.",
            ),
            Trap(
                "fourth_argument",
                '`F.gaussian_nll_loss(o, y, var, "sum")` returns the mean, of the full loss, '
                "without a warning: the fourth argument is `full`, and the text counts as true.",
            ),
            Trap("negative", "The loss has no floor at 0: a density may be above 1."),
            Trap(
                "nan_variance",
                "A negative variance is refused, and a variance of NaN is not.",
            ),
            SILENT_BROADCAST,
        ),
    ),
    Entry(
        name="poisson_nll_loss",
        module="PoissonNLLLoss",
        family="Regression",
        kind=Kind.LOG_RATE,
        shape="Any shape.",
        target="Counts, same shape.",
        dtypes=ANY,
        denominators={"mean": ELEMENTS},
        traps=(
            Trap(
                "log_input",
                "`log_input=True` is the default: a model that outputs the expected count itself "
                "needs `log_input=False`, and no message says so.",
            ),
            Trap(
                "stirling",
                "`full=True` adds Stirling's approximation of $\\log y!$, and only for $y > 1$: "
                "the result is close to the negative log-likelihood, but not equal to it.",
            ),
            Trap("negative", "Without `full` the loss falls below 0 for large counts."),
            Trap("negative_rate", "With `log_input=False` a negative rate gives NaN."),
            SILENT_BROADCAST,
        ),
        elsewhere=(
            Elsewhere(
                "keras.losses.poisson(y_true, y_pred)",
                "takes the expected count (`log_input=False`); the target comes first.",
            ),
            Elsewhere(
                "sklearn.metrics.mean_poisson_deviance(y_true, y_pred)",
                "takes the expected count; twice the loss above its least value, so that a perfect "
                "prediction costs 0.",
            ),
        ),
    ),
)

BINARY = (
    Entry(
        name="binary_cross_entropy",
        module="BCELoss",
        family="Yes or no",
        kind=Kind.PROBABILITY,
        shape="Any shape.",
        target="0, 1 or a probability between them, same shape.",
        dtypes=(torch.float32,),
        denominators={"mean": WEIGHTED_ELEMENTS},
        traps=(
            Trap(
                "float32",
                "In float32 the sigmoid of 17 is 1: the loss of a wrong logit jumps from 15.9 at "
                "16.6 to 100 at 17. Take `binary_cross_entropy_with_logits`.",
            ),
            Trap(
                "clamp",
                "Logarithms are cut off at −100: a prediction that is certain and wrong costs 100 "
                "and not ∞, and a wrong 10⁻⁴⁴ costs the same as a wrong 0.",
            ),
            Trap(
                "swapped",
                "Swapped arguments are not noticed as long as both lie in [0, 1].",
            ),
        ),
        elsewhere=(
            Elsewhere("sklearn.metrics.log_loss(y_true, y_proba)", "the target comes first."),
            Elsewhere(
                "keras.losses.binary_crossentropy(y_true, y_pred, from_logits=False)",
                "the target comes first, and the last axis is averaged.",
            ),
        ),
    ),
    Entry(
        name="binary_cross_entropy_with_logits",
        module="BCEWithLogitsLoss",
        family="Yes or no",
        kind=Kind.LOGIT,
        shape="Any shape.",
        target="0, 1 or a probability between them, same shape.",
        dtypes=FLOATS,
        denominators={"mean": WEIGHTED_ELEMENTS},
        traps=(
            Trap(
                "probabilities",
                "Probabilities instead of logits are taken: the sigmoid is applied twice, and a "
                "certain and right answer still costs $\\log(1 + e^{-1}) = 0.31$ for a yes and "
                "$\\log 2$ for a no.",
            ),
            Trap(
                "signs",
                "Labels of ±1 are taken too, and the loss then has no lower bound: at a logit of "
                "−100 a target of −1 costs −100.",
            ),
            Trap(
                "pos_weight",
                "`pos_weight` multiplies the losses of the yeses, and the mean still divides by "
                "the number of elements: where all are yeses, a `pos_weight` of 10 makes it ten "
                "times as large. In `cross_entropy` a `weight` of 10 there changes nothing.",
            ),
            Trap(
                "small_losses",
                "In float32 a no at a logit of −20 costs exactly 0, a yes at 20 costs 2.1·10⁻⁹.",
            ),
        ),
        elsewhere=(
            Elsewhere("optax.sigmoid_binary_cross_entropy(logits, labels)", "each element's loss."),
            Elsewhere(
                "keras.losses.binary_crossentropy(y_true, y_pred, from_logits=True)",
                "`from_logits` is false by default.",
            ),
        ),
    ),
    Entry(
        name="multilabel_soft_margin_loss",
        module="MultiLabelSoftMarginLoss",
        family="Yes or no",
        kind=Kind.LOGIT,
        shape="Shape (N, C), a logit for each label.",
        target="0, 1 or a probability between them, same shape.",
        dtypes=(*FLOATS, *INTEGERS),
        denominators={"mean": WEIGHTED_EXAMPLES},
        traps=(
            Trap(
                "labels_averaged",
                "The labels are averaged in the loss itself: `none` has shape (N,), `sum` is a sum "
                "of means, and `mean` is that of `binary_cross_entropy_with_logits`.",
            ),
            Trap("signs", "Labels of ±1 are taken, and the loss then has no lower bound."),
            Trap(
                "silent_broadcast",
                "Targets of shape (C,) are used for each of the N examples, without a warning.",
            ),
        ),
    ),
    Entry(
        name="soft_margin_loss",
        module="SoftMarginLoss",
        family="Yes or no",
        kind=Kind.LOGIT,
        shape="Any shape.",
        target="Signs, 1 or −1, same shape.",
        dtypes=ANY,
        denominators={"mean": ELEMENTS},
        traps=(
            Trap(
                "overflow",
                "$e^{-yo}$ is formed: in float32 a margin of −100 costs ∞, with a gradient of NaN.",
            ),
            Trap(
                "zeros",
                "Labels of 0 and 1 are taken: each 0 costs $\\log 2$ whatever the output, with no "
                "gradient, so that only the yeses are learnt.",
            ),
        ),
    ),
)

CLASSIFICATION = (
    Entry(
        name="cross_entropy",
        module="CrossEntropyLoss",
        family="One of C classes",
        kind=Kind.LOGITS,
        shape="Shape (C,), (N, C) or (N, C, d₁, …): the classes are dimension 1.",
        target="Class indices from 0 to C − 1, of the input's shape without its class dimension; "
        "or class probabilities, of the input's shape.",
        dtypes=CLASSES,
        probabilities=FLOATS,
        denominators={"mean": SOFT_CLASS_WEIGHTS},
        traps=(
            Trap(
                "softmax_twice",
                "Probabilities instead of scores are taken: a certain and right answer then costs "
                "$\\log(1 + (C-1)/e)$, 1.46 for ten classes, and never less.",
            ),
            Trap(
                "weighted_mean",
                "With a `weight` the mean divides by the weights of the targets, so that a weight "
                "that is the same for all classes changes nothing. With probabilities as targets "
                "the mean divides by N, and there it does.",
            ),
            Trap(
                "class_dimension",
                "Scores of shape (N, T, C) with targets (N, T) are refused, unless T happens to be "
                "C: then frames are taken for classes.",
            ),
            Trap("all_ignored", "If every target is `ignore_index`, the mean is 0/0: NaN."),
            Trap(
                "not_a_distribution",
                "Probabilities are not checked: targets that add up to 2 double the loss.",
            ),
            Trap(
                "one_hot",
                "One-hot targets must be floating point: integers of that shape are refused.",
            ),
            Trap(
                "float16_mean",
                "In float16 the mean over 70,000 rows is 0 or, where the sum of the losses is out "
                "of range too, NaN: the rows are counted in float16, which ends at 65,504.",
            ),
        ),
        elsewhere=(
            Elsewhere(
                "optax.softmax_cross_entropy_with_integer_labels(logits, labels, axis=-1)",
                "the classes are the last axis; `softmax_cross_entropy` is for probabilities.",
            ),
            Elsewhere(
                "keras.losses.sparse_categorical_crossentropy(y_true, y_pred, from_logits=False)",
                "the target comes first, the classes are the last axis, and `from_logits` is false "
                "by default; `categorical_crossentropy` is for probabilities.",
            ),
        ),
    ),
    Entry(
        name="nll_loss",
        module="NLLLoss",
        family="One of C classes",
        kind=Kind.LOG_PROBABILITY,
        shape="Shape (C,), (N, C) or (N, C, d₁, …): the classes are dimension 1.",
        target="Class indices from 0 to C − 1, of the input's shape without its class dimension.",
        dtypes=CLASSES,
        denominators={"mean": CLASS_WEIGHTS},
        traps=(
            Trap(
                "no_logarithm",
                "It takes no logarithm: it returns `-input[n, target[n]]`. Given probabilities it "
                "returns a negative number, and given scores one that has no lower bound.",
            ),
            Trap("all_ignored", "If every target is `ignore_index`, the mean is 0/0: NaN."),
            Trap(
                "float16_mean",
                "In float16 the mean over 70,000 rows, which float16 cannot count, is 0 or NaN.",
            ),
        ),
        elsewhere=(
            Elsewhere(
                "sklearn.metrics.log_loss(y_true, y_proba, labels=…)",
                "takes the probabilities themselves; the target comes first.",
            ),
        ),
    ),
    Entry(
        name="linear_cross_entropy",
        module="LinearCrossEntropyLoss",
        family="One of C classes",
        kind=Kind.FEATURES,
        shape="Shape (D,) or (N, D). `linear_weight`, between input and target, has shape (C, D).",
        target="Class indices from 0 to C − 1, shape (N,); or class probabilities, (N, C).",
        dtypes=CLASSES,
        probabilities=FLOATS,
        denominators={"mean": SOFT_CLASS_WEIGHTS},
        held=("linear_weight", "linear_bias"),
        traps=(
            Trap(
                "all_logits",
                "Without `options` it forms all N × C logits: it is `cross_entropy` of "
                "`F.linear`, to the last bit, and saves no memory.",
            ),
            Trap(
                "ignore_none",
                "`ignore_index=None` is not “ignore nothing”: for class indices it means −100.",
            ),
            Trap("all_ignored", "If every target is ignored, the mean is 0/0: NaN."),
        ),
    ),
    Entry(
        name="AdaptiveLogSoftmaxWithLoss",
        module="AdaptiveLogSoftmaxWithLoss",
        family="One of C classes",
        kind=Kind.FEATURES,
        shape="Shape (D,) or (N, D). The weights are the module's.",
        target="Class indices from 0 to C − 1, most frequent class first, shape (N,).",
        dtypes=(torch.int64, torch.int32),
        denominators={"mean": EXAMPLES},
        ours="adaptive_log_softmax_with_loss",
        traps=(
            Trap(
                "named_tuple",
                "A call returns a pair: `output` holds the log-probabilities of the targets, which "
                "are negative, and `loss` is minus their mean. There is no `reduction`.",
            ),
            Trap(
                "frequency",
                "The classes before the first cutoff are the cheap ones. Nothing checks that they "
                "are the frequent ones: classes must be numbered by frequency.",
            ),
        ),
    ),
    Entry(
        name="kl_div",
        module="KLDivLoss",
        family="One of C classes",
        kind=Kind.LOG_PROBABILITY,
        shape="Any shape.",
        target="Probabilities (their logarithms with `log_target=True`), same shape.",
        dtypes=FLOATS,
        denominators={
            "mean": Denominator(
                "elements", "the number of elements: of examples times outcomes", _elements
            ),
            "batchmean": Denominator("$N$", "the size of the first dimension", _first_dimension),
        },
        traps=(
            Trap(
                "mean",
                '`reduction="mean"`, the default, is the divergence divided by the number of '
                'outcomes. The average divergence of an example is `"batchmean"`.',
            ),
            Trap(
                "direction",
                "`kl_div(log p, q)` is $\\mathrm{KL}(q \\Vert p)$: the second argument comes first "
                "in the formula. One is a logarithm, the other is not.",
            ),
            Trap(
                "no_logarithm",
                "Probabilities instead of their logarithms are taken; the result is no divergence.",
            ),
            Trap(
                "excluded",
                "An outcome that both exclude (−∞ against 0) should cost 0 and costs NaN.",
            ),
            SILENT_BROADCAST,
        ),
        elsewhere=(
            Elsewhere(
                "optax.kl_divergence(log_predictions, targets)",
                "the same two arguments, summed over the last axis: one divergence an example.",
            ),
            Elsewhere(
                "keras.losses.kl_divergence(y_true, y_pred)",
                "both are probabilities; the target comes first; summed over the last axis.",
            ),
        ),
    ),
)

SEQUENCES = (
    Entry(
        name="ctc_loss",
        module="CTCLoss",
        family="Sequences",
        kind=Kind.LOG_PROBABILITY,
        shape="Shape (T, N, C) or (T, C): time comes first. The two lengths are tensors or tuples "
        "of N integers.",
        target="Labels, none of them `blank`: shape (N, S), padded, or all of them one after "
        "another in one dimension.",
        dtypes=ANY,
        denominators={
            "mean": Denominator(
                "$N \\max(S_n, 1)$",
                "$N \\max(S_n, 1)$, each loss by the length $S_n$ of its own target",
                _target_lengths,
            )
        },
        traps=(
            Trap(
                "scores",
                "Scores instead of log-probabilities are taken, and the loss then has no lower "
                "bound: 100 more on every score of ten frames makes each loss 1000 less.",
            ),
            Trap(
                "target_lengths",
                "The mean is over labels first: a sequence with a long target weighs less than "
                'the mean of `"none"` gives it.',
            ),
            Trap(
                "impossible",
                "A target that needs more frames than there are costs ∞. With "
                "`zero_infinity=True` it costs 0, and is counted all the same.",
            ),
            Trap(
                "gradient",
                "The gradient by `log_probs` is not the derivative: it is right only after it has "
                "gone back through `log_softmax`.",
            ),
            Trap("blank", "Labels that are the blank, which no path can mean, are taken."),
        ),
        elsewhere=(
            Elsewhere(
                "optax.ctc_loss(logits, logit_paddings, labels, label_paddings, *, blank_id=0)",
                "takes logits, the batch first, and masks in which 1 marks padding; one loss a "
                "sequence.",
            ),
            Elsewhere(
                "keras.losses.ctc(y_true, y_pred)",
                "the target comes first, of shape (N, S), with 0 for padding; logits of shape "
                "(N, T, C).",
            ),
        ),
    ),
)

MARGINS = (
    Entry(
        name="margin_ranking_loss",
        module="MarginRankingLoss",
        family="Margins",
        kind=Kind.SCORE,
        shape="Two tensors, any shape.",
        target="1 where the first is to rank higher, −1 where the second is, same shape.",
        dtypes=(*FLOATS, *INTEGERS),
        denominators={"mean": PAIRS},
        traps=(
            Trap(
                "margin_zero",
                "`margin=0` is the default: a model whose scores are all equal has loss 0.",
            ),
            Trap(
                "silent_broadcast",
                "Shapes (N, 1) and (1, N) make a table of N × N pairs, without a warning.",
            ),
        ),
    ),
    Entry(
        name="multi_margin_loss",
        module="MultiMarginLoss",
        family="Margins",
        kind=Kind.SCORE,
        shape="Shape (C,) or (N, C).",
        target="Class indices from 0 to C − 1, shape (N,).",
        dtypes=(torch.int64,),
        denominators={"mean": WEIGHTED_EXAMPLES},
        traps=(
            Trap(
                "divided_by_classes",
                "Each example's sum over its C − 1 rivals is divided by C, in `none` too: equal "
                "scores of four classes cost 0.75.",
            ),
            Trap(
                "weighted_mean",
                "With a `weight` the mean divides by N, where `cross_entropy` divides by the "
                "weights: weights of 2 everywhere double it.",
            ),
        ),
        elsewhere=(
            Elsewhere(
                "optax.multiclass_hinge_loss(scores, labels)",
                "another loss: the excess of the worst rival only, undivided.",
            ),
            Elsewhere(
                "sklearn.metrics.hinge_loss(y_true, pred_decision)",
                "another loss, for the same reason.",
            ),
        ),
    ),
    Entry(
        name="multilabel_margin_loss",
        module="MultiLabelMarginLoss",
        family="Margins",
        kind=Kind.SCORE,
        shape="Shape (C,) or (N, C).",
        target="A list of classes for each example, then −1 as padding, same shape.",
        dtypes=(torch.int64,),
        denominators={"mean": EXAMPLES},
        traps=(
            Trap(
                "padding",
                "The first −1 ends the list: in `[3, -1, 0, 1]` only class 3 is a label.",
            ),
            Trap(
                "multi_hot",
                "A row of zeros and ones is taken for a list: `[0, 0, 0, 1]` means class 0 three "
                "times and class 1.",
            ),
            Trap("divided_by_classes", "Each example's sum over pairs is divided by C."),
        ),
    ),
    Entry(
        name="hinge_embedding_loss",
        module="HingeEmbeddingLoss",
        family="Margins",
        kind=Kind.DISTANCE,
        shape="Any shape.",
        target="1 for a like pair, −1 for an unlike one, same shape.",
        dtypes=ANY,
        denominators={"mean": ELEMENTS},
        traps=(
            Trap(
                "not_the_hinge",
                "It is no hinge loss of a classifier: given scores, a like pair of score −5 costs "
                "−5, and there is no lower bound.",
            ),
            Trap("zeros", "A target of 0 is charged for both cases at once."),
            SILENT_BROADCAST,
        ),
        elsewhere=(
            Elsewhere(
                "optax.hinge_loss, keras.losses.hinge, sklearn.metrics.hinge_loss",
                "another loss: the hinge of a score and a sign, which PyTorch lacks.",
            ),
        ),
    ),
)

EMBEDDINGS = (
    Entry(
        name="cosine_embedding_loss",
        module="CosineEmbeddingLoss",
        family="Embeddings",
        kind=Kind.EMBEDDING,
        shape="Two tensors of shape (D,) or (N, D).",
        target="1 for a pair that belongs together, −1 for one that does not, shape () or (N,).",
        dtypes=ANY,
        denominators={"mean": PAIRS},
        traps=(
            Trap("zeros", "A target of 0 costs 0, whatever the pair, with no gradient."),
            Trap(
                "orthogonal",
                "`margin=0` is the default: an unlike pair is let go once it is orthogonal.",
            ),
        ),
        elsewhere=(
            Elsewhere(
                "optax.cosine_distance(predictions, targets)",
                "the case of target 1 only, $1 - \\cos$.",
            ),
            Elsewhere(
                "keras.losses.cosine_similarity(y_true, y_pred)",
                "minus the cosine, so that it is minimised: from −1 to 1.",
            ),
        ),
    ),
    Entry(
        name="triplet_margin_loss",
        module="TripletMarginLoss",
        family="Embeddings",
        kind=Kind.EMBEDDING,
        shape="Three tensors of shape (D,) or (N, D): anchor, positive, negative.",
        target="None: the order of the arguments says what belongs together.",
        dtypes=(),
        denominators={"mean": TRIPLETS},
        traps=(
            Trap(
                "eps",
                "`eps` is added to each coordinate of the difference, not to the distance: a "
                "point's distance to itself is $\\sqrt{D}\\,$`eps`.",
            ),
            Trap(
                "collapse",
                "An encoder that maps everything to one point pays `margin` for each triplet: 1.0 "
                "that does not move is a sign of it.",
            ),
            Trap("margin_zero", "`margin` must be above 0, where the other losses allow 0."),
            Trap(
                "silent_broadcast",
                "A negative of shape (1, D) is used for all anchors, without a warning.",
            ),
        ),
        elsewhere=(
            Elsewhere(
                "optax.losses.triplet_margin_loss(anchors, positives, negatives, axis=-1, "
                "norm_degree=2, margin=1.0, eps=1e-6)",
                "each triplet's loss; `eps` is added below the root, and there is no `swap`.",
            ),
        ),
    ),
    Entry(
        name="triplet_margin_with_distance_loss",
        module="TripletMarginWithDistanceLoss",
        family="Embeddings",
        kind=Kind.EMBEDDING,
        shape="Three tensors of shape (D,) or (N, D): anchor, positive, negative.",
        target="None: the order of the arguments says what belongs together.",
        dtypes=(),
        denominators={"mean": TRIPLETS},
        traps=(
            Trap(
                "similarity",
                "`distance_function` must be small for what is near. A similarity is taken, and "
                "then pushes the positive away: use one minus the cosine.",
            ),
            Trap(
                "silent_broadcast",
                "A negative of shape (1, D) is used for all anchors, without a warning.",
            ),
        ),
    ),
)

LOSSES: Mapping[str, Entry] = {
    entry.name: entry
    for entry in (
        *REGRESSION,
        *BINARY,
        *CLASSIFICATION,
        *SEQUENCES,
        *MARGINS,
        *EMBEDDINGS,
    )
}
"""Every loss of :mod:`torch.nn.functional`, and the one that is a module only, by name."""
