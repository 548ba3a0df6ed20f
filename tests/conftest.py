"""What tests of several rooms share: fixtures, and how they are spread over the workers of `pytest -n`."""

import pytest

pytest_plugins = ["tests.support.databases"]

ALONE = "venues"
"""Tests of this group never run beside each other: each of them keeps both cores of a small machine busy."""
WHOLE_VENUES = ("tests/e2e/", "tests/cli/test_day.py")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keeps on one worker the tests that start whole venues, and those of a file that share something made once."""
    for item in items:
        if item.nodeid.startswith(WHOLE_VENUES):
            item.add_marker(pytest.mark.xdist_group(ALONE))
        elif isinstance(item, pytest.Function) and shares(item):
            item.add_marker(pytest.mark.xdist_group(item.path.stem))


def shares(item: pytest.Function) -> bool:
    """Whether a fixture of the test's is made once for its file."""
    known = item._fixtureinfo.name2fixturedefs  # pytest tells it nowhere else
    return any(one.scope == "module" for found in known.values() for one in found)
