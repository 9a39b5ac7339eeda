"""Output layers: from raw outputs to probabilities and back, in forms that neither overflow nor
cancel.

Every exponential here is taken of a number that is at most 0, so it lies in (0, 1]; everything
else follows from that. The functions work in float32 on half precision, and round once.
"""

import torch
from torch import Tensor
from torch.nn.functional import leaky_relu

from lossfns.reduction import widen
from lossfns.validation import check_between, check_floating, check_positive, has_values


def sigmoid(input: Tensor) -> Tensor:
    r"""The logistic function: a real number in, the probability with those log-odds out.

    .. math::
        \sigma(z) = \frac{1}{1 + e^{-z}} = \frac{e^z}{1 + e^z}, \qquad
        \sigma'(z) = \sigma(z)\,\bigl(1 - \sigma(z)\bigr)

    Of the two forms the one whose exponential cannot overflow is taken. The derivative is at most
    1/4 and vanishes at both ends, which is why a squared error on top of it stops learning where
    it is confidently wrong.

    Args:
        input: log-odds :math:`z`, any shape, real floating point.

    Returns:
        Probabilities of the same shape and dtype.

    Raises:
        TypeError: ``input`` is no floating-point tensor.

    Differs from :func:`torch.sigmoid`: integers are refused.

    Example:
        >>> import torch
        >>> sigmoid(torch.tensor([-1e4, 0.0, 1e4]))
        tensor([0.0000, 0.5000, 1.0000])

    Source: P.-F. Verhulst, *Recherches mathématiques sur la loi d'accroissement de la
    population* (1845), which names the curve; D. R. Cox, *The Regression Analysis of Binary
    Sequences* (1958), for its use as a probability. Page: ``chapters/foundations/output_layers``.
    """
    check_floating("input", input)
    (z,) = widen(input)
    e = minus_abs(z).exp()
    return (torch.where(z > 0, 1, e) / (1 + e)).to(input.dtype)


def log_sigmoid(input: Tensor) -> Tensor:
    r"""The logarithm of the logistic function, exact where the function itself rounds to 0 or 1.

    .. math::
        \log \sigma(z) = -\log(1 + e^{-z}) = \min(z, 0) - \log(1 + e^{-|z|}), \qquad
        \frac{d}{dz} \log \sigma(z) = \sigma(-z)

    It is close to :math:`z` for large negative :math:`z`, so its gradient stays 1 where the
    gradient of ``sigmoid(z).log()`` is 0/0.

    Args:
        input: log-odds :math:`z`, any shape, real floating point.

    Returns:
        Log-probabilities of the same shape and dtype.

    Raises:
        TypeError: ``input`` is no floating-point tensor.

    Differs from :func:`torch.nn.functional.logsigmoid`: in the name only.

    Example:
        >>> import torch
        >>> log_sigmoid(torch.tensor([-1e4, 0.0]))
        tensor([-1.0000e+04, -6.9315e-01])

    Source: M. Mächler, *Accurately Computing log(1 − exp(−|a|))* (2012), for the stable form.
    Page: ``chapters/classification/bce_numerics``.
    """
    check_floating("input", input)
    (z,) = widen(input)
    return (z.clamp(max=0) - log1p_exp_minus_abs(z)).to(input.dtype)


def softplus(z: Tensor) -> Tensor:
    r"""Log of one plus the exponential, :math:`\max(z, 0) + \log(1 + e^{-|z|})`.

    The logarithmic loss of a logit is made of it: :math:`-\log \sigma(z)` is softplus of
    :math:`-z`, and its derivative is the sigmoid.

    >>> softplus(torch.tensor([-1e4, 1e4]))
    tensor([    0., 10000.])
    """
    return torch.relu(z) + log1p_exp_minus_abs(z)


def log1p_exp_minus_abs(z: Tensor) -> Tensor:
    r"""The smooth part of softplus, :math:`\log(1 + e^{-|z|})`, whose exponential is at most 1.

    At 0 its slope is 1/2, which is right for what it is added to there: the slope of ``relu`` at
    0, and that of a choice by ``z > 0``, are those on the left.

    >>> log1p_exp_minus_abs(torch.tensor([-1e4, 0.0, 1e4]))
    tensor([0.0000, 0.6931, 0.0000])
    """
    return minus_abs(z).exp().log1p()


def minus_abs(z: Tensor) -> Tensor:
    """Minus the absolute value, with slope 1 at 0, where that of ``abs`` would be 0.

    What is built on it is then smooth at 0 for autograd too, if its other part, ``z.clamp(max=0)``
    or a choice by ``z > 0``, counts 0 among the negative numbers as well.

    >>> minus_abs(torch.tensor([-2.0, 2.0]))
    tensor([-2., -2.])
    """
    # The leaky rectifier with slope −1 up to and including 0 is |z|.
    return -leaky_relu(z, -1.0)


def positive(z: Tensor) -> Tensor:
    """1 where a number is above 0 and else 0, as a constant: the slope of ``max(z, 0)``.

    >>> positive(torch.tensor([-2.0, 0.0, 2.0]))
    tensor([0., 0., 1.])
    """
    # Several times as fast as a comparison and the conversion of its result.
    return torch.relu(z.detach().sign())


def softmax(input: Tensor, dim: int, *, dtype: torch.dtype | None = None) -> Tensor:
    r"""Exponentials divided by their sum: real scores in, probabilities out.

    .. math::
        p_i = \frac{e^{z_i}}{\sum_j e^{z_j}}, \qquad
        \frac{\partial p_i}{\partial z_j} = p_i\,(\delta_{ij} - p_j)

    A constant added to every score cancels, so the largest one is subtracted first and no
    exponential overflows. For two classes it is the sigmoid of the scores' difference; it is not
    a sigmoid of each score.

    Args:
        input: scores :math:`z`, real floating point; :math:`-\infty` excludes a class.
        dim: the dimension that the classes are along.
        dtype: dtype to compute in and to return; that of ``input`` by default.

    Returns:
        Probabilities of the shape of ``input``, which sum to 1 along ``dim``; NaN where every
        class is excluded, or a score is :math:`+\infty`.

    Raises:
        TypeError: ``input`` is no floating-point tensor.
        IndexError: ``input`` has no dimension ``dim``.

    Differs from :func:`torch.nn.functional.softmax`: ``dim`` must be given, where PyTorch guesses
    with a warning. :func:`torch.softmax` is the same.

    Example:
        >>> import torch
        >>> softmax(torch.tensor([1e4, 1e4, -1e4]), dim=0)
        tensor([0.5000, 0.5000, 0.0000])

    Source: J. S. Bridle, *Probabilistic Interpretation of Feedforward Classification Network
    Outputs* (1990). Page: ``chapters/foundations/output_layers``.
    """
    e = _shifted(input, dim, dtype).exp()
    return (e / e.sum(dim, keepdim=True)).to(dtype or input.dtype)


def log_softmax(input: Tensor, dim: int, *, dtype: torch.dtype | None = None) -> Tensor:
    r"""The logarithm of softmax, exact where a probability underflows to 0.

    .. math::
        \log p_i = z_i - \log \sum_j e^{z_j}, \qquad
        \frac{\partial \log p_i}{\partial z_j} = \delta_{ij} - p_j

    The two terms can be huge and nearly equal. The largest score is therefore subtracted from
    both before they meet, never added back.

    Args:
        input: scores :math:`z`, real floating point; :math:`-\infty` excludes a class.
        dim: the dimension that the classes are along.
        dtype: dtype to compute in and to return; that of ``input`` by default.

    Returns:
        Log-probabilities of the shape of ``input``, at most 0; NaN where every class is excluded,
        or a score is :math:`+\infty`.

    Raises:
        TypeError: ``input`` is no floating-point tensor.
        IndexError: ``input`` has no dimension ``dim``.

    Differs from :func:`torch.nn.functional.log_softmax`: ``dim`` must be given, where PyTorch
    guesses with a warning. :func:`torch.log_softmax` is the same.

    Example:
        >>> import torch
        >>> log_softmax(torch.tensor([1e4, 0.0]), dim=0)
        tensor([     0., -10000.])

    Source: P. Blanchard, D. J. Higham and N. J. Higham, *Accurately Computing the Log-Sum-Exp
    and Softmax Functions* (2021). Page: ``chapters/classification/cross_entropy``.
    """
    shifted = _shifted(input, dim, dtype)
    return (shifted - shifted.exp().sum(dim, keepdim=True).log()).to(dtype or input.dtype)


def softmax_with_temperature(input: Tensor, temperature: float, dim: int) -> Tensor:
    r"""Softmax of scores divided by a temperature: sharper below 1, flatter above.

    .. math::
        p_i = \frac{e^{z_i / T}}{\sum_j e^{z_j / T}}, \qquad
        \frac{\partial p_i}{\partial z_j} = \frac{1}{T}\,p_i\,(\delta_{ij} - p_j)

    As :math:`T \to 0` all probability goes to the largest score (in equal parts to those that
    tie), as :math:`T \to \infty` every class gets the same. The order of the classes never
    changes. Gradients scale with :math:`1/T`, hence the factor :math:`T^2` in distillation.

    Args:
        input: scores :math:`z`, real floating point.
        temperature: :math:`T`, a finite number above 0, in the unit of the scores.
        dim: the dimension that the classes are along.

    Returns:
        Probabilities of the shape and dtype of ``input``, which sum to 1 along ``dim``.

    Raises:
        TypeError: ``input`` is no floating-point tensor.
        ValueError: ``temperature`` is not a finite number above 0.
        IndexError: ``input`` has no dimension ``dim``.

    Example:
        >>> import torch
        >>> z = torch.tensor([0.0, 1.0])
        >>> softmax_with_temperature(z, 1e-3, dim=0), softmax_with_temperature(z, 1e9, dim=0)
        (tensor([0., 1.]), tensor([0.5000, 0.5000]))

    Source: G. Hinton, O. Vinyals and J. Dean, *Distilling the Knowledge in a Neural Network*
    (2015), equation 1. Page: ``chapters/foundations/output_layers``.
    """
    check_positive("temperature", temperature)
    # Divided after the shift: a low temperature then sends scores to −∞ at worst, not to ∞ − ∞.
    shifted = _shifted(input, dim, None)
    # A temperature that the dtype would round to 0 stands for the limit all the same.
    e = (shifted / max(temperature, torch.finfo(shifted.dtype).tiny)).exp()
    return (e / e.sum(dim, keepdim=True)).to(input.dtype)


def tanh(input: Tensor) -> Tensor:
    r"""The hyperbolic tangent: the sigmoid stretched to the range from −1 to 1.

    .. math::
        \tanh z = \frac{e^{z} - e^{-z}}{e^{z} + e^{-z}} = 2\,\sigma(2z) - 1, \qquad
        \tanh' z = 1 - \tanh^2 z

    The second form cancels near 0. With :math:`t = e^{-2|z|} - 1`, which ``expm1`` gives without
    cancelling, the size of the result is :math:`-t / (2 + t)`.

    Args:
        input: :math:`z`, any shape, real floating point.

    Returns:
        Numbers between −1 and 1, of the same shape and dtype.

    Raises:
        TypeError: ``input`` is no floating-point tensor.

    Differs from :func:`torch.tanh`: integers are refused.

    Example:
        >>> import torch
        >>> tanh(torch.tensor([-1e4, 0.0, 1e-6]))
        tensor([-1.0000e+00,  0.0000e+00,  1.0000e-06])

    Source: NIST, *Digital Library of Mathematical Functions*, section 4.28.
    Page: ``chapters/foundations/output_layers``.
    """
    check_floating("input", input)
    (z,) = widen(input)
    t = (2 * minus_abs(z)).expm1()
    return (torch.where(z > 0, -1, 1) * t / (2 + t)).to(input.dtype)


def logit(input: Tensor, eps: float | None = None) -> Tensor:
    r"""Log-odds of a probability, the inverse of the sigmoid.

    .. math::
        \operatorname{logit}(p) = \log \frac{p}{1 - p}, \qquad
        \operatorname{logit}'(p) = \frac{1}{p\,(1 - p)}

    Odds of 2 to 1 and of 1 to 2 are the same distance from even ones only after the logarithm:
    the log-odds of :math:`p` and of :math:`1 - p` differ in sign alone.

    Args:
        input: probabilities :math:`p`, any shape, real floating point, from 0 to 1.
        eps: if given, :math:`p` is first clamped to ``[eps, 1 - eps]``, and its gradient is 0
            outside; from 0 to 0.5.

    Returns:
        Log-odds of the same shape and dtype; −∞ at 0 and ∞ at 1.

    Raises:
        TypeError: ``input`` is no floating-point tensor.
        ValueError: a probability is outside [0, 1], or ``eps`` outside [0, 0.5].

    Differs from :func:`torch.logit`: probabilities outside [0, 1], NaN there, are refused.

    Example:
        >>> import torch
        >>> logit(torch.tensor([0.4, 0.6]))
        tensor([-0.4055,  0.4055])

    Source: J. Berkson, *Application of the Logistic Function to Bio-Assay* (1944), which coins
    the word. Page: ``chapters/foundations/logs_and_odds``.
    """
    check_floating("input", input)
    check_between("input", input, 0, 1)
    (p,) = widen(input)
    if eps is not None:
        if not 0 <= eps <= 0.5:
            raise ValueError(f"eps must be between 0 and 0.5; got {eps}")
        p = p.clamp(eps, 1 - eps)
    return (p.log() - (-p).log1p()).to(input.dtype)


def logsumexp(input: Tensor, dim: int | tuple[int, ...], keepdim: bool = False) -> Tensor:
    r"""The logarithm of a sum of exponentials: a smooth maximum, and softmax's normaliser.

    .. math::
        \operatorname{lse}(z) = \log \sum_j e^{z_j} = m + \log \sum_j e^{z_j - m},
        \qquad \frac{\partial \operatorname{lse}}{\partial z_i} = \operatorname{softmax}(z)_i

    It lies between the largest score :math:`m` and :math:`m + \log C`. With :math:`m` taken out,
    the sum is at least 1 and at most :math:`C`, whatever the scores.

    Args:
        input: scores :math:`z`, real floating point.
        dim: the dimension or dimensions to sum over.
        keepdim: whether to keep them, with size 1.

    Returns:
        A tensor of the dtype of ``input``; −∞ where every score is −∞ or there is none.

    Raises:
        TypeError: ``input`` is no floating-point tensor.
        IndexError: ``input`` has no dimension ``dim``.

    Differs from :func:`torch.logsumexp`: integers are refused.

    Example:
        >>> import torch
        >>> logsumexp(torch.tensor([1e4, 1e4]), dim=0)
        tensor(10000.6934)

    Source: P. Blanchard, D. J. Higham and N. J. Higham, *Accurately Computing the Log-Sum-Exp
    and Softmax Functions* (2021). Page: ``chapters/classification/cross_entropy``.
    """
    check_floating("input", input)
    (z,) = widen(input)
    if z.numel() == 0:
        return z.exp().sum(dim, keepdim).log().to(input.dtype)
    top = z.detach().amax(dim, keepdim=True)
    # ∞ − ∞ is no number; an infinite maximum is the result itself, with nothing taken out.
    top = top.masked_fill(top.isinf(), 0)
    total = (z - top).exp().sum(dim, keepdim=True).log() + top
    return (total if keepdim else total.sum(dim)).to(input.dtype)


def times_log(factor: Tensor, logarithm: Tensor) -> Tensor:
    r"""A product with a logarithm in which :math:`0 \cdot (-\infty)` is 0, the limit of x log x.

    >>> times_log(torch.tensor([0.0, 0.5]), torch.tensor([-torch.inf, 0.0]))
    tensor([0., 0.])
    """
    # Looking for a −∞ takes one pass, the mask for it four.
    if has_values(logarithm) and logarithm.numel() and logarithm.detach().amin() > -torch.inf:
        return factor * logarithm
    return factor * logarithm.masked_fill((factor == 0) & (logarithm == -torch.inf), 0)


def _shifted(input: Tensor, dim: int, dtype: torch.dtype | None) -> Tensor:
    check_floating("input", input)
    (z,) = widen(input if dtype is None else input.to(dtype))
    if z.numel() == 0:
        return z
    return z - z.detach().amax(dim, keepdim=True)
