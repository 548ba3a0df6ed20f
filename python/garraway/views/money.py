"""Balances and the ledger's entries, from fills and postings. Touches nothing but the fold's state.

Source: docs/concepts/engine.md, "An order's value, hold and fee"; docs/concepts/risk.md, "Instruments".
"""

from typing import Final

from garraway.views import positions
from garraway.views.event import Event, Fields
from garraway.views.orders import BUY, changed
from garraway.views.rows import FEE, FILLED, TRADE, Execution, Instrument, Position
from garraway.views.state import Views

FEES: Final = 2
"""The account of fee income."""
HOUSE: Final = 4
"""The account of the house, against which positions are dealt."""
DEALT: Final = 3
"""`detail` of a fill that the house dealt."""
BY_SPLIT: Final = 6
"""`detail` of a position that a split changed: what is left over of its lots was paid out."""
POSTED, BASE, QUOTE, CHARGED, EARNED = range(5)
"""`leg` of a ledger entry: of a posting; of a fill: base asset, quote asset, the order's fee, the venue's income."""


def filled(views: Views, event: Fields, _tail: bytes) -> None:
    """A side of a trade: the order, its execution, what moves, the position."""
    (
        account, event_id, at_ns, number, _, side, detail, _, ref, price, quantity, leaves, value, fee
    ) = event[3:17]  # fmt: skip
    order = views.orders.get((account, ref))
    placed_id = 0
    if order is not None:
        placed_id = order.placed_id
        order.leaves = leaves
        order.filled += quantity
        order.value += value
        order.fee += fee
        if not leaves:
            order.state = FILLED
            del views.orders[account, ref]
        changed(views, order, event_id, at_ns)
    # Traded, then the resting side (1), then the incoming one (2); what the house deals (3) is its own trade.
    trade_id = event_id if detail == DEALT else event_id - detail
    views.changes.executions.append(
        (
            event_id,
            at_ns,
            trade_id,
            account,
            number,
            placed_id,
            ref,
            side,
            detail,
            price,
            quantity,
            leaves,
            value,
            fee,
            0,
            0,
        )
    )
    instrument = views.instruments[number]
    lots = quantity if side == BUY else -quantity
    if detail == DEALT:
        _keep(positions.dealt(views, account, number, lots, value, fee), event_id, at_ns)
    elif instrument.base_asset:
        _deliver(views, event, instrument, lots, trade_id)
    else:
        _variation(views, event, instrument, lots, trade_id)
    if fee:
        payer = views.payers.get(account, account)
        for leg, owner, amount in ((CHARGED, payer, -fee), (EARNED, FEES, fee)):
            views.changes.entries.append((owner, event_id, leg, at_ns, instrument.quote_asset, amount, FEE, trade_id))
            row = views.balance(owner, instrument.quote_asset)
            row.balance += amount
            row.changed_id = event_id


def _deliver(views: Views, event: Fields, instrument: Instrument, lots: int, trade_id: int) -> None:
    """Spot: the base asset moves against the quote asset."""
    account, event_id, at_ns, value = event[3], event[4], event[5], event[15]
    payer = views.payers.get(account, account)
    base, quote = instrument.base_asset, instrument.quote_asset
    delivered, paid = lots * instrument.lot_value, -value if lots > 0 else value
    entries = views.changes.entries
    entries.append((payer, event_id, BASE, at_ns, base, delivered, TRADE, trade_id))
    entries.append((payer, event_id, QUOTE, at_ns, quote, paid, TRADE, trade_id))
    of_base, of_quote = views.balance(payer, base), views.balance(payer, quote)
    of_base.balance += delivered
    of_quote.balance += paid
    of_base.changed_id = of_quote.changed_id = event_id
    (of_quote if lots > 0 else of_base).held -= event[17]
    _keep(positions.filled(views, account, instrument.instrument, lots, value, event[16]), event_id, at_ns)


def _variation(views: Views, event: Fields, instrument: Instrument, lots: int, trade_id: int) -> None:
    """A future: the difference from the settlement price moves, and the collateral follows the position."""
    said = Event._make(event)
    payer = views.payers.get(said.account, said.account)
    paid = instrument.settlement * lots * instrument.price_value - (said.value if lots > 0 else -said.value)
    _enter(views, said, payer, QUOTE, paid, TRADE, trade_id, instrument.quote_asset)
    views.balance(payer, instrument.quote_asset).held -= said.released
    before = _collateral(views, said.account, instrument)
    position = positions.filled(views, said.account, instrument.instrument, lots, said.value, said.fee)
    _hold(views, payer, instrument, position, before)
    _keep(position, said.event_id, said.at_ns)


def posted(views: Views, event: Fields, _tail: bytes) -> None:
    """One leg of a posting other than a fill; on such an event `instrument` is the asset."""
    said = Event._make(event)
    _enter(views, said, said.account, POSTED, said.value, said.detail, said.fee, said.instrument)


def marked(views: Views, event: Fields, _tail: bytes) -> None:
    """A position in a future has a new settlement price; its gain came with the posting before."""
    said = Event._make(event)
    instrument = views.instruments[said.instrument]
    position = views.position(said.account, said.instrument)
    before = positions.collateral(instrument, position)
    position.mark = said.price
    payer = views.payers.get(said.account, said.account)
    views.balance(payer, instrument.quote_asset).changed_id = said.event_id
    _hold(views, payer, instrument, position, before)
    _keep(position, said.event_id, said.at_ns)


def dealt(views: Views, event: Fields, _tail: bytes) -> None:
    """A position against the house changed: its gain comes from the house, its margin is held."""
    said = Event._make(event)
    instrument = views.instruments[said.instrument]
    payer = views.payers.get(said.account, said.account)
    _enter(views, said, payer, QUOTE, said.value, TRADE, said.event_id, instrument.quote_asset)
    if said.value:
        _enter(views, said, HOUSE, EARNED, -said.value, TRADE, said.event_id, instrument.quote_asset)
    row = views.balance(payer, instrument.quote_asset)
    row.collateral -= said.released
    row.held -= said.released
    position = positions.gained(views, said.account, said.instrument, said.value)
    if said.detail == BY_SPLIT:
        over = abs(said.leaves) * instrument.split_new % instrument.split_old
        paid = positions.rounded(said.price * instrument.price_value * over, instrument.split_new)
        position.quantity += said.quantity - said.leaves
        position.cost -= paid if said.leaves > 0 else -paid
    _keep(position, said.event_id, said.at_ns)


def busted(views: Views, event: Fields, _tail: bytes) -> None:
    """A trade was taken back or corrected; what is posted follows. Positions go by the trade's own executions."""
    said = Event._make(event)
    for execution in views.executions_of(said.value):
        if (execution.instrument, execution.price, execution.quantity) == (said.instrument, said.price, said.quantity):
            _bust(views, said, execution)


def _bust(views: Views, said: Event, execution: Execution) -> None:
    instrument = views.instruments[said.instrument]
    account, lots = execution.account, execution.quantity if execution.side == BUY else -execution.quantity
    before = _collateral(views, account, instrument)
    if said.fee:
        execution.corrected_price = said.fee
        gain = (said.price - said.fee) * lots * instrument.price_value
        position = positions.corrected(views, account, said.instrument, gain)
    else:
        execution.busted = 1
        position = positions.taken_back(views, account, said.instrument, lots, execution.value, execution.fee)
    if not instrument.base_asset:
        _hold(views, views.payers.get(account, account), instrument, position, before)
    views.changes.busts.append(execution)
    _keep(position, said.event_id, said.at_ns)


def _collateral(views: Views, account: int, instrument: Instrument) -> int:
    """What the account's position in a future holds now; a new one is marked at the settlement price."""
    if instrument.base_asset:
        return 0
    position = views.position(account, instrument.instrument)
    if not position.quantity:
        position.mark = instrument.settlement
    return positions.collateral(instrument, position)


def _hold(views: Views, payer: int, instrument: Instrument, position: Position, before: int) -> None:
    row = views.balance(payer, instrument.quote_asset)
    more = positions.collateral(instrument, position) - before
    row.collateral += more
    row.held += more


def _enter(
    views: Views, said: Event, account: int, leg: int, amount: int, reason: int, reference: int, asset: int
) -> None:
    """An entry of the ledger; one of nothing changes no balance and is left out."""
    if amount:
        views.changes.entries.append((account, said.event_id, leg, said.at_ns, asset, amount, reason, reference))
    row = views.balance(account, asset)
    row.balance += amount
    row.changed_id = said.event_id


def _keep(position: Position, event_id: int, at_ns: int) -> None:
    position.changed_id, position.changed_at_ns = event_id, at_ns
