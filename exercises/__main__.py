"""The exercises' command line.

python -m exercises build                      # every edition, into _build/exercises
python -m exercises build --edition student --to handout regression/quantiles
"""

import argparse
import sys
from pathlib import Path

from exercises.editions import EDITIONS, build, exercises


def named(names: list[str]) -> dict[str, Path]:
    """The sources of ``names``: ``part/page`` or just ``page``; all if there are none.

    Raises:
        ValueError: a name that no exercise has.
    """
    known = exercises()
    if not names:
        return known
    full = {name.rpartition("/")[2]: name for name in known}
    unknown = [name for name in names if name not in known and name not in full]
    if unknown:
        raise ValueError(f"no exercise is called {unknown[0]!r}; there are {', '.join(full)}")
    return {full.get(name, name): known[full.get(name, name)] for name in names}


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m exercises", description="Graded exercises.")
    commands = parser.add_subparsers(dest="command", required=True)
    making = commands.add_parser("build", help="write editions of the exercises")
    making.add_argument("exercise", nargs="*", help="part/page or page; all if none is named")
    making.add_argument(
        "--edition", choices=EDITIONS, action="append", help="one edition; all if none is named"
    )
    making.add_argument(
        "--to", type=Path, default=Path("_build/exercises"), help="where (%(default)s)"
    )
    options = parser.parse_args(arguments)
    try:
        sources = named(options.exercise)
    except ValueError as error:
        parser.error(str(error))
    editions = options.edition or list(EDITIONS)
    build(editions, options.to, sources)
    for edition in editions:
        print(f"{len(sources)} exercises: {options.to / edition}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
