"""What of the demonstration venue is missing. Touches nothing: a directory in, commands out."""

import hashlib
import ipaddress
from collections.abc import Iterator
from dataclasses import asdict
from typing import Final

from garraway.cli.up import people
from garraway.cli.up.credentials import Credentials, Secret
from garraway.cli.up.listings import ASSETS, LISTINGS, MAX_NOTIONAL, USD, Listing
from garraway.market import PLANNER, PLANNER_NUMBER, SCHEDULER, SCHEDULER_NUMBER, SOURCE, SOURCE_NUMBER
from garraway.records import Rights, SelfTrade, SelfTradeOf, encode, item, session_account
from garraway.trading.stop import SOURCE as STOP
from garraway.trading.stop import SOURCE_NUMBER as STOP_NUMBER
from garraway.units import money_units
from garraway.venues import Directory

MONITOR: Final = "monitor"
MONITOR_NUMBER: Final = 3
API: Final = "api"
API_NUMBER: Final = 5
BACK_OFFICE: Final = "backoffice"
BACK_OFFICE_NUMBER: Final = 6
STRATEGY_NUMBERS: Final = {name: number for number, name in enumerate(people.STRATEGIES, start=20)}
SOURCES: Final = {
    SOURCE_NUMBER: (SOURCE, Rights.TRADE),
    MONITOR_NUMBER: (MONITOR, Rights.TRADE),
    SCHEDULER_NUMBER: (SCHEDULER, Rights.OPERATE),
    API_NUMBER: (API, Rights.TRADE),
    BACK_OFFICE_NUMBER: (BACK_OFFICE, Rights.MONEY | Rights.DEFINE | Rights.OPERATE),
    PLANNER_NUMBER: (PLANNER, Rights.OPERATE),
    STOP_NUMBER: (STOP, Rights.TRADE | Rights.OPERATE),
    **{number: (name, Rights.TRADE) for name, number in STRATEGY_NUMBERS.items()},
}
BOOK: Final = 1
OUCH_PROTOCOL: Final = 1
LOOPBACK: Final = ipaddress.IPv6Address(b"\0" * 10 + b"\xff\xff" + ipaddress.IPv4Address("127.0.0.0").packed)
LOOPBACK_PREFIX: Final = 96 + 8


def missing(directory: Directory, credentials: Credentials) -> list[bytes]:
    """The operator's commands for everything that the directory does not hold yet, in the order in which they must go.

    Accounts are funded once: an account that ever had a deposit in an asset gets no other.
    """
    return [
        *_sources(directory),
        *_assets(directory),
        *(command for listing in LISTINGS for command in _listed(directory, listing)),
        *_groups(directory),
        *_accounts(directory),
        *_limits(directory),
        *_sessions(directory, credentials),
        *_deposits(directory),
    ]


def _sources(directory: Directory) -> Iterator[bytes]:
    for number, (name, rights) in SOURCES.items():
        if number not in directory.sources:
            yield encode("DefineSource", defined=number, name=name, rights=rights)


def _assets(directory: Directory) -> Iterator[bytes]:
    for number, terms in ASSETS.items():
        if number not in directory.assets:
            yield encode("DefineAsset", asset=number, code=terms.code, scale=terms.scale, display=terms.display)


def _listed(directory: Directory, listing: Listing) -> Iterator[bytes]:
    """An instrument, then its rules and its ticks."""
    standing = directory.standings.get(listing.number)
    if standing is None:
        yield _instrument(listing)
    if standing is None or standing.rules is None:
        yield encode("SetRules", instrument=listing.number, **asdict(listing.rules))
    if listing.steps and (standing is None or not standing.ticks.steps):
        steps = [item("SetTicks", from_price=start, tick=tick) for start, tick in listing.steps]
        yield encode("SetTicks", items=steps, instrument=listing.number)


def _instrument(listing: Listing) -> bytes:
    terms = listing.terms
    return encode(
        "ListInstrument",
        instrument=listing.number,
        symbol=terms.symbol,
        base_asset=listing.base_asset,
        quote_asset=listing.quote_asset,
        execution=BOOK,
        kind=listing.kind,
        phase=listing.phase,
        price_unit=terms.price_unit,
        lot_size=terms.lot_size,
        tick=terms.tick,
        min_price=terms.min_price,
        max_price=terms.max_price,
        max_quantity=terms.max_quantity,
        max_notional=money_units(MAX_NOTIONAL, ASSETS[listing.quote_asset]),
        maker_fee_rate=listing.maker_fee_rate,
        taker_fee_rate=listing.taker_fee_rate,
    )


def _groups(directory: Directory) -> Iterator[bytes]:
    for number, (maker_rate, taker_rate) in people.FEE_PLANS.items():
        if number not in directory.fee_plans:
            yield encode("DefineFeePlan", plan=number, maker_rate=maker_rate, taker_rate=taker_rate)
    for number, group in people.GROUPS.items():
        if number not in directory.groups:
            tiers = [
                item("DefineGroup", traded=money_units(traded, ASSETS[USD]), plan=plan) for traded, plan in group.tiers
            ]
            yield encode("DefineGroup", items=tiers, group=number, name=group.name, asset=USD)


def _accounts(directory: Directory) -> Iterator[bytes]:
    most = max(listing.terms.max_quantity for listing in LISTINGS)
    for account, firm in people.accounts().items():
        if account not in directory.accounts:
            yield encode(
                "OpenAccount",
                account=account,
                firm=firm,
                max_quantity=most,
                max_notional=money_units(MAX_NOTIONAL, ASSETS[USD]),
                max_open_orders=people.OPEN_ORDERS,
                self_trade=SelfTrade.CANCEL_NEWEST,
                self_trade_of=SelfTradeOf.ACCOUNT,
                group=people.group(account),
            )


def _limits(directory: Directory) -> Iterator[bytes]:
    for (scope, number), limited in people.limits().items():
        if (scope, number) not in directory.limits:
            yield encode("SetLimits", scope=scope, id=number, asset=USD, **asdict(limited))


def _sessions(directory: Directory, credentials: Credentials) -> Iterator[bytes]:
    for name, number in people.SESSIONS.items():
        secret = credentials.secrets[name]
        if number in directory.sessions and secret.defined:
            continue
        account = people.CLIENTS[name]
        yield encode(
            "DefineSession",
            items=[session_account(account)],
            account=account,
            session=number,
            firm=people.accounts()[account],
            protocol=OUCH_PROTOCOL,
            name=name,
            network=LOOPBACK.packed,
            network_prefix=LOOPBACK_PREFIX,
            salt=secret.salt,
            verifier=verifier(secret),
        )


def _deposits(directory: Directory) -> Iterator[bytes]:
    for (account, asset), amount in people.funds().items():
        if (account, asset) not in directory.deposited:
            yield encode("Deposit", account=account, asset=asset, amount=amount)


def verifier(secret: Secret) -> bytes:
    """What the exchange checks a secret against: SHA-256 of salt and secret."""
    return hashlib.sha256(secret.salt + secret.text.encode("ascii")).digest()
