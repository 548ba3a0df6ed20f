"""Open orders as the event log tells them: a fold. Touches nothing but `records`.

An order is known by account and client_ref. Long stretches of log are thinned first: a plain order that a batch ends
leaves nothing behind, so only the events of those that it leaves open, and of special ones, are walked one by one.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from garraway.records import EVENTS, Canceling, EventArray, Flags, Liquidity, OrderType, Phase, TimeInForce, command_seq

THIN_FROM: Final = 4_096
"""Events of a batch from which on thinning pays."""
_ORDER_KINDS: Final = (
    "Accepted",
    "Canceled",
    "Replaced",
    "Filled",
    "Triggered",
    "Refilled",
    "Activated",
    "OrderSplit",
)
_VENUE_KINDS: Final = ("PhaseChanged", "Uncrossed", "InstrumentSplit")
"""What happens to an instrument and changes what its orders show."""
_STOPS: Final = frozenset({OrderType.STOP, OrderType.STOP_LIMIT, OrderType.TRAILING_STOP})
_PEGS: Final = frozenset({OrderType.PRIMARY_PEG, OrderType.MIDPOINT_PEG, OrderType.MARKET_PEG})
_FLAGS_AT: Final = 256
"""`Accepted.value` is the order type and so many times the flags."""

Key = tuple[int, int]
"""(account, client_ref)"""


@dataclass(frozen=True, slots=True)
class Order:
    """An open order; price in price units, leaves and filled in lots.

    `order_id` is the id that it bears now, `display` the lots of an iceberg's whole slice (0: it is none), `slice_lots`
    what is left of the present one, `waits` whether it stands outside the book: a stop, a child, an order at the close
    before its auction.
    """

    account: int
    client_ref: int
    instrument: int
    side: int
    price: int
    leaves: int
    filled: int
    order_id: int = 0
    order_type: int = OrderType.LIMIT
    time_in_force: int = TimeInForce.GOOD_TILL_CANCEL
    flags: int = 0
    display: int = 0
    slice_lots: int = 0
    waits: bool = False

    @property
    def is_stop(self) -> bool:
        """Whether it was placed as a stop."""
        return self.order_type in _STOPS

    @property
    def special(self) -> bool:
        """Whether it is anything but a limit order that shows all that it has open."""
        return self.order_type != OrderType.LIMIT or self.flags != 0 or self.display != 0 or self.waits

    @property
    def shown_lots(self) -> int:
        """Lots that stand in the displayed book: none of what waits, is hidden or pegged, an iceberg's slice."""
        if self.waits or self.flags & Flags.HIDDEN or self.order_type in _PEGS:
            return 0
        return min(self.slice_lots, self.leaves) if self.display else self.leaves


@dataclass(frozen=True, slots=True)
class Change:
    """What one event did to the open orders: `before` went, `after` came; either may be None."""

    before: Order | None
    after: Order | None


@dataclass(slots=True)
class OpenOrders:
    """Open orders by (account, client_ref); of one account alone where `account` is given."""

    account: int | None = None
    by_key: dict[Key, Order] = field(default_factory=dict)
    _phases: dict[int, int] = field(default_factory=dict)
    _uncrossing: set[int] = field(default_factory=set)
    """Instruments whose auction trades at this moment: both sides of its trades are at rest."""
    _splits: dict[int, tuple[int, int]] = field(default_factory=dict)
    """The last split of an instrument: new ones, old ones."""

    def apply(self, events: EventArray) -> Iterator[Change]:
        """Takes a batch of events, in order; yields each change. Exhaust it."""
        of_orders = np.isin(events["kind"], [EVENTS[name] for name in _ORDER_KINDS])
        if self.account is not None:
            of_orders &= events["account"] == self.account
        events = events[of_orders | np.isin(events["kind"], [EVENTS[name] for name in _VENUE_KINDS])]
        if len(events) >= THIN_FROM:
            events, ended = _thinned(events, {key for key, order in self.by_key.items() if order.special})
            for key in self.by_key.keys() & ended:
                yield Change(self.by_key.pop(key), None)
        for event in events:
            kind = int(event["kind"])
            if kind in _VENUE_CODES:
                self._take_of_venue(kind, event)
            else:
                yield from self._take(kind, event)

    def _take_of_venue(self, kind: int, event: EventArray) -> None:
        instrument = int(event["instrument"])
        if kind == EVENTS["PhaseChanged"]:
            self._phases[instrument] = int(event["detail"])
            self._uncrossing.discard(instrument)
        elif kind == EVENTS["Uncrossed"]:
            self._uncrossing.add(instrument)
        else:
            self._splits[instrument] = int(event["quantity"]), int(event["leaves"])

    def _take(self, kind: int, event: EventArray) -> Iterator[Change]:
        key = int(event["account"]), int(event["client_ref"])
        if kind == EVENTS["Replaced"]:
            gone = self.by_key.pop((key[0], int(event["fee"])), None)
            yield self._keep(key, gone, _replaced(gone, event))
        elif kind == EVENTS["Accepted"]:
            yield self._keep(key, None, _accepted(event, self._phases.get(int(event["instrument"]))))
        elif key in self.by_key:
            order = self.by_key.pop(key)
            yield self._keep(key, order, self._changed(kind, order, event))

    def _changed(self, kind: int, order: Order, event: EventArray) -> Order:
        leaves = int(event["leaves"])
        if kind == EVENTS["Filled"]:
            at_rest = event["detail"] == Liquidity.MAKER or order.instrument in self._uncrossing
            filled = replace(order, leaves=leaves, filled=order.filled + int(event["quantity"]))
            return _sliced(filled, int(event["quantity"]) if at_rest else None)
        if kind == EVENTS["Canceled"]:
            return _canceled(order, event)
        if kind == EVENTS["OrderSplit"]:
            new, old = self._splits.get(order.instrument, (1, 1))
            return replace(order, price=int(event["price"]), leaves=leaves, filled=order.filled * new // old)
        started = replace(order, leaves=leaves, order_id=int(event["event_id"]))
        if kind == EVENTS["Refilled"]:
            return replace(started, slice_lots=int(event["quantity"]))
        still_waits = kind == EVENTS["Activated"] and order.is_stop
        return _sliced(replace(started, price=int(event["price"]), waits=still_waits), None)

    def _keep(self, key: Key, before: Order | None, after: Order) -> Change:
        if after.leaves == 0:
            return Change(before, None)
        self.by_key[key] = after
        return Change(before, after)


_VENUE_CODES: Final = frozenset(EVENTS[name] for name in _VENUE_KINDS)


def _accepted(event: EventArray, phase: int | None) -> Order:
    flags, order_type = divmod(int(event["value"]), _FLAGS_AT)
    display = int(event["fee"]) if order_type == OrderType.LIMIT else 0
    at_close = event["detail"] == TimeInForce.AT_CLOSE and phase != Phase.CLOSING_AUCTION
    waits = order_type in _STOPS or bool(flags & Flags.ONE_TRIGGERS_OTHER) or bool(at_close)
    return replace(
        _plain(event),
        order_type=order_type,
        time_in_force=int(event["detail"]),
        flags=flags,
        display=display,
        slice_lots=min(display, int(event["leaves"])),
        waits=waits,
    )


def _replaced(before: Order | None, event: EventArray) -> Order:
    if before is None:
        return _plain(event)
    after = _plain(event)
    kept = bool(event["detail"])
    order = replace(
        before,
        client_ref=after.client_ref,
        price=after.price,
        leaves=after.leaves,
        filled=after.filled,
        order_id=before.order_id if kept else after.order_id,
    )
    return replace(order, slice_lots=min(order.slice_lots, order.leaves)) if kept else _sliced(order, None)


def _canceled(order: Order, event: EventArray) -> Order:
    leaves = int(event["leaves"])
    entering = command_seq(order.order_id) == command_seq(int(event["event_id"]))
    if event["detail"] == Canceling.SELF_TRADE and not entering:
        return _sliced(replace(order, leaves=leaves), int(event["quantity"]))
    # Otherwise what is not shown goes first.
    return replace(order, leaves=leaves, slice_lots=min(order.slice_lots, leaves))


def _sliced(order: Order, taken_lots: int | None) -> Order:
    """An iceberg with so many lots of its slice gone; None: it enters, and will show a new slice once it rests."""
    if not order.display:
        return order
    left = min(order.display, order.leaves) if taken_lots is None else max(order.slice_lots - taken_lots, 0)
    return replace(order, slice_lots=left)


def _plain(event: EventArray) -> Order:
    return Order(
        int(event["account"]),
        int(event["client_ref"]),
        int(event["instrument"]),
        int(event["side"]),
        int(event["price"]),
        int(event["leaves"]),
        int(event["quantity"]) - int(event["leaves"]),
        int(event["event_id"]),
    )


def _thinned(events: EventArray, special: set[Key]) -> tuple[EventArray, set[Key]]:
    """The events that matter of a stretch, and the keys of the plain orders that it ends.

    Gone are the events of plain orders that end within it. What an order is told of once, when it is accepted, a plain
    one does not need: `Replaced` alone says all of it.
    """
    of_venue = np.isin(events["kind"], list(_VENUE_CODES))
    orders = events[~of_venue]
    is_replaced = orders["kind"] == EVENTS["Replaced"]
    replaced = orders[is_replaced]
    accounts = np.concatenate([orders["account"], replaced["account"]])
    refs = np.concatenate([orders["client_ref"], replaced["fee"].astype(np.uint64)])
    key_accounts, account_places = np.unique(accounts, return_inverse=True)
    key_refs, ref_places = np.unique(refs, return_inverse=True)
    keys, which = np.unique(account_places * len(key_refs) + ref_places, return_inverse=True)
    of_events, of_targets = which[: len(orders)], which[len(orders) :]
    key_places = keys // len(key_refs), keys % len(key_refs)
    pairs = list(zip(key_accounts[key_places[0]].tolist(), key_refs[key_places[1]].tolist(), strict=True))

    ended = np.zeros(len(keys), dtype=bool)
    ended[of_events] = orders["leaves"] == 0  # of equal keys the last one counts
    ended[of_targets] = True  # a reference that was replaced never comes back
    is_special = np.array([pair in special for pair in pairs], dtype=bool)
    is_special[of_events[_accepted_special(orders)]] = True
    for target, order in zip(of_targets.tolist(), of_events[is_replaced].tolist(), strict=True):
        is_special[order] |= is_special[target]
    ended &= ~is_special

    dropped = np.zeros(len(events), dtype=bool)
    dropped[~of_venue] = ended[of_events]
    return events[~dropped], {pairs[index] for index in ended.nonzero()[0].tolist()}


def _accepted_special(orders: EventArray) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    plain = (orders["value"] == OrderType.LIMIT) & (orders["fee"] == 0) & (orders["detail"] != TimeInForce.AT_CLOSE)
    found: np.ndarray[tuple[int], np.dtype[np.bool_]] = (orders["kind"] == EVENTS["Accepted"]) & ~plain
    return found
