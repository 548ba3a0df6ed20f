"""The words of a scenario's commands: what each verb sends. README.md has the grammar."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from tests.model.commands import Kind
from tests.model.limits import BILLION
from tests.model.state import BUY, SELL

TIMES_IN_FORCE: Final = {"gtc": 1, "ioc": 2, "fok": 3, "day": 4, "until": 5, "at-open": 6, "at-close": 7}
ORDER_TYPES: Final = {
    "limit": 1,
    "market": 2,
    "market-to-limit": 3,
    "stop": 4,
    "stop-limit": 5,
    "trail": 6,
    "peg": 7,
    "peg-mid": 8,
    "peg-market": 9,
}
FLAGS: Final = {"post-only": 1, "hidden": 2, "oco": 4, "after": 8, "reduce-only": 16}
NUMBERS: Final = {
    "iceberg": "display",
    "min": "minimum",
    "until": "expire_s",
    "oco": "target",
    "after": "target",
    "reduces": "target",
}
"""Words behind which a value stands, and the field that it goes to."""
TRIGGERS: Final = {"stop", "stop-limit", "trail", "peg", "peg-mid", "peg-market"}
PHASES: Final = {
    "continuous": 1,
    "pre-open": 2,
    "opening": 3,
    "halt": 4,
    "volatility": 5,
    "closing": 6,
    "closed": 7,
    "suspended": 8,
    "delisted": 9,
}
SCOPES: Final = {"account": 1, "group": 2, "firm": 3, "instrument": 4, "venue": 5, "session": 6}
RIGHTS: Final = {"trade": 1, "money": 2, "define": 4, "operate": 8, "quote": 16}
SELF_TRADE: Final = {"none": "0", "cancel-newest": "1", "cancel-oldest": "2", "cancel-both": "3", "decrement": "4"}
SELF_TRADE_OF: Final = {"account": "1", "firm": "2"}

BY_GATEWAY: Final = {
    Kind.PlaceOrder,
    Kind.CancelOrder,
    Kind.ReplaceOrder,
    Kind.MassQuote,
    Kind.SetQuote,
    Kind.Tick,
    Kind.Continue,
    Kind.CleanClose,
    Kind.UncleanStart,
}
"""What source 0 sends where the scenario names no source; all else comes from the operator."""


@dataclass(slots=True)
class Spoken:
    """A command in words: its kind, and the text of its fields and items."""

    kind: Kind
    values: dict[str, str]
    items: list[dict[str, str]] = field(default_factory=list)


def pairs(words: list[str]) -> dict[str, str]:
    """`name=value` words."""
    return {name: value for name, _, value in (word.partition("=") for word in words)}


def seconds(text: str) -> int:
    """`1000` nanoseconds or `5s`."""
    return int(text[:-1]) * BILLION if text.endswith("s") else int(text)


def self_trade(limits: dict[str, str]) -> dict[str, str]:
    """Takes `stp=cancel-oldest by=firm` out of the fields of an account; by its own account where only `stp` stands."""
    mode = SELF_TRADE[limits.pop("stp", "none")]
    whose = SELF_TRADE_OF[limits.pop("by")] if "by" in limits else "0" if mode == "0" else SELF_TRADE_OF["account"]
    return {"self_trade": mode, "self_trade_of": whose}


def order(side: int, rest: list[str]) -> Spoken:
    """`A a1 10 @ 100` and what may follow: the time in force, the order type, flags and their values."""
    account, ref, quantity, at, price, *more = rest
    assert at == "@"
    values = {
        "account": account,
        "client_ref": ref,
        "quantity": quantity,
        "price": price,
        "side": str(side),
        "order_type": "1",
        "time_in_force": "1",
    }
    flags = 0
    while more:
        word = more.pop(0)
        if word in ORDER_TYPES:
            values["order_type"] = str(ORDER_TYPES[word])
        if word in TIMES_IN_FORCE:
            values["time_in_force"] = str(TIMES_IN_FORCE[word])
        if word in TRIGGERS:
            values["trigger"] = more.pop(0)
        if word in NUMBERS:
            value = more.pop(0)
            values[NUMBERS[word]] = value.removesuffix("s") if word == "until" else value
        if word == "on":
            values["instrument"] = more.pop(0)
        flags += FLAGS.get(word, 0)
        assert word in {*ORDER_TYPES, *TIMES_IN_FORCE, *NUMBERS, *FLAGS, "on"}, word
    return Spoken(Kind.PlaceOrder, values | {"flags": str(flags)})


def cancel(rest: list[str]) -> Spoken:
    """`A a1 [to 4]`."""
    return Spoken(
        Kind.CancelOrder, {"account": rest[0], "client_ref": rest[1], "quantity": rest[3] if rest[2:] else "0"}
    )


def replace(rest: list[str]) -> Spoken:
    """`A a1 a2 10 @ 100 [trigger 105]`: a1 becomes a2."""
    account, target, ref, quantity, at, price, *more = rest
    assert at == "@"
    values = {"account": account, "target": target, "client_ref": ref, "quantity": quantity, "price": price}
    return Spoken(Kind.ReplaceOrder, values | dict(zip(more[::2], more[1::2], strict=True)))


def quote(rest: list[str]) -> Spoken:
    """`A q 5 @ 99 / 5 @ 101 [on XYZ] [, 5 @ 9 / 5 @ 11 on ABC]`; 0 @ 0 for a side without an order."""
    account, ref, *more = rest
    items = []
    for part in " ".join(more).split(","):
        words = part.split()
        if not words:
            continue
        bid, _, bid_price, slash, ask, _, ask_price, *on = words
        assert slash == "/"
        items.append(
            {
                "instrument": on[1] if on else "XYZ",
                "bid_price": bid_price,
                "bid_quantity": bid,
                "ask_price": ask_price,
                "ask_quantity": ask,
            }
        )
    return Spoken(Kind.MassQuote, {"account": account, "quote_ref": f"{ref}/{len(items)}"}, items)


def mass_cancel(rest: list[str]) -> Spoken:
    """`account A`, `firm 1`, `venue`, `session 1`; `buys` or `sells` and `on XYZ` may follow."""
    scope, *more = rest
    values = {"scope": str(SCOPES[scope]), "id": more.pop(0) if scope != "venue" else "0"}
    if "buys" in more or "sells" in more:
        values["side"] = str(BUY if "buys" in more else SELL)
    if "on" in more:
        values["instrument"] = more[more.index("on") + 1]
    return Spoken(Kind.MassCancel, values)


def phase(rest: list[str]) -> Spoken:
    """`XYZ halt`."""
    return Spoken(Kind.SetPhase, {"instrument": rest[0], "phase": str(PHASES[rest[1]])})


def schedule(rest: list[str]) -> Spoken:
    """`XYZ 10s pre-open 20s opening`."""
    items = [
        {"at_ns": str(seconds(at)), "phase": str(PHASES[name])} for at, name in zip(rest[1::2], rest[2::2], strict=True)
    ]
    return Spoken(Kind.SetSchedule, {"instrument": rest[0]}, items)


def rules(rest: list[str]) -> Spoken:
    """`XYZ [refuse|auction 60s] [static 5%] [dynamic 5%] [collar 5%] [resume halt|auction]`."""
    symbol, *more = rest
    values = {"instrument": symbol}
    while more:
        word = more.pop(0)
        if word == "refuse":
            values["band_action"] = "1"
        elif word == "auction":
            values |= {"band_action": "2", "auction_ns": str(seconds(more.pop(0)))}
        elif word == "resume":
            values["resume"] = {"halt": "1", "auction": "2"}[more.pop(0)]
        else:
            name = {"static": "static_band", "dynamic": "dynamic_band", "collar": "collar"}[word]
            values[name] = str(int(more.pop(0).removesuffix("%")) * BILLION // 100)
    return Spoken(Kind.SetRules, values)


def ticks(rest: list[str]) -> Spoken:
    """`XYZ 100:5 200:10`: from 100 on multiples of 5, from 200 on of 10."""
    items = [dict(zip(("from_price", "tick"), step.split(":"), strict=True)) for step in rest[1:]]
    return Spoken(Kind.SetTicks, {"instrument": rest[0]}, items)


def reference(rest: list[str]) -> Spoken:
    """`XYZ 100`."""
    return Spoken(Kind.SetReference, {"instrument": rest[0], "price": rest[1], "what": "1"})


def money(kind: Kind, rest: list[str]) -> Spoken:
    """`A usd 10`."""
    return Spoken(kind, dict(zip(("account", "asset", "amount"), rest, strict=True)))


def go_on(rest: list[str]) -> Spoken:
    """`XYZ`, or `venue` for sweeps."""
    return Spoken(Kind.Continue, {"instrument": "0" if rest == ["venue"] else rest[0]} if rest else {})


VERBS: Final[dict[str, Callable[[list[str]], Spoken]]] = {
    "buy": lambda rest: order(BUY, rest),
    "sell": lambda rest: order(SELL, rest),
    "cancel": cancel,
    "replace": replace,
    "quote": quote,
    "mass-cancel": mass_cancel,
    "deposit": lambda rest: money(Kind.Deposit, rest),
    "withdraw": lambda rest: money(Kind.Withdraw, rest),
    "phase": phase,
    "schedule": schedule,
    "rules": rules,
    "ticks": ticks,
    "reference": reference,
    "continue": go_on,
    "tick": lambda _: Spoken(Kind.Tick, {}),
    "close": lambda _: Spoken(Kind.CleanClose, {}),
    "unclean-start": lambda _: Spoken(Kind.UncleanStart, {}),
}
