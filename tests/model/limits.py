"""Bounds, reserved numbers and scales, copied by hand from docs/reference/limits.md and docs/concepts/engine.md."""

from typing import Final

MAX_SOURCE: Final = 1023
MAX_ASSET: Final = 4095
MAX_INSTRUMENT: Final = 65535
MAX_ACCOUNT: Final = 1048575
MAX_SESSION: Final = 65535
MAX_ORDERS: Final = 16777216
MAX_ORDER_QUANTITY: Final = 4294967295
MAX_FEE_RATE: Final = 100000000
MAX_REF_STEP: Final = 4294967296
MAX_SCALE: Final = 12
MAX_GROUP: Final = 4095
MAX_FEE_PLAN: Final = 255
MAX_TICK_STEPS: Final = 64
MAX_SCHEDULED: Final = 128
MAX_SWEEPS: Final = 64
SWEEP_ORDERS: Final = 65536
LOOKS_PER_EVENT: Final = 2
"""Of a sweep, for each event of a slice: 65,536 with 32,768 events."""
MAX_CHILDREN: Final = 2
SOURCE_WINDOW: Final = 1024
MAX_EVENTS: Final = 32768
MAX_COMMAND: Final = 4096
MAX_TAIL: Final = 128

MIN_EVENTS: Final = 8
"""Smallest slice that an engine can be made with."""

GATEWAY: Final = 0
OPERATOR: Final = 1
FIRST_SOURCE: Final = 2

OUTSIDE: Final = 1
"""The venue's account from which every deposit comes."""
FEE_INCOME: Final = 2
SETTLEMENT: Final = 3
"""Settlement of futures."""
HOUSE: Final = 4
"""The counterpart of positions that the house deals."""
FIRST_ACCOUNT: Final = 16

BILLION: Final = 1_000_000_000
I64_MAX: Final = 2**63 - 1
I64_MIN: Final = -(2**63)
U64_MAX: Final = 2**64 - 1
