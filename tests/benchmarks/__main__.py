"""``python -m tests.benchmarks [names of losses] [--eager] [--compile-for S] [--threads N]``."""

import argparse
import os
import platform
import sys
import warnings

import torch

from tests.benchmarks import large_vocabulary, losses

KEEP_MEMORY = {
    "MALLOC_MMAP_THRESHOLD_": str(2**30),
    "MALLOC_TRIM_THRESHOLD_": str(2**32),
    "MALLOC_TOP_PAD_": str(2**28),
}
"""How the C library keeps what is freed: else getting megabytes back from the system, page by
page, takes longer than any loss, and how long is chance."""


def main() -> None:
    """Print all tables, or those of the losses that are named."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", help="losses to measure; all by default")
    parser.add_argument("--eager", action="store_true", help="leave out torch.compile")
    # Compiling takes seconds for each loss; all tables together are to take ten minutes at most.
    parser.add_argument("--compile-for", type=float, default=240, help="seconds; 240 by default")
    parser.add_argument("--threads", type=int, help="threads for PyTorch to work on")
    options = parser.parse_args()
    # PyTorch warns about its own internals.
    warnings.simplefilter("ignore")
    if options.threads:
        torch.set_num_threads(options.threads)
    print(
        f"PyTorch {torch.__version__}, Python {platform.python_version()}, "
        f"{platform.machine()}, {torch.get_num_threads()} threads"
    )
    losses.main(options.names, compiled=not options.eager, compile_for=options.compile_for)
    if not options.names or "linear_cross_entropy" in options.names:
        large_vocabulary.main()


if __name__ == "__main__":
    if KEEP_MEMORY.items() <= os.environ.items():
        main()
    else:
        # The library reads them when a process starts.
        command = [sys.executable, "-m", "tests.benchmarks", *sys.argv[1:]]
        os.execve(sys.executable, command, {**os.environ, **KEEP_MEMORY})
