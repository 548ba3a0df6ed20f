"""Command records: layout tables from docs/reference/commands.md, an encoder and a decoder of their own."""

import struct
from collections.abc import Mapping, Sequence
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
    UncleanStart = 14
    MassCancel = 15
    MassQuote = 16
    SetPhase = 17
    SetSchedule = 18
    SetReference = 19
    SetRules = 20
    SetTicks = 21
    DefineFeePlan = 22
    DefineGroup = 23
    SetAccount = 24
    SetLimits = 25
    SetKill = 26
    SetRestriction = 27
    EndOfDay = 28
    ChangeInstrument = 29
    SplitInstrument = 30
    BustTrade = 31
    SetQuote = 32
    SetDealing = 33
    SetMarkup = 34
    PayDividend = 35


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

BODY: Final[dict[Kind, Layout]] = {
    Kind.DefineSource: {"name": (36, "16 bytes"), "defined": (52, "u16"), "rights": (54, "u8")},
    Kind.DefineAsset: {"asset": (36, "u32"), "code": (40, "8 bytes"), "scale": (48, "u8"), "display": (49, "u8")},
    Kind.ListInstrument: {
        "symbol": (36, "16 bytes"),
        "base_asset": (52, "u32"),
        "quote_asset": (56, "u32"),
        "execution": (60, "u8"),
        "kind_of": (61, "u8"),
        "phase": (62, "u8"),
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
        "group": (62, "u16"),
        "clearing": (64, "u32"),
        "positions": (68, "u8"),
    },
    Kind.DefineSession: {
        "session": (36, "u32"),
        "firm": (40, "u32"),
        "protocol": (44, "u8"),
        "network_prefix": (45, "u8"),
        "cancel_on": (46, "u8"),
        "name": (48, "16 bytes"),
        "network": (64, "16 bytes"),
        "salt": (80, "16 bytes"),
        "verifier": (96, "32 bytes"),
    },
    Kind.Deposit: {"amount": (64, "i64"), "asset": (72, "u32")},
    Kind.Withdraw: {"amount": (64, "i64"), "asset": (72, "u32")},
    Kind.PlaceOrder: {
        "side": (36, "u8"),
        "order_type": (37, "u8"),
        "time_in_force": (38, "u8"),
        "flags": (39, "u8"),
        "price": (40, "i64"),
        "quantity": (48, "i64"),
        "target": (56, "u64"),
        "trigger": (76, "i64"),
        "display": (84, "u32"),
        "minimum": (88, "u32"),
        "expire_s": (92, "u32"),
    },
    Kind.CancelOrder: {"quantity": (48, "i64")},
    Kind.ReplaceOrder: {"price": (40, "i64"), "quantity": (48, "i64"), "target": (56, "u64"), "trigger": (76, "i64")},
    Kind.Tick: {},
    Kind.Continue: {},
    Kind.CleanClose: {},
    Kind.UncleanStart: {},
    Kind.MassCancel: {"id": (36, "u32"), "scope": (40, "u8"), "side": (41, "u8")},
    Kind.MassQuote: {},
    Kind.SetPhase: {"phase": (36, "u8")},
    Kind.SetSchedule: {},
    Kind.SetReference: {"price": (36, "i64"), "what": (44, "u8")},
    Kind.SetRules: {
        "static_band": (36, "i64"),
        "dynamic_band": (44, "i64"),
        "collar": (52, "i64"),
        "auction_ns": (60, "i64"),
        "band_action": (68, "u8"),
        "resume": (69, "u8"),
    },
    Kind.SetTicks: {},
    Kind.DefineFeePlan: {"maker_rate": (36, "i64"), "taker_rate": (44, "i64"), "plan": (52, "u8")},
    Kind.DefineGroup: {"name": (36, "16 bytes"), "asset": (52, "u32"), "group": (56, "u16")},
    Kind.SetAccount: {
        "group": (36, "u16"),
        "self_trade": (38, "u8"),
        "self_trade_of": (39, "u8"),
        "positions": (40, "u8"),
    },
    Kind.SetLimits: {
        "id": (36, "u32"),
        "scope": (40, "u8"),
        "asset": (44, "u32"),
        "max_rate": (48, "u32"),
        "max_open_orders": (52, "u32"),
        "max_quantity": (56, "i64"),
        "max_notional": (64, "i64"),
        "max_position": (72, "i64"),
        "max_held": (80, "i64"),
        "max_loss": (88, "i64"),
    },
    Kind.SetKill: {"id": (36, "u32"), "scope": (40, "u8"), "on": (41, "u8")},
    Kind.SetRestriction: {"id": (36, "u32"), "scope": (40, "u8"), "on": (41, "u8")},
    Kind.EndOfDay: {"business_date": (36, "u32")},
    Kind.ChangeInstrument: {
        "symbol": (36, "16 bytes"),
        "tick": (52, "i64"),
        "min_price": (60, "i64"),
        "max_price": (68, "i64"),
        "max_quantity": (76, "i64"),
        "max_notional": (84, "i64"),
    },
    Kind.SplitInstrument: {"numerator": (36, "u32"), "denominator": (40, "u32")},
    Kind.BustTrade: {
        "trade": (36, "u64"),
        "price": (44, "i64"),
        "quantity": (52, "i64"),
        "new_price": (60, "i64"),
        "buyer_fee": (68, "i64"),
        "seller_fee": (76, "i64"),
        "buyer": (84, "u32"),
        "seller": (88, "u32"),
    },
    Kind.SetQuote: {"price": (40, "i64"), "quantity": (48, "i64"), "amount": (64, "i64"), "trigger": (76, "i64")},
    Kind.SetDealing: {
        "margin_rate": (36, "i64"),
        "max_age_ns": (44, "i64"),
        "market": (52, "u8"),
        "limit": (53, "u8"),
        "sized": (54, "u8"),
    },
    Kind.SetMarkup: {"bid": (36, "i64"), "ask": (44, "i64"), "group": (52, "u16")},
    Kind.PayDividend: {"amount": (36, "i64")},
}
"""Fields of the bodies; ListInstrument's `kind` is called `kind_of`, for the head has a `kind`, too."""

BYTES: Final[dict[Kind, int]] = dict.fromkeys(Kind, 96) | {
    Kind.DefineSource: 56,
    Kind.DefineAsset: 56,
    Kind.ListInstrument: 136,
    Kind.OpenAccount: 72,
    Kind.DefineSession: 128,
    Kind.MassCancel: 48,
    Kind.MassQuote: 40,
    Kind.SetPhase: 40,
    Kind.SetSchedule: 40,
    Kind.SetReference: 48,
    Kind.SetRules: 72,
    Kind.SetTicks: 40,
    Kind.DefineFeePlan: 56,
    Kind.DefineGroup: 64,
    Kind.SetAccount: 48,
    Kind.SetKill: 48,
    Kind.SetRestriction: 48,
    Kind.EndOfDay: 40,
    Kind.SplitInstrument: 48,
    Kind.SetDealing: 56,
    Kind.SetMarkup: 56,
    Kind.PayDividend: 48,
}
"""Bytes of head and body; items and tail come after."""

ITEM: Final[dict[Kind, Layout]] = {
    Kind.DefineSession: {"account": (0, "u32")},
    Kind.MassQuote: {
        "instrument": (0, "u32"),
        "bid_price": (8, "i64"),
        "bid_quantity": (16, "i64"),
        "ask_price": (24, "i64"),
        "ask_quantity": (32, "i64"),
    },
    Kind.SetSchedule: {"at_ns": (0, "i64"), "phase": (8, "u8")},
    Kind.SetTicks: {"from_price": (0, "i64"), "tick": (8, "i64")},
    Kind.DefineGroup: {"traded": (0, "i64"), "plan": (8, "u8")},
}
"""Fields of an item, of the kinds that have items."""
ITEM_BYTES: Final[dict[Kind, int]] = {
    Kind.DefineSession: 8,
    Kind.MassQuote: 40,
    Kind.SetSchedule: 16,
    Kind.SetTicks: 16,
    Kind.DefineGroup: 16,
}

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


def encode(kind: Kind, *, items: Sequence[Mapping[str, int]] = (), tail: bytes = b"", **values: int | bytes) -> bytes:
    """One command record.

    Args:
        kind: which command.
        items: their fields, of a kind that has items.
        tail: at most 128 bytes.
        values: fields of head and body by name; the rest is zero. Names and codes are bytes, filled up with zeros.

    Raises: KeyError: the kind has no such field. struct.error: a value does not fit its field.
    """
    size = ITEM_BYTES.get(kind, 0)
    used = BYTES[kind] + size * len(items) + len(tail)
    record = bytearray(-(-used // 8) * 8)
    layout = HEAD | BODY[kind]
    shape = {"length": len(record), "kind": int(kind), "version": 1, "items": len(items), "tail": len(tail)}
    for name, value in (values | shape).items():
        offset, code = layout[name]
        struct.pack_into(CODES[code], record, offset, value)
    for index, item in enumerate(items):
        for name, value in item.items():
            offset, code = ITEM[kind][name]
            struct.pack_into(CODES[code], record, BYTES[kind] + size * index + offset, value)
    record[used - len(tail) : used] = tail
    return bytes(record)


@dataclass(frozen=True, slots=True)
class Command:
    """A command taken apart; `command["price"]` is a number, `names["symbol"]` the bytes of a name."""

    kind: Kind
    record: bytes
    numbers: dict[str, int]
    names: dict[str, bytes]
    items: tuple[dict[str, int], ...]

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
    size = ITEM_BYTES.get(kind, 0)
    used = items_at + size * head["items"] + head["tail"]
    if head["tail"] > MAX_TAIL or len(record) != -(-used // 8) * 8 or any(record[used:]):
        raise MalformedError(f"{head['items']} items and a tail of {head['tail']} in {len(record)} bytes")
    if head["items"] and kind not in ITEM:
        raise MalformedError(f"{kind.name} with items")
    body = {name: struct.unpack_from(CODES[code], record, offset)[0] for name, (offset, code) in BODY[kind].items()}
    items = tuple(
        {
            name: struct.unpack_from(CODES[code], record, items_at + size * index + offset)[0]
            for name, (offset, code) in ITEM[kind].items()
        }
        for index in range(head["items"])
    )
    numbers = {name: value for name, value in (head | body).items() if isinstance(value, int)}
    names = {name: value for name, value in body.items() if isinstance(value, bytes)}
    return Command(kind, record, numbers, names, items)


def describe(record: bytes) -> str:
    """A command in one line: its fields that are not zero, for messages of tests."""
    command = decode(record)
    words = [f"{name}={value}" for name, value in command.numbers.items() if value and name not in SHAPE]
    words += [f"{name}={value.rstrip(bytes(1))!r}" for name, value in command.names.items() if any(value)]
    words += [f"items={[*map(str, command.items)]}"] if command.items else []
    words += [f"tail={command['tail']}"] if command["tail"] else []
    return " ".join([command.kind.name, *words])
