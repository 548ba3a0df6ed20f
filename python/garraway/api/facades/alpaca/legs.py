"""Orders with exits: bracket, one cancels the other, one triggers the other, in the engine's links.

The commands go out one after the other. Exits of an entry that is done by then are placed for what it filled, as a
pair: what the engine makes of children whose order is done. What could not be placed is told, with what stands.
"""

from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from garraway.api.asked import PlaceAsked, converted, new_order
from garraway.api.desk import Told
from garraway.api.facades.alpaca.asking import Ask, came
from garraway.api.facades.alpaca.fields import Fields
from garraway.api.facades.alpaca.leg_ids import LegKind, leg_id
from garraway.api.facades.alpaca.refusals import Refusal, of_reject, refusal, worded
from garraway.api.facades.alpaca.rendering import order_id
from garraway.api.facades.alpaca.sending import RESTING, entry, entry_side, insist_accepted, sent, tried
from garraway.api.ports import OrderRow
from garraway.api.problems import Problem
from garraway.records import Side
from garraway.units import quantity_text
from garraway.venues import Instrument

OPPOSITE: Final = {"buy": "sell", "sell": "buy"}
NOT_LINKED: Final = "LinkInvalid"
_PROFIT: Final = frozenset({"limit_price"})
_LOSS: Final = frozenset({"stop_price", "limit_price"})


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be placed beside an order."""

    ask: Ask
    account: int
    instrument: Instrument
    text: str
    """The client order id of the order."""
    exits: dict[LegKind, PlaceAsked]


async def place(ask: Ask, account: int, instrument: Instrument, sort: str, text: str) -> Told:
    """Places an order and its exits; what became of the order. Raises: Refusal, Problem."""
    body = ask.body
    if sort == "oco":
        order, side = _profit_of_pair(body, instrument), entry_side(body)
    else:
        order = entry(body, instrument)
        side = OPPOSITE[order.side]
        if order.type not in {"market", "limit"}:
            raise body.refused("type", f"the entry of order_class {sort} is market or limit")
    plan = Plan(ask, account, instrument, text, _exits(body, instrument, sort, side))
    # What is off its terms is refused before anything goes out.
    made = [
        new_order(one, ask.services.directory, account=account, now_ns=ask.services.clock())
        for one in (*plan.exits.values(), order)
    ]
    if sort != "oto":
        loss, profit = made[0], made[1]
        beyond = profit.price - loss.trigger if profit.side is Side.SELL else loss.trigger - profit.price
        if beyond <= 0:
            raise body.refused("take_profit.limit_price", "must lie on the other side of stop_loss.stop_price")
    return await (_pair(plan, order) if sort == "oco" else _entry(plan, order))


async def _pair(plan: Plan, profit: PlaceAsked) -> Told:
    """The stop first: it trades nothing as it comes, so the limit order is linked from its first moment on."""
    (loss,) = plan.exits.values()
    stop = await sent(plan.ask, plan.account, loss, leg_id(plan.text, LegKind.STOP_LOSS))
    linked = msgspec.structs.replace(profit, one_cancels_other=str(stop.client_ref))
    try:
        return await sent(plan.ask, plan.account, linked, plan.text)
    except Problem as error:
        with suppress(Problem):
            await plan.ask.services.desk.cancel(plan.account, stop.client_ref)
        raise _partly(worded(error), "its stop_loss was placed and cancelled again") from error


async def _entry(plan: Plan, order: PlaceAsked) -> Told:
    placed = await sent(plan.ask, plan.account, order, plan.text)
    first: Told | None = None
    for kind, leg in plan.exits.items():
        try:
            first = await _exit(plan, placed, first, kind, leg) or first
        except Problem as error:
            with suppress(Problem):
                await plan.ask.services.desk.cancel(plan.account, placed.client_ref)
            stands = order_id(plan.account, placed.client_ref)
            why = f"{_NAMES[kind]} was not placed; the entry, order {stands}, was cancelled or had traded: read it"
            raise _partly(worded(error), why) from error
    return placed


async def _exit(plan: Plan, placed: Told, first: Told | None, kind: LegKind, leg: PlaceAsked) -> Told | None:
    """Places an exit: as a child that waits for the entry, or, the entry done, for what it filled."""
    text, row = leg_id(plan.text, kind), await _row(plan, placed)
    if row["state"] == "open":
        waiting = msgspec.structs.replace(leg, one_triggers_other=str(placed.client_ref))
        told = await tried(plan.ask, plan.account, waiting, text)
        if told.reason is None or told.reason.name != NOT_LINKED:
            insist_accepted(plan.ask, plan.account, told)
            return told
        text, row = leg_id(plan.text, kind, again=True), await _row(plan, placed)
        if row["state"] == "open":
            raise of_reject(told.reason)
    if not row["filled"]:
        return None
    terms = plan.instrument.terms
    now = msgspec.structs.replace(leg, quantity=quantity_text(row["filled"], terms))
    if first is not None:
        partner = plan.ask.services.views.order(plan.account, first.client_ref)
        if partner is None or partner["state"] != "open":
            return None
        now = msgspec.structs.replace(now, one_cancels_other=str(first.client_ref))
    return await sent(plan.ask, plan.account, now, text)


async def _row(plan: Plan, placed: Told) -> OrderRow:
    """The entry as it stands. Raises: Refusal."""
    services = plan.ask.services
    known = await came(services, services.desk.last_seq)
    row = services.views.order(plan.account, placed.client_ref) if known else None
    if row is None:
        raise refusal(503, "the entry cannot be read yet")
    return row


def _exits(body: Fields, instrument: Instrument, sort: str, side: str) -> dict[LegKind, PlaceAsked]:
    """The exits, stop loss first. Raises: Refusal, Problem."""
    profit, loss = body.child("take_profit"), body.child("stop_loss")
    if sort in {"bracket", "oco"}:
        for name, one in (("take_profit", profit), ("stop_loss", loss)):
            if one is None:
                raise body.refused(name, f"order_class {sort} requires it")
    elif (profit is None) == (loss is None):
        raise body.refused("take_profit", "order_class oto has either take_profit or stop_loss")
    found: dict[LegKind, PlaceAsked] = {}
    shared = _shared(body, instrument, side)
    if loss is not None:
        found[LegKind.STOP_LOSS] = _loss(loss, shared)
    if profit is not None and sort != "oco":
        found[LegKind.TAKE_PROFIT] = _profit(profit, shared)
    return found


def _profit_of_pair(body: Fields, instrument: Instrument) -> PlaceAsked:
    """The limit order of a pair. Raises: Refusal, Problem."""
    if body.needed("type") != "limit":
        raise body.refused("type", "order_class oco is of type limit")
    for name in ("limit_price", "stop_price", "trail_price"):
        if name in body.names:
            raise body.refused(name, "of order_class oco the prices stand in take_profit and stop_loss")
    profit = body.child("take_profit")
    if profit is None:
        raise body.refused("take_profit", "order_class oco requires it")
    return _profit(profit, _shared(body, instrument, entry_side(body)))


def _shared(body: Fields, instrument: Instrument, side: str) -> dict[str, Any]:
    time = body.word("time_in_force", RESTING)
    if time is None:
        raise body.refused("time_in_force", "is required")
    return {
        "symbol": instrument.terms.symbol,
        "side": side,
        "quantity": body.decimal("qty"),
        "time_in_force": time,
    }


def _profit(fields: Fields, shared: dict[str, Any]) -> PlaceAsked:
    fields.insist_known(_PROFIT)
    price = fields.decimal("limit_price")
    if price is None:
        raise fields.refused("limit_price", "is required")
    return converted(shared | {"type": "limit", "price": price}, PlaceAsked)


def _loss(fields: Fields, shared: dict[str, Any]) -> PlaceAsked:
    fields.insist_known(_LOSS)
    trigger, price = fields.decimal("stop_price"), fields.decimal("limit_price")
    if trigger is None:
        raise fields.refused("stop_price", "is required")
    kind = "stop" if price is None else "stop_limit"
    return converted(shared | {"type": kind, "trigger_price": trigger, "price": price}, PlaceAsked)


def _partly(problem: Problem, what: str) -> Refusal:
    return Refusal(problem.status, problem.code, f"{problem.detail} ({what})", headers=problem.headers)


_NAMES: Final = {LegKind.STOP_LOSS: "stop_loss", LegKind.TAKE_PROFIT: "take_profit"}
