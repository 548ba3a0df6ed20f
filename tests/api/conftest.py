"""One running venue for all tests that do not stop it, and one with the people of the matrix."""

from collections.abc import Iterator

import pytest
from tests.api.matrix.callers import Cast, cast
from tests.api.venue import Venue, running


@pytest.fixture(scope="session")
def venue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Venue]:
    with running(tmp_path_factory.mktemp("venue") / "v", rate=1_000_000) as found:
        yield found


@pytest.fixture(scope="session")
def people(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cast]:
    folder = tmp_path_factory.mktemp("matrix") / "v"
    with running(folder, rate=1_000_000, people=lambda _: None) as venue, cast(venue) as found:
        yield found
