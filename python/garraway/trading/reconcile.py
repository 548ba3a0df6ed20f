"""What a strategy sent against what the venue has: read at each start, shown, and decided by a rule. Touches files.

    ReconcileError
    ├── IntentsDamaged    the file of intents is not what was written
    └── Unreconciled      the differences are of a kind with which a strategy may not go on

The rule (docs/guides/live.md): commands that never arrived are forgotten, orders that an earlier run left open are
cancelled, and the strategy goes on. Where the venue lacks what it had acknowledged, or the account has orders or fills
that the strategy did not send, it refuses, unless it is told to go on with a reason.
"""

import struct
import zlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

import numpy as np

from garraway.records import EVENTS, EventArray, Side, head
from garraway.venues import OpenOrders, Order

RECORD_BYTES: Final = 96
_INTENT: Final = struct.Struct(f"<IIQ{RECORD_BYTES}s")
"""CRC-32 of the rest, version, number at the source, the command."""
VERSION: Final = 1
_OWN_KINDS: Final = ("Filled", "Posted", "Rejected", "Accepted", "Canceled", "Replaced", "Activated", "Triggered")

Verdict = Literal["agrees", "never arrived", "left open", "missing", "foreign order", "foreign fill"]
REFUSED: Final[frozenset[Verdict]] = frozenset({"missing", "foreign order", "foreign fill"})


class ReconcileError(Exception):
    """What was sent and what the venue has cannot be brought together."""


class IntentsDamaged(ReconcileError):
    """The file of intents is not what was written."""


class Unreconciled(ReconcileError):
    """The differences are of a kind with which a strategy may not go on."""


@dataclass(frozen=True, slots=True)
class Intent:
    """A command that was about to be sent under a number of the source."""

    source_seq: int
    record: bytes

    @property
    def client_ref(self) -> int:
        """The reference that it carries."""
        return int(head(self.record)["client_ref"])

    @property
    def account(self) -> int:
        """The account that it is for."""
        return int(head(self.record)["account"])

    @property
    def kind(self) -> int:
        """Code of its kind."""
        return self.record[2]


class Intents:
    """The file in which each command stands before it is sent. What was half written by a kill is cut off."""

    def __init__(self, path: Path) -> None:
        """Opens or makes it (mode 0600). Raises: IntentsDamaged."""
        self.path = path
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600)
        whole = path.stat().st_size // _INTENT.size * _INTENT.size
        self._file = path.open("r+b", buffering=0)
        self._file.truncate(whole)
        self._file.seek(0, 2)

    def read(self) -> list[Intent]:
        """All of them, in order. Raises: IntentsDamaged: one is not what was written, or out of order."""
        content = self.path.read_bytes()
        found: list[Intent] = []
        for at in range(0, len(content), _INTENT.size):
            crc, version, source_seq, record = _INTENT.unpack_from(content, at)
            if crc != zlib.crc32(content[at + 4 : at + _INTENT.size]) or version != VERSION:
                raise IntentsDamaged(
                    f"{self.path} is damaged at byte {at}: restore it from a backup, or move it away and start with "
                    f"--accept-differences --reason TEXT"
                )
            found.append(Intent(source_seq, record))
        return found

    def add(self, source_seq: int, record: bytes) -> None:
        """Writes one; it is in the operating system's hands when this returns, so that it survives the process."""
        packed = struct.pack(f"<IQ{RECORD_BYTES}s", VERSION, source_seq, record[:RECORD_BYTES])
        self._file.write(zlib.crc32(packed).to_bytes(4, "little") + packed)

    def close(self) -> None:
        """Closes the file."""
        self._file.close()


@dataclass(slots=True)
class Held:
    """What trading brought of an instrument; cost, gains and fees in ledger units of its quote asset."""

    lots: int = 0
    cost: int = 0
    """What the open lots cost, negative when short."""
    realised: int = 0
    fees: int = 0

    def trade(self, lots: int, value: int, fee: int) -> None:
        """A fill of signed lots. The closed part's share of the cost is rounded half up; the rest stays."""
        paid = -value if lots < 0 else value
        self.fees += fee
        if self.lots == 0 or (self.lots > 0) == (lots > 0):
            self.lots += lots
            self.cost += paid
            return
        closing = min(abs(lots), abs(self.lots))
        closing_paid = paid // abs(lots) * closing
        share = (2 * self.cost * closing + abs(self.lots)) // (2 * abs(self.lots))
        self.realised -= share + closing_paid
        self.cost += paid - closing_paid - share
        self.lots += lots


@dataclass(slots=True)
class AccountStanding:
    """One account as the event log tells it: orders, positions, money, references. A fold."""

    account: int
    orders: OpenOrders = field(init=False)
    positions: dict[int, Held] = field(default_factory=dict)
    """instrument -> what trading brought; deposits of a base asset are no position."""
    posted: dict[int, int] = field(default_factory=dict)
    """asset -> deposits less withdrawals and all other postings, in ledger units."""
    last_ref: int = 0
    """The highest reference that the account has used."""
    refs: set[int] = field(default_factory=set)
    """References of orders that the venue answered."""
    fills: dict[int, int] = field(default_factory=dict)
    """client_ref -> lots filled."""
    sources: dict[int, int] = field(default_factory=dict)
    """client_ref -> source of the order."""
    killed: bool = False
    """Whether the account's kill switch is thrown."""

    def __post_init__(self) -> None:
        """Follows this account's orders alone."""
        self.orders = OpenOrders(account=self.account)

    def apply(self, events: EventArray) -> None:
        """Takes a batch of events, in order."""
        for _ in self.orders.apply(events):
            pass
        for event in events[events["kind"] == EVENTS["KillSet"]]:
            if event["fee"] == 1 and event["value"] == self.account:
                self.killed = bool(event["detail"])
        own = events[events["account"] == self.account]
        own = own[np.isin(own["kind"], [EVENTS[name] for name in _OWN_KINDS])]
        if not len(own):
            return
        told = own[own["client_ref"] > 0]
        if len(told):
            self.last_ref = max(self.last_ref, int(told["client_ref"].max()))
            self.refs.update(told["client_ref"].tolist())
        for event in own[(own["kind"] == EVENTS["Accepted"]) | (own["kind"] == EVENTS["Replaced"])]:
            self.sources.setdefault(int(event["client_ref"]), int(event["source"]))
        for event in own[own["kind"] == EVENTS["Posted"]]:
            asset = int(event["instrument"])
            self.posted[asset] = self.posted.get(asset, 0) + int(event["value"])
        for event in own[own["kind"] == EVENTS["Filled"]]:
            lots = int(event["quantity"])
            ref = int(event["client_ref"])
            self.fills[ref] = self.fills.get(ref, 0) + lots
            held = self.positions.setdefault(int(event["instrument"]), Held())
            signed = lots if event["side"] == Side.BUY else -lots
            held.trade(signed, int(event["value"]), int(event["fee"]))

    def open_orders(self) -> list[Order]:
        """Open orders by reference."""
        return sorted(self.orders.by_key.values(), key=lambda order: order.client_ref)


@dataclass(frozen=True, slots=True)
class Difference:
    """One line of the table."""

    verdict: Verdict
    client_ref: int
    ours: str
    venue: str

    @property
    def refuses(self) -> bool:
        """Whether a strategy may not go on with it."""
        return self.verdict in REFUSED


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """What came of it."""

    agreed: int
    """Intents that the venue has as they were sent."""
    differences: tuple[Difference, ...]
    last_source_seq: int
    next_ref: int
    """The first reference that a new order may carry."""
    left_open: tuple[Order, ...]

    @property
    def refused(self) -> tuple[Difference, ...]:
        """Those with which a strategy may not go on."""
        return tuple(one for one in self.differences if one.refuses)

    def check(self) -> None:
        """Raises: Unreconciled."""
        if self.refused:
            told = "; ".join(f"{one.verdict}, reference {one.client_ref}: {one.venue}" for one in self.refused[:3])
            raise Unreconciled(
                f"{len(self.refused)} differences between what was sent and what the venue has ({told}): look at them, "
                f"then start with --accept-differences --reason TEXT"
            )


def reconcile(
    intents: Collection[Intent], standing: AccountStanding, *, source: int, last_source_seq: int, commands: set[int]
) -> Reconciliation:
    """Compares what was sent with what the venue has.

    Args:
        intents: what the strategy was about to send, in order.
        standing: the account as the event log tells it, up to the source's last number at least.
        source: the strategy's source.
        last_source_seq: the last number of it that the venue has.
        commands: codes of the commands that use up a reference: PlaceOrder and ReplaceOrder.
    """
    placed = [intent for intent in intents if intent.kind in commands and intent.account == standing.account]
    arrived = {one.client_ref for one in placed if one.source_seq <= last_source_seq}
    differences = [
        *_lost(placed, standing, last_source_seq),
        *_left_open(standing, arrived, source),
        *_foreign_fills(standing, arrived, source),
    ]
    missing = sum(one.verdict == "missing" for one in differences)
    left_open = tuple(standing.open_orders())
    return Reconciliation(
        agreed=len(arrived) - missing,
        differences=tuple(sorted(differences, key=lambda one: one.client_ref)),
        last_source_seq=last_source_seq,
        next_ref=standing.last_ref + 1,
        left_open=left_open,
    )


def _lost(placed: Collection[Intent], standing: AccountStanding, last_source_seq: int) -> Iterator[Difference]:
    """Intents that did not reach the venue, and those that it should have and has not."""
    for intent in placed:
        if intent.source_seq > last_source_seq:
            venue = f"its last number is {last_source_seq}"
            yield Difference("never arrived", intent.client_ref, f"sent as number {intent.source_seq}", venue)
        elif intent.client_ref not in standing.refs:
            yield Difference("missing", intent.client_ref, f"sent as number {intent.source_seq}", "no trace of it")


def _left_open(standing: AccountStanding, arrived: set[int], source: int) -> Iterator[Difference]:
    for order in standing.open_orders():
        own = order.client_ref in arrived or standing.sources.get(order.client_ref) == source
        told = f"{Side(order.side).name.lower()} {order.leaves} lots at {order.price} open"
        ours = "sent by an earlier run" if own else "not sent by this strategy"
        yield Difference("left open" if own else "foreign order", order.client_ref, ours, told)


def _foreign_fills(standing: AccountStanding, arrived: set[int], source: int) -> Iterator[Difference]:
    """Fills of orders that came from elsewhere and are open no more. An order of this source is never foreign."""
    still_open = {order.client_ref for order in standing.open_orders()}
    for ref, lots in standing.fills.items():
        foreign = ref not in arrived and standing.sources.get(ref) != source
        if foreign and ref not in still_open:
            yield Difference("foreign fill", ref, "not sent by this strategy", f"{lots} lots filled")
