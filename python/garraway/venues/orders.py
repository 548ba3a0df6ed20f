"""Open orders as the event log tells them: a fold. Touches nothing but `records`.

An order is known by account and client_ref. Long stretches of log are thinned first: an order that a batch ends leaves
nothing behind, so only the events of those that it leaves open are walked one by one.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from garraway.records import EVENTS, EventArray

THIN_FROM: Final = 4_096
"""Events of a batch from which on thinning pays."""
_ORDER_KINDS: Final = ("Accepted", "Canceled", "Replaced", "Filled")

Key = tuple[int, int]
"""(account, client_ref)"""


@dataclass(frozen=True, slots=True)
class Order:
    """An open order; price in price units, leaves and filled in lots."""

    account: int
    client_ref: int
    instrument: int
    side: int
    price: int
    leaves: int
    filled: int


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

    def apply(self, events: EventArray) -> Iterator[Change]:
        """Takes a batch of events, in order; yields each change. Exhaust it."""
        mine = np.isin(events["kind"], [EVENTS[name] for name in _ORDER_KINDS])
        if self.account is not None:
            mine &= events["account"] == self.account
        events = events[mine]
        if len(events) >= THIN_FROM:
            events, ended = _thinned(events)
            for key in self.by_key.keys() & ended:
                yield Change(self.by_key.pop(key), None)
        for event in events:
            yield from self._take(event)

    def _take(self, event: EventArray) -> Iterator[Change]:
        kind, account, leaves = int(event["kind"]), int(event["account"]), int(event["leaves"])
        key = (account, int(event["client_ref"]))
        if kind == EVENTS["Replaced"]:
            gone = self.by_key.pop((account, int(event["fee"])), None)
            yield self._keep(key, gone, _order(event))
        elif kind == EVENTS["Accepted"]:
            yield self._keep(key, None, _order(event))
        elif key in self.by_key:
            order = self.by_key.pop(key)
            filled = order.filled + int(event["quantity"]) if kind == EVENTS["Filled"] else order.filled
            yield self._keep(key, order, replace(order, leaves=leaves, filled=filled))

    def _keep(self, key: Key, before: Order | None, after: Order) -> Change:
        if after.leaves == 0:
            return Change(before, None)
        self.by_key[key] = after
        return Change(before, after)


def _order(event: EventArray) -> Order:
    return Order(
        int(event["account"]),
        int(event["client_ref"]),
        int(event["instrument"]),
        int(event["side"]),
        int(event["price"]),
        int(event["leaves"]),
        int(event["quantity"]) - int(event["leaves"]),
    )


def _thinned(events: EventArray) -> tuple[EventArray, set[Key]]:
    """The events of orders that the stretch leaves open, and the keys of those that it ends."""
    replaced = events[events["kind"] == EVENTS["Replaced"]]
    accounts = np.concatenate([events["account"], replaced["account"]])
    refs = np.concatenate([events["client_ref"], replaced["fee"].astype(np.uint64)])
    key_accounts, account_places = np.unique(accounts, return_inverse=True)
    key_refs, ref_places = np.unique(refs, return_inverse=True)
    keys, which = np.unique(account_places * len(key_refs) + ref_places, return_inverse=True)
    ended = np.zeros(len(keys), dtype=bool)
    ended[which[: len(events)]] = events["leaves"] == 0  # of equal keys the last one counts
    ended[which[len(events) :]] = True  # a reference that was replaced never comes back
    gone = keys[ended]
    pairs = zip(key_accounts[gone // len(key_refs)].tolist(), key_refs[gone % len(key_refs)].tolist(), strict=True)
    return events[~ended[which[: len(events)]]], set(pairs)
