"""Command records: layout tables from docs/reference/commands.md, an encoder and a decoder of their own."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from tests.model.limits import MAX_COMMAND, MAX_TAIL


class Kind(IntEnum):
    """Which command it is."""

    DefineSource = 1
    DefineAsset = 2
    ListInstrument = 3
    OpenAccount = 4
    DefineSession = 5
    Deposit = 6
    Withdraw = 7
    PlaceOrder = 8
    CancelOrder = 9
    ReplaceOrder = 10
    Tick = 11
    Continue = 12
    CleanClose = 13


class MalformedError(ValueError):
    """Bytes that are no command: such are never journaled."""


Layout = dict[str, tuple[int, str]]
"""Field -> (offset, type)."""

HEAD: Final[Layout] = {
    "length": (0, "u16"),
    "kind": (2, "u8"),
    "version": (3, "u8"),
    "items": (4, "u16"),
    "tail": (6, "u16"),
    "source_seq": (8, "u64"),
    "client_ref": (16, "u64"),
    "account": (24, "u32"),
    "instrument": (28, "u32"),
    "source": (32, "u16"),
    "reserved": (34, "u16"),
}
SHAPE: Final = frozenset({"length", "kind", "version", "items", "tail", "reserved"})
"""Fields of the head that say how the record is made up: the encoder's own."""

AMOUNT: Final[Layout] = {"amount": (64, "i64"), "asset": (72, "u32")}

BODY: Final[dict[Kind, Layout]] = {
    Kind.DefineSource: {"name": (36, "16 bytes"), "defined": (52, "u16"), "rights": (54, "u8")},
    Kind.DefineAsset: {"asset": (36, "u32"), "code": (40, "8 bytes"), "scale": (48, "u8"), "display": (49, "u8")},
    Kind.ListInstrument: {
        "symbol": (36, "16 bytes"),
        "base_asset": (52, "u32"),
        "quote_asset": (56, "u32"),
        "execution": (60, "u8"),
        "price_unit": (64, "i64"),
        "lot_size": (72, "i64"),
        "tick": (80, "i64"),
        "min_price": (88, "i64"),
        "max_price": (96, "i64"),
        "max_quantity": (104, "i64"),
        "max_notional": (112, "i64"),
        "maker_fee_rate": (120, "i64"),
        "taker_fee_rate": (128, "i64"),
    },
    Kind.OpenAccount: {
        "firm": (36, "u32"),
        "max_quantity": (40, "i64"),
        "max_notional": (48, "i64"),
        "max_open_orders": (56, "u32"),
        "self_trade": (60, "u8"),
        "self_trade_of": (61, "u8"),
    },
    Kind.DefineSession: {
        "session": (36, "u32"),
        "firm": (40, "u32"),
        "protocol": (44, "u8"),
        "network_prefix": (45, "u8"),
        "name": (48, "16 bytes"),
        "network": (64, "16 bytes"),
        "salt": (80, "16 bytes"),
        "verifier": (96, "32 bytes"),
    },
    Kind.Deposit: AMOUNT,
    Kind.Withdraw: AMOUNT,
    Kind.PlaceOrder: {
        "side": (36, "u8"),
        "order_type": (37, "u8"),
        "time_in_force": (38, "u8"),
        "flags": (39, "u8"),
        "price": (40, "i64"),
        "quantity": (48, "i64"),
    },
    Kind.CancelOrder: {"quantity": (48, "i64")},
    Kind.ReplaceOrder: {"price": (40, "i64"), "quantity": (48, "i64"), "target": (56, "u64")},
    Kind.Tick: {},
    Kind.Continue: {},
    Kind.CleanClose: {},
}

BYTES: Final[dict[Kind, int]] = {
    Kind.DefineSource: 56,
    Kind.DefineAsset: 56,
    Kind.ListInstrument: 136,
    Kind.OpenAccount: 64,
    Kind.DefineSession: 128,
    Kind.Deposit: 96,
    Kind.Withdraw: 96,
    Kind.PlaceOrder: 96,
    Kind.CancelOrder: 96,
    Kind.ReplaceOrder: 96,
    Kind.Tick: 96,
    Kind.Continue: 96,
    Kind.CleanClose: 96,
}
"""Bytes of head and body; items and tail come after."""

ITEM_BYTES: Final = 8
"""Of each item of DefineSession, the only kind with items: u32 account, u32 zero."""

CODES: Final = {
    "u8": "<B",
    "u16": "<H",
    "u32": "<I",
    "u64": "<Q",
    "i64": "<q",
    "8 bytes": "<8s",
    "16 bytes": "<16s",
    "32 bytes": "<32s",
}
"""How `struct` spells the types of the tables."""


def encode(kind: Kind, *, items: Sequence[int] = (), tail: bytes = b"", **values: int | bytes) -> bytes:
    """One command record.

    Args:
        kind: which command.
        items: accounts of a DefineSession.
        tail: at most 128 bytes.
        values: fields of head and body by name; the rest is zero. Names and codes are bytes, filled up with zeros.

    Raises: KeyError: the kind has no such field. struct.error: a value does not fit its field.
    """
    used = BYTES[kind] + ITEM_BYTES * len(items) + len(tail)
    record = bytearray(-(-used // 8) * 8)
    layout = HEAD | BODY[kind]
    shape = {"length": len(record), "kind": int(kind), "version": 1, "items": len(items), "tail": len(tail)}
    for name, value in (values | shape).items():
        offset, code = layout[name]
        struct.pack_into(CODES[code], record, offset, value)
    for index, account in enumerate(items):
        struct.pack_into("<II", record, BYTES[kind] + ITEM_BYTES * index, account, 0)
    record[used - len(tail) : used] = tail
    return bytes(record)


@dataclass(frozen=True, slots=True)
class Command:
    """A command taken apart; `command["price"]` is a number, `names["symbol"]` the bytes of a name."""

    kind: Kind
    record: bytes
    numbers: dict[str, int]
    names: dict[str, bytes]
    items: tuple[int, ...]

    def __getitem__(self, name: str) -> int:
        """A field that is a number."""
        return self.numbers[name]


def decode(record: bytes) -> Command:
    """The command of a whole record.

    Raises: MalformedError: the bytes are no command.
    """
    if not HEAD["reserved"][0] + 2 <= len(record) <= MAX_COMMAND:
        raise MalformedError(f"{len(record)} bytes")
    head = {name: struct.unpack_from(CODES[code], record, offset)[0] for name, (offset, code) in HEAD.items()}
    if head["length"] != len(record) or head["version"] != 1 or head["kind"] not in set(Kind):
        raise MalformedError(f"length {head['length']}, version {head['version']}, kind {head['kind']}")
    kind = Kind(head["kind"])
    items_at = BYTES[kind]
    used = items_at + ITEM_BYTES * head["items"] + head["tail"]
    if head["tail"] > MAX_TAIL or len(record) != -(-used // 8) * 8 or any(record[used:]):
        raise MalformedError(f"{head['items']} items and a tail of {head['tail']} in {len(record)} bytes")
    if head["items"] and kind is not Kind.DefineSession:
        raise MalformedError(f"{kind.name} with items")
    body = {name: struct.unpack_from(CODES[code], record, offset)[0] for name, (offset, code) in BODY[kind].items()}
    items = tuple(struct.unpack_from("<I", record, items_at + ITEM_BYTES * index)[0] for index in range(head["items"]))
    numbers = {name: value for name, value in (head | body).items() if isinstance(value, int)}
    names = {name: value for name, value in body.items() if isinstance(value, bytes)}
    return Command(kind, record, numbers, names, items)


def describe(record: bytes) -> str:
    """A command in one line: its fields that are not zero, for messages of tests."""
    command = decode(record)
    words = [f"{name}={value}" for name, value in command.numbers.items() if value and name not in SHAPE]
    words += [f"{name}={value.rstrip(bytes(1))!r}" for name, value in command.names.items() if any(value)]
    words += [f"items={list(command.items)}"] if command.items else []
    words += [f"tail={command['tail']}"] if command["tail"] else []
    return " ".join([command.kind.name, *words])
