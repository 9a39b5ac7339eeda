"""Plausible wrong answers, and what the reader is told about each."""

_SORTED = (
    "order = q.argsort(descending=True)\n"
    "    sizes = torch.arange(1, len(q) + 1)\n"
    "    region = torch.zeros(len(q), dtype=torch.bool)\n    "
)

WRONG = {
    "decide": [
        ("return (p > 0.5).long()", "at 90 % a visit"),
        ("return (p > 0.5).long() * 2", "do not compare p with ½"),
        (
            "return (torch.stack([p, 1 - p], dim=1) @ costs.T).argmin(dim=1)",
            "leave this person alone",
        ),
        (
            "return (torch.stack([1 - p, p], dim=1) @ costs.T).min(dim=1).values",
            "the number of the decision",
        ),
        ("return (p[:, None] * costs[:, 1]).argmin(dim=1)", "leave this person alone"),
    ],
    "way_back": [
        ("return said", "smaller by 1/w"),
        (
            "target = said / (said + w * (1 - said))\n"
            "    kept = (target - u / 2) / (1 - u)\n    return kept * keep",
            "not on the probability",
        ),
        (
            "target = said / (said + w * (1 - said))\n"
            "    kept = (target - u) / (1 - u)\n"
            "    return kept * keep / (kept * keep + 1 - kept)",
            "leaves a half where it is",
        ),
        (
            "kept = (said - u / 2) / (1 - u)\n"
            "    return kept * keep / (kept * keep + w * (1 - kept))",
            "has to be undone first",
        ),
        (
            "odds = said / (1 - said) * w / keep\n    return odds / (1 + odds)",
            "smaller by 1/w",
        ),
    ],
    "to_world": [
        (
            "p = lossfns.softmax(logits, dim=1)\n    return p * sample_shares / world_shares",
            "none is above 0",
        ),
        (
            "p = lossfns.softmax(logits, dim=1)\n"
            "    return (p * sample_shares * world_shares).log()",
            "do not add up to 1",
        ),
        (
            "return lossfns.log_softmax(\n"
            "        logits + sample_shares.log() - world_shares.log(), dim=1\n    )",
            "upside down",
        ),
        (
            "p = lossfns.softmax(logits, dim=1) * world_shares / sample_shares\n"
            "    return (p / p.sum(dim=1, keepdim=True)).log()",
            "stay with logarithms",
        ),
        (
            "return lossfns.log_softmax(logits + world_shares.log(), dim=1)",
            "not equally frequent",
        ),
    ],
    "two_exponents": [
        (
            "p = lossfns.sigmoid(z)\n"
            "    return -y * (1 - p) ** gamma_1 * p.log()"
            " - (1 - y) * p**gamma_0 * (1 - p).log()",
            "is not finite",
        ),
        (
            "a, b = lossfns.log_sigmoid(z), lossfns.log_sigmoid(-z)\n"
            "    return -y * (gamma_0 * b).exp() * a - (1 - y) * (gamma_1 * a).exp() * b",
            "are the exponents exchanged",
        ),
        (
            "a, b = lossfns.log_sigmoid(z), lossfns.log_sigmoid(-z)\n"
            "    return -y * (gamma_1 * a).exp() * a - (1 - y) * (gamma_0 * b).exp() * b",
            "must be the focal loss",
        ),
        (
            "a, b = lossfns.log_sigmoid(z), lossfns.log_sigmoid(-z)\n"
            "    p = a.exp()\n"
            "    return -y * (1 - p) ** gamma_1 * a - (1 - y) * p**gamma_0 * b",
            "the gradient at a logit",
        ),
    ],
    "honest": [
        (
            'return {"a", "b", "c", "d", "g"}',
            "a again: where the truth is 20 %, its expected loss is least at 71 %",
        ),
        ('return {"b", "c", "d", "e", "g"}', "e again"),
        ('return {"b", "c", "d", "f", "g"}', "f again"),
        ('return {"b", "d", "g"}', "c again"),
        ('return {"b", "c", "d"}', "g again"),
        ('return {"b", "c", "d", "g", "h"}', "h again"),
    ],
    "best_region": [
        (
            "region = q > 0.5\n    return region, 2 * q[region].sum() / (region.sum() + q.sum())",
            "the threshold of the accuracy",
        ),
        (
            _SORTED + "overlaps = 2 * q[order].cumsum(dim=0) / sizes\n"
            "    last = overlaps.argmax()\n"
            "    region[order[: last + 1]] = True\n"
            "    return region, overlaps[last]",
            "the overlap is not that of the region",
        ),
        (
            _SORTED + "overlaps = 2 * q[order].cumsum(dim=0) / (sizes + q.sum())\n"
            "    last = overlaps.argmax()\n"
            "    region[order[:last]] = True\n"
            "    return region, 2 * q[region].sum() / (region.sum() + q.sum())",
            "exceeds half of the overlap",
        ),
        (
            "region = q > q.mean()\n"
            "    return region, 2 * q[region].sum() / (region.sum() + q.sum())",
            "wrong for other pixels",
        ),
    ],
}
