"""The product's engine as the tests see it: commands in, events of the model's type out."""

from collections.abc import Sequence
from random import Random

import numpy as np
from tests.model.commands import BYTES, Kind
from tests.model.engine import Book, Level, Model
from tests.model.events import SIZE, Event, decode
from tests.model.limits import U64_MAX
from tests.model.state import BUY, SELL

from garraway import _native

FIXED_BYTES = BYTES[Kind.PlaceOrder]
OrderRow = tuple[int, ...]
"""Order, account, client_ref, price, leaves, filled, held."""


class NativeEngine:
    """One native engine with its output buffer, fed in all the forms that it takes."""

    def __init__(self, slice_events: int, capacity: int, *, continue_work: bool, forms: Random) -> None:
        """An empty venue; `forms` draws in which form each batch is given."""
        self.engine = _native.Engine(slice_events=slice_events, capacity=capacity, continue_work=continue_work)
        room = _native.MIN_EVENTS + forms.choice([0, 10, 5000])
        self._out = np.zeros(room, dtype=_native.EVENT)
        self._forms = forms

    def apply(self, records: Sequence[bytes], at_ns: Sequence[int]) -> bytes:
        """The events of a batch, 96 bytes each."""
        events = []
        done, written = 0, 1
        # Work that found no more room in the buffer goes on at the next call, after the last command too.
        while done < len(records) or written:
            taken, written = self._apply_some(records[done:], at_ns[done:])
            events.append(self._out[:written].tobytes())
            assert taken or written or done == len(records), "nothing was taken although the buffer was empty"
            done += taken
        return b"".join(events)

    def _apply_some(self, records: Sequence[bytes], at_ns: Sequence[int]) -> tuple[int, int]:
        form = self._forms.choice(["bytes", "uint8", "structured"])
        joined = b"".join(records)
        times = np.array(at_ns, dtype=np.int64)
        if form == "structured" and all(len(record) == FIXED_BYTES for record in records):
            return self.engine.apply(np.frombuffer(joined, dtype=_native.COMMAND), times, self._out)
        if form == "uint8":
            return self.engine.apply(np.frombuffer(joined, dtype=np.uint8), times, self._out)
        if len(set(at_ns)) == 1:
            return self.engine.apply(joined, at_ns[0], self._out)
        return self.engine.apply(joined, times, self._out)

    def balance(self, account: int, asset: int) -> tuple[int, int]:
        """Balance and what of it is held."""
        return self.engine.balance(account, asset)

    def levels(self, instrument: int, side: int, depth: int) -> list[Level]:
        """Levels of a side, best first."""
        rows = self.engine.levels(instrument, side, depth)
        return [Level(int(row["price"]), int(row["quantity"]), int(row["orders"])) for row in rows]

    def orders(self, instrument: int, side: int) -> list[OrderRow]:
        """Orders of a side by priority; the columns are of 64 bits with a sign, which a reference has not."""
        rows = self.engine.orders(instrument, side)
        names = ("order", "account", "client_ref", "price", "leaves", "filled", "held")
        return [tuple(int(row[name]) & (U64_MAX if name == "client_ref" else -1) for name in names) for row in rows]


def events_of(batch: bytes) -> list[Event]:
    """The events of a batch of records."""
    return [decode(batch[start : start + SIZE]) for start in range(0, len(batch), SIZE)]


def state_differences(model: Model, native: NativeEngine) -> list[str]:
    """Where balances, holds, books, last number or the engine's own check disagree with the model."""
    native.engine.check()
    found = []
    if native.engine.last_seq != model.last_seq:
        found.append(f"last_seq: model {model.last_seq}, native {native.engine.last_seq}")
    if native.engine.open_orders != model.state.open_orders():
        found.append(f"open orders: model {model.state.open_orders()}, native {native.engine.open_orders}")
    for (account, asset), wanted in model.balances().items():
        got = native.balance(account, asset)
        if tuple(got) != wanted:
            found.append(f"balance and hold of account {account}, asset {asset}: model {wanted}, native {got}")
    for instrument in model.state.instruments:
        book = model.book(instrument)
        found += book_differences(book, instrument, native)
    return found


def book_differences(book: Book, instrument: int, native: NativeEngine) -> list[str]:
    """Where levels or order queues disagree."""
    found = []
    for side, levels, orders in ((BUY, book.bids, book.bid_orders), (SELL, book.asks, book.ask_orders)):
        got_levels = native.levels(instrument, side, len(levels) + 1)
        if got_levels != levels:
            found.append(f"levels of instrument {instrument}, side {side}: model {levels}, native {got_levels}")
        queue = [
            (each.order_id, each.account, each.client_ref, each.price, each.open, each.filled, each.hold)
            for each in orders
            if not each.hidden
        ]
        got_queue = native.orders(instrument, side)
        if got_queue != queue:
            found.append(f"orders of instrument {instrument}, side {side}: model {queue}, native {got_queue}")
    return found
