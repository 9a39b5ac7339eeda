"""Plausible wrong answers, and what the reader is told about each."""

_SCORES = (
    "q = lossfns.softmax(teacher / T, dim=1)\n    p = lossfns.softmax(student / T, dim=1)\n    "
)
_RIGHT = (
    "p = lossfns.sigmoid(z)\n    ce = -(y * p.log() + (1 - y) * (1 - p).log())\n"
    "    right = torch.where(y > 0, p, 1 - p)\n    w = torch.where(y > 0, alpha, 1 - alpha)\n    "
)
_APART = (
    "apart = torch.cdist(embeddings, embeddings)\n"
    "    same = labels[:, None] == labels[None]\n"
    "    other = ~torch.eye(len(labels), dtype=torch.bool)\n    "
)
_HARD = (
    "far = torch.where(same & other, apart, -math.inf).amax(dim=1)\n"
    "    near = torch.where(same, math.inf, apart).amin(dim=1)\n    "
)

WRONG = {
    "corpus_perplexity": [
        (
            "values = [lossfns.cross_entropy(*batch).exp() for batch in batches]\n"
            "    return torch.stack(values).mean()",
            "exponentiate last",
        ),
        (
            "values = [lossfns.cross_entropy(*batch) for batch in batches]\n"
            "    return torch.stack(values).mean().exp()",
            "here they count the same",
        ),
        (
            'sums = [lossfns.cross_entropy(*batch, reduction="sum") for batch in batches]\n'
            "    return (sum(sums) / sum(len(tokens) for _, tokens in batches)).exp()",
            "padding is counted",
        ),
        (
            "total = count = 0\n"
            "    for logits, tokens in batches:\n"
            "        n = (tokens != -100).sum()\n"
            "        total, count = total + n * lossfns.cross_entropy(logits, tokens), count + n\n"
            "    return (total / count).exp()",
            "spoiled the rest",
        ),
        (
            "total = count = 0\n"
            "    for logits, tokens in batches:\n"
            '        total = total + lossfns.cross_entropy(logits, tokens, reduction="sum")\n'
            "        count = count + (tokens != -100).sum()\n"
            "    return (total / max(count, 1)).exp()",
            "has no perplexity",
        ),
    ],
    "distillation": [
        (
            _SCORES + "return T**2 * (p * (p / q).log()).sum(dim=1).mean()",
            "the wrong way round",
        ),
        (
            _SCORES + "return T**2 * (q * (q / p).log()).mean()",
            "the divergence is a sum over the classes",
        ),
        (
            _SCORES + "return (q * (q / p).log()).sum(dim=1).mean()",
            "shrinks with the square of the temperature",
        ),
        (
            _SCORES + "return T**2 * (q * (q / p).log()).sum(dim=1).mean()",
            "never form its logarithm",
        ),
        (
            _SCORES + "return T**2 * -(q * p.log()).sum(dim=1).mean()",
            "wrong value: what is averaged",
        ),
    ],
    "column": [
        (
            "return y, torch.tensor(0.0).double()",
            "the model says the same to every example",
        ),
        (
            "return y.mean(), torch.tensor(0.0).double()",
            "so the loss is not 0",
        ),
        (
            "return y.mean(), (y.mean() - y).square().mean()",
            "l1: at",
        ),
        (
            'if loss == "mse":\n        return y.mean(), y.var()\n'
            "    return y.median(), (y.median() - y).abs().mean()",
            "mse: the loss there reads",
        ),
        (
            'if loss == "mse":\n        return y.mean(), y.var(correction=0)\n'
            '    said = y.median() if loss == "l1" else y.sort().values[len(y) // 10]\n'
            "    return said, (said - y).abs().mean()",
            "pinball: at",
        ),
    ],
    "focal": [
        (
            "p = lossfns.sigmoid(z)\n    ce = -(y * p.log() + (1 - y) * (1 - p).log())\n"
            "    return alpha * (1 - p) ** gamma * ce",
            "the negatives have 1 − α",
        ),
        (
            _RIGHT + "return (1 - right) ** gamma * ce",
            "must leave the weighted cross-entropy",
        ),
        (
            _RIGHT + "return w * (1 - p) ** gamma * ce",
            "for a label 0 the probability of the right answer",
        ),
        (
            _RIGHT + "return w * right**gamma * ce",
            "take the probability that is missing",
        ),
        (
            _RIGHT + "return w * (1 - right) ** gamma * ce",
            "in one step",
        ),
    ],
    "probable": [
        ("return shown / weight * kept", "not the probability"),
        (
            "odds = shown / (1 - shown) * weight\n    return odds / (1 + odds)",
            "the truth is lower",
        ),
        (
            "odds = shown / (1 - shown) / weight / kept\n    return odds / (1 + odds)",
            "look more frequent than they are",
        ),
        (
            "odds = shown / (1 - shown) / weight\n    return odds / (1 + odds)",
            "wrong for sampling alone",
        ),
        (
            "odds = shown / (1 - shown) * sp.Min(kept, 1 / weight)\n    return odds / (1 + odds)",
            "come together",
        ),
    ],
    "hardest": [
        (
            _APART + "far = torch.where(same & other, apart, math.inf).amin(dim=1)\n"
            "    near = torch.where(same, math.inf, apart).amin(dim=1)\n"
            "    return (far - near + margin).clamp(min=0).mean()",
            "take the farthest positive",
        ),
        (
            _APART + _HARD + "v = (far - near + margin).clamp(min=0)\n"
            "    return v[v > 0].mean() if (v > 0).any() else v.sum()",
            "belong to the average, too",
        ),
        (
            _APART + _HARD + "return (far - near + margin).clamp(min=0).sum()",
            "the sum over the anchors",
        ),
        (
            _APART + "apart = apart**2\n    " + _HARD + "return (far - near + margin)"
            ".clamp(min=0).mean()",
            "not its square",
        ),
        (
            _APART + _HARD + "return (far - near + margin).clamp(min=0).mean()",
            "left out, of the average as well",
        ),
        (
            _APART + _HARD + "usable = far.isfinite() & near.isfinite()\n"
            "    return (far - near + margin).clamp(min=0)[usable].mean()",
            "without a negative there is no triplet",
        ),
    ],
}
