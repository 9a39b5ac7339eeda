"""One case for each loss of lossfns: what the tests need to know that the code does not say.

Every test of a loss is written for a case, so a new loss is tested by adding its case to its
family's module in ``tests/cases``. A test fails while a public loss has none.
"""

import inspect
from collections.abc import Callable
from types import ModuleType

from torch import Tensor

import lossfns
from tests.cases import (
    classification,
    contrastive,
    divergence,
    embedding,
    large_vocabulary,
    margin,
    overlap,
    regression,
    sequence,
)
from tests.cases.case import (
    COMPLEX,
    FULL_PRECISION,
    HALF_PRECISION,
    REAL,
    Case,
    Shape,
    assert_close,
    generated,
    shapes,
)

__all__ = [
    "CASES",
    "COMPLEX",
    "FULL_PRECISION",
    "HALF_PRECISION",
    "REAL",
    "Case",
    "Shape",
    "assert_close",
    "generated",
    "public_losses",
    "shapes",
]

CASES = (
    *regression.CASES,
    *classification.CASES,
    *divergence.CASES,
    *margin.CASES,
    *embedding.CASES,
    *contrastive.CASES,
    *sequence.CASES,
    *overlap.CASES,
    *large_vocabulary.CASES,
)


def public_losses(module: ModuleType = lossfns) -> dict[str, Callable[..., Tensor]]:
    """What ``lossfns`` exports and reduces: its losses, whatever they are called."""
    exported = {name: getattr(module, name) for name in module.__all__}
    return {
        name: function
        for name, function in exported.items()
        if inspect.isfunction(function)
        and function is not module.reduce
        and "reduction" in inspect.signature(function).parameters
    }
