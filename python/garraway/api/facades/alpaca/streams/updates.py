"""Events of orders as Alpaca's trade updates. An order is told as it was after the event. Touches `units`.

The fold may know of more by the time at which an event is told: what an order has filled, and for how much, is taken
back to the event; what it is does not change under one reference.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, Final, cast

import numpy as np
from numpy.typing import NDArray

from garraway.api.facades.alpaca import symbols
from garraway.api.facades.alpaca.account import execution_id
from garraway.api.facades.alpaca.rendering import order
from garraway.api.ports import FillRow, OrderRow
from garraway.api.rendering import at_text
from garraway.api.services import Services
from garraway.records import EVENTS, Canceling, EventArray
from garraway.records.commands import KINDS
from garraway.units import price_text, quantity_text, scaled_text
from garraway.venues import Instrument

Said = dict[str, Any]
KEPT: Final = 1_000
"""Fills that the fold keeps of an account."""
PLACE: Final = next(code for code, name in KINDS.items() if name == "PlaceOrder")
TOLD: Final = tuple(
    EVENTS[name]
    for name in ("Accepted", "Rejected", "Canceled", "Replaced", "Filled", "Triggered", "Activated", "OrderSplit")
)


class OrderLost(Exception):
    """An order of an event is not known any more: who listens has to read the orders anew."""


class Updates:
    """Trade updates of a batch of events, in order, of the accounts that are listened to."""

    def __init__(self, services: Services, events: EventArray, accounts: NDArray[np.uint32]) -> None:
        """Nothing is looked at yet."""
        mine = np.isin(events["kind"], TOLD) & np.isin(events["account"], accounts)
        self._events = events[mine]
        self._services = services
        self._fills: dict[int, Mapping[int, list[FillRow]]] = {}

    def __iter__(self) -> Iterator[tuple[int, Said]]:
        """Account and update. Raises: OrderLost."""
        for event in self._events:
            account, client_ref = int(event["account"]), int(event["client_ref"])
            kind = int(event["kind"])
            if kind == EVENTS["Rejected"] and int(event["value"]) != PLACE:
                continue
            instrument = symbols.number(self._services.directory, int(event["instrument"]))
            if instrument is None and kind != EVENTS["Rejected"]:
                continue
            if kind == EVENTS["Replaced"]:
                yield from self._told(account, int(event["fee"]), "replaced", event)
                yield from self._told(account, client_ref, "new", event)
            else:
                yield from self._told(account, client_ref, _word(kind, event), event)

    def _told(self, account: int, client_ref: int, word: str, event: NDArray[np.void]) -> Iterator[tuple[int, Said]]:
        row = self._services.views.order(account, client_ref)
        if row is None:
            if word == "rejected":
                return  # refused before it could be an order, e.g. for its reference: nobody was told that it is one
            raise OrderLost
        then = self._then(row, word, event)
        said = order(self._services.views, self._services.directory, then)
        if said is None:
            return
        instrument = self._services.directory.instruments[row["instrument"]]
        update: Said = {"event": word, "timestamp": at_text(int(event["at_ns"])), "order": said}
        update["execution_id"] = execution_id(account, int(event["event_id"]))
        if word in {"fill", "partial_fill"}:
            update |= self._execution(account, instrument, event)
        yield account, update

    def _execution(self, account: int, instrument: Instrument, event: NDArray[np.void]) -> Said:
        base = self._services.directory.assets[instrument.base_asset]
        total, _ = self._services.views.balances(account).get(instrument.base_asset, (0, 0))
        return {
            "price": price_text(int(event["price"]), instrument.terms),
            "qty": quantity_text(int(event["quantity"]), instrument.terms),
            "position_qty": scaled_text(total, base.scale, shown=0),
        }

    def _then(self, row: OrderRow, word: str, event: NDArray[np.void]) -> OrderRow:
        """The order as it was after the event."""
        latest = row["event_id"] == int(event["event_id"]) and row["state"] != "replaced"  # which leaves the id alone
        if word == "rejected" or latest:
            return row
        later = self._later(row, int(event["event_id"]))
        filled = row["filled"] - sum(fill["quantity"] for fill in later)
        then: Said = dict(row) | {
            "filled": filled,
            "leaves": int(event["leaves"]),
            "value": row["value"] - sum(fill["value"] for fill in later),
            "changed_at_ns": int(event["at_ns"]),
        }
        if word != "replaced":
            gone = {"fill": "filled", "canceled": "canceled", "expired": "canceled"}
            then |= {"state": gone.get(word, "open"), "reason": int(event["detail"]) if word in gone else 0}
        return cast("OrderRow", then)

    def _later(self, row: OrderRow, event_id: int) -> list[FillRow]:
        """Fills of the order that the fold knows of and that came after the event."""
        account = row["account"]
        if account not in self._fills:
            of_orders: dict[int, list[FillRow]] = defaultdict(list)
            for fill in self._services.views.fills(account, KEPT):
                of_orders[fill["client_ref"]].append(fill)
            self._fills[account] = of_orders
        return [fill for fill in self._fills[account].get(row["client_ref"], []) if fill["event_id"] > event_id]


def _word(kind: int, event: NDArray[np.void]) -> str:
    """Alpaca's word for an event; what changes an order without ending it is `restated`."""
    if kind == EVENTS["Accepted"] or kind == EVENTS["Activated"]:
        return "new"
    if kind == EVENTS["Filled"]:
        return "partial_fill" if int(event["leaves"]) else "fill"
    if kind == EVENTS["Canceled"] and not int(event["leaves"]):
        return "expired" if int(event["detail"]) == Canceling.EXPIRED else "canceled"
    return "rejected" if kind == EVENTS["Rejected"] else "restated"
