"""Words of scenario tables for accounts, risk and days: what a line sends."""

from collections.abc import Callable
from typing import Final, Protocol

from tests.model.commands import Kind
from tests.model.events import Event, EventKind
from tests.scenarios.words import SCOPES, Spoken

Fields = dict[str, str]


class Scenario(Protocol):
    """What a scenario calls its things, and what has happened in it."""

    assets: dict[str, int]
    instruments: dict[str, int]
    accounts: dict[str, int]
    events: list[Event]
    terms: dict[str, Fields]
    """Symbol -> the fields with which the instrument was listed."""


def plan(play: Scenario, rest: list[str]) -> Spoken:
    """`plan 1 maker -50000000 taker 100000000`."""
    number, _, maker_rate, _, taker_rate = rest
    return Spoken(Kind.DefineFeePlan, {"plan": number, "maker_rate": maker_rate, "taker_rate": taker_rate})


def group(play: Scenario, rest: list[str]) -> Spoken:
    """`group 1 gold`, `group 1 gold usd 0:1 1000:2`: from this traded value on, this plan."""
    number, name, *more = rest
    fields = {"group": number, "name": name, "asset": str(play.assets.get(more[0], more[0])) if more else "0"}
    tiers = [dict(zip(("traded", "plan"), tier.split(":"), strict=True)) for tier in more[1:]]
    return Spoken(Kind.DefineGroup, fields, tiers)


def regroup(play: Scenario, rest: list[str]) -> Spoken:
    """`regroup A 1`."""
    return Spoken(Kind.SetAccount, {"account": rest[0], "group": rest[1], "self_trade": "0", "self_trade_of": "0"})


def scoped(play: Scenario, scope: str, name: str) -> Fields:
    """`account A`, `group 1`, `firm 1`, `instrument XYZ`, `venue`."""
    known = {"account": play.accounts, "instrument": play.instruments}.get(scope, {})
    return {"scope": str(SCOPES[scope]), "id": str(known.get(name, name))}


def limit(play: Scenario, rest: list[str]) -> Spoken:
    """`limit account A max_rate=2`, `limit firm 1 max_held=100 asset=usd`."""
    return Spoken(Kind.SetLimits, scoped(play, *rest))


def switch(play: Scenario, rest: list[str], on: str) -> Spoken:
    """`kill account A`, `kill venue`, `revive account A`."""
    return Spoken(Kind.SetKill, scoped(play, rest[0], rest[1] if rest[1:] else "0") | {"on": on})


def restriction(play: Scenario, rest: list[str], on: str) -> Spoken:
    """`restrict account A XYZ`, `allow account A XYZ`."""
    scope, name, instrument = rest
    return Spoken(Kind.SetRestriction, scoped(play, scope, name) | {"instrument": instrument, "on": on})


def settle(play: Scenario, rest: list[str]) -> Spoken:
    """`settle FUT @ 105`."""
    instrument, at, price = rest
    assert at == "@"
    return Spoken(Kind.SetReference, {"instrument": instrument, "price": price, "what": "2"})


def terms(play: Scenario, rest: list[str]) -> Spoken:
    """`terms XYZ tick=5`, `terms XYZ symbol=ABC`: all else stays as it was listed."""
    kept = ("tick", "min_price", "max_price", "max_quantity", "max_notional")
    listed = play.terms.get(rest[0], next(iter(play.terms.values())))
    values = {"instrument": rest[0], "symbol": rest[0]}
    return Spoken(Kind.ChangeInstrument, values | {name: listed[name] for name in kept})


def split(play: Scenario, rest: list[str]) -> Spoken:
    """`split XYZ 2 for 1`."""
    instrument, numerator, _, denominator = rest
    return Spoken(Kind.SplitInstrument, {"instrument": instrument, "numerator": numerator, "denominator": denominator})


def bust(play: Scenario, rest: list[str]) -> Spoken:
    """`bust 2`, `correct 2 to 99`: the second trade of the scenario."""
    found = [index for index, event in enumerate(play.events) if event.kind == EventKind.Traded]
    traded, *filled = play.events[found[int(rest[0]) - 1] :][:3]
    buyer, seller = sorted(filled, key=lambda event: event.side)
    fields = {
        "instrument": traded.instrument,
        "trade": traded.event_id,
        "price": traded.price,
        "quantity": traded.quantity,
        "buyer": buyer.account,
        "seller": seller.account,
        "buyer_fee": buyer.fee,
        "seller_fee": seller.fee,
    }
    values = {name: str(value) for name, value in fields.items()}
    return Spoken(Kind.BustTrade, values | {"new_price": rest[2] if rest[1:] else "0"})


RISK_VERBS: Final[dict[str, Callable[[Scenario, list[str]], Spoken]]] = {
    "plan": plan,
    "group": group,
    "regroup": regroup,
    "limit": limit,
    "kill": lambda play, rest: switch(play, rest, "1"),
    "revive": lambda play, rest: switch(play, rest, "0"),
    "restrict": lambda play, rest: restriction(play, rest, "1"),
    "allow": lambda play, rest: restriction(play, rest, "0"),
    "settle": settle,
    "end": lambda _, rest: Spoken(Kind.EndOfDay, {"business_date": rest[0]}),
    "terms": terms,
    "split": split,
    "bust": bust,
    "correct": bust,
}
