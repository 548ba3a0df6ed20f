"""The way of the staff's commands to the exchange, straight to its door. Touches `venues`.

A command that was acknowledged has had its one effect; one whose outcome did not come is told as pending.
"""

import asyncio
from typing import Final

from garraway.api.access_log import AccessLog
from garraway.api.ports import Door
from garraway.api.problems import away
from garraway.records import KINDS, command_seq, head
from garraway.venues import Outcome

PATIENCE_S: Final = 2.0


class DirectBackOffice:
    """Sends at once, as source `backoffice`."""

    def __init__(self, door: Door, log: AccessLog) -> None:
        """Does nothing yet."""
        self._door = door
        self._log = log

    async def carry_out(self, record: bytes, *, user_id: int, reason: str) -> Outcome | None:
        """Has a command carried out; None: it went out, and its outcome shows later. Raises: Problem: it did not."""
        sent: asyncio.Future[Outcome] | None = None
        outcome: Outcome | None = None
        try:
            async with asyncio.timeout(PATIENCE_S):
                while (sent := self._door.send(record)) is None:
                    await self._door.until_free()
                outcome = await sent
        except TimeoutError as error:
            if sent is None:
                detail = f"the exchange took nothing for {PATIENCE_S:g} s: nothing was done"
                raise away("ExchangeAway", detail) from error
        kind, seq = KINDS[head(record)["kind"]], command_seq(outcome.first_event) if outcome is not None else None
        self._log.write("info", "back_office_command", user=user_id, reason=reason, kind=kind, command_seq=seq)
        return outcome
