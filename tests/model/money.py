"""Deposit and Withdraw, from docs/concepts/engine.md, "The ledger"."""

from tests.model.commands import Command
from tests.model.events import EventKind, Reply
from tests.model.limits import BILLION, FEE_INCOME, OUTSIDE
from tests.model.rejects import Reason, lowest
from tests.model.state import BUY, Instrument, Order, State, rounded


def rates_now(state: State, account: int, instrument: Instrument) -> tuple[int, int]:
    """Maker and taker rate of an order that the account places now."""
    return instrument.maker_fee_rate, instrument.taker_fee_rate


def hold(instrument: Instrument, order: Order, price: int, lots: int) -> int:
    """What the order holds by itself with so many lots open at the price."""
    if order.side != BUY:
        return lots * instrument.lot_value
    if lots == 0:
        return 0
    value = instrument.value(price, lots)
    return value + rounded(order.carry + max(order.maker_rate, order.taker_rate, 0) * value)


def settle(state: State, resting: Order, incoming: Order, price: int, lots: int) -> tuple[int, int, int]:
    """Moves what a fill moves; returns value, fee of the resting order, fee of the incoming one."""
    instrument = state.instrument_of(incoming)
    value = instrument.value(price, lots)
    buyer, seller = (incoming, resting) if incoming.side == BUY else (resting, incoming)
    ledger = state.ledger
    giver, taker = state.payer(seller.account), state.payer(buyer.account)
    ledger.move(instrument.base, lots * instrument.lot_value, giver=giver, taker=taker)
    ledger.move(instrument.quote, value, giver=taker, taker=giver)
    resting_fee = charge(resting, resting.maker_rate * value)
    incoming_fee = charge(incoming, incoming.taker_rate * value)
    ledger.move(instrument.quote, resting_fee, giver=state.payer(resting.account), taker=FEE_INCOME)
    ledger.move(instrument.quote, incoming_fee, giver=state.payer(incoming.account), taker=FEE_INCOME)
    return value, resting_fee, incoming_fee


def charge(order: Order, billionths: int) -> int:
    """The fee of a fill, rounded over the order: what is rounded away is carried to its next fill."""
    due = order.carry + billionths
    fee = rounded(due)
    order.carry = due - fee * BILLION
    return fee


def deposit(state: State, command: Command, reply: Reply) -> Reason | None:
    """Deposit -> Posted, Posted."""
    reason = refusal(state, command)
    if reason:
        return reason
    account, asset, amount = command["account"], command["asset"], command["amount"]
    state.ledger.move(asset, amount, giver=OUTSIDE, taker=account)
    reply.say(EventKind.Posted, account=account, instrument=asset, detail=1, value=amount)
    reply.say(EventKind.Posted, named=False, account=OUTSIDE, instrument=asset, detail=1, value=-amount)
    return None


def withdraw(state: State, command: Command, reply: Reply) -> Reason | None:
    """Withdraw -> Posted, Posted."""
    reason = refusal(state, command)
    if reason:
        return reason
    account, asset, amount = command["account"], command["asset"], command["amount"]
    if amount > state.ledger.free(account, asset):
        return Reason.FundsInsufficient
    state.ledger.move(asset, amount, giver=account, taker=OUTSIDE)
    reply.say(EventKind.Posted, account=account, instrument=asset, detail=2, value=-amount)
    reply.say(EventKind.Posted, named=False, account=OUTSIDE, instrument=asset, detail=2, value=amount)
    return None


def refusal(state: State, command: Command) -> Reason | None:
    """The checks that both have."""
    return lowest(
        {
            Reason.AccountUnknown: command["account"] not in state.accounts,
            Reason.AssetUnknown: command["asset"] not in state.assets,
            Reason.AmountInvalid: command["amount"] < 1,
        }
    )
