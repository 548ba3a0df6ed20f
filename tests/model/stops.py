"""Stops: when they are reached, how trailing ones follow, from docs/concepts/orders.md, "Stops"."""

from tests.model.state import BUY, CONTINUOUS, SELL, STOPS, TRAILING_STOP, Instrument, Order


def trigger_price(stop: Order) -> int:
    """The price that triggers it now."""
    if stop.order_type != TRAILING_STOP:
        return stop.trigger
    return stop.extreme + (stop.trigger if stop.side == BUY else -stop.trigger)


def is_reached(stop: Order, lowest: int, highest: int) -> bool:
    """One of the trades between these prices reaches its trigger."""
    return highest >= trigger_price(stop) if stop.side == BUY else lowest <= trigger_price(stop)


def start_trailing(instrument: Instrument, order: Order) -> None:
    """A trailing stop keeps its distance from the last price, or without one from the reference price."""
    order.extreme = instrument.last or instrument.reference


def notice_trades(instrument: Instrument, lowest: int, highest: int) -> None:
    """Stops that are reached become due: buys by trigger from the lowest, then sells by trigger from the highest."""
    reached = [stop for stop in instrument.standing("stop") if is_reached(stop, lowest, highest)]
    buys = [stop for stop in reached if stop.side == BUY]
    sells = [stop for stop in reached if stop.side == SELL]
    for stop in sorted(buys, key=lambda stop: (trigger_price(stop), stop.order_id)):
        make_due(instrument, "stop", stop)
    for stop in sorted(sells, key=lambda stop: (-trigger_price(stop), stop.order_id)):
        make_due(instrument, "stop", stop)


def follow(instrument: Instrument) -> None:
    """Trailing stops follow the last price."""
    for stop in instrument.standing("stop"):
        if stop.order_type == TRAILING_STOP and instrument.last:
            nearest = min if stop.side == BUY else max
            stop.extreme = nearest(stop.extreme, instrument.last)


def notice_last_price(instrument: Instrument, only: Order | None = None) -> None:
    """In continuous trading stops that the last price has reached become due: all, or one that was just placed."""
    if instrument.phase != CONTINUOUS or not instrument.last:
        return
    if only is None:
        notice_trades(instrument, instrument.last, instrument.last)
    elif only.place == "stop" and is_reached(only, instrument.last, instrument.last):
        make_due(instrument, "stop", only)


def forget_reached(instrument: Instrument) -> None:
    """Outside continuous trading stops are due no longer."""
    instrument.due = [(what, order) for what, order in instrument.due if what != "stop"]


def make_due(instrument: Instrument, what: str, order: Order) -> None:
    """Puts a thing behind all that is due already, if it is not among it."""
    assert what != "stop" or order.order_type in STOPS
    if (what, order) not in instrument.due:
        instrument.due.append((what, order))
