"""Plausible wrong answers, and what the reader is told about each."""

_LINE = (
    "X = torch.stack([torch.ones_like(x), x], dim=1)\n"
    "    theta = torch.linalg.lstsq(X, y[:, None]).solution[:, 0]\n    "
)
_PAIRS = (
    "i, j = torch.combinations(torch.arange(len(x))).T\n"
    "    slopes = (y[j] - y[i]) / (x[j] - x[i])\n"
    "    starts = y[i] - slopes * x[i]\n"
    "    missing = y - (starts[:, None] + slopes[:, None] * x)\n    "
)

WRONG = {
    "many_levels": [
        (
            "r = predictions - y[:, None]\n"
            "    return torch.maximum(levels * r, (levels - 1) * r).mean()",
            "levels 1 − τ",
        ),
        (
            "m = y[:, None] - predictions\n"
            "    return torch.maximum(levels * m, (levels - 1) * m).sum(dim=1).mean()",
            "the sum over the levels",
        ),
        (
            "m = y[:, None] - predictions\n"
            "    return torch.maximum(levels * m, (levels - 1) * m).mean(dim=0)",
            "return one number",
        ),
        (
            "m = y[:, None] - predictions\n    return (levels * m.abs()).mean()",
            "wrong value",
        ),
        (
            "rows = y if predictions.shape[0] == predictions.shape[1] else y[:, None]\n"
            "    m = rows - predictions\n"
            "    return torch.maximum(levels * m, (levels - 1) * m).mean()",
            "which way the targets are stretched",
        ),
    ],
    "bookshop": [
        (
            "level = (cost - refund) / (price - refund)\n    return level, -m * sp.log(1 - level)",
            "one minus the level",
        ),
        (
            "level = (price - cost) / price\n    return level, -m * sp.log(1 - level)",
            "part of it comes back",
        ),
        ("return (price - cost) / (price - refund), m", "F(order) is not the level"),
        (
            "level = price / (price + cost)\n    return level, -m * sp.log(1 - level)",
            "what does the shop lose",
        ),
    ],
    "upper_line": [
        (
            "return torch.tensor([y.quantile(1 - level).item(), 0.0]).double()",
            "lie below the line: r is",
        ),
        ("return torch.tensor([y.quantile(level).item(), 0.0]).double()", "is the slope fitted"),
        (_LINE + "return theta", "of the targets lie below"),
        (
            _LINE + "theta[0] += (y - X @ theta).quantile(0.9)\n    return theta",
            "another level",
        ),
    ],
    "saved": [
        ("return torch.zeros(len(predictions)).double()", "this row is out of order"),
        (
            "return ((predictions - predictions.sort(dim=1).values) * levels).sum(dim=1)",
            "a positive saving",
        ),
        ("return (predictions.sort(dim=1).values - predictions) @ levels.flip(0)", "saving"),
        (
            "return (predictions.sort(dim=1).values - predictions).abs().sum(dim=1)",
            "the loss falls by",
        ),
        ("return torch.tensor(0.3)", "one number for each row"),
    ],
    "exact_line": [
        (
            "X = torch.stack([torch.ones_like(x), x], dim=1)\n"
            "    return torch.linalg.lstsq(X, y[:, None]).solution[:, 0]",
            "fewer than two points",
        ),
        (
            _PAIRS + "best = missing.abs().mean(dim=1).argmin()\n"
            "    return torch.stack([starts[best], slopes[best]])",
            "has a smaller loss",
        ),
        (
            _PAIRS + "losses = torch.maximum(level * missing, (level - 1) * missing).mean(dim=1)\n"
            "    best = losses.argmin()\n    return torch.stack([starts[best], slopes[best]])",
            "must not win",
        ),
    ],
}
