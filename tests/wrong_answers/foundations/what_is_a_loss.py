"""Plausible wrong answers, and what the reader is told about each."""

WRONG = {
    "stream": [
        (
            "means = [loss_fn(a, b, reduction='mean') for a, b in stream]\n"
            "    return torch.stack(means).mean()",
            "the mean of the batch means",
        ),
        (
            "return sum(loss_fn(a, b, reduction='sum') for a, b in stream)",
            "this is the sum",
        ),
        (
            "total = 0.0\n    for a, b in stream:\n"
            "        total = total + loss_fn(a, b, reduction='sum')\n"
            "    return total / len(stream)",
            "a stream has no length",
        ),
        (
            "total, count = 0.0, 0\n    for a, b in stream:\n"
            "        total = total + loss_fn(a, b, reduction='mean') * len(b)\n"
            "        count += len(b)\n    return total / count",
            "a batch without examples must change nothing",
        ),
        ("return lossfns.mse_loss(predictions, targets)", "another loss and other sizes"),
    ],
    "archer": [
        (
            "nll = sp.log(y) - 2 * o - y**2 * sp.exp(-2 * o) / 2\n"
            "    return nll, nll - sp.log(y), sp.log((y1**2 + y2**2) / 4) / 2, sp.exp(o)",
            "its sign is missing",
        ),
        (
            "nll = 2 * sp.log(o) + y**2 / (2 * o**2) - sp.log(y)\n"
            "    return nll, nll + sp.log(y), sp.sqrt((y1**2 + y2**2) / 4), o",
            "at s = e^o",
        ),
        (
            "nll = 2 * o + y**2 * sp.exp(-2 * o) / 2 - sp.log(y)\n"
            "    return nll, y**2 * sp.exp(-2 * o) / 2, (y1 + y2) / 2, sp.exp(o)",
            "something that contains o was dropped",
        ),
        (
            "nll = 2 * o + y**2 * sp.exp(-2 * o) / 2 - sp.log(y)\n"
            "    return nll, nll, (y1 + y2) / 2, sp.exp(o)",
            "a term without o that may be dropped",
        ),
        (
            "nll = 2 * o + y**2 * sp.exp(-2 * o) / 2 - sp.log(y)\n"
            "    return nll, nll + sp.log(y), sp.log((y1 + y2) / 2), sp.exp(o)",
            "still has a slope",
        ),
        (
            "nll = 2 * o + y**2 * sp.exp(-2 * o) / 2 - sp.log(y)\n"
            "    return nll, nll + sp.log(y), sp.log((y1**2 + y2**2) / 4) / 2, sp.exp(o)",
            "told is the scale s",
        ),
    ],
    "fit_mean": [
        (
            "output = torch.zeros((), dtype=torch.float64, requires_grad=True)\n"
            "    optimiser = torch.optim.SGD([output], lr=learning_rate)\n"
            "    for _ in range(steps):\n"
            "        optimiser.zero_grad()\n"
            "        prediction = output.exp() / 2\n"
            "        visit_loss(prediction.expand_as(visits), visits).backward()\n"
            "        optimiser.step()\n"
            "    return torch.log(2 * output).item()",
            "both mistakes are still there",
        ),
        (
            "output = torch.zeros((), dtype=torch.float64, requires_grad=True)\n"
            "    optimiser = torch.optim.SGD([output], lr=learning_rate)\n"
            "    for _ in range(steps):\n"
            "        optimiser.zero_grad()\n"
            "        visit_loss(output.expand_as(visits), visits).backward()\n"
            "        optimiser.step()\n"
            "    return torch.log(2 * output).item()",
            "one of the two mistakes",
        ),
        ("return visits.mean().item()", "train on visit_loss"),
        (
            "o = torch.zeros((), dtype=torch.float64, requires_grad=True)\n"
            "    for _ in range(200):\n"
            "        (g,) = torch.autograd.grad(visit_loss(o.expand_as(visits), visits), o)\n"
            "        o = (o - 0.5 * g).detach().requires_grad_()\n"
            "    return o.item()",
            "the reader was told the raw output",
        ),
        (
            "o = torch.zeros((), dtype=torch.float64, requires_grad=True)\n"
            "    for _ in range(200):\n"
            "        rate = o.exp() / 2\n"
            "        (g,) = torch.autograd.grad(visit_loss(rate.expand_as(visits), visits), o)\n"
            "        o = (o - 0.5 * g).detach().requires_grad_()\n"
            "    return (o.exp() / 2).item()",
            "applied once before the loss",
        ),
        (
            "o = torch.zeros((), dtype=torch.float64, requires_grad=True)\n"
            "    for _ in range(200):\n"
            "        (g,) = torch.autograd.grad(visit_loss(o.expand_as(visits), visits), o)\n"
            "        o = (o - 0.5 * g).detach().requires_grad_()\n"
            "    return o.exp().item()",
            "the mean is half of it",
        ),
    ],
    "loaves": [
        ("return demand.mean()", "this is the mean"),
        ("return demand.median()", "37.00 is possible"),
        (
            "return demand.quantile(left_over / (missing + left_over), interpolation='lower')",
            "upside down",
        ),
        ("return demand.quantile(missing / (missing + left_over))[None]", "one number of loaves"),
        (
            "return demand.sort().values[int(0.8 * len(demand)) - 1]",
            "too dear at costs of 1.0",
        ),
    ],
}
