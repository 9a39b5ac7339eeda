"""Plausible wrong answers, and what the reader is told about each."""

_DEFINITION = (
    "r = o - y\n"
    "    return LossDefinition(\n"
    '        name="linex_loss", title="LINEX loss", inputs=(o,), targets=(y,),\n'
    "        parameters={{a: sp.Integer(1)}},\n"
    "        expression={expression},\n"
    "        domain={{o: sp.S.Reals, y: sp.S.Reals{domain}}},\n"
    '        arguments={{"input": o, "target": y}}, options={{"a": a}},\n'
    '        output_layer="identity", torch_name=None, page="choosing/catalogue",\n'
    "        claims=(symbolic.NonNegative(), symbolic.Convex(), {claims}),\n"
    "    )"
)
_LINEX = "sp.exp(a * r) - a * r - 1"
_POSITIVE = ", a: sp.Interval.open(0, sp.oo)"
_NOT = "symbolic.Not(symbolic.Symmetric())"


def _definition(expression: str = _LINEX, domain: str = _POSITIVE, claims: str = _NOT) -> str:
    return _DEFINITION.format(expression=expression, domain=domain, claims=claims)


def _limit(other: str, scale: str) -> str:
    return f'symbolic.Limit(a, sp.Integer(0), {other}, "it", scale={scale}), {_NOT}'


_GROWS = {
    "gaussian_kl",
    "contrastive_loss",
    "squared_hinge_loss",
    "exponential_loss",
    "perplexity",
    "binary_cross_entropy",
}
_DIES = {"general_robust_loss", "brier_score_loss", "js_div", "dice_loss", "tversky_loss"}
_STAYS = {
    "hinge_embedding_loss",
    "huber_loss",
    "smooth_l1_loss",
    "log_cosh_loss",
    "soft_margin_loss",
    "multi_margin_loss",
    "multilabel_soft_margin_loss",
    "bradley_terry_loss",
    "dpo_loss",
    "focal_loss",
    "vocab_parallel_cross_entropy",
    "adaptive_log_softmax_with_loss",
    "nll_loss",
}


def _sorted(grows: str, out_of: str) -> str:
    """All in their places but one, which is said to grow."""
    sets = {"grows": _GROWS | {grows}, "stays": _STAYS, "dies": _DIES}
    sets[out_of] = sets[out_of] - {grows}
    # Sorted, because the text becomes the name of a test.
    shown = ", ".join(f"{key!r}: set({sorted(names)})" for key, names in sets.items())
    return f"return {{{shown}}}"


WRONG = {
    "adjusted": [
        (
            "scores = z - T * shares.log()\n"
            "    right = scores.gather(1, labels[:, None])[:, 0]\n"
            "    return torch.logsumexp(scores, dim=1) - right",
            "not subtracted",
        ),
        (
            "scores = z + shares.log()\n"
            "    right = scores.gather(1, labels[:, None])[:, 0]\n"
            "    return torch.logsumexp(scores, dim=1) - right",
            "what has become of T",
        ),
        (
            "scores = z + T * shares.log()\n"
            "    right = z.gather(1, labels[:, None])[:, 0]\n"
            "    return torch.logsumexp(scores, dim=1) - right",
            "the right class's score",
        ),
        (
            "e = (z + T * shares.log()).exp()\n"
            "    right = e.gather(1, labels[:, None])[:, 0]\n"
            "    return -(right / e.sum(dim=1)).log()",
            "subtract logarithms",
        ),
        (
            "scores = z + T * shares.log()\n"
            "    right = scores.gather(1, labels[:, None])[:, 0]\n"
            "    return (torch.logsumexp(scores, dim=1) - right).mean()",
            "do not reduce",
        ),
    ],
    "linex": [
        (
            "return a * (1 - sp.exp(a * (o - y))), (y1 + y2) / 2",
            "a sign",
        ),
        ("return sp.exp(a * (o - y)) - 1, (y1 + y2) / 2", "the chain rule"),
        ("return a * (sp.exp(a * (o - y)) - 1), (y1 + y2) / 2", "this is the mean"),
        (
            "return a * (sp.exp(a * (o - y)) - 1), "
            "sp.log((sp.exp(a * y1) + sp.exp(a * y2)) / 2) / a",
            "below the mean",
        ),
        (
            "return a * (sp.exp(a * (o - y)) - 1), "
            "-sp.log((sp.exp(-a * y1) + sp.exp(-a * y2)) / 2)",
            "the two slopes cancel",
        ),
    ],
    "definition": [
        (_definition("sp.exp(-a * r) + a * r - 1", claims=_limit("r**2", "2 / a**2")), "not that"),
        (_definition(domain="", claims=_limit("r**2", "2 / a**2")), "needs a domain"),
        (_definition(), "nothing is said of a → 0"),
        (_definition(claims=_limit("sp.Integer(0)", "sp.S.One")), "which says nothing"),
        (_definition(claims=_limit("r**2", "1 / a**2")), "to second order"),
        (
            _definition(
                claims=_limit("r**2", "2 / a**2").replace("Symmetric()", "Convex()"),
            ),
            "a false claim",
        ),
    ],
    "false_claims": [
        (
            "found = []\n"
            "    for claim in claims:\n"
            "        try:\n"
            "            claim.verify(loss)\n"
            "        except Exception:\n"
            "            found.append(claim.statement() if claim else '')\n"
            "    return found",
            "no FalseClaim was swallowed",
        ),
        (
            "for claim in claims:\n"
            "        try:\n"
            "            claim.verify(loss)\n"
            "        except symbolic.FalseClaim:\n"
            "            return [claim.statement()]\n"
            "    return []",
            "go on after the first",
        ),
        (
            "found = []\n"
            "    for claim in claims:\n"
            "        try:\n"
            "            claim.verify(loss)\n"
            "            found.append(claim.statement())\n"
            "        except symbolic.FalseClaim:\n"
            "            pass\n"
            "    return found",
            "these are the true ones",
        ),
        ("return [c.statement() for c in claims if not c.verify(loss)]", "not smooth"),
    ],
    "teacher": [
        (
            "kept = counts[:, None] * teacher\n    return lossfns.kl_div(log_student, kept)",
            "still divided by all elements",
        ),
        ("return lossfns.kl_div(log_student[counts], teacher[counts])", "see the card"),
        (
            'return lossfns.kl_div(log_student, counts[:, None] * teacher, "batchmean")',
            "padding still counts",
        ),
        ('return lossfns.kl_div(log_student[counts], teacher[counts], "sum")', "the sum, not"),
    ],
    "hopeless": [
        ('return {"grows": set(), "stays": set(), "dies": set()}', "exactly one of the three"),
        ("return {}", "the keys are"),
        (_sorted(grows="focal_loss", out_of="stays"), "focal_loss: its pull"),
        (_sorted(grows="brier_score_loss", out_of="dies"), "brier_score_loss: its pull"),
    ],
}
