"""Plausible wrong answers, and what the reader is told about each."""

_UNIT = (
    "picture = picture / picture.norm(dim=1, keepdim=True)\n"
    "    caption = caption / caption.norm(dim=1, keepdim=True)\n    "
)
_TABLE = (
    "same = product[:, None] == product\n"
    "    left_out = same & ~torch.eye(len(product), dtype=torch.bool)\n"
    "    table = picture @ caption.T / temperature\n    "
)
_BOTH = (
    "rows = table.logsumexp(dim=1) - table.diagonal()\n"
    "    columns = table.logsumexp(dim=0) - table.diagonal()\n    "
)
_HEAP = (
    "o = heap / heap.norm(dim=1, keepdim=True)\n"
    "    number = torch.arange(len(o))\n"
    "    scores = o @ o.T / temperature\n    "
)
_NEXT = "partner = number + 1 - 2 * (number % 2)\n    "
_HIDE = "scores = scores.masked_fill(torch.eye(len(o), dtype=torch.bool), -torch.inf)\n    "
_SHARES = (
    "length = query.norm(dim=1, keepdim=True)\n"
    "    o = query / length\n"
    "    key = key / key.norm(dim=1, keepdim=True)\n"
    "    queue = queue / queue.norm(dim=1, keepdim=True)\n"
    "    positive = (o * key).sum(dim=1, keepdim=True)\n"
    "    scores = torch.cat([positive, o @ queue.T], dim=1) / temperature\n"
    "    chances = lossfns.softmax(scores, dim=1)\n"
    "    plain = chances[:, :1] * key + chances[:, 1:] @ queue - key\n    "
)
_ACROSS = "across = plain - (plain * o).sum(dim=1, keepdim=True) * o\n    "
_BISECT = (
    "low, high = 1e-6, 1e6\n"
    "    for _ in range(200):\n"
    "        middle = math.sqrt(low * high)\n"
    "        got = lossfns.softmax(negatives / middle, dim=0).max().item()\n"
    "        low, high = (middle, high) if got > share else (low, middle)\n    "
)

WRONG = {
    "products": [
        (
            _UNIT + _TABLE + _BOTH + "return (rows.mean() + columns.mean()) / 2",
            "still counted as negatives",
        ),
        (
            _UNIT + _TABLE + "table = table.masked_fill(same, -torch.inf)\n    " + _BOTH + "return "
            "(rows.mean() + columns.mean()) / 2",
            "own caption still among",
        ),
        (
            _UNIT
            + _TABLE
            + "table = table.masked_fill(left_out, -torch.inf)\n    "
            + _BOTH
            + "return rows.mean()",
            "one direction only",
        ),
        (
            _UNIT
            + _TABLE
            + "table = table.masked_fill(left_out, -torch.inf)\n    "
            + _BOTH
            + "return rows.mean() + columns.mean()",
            "not their sum",
        ),
        (
            _UNIT
            + _TABLE
            + "table = table.masked_fill(left_out, 0)\n    "
            + _BOTH
            + "return (rows.mean() + columns.mean()) / 2",
            "e⁰ = 1",
        ),
        (
            _TABLE
            + "table = table.masked_fill(left_out, -torch.inf)\n    "
            + _BOTH
            + "return (rows.mean() + columns.mean()) / 2",
            "use cosines",
        ),
    ],
    "noise": [
        ("return sp.log(given / alone), sp.log(alone)", "here they come from elsewhere"),
        ("return sp.log(noise / given), -sp.log(noise)", "upside down"),
        ("return sp.log(given), sp.Integer(0)", "is not the probability of being the partner"),
        ("return sp.log(given / noise), -sp.log(noise)", "should differ by the logarithms"),
        ("return sp.log(given / noise), sp.log(alone)", "should differ by the logarithms"),
    ],
    "interleaved": [
        (
            _HEAP
            + _HIDE
            + "partner = number.roll(len(o) // 2)\n"
            + "    return (scores.logsumexp(dim=1) - scores[number, partner]).mean()",
            "half a heap away",
        ),
        (
            _HEAP + _NEXT + "return (scores.logsumexp(dim=1) - scores[number, partner]).mean()",
            "among its own candidates",
        ),
        (
            _HEAP
            + _HIDE
            + _NEXT
            + "e = scores.exp()\n    return -torch.log(e[number, partner] / e.sum(dim=1)).mean()",
            "e¹⁰⁰ does not fit",
        ),
        (
            _HEAP
            + _HIDE
            + _NEXT
            + "e = scores.clamp(max=80).exp()\n"
            + "    return -torch.log(e[number, partner] / e.sum(dim=1) + 1e-12).mean()",
            "nothing may be cut off",
        ),
        (
            _HEAP
            + "scores = scores * (1 - torch.eye(len(o)))\n    "
            + _NEXT
            + "return (scores.logsumexp(dim=1) - scores[number, partner]).mean()",
            "left out of its own softmax",
        ),
    ],
    "queue": [
        (_SHARES + "return plain / temperature / length / len(query)", "at a right angle"),
        (_SHARES + _ACROSS + "return -across / temperature / length / len(query)", "the sign"),
        (_SHARES + _ACROSS + "return across / temperature / length", "a mean over the queries"),
        (_SHARES + _ACROSS + "return across / length / len(query)", "a factor 1/T"),
        (_SHARES + _ACROSS + "return across / temperature / len(query)", "turns more slowly"),
        (
            _SHARES.replace("positive, o @ queue.T", "positive, o @ queue.T, o @ key.T").replace(
                "chances[:, 1:]", "chances[:, 1 : len(queue) + 1]"
            )
            + _ACROSS
            + "return across / temperature / length / len(query)",
            "without other keys",
        ),
    ],
    "half": [
        (_BISECT + "return 1 / middle", "this is 1/T"),
        (
            _BISECT.replace("negatives / middle", "negatives.sort().values / middle").replace(
                ".max()", "[0]"
            )
            + "return middle",
            "only negatives are pushed",
        ),
        (
            "gap = negatives.max() - negatives.mean()\n"
            "    return (gap / math.log(share / (1 - share))).item()",
            "only negatives are pushed",
        ),
        (
            "first, second = negatives.topk(2).values.tolist()\n"
            "    return (first - second) / math.log(share / (1 - share))",
            "the hardest of fifty gets",
        ),
        (
            _BISECT.replace("1e-6, 1e6", "1e-3, 1e3") + "return middle",
            "a very low temperature",
        ),
    ],
    "classes": [
        ("return math.log(N)", "the loss of guessing"),
        ("return 0.0", "in one case of ten"),
        ("return math.log(1 + (N - 1) / C)", "not the logarithm of a mean"),
        ("return (N - 1) / C * math.log(2)", "none, one or both"),
        (
            "return sum(\n"
            "        math.comb(N, same) * (1 / C) ** same * (1 - 1 / C) ** (N - same)\n"
            "        * math.log(1 + same) for same in range(N + 1)\n"
            "    )",
            "with one negative",
        ),
    ],
}
