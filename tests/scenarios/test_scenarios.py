"""Every scenario holds on the engine and on the model, and both make the same events."""

import os
from pathlib import Path
from random import Random
from typing import Final

import pytest
from tests.differential.native import NativeEngine, events_of
from tests.model.commands import Kind
from tests.model.engine import Model
from tests.model.events import Event, EventKind, encode
from tests.model.rejects import Reason
from tests.model.state import BUY
from tests.scenarios.scenario import Play, Scenario, read

SCENARIOS: Final = [scenario for path in sorted(Path(__file__).parent.glob("*.scenario")) for scenario in read(path)]
PLAYED: Final = os.environ.get("GARRAWAY_SCENARIOS", "model engine").split()
"""On what the scenarios are played."""
on_the_model = pytest.mark.skipif("model" not in PLAYED, reason="GARRAWAY_SCENARIOS leaves the model out")
on_the_engine = pytest.mark.skipif("engine" not in PLAYED, reason="GARRAWAY_SCENARIOS leaves the engine out")
each_scenario = pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)


class ModelVenue:
    """The model as a scenario plays it."""

    def __init__(self, scenario: Scenario) -> None:
        self.model = Model(scenario.slice_events, scenario.capacity)
        self.kinds: set[int] = set()

    def apply(self, record: bytes, at_ns: int) -> list[Event]:
        self.kinds.add(record[2])
        return self.model.apply(record, at_ns)

    def balance(self, account: int, asset: int) -> tuple[int, int]:
        return self.model.balances()[account, asset]

    def levels(self, instrument: int, side: int) -> list[tuple[int, int]]:
        book = self.model.book(instrument)
        return [(level.price, level.quantity) for level in (book.bids if side == BUY else book.asks)]

    def queue(self, instrument: int, side: int) -> list[tuple[int, int, int]]:
        book = self.model.book(instrument)
        orders = book.bid_orders if side == BUY else book.ask_orders
        return [(order.account, order.client_ref, order.open) for order in orders]

    def check(self) -> None:
        self.model.check()


class NativeVenue:
    """The product's engine as a scenario plays it."""

    def __init__(self, scenario: Scenario) -> None:
        self.native = NativeEngine(scenario.slice_events, scenario.capacity, continue_work=False, forms=Random(1))

    def apply(self, record: bytes, at_ns: int) -> list[Event]:
        return events_of(self.native.apply([record], [at_ns]))

    def balance(self, account: int, asset: int) -> tuple[int, int]:
        return self.native.balance(account, asset)

    def levels(self, instrument: int, side: int) -> list[tuple[int, int]]:
        return [(level.price, level.quantity) for level in self.native.levels(instrument, side, depth=100)]

    def queue(self, instrument: int, side: int) -> list[tuple[int, int, int]]:
        rows = self.native.orders(instrument, side)
        return [(account, client_ref, leaves) for _, account, client_ref, _, leaves, *_ in rows]

    def check(self) -> None:
        self.native.engine.check()


@on_the_model
@each_scenario
def test_scenario_holds_on_the_model(scenario: Scenario) -> None:
    Play(ModelVenue(scenario)).run(scenario.lines)


@on_the_engine
@each_scenario
def test_scenario_holds_on_the_engine(scenario: Scenario) -> None:
    engine = Play(NativeVenue(scenario)).run(scenario.lines)
    model = Play(ModelVenue(scenario)).run(scenario.lines)
    assert [encode(event) for event in engine] == [encode(event) for event in model]


def test_scenarios_reach_every_command_event_and_reason() -> None:
    venues = [ModelVenue(scenario) for scenario in SCENARIOS]
    events = [
        event for scenario, venue in zip(SCENARIOS, venues, strict=True) for event in Play(venue).run(scenario.lines)
    ]
    assert {kind for venue in venues for kind in venue.kinds} == set(Kind)
    assert {event.kind for event in events} == set(EventKind)
    assert {event.detail for event in events if event.kind == EventKind.Rejected} == set(Reason)
    assert {event.detail for event in events if event.kind == EventKind.Canceled} == set(range(1, 13))
    assert {event.detail for event in events if event.kind == EventKind.Posted} == set(range(1, 8))
    accepted = {(event.value & 255, event.detail) for event in events if event.kind == EventKind.Accepted}
    assert {order_type for order_type, _ in accepted} == set(range(1, 10))
    assert {time_in_force for _, time_in_force in accepted} == set(range(1, 8))
    accepted_flags = {event.value >> 8 for event in events if event.kind == EventKind.Accepted}
    assert accepted_flags >= {0, 1, 2, 4, 8, 16}
