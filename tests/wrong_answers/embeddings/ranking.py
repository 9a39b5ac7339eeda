"""Plausible wrong answers, and what the reader is told about each."""

_LEADS = (
    "lead = scores[:, None] - scores\n    steps = (grades[:, None] - grades).clamp(min=0)\n    "
)
_HIDE = (
    "right = scores.gather(1, target[:, None])[:, 0]\n"
    "    others = scores.scatter(1, target[:, None], {})\n    "
)
_TUNE = "policy = (reference.log() + rewards / T).softmax(0)\n    return T, policy"

WRONG = {
    "list_loss": [
        (
            _LEADS + "missing = (margin * steps - lead).clamp(min=0)\n"
            "    return (missing * (steps > 0)).sum() / (len(scores) * (len(scores) - 1) / 2)",
            "there are five, not six",
        ),
        (
            _LEADS + "missing = (margin * steps - lead).clamp(min=0)\n"
            "    return (missing * (steps > 0)).mean()",
            "not over all N² places",
        ),
        (
            _LEADS + "missing = (margin - lead).clamp(min=0)\n    return missing[steps > 0].mean()",
            "twice the margin",
        ),
        (
            _LEADS + "missing = (margin * steps + lead).clamp(min=0)\n"
            "    return missing[steps > 0].mean()",
            "the larger grade that has to lead",
        ),
        (
            _LEADS + "missing = (margin * steps - lead).clamp(min=0)\n"
            "    return missing[steps > 0].mean()",
            "0, not NaN",
        ),
    ],
    "podium": [
        (
            "everyone = sp.exp(o1) + sp.exp(o2) + sp.exp(o3)\n"
            "    loss = 2 * sp.log(everyone) - o1 - o2\n"
            "    return loss, loss.diff(o2)",
            "not from all three",
        ),
        (
            "everyone = sp.exp(o1) + sp.exp(o2) + sp.exp(o3)\n"
            "    loss = 2 * sp.log(everyone) - o1 - o2 + sp.log(sp.Rational(2, 3))\n"
            "    return loss, loss.diff(o2)",
            "add up to 1",
        ),
        (
            "loss = sp.log(1 + sp.exp(o2 - o1)) + sp.log(1 + sp.exp(o3 - o2))\n"
            "    return loss, loss.diff(o2)",
            "each of the six orders",
        ),
        (
            "everyone = sp.exp(o1) + sp.exp(o2) + sp.exp(o3)\n"
            "    left = sp.exp(o2) + sp.exp(o3)\n"
            "    loss = o1 - sp.log(everyone) + o2 - sp.log(left)\n"
            "    return loss, loss.diff(o2)",
            "minus the logarithm",
        ),
        (
            "everyone = sp.exp(o1) + sp.exp(o2) + sp.exp(o3)\n"
            "    left = sp.exp(o2) + sp.exp(o3)\n"
            "    loss = sp.log(everyone) - o1 + sp.log(left) - o2\n"
            "    return loss, sp.exp(o2) / left - 1",
            "in both draws",
        ),
    ],
    "best_wrong": [
        (
            _HIDE.format("0.0") + "return (margin - right + others.amax(1)).clamp(min=0)",
            "0 here",
        ),
        (
            _HIDE.format("-torch.inf") + "return (margin - right + others.amax(1)).clamp(min=0)",
            "the close rival is not on offer",
        ),
        (
            _HIDE.format("-20.0") + "others = others.masked_fill(~offered, -20.0)\n"
            "    return (margin - right + others.amax(1)).clamp(min=0)",
            "only leads may count",
        ),
        (
            "right = scores.gather(1, target[:, None])[:, 0]\n"
            "    return (margin - right + scores.topk(2, dim=1).values[:, 1]).clamp(min=0)",
            "is the right class among the candidates",
        ),
        (
            "right = scores.gather(1, target[:, None])\n"
            "    hinges = (margin - right + scores).clamp(min=0)\n"
            "    return hinges.scatter(1, target[:, None], 0).mean(dim=1)",
            "0.5 of 1",
        ),
        (
            "right = scores.gather(1, target[:, None])\n"
            "    hinges = (margin - right + scores).clamp(min=0)\n"
            "    hinges = hinges.masked_fill(~offered, 0)\n"
            "    return hinges.scatter(1, target[:, None], margin).amax(dim=1)",
            "yet this example has a loss",
        ),
    ],
    "survives": [
        (
            "every = {'order', 'chances', 'hinge'}\n"
            "    return {'shift': every, 'double': {'order', 'chances'}, 'exp': {'order'},\n"
            "            'clip': set()}",
            "double: chances does not stay",
        ),
        (
            "every = {'order', 'chances', 'hinge'}\n"
            "    return {'shift': every, 'double': {'order'}, 'exp': {'order'}, 'clip': {'order'}}",
            "clip: order does not stay",
        ),
        (
            "return {'shift': {'order'}, 'double': {'order'}, 'exp': {'order'}, 'clip': set()}",
            "shift: chances stays",
        ),
    ],
    "area": [
        (
            "rank = scores.argsort().argsort().double() + 1\n"
            "    n = positive.sum()\n"
            "    won = rank[positive == 1].sum() - n * (n + 1) / 2\n"
            "    return won / (n * (len(scores) - n))",
            "equal scores share",
        ),
        (
            "rank = scores.argsort(descending=True).argsort().double() + 1\n"
            "    n = positive.sum()\n"
            "    won = rank[positive == 1].sum() - n * (n + 1) / 2\n"
            "    return won / (n * (len(scores) - n))",
            "upside down",
        ),
        (
            "rank = scores.argsort().argsort().double() + 1\n"
            "    n = positive.sum()\n"
            "    return rank[positive == 1].sum() / (n * (len(scores) - n))",
            "what is taken off",
        ),
        (
            "rank = scores.argsort().argsort().double()\n"
            "    n = positive.sum()\n"
            "    won = rank[positive == 1].sum() - n * (n + 1) / 2\n"
            "    return won / (n * (len(scores) - n))",
            "six of the eight pairs",
        ),
    ],
    "budget": [
        ("T = 1.0\n    " + _TUNE, "nats of a budget of 0.3"),
        (
            "share = 0.0\n"
            "    best = torch.nn.functional.one_hot(rewards.argmax(), len(rewards)).double()\n"
            "    for share in torch.linspace(0, 1, 20001).double():\n"
            "        policy = (1 - share) * reference + share * best\n"
            "        if (policy * (policy / reference).log()).sum() >= budget:\n"
            "            break\n"
            "    return 1.0, policy",
            "not in the best way",
        ),
        (
            "for T in torch.logspace(3, -3, 4001).double().tolist():\n"
            "        policy = (reference.log() + rewards / T).softmax(0)\n"
            "        if (reference * (reference / policy).log()).sum() >= budget:\n"
            "            break\n"
            "    return T, policy",
            "the wrong way round",
        ),
    ],
}
