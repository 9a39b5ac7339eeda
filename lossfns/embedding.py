"""Losses on the distance or the angle between embeddings: pairs, and triplets."""

from collections.abc import Callable

import torch
from torch import Tensor

from lossfns.reduction import common_dtype, reduce, widen
from lossfns.validation import (
    check_at_least_zero,
    check_floating,
    check_positive,
    check_same_shape,
    check_signs,
)

_COSINE_EPSILON = 1e-12


def cosine_embedding_loss(
    input1: Tensor,
    input2: Tensor,
    target: Tensor,
    margin: float = 0,
    reduction: str = "mean",
) -> Tensor:
    r"""One minus the cosine for a pair that belongs together, the cosine's excess for another.

    .. math::
        \ell(x_1, x_2, y) = \begin{cases}
            1 - c & y = 1 \\ \max(0,\, c - m) & y = -1
        \end{cases}
        \qquad
        c = \frac{x_1^\top x_2}{\sqrt{\lVert x_1\rVert^2 + \varepsilon}\,
                                \sqrt{\lVert x_2\rVert^2 + \varepsilon}},
        \quad \varepsilon = 10^{-12}

    Only directions count: scaling a vector changes nothing, and the gradient is perpendicular to
    the vector that it moves. A pair with :math:`y = -1` is asked for :math:`c \le m` and no more:
    with the default margin any angle of 90° or beyond costs nothing.

    Args:
        input1: embeddings :math:`x_1`, shape (N, D) or (D,), real floating point.
        input2: embeddings :math:`x_2`, same shape.
        target: 1 for a pair that belongs together, -1 for one that does not, shape (N,) or (),
            integer or floating point.
        margin: cosine :math:`m` up to which a pair with target -1 costs nothing, from -1 to 1.
        reduction: ``"none"``, ``"sum"`` or ``"mean"``, the mean over the N pairs.

    Returns:
        A scalar, or a tensor of the shape of ``target`` for ``reduction="none"``.

    Raises:
        TypeError: an input is no floating-point tensor, or the target no tensor of numbers.
        ValueError: shapes do not fit, a target is neither 1 nor -1, the margin is not a cosine,
            or ``reduction`` is unknown.

    Differs from :func:`torch.nn.functional.cosine_embedding_loss`: a zero vector has no
    direction; its cosine is 0 in both, but here its gradient is 0, where PyTorch's is a million
    times the other unit vector and in float16 NaN. Long float32 vectors keep their cosine: from
    norms of :math:`10^{10}` PyTorch's product of squared norms overflows and makes it 0. Targets
    other than ±1 are refused: PyTorch gives them a loss of 0. So is a margin outside [-1, 1].

    Example:
        >>> import torch
        >>> pairs = torch.tensor([[1.0, 0.0], [1.0, 0.0]]), torch.tensor([[3.0, 4.0], [3.0, 4.0]])
        >>> cosine_embedding_loss(*pairs, torch.tensor([1, -1]), reduction="none")
        tensor([0.4000, 0.6000])

    Source: J. Bromley, I. Guyon, Y. LeCun, E. Säckinger and R. Shah, *Signature verification
    using a "Siamese" time delay neural network* (NIPS 6, 1993), which trains one network on
    pairs of inputs.
    Page: ``chapters/embeddings/metric_learning``; card: ``chapters/choosing/catalogue``.
    """
    _check_pair(input1, input2, target)
    if not -1 <= margin <= 1:
        raise ValueError(f"margin must be a cosine, from -1 to 1; got {margin}")
    x1, x2 = widen(input1, input2)
    square1, square2 = x1.square().sum(-1), x2.square().sum(-1)
    lengths = (square1 + _COSINE_EPSILON).sqrt() * (square2 + _COSINE_EPSILON).sqrt()
    cosine = (x1 * x2).sum(-1) / lengths
    # No direction, no gradient: just beside zero the slope is steep in every direction.
    cosine = torch.where((square1 == 0) | (square2 == 0), 0, cosine)
    values = torch.where(target == 1, 1 - cosine, (cosine - margin).clamp(min=0))
    return reduce(values, reduction, dtype=common_dtype(input1, input2))


def triplet_margin_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    margin: float = 1.0,
    p: float = 2,
    eps: float = 1e-6,
    swap: bool = False,
    reduction: str = "mean",
) -> Tensor:
    r"""Hinge on two distances: the positive is to be nearer than the negative, by a margin.

    .. math::
        \ell(a, x^+, x^-) = \max\bigl(0,\; m + d(a, x^+) - d(a, x^-)\bigr),
        \qquad d(u, v) = \lVert u - v + \varepsilon \rVert_p

    Only the difference of the distances counts: a triplet with the negative farther by
    :math:`m` than the positive has no gradient at all, which is why triplets are mined. The
    :math:`\varepsilon` is added to every coordinate inside the norm, so two equal points lie
    :math:`\varepsilon D^{1/p}` apart and are pulled along the diagonal, with a finite gradient.

    Args:
        anchor: embeddings :math:`a`, shape (N, D), (D,) or more generally (\*, D), real or
            complex floating point.
        positive: embeddings :math:`x^+` that belong to the anchors, same shape.
        negative: embeddings :math:`x^-` that do not, same shape.
        margin: :math:`m`, above 0, in the unit of the distance.
        p: degree of the norm, at least 1; ``float("inf")`` for the largest coordinate.
        eps: :math:`\varepsilon`, at least 0. With 0 the gradient at distance 0 is taken as 0.
        swap: replace :math:`d(a, x^-)` by :math:`d(x^+, x^-)` where that is smaller, the harder
            of the two.
        reduction: ``"none"``, ``"sum"`` or ``"mean"``, the mean over the triplets.

    Returns:
        A real scalar, or a real tensor of shape (\*) for ``reduction="none"``.

    Raises:
        TypeError: an argument is no floating-point (or complex) tensor.
        ValueError: shapes differ, ``margin``, ``p`` or ``eps`` is out of range, or ``reduction``
            is unknown.

    Differs from :func:`torch.nn.functional.triplet_margin_loss`: PyTorch broadcasts a negative
    of another shape, takes integers, and takes degrees below 1, which are no norm; all three are
    refused here. In half precision the loss is computed in float32 and rounded once.

    Example:
        >>> import torch
        >>> a, near, far = torch.tensor([[0.0, 0.0], [3.0, 4.0], [6.0, 8.0]]).unsqueeze(1)
        >>> triplet_margin_loss(a, near, far, margin=6.0)
        tensor(1.0000)

    Source: K. Q. Weinberger and L. K. Saul, *Distance metric learning for large margin nearest
    neighbor classification* (JMLR 10, 2009), and F. Schroff, D. Kalenichenko and J. Philbin,
    *FaceNet* (CVPR 2015), both with squared distances; V. Balntas, E. Riba, D. Ponsa and K.
    Mikolajczyk, *Learning local feature descriptors with triplets and shallow convolutional
    neural networks* (BMVC 2016), with the swap.
    Page: ``chapters/embeddings/metric_learning``; card: ``chapters/choosing/catalogue``.
    """
    if not p >= 1:
        raise ValueError(f"p must be the degree of a norm, at least 1; got {p}")
    check_at_least_zero("eps", eps)

    def distance(u: Tensor, v: Tensor) -> Tensor:
        u, v = widen(u, v)
        return torch.linalg.vector_norm(u - v + eps, ord=p, dim=-1)

    loss = triplet_margin_with_distance_loss(
        anchor,
        positive,
        negative,
        distance_function=distance,
        margin=margin,
        swap=swap,
        reduction=reduction,
    )
    return loss.to(common_dtype(anchor, positive, negative))


def triplet_margin_with_distance_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    *,
    distance_function: Callable[[Tensor, Tensor], Tensor] | None = None,
    margin: float = 1.0,
    swap: bool = False,
    reduction: str = "mean",
) -> Tensor:
    r"""Triplet loss with any distance.

    .. math::
        \ell(a, x^+, x^-) = \max\bigl(0,\; m + d(a, x^+) - d(a, x^-)\bigr)

    The gradient is that of :math:`d(a, x^+) - d(a, x^-)` while the hinge is active and 0
    otherwise. A distance that takes a root of 0 returns a NaN gradient at equal points, and that
    NaN reaches the loss's gradient: write the distance so that it does not.

    Args:
        anchor: embeddings :math:`a`, shape (\*, D), real or complex floating point.
        positive: embeddings :math:`x^+` that belong to the anchors, same shape.
        negative: embeddings :math:`x^-` that do not, same shape.
        distance_function: :math:`d`, from two such tensors to a real floating-point tensor with
            one distance for each pair; by default the Euclidean distance of
            :func:`triplet_margin_loss`. It receives the embeddings in the dtype that they have.
        margin: :math:`m`, above 0, in the unit of the distance.
        swap: replace :math:`d(a, x^-)` by :math:`d(x^+, x^-)` where that is smaller.
        reduction: ``"none"``, ``"sum"`` or ``"mean"``, the mean over the distances.

    Returns:
        A scalar, or a tensor of the shape of a distance for ``reduction="none"``.

    Raises:
        TypeError: an argument or a distance is no floating-point tensor.
        ValueError: shapes differ, ``margin`` is out of range, or ``reduction`` is unknown.

    Differs from :func:`torch.nn.functional.triplet_margin_with_distance_loss`: embeddings or
    distances of different shapes, which PyTorch broadcasts, are refused.

    Example:
        >>> import torch
        >>> def chebyshev(u, v):
        ...     return (u - v).abs().amax(-1)
        >>> a, near, far = torch.tensor([[0.0, 0.0], [3.0, 4.0], [3.0, 4.5]]).unsqueeze(1)
        >>> triplet_margin_with_distance_loss(a, near, far, distance_function=chebyshev)
        tensor(0.5000)

    Source: F. Schroff, D. Kalenichenko and J. Philbin, *FaceNet: a unified embedding for face
    recognition and clustering* (CVPR 2015), with squared distances.
    Page: ``chapters/embeddings/metric_learning``; card: ``chapters/choosing/catalogue``.
    """
    if distance_function is None:
        return triplet_margin_loss(
            anchor, positive, negative, margin=margin, swap=swap, reduction=reduction
        )
    _check_vectors(
        {"anchor": anchor, "positive": positive, "negative": negative}, allow_complex=True
    )
    check_positive("margin", margin)
    near, far = distance_function(anchor, positive), distance_function(anchor, negative)
    _check_distances(near, far)
    if swap:
        swapped = distance_function(positive, negative)
        _check_distances(near, swapped)
        far = torch.minimum(far, swapped)
    dtype = common_dtype(near, far)
    near, far = widen(near, far)
    return reduce((margin + near - far).clamp(min=0), reduction, dtype=dtype)


def contrastive_loss(
    input1: Tensor,
    input2: Tensor,
    target: Tensor,
    margin: float = 1.0,
    reduction: str = "mean",
) -> Tensor:
    r"""A spring between two embeddings: pulls similar pairs, pushes dissimilar ones to a margin.

    .. math::
        \ell(x_1, x_2, y) = \begin{cases}
            \tfrac12 d^2 & y = 1 \\ \tfrac12 \max(0,\, m - d)^2 & y = -1
        \end{cases}
        \qquad d = \lVert x_1 - x_2 \rVert_2

    A similar pair is pulled with force :math:`d`, a dissimilar one pushed with force
    :math:`m - d` until it is :math:`m` apart, and then left alone: unlike the hinge of
    :func:`lossfns.hinge_embedding_loss` the push fades out instead of breaking off. At
    :math:`d = 0` a dissimilar pair has no direction to be pushed in, and the gradient there is
    taken as 0.

    Args:
        input1: embeddings :math:`x_1`, shape (N, D) or (D,), real floating point.
        input2: embeddings :math:`x_2`, same shape.
        target: 1 for a similar pair, -1 for a dissimilar one, shape (N,) or (), integer or
            floating point. (The paper writes 0 for similar and 1 for dissimilar.)
        margin: :math:`m`, above 0, in the unit of the distance.
        reduction: ``"none"``, ``"sum"`` or ``"mean"``, the mean over the N pairs.

    Returns:
        A scalar, or a tensor of the shape of ``target`` for ``reduction="none"``.

    Raises:
        TypeError: an input is no floating-point tensor, or the target no tensor of numbers.
        ValueError: shapes do not fit, a target is neither 1 nor -1, ``margin`` is out of range,
            or ``reduction`` is unknown.

    Differs from PyTorch, which lacks this loss.

    Example:
        >>> import torch
        >>> x1, x2 = torch.zeros(2, 2), torch.tensor([[3.0, 4.0], [3.0, 4.0]])
        >>> contrastive_loss(x1, x2, torch.tensor([1, -1]), margin=6.0, reduction="none")
        tensor([12.5000,  0.5000])

    Source: R. Hadsell, S. Chopra and Y. LeCun, *Dimensionality reduction by learning an invariant
    mapping* (CVPR 2006), section 2.1.
    Page: ``chapters/embeddings/metric_learning``; card: ``chapters/choosing/catalogue``.
    """
    _check_pair(input1, input2, target)
    check_positive("margin", margin)
    x1, x2 = widen(input1, input2)
    squared = (x1 - x2).square().sum(-1)
    apart = squared > 0
    # The inner replacement keeps the root's infinite slope at 0 out of the gradient.
    distance = torch.where(apart, torch.where(apart, squared, 1).sqrt(), 0)
    push = (margin - distance).clamp(min=0)
    values = torch.where(target == 1, squared, push.square()) / 2
    return reduce(values, reduction, dtype=common_dtype(input1, input2))


def _check_distances(near: Tensor, far: Tensor) -> None:
    for distances in (near, far):
        check_floating("the result of distance_function", distances)
    check_same_shape("the distances to negative", far, "those to positive", near)


def _check_vectors(tensors: dict[str, Tensor], *, allow_complex: bool = False) -> None:
    (first_name, first), *_ = tensors.items()
    for name, tensor in tensors.items():
        check_floating(name, tensor, allow_complex=allow_complex)
        check_same_shape(name, tensor, first_name, first)
    if first.ndim == 0 or first.shape[-1] == 0:
        raise ValueError(
            f"{first_name} must have shape (*, D) with D at least 1; got {tuple(first.shape)}"
        )


def _check_pair(input1: Tensor, input2: Tensor, target: Tensor) -> None:
    _check_vectors({"input1": input1, "input2": input2})
    if input1.ndim > 2:
        raise ValueError(f"input1 must have shape (N, D) or (D,); got {tuple(input1.shape)}")
    check_signs("target", target)
    if target.shape != input1.shape[:-1]:
        raise ValueError(
            f"target must have shape {tuple(input1.shape[:-1])}, one sign for each pair; "
            f"got {tuple(target.shape)}"
        )
