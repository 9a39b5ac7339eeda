"""The exercises' command line.

python -m exercises build                      # every edition, into _build/exercises
python -m exercises build --edition student --to handout regression/quantiles
"""

import argparse
import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from exercises.editions import Notebook, instructor, self_study, student, text_of

SOURCES = Path(__file__).parent
EDITIONS: Mapping[str, Callable[[Notebook], Notebook]] = {
    "self-study": self_study,
    "student": student,
    "instructor": instructor,
}


def exercises() -> dict[str, Path]:
    """The sources by name, such as ``regression/quantiles``."""
    paths = sorted(SOURCES.rglob("*.ipynb"))
    return {path.relative_to(SOURCES).with_suffix("").as_posix(): path for path in paths}


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


def build(editions: list[str], target: Path, sources: Mapping[str, Path]) -> None:
    """Write ``editions`` of the exercises, each edition into a folder of its own below ``target``.

    A notebook is complete or as it was: it is written beside and renamed.
    """
    for edition in editions:
        for name, source in sources.items():
            path = target / edition / f"{name}.ipynb"
            path.parent.mkdir(parents=True, exist_ok=True)
            unfinished = path.with_suffix(".new")
            notebook = json.loads(source.read_text("utf-8"))
            unfinished.write_text(text_of(EDITIONS[edition](notebook)), "utf-8")
            unfinished.rename(path)


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
