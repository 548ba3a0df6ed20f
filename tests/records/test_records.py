"""Commands written by name are what the native module reads; layouts come from its tables."""

from typing import Any

import numpy as np
import pytest

from garraway import _native
from garraway.records import (
    EVENT,
    EVENTS,
    KINDS,
    FieldInvalid,
    FieldUnknown,
    InstrumentKind,
    KindUnknown,
    OrderType,
    Phase,
    RecordsError,
    Side,
    TimeInForce,
    body,
    command_seq,
    encode,
    head,
    item,
    items,
    of_kind,
    reject,
    session_account,
    stamped,
)


def test_a_placed_order_is_the_native_record() -> None:
    record = encode(
        "PlaceOrder",
        account=100,
        instrument=1,
        client_ref=7,
        side=Side.BUY,
        order_type=OrderType.LIMIT,
        time_in_force=TimeInForce.FILL_OR_KILL,
        price=-5,
        quantity=2**40,
    )
    read = np.frombuffer(stamped(record, source=3, source_seq=9), dtype=_native.COMMAND)[0]
    names = ("length", "kind", "version", "source", "source_seq", "account", "instrument", "client_ref")
    assert [int(read[name]) for name in names] == [96, 8, 1, 3, 9, 100, 1, 7]
    assert [int(read[name]) for name in ("side", "order_type", "time_in_force", "price", "quantity")] == [
        1,
        1,
        3,
        -5,
        2**40,
    ]


@pytest.mark.parametrize("kind", sorted(_native.COMMANDS))
def test_every_kind_has_the_length_of_its_table(kind: str) -> None:
    record = encode(kind)
    assert len(record) == -(-_native.COMMANDS[kind]["size"] // 8) * 8
    assert KINDS[head(record)["kind"]] == kind


def test_items_and_tail_stand_behind_the_body() -> None:
    items = [session_account(200), session_account(201)]
    record = encode("DefineSession", items=items, tail=b"text", account=200, name="demo1")
    size = _native.COMMANDS["DefineSession"]["size"]
    assert record[size:] == b"".join(items) + b"text" + bytes(len(record) - size - 20)
    assert [head(record)[name] for name in ("length", "items", "tail")] == [len(record), 2, 4]


def test_a_body_reads_back() -> None:
    record = encode("DefineAsset", asset=2, code="GARR", scale=8, display=2)
    read = body("DefineAsset", record[36:])
    assert {name: read[name] for name in ("asset", "code", "scale", "display")} == {
        "asset": 2,
        "code": b"GARR",
        "scale": 8,
        "display": 2,
    }


@pytest.mark.parametrize(
    ("kind", "fields", "error", "words"),
    [
        ("PlaceOrders", {}, KindUnknown, "PlaceOrder"),
        ("PlaceOrder", {"prize": 1}, FieldUnknown, "price"),
        ("PlaceOrder", {"length": 1}, FieldUnknown, "leave it out"),
        ("PlaceOrder", {"account": -1}, FieldInvalid, "account is -1"),
        ("PlaceOrder", {"price": 2**63}, FieldInvalid, str(2**63)),
        ("DefineAsset", {"code": "TOOLONGCODE"}, FieldInvalid, "8 bytes"),
        ("PlaceOrder", {"tail": b"x" * 129}, FieldInvalid, "at most 128"),
        ("PlaceOrder", {"items": [b"x"]}, FieldInvalid, "items of 0 bytes"),
    ],
)
def test_what_does_not_fit_is_refused(kind: str, fields: dict[str, Any], error: type[RecordsError], words: str) -> None:
    with pytest.raises(error) as refusal:
        encode(kind, **fields)
    assert words in str(refusal.value)


def test_events_are_picked_by_the_names_of_their_kinds() -> None:
    events = np.zeros(4, dtype=EVENT)
    events["kind"] = [EVENTS["Accepted"], EVENTS["Traded"], EVENTS["Filled"], EVENTS["Accepted"]]
    events["event_id"] = [1 << 16, 1 << 16 | 1, 1 << 16 | 2, 2 << 16]
    assert of_kind(events, "Accepted", "Filled")["event_id"].tolist() == [1 << 16, 1 << 16 | 2, 2 << 16]
    assert command_seq(2 << 16 | 5) == 2


def test_a_reject_says_what_to_do() -> None:
    code = _native.REJECTS["FundsInsufficient"]["code"]
    assert reject(code).name == "FundsInsufficient"
    assert "deposit more" in str(reject(code))
    assert reject(255).name == "Reason255"


def test_items_are_written_and_read_by_name() -> None:
    changes = [item("SetSchedule", at_ns=5 + place, phase=Phase.PRE_OPEN) for place in range(2)]
    record = encode("SetSchedule", items=changes, instrument=1)
    assert head(record)["items"] == 2
    read = items("SetSchedule", b"".join(changes) + b"cut")
    assert [(one["at_ns"], one["phase"]) for one in read] == [(5, 2), (6, 2)]
    assert items("EndOfDay", b"anything") == []
    assert session_account(7) == item("DefineSession", account=7)
    with pytest.raises(FieldUnknown, match="at_s"):
        item("SetSchedule", at_s=5)


def test_a_bodys_kind_is_not_the_heads() -> None:
    record = encode("ListInstrument", kind=InstrumentKind.FUTURE, phase=Phase.CLOSED)
    assert KINDS[head(record)["kind"]] == "ListInstrument"
    assert body("ListInstrument", record[36:])["kind"] == InstrumentKind.FUTURE
    with pytest.raises(FieldUnknown, match="by itself"):
        encode("PlaceOrder", kind=2)
