"""Plausible wrong answers, and what the reader is told about each."""

WRONG = {
    "coin": [
        (
            "p = torch.sigmoid(logit)\n"
            "    return heads * p.log() + (tosses - heads) * (1 - p).log()",
            "must stay finite",
        ),
        (
            "zero = torch.zeros_like(logit)\n"
            "    return tosses * torch.logaddexp(zero, logit) - heads * logit",
            "its sign is reversed",
        ),
        (
            "zero = torch.zeros_like(logit)\n"
            "    return heads * logit - tosses * torch.logaddexp(zero, logit)",
            "do not subtract two large numbers",
        ),
        (
            "zero = torch.zeros_like(logit)\n"
            "    tail = torch.logaddexp(zero, -logit)\n"
            "    return -heads * torch.logaddexp(zero, logit) - (tosses - heads) * tail",
            "which logarithm goes with heads",
        ),
        ("return (tosses * 0.5).log()", "each of the ten tosses"),
    ],
    "lamps": [
        (
            "nll = -failed * sp.log(rate) + rate * time_failed\n"
            "    return nll, failed / time_failed, time_failed**2 / failed",
            "the lamps that still burn are missing",
        ),
        (
            "total, number = time_failed + time_burning, failed + burning\n"
            "    return -number * sp.log(rate) + rate * total, number / total, total**2 / number",
            "with a probability",
        ),
        (
            "total = time_failed + time_burning\n"
            "    return failed * sp.log(rate) - rate * total, failed / total, -total**2 / failed",
            "its sign is missing",
        ),
        (
            "total = time_failed + time_burning\n"
            "    return -failed * sp.log(rate) + rate * total, total / failed, total**2 / failed",
            "the slope of your nll is not zero",
        ),
        (
            "total = time_failed + time_burning\n"
            "    return -failed * sp.log(rate) + rate * total, failed / total, failed / rate**2",
            "put best in for rho",
        ),
        (
            "total = time_failed + time_burning\n"
            "    return -failed * sp.log(rate) + rate * total, failed / total, sp.Integer(200)",
            "not only for these lamps",
        ),
    ],
    "decay": [
        ("return 1 / sigma0**2", "belongs beside the gradient of the NLL"),
        ("return sigma**2 / sigma0**2", "belongs beside half the gradient of the sum of squares"),
        ("return sigma**2 / (n_examples * sigma0**2)", "a factor of 2 is missing"),
        ("return 2 * sigma**2 / (n_examples * sigma0)", "gradient plus decay is not zero"),
        ("return 0.003125", "wrong for other beliefs"),
    ],
    "comparison": [
        (
            "K = 2\n"
            "    center, variance = torch.empty_like(y), y.var().expand_as(y).clone()\n"
            "    for k in (0, 1):\n"
            "        mine = group == k\n"
            "        center[mine] = y[mine].mean()\n"
            "        if separate:\n"
            "            variance[mine] = y[mine].var()\n"
            "            K += 1\n"
            "    return 2 * K + 2 * lossfns.gaussian_nll_loss(center, y, variance).item()",
            "wrong for one variance",
        ),
        (
            "center = torch.where(group == 0, y[group == 0].mean(), y[group == 1].mean())\n"
            "    variance = (y - center).square().mean().item()\n"
            "    loss = lossfns.gaussian_nll_loss(center, y, variance, full=True)\n"
            "    return 6 + 2 * loss.item()",
            "the default of the loss is their mean",
        ),
        (
            "center = torch.where(group == 0, y[group == 0].mean(), y[group == 1].mean())\n"
            "    variance = (y - center).square().mean().item()\n"
            "    loss = lossfns.gaussian_nll_loss(center, y, variance, reduction='sum')\n"
            "    return 6 + 2 * loss.item()",
            "is missing for each example",
        ),
        (
            "center = torch.where(group == 0, y[group == 0].mean(), y[group == 1].mean())\n"
            "    variance = (y - center).square().mean().item()\n"
            "    loss = lossfns.gaussian_nll_loss(\n"
            "        center, y, variance, full=True, reduction='sum'\n"
            "    )\n"
            "    return 4 + 2 * loss.item()",
            "three fitted parameters",
        ),
        (
            "center = torch.where(group == 0, y[group == 0].mean(), y[group == 1].mean())\n"
            "    variance = y.var(correction=0).item()\n"
            "    loss = lossfns.gaussian_nll_loss(\n"
            "        center, y, variance, full=True, reduction='sum'\n"
            "    )\n"
            "    return 6 + 2 * loss.item()",
            "not around the common mean",
        ),
        (
            "center = torch.where(group == 0, y[group == 0].mean(), y[group == 1].mean())\n"
            "    variance = (y - center).square().sum().item() / (len(y) - 2)\n"
            "    loss = lossfns.gaussian_nll_loss(\n"
            "        center, y, variance, full=True, reduction='sum'\n"
            "    )\n"
            "    return 6 + 2 * loss.item()",
            "divides by N, not by N minus",
        ),
        (
            "groups = [y[group == k] for k in (0, 1)]\n"
            "    squares = [(mine - mine.mean()).square().sum().item() for mine in groups]\n"
            "    sizes = [len(mine) for mine in groups]\n"
            "    if not separate:\n"
            "        squares, sizes = [sum(squares)], [len(y)]\n"
            "    return 6 + sum(\n"
            "        n * (math.log(2 * math.pi * s / n) + 1)\n"
            "        for n, s in zip(sizes, squares, strict=True)\n"
            "    )",
            "four fitted parameters",
        ),
    ],
    "nearest": [
        ("return q.argmax() / (len(q) - 1) + 0.001", "another coin diverges less"),
        ("return (q * torch.arange(len(q))).sum()", "p is a probability"),
        ("return (q * torch.arange(len(q))).sum() / len(q)", "another coin diverges less"),
        ("return q", "one coin for all"),
        (
            "coins = torch.linspace(0.001, 0.999, 999, dtype=torch.float64)\n"
            "    return coins[divergence(q, coins, reverse=True).argmin()]",
            "goes the other way",
        ),
        ("return torch.tensor(0.35).double()", "wrong for another machine"),
    ],
}
