"""The mathematics of every loss: its claims, false ones, and the function that computes it."""

import importlib
import inspect
import itertools
import math
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache

import mpmath
import pytest
import sympy as sp
import torch
from torch import Tensor

import lossfns
from lossfns.symbolic import (
    DEFINITIONS,
    OUTPUT_LAYERS,
    VARIANTS,
    WITHOUT_DEFINITION,
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
    ProperScore,
    Range,
    Redescending,
    Smooth,
    Stationary,
    Symmetric,
    evaluate,
    one_sided_slopes,
)
from lossfns.symbolic import classification as k
from lossfns.symbolic import contrastive as n
from lossfns.symbolic import divergence as d
from lossfns.symbolic import embedding as e
from lossfns.symbolic import margin as m
from lossfns.symbolic import outputs as f
from lossfns.symbolic import overlap as v
from lossfns.symbolic import regression as r
from lossfns.symbolic.vectors import logsumexp, p, q, q_true, sigma, softmax, softplus, z

LOSSES = (*DEFINITIONS.values(), *VARIANTS)
EVERY = (*LOSSES, *OUTPUT_LAYERS.values())
FAMILIES = ("regression", "classification", "divergence", "margin", "embedding", "contrastive")
FAMILIES += ("overlap", "outputs")


def called(definition: Definition) -> str:
    """A name that tells the variants of a function apart."""
    return f"{definition.name}: {definition.title}"


each = pytest.mark.parametrize("definition", EVERY, ids=called)


def function_of(definition: Definition) -> Callable[..., Tensor]:
    """The function of a definition's name, wherever it is in ``lossfns``."""
    modules = [lossfns, *(importlib.import_module(f"lossfns.{family}") for family in FAMILIES)]
    return next(
        getattr(module, definition.name) for module in modules if hasattr(module, definition.name)
    )


# What a definition says of itself


def test_every_public_loss_has_a_definition_or_a_reason_for_having_none() -> None:
    """A loss without its mathematics is checked against nothing but PyTorch."""
    exported = {name: getattr(lossfns, name) for name in lossfns.__all__}
    losses = {
        name
        for name, function in exported.items()
        if inspect.isfunction(function)
        and function is not lossfns.reduce
        and "reduction" in inspect.signature(function).parameters
    }
    assert losses <= {*DEFINITIONS, *WITHOUT_DEFINITION}
    assert not {*DEFINITIONS} & {*WITHOUT_DEFINITION}


@each
def test_symbols_parameters_and_arguments_fit_together(definition: Definition) -> None:
    """Each symbol has a domain, each argument exists, and the defaults are the function's."""
    targets = getattr(definition, "targets", ())
    assert set(definition.domain) == {*definition.inputs, *targets, *definition.parameters}
    free = set().union(*(expression.free_symbols for expression in definition.expressions))
    assert free <= set(definition.domain)
    for symbol, value in definition.parameters.items():
        assert value in definition.domain[symbol]
    for joint in definition.joints:
        assert all(
            value in definition.domain[symbol]
            for values in joint.samples
            for symbol, value in zip(joint.symbols, values, strict=True)
        )
    signature = inspect.signature(function_of(definition)).parameters
    assert {*definition.arguments, *definition.options} <= set(signature)
    required = {name for name, entry in signature.items() if entry.default is entry.empty}
    assert required <= {*definition.arguments, *definition.options}
    assert set(definition.indices) <= set(definition.arguments)
    assert definition.claims
    assert definition.title
    assert definition.page
    torch_names = vars(torch.nn.functional) | vars(torch)
    assert definition.torch_name is None or definition.torch_name in torch_names


@pytest.mark.parametrize("definition", [*DEFINITIONS.values(), *OUTPUT_LAYERS.values()], ids=called)
def test_defaults_of_parameters_are_the_functions(definition: Definition) -> None:
    """A card that prints another default than the function has would mislead."""
    signature = inspect.signature(function_of(definition)).parameters
    for name, value in definition.options.items():
        default = signature[name].default
        if isinstance(value, sp.Symbol) and default is not inspect.Parameter.empty:
            assert float(definition.parameters[value]) == pytest.approx(default, rel=1e-15), name


# Value and gradient


def leaves(layout: object) -> Iterator[sp.Expr]:
    """The expressions in a nested layout, row after row."""
    if isinstance(layout, tuple):
        for entry in layout:
            yield from leaves(entry)
    else:
        yield layout


def variables(definition: Definition) -> tuple[sp.Symbol, ...]:
    """The symbols that a call gives values to."""
    held = [*leaves(tuple(definition.arguments.values()))]
    held += [value for value in definition.options.values() if isinstance(value, sp.Expr)]
    passed = set().union(*(expression.free_symbols for expression in held))
    order = (*definition.inputs, *getattr(definition, "targets", ()), *definition.parameters)
    return tuple(s for s in order if s in passed or s not in definition.parameters)


@cache
def points(definition: Definition) -> list[dict[sp.Symbol, sp.Expr]]:
    """Sampled points at numbers that float32 holds, and so float64 too."""
    count = 45 if len(definition.inputs) <= 6 else 9
    rounded = []
    for number, point in enumerate(definition.points(variables(definition), limit=225)):
        if number % max(1, 90 // count) == 0:
            rounded.append({**definition.parameters, **{s: single(x) for s, x in point.items()}})
    return rounded


def single(value: sp.Expr) -> sp.Rational:
    """A number as float32 holds it."""
    return sp.Rational(*torch.tensor(float(value)).item().as_integer_ratio())


def call(
    definition: Definition, point: dict[sp.Symbol, sp.Expr], dtype: torch.dtype
) -> tuple[Tensor, dict[str, Tensor]]:
    """The function's results at a point, flat, and its arguments."""
    numbers, options = definition.arguments_at(point)
    tensors = {
        name: torch.tensor(value)
        if name in definition.indices
        else torch.tensor(value, dtype=dtype, requires_grad=True)
        for name, value in numbers.items()
    }
    return function_of(definition)(**tensors, **options).flatten(), tensors


ROUNDED_AT: dict[str, Callable[[dict[sp.Symbol, sp.Expr]], sp.Expr]] = {
    # One minus a ratio, a cosine, a smooth maximum: no digits are left where the loss is near 0.
    "cosine_embedding_loss": lambda _: 1,
    "dice_loss": lambda _: 1,
    "tversky_loss": lambda _: 1,
    "js_div": lambda _: 1,
    "log_softmax": lambda _: 1,
    # The difference of two distances, each as large as the coordinates.
    "triplet_margin_loss": lambda point: max(map(abs, point.values())),
    "triplet_margin_with_distance_loss": lambda point: max(map(abs, point.values())),
    # The difference of two logits, which are cosines over the temperature.
    "info_nce_loss": lambda point: 1 / point[n.tau],
    "nt_xent_loss": lambda point: 1 / point[n.tau],
    "sup_con_loss": lambda point: 1 / point[n.tau],
}
"""Losses with a difference in them that cancels: the size of what is rounded before it."""


@cache
def exact_values(definition: Definition) -> list[tuple[dict, list[tuple[sp.Float, sp.Float]]]]:
    """The points, and for each result there its exact value and the size of what is rounded.

    The size is that of the value, of what each variable contributes to it, Σ |x ∂f/∂x|, and of
    what cancels. A function that rounds its arguments and its result and nothing else is off by
    half an ulp of it; good ones are off by little more.
    """
    found = []
    for point in points(definition):
        results = []
        for expression in definition.expressions:
            exact = definition.evaluate(expression, point)
            size = abs(exact) + ROUNDED_AT.get(definition.name, lambda _: 0)(point)
            for symbol in expression.free_symbols & {*variables(definition)}:
                slope = max(map(abs, one_sided_slopes(expression, symbol, point)))
                if mpmath.isfinite(slope):
                    size += abs(point[symbol]) * sp.Float(slope, 20)
            results.append((exact, size))
        found.append((point, results))
    return found


@each
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32], ids=str)
def test_value_is_that_of_the_definition(definition: Definition, dtype: torch.dtype) -> None:
    """The function computes the formula, at ordinary, random and extreme points.

    It may be off by what four half ulps in each argument and in the result make of it, four
    because a sum, a logarithm and a product each round too.
    """
    info = torch.finfo(dtype)
    for point, results in exact_values(definition):
        actual, _ = call(definition, point, dtype)
        for value, (exact, size) in zip(actual.tolist(), results, strict=True):
            message = f"{value}, not {float(exact)} at {point}"
            if abs(exact) > info.max:
                assert value == math.copysign(math.inf, sp.sign(exact)), message
                continue
            assert math.isfinite(value), message
            allowed = 2 * info.eps * size + info.smallest_normal
            assert abs(sp.Rational(*value.as_integer_ratio()) - exact) <= allowed, message


@pytest.mark.parametrize("definition", LOSSES, ids=called)
def test_autograd_gives_the_definitions_gradient(definition: LossDefinition) -> None:
    """What the pages print as gradient is what training follows, away from kinks.

    The tolerance is a thousand half ulps at the size of the gradient and of what the value's
    tolerance allows: this finds wrong formulas. Digits are the affair of the values' test.
    """
    checked = 0
    epsilon = torch.finfo(torch.float64).eps
    for point in points(definition)[:30]:
        if any(point[s] in definition.domain[s].boundary for s in definition.inputs):
            continue
        both = {s: one_sided_slopes(definition.expression, s, point) for s in definition.inputs}
        if any(abs(a - b) > 1e-20 * (abs(a) + 1) for a, b in both.values()):
            continue
        derived = definition.gradient() if len(definition.inputs) <= 6 else None
        value, tensors = call(definition, point, torch.float64)
        if not value.isfinite().all():
            continue
        value.sum().backward()
        sizes = [sp.Float(abs(a), 20) for a, _ in both.values()]
        largest = max([*sizes, *map(abs, point.values()), 1])
        for row, symbol in enumerate(definition.inputs):
            quotient = sp.Float(both[symbol][0], 40)
            if abs(quotient) > 1e290:
                continue
            if derived is not None:
                exact = definition.evaluate(derived[row], point)
                # Where a norm of 0 stands in a branch that does not count, SymPy has 0/0.
                gap = 0 if exact is sp.nan else abs(exact - quotient)
                assert gap <= 1e-25 * (1 + abs(quotient)), point
            actual = chained(definition, tensors, symbol, point)
            allowed = 1000 * epsilon * (abs(quotient) + largest)
            assert abs(actual - quotient) <= allowed, f"{actual}, not {quotient} at {point}"
            checked += 1
    assert checked


def chained(
    definition: Definition, tensors: dict[str, Tensor], symbol: sp.Symbol, point: dict
) -> sp.Expr:
    """Derivative by a symbol from those by the arguments that it stands in."""
    total = sp.Integer(0)
    for name, layout in definition.arguments.items():
        if name in definition.indices:
            continue
        slopes = tensors[name].grad
        flat = [0.0] * tensors[name].numel() if slopes is None else slopes.flatten().tolist()
        for slope, leaf in zip(flat, leaves(layout), strict=True):
            if symbol in leaf.free_symbols:
                total += sp.Float(slope, 40) * evaluate(leaf.diff(symbol), point)
    return total


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

FALSE_CLAIMS = [
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
        ProperScore(tuple(map(sp.log, q_true))),
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
    assert len({tuple(point.items()) for point in first}) > 60
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
