"""An auction in order-by-order records: what the exchange did, and what our rule makes of that book. Touches nothing.

Orders may trade in it that the file never showed. How many lots of them there were on each side follows from the
volume; their limits do not, so that they count as willing at any price.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from garraway.catalog.mbo_book import MboRecord, RecordedBook, ShownOrder
from garraway.catalog.mbo_report import AuctionFill, Uncross
from garraway.catalog.uncross import Equilibrium, Interest, equilibrium, lots_filled
from garraway.records import Side


def is_uncross(packet: Sequence[MboRecord]) -> bool:
    """Whether a packet tells of trades without an aggressor."""
    return any(record.action == "T" and not record.side for record in packet)


def uncross(book: RecordedBook, packet: Sequence[MboRecord], *, reference: int, tick: int) -> Uncross:
    """Compares an auction with ours.

    Args:
        book: as it stood just before; prices count ticks.
        packet: the auction's trades and fills.
        reference: in ticks.
        tick: in 1e-9.
    """
    trades = [record for record in packet if record.action == "T" and not record.side]
    filled: Counter[int] = Counter()
    for record in packet:
        if record.action == "F":
            filled[record.order] += record.lots
    volume = sum(trade.lots for trade in trades)
    got = {order: min(lots, book.orders[order].lots) for order, lots in filled.items() if order in book.orders}
    unshown = {side: max(0, volume - _lots_of(book, got, side)) for side in Side}
    orders = [Interest(order, each.side, each.price, each.lots) for order, each in _by_place(book)]
    of_all = _auction(orders, reference, unshown)
    ours: dict[int, int] = {}
    if of_all is not None:
        for side in Side:
            left = max(0, of_all.volume - unshown[side])
            ours |= lots_filled(orders, side=side, price=of_all.price, volume=left)
    same = sum(ours.get(order) == lots for order, lots in got.items())
    return Uncross(
        row=trades[0].offset,
        exchange_ns=trades[0].exchange_ns,
        reference=reference * tick,
        price=trades[0].price * tick,
        volume=volume,
        unshown_buys=unshown[Side.BUY],
        unshown_sells=unshown[Side.SELL],
        of_shown=_in_units(_auction(orders, reference, dict.fromkeys(Side, 0)), tick),
        of_all=_in_units(of_all, tick),
        same_orders=same,
        different_orders=len(got.keys() | ours.keys()) - same,
        fills=_fills(book, filled, ours, tick),
    )


def _auction(orders: Sequence[Interest], reference: int, unshown: dict[Side, int]) -> Equilibrium | None:
    """Our auction. It is worked out here alone, apart from the engine, whose book stands still meanwhile."""
    lots: dict[int, Counter[int]] = {side: Counter() for side in Side}
    for each in orders:
        lots[each.side][each.price] += each.lots
    return equilibrium(
        lots[Side.BUY],
        lots[Side.SELL],
        reference=reference,
        market_buys=unshown[Side.BUY],
        market_sells=unshown[Side.SELL],
    )


def _fills(book: RecordedBook, filled: Counter[int], ours: dict[int, int], tick: int) -> list[AuctionFill]:
    fills = []
    for order in [*filled, *(order for order in ours if order not in filled)]:
        shown = book.orders.get(order)
        side = None if shown is None else Side(shown.side).name.lower()
        price = None if shown is None else shown.price * tick
        our_lots = None if shown is None else ours.get(order, 0)
        fills.append(AuctionFill(order, side, price, filled[order], our_lots))
    return fills


def _lots_of(book: RecordedBook, got: dict[int, int], side: Side) -> int:
    return sum(lots for order, lots in got.items() if book.orders[order].side == side)


def _by_place(book: RecordedBook) -> Sequence[tuple[int, ShownOrder]]:
    return sorted(book.orders.items(), key=lambda item: item[1].place)


def _in_units(found: Equilibrium | None, tick: int) -> Equilibrium | None:
    return None if found is None else replace(found, price=found.price * tick)
