"""Plausible wrong answers, and what the reader is told about each."""

_NEWTON = (
    "theta = torch.zeros(X.shape[1], dtype=X.dtype)\n"
    "    for _ in range(steps):\n"
    "        mean = (X @ theta).exp()\n"
    "        hessian = X.T @ (mean[:, None] * X)\n"
    "        theta = theta - torch.linalg.solve(hessian, X.T @ (mean - y))\n    "
)

_FIT = (
    "def loss(theta):\n"
    "        return {loss}\n"
    "    start = torch.zeros(X.shape[1], dtype=torch.float64)\n"
    "    return lossfns.gradient_descent(loss, start, learning_rate=0.05, steps=steps).parameters"
)

WRONG = {
    "log_variance": [
        ("return log_var + (mean - y) ** 2 / log_var.exp()", "the ½ is missing"),
        ("return 0.5 * (log_var + (mean - y).abs() / log_var.exp())", "how does the residual"),
        ("return 0.5 * (log_var.exp().log() + (mean - y) ** 2 / log_var.exp())", "overflows"),
        ("return 0.5 * (log_var + (mean - y) ** 2 * torch.exp(-log_var))", "0 · ∞ is NaN"),
        (
            "scaled = (mean - y) * torch.exp(-log_var / 2).detach()\n"
            "    return 0.5 * (log_var + scaled ** 2)",
            "is anything detached",
        ),
    ],
    "waiting": [
        ("loss = -o - y * sp.exp(-o)\n    return loss, loss.diff(o), sp.log(y)", "log-likelihood"),
        ("loss = y * sp.exp(-o)\n    return loss, loss.diff(o), sp.log(y)", "also in front"),
        (
            "loss = o + y * sp.exp(-o)\n    return loss, sp.exp(o) - y, sp.log(y)",
            "not the derivative",
        ),
        ("loss = o + y * sp.exp(-o)\n    return loss, loss.diff(o), y", "the logarithm of a mean"),
    ],
    "exposure": [
        (
            _FIT.format(loss="lossfns.poisson_nll_loss(X @ theta, visits)"),
            "the slope has the wrong sign",
        ),
        (
            _FIT.format(loss="lossfns.mse_loss(X @ theta, visits / months)"),
            "not the weights that made the data",
        ),
        (
            _FIT.format(loss="lossfns.poisson_nll_loss((X @ theta) * months, visits)"),
            "not the weights that made the data",
        ),
        ("return torch.tensor([-0.5, 0.5]).double()", "not at the minimum"),
    ],
    "choose": [
        (
            "return {'goals': 'l1_loss', 'prices': 'l1_loss',"
            " 'forecast': 'gaussian_nll_loss', 'beds': 'pinball_loss'}",
            "estimates a quantile",
        ),
        (
            "return {'goals': 'poisson_nll_loss', 'prices': 'mse_loss',"
            " 'forecast': 'gaussian_nll_loss', 'beds': 'pinball_loss'}",
            "it follows the slip",
        ),
        (
            "return {'goals': 'poisson_nll_loss', 'prices': 'l1_loss',"
            " 'forecast': 'mse_loss', 'beds': 'pinball_loss'}",
            "no output for the uncertainty",
        ),
        (
            "return {'goals': 'poisson_nll_loss', 'prices': 'l1_loss',"
            " 'forecast': 'gaussian_nll_loss', 'beds': 'poisson_nll_loss'}",
            "unequal costs",
        ),
    ],
    "newton": [
        (_NEWTON + "return theta, torch.linalg.inv(hessian).diagonal()", "these are variances"),
        (_NEWTON + "return theta, hessian.diagonal() ** -0.5", "invert the whole Hessian"),
        (
            _NEWTON + "return theta, (torch.linalg.inv(hessian).diagonal() * len(y)).sqrt()",
            "the sum over the examples",
        ),
        (
            "theta = torch.zeros(X.shape[1], dtype=X.dtype)\n"
            "    for _ in range(steps):\n"
            "        gradient = X.T @ ((X @ theta).exp() - y)\n"
            "        theta = theta - torch.linalg.solve(X.T @ X, gradient)\n"
            "    return theta, theta",
            "the gradient is not zero",
        ),
    ],
}
