"""An auction in order-by-order records: what the exchange did, and what ours makes of that book. Touches the engine.

Orders may trade in it that the file never showed. How many lots of them there were on each side follows from the
volume; their limits do not, so that they count as willing at any price. The engine holds the auction; the arithmetic
of `uncross.py` is its naive twin, and must come to the same.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from garraway.catalog.errors import CommandRefused
from garraway.catalog.history import Account, History
from garraway.catalog.mbo_book import MboRecord, RecordedBook, ShownOrder
from garraway.catalog.mbo_report import AuctionFill, Uncross
from garraway.catalog.player import Player
from garraway.catalog.uncross import Equilibrium, Interest, equilibrium, lots_filled
from garraway.records import EVENTS, EventArray, Phase, Side

UNSHOWN = 0
"""What orders that the file does not show are called in the twin: no record has this number."""
NOTHING_UNSHOWN: Mapping[Side, int] = dict.fromkeys(Side, 0)


@dataclass(frozen=True, slots=True)
class Terms:
    """On what an auction is held."""

    reference: int
    """In ticks."""
    prices: range
    """What an order may bid or ask, in ticks."""
    tick: int
    """In 1e-9."""
    at_ns: int


@dataclass(frozen=True, slots=True)
class Held:
    """An auction of ours; prices count ticks."""

    found: Equilibrium | None
    filled: Mapping[int, int]
    """Order of the file -> lots; those that got none and those that it never showed are left out."""


def is_uncross(packet: Sequence[MboRecord]) -> bool:
    """Whether a packet tells of trades without an aggressor."""
    return any(record.action == "T" and not record.side for record in packet)


def uncross(book: RecordedBook, packet: Sequence[MboRecord], player: Player, terms: Terms) -> Uncross:
    """Lets the engine hold an auction of the exchange, and compares.

    The engine is in continuous trading afterwards, and its book is what our auction left.

    Args:
        book: as it stood just before; prices count ticks.
        packet: the auction's trades and fills.
        player: its engine collects orders, and its book is `book`.
        terms: on what it is held.
    Raises: CommandRefused.
    """
    trades = [record for record in packet if record.action == "T" and not record.side]
    told: Counter[int] = Counter()
    for record in packet:
        if record.action == "F":
            told[record.order] += record.lots
    volume = sum(trade.lots for trade in trades)
    got = {order: min(lots, book.orders[order].lots) for order, lots in told.items() if order in book.orders}
    unshown = {side: max(0, volume - _lots_of(book, got, side)) for side in Side}
    of_shown, of_all, refused = _both(book, player, unshown, terms)
    same = _same(got, of_all)
    same_of_shown = _same(got, of_shown)
    return Uncross(
        row=trades[0].offset,
        exchange_ns=trades[0].exchange_ns,
        reference=terms.reference * terms.tick,
        price=trades[0].price * terms.tick,
        volume=volume,
        unshown_buys=unshown[Side.BUY],
        unshown_sells=unshown[Side.SELL],
        of_shown=_in_units(of_shown.found, terms.tick),
        of_all=_in_units(of_all.found, terms.tick),
        refused=refused,
        same_orders=same,
        different_orders=len(got.keys() | of_all.filled.keys()) - same,
        same_orders_of_shown=same_of_shown,
        different_orders_of_shown=len(got.keys() | of_shown.filled.keys()) - same_of_shown,
        fills=_fills(book, told, of_all, of_shown, terms.tick),
    )


def _both(
    book: RecordedBook, player: Player, unshown: Mapping[Side, int], terms: Terms
) -> tuple[Held, Held, str | None]:
    """The auctions of the shown orders and of all; the engine goes on with the second, if it can be held."""
    alone, history = _held(book, player, NOTHING_UNSHOWN, terms)
    refused = None
    try:
        everyone, history = _held(book, player, unshown, terms)
    except CommandRefused as refusal:
        everyone, refused = Held(None, {}), str(refusal)
    player.go_on_with(history)
    return alone, everyone, refused


def _held(book: RecordedBook, player: Player, unshown: Mapping[Side, int], terms: Terms) -> tuple[Held, History]:
    """An auction of a copy of the engine, and the copy. Raises: CommandRefused."""
    history = player.history.fork()
    limits = _any_price(terms.prices)
    for side, lots in unshown.items():
        if lots:
            history.place_at_open(Account.AGGRESSORS, side=side, price=limits[side], quantity=lots, at_ns=terms.at_ns)
    history.set_reference(terms.reference, at_ns=terms.at_ns)
    history.set_phase(Phase.OPENING_AUCTION, at_ns=terms.at_ns)
    indicated = _said(history.tick(at_ns=terms.at_ns), "Indicated")
    events = history.set_phase(Phase.CONTINUOUS, at_ns=terms.at_ns)
    held = Held(_said(events, "Uncrossed"), _filled(events, player))
    assert indicated == held.found, "the auction is not what it was indicated to be"
    assert held == held_naively(book, unshown, terms), "the engine's auction is not that of its naive twin"
    return held, history


def held_naively(book: RecordedBook, unshown: Mapping[Side, int], terms: Terms) -> Held:
    """The auction of a book and of unshown lots of either side, by arithmetic alone."""
    limits = _any_price(terms.prices)
    orders = [Interest(order, each.side, each.price, each.lots) for order, each in _by_place(book)]
    orders += [Interest(UNSHOWN, side, limits[side], lots) for side, lots in unshown.items() if lots]
    levels: dict[int, Counter[int]] = {side: Counter() for side in Side}
    for each in orders:
        levels[each.side][each.price] += each.lots
    found = equilibrium(levels[Side.BUY], levels[Side.SELL], reference=terms.reference, prices=terms.prices)
    filled: dict[int, int] = {}
    if found is not None:
        for side in Side:
            filled |= lots_filled(orders, side=side, price=found.price, volume=found.volume)
    filled.pop(UNSHOWN, None)
    return Held(found, filled)


def _any_price(prices: range) -> Mapping[Side, int]:
    """The limits at which an order trades at any price."""
    return {Side.BUY: prices[-1], Side.SELL: prices[0]}


def _said(events: EventArray, kind: str) -> Equilibrium | None:
    """What the one event of `Indicated` or `Uncrossed` says; without one nothing trades."""
    found = events[events["kind"] == EVENTS[kind]]
    assert len(found) <= 1, "an auction without self-trade prevention is done at once"
    if not len(found) or not found["price"][0]:
        return None
    left = int(found["leaves"][0])
    imbalance = -left if found["side"][0] == Side.SELL else left
    return Equilibrium(int(found["price"][0]), int(found["quantity"][0]), imbalance)


def _filled(events: EventArray, player: Player) -> Mapping[int, int]:
    of_file = (events["kind"] == EVENTS["Filled"]) & (events["account"] == Account.RESTING)
    fills = events[of_file]
    lots: Counter[int] = Counter()
    for client_ref, quantity in zip(fills["client_ref"].tolist(), fills["quantity"].tolist(), strict=True):
        lots[player.named(client_ref)] += quantity
    return dict(lots)


def _same(got: Mapping[int, int], ours: Held) -> int:
    return sum(ours.filled.get(order) == lots for order, lots in got.items())


def _fills(book: RecordedBook, told: Counter[int], of_all: Held, of_shown: Held, tick: int) -> list[AuctionFill]:
    fills = []
    ours = {**of_all.filled, **of_shown.filled}
    for order in [*told, *(order for order, _ in _by_place(book) if order in ours and order not in told)]:
        shown = book.orders.get(order)
        if shown is None:
            fills.append(AuctionFill(order, None, None, told[order], None, None))
            continue
        side, price = Side(shown.side).name.lower(), shown.price * tick
        our_lots, our_lots_of_shown = of_all.filled.get(order, 0), of_shown.filled.get(order, 0)
        fills.append(AuctionFill(order, side, price, told[order], our_lots, our_lots_of_shown))
    return fills


def _lots_of(book: RecordedBook, got: dict[int, int], side: Side) -> int:
    return sum(lots for order, lots in got.items() if book.orders[order].side == side)


def _by_place(book: RecordedBook) -> Sequence[tuple[int, ShownOrder]]:
    return sorted(book.orders.items(), key=lambda item: item[1].place)


def _in_units(found: Equilibrium | None, tick: int) -> Equilibrium | None:
    return None if found is None else replace(found, price=found.price * tick)
