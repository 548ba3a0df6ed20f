"""The back office: groups, fee plans, trading sessions, kill switches. Changes are audited commands of the outbox."""

import ipaddress
from collections.abc import Mapping
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Path
from pydantic import Field
from starlette.concurrency import run_in_threadpool

from garraway.api.decimals import Asked, Decimal, Said
from garraway.api.groups import GroupContent, GroupNumber, TierSaid, group_record, group_said, told_by_view
from garraway.api.hands import Reason, hand_of
from garraway.api.permits import Caller, needs
from garraway.api.problems import conflict, invalid, not_found, translated
from garraway.api.reading import MinSeq, Seen, queried
from garraway.api.routes.commands import CommandSaid, command_said, outcome_said
from garraway.api.serving import Served
from garraway.broker.trading_sessions import SessionTerms
from garraway.identity.audit import Act
from garraway.records import Scope, encode
from garraway.store import history
from garraway.units import scaled, scaled_text
from garraway.venues import Directory

RATE_DECIMALS: Final = 9
CANCEL_ON: Final = {"never": 0, "loss": 1, "log_out": 2}
SCOPES: Final = {
    "account": Scope.ACCOUNT,
    "firm": Scope.FIRM,
    "instrument": Scope.INSTRUMENT,
    "venue": Scope.VENUE,
    "session": Scope.SESSION,
}

routes = APIRouter(prefix="/api/v1/admin", tags=["back office"])


class GroupAsked(GroupContent):
    """What a group is to be, and why."""

    reason: Reason


class GroupCreateAsked(GroupAsked):
    """A new group and its number."""

    group: GroupNumber


class GroupSaid(Said):
    """A group as it stands; no tiers: they were defined by another than this service's back office."""

    group: int
    name: str
    asset: str | None
    tiers: list[TierSaid] | None
    accounts: int


class GroupsSaid(Said):
    """All groups."""

    items: list[GroupSaid]
    seq: int


class FeePlanAsked(Asked):
    """Fees as parts of the value traded: "0.0001" is one basis point; negative: a rebate."""

    maker_rate: Decimal
    taker_rate: Decimal
    reason: Reason


class FeePlanCreateAsked(FeePlanAsked):
    """A new fee plan and its number."""

    plan: Annotated[int, Field(ge=1, le=255)]


class FeePlanSaid(Said):
    """A fee plan as it stands."""

    plan: int
    maker_rate: Decimal
    taker_rate: Decimal


class FeePlansSaid(Said):
    """All fee plans."""

    items: list[FeePlanSaid]
    seq: int


class SessionAsked(Asked):
    """A trading session over OUCH: whose, for which accounts, from which network."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,6}$")]
    firm: Annotated[int, Field(ge=1, le=2**32 - 1)]
    cancel_on: Literal["never", "loss", "log_out"] = "never"
    """When its open orders are cancelled: on a lost connection, or also at a log-out."""
    accounts: Annotated[list[Annotated[int, Field(ge=1, le=2**32 - 1)]], Field(min_length=1, max_length=64)]
    network: Annotated[str, Field(max_length=49, examples=["10.0.0.0/8"])]
    reason: Reason


class SessionDefinedSaid(Said):
    """What became of it, and its secret: told this once, kept nowhere."""

    command: CommandSaid
    secret: str


class SessionSaid(Said):
    """A trading session as the log tells it."""

    session: int
    name: str
    account: int


class SessionsSaid(Said):
    """All trading sessions."""

    items: list[SessionSaid]
    seq: int


class KillAsked(Asked):
    """Whose orders are stopped, or let in again; the number is left out for the whole venue."""

    scope: Literal["account", "firm", "instrument", "venue"]
    number: Annotated[int, Field(ge=0, le=2**32 - 1)] = 0
    cancel_open: bool = False
    reason: Reason


class MassCancelAsked(Asked):
    """Whose open orders are cancelled; the number is left out for the whole venue."""

    scope: Literal["account", "firm", "venue", "session"]
    number: Annotated[int, Field(ge=0, le=2**32 - 1)] = 0
    reason: Reason


class KillSaid(Said):
    """What became of the switch, and of the mass cancel where one was asked for."""

    switch: CommandSaid
    mass_cancel: CommandSaid | None


@routes.get("/groups")
async def list_groups(
    services: Served, caller: Annotated[Caller, needs("view", "groups")], min_seq: MinSeq = None
) -> GroupsSaid:
    """All groups of accounts."""
    del caller
    seq, rows = await queried(services, history.groups, min_seq=min_seq)
    directory = services.directory
    defined = [directory.groups[row["group_id"]] for row in rows if row["group_id"] in directory.groups]
    published = await run_in_threadpool(services.back_office.published, defined)
    return GroupsSaid(items=[_group(row, directory, published) for row in rows], seq=seq)


@routes.post("/groups", status_code=201)
async def create_group(
    asked: GroupCreateAsked, services: Served, caller: Annotated[Caller, needs("create", "groups")]
) -> CommandSaid:
    """Defines a new group."""
    if asked.group in services.directory.groups:
        raise conflict("AlreadyDefined", f"group {asked.group} is there: change it with PUT, or take another number")
    return await _put_group(services, caller, asked.group, asked, "group.create")


@routes.put("/groups/{group}")
async def update_group(
    group: Annotated[GroupNumber, Path()],
    asked: GroupAsked,
    services: Served,
    caller: Annotated[Caller, needs("update", "groups")],
) -> CommandSaid:
    """Redefines a group."""
    if group not in services.directory.groups:
        raise not_found("GroupUnknown", f"group {group} was never defined")
    return await _put_group(services, caller, group, asked, "group.update")


@routes.get("/fee-plans")
async def list_fee_plans(
    services: Served, caller: Annotated[Caller, needs("view", "fees")], min_seq: MinSeq = None
) -> FeePlansSaid:
    """All fee plans."""
    del caller
    seq, rows = await queried(services, history.fee_plans, min_seq=min_seq)
    said = [
        FeePlanSaid(plan=row["fee_plan"], maker_rate=_rate(row["maker_rate"]), taker_rate=_rate(row["taker_rate"]))
        for row in rows
    ]
    return FeePlansSaid(items=said, seq=seq)


@routes.post("/fee-plans", status_code=201)
async def create_fee_plan(
    asked: FeePlanCreateAsked, services: Served, caller: Annotated[Caller, needs("create", "fees")]
) -> CommandSaid:
    """Defines a new fee plan."""
    if asked.plan in services.directory.fee_plans:
        raise conflict("AlreadyDefined", f"fee plan {asked.plan} is there: change it with PUT, or take another number")
    return await _put_plan(services, caller, asked.plan, asked, "fee_plan.create")


@routes.put("/fee-plans/{plan}")
async def update_fee_plan(
    plan: Annotated[int, Path(ge=1, le=255)],
    asked: FeePlanAsked,
    services: Served,
    caller: Annotated[Caller, needs("update", "fees")],
) -> CommandSaid:
    """Redefines a fee plan: it applies from the next order on."""
    if plan not in services.directory.fee_plans:
        raise not_found("FeePlanUnknown", f"fee plan {plan} was never defined")
    return await _put_plan(services, caller, plan, asked, "fee_plan.update")


@routes.get("/trading-sessions")
async def list_trading_sessions(
    services: Served, caller: Annotated[Caller, needs("view", "trading_sessions")], seen: Seen
) -> SessionsSaid:
    """Trading sessions of accounts within one's reach, never with a secret."""
    said = [
        SessionSaid(session=one.number, name=one.name, account=one.account)
        for _, one in sorted(services.directory.sessions.items())
        if caller.reaches(one.account)
    ]
    return SessionsSaid(items=said, seq=seen)


@routes.put("/trading-sessions/{session}")
async def define_trading_session(
    session: Annotated[int, Path(ge=1, le=65_535)],
    asked: SessionAsked,
    services: Served,
    caller: Annotated[Caller, needs("define", "trading_sessions")],
) -> SessionDefinedSaid:
    """Defines a trading session, or redefines it with a new secret: whoever is logged in by the old one is cut."""
    terms = SessionTerms(
        name=asked.name,
        firm=asked.firm,
        accounts=tuple(asked.accounts),
        network=_network(asked.network),
        cancel_on=CANCEL_ON[asked.cancel_on],
    )
    hand = hand_of(caller, asked.reason)
    outbox_id, secret = await run_in_threadpool(services.back_office.define_session, session, terms, hand)
    outcome = await services.back_office.answered(outbox_id)
    return SessionDefinedSaid(command=outcome_said(outcome, services.views.seq), secret=secret)


@routes.delete("/trading-sessions/{session}")
async def close_trading_session(
    session: Annotated[int, Path(ge=1, le=65_535)],
    services: Served,
    caller: Annotated[Caller, needs("define", "trading_sessions")],
) -> CommandSaid:
    """Closes a trading session: whoever is logged in is cut, and nobody logs in before it is defined anew."""
    hand = hand_of(caller, "closed")
    outbox_id = await run_in_threadpool(services.back_office.close_session, session, hand)
    return outcome_said(await services.back_office.answered(outbox_id), services.views.seq)


@routes.post("/kill-switch/engage")
async def engage_kill_switch(
    asked: KillAsked, services: Served, caller: Annotated[Caller, needs("engage", "kill_switch")]
) -> KillSaid:
    """Stops new orders of an account, a firm, an instrument or the venue at once."""
    return await _kill(services, caller, asked, on=1)


@routes.post("/kill-switch/release")
async def release_kill_switch(
    asked: KillAsked, services: Served, caller: Annotated[Caller, needs("release", "kill_switch")]
) -> KillSaid:
    """Lets orders in again."""
    return await _kill(services, caller, asked, on=0)


@routes.post("/mass-cancel")
async def admin_mass_cancel(
    asked: MassCancelAsked, services: Served, caller: Annotated[Caller, needs("engage", "kill_switch")]
) -> CommandSaid:
    """Cancels the open orders of an account, a firm, a trading session or the venue."""
    return await _sweep(services, caller, asked.scope, asked.number, asked.reason)


async def _kill(services: Served, caller: Caller, asked: KillAsked, *, on: int) -> KillSaid:
    if asked.cancel_open and asked.scope == "instrument":
        raise invalid("cancel_open", "ScopeInvalid", "a mass cancel is of an account, a firm or the venue")
    scope = SCOPES[asked.scope]
    act = Act("kill_switch.engage" if on else "kill_switch.release", f"{asked.scope}:{asked.number}")
    record = encode("SetKill", scope=scope, id=asked.number, on=on)
    switch = await _carry_out(services, caller, record, act, asked.reason)
    if not asked.cancel_open:
        return KillSaid(switch=switch, mass_cancel=None)
    swept = await _sweep(services, caller, asked.scope, asked.number, asked.reason)
    return KillSaid(switch=switch, mass_cancel=swept)


async def _sweep(services: Served, caller: Caller, scope: str, number: int, reason: str) -> CommandSaid:
    """A mass cancel goes by the desk: it needs the right to trade, which `backoffice` lacks."""
    told = await services.desk.mass_cancel(scope=SCOPES[scope], number=number)
    act = Act("orders.mass_cancel", f"{scope}:{number}", after={"seq": told.seq})
    await run_in_threadpool(services.back_office.note, act, hand_of(caller, reason))
    return command_said(told)


async def _carry_out(services: Served, caller: Caller, record: bytes, act: Act, reason: str) -> CommandSaid:
    outcome = await services.back_office.carry_out(record, act, hand_of(caller, reason))
    return outcome_said(outcome, services.views.seq)


async def _put_group(services: Served, caller: Caller, group: int, asked: GroupAsked, action: str) -> CommandSaid:
    act = Act(action, f"group:{group}", after=asked.said())
    return await _carry_out(services, caller, group_record(group, asked, services.directory), act, asked.reason)


async def _put_plan(services: Served, caller: Caller, plan: int, asked: FeePlanAsked, action: str) -> CommandSaid:
    act = Act(action, f"fee_plan:{plan}", after={"maker_rate": asked.maker_rate, "taker_rate": asked.taker_rate})
    return await _carry_out(services, caller, _plan_record(plan, asked), act, asked.reason)


def _plan_record(plan: int, asked: FeePlanAsked) -> bytes:
    maker = translated("maker_rate", lambda: scaled(asked.maker_rate, RATE_DECIMALS, what="maker_rate"))
    taker = translated("taker_rate", lambda: scaled(asked.taker_rate, RATE_DECIMALS, what="taker_rate"))
    return encode("DefineFeePlan", plan=plan, maker_rate=maker, taker_rate=taker)


def _rate(rate: int) -> str:
    return scaled_text(rate, RATE_DECIMALS, shown=0)


def _group(row: history.Row, directory: Directory, published: Mapping[int, bytes]) -> GroupSaid:
    """A group as it stands; its tiers are known where this service's back office defined it last."""
    number = row["group_id"]
    record = published.get(directory.groups.get(number, 0))
    told = group_said(record, directory) if record is not None else told_by_view(row, directory)
    accounts = sum(account.group == number for account in directory.accounts.values())
    return GroupSaid(group=number, accounts=accounts, **told)


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    """The network that the text writes. Raises: Problem."""
    try:
        return ipaddress.ip_network(text)
    except ValueError as error:
        raise invalid("network", "NetworkInvalid", f"network {text!r} is none: write it like 10.0.0.0/8") from error
