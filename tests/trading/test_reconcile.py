"""What was sent against what the venue has: kept, forgotten, refused."""

import contextlib
from pathlib import Path

import numpy as np
import pytest

from garraway.records import EVENT, EVENTS, EventArray, Side, encode
from garraway.trading.reconcile import AccountStanding, Held, Intent, Intents, IntentsDamaged, Unreconciled, reconcile

ACCOUNT, SOURCE = 220, 20
PLACE = encode("PlaceOrder")[2]


def order(ref: int) -> bytes:
    return encode("PlaceOrder", account=ACCOUNT, client_ref=ref, instrument=2, side=Side.BUY, price=100, quantity=5)


def told(kind: str, ref: int, **fields: int) -> EventArray:
    event = np.zeros(1, dtype=EVENT)
    event["kind"], event["account"], event["client_ref"], event["instrument"] = EVENTS[kind], ACCOUNT, ref, 2
    for name, value in fields.items():
        event[name] = value
    return event


def accepted(ref: int, source: int = SOURCE) -> EventArray:
    return told("Accepted", ref, source=source, side=1, price=100, quantity=5, leaves=5, detail=1, value=2)


def filled(ref: int, lots: int, leaves: int) -> EventArray:
    return told("Filled", ref, side=1, price=100, quantity=lots, leaves=leaves, value=100 * lots, fee=1, detail=1)


def standing(*events: EventArray) -> AccountStanding:
    found = AccountStanding(ACCOUNT)
    if events:
        found.apply(np.concatenate(events))
    return found


def verdicts(intents: list[Intent], found: AccountStanding, last: int) -> list[tuple[str, int]]:
    result = reconcile(intents, found, source=SOURCE, last_source_seq=last, commands={PLACE})
    return [(one.verdict, one.client_ref) for one in result.differences]


def test_what_the_venue_has_as_it_was_sent_agrees() -> None:
    intents = [Intent(1, order(1)), Intent(2, order(2))]
    found = standing(accepted(1), filled(1, 5, 0), told("Rejected", 2, value=PLACE))
    result = reconcile(intents, found, source=SOURCE, last_source_seq=2, commands={PLACE})
    assert (result.agreed, result.differences, result.next_ref, result.left_open) == (2, (), 3, ())
    result.check()


def test_what_never_arrived_is_forgotten_and_what_is_open_will_be_cancelled() -> None:
    intents = [Intent(1, order(1)), Intent(2, order(2))]
    found = standing(accepted(1), filled(1, 2, 3))
    assert verdicts(intents, found, last=1) == [("left open", 1), ("never arrived", 2)]
    result = reconcile(intents, found, source=SOURCE, last_source_seq=1, commands={PLACE})
    result.check()
    assert [(one.client_ref, one.leaves) for one in result.left_open] == [(1, 3)]


def test_what_the_venue_acknowledged_and_lacks_refuses() -> None:
    intents = [Intent(1, order(1))]
    assert verdicts(intents, standing(), last=1) == [("missing", 1)]
    result = reconcile(intents, standing(), source=SOURCE, last_source_seq=1, commands={PLACE})
    with pytest.raises(Unreconciled, match=r"missing, reference 1: no trace of it.*--accept-differences --reason TEXT"):
        result.check()


def test_orders_and_fills_of_others_refuse() -> None:
    found = standing(accepted(1, source=1), accepted(2, source=1), filled(2, 5, 0))
    assert verdicts([], found, last=0) == [("foreign order", 1), ("foreign fill", 2)]


def test_orders_of_the_same_source_are_ours_even_without_their_intents() -> None:
    found = standing(accepted(1), accepted(2), filled(2, 5, 0))
    assert verdicts([], found, last=2) == [("left open", 1)]


def test_a_position_keeps_its_exact_cost() -> None:
    held = Held()
    for lots, value in ((3, 100), (-1, 40), (-4, 160), (2, 90)):
        held.trade(lots, value, 1)
    assert held == Held(lots=0, cost=0, realised=7 + 13 - 10, fees=4)


def test_intents_survive_and_a_half_written_one_is_cut(tmp_path: Path) -> None:
    path = tmp_path / "s" / "intents"
    intents = Intents(path)
    for seq in (1, 2):
        intents.add(seq, order(seq))
    intents.close()
    path.write_bytes(path.read_bytes() + b"half")
    with contextlib.closing(Intents(path)) as again:
        again.add(3, order(3))
        read = again.read()
    assert [(one.source_seq, one.client_ref, one.account) for one in read] == [(seq, seq, ACCOUNT) for seq in (1, 2, 3)]
    assert (path.stat().st_mode & 0o777, read[2].kind) == (0o600, PLACE)


def test_a_flipped_bit_is_found_and_told_with_its_place(tmp_path: Path) -> None:
    path = tmp_path / "intents"
    with contextlib.closing(Intents(path)) as intents:
        for seq in (1, 2):
            intents.add(seq, order(seq))
    damaged = bytearray(path.read_bytes())
    damaged[150] ^= 1
    path.write_bytes(damaged)
    with contextlib.closing(Intents(path)) as again, pytest.raises(IntentsDamaged, match="damaged at byte 112"):
        again.read()
