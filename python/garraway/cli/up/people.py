"""The accounts, groups, fees, limits and funds of the demonstration venue. Touches nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from garraway.cli.up.listings import ASSETS, BTC, EUR, GARR, LISTINGS, USD
from garraway.market import Participants
from garraway.records import Scope
from garraway.units import money_units

MARKET_FIRM: Final = 1
CLIENTS: Final = {"demo1": 200, "demo2": 201}
"""Trading sessions for strangers, each with an account and a firm of its own."""
STRATEGIES: Final = {"strategy1": 220, "strategy2": 221}
"""Accounts for strategies, by the source that each of them sends its orders as: `garraway live --source strategy1`."""
STRATEGIES_FIRM: Final = 4
SESSIONS: Final = {name: number for number, name in enumerate(CLIENTS, start=1)}
OPEN_ORDERS: Final = 10_000

MAKER_FUNDS: Final = {USD: "10000000000", GARR: "10000000", BTC: "100000", EUR: "10000000000"}
"""What an account of the market gets: of USD, and of the base asset that it trades."""
CLIENT_FUNDS: Final = {USD: "1000000", GARR: "10000", BTC: "10", EUR: "500000"}

REBATE_PLAN: Final = 1
ACTIVE_PLAN: Final = 2
FEE_PLANS: Final = {REBATE_PLAN: (-10_000, 50_000), ACTIVE_PLAN: (10_000, 50_000)}
"""Maker's and taker's rate in 1e-9 of the value traded: makers are paid 0.1 basis points."""


@dataclass(frozen=True, slots=True)
class Group:
    """A group of accounts: its name, and the fee plans by the USD that an account has traded in a month."""

    name: str
    tiers: tuple[tuple[str, int], ...]


MAKERS: Final = 1
MEMBERS: Final = 2
GROUPS: Final = {
    MAKERS: Group("makers", (("0", REBATE_PLAN),)),
    MEMBERS: Group("members", (("0", 0), ("1000000", ACTIVE_PLAN))),
}


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of an account, a group or a firm; 0 is no limit. Money in ledger units of USD."""

    max_rate: int
    max_notional: int = 0
    max_loss: int = 0


def limits() -> Mapping[tuple[int, int], Limits]:
    """(scope, id) -> what is limited."""
    usd = ASSETS[USD]
    members = Limits(5_000, money_units("1000000", usd), money_units("500000", usd))
    return {(Scope.GROUP, MEMBERS): members, (Scope.FIRM, MARKET_FIRM): Limits(20_000)}


def accounts() -> dict[int, int]:
    """The accounts of the venue and their firms."""
    market = {account: MARKET_FIRM for one in LISTINGS for account in Participants.of(one.number).all}
    clients = {account: MARKET_FIRM + SESSIONS[name] for name, account in CLIENTS.items()}
    return market | clients | dict.fromkeys(STRATEGIES.values(), STRATEGIES_FIRM)


def group(account: int) -> int:
    """The account's group: the market makers', the members', or none."""
    makers = {Participants.of(one.number).maker for one in LISTINGS}
    return MAKERS if account in makers else MEMBERS if account in CLIENTS.values() else 0


def funds() -> dict[tuple[int, int], int]:
    """(account, asset) -> what it is funded with, in ledger units."""
    market = {
        (account, asset): MAKER_FUNDS[asset]
        for one in LISTINGS
        for account in Participants.of(one.number).all
        for asset in (one.quote_asset, one.base_asset)
        if asset
    }
    funded = (*CLIENTS.values(), *STRATEGIES.values())
    clients = {(account, asset): text for account in funded for asset, text in CLIENT_FUNDS.items()}
    return {key: money_units(text, ASSETS[key[1]]) for key, text in (market | clients).items()}
