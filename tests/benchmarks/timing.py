"""Times of functions that are to be compared, and tables of them."""

import gc
import itertools
import statistics
import time
from collections.abc import Callable, Iterable, Sequence

import torch


def seconds(steps: Sequence[Callable[[], object]], *, rounds: int = 7) -> list[float]:
    """The median time of each step, in seconds.

    The steps take turns, so whatever else the machine does in the meantime slows all of them
    down alike; a step that is short is repeated until a turn takes a fiftieth of a second.
    """
    repeats = []
    for step in steps:
        step()
        once = _turn(step, 1)
        repeats.append(max(1, round(0.02 / once)))
        if once > 0.3:
            # The shorter a step is, the more it is disturbed.
            rounds = min(rounds, 3)
    turns = [
        [_turn(step, count) / count for step, count in zip(steps, repeats, strict=True)]
        for _ in range(rounds)
    ]
    return [statistics.median(times) for times in zip(*turns, strict=True)]


def _turn(step: Callable[[], object], count: int) -> float:
    gc.collect()
    synchronize()
    start = time.perf_counter()
    for _ in range(count):
        step()
    synchronize()
    return time.perf_counter() - start


def synchronize() -> None:
    """Wait for the GPU, if there is one: it works on while Python goes ahead."""
    if torch.cuda.is_available():
        torch.cuda.synchronize()


def print_table(header: Sequence[str], rows: Iterable[Sequence[str]], *, first: int) -> None:
    """Print a Markdown table row by row; its first column is ``first`` characters wide."""
    widths = [first, *(max(len(name), 11) for name in header[1:])]
    rule = ["-" * width for width in widths]
    for row in itertools.chain((header, rule), rows):
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        print("| " + " | ".join(cells) + " |", flush=True)
