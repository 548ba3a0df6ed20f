"""The event record of 96 bytes, from docs/reference/events.md, and the events of one command."""

import struct
from dataclasses import astuple, dataclass, field, fields
from enum import IntEnum
from typing import Final


class EventKind(IntEnum):
    """Which event it is."""

    SourceDefined = 1
    AssetDefined = 2
    InstrumentListed = 3
    AccountOpened = 4
    SessionDefined = 5
    Posted = 6
    Accepted = 7
    Rejected = 8
    Canceled = 9
    Replaced = 10
    Traded = 11
    Filled = 12
    Ticked = 13
    Closed = 14
    PhaseChanged = 15
    Uncrossed = 16
    Indicated = 17
    Triggered = 18
    Refilled = 19
    Activated = 20
    SweepBegun = 21
    SweepEnded = 22
    ScheduleSet = 23
    ReferenceSet = 24
    RulesSet = 25
    TicksSet = 26
    FeePlanDefined = 27
    GroupDefined = 28
    AccountChanged = 29
    LimitsSet = 30
    KillSet = 31
    RestrictionSet = 32
    DayEnded = 33
    DayPrices = 34
    DayTurnover = 35
    FeePlanChanged = 36
    InstrumentChanged = 37
    InstrumentSplit = 38
    OrderSplit = 39
    TradeBusted = 40
    UncleanStarted = 41
    PositionMarked = 42
    Quoted = 43
    DealingSet = 44
    MarkupSet = 45
    PositionChanged = 46
    DividendPaid = 47


# u16 length, u8 kind, u8 version, u32 account, u64 event_id, i64 at_ns, u32 instrument, u16 source, u8 side, u8 detail,
# u64 source_seq, u64 client_ref, then six i64.
LAYOUT: Final = struct.Struct("<HBBIQqIHBBQQqqqqqq")
SIZE: Final = 96
assert LAYOUT.size == SIZE


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event, its fields in the order of the record."""

    length: int = SIZE
    kind: int
    version: int = 1
    account: int = 0
    event_id: int
    at_ns: int
    instrument: int = 0
    source: int = 0
    side: int = 0
    detail: int = 0
    source_seq: int = 0
    client_ref: int = 0
    price: int = 0
    quantity: int = 0
    leaves: int = 0
    value: int = 0
    fee: int = 0
    released: int = 0


FIELDS: Final = tuple(each.name for each in fields(Event))


def encode(event: Event) -> bytes:
    """The event as 96 bytes, without a tail."""
    return LAYOUT.pack(*astuple(event))


def decode(record: bytes) -> Event:
    """The event of 96 bytes."""
    return Event(**dict(zip(FIELDS, LAYOUT.unpack(record), strict=True)))


@dataclass(slots=True)
class Reply:
    """The events that one command makes."""

    command_seq: int
    at_ns: int
    source: int
    source_seq: int
    made: list[Event] = field(default_factory=list)
    own: object = None
    """The order that the command itself is about, while it acts: its events carry the command's source."""
    reserve: int = 0
    """Events for which room is kept beside what a step needs."""

    def say(self, kind: EventKind, *, named: bool = True, **values: int) -> int:
        """Adds an event and returns its id.

        Args:
            kind: which event.
            named: it is of the account or definition that the command names, so the command's source stands on it.
            values: the fields that the kind uses.
        """
        event_id = self.command_seq << 16 | len(self.made)
        event = Event(
            kind=int(kind),
            event_id=event_id,
            at_ns=self.at_ns,
            source=self.source if named else 0,
            **({"source_seq": self.source_seq if named else 0} | values),
        )
        self.made.append(event)
        return event_id
