"""What ``make mutants`` reports: ``python -m tests.mutants FOLDER`` after mutmut ran in FOLDER.

mutmut changes the functions of lossfns in small ways, one at a time, and runs the tests that call
them. A change that no test notices is a hole in the tests, unless it changes nothing that a caller
could notice. Those are listed in ``equivalent_mutants.toml`` with the reason, and recognised by
their text, so that a reason does not outlive the line that it was given for.
"""

import argparse
import re
import subprocess
import sys
import tomllib
from collections import Counter
from pathlib import Path
from typing import NamedTuple

EQUIVALENT = Path(__file__).parent / "equivalent_mutants.toml"
WANTED = 95
"""Least percentage of mutants that are to be found."""

RESULT = re.compile(r"^\s*(?P<name>[\w.ǁ]+__mutmut_\d+): (?P<status>[\w ]+)$", re.MULTILINE)
FUNCTION = re.compile(r"\.(?:x_|xǁ)(?P<name>.+)__mutmut_\d+$")


class Change(NamedTuple):
    """A mutant: its function, the lines that it lacks, and those that stand in their place."""

    function: str
    before: str
    after: str


def results(folder: Path) -> dict[str, str]:
    """What became of each mutant, by its name."""
    text = _mutmut(folder, "results", "--all", "true")
    return {match["name"]: match["status"] for match in RESULT.finditer(text)}


def change(folder: Path, name: str) -> Change:
    """The mutant of that name."""
    lines = _mutmut(folder, "show", name).splitlines()
    before, after = (
        " ".join(
            line[1:].strip() for line in lines if line.startswith(sign) and line[:3] != 3 * sign
        )
        for sign in "-+"
    )
    module, _, _ = name.rpartition(".")
    function = FUNCTION.search(name)["name"].replace("ǁ", ".")
    return Change(f"{module}.{function}", before, after)


def explained() -> set[Change]:
    """The mutants that are listed as no fault."""
    groups = tomllib.loads(EQUIVALENT.read_text("utf-8"))["group"]
    return {Change(*mutant) for group in groups for mutant in group["mutants"]}


def _mutmut(folder: Path, *arguments: str) -> str:
    command = [Path(sys.executable).with_name("mutmut"), *arguments]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout


def main() -> int:
    """Print the score and the survivors without a reason; fail if either is not as wanted."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants")
    parser.add_argument("folder", type=Path, help="where mutmut ran")
    folder = parser.parse_args().folder
    found = results(folder)
    tally = Counter(found.values())
    tested = sum(tally.values()) - tally["not checked"]
    if not tested:
        print("no mutant was tested")
        return 1
    noticed = tested - tally["survived"] - tally["no tests"]
    survivors = [
        change(folder, name)
        for name, status in sorted(found.items())
        if status in ("survived", "no tests")
    ]
    known = explained()
    unexplained = [survivor for survivor in survivors if survivor not in known]
    for function, before, after in unexplained:
        print(f"{function}\n  - {before}\n  + {after}")
    score = 100 * noticed / tested
    print(
        f"{tested} mutants: {noticed} found ({score:.1f} %, wanted {WANTED} %), "
        f"{len(survivors) - len(unexplained)} explained, {len(unexplained)} not; "
        f"{tally['timeout']} of those found ran out of time, {tally['not checked']} not tested"
    )
    return int(score < WANTED or bool(unexplained))


if __name__ == "__main__":
    sys.exit(main())
