"""Plausible wrong answers, and what the reader is told about each."""

WRONG = {
    "wasted_bits": [
        ("return (lengths * shares).sum() - lossfns.entropy(shares)", "in one unit"),
        (
            "mean = (lengths * shares).sum() * math.log(2)\n"
            "    return mean - lossfns.entropy(shares)",
            "waste in nats",
        ),
        (
            "return (lengths * shares).sum() + (shares * shares.log2()).sum()",
            "a share of 0 must cost nothing",
        ),
        (
            "return lossfns.entropy(shares) / math.log(2) - (lengths * shares).sum()",
            "no code beats the entropy",
        ),
        ("return lengths * shares + shares * shares.log2()", "return one number"),
    ],
    "waiting": [
        (
            "return sp.log(a / b) + b / a - 1, average, sp.S(1)",
            "the other direction",
        ),
        ("return sp.log(a / b) - a / b + 1, average, sp.S(1)", "check the sign"),
        ("return sp.log(b / a) + a / b, average, sp.S(1)", "equal means"),
        ("return sp.log(b / a) + a / b - 1, 1 / average, sp.S(1)", "minimise E"),
        ("return sp.log(b / a) + a / b - 1, average, sp.oo", "what is left, over log b"),
    ],
    "distil": [
        (
            "p = (student / T).softmax(dim=1)\n"
            "    log_q = (teacher / T).log_softmax(dim=1)\n"
            '    return T**2 * lossfns.kl_div(log_q, p, reduction="batchmean")',
            "the two are exchanged",
        ),
        (
            "log_p = (student / T).log_softmax(dim=1)\n"
            "    q = (teacher / T).softmax(dim=1).detach()\n"
            '    return lossfns.kl_div(log_p, q, reduction="batchmean")',
            "like which power of T",
        ),
        (
            "log_p = (student / T).log_softmax(dim=1)\n"
            "    q = (teacher / T).softmax(dim=1).detach()\n"
            "    return T**2 * lossfns.kl_div(log_p, q)",
            "the number of classes",
        ),
        (
            "log_p = (student / T).log_softmax(dim=1)\n"
            "    q = (teacher / T).softmax(dim=1)\n"
            '    return T**2 * lossfns.kl_div(log_p, q, reduction="batchmean")',
            "pulls at the teacher",
        ),
        (
            "log_p = (student / T).softmax(dim=1).log()\n"
            "    q = (teacher / T).softmax(dim=1).detach()\n"
            '    return T**2 * lossfns.kl_div(log_p, q, reduction="batchmean")',
            "take log_softmax",
        ),
        (
            "log_p = student.log_softmax(dim=1)\n"
            "    q = (teacher / T).softmax(dim=1).detach()\n"
            '    return T**2 * lossfns.kl_div(log_p, q, reduction="batchmean")',
            "wrong value",
        ),
    ],
    "forgotten": [
        (
            "kept = shares[covered]\n    return -(1 - kept.sum()).log(), kept / kept.sum()",
            "not the one it forgets",
        ),
        (
            "kept = shares[covered]\n"
            "    return -kept.sum().log(), torch.full_like(kept, 1 / len(kept))",
            "other weights",
        ),
        ("kept = shares[covered]\n    return -kept.sum().log(), kept", "all of the model's weight"),
        (
            "kept = shares[covered]\n    return -kept.log().sum(), kept / kept.sum()",
            "with these weights the divergence",
        ),
    ],
    "from_draws": [
        ("return log_q - log_p", "a term is negative"),
        ("return (log_q - log_p).abs()", "KL(q‖p) is"),
        ("return (log_p - log_q).square() / 2", "KL(q‖p) is"),
        ("d = log_p - log_q\n    return d.exp() - 1 - d", "digits are lost"),
        ("d = log_p - log_q\n    return d.exp() * d - torch.expm1(d)", "the other direction"),
    ],
}
