"""Groups, fee plans and what an account has of them, from docs/concepts/risk.md, "Accounts, groups, firms"."""

from itertools import pairwise

from tests.model.commands import Command
from tests.model.definitions import name_of
from tests.model.events import EventKind, Reply
from tests.model.limits import FIRST_ACCOUNT, I64_MAX, MAX_ACCOUNT, MAX_FEE_PLAN, MAX_FEE_RATE, MAX_GROUP
from tests.model.register import Group, Plan, Tier
from tests.model.rejects import Reason, lowest
from tests.model.results import look_who_is_under
from tests.model.risk import look_at_buckets
from tests.model.state import Account, State


def open_account(state: State, command: Command, reply: Reply) -> Reason | None:
    """OpenAccount -> AccountOpened."""
    number, firm, group, clearing = (command[name] for name in ("account", "firm", "group", "clearing"))
    limits = {name: command[name] for name in ("max_quantity", "max_notional", "max_open_orders")}
    payer = state.accounts.get(clearing)
    reason = lowest(
        {
            Reason.IdInvalid: not FIRST_ACCOUNT <= number <= MAX_ACCOUNT or firm < 1,
            Reason.AlreadyDefined: number in state.accounts,
            Reason.LimitInvalid: min(limits.values()) < 1 or limits["max_open_orders"] > state.capacity,
            Reason.SelfTradeInvalid: not self_trade_is_valid(command),
            Reason.GroupUnknown: group != 0 and group not in state.register.groups,
            Reason.ClearingInvalid: clearing != 0 and (payer is None or payer.firm != firm or payer.clearing != 0),
            Reason.PositionsInvalid: command["positions"] > 2,
        }
    )
    if reason:
        return reason
    account = Account(
        firm,
        limits["max_quantity"],
        limits["max_notional"],
        limits["max_open_orders"],
        self_trade=command["self_trade"],
        self_trade_of=command["self_trade_of"],
        clearing=clearing,
        hedging=command["positions"] == 2,
    )
    state.accounts[number] = account
    join(state, account, group)
    look_at_buckets(state)
    look_who_is_under(state)
    reply.say(EventKind.AccountOpened, account=number)
    return None


def self_trade_is_valid(command: Command) -> bool:
    """A mode from 0 to 4, and whose orders are own: the account's or the firm's, or 0 where the mode is."""
    mode, whose = command["self_trade"], command["self_trade_of"]
    return mode <= 4 and whose in ({0, 1, 2} if mode == 0 else {1, 2})


def define_fee_plan(state: State, command: Command, reply: Reply) -> Reason | None:
    """DefineFeePlan -> FeePlanDefined; orders that were accepted before keep their rates."""
    number, maker_rate, taker_rate = (command[name] for name in ("plan", "maker_rate", "taker_rate"))
    reason = lowest(
        {
            Reason.IdInvalid: not 1 <= number <= MAX_FEE_PLAN,
            Reason.FeeRateInvalid: max(abs(maker_rate), abs(taker_rate)) > MAX_FEE_RATE,
        }
    )
    if reason:
        return reason
    state.register.plans[number] = Plan(maker_rate, taker_rate)
    reply.say(EventKind.FeePlanDefined, value=number)
    return None


def define_group(state: State, command: Command, reply: Reply) -> Reason | None:
    """DefineGroup -> GroupDefined; the plans of its accounts are looked at anew."""
    number, asset, groups = command["group"], command["asset"], state.register.groups
    name = name_of(command.names["name"], 16)
    tiers = tuple(Tier(each["traded"], each["plan"]) for each in command.items)
    reason = lowest(
        {
            Reason.IdInvalid: not 1 <= number <= MAX_GROUP,
            Reason.AlreadyDefined: name in {each.name for other, each in groups.items() if other != number},
            Reason.NameInvalid: name is None,
            Reason.AssetUnknown: bool(tiers) and asset not in state.assets,
            Reason.FeePlanUnknown: not all(each.plan == 0 or each.plan in state.register.plans for each in tiers)
            or not rises_strictly([-1, *(each.traded for each in tiers)]),
        }
    )
    if reason or name is None:
        return reason
    asset = asset if tiers else 0
    members = [account for account in state.accounts.values() if account.group == number]
    if number in groups and groups[number].asset != asset:
        for account in members:
            account.traded = 0
    groups[number] = Group(name, asset, tiers)
    for account in members:
        account.plan = plan_reached(state, account)
    reply.say(EventKind.GroupDefined, value=number, quantity=len(tiers))
    return None


def rises_strictly(numbers: list[int]) -> bool:
    """Each number is above the one before it."""
    return all(before < after for before, after in pairwise(numbers))


def set_account(state: State, command: Command, reply: Reply) -> Reason | None:
    """SetAccount -> AccountChanged."""
    account, group = state.accounts.get(command["account"]), command["group"]
    positions = command["positions"]
    hedging = account is not None and (account.hedging if positions == 0 else positions == 2)
    bare = account is not None and not (
        account.open or any(each == command["account"] for _, each, _ in state.register.dealt)
    )
    reason = lowest(
        {
            Reason.AccountUnknown: account is None,
            Reason.SelfTradeInvalid: not self_trade_is_valid(command),
            Reason.GroupUnknown: group != 0 and group not in state.register.groups,
            Reason.PositionsInvalid: positions > 2 or (account is not None and hedging != account.hedging and not bare),
        }
    )
    if reason or account is None:
        return reason
    account.hedging = hedging
    account.self_trade, account.self_trade_of = command["self_trade"], command["self_trade_of"]
    if group != account.group:
        join(state, account, group)
        look_at_buckets(state)
        look_who_is_under(state)
    reply.say(EventKind.AccountChanged, account=command["account"])
    return None


def join(state: State, account: Account, group: int) -> None:
    """The account comes into a group, 0 for none."""
    account.group = group
    account.traded = 0
    account.plan = plan_reached(state, account)


def plan_reached(state: State, account: Account) -> int:
    """The plan of the last tier that the account's traded value has reached, 0 without group or tier."""
    group = state.register.groups.get(account.group)
    reached = [tier.plan for tier in group.tiers if tier.traded <= account.traded] if group else []
    return reached[-1] if reached else 0


def count_traded(state: State, number: int, quote: int, value: int) -> None:
    """Adds a fill to the account's traded value, where its group counts in this asset."""
    account = state.accounts[number]
    group = state.register.groups.get(account.group)
    if group and group.asset == quote:
        account.traded = min(I64_MAX, account.traded + value)
