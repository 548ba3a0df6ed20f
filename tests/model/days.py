"""Stub of days and settlement; the builder of that half replaces this file."""

from tests.model.commands import Command
from tests.model.events import EventKind, Reply
from tests.model.rejects import Reason
from tests.model.state import State


def settle_price(state: State, command: Command, reply: Reply) -> Reason | None:
    """SetReference of a settlement price of a spot instrument."""
    instrument = state.instruments[command["instrument"]]
    price, before = command["price"], instrument.settlement
    reply.say(EventKind.ReferenceSet, instrument=command["instrument"], detail=2, price=price, value=before)
    instrument.settlement = price
    return None
