"""Cross-entropy over so many classes that the table of all logits is what fills the memory."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn import LinearCrossEntropyOptions

from lossfns.outputs import log_softmax
from lossfns.reduction import reduce, widen
from lossfns.validation import (
    check_between,
    check_class_indices,
    check_count,
    check_floating,
    check_not_negative,
    check_reduction,
    check_share,
)

TailWeights = Sequence[tuple[Tensor, Tensor]]


def linear_cross_entropy(
    input: Tensor,
    linear_weight: Tensor,
    target: Tensor,
    *,
    linear_bias: Tensor | None = None,
    weight: Tensor | None = None,
    reduction: str = "mean",
    ignore_index: int | None = None,
    label_smoothing: float = 0.0,
    options: LinearCrossEntropyOptions | None = None,
) -> Tensor:
    r"""Cross-entropy of a linear layer's logits that never holds the logits of all tokens.

    .. math::
        \ell(x, y) = -\sum_{c=1}^{C} \tilde y_c \log \frac{e^{o_c}}{\sum_j e^{o_j}},
        \qquad o = W x + b, \qquad
        \tilde y_c = w_c \left((1 - \varepsilon)\, y_c + \frac{\varepsilon}{C}\right)

        \frac{\partial \ell}{\partial o} = a\, p - \tilde y, \qquad
        \frac{\partial \ell}{\partial x} = W^\top \frac{\partial \ell}{\partial o}, \qquad
        \frac{\partial \ell}{\partial W} = \frac{\partial \ell}{\partial o}\, x^\top, \qquad
        a = \sum_c \tilde y_c

    The gradient by the logits depends on nothing but the logits, so it can be formed as soon as
    they are there: a few tokens at a time, their logits become their gradient in place and are
    gone before the next tokens come. What stays is as large as the layer and its input. With
    32,000 classes and 2,048 tokens the logits alone would take 250 MiB, and autograd keeps
    several tables of that size.

    Args:
        input: what the layer is applied to: tokens of shape (D,), (N, D) or (B, T, D), real
            floating point.
        linear_weight: the layer's weight :math:`W` of shape (C, D), or (C, d₁, …, D) for a loss
            at d₁ × … places of each token, which takes an input of shape (N, D); dtype of
            ``input``.
        target: class indices from 0 to C − 1, int64, one for each token (and place): shape (),
            (N,), (B, T) or (N, d₁, …). Or probabilities :math:`y` of shape (C,), (N, C) or
            (N, C, d₁, …) with an input of at most two dimensions.
        linear_bias: the layer's bias :math:`b`, shaped like ``linear_weight`` without its last
            dimension; none by default.
        weight: non-negative weights :math:`w` of the classes, shape (C,); 1 by default.
        reduction: ``"none"``, ``"sum"`` or ``"mean"``. The mean divides by
            :math:`\sum_n w_{y_n}` over the tokens that are not ignored, or by the number of
            tokens where targets are probabilities.
        ignore_index: class index whose tokens count for nothing; ``None`` is -100. Not with
            probabilities.
        label_smoothing: the share :math:`\varepsilon`, from 0 to 1, that is spread over all
            classes.
        options: how many tokens at a time (``batch_chunk_size`` or ``chunking_method``), and
            whether half-precision weight gradients are added up in their own dtype
            (``acc_policy="compact"``) instead of float32. By default the logits of a chunk take
            about half the memory of ``input`` and sums are formed in float32. Gradients may be
            asked for twice whatever ``allow_retain_graph`` says.

    Returns:
        A scalar in nats, or for ``reduction="none"`` a tensor of one loss for each token (and
        place).

    Raises:
        TypeError: an argument is no tensor of the dtype above.
        IndexError: a class index is out of range.
        ValueError: shapes do not fit, a weight, probability or the smoothing is out of range, or
            ``reduction`` is unknown.
        RuntimeError: on a backward pass with ``create_graph=True``. The gradient is a number by
            then, not a formula; second derivatives come from the cross-entropy of the logits.

    Differs from :func:`torch.nn.functional.linear_cross_entropy`: PyTorch forms all logits unless
    ``options`` are given, and even then for label smoothing, for probabilities as targets and for
    a layer of more than two dimensions; here every loss is formed in chunks, ``input`` may be
    (B, T, D), and negative weights and targets that are no probabilities are refused. ``weight``
    has no gradient. In half precision the loss is computed in float32 and rounded once.

    Example:
        >>> tokens, layer = torch.eye(2), torch.zeros(4, 2)
        >>> linear_cross_entropy(tokens, layer, torch.tensor([3, 0]))
        tensor(1.3863)

    Source: the same chunks are in P.-L. Hsu et al., *Liger Kernel: Efficient Triton Kernels for
    LLM Training* (2024), arXiv:2410.10989, section 3.2; E. Wijmans et al., *Cut Your Losses in
    Large-Vocabulary Language Models* (ICLR 2025), arXiv:2411.09009, form the logits a second time
    instead of keeping the gradients.
    Page: ``chapters/classification/large_vocabularies``; card: ``chapters/choosing/catalogue``.
    """
    check_reduction(reduction)
    _check_layer(input, linear_weight, linear_bias)
    classes, *places = linear_weight.shape[:-1]
    losses_shape = (*input.shape[:-1], *places)
    _check_weight(weight, classes)
    check_share("label_smoothing", label_smoothing)
    probabilities = isinstance(target, Tensor) and target.is_floating_point()
    if probabilities:
        _check_probabilities(target, input, classes, places, ignore_index)
    else:
        ignore_index = -100 if ignore_index is None else ignore_index
        _check_class_indices(target, losses_shape, classes, ignore_index)
    tokens = input.reshape(-1, input.shape[-1])
    settings = _Settings(
        reduction,
        ignore_index,
        label_smoothing,
        rows=_tokens_in_a_chunk(options, len(tokens), linear_weight),
        compact=_sums_in_half_precision(options, input),
        differentiate=torch.is_grad_enabled(),
    )
    loss = _LinearCrossEntropy.apply(
        tokens,
        linear_weight.reshape(-1, tokens.shape[1]),
        None if linear_bias is None else linear_bias.reshape(-1),
        target.reshape(len(tokens), *([classes] if probabilities else []), math.prod(places)),
        tokens.new_ones(classes) if weight is None else weight,
        settings,
    )
    return loss.reshape(losses_shape) if reduction == "none" else loss


class AdaptiveLogSoftmaxOutput(NamedTuple):
    """Log-probabilities of the targets, one for each example, and minus their mean."""

    output: Tensor
    loss: Tensor


def adaptive_log_softmax_with_loss(
    input: Tensor,
    target: Tensor,
    head_weight: Tensor,
    tail_weights: TailWeights,
    *,
    head_bias: Tensor | None = None,
) -> AdaptiveLogSoftmaxOutput:
    r"""Cross-entropy of a softmax in two steps: first the cluster of classes, then the class.

    .. math::
        \log p(y \mid x) = \begin{cases}
            \log \operatorname{softmax}(H x + b)_y & y \text{ in the shortlist} \\
            \log \operatorname{softmax}(H x + b)_{S + k}
                + \log \operatorname{softmax}(V_k U_k x)_{y - c_k} & y \text{ in cluster } k
        \end{cases}

    The head holds the S most frequent classes and one entry for each cluster of rarer ones.
    Only examples whose target lies in a cluster pay for it, and few do. The probabilities of all
    classes add up to one exactly, since each softmax does: what is approximate is the model (a
    cluster's logits have rank :math:`U_k`), not the loss.

    Args:
        input: features :math:`x` of shape (N, D) or (D,), real floating point.
        target: class indices, most frequent class first, int64, of shape (N,) or ().
        head_weight: :math:`H` of shape (S + K, D) for a shortlist of S classes and K clusters;
            dtype of ``input``, as all weights.
        tail_weights: for each cluster :math:`U_k` of shape (Hₖ, D) and :math:`V_k` of shape
            (Cₖ, Hₖ); the clusters' classes follow the shortlist's in order.
        head_bias: :math:`b` of shape (S + K,); none by default.

    Returns:
        ``output``: :math:`\log p(y \mid x)` in nats, shape of ``target``; ``loss``: minus its
        mean, a scalar. The mean over no examples is NaN.

    Raises:
        TypeError: an argument is no tensor of the dtype above.
        IndexError: a class index is out of range.
        ValueError: shapes do not fit, or there is no cluster.

    Differs from the forward of :class:`torch.nn.AdaptiveLogSoftmaxWithLoss`: weights of clusters
    that no target lies in get a gradient of zero instead of none. In half precision it is
    computed in float32 and rounded once.

    Example:
        >>> head, tail = torch.zeros(3, 2), [(torch.zeros(1, 2), torch.zeros(4, 1))]
        >>> adaptive_log_softmax_with_loss(torch.ones(2), torch.tensor(5), head, tail).loss.exp()
        tensor(12.)

    Source: E. Grave, A. Joulin, M. Cissé, D. Grangier and H. Jégou, *Efficient softmax
    approximation for GPUs*, ICML 2017, arXiv:1609.04309.
    Page: ``chapters/classification/large_vocabularies``; card: ``chapters/choosing/catalogue``.
    """
    shortlist, cutoffs = _check_clusters(input, head_weight, tail_weights, head_bias)
    check_class_indices("target", target, cutoffs[-1])
    _check_shape("target", target, input.shape[:-1])
    rows = input.reshape(-1, input.shape[-1])
    index = target.reshape(-1).contiguous()
    cluster = torch.bucketize(index, torch.tensor(cutoffs[:-1], device=index.device), right=True)
    entry = torch.where(cluster == 0, index, shortlist + cluster - 1)
    log_probability = _pick(_log_softmax(rows, head_weight, bias=head_bias), entry)
    for k, weights in enumerate(tail_weights, start=1):
        members = (cluster == k).nonzero().squeeze(1)
        within = _log_softmax(rows[members], *weights)
        chosen = _pick(within, index[members] - cutoffs[k - 1])
        log_probability = log_probability.index_add(0, members, chosen)
    loss = reduce(-log_probability, "mean", dtype=input.dtype)
    return AdaptiveLogSoftmaxOutput(log_probability.to(input.dtype).reshape(target.shape), loss)


class AdaptiveLogSoftmaxWithLoss(nn.Module):
    r"""Softmax over a large vocabulary in two steps, with its weights.

    The module of :func:`adaptive_log_softmax_with_loss`, which says what is computed. Parameters
    have the names, the order and the initial values of
    :class:`torch.nn.AdaptiveLogSoftmaxWithLoss`, so a ``state_dict`` of one loads into the other.

    Args:
        in_features: number D of features.
        n_classes: number C of classes, most frequent first.
        cutoffs: first class of each cluster, increasing, from 1 to C − 1. The classes before the
            first are the shortlist.
        div_value: cluster k = 1, 2, … works in ``in_features // div_value**k`` dimensions.
        head_bias: whether the head has a bias.
        device, dtype: of the parameters.

    Raises:
        TypeError: a size is no integer.
        ValueError: a size is out of range, or a cluster would be left without a dimension.

    Example:
        >>> softmax = AdaptiveLogSoftmaxWithLoss(8, 100, cutoffs=[10, 40], div_value=2)
        >>> [tuple(weight.shape) for weight in softmax.parameters()]
        [(12, 8), (4, 8), (30, 4), (2, 8), (60, 2)]
        >>> softmax.log_prob(torch.ones(3, 8)).exp().sum(1).round(decimals=4)
        tensor([1., 1., 1.], grad_fn=<RoundBackward1>)

    Source: Grave et al., *Efficient softmax approximation for GPUs*, ICML 2017, arXiv:1609.04309.
    Page: ``chapters/classification/large_vocabularies``; card: ``chapters/choosing/catalogue``.
    """

    def __init__(
        self,
        in_features: int,
        n_classes: int,
        cutoffs: Sequence[int],
        div_value: float = 4.0,
        head_bias: bool = False,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        check_count("in_features", in_features, minimum=1)
        check_count("n_classes", n_classes, minimum=2)
        cutoffs = list(cutoffs)
        increasing = cutoffs == sorted(set(cutoffs))
        if not cutoffs or not increasing or cutoffs[0] < 1 or cutoffs[-1] >= n_classes:
            raise ValueError(
                f"cutoffs must be increasing integers from 1 to {n_classes - 1}; got {cutoffs}"
            )
        for cutoff in cutoffs:
            check_count("cutoffs", cutoff)
        widths = [int(in_features // div_value**k) for k in range(1, len(cutoffs) + 1)]
        if min(widths) < 1:
            raise ValueError(
                f"div_value must leave each cluster at least 1 of the {in_features} dimensions; "
                f"got {div_value}, which leaves {widths}"
            )
        self.in_features = in_features
        self.n_classes = n_classes
        self.cutoffs = [*cutoffs, n_classes]
        self.div_value = div_value
        self.head_bias = head_bias
        self.shortlist_size = cutoffs[0]
        self.n_clusters = len(cutoffs)
        self.head_size = self.shortlist_size + self.n_clusters

        where = {"device": device, "dtype": dtype}
        self.head = nn.Linear(in_features, self.head_size, bias=head_bias, **where)
        sizes = [end - start for start, end in zip(cutoffs, self.cutoffs[1:], strict=True)]
        self.tail = nn.ModuleList(
            nn.Sequential(
                nn.Linear(in_features, width, bias=False, **where),
                nn.Linear(width, size, bias=False, **where),
            )
            for width, size in zip(widths, sizes, strict=True)
        )

    def reset_parameters(self) -> None:
        """Draw all weights anew."""
        self.head.reset_parameters()
        for layer in (layer for cluster in self.tail for layer in cluster):
            layer.reset_parameters()

    @property
    def _tail_weights(self) -> TailWeights:
        return [(down.weight, up.weight) for down, up in self.tail]

    def forward(self, input: Tensor, target: Tensor) -> AdaptiveLogSoftmaxOutput:
        """Log-probabilities of the targets and minus their mean."""
        return adaptive_log_softmax_with_loss(
            input, target, self.head.weight, self._tail_weights, head_bias=self.head.bias
        )

    def log_prob(self, input: Tensor) -> Tensor:
        """Log-probabilities of all classes, shape (N, C) for an ``input`` of shape (N, D)."""
        _check_clusters(input, self.head.weight, self._tail_weights, self.head.bias)
        head = _log_softmax(input, self.head.weight, bias=self.head.bias)
        shortlist, clusters = head.split([self.shortlist_size, self.n_clusters], dim=-1)
        tails = [
            cluster.unsqueeze(-1) + _log_softmax(input, *weights)
            for cluster, weights in zip(clusters.unbind(-1), self._tail_weights, strict=True)
        ]
        return torch.cat([shortlist, *tails], dim=-1).to(input.dtype)

    def predict(self, input: Tensor) -> Tensor:
        """The most probable class of each example, shape (N,) for an ``input`` of shape (N, D)."""
        _check_clusters(input, self.head.weight, self._tail_weights, self.head.bias)
        rows = input.reshape(-1, self.in_features)
        best = _log_softmax(rows, self.head.weight, bias=self.head.bias).argmax(-1)
        # A class is no more probable than its cluster, so a shortlist class that leads in the
        # head leads altogether.
        undecided = (best >= self.shortlist_size).nonzero().squeeze(1)
        best[undecided] = self.log_prob(rows[undecided]).argmax(-1)
        return best.reshape(input.shape[:-1])


def vocab_parallel_cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
    group: "dist.ProcessGroup | None" = None,
) -> Tensor:
    r"""Cross-entropy of logits whose classes are spread over the ranks of a process group.

    .. math::
        \ell = a \log Z - \sum_r \sum_{c \in r} \tilde y_c\, o_c, \qquad
        \log Z = \log \sum_r e^{\log Z_r}, \qquad
        \log Z_r = \log \sum_{c \in r} e^{o_c}

        \frac{\partial \ell}{\partial o_c} = a\, \frac{e^{o_c}}{Z} - \tilde y_c, \qquad
        \tilde y_c = w_c \left((1 - \varepsilon)\,[c = y] + \frac{\varepsilon}{C}\right), \qquad
        a = \sum_c \tilde y_c

    A softmax needs of the other ranks a single number for each example: their log-sum-exp. One
    gather brings these, one sum over the ranks brings the logit of the target, which only one of
    them holds. The gradient by a rank's own logits then needs no communication at all.

    Args:
        input: this rank's logits :math:`o` of shape (N, Cᵣ) with Cᵣ ≥ 1, real floating point.
            Rank 0 holds the first classes, rank 1 the next; the shares may differ in size.
        target: class indices from 0 to C − 1 = ∑ Cᵣ − 1, int64, shape (N,), the same on each
            rank.
        weight: non-negative weights :math:`w` of this rank's classes, shape (Cᵣ,); 1 by default.
        ignore_index: class index whose examples count for nothing.
        reduction: ``"none"``, ``"sum"`` or ``"mean"``. The mean divides by
            :math:`\sum_n w_{y_n}` over the examples that are not ignored.
        label_smoothing: the share :math:`\varepsilon`, from 0 to 1, that is spread over all
            C classes.
        group: the ranks; the default process group, or this process alone where there is none.

    Returns:
        The same loss in nats on each rank: a scalar, or shape (N,) for ``reduction="none"``.

    Raises:
        TypeError: an argument is no tensor of the dtype above.
        IndexError: a class index is out of range.
        ValueError: shapes do not fit, a weight or the smoothing is out of range, or ``reduction``
            is unknown.
        RuntimeError: on a backward pass with ``create_graph=True``: second derivatives would have
            to go through the communication.

    Differs from the tensor-parallel cross-entropy of Megatron-LM: that one smooths over the
    classes of each rank as if there were no others, so ranks disagree about the loss and its
    gradient (NVIDIA/Megatron-LM issues 737 and 7464); here smoothing is over all classes.
    PyTorch has no function for this.

    Example:
        >>> vocab_parallel_cross_entropy(torch.zeros(2, 4), torch.tensor([3, 0]))
        tensor(1.3863)

    Source: M. Shoeybi et al., *Megatron-LM: Training Multi-Billion Parameter Language Models
    Using Model Parallelism* (2019), arXiv:1909.08053, section 3.
    Page: ``chapters/classification/large_vocabularies``; card: ``chapters/choosing/catalogue``.
    """
    check_reduction(reduction)
    check_floating("input", input)
    if input.ndim != 2 or input.shape[1] < 1:
        raise ValueError(
            "input must have shape (N, C) with at least one class on each rank; "
            f"got {tuple(input.shape)}"
        )
    _check_weight(weight, input.shape[1])
    check_share("label_smoothing", label_smoothing)
    weight = input.new_ones(input.shape[1]) if weight is None else weight
    losses, target_weight = _VocabParallelCrossEntropy.apply(
        input, target, weight, ignore_index, label_smoothing, group
    )
    return reduce(losses, reduction, denominator=target_weight.sum(), dtype=input.dtype)


@dataclass
class _ClassIndices:
    """Targets ỹ = hit · [c = y] + spread · w that are never formed as rows of classes.

    The class dimension of ``index`` is 1, so that it gathers from scores of shape (N, C, places).
    """

    index: Tensor
    kept: Tensor
    class_weight: Tensor
    hit: Tensor
    spread: Tensor
    weight: Tensor
    smoothed: bool

    @classmethod
    def of(
        cls,
        target: Tensor,
        weight: Tensor,
        ignore_index: int | None,
        smoothing: float,
        *,
        first: int = 0,
        classes: int | None = None,
    ) -> "_ClassIndices":
        """Indices among ``classes``, of which those from ``first`` on have their weight here."""
        kept = target != ignore_index
        index = target - first
        held = kept & (index >= 0) & (index < len(weight))
        index = torch.where(held, index, 0)
        spread = kept.to(weight.dtype) * (smoothing / (classes or len(weight)))
        class_weight = torch.where(held, weight[index], 0)
        hit = (1 - smoothing) * class_weight
        return cls(index.unsqueeze(1), kept, class_weight, hit, spread, weight, smoothing > 0)

    def mass(self) -> Tensor:
        """a = ∑ ỹ."""
        return self.hit + self.spread * self.weight.sum()

    def expectation(self, scores: Tensor) -> Tensor:
        """∑ ỹ · scores, where 0 · (−∞) counts for nothing."""
        expected = self.hit * scores.gather(1, self.index).squeeze(1)
        expected = torch.where(self.hit == 0, 0, expected)
        if not self.smoothed:
            return expected
        return expected + self.spread * (self.weight @ scores)

    def subtract_from(self, scores: Tensor, factor: Tensor) -> None:
        """scores −= factor · ỹ."""
        scores.scatter_add_(1, self.index, -(factor * self.hit).unsqueeze(1))
        if self.smoothed:
            spread = (factor * self.spread).unsqueeze(1)
            scores.addcmul_(spread, self.weight.unsqueeze(1), value=-1)


@dataclass
class _Probabilities:
    """Targets ỹ as rows of classes; the same questions as of :class:`_ClassIndices`."""

    rows: Tensor

    @classmethod
    def of(cls, target: Tensor, weight: Tensor, smoothing: float) -> "_Probabilities":
        smoothed = (1 - smoothing) * target + smoothing / len(weight)
        return cls(weight.unsqueeze(1) * smoothed)

    def mass(self) -> Tensor:
        return self.rows.sum(1)

    def expectation(self, scores: Tensor) -> Tensor:
        return (self.rows * scores).sum(1)

    def subtract_from(self, scores: Tensor, factor: Tensor) -> None:
        scores.addcmul_(factor.unsqueeze(1), self.rows, value=-1)


class _Settings(NamedTuple):
    """What :class:`_LinearCrossEntropy` takes besides tensors.

    ``rows`` tokens are worked on at a time. ``compact`` sums of weight gradients are in the dtype
    of the input. ``differentiate`` is false where no gradient will be asked for.
    """

    reduction: str
    ignore_index: int | None
    smoothing: float
    rows: int
    compact: bool
    differentiate: bool


class _LinearCrossEntropy(torch.autograd.Function):
    """Tokens (N, D), a layer (C · places, D), and targets (N, places) or (N, C, places)."""

    @staticmethod
    def forward(ctx, tokens, layer, bias, target, weight, settings):
        """Loss, and where it is a number also its gradients."""
        dtype = _working_dtype(tokens)
        # How much each loss counts for in the result.
        if target.is_floating_point():
            share = tokens.new_ones(target[:, 0].shape, dtype=dtype)
            denominator = share.numel()
        else:
            truth = _ClassIndices.of(target, weight.to(dtype), settings.ignore_index, smoothing=0)
            share, denominator = truth.kept.to(dtype), truth.class_weight.sum()
        if settings.reduction == "mean":
            share = torch.where(share == 0, 0, share / denominator)
        ctx.settings = settings
        arguments = tokens, layer, bias, target, weight, share
        ctx.save_for_backward(*arguments)
        form = settings.differentiate and settings.reduction != "none"
        wanted = ctx.needs_input_grad[:4] if form else (False,) * 4
        losses, formed = _losses_and_gradients(*arguments, settings, wanted)
        ctx.formed = formed if form else None
        return reduce(losses, settings.reduction, denominator=denominator, dtype=tokens.dtype)

    @staticmethod
    def backward(ctx, upstream):
        """The gradients of the forward pass, scaled; formed now where there was no number."""
        if torch.is_grad_enabled():
            raise RuntimeError(
                "linear_cross_entropy forms its gradients in the forward pass and has no second "
                "derivative: create_graph must be False. For second derivatives take the "
                "cross_entropy of the logits."
            )
        formed, ctx.formed = ctx.formed, None
        if formed is None:
            *arguments, share = ctx.saved_tensors
            share = share * upstream.to(share.dtype)
            wanted = ctx.needs_input_grad[:4]
            _, formed = _losses_and_gradients(*arguments, share, ctx.settings, wanted)
        else:
            # In place: a second copy of the layer's gradient would double the memory.
            for gradient in formed:
                if gradient is not None:
                    gradient.mul_(upstream)
        return *formed, None, None


def _losses_and_gradients(
    tokens: Tensor,
    layer: Tensor,
    bias: Tensor | None,
    target: Tensor,
    weight: Tensor,
    share: Tensor,
    settings: _Settings,
    wanted: Sequence[bool],
) -> tuple[Tensor, list[Tensor | None]]:
    """Each token's losses, and the wanted gradients of ``(share * losses).sum()``.

    Gradients are by tokens, layer, bias and target, and ``None`` where not wanted.
    """
    dtype = _working_dtype(tokens)
    factor_dtype = _factor_dtype(tokens)
    by_tokens, by_layer, by_bias, by_target = _sums(tokens, layer, bias, target, settings, wanted)
    matrix, weight = layer.to(factor_dtype), weight.to(dtype)
    losses = torch.empty_like(share)
    space = tokens.new_empty((settings.rows, len(layer)), dtype=dtype)
    for start in range(0, len(tokens), settings.rows):
        chunk = slice(start, start + settings.rows)
        x = tokens[chunk].to(factor_dtype)
        logits = _multiply(x, matrix.T, out=space[: len(x)])
        if bias is not None:
            logits += bias
        scores = logits.view(len(x), len(weight), -1)
        scores -= scores.amax(1, keepdim=True)
        truth = _truth(target[chunk], weight, settings)
        mass, expected = truth.mass(), truth.expectation(scores)
        shifted = None if by_target is None else scores.clone()
        total = scores.exp_().sum(1)
        log_total = total.log()
        losses[chunk] = torch.where(share[chunk] == 0, 0, mass * log_total - expected)
        if by_target is not None:
            log_p = shifted - log_total.unsqueeze(1)
            slope = (settings.smoothing - 1) * weight.unsqueeze(1) * log_p
            by_target[chunk] = share[chunk].unsqueeze(1) * slope
        if not any(wanted[:3]):
            continue
        # The probabilities become the gradient by the logits, a·p − ỹ.
        scores *= (share[chunk] * mass / total).unsqueeze(1)
        truth.subtract_from(scores, share[chunk])
        if by_bias is not None:
            by_bias += logits.sum(0)
        if by_tokens is not None:
            by_tokens[chunk] = logits.to(factor_dtype) @ matrix
        if by_layer is not None:
            _add_product(by_layer, logits.to(factor_dtype).T, x)
    # Before sums are rounded to another dtype, which takes memory of its own.
    del matrix, space
    by_layer = None if by_layer is None else by_layer.to(layer.dtype)
    by_bias = None if by_bias is None else by_bias.to(bias.dtype)
    return losses, [by_tokens, by_layer, by_bias, by_target]


def _sums(
    tokens: Tensor,
    layer: Tensor,
    bias: Tensor | None,
    target: Tensor,
    settings: _Settings,
    wanted: Sequence[bool],
) -> list[Tensor | None]:
    """Zeros for the wanted gradients by tokens, layer, bias and target to be added up in."""
    dtype = _working_dtype(tokens)
    kinds = tokens.dtype, tokens.dtype if settings.compact else dtype, dtype, target.dtype
    return [
        torch.zeros_like(tensor, dtype=kind) if asked else None
        for asked, tensor, kind in zip(wanted, (tokens, layer, bias, target), kinds, strict=True)
    ]


def _truth(target: Tensor, weight: Tensor, settings: _Settings) -> "_ClassIndices | _Probabilities":
    if target.is_floating_point():
        return _Probabilities.of(target.to(weight.dtype), weight, settings.smoothing)
    return _ClassIndices.of(target, weight, settings.ignore_index, settings.smoothing)


class _VocabParallelCrossEntropy(torch.autograd.Function):
    """The loss of each example and the weight of its class, the same on each rank."""

    @staticmethod
    def forward(ctx, input, target, weight, ignore_index, smoothing, group):
        """One gather for the log-sum-exp, one sum for the targets."""
        dtype = _working_dtype(input)
        top = input.amax(1).to(dtype)
        # A rank whose classes are all masked with -inf adds nothing to the others' sum.
        top = torch.where(top == -torch.inf, torch.finfo(dtype).min, top)
        log_total = (input - top.unsqueeze(1)).exp().sum(1).log()
        # In float64 the number of this rank's classes, which travels along, is exact.
        size = top.new_tensor([input.shape[1]], dtype=torch.float64)
        parts = _gather(torch.cat([top, log_total, size]), group)
        tops, log_totals, sizes = parts.split([len(top), len(top), 1], dim=1)
        top = tops.amax(0)
        log_total = (log_totals + tops - top).logsumexp(0).to(dtype)
        top = top.to(dtype)

        sizes = [int(size) for size in sizes]
        _check_class_indices(target, input.shape[:1], sum(sizes), ignore_index)
        truth = _ClassIndices.of(
            target.unsqueeze(1),
            weight.to(dtype),
            ignore_index,
            smoothing,
            first=sum(sizes[: _rank(group)]),
            classes=sum(sizes),
        )
        scores = (input - top.unsqueeze(1)).unsqueeze(2)
        shares = torch.stack([truth.class_weight, truth.mass(), truth.expectation(scores)])
        target_weight, mass, expected = _sum_over_ranks(shares, group).squeeze(2)
        losses = torch.where(truth.kept.squeeze(1), mass * log_total - expected, 0)

        ctx.truth = truth
        ctx.save_for_backward(input, top + log_total, mass)
        ctx.mark_non_differentiable(target_weight)
        return losses, target_weight

    @staticmethod
    def backward(ctx, upstream, _):
        """The gradient by this rank's logits, from what this rank knows by now."""
        if torch.is_grad_enabled():
            raise RuntimeError(
                "vocab_parallel_cross_entropy has no second derivative, which would have to go "
                "through the communication between ranks: create_graph must be False"
            )
        logits, log_normaliser, mass = ctx.saved_tensors
        upstream = torch.where(ctx.truth.kept.squeeze(1), upstream, 0)
        gradient = (logits - log_normaliser.unsqueeze(1)).exp_()
        gradient *= (upstream * mass).unsqueeze(1)
        ctx.truth.subtract_from(gradient.unsqueeze(2), upstream.unsqueeze(1))
        return gradient.to(logits.dtype), None, None, None, None, None


def _rank(group: "dist.ProcessGroup | None") -> int:
    return dist.get_rank(group) if _has_ranks(group) else 0


def _has_ranks(group: "dist.ProcessGroup | None") -> bool:
    """Whether there is a process group; without one this process holds all classes."""
    return group is not None or (dist.is_available() and dist.is_initialized())


def _gather(mine: Tensor, group: "dist.ProcessGroup | None") -> Tensor:
    """Every rank's tensor, stacked in the order of the ranks."""
    if not _has_ranks(group):
        return mine.unsqueeze(0)
    parts = [torch.empty_like(mine) for _ in range(dist.get_world_size(group))]
    dist.all_gather(parts, mine, group=group)
    return torch.stack(parts)


def _sum_over_ranks(mine: Tensor, group: "dist.ProcessGroup | None") -> Tensor:
    if _has_ranks(group):
        dist.all_reduce(mine, group=group)
    return mine


def _working_dtype(tensor: Tensor) -> torch.dtype:
    """What the formula is evaluated in: at least float32."""
    return torch.promote_types(tensor.dtype, torch.float32)


def _factor_dtype(tokens: Tensor) -> torch.dtype:
    """What matrices are multiplied in: GPUs multiply half precision and sum in float32."""
    return tokens.dtype if tokens.is_cuda else _working_dtype(tokens)


def _multiply(left: Tensor, right: Tensor, *, out: Tensor) -> Tensor:
    """Matrix product summed in the dtype of ``out``, whatever that of the factors."""
    if left.dtype == out.dtype:
        return torch.mm(left, right, out=out)
    return torch.mm(left, right, out_dtype=out.dtype, out=out)


def _add_product(total: Tensor, left: Tensor, right: Tensor) -> None:
    """Add a matrix product to ``total``, summed in its dtype."""
    if left.dtype == total.dtype:
        total.addmm_(left, right)
    else:
        torch.addmm(total, left, right, out_dtype=total.dtype, out=total)


def _tokens_in_a_chunk(
    options: LinearCrossEntropyOptions | None, tokens: int, linear_weight: Tensor
) -> int:
    """How many tokens to work on at a time."""
    method = "auto" if options is None else options.chunking_method
    if options is not None and options.batch_chunk_size is not None:
        rows = options.batch_chunk_size
    elif method is None:
        rows = tokens
    else:
        # PyTorch's rule, so that its options mean the same here: as many tokens as make the
        # logits of a chunk about as large as the input, divided by a factor of 2 by default.
        # Fewer would make each step of the sum over chunks, which has to read and write all of
        # the layer's gradient, bring in less.
        logits, features = linear_weight.shape[:-1].numel(), linear_weight.shape[-1]
        equal = -(-tokens // max(-(-logits // max(features, 1)), 1))
        factor = 2 if method == "auto" else int(method.partition(":")[2] or 1)
        rows = (1 << (equal - 1).bit_length() if equal else 1) // factor
    return max(1, min(rows, tokens))


def _sums_in_half_precision(options: LinearCrossEntropyOptions | None, input: Tensor) -> bool:
    """Whether options ask for weight gradients that are rounded after each chunk."""
    asked = options is not None and options.acc_policy in ("auto", "compact")
    # CPUs are given float32, and keep it.
    return asked and input.is_cuda and input.dtype != _working_dtype(input)


def _check_layer(input: Tensor, linear_weight: Tensor, linear_bias: Tensor | None) -> None:
    check_floating("input", input)
    _check_dtype("linear_weight", linear_weight, input)
    if not 1 <= input.ndim <= 3:
        raise ValueError(
            f"input must have shape (D,), (N, D) or (B, T, D); got {tuple(input.shape)}"
        )
    if linear_weight.ndim < 2 or linear_weight.shape[-1] != input.shape[-1]:
        raise ValueError(
            f"linear_weight must have shape (C, {input.shape[-1]}) or (C, d1, ..., "
            f"{input.shape[-1]}) for an input of shape {tuple(input.shape)}; "
            f"got {tuple(linear_weight.shape)}"
        )
    if linear_weight.shape[0] < 1:
        raise ValueError(
            f"linear_weight must have at least one class; got {tuple(linear_weight.shape)}"
        )
    if linear_weight.ndim > 2 and input.ndim != 2:
        raise ValueError(
            f"input must have shape (N, D) where linear_weight has shape "
            f"{tuple(linear_weight.shape)}; got {tuple(input.shape)}"
        )
    if linear_bias is not None:
        _check_dtype("linear_bias", linear_bias, input)
        _check_shape("linear_bias", linear_bias, linear_weight.shape[:-1])


def _check_clusters(
    input: Tensor, head_weight: Tensor, tail_weights: TailWeights, head_bias: Tensor | None
) -> tuple[int, list[int]]:
    """Size of the shortlist, and the first class of each cluster with the number of classes."""
    check_floating("input", input)
    if not 1 <= input.ndim <= 2:
        raise ValueError(f"input must have shape (N, D) or (D,); got {tuple(input.shape)}")
    features, clusters = input.shape[-1], len(tail_weights)
    _check_dtype("head_weight", head_weight, input)
    if clusters < 1:
        raise ValueError("tail_weights must hold at least one cluster; got none")
    if head_weight.ndim != 2 or head_weight.shape[1] != features or len(head_weight) <= clusters:
        raise ValueError(
            f"head_weight must have shape (S + {clusters}, {features}) with S of at least 1, for "
            f"{clusters} cluster(s) and {features} features; got {tuple(head_weight.shape)}"
        )
    if head_bias is not None:
        _check_dtype("head_bias", head_bias, input)
        _check_shape("head_bias", head_bias, head_weight.shape[:1])
    cutoffs = [len(head_weight) - clusters]
    for k, (down, up) in enumerate(tail_weights):
        _check_dtype(f"tail_weights[{k}][0]", down, input)
        _check_dtype(f"tail_weights[{k}][1]", up, input)
        if down.ndim != 2 or down.shape[1] != features:
            raise ValueError(
                f"tail_weights[{k}][0] must have shape (H, {features}); got {tuple(down.shape)}"
            )
        if up.ndim != 2 or up.shape[1] != len(down) or len(up) < 1:
            raise ValueError(
                f"tail_weights[{k}][1] must have shape (C, {len(down)}) with C of at least 1; "
                f"got {tuple(up.shape)}"
            )
        cutoffs.append(cutoffs[-1] + len(up))
    return cutoffs[0], cutoffs


def _check_dtype(name: str, tensor: Tensor, input: Tensor) -> None:
    check_floating(name, tensor)
    if tensor.dtype != input.dtype:
        raise TypeError(f"{name} must have the dtype of input, {input.dtype}; got {tensor.dtype}")


def _check_shape(name: str, tensor: Tensor, shape: Sequence[int]) -> None:
    if tuple(tensor.shape) != tuple(shape):
        raise ValueError(f"{name} must have shape {tuple(shape)}; got {tuple(tensor.shape)}")


def _check_weight(weight: Tensor | None, classes: int) -> None:
    if weight is None:
        return
    check_floating("weight", weight)
    _check_shape("weight", weight, (classes,))
    if weight.requires_grad:
        raise ValueError("weight must not require a gradient: it is a constant of the loss")
    check_not_negative("weight", weight)


def _check_class_indices(
    target: Tensor, shape: Sequence[int], classes: int, ignore_index: int
) -> None:
    """Raise unless ``target`` has one class index, or ``ignore_index``, for each loss."""
    counted = target
    if isinstance(target, Tensor):
        _check_shape("target", target, shape)
        counted = torch.where(target == ignore_index, 0, target)
    check_class_indices("target", counted, classes)


def _check_probabilities(
    target: Tensor, input: Tensor, classes: int, places: list[int], ignore_index: int | None
) -> None:
    if ignore_index is not None:
        raise ValueError(
            f"ignore_index must be None where target holds probabilities; got {ignore_index}"
        )
    if input.ndim == 3:
        raise ValueError(
            "target must hold class indices (int64) where input has three dimensions; "
            f"got {target.dtype}"
        )
    _check_dtype("target", target, input)
    _check_shape("target", target, (*input.shape[:-1], classes, *places))
    check_between("target", target, 0, 1)


def _log_softmax(input: Tensor, *layers: Tensor, bias: Tensor | None = None) -> Tensor:
    """log softmax of one linear layer after another applied to ``input``, at least in float32."""
    (scores,) = widen(input)
    for layer in widen(*layers):
        scores = scores @ layer.mT
    if bias is not None:
        scores = scores + bias
    return log_softmax(scores, -1)


def _pick(rows: Tensor, index: Tensor) -> Tensor:
    """One element of each row."""
    return rows.gather(1, index.unsqueeze(1)).squeeze(1)
