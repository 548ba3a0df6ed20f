"""Ids of this facade: UUIDs that hold what they name, so that no table is needed. Touches nothing.

A UUID of version 8 (RFC 9562, section 5.8): 32 bits of account, 16 of kind, and in the 74 bits that are free a number
of 64. Whatever was not made by `uuid_of` names nothing.
"""

from enum import IntEnum
from typing import Final
from uuid import UUID

_LOW: Final = 62
_LOW_MASK: Final = 2**_LOW - 1
_VERSION: Final = 0x8 << 76
_VARIANT: Final = 0x2 << 62


class Kind(IntEnum):
    """What an id names: a number of an order is its reference, an asset's its instrument, an execution's its event."""

    ORDER = 1
    ACCOUNT = 2
    ASSET = 3
    EXECUTION = 4


def uuid_of(kind: Kind, *, account: int = 0, number: int = 0) -> str:
    """The id of a thing: account of 32 bits, number of 64."""
    assert 0 <= account < 2**32 and 0 <= number < 2**64  # noqa: PT018 - one condition: it fits
    high, low = number >> _LOW, number & _LOW_MASK
    return str(UUID(int=account << 96 | kind << 80 | _VERSION | high << 64 | _VARIANT | low))


def named_by(kind: Kind, text: str) -> tuple[int, int] | None:
    """Account and number that an id of this kind names; None: it is no such id."""
    try:
        value = UUID(text).int
    except ValueError:
        return None
    account, number = value >> 96, (value >> 64 & 0x3) << _LOW | value & _LOW_MASK
    return (account, number) if uuid_of(kind, account=account, number=number) == str(UUID(text)) else None
