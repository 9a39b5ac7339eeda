"""Plausible wrong answers, and what the reader is told about each."""

WRONG = {
    "careful_logit": [
        ("return (1 - p).log() - p.log()", "the sign is reversed"),
        ("return p.log()", "not the log-odds"),
        ("return p.log() - torch.log1p(-p)", "two logarithms of nearly the same size"),
        ("return (p / (1 - p)).log()", "very near one half the odds are nearly 1"),
        ("return torch.log1p((2 * p - 1) / (1 - p))", "for tiny p"),
        ("return 2 * torch.atanh(2 * p - 1)", "for tiny p"),
        ("return torch.logit(p).sum()", "in the same shape"),
    ],
    "waiting": [
        (
            "F = 1 / (1 + sp.exp(-(t - mu) / b))\n"
            "    return F, F.diff(t), mu + b * sp.log(p / (1 - p))",
            "the question becomes Z ≤ 0",
        ),
        (
            "F = 1 / (1 + sp.exp(-(sp.log(t) - mu)))\n"
            "    return F, F.diff(t), sp.exp(mu) * p / (1 - p)",
            "solve exp(mu + b Z) ≤ t for Z",
        ),
        (
            "F = 1 / (1 + sp.exp(-(sp.log(t) - mu) / b))\n"
            "    return F, F * (1 - F), sp.exp(mu + b * sp.log(p / (1 - p)))",
            "the chain rule brings 1/(b t)",
        ),
        (
            "F = 1 / (1 + sp.exp(-(sp.log(t) - mu) / b))\n"
            "    return F, F.diff(t), mu + b * sp.log(p / (1 - p))",
            "must undo the CDF",
        ),
        (
            "F = 1 / (1 + sp.exp((sp.log(t) - mu) / b))\n"
            "    return F, F.diff(t), sp.exp(mu + b * sp.log(p / (1 - p)))",
            "a CDF never falls",
        ),
    ],
    "spam": [
        ("return (p_spam.log() - p_other.log())[words].sum()", "leaves the prior"),
        (
            "e = (p_spam.log() - p_other.log())[words].sum()\n"
            "    return math.log(prior / (1 - prior)) - e",
            "the sign is reversed",
        ),
        (
            "e = (p_spam.log() - p_other.log())[words.unique()].sum()\n"
            "    return math.log(prior / (1 - prior)) + e",
            "counts twice",
        ),
        (
            "r = p_spam[words].prod() / p_other[words].prod()\n"
            "    return math.log(prior / (1 - prior)) + r.log()",
            "the products underflow",
        ),
        (
            "z = math.log(prior / (1 - prior)) + (p_spam.log() - p_other.log())[words].sum()\n"
            "    return torch.sigmoid(z) if len(words) else z",
            "this is the probability",
        ),
        (
            "z = math.log(prior / (1 - prior)) + (p_spam.log() - p_other.log())[words].sum()\n"
            "    return torch.logit(torch.sigmoid(z).clamp(1e-30, 1 - 1e-6))",
            "is a product, or a probability, still in between",
        ),
    ],
    "cap": [
        ("return last", "above every count"),
        ("return first + middle + last", "not the cap"),
        ("return 50.0", "growth without a cap"),
        (
            "s = middle**2 - first * last\n"
            "    if s == 0:\n        return math.inf\n"
            "    return middle * (middle * (first + last) - 2 * first * last) / s",
            "growth that speeds up",
        ),
    ],
}
