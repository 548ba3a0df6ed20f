"""A recorded day's messages as commands, and our book beside the recorded ones. Touches the engine, by `History`.

The file is the truth about its own orders. Where our matching would take another order, that counts, and the file's
order is reduced instead, so that the books stay comparable. Source: docs/guides/replay.md.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from garraway.catalog.errors import FileDamaged
from garraway.catalog.history import DOLLARS_AND_SHARES, Account, History, Resting, Terms
from garraway.catalog.lobster import Kind, Level, Message
from garraway.catalog.opening import opening_book
from garraway.catalog.oracle import Oracle
from garraway.catalog.report import DIFFERENCES_TOLD, Counts, Difference, ReplayReport, Why
from garraway.records import Side

PICTURE_LEVELS: Final = 10


class Player:
    """The books so far: the engine's, and which of its orders is which of the file's."""

    def __init__(
        self,
        file: Path,
        oracles: Sequence[Oracle],
        *,
        symbol: str,
        unit: str = "line",
        terms: Terms = DOLLARS_AND_SHARES,
    ) -> None:
        """An empty book of `symbol`; messages stand in the lines of `file`, or in other units."""
        self.file = file
        self.oracles = oracles
        self.unit = unit
        self.history = History(symbol, terms)
        self.counts = Counts()
        self.differences: list[Difference] = []
        self.trade_prices: list[int] = []
        self._refs: dict[int, int] = {}
        """Order of the file -> reference of the resting account; those that are done stay in it."""
        self._introduced: list[Message] = []
        """Reference of the resting account, less 1 -> the message that introduced the order."""
        self._anonymous: dict[tuple[int, int], int] = {}
        """Side and price -> reference of the opening account."""
        self._removed: set[int] = set()
        """Orders of the file that stood in the way of an add."""
        self._levels: dict[Side, list[Level]] = {}
        """Sides as last seen; a side is taken out when it changes."""

    def open(self, oracle: Oracle, first: Message) -> None:
        """Makes the opening book, and compares it."""
        self.count(first)
        for each in opening_book(oracle, self.file, first):
            side, price = each.side, each.price
            ref = self.history.place(Account.OPENING, side=side, price=price, quantity=each.quantity, at_ns=first.at_ns)
            self._anonymous[side, price] = ref
        if first.kind == Kind.ADD:
            self._introduce(first)
        self.counts.seeded = self.history.open_orders
        self._changed(first)
        self.compare()

    def apply(self, message: Message) -> None:
        """Counts a message, does what it says, and compares the books."""
        self.count(message)
        self.act(message)
        self.compare()

    def count(self, message: Message) -> None:
        """Counts a message by its kind."""
        counts = self.counts
        counts.messages += 1
        counts.rounded_times += message.rounded
        if message.kind == Kind.EXECUTE:
            if message.order in self._refs:
                counts.executions += 1
            else:
                counts.unseen += 1
        counts.hidden += message.kind == Kind.EXECUTE_HIDDEN
        counts.crosses += message.kind == Kind.CROSS
        counts.halts += message.kind == Kind.HALT

    def act(self, message: Message) -> None:
        """Does what a message says to the book."""
        if message.kind == Kind.ADD:
            self._add(message)
        elif message.kind <= Kind.EXECUTE:
            self._change(message)
        self._changed(message)

    def replace(self, message: Message, *, collected: bool = False) -> None:
        """Moves an order of the file to the price and quantity of `message`, behind others; gone, it comes anew.

        While orders are `collected`, it may stand crossed.
        """
        resting = self._resting(message.order)
        if resting is not None and resting.price == message.price and resting.leaves >= message.quantity:
            # The engine would keep its place.
            self.history.reduce(resting, by=resting.leaves, at_ns=message.at_ns)
            resting = None
        if not collected:
            self._clear_way(message)
        if resting is None:
            self._introduce(message)
        else:
            ref = self.history.replace(resting, price=message.price, leaves=message.quantity, at_ns=message.at_ns)
            self._known(message, ref)
        self._levels.pop(Side(message.side), None)

    def withdraw(self, order: int, at_ns: int, *, leaves: int = 0) -> None:
        """Cancels an order of the file down to what it shall have left. It may be gone."""
        resting = self._resting(order)
        if resting is not None and resting.leaves > leaves:
            self.history.reduce(resting, by=resting.leaves - leaves, at_ns=at_ns)
            self._levels.clear()

    def go_on_with(self, history: History) -> None:
        """Takes another engine, which was a copy of this one, for its own."""
        self.history = history
        self._levels.clear()

    def compare(self) -> None:
        """Compares the book with the rows that are due."""
        depth = max((oracle.levels for oracle in self.oracles if oracle.due), default=0)
        if not depth:
            return
        asks, bids = self.side(Side.SELL, depth), self.side(Side.BUY, depth)
        for oracle in self.oracles:
            if oracle.due:
                oracle.compare(asks, bids)

    def introduced(self, order: int) -> Message | None:
        """The message that added an order of the file, live or not."""
        ref = self._refs.get(order)
        return None if ref is None else self._introduced[ref - 1]

    def named(self, client_ref: int) -> int:
        """The file's number of an order of the resting account."""
        return self._introduced[client_ref - 1].order

    def leaves(self, order: int) -> int:
        """What is left of an order of the file; 0 for one that is not open."""
        resting = self._resting(order)
        return 0 if resting is None else resting.leaves

    def met(self, side: Side, price: int) -> int | None:
        """The order of the file that an incoming order would meet first, by a dry run; None for none of the file's."""
        met = self.history.first_met(side, price)
        return None if met is None else self._file_order(met)

    def side(self, side: Side, depth: int) -> list[Level]:
        """The best levels of a side of our book, at least `depth` or all; `depth` never rises."""
        if side not in self._levels:
            self._levels[side] = self.history.levels(side, depth)
        return self._levels[side]

    def damaged(self, message: Message, what: str) -> FileDamaged:
        """The error of a message that contradicts the ones before."""
        return FileDamaged(self.file, message.line, what, unit=self.unit)

    def close(self) -> ReplayReport:
        """Proves the engine's invariants and reports."""
        self.history.check()
        return ReplayReport(
            counts=self.counts,
            oracles=[oracle.close(self.counts.messages) for oracle in self.oracles],
            differences=self.differences,
            commands=self.history.commands,
            events=self.history.events,
            open_orders=self.history.open_orders,
            state_hash=self.history.state_hash,
            events_hash=self.history.events_hash,
            trade_prices=self.trade_prices,
            asks=self.history.levels(Side.SELL, PICTURE_LEVELS),
            bids=self.history.levels(Side.BUY, PICTURE_LEVELS),
        )

    def _changed(self, message: Message) -> None:
        if message.kind <= Kind.EXECUTE:
            self._levels.pop(Side(message.side), None)

    def _resting(self, order: int) -> Resting | None:
        ref = self._refs.get(order)
        return None if ref is None else self.history.order(Account.RESTING, ref)

    def _add(self, message: Message) -> None:
        if message.order in self._refs:
            raise self.damaged(message, f"order {message.order} is added a second time")
        self._clear_way(message)
        self._introduce(message)

    def _introduce(self, message: Message) -> None:
        ref = self.history.place(
            Account.RESTING, side=message.side, price=message.price, quantity=message.quantity, at_ns=message.at_ns
        )
        self._known(message, ref)

    def _known(self, message: Message, ref: int) -> None:
        self._refs[message.order] = ref
        self._introduced.append(message)
        assert len(self._introduced) == ref

    def _clear_way(self, message: Message) -> None:
        """Cancels what an add would trade with: it rests in the recorded book, so none of that can stand there."""
        met = self.history.first_met(message.side, message.price)
        self.counts.crossing += met is not None
        while met is not None:
            order = self._file_order(met)
            if order is not None:
                self._removed.add(order)
            self.history.reduce(met, by=met.leaves, at_ns=message.at_ns)
            self.counts.removed += 1
            self._levels.clear()
            met = self.history.first_met(message.side, message.price)

    def _change(self, message: Message) -> None:
        ref = self._refs.get(message.order)
        if ref is None:
            self._change_unseen(message)
            return
        resting = self.history.order(Account.RESTING, ref)
        if resting is None:
            self._change_gone(message)
            return
        self._check(message, resting)
        if message.kind == Kind.EXECUTE:
            self._execute(message, resting)
            return
        whole = message.kind == Kind.DELETE
        self.counts.shrunk += whole and message.quantity < resting.leaves
        self.history.reduce(resting, by=resting.leaves if whole else message.quantity, at_ns=message.at_ns)

    def _change_unseen(self, message: Message) -> None:
        """Reduces the anonymous order of the level, of which an order that the file did not introduce is a part."""
        ref = self._anonymous.get((message.side, message.price))
        resting = None if ref is None else self.history.order(Account.OPENING, ref)
        if resting is None or resting.leaves < message.quantity:
            self.counts.beyond_seed += 1
            return
        self.history.reduce(resting, by=message.quantity, at_ns=message.at_ns)

    def _change_gone(self, message: Message) -> None:
        """A message about an order that we have no more: a fault of the file, or one that we removed."""
        if message.order not in self._removed:
            raise self.damaged(message, f"order {message.order} was executed or deleted before")
        self.counts.reappeared += 1
        if message.kind == Kind.EXECUTE:
            self._differ(message, self.history.first_met(Side(message.side).opposite, message.price))

    def _check(self, message: Message, resting: Resting) -> None:
        # Price and side never change: LOBSTER shows a replaced order under a new number.
        added = self._introduced[resting.client_ref - 1]
        if (message.side, message.price) != (added.side, added.price):
            what = f"price {message.price} or direction is not that of order {message.order}"
            raise self.damaged(message, f"{what}, added in {self.unit} {added.line}")
        if message.quantity > resting.leaves:
            what = f"size {message.quantity}, but order {message.order} has {resting.leaves} left"
            raise self.damaged(message, what)

    def _execute(self, message: Message, resting: Resting) -> None:
        aggressor = Side(message.side).opposite
        met = self.history.first_met(aggressor, message.price)
        if met == resting:
            self.counts.same_order += 1
            self.history.take(resting, side=aggressor, quantity=message.quantity, at_ns=message.at_ns)
            self.trade_prices.append(message.price)
        else:
            self._differ(message, met)
            self.history.reduce(resting, by=message.quantity, at_ns=message.at_ns)

    def _differ(self, message: Message, met: Resting | None) -> None:
        self.counts.different += 1
        if len(self.differences) >= DIFFERENCES_TOLD:
            return
        ours = None if met is None else self._file_order(met)
        self.differences.append(
            Difference(
                row=message.line,
                at_ns=message.at_ns,
                side=Side(message.side).name.lower(),
                price=message.price,
                quantity=message.quantity,
                file_order=message.order,
                our_order=ours,
                our_price=None if met is None else met.price,
                why=self._why(message, met, ours),
            )
        )

    def _file_order(self, resting: Resting) -> int | None:
        """The file's number of an order; None for one of the opening book."""
        return self._introduced[resting.client_ref - 1].order if resting.account == Account.RESTING else None

    def _why(self, message: Message, met: Resting | None, ours: int | None) -> Why:
        if message.order in self._removed:
            return Why.REMOVED
        assert met is not None, "the file's own order rests there"
        if met.price != message.price:
            return Why.BETTER_PRICE
        if ours is None:
            return Why.OPENING
        return Why.OLDER if message.order < ours else Why.PASSED_OVER
