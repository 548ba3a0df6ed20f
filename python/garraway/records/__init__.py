"""Commands and events as bytes and arrays. Touches `garraway._native` alone: no second copy of a layout.

A command is encoded by the name of its kind and the names of its fields, as in docs/reference/commands.md; events are
NumPy arrays of dtype `EVENT`, as in docs/reference/events.md.
"""

from garraway.records.codes import (
    Canceling,
    Liquidity,
    OrderType,
    Posting,
    Rights,
    SelfTrade,
    SelfTradeOf,
    Side,
    TimeInForce,
)
from garraway.records.commands import (
    KINDS,
    FieldInvalid,
    FieldUnknown,
    KindUnknown,
    RecordsError,
    Value,
    body,
    encode,
    head,
    session_account,
    stamped,
)
from garraway.records.events import EVENT, EVENTS, EventArray, command_seq, of_kind
from garraway.records.rejects import Reject, reject

__all__ = [
    "EVENT",
    "EVENTS",
    "KINDS",
    "Canceling",
    "EventArray",
    "FieldInvalid",
    "FieldUnknown",
    "KindUnknown",
    "Liquidity",
    "OrderType",
    "Posting",
    "RecordsError",
    "Reject",
    "Rights",
    "SelfTrade",
    "SelfTradeOf",
    "Side",
    "TimeInForce",
    "Value",
    "body",
    "command_seq",
    "encode",
    "head",
    "of_kind",
    "reject",
    "session_account",
    "stamped",
]
