"""Events into rows: each kind's handler, and the loop over a batch. Touches nothing but `records` and the state."""

from collections.abc import Callable
from typing import Final

from garraway.records import EVENTS, EventArray
from garraway.views import definitions, market, money, orders
from garraway.views.event import Fields, fields_of
from garraway.views.state import Changes, Views

Take = Callable[[Views, Fields, bytes], None]

_TAKE: Final[dict[str, Take]] = {
    "AssetDefined": definitions.asset_defined,
    "InstrumentListed": definitions.instrument_listed,
    "InstrumentChanged": definitions.instrument_changed,
    "AccountOpened": definitions.account_opened,
    "AccountChanged": definitions.account_changed,
    "GroupDefined": definitions.group_defined,
    "FeePlanDefined": definitions.fee_plan_defined,
    "Accepted": orders.accepted,
    "Canceled": orders.canceled,
    "Replaced": orders.replaced,
    "Triggered": orders.started,
    "Refilled": orders.started,
    "Activated": orders.started,
    "OrderSplit": orders.split,
    "Filled": money.filled,
    "Posted": money.posted,
    "PositionMarked": money.marked,
    "PositionChanged": money.dealt,
    "TradeBusted": money.busted,
    "Traded": market.traded,
    "Uncrossed": market.uncrossed,
    "PhaseChanged": market.phase_changed,
    "ReferenceSet": market.reference_set,
    "TicksSet": market.ticks_set,
    "InstrumentSplit": market.split,
    "DayEnded": market.day_ended,
    "DayPrices": market.day_prices,
    "DayTurnover": market.day_turnover,
}
_BY_CODE: Final[list[Take | None]] = [None] * (max(EVENTS.values()) + 1)
for _name, _take in _TAKE.items():
    _BY_CODE[EVENTS[_name]] = _take


def fold(views: Views, events: EventArray, tails: list[bytes]) -> Changes:
    """Takes a batch of events, in order and not empty; what it changed. Events of other kinds change no table."""
    rows = fields_of(events)
    progress, changes = views.progress, Changes(first_id=rows[0][4])
    views.changes = changes
    for event, tail in zip(rows, tails, strict=True):
        take = _BY_CODE[event[1]]
        if take is not None:
            take(views, event, tail)
    progress.first_id = progress.first_id or changes.first_id
    progress.last_id, progress.last_at_ns = rows[-1][4], rows[-1][5]
    progress.events += len(rows)
    return changes
