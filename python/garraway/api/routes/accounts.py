"""Accounts: what they have, hold and traded. Balances, positions and late fills from the fold, history from SQL."""

from typing import Annotated, Final, Literal

from fastapi import APIRouter, Path, Query

from garraway.api.decimals import Decimal, Id, Said
from garraway.api.permits import Caller, needs
from garraway.api.ports import FillRow
from garraway.api.problems import not_found
from garraway.api.reading import AccountAsked, Cursor, Limit, MinSeq, Seen, cursor_of, fresh, key_of, queried
from garraway.api.rendering import At, FillSaid, at_text, fill_said
from garraway.api.routes.instruments import named
from garraway.api.serving import Served
from garraway.records import Liquidity
from garraway.store import history
from garraway.units import money_text, quantity_text, scaled_text
from garraway.venues import Directory

routes = APIRouter(prefix="/api/v1", tags=["accounts"])
KEPT: Final = 1_000
"""Fills that the fold keeps of an account."""
REASONS: Final = {
    1: "deposit",
    2: "withdrawal",
    3: "bust",
    4: "correction",
    5: "settlement",
    6: "split",
    7: "trade",
    8: "fee",
}
ReasonSaid = Literal["deposit", "withdrawal", "bust", "correction", "settlement", "split", "trade", "fee"]


class AccountSaid(Said):
    """An account and its limits; 0 is none."""

    account: int
    firm: int
    group: int
    max_open_orders: int


class AccountsSaid(Said):
    """The caller's accounts."""

    items: list[AccountSaid]
    seq: int


class BalanceSaid(Said):
    """What an account has of an asset: all of it, what orders and positions hold, what is free."""

    asset: str
    total: Decimal
    held: Decimal
    free: Decimal


class BalancesSaid(Said):
    """Balances as of command `seq`."""

    account: int
    items: list[BalanceSaid]
    seq: int


class PositionSaid(Said):
    """What trading left an account with in an instrument; negative: short. `cost` is what the open part cost."""

    symbol: str
    quantity: Decimal
    cost: Decimal
    average_price: Decimal | None
    realised: Decimal
    fees: Decimal
    asset: str


class PositionsSaid(Said):
    """Positions as of command `seq`."""

    account: int
    items: list[PositionSaid]
    seq: int


class FillsSaid(Said):
    """A page of fills, the latest first."""

    items: list[FillSaid]
    next_cursor: str | None
    seq: int


class EntrySaid(Said):
    """A change of a balance."""

    event_id: Id
    leg: int
    asset: str
    amount: Decimal
    reason: ReasonSaid
    reference: Id | None
    at: At
    ts_ns: int


class LedgerSaid(Said):
    """A page of ledger entries, the latest first."""

    account: int
    items: list[EntrySaid]
    next_cursor: str | None
    seq: int


@routes.get("/accounts")
async def list_accounts(
    services: Served, caller: Annotated[Caller, needs("view", "accounts")], seen: Seen
) -> AccountsSaid:
    """The caller's own accounts."""
    known = services.directory.accounts
    own = [known[number] for number in sorted(caller.principal.accounts) if number in known]
    said = [
        AccountSaid(account=one.number, firm=one.firm, group=one.group, max_open_orders=one.max_open_orders)
        for one in own
    ]
    return AccountsSaid(items=said, seq=seen)


@routes.get("/accounts/{account}")
async def get_account(
    account: Annotated[int, Path(ge=1, le=2**32 - 1)],
    services: Served,
    caller: Annotated[Caller, needs("view", "accounts")],
    seen: Seen,
) -> AccountSaid:
    """One account."""
    del seen
    number = caller.account(account)
    one = services.directory.accounts.get(number)
    if one is None:
        raise not_found("AccountUnknown", f"account {number} is not open")
    return AccountSaid(account=one.number, firm=one.firm, group=one.group, max_open_orders=one.max_open_orders)


@routes.get("/balances")
async def list_balances(
    services: Served, caller: Annotated[Caller, needs("view", "balances")], seen: Seen, account: AccountAsked = None
) -> BalancesSaid:
    """What an account has."""
    number = caller.account(account)
    said = []
    for number_of_asset, (total, held) in services.views.balances(number).items():
        asset = services.directory.assets[number_of_asset]
        amounts = [money_text(units, asset) for units in (total, held, total - held)]
        said.append(BalanceSaid(asset=asset.code, total=amounts[0], held=amounts[1], free=amounts[2]))
    return BalancesSaid(account=number, items=said, seq=seen)


@routes.get("/positions")
async def list_positions(
    services: Served, caller: Annotated[Caller, needs("view", "positions")], seen: Seen, account: AccountAsked = None
) -> PositionsSaid:
    """What an account traded."""
    number = caller.account(account)
    said = []
    for number_of_instrument, row in services.views.positions(number).items():
        instrument = services.directory.instruments[number_of_instrument]
        terms, quote = instrument.terms, services.directory.assets[instrument.quote_asset]
        said.append(
            PositionSaid(
                symbol=terms.symbol,
                quantity=quantity_text(row["lots"], terms),
                cost=money_text(row["cost"], quote),
                average_price=_average(row["cost"], row["lots"] * terms.lot_size, quote.scale),
                realised=money_text(row["realised"], quote),
                fees=money_text(row["fees"], quote),
                asset=quote.code,
            )
        )
    return PositionsSaid(account=number, items=said, seq=seen)


@routes.get("/fills")
async def list_fills(
    services: Served,
    caller: Annotated[Caller, needs("view", "fills")],
    account: AccountAsked = None,
    source: Literal["recent", "history"] = "recent",
    symbol: Annotated[str | None, Query(max_length=16)] = None,
    cursor: Cursor = None,
    limit: Limit = 100,
    min_seq: MinSeq = None,
) -> FillsSaid:
    """Fills of an account: those of late from the fold (`recent`), or all from the SQL views (`history`)."""
    number, key = caller.account(account), key_of(cursor, 1)
    before = key[0] if key is not None else None
    instrument = named(services.directory, symbol).number if symbol is not None else None
    if source == "recent":
        seq = await fresh(services, min_seq)
        rows = [
            row
            for row in services.views.fills(number, KEPT)
            if (before is None or row["event_id"] < before) and instrument in {None, row["instrument"]}
        ][:limit]
    else:
        seq, found = await queried(
            services,
            lambda connection: history.fills(connection, number, instrument=instrument, before=before, limit=limit),
            min_seq=min_seq,
        )
        rows = [_fill_of_history(row) for row in found]
    following = cursor_of(rows[-1]["event_id"]) if len(rows) == limit else None
    return FillsSaid(items=[fill_said(row, number, services.directory) for row in rows], next_cursor=following, seq=seq)


@routes.get("/ledger")
async def list_ledger(
    services: Served,
    caller: Annotated[Caller, needs("view", "ledger")],
    account: AccountAsked = None,
    cursor: Cursor = None,
    limit: Limit = 100,
    min_seq: MinSeq = None,
) -> LedgerSaid:
    """Every change of an account's balances."""
    number = caller.account(account)
    key = key_of(cursor, 2)
    before = (key[0], key[1]) if key is not None else None
    seq, rows = await queried(
        services,
        lambda connection: history.ledger(connection, number, before=before, limit=limit),
        min_seq=min_seq,
    )
    following = cursor_of(rows[-1]["event_id"], rows[-1]["leg"]) if len(rows) == limit else None
    said = [_entry(row, services.directory) for row in rows]
    return LedgerSaid(account=number, items=said, next_cursor=following, seq=seq)


def _entry(row: history.Row, directory: Directory) -> EntrySaid:
    asset = directory.assets[row["asset"]]
    return EntrySaid(
        event_id=str(row["event_id"]),
        leg=row["leg"],
        asset=asset.code,
        amount=money_text(row["amount"], asset),
        reason=REASONS[row["reason"]],  # type: ignore[arg-type] # a word of ReasonSaid
        reference=str(row["reference"]) if row["reference"] else None,
        at=at_text(row["at_ns"]),
        ts_ns=row["at_ns"],
    )


def _fill_of_history(row: history.Row) -> FillRow:
    return FillRow(
        event_id=row["execution_id"],
        trade_id=row["trade_id"],
        at_ns=row["at_ns"],
        client_ref=row["client_ref"],
        text=None,
        instrument=row["instrument"],
        side=row["side"],
        maker=row["liquidity"] == Liquidity.MAKER,
        price=row["price"],
        quantity=row["quantity"],
        leaves=row["leaves"],
        value=row["value"],
        fee=row["fee"],
    )


def _average(cost: int, base_nano: int, scale: int) -> str | None:
    """What a whole of the base cost on average, cut to 1e-9: for display, nothing is reckoned with it."""
    return scaled_text(abs(cost) * 10**18 // (10**scale * abs(base_nano)), 9, shown=0) if base_nano else None
