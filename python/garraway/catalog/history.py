"""The engine in this process with the participants of a recorded day. Touches `_native` and records.

All goes in as ordinary commands: the operator defines and deposits, the source `history` trades, `phases` changes the
instrument's phase. Time is that of the record: ns since the recorded day's midnight, or since 1970 where it has a date.
"""

import hashlib
from copy import copy
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import numpy as np

from garraway import _native
from garraway.catalog.errors import CommandRefused
from garraway.catalog.lobster import NO_ASK, Level
from garraway.records import (
    EVENT,
    EVENTS,
    EventArray,
    InstrumentKind,
    OrderType,
    Phase,
    PriceKind,
    Rights,
    Side,
    TimeInForce,
    encode,
    reject,
    stamped,
)

OPERATOR: Final = 1
HISTORY: Final = 2
"""The source of the participants' commands."""
PHASES: Final = 3
"""The source of changes of phase, and of the reference price."""
INSTRUMENT: Final = 1
QUOTE: Final = 1
BASE: Final = 2
QUOTE_DEPOSITED: Final = 9 * 10**18
"""In ledger units, to each account, near the largest deposit there is: 90 billion dollars in units of 1e-8."""
BASE_DEPOSITED: Final = 10**15


class Account(IntEnum):
    """Who trades."""

    OPENING = 16
    """Owns the anonymous orders of the opening book."""
    RESTING = 17
    """The participants whose orders the file introduces."""
    AGGRESSORS = 18
    """The participants who take them."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What the instrument is traded in: the engine's own numbers of a listing."""

    quote: str = "USD"
    quote_scale: int = 8
    base: str = "SHARE"
    price_unit: int = 10**5
    """In 1e-9 of the quote asset."""
    max_price: int = NO_ASK - 1


DOLLARS_AND_SHARES: Final = Terms()
"""Priced in 0.0001 dollars, traded in single shares."""


@dataclass(frozen=True, slots=True)
class Resting:
    """An open order."""

    order: int
    account: int
    client_ref: int
    price: int
    leaves: int
    filled: int


class _Draft:
    """A command of fixed size that is sent again and again with other values."""

    def __init__(self, record: bytes) -> None:
        self._record = np.frombuffer(bytearray(record), dtype=_native.COMMAND)
        self._columns = {name: self._record[name] for name in _native.COMMAND.names or ()}

    def encoded(self, **values: int) -> bytes:
        """The record with these values."""
        for name, value in values.items():
            self._columns[name][0] = value
        return self._record.tobytes()


class History:
    """One instrument and three funded accounts."""

    def __init__(self, symbol: str, terms: Terms = DOLLARS_AND_SHARES) -> None:
        """An empty book of `symbol`."""
        self._engine = _native.Engine()
        self._out = np.zeros(_native.MIN_EVENTS, dtype=EVENT)
        self._kinds, self._refs = self._out["kind"], self._out["client_ref"]
        self._hash = hashlib.sha256()
        self.events = 0
        self._source_seq = {OPERATOR: 0, HISTORY: 0, PHASES: 0}
        self._last_ref = dict.fromkeys(Account, 0)
        limit = OrderType.LIMIT
        self._place = _Draft(encode("PlaceOrder", source=HISTORY, instrument=INSTRUMENT, order_type=limit))
        self._cancel = _Draft(encode("CancelOrder", source=HISTORY, instrument=INSTRUMENT))
        self._replace = _Draft(encode("ReplaceOrder", source=HISTORY, instrument=INSTRUMENT))
        self._define(symbol, terms)

    def place(self, account: Account, *, side: int, price: int, quantity: int, at_ns: int) -> int:
        """Places an order that must rest, and gives its reference. Raises: CommandRefused."""
        made = self._order(account, side, price, quantity, TimeInForce.GOOD_TILL_CANCEL, at_ns)
        assert made == 1, "an order traded that was to rest"
        return self._last_ref[account]

    def place_at_open(self, account: Account, *, side: int, price: int, quantity: int, at_ns: int) -> None:
        """Places an order for the opening auction alone: what is left of it is cancelled. Raises: CommandRefused."""
        made = self._order(account, side, price, quantity, TimeInForce.AT_OPEN, at_ns)
        assert made == 1, "an order traded while orders were collected"

    def set_phase(self, phase: Phase, *, at_ns: int) -> EventArray:
        """Changes the instrument's phase, and gives all events of that. Raises: CommandRefused."""
        made = [self._at(at_ns, encode("SetPhase", instrument=INSTRUMENT, phase=phase))]
        while len(made[-1]):
            made.append(self._go_on(at_ns))
        return np.concatenate(made)

    def set_reference(self, price: int, *, at_ns: int) -> None:
        """Sets the instrument's reference price. Raises: CommandRefused."""
        self._at(at_ns, encode("SetReference", instrument=INSTRUMENT, price=price, what=PriceKind.REFERENCE))

    def tick(self, *, at_ns: int) -> EventArray:
        """Tells the time, and gives the events of that. Raises: CommandRefused."""
        made = self._apply(encode("Tick"), at_ns)
        return self._out[:made].copy()

    def fork(self) -> "History":
        """The same once more: what is done to one is not done to the other."""
        other = copy(self)
        vars(other).update(
            _engine=_native.Engine.restore(self._engine.snapshot()),
            _hash=self._hash.copy(),
            _source_seq=dict(self._source_seq),
            _last_ref=dict(self._last_ref),
        )
        return other

    def take(self, resting: Resting, *, side: int, quantity: int, at_ns: int) -> None:
        """An aggressor trades with `resting`, which stands first on the other side. Raises: CommandRefused."""
        made = self._order(Account.AGGRESSORS, side, resting.price, quantity, TimeInForce.IMMEDIATE_OR_CANCEL, at_ns)
        assert made == 4, "an aggressor met other than the one order that the dry run named"
        assert int(self._kinds[1]) == EVENTS["Traded"]
        assert int(self._refs[1]) == resting.order

    def reduce(self, resting: Resting, *, by: int, at_ns: int) -> None:
        """Cancels `by` shares of an order. Raises: CommandRefused."""
        assert 1 <= by <= resting.leaves
        record = self._cancel.encoded(
            account=resting.account,
            client_ref=resting.client_ref,
            quantity=resting.filled + resting.leaves - by,
            source_seq=self._next_seq(HISTORY),
        )
        self._apply(record, at_ns)

    def replace(self, resting: Resting, *, price: int, leaves: int, at_ns: int) -> int:
        """Moves an order, which must rest again, and gives its new reference. Raises: CommandRefused."""
        self._last_ref[Account(resting.account)] += 1
        ref = self._last_ref[Account(resting.account)]
        record = self._replace.encoded(
            account=resting.account,
            client_ref=ref,
            target=resting.client_ref,
            price=price,
            quantity=resting.filled + leaves,
            source_seq=self._next_seq(HISTORY),
        )
        made = self._apply(record, at_ns)
        assert made == 1, "an order traded that was to rest"
        assert int(self._kinds[0]) == EVENTS["Replaced"]
        return ref

    def order(self, account: Account, client_ref: int) -> Resting | None:
        """An open order."""
        row = self._engine.order(account, client_ref)
        return None if row is None else Resting(*row[:6])

    def first_met(self, side: int, price: int) -> Resting | None:
        """The order that an incoming order of `side` would meet first: a dry run of matching, which changes nothing."""
        row = self._engine.would_meet(INSTRUMENT, side, price)
        return None if row is None else Resting(*row[:6])

    def levels(self, side: Side, depth: int) -> list[Level]:
        """The best levels of a side, price and quantity, best first."""
        return [(price, quantity) for price, quantity, _ in self._engine.levels(INSTRUMENT, side, depth).tolist()]

    def check(self) -> None:
        """Proves the engine's invariants. Raises: RuntimeError."""
        self._engine.check()

    @property
    def commands(self) -> int:
        """Commands applied."""
        return self._engine.last_seq

    @property
    def open_orders(self) -> int:
        """Orders open."""
        return self._engine.open_orders

    @property
    def state_hash(self) -> str:
        """Hash of the engine's canonical state."""
        return f"{self._engine.state_hash():016x}"

    @property
    def events_hash(self) -> str:
        """SHA-256 of all events."""
        return self._hash.hexdigest()

    def _order(self, account: Account, side: int, price: int, quantity: int, tif: TimeInForce, at_ns: int) -> int:
        self._last_ref[account] += 1
        record = self._place.encoded(
            account=account,
            client_ref=self._last_ref[account],
            side=side,
            price=price,
            quantity=quantity,
            time_in_force=tif,
            source_seq=self._next_seq(HISTORY),
        )
        return self._apply(record, at_ns)

    def _next_seq(self, source: int) -> int:
        self._source_seq[source] += 1
        return self._source_seq[source]

    def _apply(self, record: bytes, at_ns: int) -> int:
        """Applies one command and counts its events."""
        taken, made = self._engine.apply(record, at_ns, self._out)
        assert taken == 1
        assert made >= 1
        self._count(made)
        if self._kinds[0] == EVENTS["Rejected"]:
            raise CommandRefused(str(reject(int(self._out["detail"][0]))))
        return made

    def _go_on(self, at_ns: int) -> EventArray:
        """Events of what did not fit into the command before; none when all of it is done."""
        _, made = self._engine.apply(b"", at_ns, self._out)
        self._count(made)
        return self._out[:made].copy()

    def _count(self, made: int) -> None:
        self._hash.update(self._out[:made].tobytes())
        self.events += made

    def _at(self, at_ns: int, record: bytes) -> EventArray:
        made = self._apply(stamped(record, source=PHASES, source_seq=self._next_seq(PHASES)), at_ns)
        return self._out[:made].copy()

    def _operate(self, record: bytes) -> None:
        self._apply(stamped(record, source=OPERATOR, source_seq=self._next_seq(OPERATOR)), 0)

    def _define(self, symbol: str, terms: Terms) -> None:
        most, unlimited = _native.LIMITS["MAX_ORDER_QUANTITY"], 2**63 - 1
        self._operate(encode("DefineSource", defined=HISTORY, name="history", rights=Rights.TRADE))
        self._operate(encode("DefineSource", defined=PHASES, name="phases", rights=Rights.OPERATE))
        self._operate(encode("DefineAsset", asset=QUOTE, code=terms.quote, scale=terms.quote_scale, display=2))
        self._operate(encode("DefineAsset", asset=BASE, code=terms.base, scale=0, display=0))
        self._operate(
            encode(
                "ListInstrument",
                instrument=INSTRUMENT,
                kind=InstrumentKind.SPOT,
                phase=Phase.CONTINUOUS,
                symbol=symbol,
                base_asset=BASE,
                quote_asset=QUOTE,
                execution=1,
                price_unit=terms.price_unit,
                lot_size=10**9,
                tick=1,
                min_price=1,
                max_price=terms.max_price,
                max_quantity=most,
                max_notional=unlimited,
            )
        )
        for account in Account:
            self._operate(
                encode(
                    "OpenAccount",
                    account=account,
                    firm=1,
                    max_quantity=most,
                    max_notional=unlimited,
                    max_open_orders=_native.LIMITS["MAX_ORDERS"],
                )
            )
            self._operate(encode("Deposit", account=account, asset=QUOTE, amount=QUOTE_DEPOSITED))
            self._operate(encode("Deposit", account=account, asset=BASE, amount=BASE_DEPOSITED))
