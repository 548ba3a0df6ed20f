"""What is defined at a venue: a fold of its definition events. Touches nothing but `records` and `units`."""

from collections import defaultdict
from dataclasses import dataclass, field

from garraway.records import EVENTS, EventArray, Posting, body
from garraway.units import AssetTerms, InstrumentTerms


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


@dataclass(frozen=True, slots=True)
class Account:
    """An open account and its limits."""

    number: int
    firm: int
    max_quantity: int
    max_notional: int
    max_open_orders: int


@dataclass(frozen=True, slots=True)
class Session:
    """A trading session as the log tells it: never with its verifier."""

    number: int
    name: str
    account: int


@dataclass(slots=True)
class Directory:
    """Assets, instruments, accounts, sources and sessions by their numbers, and what was deposited."""

    assets: dict[int, AssetTerms] = field(default_factory=dict)
    instruments: dict[int, Instrument] = field(default_factory=dict)
    accounts: dict[int, Account] = field(default_factory=dict)
    sources: dict[int, str] = field(default_factory=dict)
    sessions: dict[int, Session] = field(default_factory=dict)
    deposited: dict[tuple[int, int], int] = field(default_factory=lambda: defaultdict(int))
    """(account, asset) -> all deposits so far, in ledger units."""

    def apply(self, events: EventArray, tails: list[bytes]) -> None:
        """Takes a batch of events, in order, with their tails."""
        for index in (events["kind"] <= EVENTS["Posted"]).nonzero()[0].tolist():
            self._take(events[index], tails[index])

    def symbol(self, symbol: str) -> Instrument | None:
        """The instrument of this symbol."""
        return next((one for one in self.instruments.values() if one.terms.symbol == symbol), None)

    def _take(self, event: EventArray, tail: bytes) -> None:
        kind = int(event["kind"])
        if kind == EVENTS["Posted"]:
            if event["detail"] == Posting.DEPOSIT and event["value"] > 0:
                self.deposited[int(event["account"]), int(event["instrument"])] += int(event["value"])
        elif kind == EVENTS["SourceDefined"]:
            self.sources[int(event["value"])] = _text(body("DefineSource", tail)["name"])
        elif kind == EVENTS["AssetDefined"]:
            said = body("DefineAsset", tail)
            self.assets[int(event["instrument"])] = AssetTerms(
                _text(said["code"]), _number(said["scale"]), _number(said["display"])
            )
        elif kind == EVENTS["InstrumentListed"]:
            number = int(event["instrument"])
            self.instruments[number] = _instrument(number, body("ListInstrument", tail))
        elif kind == EVENTS["AccountOpened"]:
            said, number = body("OpenAccount", tail), int(event["account"])
            limits = (_number(said[name]) for name in ("firm", "max_quantity", "max_notional", "max_open_orders"))
            self.accounts[number] = Account(number, *limits)
        elif kind == EVENTS["SessionDefined"]:
            number = int(event["value"])
            self.sessions[number] = Session(number, session_name(tail), int(event["account"]))


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
    )


def _number(value: int | bytes) -> int:
    assert isinstance(value, int)
    return value


def _text(value: int | bytes) -> str:
    assert isinstance(value, bytes)
    return value.decode("ascii")
