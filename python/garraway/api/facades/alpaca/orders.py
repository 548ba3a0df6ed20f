"""Orders: read and cancel. An order's id holds its account and reference."""

from typing import Final

from garraway.api.asked import client_order_id
from garraway.api.facades.alpaca import symbols
from garraway.api.facades.alpaca.asking import Ask, came, seen
from garraway.api.facades.alpaca.fields import HIGHEST
from garraway.api.facades.alpaca.ids import Kind, named_by
from garraway.api.facades.alpaca.leg_ids import is_leg
from garraway.api.facades.alpaca.refusals import of_reject, refusal, unknown_order
from garraway.api.facades.alpaca.rendering import Said, order, order_id
from garraway.api.ports import OrderRow
from garraway.api.problems import Problem
from garraway.records import Scope

KEPT: Final = 1_000
"""Orders done lately that the fold keeps of an account."""
ROWS: Final = 50
ROWS_AT_MOST: Final = 500
SIDES: Final = {"buy": 1, "sell": 2}
SYMBOLS_AT_MOST: Final = 100


async def listed(ask: Ask) -> list[Said]:
    """Orders that are open, or were done lately, or both; by the time at which they were placed."""
    query, services = ask.query, ask.services
    state = query.word("status", frozenset({"open", "closed", "all"})) or "open"
    limit = query.whole("limit", least=1, most=ROWS_AT_MOST) or ROWS
    after, until = query.time_ns("after"), query.time_ns("until")
    side = SIDES.get(query.word("side", frozenset(SIDES)) or "")
    oldest_first = query.word("direction", frozenset({"asc", "desc"})) == "asc"
    nested = bool(query.flag("nested"))
    numbers = _numbers(ask)
    account = ask.account
    await seen(services)
    rows: list[OrderRow] = []
    if state != "closed":
        rows += services.views.open_orders(account)
    if state != "open":
        rows += services.views.done_lately(account, KEPT)
    chosen = [
        row
        for row in rows
        if (after if after is not None else -1) < row["placed_at_ns"] <= (until if until is not None else HIGHEST)
        and side in {None, row["side"]}
        and (numbers is None or row["instrument"] in numbers)
        and not (nested and is_leg(row["text"] or ""))
    ]
    chosen.sort(key=lambda row: (row["placed_at_ns"], row["client_ref"]), reverse=not oldest_first)
    said = (order(services.views, services.directory, row, nested=nested) for row in chosen)
    return [one for one in said if one is not None][:limit]


async def read(ask: Ask) -> Said:
    """One order that is open or was done lately."""
    nested = bool(ask.query.flag("nested"))
    _, _, row = await target(ask)
    return _shown(ask, row, nested=nested)


async def read_by_text(ask: Ask) -> Said:
    """One order by the client's own id."""
    text = ask.query.needed("client_order_id")
    try:
        client_order_id(text)
    except Problem as error:
        raise unknown_order() from error
    account = ask.account
    await seen(ask.services)
    row = ask.services.views.order_by_text(account, text)
    if row is None:
        raise unknown_order()
    return _shown(ask, row, nested=bool(ask.query.flag("nested")))


async def cancel(ask: Ask) -> None:
    """Cancels an open order."""
    account, client_ref, row = await target(ask)
    if row["state"] != "open":
        raise refusal(422, f"order is not cancelable: it is {row['state']}")
    told = await ask.services.desk.cancel(account, client_ref)
    ask.noted.update(command_seq=told.seq, order_ref=str(client_ref))
    if told.status == "unknown":
        raise _unknown()
    if told.reason is not None:
        raise of_reject(told.reason)


async def cancel_all(ask: Ask) -> list[Said]:
    """Cancels all open orders of the account in one command; the reply tells those that are gone by it."""
    account, services = ask.account, ask.services
    await seen(services)
    rows = services.views.open_orders(account)
    told = await services.desk.mass_cancel(scope=Scope.ACCOUNT, number=account)
    ask.noted.update(command_seq=told.seq)
    if told.status == "unknown":
        raise _unknown()
    if told.reason is not None:
        raise of_reject(told.reason)
    if not await came(services, told.seq):
        raise refusal(503, "the orders were cancelled and cannot be read yet: ask again")
    found = (services.views.order(account, row["client_ref"]) for row in rows)
    return [_cancelled(ask, row) for row in found if row is not None and row["state"] != "open"]


async def target(ask: Ask) -> tuple[int, int, OrderRow]:
    """Account, reference and order of the id in the path. Raises: Refusal: there is none, or it is not the caller's."""
    named = named_by(Kind.ORDER, ask.named)
    if named is None:
        raise unknown_order()
    account = ask.account_of_order(named[0])
    await seen(ask.services)
    row = ask.services.views.order(account, named[1])
    if row is None or symbols.number(ask.services.directory, row["instrument"]) is None:
        raise unknown_order()
    return account, named[1], row


def _cancelled(ask: Ask, row: OrderRow) -> Said:
    said = order(ask.services.views, ask.services.directory, row)
    return {"id": order_id(row["account"], row["client_ref"]), "status": 200, "body": said}


def _shown(ask: Ask, row: OrderRow, *, nested: bool) -> Said:
    found = order(ask.services.views, ask.services.directory, row, nested=nested)
    if found is None:
        raise unknown_order()
    return found


def _numbers(ask: Ask) -> frozenset[int] | None:
    """Numbers of the instruments that `symbols` names; None: all."""
    text = ask.query.text("symbols", most=4_096)
    if text is None:
        return None
    names = text.split(",")
    if len(names) > SYMBOLS_AT_MOST:
        raise ask.query.refused("symbols", f"more than {SYMBOLS_AT_MOST}")
    return frozenset(symbols.named(ask.services.directory, name, "symbols").number for name in names)


def _unknown() -> Problem:
    return refusal(503, "the command went out and no outcome came: it may have its effect. Read the orders")
