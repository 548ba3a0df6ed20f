"""Deribit's WebSocket feed as captured: books (`book.*.raw`) and trades.

A change of a book names the change before it: what is missing is found. Source: Deribit, "API: subscriptions".
"""

from collections.abc import Iterator
from typing import Final

from garraway.catalog.importers.capture import LEFT_OUT, Message, Stream, captured
from garraway.catalog.importers.job import Batch, Job
from garraway.catalog.kinds import Flag, Kind

MS_NS: Final = 10**6


def read_deribit(job: Job) -> Iterator[Batch]:
    """The rows of a file. Raises: CatalogError."""
    stream = Stream(job)

    def take(received_ns: int, message: Message) -> None:
        parameters = message.get("params") or {}
        channel = parameters.get("channel", "")
        if channel.startswith("book."):
            _book(stream, received_ns, parameters["data"])
        elif channel.startswith("trades."):
            for trade in parameters["data"]:
                job.gauge.heard(received_ns, int(trade["timestamp"]) * MS_NS)
                if job.wanted(trade["instrument_name"]):
                    taker = 1 if trade["direction"] == "buy" else -1
                    at_ns, symbol = job.gauge.at(received_ns), trade["instrument_name"]
                    stream.trade(symbol, at_ns, str(trade["price"]), str(trade["amount"]), 0, taker)
        else:
            job.notes[LEFT_OUT] += 1

    return captured(job, stream, take)


def _book(stream: Stream, received_ns: int, change: Message) -> None:
    symbol, number = change["instrument_name"], change["change_id"]
    stream.job.gauge.heard(received_ns, int(change["timestamp"]) * MS_NS)
    if not stream.job.wanted(symbol):
        return
    snapshot = change.get("type") == "snapshot"
    follows = snapshot or change.get("prev_change_id") == stream.sequence_of.get(symbol)
    stream.sequence_of[symbol] = number
    flags = (Flag.SNAPSHOT if snapshot else 0) | (0 if follows else stream.gap(symbol, Kind.DEPTH))
    levels = [
        (side, str(price), "0" if what == "delete" else str(amount))
        for side, key in ((1, "bids"), (-1, "asks"))
        for what, price, amount in change[key]
    ]
    stream.depth(symbol, stream.job.gauge.at(received_ns), number, levels, flags)
