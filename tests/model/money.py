"""Deposit and Withdraw, from docs/concepts/engine.md, "The ledger"."""

from tests.model.commands import Command
from tests.model.events import EventKind, Reply
from tests.model.limits import OUTSIDE
from tests.model.rejects import Reason, lowest
from tests.model.state import State


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
