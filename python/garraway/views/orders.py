"""Orders from their placing to their end. Touches nothing but the fold's state.

An order is known by account and client_ref; what it holds counts on the account that pays for it.
"""

from typing import Final

from garraway.views.event import Event, Fields
from garraway.views.rows import CANCELED, OPEN, Instrument, Order
from garraway.views.state import Views

FLAGS_AT: Final = 256
"""`Accepted.value` is the order type and so many times the flags."""
BUY: Final = 1


def accepted(views: Views, event: Fields, tail: bytes) -> None:
    """A new order."""
    account, event_id, at_ns, number, source, side, detail, source_seq, ref, price, quantity, leaves, value, fee = (
        event[3:17]
    )
    flags, order_type = divmod(value, FLAGS_AT)
    order = Order(
        event_id, at_ns, event_id, account, ref, number, side, order_type, detail, flags, price, fee,
        quantity, leaves, 0, 0, 0, OPEN, 0, text_of(tail) if tail else "", source, source_seq, at_ns, event_id,
    )  # fmt: skip
    views.orders[account, ref] = order
    views.changes.placed.append(order)
    if event[17]:
        hold(views, account, views.instruments[number], side, event[17], event_id)


def canceled(views: Views, event: Fields, _tail: bytes) -> None:
    """An order lost open quantity: perhaps all that it had."""
    account, event_id, at_ns, number, _, side, detail, _, ref, _, _, leaves, _, _, released = event[3:]
    if released:
        hold(views, account, views.instruments[number], side, released, event_id)
    order = views.orders.get((account, ref))
    if order is None:
        return
    order.leaves, order.reason = leaves, detail
    if not leaves:
        order.state = CANCELED
        del views.orders[account, ref]
    changed(views, order, event_id, at_ns)


def replaced(views: Views, event: Fields, tail: bytes) -> None:
    """An order has other terms, another reference and, its priority lost, another id."""
    said = Event._make(event)
    if said.released:
        hold(views, said.account, views.instruments[said.instrument], said.side, said.released, said.event_id)
    order = views.orders.pop((said.account, said.fee), None)
    if order is None:
        return
    order.client_ref, order.price = said.client_ref, said.price
    order.quantity, order.leaves, order.filled = said.quantity, said.leaves, said.quantity - said.leaves
    if not said.detail:
        order.order_id = said.event_id
    if tail:
        order.client_text = text_of(tail)
    views.orders[said.account, said.client_ref] = order
    changed(views, order, said.event_id, said.at_ns)


def started(views: Views, event: Fields, _tail: bytes) -> None:
    """A stop was triggered, an iceberg shows its next slice, or an order that waited starts: another id."""
    said = Event._make(event)
    if said.released:
        hold(views, said.account, views.instruments[said.instrument], said.side, said.released, said.event_id)
    order = views.orders.get((said.account, said.client_ref))
    if order is None:
        return
    order.order_id, order.leaves, order.price = said.event_id, said.leaves, said.price
    order.quantity = order.filled + said.leaves
    changed(views, order, said.event_id, said.at_ns)


def split(views: Views, event: Fields, _tail: bytes) -> None:
    """A resting order was given the terms of its instrument's split."""
    said = Event._make(event)
    instrument = views.instruments[said.instrument]
    if said.released:
        hold(views, said.account, instrument, said.side, said.released, said.event_id)
    order = views.orders.get((said.account, said.client_ref))
    if order is None:
        return
    order.price, order.leaves = said.price, said.leaves
    order.filled = order.filled * instrument.split_new // instrument.split_old
    order.quantity = order.filled + said.leaves
    changed(views, order, said.event_id, said.at_ns)


def hold(views: Views, account: int, instrument: Instrument, side: int, released: int, event_id: int) -> None:
    """What an order's hold gave back; a buy and any order in a future hold the quote asset, a sell the base asset."""
    asset = instrument.quote_asset if side == BUY else instrument.base_asset or instrument.quote_asset
    row = views.balance(views.payers.get(account, account), asset)
    row.held -= released
    row.changed_id = event_id


def changed(views: Views, order: Order, event_id: int, at_ns: int) -> None:
    """Notes that an order of the database is another now."""
    order.changed_id, order.changed_at_ns = event_id, at_ns
    if order.placed_id < views.changes.first_id:
        views.changes.orders[order.placed_id] = order


def text_of(tail: bytes) -> str:
    """The client's text in a tail, as SQL can keep it: whatever is no text is written as escapes."""
    return tail.rstrip(b"\0").decode("utf-8", "backslashreplace").replace("\0", "\\x00")
