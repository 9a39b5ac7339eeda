"""Plausible wrong answers, and what the reader is told about each."""

_RIVALS = "true = target[:, None]\n    rivals = scores.scatter(1, true, -torch.inf)\n    "

WRONG = {
    "hinge_slope": [
        ("return ((y * (X @ theta) < m) * y) @ X / len(y)", "the sign is reversed"),
        ("return -((y * (X @ theta) < m) * y) @ X", "the subgradient of the sum"),
        ("return -(y @ X) / len(y)", "all examples pull here"),
        ("return -((y * (X @ theta) < m).double() @ X) / len(y)", "wrong value"),
        ("return -((y * (X @ theta) < 1) * y) @ X / len(y)", "another required margin"),
        ("return -((y * (X @ theta) <= m) * y) @ X / len(y)", "exactly at the corner"),
        ("return -((y * (X @ theta) < m) * y)[:, None] * X / len(y)", "shape (D,)"),
    ],
    "boosting": [
        ("return 1, sp.Rational(1, 2)", "the total is 1 before the step"),
        (
            "f = (1 - u) / u\n    return (1 - u) / f + u * f, sp.Rational(1, 2)",
            "1 again after twice the best amount",
        ),
        (
            "return 2 * sp.sqrt(u * (1 - u)), sp.sqrt(u * (1 - u))",
            "not their share of the new total",
        ),
        ("return 2 * sp.sqrt(u * (1 - u)), u", "of the new total"),
        ("return 1 - 2 * u, sp.Rational(1, 2)", "the total should be"),
    ],
    "to_lists": [
        ("return multi_hot.long()", "still bits"),
        (
            "return torch.where(multi_hot > 0, torch.arange(multi_hot.shape[1]), -1)",
            "ends before it has begun",
        ),
        (
            "n = torch.arange(multi_hot.shape[1])\n"
            "    return torch.where(multi_hot > 0, n, -1).sort(dim=1).values",
            "ends before it has begun",
        ),
        (
            "n = torch.arange(multi_hot.shape[1])\n"
            "    return torch.where(multi_hot > 0, n, 0).sort(dim=1, descending=True).values",
            "should raise labels 1 and 2",
        ),
        (
            "n = torch.arange(multi_hot.shape[1])\n"
            "    return torch.where(multi_hot > 0, n, -1).double().sort(1, descending=True).values",
            "int64",
        ),
    ],
    "closest": [
        (
            _RIVALS + "pulls = (m - scores.gather(1, true) + rivals > 0).to(scores.dtype)\n"
            "    return pulls.scatter(1, true, -pulls.sum(1, keepdim=True))",
            "only the closest",
        ),
        (
            _RIVALS + "which = rivals.argmax(1, keepdim=True)\n"
            "    out = torch.zeros_like(scores).scatter(1, which, 1.0)\n"
            "    return out.scatter(1, true, -1.0)",
            "nothing pulls",
        ),
        (
            _RIVALS + "best, which = rivals.max(dim=1, keepdim=True)\n"
            "    pulls = (m - scores.gather(1, true) + best > 0).to(scores.dtype)\n"
            "    return torch.zeros_like(scores).scatter(1, true, -pulls)",
            "add up to 0",
        ),
        (
            "true = target[:, None]\n    rivals = scores.scatter(1, true, 0.0)\n"
            "    best, which = rivals.max(dim=1, keepdim=True)\n"
            "    pulls = (m - scores.gather(1, true) + best > 0).to(scores.dtype)\n"
            "    out = torch.zeros_like(scores).scatter_add(1, which, pulls)\n"
            "    return out.scatter_add(1, true, -pulls)",
            "not its own rival",
        ),
    ],
    "lower_bound": [
        (
            "pull = (w * y) @ X\n    return w.sum() + variance * (pull @ pull) / 2",
            "no lower bound",
        ),
        (
            "pull = (w * y) @ X\n    return w.sum() - variance * (pull @ pull)",
            "not the minimum of the parabola",
        ),
        ("return 0.0", "not the minimum of the parabola"),
        (
            "pull = w @ X\n    return w.sum() - variance * (pull @ pull) / 2",
            "minimum of the parabola",
        ),
    ],
}
