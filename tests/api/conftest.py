"""One running venue for all tests that do not stop it."""

from collections.abc import Iterator

import pytest
from tests.api.venue import Venue, running


@pytest.fixture(scope="session")
def venue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Venue]:
    with running(tmp_path_factory.mktemp("venue") / "v", rate=1_000_000) as found:
        yield found
