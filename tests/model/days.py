"""The end of a business day and settlement, from docs/concepts/days.md, "EndOfDay" and "Settlement"."""

from datetime import date
from typing import Final

from tests.model import sweeps
from tests.model.accounts import plan_reached
from tests.model.commands import Command
from tests.model.events import EventKind, Reply
from tests.model.limits import MAX_SWEEPS, SETTLEMENT
from tests.model.positions import mark
from tests.model.register import FUTURE, Day
from tests.model.rejects import Reason, lowest
from tests.model.results import start_day
from tests.model.state import Order, State, Sweep, Work

ENDING_WITH_THE_DAY: Final = {4, 6, 7}
"""Times in force day, at the open, at the close."""
EXPIRED: Final = 6
SETTLED: Final = 5
"""Detail of `Posted`."""
SETTLEMENT_PRICE: Final = 2
"""Detail of `ReferenceSet`."""


def is_date(number: int) -> bool:
    """The number is a day of the calendar, as 20260131."""
    try:
        date(number // 10_000, number // 100 % 100, number % 100)
    except (ValueError, OverflowError):
        return False
    return True


def end_of_day(state: State, command: Command, reply: Reply) -> Reason | None:
    """EndOfDay -> DayEnded, and a sweep over instruments and accounts."""
    ended, before = command["business_date"], state.register.business_date
    reason = lowest(
        {
            Reason.DateInvalid: not is_date(ended) or ended <= before,
            Reason.WorkFull: len(state.sweeps) >= MAX_SWEEPS,
        }
    )
    if reason:
        return reason
    state.register.business_date = ended
    first_id = reply.say(EventKind.DayEnded, value=ended)
    month_is_over = before != 0 and ended // 100 != before // 100

    def steps(state: State, sweep: Sweep) -> Work:
        for number in sweeps.by_number(state.instruments):
            yield from end_instrument(state, sweep, number)
        for number in sweeps.by_number(state.accounts):
            yield from sweeps.wait_to_look(state, sweep)
            yield from end_account(state, number, month_is_over=month_is_over)
            sweep.looked += 1

    sweeps.begin(state, command, first_id, steps)
    return None


def end_instrument(state: State, sweep: Sweep, number: int) -> Work:
    """Ends the day of an instrument: its orders of the day, its figures, its prices."""
    instrument = state.instruments[number]
    while sweeps.is_at_work(instrument) or not sweeps.may_look(state, sweep):
        yield sweeps.WAIT
    instrument.locks += 1  # it takes only cancels until its day has ended
    expire = sweeps.canceling(state, sweep, EXPIRED)
    yield from sweeps.walk_through(state, sweep, number, is_of_the_day, expire)
    while sweep.late or sweeps.is_at_work(instrument) or (instrument.day.trades and not state.has_room(2)):
        if sweep.late and not sweeps.is_at_work(instrument):
            sweep.late = False
            yield from sweeps.walk_once(state, sweep, expire)
        else:
            yield sweeps.WAIT
    if instrument.day.trades:
        say_day(state, number)
    instrument.reference = instrument.day.settlement or instrument.last or instrument.reference
    instrument.day = Day()
    instrument.locks -= 1
    sweeps.leave(sweep)


def end_account(state: State, number: int, *, month_is_over: bool) -> Work:
    """Ends the day of an account: its tier, its month, its result."""
    account = state.accounts[number]
    if account.plan != plan_reached(state, account):
        yield 2
    plan = plan_reached(state, account)
    if account.plan != plan:
        account.plan = plan
        state.reply.say(EventKind.FeePlanChanged, named=False, account=number, detail=plan, value=account.traded)
    if month_is_over:
        account.traded = 0
    start_day(state, number)


def is_of_the_day(order: Order) -> bool:
    """The order does not outlive the day."""
    return order.time_in_force in ENDING_WITH_THE_DAY


def say_day(state: State, number: int) -> None:
    """DayPrices and DayTurnover."""
    instrument = state.instruments[number]
    day = instrument.day
    state.reply.say(
        EventKind.DayPrices,
        named=False,
        instrument=number,
        price=instrument.last,
        quantity=day.first,
        leaves=day.highest,
        value=day.lowest,
        fee=day.settlement,
    )
    state.reply.say(
        EventKind.DayTurnover, named=False, instrument=number, quantity=day.lots, leaves=day.trades, value=day.value
    )


def settle_price(state: State, command: Command, reply: Reply) -> Reason | None:
    """SetReference of a settlement price, itself in order -> ReferenceSet, and of a future's later ones a sweep."""
    number, price = command["instrument"], command["price"]
    instrument = state.instruments[number]
    marks = instrument.kind == FUTURE and instrument.settlement != 0
    if marks:
        reason = lowest(
            {
                Reason.WorkFull: len(state.sweeps) >= MAX_SWEEPS,
                Reason.InstrumentBusy: instrument.busy,
            }
        )
        if reason:
            return reason
    before, instrument.settlement, instrument.day.settlement = instrument.settlement, price, price
    first_id = reply.say(EventKind.ReferenceSet, instrument=number, detail=SETTLEMENT_PRICE, price=price, value=before)
    if marks:
        instrument.locks += 1

        def steps(state: State, sweep: Sweep) -> Work:
            for account in sorted(state.accounts):
                if (account, number) in state.register.positions:
                    yield 5
                    mark_position(state, account, number, price)
            yield 1  # busy until SweepEnded, which finds this room
            instrument.locks -= 1

        sweeps.begin(state, command, first_id, steps, instrument=number)
    return None


def mark_position(state: State, account: int, number: int, price: int) -> None:
    """Posted twice, and PositionMarked."""
    instrument, position = state.instruments[number], state.register.positions[account, number]
    gain = instrument.value(price - position.mark, position.lots)
    payer = state.payer(account)
    state.ledger.move(instrument.quote, gain, giver=SETTLEMENT, taker=payer)
    more = mark(state, account, number, price)
    for owner, amount in ((payer, gain), (SETTLEMENT, -gain)):
        state.reply.say(
            EventKind.Posted,
            named=False,
            account=owner,
            instrument=instrument.quote,
            detail=SETTLED,
            value=amount,
            fee=number,
        )
    state.reply.say(
        EventKind.PositionMarked,
        named=False,
        account=account,
        instrument=number,
        price=price,
        quantity=position.lots,
        value=gain,
        released=-more,
    )
