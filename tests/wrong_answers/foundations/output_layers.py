"""Plausible wrong answers, and what the reader is told about each."""

WRONG = {
    "softmax_vjp": [
        ("return p * (1 - p) * v", "a sigmoid's slope for each score"),
        ("return p * v", "each row must add up to 0"),
        ("return p * ((p * v).sum(dim=1, keepdim=True) - v)", "the sign is reversed"),
        ("return p * (v - v.mean(dim=1, keepdim=True))", "each row must add up to 0"),
        (
            "J = torch.diag_embed(p) - p[:, :, None] * p[:, None, :]\n"
            "    return (J @ v[:, :, None]).squeeze(2)",
            "no room for J",
        ),
        ("return (p * v).sum(dim=1)", "one number for each score"),
    ],
    "own_loss": [
        ("return (layer - y) ** 2", "hardly pulls"),
        ("return y * z - sp.integrate(layer, z)", "the sign is reversed"),
        (
            "return -y * sp.log(layer) - (1 - y) * sp.log(1 - layer)",
            "hardly pulls",
        ),
        ("return z**2 / 2 - y * z", "grows without bound"),
        ("return sp.log(1 + sp.exp(z)) - y * z", "must be 0 at z = 0"),
        ("return sp.log(1 + sp.exp(z)) - sp.log(2) - y * z", "not the layer minus"),
    ],
    "predict": [
        (
            "logits = pixels @ W\n    p = (logits - logits.max()).exp()\n"
            "    p = p / p.sum(dim=0, keepdim=True)\n    return p.argmax(dim=1), p",
            "along which dimension",
        ),
        (
            "logits = pixels @ W\n    p = (logits - logits.max()).exp()\n"
            "    p = p / p.sum(dim=1, keepdim=True)\n    return p.argmax(dim=1), p",
            "which maximum do you subtract",
        ),
        (
            "p = lossfns.sigmoid(pixels @ W)\n    return p.argmax(dim=1), p",
            "along which dimension",
        ),
        (
            "p = lossfns.softmax(pixels @ W, dim=1)\n    return p.argmin(dim=1), p",
            "most of these images",
        ),
    ],
    "choose_layer": [
        ('return "softmax"', "these are not classes"),
        (
            'return "softmax" if (targets.sum(dim=1) == 1).all() else "sigmoid"',
            "a softmax over one class",
        ),
        (
            "if targets.shape[1] > 1 and (targets.sum(dim=1) == 1).all():\n"
            '        return "softmax"\n    return "sigmoid"',
            "except for rounding",
        ),
        (
            "if targets.shape[1] > 1 and ((targets.sum(dim=1) - 1).abs() < 1e-4).all():\n"
            '        return "softmax"\n'
            "    if ((targets >= 0) & (targets <= 1)).all():\n"
            '        return "sigmoid"\n'
            '    return "tanh" if (targets.abs() <= 1).all() else "linear"',
            "an entry of 2",
        ),
    ],
    "temperature_for": [
        ("return 1.0", "the largest probability is"),
        (
            "return float(z.max() - z.min()) / math.log(top / (1 - top))",
            "a temperature is positive",
        ),
        (
            "low, high = 1e-3, 1e3\n"
            "    for _ in range(80):\n"
            "        middle = (low + high) / 2\n"
            "        largest = lossfns.softmax(z / middle, dim=0).max()\n"
            "        low, high = (middle, high) if largest > top else (low, middle)\n"
            "    return middle",
            "even at T",
        ),
        (
            "if not 1 / len(z) < top < 1:\n        raise ValueError(top)\n"
            "    low, high = 1e-3, 1e3\n"
            "    for _ in range(80):\n"
            "        middle = (low + high) / 2\n"
            "        largest = lossfns.softmax(z / middle, dim=0).max()\n"
            "        low, high = (middle, high) if largest > top else (low, middle)\n"
            "    return middle",
            "share at most",
        ),
    ],
}
