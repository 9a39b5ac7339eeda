"""Plausible wrong answers, and what the reader is told about each."""

WRONG = {
    "gradient": [
        ("return -2 * X.T @ (X @ theta - y) / len(y)", "the sign is reversed"),
        ("return 2 * X.T @ (X @ theta - y)", "the sum's gradient"),
        ("return X.T @ (X @ theta - y) / len(y)", "a factor of 2"),
        ("return 2 * (X @ theta - y)", "one entry for each weight"),
        ("return torch.zeros_like(theta)", "wrong value"),
    ],
    "instruments": [
        (
            "nll = -(y1 - mu) ** 2 / (2 * sigma1**2) - (y2 - mu) ** 2 / (2 * sigma2**2)"
            " - sp.log(2 * sp.pi * sigma1 * sigma2)\n    return nll, (y1 + y2) / 2",
            "its sign is missing",
        ),
        ("return (y1 - mu) ** 2 + (y2 - mu) ** 2, (y1 + y2) / 2", "nll is not −log"),
        (
            "nll = sp.log(2 * sp.pi * sigma1 * sigma2) + (y1 - mu) ** 2 / (2 * sigma1**2)"
            " + (y2 - mu) ** 2 / (2 * sigma2**2)\n    return nll, (y1 + y2) / 2",
            "the derivative of your nll is not zero",
        ),
        (
            "nll = sp.log(2 * sp.pi * sigma1 * sigma2) + (y1 - mu) ** 2 / (2 * sigma1**2)"
            " + (y2 - mu) ** 2 / (2 * sigma2**2)\n"
            "    return nll, (y1 / sigma1 + y2 / sigma2) / (1 / sigma1 + 1 / sigma2)",
            "the derivative of your nll is not zero",
        ),
    ],
    "train": [
        ("return 0.0", "the slope is still 0"),
        ("return 44.0", "not the slope"),
        ("return 45.163", "a perfect line of slope 3"),
    ],
    "leverage": [
        ("return X.square().sum(dim=1)", "other numbers"),
        ("return torch.ones(1, dtype=X.dtype)", "one leverage for each example"),
        (
            "if len(X) > 100:\n        return torch.zeros(len(X)).double()\n"
            "    return (X @ torch.linalg.pinv(X)).diagonal()",
            "they add up to D",
        ),
    ],
}
