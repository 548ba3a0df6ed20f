"""Deposits, holds, fills and fees, from docs/concepts/engine.md, "The ledger", and docs/concepts/risk.md."""

from tests.model.accounts import count_traded
from tests.model.commands import Command
from tests.model.events import EventKind, Reply
from tests.model.limits import FEE_INCOME, OUTSIDE
from tests.model.positions import change
from tests.model.register import CONTRACT, FUTURE, Plan, Trade
from tests.model.rejects import Reason, lowest
from tests.model.results import count_fill
from tests.model.state import BUY, SELL, Instrument, Order, State, charge, rounded


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
    """The checks that both have; money is moved on the account that pays, never on one that clears on another."""
    account = state.accounts.get(command["account"])
    return lowest(
        {
            Reason.AccountUnknown: account is None,
            Reason.AssetUnknown: command["asset"] not in state.assets,
            Reason.ClearingInvalid: account is not None and account.clearing != 0,
            Reason.AmountInvalid: command["amount"] < 1,
            Reason.InstrumentBusy: command["asset"] in state.register.splitting,
        }
    )


def rates_now(state: State, account: int, instrument: Instrument) -> tuple[int, int]:
    """Maker and taker rate of an order that is accepted or replaced now."""
    usual = Plan(instrument.maker_fee_rate, instrument.taker_fee_rate)
    number = state.accounts[account].plan
    plan = state.register.plans[number] if number else usual
    return plan.maker_rate, plan.taker_rate


def hold(instrument: Instrument, order: Order, price: int, lots: int) -> int:
    """What the order holds with so many lots open at the price."""
    if lots == 0 or instrument.kind == CONTRACT:
        return 0
    if instrument.kind == FUTURE:
        return hold_of_future(instrument, order, price, lots)
    if order.side == SELL:
        return lots * instrument.lot_value
    value = instrument.value(price, lots)
    return value + fee_held(order, value)


def hold_of_future(instrument: Instrument, order: Order, price: int, lots: int) -> int:
    """What it could lose down to the lowest price, or up to the highest, where it does not only reduce; and its fee."""
    dearest = price if order.side == BUY else instrument.max_price
    loss = price - instrument.min_price if order.side == BUY else instrument.max_price - price
    at_risk = 0 if order.reduce_only else instrument.value(loss, lots)
    return at_risk + fee_held(order, instrument.value(dearest, lots))


def fee_held(order: Order, value: int) -> int:
    """The fee of so much value at the dearer of the order's rates; rebates do not count."""
    return rounded(order.carry + max(order.maker_rate, order.taker_rate, 0) * value)


def settle(state: State, resting: Order, incoming: Order, price: int, lots: int) -> tuple[int, int, int]:
    """Moves what a trade moves, and counts it; value, fee of the resting order, fee of the incoming one.

    Open lots and what the orders hold are left to the caller.
    """
    where = incoming.instrument
    instrument = state.instruments[where]
    value = instrument.value(price, lots)
    buyer, seller = (incoming, resting) if incoming.side == BUY else (resting, incoming)
    payer, payee = state.payer(buyer.account), state.payer(seller.account)
    if instrument.kind == FUTURE:
        difference = instrument.value(price - instrument.settlement, lots)
        state.ledger.move(instrument.quote, difference, giver=payer, taker=payee)
    else:
        state.ledger.move(instrument.base, lots * instrument.lot_value, giver=payee, taker=payer)
        state.ledger.move(instrument.quote, value, giver=payer, taker=payee)
    fees = (charge(resting, resting.maker_rate * value), charge(incoming, incoming.taker_rate * value))
    buyer_fee, seller_fee = fees if resting is buyer else reversed(fees)
    trade_id = state.reply.command_seq << 16 | len(state.reply.made)
    state.register.trades.append(
        Trade(trade_id, where, price, lots, buyer.account, seller.account, buyer_fee, seller_fee)
    )
    for order, fee in zip((resting, incoming), fees, strict=True):
        state.ledger.move(instrument.quote, fee, giver=state.payer(order.account), taker=FEE_INCOME)
        sign = 1 if order.side == BUY else -1
        count_traded(state, order.account, instrument.quote, value)
        count_fill(state, order.account, where, cash=-sign * value - fee, lots=sign * lots)
        if instrument.kind == FUTURE:
            change(state, order.account, where, sign * lots)
    instrument.day.count(price, lots, value)
    return value, *fees
