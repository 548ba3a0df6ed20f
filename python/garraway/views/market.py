"""Prices over time: candles, statistics of days, phases, settlement, splits. Touches nothing but the fold's state."""

import json
from typing import Final

from garraway.records import InstrumentKind, Phase, PriceKind, items
from garraway.units import TickTable
from garraway.views.event import Event, Fields
from garraway.views.rows import Candle, Instrument, Statistics
from garraway.views.state import Views

SECOND_NS: Final = 1_000_000_000
WIDTHS: Final = tuple((width_s, width_s * SECOND_NS) for width_s in (60, 300, 3_600, 86_400))


def traded(views: Views, event: Fields, _tail: bytes) -> None:
    """A trade: the last price, four candles, the day's statistics."""
    at_ns, number, price, lots, value = event[5], event[6], event[12], event[13], event[15]
    instrument = views.instruments[number]
    instrument.last = price
    views.changes.instruments[number] = instrument
    for width_s, width_ns in WIDTHS:
        start_ns = at_ns - at_ns % width_ns
        candle = views.candles.get((number, width_s))
        if candle is None or candle.start_ns != start_ns:
            candle = Candle(number, width_s, start_ns, price, price, price, price, 0, 0, 0)
            views.candles[number, width_s] = candle
        elif price > candle.high:
            candle.high = price
        elif price < candle.low:
            candle.low = price
        candle.close = price
        candle.quantity += lots
        candle.value += value
        candle.trades += 1
        views.changes.candles[number, width_s, start_ns] = candle
    _count(views, number, price, lots, value)


def _count(views: Views, number: int, price: int, lots: int, value: int) -> None:
    day = views.statistics.get(number)
    if day is None:
        day = views.statistics[number] = Statistics(0, number, price, price, price, price, 0, 0, 0, 0)
    day.high, day.low, day.close = max(day.high, price), min(day.low, price), price
    day.quantity += lots
    day.trades += 1
    day.value += value
    views.changes.statistics[number] = day


def uncrossed(views: Views, event: Fields, _tail: bytes) -> None:
    """An auction's price is reference and last price."""
    said = Event._make(event)
    if said.quantity:
        instrument = _changing(views, said)
        instrument.reference = instrument.last = said.price


def phase_changed(views: Views, event: Fields, _tail: bytes) -> None:
    """Another phase."""
    said = Event._make(event)
    _changing(views, said).phase = Phase(said.detail)


def reference_set(views: Views, event: Fields, _tail: bytes) -> None:
    """A reference or settlement price."""
    said = Event._make(event)
    instrument = _changing(views, said)
    if said.detail == PriceKind.SETTLEMENT:
        instrument.settlement, instrument.settled_id = said.price, said.event_id
        if (day := views.statistics.get(said.instrument)) is not None:
            day.settlement = said.price
            views.changes.statistics[said.instrument] = day
    else:
        instrument.reference = said.price


def ticks_set(views: Views, event: Fields, tail: bytes) -> None:
    """Another table of ticks, as far as the tail holds it."""
    steps = [[int(step["from_price"]), int(step["tick"])] for step in items("SetTicks", tail)]
    _changing(views, Event._make(event)).tick_steps = json.dumps(steps)


def split(views: Views, event: Fields, _tail: bytes) -> None:
    """Prices, the day's figures and positions get the terms of the split; the orders follow one by one."""
    said = Event._make(event)
    instrument = _changing(views, said)
    new, old = instrument.split_new, instrument.split_old = said.quantity, said.leaves
    for name in ("reference", "last", "settlement"):
        setattr(instrument, name, _split_price(instrument, getattr(instrument, name)))
    if (day := views.statistics.get(said.instrument)) is not None:
        for name in ("open", "high", "low", "close", "settlement"):
            setattr(day, name, _split_price(instrument, getattr(day, name)))
        day.quantity = day.quantity * new // old
        views.changes.statistics[said.instrument] = day
    if instrument.kind == InstrumentKind.CONTRACT:
        return  # each position says what it becomes
    for account, number in [key for key in views.positions if key[1] == said.instrument]:
        position = views.position(account, number)
        lots = abs(position.quantity) * new // old
        position.quantity = lots if position.quantity >= 0 else -lots
        position.changed_id, position.changed_at_ns = said.event_id, said.at_ns
        if not lots and position.cost:
            views.day_pnl(account, number).realised -= position.cost
            position.realised -= position.cost
            position.cost = 0


def day_ended(views: Views, event: Fields, _tail: bytes) -> None:
    """The day that goes on gets its date."""
    said = Event._make(event)
    for instrument in views.instruments.values():
        settled = instrument.settlement if instrument.settled_id > views.progress.day_ended_id else 0
        instrument.reference = settled or instrument.last or instrument.reference
        views.changes.instruments[instrument.instrument] = instrument
    views.progress.business_date, views.progress.day_ended_id = said.value, said.event_id
    for row in views.pnl.values():
        row.business_date = said.value
    views.changes.day_ended = True
    views.changes.ended_pnl += views.pnl.values()
    views.pnl, views.changes.pnl = {}, {}


def day_prices(views: Views, event: Fields, _tail: bytes) -> None:
    """The venue's own prices of an instrument's day that ended."""
    said = Event._make(event)
    row = Statistics(
        views.progress.business_date,
        said.instrument,
        said.quantity,
        said.leaves,
        said.value,
        said.price,
        said.fee,
        0,
        0,
        0,
    )
    views.statistics.pop(said.instrument, None)
    views.changes.statistics.pop(said.instrument, None)
    if said.instrument in views.changes.ended_statistics:
        views.changes.older_statistics.append(views.changes.ended_statistics[said.instrument])
    views.changes.ended_statistics[said.instrument] = row


def day_turnover(views: Views, event: Fields, _tail: bytes) -> None:
    """The venue's own turnover of that day."""
    said = Event._make(event)
    date = views.progress.business_date
    views.changes.turnovers.append((said.quantity, said.leaves, said.value, date, said.instrument))


def _changing(views: Views, said: Event) -> Instrument:
    instrument = views.instruments[said.instrument]
    instrument.changed_at_ns = said.at_ns
    views.changes.instruments[said.instrument] = instrument
    return instrument


def _split_price(instrument: Instrument, price: int) -> int:
    """A price after the split: to the tick downwards, within the price range; 0 stays none."""
    if not price:
        return 0
    ticks = TickTable(instrument.tick, tuple((start, tick) for start, tick in json.loads(instrument.tick_steps)))
    ideal = ticks.down(price * instrument.split_old // instrument.split_new)
    return min(max(ideal, instrument.min_price), instrument.max_price)
