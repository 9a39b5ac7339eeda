"""Plausible wrong answers, and what the reader is told about each."""

_ALIGN = """states = [0]
    for label in target:
        states += [label, 0]
    score = [float("-inf")] * len(states)
    score[:2] = [log_probs[0, k].item() for k in states[:2]]
    choices = []
    for frame in log_probs[1:].tolist():
        chosen = []
        for s, k in enumerate(states):
            sources = [s] + [s - 1] * (s >= 1)
            if {skip}:
                sources.append(s - 2)
            chosen.append(max(sources, key=score.__getitem__))
        score = [score[r] + frame[k] for r, k in zip(chosen, states, strict=True)]
        choices.append(chosen)
    path = [{end}]
    for chosen in reversed(choices):
        path.append(chosen[path[-1]])
    return [states[s] for s in reversed(path)]"""
_SKIP = "s >= 2 and k not in (0, states[s - 2])"
_END = "max(len(states) - 1, len(states) - 2, key=score.__getitem__)"

_VISITS = """leaf = log_probs.detach().clone().requires_grad_()
    loss = lossfns.ctc_loss(
        leaf, torch.tensor(target), [len(leaf)], [len(target)], reduction="{reduction}"
    )
    return {sign}torch.autograd.grad(loss, leaf)[0][:, target]"""
_OWN = """columns = log_probs.detach()[:, [0, *target]].requires_grad_()
    loss = lossfns.ctc_loss(
        columns{then},
        torch.arange(1, len(target) + 1),
        [len(columns)],
        [len(target)],
        reduction="{reduction}",
    )
    return {sign}torch.autograd.grad(loss, columns)[0]{end}"""

WRONG = {
    "frames_needed": [
        ("return lengths", "or they merge"),
        ("return 2 * lengths + 1", "four different labels fit"),
        (
            "same = (targets[:, 1:] == targets[:, :-1]).any(dim=1)\n    return lengths + same",
            "three pairs of equal neighbours",
        ),
        (
            "return lengths + (targets[:, 1:] == targets[:, :-1]).sum(dim=1)",
            "labels beyond the length do not count",
        ),
    ],
    "strikes": [
        (
            "return sp.binomial(frames, count) * p**count * (1 - p) ** (frames - count)",
            "a strike may last several frames",
        ),
        (
            "return sum(\n"
            "        sp.binomial(j - 1, count - 1) * sp.binomial(frames - j + 1, count)\n"
            "        * p**j * (1 - p) ** (frames - j)\n"
            "        for j in range(count, frames + 1)\n"
            "    ) if count else p**0",
            "blanks alone",
        ),
        (
            "if count == 0:\n        return (1 - p) ** frames\n"
            "    return sum(\n"
            "        sp.binomial(j - 1, count - 1) * sp.binomial(frames - j + 2, count)\n"
            "        * p**j * (1 - p) ** (frames - j)\n"
            "        for j in range(count, frames + 1)\n"
            "    )",
            "six of the eight paths",
        ),
        (
            "if count == 0:\n        return (1 - p) ** frames\n"
            "    return sum(\n"
            "        sp.binomial(frames - j + 1, count) * p**j * (1 - p) ** (frames - j)\n"
            "        for j in range(count, frames + 1)\n"
            "    )",
            "must add up to 1",
        ),
    ],
    "training_loss": [
        (
            "N, n_f, C = scores.shape\n"
            "    log_probs = scores.reshape(n_f, N, C).log_softmax(dim=-1)\n"
            "    return lossfns.ctc_loss(log_probs, targets, frame_counts, target_lengths)",
            "exchange the axes instead",
        ),
        (
            "log_probs = scores.transpose(0, 1).log_softmax(dim=-1)\n"
            "    counts = torch.full((len(scores),), scores.shape[1])\n"
            "    return lossfns.ctc_loss(log_probs, targets, counts, target_lengths)",
            "are padding, and are scored here",
        ),
        (
            "log_probs = scores.transpose(0, 1).log_softmax(dim=0)\n"
            "    return lossfns.ctc_loss(log_probs, targets, frame_counts, target_lengths)",
            "which dim is that",
        ),
        (
            "scores = scores.transpose(0, 1)\n"
            "    return lossfns.ctc_loss(scores, targets, frame_counts, target_lengths)",
            "these are raw scores",
        ),
        (
            "log_probs = scores.transpose(0, 1).log_softmax(dim=-1)\n"
            "    return lossfns.ctc_loss(\n"
            "        log_probs, targets, frame_counts, target_lengths, reduction='sum'\n    )",
            "not the mean of the three",
        ),
    ],
    "label_visits": [
        (_VISITS.format(reduction="sum", sign="-"), "the class's total"),
        (_OWN.format(then="", reduction="sum", sign="", end="[:, 1:]"), "check the sign"),
        (
            _OWN.format(then=".log_softmax(1)", reduction="sum", sign="-", end="[:, 1:]"),
            "by what you differentiate",
        ),
        (
            _OWN.format(then="", reduction="mean", sign="-", end="[:, 1:]"),
            "divided by anything",
        ),
        (_OWN.format(then="", reduction="sum", sign="-", end=""), "for each frame and label"),
        (
            "return log_probs[:, target].exp()",
            "an enumeration of all paths",
        ),
    ],
    "misled": [
        (
            "return torch.tensor([[.6, .3, .1], [.1, .2, .7], [.6, .3, .1]]).double()",
            "the best path is right here",
        ),
        (
            "return torch.tensor([[.6, .39, .01], [.6, .39, .01], [.6, .39, .01]]).double()",
            'spells "", not "b"',
        ),
        (
            "return torch.tensor([[.5, .5, 0], [.5, .5, 0], [0, .4, .6]]).double()",
            "must be positive",
        ),
        (
            "return torch.tensor([[.49, .49, .02], [.29, .33, .38], [.52, .46, .02]]).double()",
            "matter of luck",
        ),
    ],
    "force_align": [
        ("return log_probs.argmax(dim=1).tolist()", "spells"),
        (
            _ALIGN.format(skip="s >= 2 and k != 0", end=_END),
            "a repeated label: the path",
        ),
        (_ALIGN.format(skip=_SKIP, end="len(states) - 2"), "a blank at the end"),
        (_ALIGN.format(skip="False", end=_END), "two different labels: the path"),
    ],
}
