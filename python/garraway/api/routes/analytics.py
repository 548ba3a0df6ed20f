"""Figures over days, from the SQL views: profit and loss, turnover."""

from typing import Annotated, Final

from fastapi import APIRouter, Query

from garraway.api.decimals import Decimal, Said
from garraway.api.permits import Caller, needs
from garraway.api.problems import invalid
from garraway.api.reading import AccountAsked, Limit, MinSeq, queried
from garraway.api.rendering import price_or_none
from garraway.api.serving import Served
from garraway.store import history
from garraway.units import money_text, quantity_text
from garraway.venues import Directory

routes = APIRouter(prefix="/api/v1/analytics", tags=["analytics"])
Viewer = Annotated[Caller, needs("view", "analytics")]
LAST_DATE: Final = 99_991_231
Since = Annotated[int, Query(ge=0, le=LAST_DATE, description="First business date, yyyymmdd; 0: the day that goes on.")]
Until = Annotated[int, Query(ge=0, le=LAST_DATE, description="Last business date, yyyymmdd.")]


class InstrumentFigures(Said):
    """An account in one instrument, all days together."""

    symbol: str
    realised: Decimal
    fees: Decimal
    net: Decimal
    bought: Decimal
    sold: Decimal
    turnover: Decimal
    fills: int
    asset: str


class AnalyticsSaid(Said):
    """An account's figures over some days, and how its orders ended."""

    account: int
    days: int
    items: list[InstrumentFigures]
    seq: int


class DayFigures(Said):
    """Realised profit and loss of a business day in an instrument; no date: the day that goes on."""

    business_date: int | None
    symbol: str
    realised: Decimal
    fees: Decimal
    net: Decimal
    bought: Decimal
    sold: Decimal
    fills: int
    asset: str


class DailyPnlSaid(Said):
    """Days, the latest first; at the end the day that goes on."""

    account: int
    items: list[DayFigures]
    seq: int


class MarketDay(Said):
    """Prices and turnover of an instrument's business day."""

    business_date: int | None
    symbol: str
    open: Decimal | None
    high: Decimal | None
    low: Decimal | None
    close: Decimal | None
    settlement: Decimal | None
    quantity: Decimal
    value: Decimal
    trades: int


class MarketDaysSaid(Said):
    """Days of the market, the latest first."""

    items: list[MarketDay]
    seq: int


@routes.get("")
async def get_analytics(
    services: Served,
    caller: Viewer,
    account: AccountAsked = None,
    since_date: Since = 0,
    until_date: Until = LAST_DATE,
    min_seq: MinSeq = None,
) -> AnalyticsSaid:
    """What an account made and traded in each instrument."""
    number = caller.account(account)
    seq, rows = await _days(services, number, since_date, until_date, MOST_ROWS, min_seq)
    by_instrument: dict[int, list[history.Row]] = {}
    for row in rows:
        by_instrument.setdefault(row["instrument"], []).append(row)
    directory = services.directory
    said = [_figures(instrument, found, directory) for instrument, found in sorted(by_instrument.items())]
    return AnalyticsSaid(account=number, days=len({row["business_date"] for row in rows}), items=said, seq=seq)


@routes.get("/daily-pnl")
async def get_daily_pnl(
    services: Served,
    caller: Viewer,
    account: AccountAsked = None,
    since_date: Since = 0,
    until_date: Until = LAST_DATE,
    limit: Limit = 100,
    min_seq: MinSeq = None,
) -> DailyPnlSaid:
    """What an account made each day in each instrument."""
    number = caller.account(account)
    seq, rows = await _days(services, number, since_date, until_date, limit, min_seq)
    return DailyPnlSaid(account=number, items=[_day(row, services.directory) for row in rows], seq=seq)


@routes.get("/market")
async def get_market_days(
    services: Served,
    caller: Annotated[Caller, needs("view", "market")],
    since_date: Since = 0,
    until_date: Until = LAST_DATE,
    limit: Limit = 100,
    min_seq: MinSeq = None,
) -> MarketDaysSaid:
    """Prices and turnover of each instrument's days."""
    del caller
    _insist_range(since_date, until_date)
    seq, rows = await queried(
        services,
        lambda connection: history.statistics(connection, since_date=since_date, until_date=until_date, limit=limit),
        min_seq=min_seq,
    )
    return MarketDaysSaid(items=[_market_day(row, services.directory) for row in rows], seq=seq)


MOST_ROWS: Final = 10_000


async def _days(
    services: Served, account: int, since_date: int, until_date: int, limit: int, min_seq: int | None
) -> tuple[int, list[history.Row]]:
    _insist_range(since_date, until_date)
    return await queried(
        services,
        lambda connection: history.daily_pnl(
            connection, [account], since_date=since_date, until_date=until_date, limit=limit
        ),
        min_seq=min_seq,
    )


def _insist_range(since_date: int, until_date: int) -> None:
    if since_date > until_date:
        raise invalid("since_date", "RangeInvalid", "since_date is after until_date: swap them")


def _figures(number: int, rows: list[history.Row], directory: Directory) -> InstrumentFigures:
    instrument = directory.instruments[number]
    quote = directory.assets[instrument.quote_asset]
    total = {name: sum(row[name] for row in rows) for name in _SUMMED}
    return InstrumentFigures(
        symbol=instrument.terms.symbol,
        realised=money_text(total["realised"], quote),
        fees=money_text(total["fees"], quote),
        net=money_text(total["realised"] - total["fees"], quote),
        bought=quantity_text(total["bought"], instrument.terms),
        sold=quantity_text(total["sold"], instrument.terms),
        turnover=money_text(total["bought_value"] + total["sold_value"], quote),
        fills=total["fills"],
        asset=quote.code,
    )


_SUMMED: Final = ("realised", "fees", "bought", "sold", "bought_value", "sold_value", "fills")


def _day(row: history.Row, directory: Directory) -> DayFigures:
    instrument = directory.instruments[row["instrument"]]
    quote = directory.assets[instrument.quote_asset]
    return DayFigures(
        business_date=row["business_date"] or None,
        symbol=instrument.terms.symbol,
        realised=money_text(row["realised"], quote),
        fees=money_text(row["fees"], quote),
        net=money_text(row["realised"] - row["fees"], quote),
        bought=quantity_text(row["bought"], instrument.terms),
        sold=quantity_text(row["sold"], instrument.terms),
        fills=row["fills"],
        asset=quote.code,
    )


def _market_day(row: history.Row, directory: Directory) -> MarketDay:
    instrument = directory.instruments[row["instrument"]]
    terms, quote = instrument.terms, directory.assets[instrument.quote_asset]
    prices = {name: price_or_none(row[name], terms) for name in ("open", "high", "low", "close", "settlement")}
    return MarketDay(
        business_date=row["business_date"] or None,
        symbol=terms.symbol,
        quantity=quantity_text(row["quantity"], terms),
        value=money_text(row["value"], quote),
        trades=row["trades"],
        **prices,
    )
