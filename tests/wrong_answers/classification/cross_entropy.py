"""Plausible wrong answers, and what the reader is told about each."""

_RUNNING = (
    "top, total, start, right = torch.tensor(-torch.inf), 0.0, 0, None\n"
    "    for piece in pieces:\n"
    "        higher = torch.maximum(top, piece.max())\n"
    "        total = total{rescaled} + (piece - higher).exp().sum()\n"
    "        top = higher\n"
    "        if start {inside} target < start + len(piece):\n"
    "            right = piece[target - start]\n"
    "        start += len(piece)\n"
    "    return {result}"
)
_RESCALED = " * (top - higher).exp()"

WRONG = {
    "first_scores": [
        ("return counts / counts.sum() - 1 / len(counts)", "these are shares, not scores"),
        ("return (counts / counts.sum()).log()", "right up to a shift"),
        ("return torch.zeros_like(counts)", "Which scores have the frequencies"),
        ("return counts.mean().log() - counts.log()", "Which scores have the frequencies"),
        (
            "logs = counts.clamp(1, 1e6).log()\n    return logs - logs.mean()",
            "very unequal counts",
        ),
    ],
    "other_smoothing": [
        (
            "gap = sp.log(C * (1 - u) / u + 1)\n"
            "    return gap, -(1 - u) * sp.log(1 - u) - u * sp.log(u / (C - 1))",
            "the right one included",
        ),
        (
            "gap = sp.log((1 - u) / u)\n    return gap, -(1 - u) * sp.log(1 - u) - u * sp.log(u)",
            "all classes have the same target",
        ),
        (
            "gap = sp.log(u / ((C - 1) * (1 - u)))\n    return gap, -sp.log(1 - u)",
            "the right score is the higher one",
        ),
        (
            "gap = sp.log((C - 1) * (1 - u) / u)\n    return gap, -sp.log(1 - u)",
            "Do all C classes pay",
        ),
        (
            "gap = sp.log((C - 1) * (1 - u) / u)\n"
            "    return gap, -(1 - u) * sp.log(1 - u) - u / (C - 1) * sp.log(u / (C - 1))",
            "Do all C classes pay",
        ),
    ],
    "pixel_loss": [
        (
            "C = scores.shape[1]\n"
            "    return lossfns.cross_entropy(scores.reshape(-1, C), target.reshape(-1))",
            "a row of the table holds scores of several pixels",
        ),
        (
            "C = scores.shape[1]\n    flat = scores.transpose(1, 3).reshape(-1, C)\n"
            "    return lossfns.cross_entropy(flat, target.reshape(-1))",
            "scores that are right for every pixel",
        ),
        (
            "return lossfns.cross_entropy(scores, target, reduction='none')",
            "return one number",
        ),
        (
            "return lossfns.cross_entropy(scores.round(), target)",
            "does every pixel meet its own target",
        ),
    ],
    "from_parts": [
        (
            "return sum(lossfns.cross_entropy(s, t, weight) for s, t in parts) / len(parts)",
            "its own mean is 0/0",
        ),
        (
            "kept = [(s, t) for s, t in parts if (t != -100).any()]\n"
            "    return sum(lossfns.cross_entropy(s, t, weight) for s, t in kept) / len(kept)",
            "a mean of means",
        ),
        (
            "total = sum(lossfns.cross_entropy(s, t, weight, reduction='sum') for s, t in parts)\n"
            "    return total / sum((t != -100).sum() for _, t in parts)",
            "divided by the number of labels",
        ),
        (
            "total = sum(lossfns.cross_entropy(s, t, weight, reduction='sum') for s, t in parts)\n"
            "    return total / sum(len(t) for _, t in parts)",
            "the ignored ones included",
        ),
    ],
    "in_pieces": [
        (
            _RUNNING.format(rescaled="", inside="<=", result="(top - right) + total.log()"),
            "must be rescaled",
        ),
        (
            _RUNNING.replace("target - start", "target % len(piece)").format(
                rescaled=_RESCALED, inside="<=", result="(top - right) + total.log()"
            ),
            "counted over all pieces",
        ),
        (
            _RUNNING.format(rescaled=_RESCALED, inside="<=", result="total.log() - right"),
            "the largest score is missing",
        ),
        (
            _RUNNING.format(rescaled=_RESCALED, inside="<=", result="(top + total.log()) - right"),
            "lost the logarithm's digits",
        ),
        (
            "row = torch.cat(list(pieces))\n    return row.exp().sum().log() - row[target]",
            "infinite or NaN",
        ),
        (
            "pieces = list(pieces)\n"
            "    total = torch.stack([p.logsumexp(0) for p in pieces]).sum()\n"
            "    return total - torch.cat(pieces)[target]",
            "you return",
        ),
    ],
    "partial_labels": [
        (
            "even = allowed.double() / allowed.sum(dim=1, keepdim=True)\n"
            "    return lossfns.cross_entropy(scores, even, reduction='none')",
            "equal shares of the allowed classes",
        ),
        (
            "return -(lossfns.softmax(scores, dim=1) * allowed).sum(dim=1).log()",
            "stay in log space",
        ),
        (
            "log_p = lossfns.log_softmax(scores, dim=1)\n"
            "    return -log_p.masked_fill(~allowed, -torch.inf).amax(dim=1)",
            "which event does the label describe",
        ),
        (
            "log_p = lossfns.log_softmax(scores, dim=1)\n    return -(log_p * allowed).sum(dim=1)",
            "which event does the label describe",
        ),
    ],
}
