"""Losses for classes: a yes or a no by its logit, one class among many by their scores."""

import torch
from torch import Tensor

from lossfns.outputs import log1p_exp_minus_abs, logsumexp, positive, softplus, times_log
from lossfns.reduction import common_dtype, reduce, widen
from lossfns.validation import (
    check_at_least_zero,
    check_between,
    check_class_indices,
    check_distribution,
    check_floating,
    check_not_negative,
    check_positive,
    check_same_shape,
    check_share,
    check_tensor,
    check_values,
)


def binary_cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    reduction: str = "mean",
) -> Tensor:
    r"""Negative log-likelihood of a yes-or-no label under a predicted probability.

    .. math::
        \ell(p, y) = -w\,\bigl[y \log p + (1 - y) \log(1 - p)\bigr], \qquad
        \frac{\partial \ell}{\partial p} = w\,\frac{p - y}{p\,(1 - p)}

    Its minimiser over a constant prediction is the share of yes. The gradient grows without
    bound as a wrong prediction nears certainty, and the loss of one is infinite. A probability
    that comes from a sigmoid has by then been rounded to 0 or 1: give the logit to
    :func:`binary_cross_entropy_with_logits` instead.

    Args:
        input: probabilities :math:`p` of yes, any shape, from 0 to 1.
        target: labels :math:`y`, same shape, from 0 (no) to 1 (yes).
        weight: non-negative weights :math:`w`, broadcast to the shape of ``input``; 1 by default.
        reduction: ``"none"``, ``"sum"`` or ``"mean"``. The mean divides by the number of
            elements, with a ``weight`` too. The loss is in nats.

    Returns:
        A scalar, or a tensor of the shape of ``input`` for ``reduction="none"``.

    Raises:
        TypeError: an argument is no floating-point tensor.
        ValueError: shapes differ, a number of ``input`` or ``target`` is outside [0, 1], a weight
            is negative or not finite, or ``reduction`` is unknown.

    Differs from :func:`torch.nn.functional.binary_cross_entropy`: PyTorch cuts the logarithms off
    at −100 and the gradient's denominator at 1e−12. A prediction that is certain and wrong costs
    100 there and has slope −1e12; here both are infinite, as in the formula. A prediction that is
    certain and right has slope 0 there; here it has the formula's, −1 for a yes and 1 for a no.
    PyTorch takes negative weights, which are refused here.

    Example:
        >>> import torch
        >>> p, y = torch.tensor([0.8, 0.5]), torch.tensor([1.0, 0.0])
        >>> binary_cross_entropy(p, y, reduction="none")
        tensor([0.2231, 0.6931])

    Source: D. R. Cox, *The Regression Analysis of Binary Sequences* (1958), for the likelihood;
    I. J. Good, *Rational Decisions* (1952), for the logarithm as a score.
    Page: ``chapters/classification/logistic_regression``; card: ``chapters/choosing/catalogue``.
    """
    _check_binary(input, target, weight=weight)
    check_between("input", input, 0, 1)
    p, y, w = widen(input, target, weight)
    # 0·log 0 is 0 and so is its slope, which 0/0 would make NaN.
    log_p = p.masked_fill((p == 0) & (y == 0), 1).log()
    log_not_p = (-p.masked_fill((p == 1) & (y == 1), 0)).log1p()
    values = (y - 1) * log_not_p - y * log_p
    return _weigh_and_reduce(values, w, reduction, common_dtype(input, target, weight))


def binary_cross_entropy_with_logits(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    reduction: str = "mean",
    pos_weight: Tensor | None = None,
) -> Tensor:
    r"""Negative log-likelihood of a yes-or-no label under a predicted logit.

    .. math::
        \ell(z, y) &= -w\,\bigl[c\,y \log \sigma(z) + (1 - y) \log \sigma(-z)\bigr] \\
        &= w\,\bigl[\max(z, 0) - z y + \log(1 + e^{-|z|})\bigr] \quad \text{for } c = 1, \qquad
        \frac{\partial \ell}{\partial z} = w\,\bigl(\sigma(z) - y\bigr)

    The logarithm undoes the sigmoid's saturation, so the gradient is the plain error
    :math:`p - y`: however wrong and certain a prediction is, it is pulled back at full strength.
    The minimiser over a constant logit is the log-odds of yes, plus :math:`\log c`.

    Args:
        input: logits :math:`z`, any shape, finite.
        target: labels :math:`y`, same shape, from 0 (no) to 1 (yes).
        weight: non-negative weights :math:`w`, broadcast to the shape of ``input``; 1 by default.
        reduction: ``"none"``, ``"sum"`` or ``"mean"``. The mean divides by the number of
            elements, with weights too. The loss is in nats.
        pos_weight: non-negative weights :math:`c` of yes against no, broadcast to the shape of
            ``input``; 1 by default.

    Returns:
        A scalar, or a tensor of the shape of ``input`` for ``reduction="none"``.

    Raises:
        TypeError: an argument is no floating-point tensor.
        ValueError: shapes differ, a target is outside [0, 1], a weight is negative or not finite,
            or ``reduction`` is unknown.

    Differs from :func:`torch.nn.functional.binary_cross_entropy_with_logits`: PyTorch takes
    targets outside [0, 1] (labels of ±1, say) and returns a number that is no loss: it has no
    lower bound. It takes negative weights. Both are refused here. For a no at a logit of −20
    PyTorch's float32 result is 0, because the small number is added to a large one and lost; here
    it is 2.1e−9.

    Example:
        >>> import torch
        >>> z, y = torch.tensor([-200.0, 200.0, 0.0]), torch.tensor([1.0, 1.0, 0.0])
        >>> binary_cross_entropy_with_logits(z, y, reduction="none")
        tensor([200.0000,   0.0000,   0.6931])

    Source: D. R. Cox, *The Regression Analysis of Binary Sequences* (1958).
    Page: ``chapters/classification/bce_numerics``; card: ``chapters/choosing/catalogue``.
    """
    _check_binary(input, target, weight=weight, pos_weight=pos_weight)
    z, y, w, c = widen(input, target, weight, pos_weight)
    # max(z, 0) − z·y with z taken out: neither its value nor its slope then cancels.
    step, rest = positive(z), log1p_exp_minus_abs(z)
    if c is None:
        values = z * (step - y) + rest
    else:
        # c·y·softplus(−z) + (1 − y)·softplus(z), of which one has a linear part.
        yes, no = c * y, 1 - y
        values = z * (step * no + (step - 1) * yes) + (yes + no) * rest
    dtype = common_dtype(input, target, weight, pos_weight)
    return _weigh_and_reduce(values, w, reduction, dtype)


def nll_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    ignore_index: int = -100,
    reduction: str = "mean",
) -> Tensor:
    r"""The negated log-probability of each example's class, picked out and averaged.

    .. math::
        \ell(a, y) = -w_y\,a_y, \qquad
        \frac{\partial \ell}{\partial a_c} = -w_y\,[c = y]

    It is a selection, no more. It becomes a likelihood when the input is the output of
    :func:`log_softmax`; of probabilities it makes a number between −1 and 0 and no complaint,
    here as in PyTorch. :func:`cross_entropy` does both steps.

    Args:
        input: log-probabilities :math:`a`, of shape (C,), (N, C) or (N, C, d₁, …).
        target: classes :math:`y` from 0 to C − 1, ``torch.int64``, of the shape of ``input``
            without its class dimension: (), (N,) or (N, d₁, …).
        weight: non-negative weights :math:`w_c` of the classes, shape (C,); 1 by default.
        ignore_index: a target to leave out, of the sum and of the mean's denominator.
        reduction: ``"none"``, ``"sum"`` or ``"mean"``. The mean divides by
            :math:`\sum_n w_{y_n}` over the examples that are not left out; if all are, it is NaN.

    Returns:
        A scalar, or a tensor of the shape of ``target`` for ``reduction="none"``.

    Raises:
        TypeError: ``input`` or ``weight`` is no floating-point tensor, or ``target`` no tensor of
            indices.
        IndexError: a target is no class and not ``ignore_index``.
        ValueError: shapes do not fit, a weight is negative or not finite, or ``reduction`` is
            unknown.

    Differs from :func:`torch.nn.functional.nll_loss`: PyTorch takes negative weights. In half
    precision the loss is computed in float32 and rounded once: PyTorch's float16 mean over
    70,000 rows is 0 or NaN, since it counts them in float16.

    Example:
        >>> import torch
        >>> log_p = torch.tensor([[0.5, 0.25, 0.25], [0.1, 0.1, 0.8]]).log()
        >>> nll_loss(log_p, torch.tensor([0, 2]), reduction="none")
        tensor([0.6931, 0.2231])

    Source: R. A. Fisher, *On the Mathematical Foundations of Theoretical Statistics* (1922), for
    the likelihood.
    Page: ``chapters/classification/cross_entropy``; card: ``chapters/choosing/catalogue``.
    """
    dim = _check_classes(input, weight)
    index, ignored = _check_indices(input, target, dim, ignore_index)
    log_p, w = widen(input, weight)
    values = -log_p.gather(dim, index.unsqueeze(dim)).squeeze(dim)
    weights = _weights_of(index, ignored, w, log_p.dtype)
    values = weights * values.masked_fill(ignored, 0)
    dtype = common_dtype(input, weight)
    return reduce(values, reduction, denominator=weights.sum(), dtype=dtype)


def cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    r"""Negative log-likelihood of a class under the softmax of predicted scores.

    .. math::
        \ell(z, t) = -\sum_c w_c\,t_c \log p_c, \qquad
        \log p_c = z_c - \log \sum_j e^{z_j}, \qquad
        \frac{\partial \ell}{\partial z} = p - t \quad \text{for } w = 1

    A class index :math:`y` stands for the target that is 1 at :math:`y` and 0 elsewhere; the loss
    is then :math:`-w_y \log p_y`. The gradient is the error :math:`p - t`: what a class has too
    much of pushes its score down, and what it lacks pushes it up. Its minimiser over constant
    scores gives each class its share. The input is scores: softmax is taken here, and taking it
    twice leaves a floor above 0 under the loss.

    Args:
        input: scores :math:`z`, of shape (C,), (N, C) or (N, C, d₁, …); :math:`-\infty` excludes
            a class.
        target: class indices from 0 to C − 1, ``torch.int64``, of the shape of ``input`` without
            its class dimension; or class probabilities :math:`t`, floating point, from 0 to 1, of
            the shape of ``input``.
        weight: non-negative weights :math:`w_c` of the classes, shape (C,); 1 by default.
        ignore_index: an index to leave out, of the sum and of the mean's denominator.
        reduction: ``"none"``, ``"sum"`` or ``"mean"``. For indices the mean divides by
            :math:`\sum_n w_{y_n}` over the examples that are not left out (NaN if all are), for
            probabilities by the number of examples. The loss is in nats.
        label_smoothing: :math:`\varepsilon` from 0 to 1: the target becomes
            :math:`(1 - \varepsilon)\,t + \varepsilon / C`.

    Returns:
        A scalar, or a tensor of the shape of ``input`` without its class dimension for
        ``reduction="none"``.

    Raises:
        TypeError: ``input`` or ``weight`` is no floating-point tensor, or ``target`` neither
            floating-point nor indices.
        IndexError: a target is no class and not ``ignore_index``.
        ValueError: shapes do not fit, a probability or ``label_smoothing`` is outside [0, 1], a
            weight is negative or not finite, ``ignore_index`` is a class while the target is
            probabilities, or ``reduction`` is unknown.

    Differs from :func:`torch.nn.functional.cross_entropy`: PyTorch takes probabilities outside
    [0, 1], negative weights and negative smoothing. A class that is excluded by :math:`-\infty`
    and has target 0 costs 0 here and NaN there. In half precision the loss is computed in float32
    and rounded once: PyTorch's float16 mean over 70,000 rows is 0 or NaN.

    Example:
        >>> import torch
        >>> z = torch.tensor([[1e4, 0.0, 0.0], [0.0, 0.0, 0.0]])
        >>> cross_entropy(z, torch.tensor([1, 2]), reduction="none")
        tensor([1.0000e+04, 1.0986e+00])

    Source: J. S. Bridle, *Probabilistic Interpretation of Feedforward Classification Network
    Outputs* (1990); C. Szegedy et al., *Rethinking the Inception Architecture for Computer
    Vision* (2016), section 7, for label smoothing.
    Page: ``chapters/classification/cross_entropy``; card: ``chapters/choosing/catalogue``.
    """
    dim = _check_classes(input, weight)
    check_share("label_smoothing", label_smoothing)
    uniform = label_smoothing / input.shape[dim]
    z, w = widen(input, weight)
    # PyTorch's own takes one pass over the scores, the same steps in lossfns.log_softmax five.
    log_p = torch.log_softmax(z, dim)
    if isinstance(target, Tensor) and target.is_floating_point():
        _check_probabilities(input, target, ignore_index)
        (t,) = widen(target)
        t = (1 - label_smoothing) * t + uniform if label_smoothing else t
        t = t if w is None else _along(w, dim, t) * t
        values = -times_log(t, log_p).sum(dim)
        return reduce(values, reduction, dtype=common_dtype(input, target, weight))
    index, ignored = _check_indices(input, target, dim, ignore_index)
    weights = _weights_of(index, ignored, w, z.dtype)
    values = -log_p.gather(dim, index.unsqueeze(dim)).squeeze(dim)
    values = weights * values.masked_fill(ignored, 0)
    if label_smoothing:
        every = log_p if w is None else times_log(_along(w, dim, z), log_p)
        uniform_values = -uniform * every.sum(dim).masked_fill(ignored, 0)
        values = (1 - label_smoothing) * values + uniform_values
    dtype = common_dtype(input, weight)
    return reduce(values, reduction, denominator=weights.sum(), dtype=dtype)


def logit_adjusted_cross_entropy(
    input: Tensor,
    target: Tensor,
    prior: Tensor,
    tau: float = 1.0,
    ignore_index: int = -100,
    reduction: str = "mean",
) -> Tensor:
    r"""Cross-entropy of scores to which the log-frequencies of the classes have been added.

    .. math::
        \ell(z, y) = -\log \frac{\pi_y^\tau\,e^{z_y}}{\sum_c \pi_c^\tau\,e^{z_c}}, \qquad
        \frac{\partial \ell}{\partial z_c} = p_c - [c = y], \quad
        p = \operatorname{softmax}(z + \tau \log \pi)

    The adjusted scores fit the data as they are, so what is left for :math:`z` to learn, at
    :math:`\tau = 1`, is how much more likely a class is than its frequency says. Predicting with
    the unadjusted :math:`z` is then best when each class counts the same: the balanced error,
    which the weights of :func:`cross_entropy` serve only by rescaling the loss.

    Args:
        input: scores :math:`z`, of shape (C,), (N, C) or (N, C, d₁, …).
        target: class indices from 0 to C − 1, ``torch.int64``, of the shape of ``input`` without
            its class dimension.
        prior: frequencies :math:`\pi_c` of the classes in the training data, shape (C,), finite
            and above 0. Counts do as well, since a common factor cancels.
        tau: strength :math:`\tau > 0` of the adjustment.
        ignore_index: an index to leave out, of the sum and of the mean's denominator.
        reduction: ``"none"``, ``"sum"`` or ``"mean"``. The mean divides by the number of examples
            that are not left out. The loss is in nats.

    Returns:
        A scalar, or a tensor of the shape of ``target`` for ``reduction="none"``.

    Raises:
        TypeError: ``input`` or ``prior`` is no floating-point tensor, or ``target`` no tensor of
            indices.
        IndexError: a target is no class and not ``ignore_index``.
        ValueError: shapes do not fit, a frequency is not above 0, ``tau`` is not a finite number
            above 0, or ``reduction`` is unknown.

    Example:
        >>> import torch
        >>> z, counts = torch.zeros(1, 2), torch.tensor([99.0, 1.0])
        >>> logit_adjusted_cross_entropy(z, torch.tensor([1]), counts)
        tensor(4.6052)

    Source: A. K. Menon et al., *Long-Tail Learning via Logit Adjustment* (2021), equation 10.
    Page: ``chapters/classification/imbalance``; card: ``chapters/choosing/catalogue``.
    """
    dim = _check_classes(input, None)
    _check_indices(input, target, dim, ignore_index)
    check_positive("tau", tau)
    check_floating("prior", prior)
    _check_one_per_class("prior", prior, input, dim)
    check_values("prior", prior, prior.isfinite() & (prior > 0), "finite and above 0")
    z, pi = widen(input, prior)
    adjusted = z + tau * _along(pi.log(), dim, z)
    values = cross_entropy(adjusted, target, None, ignore_index, reduction)
    return values.to(common_dtype(input, prior))


def focal_loss(
    input: Tensor,
    target: Tensor,
    gamma: float = 2.0,
    weight: Tensor | None = None,
    ignore_index: int = -100,
    reduction: str = "mean",
) -> Tensor:
    r"""Cross-entropy in which an example counts the less the better it is already classified.

    .. math::
        \ell(z, y) = -w_y\,(1 - p_y)^\gamma \log p_y, \qquad p = \operatorname{softmax}(z)

    At :math:`\gamma = 0` it is :func:`cross_entropy`. At :math:`\gamma = 2` an example with
    :math:`p_y = 0.9` counts a hundredth, so that the many easy ones no longer outweigh the few
    hard ones. The price is calibration: for :math:`\gamma > 0` the minimiser is flatter than the
    classes' shares. Softmax gives the true class the sigmoid of its margin over the log-sum-exp
    of all others; both factors are computed from that margin, in log space.

    Args:
        input: scores :math:`z`, of shape (C,), (N, C) or (N, C, d₁, …), with C at least 2.
        target: class indices from 0 to C − 1, ``torch.int64``, of the shape of ``input`` without
            its class dimension.
        gamma: focusing parameter :math:`\gamma`, finite and at least 0.
        weight: non-negative weights :math:`w_c` of the classes (the paper's :math:`\alpha`),
            shape (C,); 1 by default.
        ignore_index: an index to leave out, of the sum and of the mean's denominator.
        reduction: ``"none"``, ``"sum"`` or ``"mean"``. The mean divides by
            :math:`\sum_n w_{y_n}` over the examples that are not left out, as in
            :func:`cross_entropy`; if all are, it is NaN. The loss is in nats.

    Returns:
        A scalar, or a tensor of the shape of ``target`` for ``reduction="none"``.

    Raises:
        TypeError: ``input`` or ``weight`` is no floating-point tensor, or ``target`` no tensor of
            indices.
        IndexError: a target is no class and not ``ignore_index``.
        ValueError: shapes do not fit, there is one class only, ``gamma`` is negative or not
            finite, a weight is negative or not finite, or ``reduction`` is unknown.

    Differs from common implementations: those raise :math:`1 - p_y` to a power, whose slope is
    infinite where :math:`p_y` rounds to 1 and :math:`\gamma < 1`, so that the gradient is NaN.
    Here it is finite for every finite score.

    Example:
        >>> import torch
        >>> z = torch.tensor([[0.0, 0.0], [100.0, 0.0]])
        >>> focal_loss(z, torch.tensor([0, 0]), gamma=0.5, reduction="none")
        tensor([0.4901, 0.0000])

    Source: T.-Y. Lin et al., *Focal Loss for Dense Object Detection* (2017), equations 4 and 5.
    Page: ``chapters/classification/imbalance``; card: ``chapters/choosing/catalogue``.
    """
    dim = _check_classes(input, weight)
    if input.shape[dim] < 2:
        raise ValueError(f"input must have at least 2 classes; got shape {tuple(input.shape)}")
    index, ignored = _check_indices(input, target, dim, ignore_index)
    z, w = widen(input, weight)
    shifted = z - z.detach().amax(dim, keepdim=True)
    true = index.unsqueeze(dim)
    others = logsumexp(shifted.scatter(dim, true, -torch.inf), dim)
    margin = shifted.gather(dim, true).squeeze(dim) - others
    weights = _weights_of(index, ignored, w, z.dtype)
    values = weights * _focal(margin.masked_fill(ignored, 0), gamma)
    dtype = common_dtype(input, weight)
    return reduce(values, reduction, denominator=weights.sum(), dtype=dtype)


def binary_focal_loss(
    input: Tensor,
    target: Tensor,
    gamma: float = 2.0,
    alpha: float | None = None,
    reduction: str = "mean",
) -> Tensor:
    r"""Binary cross-entropy in which a label counts the less the better it is already predicted.

    .. math::
        \ell(z, y) = -\alpha\,y\,(1 - p)^\gamma \log p
            - (1 - \alpha)\,(1 - y)\,p^\gamma \log(1 - p), \qquad p = \sigma(z)

    Without ``alpha`` both weights are 1, and at :math:`\gamma = 0` it is
    :func:`binary_cross_entropy_with_logits`. :func:`focal_loss` is its form for one class among
    many.

    Args:
        input: logits :math:`z`, any shape, finite.
        target: labels :math:`y`, same shape, from 0 (no) to 1 (yes).
        gamma: focusing parameter :math:`\gamma`, finite and at least 0.
        alpha: weight :math:`\alpha` of yes, from 0 to 1; that of no is :math:`1 - \alpha`.
        reduction: ``"none"``, ``"sum"`` or ``"mean"``. The mean divides by the number of
            elements. The loss is in nats.

    Returns:
        A scalar, or a tensor of the shape of ``input`` for ``reduction="none"``.

    Raises:
        TypeError: an argument is no floating-point tensor.
        ValueError: shapes differ, a target is outside [0, 1], ``gamma`` is negative or not
            finite, ``alpha`` is outside [0, 1], or ``reduction`` is unknown.

    Differs from torchvision's ``sigmoid_focal_loss``: the defaults are ``alpha=None`` (0.25
    there) and ``reduction="mean"`` (``"none"`` there), the gradient is finite for
    :math:`\gamma < 1` too, and a target between 0 and 1 mixes the losses of yes and no.

    Example:
        >>> import torch
        >>> z, y = torch.tensor([2.1972, -2.1972]), torch.tensor([1.0, 1.0])
        >>> binary_focal_loss(z, y, alpha=0.25, reduction="none")
        tensor([2.6342e-04, 4.6627e-01])

    Source: T.-Y. Lin et al., *Focal Loss for Dense Object Detection* (2017), equations 4 and 5.
    Page: ``chapters/classification/imbalance``; card: ``chapters/choosing/catalogue``.
    """
    _check_binary(input, target)
    if alpha is not None:
        check_share("alpha", alpha)
    yes, no = (1, 1) if alpha is None else (alpha, 1 - alpha)
    z, y = widen(input, target)
    values = yes * y * _focal(z, gamma) + no * (1 - y) * _focal(-z, gamma)
    return reduce(values, reduction, dtype=common_dtype(input, target))


def brier_score_loss(input: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    r"""Squared distance between the predicted probabilities and what happened.

    .. math::
        \ell(p, t) = \sum_c (p_c - t_c)^2, \qquad
        \frac{\partial \ell}{\partial p_c} = 2\,(p_c - t_c)

    Like the logarithmic loss it is proper: expected to be least when the prediction is the true
    probability of each class. Unlike it, it is bounded, by 2, and forgives certainty. Over two
    classes it is twice the squared error of the probability of one of them, which is
    ``mse_loss(p, y)`` and is called the Brier score, too.

    Args:
        input: probabilities :math:`p`, of shape (C,), (N, C) or (N, C, d₁, …), which sum to 1
            over the classes.
        target: class indices from 0 to C − 1, ``torch.int64``, of the shape of ``input`` without
            its class dimension; or class probabilities :math:`t`, floating point, from 0 to 1, of
            the shape of ``input``.
        reduction: ``"none"``, ``"sum"`` or ``"mean"``. The mean divides by the number of examples.

    Returns:
        A scalar, or a tensor of the shape of ``input`` without its class dimension for
        ``reduction="none"``.

    Raises:
        TypeError: ``input`` is no floating-point tensor, or ``target`` neither floating-point nor
            indices.
        IndexError: a target is no class.
        ValueError: shapes do not fit, a probability is outside [0, 1], those of ``input`` do not
            sum to 1, or ``reduction`` is unknown.

    Example:
        >>> import torch
        >>> p = torch.tensor([[0.9, 0.1], [0.2, 0.8]])
        >>> brier_score_loss(p, torch.tensor([0, 0]), reduction="none")
        tensor([0.0200, 1.2800])

    Source: G. W. Brier, *Verification of Forecasts Expressed in Terms of Probability* (1950).
    Page: ``chapters/classification/imbalance``; card: ``chapters/choosing/catalogue``.
    """
    dim = _check_classes(input, None)
    check_distribution("input", input, dim)
    dtype = input.dtype
    if isinstance(target, Tensor) and target.is_floating_point():
        _check_probabilities(input, target)
        dtype = common_dtype(input, target)
        p, t = widen(input, target)
    else:
        index, _ = _check_indices(input, target, dim, None)
        (p,) = widen(input)
        t = torch.zeros_like(p).scatter(dim, index.unsqueeze(dim), 1)
    return reduce((p - t).square().sum(dim), reduction, dtype=dtype)


def _focal(margin: Tensor, gamma: float) -> Tensor:
    # (1 − p)^γ·(−log p) for p = σ(margin). As log(1 − p) is finite, no slope is infinite.
    check_at_least_zero("gamma", gamma)
    return (-gamma * softplus(margin)).exp() * softplus(-margin)


def _check_binary(input: Tensor, target: Tensor, **weights: Tensor | None) -> None:
    check_floating("input", input)
    check_floating("target", target)
    check_same_shape("target", target, "input", input)
    check_between("target", target, 0, 1)
    for name, weight in weights.items():
        if weight is not None:
            _check_broadcast(name, weight, input)


def _check_broadcast(name: str, weight: Tensor, input: Tensor) -> None:
    check_floating(name, weight)
    aligned = zip(reversed(weight.shape), reversed(input.shape), strict=False)
    if weight.ndim > input.ndim or any(size not in (1, like) for size, like in aligned):
        raise ValueError(
            f"{name} must broadcast to the shape of input, {tuple(input.shape)}; "
            f"got {tuple(weight.shape)}"
        )
    check_not_negative(name, weight)


def _check_classes(input: Tensor, weight: Tensor | None) -> int:
    """Check scores and class weights; return the dimension that the classes are along."""
    check_floating("input", input)
    dim = min(1, input.ndim - 1)
    if dim < 0 or input.shape[dim] == 0:
        raise ValueError(
            "input must have shape (C,), (N, C) or (N, C, d1, ...) with at least one class; "
            f"got {tuple(input.shape)}"
        )
    if weight is not None:
        check_floating("weight", weight)
        _check_one_per_class("weight", weight, input, dim)
        check_not_negative("weight", weight)
    return dim


def _check_one_per_class(name: str, tensor: Tensor, input: Tensor, dim: int) -> None:
    shape = (input.shape[dim],)
    if tensor.shape != shape:
        raise ValueError(
            f"{name} must have one element for each class, shape {shape}; got {tuple(tensor.shape)}"
        )


def _check_indices(
    input: Tensor, target: Tensor, dim: int, ignore_index: int | None
) -> tuple[Tensor, Tensor]:
    """Check class indices; return them with 0 where they are ignored, and where that is."""
    check_tensor("target", target)
    if target.dtype == torch.uint8:
        target = target.long()
    shape = input.shape[:dim] + input.shape[dim + 1 :]
    if target.dtype == torch.int64 and target.shape != shape:
        raise ValueError(
            f"target must have the shape of input without its class dimension, {tuple(shape)}; "
            f"got {tuple(target.shape)}"
        )
    ignored = torch.zeros_like(target, dtype=torch.bool)
    if ignore_index is not None:
        if isinstance(ignore_index, bool) or not isinstance(ignore_index, int):
            raise TypeError(f"ignore_index must be an integer; got {type(ignore_index).__name__}")
        ignored = target == ignore_index
    index = target.masked_fill(ignored, 0)
    check_class_indices("target", index, input.shape[dim])
    return index, ignored


def _check_probabilities(input: Tensor, target: Tensor, ignore_index: int = -1) -> None:
    check_same_shape("target", target, "input", input)
    check_between("target", target, 0, 1)
    if ignore_index >= 0:
        raise ValueError(
            "ignore_index must be negative when target holds class probabilities; "
            f"got {ignore_index}"
        )


def _along(per_class: Tensor, dim: int, like: Tensor) -> Tensor:
    """A vector of one element for each class, shaped to broadcast over the other dimensions."""
    return per_class.reshape((-1, *[1] * (like.ndim - dim - 1)))


def _weights_of(index: Tensor, ignored: Tensor, weight: Tensor | None, dtype) -> Tensor:
    """The weight of each example's class, 0 for those that are ignored."""
    weights = torch.ones_like(index, dtype=dtype) if weight is None else weight[index]
    return weights.masked_fill(ignored, 0)


def _weigh_and_reduce(
    values: Tensor, weight: Tensor | None, reduction: str, dtype: torch.dtype
) -> Tensor:
    return reduce(values if weight is None else values * weight, reduction, dtype=dtype)
