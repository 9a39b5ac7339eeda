"""What the tests of a loss need to know that the code does not say, and how they compare."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
import torch.nn.functional as F
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from torch import Tensor

Arguments = dict[str, Any]
"""Arguments by name: tensors, and in PyTorch's samples numbers, lists and options too."""

Shape = tuple[int, ...]

REDUCTIONS = ("none", "sum", "mean")
FULL_PRECISION = (torch.float32, torch.float64)
HALF_PRECISION = (torch.float16, torch.bfloat16)
REAL = (*FULL_PRECISION, *HALF_PRECISION)
COMPLEX = (torch.complex64, torch.complex128)

generated = settings(
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=50,
    # Finding out which parts of a failing example matter takes longer than finding it.
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
    suppress_health_check=[HealthCheck.too_slow],
)
"""Generated examples that are the same on every machine, in tests that nothing times."""

any_float = st.floats(width=16) | st.floats(width=32)
"""Every kind of number: subnormal, huge, infinite, NaN, and both zeros."""

shapes = st.lists(st.integers(0, 4), max_size=4).map(tuple)
"""Shapes of every kind: no dimension at all, dimensions of 0 and of 1."""


def no_cancelling(_arguments: Arguments) -> tuple[float, float]:
    """For a loss that subtracts nothing, or whose difference the draws keep away from 0."""
    return 0.0, 0.0


@dataclass(frozen=True)
class Case:
    """A loss and how to test it.

    Attributes:
        function: the loss in ``lossfns``.
        draw: arguments in the loss's domain, without a weight, of a shape and dtype.
        naive: the textbook formula of one element, as one would type it first.
        roundings: how many operations of the loss round, for an element of it and its weight;
            each is off by half an ulp at most, and a test may allow no more.
        draw_weight: a weight for drawn arguments; ``None`` where the loss takes none.
        denominator: what a mean divides by, from the arguments and the weight; a tensor of
            one number for each loss where they are divided one by one.
        differentiable: the arguments that the loss is differentiated by, its weight aside.
        weight_per: whose the weights are, each ``"element"``'s or each ``"class"``'s.
        differentiable_weight: whether the loss has a gradient by its weight.
        reductions: the reductions that the loss takes.
        cancelling: the largest size of what is subtracted in an element's loss, and in an
            element of its gradient, where the difference may be far smaller: the terms round by
            their own size.
        same_operations: whether the loss and ``naive`` are the same operations one by one.
        domain: the least and the greatest number that ``input`` may be.
        through: what PyTorch applies to the first differentiable argument before it takes
            derivatives; both losses are then differentiated by what comes before it.
        elements: strategies for single elements of each argument, over all of the domain and
            where the domain is all numbers over NaN and infinities too; ``None`` where the loss
            is not elementwise.
        dtypes: dtypes that the loss takes.
        shapes: strategy for the shapes that ``draw`` takes.
        stricter: for each of PyTorch's own samples that lossfns refuses by design, a pattern of
            the message and the reason.
        lacks: what other losses can and this one cannot, and why: ``"second derivative"``,
            ``"forward mode"``, ``"promotion"``, ``"compile"``, ``"vmap"`` or ``"meta"``
            (tensors without storage). A test checks that it cannot.
    """

    function: Callable[..., Tensor]
    draw: Callable[[Shape, torch.dtype, torch.Generator], Arguments]
    naive: Callable[..., Tensor]
    roundings: int
    draw_weight: Callable[[Arguments, torch.Generator], Tensor] | None
    denominator: Callable[[Arguments, Tensor | None], Tensor | float]
    differentiable: tuple[str, ...] = ("input", "target")
    weight_per: str = "element"
    differentiable_weight: bool = False
    reductions: tuple[str, ...] = REDUCTIONS
    cancelling: Callable[[Arguments], tuple[float, float]] = no_cancelling
    same_operations: bool = False
    domain: tuple[float, float] = (-math.inf, math.inf)
    through: Callable[[Tensor], Tensor] | None = None
    elements: Mapping[str, SearchStrategy[float]] | None = None
    dtypes: tuple[torch.dtype, ...] = REAL
    shapes: SearchStrategy[Shape] = shapes
    stricter: Mapping[str, str] = field(default_factory=dict)
    lacks: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The function's name, which is PyTorch's too where PyTorch has the loss."""
        return self.function.__name__

    @property
    def reference(self) -> Callable[..., Tensor] | None:
        """PyTorch's loss of the same name, if there is one."""
        return getattr(F, self.name, None)

    def arguments(
        self, shape: Shape, dtype: torch.dtype, *, seed: int = 0, weighted: bool = False
    ) -> Arguments:
        """Drawn arguments, the same for the same seed."""
        generator = torch.Generator().manual_seed(seed)
        arguments = self.draw(shape, dtype, generator)
        if weighted:
            arguments["weight"] = self.draw_weight(arguments, generator)
        return arguments


def normal(shape: Shape, dtype: torch.dtype, generator: torch.Generator) -> Tensor:
    """Numbers of size 3 or so: their squares overflow nothing and underflow nothing."""
    # Half precision is drawn as float64, since not every version draws it directly.
    drawn = torch.complex128 if dtype.is_complex else torch.float64
    return (3 * torch.randn(shape, dtype=drawn, generator=generator)).to(dtype)


def draw_pair(shape: Shape, dtype: torch.dtype, generator: torch.Generator) -> Arguments:
    """An input and a target from the whole line (or plane, for a complex dtype)."""
    return {name: normal(shape, dtype, generator) for name in ("input", "target")}


def weight_each(arguments: Arguments, generator: torch.Generator) -> Tensor:
    """A weight for each element, none of them 0."""
    like = arguments["input"]
    drawn = torch.rand(like.shape, dtype=torch.float64, generator=generator)
    return (0.25 + drawn).to(like.dtype.to_real())


def total_weight(arguments: Arguments, weight: Tensor | None) -> Tensor | float:
    """The sum of the weights, or the number of elements where there are none."""
    return arguments["input"].numel() if weight is None else weight.sum()


def accumulator(dtype: torch.dtype) -> torch.dtype:
    """The dtype that sums of ``dtype`` are formed in."""
    return torch.float32 if dtype in HALF_PRECISION else dtype


def assert_close(
    actual: Tensor,
    expected: Tensor,
    *,
    roundings: float,
    terms: int = 1,
    cancelling: float = 0.0,
    message: str = "",
) -> None:
    """Equal up to rounding, with the same dtype and shape, and NaN and infinities in one place.

    Args:
        actual, expected: what is compared.
        roundings: half ulps by which each element of the two may be off.
        terms: how many terms of one sign a sum in them has; each adds a rounding to it, in the
            dtype that sums are formed in.
        cancelling: size of what cancels in an element, if anything does.
        message: what the two are.
    """
    unit = torch.finfo(actual.dtype).eps / 2
    sum_unit = torch.finfo(accumulator(actual.dtype)).eps / 2
    relative = roundings * unit + max(terms - 1, 0) * sum_unit
    # Below the smallest normal number the gap between numbers no longer shrinks with them.
    least = 2 * roundings * unit * torch.finfo(actual.dtype).smallest_normal
    torch.testing.assert_close(
        actual,
        expected,
        rtol=relative,
        atol=relative * cancelling + least,
        equal_nan=True,
        msg=lambda text: f"{message}\n{text}" if message else text,
    )


def value_and_gradients(
    function: Callable[..., Tensor],
    arguments: Arguments,
    differentiable: tuple[str, ...],
    reduction: str,
) -> tuple[Tensor, dict[str, Tensor]]:
    """A loss and its gradients; of an unreduced loss each element's own, scaled differently.

    Were the elements' gradients only added up, a loss that sends one element's gradient to
    another would pass.
    """
    leaves = {
        name: value.detach().requires_grad_() if name in differentiable else value
        for name, value in arguments.items()
    }
    value = function(**leaves, reduction=reduction)
    scale = torch.arange(1, value.numel() + 1, dtype=value.dtype).reshape(value.shape)
    wanted = [leaves[name] for name in differentiable]
    gradients = torch.autograd.grad(value, wanted, grad_outputs=scale)
    return value.detach(), dict(zip(differentiable, gradients, strict=True))


def of_tensors(change: Callable[[Tensor], Tensor], arguments: Arguments) -> Arguments:
    """The arguments with every tensor changed and everything else as it is."""
    return {
        name: change(value) if isinstance(value, Tensor) else value
        for name, value in arguments.items()
    }


def is_inexact(value: object) -> bool:
    """Whether this is a tensor of real or complex numbers, not one of indices or labels."""
    return isinstance(value, Tensor) and (value.is_floating_point() or value.is_complex())


def exactly(arguments: Arguments, dtype: torch.dtype = torch.float64) -> Arguments:
    """The same numbers in a wider dtype; indices stay integers."""
    return of_tensors(lambda tensor: tensor.to(dtype) if is_inexact(tensor) else tensor, arguments)


def largest(tensor: Tensor) -> float:
    """The largest size of an element, 0 where there is none."""
    return tensor.detach().abs().max().item() if tensor.numel() else 0.0


def half_ulp(value: float, dtype: torch.dtype) -> float:
    """Half the gap between the numbers of ``dtype`` around ``value``: the least error there is."""
    info = torch.finfo(dtype)
    exponent = math.frexp(max(abs(value), info.smallest_normal))[1] - 1
    return info.eps * 2.0**exponent / 2
