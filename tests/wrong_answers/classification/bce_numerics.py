"""Plausible wrong answers, and what the reader is told about each."""

_LOSS = 'loss = lossfns.binary_cross_entropy_with_logits(z, y, reduction="none")\n    '
_SEEN = "seen = u * (1 - e) + (1 - u) * e\n    "
_WEIGHED = "predicted = w * seen / (w * seen + 1 - seen)\n    "
_SUM = (
    "a = lossfns.binary_cross_entropy_with_logits(z, torch.zeros_like(z), reduction='none')\n"
    "    a = a.sum(dim=1)\n    "
)

WRONG = {
    "excess": [
        (
            _LOSS + "return loss + y * y.log() + (1 - y) * (1 - y).log()",
            "0 times the logarithm of 0",
        ),
        (_LOSS + "return loss", "not 0 where the sigmoid equals the target"),
        (
            _LOSS + "return loss - torch.xlogy(y, y) - torch.xlogy(1 - y, 1 - y)",
            "not 0 where the sigmoid equals the target",
        ),
        (
            "p = torch.sigmoid(z)\n"
            "    loss = torch.nn.functional.binary_cross_entropy(p, y, reduction='none')\n"
            "    return loss + torch.xlogy(y, y) + torch.xlogy(1 - y, 1 - y)",
            "a hard target has a floor of 0",
        ),
        (
            "floor = -(torch.xlogy(y, y) + torch.xlogy(1 - y, 1 - y))\n"
            "    return lossfns.binary_cross_entropy_with_logits(z, y) - floor.mean()",
            "one number for each example",
        ),
    ],
    "last_losses": [
        ("return (n_b + 1) * sp.log(2), sp.log(2)", "the rounding to 1 begins"),
        ("return n_b * sp.log(2), sp.Integer(2) ** -n_b", "the step of the probabilities"),
        ("return n_b * sp.log(2), (1 + 1 / n_b) * sp.log(2)", "the gap is"),
        ("return sp.Integer(100), sp.log(2)", "the largest finite loss"),
        ("return n_b * sp.log(2), -sp.log(2)", "a positive number"),
    ],
    "generator": [
        (
            "p = torch.sigmoid(z)\n"
            "    return (1 - p + 1e-8).log().mean(), -(p + 1e-8).log().mean(), 'rounding'",
            "is 200, not 18.4",
        ),
        (
            "yes = torch.ones_like(z)\n"
            "    loss = lossfns.binary_cross_entropy_with_logits(z, yes)\n"
            "    return -loss, loss, 'formula'",
            "which loss on logits is it",
        ),
        (
            "no, yes = torch.zeros_like(z), torch.ones_like(z)\n"
            "    bce = lossfns.binary_cross_entropy_with_logits\n"
            "    return bce(z, no), bce(z, yes), 'formula'",
            "the sign of the first",
        ),
        (
            "no, yes = torch.zeros_like(z), torch.ones_like(z)\n"
            "    bce = lossfns.binary_cross_entropy_with_logits\n"
            "    return -bce(z, no), bce(z, yes), 'rounding'",
            "whose fault",
        ),
        (
            "no, yes = torch.zeros_like(z), torch.ones_like(z)\n"
            "    bce = torch.nn.functional.binary_cross_entropy_with_logits\n"
            "    return -bce(z, no), bce(z, yes), 'formula'",
            "which loss on logits is it",
        ),
    ],
    "flipped": [
        (
            "predicted = w * u / (w * u + 1 - u)\n    return predicted, p / (p + w * (1 - p))",
            "what share of the labels says yes",
        ),
        (
            "shifted = w * u / (w * u + 1 - u)\n"
            "    predicted = shifted * (1 - e) + (1 - shifted) * e\n"
            "    q = (p - e) / (1 - 2 * e)\n"
            "    return predicted, q / (q + w * (1 - q))",
            "after the flips",
        ),
        (
            _SEEN + _WEIGHED + "q = (p - e) / (1 - 2 * e)\n"
            "    return predicted, q / (q + w * (1 - q))",
            "undo the weight first",
        ),
        (_SEEN + "return w * seen, p / w", "the odds are multiplied"),
        (_SEEN + _WEIGHED + "return predicted, p / (p + w * (1 - p))", "undo the weight first"),
    ],
    "bag": [
        (_SUM + "return torch.where(y > 0, -(1 - (-a).exp()).log(), a)", "NaN in the gradient"),
        (
            _SUM + "return torch.where(y > 0, -(-torch.expm1(-a)).log(), a)",
            "which of the two forms",
        ),
        (
            _SUM + "some = torch.where(a < 0.69, (-torch.expm1(-a)).log(), "
            "torch.log1p(-(-a).exp()))\n    return torch.where(y > 0, -some, a)",
            "NaN in the gradient",
        ),
        (
            _SUM + "best = z.max(dim=1).values\n"
            "    return lossfns.binary_cross_entropy_with_logits(best, y, reduction='none')",
            "should be",
        ),
    ],
}
