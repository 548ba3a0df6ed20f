"""The desk: references, client order ids, and the three ends of a command."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest
from tests.api.fakes import FakeDoor, FakeViews

from garraway import _native
from garraway.api import desk as desk_file
from garraway.api.desk import Desk
from garraway.api.orders import NewOrder, Replacement, cancel_record
from garraway.api.problems import Problem
from garraway.records import OrderType, Side, TimeInForce, encode, head

STALE, FUNDS = (int(_native.REJECTS[name]["code"]) for name in ("ClientRefStale", "FundsInsufficient"))
ORDER = NewOrder(
    account=200,
    instrument=1,
    side=Side.BUY,
    order_type=OrderType.LIMIT,
    time_in_force=TimeInForce.DAY,
    price=7,
    quantity=9,
    display=2,
    expire_s=3,
    trigger=-5,
)


def ran(scenario: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(scenario, 20))


def made(*reasons: int | None) -> tuple[Desk, FakeDoor, FakeViews]:
    door, views = FakeDoor(list(reasons)), FakeViews(ref=5)
    return Desk(door, views, views, stamp="t"), door, views


def refs(door: FakeDoor) -> list[int]:
    return [head(record)["client_ref"] for record in door.sent]


def test_records_are_those_of_the_slow_encoder() -> None:
    assert ORDER.record(8, b"mine") == encode(
        "PlaceOrder",
        tail=b"mine",
        account=200,
        client_ref=8,
        instrument=1,
        side=1,
        order_type=1,
        time_in_force=4,
        price=7,
        quantity=9,
        display=2,
        expire_s=3,
        trigger=-5,
    )
    change = Replacement(account=200, target=8, price=7, quantity=9, trigger=1)
    assert change.record(9, b"") == encode(
        "ReplaceOrder", account=200, client_ref=9, target=8, price=7, quantity=9, trigger=1
    )
    assert cancel_record(200, 8, 3) == encode("CancelOrder", account=200, client_ref=8, quantity=3)


def test_references_rise_above_those_that_the_fold_knows() -> None:
    async def scenario() -> None:
        desk, door, views = made()
        told = await asyncio.gather(*(desk.place(ORDER) for _ in range(3)))
        views.ref = 100
        await desk.place(ORDER)
        assert refs(door) == [6, 7, 8, 101]
        assert [one.status for one in told] == ["accepted"] * 3
        assert len({one.text for one in told}) == 3

    ran(scenario())


def test_a_reference_that_another_door_was_ahead_of_is_taken_anew() -> None:
    async def scenario() -> None:
        desk, door, _ = made(STALE, STALE)
        told = await desk.place(ORDER, "mine")
        assert (told.status, told.client_ref, refs(door)) == ("accepted", 26, [6, 16, 26])

    ran(scenario())


def test_a_reject_is_told_with_its_reason() -> None:
    async def scenario() -> None:
        desk, _, _ = made(FUNDS)
        told = await desk.place(ORDER)
        assert told.reason is not None
        assert (told.status, told.reason.name, told.seq) == ("rejected", "FundsInsufficient", 1)

    ran(scenario())


def test_an_id_on_its_way_is_guarded_until_the_fold_tells_of_it() -> None:
    async def scenario() -> None:
        desk, door, views = made()
        views.seq = 0
        first = await desk.place(ORDER, "mine")
        with pytest.raises(Problem) as refused:
            await desk.place(ORDER, "mine")
        assert refused.value.code == "ClientOrderIdTaken"
        assert refused.value.extra["order_ref"] == str(first.client_ref)
        assert desk.ref_of(200, "mine") == first.client_ref
        views.seq, views.texts = 9, {(200, "mine"): first.client_ref}
        with pytest.raises(Problem):
            await desk.place(ORDER, "mine")
        views.texts.clear()  # it was done long ago, and is forgotten
        assert (await desk.place(ORDER, "mine")).status == "accepted"
        assert len(door.sent) == 2

    ran(scenario())


def test_an_unknown_outcome_is_told_and_its_id_stays_guarded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk_file, "PATIENCE_S", 0.05)

    async def scenario() -> None:
        desk, door, _ = made(None)
        told = await desk.place(ORDER, "mine")
        assert (told.status, told.client_ref) == ("unknown", 6)
        for _ in range(3):
            with pytest.raises(Problem, match="mine"):
                await desk.place(ORDER, "mine")
        assert (await desk.place(ORDER)).status == "accepted"
        assert refs(door) == [6, 7]

    ran(scenario())


def test_what_cannot_go_out_uses_up_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk_file, "PATIENCE_S", 0.05)

    async def scenario() -> None:
        desk, door, _ = made()
        door.free = False
        with pytest.raises(Problem) as refused:
            await desk.place(ORDER, "mine")
        assert (refused.value.status, refused.value.code) == (503, "ExchangeAway")
        door.free = True
        assert (await desk.place(ORDER, "mine")).client_ref == 6

    ran(scenario())
