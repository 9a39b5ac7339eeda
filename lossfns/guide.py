"""From a task to its loss: the decision guide, as data, and how a page shows it.

A :class:`Path` answers three questions (what is predicted, what the target looks like, what the
model puts out) and ends at one loss. The course's guide shows all paths twice: as questions that
unfold, by :func:`show_guide`, and as a table, by :func:`show_table`. Both are HTML without any
script. What is known elsewhere is not repeated here: titles, output layers, PyTorch's names and
pages come from the definitions.

>>> [path.loss for path in PATHS if path.target.startswith("a count")]
['poisson_nll_loss', 'poisson_nll_loss']
>>> PATHS[0].torch_call
'F.mse_loss(o, y)'
"""

import html
import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

import torch.nn.functional
from IPython.display import display

from lossfns.symbolic import DEFINITIONS

QUESTIONS = (
    "What is predicted?",
    "What does a target look like, or what should the answer be?",
    "What does the model put out?",
)
"""What a path answers, in this order: its ``task``, its ``target`` and its ``output``."""


class Argument(NamedTuple):
    """One tensor that a loss is given.

    Attributes:
        name: how :attr:`Path.call` calls it.
        shape: its shape, in the letters of the course: N examples, C classes, D features.
        kind: its values and its dtype, a key of :data:`KINDS`.
    """

    name: str
    shape: str
    kind: str


REAL = "real numbers"
LOGITS = "raw scores"
SHARES = "probabilities, each from 0 to 1"
DISTRIBUTION = "probabilities that add up to 1"
LOG_DISTRIBUTION = "log-probabilities"
POSITIVE = "positive numbers"
COUNT = "counts"
BINARY = "0.0 or 1.0"
SIGN = "1 or −1"
ONE = "1 throughout"
CLASS = "classes from 0 to C − 1"
LABEL = "labels from 1 to C − 1, since 0 is the blank"
LABEL_SET = "the classes of the set, then −1"
LENGTH = "lengths"

KINDS: Mapping[str, str] = MappingProxyType(
    {
        REAL: "float",
        LOGITS: "float",
        SHARES: "float",
        DISTRIBUTION: "float",
        LOG_DISTRIBUTION: "float",
        POSITIVE: "float",
        COUNT: "float or int",
        BINARY: "float",
        SIGN: "float or int",
        ONE: "float or int",
        CLASS: "int64",
        LABEL: "int64",
        LABEL_SET: "int64",
        LENGTH: "int64",
    }
)
"""The dtype of each kind of values."""

LINEAR = "the number itself, no layer"
MEAN_AND_VARIANCE = "a number and a variance, from an exp or a softplus"
LOG_RATE = "the logarithm of the mean"
LOG_HAZARD = "the logarithm of a rate, in events per unit of time"
RATE = "the mean itself, from a softplus or an exp"
SCORES = "raw scores (logits), no layer"
SIGMOID = "probabilities, from a sigmoid"
SOFTMAX = "probabilities, from a softmax"
LOG_SOFTMAX = "log-probabilities, from a log-softmax"
SIGNED = "one score, whose sign is the answer"
RANKED = "a score for each, the largest first"
GAUSSIAN = "a mean and a log-variance"
VECTOR = "a vector, or one scaled to length 1"
DIRECTION = "a vector, of which the direction counts"
DISTANCE = "a distance between two vectors"
ANSWER_LOGS = "log-probabilities of whole answers"
REGION = "probabilities, from a sigmoid or a softmax"
FEATURES = "the features before the last layer"


@dataclass(frozen=True)
class Path:
    """One way through the questions, and the loss at its end.

    Attributes:
        task: what is predicted.
        target: what a target looks like, or what the answer should be.
        output: what the model puts out.
        loss: name of the function in ``lossfns``.
        call: the call, without ``lossfns.`` in front, in terms of the arguments' names.
        arguments: the tensors that it is given.
        pitfalls: what goes wrong, one line each; the page teaches it.
    """

    task: str
    target: str
    output: str
    loss: str
    call: str
    arguments: tuple[Argument, ...]
    pitfalls: tuple[str, ...]

    @property
    def answers(self) -> tuple[str, str, str]:
        """The answers to :data:`QUESTIONS`."""
        return self.task, self.target, self.output

    @property
    def title(self) -> str:
        """The loss in words."""
        if self.loss in DEFINITIONS:
            return DEFINITIONS[self.loss].title
        return _TITLES[self.loss]

    @property
    def torch_name(self) -> str | None:
        """The function's name in ``torch.nn.functional``; ``None`` if it has none."""
        if self.loss in DEFINITIONS:
            return DEFINITIONS[self.loss].torch_name
        return self.loss if hasattr(torch.nn.functional, self.loss) else None

    @property
    def torch_call(self) -> str | None:
        """The same call of ``torch.nn.functional``; ``None`` if there is none."""
        if self.torch_name is None:
            return None
        return f"F.{self.torch_name}{self.call.removeprefix(self.loss)}"

    @property
    def torch_elsewhere(self) -> str | None:
        """What PyTorch has in another form, by its full name; ``None`` if it has nothing."""
        return _TORCH_ELSEWHERE.get(self.loss)

    @property
    def page(self) -> str:
        """The page that teaches the loss, below ``chapters/``."""
        return DEFINITIONS[self.loss].page if self.loss in DEFINITIONS else _PAGES[self.loss]


_TITLES = {
    "ctc_loss": "Connectionist temporal classification",
    "linear_cross_entropy": "Cross-entropy of a linear layer, in pieces",
    "vocab_parallel_cross_entropy": "Cross-entropy over several processes",
    "adaptive_log_softmax_with_loss": "Adaptive softmax",
}
_PAGES = {
    "ctc_loss": "classification/ctc",
    "linear_cross_entropy": "classification/large_vocabularies",
    "vocab_parallel_cross_entropy": "classification/large_vocabularies",
    "adaptive_log_softmax_with_loss": "classification/large_vocabularies",
}

_TORCH_ELSEWHERE = {
    "adaptive_log_softmax_with_loss": "torch.nn.AdaptiveLogSoftmaxWithLoss",
    "vocab_parallel_cross_entropy": "torch.distributed.tensor.parallel.loss_parallel",
    "gaussian_kl": "torch.distributions.kl_divergence",
    "entropy": "torch.distributions.Categorical.entropy",
}

UNREACHED: Mapping[str, str] = MappingProxyType(
    {
        "AdaptiveLogSoftmaxWithLoss": "the module that holds the weights for "
        "adaptive_log_softmax_with_loss",
    }
)
"""Losses at the end of no path, and why."""

NUMBER = "A number"
YES_NO = "Yes or no"
ONE_CLASS = "One of several classes"
LABELS = "Several labels at once"
DISTRIBUTIONS = "A distribution"
ORDER = "An order"
EMBEDDING = "An embedding"
SEQUENCE = "A sequence"
PLACE = "A region or a box"


def _one_output(kind: str, target: str, name: str = "o") -> tuple[Argument, Argument]:
    return Argument(name, "(N,)", kind), Argument("y", "(N,)", target)


def _rows(kind: str) -> tuple[Argument, Argument]:
    return Argument("p" if kind == DISTRIBUTION else "z", "(N, C)", kind), _CLASSES


def _embedded(*names: str) -> tuple[Argument, ...]:
    return tuple(Argument(name, "(N, D)", REAL) for name in names)


_CLASSES = Argument("y", "(N,)", CLASS)
_REALS = _one_output(REAL, REAL)
_SIGNED = _one_output(REAL, SIGN)
_COMPARED = (
    Argument("o1", "(N,)", REAL),
    Argument("o2", "(N,)", REAL),
    Argument("y", "(N,)", SIGN),
)
_PAIRED = (*_embedded("o1", "o2"), Argument("y", "(N,)", SIGN))
_MASKED = (Argument("p", "(N, 1, H, W)", SHARES), Argument("y", "(N, 1, H, W)", BINARY))

PATHS: tuple[Path, ...] = (
    Path(
        NUMBER,
        "a real number; the answer is the mean",
        LINEAR,
        "mse_loss",
        "mse_loss(o, y)",
        _REALS,
        (
            "A target ten times as far off pulls ten times as hard: one slip moves the whole fit.",
            "Shapes (N, 1) and (N,) broadcast to N × N pairs in PyTorch.",
        ),
    ),
    Path(
        NUMBER,
        "a real number; the answer is the median",
        LINEAR,
        "l1_loss",
        "l1_loss(o, y)",
        _REALS,
        (
            "With skewed targets the median is not the mean: totals come out wrong.",
            "The pull never fades, so a fixed learning rate bounces around the minimum.",
        ),
    ),
    Path(
        NUMBER,
        "a real number; the mean, with a few gross slips among the targets",
        LINEAR,
        "huber_loss",
        "huber_loss(o, y, delta=1.35)",
        _REALS,
        (
            "delta has the unit of the target: set it in units of the noise.",
            "No help against wrong features, nor a reason to cut a tail that is real.",
        ),
    ),
    Path(
        NUMBER,
        "a real number; the mean, with slips, and a second derivative that does not jump",
        LINEAR,
        "log_cosh_loss",
        "log_cosh_loss(o, y)",
        _REALS,
        ("Its bend sits at 1 in the unit of the target: scale the targets first.",),
    ),
    Path(
        NUMBER,
        "a real number; the bulk, with slips that are to be ignored altogether",
        LINEAR,
        "general_robust_loss",
        "general_robust_loss(o, y, alpha=-2.0, scale=1.0)",
        _REALS,
        (
            "Not convex for alpha below 1: it needs a good start.",
            "Look at the weights afterwards: it also ignores examples that were right.",
        ),
    ),
    Path(
        NUMBER,
        "a real number; the answer is a quantile, or too low and too high cost differently",
        LINEAR,
        "pinball_loss",
        "pinball_loss(o, y, quantile=0.9)",
        _REALS,
        (
            "Two prices fix the level: that of a unit too low over the sum of both.",
            "Levels can cross, so sort them; and check the coverage on new data.",
        ),
    ),
    Path(
        NUMBER,
        "a real number; the mean, and how far it scatters there",
        MEAN_AND_VARIANCE,
        "gaussian_nll_loss",
        "gaussian_nll_loss(o, y, var)",
        (*_REALS, Argument("var", "(N,)", POSITIVE)),
        (
            "The third argument is a variance, neither a standard deviation nor its logarithm.",
            "A large predicted variance mutes the mean's gradient: watch the mean's error too.",
        ),
    ),
    Path(
        NUMBER,
        "a count 0, 1, 2, …; the answer is its mean",
        LOG_RATE,
        "poisson_nll_loss",
        "poisson_nll_loss(o, y)",
        _one_output(REAL, COUNT),
        (
            "The output is a logarithm by default: report its exponential.",
            "Most counts scatter more than Poisson says: take standard errors from elsewhere.",
        ),
    ),
    Path(
        NUMBER,
        "a count 0, 1, 2, …; the answer is its mean",
        RATE,
        "poisson_nll_loss",
        "poisson_nll_loss(o, y, log_input=False)",
        _one_output(POSITIVE, COUNT),
        ("Without log_input=False the mean is taken for a logarithm, silently.",),
    ),
    Path(
        NUMBER,
        "a time until an event, which for some has not come yet",
        LOG_HAZARD,
        "poisson_nll_loss",
        "poisson_nll_loss(o + t.log(), y)",
        (
            Argument("o", "(N,)", REAL),
            Argument("t", "(N,)", POSITIVE),
            Argument("y", "(N,)", BINARY),
        ),
        (
            "y is 1 if the event came, 0 if not yet; without the zeros rates come out too high.",
            "The rate is taken as constant while one waits: where it is not, cut t into pieces.",
        ),
    ),
    Path(
        YES_NO,
        "0 or 1",
        SCORES,
        "binary_cross_entropy_with_logits",
        "binary_cross_entropy_with_logits(z, y)",
        _one_output(LOGITS, BINARY, "z"),
        (
            "A sigmoid in the model as well makes two of them.",
            "pos_weight moves the probabilities: correct them before you read them.",
        ),
    ),
    Path(
        YES_NO,
        "0 or 1",
        SIGMOID,
        "binary_cross_entropy",
        "binary_cross_entropy(p, y)",
        _one_output(SHARES, BINARY, "p"),
        ("A probability that rounds to 0 or 1 has lost its gradient: use logits.",),
    ),
    Path(
        YES_NO,
        "0 or 1, and one of the two is rare",
        SCORES,
        "binary_cross_entropy_with_logits",
        "binary_cross_entropy_with_logits(z, y)",
        _one_output(LOGITS, BINARY, "z"),
        (
            "Rare is no fault: keep the loss, and take the threshold from the prices, not ½.",
            "Accuracy rewards a model that never says yes: compare with the best constant.",
        ),
    ),
    Path(
        YES_NO,
        "0 or 1, with a flood of easy examples",
        SCORES,
        "binary_focal_loss",
        "binary_focal_loss(z, y, gamma=2.0)",
        _one_output(LOGITS, BINARY, "z"),
        ("Its probabilities are drawn towards ½: its page says how to turn them back.",),
    ),
    Path(
        YES_NO,
        "−1 or 1, and the probability counts",
        SIGNED,
        "soft_margin_loss",
        "soft_margin_loss(o, y)",
        _SIGNED,
        ("The cross-entropy under another name: labels 0 and 1 are wrong for it.",),
    ),
    Path(
        YES_NO,
        "−1 or 1, and only the side counts",
        SIGNED,
        "hinge_loss",
        "hinge_loss(o, y)",
        _SIGNED,
        (
            "The score is no log-odds, and knows no probability.",
            "Without a penalty on the weights its margin means nothing.",
        ),
    ),
    Path(
        YES_NO,
        "−1 or 1, only the side counts, and the objective is to be smooth",
        SIGNED,
        "squared_hinge_loss",
        "squared_hinge_loss(o, y)",
        _SIGNED,
        ("An example on the wrong side pulls in proportion to its distance: slips count.",),
    ),
    Path(
        YES_NO,
        "−1 or 1, for boosting, on clean labels",
        SIGNED,
        "exponential_loss",
        "exponential_loss(o, y)",
        _SIGNED,
        ("The pull of a wrong label grows exponentially with the score.",),
    ),
    Path(
        ONE_CLASS,
        "the index of the class",
        SCORES,
        "cross_entropy",
        "cross_entropy(z, y)",
        _rows(LOGITS),
        (
            "A softmax in the model as well: the loss stalls above log(1 + (C − 1)/e).",
            "Classes are dimension 1: (N, C, …) with targets (N, …).",
        ),
    ),
    Path(
        ONE_CLASS,
        "the index of the class",
        LOG_SOFTMAX,
        "nll_loss",
        "nll_loss(z, y)",
        _rows(LOG_DISTRIBUTION),
        ("Given probabilities instead, PyTorch returns a negative loss without a word.",),
    ),
    Path(
        ONE_CLASS,
        "the index of the class",
        SOFTMAX,
        "brier_score_loss",
        "brier_score_loss(p, y)",
        _rows(DISTRIBUTION),
        ("Bounded by 2: behind a softmax a confident mistake has hardly any gradient.",),
    ),
    Path(
        ONE_CLASS,
        "a probability for each class",
        SCORES,
        "cross_entropy",
        "cross_entropy(z, y)",
        (Argument("z", "(N, C)", LOGITS), Argument("y", "(N, C)", DISTRIBUTION)),
        ("It cannot fall below the entropy of the targets, so compare with that and not with 0.",),
    ),
    Path(
        ONE_CLASS,
        "an index; some classes are rare, and each is to count the same",
        SCORES,
        "logit_adjusted_cross_entropy",
        "logit_adjusted_cross_entropy(z, y, prior)",
        (*_rows(LOGITS), Argument("prior", "(C,)", DISTRIBUTION)),
        ("Predict with the plain logits; the prior belongs into training alone.",),
    ),
    Path(
        ONE_CLASS,
        "an index, with a flood of easy examples",
        SCORES,
        "focal_loss",
        "focal_loss(z, y, gamma=2.0)",
        _rows(LOGITS),
        ("No remedy for rare classes as such, and its probabilities are not calibrated.",),
    ),
    Path(
        ONE_CLASS,
        "an index, and only the largest score is used",
        RANKED,
        "multi_margin_loss",
        "multi_margin_loss(z, y)",
        _rows(LOGITS),
        ("Its best answer need not be the most frequent class, where none has a majority.",),
    ),
    Path(
        ONE_CLASS,
        "an index among so many that the logits fill the memory",
        FEATURES,
        "linear_cross_entropy",
        "linear_cross_entropy(x, weight, y)",
        (Argument("x", "(N, D)", REAL), Argument("weight", "(C, D)", REAL), _CLASSES),
        ("The same loss and gradient in less memory; a second derivative is refused.",),
    ),
    Path(
        ONE_CLASS,
        "an index among so many, most of them rare, that products take too long",
        FEATURES,
        "adaptive_log_softmax_with_loss",
        "adaptive_log_softmax_with_loss(x, y, head, tails).loss",
        (
            Argument("x", "(N, D)", REAL),
            _CLASSES,
            Argument("head", "(2, D)", REAL),
            Argument("tails", "((1, D), (C − 1, 1))", REAL),
        ),
        ("Another model, with a smaller rank for rare classes; indices sorted by frequency.",),
    ),
    Path(
        ONE_CLASS,
        "an index among so many that they lie on several processes",
        SCORES,
        "vocab_parallel_cross_entropy",
        "vocab_parallel_cross_entropy(z, y)",
        _rows(LOGITS),
        ("Label smoothing needs sums over all processes, which a local formula gets wrong.",),
    ),
    Path(
        LABELS,
        "a 0 or 1 for each label; a probability for each",
        SCORES,
        "binary_cross_entropy_with_logits",
        "binary_cross_entropy_with_logits(z, y)",
        (Argument("z", "(N, C)", LOGITS), Argument("y", "(N, C)", BINARY)),
        (
            "A softmax would make the labels compete for one sum of 1.",
            "The mean is over N · C answers: with many labels most of them are easy noes.",
        ),
    ),
    Path(
        LABELS,
        "a 0 or 1 for each label; one loss for each example",
        SCORES,
        "multilabel_soft_margin_loss",
        'multilabel_soft_margin_loss(z, y, reduction="none")',
        (Argument("z", "(N, C)", LOGITS), Argument("y", "(N, C)", BINARY)),
        ("The sigmoid is inside the loss: give it the raw scores. Targets are 0 and 1, not ±1.",),
    ),
    Path(
        LABELS,
        "the set of right labels, to be ranked before the others",
        RANKED,
        "multilabel_margin_loss",
        "multilabel_margin_loss(z, y)",
        (Argument("z", "(N, C)", LOGITS), Argument("y", "(N, C)", LABEL_SET)),
        (
            "The first −1 ends the list: a multi-hot target is read as a list of classes 0 and 1.",
            "It learns which labels come first, not where to stop.",
        ),
    ),
    Path(
        DISTRIBUTIONS,
        "probabilities of classes, as of a teacher",
        LOG_SOFTMAX,
        "kl_div",
        'kl_div(z, y, reduction="batchmean")',
        (Argument("z", "(N, C)", LOG_DISTRIBUTION), Argument("y", "(N, C)", DISTRIBUTION)),
        (
            "The model's side is a logarithm, the target's is not.",
            '"mean" divides by N · C: only "batchmean" is the divergence.',
        ),
    ),
    Path(
        DISTRIBUTIONS,
        "two distributions, neither of them the truth",
        LOG_SOFTMAX,
        "js_div",
        'js_div(z, y, reduction="batchmean")',
        (Argument("z", "(N, C)", LOG_DISTRIBUTION), Argument("y", "(N, C)", DISTRIBUTION)),
        ("Bounded by log 2: far apart it has no gradient. For comparing, not for training.",),
    ),
    Path(
        DISTRIBUTIONS,
        "a Gaussian that is to stay near a standard one, as a VAE's code",
        GAUSSIAN,
        "gaussian_kl",
        'gaussian_kl(mu, log_var, reduction="batchmean")',
        (Argument("mu", "(N, D)", REAL), Argument("log_var", "(N, D)", REAL)),
        ("Reduce it as you reduce the reconstruction, or the two are weighted by accident.",),
    ),
    Path(
        DISTRIBUTIONS,
        "none: the prediction is to be more, or less, spread out",
        SOFTMAX,
        "entropy",
        "entropy(p).mean()",
        (Argument("p", "(N, C)", DISTRIBUTION),),
        ("A penalty beside a loss: minimised, it makes a model sure, not right.",),
    ),
    Path(
        ORDER,
        "which of two comes first, by a margin",
        RANKED,
        "margin_ranking_loss",
        "margin_ranking_loss(o1, o2, y, margin=1.0)",
        _COMPARED,
        ("The default margin of 0 is satisfied by giving everything the same score.",),
    ),
    Path(
        ORDER,
        "which of two won; the probability counts",
        RANKED,
        "bradley_terry_loss",
        "bradley_terry_loss(o1, o2, y)",
        _COMPARED,
        (
            "One who never lost has no finite score: add a penalty.",
            "Scores have no zero: only differences mean anything.",
        ),
    ),
    Path(
        ORDER,
        "what was picked, as by clicks, while nobody says what was disliked",
        RANKED,
        "bradley_terry_loss",
        "bradley_terry_loss(picked, drawn, y)",
        (
            Argument("picked", "(N,)", REAL),
            Argument("drawn", "(N,)", REAL),
            Argument("y", "(N,)", ONE),
        ),
        (
            "Without items drawn from the rest, raising all scores is the best answer.",
            "It learns each person's order, and no probability of a click.",
        ),
    ),
    Path(
        ORDER,
        "which of two answers of a language model a person preferred",
        ANSWER_LOGS,
        "dpo_loss",
        "dpo_loss(chosen, rejected, reference_chosen, reference_rejected)",
        tuple(
            Argument(name, "(N,)", REAL)
            for name in ("chosen", "rejected", "reference_chosen", "reference_rejected")
        ),
        (
            "Log-probabilities are summed over the tokens of an answer.",
            "Both answers can become less likely while the loss falls.",
        ),
    ),
    Path(
        ORDER,
        "a grade, as from 1 to 5",
        SCORES,
        "binary_cross_entropy_with_logits",
        "binary_cross_entropy_with_logits(z, y)",
        (Argument("z", "(N, C − 1)", LOGITS), Argument("y", "(N, C − 1)", BINARY)),
        (
            "y asks whether the grade is above 1, above 2, …: a 4 of 5 is the row 1, 1, 1, 0.",
            "Let z be one score less C − 1 rising cuts, or the answers can contradict each other.",
        ),
    ),
    Path(
        EMBEDDING,
        "pairs, alike or not; the distance counts",
        VECTOR,
        "contrastive_loss",
        "contrastive_loss(o1, o2, y)",
        _PAIRED,
        ("Targets are 1 for alike and −1 for unlike; the original paper writes 0 and 1.",),
    ),
    Path(
        EMBEDDING,
        "pairs, alike or not; the direction counts",
        VECTOR,
        "cosine_embedding_loss",
        "cosine_embedding_loss(o1, o2, y)",
        _PAIRED,
        ("With the default margin an unlike pair at a right angle costs nothing any more.",),
    ),
    Path(
        EMBEDDING,
        "pairs, alike or not, with a distance of your own",
        DISTANCE,
        "hinge_embedding_loss",
        "hinge_embedding_loss(distance, y)",
        (Argument("distance", "(N,)", POSITIVE), Argument("y", "(N,)", SIGN)),
        ("The input is a distance, at least 0. A score or a similarity turns the meaning round.",),
    ),
    Path(
        EMBEDDING,
        "triplets: one nearer than another",
        VECTOR,
        "triplet_margin_loss",
        "triplet_margin_loss(anchor, positive, negative)",
        _embedded("anchor", "positive", "negative"),
        ("Most triplets soon have no gradient: mine the hard ones, but not the hardest at first.",),
    ),
    Path(
        EMBEDDING,
        "triplets, with a distance of your own",
        VECTOR,
        "triplet_margin_with_distance_loss",
        "triplet_margin_with_distance_loss(anchor, positive, negative, distance_function=distance)",
        _embedded("anchor", "positive", "negative"),
        ("The margin has the unit of that distance: a cosine's is at most 2.",),
    ),
    Path(
        EMBEDDING,
        "for each query the key that belongs to it",
        DIRECTION,
        "info_nce_loss",
        "info_nce_loss(query, key, temperature=0.1)",
        _embedded("query", "key"),
        (
            "The other keys of the batch are the negatives: its size changes the task.",
            "Duplicates in a batch are pushed apart as negatives.",
        ),
    ),
    Path(
        EMBEDDING,
        "two views of each example, no labels",
        DIRECTION,
        "nt_xent_loss",
        "nt_xent_loss(o1, o2, temperature=0.1)",
        _embedded("o1", "o2"),
        ("At a low temperature only the hardest negatives count, false ones above all.",),
    ),
    Path(
        EMBEDDING,
        "the class of each example",
        DIRECTION,
        "sup_con_loss",
        "sup_con_loss(o, y, temperature=0.1)",
        (Argument("o", "(N, D)", REAL), _CLASSES),
        ("Every class in a batch needs two members; the best loss is not 0.",),
    ),
    Path(
        SEQUENCE,
        "the next token at every place",
        SCORES,
        "cross_entropy",
        "cross_entropy(z[:, :-1].transpose(1, 2), y[:, 1:], ignore_index=-100)",
        (Argument("z", "(N, S, C)", LOGITS), Argument("y", "(N, S)", CLASS)),
        (
            "Shift by one: the output at place t predicts the token at t + 1.",
            "Padding counts as a token, unless it is set to ignore_index.",
        ),
    ),
    Path(
        SEQUENCE,
        "the next token, as a number to report",
        SCORES,
        "perplexity",
        "perplexity(z[:, :-1].transpose(1, 2), y[:, 1:])",
        (Argument("z", "(N, S, C)", LOGITS), Argument("y", "(N, S)", CLASS)),
        (
            "The mean of the batches' perplexities is not the perplexity.",
            "It counts tokens: compare it only under one tokeniser.",
        ),
    ),
    Path(
        SEQUENCE,
        "labels in order, without their times, as in speech",
        LOG_SOFTMAX,
        "ctc_loss",
        "ctc_loss(z, y, frames, lengths)",
        (
            Argument("z", "(T, N, C)", LOG_DISTRIBUTION),
            Argument("y", "(N, S)", LABEL),
            Argument("frames", "(N,)", LENGTH),
            Argument("lengths", "(N,)", LENGTH),
        ),
        (
            "Time is the first dimension, and the values are those of a log_softmax.",
            "A target longer than its frames, repeats counted, has an infinite loss.",
        ),
    ),
    Path(
        PLACE,
        "a mask: which pixels belong to it",
        REGION,
        "dice_loss",
        "dice_loss(p, y)",
        _MASKED,
        (
            "Hardly any gradient where the region is missed altogether: add a cross-entropy.",
            "smooth decides what an empty mask costs.",
        ),
    ),
    Path(
        PLACE,
        "a mask, and a missed pixel costs more than a wrong one",
        REGION,
        "tversky_loss",
        "tversky_loss(p, y, alpha=0.3, beta=0.7)",
        _MASKED,
        ("beta is the price of a miss: exchanged with alpha it does the opposite.",),
    ),
    Path(
        PLACE,
        "a class for each pixel",
        SCORES,
        "cross_entropy",
        "cross_entropy(z, y)",
        (Argument("z", "(N, C, H, W)", LOGITS), Argument("y", "(N, H, W)", CLASS)),
        ("Every pixel has one vote, so a large background outvotes a small region.",),
    ),
    Path(
        PLACE,
        "four numbers that say where a box is",
        LINEAR,
        "smooth_l1_loss",
        "smooth_l1_loss(o, y, beta=0.1)",
        (Argument("o", "(N, 4)", REAL), Argument("y", "(N, 4)", REAL)),
        (
            "It is Huber's loss divided by beta: the arms keep slope 1 whatever beta is.",
            "Offsets know no overlap: take them relative to the box, and measure IoU beside them.",
        ),
    ),
)
"""Every path, in the order in which the guide shows them."""


def _grouped(paths: Iterable[Path], question: int) -> list[tuple[str, list[Path]]]:
    """Paths by their answer to a question, in order.

    >>> for answer, paths in _grouped(PATHS[7:11], 1):
    ...     print(len(paths), answer)
    2 a count 0, 1, 2, …; the answer is its mean
    1 a time until an event, which for some has not come yet
    1 0 or 1
    """
    grouped = itertools.groupby(paths, lambda path: path.answers[question])
    return [(answer, list(members)) for answer, members in grouped]


def show_guide(root: str) -> None:
    """Display the questions: each answer unfolds the next question, the last one a card.

    Lists of native ``<details>`` elements: they work by keyboard, are announced by a screen
    reader, and need neither a script nor a server.

    Args:
        root: the way from the page to ``chapters/``, as in ``".."``.
    """
    _display(
        f'<div class="guide">\n{_unfolding(PATHS, 0, root)}\n</div>',
        f"{len(PATHS)} paths from a task to a loss",
    )


def show_table(root: str) -> None:
    """Display the same paths as a table, one section a task; it scrolls inside itself.

    Args:
        root: the way from the page to ``chapters/``, as in ``".."``.
    """
    sections = []
    for task, paths in _grouped(PATHS, 0):
        rows = "\n".join(_row(path, root) for path in paths)
        sections.append(
            '<tbody role="rowgroup">\n<tr role="row"><th role="rowheader" colspan="3" '
            f'scope="rowgroup">{html.escape(task)}</th></tr>\n{rows}\n</tbody>'
        )
    heads = ("Target, <span>and what the model puts out</span>", "Loss", "Watch out")
    columns = "".join(f'<th role="columnheader" scope="col">{head}</th>' for head in heads)
    body = "\n".join(sections)
    _display(
        '<div class="guide-table" role="region" aria-label="All paths to a loss" tabindex="0">\n'
        '<table role="table">\n<thead role="rowgroup">'
        f'<tr role="row">{columns}</tr></thead>\n{body}\n</table>\n</div>',
        f"{len(PATHS)} losses by task and target",
    )


def _unfolding(paths: Iterable[Path], question: int, root: str) -> str:
    choices = []
    for answer, members in _grouped(paths, question):
        alone = len(members) == 1
        inside = _card(members[0], root) if alone else _unfolding(members, question + 1, root)
        choices.append(
            f"<li><details><summary>{html.escape(answer[0].upper() + answer[1:])}</summary>\n"
            f"{inside}\n</details></li>"
        )
    listed = "\n".join(choices)
    return f"<p><strong>{QUESTIONS[question]}</strong></p>\n<ul>\n{listed}\n</ul>"


def _card(path: Path, root: str) -> str:
    arguments = "<br>".join(
        f"<code>{argument.name}</code> {argument.shape} {KINDS[argument.kind]}: {argument.kind}"
        for argument in path.arguments
    )
    pitfalls = "".join(f"<li>{html.escape(pitfall, quote=False)}</li>" for pitfall in path.pitfalls)
    rows = {
        "lossfns": _code(path.call),
        "PyTorch": _in_pytorch(path),
        "Model": html.escape(path.output),
        "Tensors": arguments,
        "Watch out": f"<ul>{pitfalls}</ul>",
    }
    listed = "\n".join(f"<div><dt>{name}</dt><dd>{text}</dd></div>" for name, text in rows.items())
    return (
        f'<div class="guide-card">\n<p>{_link(path, root, html.escape(path.title))}</p>\n'
        f"<dl>\n{listed}\n</dl>\n</div>"
    )


def _row(path: Path, root: str) -> str:
    call = _link(path, root, f"<code>{_breakable(path.loss)}</code>")
    missing = "" if path.torch_name else f"<br><small>{_elsewhere(path)}</small>"
    target = html.escape(path.target[0].upper() + path.target[1:])
    cells = (
        f"{target}<br><small>{html.escape(path.output)}</small>",
        f"{call}{missing}",
        html.escape(path.pitfalls[0], quote=False),
    )
    # The roles are said because a style that makes rows cards takes them away.
    return '<tr role="row">' + "".join(f'<td role="cell">{c}</td>' for c in cells) + "</tr>"


def _link(path: Path, root: str, text: str) -> str:
    # A notebook's name, which JupyterLab opens; the site's build puts the page's in its place.
    return f'<a href="{root}/{path.page}.ipynb">{text}</a>'


def _code(call: str) -> str:
    return f"<code>{html.escape(call, quote=False)}</code>"


def _in_pytorch(path: Path) -> str:
    return _code(path.torch_call) if path.torch_call else _elsewhere(path)


def _elsewhere(path: Path) -> str:
    """What to say where ``torch.nn.functional`` has no such function."""
    if path.torch_elsewhere is None:
        return "not in PyTorch"
    return f"no function; see <code>{_breakable(path.torch_elsewhere)}</code>"


def _breakable(name: str) -> str:
    return name.replace("_", "_<wbr>").replace(".", ".<wbr>")


def _display(markup: str, plain: str) -> None:
    display({"text/html": markup, "text/plain": plain}, raw=True)
