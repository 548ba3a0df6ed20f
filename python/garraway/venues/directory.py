"""What is defined at a venue: a fold of its definition events. Touches nothing but `records` and `units`."""

from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from garraway.records import EVENTS, EventArray, InstrumentKind, Phase, Posting, body
from garraway.units import AssetTerms, InstrumentTerms, TickTable
from garraway.venues.standing import KINDS as STANDING_KINDS
from garraway.venues.standing import Standing

OUCH_STEP: Final = 100_000
"""One step of an OUCH price, in 1e-9 of the quote asset. Source: OUCH 4.2, "Data Types"."""
OUCH_CEILING: Final = 200_000 * 10**9
OUCH_SHARES: Final = 999_999
OUCH_SYMBOL: Final = 8


@dataclass(frozen=True, slots=True)
class Instrument:
    """A listed instrument; base and quote are numbers of assets, fee rates in 1e-9 of the value traded."""

    number: int
    terms: InstrumentTerms
    base_asset: int
    quote_asset: int
    max_notional: int
    maker_fee_rate: int
    taker_fee_rate: int
    kind: InstrumentKind = InstrumentKind.SPOT
    listed_phase: Phase = Phase.CONTINUOUS

    @property
    def over_ouch(self) -> bool:
        """Whether prices, quantities and symbol fit OUCH's fields exactly; else it trades by the other doors."""
        terms = self.terms
        return (
            terms.tick * terms.price_unit % OUCH_STEP == 0
            and terms.max_price * terms.price_unit < OUCH_CEILING
            and terms.max_quantity <= OUCH_SHARES
            and len(terms.symbol) <= OUCH_SYMBOL
        )


@dataclass(frozen=True, slots=True)
class Account:
    """An open account and its limits."""

    number: int
    firm: int
    max_quantity: int
    max_notional: int
    max_open_orders: int
    group: int = 0


@dataclass(frozen=True, slots=True)
class Session:
    """A trading session as the log tells it: never with its verifier."""

    number: int
    name: str
    account: int


@dataclass(slots=True)
class Directory:
    """What is defined, by its numbers; how the instruments stand; what was deposited; which day ended last."""

    assets: dict[int, AssetTerms] = field(default_factory=dict)
    instruments: dict[int, Instrument] = field(default_factory=dict)
    accounts: dict[int, Account] = field(default_factory=dict)
    sources: dict[int, str] = field(default_factory=dict)
    sessions: dict[int, Session] = field(default_factory=dict)
    deposited: dict[tuple[int, int], int] = field(default_factory=lambda: defaultdict(int))
    """(account, asset) -> all deposits so far, in ledger units."""
    standings: dict[int, Standing] = field(default_factory=dict)
    """How each instrument stands."""
    fee_plans: set[int] = field(default_factory=set)
    groups: dict[int, int] = field(default_factory=dict)
    """Number -> id of the event that defined the group as it stands."""
    limits: set[tuple[int, int]] = field(default_factory=set)
    """(scope, id) of limits that were set."""
    business_date: int = 0
    """The last day that ended, as yyyymmdd; 0 before."""
    day_ended_id: int = 0
    """Id of the event that said so."""
    _numbers: dict[str, int] = field(default_factory=dict)
    """Numbers of instruments by the symbols that were asked for, until an instrument changes."""
    last_at_ns: int = 0
    """The venue's time, as the last event has it."""

    def apply(self, events: EventArray, tails: list[bytes]) -> None:
        """Takes a batch of events, in order, with their tails."""
        done = 0
        for index in _TOLD[events["kind"]].nonzero()[0].tolist():
            if int(events[index]["kind"]) in _AFTER_TRADES:
                self._trade(events[done:index])
                done = index
            self._take(events[index], tails[index])
        self._trade(events[done:])
        if len(events):
            self.last_at_ns = int(events["at_ns"][-1])

    def symbol(self, symbol: str) -> Instrument | None:
        """The instrument of this symbol."""
        number = self._numbers.get(symbol)
        if number is None:
            number = next((one.number for one in self.instruments.values() if one.terms.symbol == symbol), None)
            if number is not None:
                self._numbers[symbol] = number
        return self.instruments[number] if number is not None else None

    def _take(self, event: EventArray, tail: bytes) -> None:
        kind, number = int(event["kind"]), int(event["instrument"])
        if kind in STANDING_KINDS:
            self._stand(kind, number, event, tail)
        elif kind == EVENTS["DayEnded"]:
            for standing in self.standings.values():
                standing.end_day(self.day_ended_id)
            self.business_date, self.day_ended_id = int(event["value"]), int(event["event_id"])
        elif kind == EVENTS["Posted"]:
            if event["detail"] == Posting.DEPOSIT and event["value"] > 0:
                self.deposited[int(event["account"]), number] += int(event["value"])
        elif kind == EVENTS["FeePlanDefined"]:
            self.fee_plans.add(int(event["value"]))
        elif kind == EVENTS["GroupDefined"]:
            self.groups[int(event["value"])] = int(event["event_id"])
        elif kind == EVENTS["LimitsSet"]:
            self.limits.add((int(event["fee"]), int(event["value"])))
        else:
            self._define(kind, event, tail)

    def _stand(self, kind: int, number: int, event: EventArray, tail: bytes) -> None:
        if kind == EVENTS["InstrumentChanged"] and number in self.instruments:
            self.instruments[number] = _changed(self.instruments[number], body("ChangeInstrument", tail))
            self._numbers.clear()
        if number in self.standings:
            self.standings[number].take(event, tail)

    def _define(self, kind: int, event: EventArray, tail: bytes) -> None:
        if kind == EVENTS["SourceDefined"]:
            self.sources[int(event["value"])] = _text(body("DefineSource", tail)["name"])
        elif kind == EVENTS["AssetDefined"]:
            said = body("DefineAsset", tail)
            self.assets[int(event["instrument"])] = AssetTerms(
                _text(said["code"]), _number(said["scale"]), _number(said["display"])
            )
        elif kind == EVENTS["InstrumentListed"]:
            listed = _instrument(int(event["instrument"]), body("ListInstrument", tail))
            self.instruments[listed.number] = listed
            self.standings[listed.number] = Standing(TickTable(listed.terms.tick), listed.listed_phase)
        elif kind == EVENTS["AccountOpened"]:
            said, number = body("OpenAccount", tail), int(event["account"])
            fields = ("firm", "max_quantity", "max_notional", "max_open_orders", "group")
            self.accounts[number] = Account(number, *(_number(said[name]) for name in fields))
        elif kind == EVENTS["SessionDefined"]:
            number = int(event["value"])
            self.sessions[number] = Session(number, session_name(tail), int(event["account"]))

    def _trade(self, events: EventArray) -> None:
        """The last price of each instrument that traded."""
        traded = events[events["kind"] == EVENTS["Traded"]]
        if not len(traded):
            return
        numbers, firsts = np.unique(traded["instrument"], return_index=True)
        _, lasts = np.unique(traded["instrument"][::-1], return_index=True)
        prices = traded["price"]
        for number, first, last in zip(numbers.tolist(), firsts.tolist(), lasts.tolist(), strict=True):
            if number in self.standings:
                self.standings[number].traded(int(prices[first]))
                self.standings[number].traded(int(prices[len(prices) - 1 - last]))


_DEFINITIONS: Final = ("SourceDefined", "AssetDefined", "InstrumentListed", "AccountOpened", "SessionDefined", "Posted")
_KINDS: Final = [
    *(EVENTS[name] for name in (*_DEFINITIONS, "FeePlanDefined", "GroupDefined", "LimitsSet", "DayEnded")),
    *STANDING_KINDS,
]
_TOLD: Final = np.isin(np.arange(256), _KINDS)
"""Whether a kind of event is one of them, by its code."""
_AFTER_TRADES: Final = frozenset(EVENTS[name] for name in ("DayEnded", "InstrumentSplit", "Uncrossed"))
"""Kinds before which the trades so far must have been looked at."""


def session_name(tail: bytes) -> str:
    """The log-in name in the tail of SessionDefined: 16 bytes filled up with zeros."""
    return tail[:16].rstrip(b"\0").decode("ascii")


def _instrument(number: int, said: dict[str, int | bytes]) -> Instrument:
    terms = InstrumentTerms(
        symbol=_text(said["symbol"]),
        price_unit=_number(said["price_unit"]),
        lot_size=_number(said["lot_size"]),
        tick=_number(said["tick"]),
        min_price=_number(said["min_price"]),
        max_price=_number(said["max_price"]),
        max_quantity=_number(said["max_quantity"]),
    )
    return Instrument(
        number,
        terms,
        base_asset=_number(said["base_asset"]),
        quote_asset=_number(said["quote_asset"]),
        max_notional=_number(said["max_notional"]),
        maker_fee_rate=_number(said["maker_fee_rate"]),
        taker_fee_rate=_number(said["taker_fee_rate"]),
        kind=InstrumentKind(_number(said["kind"]) or InstrumentKind.SPOT),
        listed_phase=Phase(_number(said["phase"]) or Phase.CONTINUOUS),
    )


def _changed(instrument: Instrument, said: dict[str, int | bytes]) -> Instrument:
    numbers = {name: _number(said[name]) for name in ("tick", "min_price", "max_price", "max_quantity")}
    terms = replace(instrument.terms, symbol=_text(said["symbol"]), **numbers)
    return replace(instrument, terms=terms, max_notional=_number(said["max_notional"]))


def _number(value: int | bytes) -> int:
    assert isinstance(value, int)
    return value


def _text(value: int | bytes) -> str:
    assert isinstance(value, bytes)
    return value.decode("ascii")
