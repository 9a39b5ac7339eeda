"""Each loss forward and backward against ``torch.nn.functional``, eager and compiled."""

import math
import time
from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from tests.benchmarks.timing import print_table, seconds
from tests.loss_cases import CASES, Case, Shape

ELEMENTWISE: Shape = (1_000_000,)
OTHERS: Shape = (1_000, 100)
SHAPES: dict[str, Shape] = {
    "cross_entropy": (1_000, 1_000),
    "nll_loss": (1_000, 1_000),
    "gaussian_nll_loss": ELEMENTWISE,
    "margin_ranking_loss": ELEMENTWISE,
    "bradley_terry_loss": ELEMENTWISE,
    "dpo_loss": ELEMENTWISE,
    # Its draws are of few classes.
    "brier_score_loss": (1_000, 10),
}
"""Shapes for losses that neither of the two above suits, by the name of the loss."""

ELSEWHERE = ("linear_cross_entropy",)
"""What a benchmark of its own measures."""


def cases() -> Iterator[Case]:
    """The cases of the registry, one for each loss."""
    first: dict[str, Case] = {}
    for case in CASES:
        first.setdefault(case.name, case)
    return (case for name, case in first.items() if name not in ELSEWHERE)


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


def main(names: list[str], *, compiled: bool, compile_for: float) -> None:
    """Print the table of all losses, or of those named; compile them for so many seconds."""
    chosen = [case for case in cases() if not names or case.name in names]
    if not chosen:
        return
    print("\nForward and backward of the mean in float32, milliseconds\n")
    header = ["loss", "shape", "eager", "PyTorch", "ratio"]
    header += ["compiled", "PyTorch", "ratio"] if compiled else []
    width = max(len(case.name) for case in chosen)
    end = time.monotonic() + compile_for if compiled else -math.inf
    rows = (row(case, compiled=time.monotonic() < end) for case in chosen)
    print_table(header, (cells + [""] * (len(header) - len(cells)) for cells in rows), first=width)
    if compiled and time.monotonic() >= end:
        print(f"\nAfter {compile_for:.0f} s no more losses were compiled (--compile-for SECONDS).")
