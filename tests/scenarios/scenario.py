"""Scenario tables: what a line means, and how it is played on an engine. README.md has the grammar."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

from tests.model.commands import BODY, HEAD, Kind, encode
from tests.model.events import Event, EventKind
from tests.model.limits import BILLION, FEE_INCOME, FIRST_ACCOUNT, GATEWAY, MAX_EVENTS, MAX_ORDERS, OPERATOR, OUTSIDE
from tests.model.rejects import Reason
from tests.model.state import BUY, SELL


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


def pairs(words: list[str]) -> dict[str, str]:
    """`name=value` words."""
    return {name: value for name, _, value in (word.partition("=") for word in words)}


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
TIMES_IN_FORCE: Final = {"gtc": 1, "ioc": 2, "fok": 3}
RIGHTS: Final = {"trade": 1, "money": 2, "define": 4}
WHY_CANCELED: Final = {1: "by owner", 2: "unfilled", 3: "not possible", 4: "replaced by no more", 5: "own order"}
SELF_TRADE: Final = {"none": "0", "cancel-newest": "1", "cancel-oldest": "2", "cancel-both": "3", "decrement": "4"}
SELF_TRADE_OF: Final = {"account": "1", "firm": "2"}
NAME_FIELDS: Final = {"name", "code", "symbol", "network", "salt", "verifier"}
COMMAND: Final = re.compile(r"(?:(?P<times>\d+) times )?(?:(?P<source>[a-z]\w*)(?: (?P<number>\d+))?: )?(?P<what>.*)")


@dataclass(slots=True)
class Play:
    """One scenario being played on one engine."""

    venue: Venue
    at_ns: int = 0
    assets: dict[str, int] = field(default_factory=dict)
    instruments: dict[str, int] = field(default_factory=dict)
    accounts: dict[str, int] = field(default_factory=lambda: {"outside": OUTSIDE, "fees": FEE_INCOME})
    sources: dict[str, int] = field(default_factory=lambda: {"gateway": GATEWAY, "operator": OPERATOR})
    last_number: dict[int, int] = field(default_factory=dict)
    refs: dict[str, dict[str, int]] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)

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
            self.at_ns = int(words[1])
        elif words[0] in {"balance", "held"}:
            self.compare_balances(words)
        elif words[0] in {"book", "queue"}:
            self.compare_book(words[0], words[1], words[2], text.split(maxsplit=3)[3])
        else:
            self.compare_outcome(text)

    def open_account(self, name: str, words: list[str]) -> None:
        """`account A usd 1000 max_open_orders=2 stp=cancel-oldest by=firm`."""
        self.accounts[name] = FIRST_ACCOUNT + len(self.accounts) - 2
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
        kind, values = self.command(match["what"].split())
        if match["source"]:
            values |= {"source": match["source"]}
        if match["number"]:
            values |= {"source_seq": match["number"]}
        for _ in range(int(match["times"] or 1)):
            got = self.spoken(self.send(kind, values))
            assert got == wanted, f"it was: {got}"

    def command(self, words: list[str]) -> tuple[Kind, dict[str, str]]:
        """Kind and fields of a command's words."""
        verb, rest = words[0], [word for word in words[1:] if "=" not in word]
        values = pairs([word for word in words[1:] if "=" in word])
        if verb == "send":
            return Kind[rest[0]], values
        kind, fields = VERBS[verb](rest)
        if verb in {"buy", "sell", "continue"}:
            fields.setdefault("instrument", "XYZ")
        return kind, {name: value for name, value in (fields | values).items() if value}

    def send(self, kind: Kind, values: Mapping[str, str]) -> list[Event]:
        """Encodes and applies a command; numbers it where no number is given."""
        account = values.get("account", "")
        fields = {name: self.field(account, name, text) for name, text in values.items() if name != "items"}
        items = [self.accounts[name] for name in values["items"].split(",") if name] if "items" in values else []
        source = fields.setdefault("source", GATEWAY if kind in BY_GATEWAY else OPERATOR)
        assert isinstance(source, int)
        following = self.last_number.get(source, 0) + 1
        if source != GATEWAY and fields.setdefault("source_seq", following) == following:
            self.last_number[source] = following
        events = self.venue.apply(encode(kind, items=items, tail=b"", **fields), self.at_ns)
        self.events += events
        return events

    def field(self, account: str, name: str, text: str) -> int | bytes:
        """A field's value: a number, a name of the scenario, or the bytes of a name."""
        if name in NAME_FIELDS:
            return text.encode()
        if re.fullmatch(r"-?\d+", text):
            return int(text)
        known = {
            "account": self.accounts,
            "instrument": self.instruments,
            "source": self.sources,
            "asset": self.assets,
            "base_asset": self.assets,
            "quote_asset": self.assets,
        }
        if name in known:
            return known[name][text]
        assert name in {"client_ref", "target"}, f"{name}={text}"
        refs = self.refs.setdefault(account, {})
        return refs.setdefault(text, len(refs) + 1)

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

    def spoken(self, events: list[Event]) -> str:
        """The events of a command in a trader's words."""
        names = {number: name for name, number in self.assets.items()}
        return ", ".join(phrases(events, names, self.order_name)) or "nothing"

    def order_name(self, account: int, client_ref: int, lots: int) -> str:
        """An order and so many lots of it in the scenario's words."""
        owner = next(name for name, number in self.accounts.items() if number == account)
        ref = next(name for name, number in self.refs[owner].items() if number == client_ref)
        return f"{owner} {ref} {lots}"


BY_GATEWAY: Final = {
    Kind.PlaceOrder,
    Kind.CancelOrder,
    Kind.ReplaceOrder,
    Kind.Tick,
    Kind.Continue,
    Kind.CleanClose,
}
"""What source 0 sends where the scenario names no source; all else comes from the operator."""


def self_trade(limits: dict[str, str]) -> dict[str, str]:
    """Takes `stp=cancel-oldest by=firm` out of the fields of an account; by its own account where only `stp` stands."""
    mode = SELF_TRADE[limits.pop("stp", "none")]
    whose = SELF_TRADE_OF[limits.pop("by")] if "by" in limits else "0" if mode == "0" else SELF_TRADE_OF["account"]
    return {"self_trade": mode, "self_trade_of": whose}


def order_fields(side: int, rest: list[str]) -> tuple[Kind, dict[str, str]]:
    """`A a1 10 @ 100 [ioc|fok] [market] [post-only] [on SYMBOL]`."""
    account, ref, quantity, at, price, *more = rest
    assert at == "@"
    forces = [str(TIMES_IN_FORCE[word]) for word in more if word in TIMES_IN_FORCE]
    fields = {
        "account": account,
        "client_ref": ref,
        "quantity": quantity,
        "price": price,
        "side": str(side),
        "order_type": "2" if "market" in more else "1",
        "time_in_force": forces[0] if forces else "1",
        "flags": "1" if "post-only" in more else "0",
    }
    if "on" in more:
        fields["instrument"] = more[more.index("on") + 1]
    return Kind.PlaceOrder, fields


def cancel_fields(rest: list[str]) -> tuple[Kind, dict[str, str]]:
    """`A a1 [to 4]`."""
    return Kind.CancelOrder, {"account": rest[0], "client_ref": rest[1], "quantity": rest[3] if rest[2:] else "0"}


def replace_fields(rest: list[str]) -> tuple[Kind, dict[str, str]]:
    """`A a1 a2 10 @ 100`: a1 becomes a2."""
    account, target, ref, quantity, at, price = rest
    assert at == "@"
    fields = {"account": account, "target": target, "client_ref": ref, "quantity": quantity, "price": price}
    return Kind.ReplaceOrder, fields


def money_fields(kind: Kind, rest: list[str]) -> tuple[Kind, dict[str, str]]:
    """`A usd 10`."""
    return kind, dict(zip(("account", "asset", "amount"), rest, strict=True))


VERBS: Final[dict[str, Callable[[list[str]], tuple[Kind, dict[str, str]]]]] = {
    "buy": lambda rest: order_fields(BUY, rest),
    "sell": lambda rest: order_fields(SELL, rest),
    "cancel": cancel_fields,
    "replace": replace_fields,
    "deposit": lambda rest: money_fields(Kind.Deposit, rest),
    "withdraw": lambda rest: money_fields(Kind.Withdraw, rest),
    "continue": lambda rest: (Kind.Continue, {"instrument": rest[0] if rest else ""}),
    "tick": lambda _: (Kind.Tick, {}),
    "close": lambda _: (Kind.CleanClose, {}),
}


def phrases(
    events: list[Event], assets: Mapping[int, str], order_name: Callable[[int, int, int], str]
) -> Iterator[str]:
    """A phrase for each event; the three events of a trade make one, and so do the two of a posting."""
    left = list(events)
    while left:
        event = left.pop(0)
        if event.kind == EventKind.Traded:
            yield trade(event, left.pop(0), left.pop(0))
        elif event.kind == EventKind.Posted:
            outside = left.pop(0)
            assert (outside.kind, outside.account, outside.value) == (EventKind.Posted, OUTSIDE, -event.value)
            yield f"posted {assets[event.instrument]} {event.value}"
        elif event.kind == EventKind.Canceled and WHY_CANCELED[event.detail] == "own order":
            lots = order_name(event.account, event.client_ref, event.quantity)
            yield f"canceled {lots} own order{left_open(event)}"
        else:
            yield PHRASES[EventKind(event.kind)](event)


def trade(traded: Event, resting: Event, incoming: Event) -> str:
    """`trade 4 @ 100`, with the fees of resting and incoming order where there are any."""
    for filled, detail in ((resting, 1), (incoming, 2)):
        got = (filled.kind, filled.detail, filled.price, filled.quantity, filled.value)
        assert got == (EventKind.Filled, detail, traded.price, traded.quantity, traded.value)
    fees = f" fees {resting.fee} and {incoming.fee}" if resting.fee or incoming.fee else ""
    return f"trade {traded.quantity} @ {traded.price}{fees}"


def canceled(event: Event) -> str:
    """`canceled 4 by owner`, with what is still open."""
    return f"canceled {event.quantity} {WHY_CANCELED[event.detail]}{left_open(event)}"


def left_open(event: Event) -> str:
    """` left 6`, where something is still open."""
    return f" left {event.leaves}" if event.leaves else ""


def replaced(event: Event) -> str:
    """`replaced 10 @ 100 open 6 in place`, or `behind`."""
    place = "in place" if event.detail == 1 else "behind"
    return f"replaced {event.quantity} @ {event.price} open {event.leaves} {place}"


PHRASES: Final[dict[EventKind, Callable[[Event], str]]] = {
    EventKind.SourceDefined: lambda event: f"source {event.value} defined",
    EventKind.AssetDefined: lambda event: f"asset {event.instrument} defined",
    EventKind.InstrumentListed: lambda event: f"instrument {event.instrument} listed",
    EventKind.AccountOpened: lambda event: f"account {event.account} opened",
    EventKind.SessionDefined: lambda event: f"session {event.value} defined",
    EventKind.Accepted: lambda _: "accepted",
    EventKind.Rejected: lambda event: f"rejected {Reason(event.detail).name}",
    EventKind.Canceled: canceled,
    EventKind.Replaced: replaced,
    EventKind.Ticked: lambda event: f"ticked at {event.at_ns}",
    EventKind.Closed: lambda event: f"closed at {event.at_ns}",
}

assert {name for layout in BODY.values() for name, (_, code) in layout.items() if code.endswith("bytes")} <= NAME_FIELDS
assert not NAME_FIELDS & HEAD.keys()
