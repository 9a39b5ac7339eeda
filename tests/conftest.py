"""Which tests have to stay together when they run on two cores."""

import pytest

# Each of its tests opens a page of its own, for some seconds; together they take longer than all
# other files on one core.
APART = "test_site.py"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep a file's tests on one worker: a notebook's cells share a kernel, a module its set-up."""
    for item in items:
        if item.path.name != APART:
            item.add_marker(pytest.mark.xdist_group(item.path.as_posix()))
