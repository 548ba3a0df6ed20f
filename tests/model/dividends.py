"""PayDividend, from docs/concepts/dealer.md, "Dividends": so much for each lot of a position against the house."""

from typing import Final

from tests.model import sweeps
from tests.model.commands import Command
from tests.model.events import EventKind, Reply
from tests.model.limits import HOUSE, MAX_SWEEPS
from tests.model.positions import most_lots
from tests.model.rejects import Reason, lowest
from tests.model.state import State, Sweep, Work

DIVIDEND: Final = 7
"""Detail of `Posted`."""


def pay_dividend(state: State, command: Command, reply: Reply) -> Reason | None:
    """PayDividend -> DividendPaid, and a sweep over the positions."""
    number, amount = command["instrument"], command["amount"]
    instrument = state.instruments.get(number)
    most = most_lots(instrument) if instrument else 1
    reason = lowest(
        {
            Reason.ExecutionInvalid: instrument is not None and instrument.dealing is None,
            Reason.AmountInvalid: amount < 1 or amount * most >= 2**62,
            Reason.InstrumentUnknown: instrument is None,
            Reason.WorkFull: len(state.sweeps) >= MAX_SWEEPS,
            Reason.InstrumentBusy: instrument is not None and instrument.busy,
        }
    )
    if reason or instrument is None:
        return reason
    first_id = reply.say(EventKind.DividendPaid, instrument=number, value=amount)
    instrument.locks += 1

    def steps(state: State, sweep: Sweep) -> Work:
        for key in sorted(key for key in state.register.dealt if key[0] == number):
            yield 2
            pay_position(state, key, amount)
        yield 1  # busy until SweepEnded, which finds this room
        instrument.locks -= 1

    sweeps.begin(state, command, first_id, steps, instrument=number)
    return None


def pay_position(state: State, key: tuple[int, int, int], amount: int) -> None:
    """Posted twice: the account's, then the house's."""
    number, account, _ = key
    quote, payer = state.instruments[number].quote, state.payer(account)
    gain = amount * state.register.dealt[key].lots
    state.ledger.move(quote, gain, giver=HOUSE, taker=payer)
    for owner, value in ((payer, gain), (HOUSE, -gain)):
        state.reply.say(
            EventKind.Posted, named=False, account=owner, instrument=quote, detail=DIVIDEND, value=value, fee=number
        )
