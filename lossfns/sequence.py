"""Loss on a sequence of labels whose alignment to the input is unknown."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.functional import pad

from lossfns.reduction import reduce, widen
from lossfns.validation import check_floating, check_integer, check_values


def ctc_loss(
    log_probs: Tensor,
    targets: Tensor,
    input_lengths: Tensor | Sequence[int],
    target_lengths: Tensor | Sequence[int],
    blank: int = 0,
    reduction: str = "mean",
    zero_infinity: bool = False,
) -> Tensor:
    r"""Negative log-probability of a label sequence, summed over all its alignments.

    An alignment gives each of the T frames a label or a blank; it spells the target once repeats
    are merged and blanks dropped ("–cc–aat" spells "cat"). With the target interleaved with
    blanks, :math:`l = (–, y_1, –, y_2, …, y_S, –)`, let :math:`\alpha_t(s)` be the probability of
    all ways to be at :math:`l_s` after frame :math:`t`. Then

    .. math::
        \alpha_t(s) = p_t(l_s)\,\bigl(\alpha_{t-1}(s) + \alpha_{t-1}(s-1)
            + [\,l_s \ne – \text{ and } l_s \ne l_{s-2}\,]\; \alpha_{t-1}(s-2)\bigr),
        \qquad
        \ell = -\log\bigl(\alpha_T(2S) + \alpha_T(2S-1)\bigr)

    counting :math:`s` from 0: stay, step on, or skip a blank between two different labels. All of
    it is done in logarithms. The gradient by :math:`\log p_t(k)` is minus the posterior
    probability that frame :math:`t` is labelled :math:`k`.

    Args:
        log_probs: :math:`\log p_t(k)`, shape (T, N, C) or (T, C), real floating point, as from
            ``log_softmax`` over the last dimension.
        targets: labels, integer, none of them blank: shape (N, S), padded at the end with
            anything, or concatenated to one dimension.
        input_lengths: number of frames that count of each sequence, at most T, shape (N,); a
            tensor or a sequence of integers. Frames after that are not looked at.
        target_lengths: number of labels of each target, likewise.
        blank: class of the blank.
        reduction: ``"none"``, ``"sum"`` or ``"mean"``. The mean divides each loss by the length
            of its target (or by 1 for an empty one) and then averages over N.
        zero_infinity: whether an infinite loss, of a target that needs more frames than there
            are, is replaced by 0.

    Returns:
        A scalar, or for ``reduction="none"`` a tensor of shape (N,), or () without a batch
        dimension.

    Raises:
        TypeError: ``log_probs`` is not in floating point, or labels or lengths are no integers.
        ValueError: shapes do not fit, a label is blank or no class, a length is out of range,
            ``blank`` is no class, or ``reduction`` is unknown.

    Differs from :func:`torch.nn.functional.ctc_loss`: PyTorch's gradient adds :math:`p_t(k)` to
    the true one, which is right only if ``log_probs`` comes out of ``log_softmax`` and the
    gradient goes back into it (pytorch/pytorch#52241); here it is the derivative, and can be
    differentiated again. Labels that are blank or no class are refused: PyTorch reads whatever
    number is there. An infinite loss has a gradient of 0, where PyTorch's is NaN. Half precision
    is taken, computed in float32 and rounded once.

    Example:
        >>> import torch
        >>> log_probs = torch.full((3, 1, 2), 0.5).log()  # three frames, each blank or "a"
        >>> loss = ctc_loss(log_probs, torch.tensor([[1]]), [3], [1])
        >>> loss.neg().exp()  # six of eight: a––, –a–, ––a, aa–, –aa, aaa; not a–a, not –––
        tensor(0.7500)

    Source: A. Graves, S. Fernández, F. Gomez and J. Schmidhuber, *Connectionist temporal
    classification* (ICML 2006), section 4.1.
    Page: ``chapters/classification/ctc``; card: ``chapters/choosing/catalogue``.
    """
    _check_log_probs(log_probs, blank)
    (frames,) = widen(log_probs if log_probs.ndim == 3 else log_probs.unsqueeze(1))
    count, batch = frames.shape[:2]
    frame_counts = _lengths("input_lengths", input_lengths, batch, count, frames.device)
    labels, label_counts = _labels(targets, target_lengths, frames, blank)

    blanks = torch.full_like(labels, blank)
    states = pad(torch.stack([blanks, labels], dim=2).flatten(1), (0, 1), value=blank)
    may_skip = (states != blank) & (states != _shift(states, 2, blank))
    emitted = frames.gather(2, states.expand(count, -1, -1))

    # Before the first frame the path is at the leading blank, with certainty.
    reached = torch.full_like(emitted[0], -torch.inf)
    reached[:, 0] = 0
    for t in range(count):
        step = _shift(reached, 1, -torch.inf)
        skip = _shift(reached, 2, -torch.inf).masked_fill(~may_skip, -torch.inf)
        advanced = emitted[t] + _log_add(torch.stack([reached, step, skip]), 0)
        reached = torch.where(t < frame_counts.unsqueeze(1), advanced, reached)

    position = torch.arange(states.shape[1], device=frames.device)
    last = 2 * label_counts.unsqueeze(1)
    is_end = (position == last) | (position == last - 1)
    loss = -_log_add(reached.masked_fill(~is_end, -torch.inf), 1)
    if zero_infinity:
        loss = torch.where(loss == torch.inf, 0, loss)
    if reduction == "mean":
        loss = loss / label_counts.clamp(min=1)
    if log_probs.ndim == 2:
        loss = loss.squeeze(0)
    return reduce(loss, reduction, dtype=log_probs.dtype)


def _shift(states: Tensor, by: int, value: float) -> Tensor:
    """Every state's entry moved ``by`` states on."""
    return pad(states, (by, 0), value=value)[:, : states.shape[1]]


def _log_add(terms: Tensor, dim: int) -> Tensor:
    """``logsumexp`` whose gradient is 0, not NaN, where every term is −∞."""
    peak = terms.detach().amax(dim, keepdim=True)
    peak = torch.where(peak == -torch.inf, 0, peak)
    total = (terms - peak).exp().sum(dim)
    impossible = total == 0
    logarithm = torch.where(impossible, 1, total).log() + peak.squeeze(dim)
    return torch.where(impossible, -torch.inf, logarithm)


def _labels(
    targets: Tensor, target_lengths: Tensor | Sequence[int], frames: Tensor, blank: int
) -> tuple[Tensor, Tensor]:
    """Labels of shape (N, S), blank after each target's end, and the targets' lengths."""
    check_integer("targets", targets)
    batch, classes = frames.shape[1:]
    targets = targets.to(frames.device, torch.int64)
    if targets.ndim == 1:
        counts = _lengths("target_lengths", target_lengths, batch, len(targets), frames.device)
        if counts.sum() != len(targets):
            raise ValueError(
                f"target_lengths must add up to the number of concatenated targets, "
                f"{len(targets)}; got {counts.sum().item()}"
            )
        present = torch.arange(int(counts.max()), device=frames.device) < counts.unsqueeze(1)
        labels = torch.full_like(present, blank, dtype=torch.int64)
        labels[present] = targets
    elif targets.ndim == 2 and len(targets) == batch:
        most = targets.shape[1]
        counts = _lengths("target_lengths", target_lengths, batch, most, frames.device)
        present = torch.arange(most, device=frames.device) < counts.unsqueeze(1)
        labels = targets.where(present, blank)
    else:
        raise ValueError(
            f"targets must have shape ({batch}, S), or one dimension with all targets; "
            f"got {tuple(targets.shape)}"
        )
    allowed = ~present | ((labels >= 0) & (labels < classes) & (labels != blank))
    check_values("targets", labels, allowed, f"a class from 0 to {classes - 1} other than {blank}")
    return labels, counts


def _lengths(
    name: str, lengths: Tensor | Sequence[int], batch: int, most: int, device: torch.device
) -> Tensor:
    if not isinstance(lengths, (Tensor, list, tuple)):
        raise TypeError(
            f"{name} must be a tensor or a sequence of integers; got {type(lengths).__name__}"
        )
    lengths = torch.as_tensor(lengths, device=device)
    check_integer(name, lengths)
    if lengths.shape != (batch,) and (lengths.ndim > 0 or batch > 1):
        raise ValueError(
            f"{name} must have shape ({batch},), one for each sequence; got {tuple(lengths.shape)}"
        )
    lengths = lengths.to(torch.int64).reshape(batch)
    check_values(name, lengths, (lengths >= 0) & (lengths <= most), f"from 0 to {most}")
    return lengths


def _check_log_probs(log_probs: Tensor, blank: int) -> None:
    check_floating("log_probs", log_probs)
    if log_probs.ndim not in (2, 3) or log_probs.numel() == 0:
        raise ValueError(
            "log_probs must have shape (T, N, C) or (T, C), none of them 0; "
            f"got {tuple(log_probs.shape)}"
        )
    classes = log_probs.shape[-1]
    if isinstance(blank, bool) or not isinstance(blank, int):
        raise TypeError(f"blank must be an integer; got {type(blank).__name__}")
    if not 0 <= blank < classes:
        raise ValueError(f"blank must be a class from 0 to {classes - 1}; got {blank}")
