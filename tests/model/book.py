"""Who stands where, and in which order an incoming order would meet them; prices of pegs."""

from collections.abc import Iterator

from tests.model.state import BUY, CONTINUOUS, MARKET_PEG, MIDPOINT_PEG, SELL, Instrument, Order


def other(side: int) -> int:
    """The opposite side."""
    return SELL if side == BUY else BUY


def reaches(side: int, limit: int, price: int) -> bool:
    """A price of the opposite side is at the limit or better."""
    return price <= limit if side == BUY else price >= limit


def worse(side: int, one: int, another: int) -> int:
    """Of two limits of a side the one that reaches less."""
    return min(one, another) if side == BUY else max(one, another)


def best_displayed(instrument: Instrument, side: int, without: Order | None = None) -> int | None:
    """The best displayed price of a side."""
    prices = [order.price for order in instrument.sides[side] if not order.hidden and order is not without]
    return prices[0] if prices else None


def peg_price(instrument: Instrument, peg: Order, without: Order | None = None) -> int | None:
    """The price of a peg by the displayed book, None while it sleeps; while something is matched as it was frozen."""
    if instrument.frozen is not None:
        return instrument.frozen.get(id(peg))
    if instrument.phase != CONTINUOUS:
        return None
    bid, ask = best_displayed(instrument, BUY, without), best_displayed(instrument, SELL, without)
    price = pegged(instrument, peg, bid, ask)
    if price is None:
        return None
    price = worse(peg.side, peg.price, price)
    return price if instrument.min_price <= price <= instrument.max_price else None


def pegged(instrument: Instrument, peg: Order, bid: int | None, ask: int | None) -> int | None:
    """Where the offset puts a peg whose limit would not matter."""
    own, opposite = (bid, ask) if peg.side == BUY else (ask, bid)
    away = 1 if peg.side == BUY else -1
    if peg.order_type == MIDPOINT_PEG:
        if bid is None or ask is None:
            return None
        middle = instrument.tick_down((bid + ask) // 2) if peg.side == BUY else instrument.tick_up(-(-(bid + ask) // 2))
        return middle + away * peg.trigger
    reference = opposite if peg.order_type == MARKET_PEG else own
    return None if reference is None else reference + away * peg.trigger


def freeze(instrument: Instrument) -> None:
    """Fixes the prices of the pegs until what is matched has come to its end."""
    instrument.frozen = None
    instrument.frozen = {id(peg): peg_price(instrument, peg) for peg in instrument.standing("peg")}


def priced(instrument: Instrument, side: int, without: Order | None = None) -> list[tuple[int, Order]]:
    """Price and order of all that stand in the book of a side, pegs that are awake among them, by priority."""
    found = [(order.price, order) for order in instrument.sides[side] if order is not without]
    pegs = [(peg_price(instrument, peg, without), peg) for peg in instrument.standing("peg", side)]
    found += [(price, peg) for price, peg in pegs if price is not None]
    better = -1 if side == BUY else 1
    return sorted(found, key=lambda each: (better * each[0], each[1].hidden, each[1].order_id))


def within(instrument: Instrument, side: int, limit: int, without: Order | None = None) -> Iterator[tuple[int, Order]]:
    """What an incoming order of a side with this limit would meet, in turn."""
    for price, order in priced(instrument, other(side), without):
        if not reaches(side, limit, price):
            return
        yield price, order


def crossed(instrument: Instrument) -> bool:
    """The best buy reaches the best sell, hidden orders included; pegs sleep outside continuous trading."""
    buys, sells = instrument.sides[BUY], instrument.sides[SELL]
    return bool(buys and sells) and buys[0].price >= sells[0].price
