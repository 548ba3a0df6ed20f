"""How instruments stand, from hand-made events: phases, prices, schedules, auctions, days."""

import numpy as np
from tests.venues.simulated import INSTRUMENT, TERMS
from tests.venues.told import event, events

from garraway.records import EventArray, Phase, PriceKind, encode, item
from garraway.units import TickTable
from garraway.venues import Auction, Books, Change, Directory, Rules, Standing


def directory(*parts: tuple[EventArray, bytes] | EventArray) -> Directory:
    """A directory with the instrument, told these events in one batch."""
    found = Directory()
    found.instruments[1], found.standings[1] = INSTRUMENT, Standing(TickTable(TERMS.tick))
    pairs = [part if isinstance(part, tuple) else (part, b"") for part in parts]
    found.apply(events(*(told for told, _ in pairs)), [tail for _, tail in pairs])
    return found


def traded(price: int, lots: int = 1) -> EventArray:
    return event("Traded", instrument=1, price=price, quantity=lots)


def test_phases_are_told_with_their_time() -> None:
    standing = directory(event("PhaseChanged", instrument=1, detail=Phase.HALT, value=1, at_ns=77)).standings[1]
    assert (standing.phase, standing.since_ns) == (Phase.HALT, 77)


def test_an_instrument_starts_in_the_phase_in_which_it_is_listed() -> None:
    record = encode("ListInstrument", instrument=1, symbol="GARR", kind=1, phase=Phase.CLOSED, tick=100)
    found = Directory()
    found.apply(event("InstrumentListed", instrument=1), [record[36:]])
    assert (found.instruments[1].listed_phase, found.standings[1].phase) == (Phase.CLOSED, Phase.CLOSED)
    assert found.standings[1].ticks == TickTable(100)


def test_what_an_auction_would_give_is_forgotten_when_the_phase_changes() -> None:
    said = event("Indicated", instrument=1, price=500, quantity=7, leaves=3, side=2)
    assert directory(said).standings[1].indicated == Auction(500, 7, 3, 2)
    assert directory(said, event("PhaseChanged", instrument=1, detail=1)).standings[1].indicated is None


def test_an_auction_with_volume_sets_reference_and_last_price() -> None:
    found = directory(traded(400), event("Uncrossed", instrument=1, price=500, quantity=7)).standings[1]
    assert (found.reference, found.last, found.uncrossed) == (500, 500, Auction(500, 7, 0, 0))
    without = directory(traded(400), event("Uncrossed", instrument=1)).standings[1]
    assert (without.reference, without.last) == (0, 400)


def test_the_day_rolls_to_its_settlement_price_or_else_to_its_last() -> None:
    settled = event("ReferenceSet", instrument=1, detail=PriceKind.SETTLEMENT, price=450)
    ended = event("DayEnded", value=20260131)
    found = directory(traded(400), settled, ended)
    assert (found.standings[1].reference, found.standings[1].base) == (450, 450)
    assert (found.business_date, found.day_ended_id) == (20260131, 3 << 16)
    rolled = directory(traded(400), settled, ended, traded(420), event("DayEnded", value=20260201), traded(430))
    assert (rolled.standings[1].reference, rolled.standings[1].base, rolled.standings[1].last) == (420, 420, 430)


def test_the_first_day_counts_its_change_from_its_first_price() -> None:
    found = directory(traded(400), traded(410)).standings[1]
    assert (found.base, found.last) == (400, 410)


def test_a_schedule_is_what_its_tail_holds() -> None:
    changes = [item("SetSchedule", at_ns=1_000 + place, phase=1 + place) for place in range(3)]
    found = directory((event("ScheduleSet", instrument=1, quantity=3), b"".join(changes))).standings[1]
    assert found.schedule == (Change(1_000, 1), Change(1_001, 2), Change(1_002, 3))
    assert found.scheduled_id == 1 << 16
    assert (found.next_change(1_000), found.next_change(1_002)) == (Change(1_001, 2), None)


def test_a_volatility_auction_ends_by_its_rules() -> None:
    rules = Rules(static_band=1, dynamic_band=2, collar=3, auction_ns=5_000, band_action=2, resume=2)
    record = encode("SetRules", static_band=1, dynamic_band=2, collar=3, auction_ns=5_000, band_action=2, resume=2)
    halted = event("PhaseChanged", instrument=1, detail=Phase.VOLATILITY_AUCTION, at_ns=100)
    found = directory((event("RulesSet", instrument=1), record[36:]), halted).standings[1]
    assert found.rules == rules
    assert found.next_change(200) == Change(5_100, Phase.CONTINUOUS)


def test_ticks_are_a_table() -> None:
    steps = [item("SetTicks", from_price=1_000, tick=500), item("SetTicks", from_price=5_000, tick=2_500)]
    found = directory((event("TicksSet", instrument=1, quantity=2), b"".join(steps))).standings[1]
    assert found.ticks == TickTable(100, ((1_000, 500), (5_000, 2_500)))


def test_terms_change_and_a_split_scales_prices() -> None:
    record = encode(
        "ChangeInstrument", symbol="NEW", tick=10, min_price=10, max_price=90, max_quantity=5, max_notional=6
    )
    found = directory((event("InstrumentChanged", instrument=1), record[36:]))
    assert (found.instruments[1].terms.symbol, found.instruments[1].terms.tick) == ("NEW", 10)
    assert found.standings[1].ticks == TickTable(10)
    split = directory(traded(900), event("InstrumentSplit", instrument=1, quantity=2, leaves=1)).standings[1]
    assert split.last == 400, "450 is between two ticks"


def test_plans_groups_limits_and_the_time_are_known() -> None:
    found = directory(
        event("FeePlanDefined", value=3),
        event("GroupDefined", value=2, event_id=7 << 16),
        event("LimitsSet", value=9, fee=1, at_ns=55),
    )
    assert (found.fee_plans, found.groups, found.limits, found.last_at_ns) == ({3}, {2: 7 << 16}, {(1, 9)}, 55)


def test_the_days_volume_starts_anew_when_the_day_ends() -> None:
    books = Books()
    books.apply(events(traded(1, 5), traded(1, 6), event("DayEnded"), traded(1, 7)))
    assert (books.ladders[1].traded_lots, books.ladders[1].day_lots) == (18, 7)
    books.apply(events(event("DayEnded")))
    assert books.ladders[1].day_lots == 0
    assert np.isin(0, [ladder.day_lots for ladder in books.ladders.values()])
