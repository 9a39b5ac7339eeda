"""The definitions' formulas as a reader writes them: sums over classes, vectors, abbreviations.

A definition spells a loss out for three classes or two dimensions, because that can be
differentiated and evaluated. A :class:`Reading` is the same formula with its sums, and its gradient
with its abbreviations. Nothing here is taken on trust: :meth:`Reading.unfolded` turns a reading
back into the definition's symbols, and :func:`disagreement` holds it against the definition's
formula and against the gradient that SymPy derives. The tests do so for every reading.
"""

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import sympy as sp

from lossfns.symbolic import classification as c
from lossfns.symbolic import contrastive as n
from lossfns.symbolic import divergence as d
from lossfns.symbolic import embedding as e
from lossfns.symbolic import margin as g
from lossfns.symbolic import overlap, vectors
from lossfns.symbolic import regression as r
from lossfns.symbolic.definition import POINTS, TOLERANCE, LossDefinition, o, y

dist, cos = sp.symbols("dist cos", cls=sp.Function)
"""Distance and cosine of two vectors."""

sigmoid = sp.Function("sigma")
"""The logistic function."""

step = sp.Function("step")
"""1 where its argument is above 0, and 0 where it is below."""

xlogy = sp.Function("xlogy")
"""x log y, and 0 where x is 0."""

C, N = sp.symbols("C N", integer=True, positive=True)
i, j, k = sp.symbols("i j k", integer=True)
residual = sp.Symbol("r", real=True)

Letters = Mapping[sp.Expr, object]


@dataclass(frozen=True, kw_only=True)
class Reading:
    """A loss as a reader writes it.

    Attributes:
        formula: the loss.
        gradient: its derivatives, by what they are derivatives by.
        where: abbreviations and what they stand for, to be shown; each may use those before it.
        letters: what letters stand for in the definition: a symbol, or a tuple for a vector.
        given: symbols of the definition that the reading leaves out, and their values.
        sizes: what the upper ends of sums are in the definition.
        between: an indexed letter in which the loss is a function of its own, such as the table of
            similarities, and the expression of each entry: the gradient may be by it.
    """

    formula: sp.Expr
    gradient: Mapping[sp.Expr, sp.Expr]
    where: Mapping[sp.Expr, sp.Expr] = field(default_factory=dict)
    letters: Letters = field(default_factory=dict)
    given: Mapping[sp.Symbol, sp.Expr] = field(default_factory=dict)
    sizes: Mapping[sp.Symbol, sp.Expr] = field(default_factory=lambda: {C: vectors.CLASSES})
    between: Mapping[sp.IndexedBase, list[list[sp.Expr]]] = field(default_factory=dict)

    def unfolded(self, expression: sp.Expr, component: int = 0, *, inner: bool = True) -> sp.Expr:
        """``expression`` in the symbols of the definition.

        Args:
            expression: in the symbols of the reading.
            component: which component a vector stands for outside of distances and cosines.
            inner: whether the letters of ``between`` are replaced too.
        """
        expression = sp.sympify(expression)
        for letter, meaning in reversed(self.where.items()):
            expression = _replaced(expression, letter, meaning)
        expression = expression.subs(self.sizes).doit()
        expression = expression.replace(sigmoid, vectors.sigma)
        expression = expression.replace(step, sp.Heaviside)
        expression = expression.replace(xlogy, vectors.xlogy)
        expression = expression.replace(dist, lambda a, b: _distance(*self._vectors(a, b)))
        expression = expression.replace(cos, lambda a, b: _cosine(*self._vectors(a, b)))
        tables = self.between if inner else {}
        expression = expression.replace(
            lambda part: isinstance(part, sp.Indexed),
            lambda part: _entry(part, {**self.letters, **tables}),
        )
        meanings = {
            letter: meaning[component] if isinstance(meaning, tuple) else meaning
            for letter, meaning in self.letters.items()
            if isinstance(letter, sp.Symbol)
        }
        return expression.subs(meanings, simultaneous=True)

    def _vectors(self, *letters: sp.Symbol) -> tuple[tuple[sp.Expr, ...], ...]:
        return tuple(self.letters[letter] for letter in letters)


def slopes(
    loss: LossDefinition, reading: Reading, by: sp.Expr
) -> Iterator[tuple[sp.Expr, sp.Expr]]:
    """The derivatives by something as a reading states them, and as SymPy derives them.

    There is one pair for each class, component or entry of a table.
    """
    formula = loss.expression.subs(reading.given)
    slope = reading.gradient[by]
    if isinstance(by, sp.Indexed) and by.base in reading.between:
        size = len(reading.between[by.base])
        table = reading.unfolded(reading.formula, inner=False)
        for row, column in itertools.product(range(size), repeat=2):
            at = {i: row + 1, k: column + 1}
            yield reading.unfolded(slope.subs(at)), reading.unfolded(table.diff(by.subs(at)))
    elif isinstance(by, sp.Indexed):
        for number, symbol in enumerate(reading.letters[by.base], start=1):
            yield reading.unfolded(slope.subs(k, number)), formula.diff(symbol)
    else:
        meaning = reading.letters.get(by, by)
        symbols = meaning if isinstance(meaning, tuple) else (meaning,)
        for component, symbol in enumerate(symbols):
            yield reading.unfolded(slope, component), formula.diff(symbol)


def disagreement(
    loss: LossDefinition, reading: Reading, limit: int = POINTS, every: int | None = None
) -> str | None:
    """Where a reading says something else than its definition; ``None`` if nowhere.

    Both are evaluated to 50 digits, at up to ``limit`` points, with the first ``every``
    derivatives of a kind (all by default). The gradient is compared inside the domain: on its
    boundary the derivative of 0 log 0 is not that of p log p.
    """
    loss = loss.given(reading.given)
    pairs = [(reading.unfolded(reading.formula), loss.expression, False)]
    pairs += [
        (stated, derived, True)
        for by in reading.gradient
        for stated, derived in itertools.islice(slopes(loss, reading, by), every)
    ]
    for stated, derived, inside in pairs:
        if stated == derived:
            continue
        free = stated.free_symbols | derived.free_symbols
        symbols = tuple(symbol for symbol in loss.domain if symbol in free)
        if unknown := free - set(symbols):
            return f"{unknown} is no symbol of the definition"
        for point in loss.points(_with_partners(loss, symbols), limit=limit):
            if inside and any(
                point[symbol] in loss.domain_of(symbol).boundary
                for symbol in loss.inputs
                if symbol in point
            ):
                continue
            left, right = (loss.evaluate(side, point) for side in (stated, derived))
            gap = abs(left - right)
            if left != right and not (gap.is_finite and gap <= TOLERANCE * (1 + abs(right))):
                return f"{sp.N(left, 8)} against {sp.N(right, 8)} at {point}"
    return None


def _with_partners(loss: LossDefinition, symbols: tuple[sp.Symbol, ...]) -> tuple[sp.Symbol, ...]:
    """The symbols and those that theirs are bound to."""
    bound = [s for joint in loss.joints if set(joint.symbols) & set(symbols) for s in joint.symbols]
    return tuple(symbol for symbol in loss.domain if symbol in {*symbols, *bound})


def _replaced(expression: sp.Expr, letter: sp.Expr, meaning: sp.Expr) -> sp.Expr:
    if not isinstance(letter, sp.Indexed):
        return expression.subs(letter, meaning)
    return expression.replace(
        lambda part: isinstance(part, sp.Indexed) and part.base == letter.base,
        lambda part: meaning.subs(dict(zip(letter.indices, part.indices, strict=True))),
    )


def _entry(part: sp.Indexed, letters: Letters) -> sp.Expr:
    values = letters.get(part.base)
    if values is None:
        return part
    for index in part.indices:
        values = values[int(index) - 1]
    return values


def _distance(a: tuple[sp.Expr, ...], b: tuple[sp.Expr, ...]) -> sp.Expr:
    return sp.sqrt(sum((left - right) ** 2 for left, right in zip(a, b, strict=True)))


def _cosine(a: tuple[sp.Expr, ...], b: tuple[sp.Expr, ...]) -> sp.Expr:
    def dot(left: tuple[sp.Expr, ...], right: tuple[sp.Expr, ...]) -> sp.Expr:
        return sum(x * y for x, y in zip(left, right, strict=True))

    return dot(a, b) / sp.sqrt(dot(a, a) * dot(b, b))


def _base(letter: str) -> sp.IndexedBase:
    return sp.IndexedBase(letter, real=True)


def _times(factor: sp.Expr, x: sp.Expr) -> sp.Expr:
    """``factor`` times x, without being multiplied out."""
    return sp.Mul(factor, x, evaluate=False)


def _minus(left: sp.Expr, right: sp.Expr) -> sp.Expr:
    """The difference, with the second bracket kept."""
    return sp.Add(left, sp.Mul(-1, right, evaluate=False), evaluate=False)


def _half(x: sp.Expr) -> sp.Expr:
    return _times(sp.Rational(1, 2), x)


z, yy, pp, ww, a, share = map(_base, ("z", "y", "p", "w", "a", "u"))
smooth, middle = map(_base, (r"\tilde{y}", r"\bar{p}"))
"""Vectors over the classes; ``share`` holds the classes' shares, ``smooth`` the smoothed target,
``middle`` the average of two distributions."""

top = sp.Symbol("p_y", positive=True)
u = sp.Symbol("u", nonnegative=True)
T = sp.Symbol("T", positive=True)
w_plus = sp.Symbol("w_+", positive=True)
one, zero, half = sp.Integer(1), sp.Integer(0), sp.Rational(1, 2)


def over(expression: sp.Expr, index: sp.Symbol = k, size: sp.Symbol = C) -> sp.Sum:
    """Σ over ``index`` from 1 to ``size``."""
    return sp.Sum(expression, (index, 1, size))


SOFTMAX = {pp[k]: sp.exp(z[k]) / over(sp.exp(z[j]), j)}
_lse = sp.log(over(sp.exp(z[j]), j))
_logits = {z: vectors.z, yy: vectors.hot}
_soft = {z: vectors.z, yy: vectors.q}

_focal_p = {**SOFTMAX, top: over(yy[k] * pp[k])}

log_first, log_second, ref_first, ref_second = sp.symbols(
    r"a_1 a_2 a_1^{\text{ref}} a_2^{\text{ref}}", real=True
)
v, v_0 = sp.symbols("v v_0", positive=True)
log_v, log_v_0 = sp.Symbol(r"\log v", real=True), sp.Symbol(r"\log v_0", real=True)
area = sp.Symbol("A", positive=True)
ell = sp.Symbol(r"\ell", real=True)
o1, o2, o_plus, o_minus = sp.symbols("o_1 o_2 o^+ o^-", real=True)
raw = sp.Symbol("o", real=True)
m = sp.Symbol("m", real=True)
h = sp.Symbol("h", real=True)
_pair = {o1: e.u, o2: e.v}
_triple = {raw: e.u, o_plus: e.v, o_minus: e.w, m: e.m_pos}
d_plus, d_minus, apart = sp.symbols("d^+ d^- d", nonnegative=True)
"""Distances: of the positive and of the negative from the anchor; of the two of a pair."""

_to_plus = (raw - o_plus) / d_plus
_to_minus = (raw - o_minus) / d_minus
_lengths = {d_plus: dist(raw, o_plus), d_minus: dist(raw, o_minus)}


def _triplet(*by: sp.Symbol) -> Reading:
    slopes_by = {
        raw: step(ell) * (_to_plus - _to_minus),
        o_plus: -step(ell) * _to_plus,
        o_minus: step(ell) * _to_minus,
    }
    return Reading(
        formula=sp.Max(0, m + d_plus - d_minus),
        gradient={letter: slopes_by[letter] for letter in by},
        # Above 0 where the loss is, and at a kink as undecided as SymPy's own derivative.
        where={**_lengths, ell: m + d_plus - d_minus},
        letters=_triple,
        given={e.epsilon: zero},
    )


v, v_0 = sp.symbols("v v_0", positive=True)
log_v, log_v_0 = sp.Symbol(r"\log v", real=True), sp.Symbol(r"\log v_0", real=True)
area = sp.Symbol("A", positive=True)
origin = sp.Symbol("0_v", real=True)
turn = sp.Symbol("t", real=True)
_turn = o2 / (dist(o1, origin) * dist(o2, origin)) - cos(o1, o2) * o1 / dist(o1, origin) ** 2
"""The derivative of the cosine by its first vector; a length is a distance from the origin."""

s, q_, p_ = (_base(name) for name in ("s", "q", "p"))
_kron = sp.KroneckerDelta


def _contrastive(
    rows: list[list[sp.Expr]], target: list[list[sp.Expr]], count: sp.Expr = N, *, own: bool
) -> Reading:
    """Mean cross-entropy of ``count`` rows of similarities.

    With ``own`` the diagonal is that of embeddings with themselves, and is left out.
    """
    counted = 1 - _kron(i, k) if own else one
    total = over(sp.sympify(counted).subs(k, j) * sp.exp(s[i, j] / T), j, count)
    return Reading(
        formula=over(sp.log(total) - over(q_[i, k] * s[i, k], k, count) / T, i, count) / count,
        gradient={s[i, k]: (p_[i, k] - q_[i, k]) / (count * T)},
        where={p_[i, k]: counted * sp.exp(s[i, k] / T) / total},
        letters={T: n.tau, q_: target},
        sizes={N: len(rows) * N / count},
        between={s: rows},
    )


def _cosines(left: tuple, right: tuple) -> list[list[sp.Expr]]:
    return [[_cosine(query, key) for key in right] for query in left]


def _positives(classes: tuple[int, ...]) -> list[list[sp.Expr]]:
    """Equal shares of the other examples of the same class."""
    rows = []
    for number, own in enumerate(classes):
        alike = [int(other == own and place != number) for place, other in enumerate(classes)]
        rows.append([sp.Rational(entry, sum(alike)) for entry in alike])
    return rows


_views = (*n.first, *n.second)

READINGS: Mapping[str, Reading] = {
    "huber_loss": Reading(
        formula=sp.Piecewise(
            (residual**2 / 2, sp.Abs(residual) <= r.delta),
            (r.delta * (sp.Abs(residual) - r.delta / 2), True),
        ),
        gradient={
            o: sp.Piecewise(
                (residual, sp.Abs(residual) <= r.delta), (r.delta * sp.sign(residual), True)
            )
        },
        where={residual: o - y},
    ),
    "binary_cross_entropy": Reading(
        formula=c.BCE.expression,
        gradient={c.chance: (c.chance - y) / (c.chance * (1 - c.chance))},
    ),
    "pinball_loss": Reading(
        formula=sp.Piecewise((r.tau * (y - o), y > o), ((1 - r.tau) * (o - y), True)),
        gradient={o: step(o - y) - r.tau},
    ),
    "general_robust_loss": Reading(
        formula=r.GENERAL_ROBUST.expression.subs(o - y, residual),
        gradient={
            o: sp.Piecewise(
                (residual / r.c**2, sp.Eq(r.alpha, 2)),
                (
                    residual / r.c**2 * sp.exp(-(residual**2) / (2 * r.c**2)),
                    sp.Eq(r.alpha, -sp.oo),
                ),
                (
                    residual
                    / r.c**2
                    * (residual**2 / (r.c**2 * sp.Abs(r.alpha - 2)) + 1) ** (r.alpha / 2 - 1),
                    True,
                ),
            )
        },
        where={residual: o - y},
    ),
    "gaussian_nll_loss": Reading(
        formula=_half(sp.log(r.v) + residual**2 / r.v),
        gradient={o: residual / r.v, r.v: (1 - residual**2 / r.v) / (2 * r.v)},
        where={residual: o - y},
    ),
    "binary_cross_entropy_with_logits": Reading(
        formula=w_plus * y * sp.log(1 + sp.exp(-c.logit)) + (1 - y) * sp.log(1 + sp.exp(c.logit)),
        gradient={c.logit: (1 - y) * sigmoid(c.logit) - w_plus * y * sigmoid(-c.logit)},
        letters={w_plus: c.w_pos},
    ),
    "cross_entropy": Reading(
        formula=over(smooth[k] * (_lse - z[k])),
        gradient={z[k]: pp[k] - smooth[k]},
        where={smooth[k]: (1 - u) * yy[k] + u / C, **SOFTMAX},
        letters={**_soft, u: c.epsilon},
    ),
    "nll_loss": Reading(
        formula=-over(ww[k] * yy[k] * a[k]),
        gradient={a[k]: -ww[k] * yy[k]},
        letters={a: c.a, yy: vectors.hot, ww: c.w},
    ),
    "focal_loss": Reading(
        formula=-((1 - top) ** c.gamma) * sp.log(top),
        gradient={
            z[k]: (1 - top) ** (c.gamma - 1)
            * (1 - top - c.gamma * top * sp.log(top))
            * (pp[k] - yy[k])
        },
        where=_focal_p,
        letters=_logits,
    ),
    "binary_focal_loss": Reading(
        formula=-((1 - top) ** c.gamma) * sp.log(top),
        gradient={
            c.logit: -((1 - top) ** c.gamma)
            * (1 - top - c.gamma * top * sp.log(top))
            * (2 * c.bit - 1)
        },
        where={top: sigmoid((2 * c.bit - 1) * c.logit)},
    ),
    "brier_score_loss": Reading(
        formula=over((pp[k] - yy[k]) ** 2),
        gradient={pp[k]: _times(sp.Integer(2), pp[k] - yy[k])},
        letters={pp: vectors.p, yy: vectors.hot},
    ),
    "logit_adjusted_cross_entropy": Reading(
        formula=-over(yy[k] * sp.log(pp[k])),
        gradient={z[k]: pp[k] - yy[k]},
        where={
            pp[k]: sp.exp(z[k] + T * sp.log(share[k]))
            / over(sp.exp(z[j] + T * sp.log(share[j])), j)
        },
        letters={**_logits, share: c.prior, T: c.tau},
    ),
    "kl_div": Reading(
        formula=xlogy(y, y) - y * d.log_p,
        gradient={d.log_p: -y},
    ),
    "js_div": Reading(
        formula=over(
            xlogy(pp[k], pp[k]) / 2 + xlogy(yy[k], yy[k]) / 2 - xlogy(middle[k], middle[k])
        ),
        gradient={pp[k]: _half(sp.log(pp[k] / middle[k]))},
        where={middle[k]: _half(pp[k] + yy[k])},
        letters={pp: vectors.p, yy: vectors.q},
    ),
    "gaussian_kl": Reading(
        formula=_half((v + (d.mu - d.mu_0) ** 2) / v_0 + sp.log(v_0 / v) - 1),
        gradient={d.mu: (d.mu - d.mu_0) / v_0, log_v: _half(v / v_0 - 1)},
        letters={v: sp.exp(d.s), v_0: sp.exp(d.s_0), log_v: d.s, log_v_0: d.s_0},
    ),
    "entropy": Reading(
        formula=-over(xlogy(pp[k], pp[k])),
        gradient={pp[k]: -sp.log(pp[k]) - 1},
        letters={pp: vectors.p},
    ),
    "perplexity": Reading(
        formula=1 / top,
        gradient={z[k]: (pp[k] - yy[k]) / top},
        where={**SOFTMAX, top: over(yy[k] * pp[k])},
        letters=_logits,
    ),
    "hinge_loss": Reading(
        formula=sp.Max(0, 1 - g.sign * o),
        gradient={o: -g.sign * step(1 - g.sign * o)},
    ),
    "squared_hinge_loss": Reading(
        formula=sp.Max(0, 1 - g.sign * o) ** 2,
        gradient={o: -2 * g.sign * sp.Max(0, 1 - g.sign * o)},
    ),
    "soft_margin_loss": Reading(
        formula=sp.log(1 + sp.exp(-g.sign * o)),
        gradient={o: -g.sign * sigmoid(-g.sign * o)},
    ),
    "hinge_embedding_loss": Reading(
        formula=sp.Piecewise((o, sp.Eq(g.sign, 1)), (sp.Max(0, g.m - o), True)),
        gradient={o: sp.Piecewise((1, sp.Eq(g.sign, 1)), (-step(g.m - o), True))},
    ),
    "margin_ranking_loss": Reading(
        formula=sp.Max(0, g.m - g.sign * (o1 - o2)),
        gradient={
            o1: -g.sign * step(g.m - g.sign * (o1 - o2)),
            o2: g.sign * step(g.m - g.sign * (o1 - o2)),
        },
        letters={o1: g.o1, o2: g.o2},
    ),
    "bradley_terry_loss": Reading(
        formula=sp.log(1 + sp.exp(-g.sign * (o1 - o2))),
        gradient={
            o1: -g.sign * sigmoid(-g.sign * (o1 - o2)),
            o2: g.sign * sigmoid(-g.sign * (o1 - o2)),
        },
        letters={o1: g.o1, o2: g.o2},
    ),
    "multi_margin_loss": Reading(
        formula=over((1 - yy[k]) * sp.Max(0, m - sp.Symbol("z_y", real=True) + z[k])) / C,
        gradient={
            z[k]: (
                (1 - yy[k]) * step(m - sp.Symbol("z_y", real=True) + z[k])
                - yy[k] * over((1 - yy[j]) * step(m - sp.Symbol("z_y", real=True) + z[j]), j)
            )
            / C
        },
        where={sp.Symbol("z_y", real=True): over(yy[k] * z[k])},
        letters={**_logits, m: g.m},
    ),
    "multilabel_margin_loss": Reading(
        formula=over(over(yy[j] * (1 - yy[k]) * sp.Max(0, 1 - z[j] + z[k]), j)) / C,
        gradient={
            z[k]: over(
                yy[j] * (1 - yy[k]) * step(1 - z[j] + z[k])
                - yy[k] * (1 - yy[j]) * step(1 - z[k] + z[j]),
                j,
            )
            / C
        },
        letters=_logits,
    ),
    "multilabel_soft_margin_loss": Reading(
        formula=over(yy[k] * sp.log(1 + sp.exp(-z[k])) + (1 - yy[k]) * sp.log(1 + sp.exp(z[k])))
        / C,
        gradient={z[k]: (sigmoid(z[k]) - yy[k]) / C},
        letters=_logits,
    ),
    "dpo_loss": Reading(
        formula=(1 - u) * sp.log(1 + sp.exp(-h)) + u * sp.log(1 + sp.exp(h)),
        gradient={
            log_first: T * (u - sigmoid(-h)),
            log_second: T * (sigmoid(-h) - u),
        },
        where={h: T * _minus(log_first - ref_first, log_second - ref_second)},
        letters={
            **dict(zip((log_first, log_second), g.policy, strict=True)),
            **dict(zip((ref_first, ref_second), g.reference, strict=True)),
            T: g.strength,
            u: g.mislabelled,
        },
    ),
    "cosine_embedding_loss": Reading(
        formula=sp.Piecewise(
            (1 - cos(o1, o2), sp.Eq(e.sign, 1)), (sp.Max(0, cos(o1, o2) - e.m), True)
        ),
        gradient={
            o1: sp.Piecewise((-turn, sp.Eq(e.sign, 1)), (step(cos(o1, o2) - e.m) * turn, True))
        },
        where={turn: _turn},
        letters={**_pair, origin: (zero, zero)},
        given={e.epsilon: zero},
    ),
    "contrastive_loss": Reading(
        formula=sp.Piecewise(
            (apart**2 / 2, sp.Eq(e.sign, 1)), (sp.Max(0, m - apart) ** 2 / 2, True)
        ),
        gradient={
            o1: sp.Piecewise(
                (o1 - o2, sp.Eq(e.sign, 1)),
                (-sp.Max(0, m - apart) * (o1 - o2) / apart, True),
            )
        },
        where={apart: dist(o1, o2)},
        letters={**_pair, m: e.m_pos},
    ),
    "info_nce_loss": _contrastive(
        _cosines(n.queries, n.keys), [list(row) for row in sp.eye(3).tolist()], own=False
    ),
    "nt_xent_loss": _contrastive(
        _cosines(_views, _views), _positives((0, 1, 0, 1)), 2 * N, own=True
    ),
    "sup_con_loss": _contrastive(
        _cosines(n.examples, n.examples), _positives(n._classes), own=True
    ),
    "dice_loss": Reading(
        formula=1 - (2 * over(pp[k] * yy[k]) + overlap.s) / area,
        gradient={pp[k]: (1 - ell - 2 * yy[k]) / area},
        where={
            area: over(pp[k]) + over(yy[k]) + overlap.s,
            ell: 1 - (2 * over(pp[k] * yy[k]) + overlap.s) / area,
        },
        letters={pp: vectors.p, yy: vectors.hot},
    ),
    "tversky_loss": Reading(
        formula=1 - (over(pp[k] * yy[k]) + overlap.s) / area,
        gradient={
            pp[k]: (
                (1 - ell) * (yy[k] + overlap.alpha * (1 - yy[k]) - overlap.beta * yy[k]) - yy[k]
            )
            / area
        },
        where={
            area: over(pp[k] * yy[k])
            + overlap.alpha * over(pp[k] * (1 - yy[k]))
            + overlap.beta * over((1 - pp[k]) * yy[k])
            + overlap.s,
            ell: 1 - (over(pp[k] * yy[k]) + overlap.s) / area,
        },
        letters={pp: vectors.p, yy: vectors.hot},
    ),
    "triplet_margin_loss": _triplet(raw, o_plus, o_minus),
    "triplet_margin_with_distance_loss": _triplet(raw),
}
