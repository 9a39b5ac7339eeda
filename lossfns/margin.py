r"""Losses of scores whose sign, or whose order, decides: hinges and what is smooth in their place.

The margin of an example is its score times its sign, :math:`y\,o` with :math:`y = \pm 1`: positive
where the score is on the right side, and larger the safer it is there. The margin :math:`m` that a
hinge asks for is where it stops to charge.
"""

import torch
from torch import Tensor

from lossfns.outputs import log1p_exp_minus_abs, positive, softplus
from lossfns.reduction import common_dtype, reduce, widen
from lossfns.validation import (
    check_between,
    check_class_indices,
    check_floating,
    check_positive,
    check_real,
    check_same_shape,
    check_signs,
    check_weight,
    has_values,
)


def hinge_loss(input: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    r"""Hinge: nothing to pay from a margin of 1 on, and one for one below it.

    .. math::
        \ell(o, y) = \max(0,\, 1 - y\,o), \qquad
        \frac{\partial \ell}{\partial o} = \begin{cases} -y & y\,o < 1 \\ 0 & y\,o > 1 \end{cases}

    It is a convex bound of the 0–1 loss, below margin 0 the lowest that vanishes from margin 1
    on. Examples beyond that pull not at all, so the fit rests on the others alone, its support
    vectors. At the kink the subgradient 0 is returned. Over a constant score its minimiser is the
    majority's sign: it estimates no probability.

    Args:
        input: scores :math:`o`, any shape, real floating point; raw, with no output layer.
        target: signs :math:`y`, exactly 1 or −1, same shape, floating point or integer.
        reduction: ``"none"``, ``"sum"`` or ``"mean"``.

    Returns:
        A scalar, or a tensor of the shape of ``input`` for ``reduction="none"``.

    Raises:
        TypeError: ``input`` is no floating-point tensor, or ``target`` no floating-point or
            integer tensor.
        ValueError: shapes differ, a target is not ±1, or ``reduction`` is unknown.

    Differs from scikit-learn's ``hinge_loss`` in taking no labels but ±1. PyTorch has no such
    loss; its :func:`torch.nn.functional.hinge_embedding_loss` is another one.

    Example:
        >>> import torch
        >>> score, sign = torch.tensor([3.0, 0.5, -1.0]), torch.tensor([1, 1, 1])
        >>> hinge_loss(score, sign, reduction="none")
        tensor([0.0000, 0.5000, 2.0000])

    Source: C. Cortes, V. Vapnik, *Support-vector networks*, Machine Learning 20 (1995), 273–297.
    Page: ``chapters/margins/hinge_family``; card: ``chapters/choosing/catalogue``.
    """
    margin = _margin(input, target)
    values = torch.relu(1 - margin)
    return reduce(values, reduction, dtype=input.dtype)


def squared_hinge_loss(input: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    r"""Squared hinge: the hinge without its kink, and without its patience for outliers.

    .. math::
        \ell(o, y) = \max(0,\, 1 - y\,o)^2, \qquad
        \frac{\partial \ell}{\partial o} = -2y \max(0,\, 1 - y\,o)

    The gradient falls to 0 continuously as the margin is reached, and grows without bound on the
    wrong side. Over a constant score the minimiser is :math:`2p - 1`, where :math:`p` is the
    share of positives: unlike the hinge, it does tell the probability.

    Args:
        input: scores :math:`o`, any shape, real floating point; raw, with no output layer.
        target: signs :math:`y`, exactly 1 or −1, same shape, floating point or integer.
        reduction: ``"none"``, ``"sum"`` or ``"mean"``.

    Returns:
        A scalar, or a tensor of the shape of ``input`` for ``reduction="none"``.

    Raises:
        TypeError: ``input`` is no floating-point tensor, or ``target`` no floating-point or
            integer tensor.
        ValueError: shapes differ, a target is not ±1, or ``reduction`` is unknown.

    PyTorch has no such loss.

    Example:
        >>> import torch
        >>> score, sign = torch.tensor([3.0, 0.5, -1.0]), torch.tensor([1, 1, 1])
        >>> squared_hinge_loss(score, sign, reduction="none")
        tensor([0.0000, 0.2500, 4.0000])

    Source: Y. Tang, *Deep learning using linear support vector machines* (2013),
    arXiv:1306.0239, equation 6.
    Page: ``chapters/margins/hinge_family``; card: ``chapters/choosing/catalogue``.
    """
    margin = _margin(input, target)
    values = torch.relu(1 - margin).square()
    return reduce(values, reduction, dtype=input.dtype)


def exponential_loss(input: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    r"""Exponential loss: what AdaBoost minimises.

    .. math::
        \ell(o, y) = e^{-y\,o}, \qquad \frac{\partial \ell}{\partial o} = -y\,e^{-y\,o}

    Its minimiser over a constant score is half the log-odds, so it estimates what the logistic
    loss estimates. But an example on the wrong side pulls with exponential force: one false label
    can outweigh the rest of the data.

    Args:
        input: scores :math:`o`, any shape, real floating point: half the log-odds.
        target: signs :math:`y`, exactly 1 or −1, same shape, floating point or integer.
        reduction: ``"none"``, ``"sum"`` or ``"mean"``.

    Returns:
        A scalar, or a tensor of the shape of ``input`` for ``reduction="none"``. Below a margin
        of −88 (−709 in float64) it is infinite, for there it is larger than any number.

    Raises:
        TypeError: ``input`` is no floating-point tensor, or ``target`` no floating-point or
            integer tensor.
        ValueError: shapes differ, a target is not ±1, or ``reduction`` is unknown.

    PyTorch has no such loss.

    Example:
        >>> import torch
        >>> score, sign = torch.tensor([3.0, 0.0, -1.0]), torch.tensor([1, 1, 1])
        >>> exponential_loss(score, sign, reduction="none")
        tensor([0.0498, 1.0000, 2.7183])

    Source: Y. Freund, R. E. Schapire, *A decision-theoretic generalization of on-line learning and
    an application to boosting*, Journal of Computer and System Sciences 55 (1997), 119–139, whose
    algorithm descends on it, as J. Friedman, T. Hastie, R. Tibshirani show, *Additive logistic
    regression: a statistical view of boosting*, Annals of Statistics 28 (2000), 337–407.
    Page: ``chapters/margins/hinge_family``; card: ``chapters/choosing/catalogue``.
    """
    margin = _margin(input, target)
    values = torch.exp(-margin)
    return reduce(values, reduction, dtype=input.dtype)


def soft_margin_loss(input: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    r"""Logistic loss with signs for labels: a hinge without a kink.

    .. math::
        \ell(o, y) = \log(1 + e^{-y\,o}), \qquad
        \frac{\partial \ell}{\partial o} = -y\,\sigma(-y\,o)

    It is the binary cross-entropy of the logit :math:`o` with the labels 1 and −1 for 1 and 0:
    small where score and target agree in sign, and minimised over a constant score by the
    log-odds. No margin is ever enough: each example pulls, if ever more weakly.

    Args:
        input: logits :math:`o`, any shape, real floating point.
        target: signs :math:`y`, exactly 1 or −1, same shape, floating point or integer.
        reduction: ``"none"``, ``"sum"`` or ``"mean"``.

    Returns:
        A scalar, or a tensor of the shape of ``input`` for ``reduction="none"``.

    Raises:
        TypeError: ``input`` is no floating-point tensor, or ``target`` no floating-point or
            integer tensor.
        ValueError: shapes differ, a target is not ±1, or ``reduction`` is unknown.

    Differs from :func:`torch.nn.functional.soft_margin_loss`: PyTorch computes
    :math:`e^{-y\,o}`, which is infinite from a margin of −89 downwards in float32, with a gradient
    of NaN; here both are right for every margin. PyTorch takes any target, 0 among them, and
    broadcasts it; both are refused here. In half precision the loss is computed in float32 and
    rounded once.

    Example:
        >>> import torch
        >>> logit, sign = torch.tensor([3.0, 0.0, -1e4]), torch.tensor([1, 1, 1])
        >>> soft_margin_loss(logit, sign, reduction="none")
        tensor([4.8587e-02, 6.9315e-01, 1.0000e+04])

    Source: J. Friedman, T. Hastie, R. Tibshirani, *Additive logistic regression: a statistical
    view of boosting*, Annals of Statistics 28 (2000), 337–407.
    Page: ``chapters/margins/hinge_family``; card: ``chapters/choosing/catalogue``.
    """
    margin = _margin(input, target)
    values = softplus(-margin)
    return reduce(values, reduction, dtype=input.dtype)


def hinge_embedding_loss(
    input: Tensor, target: Tensor, margin: float = 1.0, reduction: str = "mean"
) -> Tensor:
    r"""Pulls the distance of a like pair to 0, and pushes that of an unlike pair to a margin.

    .. math::
        \ell(d, y) = \begin{cases} d & y = 1 \\ \max(0,\, m - d) & y = -1 \end{cases}

    The input is a distance, not a score: small is right for :math:`y = 1`, and at least the
    margin :math:`m` for :math:`y = -1`, beyond which an unlike pair no longer pulls. The
    gradient is 1, −1 or 0, whatever the distance.

    Args:
        input: distances :math:`d`, any shape, real floating point.
        target: 1 for a like pair, −1 for an unlike one, same shape, floating point or integer.
        margin: the distance :math:`m` at which unlike pairs are let go, in the unit of the
            distances.
        reduction: ``"none"``, ``"sum"`` or ``"mean"``.

    Returns:
        A scalar, or a tensor of the shape of ``input`` for ``reduction="none"``.

    Raises:
        TypeError: ``input`` is no floating-point tensor, or ``target`` no floating-point or
            integer tensor.
        ValueError: shapes differ, a target is not ±1, or ``reduction`` is unknown.

    Differs from :func:`torch.nn.functional.hinge_embedding_loss`: PyTorch charges both cases at
    once for a target other than ±1, and broadcasts targets; both are refused here. In half
    precision the loss is computed in float32 and rounded once.

    Example:
        >>> import torch
        >>> distance, like = torch.tensor([0.2, 0.2, 1.5]), torch.tensor([1, -1, -1])
        >>> hinge_embedding_loss(distance, like, reduction="none")
        tensor([0.2000, 0.8000, 0.0000])

    Source: H. Mobahi, R. Collobert, J. Weston, *Deep learning from temporal coherence in video*,
    ICML (2009).
    Page: ``chapters/embeddings/metric_learning``; card: ``chapters/choosing/catalogue``.
    """
    _check_signed(input, target)
    (distance,) = widen(input)
    values = torch.where(target == 1, distance, (margin - distance).clamp(min=0))
    return reduce(values, reduction, dtype=input.dtype)


def margin_ranking_loss(
    input1: Tensor,
    input2: Tensor,
    target: Tensor,
    margin: float = 0,
    reduction: str = "mean",
) -> Tensor:
    r"""Asks one score to exceed the other by a margin.

    .. math::
        \ell(o_1, o_2, y) = \max\bigl(0,\, m - y\,(o_1 - o_2)\bigr)

    :math:`y = 1` asks :math:`o_1` to rank above :math:`o_2`, :math:`y = -1` the reverse. Only the
    difference counts. With the default margin of 0 the loss vanishes where the two scores are
    equal, so a model that gives every item one score is perfect: a margin :math:`m > 0` makes
    that cost :math:`m` a pair.

    Args:
        input1: scores :math:`o_1`, any shape, real floating point.
        input2: scores :math:`o_2`, same shape.
        target: 1 where the first is to rank above the second, −1 for the reverse, same shape,
            floating point or integer.
        margin: the lead :math:`m` to ask for, in the unit of the scores.
        reduction: ``"none"``, ``"sum"`` or ``"mean"``.

    Returns:
        A scalar, or a tensor of the shape of ``input1`` for ``reduction="none"``.

    Raises:
        TypeError: a score is no floating-point tensor, or ``target`` no floating-point or integer
            tensor.
        ValueError: shapes differ, a target is not ±1, or ``reduction`` is unknown.

    Differs from :func:`torch.nn.functional.margin_ranking_loss`: PyTorch takes any target (0
    makes the loss a constant), integer scores, and broadcasts dimensions of 1; they are refused
    here. In half precision the loss is computed in float32 and rounded once.

    Example:
        >>> import torch
        >>> first, second = torch.tensor([2.0, 1.0]), torch.tensor([1.0, 1.0])
        >>> margin_ranking_loss(first, second, torch.tensor([1, 1]), 0.5, reduction="none")
        tensor([0.0000, 0.5000])

    Source: R. Herbrich, T. Graepel, K. Obermayer, *Large margin rank boundaries for ordinal
    regression*, Advances in Large Margin Classifiers (2000), 115–132.
    Page: ``chapters/embeddings/ranking``; card: ``chapters/choosing/catalogue``.
    """
    lead = _lead(input1, input2, target)
    values = (margin - lead).clamp(min=0)
    return reduce(values, reduction, dtype=common_dtype(input1, input2, target))


def bradley_terry_loss(
    input1: Tensor, input2: Tensor, target: Tensor, reduction: str = "mean"
) -> Tensor:
    r"""Negative log-likelihood of who wins a comparison: the pairwise logistic loss.

    .. math::
        P(\text{first wins}) = \sigma(o_1 - o_2) = \frac{e^{o_1}}{e^{o_1} + e^{o_2}}, \qquad
        \ell(o_1, o_2, y) = \log\bigl(1 + e^{-y\,(o_1 - o_2)}\bigr)

    The gradient by :math:`o_1` is the predicted probability that the first wins minus whether it
    did, and that by :math:`o_2` its negative: an upset moves both, an expected result neither.
    Scores are determined up to a common constant. It is a smooth
    :func:`margin_ranking_loss`, and trains reward models.

    Args:
        input1: scores :math:`o_1` (log-strengths, rewards), any shape, real floating point.
        input2: scores :math:`o_2`, same shape.
        target: 1 where the first won, −1 where the second did, same shape, floating point or
            integer.
        reduction: ``"none"``, ``"sum"`` or ``"mean"``.

    Returns:
        A scalar, or a tensor of the shape of ``input1`` for ``reduction="none"``.

    Raises:
        TypeError: a score is no floating-point tensor, or ``target`` no floating-point or integer
            tensor.
        ValueError: shapes differ, a target is not ±1, or ``reduction`` is unknown.

    PyTorch has no such loss.

    Example:
        >>> import torch
        >>> strong, weak = torch.tensor([2.0]), torch.tensor([0.0])
        >>> bradley_terry_loss(strong, weak, torch.tensor([1]))
        tensor(0.1269)
        >>> bradley_terry_loss(strong, weak, torch.tensor([-1]))
        tensor(2.1269)

    Source: R. A. Bradley, M. E. Terry, *Rank analysis of incomplete block designs: I. The method
    of paired comparisons*, Biometrika 39 (1952), 324–345; C. Burges and others, *Learning to rank
    using gradient descent*, ICML (2005), for the loss.
    Page: ``chapters/embeddings/ranking``; card: ``chapters/choosing/catalogue``.
    """
    lead = _lead(input1, input2, target)
    values = softplus(-lead)
    return reduce(values, reduction, dtype=common_dtype(input1, input2))


def dpo_loss(
    policy_chosen: Tensor,
    policy_rejected: Tensor,
    reference_chosen: Tensor,
    reference_rejected: Tensor,
    beta: float = 0.1,
    label_smoothing: float = 0.0,
    reduction: str = "mean",
) -> Tensor:
    r"""Direct preference optimisation: Bradley–Terry with the model as its own reward.

    .. math::
        h = \beta \left( \log\frac{\pi(y_w)}{\pi_0(y_w)} - \log\frac{\pi(y_l)}{\pi_0(y_l)} \right),
        \qquad
        \ell = (1 - \varepsilon) \log(1 + e^{-h}) + \varepsilon \log(1 + e^{h})

    The reward of an answer is how much likelier the policy :math:`\pi` makes it than the frozen
    reference :math:`\pi_0` does, times :math:`\beta`. Only the gap between the two answers
    counts, so the loss also falls when both become less likely, the rejected one faster. Where
    the labels are wrong with probability :math:`\varepsilon`, smoothing by it stops the gap at
    :math:`\log\frac{1 - \varepsilon}{\varepsilon}`; without it the gap grows for ever.

    Args:
        policy_chosen: log-probabilities :math:`\log\pi(y_w)` of the preferred answers, summed
            over their tokens, any shape, real floating point, in nats.
        policy_rejected: the same of the other answers, :math:`\log\pi(y_l)`, same shape.
        reference_chosen: :math:`\log\pi_0(y_w)`, same shape; its gradient is not needed.
        reference_rejected: :math:`\log\pi_0(y_l)`, same shape.
        beta: the strength :math:`\beta > 0` that holds the policy to the reference.
        label_smoothing: the probability :math:`\varepsilon` of a wrong label, at least 0 and
            below 1/2.
        reduction: ``"none"``, ``"sum"`` or ``"mean"``.

    Returns:
        A scalar, or a tensor of the shape of ``policy_chosen`` for ``reduction="none"``.

    Raises:
        TypeError: an argument is no floating-point tensor.
        ValueError: shapes differ, ``beta`` is not a finite number above 0, ``label_smoothing`` is
            outside its range, or ``reduction`` is unknown.

    PyTorch has no such loss.

    Example:
        >>> import torch
        >>> before = torch.tensor([-20.0]), torch.tensor([-18.0])
        >>> after = torch.tensor([-15.0]), torch.tensor([-23.0])
        >>> dpo_loss(*before, *before)
        tensor(0.6931)
        >>> dpo_loss(*after, *before)
        tensor(0.3133)

    Source: R. Rafailov and others, *Direct preference optimization: your language model is
    secretly a reward model*, NeurIPS (2023), arXiv:2305.18290, equation 7.
    Page: ``chapters/embeddings/ranking``; card: ``chapters/choosing/catalogue``.
    """
    arguments = {
        "policy_chosen": policy_chosen,
        "policy_rejected": policy_rejected,
        "reference_chosen": reference_chosen,
        "reference_rejected": reference_rejected,
    }
    for name, tensor in arguments.items():
        check_floating(name, tensor)
        check_same_shape(name, tensor, "policy_chosen", policy_chosen)
    check_positive("beta", beta)
    if not 0 <= label_smoothing < 0.5:
        raise ValueError(f"label_smoothing must be at least 0 and below 0.5; got {label_smoothing}")
    chosen, rejected, reference_w, reference_l = widen(*arguments.values())
    reward_gap = beta * ((chosen - reference_w) - (rejected - reference_l))
    values = softplus(-reward_gap)
    if label_smoothing > 0:
        values = (1 - label_smoothing) * values + label_smoothing * softplus(reward_gap)
    return reduce(values, reduction, dtype=common_dtype(*arguments.values()))


def multi_margin_loss(
    input: Tensor,
    target: Tensor,
    p: int = 1,
    margin: float = 1.0,
    weight: Tensor | None = None,
    reduction: str = "mean",
) -> Tensor:
    r"""Hinge for several classes: the right one is to lead every other by a margin.

    .. math::
        \ell(o, y) = \frac{w_y}{C} \sum_{j \ne y} \max(0,\, m - o_y + o_j)^p

    Each class that comes too close pushes for itself. Classes that trail by the margin
    :math:`m` do not count, so an example that leads them all has no gradient. The sum is over
    the wrong classes, the division by all :math:`C`.

    Args:
        input: scores :math:`o`, shape (N, C), or (C) for one example, or () for one example of
            one class; real floating point, raw.
        target: class indices :math:`y` from 0 to C − 1, shape (N), or () (or (1)) for one
            example; int64.
        p: 1 for the hinge, 2 for the squared hinge.
        margin: the lead :math:`m` to ask for, in the unit of the scores.
        weight: non-negative weights :math:`w` of the classes, shape (C); 1 by default.
        reduction: ``"none"``, ``"sum"`` or ``"mean"``. The mean divides by the number of
            examples, with a ``weight`` too.

    Returns:
        A scalar, or a tensor of the shape of ``target`` for ``reduction="none"``.

    Raises:
        TypeError: a tensor is missing or of another dtype.
        ValueError: a shape is none of those above, there is no class, ``p`` is neither 1 nor 2, a
            weight is negative or not finite, or ``reduction`` is unknown.
        IndexError: a target is no class.

    Differs from :func:`torch.nn.functional.multi_margin_loss`: PyTorch takes negative weights,
    which are refused here, and no half precision, which is computed in float32 and rounded once.
    PyTorch's mean over no examples is unwritten memory; here it is NaN, as elsewhere. PyTorch's
    cannot be differentiated twice.

    Example:
        >>> import torch
        >>> scores = torch.tensor([[2.0, 1.5, 0.0]])
        >>> multi_margin_loss(scores, torch.tensor([0]))
        tensor(0.1667)

    Source: J. Weston, C. Watkins, *Support vector machines for multi-class pattern recognition*,
    ESANN (1999).
    Page: ``chapters/margins/hinge_family``; card: ``chapters/choosing/catalogue``.
    """
    classes = _check_scores(input)
    one_example = input.ndim < 2 and target.shape == (1,)
    if target.shape != input.shape[:-1] and not one_example:
        raise ValueError(
            f"target must have shape {tuple(input.shape[:-1])}, one class for each example; "
            f"got {tuple(target.shape)}"
        )
    check_class_indices("target", target, classes)
    if p not in (1, 2):
        raise ValueError(f"p must be 1 or 2; got {p!r}")
    check_weight(weight, "one example of input", input.new_empty(classes))
    scores, w = widen(torch.atleast_1d(input), weight)
    true_class = target.reshape(scores.shape[:-1]).unsqueeze(-1)
    lead = scores.gather(-1, true_class) - scores
    is_rival = true_class != torch.arange(classes, device=scores.device)
    shortfall = torch.where(is_rival, torch.relu(margin - lead), 0)
    values = shortfall.pow(p).sum(-1) / classes
    if w is not None:
        values = values * w.expand_as(scores).gather(-1, true_class).squeeze(-1)
    return reduce(values.reshape(target.shape), reduction, dtype=common_dtype(input, weight))


def multilabel_margin_loss(input: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    r"""Hinge for sets of labels: each label in the set is to lead each one outside it by 1.

    .. math::
        \ell(o, Y) = \frac{1}{C} \sum_{j \in Y} \sum_{i \notin Y} \max(0,\, 1 - o_j + o_i)

    It compares labels with one another and with no threshold, so it learns which labels come
    first and not where to stop. For a set of one label it is :func:`multi_margin_loss`.

    Args:
        input: scores :math:`o`, shape (N, C), or (C) for one example, or () for one example of
            one class; real floating point, raw.
        target: for each example the classes of its set :math:`Y`, from 0 to C − 1, then −1 as
            padding: the first −1 ends the list, and what follows does not count; same shape,
            int64. A class that is listed twice counts twice. An empty set costs nothing.
        reduction: ``"none"``, ``"sum"`` or ``"mean"``. The mean divides by the number of
            examples.

    Returns:
        A scalar, or a tensor of the shape (N) (or () for one example) for ``reduction="none"``.

    Raises:
        TypeError: ``input`` is no floating-point tensor, or ``target`` no int64 tensor.
        ValueError: a shape is none of those above, there is no class, or ``reduction`` is
            unknown.
        IndexError: a target is neither a class nor −1.

    Differs from :func:`torch.nn.functional.multilabel_margin_loss`: PyTorch takes no half
    precision, which is computed in float32 here and rounded once, and cannot be differentiated
    twice; its mean over no examples is unwritten memory, and NaN here. This one holds a table of
    (N, longest list, C) numbers, (N, C, C) when compiled.

    Example:
        >>> import torch
        >>> scores = torch.tensor([0.1, 0.2, 0.4, 0.8])
        >>> multilabel_margin_loss(scores, torch.tensor([3, 0, -1, 1]))
        tensor(0.8500)

    Source: A. Elisseeff, J. Weston, *A kernel method for multi-labelled classification*, NIPS
    (2001).
    Page: ``chapters/margins/hinge_family``; card: ``chapters/choosing/catalogue``.
    """
    classes = _check_scores(input)
    check_class_indices("target", target, classes, lowest=-1)
    check_same_shape("target", target, "input", input)
    (scores,) = widen(torch.atleast_1d(input))
    labels = torch.atleast_1d(target)
    is_listed = (labels < 0).cumsum(-1) == 0
    if has_values(is_listed):
        # Columns past the longest list hold no label; without them the table below is small.
        longest = int(is_listed.reshape(-1, classes).any(0).sum())
        labels, is_listed = labels[..., :longest], is_listed[..., :longest]
    is_class = labels.unsqueeze(-1) == torch.arange(classes, device=scores.device)
    is_outside = ~(is_class & is_listed.unsqueeze(-1)).any(-2)
    is_pair = is_listed.unsqueeze(-1) & is_outside.unsqueeze(-2)
    lead = scores.gather(-1, labels.clamp(min=0)).unsqueeze(-1) - scores.unsqueeze(-2)
    values = torch.where(is_pair, torch.relu(1 - lead), 0).sum((-2, -1)) / classes
    return reduce(values.reshape(input.shape[:-1]), reduction, dtype=input.dtype)


def multilabel_soft_margin_loss(
    input: Tensor, target: Tensor, weight: Tensor | None = None, reduction: str = "mean"
) -> Tensor:
    r"""A binary cross-entropy from logits for each label, averaged over the labels.

    .. math::
        \ell(o, y) = -\frac{1}{C} \sum_{c} w_c
            \bigl[\, y_c \log \sigma(o_c) + (1 - y_c) \log \sigma(-o_c) \,\bigr], \qquad
        \frac{\partial \ell}{\partial o_c} = \frac{w_c}{C}\,(\sigma(o_c) - y_c)

    Each label is a yes-or-no question of its own: any number of them may be right, and the
    probabilities need not sum to 1. In spite of its name it knows no margin, and its targets are
    0 and 1 where :func:`soft_margin_loss` has −1 and 1.

    Args:
        input: logits :math:`o`, shape (\*, C), real floating point.
        target: for each label 1 if it applies and 0 if not, or its probability, same shape,
            floating point or integer.
        weight: non-negative weights :math:`w` of the labels, shape (C) or that of ``input``; 1
            by default.
        reduction: ``"none"``, ``"sum"`` or ``"mean"``. The mean divides by the number of
            examples, with a ``weight`` too.

    Returns:
        A scalar, or a tensor of the shape of ``input`` without its last dimension for
        ``reduction="none"``.

    Raises:
        TypeError: ``input`` is no floating-point tensor, or ``target`` no floating-point or
            integer tensor.
        ValueError: shapes do not fit, there is no label, a target is outside [0, 1], a weight is
            negative or not finite, or ``reduction`` is unknown.

    Differs from :func:`torch.nn.functional.multilabel_soft_margin_loss`: PyTorch takes targets
    outside [0, 1], for which the loss has no minimum, and negative weights, and broadcasts
    targets and weights; they are refused here. In half precision the loss is computed in float32
    and rounded once.

    Example:
        >>> import torch
        >>> logits, labels = torch.tensor([[0.0, 100.0, -100.0]]), torch.tensor([[1, 1, 1]])
        >>> multilabel_soft_margin_loss(logits, labels)
        tensor(33.5644)

    Source: J. Nam and others, *Large-scale multi-label text classification: revisiting neural
    networks*, ECML PKDD (2014).
    Page: ``chapters/margins/hinge_family``; card: ``chapters/choosing/catalogue``.
    """
    check_floating("input", input)
    if input.ndim == 0 or input.shape[-1] == 0:
        raise ValueError(
            f"input must have shape (*, C) with at least one label; got {tuple(input.shape)}"
        )
    check_real("target", target)
    check_same_shape("target", target, "input", input)
    check_between("target", target, 0, 1)
    labels = input.shape[-1]
    if isinstance(weight, Tensor) and weight.ndim == 1 < input.ndim:
        check_weight(weight, "one example of input", input.new_empty(labels))
    else:
        check_weight(weight, "input", input)
    logit, y, w = widen(input, target, weight)
    # max(o, 0) − o·y with o taken out: neither its value nor its slope then cancels.
    cross_entropy = logit * (positive(logit) - y) + log1p_exp_minus_abs(logit)
    if w is not None:
        cross_entropy = cross_entropy * w
    values = cross_entropy.sum(-1) / labels
    return reduce(values, reduction, dtype=common_dtype(input, target, weight))


def _check_signed(input: Tensor, target: Tensor) -> None:
    check_floating("input", input)
    check_real("target", target)
    check_same_shape("target", target, "input", input)
    check_signs("target", target)


def _margin(input: Tensor, target: Tensor) -> Tensor:
    """y·o, positive on the right side."""
    _check_signed(input, target)
    score, sign = widen(input, target)
    return sign * score


def _lead(input1: Tensor, input2: Tensor, target: Tensor) -> Tensor:
    """y·(o₁ − o₂), positive in the right order."""
    check_floating("input1", input1)
    check_floating("input2", input2)
    check_real("target", target)
    check_same_shape("input2", input2, "input1", input1)
    check_same_shape("target", target, "input1", input1)
    check_signs("target", target)
    first, second, sign = widen(input1, input2, target)
    return sign * (first - second)


def _check_scores(input: Tensor) -> int:
    """The number of classes of scores of shape (N, C), (C) or ()."""
    check_floating("input", input)
    classes = input.shape[-1] if input.ndim else 1
    if input.ndim > 2 or classes == 0:
        raise ValueError(
            f"input must have shape (N, C) or (C) with at least one class; got {tuple(input.shape)}"
        )
    return classes
