"""Schedules are told days ahead, once, and the engine opens and closes by them with the planner dead."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.venues.simulated import TERMS

from garraway import _native
from garraway.config import InstrumentSchedule, Schedules, check, parse
from garraway.market import PLANNER_NUMBER, SCHEDULER_NUMBER, Planner, Told
from garraway.market.planner import CHANGES_AT_MOST, DAY_NS, LEAD_NS, command
from garraway.market.sessions import changes, phase_at, trading_days
from garraway.records import EVENT, EVENTS, Phase, Rights, encode, stamped
from garraway.venues import Change

SECOND_NS = 1_000_000_000
DEFINED = [EVENTS[name] for name in ("SourceDefined", "AssetDefined", "InstrumentListed")]
TIME = 0
"""The source of ticks, which are not numbered."""
IN_TAIL = 8
"""Changes that an event of the log holds."""


def ns(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * SECOND_NS


def shown(told: list[Change]) -> list[tuple[str, str]]:
    return [
        (datetime.fromtimestamp(one.at_ns // SECOND_NS, UTC).strftime("%m-%d %H:%M"), Phase(one.phase).name.lower())
        for one in told
    ]


def plan(calendar: str, **said: object) -> InstrumentSchedule:
    return InstrumentSchedule.model_validate({"calendar": calendar, **said})


@dataclass
class Venue:
    """An engine with one instrument of this phase, and the planners that read its log."""

    phase: Phase = Phase.CLOSED
    now_ns: int = ns("2026-11-23 12:00")
    engine: _native.Engine = field(default_factory=_native.Engine)
    log: list[tuple[Any, list[bytes]]] = field(default_factory=list)
    seqs: dict[int, int] = field(default_factory=dict)
    planners: list[Planner] = field(default_factory=list)

    def __post_init__(self) -> None:
        operate = [(SCHEDULER_NUMBER, "scheduler"), (PLANNER_NUMBER, "planner")]
        self.submit(
            *(encode("DefineSource", defined=number, name=name, rights=Rights.OPERATE) for number, name in operate),
            encode("DefineAsset", asset=1, code="USD", scale=8, display=2),
            encode("DefineAsset", asset=2, code="GARR"),
            encode(
                "ListInstrument",
                instrument=1,
                symbol="GARR",
                base_asset=2,
                quote_asset=1,
                execution=1,
                kind=1,
                phase=self.phase,
                price_unit=TERMS.price_unit,
                lot_size=TERMS.lot_size,
                tick=TERMS.tick,
                min_price=TERMS.min_price,
                max_price=TERMS.max_price,
                max_quantity=TERMS.max_quantity,
                max_notional=10**17,
            ),
            encode("SetReference", instrument=1, what=1, price=1_000_000),
        )

    def submit(self, *commands: bytes, source: int = 1) -> None:
        """Applies the commands one by one; their events go to the log, with the tails that the log would hold."""
        for one in commands:
            self.seqs[source] = self.seqs.get(source, 0) + (source != TIME)
            out = np.zeros(_native.MIN_EVENTS + 64, dtype=EVENT)
            record = stamped(one, source=source, source_seq=self.seqs[source])
            taken, written = self.engine.apply(record, self.now_ns, out)
            assert taken == 1
            assert not (out["kind"][:written] == EVENTS["Rejected"]).any(), out[:written]
            tails = [b""] * written
            for index in range(written):
                if out[index]["kind"] == EVENTS["ScheduleSet"]:
                    tails[index] = one[40 : 40 + 16 * min(IN_TAIL, int(out[index]["quantity"]))]
                elif out[index]["kind"] in DEFINED:
                    tails[index] = one[36:]
            self.log.append((out[:written].copy(), tails))
            for planner in self.planners:
                planner.apply(out[:written], tails)

    def planner(self, one: InstrumentSchedule, *, days: int = 10, remembered: dict[int, Told] | None = None) -> Planner:
        """A planner that has read the log so far, and goes on reading."""
        schedules = Schedules(horizon_days=days, instruments={"GARR": one})
        found = Planner(schedules, source=PLANNER_NUMBER, remembered=remembered or {})
        for events, tails in self.log:
            found.apply(events, tails)
        self.planners.append(found)
        return found

    def told(self, planner: Planner) -> list[list[Change]]:
        """What is told at this moment, until nothing is."""
        found = []
        while due := planner.decide(self.now_ns):
            for number, wanted in due.items():
                self.submit(command(number, wanted), source=PLANNER_NUMBER)
                planner.remember(number, self.seqs[PLANNER_NUMBER], wanted)
                found.append(wanted)
        return found

    def until(self, text: str, step: timedelta = timedelta(minutes=5)) -> list[tuple[str, str]]:
        """Time passes by ticks, nobody plans; the changes of phase."""
        before, found = len(self.log), []
        while self.now_ns < ns(text):
            self.now_ns = min(self.now_ns + int(step.total_seconds()) * SECOND_NS, ns(text))
            self.submit(encode("Tick"), source=TIME)
        for events, _ in self.log[before:]:
            changed = events[events["kind"] == EVENTS["PhaseChanged"]]
            found += [Change(int(event["at_ns"]), int(event["detail"])) for event in changed]
        return shown(found)


AUCTIONS = {"pre_open_s": 7_200, "opening_auction_s": 300, "closing_auction_s": 600}


def test_the_engine_opens_and_closes_by_holidays_and_early_closes_with_the_planner_dead() -> None:
    venue = Venue(now_ns=ns("2026-11-25 02:00"))
    venue.told(venue.planner(plan("XNYS", **AUCTIONS)))
    venue.planners.clear()
    assert venue.until("2026-11-28 12:00") == [
        ("11-25 12:25", "pre_open"),
        ("11-25 14:25", "opening_auction"),
        ("11-25 14:30", "continuous"),
        ("11-25 20:50", "closing_auction"),
        ("11-25 21:00", "closed"),
        # Thanksgiving; the day after it closes at 13:00 New York.
        ("11-27 12:25", "pre_open"),
        ("11-27 14:25", "opening_auction"),
        ("11-27 14:30", "continuous"),
        ("11-27 17:50", "closing_auction"),
        ("11-27 18:00", "closed"),
    ]


def test_hours_of_new_york_move_with_its_clocks() -> None:
    hours = changes(plan("XNYS"), from_ns=ns("2027-03-11 00:00"), until_ns=ns("2027-03-16 23:00"))
    assert shown(hours) == [
        ("03-11 14:30", "continuous"),
        ("03-11 21:00", "closed"),
        ("03-12 14:30", "continuous"),
        ("03-12 21:00", "closed"),
        ("03-15 13:30", "continuous"),
        ("03-15 20:00", "closed"),
        ("03-16 13:30", "continuous"),
        ("03-16 20:00", "closed"),
    ]


def test_the_fx_week_runs_from_sunday_to_friday_seventeen_in_new_york_over_a_change_of_clocks() -> None:
    venue = Venue(now_ns=ns("2026-10-23 22:30"))
    venue.told(venue.planner(plan("FX"), days=20))
    assert venue.until("2026-11-08 23:00", timedelta(hours=1)) == [
        ("10-25 21:30", "continuous"),
        ("10-30 21:30", "closed"),
        ("11-01 22:30", "continuous"),
        ("11-06 22:30", "closed"),
        ("11-08 22:30", "continuous"),
    ]


def test_futures_in_chicago_go_on_through_the_week_and_rest_on_holidays() -> None:
    found = changes(plan("CMES"), from_ns=ns("2026-12-18 00:00"), until_ns=ns("2026-12-29 00:00"))
    assert shown(found) == [
        ("12-18 23:00", "closed"),
        ("12-20 23:00", "continuous"),
        ("12-24 18:00", "closed"),
        ("12-27 23:00", "continuous"),
    ]


def test_hours_in_utc_may_end_on_the_next_day_and_days_may_be_taken_out_or_closed_early() -> None:
    table = plan(
        "UTC",
        open=time(22),
        close=time(4),
        weekdays=(0, 1, 2, 3),
        closed_on=(date(2026, 11, 24),),
        closes_at={date(2026, 11, 25): time(1)},
    )
    found = changes(table, from_ns=ns("2026-11-23 00:00"), until_ns=ns("2026-11-27 12:00"))
    assert shown(found) == [
        ("11-23 22:00", "continuous"),
        ("11-24 04:00", "closed"),
        ("11-25 22:00", "continuous"),
        ("11-26 01:00", "closed"),
        ("11-26 22:00", "continuous"),
        ("11-27 04:00", "closed"),
    ]


def test_an_exchanges_day_may_be_taken_out_or_closed_early_too() -> None:
    table = plan("XNYS", closed_on=(date(2026, 11, 24),), closes_at={date(2026, 11, 25): time(16)})
    days = trading_days(table, date(2026, 11, 23), date(2026, 11, 25))
    assert [(one.day.day, one.opens.hour, one.closes.hour) for one in days] == [(23, 14, 21), (25, 14, 16)]
    assert phase_at(table, ns("2026-11-24 15:00")) is Phase.CLOSED
    assert phase_at(table, ns("2026-11-25 15:00")) is Phase.CONTINUOUS


def test_it_tells_ten_days_once_and_then_a_day_at_a_time() -> None:
    venue = Venue()
    planner = venue.planner(plan("XNYS"))
    first = venue.told(planner)
    assert [shown(one)[0] for one in first] == [("11-23 14:30", "continuous")]
    assert shown(first[0])[-1] == ("12-02 21:00", "closed")
    assert venue.told(planner) == []
    told = {}
    for _ in range(12):
        day = datetime.fromtimestamp(venue.now_ns // SECOND_NS, UTC) + timedelta(hours=12)
        venue.until(day.strftime("%Y-%m-%d %H:%M"), timedelta(hours=1))
        told[day.strftime("%m-%d %H")] = [shown(one)[-1][0] for one in venue.told(planner)]
    assert told == {
        "11-24 00": ["12-03 21:00"],
        "11-24 12": [],
        "11-25 00": ["12-04 21:00"],
        "11-25 12": [],
        "11-26 00": [],
        "11-26 12": [],
        "11-27 00": [],
        "11-27 12": [],
        "11-28 00": ["12-07 21:00"],
        "11-28 12": [],
        "11-29 00": ["12-08 21:00"],
        "11-29 12": [],
    }


def test_whoever_takes_over_tells_nothing_again() -> None:
    venue = Venue()
    first = venue.planner(plan("XNYS", **AUCTIONS))
    assert len(venue.told(first)) == 1
    assert venue.told(venue.planner(plan("XNYS", **AUCTIONS), remembered=first.remembered)) == []
    assert venue.told(venue.planner(plan("UTC", weekdays=(0,)), days=7)) != [], "another plan is told"
    again = venue.planner(plan("UTC", weekdays=(0,)), days=7)
    assert venue.told(again) == [], "a schedule of up to eight changes is known from the log alone"


def test_without_its_memory_a_longer_schedule_is_told_once_more_and_no_more() -> None:
    venue = Venue()
    first = venue.told(venue.planner(plan("XNYS", **AUCTIONS)))
    second = venue.planner(plan("XNYS", **AUCTIONS))
    assert venue.told(second) == first
    assert venue.told(second) == []


def test_a_changed_plan_is_told_at_once() -> None:
    venue = Venue()
    before = venue.planner(plan("XNYS"))
    first = venue.told(before)[0]
    after = venue.planner(plan("XNYS", closed_on=(date(2026, 11, 27),)), remembered=before.remembered)
    assert venue.told(after) == [[one for one in first if shown([one])[0][0][:5] != "11-27"]]


def test_nothing_is_told_while_a_change_is_about_to_come() -> None:
    venue = Venue(now_ns=ns("2026-11-23 14:30") - LEAD_NS)
    planner = venue.planner(plan("XNYS"))
    assert planner.decide(venue.now_ns) == {}
    assert planner.decide(venue.now_ns + LEAD_NS) == {}
    assert list(planner.decide(venue.now_ns + 3 * LEAD_NS)) == [1]


def test_one_that_was_never_told_is_brought_into_the_present_phase() -> None:
    venue = Venue(now_ns=ns("2026-11-23 15:00"))
    first = venue.told(venue.planner(plan("XNYS")))[0]
    assert first[:2] == [Change(venue.now_ns + LEAD_NS, Phase.CONTINUOUS), Change(ns("2026-11-23 21:00"), Phase.CLOSED)]


@pytest.mark.parametrize("phase", [Phase.HALT, Phase.SUSPENDED])
def test_what_somebody_has_halted_is_not_brought_anywhere(phase: Phase) -> None:
    venue = Venue(now_ns=ns("2026-11-23 15:00"))
    venue.submit(encode("SetPhase", instrument=1, phase=phase))
    first = venue.told(venue.planner(plan("XNYS")))[0]
    assert shown(first)[0] == ("11-23 21:00", "closed")


def test_crypto_never_closes_and_needs_nothing() -> None:
    venue = Venue(phase=Phase.CONTINUOUS)
    planner = venue.planner(plan("ALWAYS"))
    assert venue.told(planner) == []
    assert planner.horizons(venue.now_ns) == {}


def test_what_becomes_always_open_is_emptied_and_opened() -> None:
    venue = Venue(now_ns=ns("2026-11-23 22:00"))
    before = venue.planner(plan("XNYS"))
    venue.told(before)
    after = venue.planner(plan("ALWAYS"), remembered=before.remembered)
    assert venue.told(after) == [[], [Change(venue.now_ns + LEAD_NS, Phase.CONTINUOUS)]]
    assert venue.until("2026-11-24 22:00") == [("11-23 22:05", "continuous")]
    assert venue.told(after) == []


def test_another_sources_schedule_is_left_alone() -> None:
    venue = Venue()
    planner = venue.planner(plan("XNYS"))
    others = [
        Change(venue.now_ns + 60 * SECOND_NS, Phase.CONTINUOUS),
        Change(venue.now_ns + 120 * SECOND_NS, Phase.CLOSED),
    ]
    venue.submit(command(1, others), source=SCHEDULER_NUMBER)
    assert venue.told(planner) == []
    assert planner.left_alone(venue.now_ns) == ["GARR"]
    venue.until("2026-11-23 13:00")
    assert venue.told(planner) == [], "the demonstration's clock goes on"
    venue.submit(command(1, []))
    assert venue.told(planner) == [], "an operator's empty one stays"
    venue.submit(command(1, [Change(venue.now_ns + 60 * SECOND_NS, Phase.CLOSED)]))
    venue.until("2026-11-23 13:10")
    assert len(venue.told(planner)) == 1, "an operator's that is over is not waited for"


def test_no_more_is_told_than_the_venue_takes_and_it_ends_with_a_close() -> None:
    venue = Venue()
    table = plan("UTC", open=time(8), close=time(16), weekdays=tuple(range(7)), **AUCTIONS)
    planner = venue.planner(table, days=30)
    told = venue.told(planner)
    assert [len(one) <= CHANGES_AT_MOST for one in told] == [True]
    assert (len(told[0]), Phase(told[0][-1].phase)) == (CHANGES_AT_MOST, Phase.CLOSED)
    assert venue.told(planner) == []
    assert planner.horizons(venue.now_ns) == {"GARR": told[0][-1].at_ns}
    assert told[0][-1].at_ns - venue.now_ns > 24 * DAY_NS


def test_the_guides_settings_break_no_rule_and_make_sessions() -> None:
    guide = Path(__file__).parents[2] / "docs" / "guides" / "schedules.md"
    lines = [line[4:] for line in guide.read_text(encoding="utf-8").splitlines() if line.startswith("    ")]
    draft = parse("\n".join(lines), name="guide", variables={})
    assert check(draft) == ()
    assert draft.settings is not None
    tables = draft.settings.schedules.instruments
    opening = {
        symbol: shown(changes(table, from_ns=ns("2027-01-03 12:00"), until_ns=ns("2027-01-04 23:30")))[:1]
        for symbol, table in tables.items()
    }
    assert opening == {
        "AAPL": [("01-04 12:25", "pre_open")],
        "ES-F": [("01-03 23:00", "continuous")],
        "EUR-USD": [("01-03 22:00", "continuous")],
        "OIL": [("01-03 22:00", "continuous")],
        "BTC-USD": [],
    }
