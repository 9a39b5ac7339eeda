"""``linear_cross_entropy`` against PyTorch's plain and chunked forms: time and peak memory.

On a CPU the peak is the process's own: its largest resident size, less the size at which the
loss starts, in a process that does nothing else. PyTorch's count of its allocations would leave
out what the matrix library works in, and a process that has run something else before would
start with pages that it has freed and still holds.
"""

import os
import subprocess
import sys
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.nn import LinearCrossEntropyOptions

from lossfns.large_vocabulary import linear_cross_entropy
from tests.benchmarks.timing import print_table, seconds, synchronize

MIB = 2**20


class Size(NamedTuple):
    """Tokens, features and classes, and what they are made of."""

    tokens: int
    features: int
    classes: int
    dtype: torch.dtype


SIZES = {
    "cpu": Size(2048, 512, 32_000, torch.float32),
    "cuda": Size(8192, 2304, 256_000, torch.bfloat16),
}

FORMS: dict[str, Callable[..., Tensor]] = {
    "lossfns": linear_cross_entropy,
    # The same sums as PyTorch's chunks form: on a GPU, weight gradients in half precision.
    "lossfns, PyTorch's options": partial(
        linear_cross_entropy, options=LinearCrossEntropyOptions()
    ),
    "PyTorch, plain": F.linear_cross_entropy,
    "PyTorch, chunked": partial(F.linear_cross_entropy, options=LinearCrossEntropyOptions()),
}


def training_step(form: str, device: str) -> Callable[[], None]:
    """The mean loss and its gradients by the tokens and the layer."""
    size = SIZES[device]
    generator = torch.Generator(device).manual_seed(0)
    options = {"device": device, "dtype": size.dtype, "generator": generator}
    tokens = torch.randn(size.tokens, size.features, **options).requires_grad_()
    layer = torch.randn(size.classes, size.features, **options)
    layer = layer.div_(size.features**0.5).requires_grad_()
    target = torch.randint(size.classes, (size.tokens,), device=device, generator=generator)

    def step() -> None:
        tokens.grad = layer.grad = None
        FORMS[form](tokens, layer, target).backward()

    return step


def peak_on_cpu(form: str) -> float:
    """Peak of a first step in a process of its own, in MiB."""
    command = [sys.executable, "-m", __name__, form]
    # A process that keeps what it frees would show the sum of its tensors, not their peak.
    frugal = {name: value for name, value in os.environ.items() if not name.startswith("MALLOC_")}
    process = subprocess.run(command, check=True, capture_output=True, text=True, env=frugal)
    return float(process.stdout)


def print_own_peak(form: str) -> None:
    """What the process of :func:`peak_on_cpu` does."""
    step = training_step(form, "cpu")
    small = torch.randn(64, 64, requires_grad=True)
    # Whatever is loaded or started at a first use is there before the measurement.
    FORMS[form](small, small, torch.zeros(64, dtype=torch.int64)).backward()
    before = resident_kib("VmRSS")
    step()
    print((resident_kib("VmHWM") - before) / 1024)


def resident_kib(which: str) -> int:
    """Resident memory of this process in KiB: ``VmRSS`` now, ``VmHWM`` at its peak.

    Not ``getrusage``: its peak is that of the process that started this one, if that was larger.
    """
    lines = Path("/proc/self/status").read_text().splitlines()
    (line,) = [line for line in lines if line.startswith(which)]
    return int(line.split()[1])


def peak_on_gpu(step: Callable[[], None]) -> float:
    """Peak of what the allocator gives out during a step, in MiB: it serves all of a GPU's work."""
    step()
    synchronize()
    before = torch.cuda.memory_allocated()
    torch.cuda.reset_peak_memory_stats()
    step()
    synchronize()
    return (torch.cuda.max_memory_allocated() - before) / MIB


def main() -> None:
    """Print a table for each device there is."""
    for device in ["cpu", *(["cuda"] if torch.cuda.is_available() else [])]:
        size = SIZES[device]
        print(
            f"\nlinear_cross_entropy on {device}: N = {size.tokens:,}, D = {size.features:,}, "
            f"V = {size.classes:,}, {size.dtype}; forward and backward\n"
        )
        # On a CPU both of ours do the same.
        forms = [form for form in FORMS if device == "cuda" or "options" not in form]
        steps = [training_step(form, device) for form in forms]
        times = seconds(steps, rounds=5)
        if device == "cuda":
            peaks = [peak_on_gpu(step) for step in steps]
        else:
            peaks = [peak_on_cpu(form) for form in forms]
        chunked = forms.index("PyTorch, chunked")
        print_table(
            ["form", "seconds", "of chunked", "peak MiB", "of chunked"],
            [
                [
                    form,
                    f"{spent:.3f}",
                    f"{spent / times[chunked]:.2f}",
                    f"{peak:,.0f}",
                    f"{peak / peaks[chunked]:.2f}",
                ]
                for form, spent, peak in zip(forms, times, peaks, strict=True)
            ],
            first=max(map(len, forms)),
        )


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    print_own_peak(sys.argv[1])
