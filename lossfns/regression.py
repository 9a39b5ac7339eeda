"""Losses for real-valued targets, elementwise in the residual ``input - target``."""

import math

import torch
from torch import Tensor

from lossfns.reduction import common_dtype, reduce, widen
from lossfns.validation import (
    check_at_least_zero,
    check_floating,
    check_positive,
    check_real,
    check_same_shape,
    check_values,
    check_weight,
)


def mse_loss(
    input: Tensor,
    target: Tensor,
    reduction: str = "mean",
    weight: Tensor | None = None,
) -> Tensor:
    r"""Squared error: the negative log-likelihood of Gaussian noise, up to constants.

    .. math::
        \ell(o, y) = w\,(o - y)^2, \qquad \frac{\partial \ell}{\partial o} = 2w\,(o - y)

    Its minimiser over a constant prediction is the mean of the targets. The gradient grows with
    the residual, so one target that is wrong by 100 pulls as hard as a hundred that are wrong
    by 1.

    Args:
        input: predictions :math:`o`, any shape, real floating point, in the unit of the target.
        target: targets :math:`y`, same shape. The loss has the square of their unit.
        reduction: ``"none"``, ``"sum"`` or ``"mean"``. The mean divides by the number of
            elements, or by :math:`\sum w` where there is a ``weight``.
        weight: non-negative weights :math:`w` of the elements, same shape; 1 by default.

    Returns:
        A scalar, or a tensor of the shape of ``input`` for ``reduction="none"``.

    Raises:
        TypeError: an argument is no floating-point tensor.
        ValueError: shapes differ, a weight is negative or not finite, or ``reduction`` is
            unknown.

    Differs from :func:`torch.nn.functional.mse_loss`: PyTorch broadcasts a target of another
    shape with a warning, and takes negative weights; both are refused here. In half precision
    the loss is computed in float32 and rounded once.

    Example:
        >>> import torch
        >>> mse_loss(torch.tensor([1.0, 4.0]), torch.tensor([0.0, 2.0]))
        tensor(2.5000)

    Source: A.-M. Legendre, *Nouvelles méthodes pour la détermination des orbites des comètes*
    (1805), appendix; C. F. Gauss, *Theoria motus corporum coelestium* (1809), book II, section 3,
    for the normal law.
    Page: ``chapters/regression/ols_from_mle``; card: ``chapters/choosing/catalogue``.
    """
    _check_arguments(input, target, weight)
    prediction, truth, w = widen(input, target, weight)
    squared_error = (prediction - truth).square()
    dtype = common_dtype(input, target, weight)
    return _weighted_reduce(squared_error, reduction, w, dtype)


def l1_loss(
    input: Tensor,
    target: Tensor,
    reduction: str = "mean",
    weight: Tensor | None = None,
) -> Tensor:
    r"""Absolute error: the negative log-likelihood of Laplace noise, up to constants.

    .. math::
        \ell(o, y) = w\,|o - y|, \qquad
        \frac{\partial \ell}{\partial o} = w\,\operatorname{sign}(o - y)

    Its minimiser over a constant prediction is any median of the targets. The gradient has the
    same size however large the residual is; at a residual of 0, where the loss has a kink, the
    subgradient 0 is returned.

    Args:
        input: predictions :math:`o`, any shape, real or complex floating point, in the unit of
            the target.
        target: targets :math:`y`, same shape. The loss has their unit.
        reduction: ``"none"``, ``"sum"`` or ``"mean"``. The mean divides by the number of
            elements, or by :math:`\sum w` where there is a ``weight``.
        weight: non-negative real weights :math:`w` of the elements, same shape; 1 by default.

    Returns:
        A real scalar, or a real tensor of the shape of ``input`` for ``reduction="none"``.

    Raises:
        TypeError: an argument is no floating-point (or complex) tensor.
        ValueError: shapes differ, a weight is negative or not finite, or ``reduction`` is
            unknown.

    Differs from :func:`torch.nn.functional.l1_loss`: PyTorch broadcasts a target of another
    shape with a warning, and takes negative weights; both are refused here. In half precision
    the loss is computed in float32 and rounded once.

    Example:
        >>> import torch
        >>> l1_loss(torch.tensor([1.0, 4.0]), torch.tensor([0.0, 2.0]))
        tensor(1.5000)

    Source: P.-S. Laplace, *Mémoire sur la probabilité des causes par les événements* (1774).
    Page: ``chapters/regression/absolute_and_robust``; card: ``chapters/choosing/catalogue``.
    """
    _check_arguments(input, target, weight, allow_complex=True)
    prediction, truth, w = widen(input, target, weight)
    absolute_error = (prediction - truth).abs()
    dtype = common_dtype(input, target, weight)
    return _weighted_reduce(absolute_error, reduction, w, dtype)


def huber_loss(
    input: Tensor,
    target: Tensor,
    reduction: str = "mean",
    delta: float = 1.0,
    weight: Tensor | None = None,
) -> Tensor:
    r"""Squared error near zero, absolute error beyond ``delta``.

    .. math::
        \ell(o, y) = w \begin{cases}
            \tfrac12 r^2 & |r| \le \delta \\
            \delta\,(|r| - \tfrac12\delta) & |r| > \delta
        \end{cases}
        \qquad r = o - y, \qquad
        \frac{\partial \ell}{\partial o} = w \min(\max(r, -\delta), \delta)

    Both cases are :math:`m\,(r - \tfrac12 m)`, where :math:`m` is the residual clipped to
    :math:`[-\delta, \delta]`, and that :math:`m` is the gradient too: gradient descent on this
    loss is gradient descent on half the squared error with each residual's pull clipped. For
    :math:`\delta \to \infty` the loss becomes half the squared error, for :math:`\delta \to 0`
    it vanishes, and divided by :math:`\delta` it becomes the absolute error.

    Args:
        input: predictions :math:`o`, any shape, real floating point, in the unit of the target.
        target: targets :math:`y`, same shape. The loss has the square of their unit.
        reduction: ``"none"``, ``"sum"`` or ``"mean"``. The mean divides by the number of
            elements, with a ``weight`` too.
        delta: where the square ends, :math:`\delta > 0`, in the unit of the target.
        weight: non-negative weights :math:`w` of the elements, same shape; 1 by default.

    Returns:
        A scalar, or a tensor of the shape of ``input`` for ``reduction="none"``.

    Raises:
        TypeError: an argument is no floating-point tensor.
        ValueError: shapes differ, ``delta`` is not a finite number above 0, a weight is negative
            or not finite, or ``reduction`` is unknown.

    Differs from :func:`torch.nn.functional.huber_loss`: PyTorch broadcasts a target of another
    shape with a warning, and takes negative weights; both are refused here. In half precision
    the loss is computed in float32 and rounded once. Its weighted mean, which divides by the
    number of elements and not by :math:`\sum w` as that of :func:`mse_loss` does, is kept.

    Example:
        >>> import torch
        >>> huber_loss(torch.tensor([0.5, 10.0]), torch.tensor([0.0, 0.0]), reduction="none")
        tensor([0.1250, 9.5000])

    Source: P. J. Huber, *Robust estimation of a location parameter*, Annals of Mathematical
    Statistics 35 (1964), 73–101.
    Page: ``chapters/regression/absolute_and_robust``; card: ``chapters/choosing/catalogue``.
    """
    _check_arguments(input, target, weight)
    check_positive("delta", delta)
    prediction, truth, w = widen(input, target, weight)
    residual = prediction - truth
    clipped = residual.clamp(-delta, delta)
    values = clipped * residual.sub(clipped, alpha=0.5)
    values = _with_slope(residual, values, slope=clipped)
    if w is not None:
        values = values * w
    return reduce(values, reduction, dtype=common_dtype(input, weight))


def smooth_l1_loss(
    input: Tensor,
    target: Tensor,
    reduction: str = "mean",
    beta: float = 1.0,
) -> Tensor:
    r"""Absolute error with its corner rounded off between ``-beta`` and ``beta``.

    .. math::
        \ell(o, y) = \begin{cases}
            \tfrac{1}{2\beta} r^2 & |r| < \beta \\
            |r| - \tfrac12\beta & |r| \ge \beta
        \end{cases}
        \qquad r = o - y, \qquad
        \frac{\partial \ell}{\partial o} = \min(\max(r / \beta, -1), 1)

    It is the Huber loss divided by its threshold, so the two agree at a threshold of 1 only, and
    part at the limits: for :math:`\beta \to 0` this one becomes the absolute error, for
    :math:`\beta \to \infty` it vanishes. The gradient is the residual in units of
    :math:`\beta`, clipped to :math:`[-1, 1]`.

    Args:
        input: predictions :math:`o`, any shape, real floating point, in the unit of the target.
        target: targets :math:`y`, same shape. The loss has their unit.
        reduction: ``"none"``, ``"sum"`` or ``"mean"``.
        beta: where the square ends, :math:`\beta \ge 0`, in the unit of the target; 0 gives
            :func:`l1_loss`.

    Returns:
        A scalar, or a tensor of the shape of ``input`` for ``reduction="none"``.

    Raises:
        TypeError: ``input`` or ``target`` is no floating-point tensor.
        ValueError: shapes differ, ``beta`` is negative or not finite, or ``reduction`` is
            unknown.

    Differs from :func:`torch.nn.functional.smooth_l1_loss`: PyTorch broadcasts a target of
    another shape with a warning, which is refused here. In half precision the loss is computed
    in float32 and rounded once.

    Example:
        >>> import torch
        >>> smooth_l1_loss(torch.tensor([1.0, 10.0]), torch.zeros(2), reduction="none", beta=2.0)
        tensor([0.2500, 9.0000])

    Source: R. Girshick, *Fast R-CNN* (2015), equation 3, for :math:`\beta = 1`; P. J. Huber
    (1964) up to the factor.
    Page: ``chapters/regression/absolute_and_robust``; card: ``chapters/choosing/catalogue``.
    """
    _check_arguments(input, target)
    check_at_least_zero("beta", beta)
    prediction, truth = widen(input, target)
    residual = prediction - truth
    # A β that underflows to 0 in the residual's dtype would make 0/0 of a residual of 0.
    if beta < torch.finfo(residual.dtype).smallest_normal:
        values = residual.abs()
    else:
        # Dividing by 1 would cost a ninth of the time.
        in_units_of_beta = residual if beta == 1 else residual / beta
        clipped = in_units_of_beta.clamp(-1, 1)
        values = clipped * residual.sub(clipped, alpha=beta / 2)
        values = _with_slope(residual, values, slope=clipped)
    return reduce(values, reduction, dtype=common_dtype(input, target))


def log_cosh_loss(input: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    r"""Logarithm of the hyperbolic cosine of the error: a Huber loss without a seam.

    .. math::
        \ell(o, y) = \log\cosh(o - y), \qquad
        \frac{\partial \ell}{\partial o} = \tanh(o - y)

    Like half the squared error near zero, like :math:`|r| - \log 2` far out, and infinitely often
    differentiable between. The gradient saturates at :math:`\pm 1` as that of the absolute error
    does, and passes smoothly through 0.

    Args:
        input: predictions :math:`o`, any shape, real floating point. The loss turns from square
            to straight at a residual of about 1, so their unit matters.
        target: targets :math:`y`, same shape.
        reduction: ``"none"``, ``"sum"`` or ``"mean"``.

    Returns:
        A scalar, or a tensor of the shape of ``input`` for ``reduction="none"``.

    Raises:
        TypeError: ``input`` or ``target`` is no floating-point tensor.
        ValueError: shapes differ, or ``reduction`` is unknown.

    Differs from the formula typed as it stands, ``log(cosh(r))``, which is infinite from a
    residual of 90 in float32 and 0 below 1e-4; from the usual :math:`|r| + \log(1 + e^{-2|r|}) -
    \log 2`, which is noise for small residuals. PyTorch has no such loss.

    Example:
        >>> import torch
        >>> log_cosh_loss(torch.tensor([0.1, 1000.0]), torch.zeros(2), reduction="none")
        tensor([4.9917e-03, 9.9931e+02])

    Source: P. J. Green, *Bayesian reconstructions from emission tomography data using a modified EM
    algorithm*, IEEE Transactions on Medical Imaging 9 (1990), 84–93.
    Page: ``chapters/regression/absolute_and_robust``; card: ``chapters/choosing/catalogue``.
    """
    _check_arguments(input, target)
    prediction, truth = widen(input, target)
    residual = prediction - truth
    # cosh r = 1 + 2 sinh²(r/2) keeps small residuals, cosh r = e^|r| (1 + e^(−2|r|)) / 2 large
    # ones. Clamped, neither overflows where the other one is taken.
    near = torch.log1p(2 * (residual.clamp(-1, 1) / 2).sinh().square())
    size = residual.abs()
    far = size - math.log(2) + torch.log1p(torch.exp(-2 * size))
    values = torch.where(size < 1, near, far)
    return reduce(values, reduction, dtype=common_dtype(input, target))


def general_robust_loss(
    input: Tensor,
    target: Tensor,
    alpha: float = 1.0,
    scale: float = 1.0,
    reduction: str = "mean",
) -> Tensor:
    r"""Barron's family: one parameter from squared error to losses that ignore outliers.

    .. math::
        \ell(o, y) = \frac{b}{\alpha}
            \left[\left(\frac{s}{b} + 1\right)^{\alpha / 2} - 1\right],
        \qquad s = \left(\frac{o - y}{c}\right)^2, \quad b = |\alpha - 2|

    The singular values of :math:`\alpha` stand for their limits, which are losses with names:

    ==================  =============================  ==========================
    :math:`\alpha`      loss                           name
    ==================  =============================  ==========================
    2                   :math:`s/2`                    squared error
    1                   :math:`\sqrt{s + 1} - 1`       Charbonnier, pseudo-Huber
    0                   :math:`\log(s/2 + 1)`          Cauchy, Lorentzian
    :math:`-2`          :math:`2s / (s + 4)`           Geman–McClure
    :math:`-\infty`     :math:`1 - e^{-s/2}`           Welsch, Leclerc
    ==================  =============================  ==========================

    All of them are :math:`s/2` near zero. Far out the gradient grows without bound for
    :math:`\alpha > 1`, has constant size for :math:`\alpha = 1`, and falls back to 0 for
    :math:`\alpha < 1`: a far outlier then has no say. The price is convexity, lost below 1.

    Args:
        input: predictions :math:`o`, any shape, real floating point, in the unit of the target.
        target: targets :math:`y`, same shape. The loss has no unit.
        alpha: the shape :math:`\alpha`, any number, infinities included.
        scale: the residual :math:`c > 0` from which on robustness sets in, in the unit of the
            target.
        reduction: ``"none"``, ``"sum"`` or ``"mean"``.

    Returns:
        A scalar, or a tensor of the shape of ``input`` for ``reduction="none"``.

    Raises:
        TypeError: ``input`` or ``target`` is no floating-point tensor.
        ValueError: shapes differ, ``alpha`` is NaN, ``scale`` is not a finite number above 0, or
            ``reduction`` is unknown.

    Differs from the formula typed as it stands, which is 0/0 at the singular values of
    :math:`\alpha`, loses small residuals to the 1 that is added and subtracted, and overflows in
    :math:`s`. PyTorch has no such loss.

    Example:
        >>> import torch
        >>> residuals = torch.tensor([0.1, 1.0, 100.0])
        >>> for alpha in (2.0, 0.0, -float("inf")):
        ...     print(general_robust_loss(residuals, torch.zeros(3), alpha, reduction="none"))
        tensor([5.0000e-03, 5.0000e-01, 5.0000e+03])
        tensor([4.9875e-03, 4.0547e-01, 8.5174e+00])
        tensor([0.0050, 0.3935, 1.0000])

    Source: J. T. Barron, *A general and adaptive robust loss function*, CVPR (2019),
    arXiv:1701.03077.
    Page: ``chapters/regression/absolute_and_robust``; card: ``chapters/choosing/catalogue``.
    """
    _check_arguments(input, target)
    if math.isnan(alpha):
        raise ValueError(f"alpha must be a number or infinite; got {alpha}")
    check_positive("scale", scale)
    prediction, truth = widen(input, target)
    residual = (prediction - truth) / scale
    # Closer to a singular α than this, the limit is the better approximation.
    near = torch.finfo(residual.dtype).eps / 100
    b = abs(alpha - 2)
    if b < near:
        values = residual.square() / 2
    elif abs(alpha) < near:
        values = _log1p_square(residual / math.sqrt(2))
    elif abs(alpha) > 1 / near:
        sign = math.copysign(1, alpha)
        values = sign * _expm1(sign * residual.square() / 2)
    else:
        values = (b / alpha) * _expm1(alpha / 2 * _log1p_square(residual / math.sqrt(b)))
    return reduce(values, reduction, dtype=common_dtype(input, target))


def pinball_loss(
    input: Tensor,
    target: Tensor,
    quantile: float = 0.5,
    reduction: str = "mean",
) -> Tensor:
    r"""Tilted absolute error, whose minimiser is a quantile of the targets.

    .. math::
        \ell(o, y) = \tau \max(y - o, 0) + (1 - \tau) \max(o - y, 0), \qquad
        \frac{\partial \ell}{\partial o} =
            \begin{cases} -\tau & o < y \\ 1 - \tau & o > y \end{cases}

    Predicting one too low costs :math:`\tau`, one too high :math:`1 - \tau`. The two pulls
    balance where a fraction :math:`\tau` of the targets lies below the prediction, and that is the
    :math:`\tau`-quantile. At the kink, :math:`o = y`, the subgradient 0 is returned. With
    :math:`\tau = 1/2` it is half the absolute error.

    Args:
        input: predicted quantiles :math:`o`, any shape, real floating point, in the unit of the
            target.
        target: targets :math:`y`, same shape. The loss has their unit.
        quantile: the level :math:`\tau`, strictly between 0 and 1.
        reduction: ``"none"``, ``"sum"`` or ``"mean"``.

    Returns:
        A scalar, or a tensor of the shape of ``input`` for ``reduction="none"``.

    Raises:
        TypeError: ``input`` or ``target`` is no floating-point tensor.
        ValueError: shapes differ, ``quantile`` is not between 0 and 1, or ``reduction`` is
            unknown.

    Differs from scikit-learn's ``mean_pinball_loss`` in nothing but the order of the arguments.
    PyTorch has no such loss.

    Example:
        >>> import torch
        >>> too_low, too_high = torch.tensor([-1.0, 1.0])
        >>> pinball_loss(too_low, torch.tensor(0.0), 0.9)
        tensor(0.9000)
        >>> pinball_loss(too_high, torch.tensor(0.0), 0.9)
        tensor(0.1000)

    Source: R. Koenker, G. Bassett, *Regression quantiles*, Econometrica 46 (1978), 33–50.
    Page: ``chapters/regression/quantiles``; card: ``chapters/choosing/catalogue``.
    """
    _check_arguments(input, target)
    if not 0 < quantile < 1:
        raise ValueError(f"quantile must be between 0 and 1, both excluded; got {quantile}")
    prediction, truth = widen(input, target)
    too_low = torch.relu(truth - prediction)
    too_high = torch.relu(prediction - truth)
    values = quantile * too_low + (1 - quantile) * too_high
    return reduce(values, reduction, dtype=common_dtype(input, target))


def gaussian_nll_loss(
    input: Tensor,
    target: Tensor,
    var: Tensor | float,
    full: bool = False,
    eps: float = 1e-6,
    reduction: str = "mean",
) -> Tensor:
    r"""Negative log-likelihood of a Gaussian whose variance is predicted too.

    .. math::
        \ell(o, v, y) = \tfrac12 \left( \log v + \frac{(o - y)^2}{v} \right)
            \left[{} + \tfrac12 \log 2\pi\right], \qquad
        \frac{\partial \ell}{\partial o} = \frac{o - y}{v}, \quad
        \frac{\partial \ell}{\partial v} = \frac{v - (o - y)^2}{2 v^2}

    It is minimised by the conditional mean and the conditional variance. The gradient by the
    mean is divided by :math:`v`: where the model claims to be unsure it learns slowly. The loss
    is the logarithm of a density, so a negative value is no bug.

    Args:
        input: predicted means :math:`o`, any shape, real floating point.
        target: targets :math:`y` in the unit of the mean: same shape, or the same with one
            dimension of 1, for one target against many predictions.
        var: variances :math:`v \ge 0`, in the square of that unit: a number for all; or a tensor
            of the shape of ``input``, of that shape with one dimension of 1, or of that shape
            without the last dimension.
        full: whether to add the constant :math:`\tfrac12 \log 2\pi`.
        eps: variances below it count as ``eps``. The gradient by ``var`` passes on as if they
            had not been raised, so that a variance of 0 can recover.
        reduction: ``"none"``, ``"sum"`` or ``"mean"``.

    Returns:
        A scalar, or a tensor of the shape of ``input`` for ``reduction="none"``.

    Raises:
        TypeError: an argument is no floating-point tensor (nor, for ``var``, a number).
        ValueError: a shape is none of those above, a variance is negative or NaN, ``eps`` is
            negative or not finite, or ``reduction`` is unknown.

    Differs from :func:`torch.nn.functional.gaussian_nll_loss`: PyTorch documents the same shapes
    but broadcasts targets of any other, and takes NaN for a variance; both are refused here. In
    half precision the loss is computed in float32 and rounded once.

    Example:
        >>> import torch
        >>> mean, target = torch.tensor([0.0, 1.0]), torch.tensor([0.0, 3.0])
        >>> gaussian_nll_loss(mean, target, torch.tensor([1.0, 4.0]), reduction="none")
        tensor([0.0000, 1.1931])

    Source: D. A. Nix, A. S. Weigend, *Estimating the mean and variance of the target probability
    distribution*, ICNN (1994), 55–60.
    Page: ``chapters/regression/variance_and_counts``; card: ``chapters/choosing/catalogue``.
    """
    check_floating("input", input)
    check_floating("target", target)
    if not _has_shape_or_one_dimension_of_1(target, input):
        raise ValueError(
            f"target must have the shape of input, {tuple(input.shape)}, or that shape with one "
            f"dimension of 1; got {tuple(target.shape)}"
        )
    check_at_least_zero("eps", eps)
    variance = _variance(var, input)
    dtype = common_dtype(input, target, variance if isinstance(var, Tensor) else None)
    prediction, truth, variance = widen(input, target, variance)
    # Added as a constant, what is missing to eps leaves the gradient as it is.
    variance = variance + (variance.clamp(min=eps) - variance).detach()
    values = 0.5 * (variance.log() + (prediction - truth).square() / variance)
    if full:
        values = values + 0.5 * math.log(2 * math.pi)
    return reduce(values, reduction, dtype=dtype)


def poisson_nll_loss(
    input: Tensor,
    target: Tensor,
    log_input: bool = True,
    full: bool = False,
    eps: float = 1e-8,
    reduction: str = "mean",
) -> Tensor:
    r"""Negative log-likelihood of a Poisson count whose rate is predicted.

    .. math::
        \ell(o, y) = \begin{cases}
            e^o - y\,o & o \text{ the logarithm of the rate} \\
            o - y \log(o + \varepsilon) & o \text{ the rate}
        \end{cases}
        \quad \left[{} + y \log y - y + \tfrac12 \log 2\pi y \text{ where } y > 1\right]

    With the rate's logarithm the gradient is :math:`e^o - y`, prediction minus target, and the
    loss is convex and defined for every :math:`o`; with the rate itself it is
    :math:`1 - y / (o + \varepsilon)`. Either is minimised by the mean of the counts. The term in
    brackets is Stirling's approximation of :math:`\log y!`, which no prediction changes.

    Args:
        input: predictions :math:`o`, any shape, real floating point: the logarithm of the
            expected count, or the expected count itself with ``log_input=False``.
        target: counts :math:`y \ge 0`, same shape, floating point or integer.
        log_input: whether ``input`` is the logarithm of the rate.
        full: whether to add Stirling's term.
        eps: :math:`\varepsilon \ge 0`, which keeps the logarithm of a rate of 0 finite; unused
            with ``log_input=True``.
        reduction: ``"none"``, ``"sum"`` or ``"mean"``.

    Returns:
        A scalar, or a tensor of the shape of ``input`` for ``reduction="none"``.

    Raises:
        TypeError: ``input`` is no floating-point tensor, or ``target`` no floating-point or
            integer tensor.
        ValueError: shapes differ, a count (or a rate, with ``log_input=False``) is negative or
            NaN, ``eps`` is negative or not finite, or ``reduction`` is unknown.

    Differs from :func:`torch.nn.functional.poisson_nll_loss`: PyTorch broadcasts targets and
    takes integer predictions, negative counts and negative rates (whose logarithm is NaN); they
    are refused here. The gradient of Stirling's term by a count of 0 is 0, not NaN. In half
    precision the loss is computed in float32 and rounded once.

    Example:
        >>> import torch
        >>> log_rate, count = torch.tensor([0.0, 1.0]), torch.tensor([2, 3])
        >>> poisson_nll_loss(log_rate, count, reduction="none")
        tensor([ 1.0000, -0.2817])

    Source: J. A. Nelder, R. W. M. Wedderburn, *Generalized linear models*, Journal of the Royal
    Statistical Society A 135 (1972), 370–384.
    Page: ``chapters/regression/variance_and_counts``; card: ``chapters/choosing/catalogue``.
    """
    check_floating("input", input)
    check_real("target", target)
    check_same_shape("target", target, "input", input)
    check_values("target", target, target >= 0, "at least 0")
    check_at_least_zero("eps", eps)
    prediction, count = widen(input, target)
    if log_input:
        values = prediction.exp() - count * prediction
    else:
        check_values("input", input, input >= 0, "at least 0 with log_input=False")
        values = prediction - count * torch.log(prediction + eps)
    if full:
        values = values + _stirling(count.to(values.dtype))
    return reduce(values, reduction, dtype=common_dtype(input, target))


def _with_slope(x: Tensor, values: Tensor, slope: Tensor) -> Tensor:
    """``values``, of which it is known that their derivative by ``x`` is ``slope``.

    The backward pass then takes one operation and not one or two for each in the formula. A
    compiler fuses them anyway, and takes no ``torch.autograd.Function`` with a ``jvp``.
    """
    if torch.compiler.is_compiling():
        return values
    return _KnownSlope.apply(x, values.detach(), slope)


class _KnownSlope(torch.autograd.Function):
    generate_vmap_rule = True

    @staticmethod
    def forward(_x: Tensor, values: Tensor, _slope: Tensor) -> Tensor:
        return values.view_as(values)

    @staticmethod
    def setup_context(ctx, inputs: tuple[Tensor, ...], _output: Tensor) -> None:
        slope = inputs[2]
        ctx.save_for_backward(slope)
        ctx.save_for_forward(slope)

    @staticmethod
    def backward(ctx, gradient: Tensor) -> tuple[Tensor, None, None]:
        return gradient * ctx.saved_tensors[0], None, None

    @staticmethod
    def jvp(ctx, tangent: Tensor, *_: None) -> Tensor:
        return tangent * ctx.saved_tensors[0]


def _check_arguments(
    input: Tensor, target: Tensor, weight: Tensor | None = None, *, allow_complex: bool = False
) -> None:
    check_floating("input", input, allow_complex=allow_complex)
    check_floating("target", target, allow_complex=allow_complex)
    check_same_shape("target", target, "input", input)
    check_weight(weight, "input", input)


def _weighted_reduce(values: Tensor, reduction: str, weight: Tensor | None, dtype) -> Tensor:
    if weight is None:
        return reduce(values, reduction, dtype=dtype)
    return reduce(values * weight, reduction, denominator=weight.sum(), dtype=dtype)


def _log1p_square(x: Tensor) -> Tensor:
    """log(1 + x²), also where x² overflows."""
    # From 1e9 upwards the 1 is below rounding even in float64: there it is 2 log |x|.
    bound = 1e9
    excess = x.abs().clamp(min=bound) / bound
    return torch.log1p(x.clamp(-bound, bound).square()) + 2 * excess.log()


def _expm1(x: Tensor) -> Tensor:
    """e^x − 1 with the slope e^x, which PyTorch computes as expm1(x) + 1 and so loses below −1."""
    return torch.where(x.abs() < 1, torch.expm1(x.clamp(-1, 1)), x.exp() - 1)


def _variance(var: Tensor | float, input: Tensor) -> Tensor:
    """The variance as a tensor that broadcasts against ``input`` as documented."""
    if isinstance(var, (int, float)) and not isinstance(var, bool):
        if not var >= 0:
            raise ValueError(f"var must be at least 0; got {var}")
        (like,) = widen(input)
        return torch.as_tensor(var, dtype=like.dtype, device=like.device)
    if not isinstance(var, Tensor):
        raise TypeError(f"var must be a tensor or a number; got {type(var).__name__}")
    check_floating("var", var)
    if var.shape == input.shape[:-1] and input.ndim > 0:
        aligned = var.unsqueeze(-1)
    elif _has_shape_or_one_dimension_of_1(var, input):
        aligned = var
    else:
        raise ValueError(
            f"var must be a number or have the shape of input, {tuple(input.shape)}, that shape "
            f"with one dimension of 1, or that shape without its last dimension; "
            f"got {tuple(var.shape)}"
        )
    check_values("var", var, var >= 0, "at least 0")
    return aligned


def _has_shape_or_one_dimension_of_1(tensor: Tensor, like: Tensor) -> bool:
    if tensor.ndim != like.ndim:
        return False
    pairs = zip(tensor.shape, like.shape, strict=True)
    different = [size for size, like_size in pairs if size != like_size]
    return different in ([], [1])


def _stirling(count: Tensor) -> Tensor:
    """Stirling's approximation of log(count!), and 0 up to a count of 1, where it is exact."""
    # Clamped, because the slope of y log y at 0 is infinite, and 0 · ∞ is NaN.
    y = count.clamp(min=1)
    return torch.where(count > 1, y * y.log() - y + 0.5 * torch.log(2 * math.pi * y), 0.0)
