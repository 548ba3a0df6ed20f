"""Days of the demonstration venue on the engine in this process: the plan, the schedule and the market, with no clock.

Folds are compared with the engine's own book while phases come and go.
"""

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import pytest
from tests.venues.simulated import START_NS

from garraway import _native
from garraway.cli.up import people, plan
from garraway.cli.up.credentials import Credentials
from garraway.cli.up.listings import EQUITY_LISTING, FUTURE_LISTING, LISTINGS
from garraway.market import SCHEDULER_NUMBER, SOURCE_NUMBER, Floor, Market, Participants, Scheduler
from garraway.records import (
    EVENT,
    EVENTS,
    KINDS,
    EventArray,
    OrderType,
    Phase,
    PriceKind,
    Side,
    body,
    encode,
    head,
    of_kind,
    reject,
    stamped,
)
from garraway.venues import Books, Directory

GATEWAY, OPERATOR = 0, 1
STEP_NS = 50_000_000
STEPS_AT_MOST = 4_000
PACE = 2
COMPARED_EVERY = 50
FIRST_DATE, LAST_DATE = 20260921, 20260922
BODY_AT, ITEMS_AT, TAIL_AT_MOST = 36, 40, 128
TOLD_WITH_BODY = {
    "DefineSource",
    "DefineAsset",
    "ListInstrument",
    "OpenAccount",
    "SetRules",
    "DefineFeePlan",
    "DefineGroup",
    "SetLimits",
}


@dataclass
class Venue:
    """An engine with sources that number their commands, and the folds of what it says."""

    engine: _native.Engine = field(default_factory=_native.Engine)
    directory: Directory = field(default_factory=Directory)
    books: Books = field(default_factory=Books)
    floor: Floor = field(default_factory=lambda: Floor(seed=7, source=SOURCE_NUMBER, markets=[]))
    at_ns: int = START_NS
    log: list[EventArray] = field(default_factory=list)
    last_seq: Counter[int] = field(default_factory=Counter)
    out: EventArray = field(default_factory=lambda: np.zeros(_native.MIN_EVENTS + 4_096, dtype=EVENT))

    def submit(self, commands: list[bytes], source: int) -> None:
        """One by one, with the tails that the event log would have."""
        for command in commands:
            self._apply([command], source, [tail_of(command)])

    def trade(self, commands: list[bytes]) -> None:
        """All at once: orders have no tails."""
        self._apply(commands, SOURCE_NUMBER, [])

    def _apply(self, commands: list[bytes], source: int, tails: list[bytes]) -> None:
        first = self.last_seq[source] + 1
        self.last_seq[source] += len(commands) if source != GATEWAY else 0
        records = [
            stamped(command, source=source, source_seq=seq if source != GATEWAY else 0)
            for seq, command in enumerate(commands, start=first)
        ]
        taken, written = self.engine.apply(b"".join(records), self.at_ns, self.out)
        assert taken == len(commands)
        events = self.out[:written].copy()
        self.log.append(events)
        self.directory.apply(events, [*tails, *[b""] * (written - len(tails))])
        self.books.apply(events)
        self.floor.apply(events)

    def compare(self) -> None:
        self.engine.check()
        for number in self.directory.instruments:
            for side in Side:
                levels = self.books.ladders[number].best(side, 10_000)
                shown = [(price, level.lots, level.orders) for price, level in levels]
                assert shown == [tuple(map(int, level)) for level in self.engine.levels(number, side)]


def tail_of(command: bytes) -> bytes:
    """What the first event of a command carries in the event log, which the engine's array leaves out."""
    kind = KINDS[head(command)["kind"]]
    if kind in TOLD_WITH_BODY:
        return command[BODY_AT:]
    if kind in {"SetSchedule", "SetTicks"}:
        return command[ITEMS_AT:][:TAIL_AT_MOST]
    if kind == "DefineSession":
        name = body(kind, command[BODY_AT:])["name"]
        assert isinstance(name, bytes)
        return name
    return b""


@pytest.fixture(scope="module")
def venue(tmp_path_factory: pytest.TempPathFactory) -> Venue:
    """A venue after two of its days."""
    found = Venue()
    credentials = Credentials.load(tmp_path_factory.mktemp("venue") / "credentials.json", people.CLIENTS)
    found.submit(plan.missing(found.directory, credentials), OPERATOR)
    assert plan.missing(found.directory, credentials.defined()) == []
    markets = [
        Market(
            instrument=found.directory.instruments[listing.number],
            participants=Participants.of(listing.number),
            reference_price=listing.reference_price,
        )
        for listing in LISTINGS
    ]
    found.floor = Floor(seed=7, source=SOURCE_NUMBER, markets=markets)
    scheduler = Scheduler({listing.number: listing.plan for listing in LISTINGS}, source=SCHEDULER_NUMBER, pace=PACE)
    scheduler.directory = found.directory
    for step in range(STEPS_AT_MOST):
        found.at_ns += STEP_NS
        found.submit([encode("Tick")], GATEWAY)
        found.submit(scheduler.decide(found.at_ns), SCHEDULER_NUMBER)
        found.trade(found.floor.step())
        if step % COMPARED_EVERY == 0:
            found.compare()
        if found.directory.business_date == LAST_DATE:
            break
    return found


@pytest.fixture(scope="module")
def events(venue: Venue) -> EventArray:
    return np.concatenate(venue.log)


def test_two_days_end(events: EventArray) -> None:
    ended = of_kind(events, "DayEnded")["value"].tolist()
    assert ended == [FIRST_DATE, LAST_DATE]


def test_the_equity_goes_through_its_day(events: EventArray) -> None:
    changed = of_kind(events[events["instrument"] == EQUITY_LISTING.number], "PhaseChanged")["detail"].tolist()
    unscheduled = {Phase.VOLATILITY_AUCTION}
    passed = [
        phase for place, phase in enumerate(changed) if phase not in unscheduled and changed[place - 1 : place] != [5]
    ]
    assert passed[:10] == [phase for _, phase in EQUITY_LISTING.day] * 2


def test_opening_and_closing_auctions_have_volume(events: EventArray) -> None:
    uncrossed = of_kind(events, "Uncrossed")
    assert (uncrossed["quantity"] > 0).sum() >= 4
    assert len(of_kind(events, "Indicated")) > 20


def test_every_instrument_trades(events: EventArray) -> None:
    assert set(of_kind(events, "Traded")["instrument"].tolist()) == {listing.number for listing in LISTINGS}


def test_the_future_is_settled_at_the_end_of_each_day(events: EventArray) -> None:
    settled = of_kind(events, "ReferenceSet")
    settled = settled[settled["detail"] == PriceKind.SETTLEMENT]
    assert settled["instrument"].tolist() == [FUTURE_LISTING.number] * 3
    assert len(of_kind(events, "PositionMarked")) > 0


def test_every_kind_of_order_is_seen_and_lives(events: EventArray) -> None:
    types = {int(value) & 0xFF for value in of_kind(events, "Accepted")["value"]}
    assert types == set(OrderType) - {OrderType.MARKET_PEG}
    seen = set(events["kind"].tolist())
    assert {EVENTS[name] for name in ("Triggered", "Refilled", "Activated")} <= seen


def test_hardly_anything_is_refused(events: EventArray) -> None:
    refused = Counter(reject(code).name for code in of_kind(events, "Rejected")["detail"].tolist())
    assert set(refused) <= {"OrderUnknown", "PhaseForbids"}
    assert refused.total() < len(events) / 100


def test_makers_are_paid_for_their_quotes(events: EventArray) -> None:
    makers = {Participants.of(listing.number).maker for listing in LISTINGS}
    filled = of_kind(events, "Filled")
    resting = filled[np.isin(filled["account"], list(makers)) & (filled["detail"] == 1)]
    assert len(resting) > 0
    assert (resting["fee"] <= 0).all()
