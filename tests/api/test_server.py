"""Connections are waited for, but not for ever: one timer for all."""

import asyncio
from dataclasses import dataclass, field
from typing import cast

from garraway.api.server import Patience, PatientProtocol

PATIENCE_S = 0.05


@dataclass(eq=False)
class Connection:
    """As much of a connection as patience needs; it is its own transport."""

    loop: asyncio.AbstractEventLoop
    closed: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def transport(self) -> "Connection":
        return self

    def close(self) -> None:
        self.closed.set()


def test_a_connection_that_brings_no_whole_request_in_time_is_closed() -> None:
    async def scenario() -> None:
        loop, patience = asyncio.get_running_loop(), Patience(PATIENCE_S)
        slow, quick, later = (Connection(loop) for _ in range(3))
        begun_s = loop.time()
        for one in (slow, quick):
            patience.wait_for(cast("PatientProtocol", one))
        patience.have(cast("PatientProtocol", quick))
        await slow.closed.wait()
        assert loop.time() - begun_s >= PATIENCE_S
        patience.wait_for(cast("PatientProtocol", later))
        patience.wait_for(cast("PatientProtocol", later))
        begun_s = loop.time()
        await later.closed.wait()
        assert loop.time() - begun_s >= PATIENCE_S
        assert not quick.closed.is_set()
        patience.have(cast("PatientProtocol", later))

    asyncio.run(asyncio.wait_for(scenario(), 10))
