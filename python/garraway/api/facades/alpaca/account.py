"""The account: cash, what all of it is worth, its trades. Touches `units`."""

from collections import Counter
from typing import Any, Final

from garraway.api.facades.alpaca import symbols
from garraway.api.facades.alpaca.asking import Ask, seen
from garraway.api.facades.alpaca.fields import HIGHEST
from garraway.api.facades.alpaca.ids import Kind, uuid_of
from garraway.api.facades.alpaca.positions import holdings
from garraway.api.facades.alpaca.refusals import refusal, unsupported
from garraway.api.facades.alpaca.rendering import order_id, status
from garraway.api.ports import FillRow
from garraway.api.rendering import at_text, side_said
from garraway.units import money_text, price_text, quantity_text

Said = dict[str, Any]
KEPT: Final = 1_000
"""Fills that the fold keeps of an account."""
PAGE: Final = 100
DAY_NS: Final = 86_400 * 10**9
CONFIGURATION: Final[Said] = {
    "dtbp_check": "both",
    "fractional_trading": True,
    "max_margin_multiplier": "1",
    "max_options_trading_level": 0,
    "no_shorting": True,
    "pdt_check": "both",
    "ptp_no_exception_entry": False,
    "suspend_trade": False,
    "trade_confirm_email": "none",
}
"""What holds of every account here; nothing of it can be changed over this facade."""


async def account(ask: Ask) -> Said:
    """The account: no margin, no short sales. Sums are of what is quoted in cash."""
    number, services = ask.account, ask.services
    await seen(services)
    money = symbols.cash(services.directory)
    if money is None:
        raise refusal(503, "nothing is listed yet: ask again")
    asset, terms = money
    total, held = services.views.balances(number).get(asset, (0, 0))
    worth = sum(one.value for one in holdings(services, number) if one.instrument.quote_asset == asset)
    cash, free, value = money_text(total, terms), money_text(total - held, terms), money_text(worth, terms)
    equity, none = money_text(total + worth, terms), money_text(0, terms)
    return {
        "id": uuid_of(Kind.ACCOUNT, account=number),
        "account_number": str(number),
        "status": "ACTIVE",
        "crypto_status": "ACTIVE",
        "currency": terms.code,
        "cash": cash,
        "buying_power": free,
        "regt_buying_power": free,
        "daytrading_buying_power": none,
        "non_marginable_buying_power": free,
        "options_buying_power": none,
        "accrued_fees": none,
        "portfolio_value": equity,
        "equity": equity,
        "long_market_value": value,
        "short_market_value": none,
        "position_market_value": value,
        "initial_margin": none,
        "maintenance_margin": none,
        "multiplier": "1",
        "shorting_enabled": False,
        "pattern_day_trader": False,
        "trading_blocked": False,
        "transfers_blocked": False,
        "account_blocked": False,
        "trade_suspended_by_user": False,
        "daytrade_count": 0,
        "options_approved_level": 0,
        "options_trading_level": 0,
    }


async def configurations(ask: Ask) -> Said:
    """What holds of the account."""
    del ask
    return CONFIGURATION


async def configure(ask: Ask) -> Said:
    """Takes what holds already; nothing else."""
    for name in ask.body.names:
        stands = CONFIGURATION[name]
        asked = ask.body.flag(name) if isinstance(stands, bool) else _word(ask, name, stands)
        if asked != stands:
            raise unsupported(name, f"is {stands!r} here and cannot be changed")
    return CONFIGURATION


async def fills(ask: Ask) -> list[Said]:
    """Fills of the account, the latest first: of the last 1,000 that it had."""
    _insist_fills(ask)
    query, number = ask.query, ask.account
    after, until, day = (query.time_ns(name) for name in ("after", "until", "date"))
    oldest_first = query.word("direction", frozenset({"asc", "desc"})) == "asc"
    size, token = query.whole("page_size", least=1, most=PAGE) or PAGE, query.text("page_token")
    await seen(ask.services)
    rows = list(ask.services.views.fills(number, KEPT))
    filled: Counter[int] = Counter()
    said = []
    for row in reversed(rows):
        filled[row["client_ref"]] += row["quantity"]
        inside = (after if after is not None else -1) < row["at_ns"] <= (until if until is not None else HIGHEST)
        on_day = day is None or row["at_ns"] // DAY_NS == day // DAY_NS
        activity = _fill(ask, number, row, filled[row["client_ref"]]) if inside and on_day else None
        if activity is not None:
            said.append(activity)
    if not oldest_first:
        said.reverse()
    if token is not None:
        said = _behind(ask, said, token)
    return said[:size]


def _insist_fills(ask: Ask) -> None:
    """Only trades are activities here. Raises: Refusal."""
    kind, kinds = ask.named, ask.query.text("activity_types")
    asked = {kind} if kind else set((kinds or "FILL").split(","))
    if asked != {"FILL"}:
        raise unsupported("activity_type", "only FILL is told here; money is told by /api/v1/ledger")


def _behind(ask: Ask, said: list[Said], token: str) -> list[Said]:
    """What comes after the activity that a page ended with. Raises: Refusal."""
    ends = [index for index, one in enumerate(said) if one["id"] == token]
    if not ends:
        raise ask.query.refused("page_token", "no id of an activity that is told")
    return said[ends[0] + 1 :]


def _fill(ask: Ask, number: int, row: FillRow, known: int) -> Said | None:
    """An order's side of a trade; None: its instrument is not shown here.

    Args:
        ask: the request.
        number: the account.
        row: the fill.
        known: lots of the order's fills up to this one, as far as the fold keeps them.
    """
    instrument = symbols.number(ask.services.directory, row["instrument"])
    if instrument is None:
        return None
    order = ask.services.views.order(number, row["client_ref"])
    done = order["quantity"] - row["leaves"] if order is not None and order["state"] == "filled" else known
    whole = row["leaves"] == 0
    at = at_text(row["at_ns"])
    return {
        "id": f"{''.join(sign for sign in at[:23] if sign.isdigit())}::{execution_id(number, row['event_id'])}",
        "account_id": uuid_of(Kind.ACCOUNT, account=number),
        "activity_type": "FILL",
        "transaction_time": at,
        "type": "fill" if whole else "partial_fill",
        "price": price_text(row["price"], instrument.terms),
        "qty": quantity_text(row["quantity"], instrument.terms),
        "side": side_said(row["side"]),
        "symbol": symbols.said(instrument),
        "leaves_qty": quantity_text(row["leaves"], instrument.terms),
        "order_id": order_id(number, row["client_ref"]),
        "cum_qty": quantity_text(done, instrument.terms),
        "order_status": status(order) if order is not None else ("filled" if whole else "partially_filled"),
    }


def execution_id(account: int, event_id: int) -> str:
    """The id of an order's side of a trade."""
    return uuid_of(Kind.EXECUTION, account=account, number=event_id)


def _word(ask: Ask, name: str, stands: object) -> object:
    return ask.body.whole(name) if isinstance(stands, int) else ask.body.text(name)
