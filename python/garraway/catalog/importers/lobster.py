"""LOBSTER's message files as orders and trades. Prices are in 0.0001 dollars; times count from midnight in New York."""

from collections.abc import Iterator
from typing import Final

from garraway.catalog.errors import FileDamaged
from garraway.catalog.importers.job import Batch, Collector, Job
from garraway.catalog.importers.midnight import NEW_YORK, midnight_ns
from garraway.catalog.importers.text import line_chunks
from garraway.catalog.kinds import Action, Flag, Kind
from garraway.catalog.lobster import Kind as Type
from garraway.catalog.lobster import Message, message_of
from garraway.records import Side

_ACTIONS: Final = {
    Type.ADD: Action.ADD,
    Type.REDUCE: Action.REDUCE,
    Type.DELETE: Action.DELETE,
    Type.EXECUTE: Action.EXECUTE,
    Type.EXECUTE_HIDDEN: Action.TRADE,
    Type.CROSS: Action.TRADE,
    Type.HALT: Action.HALT,
}


def read_lobster(job: Job) -> Iterator[Batch]:
    """The rows of a message file. Raises: CatalogError."""
    symbol, rows = job.symbol(), Collector()
    start_ns = midnight_ns(job.day(), job.options.zone or NEW_YORK)
    for chunk in line_chunks(job.file, job.faults, job.watch):
        for number, line in enumerate(chunk.lines.to_list(), chunk.first):
            try:
                message = message_of(job.file, number, line.encode())
            except FileDamaged as damage:
                job.faults.bad(number, str(damage).partition(": ")[2])
                continue
            _take(rows, symbol, start_ns, message)
        yield from rows.full()
    yield from rows.rest()


def _take(rows: Collector, symbol: str, start_ns: int, message: Message) -> None:
    at_ns = start_ns + message.at_ns
    side = 1 if message.side == Side.BUY else -1
    action = _ACTIONS[Type(message.kind)]
    hidden = Flag.HIDDEN if message.kind == Type.EXECUTE_HIDDEN else 0
    if action == Action.HALT:
        rows.add(symbol, Kind.ORDERS, (at_ns, message.line, 0, message.price, 0, action, 0, Flag.LAST))
        return
    whole = (at_ns, message.line, message.order, message.price, message.quantity, action, side, Flag.LAST | hidden)
    rows.add(symbol, Kind.ORDERS, whole)
    if action in {Action.EXECUTE, Action.TRADE}:
        taker = 0 if message.kind == Type.CROSS else -side
        rows.add(symbol, Kind.TRADES, (at_ns, message.price, message.quantity, 0, taker, 0, hidden))
