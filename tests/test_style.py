"""One style in modules and notebooks: a diff shows what changed, and nothing else."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("command", [["check"], ["format", "--check"]], ids=["lint", "format"])
def test_ruff_finds_nothing(command: list[str]) -> None:
    """`ruff check --fix` and `ruff format` mend most of what this names."""
    ruff = [sys.executable, "-m", "ruff", *command, "--quiet", "--no-cache", str(ROOT)]
    result = subprocess.run(ruff, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
