"""What is claimed of the losses, true and false, and the arithmetic that decides between them."""

import itertools
import re
from collections.abc import Callable
from dataclasses import fields, replace

import mpmath
import pytest
import sympy as sp
import sympy.stats

from lossfns.symbolic import (
    DEFINITIONS,
    L1,
    MSE,
    OUTPUT_LAYERS,
    VARIANTS,
    Claim,
    ClassificationCalibrated,
    Concave,
    Convex,
    Definition,
    Equals,
    Evidence,
    FalseClaim,
    Given,
    GradientIs,
    HessianIs,
    Identity,
    Integral,
    Invariant,
    JacobianIs,
    Kink,
    Limit,
    Lipschitz,
    LossDefinition,
    Minimiser,
    NegativeLogLikelihood,
    NeverAbove,
    NeverBelow,
    NonNegative,
    Not,
    OutputLayer,
    ProperScore,
    Range,
    Redescending,
    Smooth,
    Stationary,
    Symmetric,
    evaluate,
    o,
    one_sided_slopes,
    sample,
    y,
)
from lossfns.symbolic import classification as k
from lossfns.symbolic import contrastive as n
from lossfns.symbolic import divergence as d
from lossfns.symbolic import embedding as e
from lossfns.symbolic import margin as m
from lossfns.symbolic import outputs as f
from lossfns.symbolic import overlap as v
from lossfns.symbolic import regression as r
from lossfns.symbolic.definition import DRAWS
from lossfns.symbolic.vectors import logsumexp, p, q, q_true, sigma, softmax, softplus, z

EVERY = (*DEFINITIONS.values(), *VARIANTS, *OUTPUT_LAYERS.values())


def called(definition: Definition) -> str:
    """A name that tells the variants of a function apart."""
    return f"{definition.name}: {definition.title}"


each = pytest.mark.parametrize("definition", EVERY, ids=called)


# Claims


@pytest.mark.parametrize(
    ("definition", "claim"),
    [
        pytest.param(definition, claim, id=f"{called(definition)} is {claim.statement()}")
        for definition in EVERY
        for claim in definition.claims
    ],
)
def test_every_claim_holds(definition: Definition, claim: Claim) -> None:
    """A page prints a claim on its card only because this test has verified it."""
    assert claim.verify(definition) in Evidence


@each
def test_claims_read_well_and_are_said_once(definition: Definition) -> None:
    """A card prints the statements as they are: no code, no name of a symbol in English."""
    statements = [claim.statement() for claim in definition.claims]
    assert len(set(statements)) == len(statements)
    for statement in statements:
        assert not any(mark in statement for mark in ("**", "sqrt(", "Piecewise", "\n"))
        names = r"\b(oo|alpha|beta|delta|tau|epsilon|gamma)\b"
        assert not re.search(names, statement)
        assert statement[-1] not in " ,.:"


def test_claims_of_the_squared_error_are_proved() -> None:
    """Evidence must not decay unnoticed from a proof to a check at points."""
    assert {claim.verify(MSE) for claim in MSE.claims} == {Evidence.PROVED}


def test_last_claims_are_those_that_the_model_page_prints() -> None:
    """It says which noise a loss comes from, and ends with what a wrong one leaves over."""
    assert [loss.claims[-1].noise for loss in (MSE, L1)] == ["Gaussian", "Laplace"]
    with pytest.raises(FalseClaim, match=r": [^:]+ is left over$"):
        L1.claims[-1].verify(MSE)


def hyperbolic_secant(at: sp.Expr) -> sp.Expr:
    """The hyperbolic secant distribution's density, which SymPy lacks."""
    return sp.sech(at - o) / sp.pi


def asymmetric_laplace(at: sp.Expr) -> sp.Expr:
    """Two exponential distributions that meet at the quantile, which SymPy lacks."""
    below, above = ((1 - r.tau) / r.b, r.tau / r.b)
    slope = sp.Piecewise((-above, at > o), (below, True))
    return r.tau * (1 - r.tau) / r.b * sp.exp(slope * (at - o))


def density_of(distribution: sp.Basic) -> Callable[[sp.Expr], sp.Expr]:
    """SymPy's own density or probability."""
    return sympy.stats.density(distribution)


DISTRIBUTIONS = {
    ("mse_loss", "Gaussian"): density_of(sympy.stats.Normal("t", o, r.sigma)),
    ("gaussian_nll_loss", "Gaussian"): density_of(sympy.stats.Normal("t", o, sp.sqrt(r.v))),
    ("l1_loss", "Laplace"): density_of(sympy.stats.Laplace("t", o, r.b)),
    ("general_robust_loss", "Cauchy"): density_of(sympy.stats.Cauchy("t", o, sp.sqrt(2) * r.c)),
    ("poisson_nll_loss", "Poisson"): density_of(sympy.stats.Poisson("t", sp.exp(o))),
    ("log_cosh_loss", "hyperbolic secant"): hyperbolic_secant,
    ("pinball_loss", "asymmetric Laplace"): asymmetric_laplace,
}
"""Densities by loss and noise; probabilities of labels are summed up by the claim itself."""


def likelihoods(claims: tuple[Claim, ...]) -> list[NegativeLogLikelihood]:
    """The likelihoods among claims, those under a condition too."""
    bare = [claim.claim if isinstance(claim, Given) else claim for claim in claims]
    return [claim for claim in bare if isinstance(claim, NegativeLogLikelihood)]


NOISY = [
    (loss, claim)
    for loss in DEFINITIONS.values()
    for claim in likelihoods(loss.claims)
    if claim.kind in ("noise", "counts")
]


@pytest.mark.parametrize(
    ("loss", "claim"), [pytest.param(*row, id=f"{row[0].name}: {row[1].noise}") for row in NOISY]
)
def test_densities_are_those_of_the_noise_they_are_called(
    loss: LossDefinition, claim: NegativeLogLikelihood
) -> None:
    """The name on the card and the density behind it are independent of one another."""
    theirs = DISTRIBUTIONS[loss.name, claim.noise](loss.target)
    free = sorted(theirs.free_symbols | claim.density.free_symbols, key=str)
    moderate = [point for point in loss.points(tuple(free)) if max(map(abs, point.values())) < 100]
    assert len(moderate) > 20
    for point in moderate:
        ours, wanted = (evaluate(density, point) for density in (claim.density, theirs))
        assert abs(ours - wanted) <= sp.Float(10) ** -40 * abs(wanted), point


def test_counts_with_a_heavy_tail_are_added_up_to_its_end() -> None:
    """Of a geometric law with mean e² a count beyond 200 is met once in 10¹¹ times."""
    rate, count = sp.exp(r.o), r.POISSON_NLL.target
    probability = (rate / (1 + rate)) ** count / (1 + rate)
    loss = replace(r.POISSON_NLL, expression=-sp.log(probability))
    claim = NegativeLogLikelihood("geometric", probability, sp.Integer(1), kind="counts")
    assert claim.verify(loss)
    twice = replace(claim, density=probability / 2)
    with pytest.raises(FalseClaim, match=r"add up to 0\.5"):
        twice.verify(loss)


ZERO, ONE = sp.Integer(0), sp.Integer(1)
HALF = sp.Rational(1, 2)
residual = r.o - r.y
binary = {k.w_pos: ONE}
plain_ce = logsumexp(z) - sum(k.hot[j] * z[j] for j in range(3))
swapped = {**dict(zip(p, q, strict=True)), **dict(zip(q, p, strict=True))}
log_odds = sp.log(q_true[0] / (1 - q_true[0]))
absolute_probability = replace(k.BCE, expression=sp.Abs(k.chance - k.y))
sigmoid_squared = replace(k.BCE_WITH_LOGITS, expression=(sigma(k.logit) - k.y) ** 2)
linear_score = replace(k.BRIER, expression=1 - sum(k.hot[j] * p[j] for j in range(3)))
logistic_density = sp.exp(-residual) / (1 + sp.exp(-residual)) ** 2
nce = (
    sum(
        softplus(-n._dots[i][i] / n.tau)
        + sum(softplus(n._dots[i][j] / n.tau) for j in range(3) if j != i)
        for i in range(3)
    )
    / 3
)


def squared_error_but(expression: sp.Expr) -> LossDefinition:
    """A loss that says of itself what the squared error says, with another expression."""
    return replace(MSE, name="invented_loss", expression=expression)


HALF_SQUARE = squared_error_but(residual**2 / 2)
INSENSITIVE = squared_error_but(sp.Max(0, sp.Abs(residual) - 1))
WELSCH = squared_error_but(1 - sp.exp(-(residual**2) / 2))
CAUCHY = squared_error_but(sp.log(1 + residual**2))
GAUSSIAN, LAPLACE = (loss.claims[-1] for loss in (MSE, L1))

s = sp.Symbol("s", nonnegative=True)
SHIFTED, LEANING = (
    replace(
        MSE,
        name="invented_loss",
        expression=expression,
        parameters={s: sp.Integer(0)},
        domain={**MSE.domain, s: sp.Interval(0, sp.oo)},
    )
    for expression in (residual**2 - s * sp.Abs(residual), residual**2 + s * residual)
)
"""The squared error for the parameter's default, and something else for its other values."""

FALSE_CLAIMS = [
    ("squared error is minimised by the median", MSE, Minimiser("median")),
    ("absolute error is minimised by the mean", L1, Minimiser("mean")),
    (
        "fourth power is minimised by the mean",
        squared_error_but(residual**4),
        Minimiser("mean"),
    ),
    ("a stationary maximum is a minimum", squared_error_but(-(residual**2)), Minimiser("mean")),
    (
        "twice the mean minimises a loss that is stretched",
        squared_error_but((o - 2 * y) ** 2),
        Minimiser("mean"),
    ),
    ("absolute error has constant 2", L1, Lipschitz(sp.Integer(2))),
    ("absolute error has constant 1/2", L1, Lipschitz(sp.Rational(1, 2))),
    ("absolute error has none", L1, Lipschitz(sp.oo)),
    ("squared error has constant 2", MSE, Lipschitz(sp.Integer(2))),
    ("its gradient's constant is its own", HALF_SQUARE, Lipschitz(sp.Integer(1))),
    ("constant above what is reached", INSENSITIVE, Lipschitz(sp.Integer(2))),
    ("constant reached at some parameters only", r.HUBER, Lipschitz(sp.Max(1, r.delta))),
    ("concave is convex", squared_error_but(-(residual**2)), Convex()),
    ("cubic is convex", squared_error_but(residual**3), Convex()),
    ("root of the error is convex", squared_error_but(sp.sqrt(sp.Abs(residual))), Convex()),
    ("Cauchy's loss is convex", CAUCHY, Convex()),
    ("Welsch's loss is convex", WELSCH, Convex()),
    ("wiggles are convex", squared_error_but(residual**2 * sp.cos(residual)), Convex()),
    ("floor of 1 is 0", squared_error_but(residual**2 + 1), NonNegative()),
    ("cubic is non-negative", squared_error_but(residual**3), NonNegative()),
    ("negated square is non-negative", squared_error_but(-(residual**2)), NonNegative()),
    (
        "a dip beside the target is none",
        squared_error_but(residual**2 - sp.Abs(residual) / 10),
        NonNegative(),
    ),
    ("cubic is symmetric", squared_error_but(residual**3), Symmetric()),
    (
        "LINEX is symmetric",
        squared_error_but(sp.exp(residual) - residual - 1),
        Symmetric(),
    ),
    ("squared error comes from Laplace noise", MSE, LAPLACE),
    ("absolute error comes from Gaussian noise", L1, GAUSSIAN),
    ("half the square has the square's scale", HALF_SQUARE, GAUSSIAN),
    ("a factor of 2 in the scale", MSE, replace(GAUSSIAN, scale=2 * GAUSSIAN.scale)),
    (
        "a density that does not integrate to one",
        MSE,
        replace(GAUSSIAN, density=2 * GAUSSIAN.density),
    ),
    (
        "a growing exponential is a density",
        MSE,
        replace(GAUSSIAN, density=1 / GAUSSIAN.density, scale=-GAUSSIAN.scale),
    ),
    (
        "any loss, counted zero times",
        MSE,
        replace(LAPLACE, density=LAPLACE.density.subs(o, 0), scale=sp.Integer(0)),
    ),
    ("non-negative by default is non-negative", SHIFTED, NonNegative()),
    ("symmetric by default is symmetric", LEANING, Symmetric()),
    ("the mean by default is the mean", LEANING, Minimiser("mean")),
    ("convex for one weight is convex", replace(SHIFTED, claims=()), Convex()),
    ("Huber's slope is bounded by 2δ", r.HUBER, Lipschitz(2 * r.delta)),
    ("Huber's slope is bounded by 1", r.HUBER, Lipschitz(ONE)),
    ("Huber's curvature is 2", r.HUBER, Smooth(sp.Integer(2))),
    ("Huber's gradient is the residual", r.HUBER, GradientIs((residual,), "o − y")),
    ("Huber tends to L1 as δ → 0", r.HUBER, Limit(r.delta, ZERO, sp.Abs(residual), "L1")),
    ("Huber has a kink", r.HUBER, Kink(r.y, "at 0")),
    (
        "SmoothL1 is Huber",
        r.SMOOTH_L1,
        Given({r.beta: r.delta}, Equals(r.HUBER.expression, "Huber")),
    ),
    ("SmoothL1 tends to L2", r.SMOOTH_L1, Limit(r.beta, sp.oo, residual**2 / 2, "½ r²")),
    ("SmoothL1's curvature is 1", r.SMOOTH_L1, Given({r.beta: r.delta}, Smooth(ONE))),
    ("log-cosh is above L1", r.LOG_COSH, NeverBelow(sp.Abs(residual), "L1")),
    ("log-cosh's curvature is ½", r.LOG_COSH, Smooth(HALF)),
    (
        "log-cosh comes from logistic noise",
        r.LOG_COSH,
        NegativeLogLikelihood("logistic", logistic_density, ONE),
    ),
    ("pinball gives the median", r.PINBALL, Minimiser("median")),
    ("pinball gives the other quantile", r.PINBALL, Minimiser("quantile", level=1 - r.tau)),
    ("pinball's slope is at most τ", r.PINBALL, Lipschitz(r.tau)),
    ("pinball is symmetric", r.PINBALL, Symmetric()),
    ("L1 is smooth", r.L1, Smooth(ONE)),
    ("L2 has a kink", r.MSE, Kink(r.y, "at 0")),
    ("L2 is concave", r.MSE, Concave()),
    ("L2 is redescending", r.MSE, Redescending()),
    ("L2 is not convex", r.MSE, Not(Convex())),
    ("half of L2 is L2", r.MSE, Equals(residual**2 / 2, "its half")),
    ("the robust family is convex", r.GENERAL_ROBUST, Convex()),
    ("Charbonnier redescends", r.GENERAL_ROBUST, Given({r.alpha: ONE}, Redescending())),
    ("Cauchy is convex", r.GENERAL_ROBUST, Given({r.alpha: ZERO}, Convex())),
    (
        "α = −2 is Cauchy",
        r.GENERAL_ROBUST,
        Given({r.alpha: sp.Integer(-2)}, Equals(r._cauchy, "Cauchy")),
    ),
    ("α → 2 is Cauchy", r.GENERAL_ROBUST, Limit(r.alpha, sp.Integer(2), r._cauchy, "Cauchy")),
    ("the Gaussian NLL is jointly convex", r.GAUSSIAN_NLL, Convex()),
    ("the Gaussian NLL is never negative", r.GAUSSIAN_NLL, Range(ZERO, sp.oo)),
    ("the best variance is |r|", r.GAUSSIAN_NLL, Stationary({r.v: sp.Abs(residual)}, "v = |r|")),
    (
        "a rate is minimised by the mean's log",
        r.POISSON_NLL_RATE,
        Minimiser("mean", link=sp.log(r.statistic)),
    ),
    ("a log-rate is minimised by the mean", r.POISSON_NLL, Minimiser("mean")),
    (
        "Poisson's gradient has the other sign",
        r.POISSON_NLL,
        GradientIs((r.count - sp.exp(r.o),), "y − e^o"),
    ),
    ("BCE is Lipschitz", k.BCE, Lipschitz(ONE)),
    ("BCE is at most 1", k.BCE, Range(ZERO, ONE)),
    ("BCE of a soft target can be 0", k.BCE, NonNegative()),
    ("L1 on probabilities is proper", absolute_probability, ProperScore()),
    ("L1 on probabilities gives the mean", absolute_probability, Minimiser("mean")),
    ("the linear score is proper", linear_score, ProperScore()),
    (
        "BCE is minus the likelihood of the other label",
        k.BCE,
        NegativeLogLikelihood("Bernoulli", k.BERNOULLI.subs(k.y, 1 - k.y), ONE, support=k.BITS),
    ),
    (
        "the gradient is y − p",
        k.BCE_WITH_LOGITS,
        Given(binary, GradientIs((k.y - sigma(k.logit),), "y − p")),
    ),
    ("BCE's curvature is 1", k.BCE_WITH_LOGITS, Given(binary, Smooth(ONE))),
    (
        "pos_weight leaves the minimiser",
        k.BCE_WITH_LOGITS,
        Minimiser("mean", link=sp.log(r.statistic / (1 - r.statistic))),
    ),
    ("sigmoid and squared error are convex", sigmoid_squared, Given(binary, Convex())),
    (
        "cross-entropy is a sigmoid for each class",
        k.CROSS_ENTROPY,
        Equals(sum(q[j] * softplus(-z[j]) + (1 - q[j]) * softplus(z[j]) for j in range(3)), "BCE"),
    ),
    ("its Hessian is diagonal", k.CROSS_ENTROPY, HessianIs(sp.diag(*softmax(z)), "diag(p)")),
    ("its curvature is 1", k.CROSS_ENTROPY, Smooth(ONE)),
    (
        "label smoothing has the floor 0",
        k.CROSS_ENTROPY,
        Given({k.epsilon: HALF}, NeverBelow(ZERO, "0")),
    ),
    ("NLL takes any logits", k.NLL, Invariant({x: x + k.shift for x in k.a}, "a shift")),
    ("focal loss is convex", k.BINARY_FOCAL, Convex()),
    ("focal loss is proper", k.BINARY_FOCAL, ProperScore((log_odds,))),
    ("focal loss is above cross-entropy", k.FOCAL, NeverBelow(plain_ce, "cross-entropy")),
    ("the Brier score is at most 1", k.BRIER, Range(ZERO, ONE)),
    ("logit adjustment changes nothing", k.LOGIT_ADJUSTED, Equals(plain_ce, "cross-entropy")),
    (
        "adjusted logits are log-probabilities",
        k.LOGIT_ADJUSTED,
        Given({k.tau: ONE}, ProperScore(tuple(map(sp.log, q_true)))),
    ),
    ("every term of KL is positive", d.KL_DIV, Range(ZERO, sp.oo)),
    ("KL is symmetric", d.KL_DISTRIBUTIONS, Invariant(swapped, "exchanging")),
    ("JS reaches 1", d.JS_DIV, Range(ZERO, ONE)),
    ("JS is at most ½", d.JS_DIV, Range(ZERO, HALF)),
    (
        "the other Gaussian KL",
        replace(
            d.GAUSSIAN_KL,
            expression=d.GAUSSIAN_KL.expression.subs({d.s: d.s_0, d.s_0: d.s}, simultaneous=True),
        ),
        d.GAUSSIAN_KL.claims[-1],
    ),
    ("entropy is convex", d.ENTROPY, Convex()),
    ("entropy is at most log 2", d.ENTROPY, Range(ZERO, sp.log(2))),
    ("perplexity starts at 0", d.PERPLEXITY, Range(ZERO, sp.oo)),
    ("hinge is smooth", m.HINGE, Smooth(ONE)),
    ("hinge has its kink at 0", m.HINGE, Kink(ZERO, "at 0")),
    (
        "a perceptron's loss is calibrated",
        replace(m.HINGE, expression=sp.Max(0, -m.sign * m.o)),
        ClassificationCalibrated(),
    ),
    (
        "a turned hinge is calibrated",
        replace(m.HINGE, expression=sp.Max(0, 1 + m.sign * m.o)),
        ClassificationCalibrated(),
    ),
    (
        "squared error of y = 1 alone is calibrated",
        replace(m.HINGE, expression=(m.o - 1) ** 2),
        ClassificationCalibrated(),
    ),
    ("hinge is below the zero–one loss", m.HINGE, NeverAbove(m.MISTAKE, "0–1")),
    ("squared hinge is Lipschitz", m.SQUARED_HINGE, Lipschitz(sp.Integer(2))),
    (
        "soft margin's gradient has the other sign",
        m.SOFT_MARGIN,
        GradientIs((m.sign * sigma(-m.sign * m.o),), "yσ(−yo)"),
    ),
    ("soft margin bounds the zero–one loss", m.SOFT_MARGIN, NeverBelow(m.MISTAKE, "0–1")),
    (
        "hinge embedding, reversed",
        m.HINGE_EMBEDDING,
        Given({m.sign: ONE}, Equals(sp.Max(0, m.m - m.o), "max(0, m − o)")),
    ),
    ("hinge embedding takes scores", m.HINGE_EMBEDDING, ClassificationCalibrated()),
    ("ranking is 1-Lipschitz", m.MARGIN_RANKING, Lipschitz(ONE)),
    (
        "equal scores cost the margin twice",
        m.MARGIN_RANKING,
        Given({m.o2: m.o1}, Equals(2 * m.m, "2m")),
    ),
    (
        "Bradley–Terry is a hinge",
        m.BRADLEY_TERRY,
        Equals(sp.Max(0, -m.sign * (m.o1 - m.o2)), "hinge"),
    ),
    ("DPO's gradient lacks β", m.DPO, Given({m.mislabelled: ZERO}, Lipschitz(sp.sqrt(2)))),
    (
        "DPO minds a rarer chosen answer",
        m.DPO,
        Invariant({m.policy[0]: m.policy[0] + m.shift}, "it"),
    ),
    ("multi-class hinge is 1-Lipschitz", m.MULTI_MARGIN, Lipschitz(ONE)),
    (
        "the multi-class hinge is the multi-label one",
        m.MULTI_MARGIN,
        Equals(m.MULTILABEL_MARGIN.expression, "it"),
    ),
    ("multi-label logistic loss ignores a shift", m.MULTILABEL_SOFT_MARGIN, m.ALL_SHIFTED),
    ("cosine embedding is convex", e.COSINE_EMBEDDING, Convex()),
    (
        "negatives are made orthogonal",
        e.COSINE_EMBEDDING,
        Given({e.sign: -ONE}, Equals(sp.Abs(e._cosine), "|c|")),
    ),
    ("cosine embedding is at most 1", e.COSINE_EMBEDDING, Range(ZERO, ONE)),
    ("the triplet loss is convex", e.TRIPLET_MARGIN, Convex()),
    ("a swap makes the triplet loss smaller", e.TRIPLET_MARGIN_SWAP, NeverAbove(e._triplet, "it")),
    ("the 1-norm turns with the axes", e.TRIPLET_MARGIN_L1, e._ALL_TURNED),
    ("pushing apart is convex", e.CONTRASTIVE, Given({e.sign: -ONE}, Convex())),
    ("InfoNCE is a binary classifier", n.INFO_NCE_DOT, Equals(nce, "NCE")),
    ("InfoNCE is at most log N", n.INFO_NCE, NeverAbove(sp.log(3), "log N")),
    ("τ → 0 gives 0", n.INFO_NCE, Limit(n.tau, ZERO, ZERO, "0", scale=n.tau)),
    (
        "a constant embedding scores log 2N",
        n.NT_XENT,
        Given(n._all(n._views, n.first[0]), Equals(sp.log(4), "log 2N")),
    ),
    (
        "a constant embedding scores 0",
        n.SUP_CON,
        Given(n._all(n.examples, n.examples[0]), Equals(ZERO, "0")),
    ),
    ("the Dice loss is convex", v.DICE, Convex()),
    (
        "Jaccard is Dice",
        v.TVERSKY,
        Given({v.alpha: ONE, v.beta: ONE}, Equals(v.DICE.expression, "Dice")),
    ),
    ("softmax is a sigmoid of each", f.SOFTMAX, Equals(tuple(map(sigma, z)), "σ(z)")),
    (
        "heat sharpens",
        f.SOFTMAX_WITH_TEMPERATURE,
        Limit(f.T, ZERO, (sp.Rational(1, 3),) * 3, "1/C"),
    ),
    ("tanh is 2σ(z) − 1", f.TANH, Equals(2 * sigma(f.x) - 1, "2σ(z) − 1")),
    (
        "the logistic density is a logistic function",
        f.SIGMOID,
        JacobianIs(sp.Matrix([sigma(f.x)]), "σ(z)"),
    ),
    (
        "log-softmax adds up to 1",
        f.LOG_SOFTMAX,
        Identity(lambda layer: sum(layer.outputs), ONE, "Σ = 1"),
    ),
    ("log-sum-exp is at most the maximum", f.LOGSUMEXP, NeverAbove(sp.Max(*z), "max(z)")),
]


@pytest.mark.parametrize(
    ("definition", "claim"), [pytest.param(*row[1:], id=row[0]) for row in FALSE_CLAIMS]
)
def test_false_claim_is_refuted(definition: Definition, claim: Claim) -> None:
    """A verification that nothing can fail would make every card true."""
    with pytest.raises(FalseClaim) as refusal:
        claim.verify(definition)
    start = f"{definition.name}: not {claim.statement()}: "
    assert str(refusal.value).startswith(start)
    assert len(str(refusal.value)) > len(start)


def test_every_kind_of_claim_has_been_refuted() -> None:
    """A new kind of claim comes with a false one that it catches."""
    kinds = {type(claim) for _, _, claim in FALSE_CLAIMS}
    assert {*Claim.__subclasses__()} == kinds | {Integral} == kinds


def test_a_counterexample_is_one() -> None:
    """The numbers of the message can be put into the formula to see the claim fail."""
    loss = squared_error_but(residual**3)
    with pytest.raises(FalseClaim) as refusal:
        NonNegative().verify(loss)
    numbers = re.search(r"\{o: (\S+), y: (\S+)\}$", str(refusal.value))
    assert (
        loss.expression.subs(dict(zip((o, y), map(sp.Rational, numbers.groups()), strict=True))) < 0
    )


# Evaluation


def test_numbers_are_exact_where_floats_would_cancel() -> None:
    """The 50 digits are right, whatever is lost on the way to them."""
    x = sp.Symbol("x", real=True)
    tiny = evaluate(softplus(x), {x: sp.Integer(-10_000)})
    assert abs(tiny / evaluate(sp.exp(x), {x: sp.Integer(-10_000)}) - 1) < sp.Float(10) ** -48
    lost = evaluate(sp.log(sp.exp(x) + 1) - x, {x: sp.Integer(10_000)})
    assert abs(lost / tiny - 1) < sp.Float(10) ** -48
    assert evaluate(sp.Max(0, x), {x: sp.Integer(-1)}) == 0


def test_message_on_a_symbol_without_a_value() -> None:
    """A forgotten target is named, not met as a type error inside of mpmath."""
    with pytest.raises(ValueError, match=r"^values must give every symbol .*; \[y\] lack one$"):
        r.MSE.evaluate(r.MSE.expression, {r.o: ONE})


def test_slopes_on_both_sides_of_a_kink() -> None:
    """They are taken closer together than any two floats are."""
    slopes = one_sided_slopes(m.HINGE.expression, m.o, {m.o: ONE, m.sign: ONE})
    assert [float(slope) for slope in slopes] == [-1.0, 0.0]


def test_points_are_the_same_each_time_and_keep_what_is_bound_together() -> None:
    """Probabilities that do not sum to one would check a claim where nobody made it."""
    first, second = ([*k.CROSS_ENTROPY.points((*z, *q))] for _ in range(2))
    assert first == second
    # A few of the drawn ones coincide: corners have two values for each logit.
    assert len({tuple(point.items()) for point in first}) > DRAWS * 4 // 5
    assert all(sum(point[symbol] for symbol in q) == 1 for point in first)
    extremes = {abs(point[score]) for point, score in itertools.product(first, z)}
    assert {0, 10_000} <= extremes


def test_a_fixed_symbol_is_gone_from_the_definition() -> None:
    """What is given can neither be sampled nor differentiated by."""
    fixed = r.HUBER.given({r.delta: sp.Integer(2), r.y: ZERO})
    assert set(fixed.domain) == {r.o}
    assert not fixed.parameters
    assert fixed.evaluate(fixed.expression, {r.o: sp.Integer(3)}) == sp.Float(4, 50)
    assert sp.simplify(fixed.expression - r.HUBER.expression.subs({r.delta: 2, r.y: 0})) == 0


def test_message_on_an_unknown_statistic() -> None:
    """A claim about a statistic that nothing verifies cannot even be made."""
    message = r"^statistic must be one of \('mean', 'median', 'quantile'\); got 'mode'$"
    with pytest.raises(ValueError, match=message):
        Minimiser("mode")


def test_message_on_a_domain_without_samples() -> None:
    """A claim checked at no point at all would hold of everything."""
    with pytest.raises(
        ValueError, match=r"^domain must hold some of the sampled numbers; got Interval\(20, 30\)$"
    ):
        sample(sp.Interval(20, 30))


def test_samples_lie_in_the_domain_and_reach_its_ends() -> None:
    """Extremes are where losses break; numbers outside of a domain say nothing."""
    for domain in (sp.S.Reals, sp.Interval(0, 1), sp.Interval.open(0, sp.oo), sp.S.Integers):
        values = sample(domain)
        assert len(set(values)) == len(values) > 3
        assert all(value in domain for value in values)
    assert {sp.Integer(0), sp.Integer(1)} <= set(sample(sp.Interval(0, 1)))
    assert {-10_000, 10_000} <= set(sample(sp.S.Reals))
    assert sample(sp.FiniteSet(1, 0)) == (0, 1)


def test_evaluation_has_fifty_digits_and_the_parameters_defaults() -> None:
    """A difference in the 40th digit is still seen, and an unset parameter has its default."""
    scale = sp.Symbol("s", positive=True)
    loss = replace(squared_error_but(sp.sqrt(scale)), parameters={scale: sp.Integer(3)})
    with mpmath.workdps(60):
        for values, root in [({}, mpmath.sqrt(3)), ({scale: 5}, mpmath.sqrt(5))]:
            actual = mpmath.mpf(loss.evaluate(loss.expression, values))
            assert abs(actual - root) < mpmath.mpf(10) ** -48
    tiny = sp.Rational(1, 10**40)
    assert loss.evaluate(residual, {o: 1 + tiny, y: 1}) == tiny.evalf(50)


def test_a_definition_cannot_be_changed() -> None:
    """Pages and tests share one object; an assignment in one must not reach the other."""
    for definition, kind in ((MSE, LossDefinition), (f.SIGMOID, OutputLayer)):
        for attribute in fields(kind):
            with pytest.raises(AttributeError):
                setattr(definition, attribute.name, None)
