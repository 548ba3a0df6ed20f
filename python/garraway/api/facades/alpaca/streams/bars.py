"""Candles when their minute is over: out of the SQL views, like those of REST. Touches `store` through `reading`."""

import asyncio
from typing import Final

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from garraway.api.facades.alpaca.fields import HIGHEST
from garraway.api.facades.alpaca.streams.channels import ChannelKind, Channels
from garraway.api.problems import Problem
from garraway.api.reading import queried
from garraway.api.services import Services
from garraway.store import StoreError, history
from garraway.venues import Instrument

MINUTE_S: Final = 60
MINUTE_NS: Final = MINUTE_S * 10**9
GRACE_S: Final = 0.2
"""How long after a minute its last events may still come."""
TRIES: Final = 20
"""How often the SQL views are asked for a minute that they do not know of yet; each waits a second."""
WIDTHS: Final = {ChannelKind.BARS: MINUTE_S, ChannelKind.DAILY_BARS: 86_400}
Found = list[tuple[Instrument, history.Row]]


class Bars:
    """Tells each minute's candles, and those of the day so far, to who reads them."""

    def __init__(self, services: Services, channels: Channels) -> None:
        """Tells nothing yet."""
        self._services = services
        self._channels = channels

    async def run(self) -> None:
        """Goes on until it is cancelled."""
        while True:
            now_ns = self._services.clock()
            await asyncio.sleep((MINUTE_NS - now_ns % MINUTE_NS) / 10**9 + GRACE_S)
            await self.tell(now_ns // MINUTE_NS * MINUTE_NS)

    async def tell(self, minute_ns: int) -> None:
        """Tells the candles of the minute that began at this time, once the SQL views know all of it."""
        wanted = {kind: self._channels.instruments(kind) for kind in WIDTHS}
        if not any(wanted.values()):
            return
        seq = self._services.views.seq
        for _ in range(TRIES):
            try:
                _, found = await queried(self._services, lambda one: _found(one, wanted, minute_ns), min_seq=seq)
            except (Problem, StoreError, SQLAlchemyError):
                continue
            for kind, rows in found.items():
                self._channels.bars(kind, rows)
            return
        self._services.log.write("warning", "bars_not_told", minute_ns=minute_ns, seq=seq)


def _found(
    connection: Connection, wanted: dict[ChannelKind, list[Instrument]], minute_ns: int
) -> dict[ChannelKind, Found]:
    """Of the minute what traded in it; of days those of instruments that traded in the minute."""
    found: dict[ChannelKind, Found] = {}
    for kind, instruments in wanted.items():
        rows: Found = []
        for one in instruments:
            minute = history.candles(
                connection, one.number, width_s=MINUTE_S, since_ns=minute_ns, until_ns=minute_ns + MINUTE_NS, limit=1
            )
            if minute and kind is not ChannelKind.BARS:
                minute = history.candles(
                    connection, one.number, width_s=WIDTHS[kind], since_ns=0, until_ns=HIGHEST, limit=1
                )
            rows += [(one, row) for row in minute]
        found[kind] = rows
    return found
