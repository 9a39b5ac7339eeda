"""``python -m tests.benchmarks [names of losses] [--eager] [--compile-for S] [--threads N]``."""

import argparse
import platform
import warnings

import torch

from tests.benchmarks import large_vocabulary, losses


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
    main()
