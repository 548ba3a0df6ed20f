"""Words of scenario tables for what the house deals: what a line sends, and how its events read."""

from collections.abc import Callable, Mapping
from typing import Final, Protocol

from tests.model.commands import Kind
from tests.model.events import Event, EventKind
from tests.model.limits import BILLION, HOUSE
from tests.scenarios.words import Spoken, seconds


def quotes(rest: list[str]) -> Spoken:
    """`D 99 / 101`, `D 99 / 101 lots 5 / 7`."""
    symbol, bid, slash, ask, *more = rest
    assert slash == "/"
    values = {"instrument": symbol, "price": bid, "trigger": ask}
    if more:
        word, of_bid, slash, of_ask = more
        assert (word, slash) == ("lots", "/")
        values |= {"quantity": of_bid, "amount": of_ask}
    return Spoken(Kind.SetQuote, values)


def dealing(rest: list[str]) -> Spoken:
    """`D margin 10% next touch sized age 5s`; what is not named is as at listing."""
    symbol, *more = rest
    values = {"instrument": symbol, "margin_rate": str(BILLION), "market": "1", "limit": "2"}
    while more:
        word = more.pop(0)
        if word == "margin":
            values["margin_rate"] = str(int(more.pop(0).removesuffix("%")) * BILLION // 100)
        elif word == "age":
            values["max_age_ns"] = str(seconds(more.pop(0)))
        else:
            name, value = RULES[word]
            values[name] = value
    return Spoken(Kind.SetDealing, values)


RULES: Final = {
    "standing": ("market", "1"),
    "next": ("market", "2"),
    "touch": ("limit", "1"),
    "at-quote": ("limit", "2"),
    "through": ("limit", "3"),
    "sized": ("sized", "1"),
}


def markup(rest: list[str]) -> Spoken:
    """`D group 1 bid 2 ask 3`."""
    symbol, _, group, _, bid, _, ask = rest
    return Spoken(Kind.SetMarkup, {"instrument": symbol, "group": group, "bid": bid, "ask": ask})


def dividend(rest: list[str]) -> Spoken:
    """`D 5`."""
    return Spoken(Kind.PayDividend, {"instrument": rest[0], "amount": rest[1]})


def positions(rest: list[str]) -> Spoken:
    """`A hedging`, `A netting`."""
    return Spoken(Kind.SetAccount, {"account": rest[0], "positions": {"netting": "1", "hedging": "2"}[rest[1]]})


DEALER_VERBS: Final[dict[str, Callable[[list[str]], Spoken]]] = {
    "quotes": quotes,
    "dealing": dealing,
    "markup": markup,
    "dividend": dividend,
    "positions": positions,
}


class Called(Protocol):
    """What things are called."""

    @property
    def assets(self) -> Mapping[int, str]:
        """By number."""

    @property
    def accounts(self) -> Mapping[int, str]:
        """By number."""

    def lots(self, event: Event, lots: int) -> str:
        """An order of the event and so many lots of it."""

    def is_own(self, event: Event) -> bool:
        """The event is of the order that the command names."""


WHAT: Final = {1: "opened", 2: "increased to", 3: "reduced to", 4: "closed", 5: "turned to"}


def dealt(filled: Event, changed: Event, names: Called) -> str:
    """`dealt 5 @ 101 opened 5 cost 505`, with gain, fee, and lots still open where there are any."""
    same = (changed.kind, changed.account, changed.price, changed.client_ref, changed.side)
    assert same == (EventKind.PositionChanged, filled.account, filled.price, filled.client_ref, filled.side)
    lots = str(filled.quantity) if names.is_own(filled) else names.lots(filled, filled.quantity)
    fee = f" fee {filled.fee}" if filled.fee else ""
    left = f" left {filled.leaves}" if filled.leaves else ""
    now = f" {changed.quantity} cost {changed.fee}" if changed.quantity else ""
    gain = f" gains {changed.value}" if changed.value > 0 else f" loses {-changed.value}" if changed.value else ""
    return f"dealt {lots} @ {filled.price}{fee}{left} {WHAT[changed.detail]}{now}{gain}"


def quoted(event: Event) -> str:
    """`quoted 99 / 101`, `quoted 99 / 101 lots 5 / 7`."""
    lots = f" lots {event.quantity} / {event.leaves}" if event.quantity or event.leaves else ""
    return f"quoted {event.price} / {event.value}{lots}"


def of_dealer(event: Event, left: list[Event], names: Called) -> str | None:
    """The phrase for an event of what the house deals, and for those that belong to it; None for others."""
    if event.kind == EventKind.Filled and event.detail == 3:
        return dealt(event, left.pop(0), names)
    if event.kind == EventKind.Posted and event.detail == 7:
        other = left.pop(0)
        assert (other.kind, other.account, other.value) == (EventKind.Posted, HOUSE, -event.value)
        return f"{names.accounts[event.account]} {names.assets[event.instrument]} {event.value}"
    if event.kind == EventKind.PositionChanged:
        assert event.detail == 6
        paid = f" {'gains' if event.value > 0 else 'loses'} {abs(event.value)}" if event.value else ""
        return f"{names.accounts[event.account]} {event.leaves} becomes {event.quantity} cost {event.fee}{paid}"
    told: dict[int, Callable[[Event], str]] = {
        EventKind.Quoted: quoted,
        EventKind.DealingSet: lambda _: "dealing set",
        EventKind.MarkupSet: lambda event: f"markup of group {event.value} set",
        EventKind.DividendPaid: lambda event: f"dividend {event.value}",
    }
    return told[event.kind](event) if event.kind in told else None
