"""An event as the fold takes it apart: Python integers. Touches `records`.

References and source numbers are of 64 bits without a sign, columns of SQL have one: both are read with it, so 2^63 and
more count as negative.
"""

from typing import Final, NamedTuple

import numpy as np

from garraway.records import EVENT, EventArray


class Event(NamedTuple):
    """One event, in the order of docs/reference/events.md."""

    length: int
    kind: int
    version: int
    account: int
    event_id: int
    at_ns: int
    instrument: int
    source: int
    side: int
    detail: int
    source_seq: int
    client_ref: int
    price: int
    quantity: int
    leaves: int
    value: int
    fee: int
    released: int


assert Event._fields == EVENT.names, "the fold and the records name an event's fields alike"

Fields = tuple[int, ...]
"""The fields of `Event` without their names: hot handlers take them apart at once."""
_SIGNED: Final = np.dtype([(name, "<i8" if EVENT[name] == np.uint64 else EVENT[name]) for name in Event._fields])
assert _SIGNED.itemsize == EVENT.itemsize, "an event has no gaps"


def fields_of(events: EventArray) -> list[Fields]:
    """The events of a batch."""
    found: list[Fields] = events.view(_SIGNED).tolist()
    return found
