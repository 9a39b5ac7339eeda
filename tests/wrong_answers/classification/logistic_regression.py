"""Plausible wrong answers, and what the reader is told about each."""


def _newton(
    gradient: str = "X.T @ (p - y)",
    hessian: str = "X.T @ ((p * (1 - p))[:, None] * X)",
    sign: str = "-",
) -> str:
    return (
        "theta = torch.zeros(X.shape[1], dtype=torch.float64)\n"
        "    for _ in range(steps):\n"
        "        p = lossfns.sigmoid(X @ theta)\n"
        f"        hessian = {hessian}\n"
        f"        theta = theta {sign} torch.linalg.solve(hessian, {gradient})\n"
        "    return theta"
    )


def _penalised(precision: str, look: bool) -> str:
    halve = (
        "        while objective(theta - step) > objective(theta) and step.norm() > 1e-14:\n"
        "            step = step / 2\n"
    )
    return (
        f"precision = {precision}\n"
        "    def objective(theta):\n"
        "        z = X @ theta\n"
        '        fit = lossfns.binary_cross_entropy_with_logits(z, y, reduction="sum")\n'
        "        return fit + (precision * theta**2).sum() / 2\n"
        "    theta = start\n"
        "    for _ in range(60):\n"
        "        p = lossfns.sigmoid(X @ theta)\n"
        "        gradient = X.T @ (p - y) + precision * theta\n"
        "        hessian = X.T @ ((p * (1 - p))[:, None] * X) + torch.diag(precision)\n"
        "        step = torch.linalg.solve(\n"
        "            hessian + 1e-12 * torch.eye(len(theta)).double(), gradient\n"
        "        )\n" + (halve if look else "") + "        theta = theta - step\n"
        "    return theta"
    )


_SIGMA = "sigma = lambda z: 1 / (1 + sp.exp(-z))\n    "

WRONG = {
    "seed_gradient": [
        ("return X.T @ (sprouted - sown * lossfns.sigmoid(X @ theta))", "the other sign"),
        (
            "return X.T @ (lossfns.sigmoid(X @ theta) - sprouted / sown)",
            "must pull as ten seeds do",
        ),
        (
            "return X.T @ (sown * lossfns.sigmoid(X @ theta) - sprouted) / sown.sum()",
            "the mean over the seeds",
        ),
        ("return X.T @ (lossfns.sigmoid(X @ theta) - sprouted)", "how many seeds of each bed"),
        ("return sown * lossfns.sigmoid(X @ theta) - sprouted", "one number for each weight"),
    ],
    "raw_weights": [
        (
            "slopes = theta[1:] / std\n"
            "    return torch.cat([theta[:1] - (slopes * mean).sum(), slopes])",
            "probabilities of malignant",
        ),
        ("return -torch.cat([theta[:1], theta[1:] / std])", "the intercept is not"),
        (
            "slopes = theta[1:] * std\n"
            "    return -torch.cat([theta[:1] - (slopes * mean).sum(), slopes])",
            "adds theta/std",
        ),
        (
            "slopes = theta[1:] / std\n"
            "    return torch.cat([1 - theta[:1] + (slopes * mean).sum(), -slopes])",
            "the intercept is not",
        ),
        (
            "slopes = theta[1:] / std\n"
            "    return torch.cat([-theta[:1] + (slopes * mean).sum(), slopes])",
            "weights of the features are wrong",
        ),
    ],
    "fraction_left": [
        (
            _SIGMA + "return u * sigma(a) * sigma(-a) + (1 - u) * sigma(b) * sigma(-b)",
            "must be 1 at a = b",
        ),
        ("return sp.Integer(1)", "not the mean of logits"),
        (
            _SIGMA + "z = u * a + (1 - u) * b\n"
            "    slope = u * sigma(a) * sigma(-a) + (1 - u) * sigma(b) * sigma(-b)\n"
            "    return slope / (sigma(z) * sigma(-z))",
            "wrong for a share of a fifth",
        ),
        (
            _SIGMA + "share = (1 - u) * sigma(a) + u * sigma(b)\n"
            "    slope = (1 - u) * sigma(a) * sigma(-a) + u * sigma(b) * sigma(-b)\n"
            "    return slope / (share * (1 - share))",
            "belongs to the customers at a",
        ),
        (
            _SIGMA + "share = (sigma(a) + sigma(b)) / 2\n"
            "    slope = (sigma(a) * sigma(-a) + sigma(b) * sigma(-b)) / 2\n"
            "    return slope / (share * (1 - share))",
            "wrong for a share of a fifth",
        ),
    ],
    "newton_fit": [
        (_newton(gradient="X.T @ (p - y) / len(y)"), "97 % of the gradient"),
        (_newton(sign="+"), "which way is downhill"),
        (
            _newton(hessian="X.T @ ((p * (1 - p))[:, None] * X) / len(y)"),
            "the other way round",
        ),
        (_newton(hessian="X.T @ X / 4"), "the gradient is still"),
        (
            "theta = torch.zeros(X.shape[1], dtype=torch.float64)\n"
            "    for _ in range(5 * steps):\n"
            "        p = lossfns.sigmoid(X @ theta)\n"
            "        hessian = X.T @ ((p * (1 - p))[:, None] * X)\n"
            "        theta = theta - torch.linalg.solve(hessian, X.T @ (p - y)) / 2\n"
            "    return theta",
            "the way is not",
        ),
    ],
    "true_sentences": [
        ('return "abce"', "sentence b"),
        ('return "ae"', "sentence c"),
        ('return "acde"', "sentence d"),
        ('return "ac"', "sentence e"),
        ('return "acef"', "sentence f"),
        ('return "aceg"', "sentence g"),
        ('return ["a", "c", "e"]', "one string"),
    ],
    "safe_fit": [
        (
            _penalised("torch.full((X.shape[1],), 1 / sigma_0**2, dtype=torch.float64)", look=True),
            "the intercept is penalised too",
        ),
        (
            _penalised(
                "torch.cat([torch.zeros(1), torch.ones(X.shape[1] - 1)]).double() / sigma_0",
                look=True,
            ),
            "adds θ/σ₀² to the gradient",
        ),
        (
            _penalised(
                "torch.cat([torch.zeros(1), torch.ones(X.shape[1] - 1)]).double() / sigma_0**2",
                look=False,
            ),
            "start far out",
        ),
    ],
}
