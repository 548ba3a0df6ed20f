"""Transfers: money asked to go in or out, by clients and by the back office, and what became of it. From SQL."""

from typing import Annotated, Final, Literal

from fastapi import APIRouter, Path
from pydantic import Field
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from garraway.api.decimals import Asked, Decimal, Positive, Said
from garraway.api.hands import REPLAYED, IdempotencyKey, Reason, hand_of, whole
from garraway.api.permits import Caller, needs
from garraway.api.problems import invalid, translated
from garraway.api.reading import AccountAsked, Cursor, Limit, cursor_of, key_of
from garraway.api.rendering import At, at_text
from garraway.api.serving import Served
from garraway.broker.transfers import Wish
from garraway.identity import reach_of
from garraway.records import reject
from garraway.store.transfers import Transfer
from garraway.units import AssetTerms, money_text, money_units
from garraway.venues import Directory

routes = APIRouter(prefix="/api/v1", tags=["money"])
KindSaid = Literal["deposit", "withdrawal", "adjustment", "credit"]
StateSaid = Literal["pending", "sent", "done", "refused", "rejected", "withdrawn", "expired"]
AssetNamed = Annotated[str, Field(min_length=1, max_length=8, examples=["USD"])]
TransferNamed = Annotated[int, Path(ge=1, le=2**63 - 1)]
JSON: Final = "application/json"


class TransferAsked(Asked):
    """Money to come in or go out; the account may be left out by who has one."""

    account: Annotated[int, Field(ge=1, le=2**32 - 1)] | None = None
    asset: AssetNamed
    amount: Positive
    note: Annotated[str, Field(max_length=200, description="What it is for.")] = ""


class FundsAsked(Asked):
    """Money that the back office moves."""

    account: Annotated[int, Field(ge=1, le=2**32 - 1)]
    asset: AssetNamed
    amount: Positive
    reason: Reason


class AdjustmentAsked(Asked):
    """A correction of a balance; negative takes."""

    account: Annotated[int, Field(ge=1, le=2**32 - 1)]
    asset: AssetNamed
    amount: Decimal
    reason: Reason


class TransferSaid(Said):
    """A transfer: `pending` waits for another person, `sent` for the engine; `refused` is the engine's word."""

    transfer_id: int
    kind: KindSaid
    account: int
    asset: str
    amount: Decimal
    note: str
    state: StateSaid
    approval_id: int | None
    reason: str | None
    """Why the engine refused it."""
    asked_at: At
    ended_at: At | None


class TransfersSaid(Said):
    """A page of transfers, the latest first."""

    items: list[TransferSaid]
    next_cursor: str | None


@routes.post("/transfers/deposits", status_code=202, response_model=TransferSaid)
async def ask_deposit(
    asked: TransferAsked,
    request: Request,
    key: IdempotencyKey,
    caller: Annotated[Caller, needs("deposit", "transfers")],
) -> Response:
    """Announces money that was paid in: it counts once another person has seen it."""
    return await _ask(
        request, key, caller, "deposit", caller.account(asked.account), asked.asset, asked.amount, asked.note
    )


@routes.post("/transfers/withdrawals", status_code=202, response_model=TransferSaid)
async def ask_withdrawal(
    asked: TransferAsked,
    request: Request,
    key: IdempotencyKey,
    caller: Annotated[Caller, needs("withdraw", "transfers")],
) -> Response:
    """Asks for money to be paid out, of what is free."""
    return await _ask(
        request, key, caller, "withdrawal", caller.account(asked.account), asked.asset, asked.amount, asked.note
    )


@routes.get("/transfers")
async def list_transfers(
    services: Served,
    caller: Annotated[Caller, needs("view", "transfers")],
    account: AccountAsked = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> TransfersSaid:
    """Transfers of the caller's accounts; for the back office of all that it may see."""
    key = key_of(cursor, 1)
    if account is not None:
        caller.account(account)
    found = await run_in_threadpool(
        lambda: services.back_office.transfers(
            reach_of(caller.principal, caller.permission),
            account=account,
            before=key[0] if key is not None else None,
            limit=limit,
        )
    )
    following = cursor_of(found[-1].transfer_id) if len(found) == limit else None
    return TransfersSaid(items=[transfer_said(one, services.directory) for one in found], next_cursor=following)


@routes.get("/transfers/{transfer_id}")
async def get_transfer(
    transfer_id: TransferNamed, services: Served, caller: Annotated[Caller, needs("view", "transfers")]
) -> TransferSaid:
    """One transfer; of one that was sent the engine's answer is waited for up to a second."""
    reach = reach_of(caller.principal, caller.permission)
    found = await run_in_threadpool(services.back_office.transfer, transfer_id, reach)
    if await services.back_office.settled(found):
        found = await run_in_threadpool(services.back_office.transfer, transfer_id, reach)
    return transfer_said(found, services.directory)


@routes.delete("/transfers/{transfer_id}")
async def take_back_transfer(
    transfer_id: TransferNamed,
    services: Served,
    caller: Annotated[Caller, needs("cancel", "transfers")],
) -> TransferSaid:
    """Takes a transfer back that waits for approval; only who asked for it may."""
    reach = reach_of(caller.principal, caller.permission)
    hand = hand_of(caller, "taken back")
    ended = await run_in_threadpool(services.back_office.take_back, transfer_id, reach, hand)
    return transfer_said(ended, services.directory)


@routes.post("/admin/funds/deposit", status_code=202, response_model=TransferSaid, tags=["back office"])
async def deposit_funds(
    asked: FundsAsked, request: Request, key: IdempotencyKey, caller: Annotated[Caller, needs("deposit", "funds")]
) -> Response:
    """Pays in; above the limit of one person it waits for another."""
    return await _ask(request, key, caller, "deposit", asked.account, asked.asset, asked.amount, asked.reason)


@routes.post("/admin/funds/withdraw", status_code=202, response_model=TransferSaid, tags=["back office"])
async def withdraw_funds(
    asked: FundsAsked, request: Request, key: IdempotencyKey, caller: Annotated[Caller, needs("withdraw", "funds")]
) -> Response:
    """Pays out; above the limit of one person it waits for another."""
    return await _ask(request, key, caller, "withdrawal", asked.account, asked.asset, asked.amount, asked.reason)


@routes.post("/admin/funds/adjust", status_code=202, response_model=TransferSaid, tags=["back office"])
async def adjust_funds(
    asked: AdjustmentAsked,
    request: Request,
    key: IdempotencyKey,
    caller: Annotated[Caller, needs("adjust", "funds")],
) -> Response:
    """Corrects a balance; above the limit of one person it waits for another."""
    return await _ask(request, key, caller, "adjustment", asked.account, asked.asset, asked.amount, asked.reason)


@routes.post("/admin/funds/credit", status_code=202, response_model=TransferSaid, tags=["back office"])
async def credit_funds(
    asked: FundsAsked, request: Request, key: IdempotencyKey, caller: Annotated[Caller, needs("credit", "funds")]
) -> Response:
    """Gives credit; above the limit of one person it waits for another."""
    return await _ask(request, key, caller, "credit", asked.account, asked.asset, asked.amount, asked.reason)


def transfer_said(one: Transfer, directory: Directory) -> TransferSaid:
    """A transfer as this API says it."""
    asset = directory.assets[one.asset]
    return TransferSaid(
        transfer_id=one.transfer_id,
        kind=one.kind,  # type: ignore[arg-type] # a word of KindSaid: the table holds no other
        account=one.account,
        asset=asset.code,
        amount=money_text(one.amount, asset),
        note=one.note,
        state=one.state,  # type: ignore[arg-type] # a word of StateSaid: the table holds no other
        approval_id=one.approval_id,
        reason=reject(one.reason).name if one.reason else None,
        asked_at=at_text(one.asked_at_ns),
        ended_at=at_text(one.ended_at_ns) if one.ended_at_ns is not None else None,
    )


async def _ask(
    request: Request, key: str, caller: Caller, kind: str, account: int, asset: str, amount: str, note: str
) -> Response:
    services = caller.services
    by_client = caller.permission.resource == "transfers"
    number, terms = asset_named(services.directory, asset)
    if account not in services.directory.accounts:
        raise invalid("account", "AccountUnknown", f"account {account} is not open")
    units = translated("amount", lambda: money_units(amount, terms))
    if units == 0:
        raise invalid("amount", "AmountInvalid", "amount of nothing: give one that is not 0")
    wish = Wish(kind=kind, account=account, asset=number, amount=units, note=note)
    hand = hand_of(caller, note)

    def render(made: Transfer) -> tuple[int, str]:
        return 202, transfer_said(made, services.directory).model_dump_json()

    def ask() -> tuple[tuple[int, str], bool]:
        return services.back_office.ask(wish, hand, by_client=by_client, key=key, request=whole(request), render=render)

    (status, body), again = await run_in_threadpool(ask)
    services.back_office.outbox.wake()
    return Response(body, status, media_type=JSON, headers={REPLAYED: "true"} if again else {})


def asset_named(directory: Directory, code: str) -> tuple[int, AssetTerms]:
    """The asset of this code. Raises: Problem."""
    found = next(((number, terms) for number, terms in directory.assets.items() if terms.code == code), None)
    if found is None:
        raise invalid("asset", "AssetUnknown", f"asset {code!r} is not defined: see /api/v1/instruments")
    return found
