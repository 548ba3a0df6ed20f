"""The schedule is told ahead of time, once, whatever crashes; days are settled and ended in order."""

from dataclasses import dataclass, field

import numpy as np
import pytest
from tests.venues.simulated import INSTRUMENT, START_NS

from garraway import _native
from garraway.market import Plan, Scheduler
from garraway.market.schedule import DERIVATIVE, EQUITY, LEAD_NS, NIGHT_NS, SECOND_NS
from garraway.records import EVENT, EVENTS, KINDS, Phase, Rights, body, head, items
from garraway.units import TickTable
from garraway.venues import Standing

EQUITY_NUMBER, FUTURE, CRYPTO = 1, 4, 2
PLANS = {
    EQUITY_NUMBER: Plan(EQUITY, 1_000_000),
    CRYPTO: Plan((), 60_000),
    FUTURE: Plan(DERIVATIVE, 990_000, settles_to=EQUITY_NUMBER),
}
SOURCE = 4


@dataclass
class Venue:
    """What an exchange would do of what a scheduler sends, as hand-made events; time is told by the test."""

    now_ns: int = START_NS
    seq: int = 0
    source_seq: int = 0
    due: list[tuple[int, int, int]] = field(default_factory=list)
    log: list[tuple[np.ndarray[tuple[int], np.dtype[np.void]], bytes]] = field(default_factory=list)
    schedulers: list[Scheduler] = field(default_factory=list)

    def scheduler(self, pace: int = 1) -> Scheduler:
        """A scheduler that has read the log so far, and goes on reading."""
        found = Scheduler(PLANS, source=SOURCE, pace=pace)
        for number in PLANS:
            found.directory.instruments[number] = INSTRUMENT
            phase = Phase.CONTINUOUS if number == CRYPTO else Phase.CLOSED
            found.directory.standings[number] = Standing(TickTable(100), phase)
        for event, tail in self.log:
            found.apply(event, [tail])
        self.schedulers.append(found)
        return found

    def answer(self, kind: str, instrument: int, *, tail: bytes = b"", **fields: int) -> None:
        self.say(kind, tail=tail, source=SOURCE, source_seq=self.source_seq, instrument=instrument, **fields)

    def say(self, kind: str, *, tail: bytes = b"", **fields: int) -> None:
        event = np.zeros(1, dtype=EVENT)
        self.seq += 1
        event["kind"], event["at_ns"], event["event_id"] = EVENTS[kind], self.now_ns, self.seq << 16
        for name, value in fields.items():
            event[name] = value
        self.log.append((event, tail))
        for scheduler in self.schedulers:
            scheduler.apply(event, [tail])

    def take(self, command: bytes) -> None:
        kind, said = KINDS[head(command)["kind"]], body(KINDS[head(command)["kind"]], command[36:])
        number = head(command)["instrument"]
        self.source_seq += 1
        if kind == "SetSchedule":
            content = command[40:]
            changes = items(kind, content)[: head(command)["items"]]
            assert int(changes[0]["at_ns"]) > self.now_ns
            self.due = [one for one in self.due if one[1] != number]
            self.due += [(int(change["at_ns"]), number, int(change["phase"])) for change in changes]
            self.answer("ScheduleSet", number, tail=content, quantity=len(changes))
        elif kind == "SetReference":
            self.answer("ReferenceSet", number, detail=int(said["what"]), price=int(said["price"]))
        else:
            self.answer("DayEnded", number, value=int(said["business_date"]))

    def until(self, now_ns: int) -> None:
        """Time passes, and what is due happens."""
        for at_ns, number, phase in sorted(one for one in self.due if one[0] <= now_ns):
            self.now_ns = at_ns
            self.say("PhaseChanged", instrument=number, detail=phase)
        self.due = [one for one in self.due if one[0] > now_ns]
        self.now_ns = now_ns


def kinds(commands: list[bytes]) -> list[str]:
    return [KINDS[head(command)["kind"]] for command in commands]


def done(venue: Venue, scheduler: Scheduler) -> list[str]:
    """Takes all that is decided at this moment, until nothing is; the kinds."""
    found = []
    while commands := scheduler.decide(venue.now_ns):
        found += kinds(commands)
        for command in commands:
            venue.take(command)
    return found


def test_a_new_venue_gets_prices_and_its_first_day_ahead_of_time() -> None:
    venue = Venue()
    scheduler = venue.scheduler()
    assert done(venue, scheduler) == ["SetReference"] * 4 + ["SetSchedule"] * 2
    standings = scheduler.directory.standings
    assert [standings[number].reference for number in PLANS] == [1_000_000, 60_000, 990_000]
    assert standings[FUTURE].settlement == 990_000
    assert [change.at_ns - START_NS - LEAD_NS for change in standings[EQUITY_NUMBER].schedule] == [
        after_s * SECOND_NS for after_s, _ in EQUITY
    ]
    assert [change.phase for change in standings[FUTURE].schedule] == [Phase.CONTINUOUS, Phase.CLOSED]
    assert standings[CRYPTO].schedule == ()


def test_a_day_is_settled_and_ended_once_it_is_over_and_the_next_one_told() -> None:
    venue = Venue()
    scheduler = venue.scheduler()
    done(venue, scheduler)
    closed_ns = START_NS + LEAD_NS + 145 * SECOND_NS
    venue.until(closed_ns - 1)
    venue.say("Uncrossed", instrument=EQUITY_NUMBER, price=1_003_400, quantity=5)
    assert done(venue, scheduler) == []
    venue.until(closed_ns)
    assert done(venue, scheduler) == ["SetReference", "EndOfDay", "SetSchedule", "SetSchedule"]
    standings = scheduler.directory.standings
    assert (standings[FUTURE].settlement, standings[FUTURE].reference) == (1_003_400, 1_003_400)
    assert scheduler.directory.business_date == 20260921
    assert standings[EQUITY_NUMBER].schedule[0].at_ns == closed_ns + NIGHT_NS


def test_business_dates_rise_by_calendar_days() -> None:
    venue = Venue()
    venue.say("DayEnded", value=20281231)
    scheduler = venue.scheduler()
    done(venue, scheduler)
    venue.until(venue.now_ns + 200 * SECOND_NS)
    done(venue, scheduler)
    assert scheduler.directory.business_date == 20290101


def two_days(venue: Venue, crash_after: int | None = None) -> list[tuple[str, int]]:
    """Two days of a venue; the first scheduler dies after so many of its commands. What the log tells of them."""
    scheduler, count = venue.scheduler(), 0
    for _ in range(3):
        while commands := scheduler.decide(venue.now_ns):
            for command in commands:
                if count == crash_after:
                    scheduler, count = venue.scheduler(), count + 1
                    break
                venue.take(command)
                count += 1
        venue.until(venue.now_ns + 150 * SECOND_NS)
    names = {code: name for name, code in EVENTS.items()}
    own = [event[0] for event, _ in venue.log if event[0]["source"] == SOURCE]
    return sorted((names[int(event["kind"])], int(event["instrument"])) for event in own)


@pytest.mark.parametrize("crash_after", range(14))
def test_whoever_takes_over_after_a_crash_does_the_rest_and_nothing_twice(crash_after: int) -> None:
    assert two_days(Venue(), crash_after) == two_days(Venue())


def test_pace_shortens_the_day() -> None:
    venue = Venue()
    scheduler = venue.scheduler(pace=10)
    done(venue, scheduler)
    schedule = scheduler.directory.standings[EQUITY_NUMBER].schedule
    assert schedule[-1].at_ns - schedule[0].at_ns == 14_500_000_000


def test_a_schedule_that_the_operator_emptied_is_left_alone() -> None:
    venue = Venue()
    scheduler = venue.scheduler()
    done(venue, scheduler)
    venue.say("ScheduleSet", instrument=EQUITY_NUMBER)
    venue.due = [one for one in venue.due if one[1] != EQUITY_NUMBER]
    venue.until(venue.now_ns + 200 * SECOND_NS)
    assert "EndOfDay" in done(venue, scheduler), "the others' day ends"


def test_a_suspended_instrument_does_not_stop_the_day() -> None:
    venue = Venue()
    scheduler = venue.scheduler()
    done(venue, scheduler)
    venue.until(venue.now_ns + 100 * SECOND_NS)
    venue.say("PhaseChanged", instrument=EQUITY_NUMBER, detail=Phase.SUSPENDED)
    venue.due = [one for one in venue.due if one[1] != EQUITY_NUMBER]
    venue.until(venue.now_ns + 47 * SECOND_NS)
    assert done(venue, scheduler) == [], "it may still come"
    venue.until(venue.now_ns + 10 * SECOND_NS)
    assert "EndOfDay" in done(venue, scheduler)


def test_its_commands_need_the_right_to_operate_alone() -> None:
    venue = Venue()
    scheduler = venue.scheduler()
    found = done(venue, scheduler)
    venue.until(venue.now_ns + 200 * SECOND_NS)
    found += done(venue, scheduler)
    assert set(found) == {"SetReference", "SetSchedule", "EndOfDay"}
    assert {_native.COMMANDS[kind]["right"] for kind in found} == {Rights.OPERATE}
