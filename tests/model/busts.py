"""Trades taken back or corrected, from docs/concepts/days.md, "BustTrade"."""

from collections import Counter
from dataclasses import dataclass
from typing import Final

from tests.model.commands import Command
from tests.model.events import EventKind, Reply
from tests.model.limits import FEE_INCOME, MAX_ORDER_QUANTITY
from tests.model.orders import signed
from tests.model.positions import change, collateral, lots_of, most_lots, open_lots
from tests.model.register import FUTURE, Position
from tests.model.rejects import Reason, lowest
from tests.model.state import BUY, SELL, Instrument, State

TAKEN_BACK: Final = 3
CORRECTED: Final = 4
"""Details of `Posted`."""


@dataclass(frozen=True, slots=True)
class Leg:
    """One posting: the account's balance of the asset changes by the amount."""

    account: int
    asset: int
    amount: int


def bust_trade(state: State, command: Command, reply: Reply) -> Reason | None:
    """BustTrade -> TradeBusted, Posted ..."""
    number, trade, new_price = (command[name] for name in ("instrument", "trade", "new_price"))
    instrument = state.instruments.get(number)
    reason = lowest(
        {
            Reason.AccountUnknown: not {command["buyer"], command["seller"]} <= state.accounts.keys(),
            Reason.ExecutionInvalid: instrument is not None and instrument.dealing is not None,
            Reason.InstrumentUnknown: instrument is None,
        }
    )
    if reason or instrument is None:
        return reason
    changes = position_changes(instrument, command)
    legs = legs_of(state, instrument, command)
    reason = lowest(
        {
            Reason.ReferenceUnknown: instrument.kind == FUTURE and not instrument.settlement,
            Reason.TradeInvalid: cannot_be(state, instrument, command),
            Reason.InstrumentBusy: instrument.busy,
            Reason.PositionTooLarge: any(
                could_go_beyond(state, account, number, lots) for account, lots in changes.items()
            ),
            Reason.FundsInsufficient: lacks_funds(state, number, legs, changes),
        }
    )
    if reason:
        return reason
    state.register.corrected.add(trade)
    reply.say(
        EventKind.TradeBusted,
        instrument=number,
        value=signed(trade),
        price=command["price"],
        quantity=command["quantity"],
        fee=new_price,
    )
    for index, leg in enumerate(legs):
        state.ledger.balances[leg.account, leg.asset] += leg.amount
        reply.say(
            EventKind.Posted,
            named=index == 0,
            account=leg.account,
            instrument=leg.asset,
            detail=CORRECTED if new_price else TAKEN_BACK,
            value=leg.amount,
            fee=signed(trade),
        )
    for account, lots in changes.items():
        change(state, account, number, lots)
    return None


def could_go_beyond(state: State, account: int, number: int, lots: int) -> bool:
    """With so many more lots and its open orders the account's position could become too large."""
    most, after = most_lots(state.instruments[number]), lots_of(state, account, number) + lots
    return (
        after + open_lots(state, account, number, BUY) > most or open_lots(state, account, number, SELL) - after > most
    )


def cannot_be(state: State, instrument: Instrument, command: Command) -> bool:
    """The trade was taken back or corrected before, is not before this command, or has numbers that no trade has."""
    price, lots, new_price = (command[name] for name in ("price", "quantity", "new_price"))
    value = instrument.value(price, lots)
    difference = instrument.value(price - instrument.settlement, lots) if instrument.kind == FUTURE else 0
    amounts = [value, instrument.value(new_price, lots), lots * instrument.lot_value, abs(difference)]
    return (
        command["trade"] in state.register.corrected
        or command["trade"] >> 16 >= state.reply.command_seq
        or not 1 <= price <= 2**62
        or not 1 <= lots <= MAX_ORDER_QUANTITY
        or new_price < 0
        or new_price == price
        or max(amounts) >= 2**62
        or max(abs(command["buyer_fee"]), abs(command["seller_fee"])) > value
    )


def position_changes(instrument: Instrument, command: Command) -> Counter[int]:
    """Lots that positions change by when a trade in a future is taken back."""
    changes: Counter[int] = Counter()
    if instrument.kind == FUTURE and command["new_price"] == 0:
        changes[command["buyer"]] -= command["quantity"]
        changes[command["seller"]] += command["quantity"]
    return changes


def legs_of(state: State, instrument: Instrument, command: Command) -> list[Leg]:
    """The postings, those of the buyer first; a clearing account stands in for its trader."""
    buyer, seller = state.payer(command["buyer"]), state.payer(command["seller"])
    price, lots, new_price = (command[name] for name in ("price", "quantity", "new_price"))
    quote = instrument.quote
    if new_price:
        more = instrument.value(new_price - price, lots)
        return [Leg(buyer, quote, -more), Leg(seller, quote, more)]
    fees = command["buyer_fee"], command["seller_fee"]
    paid = instrument.value(price - instrument.settlement if instrument.kind == FUTURE else price, lots)
    money = [
        Leg(buyer, quote, paid + fees[0]),
        Leg(seller, quote, -paid + fees[1]),
        Leg(FEE_INCOME, quote, -sum(fees)),
    ]
    if instrument.kind == FUTURE:
        return money
    delivered = lots * instrument.lot_value
    return [Leg(buyer, instrument.base, -delivered), Leg(seller, instrument.base, delivered), *money]


def lacks_funds(state: State, number: int, legs: list[Leg], changes: Counter[int]) -> bool:
    """All legs of an account in an asset, and what collateral it needs more, take more than is free there."""
    instrument = state.instruments[number]
    sums: Counter[tuple[int, int]] = Counter()
    for leg in legs:
        if leg.account != FEE_INCOME:
            sums[leg.account, leg.asset] += leg.amount
    for account, lots in changes.items():
        before = state.register.positions.get((account, number))
        after = Position(lots_of(state, account, number) + lots, instrument.settlement)
        sums[state.payer(account), instrument.quote] -= collateral(instrument, after) - collateral(instrument, before)
    return any(amount < 0 and -amount > state.ledger.free(*key) for key, amount in sums.items())
