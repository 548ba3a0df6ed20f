"""Scenario tables: what a line means, and how it is played on an engine. README.md has the grammar."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

from tests.model.commands import Kind, encode
from tests.model.events import Event, EventKind
from tests.model.limits import (
    BILLION,
    FEE_INCOME,
    FIRST_ACCOUNT,
    GATEWAY,
    HOUSE,
    MAX_EVENTS,
    MAX_ORDERS,
    OPERATOR,
    OUTSIDE,
    SETTLEMENT,
)
from tests.model.state import BUY, SELL
from tests.scenarios.dealer_words import DEALER_VERBS
from tests.scenarios.phrases import Names, phrases
from tests.scenarios.risk_words import RISK_VERBS
from tests.scenarios.words import BY_GATEWAY, RIGHTS, VERBS, Spoken, pairs, seconds, self_trade


class Venue(Protocol):
    """An engine under test."""

    def apply(self, record: bytes, at_ns: int) -> list[Event]:
        """The events of one command."""

    def balance(self, account: int, asset: int) -> tuple[int, int]:
        """Balance and what of it is held."""

    def levels(self, instrument: int, side: int) -> list[tuple[int, int]]:
        """Price and quantity of each level, best first."""

    def queue(self, instrument: int, side: int) -> list[tuple[int, int, int]]:
        """Account, client_ref and open lots of each order by priority."""

    def check(self) -> None:
        """Raises where the engine's own books do not add up."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a scenario and where it stands."""

    number: int
    text: str


@dataclass(frozen=True, slots=True)
class Scenario:
    """A title and its lines; `slice_events` and `capacity` are the engine's sizes."""

    path: Path
    title: str
    lines: tuple[Line, ...]
    slice_events: int
    capacity: int

    @property
    def name(self) -> str:
        """File and title, for the list of tests."""
        return f"{self.path.stem}: {self.title}"


class ScenarioError(AssertionError):
    """A line that cannot be read or does not hold."""


def read(path: Path) -> list[Scenario]:
    """The scenarios of a file; what stands before the first title belongs to each of them."""
    shared: list[Line] = []
    found: list[tuple[str, list[Line]]] = []
    in_title = False
    for number, raw in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        text = raw.strip()
        if text.startswith("#"):
            title = text.lstrip("# ")
            if in_title:
                found[-1] = (f"{found[-1][0]} {title}", found[-1][1])
            else:
                found.append((title, []))
        elif text:
            (found[-1][1] if found else shared).append(Line(number, text))
        in_title = text.startswith("#")
    return [scenario(path, title, shared + lines) for title, lines in found]


def scenario(path: Path, title: str, lines: list[Line]) -> Scenario:
    """A scenario, its `venue` lines read."""
    sizes = {"slice": MAX_EVENTS, "capacity": MAX_ORDERS}
    for line in lines:
        if line.text.startswith("venue "):
            sizes |= {name: int(value) for name, value in pairs(line.text.split()[1:]).items()}
    rest = tuple(line for line in lines if not line.text.startswith("venue "))
    return Scenario(path, title, rest, sizes["slice"], sizes["capacity"])


INSTRUMENT: Final = {
    "base_asset": "xyz",
    "quote_asset": "usd",
    "execution": "1",
    "kind_of": "1",
    "phase": "1",
    "price_unit": str(BILLION),
    "lot_size": str(BILLION),
    "tick": "1",
    "min_price": "1",
    "max_price": "1000000",
    "max_quantity": "1000000",
    "max_notional": "1000000000000",
    "maker_fee_rate": "0",
    "taker_fee_rate": "0",
}
ACCOUNT: Final = {"firm": "1", "max_quantity": "1000000", "max_notional": "1000000000000", "max_open_orders": "100"}
NAME_FIELDS: Final = {"name", "code", "symbol", "network", "salt", "verifier"}
OWN: Final = {"outside": OUTSIDE, "fees": FEE_INCOME, "settlement": SETTLEMENT, "house": HOUSE}
"""The venue's own accounts."""
COMMAND: Final = re.compile(r"(?:(?P<times>\d+) times )?(?:(?P<source>[a-z]\w*)(?: (?P<number>\d+))?: )?(?P<what>.*)")


@dataclass(slots=True)
class Play:
    """One scenario being played on one engine."""

    venue: Venue
    at_ns: int = 0
    assets: dict[str, int] = field(default_factory=dict)
    instruments: dict[str, int] = field(default_factory=dict)
    accounts: dict[str, int] = field(default_factory=lambda: dict(OWN))
    sources: dict[str, int] = field(default_factory=lambda: {"gateway": GATEWAY, "operator": OPERATOR})
    last_number: dict[int, int] = field(default_factory=dict)
    refs: dict[str, dict[str, int]] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    terms: dict[str, dict[str, str]] = field(default_factory=dict)

    def run(self, lines: tuple[Line, ...]) -> list[Event]:
        """Plays every line; returns all events.

        Raises: ScenarioError: a line does not hold.
        """
        self.set_up([line.text for line in lines])
        for line in lines:
            try:
                self.step(line.text)
                self.venue.check()
            except (AssertionError, KeyError, ValueError) as error:
                raise ScenarioError(f"line {line.number}: {line.text}\n{error!r}") from error
        return self.events

    def set_up(self, lines: list[str]) -> None:
        """Assets and instruments: those of the lines, and by default XYZ for USD with whole units."""
        assets = {"usd": {"scale": "0"}, "xyz": {"scale": "0"}}
        instruments = {"XYZ": dict(INSTRUMENT)}
        for words in (line.split() for line in lines):
            if words[0] == "asset":
                assets[words[1]] = pairs(words[2:])
            elif words[0] == "instrument":
                instruments[words[1]] = instruments.get(words[1], INSTRUMENT) | pairs(words[2:])
        for number, (code, values) in enumerate(assets.items(), 1):
            self.assets[code] = number
            self.must(Kind.DefineAsset, {"asset": str(number), "code": code.upper()} | values)
        for number, (symbol, values) in enumerate(instruments.items(), 1):
            self.instruments[symbol] = number
            self.terms[symbol] = values
            self.must(Kind.ListInstrument, {"instrument": str(number), "symbol": symbol} | values)

    def step(self, text: str) -> None:
        """One line: set-up, a command with what comes of it, or a look at the state."""
        words = text.split()
        if words[0] in {"asset", "instrument"}:
            return
        if words[0] == "account":
            self.open_account(words[1], words[2:])
        elif words[0] == "source":
            self.define_source(words[1], words[2:])
        elif words[0] == "at":
            self.at_ns = seconds(words[1])
        elif words[0] in {"balance", "held"}:
            self.compare_balances(words)
        elif words[0] in {"book", "queue"}:
            self.compare_book(words[0], words[1], words[2], text.split(maxsplit=3)[3])
        else:
            self.compare_outcome(text)

    def open_account(self, name: str, words: list[str]) -> None:
        """`account A usd 1000 max_open_orders=2 stp=cancel-oldest by=firm`."""
        self.accounts[name] = FIRST_ACCOUNT + len(self.accounts) - len(OWN)
        limits = pairs([word for word in words if "=" in word])
        self.must(Kind.OpenAccount, {"account": name} | ACCOUNT | self_trade(limits) | limits)
        funds = [word for word in words if "=" not in word]
        for asset, amount in zip(funds[::2], funds[1::2], strict=True):
            self.must(Kind.Deposit, {"account": name, "asset": asset, "amount": amount})

    def define_source(self, name: str, words: list[str]) -> None:
        """`source desk trade money`."""
        self.sources[name] = len(self.sources)
        rights = sum(RIGHTS[word] for word in words)
        self.must(Kind.DefineSource, {"defined": str(self.sources[name]), "name": name, "rights": str(rights)})

    def must(self, kind: Kind, values: Mapping[str, str]) -> None:
        """Sends a command of the set-up, which must be taken."""
        events = self.send(kind, values)
        assert events, f"{kind.name} made no event"
        assert events[0].kind != EventKind.Rejected, f"{kind.name}: {self.spoken(events)}"

    def compare_outcome(self, text: str) -> None:
        """`[N times] [source [number]:] command -> outcome, outcome`."""
        line, _, wanted = (part.strip() for part in text.partition("->"))
        match = COMMAND.fullmatch(line)
        assert match is not None
        spoken = self.command(match["what"].split())
        values = spoken.values
        if match["source"]:
            values |= {"source": match["source"]}
        if match["number"]:
            values |= {"source_seq": match["number"]}
        for _ in range(int(match["times"] or 1)):
            got = self.spoken(self.send(spoken.kind, values, spoken.items), values)
            assert got == wanted, f"it was: {got}"

    def command(self, words: list[str]) -> Spoken:
        """Kind, fields and items of a command's words."""
        verb, rest = words[0], [word for word in words[1:] if "=" not in word]
        values = pairs([word for word in words[1:] if "=" in word])
        if verb == "send":
            return Spoken(Kind[rest[0]], values)
        known = VERBS | DEALER_VERBS
        spoken = RISK_VERBS[verb](self, rest) if verb in RISK_VERBS else known[verb](rest)
        if verb in {"buy", "sell", "continue"}:
            spoken.values.setdefault("instrument", "XYZ")
        spoken.values = {name: value for name, value in (spoken.values | values).items() if value}
        return spoken

    def send(self, kind: Kind, values: Mapping[str, str], items: Iterable[Mapping[str, str]] = ()) -> list[Event]:
        """Encodes and applies a command; numbers it where no number is given."""
        account = values.get("account", "")
        fields = {
            "client_ref" if name == "quote_ref" else name: self.field(account, name, text)
            for name, text in values.items()
            if name != "items"
        }
        listed = [{name: int(self.field(account, name, text)) for name, text in item.items()} for item in items]
        if "items" in values:
            listed = [{"account": self.accounts[name]} for name in values["items"].split(",") if name]
        source = fields.setdefault("source", GATEWAY if kind in BY_GATEWAY else OPERATOR)
        assert isinstance(source, int)
        following = self.last_number.get(source, 0) + 1
        if source != GATEWAY and fields.setdefault("source_seq", following) == following:
            self.last_number[source] = following
        events = self.venue.apply(encode(kind, items=listed, tail=b"", **fields), self.at_ns)
        self.events += events
        return events

    def field(self, account: str, name: str, text: str) -> int | bytes:
        """A field's value: a number, a name of the scenario, or the bytes of a name."""
        if name in NAME_FIELDS:
            return text.encode()
        if re.fullmatch(r"-?\d+", text):
            return int(text)
        if text.startswith("#"):
            return self.position(int(text[1:]))
        known = {
            "account": self.accounts,
            "clearing": self.accounts,
            "instrument": self.instruments,
            "source": self.sources,
            "asset": self.assets,
            "base_asset": self.assets,
            "quote_asset": self.assets,
        }
        if name in known:
            return known[name][text]
        if name == "id":
            return self.accounts[text]
        if name == "quote_ref":
            return self.quote_refs(account, text)
        assert name in {"client_ref", "target"}, f"{name}={text}"
        refs = self.refs.setdefault(account, {})
        return refs.setdefault(text, len(refs) + 1)

    def position(self, number: int) -> int:
        """The position that was opened as the so-manieth of the scenario, from 1."""
        opened = [event for event in self.events if (event.kind, event.detail) == (EventKind.PositionChanged, 1)]
        return opened[number - 1].source_seq

    def quote_refs(self, account: str, text: str) -> int:
        """The first of the references of a quote's orders, which are called `q.bid`, `q.ask`, `q.bid2` ..."""
        refs = self.refs.setdefault(account, {})
        name, _, items = text.partition("/")
        first = len(refs) + 1
        for index in range(int(items)):
            suffix = "" if index == 0 else str(index + 1)
            refs[f"{name}.bid{suffix}"] = first + 2 * index
            refs[f"{name}.ask{suffix}"] = first + 2 * index + 1
        return first

    def compare_balances(self, words: list[str]) -> None:
        """`balance A usd 600 xyz 4`, `held A usd 100`."""
        part = 0 if words[0] == "balance" else 1
        wanted = {asset: int(amount) for asset, amount in zip(words[2::2], words[3::2], strict=True)}
        account = self.accounts[words[1]]
        got = {asset: self.venue.balance(account, self.assets[asset])[part] for asset in wanted}
        assert got == wanted, f"it was: {got}"

    def compare_book(self, what: str, symbol: str, side: str, wanted: str) -> None:
        """`book XYZ ask 6 @ 100, 5 @ 101`, `queue XYZ ask B b1 6, B b2 5`; `empty` for none."""
        instrument, number = self.instruments[symbol], {"bid": BUY, "ask": SELL}[side]
        if what == "book":
            told = [f"{quantity} @ {price}" for price, quantity in self.venue.levels(instrument, number)]
        else:
            told = [self.order_name(*order) for order in self.venue.queue(instrument, number)]
        got = ", ".join(told) or "empty"
        assert got == wanted, f"it was: {got}"

    def spoken(self, events: list[Event], values: Mapping[str, str] | None = None) -> str:
        """The events of a command in a trader's words."""
        assets = {number: name for name, number in self.assets.items()}
        symbols = {number: name for name, number in self.instruments.items()}
        given = values or {}
        own = {given[name] for name in ("client_ref", "target") if name in given}
        accounts = {number: name for name, number in self.accounts.items()}
        names = Names(assets, symbols, self.order_name, given.get("account", ""), own, accounts)
        return ", ".join(phrases(events, names)) or "nothing"

    def order_name(self, account: int, client_ref: int, lots: int) -> str:
        """An order and so many lots of it in the scenario's words."""
        owner = next(name for name, number in self.accounts.items() if number == account)
        ref = next(name for name, number in self.refs[owner].items() if number == client_ref)
        return f"{owner} {ref} {lots}"
