"""Gradient descent, written so that every step can be looked at afterwards."""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from lossfns.validation import check_count, check_floating, check_positive


class Descent(NamedTuple):
    """Where a descent went: one row of ``path`` and one entry of ``losses`` for each visit.

    Attributes:
        path: parameters before the first step and after each step, shape (steps + 1, *shape).
        losses: objective at the same points, shape (steps + 1,). For :func:`sgd` it is the
            objective of the whole data.
    """

    path: Tensor
    losses: Tensor

    @property
    def parameters(self) -> Tensor:
        """The parameters after the last step."""
        return self.path[-1]


def gradient_descent(
    objective: Callable[[Tensor], Tensor],
    start: Tensor,
    *,
    learning_rate: float,
    steps: int,
) -> Descent:
    r"""Follow the negative gradient of ``objective`` from ``start`` with a fixed learning rate.

    .. math::
        \theta_{t+1} = \theta_t - \eta\,\nabla L(\theta_t)

    On a quadratic whose largest curvature is :math:`\lambda` this converges for
    :math:`\eta < 2/\lambda` and diverges above; a descent that diverges is returned as it went,
    infinities included.

    Args:
        objective: maps parameters to a scalar loss; differentiable by autograd.
        start: the first parameters, any shape, floating point. It is not changed.
        learning_rate: :math:`\eta > 0`, in units of parameter² per unit of loss.
        steps: number of updates, at least 0.

    Returns:
        A :class:`Descent` with ``steps + 1`` visited points.

    Raises:
        TypeError: ``start`` is no floating-point tensor or ``steps`` no integer.
        ValueError: ``learning_rate`` is not above 0, ``steps`` is negative, or ``objective``
            returns something other than a scalar.

    Example:
        >>> bowl = lambda theta: (theta - 3.0).square().sum()
        >>> descent = gradient_descent(bowl, torch.zeros(1), learning_rate=0.5, steps=1)
        >>> descent.parameters, descent.losses
        (tensor([3.]), tensor([9., 0.]))

    Source: A.-L. Cauchy, *Méthode générale pour la résolution des systèmes d'équations
    simultanées*, Comptes rendus 25 (1847). Page: ``chapters/optimisation/gradient_descent``.
    """
    _check_descent(start, learning_rate)
    check_count("steps", steps)
    path = [start.detach()]
    losses = []
    for _ in range(steps):
        gradient, loss = _gradient_and_value(objective, path[-1])
        losses.append(loss)
        path.append(path[-1] - learning_rate * gradient)
    losses.append(_value(objective, path[-1]))
    return Descent(torch.stack(path), torch.stack(losses))


def sgd(
    objective: Callable[..., Tensor],
    data: tuple[Tensor, ...],
    start: Tensor,
    *,
    learning_rate: float,
    epochs: int,
    batch_size: int,
    generator: torch.Generator,
) -> Descent:
    r"""Stochastic gradient descent: each step uses the gradient of one batch of examples.

    .. math::
        \theta_{t+1} = \theta_t - \eta\,\nabla L_{B_t}(\theta_t)

    Each epoch visits every example once, in an order drawn from ``generator``; the last batch of
    an epoch may be smaller. ``batch_size=1`` is the classical stochastic method,
    ``batch_size=N`` is :func:`gradient_descent`.

    Args:
        objective: ``objective(parameters, *batch)`` is the scalar loss of a batch.
        data: tensors with the same first dimension N; a batch holds the same rows of each.
        start: the first parameters, any shape, floating point. It is not changed.
        learning_rate: :math:`\eta > 0`, in units of parameter² per unit of loss.
        epochs: passes over the data, at least 0.
        batch_size: examples in a batch, from 1 to N.
        generator: source of the shuffling; the same seed gives the same descent.

    Returns:
        A :class:`Descent` with one point for each batch, and the start.

    Raises:
        TypeError: ``start`` is no floating-point tensor, ``data`` no tuple of tensors, or a count
            no integer.
        ValueError: the tensors of ``data`` differ in length or are empty, ``batch_size`` is
            larger than N, ``learning_rate`` is not above 0, or ``objective`` returns something
            other than a scalar.

    Example:
        >>> data = (torch.tensor([1.0, 3.0]),)
        >>> squared = lambda theta, y: (theta - y).square().mean()
        >>> descent = sgd(squared, data, torch.zeros(()), learning_rate=0.5, epochs=1,
        ...               batch_size=2, generator=torch.Generator().manual_seed(0))
        >>> descent.parameters, descent.losses
        (tensor(2.), tensor([5., 1.]))

    Source: H. Robbins and S. Monro, *A Stochastic Approximation Method*, Annals of Mathematical
    Statistics 22 (1951). Page: ``chapters/optimisation/gradient_descent``.
    """
    _check_descent(start, learning_rate)
    check_count("epochs", epochs)
    check_count("batch_size", batch_size, minimum=1)
    count = _check_data(data, batch_size)
    path = [start.detach()]
    for _ in range(epochs):
        for rows in torch.randperm(count, generator=generator).split(batch_size):
            batch = [tensor[rows] for tensor in data]
            gradient, _ = _gradient_and_value(objective, path[-1], *batch)
            path.append(path[-1] - learning_rate * gradient)
    losses = [_value(objective, point, *data) for point in path]
    return Descent(torch.stack(path), torch.stack(losses))


def _gradient_and_value(
    objective: Callable[..., Tensor], parameters: Tensor, *batch: Tensor
) -> tuple[Tensor, Tensor]:
    parameters = parameters.detach().requires_grad_()
    # Also where the caller is under torch.no_grad().
    with torch.enable_grad():
        loss = objective(parameters, *batch)
    _check_scalar(loss)
    (gradient,) = torch.autograd.grad(loss, parameters)
    return gradient, loss.detach()


def _value(objective: Callable[..., Tensor], parameters: Tensor, *batch: Tensor) -> Tensor:
    with torch.no_grad():
        loss = objective(parameters, *batch)
    _check_scalar(loss)
    return loss


def _check_scalar(loss: Tensor) -> None:
    is_tensor = isinstance(loss, Tensor)
    if not is_tensor or loss.ndim != 0:
        returned = f"shape {tuple(loss.shape)}" if is_tensor else type(loss).__name__
        raise ValueError(f"objective must return a scalar (a tensor of shape ()); got {returned}")


def _check_descent(start: Tensor, learning_rate: float) -> None:
    check_floating("start", start)
    check_positive("learning_rate", learning_rate)


def _check_data(data: tuple[Tensor, ...], batch_size: int) -> int:
    if not isinstance(data, tuple) or not all(isinstance(tensor, Tensor) for tensor in data):
        kind = type(data).__name__
        if isinstance(data, tuple | list):
            kind += " of " + ", ".join(type(item).__name__ for item in data)
        raise TypeError(f"data must be a tuple of tensors; got {kind}")
    lengths = {len(tensor) for tensor in data}
    if len(lengths) != 1 or 0 in lengths:
        raise ValueError(
            "data must be tensors with the same number of rows, at least 1; "
            f"got {[len(tensor) for tensor in data]} rows"
        )
    (count,) = lengths
    if batch_size > count:
        raise ValueError(
            f"batch_size must be at most the number of rows, {count}; got {batch_size}"
        )
    return count
