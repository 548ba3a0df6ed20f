"""Order-by-order records played through our matching, packet by packet. Touches the files and the engine.

The recorded book is kept beside, in plain Python, and is the oracle. While it is crossed, the engine is in pre-open and
collects orders; where the exchange holds its auction, the engine holds its own, and is brought to the recorded book.
Source: docs/guides/replay.md.
"""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from math import gcd
from pathlib import Path
from typing import Final

from garraway.catalog.blocks import Watch
from garraway.catalog.errors import BooksInvalid, CommandRefused, FileDamaged, PricesInvalid, SymbolInvalid
from garraway.catalog.history import Terms
from garraway.catalog.lobster import Kind, Level, Message, Row
from garraway.catalog.mbo import SNAPSHOT, UNIT, MboFile, Skip, Survey
from garraway.catalog.mbo_auction import Terms as AuctionTerms
from garraway.catalog.mbo_auction import is_uncross, uncross
from garraway.catalog.mbo_book import Change, Contradiction, MboRecord, RecordedBook, ShownOrder, packets, records
from garraway.catalog.mbo_report import MboCounts, MboReport, Uncross
from garraway.catalog.oracle import Tally
from garraway.catalog.player import Player
from garraway.catalog.report import ReplayReport
from garraway.records import Phase, Side

LEVELS: Final = 10
"""Levels of each side that are compared after each packet."""
ALL: Final = 1 << 30
_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,16}")


def replay_mbo(
    files: Sequence[Path],
    *,
    symbol: str | None = None,
    skip: bool = False,
    watch: Watch | None = None,
    check_every: int = 0,
) -> MboReport:
    """Plays the records of one instrument through a new engine.

    Args:
        files: DBN of schema MBO, plain, .zst or .gz, or Parquet made of it; in the order of time.
        symbol: the instrument; None: the only one that has records.
        skip: leaves out records that are damaged or contradict the book, and counts them.
        watch: told how many bytes of all files have been read.
        check_every: proves the engine's invariants after so many packets each; 0: at the end alone.
    Raises: CatalogError: a file is missing or damaged, or does not have the instrument.
    """
    if not files:
        raise BooksInvalid("no file is given: give at least one")
    sources = [MboFile(file, symbol, skip) for file in files]
    surveys = [source.survey() for source in sources]
    found = zip(sources, surveys, strict=True)
    names = {source.symbols.get(each.instrument, str(each.instrument)) for source, each in found}
    if len(names) > 1:
        raise SymbolInvalid(f"the files have different instruments, {', '.join(sorted(names))}: give files of one")
    tick = gcd(*(each.tick for each in surveys)) or 1
    terms = _terms(files, surveys, tick)
    played = _Played(files[0], names.pop(), terms, tick, skip=skip, check_every=check_every)
    read = 0
    for source, each in zip(sources, surveys, strict=True):
        source.watch = None if watch is None else lambda now, before=read: watch(before + now)
        played.play(source, each.instrument)
        read += source.file.stat().st_size
    return played.report(files)


def _terms(files: Sequence[Path], surveys: Sequence[Survey], tick: int) -> Terms:
    """The listing: prices count ticks, and the ledger's unit is the smallest that keeps a tick whole."""
    lowest, highest = min(each.lowest for each in surveys), max(each.highest for each in surveys)
    if lowest <= 0:
        names = ", ".join(map(str, files))
        raise PricesInvalid(f"{names}: a price of {lowest} in 1e-9, the engine trades above 0: give another instrument")
    scale = next(digits for digits in range(2, 10) if digits == 9 or tick * 10**digits % 10**9 == 0)
    # One tick above all prices: there buy the orders of an auction that would pay any.
    return Terms(quote="QUOTE", quote_scale=scale, base="LOT", price_unit=tick, max_price=max(1, highest // tick) + 1)


class _Played:
    """The recorded book, the engine's beside it, and what was found so far."""

    def __init__(self, file: Path, symbol: str, terms: Terms, tick: int, *, skip: bool, check_every: int) -> None:
        self._symbol, self._tick, self._skip, self._check_every = symbol, tick, skip, check_every
        listed = symbol if _NAME.fullmatch(symbol) else "RECORDED"
        self._player = Player(file, [], symbol=listed, unit=UNIT, terms=terms)
        self._prices = range(1, terms.max_price + 1)
        self._book = RecordedBook()
        self._tallies: list[Tally] = []
        self._following = False
        """Whether the engine's book is the recorded one."""
        self._collecting = False
        """Whether the engine is in pre-open: its book may stand crossed."""
        self._places: dict[int, int] = {}
        """Orders that the engine has -> their place in the recorded book."""
        self._leaving: set[int] = set()
        """Orders that leave the book with this packet, unfilled."""
        self._at_ns = 0
        self._auctioned = False
        """Whether the engine's book is what its own auction left."""
        self._reference: int | None = None
        """The last trade."""
        self._quoted: int | None = None
        """The middle of the last quotes before the book was crossed."""
        self._counts = MboCounts()
        self._types: Counter[str] = Counter()
        self._uncrosses: list[Uncross] = []
        self._skipped: list[Skip] = []

    def play(self, source: MboFile, instrument: int) -> None:
        """Plays a file. Raises: CatalogError."""
        self._player.file = source.file
        self._tallies.append(Tally(LEVELS))
        before = {order: _shown(each) for order, each in self._book.orders.items()} if self._counts.packets else None
        stream = (record for rows in source.rows() for record in records(rows, instrument, self._tick))
        for packet in packets(stream):
            if before is not None and packet[0].flags & SNAPSHOT:
                self._book.clear()
            self._packet(packet)
            if before is not None and packet[0].flags & SNAPSHOT:
                after = {order: _shown(each) for order, each in self._book.orders.items()}
                changed = before.keys() | after.keys()
                self._counts.snapshot_different += sum(before.get(order) != after.get(order) for order in changed)
            before = None
        self._skipped += source.skipped

    def report(self, files: Sequence[Path]) -> MboReport:
        """Compares the whole books, proves the engine's invariants and reports."""
        equal = self._following and self._books_equal()
        found = self._player.close()
        oracles = [tally.report(file) for tally, file in zip(self._tallies, files, strict=True)]
        found = replace(found, oracles=oracles)
        return MboReport(
            self._symbol,
            self._tick,
            dict(sorted(self._types.items())),
            self._counts,
            self._uncrosses,
            self._skipped,
            equal,
            _in_units(found, self._tick),
        )

    def _packet(self, packet: list[MboRecord]) -> None:
        """Plays records that are final together."""
        counts = self._counts
        counts.packets += 1
        try:
            self._play(packet)
        except CommandRefused as refusal:
            where = f"{self._player.file}, {UNIT} {packet[0].offset}"
            raise CommandRefused(f"{where}: the engine does not follow: {refusal}") from refusal
        self._compare(packet)
        if self._check_every and counts.packets % self._check_every == 0:
            self._player.history.check()

    def _play(self, packet: Sequence[MboRecord]) -> None:
        if is_uncross(packet):
            self._uncross(packet)
        changes = [(record, self._recorded(record)) for record in packet]
        self._book.end_packet()
        self._at_ns = packet[-1].at_ns
        if any(_restarts(record) for record in packet):
            self._following = False
        if self._book.crossed:
            self._collect(packet[0].at_ns, changes)
        elif self._following and not self._collecting:
            self._follow(changes)
        else:
            self._resume()

    def _recorded(self, record: MboRecord) -> Change | None:
        """Does a record to the recorded book. Raises: FileDamaged."""
        self._types[record.action] += 1
        self._player.counts.messages += 1
        try:
            return self._book.apply(record)
        except Contradiction as error:
            damage = FileDamaged(self._player.file, record.offset, str(error), unit=UNIT)
            if not self._skip:
                raise damage from error
            self._skipped.append(Skip(str(self._player.file), record.offset, str(error)))
            return None

    def _follow(self, changes: Sequence[tuple[MboRecord, Change | None]]) -> None:
        """Does a packet to the engine's book: each trade as a whole, everything else record by record."""
        filled = {record.order for record, _ in changes if record.action == "F"}
        self._leaving = {change.order for _, change in changes if change and not change.lots} - filled
        aggressor: int | None = None
        fills: list[MboRecord] = []
        executed: dict[int, MboRecord] = {}
        for record, change in changes:
            if record.action == "F":
                fills.append(record)
                executed[record.order] = record
                continue
            self._trade(aggressor, fills)
            fills = []
            if record.action == "T":
                aggressor, self._reference = record.order or None, record.price
            elif change is not None:
                self._change(record, change)
        self._trade(aggressor, fills)
        for order, record in executed.items():
            self._settle(order, record)

    def _trade(self, aggressor: int | None, fills: Sequence[MboRecord]) -> None:
        """Executes the orders of one trade: all of them, in the order in which our matching meets them."""
        pending: dict[int, MboRecord] = {}
        for record in fills:
            if record.order == aggressor:
                self._counts.amended += 1
            elif self._player.introduced(record.order) is None:
                self._player.counts.unseen += 1
            else:
                self._shown_part(pending, record)
        while pending:
            record = next(iter(pending.values()))
            met = self._meeting(Side(record.side).opposite, record.price)
            if met is not None:
                record = pending.get(met, record)
            del pending[record.order]
            self._player.counts.executions += 1
            added = self._player.introduced(record.order)
            assert added is not None, "orders that are not known are not pending"
            self._counts.off_price += record.price != added.price
            self._player.act(_message(record, Kind.EXECUTE, side=added.side, price=added.price, lots=record.lots))

    def _shown_part(self, pending: dict[int, MboRecord], record: MboRecord) -> None:
        """Adds what the engine has of a fill; the rest is of a reserve that no record shows."""
        before = pending[record.order].lots if record.order in pending else 0
        lots = min(self._player.leaves(record.order), before + record.lots)
        self._counts.beyond_shown += before + record.lots - lots
        added = self._player.introduced(record.order)
        if lots and added is not None:
            pending[record.order] = record._replace(lots=lots, side=added.side)

    def _meeting(self, side: Side, price: int) -> int | None:
        """The order that an incoming one of `side` meets. One that leaves unfilled with this packet makes way."""
        met = self._player.met(side, price)
        while met is not None and met in self._leaving:
            self._counts.prevented += 1
            self._player.withdraw(met, self._at_ns)
            met = self._player.met(side, price)
        return met

    def _change(self, record: MboRecord, change: Change) -> None:
        """Brings an order of the engine to what it is after a record."""
        if not change.lots:
            self._player.withdraw(change.order, record.at_ns)
            self._places.pop(change.order, None)
        elif self._places.get(change.order) == change.place:
            self._player.withdraw(change.order, record.at_ns, leaves=change.lots)
        else:
            if not self._collecting:
                self._meeting(Side(change.side), change.price)
            self._place(change, record)

    def _place(self, change: Change, record: MboRecord) -> None:
        message = _message(record, Kind.ADD, side=change.side, price=change.price, lots=change.lots, order=change.order)
        self._player.replace(message, collected=self._collecting)
        self._places[change.order] = change.place

    def _settle(self, order: int, record: MboRecord) -> None:
        """After its executions an order has what the book says: where it has not, the book is believed."""
        shown = self._book.orders.get(order)
        lots = 0 if shown is None else shown.lots
        if self._player.leaves(order) == lots:
            return
        self._counts.unsettled += 1
        if shown is None:
            self._player.withdraw(order, record.at_ns)
        else:
            self._place(Change(order, shown.side, shown.price, lots, shown.place), record)

    def _collect(self, at_ns: int, changes: Sequence[tuple[MboRecord, Change | None]]) -> None:
        """Does a packet to the engine's book while it is crossed: what becomes of each order, without trades."""
        self._counts.collected += 1
        if not self._collecting:
            self._quoted = self._middle(self._player.side)
            self._player.history.set_phase(Phase.PRE_OPEN, at_ns=at_ns)
            self._collecting = True
        if not self._following:
            self._bring()
            return
        for record, change in changes:
            if change is not None:
                self._change(record, change)

    def _resume(self) -> None:
        """Goes on in continuous trading with the recorded book."""
        self._bring()
        if self._collecting:
            self._player.history.set_phase(Phase.CONTINUOUS, at_ns=self._at_ns)
            self._collecting = False

    def _bring(self) -> None:
        """Brings the engine's book to the recorded one: what is gone or moved leaves, the missing comes in order."""
        self._leaving = set()
        commands = self._player.history.commands
        for order, place in list(self._places.items()):
            shown = self._book.orders.get(order)
            if shown is None or shown.place != place:
                self._player.withdraw(order, self._at_ns)
                del self._places[order]
        anchor = MboRecord(0, self._at_ns, self._at_ns, "A", 0, 0, 0, 0, 0)
        anew: set[tuple[int, int]] = set()
        for order, shown in sorted(self._book.orders.items(), key=lambda item: item[1].place):
            # An order that our auction filled further comes anew; what stands behind it must stay behind it.
            if (shown.side, shown.price) in anew or self._player.leaves(order) < shown.lots:
                self._places.pop(order, None)
                anew.add((shown.side, shown.price))
            self._change(anchor, Change(order, shown.side, shown.price, shown.lots, shown.place))
        if self._auctioned:
            self._counts.corrected += self._player.history.commands - commands
        self._following, self._auctioned = True, False
        self._counts.resumed += 1
        if self._counts.resumed == 1:
            self._player.counts.seeded = self._player.history.open_orders

    def _uncross(self, packet: Sequence[MboRecord]) -> None:
        """Where orders were collected, the engine holds its auction, which is compared with the exchange's."""
        if not self._collecting:
            self._counts.without_aggressor += 1
            return
        reference = self._reference or self._quoted or self._middle(self._book.levels)
        assert reference is not None, "a crossed book has both sides"
        terms = AuctionTerms(reference, self._prices, self._tick, packet[0].at_ns)
        found = uncross(self._book, packet, self._player, terms)
        self._uncrosses.append(found)
        self._player.counts.crosses += 1
        self._reference = found.price // self._tick
        self._collecting = self._following = False
        self._auctioned = True

    def _middle(self, levels: Callable[[Side, int], Sequence[Level]]) -> int | None:
        """The middle of the best quotes, in whole ticks; None where a side has none."""
        bids, asks = levels(Side.BUY, LEVELS), levels(Side.SELL, LEVELS)
        return (bids[0][0] + asks[0][0]) // 2 if bids and asks else None

    def _compare(self, packet: Sequence[MboRecord]) -> None:
        row = Row(packet[-1].offset, LEVELS, self._book.levels(Side.SELL, LEVELS), self._book.levels(Side.BUY, LEVELS))
        self._tallies[-1].add(row, self._player.side(Side.SELL, LEVELS), self._player.side(Side.BUY, LEVELS))

    def _books_equal(self) -> bool:
        history = self._player.history
        levels = all(history.levels(side, ALL) == self._book.levels(side, ALL) for side in Side)
        lots = all(self._player.leaves(order) == each.lots for order, each in self._book.orders.items())
        return levels and lots and history.open_orders == len(self._book.orders)


def _restarts(record: MboRecord) -> bool:
    return record.action == "R" or bool(record.flags & SNAPSHOT)


def _shown(order: ShownOrder) -> tuple[int, int, int]:
    return order.side, order.price, order.lots


def _message(record: MboRecord, kind: Kind, *, side: int, price: int, lots: int, order: int = 0) -> Message:
    return Message(record.offset, record.at_ns, kind, order or record.order, lots, price, side, rounded=False)


def _in_units(found: ReplayReport, tick: int) -> ReplayReport:
    """The report with prices in 1e-9."""
    return replace(
        found,
        differences=[
            replace(each, price=each.price * tick, our_price=None if each.our_price is None else each.our_price * tick)
            for each in found.differences
        ],
        trade_prices=[price * tick for price in found.trade_prices],
        asks=[(price * tick, lots) for price, lots in found.asks],
        bids=[(price * tick, lots) for price, lots in found.bids],
    )
