"""Recorded ITCH 5.0 played through our matching, from the binary or the decoded CSV. Touches the files and the engine.

Both give the same commands: a CSV that was written as binary replays to the same events and the same state.
Source: docs/guides/replay.md.
"""

from collections import Counter
from itertools import tee
from pathlib import Path

from garraway.catalog.blocks import Watch
from garraway.catalog.errors import BooksInvalid, CommandRefused
from garraway.catalog.itch import ADDS, ORDER_KINDS, UNIT, ItchFile, ItchMessage
from garraway.catalog.itch_csv import CsvRow, csv_rows
from garraway.catalog.itch_opening import itch_opening
from garraway.catalog.lobster import Kind, Message
from garraway.catalog.oracle import Oracle
from garraway.catalog.player import Player
from garraway.catalog.report import ItchReport
from garraway.records import Side

_HALTED = (ord("H"), ord("P"))
_KINDS = {"A": Kind.ADD, "F": Kind.ADD, "E": Kind.EXECUTE, "C": Kind.EXECUTE, "X": Kind.REDUCE, "D": Kind.DELETE}


def replay_itch_csv(file: Path, *, watch: Watch | None = None, check_every: int = 0) -> ItchReport:
    """Plays the decoded messages of `file` through a new engine and compares the book of every row.

    Args:
        file: decoded ITCH with ten levels; .csv, .csv.zst or .csv.gz.
        watch: told how many bytes of `file` have been read.
        check_every: proves the engine's invariants after so many messages each; 0: at the end alone.
    Raises: CatalogError: the file is missing or damaged.
    """
    opening = itch_opening(file)
    rows, books = tee(csv_rows(file, watch))
    oracle = Oracle(file, (row.book for row in books))
    played = _Played(Player(file, [oracle], symbol=opening.first.symbol), check_every)
    types: Counter[str] = Counter()
    for message in opening.adds:
        played.act(message)
    played.player.counts.seeded = played.player.history.open_orders
    for row in rows:
        types[row.message.kind] += 1
        played.apply_row(row)
    return ItchReport(opening.first.symbol, dict(sorted(types.items())), None, played.player.close())


def replay_itch(
    file: Path, *, symbol: str | None = None, watch: Watch | None = None, check_every: int = 0
) -> ItchReport:
    """Plays the messages of one instrument of a binary file through a new engine.

    Args:
        file: ITCH 5.0 in frames (BinaryFILE), plain, .gz or .zst.
        symbol: the instrument; None: the only one that has orders.
        watch: told how many bytes of `file` have been read.
        check_every: proves the engine's invariants after so many messages each; 0: at the end alone.
    Raises: CatalogError: the file is missing or damaged, or does not have the instrument.
    """
    source = ItchFile(file, symbol, watch)
    messages = source.messages()
    first = next(messages, None)
    if first is None:
        raise BooksInvalid(f"{file} has no messages: give a file of ITCH 5.0")
    played = _Played(Player(file, [], symbol=source.found_symbol, unit=UNIT), check_every)
    played.apply(first)
    for message in messages:
        played.apply(message)
    types = dict(sorted(source.types.items()))
    return ItchReport(source.found_symbol, types, source.complete, played.player.close())


class _Played:
    """The player of an ITCH file: its messages name orders alone, whose price and side the book knows."""

    def __init__(self, player: Player, check_every: int) -> None:
        self.player = player
        self._check_every = check_every

    def apply_row(self, row: CsvRow) -> None:
        """Plays a row of the CSV, whose message must agree with the order that it is about. Compares the book."""
        message = row.message
        if message.kind not in ADDS:
            self._agree(row)
        self.apply(message)
        self.player.compare()

    def apply(self, message: ItchMessage) -> None:
        """Counts and plays a message."""
        self.player.count(self._counted(message))
        if message.kind in ORDER_KINDS:
            self.act(message)
        if self._check_every and self.player.counts.messages % self._check_every == 0:
            self.player.history.check()

    def act(self, message: ItchMessage) -> None:
        """Plays a message about an order."""
        try:
            self._act(message)
        except CommandRefused as refusal:
            where = f"{self.player.file}, {self.player.unit} {message.place}"
            raise CommandRefused(f"{where}: the engine does not follow: {refusal}") from refusal

    def _act(self, message: ItchMessage) -> None:
        if message.kind in ADDS:
            self._add(message, message.order, message.side)
            return
        added = self.player.introduced(message.order)
        if added is None:
            # The order came before the file, and nothing in it tells side and price: a replacement is unknown, too.
            self.player.counts.beyond_seed += 1
            return
        whole = message.kind in "DU"
        leaves = self.player.leaves(message.order)
        quantity = (leaves or added.quantity) if whole else message.quantity
        if not quantity:
            raise self._damaged(message, f"takes 0 shares from order {message.order}")
        kind = Kind.DELETE if whole else _KINDS[message.kind]
        self.player.act(_player_message(message, kind, message.order, quantity, added.price, added.side))
        if message.kind == "U":
            self._add(message, message.new_order, added.side)

    def _add(self, message: ItchMessage, order: int, side: int) -> None:
        if not (side and message.quantity and message.price and order):
            what = f"adds order {order}, {message.quantity} shares at {message.price}"
            raise self._damaged(message, f"{what}: each must be 1 or more, the side B or S")
        self.player.act(_player_message(message, Kind.ADD, order, message.quantity, message.price, side))

    def _agree(self, row: CsvRow) -> None:
        """Proves side, price and, where the order ends, shares of a row. Raises: FileDamaged."""
        message = row.message
        added = self.player.introduced(message.order)
        assert added is not None, "the opening book has every order that is not added"
        price = row.old_price if message.kind == "U" else message.price
        if (Side(message.side), price) != (added.side, added.price):
            raise self._damaged(message, f"price {price} or direction is not that of order {message.order}")
        leaves = self.player.leaves(message.order)
        taken = row.old_quantity if message.kind == "U" else message.quantity
        if message.kind in "DU" and leaves and taken != leaves:
            raise self._damaged(message, f"size {taken}, but order {message.order} has {leaves} left")

    def _counted(self, message: ItchMessage) -> Message:
        kind = _KINDS.get(message.kind, Kind.DELETE)
        if message.kind == "P":
            kind = Kind.EXECUTE_HIDDEN
        elif message.kind == "Q":
            kind = Kind.CROSS
        elif message.kind == "H" and message.code in _HALTED:
            kind = Kind.HALT
        return _player_message(message, kind, message.order, message.quantity, message.price, message.side)

    def _damaged(self, message: ItchMessage, what: str) -> Exception:
        return self.player.damaged(_player_message(message, Kind.DELETE, message.order, 0, 0, 0), what)


def _player_message(message: ItchMessage, kind: Kind, order: int, quantity: int, price: int, side: int) -> Message:
    return Message(message.place, message.at_ns, kind, order, quantity, price, side, rounded=False)
