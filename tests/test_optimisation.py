"""Gradient descent against the closed form of its path, and against PyTorch's own optimiser."""

import re
from collections.abc import Callable
from itertools import chain

import pytest
import torch
from torch import Tensor

from lossfns import Descent, gradient_descent, sgd

# A step times a power of two is exact, so that two programs which round in the same places agree
# to the last bit, whether or not one fuses the product with the difference.
LEARNING_RATE = 2.0**-5

CURVATURES = torch.tensor([0.5, 2.0, 8.0], dtype=torch.float64)
"""Eigenvalues of the bowl's Hessian: descent converges below a learning rate of 2 / 8."""


def seeded(seed: int = 0) -> torch.Generator:
    """A new generator in a known state."""
    return torch.Generator().manual_seed(seed)


def normal(*shape: int, seed: int = 0) -> Tensor:
    """Numbers that are the same on every machine."""
    return torch.randn(shape, dtype=torch.float64, generator=seeded(seed))


AXES = torch.linalg.qr(normal(3, 3, seed=1)).Q
LOWEST = normal(3, seed=2)
START = normal(3, seed=3)


def bowl(theta: Tensor) -> Tensor:
    """A quadratic whose curvatures, axes and lowest point are known."""
    along = AXES.T @ (theta - LOWEST)
    return (CURVATURES * along.square()).sum() / 2


def squared_error(theta: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """The loss of a batch under a linear model."""
    return (x @ theta - y).square().mean()


X, Y = normal(10, 3, seed=4), normal(10, seed=5)


# Against the closed form


@pytest.mark.parametrize("learning_rate", [0.01, 0.125, 0.2, 0.249, 0.25, 0.3])
def test_path_on_a_quadratic_is_the_closed_form(learning_rate: float) -> None:
    """θ_t = θ* + Σ (1 − ηλ)^t qqᵀ(θ_0 − θ*): each eigendirection shrinks (or grows) by itself."""
    steps = 40
    descent = gradient_descent(bowl, START, learning_rate=learning_rate, steps=steps)
    factors = (1 - learning_rate * CURVATURES) ** torch.arange(steps + 1)[:, None]
    along = factors * (AXES.T @ (START - LOWEST))
    expected = LOWEST + along @ AXES.T
    torch.testing.assert_close(descent.path, expected, rtol=1e-12, atol=1e-12)
    losses = (CURVATURES * along.square()).sum(dim=1) / 2
    torch.testing.assert_close(descent.losses, losses, rtol=1e-11, atol=1e-13)


def test_two_over_the_largest_curvature_is_the_cliff() -> None:
    """Below it the loss falls at every step, above it the descent leaves for infinity."""
    cliff = 2 / CURVATURES.max().item()
    below = gradient_descent(bowl, START, learning_rate=0.99 * cliff, steps=2_000)
    # Later losses are rounding errors of a loss of 0.
    assert (below.losses[:300].diff() < 0).all()
    torch.testing.assert_close(below.parameters, LOWEST)
    above = gradient_descent(bowl, START, learning_rate=1.01 * cliff, steps=2_000)
    assert above.losses[-1] > 1e6 * above.losses[0]


def test_a_descent_that_diverges_is_returned_as_it_went() -> None:
    """Infinity and NaN are what happened; clipping or stopping would hide the lesson."""
    descent = gradient_descent(bowl, START, learning_rate=100.0, steps=200)
    assert descent.path.shape == (201, 3)
    assert descent.path[0].isfinite().all()
    assert not descent.parameters.isfinite().any()
    assert descent.losses.isinf().any()
    assert not descent.losses[-1].isfinite()
    stochastic = sgd(
        squared_error,
        (X, Y),
        START,
        learning_rate=1e30,
        epochs=20,
        batch_size=5,
        generator=seeded(),
    )
    assert stochastic.path.shape == (41, 3)
    assert not stochastic.parameters.isfinite().any()


def test_one_step_with_the_inverse_curvature_reaches_the_bottom() -> None:
    """Newton's step in one dimension: (θ − 3)² has curvature 2."""
    descent = gradient_descent(
        lambda theta: (theta - 3).square(), torch.tensor(11.0), learning_rate=0.5, steps=1
    )
    assert descent.path.tolist() == [11.0, 3.0]
    assert descent.losses.tolist() == [64.0, 0.0]


# Against torch.optim.SGD


def optimised(batches: list[tuple[Tensor, ...]], start: Tensor) -> Tensor:
    """The path of PyTorch's optimiser over the batches."""
    theta = start.clone().requires_grad_()
    optimiser = torch.optim.SGD([theta], lr=LEARNING_RATE)
    path = [start.clone()]
    for batch in batches:
        optimiser.zero_grad()
        squared_error(theta, *batch).backward()
        optimiser.step()
        path.append(theta.detach().clone())
    return torch.stack(path)


def test_gradient_descent_is_pytorchs_sgd_to_the_last_bit() -> None:
    """The same update from an independent implementation."""
    descent = gradient_descent(
        lambda theta: squared_error(theta, X, Y), START, learning_rate=LEARNING_RATE, steps=50
    )
    assert torch.equal(descent.path, optimised([(X, Y)] * 50, START))


@pytest.mark.parametrize("batch_size", [1, 3, 10])
def test_sgd_is_pytorchs_on_the_same_batches_to_the_last_bit(batch_size: int) -> None:
    """The batches are recorded while lossfns draws them, then given to PyTorch's optimiser."""
    batches = []

    def recording(theta: Tensor, x: Tensor, y: Tensor) -> Tensor:
        if theta.requires_grad:
            batches.append((x, y))
        return squared_error(theta, x, y)

    descent = sgd(
        recording,
        (X, Y),
        START,
        learning_rate=LEARNING_RATE,
        epochs=4,
        batch_size=batch_size,
        generator=seeded(),
    )
    assert torch.equal(descent.path, optimised(batches, START))


# What a batch is


@pytest.mark.parametrize(
    ("batch_size", "sizes"),
    [(1, [1] * 7), (2, [2, 2, 2, 1]), (3, [3, 3, 1]), (5, [5, 2]), (7, [7])],
)
def test_an_epoch_visits_each_example_once_in_a_new_order(
    batch_size: int, sizes: list[int]
) -> None:
    """No example is dropped with an incomplete batch, drawn twice, or parted from its target."""
    rows = torch.arange(7, dtype=torch.float64)
    batches = []

    def recording(theta: Tensor, row: Tensor, partner: Tensor) -> Tensor:
        if theta.requires_grad:
            assert torch.equal(partner[:, 0], 10 * row)
            batches.append(row.tolist())
        return (theta * row).sum()

    sgd(
        recording,
        (rows, 10 * rows[:, None]),
        torch.tensor(1.0, dtype=torch.float64),
        learning_rate=0.1,
        epochs=6,
        batch_size=batch_size,
        generator=seeded(),
    )
    epochs = [batches[start : start + len(sizes)] for start in range(0, len(batches), len(sizes))]
    assert len(epochs) == 6
    for epoch in epochs:
        assert [len(batch) for batch in epoch] == sizes
        assert sorted(chain(*epoch)) == rows.tolist()
    orders = {tuple(chain(*epoch)) for epoch in epochs}
    assert len(orders) == 6, "the order is drawn anew for each epoch"


def test_a_batch_of_all_examples_is_gradient_descent() -> None:
    """Shuffling a full batch changes the order of a sum and nothing else."""
    whole = gradient_descent(
        lambda theta: squared_error(theta, X, Y), START, learning_rate=0.1, steps=30
    )
    batched = sgd(
        squared_error,
        (X, Y),
        START,
        learning_rate=0.1,
        epochs=30,
        batch_size=len(X),
        generator=seeded(),
    )
    torch.testing.assert_close(batched.path, whole.path, rtol=1e-13, atol=1e-14)
    torch.testing.assert_close(batched.losses, whole.losses, rtol=1e-13, atol=1e-14)


def test_losses_of_sgd_are_those_of_all_the_data() -> None:
    """A batch's own loss jumps with the batch; a learning curve must not."""
    descent = sgd(
        squared_error,
        (X, Y),
        START,
        learning_rate=0.05,
        epochs=3,
        batch_size=4,
        generator=seeded(),
    )
    expected = [squared_error(theta, X, Y) for theta in descent.path]
    assert torch.equal(descent.losses, torch.stack(expected))


def test_mean_gradient_of_the_batches_is_the_gradient() -> None:
    """Why a stochastic step may stand in for a full one: over an epoch it is right on average."""
    steps = []
    for row in range(10):
        one = sgd(
            squared_error,
            (X[row : row + 1], Y[row : row + 1]),
            START,
            learning_rate=0.1,
            epochs=1,
            batch_size=1,
            generator=seeded(),
        )
        steps.append(one.path[1] - one.path[0])
    full = gradient_descent(
        lambda theta: squared_error(theta, X, Y), START, learning_rate=0.1, steps=1
    )
    torch.testing.assert_close(torch.stack(steps).mean(dim=0), full.path[1] - full.path[0])


def test_same_seed_same_path_and_another_seed_another() -> None:
    """A path in a figure must come back; a generator that is ignored would not bring it back."""

    def path(seed: int) -> Tensor:
        return sgd(
            squared_error,
            (X, Y),
            START,
            learning_rate=0.05,
            epochs=2,
            batch_size=3,
            generator=seeded(seed),
        ).path

    torch.manual_seed(0)
    first = path(0)
    torch.manual_seed(1)
    assert torch.equal(first, path(0)), "depends on the global generator"
    assert not torch.equal(first, path(1))


# What comes back


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
@pytest.mark.parametrize("shape", [(), (1,), (3,), (2, 3)])
def test_path_holds_every_visit_in_the_starts_shape_and_dtype(
    dtype: torch.dtype, shape: tuple[int, ...]
) -> None:
    """One row before the first step and one after each, with nothing left to differentiate."""
    start = torch.ones(shape, dtype=dtype)
    descent = gradient_descent(
        lambda theta: theta.square().sum(), start, learning_rate=0.25, steps=3
    )
    assert isinstance(descent, Descent)
    assert descent.path.shape == (4, *shape)
    assert descent.losses.shape == (4,)
    assert descent.path.dtype == descent.losses.dtype == dtype
    assert not descent.path.requires_grad
    assert not descent.losses.requires_grad
    for visit, size in enumerate((1.0, 0.5, 0.25, 0.125)):
        assert (descent.path[visit] == size).all()
        assert descent.losses[visit] == size**2 * start.numel()
    assert torch.equal(descent.parameters, descent.path[-1])


def test_no_step_is_the_start() -> None:
    """Zero steps and zero epochs are allowed, and say what the start costs."""
    still = gradient_descent(bowl, START, learning_rate=0.1, steps=0)
    assert torch.equal(still.path, START[None])
    assert torch.equal(still.losses, bowl(START)[None])
    data = {"learning_rate": 0.1, "batch_size": 2, "generator": seeded()}
    still = sgd(squared_error, (X, Y), START, epochs=0, **data)
    assert torch.equal(still.path, START[None])
    assert torch.equal(still.losses, squared_error(START, X, Y)[None])


@pytest.mark.parametrize("requires_grad", [False, True])
@pytest.mark.parametrize("steps", [0, 3])
def test_start_is_left_as_it_was(requires_grad: bool, steps: int) -> None:
    """Two descents from one start, side by side, are what every figure compares."""
    start = START.clone().requires_grad_(requires_grad)

    def descend() -> list[Descent]:
        return [
            gradient_descent(bowl, start, learning_rate=0.1, steps=steps),
            sgd(
                squared_error,
                (X, Y),
                start,
                learning_rate=0.1,
                epochs=steps,
                batch_size=3,
                generator=seeded(),
            ),
        ]

    for descent in descend():
        assert not descent.path.requires_grad
        # The result's memory is its own: to change it must not change the start either.
        descent.path.zero_()
    assert torch.equal(start.detach(), START)
    assert start.requires_grad == requires_grad
    assert start.grad is None
    assert start.is_leaf


# Messages


def descend(
    objective: Callable[..., Tensor] = bowl,
    start: object = START,
    learning_rate: object = 0.1,
    steps: object = 1,
) -> Descent:
    return gradient_descent(objective, start, learning_rate=learning_rate, steps=steps)


def descend_in_batches(
    objective: Callable[..., Tensor] = squared_error,
    data: object = (X, Y),
    start: object = START,
    learning_rate: object = 0.1,
    epochs: object = 1,
    batch_size: object = 2,
) -> Descent:
    return sgd(
        objective,
        data,
        start,
        learning_rate=learning_rate,
        epochs=epochs,
        batch_size=batch_size,
        generator=seeded(),
    )


each_descent = pytest.mark.parametrize("function", [descend, descend_in_batches])


@each_descent
@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"start": [1.0, 2.0, 3.0]}, TypeError, "start must be a tensor; got list"),
        ({"start": 0.0}, TypeError, "start must be a tensor; got float"),
        (
            {"start": torch.zeros(3, dtype=torch.int64)},
            TypeError,
            "start must be a floating-point tensor; got torch.int64",
        ),
        (
            {"start": torch.zeros(3, dtype=torch.complex64)},
            TypeError,
            "start must be a floating-point tensor; got torch.complex64",
        ),
        *(
            (
                {"learning_rate": wrong},
                ValueError,
                f"learning_rate must be a finite number above 0; got {wrong}",
            )
            for wrong in (0, -0.1, float("inf"), float("nan"))
        ),
        (
            {"objective": lambda theta, *_: theta.square()},
            ValueError,
            "objective must return a scalar (a tensor of shape ()); got shape (3,)",
        ),
        (
            {"objective": lambda theta, *_: theta.square().sum()[None]},
            ValueError,
            "objective must return a scalar (a tensor of shape ()); got shape (1,)",
        ),
        (
            {"objective": lambda theta, *_: theta.sum().item()},
            ValueError,
            "objective must return a scalar (a tensor of shape ()); got float",
        ),
    ],
)
def test_message_of_either_descent(
    function: Callable[..., Descent], arguments: dict, error: type[Exception], message: str
) -> None:
    """What both refuse, they refuse in the same words."""
    with pytest.raises(error, match=f"^{re.escape(message)}$"):
        function(**arguments)


@pytest.mark.parametrize(
    ("function", "name", "minimum"),
    [
        (descend, "steps", 0),
        (descend_in_batches, "epochs", 0),
        (descend_in_batches, "batch_size", 1),
    ],
)
def test_message_on_a_count(function: Callable[..., Descent], name: str, minimum: int) -> None:
    """A count is an integer: 2.0 and True are slips of the pen, and are said to be."""
    for wrong in (1.0, "1", None, True):
        message = f"{name} must be an integer; got {type(wrong).__name__}"
        with pytest.raises(TypeError, match=f"^{re.escape(message)}$"):
            function(**{name: wrong})
    message = f"{name} must be an integer of at least {minimum}; got {minimum - 1}"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        function(**{name: minimum - 1})


@pytest.mark.parametrize(
    ("data", "rows"),
    [((X, Y[:9]), [10, 9]), ((X[:0], Y[:0]), [0, 0]), ((), [])],
    ids=["unequal", "empty", "none"],
)
def test_message_on_data(data: tuple[Tensor, ...], rows: list[int]) -> None:
    """Rows that do not belong together would be paired with a wrong target in silence."""
    message = f"data must be tensors with the same number of rows, at least 1; got {rows} rows"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        descend_in_batches(data=data)


@pytest.mark.parametrize(
    ("data", "kind"),
    [(X, "Tensor"), ([[1.0]], "list of list"), ((X, 1.0), "tuple of Tensor, float")],
)
def test_message_on_data_that_are_no_tensors(data: object, kind: str) -> None:
    """A matrix by itself is a sequence of tensors too: its rows would pass for columns of data."""
    message = f"data must be a tuple of tensors; got {kind}"
    with pytest.raises(TypeError, match=f"^{re.escape(message)}$"):
        descend_in_batches(data=data)


def test_message_on_a_batch_larger_than_the_data() -> None:
    """Eleven examples of ten would quietly be ten."""
    message = "batch_size must be at most the number of rows, 10; got 11"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        descend_in_batches(batch_size=11)


def test_an_objective_with_a_wrong_shape_is_refused_before_any_step() -> None:
    """Also where no step is taken, since the start's loss is part of the result."""
    with pytest.raises(ValueError, match="objective must return a scalar"):
        descend(objective=lambda theta: theta, steps=0)
    with pytest.raises(ValueError, match="objective must return a scalar"):
        descend_in_batches(objective=lambda theta, *_: theta, epochs=0)


def test_descends_where_gradients_are_off() -> None:
    with torch.no_grad():
        descent = gradient_descent(bowl, START, learning_rate=LEARNING_RATE, steps=3)
    expected = gradient_descent(bowl, START, learning_rate=LEARNING_RATE, steps=3)
    assert torch.equal(descent.path, expected.path)
