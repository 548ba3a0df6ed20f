"""The account: balances and its trades. Touches `units`."""

from typing import Any, Final

from garraway.api.facades.binance import symbols
from garraway.api.facades.binance.asking import Ask
from garraway.api.facades.binance.orders import KEPT, MS
from garraway.api.ports import FillRow
from garraway.api.reading import fresh
from garraway.records import Side
from garraway.units import money_text, price_text, quantity_text
from garraway.venues import Instrument

Said = dict[str, Any]
ROWS: Final = 500


async def account(ask: Ask) -> Said:
    """What the account has."""
    services = ask.services
    await fresh(services, services.desk.last_seq)
    omit = ask.parameters.text("omitZeroBalances") == "true"
    balances = []
    for number, (total, held) in services.views.balances(ask.account).items():
        asset = services.directory.assets[number]
        if total or held or not omit:
            free, locked = money_text(total - held, asset), money_text(held, asset)
            balances.append({"asset": asset.code, "free": free, "locked": locked})
    return {
        "canTrade": True,
        "canWithdraw": False,
        "canDeposit": False,
        "updateTime": services.clock() // MS,
        "accountType": "SPOT",
        "balances": balances,
        "permissions": ["SPOT"],
        "uid": ask.account,
    }


async def my_trades(ask: Ask) -> list[Said]:
    """Fills of the account in an instrument, the oldest first: of the last 1,000 fills that it had."""
    instrument, parameters = symbols.named(ask.services.directory, ask.parameters.needed("symbol")), ask.parameters
    order, since, until, least = (parameters.whole(name) for name in ("orderId", "startTime", "endTime", "fromId"))
    limit = parameters.limit(ROWS, KEPT)
    await fresh(ask.services, ask.services.desk.last_seq)
    rows = [
        row
        for row in reversed(ask.services.views.fills(ask.account, KEPT))
        if row["instrument"] == instrument.number
        and order in {None, row["client_ref"]}
        and row["trade_id"] >= (least or 0)
        and (since or 0) <= row["at_ns"] // MS
        and (until is None or row["at_ns"] // MS <= until)
    ]
    chosen = rows[:limit] if least is not None or since is not None else rows[-limit:]
    return [_fill(ask, row, instrument) for row in chosen]


def _fill(ask: Ask, row: FillRow, instrument: Instrument) -> Said:
    terms, quote = instrument.terms, ask.services.directory.assets[instrument.quote_asset]
    return {
        "symbol": symbols.said(instrument),
        "id": row["trade_id"],
        "orderId": row["client_ref"],
        "orderListId": -1,
        "price": price_text(row["price"], terms),
        "qty": quantity_text(row["quantity"], terms),
        "quoteQty": money_text(row["value"], quote),
        "commission": money_text(row["fee"], quote),
        "commissionAsset": quote.code,
        "time": row["at_ns"] // MS,
        "isBuyer": row["side"] == Side.BUY,
        "isMaker": row["maker"],
        "isBestMatch": True,
    }
