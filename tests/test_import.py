"""Importing lossfns costs next to nothing beyond importing torch."""

import subprocess
import sys

PROGRAM = """
import sys
import torch
loaded = set(sys.modules)
import lossfns
print(*sorted(set(sys.modules) - loaded))
"""


def test_import_loads_no_other_package() -> None:
    """SymPy and Matplotlib take longer to load than a small model to train."""
    output = subprocess.run(
        [sys.executable, "-c", PROGRAM], check=True, capture_output=True, text=True
    ).stdout
    loaded = output.split()
    assert "lossfns.regression" in loaded
    assert {name.split(".")[0] for name in loaded} == {"lossfns"}
    assert not {"lossfns.symbolic", "lossfns.figures"} & set(loaded)
