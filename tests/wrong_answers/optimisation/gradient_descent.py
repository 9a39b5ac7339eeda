"""Plausible wrong answers, and what the reader is told about each."""

WRONG = {
    "backward": [
        (
            "h = torch.relu(X @ W.T)\n    d = (torch.sigmoid(h @ v) - y) / len(y)\n"
            "    return (d[:, None] * v).T @ X, h.T @ d",
            "a unit whose a is negative",
        ),
        (
            "a = X @ W.T\n    h = torch.relu(a)\n    d = torch.sigmoid(h @ v) - y\n"
            "    return (d[:, None] * v * (a > 0)).T @ X, h.T @ d",
            "the loss is the mean",
        ),
        (
            "a = X @ W.T\n    h = torch.relu(a)\n    d = (y - torch.sigmoid(h @ v)) / len(y)\n"
            "    return (d[:, None] * v * (a > 0)).T @ X, h.T @ d",
            "the sign is reversed",
        ),
        (
            "a = X @ W.T\n    h = torch.relu(a)\n    d = (torch.sigmoid(h @ v) - y) / len(y)\n"
            "    return X.T @ (d[:, None] * v * (a > 0)), h.T @ d",
            "the shape of what it is the gradient by",
        ),
        ("return torch.zeros_like(W), torch.zeros_like(v)", "wrong by v"),
    ],
    "safe_rate": [
        (
            "return 2 * len(X) / torch.linalg.eigvalsh(X.T @ X).max().item()",
            "p(1 − p) ≤ 1",
        ),
        (
            "return 4 * len(X) / torch.linalg.eigvalsh(X.T @ X).max().item()",
            "at twice that",
        ),
        (
            "return 8 / torch.linalg.eigvalsh(X.T @ X).max().item()",
            "the sum of the losses",
        ),
        (
            "return 8 * len(X) / torch.linalg.eigvalsh(X.T @ X).min().item()",
            "the loss rises",
        ),
        ("return 8.0", "the loss rises"),
        (
            "return 8 * len(X) / torch.trace(X.T @ X).item()",
            "not the largest rate",
        ),
    ],
    "momentum": [
        (
            "return sp.Matrix([[1 - eta * lam + rho, -rho], [1, 0]]), 2 * (1 - rho) / lam",
            "above your cliff",
        ),
        (
            "return sp.Matrix([[1 - eta * lam + rho, -rho], [1, 0]]), 2 / (lam * (1 - rho))",
            "below your cliff",
        ),
        (
            "return sp.Matrix([[1 - eta * lam + rho, rho], [1, 0]]), 2 * (1 + rho) / lam",
            "a minus sign",
        ),
        (
            "return sp.Matrix([[1 - eta * lam + rho, -rho], [0, 1]]), 2 * (1 + rho) / lam",
            "becomes the old error",
        ),
        (
            "return sp.Matrix([[1 - eta * lam + rho, -rho], [1, 0]]), 1 / lam",
            "without momentum",
        ),
    ],
    "train": [
        (
            "theta = torch.zeros(X.shape[1], dtype=X.dtype, requires_grad=True)\n"
            "    for _ in range(steps):\n"
            "        lossfns.mse_loss(X @ theta, y).backward()\n"
            "        with torch.no_grad():\n"
            "            theta -= learning_rate / 10 * theta.grad\n"
            "    return theta.detach()",
            "not at the minimum yet",
        ),
        (
            "theta = torch.zeros(X.shape[1], dtype=X.dtype, requires_grad=True)\n"
            "    for _ in range(steps):\n"
            "        lossfns.mse_loss(X @ theta, y).backward()\n"
            "        theta.grad.zero_()\n"
            "        with torch.no_grad():\n"
            "            theta -= learning_rate * theta.grad\n"
            "    return theta.detach()",
            "the weights did not move",
        ),
        ("return torch.zeros(1)", "one weight for each feature"),
    ],
    "batch_size": [
        (
            "return max(1, int(-(-gradients.var(correction=0).item() // deviation**2)))",
            "nobody is drawn twice",
        ),
        (
            "n = len(gradients)\n    s2 = gradients.var(correction=0).item()\n"
            "    return max(1, int(n * s2 / (s2 + deviation**2 * (n - 1))))",
            "noisier than asked",
        ),
        (
            "n = len(gradients)\n    s = gradients.std(correction=0).item()\n"
            "    return min(n, max(1, int(-(-s // deviation))))",
            "N hardly matters",
        ),
        ("return len(gradients)", "one example is the least"),
    ],
}
