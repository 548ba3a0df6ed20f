"""What risk asks of an order, with the checks of OpenAccount and ListInstrument; the other half replaces this file."""

from dataclasses import dataclass

from tests.model.limits import I64_MAX
from tests.model.rejects import Reason, lowest
from tests.model.state import Order, State


@dataclass(frozen=True, slots=True)
class Ask:
    """An order or replacement as risk judges it."""

    account: int
    instrument: int
    side: int
    price: int
    quantity: int
    open: int
    hold: int
    """What the order itself would hold."""
    more: int
    """By how much all holds of its owner in the asset would grow, pairs and all."""
    reduce_only: bool
    old: Order | None
    """The order that is replaced."""
    price_refusal: Reason | None
    """Collar or band."""


def judge(state: State, ask: Ask) -> Reason | None:
    """The first reason from KillSwitched to Restricted."""
    account, instrument = state.accounts[ask.account], state.instruments[ask.instrument]
    free = state.ledger.free(state.payer(ask.account), instrument.held_asset(ask.side))
    reasons = {
        Reason.QuantityTooLarge: ask.quantity > min(instrument.max_quantity, account.max_quantity),
        Reason.NotionalTooLarge: instrument.value(ask.price, ask.quantity)
        > min(instrument.max_notional, account.max_notional),
        Reason.OpenOrdersTooMany: ask.old is None and len(account.open) >= account.max_open_orders,
        Reason.OrdersFull: ask.old is None and state.open_orders() >= state.capacity,
        Reason.FundsInsufficient: ask.hold > I64_MAX or ask.more > max(0, free),
    }
    if ask.price_refusal:
        reasons[ask.price_refusal] = True
    return lowest(reasons)
