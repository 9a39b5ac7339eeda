"""Each loss forward and backward against ``torch.nn.functional``, eager and compiled."""

import importlib
import pkgutil
from collections.abc import Callable, Iterator

import torch
from torch import Tensor

import tests
from tests.benchmarks.timing import print_table, seconds
from tests.loss_cases import CASES, Case, Shape

SHAPES: dict[str, Shape] = {}
"""Shapes for losses that neither of the two below suits, by the name of the loss."""

ELEMENTWISE: Shape = (1_000_000,)
OTHERS: Shape = (1_000, 100)
ELSEWHERE = ("linear_cross_entropy",)
"""What a benchmark of its own measures."""


def cases() -> Iterator[Case]:
    """Every case of the registry, and of the files beside it, once."""
    seen = set()
    packages = [name for _, name, _ in pkgutil.iter_modules([f"{tests.__path__[0]}/cases"])]
    for case in (*CASES, *(case for name in packages for case in _cases_of(name))):
        if case.name not in seen and case.name not in ELSEWHERE:
            seen.add(case.name)
            yield case


def _cases_of(name: str) -> tuple[Case, ...]:
    return importlib.import_module(f"tests.cases.{name}").CASES


def training_step(
    case: Case, function: Callable[..., Tensor], shape: Shape
) -> Callable[[], tuple[Tensor, ...]]:
    """The mean loss of float32 arguments, and its gradients."""
    arguments = case.arguments(shape, torch.float32)
    for name in case.differentiable:
        arguments[name].requires_grad_()
    leaves = [arguments[name] for name in case.differentiable]
    return lambda: torch.autograd.grad(function(**arguments), leaves)


def row(case: Case, *, compiled: bool) -> list[str]:
    """Name, shape, and for each way of running: our time, PyTorch's, and their ratio."""
    shape = SHAPES.get(case.name, ELEMENTWISE if case.elements else OTHERS)
    cells = [case.name, "×".join(map(str, shape))]
    for prepare in (lambda function: function, torch.compile)[: 1 + compiled]:
        functions = [case.function] if case.reference is None else [case.function, case.reference]
        try:
            torch.compiler.reset()
            times = seconds([training_step(case, prepare(loss), shape) for loss in functions])
        except Exception as error:
            # One loss that cannot run at this size must not hide the others.
            cells += [type(error).__name__, "", ""]
            continue
        cells.append(f"{1e3 * times[0]:.2f}")
        cells += [f"{1e3 * times[1]:.2f}", f"{times[0] / times[1]:.2f}"] if times[1:] else ["", ""]
    return cells


def main(names: list[str], *, compiled: bool) -> None:
    """Print the table of all losses, or of those named."""
    chosen = [case for case in cases() if not names or case.name in names]
    if not chosen:
        return
    print("\nForward and backward of the mean in float32, milliseconds\n")
    header = ["loss", "shape", "eager", "PyTorch", "ratio"]
    header += ["compiled", "PyTorch", "ratio"] if compiled else []
    width = max(len(case.name) for case in chosen)
    print_table(header, (row(case, compiled=compiled) for case in chosen), first=width)
