"""Losses that pick the one that belongs together out of many: contrastive learning."""

import torch
from torch import Tensor

from lossfns.reduction import common_dtype, reduce, widen
from lossfns.validation import (
    check_floating,
    check_integer,
    check_positive,
    check_same_shape,
    check_values,
)


def info_nce_loss(
    query: Tensor,
    key: Tensor,
    negatives: Tensor | None = None,
    temperature: float = 0.1,
    similarity: str = "cosine",
    reduction: str = "mean",
) -> Tensor:
    r"""Negative log-probability of telling the query's own key from the negative ones.

    .. math::
        \ell_i = -\log \frac{e^{s(q_i, k_i)/\tau}}
                            {e^{s(q_i, k_i)/\tau} + \sum_{j} e^{s(q_i, n_j)/\tau}}
               = \log\Bigl(1 + \sum_j e^{(s(q_i, n_j) - s(q_i, k_i))/\tau}\Bigr)

    This is cross-entropy over :math:`1 + M` candidates of which the key is the right one, no
    binary classifier. Each negative pushes with its softmax probability, so a low temperature
    leaves only the hardest one. A batch of :math:`N` scores :math:`\log N` by chance, and
    :math:`\log N - L` bounds the mutual information of query and key from below.

    Args:
        query: :math:`q`, shape (N, D), real floating point.
        key: the positive :math:`k_i` of each query, same shape.
        negatives: :math:`n`, shape (M, D) for all queries alike, or (N, M, D) for each query its
            own. By default the negatives of a query are the other queries' keys.
        temperature: :math:`\tau`, above 0, in the unit of the similarity.
        similarity: :math:`s`: ``"cosine"``, or ``"dot"`` for the product of the vectors as they
            are.
        reduction: ``"none"``, ``"sum"`` or ``"mean"``, the mean over the N queries.

    Returns:
        A scalar, or a tensor of shape (N,) for ``reduction="none"``.

    Raises:
        TypeError: a tensor is not in floating point.
        ValueError: shapes do not fit, a query would have no negative, ``temperature`` is out of
            range, or ``similarity`` or ``reduction`` is unknown.

    Differs from PyTorch, which lacks this loss. A zero vector has no direction: its cosines are
    0 and so is its gradient.

    Example:
        >>> import torch
        >>> info_nce_loss(torch.eye(2), torch.eye(2), temperature=1.0)  # log(1 + 1/e)
        tensor(0.3133)

    Source: A. van den Oord, Y. Li and O. Vinyals, *Representation learning with contrastive
    predictive coding* (arXiv:1807.03748, 2018), equation 4.
    Page: ``chapters/embeddings/contrastive``; card: ``chapters/choosing/catalogue``.
    """
    _check_queries(query, key, negatives)
    check_positive("temperature", temperature)
    if similarity not in ("cosine", "dot"):
        raise ValueError(f"similarity must be 'cosine' or 'dot'; got {similarity!r}")
    q, k, n = widen(query, key, negatives)
    # A product of matrices takes one dtype only.
    working = common_dtype(q, k, n)
    q, k, n = (None if tensor is None else tensor.to(working) for tensor in (q, k, n))
    if similarity == "cosine":
        q, k = _unit(q), _unit(k)
        n = None if n is None else _unit(n)
    positive = (q * k).sum(-1) / temperature
    if n is None:
        own = torch.eye(len(q), dtype=torch.bool, device=q.device)
        negative = (q @ k.T / temperature).masked_fill(own, -torch.inf)
    else:
        negative = (q.unsqueeze(1) @ n.mT).squeeze(1) / temperature
    dtype = common_dtype(query, key, negatives)
    return reduce(_negative_log_share(positive, negative), reduction, dtype=dtype)


def nt_xent_loss(
    input1: Tensor,
    input2: Tensor,
    temperature: float = 0.1,
    reduction: str = "mean",
) -> Tensor:
    r"""InfoNCE between two views of a batch, each of the 2N embeddings being a query once.

    .. math::
        \ell_i = -\log \frac{e^{c(z_i, z_{i'})/\tau}}{\sum_{a \ne i} e^{c(z_i, z_a)/\tau}},
        \qquad c(u, v) = \frac{u^\top v}{\lVert u\rVert \lVert v\rVert}

    where :math:`z_1, …, z_{2N}` are the embeddings of both views and :math:`z_{i'}` is the other
    view of :math:`z_i`. The negatives are the :math:`2N - 2` embeddings of the other examples, in
    both views. The loss is small where the views agree and differ from all else; a constant
    embedding scores :math:`\log(2N - 1)`.

    Args:
        input1: embeddings of the first view, shape (N, D), real floating point, N at least 2.
        input2: embeddings of the second view of the same examples, same shape.
        temperature: :math:`\tau`, above 0.
        reduction: ``"none"``, ``"sum"`` or ``"mean"``, the mean over the 2N queries.

    Returns:
        A scalar, or a tensor of shape (2N,) for ``reduction="none"``: the queries of the first
        view, then those of the second.

    Raises:
        TypeError: an input is no floating-point tensor.
        ValueError: shapes do not fit, there are no negatives, ``temperature`` is out of range, or
            ``reduction`` is unknown.

    Differs from PyTorch, which lacks this loss. A zero vector has no direction: its cosines are
    0 and so is its gradient.

    Example:
        >>> import torch
        >>> same = torch.ones(3, 2)
        >>> nt_xent_loss(same, same)  # log 5: one of five, by chance
        tensor(1.6094)

    Source: T. Chen, S. Kornblith, M. Norouzi and G. Hinton, *A simple framework for contrastive
    learning of visual representations* (ICML 2020), equation 1.
    Page: ``chapters/embeddings/contrastive``; card: ``chapters/choosing/catalogue``.
    """
    _check_embeddings("input1", input1)
    check_floating("input2", input2)
    check_same_shape("input2", input2, "input1", input1)
    check_positive("temperature", temperature)
    count = len(input1)
    if count < 2:
        raise ValueError(
            f"input1 must hold at least 2 examples, since the others are the negatives; got {count}"
        )
    z = _unit(torch.cat(widen(input1, input2)))
    itself = torch.eye(2 * count, dtype=torch.bool, device=z.device)
    other_view = itself.roll(count, 0)
    positive = (z * z.roll(count, 0)).sum(-1) / temperature
    negative = (z @ z.T / temperature).masked_fill(itself | other_view, -torch.inf)
    values = _negative_log_share(positive, negative)
    return reduce(values, reduction, dtype=common_dtype(input1, input2))


def sup_con_loss(
    input: Tensor,
    target: Tensor,
    temperature: float = 0.1,
    reduction: str = "mean",
) -> Tensor:
    r"""Supervised contrastive loss: the positives of an example are all others of its class.

    .. math::
        \ell_i = -\frac{1}{|P_i|} \sum_{p \in P_i}
            \log \frac{e^{c(z_i, z_p)/\tau}}{\sum_{a \ne i} e^{c(z_i, z_a)/\tau}},
        \qquad P_i = \{p \ne i : y_p = y_i\}

    with the cosine :math:`c`. The mean over the positives stands outside the logarithm (the
    paper's :math:`\mathcal{L}_{\text{out}}`), so every positive is pulled, the far ones most. A
    class whose embeddings all coincide still costs :math:`\log |P_i|`: its members share the
    probability. With two views of each example as the only classes it is
    :func:`nt_xent_loss`.

    Args:
        input: embeddings :math:`z`, shape (N, D), real floating point; several views of an
            example are rows of their own, with its class.
        target: classes :math:`y`, shape (N,), integer. Every class that occurs occurs twice.
        temperature: :math:`\tau`, above 0.
        reduction: ``"none"``, ``"sum"`` or ``"mean"``, the mean over the N examples.

    Returns:
        A scalar, or a tensor of shape (N,) for ``reduction="none"``.

    Raises:
        TypeError: the input is no floating-point tensor or the target no integer one.
        ValueError: shapes do not fit, an example has no positive, ``temperature`` is out of
            range, or ``reduction`` is unknown.

    Differs from PyTorch, which lacks this loss. An example alone in its class has no positive
    and 0/0 for a loss; it is refused in eager mode, and gives NaN where values cannot be read,
    rather than being left out of the mean unnoticed. A zero vector has no direction: its cosines
    are 0 and so is its gradient.

    Example:
        >>> import torch
        >>> z = torch.tensor([[1.0, 0.0], [1.0, 0.0], [-1.0, 0.0], [-1.0, 0.0]])
        >>> sup_con_loss(z, torch.tensor([0, 0, 1, 1]), temperature=1.0)  # log(1 + 2/e²)
        tensor(0.2395)

    Source: P. Khosla et al., *Supervised contrastive learning* (NeurIPS 2020), equation 2.
    Page: ``chapters/embeddings/contrastive``; card: ``chapters/choosing/catalogue``.
    """
    _check_embeddings("input", input)
    check_integer("target", target)
    if target.shape != input.shape[:1]:
        raise ValueError(
            f"target must have shape {tuple(input.shape[:1])}, one class for each example; "
            f"got {tuple(target.shape)}"
        )
    check_positive("temperature", temperature)
    itself = torch.eye(len(input), dtype=torch.bool, device=input.device)
    positive = (target.unsqueeze(1) == target) & ~itself
    check_values("target", target, positive.any(1), "a class that another example shares")
    z = _unit(*widen(input))
    scores = z @ z.T / temperature
    total = torch.logsumexp(scores.masked_fill(itself, -torch.inf), dim=1, keepdim=True)
    negative_log_share = (total - scores).masked_fill(~positive, 0)
    values = negative_log_share.sum(1) / positive.sum(1)
    return reduce(values, reduction, dtype=input.dtype)


def _negative_log_share(positive: Tensor, negative: Tensor) -> Tensor:
    """−log of the positive's softmax probability, from logits of shape (N,) and (N, M)."""
    # The difference of logits comes first: log(1 + e^d) keeps a small loss where the difference
    # of two large numbers would return 0.
    surplus = torch.logsumexp(negative - positive.unsqueeze(1), dim=1)
    return torch.logaddexp(surplus, torch.zeros_like(surplus))


def _unit(vectors: Tensor) -> Tensor:
    """The vectors at length 1; a zero vector stays, and its gradient is 0."""
    squared = vectors.square().sum(-1, keepdim=True)
    nonzero = squared > 0
    return vectors * torch.where(nonzero, torch.where(nonzero, squared, 1).rsqrt(), 0)


def _check_embeddings(name: str, embeddings: Tensor) -> None:
    check_floating(name, embeddings)
    if embeddings.ndim != 2 or embeddings.shape[1] == 0:
        raise ValueError(
            f"{name} must have shape (N, D) with D at least 1; got {tuple(embeddings.shape)}"
        )


def _check_queries(query: Tensor, key: Tensor, negatives: Tensor | None) -> None:
    _check_embeddings("query", query)
    check_floating("key", key)
    check_same_shape("key", key, "query", query)
    count, size = query.shape
    if negatives is None:
        if count < 2:
            raise ValueError(
                "negatives must be given for fewer than 2 queries, which have no other keys; "
                f"got None for {count}"
            )
        return
    check_floating("negatives", negatives)
    shape = tuple(negatives.shape)
    shared = len(shape) == 2 and shape[0] > 0 and shape[1] == size
    each = len(shape) == 3 and shape[0] == count and shape[1] > 0 and shape[2] == size
    if not (shared or each):
        raise ValueError(
            f"negatives must have shape (M, {size}) or ({count}, M, {size}) with M at least 1; "
            f"got {shape}"
        )
