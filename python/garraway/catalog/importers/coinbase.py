"""Coinbase's WebSocket feed as captured: books (`level2`) and trades (`matches`).

Trades of a product are numbered without gaps: what is missing is found. The venue sends no checksum of its book, and
its updates have no number. Source: Coinbase, "Exchange WebSocket channels".
"""

from collections.abc import Iterator
from typing import Final

from garraway.catalog.importers.capture import LEFT_OUT, Message, Stream, captured, iso_ns
from garraway.catalog.importers.job import Batch, Job
from garraway.catalog.kinds import Flag, Kind

_TAKERS: Final = {"buy": -1, "sell": 1}
"""The aggressor by the side of the maker, which the venue tells."""
_SIDES: Final = {"buy": 1, "sell": -1}


def read_coinbase(job: Job) -> Iterator[Batch]:
    """The rows of a file. Raises: CatalogError."""
    stream = Stream(job)

    def take(received_ns: int, message: Message) -> None:
        kind, symbol = message["type"], message.get("product_id", "")
        if "time" in message and kind != "last_match":
            job.gauge.heard(received_ns, iso_ns(message["time"]))
        at_ns = job.gauge.at(received_ns)
        if kind not in {"snapshot", "l2update", "match", "last_match"}:
            job.notes[LEFT_OUT] += 1
        elif not job.wanted(symbol):
            return
        elif kind == "snapshot":
            levels = [(side, *level) for side, key in ((1, "bids"), (-1, "asks")) for level in message[key]]
            stream.depth(symbol, at_ns, 0, levels, Flag.SNAPSHOT)
        elif kind == "l2update":
            stream.depth(symbol, at_ns, 0, [(_SIDES[side], *level) for side, *level in message["changes"]])
        else:
            _match(stream, symbol, at_ns, message)

    return captured(job, stream, take)


def _match(stream: Stream, symbol: str, at_ns: int, message: Message) -> None:
    """A trade; the last one before the capture only says where the numbers stand."""
    number = message["trade_id"]
    last = stream.sequence_of.get(symbol)
    stream.sequence_of[symbol] = max(number, last or 0)
    if message["type"] == "last_match":
        return
    flags = stream.gap(symbol, Kind.TRADES) if last is not None and number > last + 1 else 0
    stream.trade(symbol, at_ns, message["price"], message["size"], number, _TAKERS[message["side"]], flags)
