"""What this room needs of the venue: its door, and what the event log told. Touches nothing."""

import asyncio
from collections.abc import Mapping
from typing import Protocol

from garraway.venues import Outcome


class Door(Protocol):
    """The way to the exchange; see `garraway.venues.ExchangeVenue`."""

    @property
    def free(self) -> bool:
        """Whether `send` can send at this moment."""
        ...

    def send(self, record: bytes) -> asyncio.Future[Outcome] | None:
        """Numbers and sends a command now; None: it cannot go out at this moment, and was not numbered."""
        ...

    async def until_free(self) -> None:
        """Waits until `send` can send."""
        ...


class Views(Protocol):
    """The venue as the event log tells it, kept up by a thread of its own; see `garraway._native.Views`."""

    @property
    def seq(self) -> int:
        """The number of the last command that it knows of."""
        ...

    async def until(self, seq: int, timeout_s: float) -> bool:
        """Waits until it knows of this command; False: it did not come in time."""
        ...

    def last_ref(self, account: int) -> int:
        """The highest reference that orders of the account used up."""
        ...

    def order_by_text(self, account: int, text: str) -> Mapping[str, object] | None:
        """The latest order with this client order id that is open or was done lately."""
        ...
