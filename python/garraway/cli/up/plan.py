"""What a demonstration venue consists of, and what of it is missing. Touches nothing: events in, commands out."""

import hashlib
import ipaddress
from collections.abc import Iterator
from typing import Final

from garraway.cli.up.credentials import Credentials, Secret
from garraway.market import MAKER, NOISE, SOURCE, SOURCE_NUMBER
from garraway.records import Rights, SelfTrade, SelfTradeOf, encode, session_account
from garraway.units import AssetTerms, InstrumentTerms, money_units
from garraway.venues import Directory

MONITOR: Final = "monitor"
MONITOR_NUMBER: Final = 3
SOURCES: Final = {SOURCE_NUMBER: SOURCE, MONITOR_NUMBER: MONITOR}

USD: Final = 1
GARR: Final = 2
ASSETS: Final = {USD: AssetTerms("USD", scale=8, display=2), GARR: AssetTerms("GARR", scale=0, display=0)}

INSTRUMENT: Final = 1
SYMBOL: Final = "GARR"
REFERENCE_PRICE: Final = "100.00"
TERMS: Final = InstrumentTerms(
    symbol=SYMBOL,
    price_unit=100_000,  # 0.0001 USD, as OUCH counts
    lot_size=1_000_000_000,  # one share
    tick=100,  # 0.01 USD
    min_price=100,
    max_price=100_000_000,  # 10,000 USD
    max_quantity=999_999,  # what OUCH can order
)
MAKER_FEE_RATE: Final = 20_000
TAKER_FEE_RATE: Final = 100_000
"""In 1e-9 of the value traded: 0.2 and 1 basis points."""
MAX_NOTIONAL: Final = "1000000000"

MARKET_FIRM: Final = 1
MARKET_FUNDS: Final = {USD: "10000000000", GARR: "10000000"}
CLIENT_FUNDS: Final = {USD: "1000000", GARR: "10000"}
CLIENTS: Final = {"demo1": 200, "demo2": 201}
"""Trading sessions for strangers, each with an account and a firm of its own."""
SESSIONS: Final = {name: number for number, name in enumerate(CLIENTS, start=1)}
OPEN_ORDERS: Final = 10_000
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
        *_instruments(directory),
        *_accounts(directory),
        *_sessions(directory, credentials),
        *_deposits(directory),
    ]


def accounts() -> dict[int, int]:
    """The accounts of the venue and their firms."""
    market = dict.fromkeys((MAKER, *NOISE), MARKET_FIRM)
    clients = {account: MARKET_FIRM + SESSIONS[name] for name, account in CLIENTS.items()}
    return market | clients


def funds() -> dict[tuple[int, int], int]:
    """(account, asset) -> what it is funded with, in ledger units."""
    return {
        (account, asset): money_units(text, ASSETS[asset])
        for account, firm in accounts().items()
        for asset, text in (MARKET_FUNDS if firm == MARKET_FIRM else CLIENT_FUNDS).items()
    }


def _sources(directory: Directory) -> Iterator[bytes]:
    for number, name in SOURCES.items():
        if number not in directory.sources:
            yield encode("DefineSource", defined=number, name=name, rights=Rights.TRADE)


def _assets(directory: Directory) -> Iterator[bytes]:
    for number, terms in ASSETS.items():
        if number not in directory.assets:
            yield encode("DefineAsset", asset=number, code=terms.code, scale=terms.scale, display=terms.display)


def _instruments(directory: Directory) -> Iterator[bytes]:
    if INSTRUMENT in directory.instruments:
        return
    yield encode(
        "ListInstrument",
        instrument=INSTRUMENT,
        symbol=TERMS.symbol,
        base_asset=GARR,
        quote_asset=USD,
        execution=1,
        price_unit=TERMS.price_unit,
        lot_size=TERMS.lot_size,
        tick=TERMS.tick,
        min_price=TERMS.min_price,
        max_price=TERMS.max_price,
        max_quantity=TERMS.max_quantity,
        max_notional=money_units(MAX_NOTIONAL, ASSETS[USD]),
        maker_fee_rate=MAKER_FEE_RATE,
        taker_fee_rate=TAKER_FEE_RATE,
    )


def _accounts(directory: Directory) -> Iterator[bytes]:
    for account, firm in accounts().items():
        if account not in directory.accounts:
            yield encode(
                "OpenAccount",
                account=account,
                firm=firm,
                max_quantity=TERMS.max_quantity,
                max_notional=money_units(MAX_NOTIONAL, ASSETS[USD]),
                max_open_orders=OPEN_ORDERS,
                self_trade=SelfTrade.CANCEL_NEWEST,
                self_trade_of=SelfTradeOf.ACCOUNT,
            )


def _sessions(directory: Directory, credentials: Credentials) -> Iterator[bytes]:
    for name, number in SESSIONS.items():
        secret = credentials.secrets[name]
        if number in directory.sessions and secret.defined:
            continue
        account = CLIENTS[name]
        yield encode(
            "DefineSession",
            items=[session_account(account)],
            account=account,
            session=number,
            firm=accounts()[account],
            protocol=OUCH_PROTOCOL,
            name=name,
            network=LOOPBACK.packed,
            network_prefix=LOOPBACK_PREFIX,
            salt=secret.salt,
            verifier=verifier(secret),
        )


def _deposits(directory: Directory) -> Iterator[bytes]:
    for (account, asset), amount in funds().items():
        if (account, asset) not in directory.deposited:
            yield encode("Deposit", account=account, asset=asset, amount=amount)


def verifier(secret: Secret) -> bytes:
    """What the exchange checks a secret against: SHA-256 of salt and secret."""
    return hashlib.sha256(secret.salt + secret.text.encode("ascii")).digest()
