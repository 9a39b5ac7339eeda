"""Plausible wrong answers, and what the reader is told about each."""

WRONG = {
    "weighted": [
        ("return (w * y).sum() / w.sum()", "weighted mean"),
        ("return y.median()", "outvotes the four others"),
        (
            "votes = w.cumsum(0)\n"
            "    return y.sort().values[torch.searchsorted(votes, votes[-1] / 2)]",
            "do the weights go along",
        ),
        (
            "order = y.argsort()\n    votes = w[order].cumsum(0)\n"
            "    return y[order][torch.searchsorted(votes, votes[-1] / 2, right=True)]",
            "return the smaller",
        ),
        ("return y.sort().values[len(y) // 2 : len(y) // 2 + 1]", "one number"),
    ],
    "student": [
        (
            "loss = -(nu + 1) / 2 * sp.log(1 + r**2 / (nu * c**2))\n"
            "    return loss, loss.diff(r), sp.sqrt(nu) * c",
            "the sign is missing",
        ),
        (
            "loss = sp.log(1 + r**2 / (nu * c**2))\n    return loss, loss.diff(r), sp.sqrt(nu) * c",
            "mind the power",
        ),
        (
            "loss = (nu + 1) / 2 * sp.log(1 + r**2 / (nu * c**2))\n"
            "    return loss, (nu + 1) * r / (nu * c**2), sp.sqrt(nu) * c",
            "pull is not the derivative",
        ),
        (
            "loss = (nu + 1) / 2 * sp.log(1 + r**2 / (nu * c**2))\n"
            "    return loss, loss.diff(r), nu * c",
            "the slope of the pull is not 0",
        ),
        (
            "loss = (nu + 1) / 2 * sp.log(nu * c**2 + r**2)\n"
            "    return loss, loss.diff(r), sp.sqrt(nu) * c",
            "drop the constant",
        ),
        (
            "loss = (nu + 1) / 2 * sp.log(1 + r**2 / (nu * c**2))\n"
            "    return loss, loss.diff(r), sp.sqrt(3) * c",
            "right for ν = 3",
        ),
    ],
    "location": [
        (
            "center = y.mean()\n    for _ in range(steps):\n"
            "        residual = center - y\n        scale = residual.std()\n"
            "        weight = (k * scale / residual.abs().clamp(min=1e-12)).clamp(max=1)\n"
            "        center = (weight * y).sum() / weight.sum()\n    return center",
            "what do they do to the scale",
        ),
        ("return y.median()", "this is the median"),
        (
            "center = y.median()\n    scale = (y - center).abs().median()\n"
            "    for _ in range(steps):\n        residual = center - y\n"
            "        weight = (k * scale / residual.abs().clamp(min=1e-12)).clamp(max=1)\n"
            "        center = (weight * y).sum() / weight.sum()\n    return center",
            "the threshold is not 1.345",
        ),
        (
            "center = y.median()\n    for _ in range(steps):\n        residual = center - y\n"
            "        weight = (k / residual.abs().clamp(min=1e-12)).clamp(max=1)\n"
            "        center = (weight * y).sum() / weight.sum()\n    return center",
            "in other units",
        ),
    ],
    "survive": [
        (
            'return {"mean": 0, "median": N // 2, "trimmed": N // 4, "line": 0}',
            "median, N =",
        ),
        (
            'return {"mean": 1, "median": (N - 1) // 2, "trimmed": N // 4, "line": 0}',
            "mean, N =",
        ),
        (
            'return {"mean": 0, "median": (N - 1) // 2, "trimmed": N // 2, "line": 0}',
            "trimmed, N =",
        ),
        (
            'return {"mean": 0, "median": (N - 1) // 2, "trimmed": N // 4, "line": (N - 1) // 2}',
            "turns the line",
        ),
        ('return {"mean": 0, "median": 4, "trimmed": 2, "line": 0}', "median, N ="),
    ],
    "geman": [
        ("return 2 * residual**2 / (residual**2 + 4)", "at a residual of 1e20 the loss is 2"),
        ("return 2 - 8 / (residual**2 + 4)", "at a residual of 1e-15"),
        (
            "plain = 2 * residual**2 / (residual**2 + 4)\n"
            "    return torch.where(residual.abs() > 1e6, torch.full_like(plain, 2.0), plain)",
            "the gradient must stay finite",
        ),
        ("return 2 / (1 + (2 / residual) ** 2)", "at a residual of"),
        ("return residual**2 / (residual**2 + 4)", "wrong at ordinary"),
    ],
}
