"""Definitions of the contrastive losses, for small batches in two dimensions."""

import sympy as sp

from lossfns.symbolic.claims import Equals, Given, Invariant, Limit, NeverAbove, NeverBelow, Not
from lossfns.symbolic.definition import LossDefinition
from lossfns.symbolic.vectors import logsumexp, nonzero, softmax

ZERO = sp.Integer(0)
PAGE = "embeddings/contrastive"
POSITIVE = sp.Interval.open(0, sp.oo)

tau = sp.Symbol("tau", positive=True)
"""Temperature."""

factor = sp.Symbol("c", positive=True)

Vector = tuple[sp.Expr, ...]


def _rows(letter: str, count: int) -> tuple[Vector, ...]:
    return tuple(sp.symbols(f"{letter}{row}_1:3", real=True) for row in range(1, count + 1))


def _dot(a: Vector, b: Vector) -> sp.Expr:
    return sum(x * y for x, y in zip(a, b, strict=True))


def _cosine(a: Vector, b: Vector) -> sp.Expr:
    return _dot(a, b) / sp.sqrt(_dot(a, a) * _dot(b, b))


def _turned(rows: tuple[Vector, ...]) -> dict[sp.Symbol, sp.Expr]:
    """Each vector turned by the angle whose cosine is 3/5."""
    cos, sin = sp.Rational(3, 5), sp.Rational(4, 5)
    return {
        old: new
        for a in rows
        for old, new in zip(a, (cos * a[0] - sin * a[1], sin * a[0] + cos * a[1]), strict=True)
    }


def _all(rows: tuple[Vector, ...], vector: Vector) -> dict[sp.Symbol, sp.Expr]:
    return {old: new for row in rows for old, new in zip(row, vector, strict=True)}


def _flat(rows: tuple[Vector, ...]) -> tuple[sp.Symbol, ...]:
    return tuple(symbol for row in rows for symbol in row)


queries = _rows("q", 3)
keys = _rows("k", 3)


def _info_nce(similarity: list[list[sp.Expr]]) -> sp.Expr:
    """Mean over the queries of log(1 + Σ e^((s_ij − s_ii)/τ)) over the other queries' keys."""
    return (
        sum(
            sp.log(
                1
                + sum(
                    sp.exp((similarity[i][j] - similarity[i][i]) / tau) for j in range(3) if j != i
                )
            )
            for i in range(3)
        )
        / 3
    )


def _choice_among_keys(similarity: list[list[sp.Expr]]) -> sp.Expr:
    """Cross-entropy of a choice among all keys, the right one being the query's own."""
    return (
        sum(-sp.log(softmax([entry / tau for entry in row])[i]) for i, row in enumerate(similarity))
        / 3
    )


_cosines = [[_cosine(query, key) for key in keys] for query in queries]
_dots = [[_dot(query, key) for key in keys] for query in queries]
_N_WAY = "cross-entropy of a choice among N keys, with logits similarity/τ"

INFO_NCE = LossDefinition(
    name="info_nce_loss",
    title="InfoNCE",
    aliases=("contrastive predictive coding loss", "CLIP loss, one direction"),
    inputs=_flat((*queries, *keys)),
    targets=(),
    parameters={tau: sp.Rational(1, 10)},
    expression=_info_nce(_cosines),
    domain={**dict.fromkeys(_flat((*queries, *keys)), sp.S.Reals), tau: POSITIVE},
    joints=tuple(map(nonzero, (*queries, *keys))),
    arguments={"query": queries, "key": keys},
    options={"temperature": tau},
    output_layer="none: embeddings are divided by their lengths inside the loss",
    claims=(
        Equals(_choice_among_keys(_cosines), _N_WAY),
        NeverBelow(
            sp.log(1 + 2 * sp.exp(-2 / tau)), "log(1 + (N − 1)e^(−2/τ)): cosines end at −1 and 1"
        ),
        NeverAbove(sp.log(1 + 2 * sp.exp(2 / tau)), "log(1 + (N − 1)e^(2/τ))"),
        Given(
            _all(keys, keys[0]),
            Equals(sp.log(3), "log N, that of guessing"),
            "where all keys are one",
        ),
        Invariant({x: factor * x for x in queries[0]}, "making a query longer"),
        Invariant(_turned((*queries, *keys)), "turning all vectors alike"),
        Limit(tau, sp.oo, sp.log(3), "log N: nothing is told apart"),
        Limit(
            tau,
            ZERO,
            sum(
                sp.Max(0, *(_cosines[i][j] - _cosines[i][i] for j in range(3) if j != i))
                for i in range(3)
            )
            / 3,
            "the mean lead of the hardest negative over the positive, 0 if it has none",
            scale=tau,
        ),
    ),
    torch_name=None,
    page=PAGE,
    sources=("oord2018",),
)

_all_own = {
    symbol: factor * value
    for rows in (queries, keys)
    for row, vector in zip(rows, ((1, 0), (0, 1), (-1, -1)), strict=True)
    for symbol, value in zip(row, vector, strict=True)
}

INFO_NCE_DOT = LossDefinition(
    name="info_nce_loss",
    title="InfoNCE on dot products",
    inputs=INFO_NCE.inputs,
    targets=(),
    parameters=INFO_NCE.parameters,
    expression=_info_nce(_dots),
    domain=INFO_NCE.domain,
    arguments=INFO_NCE.arguments,
    options={**INFO_NCE.options, "similarity": "dot"},
    output_layer="none",
    claims=(
        Equals(_choice_among_keys(_dots), _N_WAY),
        Given(
            _all_own,
            Limit(factor, sp.oo, ZERO, "0"),
            "where each query is its own key and unlike the others, of length c",
        ),
        Not(Invariant({x: factor * x for x in queries[0]}, "making a query longer")),
    ),
    torch_name=None,
    page=PAGE,
    sources=("oord2018",),
)

NEGATIVES = _rows("n", 2)

INFO_NCE_NEGATIVES = LossDefinition(
    name="info_nce_loss",
    title="InfoNCE with negatives of its own",
    inputs=_flat((queries[0], keys[0], *NEGATIVES)),
    targets=(),
    parameters=INFO_NCE.parameters,
    expression=sp.log(
        1
        + sum(
            sp.exp((_cosine(queries[0], negative) - _cosine(queries[0], keys[0])) / tau)
            for negative in NEGATIVES
        )
    ),
    domain={**dict.fromkeys(_flat((queries[0], keys[0], *NEGATIVES)), sp.S.Reals), tau: POSITIVE},
    joints=tuple(map(nonzero, (queries[0], keys[0], *NEGATIVES))),
    arguments={"query": (queries[0],), "key": (keys[0],), "negatives": NEGATIVES},
    options=INFO_NCE.options,
    output_layer=INFO_NCE.output_layer,
    claims=(
        Invariant(_turned((queries[0], keys[0], *NEGATIVES)), "turning all vectors alike"),
        Given(
            _all(NEGATIVES, keys[0]),
            Equals(sp.log(3), "log(1 + M), that of guessing"),
            "where the negatives are the key",
        ),
    ),
    torch_name=None,
    page=PAGE,
    sources=("oord2018",),
)

first = _rows("u", 2)
second = _rows("v", 2)
_views = (*first, *second)


def _supervised(rows: tuple[Vector, ...], classes: tuple[int, ...]) -> sp.Expr:
    """Mean over the anchors of the mean over their positives of −log softmax."""
    total = ZERO
    for i, anchor in enumerate(rows):
        others = [j for j in range(len(rows)) if j != i]
        scores = {j: _cosine(anchor, rows[j]) / tau for j in others}
        positives = [j for j in others if classes[j] == classes[i]]
        normaliser = logsumexp(list(scores.values()))
        total += sum(normaliser - scores[j] for j in positives) / len(positives)
    return total / len(rows)


def _nt_xent() -> sp.Expr:
    """Mean over the four views of −log of the softmax over the other three, at the partner."""
    total = ZERO
    for i, anchor in enumerate(_views):
        partner = (i + 2) % 4
        ratio = [
            sp.exp((_cosine(anchor, _views[j]) - _cosine(anchor, _views[partner])) / tau)
            for j in range(4)
            if j not in (i, partner)
        ]
        total += sp.log(1 + sum(ratio))
    return total / 4


NT_XENT = LossDefinition(
    name="nt_xent_loss",
    title="NT-Xent",
    aliases=("SimCLR loss", "normalised temperature-scaled cross-entropy"),
    inputs=_flat(_views),
    targets=(),
    parameters={tau: sp.Rational(1, 10)},
    expression=_nt_xent(),
    domain={**dict.fromkeys(_flat(_views), sp.S.Reals), tau: POSITIVE},
    joints=tuple(map(nonzero, _views)),
    arguments={"input1": first, "input2": second},
    options={"temperature": tau},
    output_layer=INFO_NCE.output_layer,
    claims=(
        Equals(
            _supervised(_views, (0, 1, 0, 1)),
            "the supervised contrastive loss with each example as a class of its own",
        ),
        Given(_all(_views, first[0]), Equals(sp.log(3), "log(2N − 1)"), "for a constant embedding"),
        Invariant(
            {
                old: new
                for these, those in ((first, second), (second, first))
                for a, b in zip(these, those, strict=True)
                for old, new in zip(a, b, strict=True)
            },
            "exchanging the two views",
        ),
        Invariant({x: factor * x for x in first[0]}, "making an embedding longer"),
        Invariant(_turned(_views), "turning all embeddings alike"),
        NeverBelow(sp.log(1 + 2 * sp.exp(-2 / tau)), "log(1 + (2N − 2)e^(−2/τ))"),
        Limit(tau, sp.oo, sp.log(3), "log(2N − 1): nothing is told apart"),
    ),
    torch_name=None,
    page=PAGE,
    sources=("chen2020",),
)

examples = _rows("z", 5)
_classes = (0, 1, 0, 1, 1)

SUP_CON = LossDefinition(
    name="sup_con_loss",
    title="Supervised contrastive loss",
    aliases=("SupCon",),
    inputs=_flat(examples),
    targets=(),
    parameters={tau: sp.Rational(1, 10)},
    expression=_supervised(examples, _classes),
    domain={**dict.fromkeys(_flat(examples), sp.S.Reals), tau: POSITIVE},
    joints=tuple(map(nonzero, examples)),
    arguments={"input": examples, "target": tuple(map(sp.Integer, _classes))},
    indices=("target",),
    options={"temperature": tau},
    output_layer=INFO_NCE.output_layer,
    claims=(
        Given(
            _all(examples, examples[0]), Equals(sp.log(4), "log(N − 1)"), "for a constant embedding"
        ),
        Given(
            {
                **{x: sp.Integer(k == 0) for i in (0, 2) for k, x in enumerate(examples[i])},
                **{x: -sp.Integer(k == 0) for i in (1, 3, 4) for k, x in enumerate(examples[i])},
            },
            Limit(
                tau,
                ZERO,
                3 * sp.log(2) / 5,
                "the mean of log n₊, n₊ the positives of an example: they share the probability",
            ),
            "for classes that are one point each, opposite one another",
        ),
        Invariant(_turned(examples), "turning all embeddings alike"),
        Invariant({x: factor * x for x in examples[0]}, "making an embedding longer"),
        Limit(tau, sp.oo, sp.log(4), "log(N − 1): nothing is told apart"),
    ),
    torch_name=None,
    page=PAGE,
    sources=("khosla2020",),
)

DEFINITIONS = (INFO_NCE, NT_XENT, SUP_CON)
VARIANTS = (INFO_NCE_DOT, INFO_NCE_NEGATIVES)
