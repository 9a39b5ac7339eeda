"""Plausible wrong answers, and what the reader is told about each."""

_TAMED = (
    "total, by_x, by_theta = 0.0, torch.empty_like(x), torch.zeros_like(theta)\n"
    "    for start in range(0, len(x), rows):\n"
    "        chunk = slice(start, start + rows)\n"
    "        z = x[chunk] @ theta.T\n"
    "        lse = z.logsumexp(dim=1, keepdim=True)\n"
    "        right = (torch.arange(len(z)), y[chunk])\n"
    "        total = total + (lse + c * lse**2).sum() - z[right].sum()\n"
    "        slope = SLOPE\n"
    "        slope[right] -= 1\n"
    "        by_x[chunk] = slope @ theta\n"
    "        by_theta += slope.T @ x[chunk]\n"
    "    return total, by_x, by_theta"
)
_PRODUCT = (
    "result = torch.zeros_like(theta)\n"
    "    for start in range(0, len(x), rows):\n"
    "        features = x[start : start + rows]\n"
    "        p = (features @ theta.T).softmax(dim=1)\n"
    "        rate = features @ V.T\n"
    "        result += (CHANGE).T @ features\n"
    "    return result"
)

WRONG = {
    "merge_parts": [
        ("return (m + d.log()).sum(dim=0)", "do not add up"),
        ("return (d * m.exp()).sum(dim=0).log()", "overflow"),
        (
            "return d.sum(dim=0).log() + m.amax(dim=0)",
            "express every part's sum",
        ),
        (
            "top = m.amax(dim=0)\n    return (d * (m - top).exp()).sum(dim=0).log() + top",
            "where all parts are empty",
        ),
        (
            "top, bottom = m.amax(dim=0), m.amin(dim=0)\n"
            "    return (d * (m - bottom).exp()).sum(dim=0).log() + bottom",
            "NaN with an empty part",
        ),
        ("return (m + d.log()).logsumexp(dim=0).mean()", "one number for each token"),
    ],
    "tamed": [
        (
            _TAMED.replace("SLOPE", "(z - lse).exp()"),
            "without the extra term",
        ),
        (
            _TAMED.replace("SLOPE", "(z - lse).exp() + 2 * c * lse"),
            "the derivative of lse is the softmax",
        ),
        (
            _TAMED.replace("SLOPE", "(1 + 2 * c * lse) * (z - lse).exp()").replace(
                "range(0, len(x), rows)", "range(0, len(x) - rows + 1, rows)"
            ),
            "is the last chunk",
        ),
        (
            _TAMED.replace("SLOPE", "(1 + 2 * c * lse) * (z - lse).exp()")
            .replace("range(0, len(x), rows)", "range(0, len(x), len(x))")
            .replace("start + rows", "start + len(x)"),
            "more than 3 rows",
        ),
    ],
    "equal_clusters": [
        ("return C / 2, C / (C / 2 + 2)", "are not the cheapest"),
        ("return sp.sqrt(C), sp.sqrt(C)", "count both"),
        ("return sp.sqrt(C), 2 / sp.sqrt(C)", "the inverse"),
        ("return sp.sqrt(C / D), sp.sqrt(C) / 2", "on the number of words alone"),
    ],
    "contribution": [
        (
            "index = (target - first).clamp(min=0, max=logits.shape[1] - 1)\n"
            "    held = target >= first\n"
            "    right = logits.gather(1, index[:, None])[:, 0]\n"
            "    return torch.where(held, lses.logsumexp(0) - right, 0)",
            "in the last shard: does an earlier one",
        ),
        (
            "index = target - first\n"
            "    held = (index >= 0) & (index < logits.shape[1])\n"
            "    right = logits.gather(1, torch.where(held, index, 0)[:, None])[:, 0]\n"
            "    return lses.logsumexp(0) - torch.where(held, right, 0)",
            "once for each shard",
        ),
        (
            "index = target - first\n"
            "    held = (index >= 0) & (index < logits.shape[1])\n"
            "    right = logits.gather(1, torch.where(held, index, 0)[:, None])[:, 0]\n"
            "    return torch.where(held, lses.sum(0) - right, 0)",
            "do not add up",
        ),
        (
            "held = target < first + logits.shape[1]\n"
            "    index = torch.where(held, target - first, 0).clamp(min=0)\n"
            "    right = logits.gather(1, index[:, None])[:, 0]\n"
            "    return torch.where(held, lses.logsumexp(0) - right, 0)",
            "in the first shard: does a later one",
        ),
    ],
    "rows_that_fit": [
        ("return min(N, budget // (4 * C))", "take their place first"),
        (
            "return max(0, min(N, (budget - 4 * C * D) // (4 * C)))",
            "by the features is missing",
        ),
        (
            "return max(0, min(N, (budget // 2 - C * D - N * D) // C))",
            "four bytes",
        ),
        ("return min(N, (budget // 4 - C * D - N * D) // C)", "no chunk is small enough"),
        ("return max(0, (budget // 4 - C * D - N * D) // C)", "at most N rows"),
    ],
    "hessian_product": [
        (_PRODUCT.replace("CHANGE", "p * rate"), "share a normaliser"),
        (
            _PRODUCT.replace("CHANGE", "p * ((p * rate).sum(1, keepdim=True) - rate)"),
            "the sign is wrong",
        ),
        (
            _PRODUCT.replace("CHANGE", "p * (1 - p) * rate"),
            "finite differences",
        ),
        (
            "p = (x @ theta.T).softmax(dim=1)\n"
            "    rate = x @ V.T\n"
            "    return (p * (rate - (p * rate).sum(1, keepdim=True))).T @ x",
            "more than 3 rows",
        ),
    ],
}
