"""One style in modules and notebooks: a diff shows what changed, and nothing else."""

import subprocess
import sys
from pathlib import Path

import notebooks
import pytest

ROOT = Path(__file__).parents[1]
NOTEBOOKS = [str(path) for path in notebooks.find([ROOT / "chapters", ROOT / "exercises"])]
CHECKS = {
    "lint": ["check", "."],
    "format": ["format", "--check", "."],
    # A line of code on a page is cut off after 80 characters.
    "notebooks": ["format", "--check", "--line-length=80", *NOTEBOOKS],
}


@pytest.mark.parametrize("check", CHECKS)
def test_ruff_finds_nothing(check: str) -> None:
    """`make format` mends most of what this names."""
    ruff = [sys.executable, "-m", "ruff", *CHECKS[check], "--quiet", "--no-cache"]
    result = subprocess.run(ruff, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
