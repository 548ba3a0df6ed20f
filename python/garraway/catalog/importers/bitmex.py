"""BitMEX's realtime feed as captured: books (`orderBookL2`), trades and quotes.

A level has a number; its price is told once, when it appears. An update of a level that was never told is a gap.
Source: BitMEX, "Websocket API".
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from garraway.catalog.importers.capture import LEFT_OUT, Message, Stream, captured, iso_ns
from garraway.catalog.importers.job import Batch, Job
from garraway.catalog.kinds import Flag, Kind

_SIDES: Final = {"Buy": 1, "Sell": -1}


def read_bitmex(job: Job) -> Iterator[Batch]:
    """The rows of a file. Raises: CatalogError."""
    player = _Player(job, Stream(job))
    return captured(job, player.stream, player.take)


@dataclass(slots=True)
class _Player:
    """Turns messages into rows, and keeps the prices of the levels."""

    job: Job
    stream: Stream
    _prices: dict[tuple[str, int], str] = field(default_factory=dict)

    def take(self, received_ns: int, message: Message) -> None:
        """One message."""
        table = message.get("table")
        if table == "orderBookL2":
            self._book(received_ns, message["action"], message["data"])
        elif table in {"trade", "quote"} and message["action"] == "insert":
            for each in message["data"]:
                self.job.gauge.heard(received_ns, iso_ns(each["timestamp"]))
                if self.job.wanted(each["symbol"]):
                    self._told(table, self.job.gauge.at(received_ns), each)
        else:
            # What was traded and quoted before the capture is told once more at its start.
            self.job.notes[LEFT_OUT] += 1

    def _told(self, table: str, at_ns: int, each: Message) -> None:
        if table == "trade":
            taker = _SIDES.get(each["side"], 0)
            self.stream.trade(each["symbol"], at_ns, str(each["price"]), str(each["size"]), 0, taker)
        else:
            bid, ask = ((str(each[f"{side}Price"]), str(each[f"{side}Size"])) for side in ("bid", "ask"))
            self.stream.quote(each["symbol"], at_ns, bid, ask)

    def _book(self, received_ns: int, action: str, levels: list[Message]) -> None:
        at_ns = self.job.gauge.at(received_ns)
        told: dict[str, list[tuple[int, str, str]]] = {}
        lost: set[str] = set()
        for level in levels:
            symbol, key = level["symbol"], (level["symbol"], level["id"])
            if action in {"partial", "insert"}:
                self._prices[key] = str(level["price"])
            price = self._prices.pop(key, None) if action == "delete" else self._prices.get(key)
            if price is None:
                lost.add(symbol)
            elif self.job.wanted(symbol):
                quantity = "0" if action == "delete" else str(level["size"])
                told.setdefault(symbol, []).append((_SIDES[level["side"]], price, quantity))
        snapshot = Flag.SNAPSHOT if action == "partial" else 0
        for symbol in lost:
            if self.job.wanted(symbol):
                self.stream.gap(symbol, Kind.DEPTH)
        for symbol, rows in told.items():
            self.stream.depth(symbol, at_ns, 0, rows, snapshot | (Flag.GAP if symbol in lost else 0))
