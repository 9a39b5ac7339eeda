"""Definitions of the losses for real-valued targets and for counts."""

import sympy as sp

from lossfns.symbolic.claims import (
    Convex,
    Equals,
    Given,
    GradientIs,
    Kink,
    Limit,
    Lipschitz,
    NeverAbove,
    NeverBelow,
    NonNegative,
    Not,
    Redescending,
    Smooth,
    Stationary,
    Symmetric,
)
from lossfns.symbolic.definition import LossDefinition, o, y
from lossfns.symbolic.statistical_claims import Minimiser, NegativeLogLikelihood, statistic

HALF = sp.Rational(1, 2)

sigma = sp.Symbol("sigma", positive=True)
"""Standard deviation of Gaussian noise."""

b = sp.Symbol("b", positive=True)
"""Scale of Laplace noise."""

delta = sp.Symbol("delta", positive=True)
"""Residual beyond which Huber's loss is linear."""

beta = sp.Symbol("beta", nonnegative=True)
_rounded = sp.Symbol("beta", positive=True)
"""Residual beyond which the smooth L1 loss is linear."""

tau = sp.Symbol("tau", positive=True)
"""Level of a quantile."""

alpha = sp.Symbol("alpha", extended_real=True)
"""Shape of the general robust loss: 2 is the squared error, lower is more robust."""

c = sp.Symbol("c", positive=True)
"""Scale of the general robust loss: the residual at which it leaves the squared error."""

v = sp.Symbol("v", positive=True)
"""Predicted variance."""

count = sp.Symbol("y", integer=True, nonnegative=True)
"""A target that counts something."""

epsilon = sp.Symbol("epsilon", positive=True)
"""A small number that keeps a logarithm finite."""

POSITIVE = sp.Interval.open(0, sp.oo)
LINE = {o: sp.S.Reals, y: sp.S.Reals}
PAIR = {"input": o, "target": y}

r = o - y

MSE = LossDefinition(
    name="mse_loss",
    title="Squared error",
    aliases=("mean squared error", "MSE", "L2 loss", "quadratic loss", "least squares"),
    inputs=(o,),
    targets=(y,),
    expression=(o - y) ** 2,
    domain=LINE,
    arguments=PAIR,
    output_layer="identity",
    claims=(
        NonNegative(),
        Symmetric(),
        Convex(),
        Lipschitz(sp.oo),
        Smooth(sp.Integer(2)),
        Minimiser("mean"),
        NegativeLogLikelihood(
            noise="Gaussian",
            density=sp.exp(-((y - o) ** 2) / (2 * sigma**2)) / sp.sqrt(2 * sp.pi * sigma**2),
            scale=1 / (2 * sigma**2),
        ),
    ),
    torch_name="mse_loss",
    page="regression/ols_from_mle",
    sources=("legendre1805", "gauss1809"),
)

L1 = LossDefinition(
    name="l1_loss",
    title="Absolute error",
    aliases=("mean absolute error", "MAE", "L1 loss", "least absolute deviations"),
    inputs=(o,),
    targets=(y,),
    expression=sp.Abs(o - y),
    domain=LINE,
    arguments=PAIR,
    output_layer="identity",
    claims=(
        NonNegative(),
        Symmetric(),
        Convex(),
        Lipschitz(sp.Integer(1)),
        Kink(y, "where input and target agree"),
        Minimiser("median"),
        NegativeLogLikelihood(
            noise="Laplace",
            density=sp.exp(-sp.Abs(y - o) / b) / (2 * b),
            scale=1 / b,
        ),
    ),
    torch_name="l1_loss",
    page="regression/absolute_and_robust",
    sources=("laplace1774",),
)

HUBER = LossDefinition(
    name="huber_loss",
    title="Huber loss",
    aliases=("Huber's loss",),
    inputs=(o,),
    targets=(y,),
    parameters={delta: sp.Integer(1)},
    expression=sp.Piecewise(
        (r**2 / 2, sp.Abs(r) <= delta), (delta * (sp.Abs(r) - delta / 2), True)
    ),
    domain={**LINE, delta: POSITIVE},
    arguments=PAIR,
    options={"delta": delta},
    output_layer="identity",
    claims=(
        NonNegative(),
        Symmetric(),
        Convex(),
        Lipschitz(delta),
        Smooth(sp.Integer(1)),
        GradientIs(
            (sp.Max(-delta, sp.Min(delta, r)),),
            "that of half the squared error, clipped to [−δ, δ]",
        ),
        Limit(delta, sp.oo, r**2 / 2, "half the squared error"),
        Limit(delta, sp.Integer(0), sp.Abs(r), "the absolute error", scale=1 / delta),
        NeverAbove(r**2 / 2, "half the squared error"),
        NeverAbove(delta * sp.Abs(r), "δ times the absolute error"),
    ),
    torch_name="huber_loss",
    page="regression/absolute_and_robust",
    sources=("huber1964",),
)

SMOOTH_L1 = LossDefinition(
    name="smooth_l1_loss",
    title="Smooth L1 loss",
    aliases=("smooth absolute error",),
    inputs=(o,),
    targets=(y,),
    parameters={beta: sp.Integer(1)},
    expression=sp.Piecewise((r**2 / (2 * beta), sp.Abs(r) < beta), (sp.Abs(r) - beta / 2, True)),
    domain={**LINE, beta: sp.Interval(0, sp.oo)},
    arguments=PAIR,
    options={"beta": beta},
    output_layer="identity",
    claims=(
        NonNegative(),
        Symmetric(),
        Convex(),
        Lipschitz(sp.Integer(1)),
        Given({beta: _rounded}, Smooth(1 / _rounded), "for β above 0"),
        Given(
            {beta: _rounded},
            Equals(
                HUBER.expression.subs(delta, _rounded) / _rounded,
                "Huber's loss with δ = β, divided by β",
            ),
            "for β above 0",
        ),
        Given({beta: sp.Integer(0)}, Equals(sp.Abs(r), "the absolute error")),
        Limit(beta, sp.Integer(0), sp.Abs(r), "the absolute error"),
        Limit(beta, sp.oo, r**2 / 2, "half the squared error", scale=beta),
        Limit(beta, sp.oo, sp.Integer(0), "nothing: its gradient vanishes"),
    ),
    torch_name="smooth_l1_loss",
    page="regression/absolute_and_robust",
    sources=("girshick2015",),
)

LOG_COSH = LossDefinition(
    name="log_cosh_loss",
    title="Log-cosh loss",
    aliases=("logarithm of the hyperbolic cosine",),
    inputs=(o,),
    targets=(y,),
    expression=sp.log(sp.cosh(r)),
    domain=LINE,
    arguments=PAIR,
    output_layer="identity",
    claims=(
        NonNegative(),
        Symmetric(),
        Convex(),
        Lipschitz(sp.Integer(1)),
        Smooth(sp.Integer(1)),
        GradientIs((sp.tanh(r),), "tanh(o − y)"),
        Equals(
            sp.Abs(r) + sp.log(1 + sp.exp(-2 * sp.Abs(r))) - sp.log(2),
            "|r| + log(1 + e^(−2|r|)) − log 2, which does not overflow",
        ),
        NeverBelow(sp.Abs(r) - sp.log(2), "the absolute error minus log 2"),
        NeverAbove(sp.Abs(r), "the absolute error"),
        NeverAbove(r**2 / 2, "half the squared error"),
        NegativeLogLikelihood(
            noise="hyperbolic secant",
            density=1 / (sp.pi * sp.cosh(r)),
            scale=sp.Integer(1),
        ),
    ),
    torch_name=None,
    page="regression/absolute_and_robust",
    sources=("green1990",),
)

PINBALL = LossDefinition(
    name="pinball_loss",
    title="Pinball loss",
    aliases=("quantile loss", "check loss", "tilted absolute error"),
    inputs=(o,),
    targets=(y,),
    parameters={tau: HALF},
    expression=sp.Max(tau * (y - o), (tau - 1) * (y - o)),
    domain={**LINE, tau: sp.Interval.open(0, 1)},
    arguments=PAIR,
    options={"quantile": tau},
    output_layer="identity",
    claims=(
        NonNegative(),
        Convex(),
        Lipschitz(sp.Max(tau, 1 - tau)),
        Kink(y, "where input and target agree"),
        Minimiser("quantile", level=tau),
        Given({tau: HALF}, Equals(sp.Abs(r) / 2, "half the absolute error")),
        Given({tau: HALF}, Symmetric()),
        Not(Symmetric()),
        NegativeLogLikelihood(
            noise="asymmetric Laplace",
            density=tau * (1 - tau) / b * sp.exp(-sp.Max(tau * (y - o), (tau - 1) * (y - o)) / b),
            scale=1 / b,
        ),
    ),
    torch_name=None,
    page="regression/quantiles",
    sources=("koenker1978",),
)

_square = (r / c) ** 2
_shape = sp.Abs(alpha - 2)
_general = _shape / alpha * ((_square / _shape + 1) ** (alpha / 2) - 1)
_half_square = _square / 2
_cauchy = sp.log(_square / 2 + 1)
_welsch = 1 - sp.exp(-_square / 2)
_geman_mcclure = 2 * _square / (_square + 4)
_charbonnier = sp.sqrt(_square + 1) - 1


def _at_shape(value: int) -> dict[sp.Symbol, sp.Expr]:
    return {alpha: sp.Integer(value)}


GENERAL_ROBUST = LossDefinition(
    name="general_robust_loss",
    title="General robust loss",
    aliases=(
        "Barron's loss",
        "adaptive robust loss",
        "Charbonnier loss",
        "pseudo-Huber loss",
        "Cauchy loss",
        "Lorentzian",
        "Geman–McClure loss",
        "Welsch loss",
        "Leclerc loss",
    ),
    inputs=(o,),
    targets=(y,),
    parameters={alpha: sp.Integer(1), c: sp.Integer(1)},
    expression=sp.Piecewise(
        (_half_square, sp.Eq(alpha, 2)),
        (_cauchy, sp.Eq(alpha, 0)),
        (_welsch, sp.Eq(alpha, -sp.oo)),
        (_general, True),
    ),
    domain={**LINE, alpha: sp.S.Reals, c: POSITIVE},
    arguments=PAIR,
    options={"alpha": alpha, "scale": c},
    output_layer="identity",
    claims=(
        NonNegative(),
        Symmetric(),
        Not(Convex()),
        Given(_at_shape(2), Equals(_half_square, "half the square of r/c")),
        Given(_at_shape(1), Equals(_charbonnier, "the Charbonnier or pseudo-Huber loss")),
        Given(_at_shape(0), Equals(_cauchy, "the Cauchy loss")),
        Given(_at_shape(-2), Equals(_geman_mcclure, "the Geman–McClure loss")),
        Given({alpha: -sp.oo}, Equals(_welsch, "the Welsch loss")),
        Limit(alpha, sp.Integer(2), _half_square, "half the square of r/c"),
        Limit(alpha, sp.Integer(2), _half_square, "half the square of r/c, from below", sign=-1),
        Limit(alpha, sp.Integer(0), _cauchy, "the Cauchy loss"),
        Limit(alpha, sp.Integer(0), _cauchy, "the Cauchy loss, from below", sign=-1),
        Limit(alpha, -sp.oo, _welsch, "the Welsch loss"),
        Given(_at_shape(2), Convex()),
        Given(_at_shape(1), Convex()),
        Given(_at_shape(0), Not(Convex())),
        Given(_at_shape(1), Lipschitz(1 / c)),
        Given(_at_shape(1), Smooth(1 / c**2)),
        Given(_at_shape(0), Redescending()),
        Given(_at_shape(-2), Redescending()),
        Given({alpha: -sp.oo}, Redescending()),
        Given(_at_shape(1), Not(Redescending())),
        Given(
            _at_shape(0),
            NegativeLogLikelihood(
                noise="Cauchy",
                density=1 / (sp.pi * c * sp.sqrt(2) * (1 + _square / 2)),
                scale=sp.Integer(1),
            ),
        ),
    ),
    torch_name=None,
    page="regression/absolute_and_robust",
    sources=("barron2019",),
)

_gaussian = sp.exp(-(r**2) / (2 * v)) / sp.sqrt(2 * sp.pi * v)
_gaussian_nll = (sp.log(v) + r**2 / v) / 2

GAUSSIAN_NLL = LossDefinition(
    name="gaussian_nll_loss",
    title="Gaussian negative log-likelihood",
    aliases=("heteroscedastic regression loss", "Gaussian NLL"),
    inputs=(o, v),
    targets=(y,),
    expression=_gaussian_nll,
    domain={**LINE, v: POSITIVE},
    arguments={"input": o, "target": y, "var": v},
    output_layer="identity for the mean; exp or softplus for the variance",
    claims=(
        Convex((o,), "the mean for a fixed variance"),
        Not(Convex(argument="mean and variance together")),
        GradientIs((r / v, (1 - r**2 / v) / (2 * v)), "(r/v, (1 − r²/v)/(2v))"),
        Stationary({v: r**2}, "v = r², the squared residual"),
        Given({y: o}, Limit(v, sp.Integer(0), -sp.oo, "−∞, so a negative value is no error")),
        Lipschitz(sp.oo),
        NegativeLogLikelihood(noise="Gaussian", density=_gaussian, scale=sp.Integer(1)),
    ),
    torch_name="gaussian_nll_loss",
    page="regression/variance_and_counts",
    sources=("nix1994",),
)

GAUSSIAN_NLL_FULL = LossDefinition(
    name="gaussian_nll_loss",
    title="Gaussian negative log-likelihood with its constant",
    inputs=(o, v),
    targets=(y,),
    expression=_gaussian_nll + sp.log(2 * sp.pi) / 2,
    domain={**LINE, v: POSITIVE},
    arguments={"input": o, "target": y, "var": v},
    options={"full": True},
    output_layer=GAUSSIAN_NLL.output_layer,
    claims=(
        Equals(-sp.log(_gaussian), "minus the logarithm of the Gaussian density, to the last term"),
    ),
    torch_name="gaussian_nll_loss",
    page="regression/variance_and_counts",
    sources=("nix1994",),
)

_stirling = count * sp.log(count) - count + sp.log(2 * sp.pi * count) / 2
_rate = sp.Symbol("o", nonnegative=True)

POISSON_NLL = LossDefinition(
    name="poisson_nll_loss",
    title="Poisson negative log-likelihood",
    aliases=("Poisson regression loss", "count regression loss"),
    inputs=(o,),
    targets=(count,),
    expression=sp.exp(o) - count * o,
    domain={o: sp.S.Reals, count: sp.S.Naturals0},
    arguments={"input": o, "target": count},
    output_layer="exp (the input is the logarithm of the rate)",
    claims=(
        Convex(),
        GradientIs((sp.exp(o) - count,), "the predicted rate minus the count"),
        Lipschitz(sp.oo),
        Minimiser("mean", link=sp.log(statistic)),
        NegativeLogLikelihood(
            noise="Poisson",
            density=sp.exp(-sp.exp(o)) * sp.exp(count * o) / sp.factorial(count),
            scale=sp.Integer(1),
            kind="counts",
        ),
    ),
    torch_name="poisson_nll_loss",
    page="regression/variance_and_counts",
    sources=("nelder1972",),
)

POISSON_NLL_RATE = LossDefinition(
    name="poisson_nll_loss",
    title="Poisson negative log-likelihood of a rate",
    inputs=(_rate,),
    targets=(count,),
    parameters={epsilon: sp.Rational(1, 10**8)},
    expression=_rate - count * sp.log(_rate + epsilon),
    domain={_rate: POSITIVE, count: sp.S.Naturals0, epsilon: sp.Interval.open(0, 1)},
    arguments={"input": _rate, "target": count},
    options={"log_input": False, "eps": epsilon},
    output_layer="softplus or exp (the input is the rate)",
    claims=(
        Convex(),
        GradientIs((1 - count / (_rate + epsilon),), "1 − y/(o + ε)"),
        Limit(epsilon, sp.Integer(0), _rate - count * sp.log(_rate), "the exact likelihood"),
    ),
    torch_name="poisson_nll_loss",
    page="regression/variance_and_counts",
    sources=("nelder1972",),
)

POISSON_NLL_FULL = LossDefinition(
    name="poisson_nll_loss",
    title="Poisson negative log-likelihood with Stirling's approximation of log y!",
    inputs=(o,),
    targets=(count,),
    expression=sp.exp(o) - count * o + sp.Piecewise((_stirling, count > 1), (0, True)),
    domain={o: sp.S.Reals, count: sp.S.Naturals0},
    arguments={"input": o, "target": count},
    options={"full": True},
    output_layer=POISSON_NLL.output_layer,
    claims=(
        NeverAbove(
            sp.exp(o) - count * o + sp.loggamma(count + 1), "the exact negative log-likelihood"
        ),
        NeverBelow(
            sp.exp(o) - count * o + sp.loggamma(count + 1) - sp.Rational(1, 24),
            "the exact negative log-likelihood minus 1/24",
        ),
    ),
    torch_name="poisson_nll_loss",
    page="regression/variance_and_counts",
    sources=("nelder1972",),
)

DEFINITIONS = (
    MSE,
    L1,
    HUBER,
    SMOOTH_L1,
    LOG_COSH,
    PINBALL,
    GENERAL_ROBUST,
    GAUSSIAN_NLL,
    POISSON_NLL,
)
VARIANTS = (GAUSSIAN_NLL_FULL, POISSON_NLL_RATE, POISSON_NLL_FULL)
