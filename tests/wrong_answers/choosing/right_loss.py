"""Plausible wrong answers, and what the reader is told about each."""

_SHIFT = (
    "z, wanted = z[:, :-1], tokens[:, 1:]\n"
    "    log_p = z.log_softmax(dim=2)\n"
    "    surprise = -log_p.gather(2, wanted.unsqueeze(2)).squeeze(2)\n"
    "    real = wanted != pad\n    "
)
_BERNOULLI = "lossfns.binary_cross_entropy_with_logits(z, pixels, reduction={})"
_KL = "lossfns.gaussian_kl(mean, log_var, reduction={})"

WRONG = {
    "promise": [
        (
            "return lossfns.pinball_loss(o.exp(), hours, 12 / 12.75)",
            "in units of 12.75 euros",
        ),
        (
            "return 12.75 * lossfns.pinball_loss(o.exp(), hours, 0.75 / 12.75)",
            "charged as if it had been early",
        ),
        (
            "return 12.75 * lossfns.pinball_loss(o, hours, 12 / 12.75)",
            "turned into hours first",
        ),
        (
            "r = o.exp() - hours\n    return torch.where(r < 0, -12 * r, 0.75 * r)",
            "return one number",
        ),
        ("return (12 * (hours - o.exp()).clamp(min=0)).mean()", "2 hours early"),
        (
            "r = o.exp() - hours\n    return torch.where(r < 0, -12 * r, 0.75 * r).median()",
            "wrong for many parcels",
        ),
    ],
    "next_token": [
        (
            "log_p = z.log_softmax(dim=2)\n"
            "    surprise = -log_p.gather(2, tokens.unsqueeze(2)).squeeze(2)\n"
            "    return surprise[tokens != pad].mean()",
            "not shifted",
        ),
        (
            "z, wanted = z[:, 1:], tokens[:, :-1]\n"
            "    log_p = z.log_softmax(dim=2)\n"
            "    surprise = -log_p.gather(2, wanted.unsqueeze(2)).squeeze(2)\n"
            "    return surprise[wanted != pad].mean()",
            "shifted the wrong way",
        ),
        (_SHIFT + "return surprise.mean()", "padding counts here"),
        (
            _SHIFT + "return ((surprise * real).sum(dim=1) / real.sum(dim=1)).mean()",
            "the mean of each text's mean",
        ),
        (_SHIFT + "return (surprise * real).mean()", "the mean surprise is"),
        (
            _SHIFT.replace("z.log_softmax(dim=2)", "z.softmax(dim=2).log()")
            + "return surprise[real].mean()",
            "not finite for scores around",
        ),
    ],
    "vae": [
        (
            f"return {_BERNOULLI.format(repr('mean'))} + {_KL.format(repr('batchmean'))}",
            "so it counts a twelfth",
        ),
        (
            f"return {_BERNOULLI.format(repr('sum'))} + {_KL.format(repr('sum'))}",
            "the pictures are added up",
        ),
        (
            "r = lossfns.sigmoid(z) - pixels\n"
            f"    return (r**2).sum(dim=1).mean() + {_KL.format(repr('batchmean'))}",
            "pixels of 0 and 1 are coins",
        ),
        (
            "return lossfns.mse_loss(lossfns.sigmoid(z), pixels) + "
            f"{_KL.format(repr('batchmean'))}",
            "wrong reconstruction",
        ),
        (
            f"return {_BERNOULLI.format(repr('sum'))} / len(z) + {_KL.format(repr('mean'))}",
            "averaged over the code's dimensions",
        ),
        (
            f"return {_BERNOULLI.format(repr('sum'))} / len(z) - {_KL.format(repr('batchmean'))}",
            "nats a picture",
        ),
        (
            f"return ({_BERNOULLI.format(repr('sum'))} + {_KL.format(repr('sum'))}) / 4",
            "another number of pictures",
        ),
    ],
    "baseline": [
        ("return y.double().var()", "divide by N"),
        (
            "if loss == 'squared':\n        return y.var(correction=0)\n"
            "    return (y - y.double().mean()).abs().mean()",
            "distances from the mean",
        ),
        (
            "if loss == 'squared':\n        return y.var(correction=0)\n"
            "    if loss == 'absolute':\n        return (y - y.median()).abs().mean()\n"
            "    p = torch.bincount(y).double() / len(y)\n    return -(p * p.log()).sum()",
            "NaN where a class does not occur",
        ),
        (
            "if loss == 'squared':\n        return y.var(correction=0)\n"
            "    if loss == 'absolute':\n        return (y - y.median()).abs().mean()\n"
            "    return torch.tensor(float(y.max()) + 1).double().log()",
            "not equally frequent",
        ),
        (
            "if loss == 'squared':\n        return y.var(correction=0)\n"
            "    if loss == 'absolute':\n        return (y - y.median()).abs().mean()\n"
            "    if loss == 'classes':\n"
            "        return lossfns.entropy(torch.bincount(y).double() / len(y))\n"
            "    return lossfns.poisson_nll_loss(y.double().mean().expand(len(y)), y)",
            "is the output a logarithm here",
        ),
        (
            "if loss == 'squared':\n        return y.var(correction=0)\n"
            "    if loss == 'absolute':\n        return (y - y.median()).abs().mean()\n"
            "    if loss == 'classes':\n"
            "        return lossfns.entropy(torch.bincount(y).double() / len(y))\n"
            "    return y.mean() - y.mean() * y.mean().log()",
            "with no events at all",
        ),
    ],
    "claims": [
        ("return F / 2, 3", "one more claim at this probability"),
        ("return beta**2 * F / (1 + beta**2), 3", "upside down"),
        ("return sp.Rational(1, 2), int((p > 0.5).sum())", "half of F₁"),
        ("return F / (1 + beta**2), int((p > 0.5).sum())", "the third case"),
        ("return F / (1 + beta**2), int((p > p.mean()).sum())", "compare each probability"),
        (
            "p = p.sort(descending=True).values\n"
            "    score = 2 * p.cumsum(0) / (torch.arange(1, len(p) + 1) + p.sum())\n"
            "    return F / (1 + beta**2), int(score.argmax()) + 1",
            "are not those above the threshold",
        ),
    ],
    "supervised": [
        ("return 0.0, math.log(len(y) - 1)", "share the softmax"),
        (
            "return torch.bincount(y)[y].double().log().mean(), math.log(len(y) - 1)",
            "not its own positive",
        ),
        (
            "return (torch.bincount(y)[y] - 1.0).log().mean(), math.log(len(y))",
            "not among its candidates",
        ),
        (
            "return (torch.bincount(y)[y] - 1.0).mean().log(), math.log(len(y) - 1)",
            "each with a floor of its own",
        ),
        (
            "return (torch.bincount(y) - 1.0).log().mean(), math.log(len(y) - 1)",
            "each with a floor of its own",
        ),
    ],
}
