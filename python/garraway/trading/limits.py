"""Limits of strategies, in one file: read, checked, compared, converted. Touches the file.

    LimitsError
    ├── LimitsInvalid   the file cannot be used; holds all that is wrong with it
    └── AssetDiffers    instruments of a strategy are quoted in another asset than the limits are in

What each limit means is told in docs/guides/live.md; the rules are in crates/trading/src/risk.
"""

import hashlib
import json
import tomllib
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

from pydantic import Field, ValidationError

from garraway.config.findings import Finding
from garraway.config.lines import lines_of, nearest_line
from garraway.trading.limits_tables import (
    DEFAULTS,
    BreakersTable,
    OneStrategyTable,
    OrderTable,
    PortfolioTable,
    PositionTable,
    StrategyTable,
    SymbolTable,
    Table,
    VenueTable,
)
from garraway.units import AssetTerms, UnitsError, money_units

FILE_BYTES_AT_MOST: Final = 1 << 20
MS_NS: Final = 1_000_000
Key = tuple[str, ...]
Where = Callable[[Key], str]


class LimitsError(Exception):
    """The limits cannot be had."""


class LimitsInvalid(LimitsError):
    """The file cannot be used."""

    def __init__(self, findings: Collection[Finding]) -> None:
        """Holds all of them; the text has a line for each."""
        self.findings = tuple(findings)
        super().__init__("\n".join(map(str, findings)))


class AssetDiffers(LimitsError):
    """Instruments are quoted in another asset than the limits are in."""


class Limits(Table):
    """The whole file. What it does not say is as `DEFAULTS` has it."""

    asset: str = Field(default="USD", pattern=r"^[A-Z0-9]{1,8}$")
    """The asset in which money is given; all instruments of a strategy must be quoted in it."""
    order: OrderTable = OrderTable()
    """Level 1."""
    position: PositionTable = PositionTable()
    """Level 2."""
    strategy: StrategyTable = StrategyTable()
    """Level 3."""
    portfolio: PortfolioTable = PortfolioTable()
    """Level 4."""
    venue: VenueTable = VenueTable()
    """Level 5."""
    breakers: BreakersTable = BreakersTable()
    """Circuit breakers."""
    symbols: dict[str, SymbolTable] = Field(default_factory=dict)
    """By symbol, over the levels above."""
    strategies: dict[str, OneStrategyTable] = Field(default_factory=dict)
    """By strategy, over all of these."""

    @classmethod
    def load(cls, path: Path | None, *, symbols: Collection[str] | None = None) -> Self:
        """The file's limits; None: the defaults.

        Args:
            path: the file (TOML).
            symbols: the symbols that there are, if they are known: others are mistakes.
        Raises: LimitsInvalid: with everything that is wrong.
        """
        if path is None:
            return cls()
        try:
            content = path.read_bytes()[: FILE_BYTES_AT_MOST + 1]
        except OSError as error:
            raise _invalid(
                "unreadable", str(path), f"cannot be read: {error.strerror}", "name a limits file"
            ) from error
        if len(content) > FILE_BYTES_AT_MOST:
            raise _invalid("unreadable", str(path), f"is larger than {FILE_BYTES_AT_MOST} bytes", "name a limits file")
        return cls.parse(content.decode("utf-8", errors="replace"), name=str(path), symbols=symbols)

    @classmethod
    def parse(cls, text: str, *, name: str = "limits", symbols: Collection[str] | None = None) -> Self:
        """The limits of a file's text. Raises: LimitsInvalid."""
        try:
            document = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise _invalid("syntax", name, f"is no TOML: {error}", "mend the line") from error
        lines = lines_of(text)

        def where(key: tuple[str, ...]) -> str:
            below = (line for path, line in lines.items() if path[: len(key)] == key)
            line = next(below, None) or nearest_line(lines, key)
            return f"{name}:{line}" if line else name

        try:
            limits = cls.model_validate(document)
        except ValidationError as error:
            raise LimitsInvalid([_finding(dict(detail), where) for detail in error.errors()]) from error
        findings = list(_mistakes(limits, symbols, where))
        if findings:
            raise LimitsInvalid(findings)
        return limits

    def of(self, strategy: str, symbol: str) -> "SymbolLimits":
        """What holds for a symbol of a strategy: the innermost table that says something wins."""
        own = self.strategies.get(strategy, OneStrategyTable())
        empty = SymbolTable()
        tables = own.symbols.get(symbol, empty), own, self.symbols.get(symbol, empty), self
        return SymbolLimits(
            _merged(OrderTable, *(table.order for table in tables), DEFAULTS["order"]),
            _merged(PositionTable, *(table.position for table in tables), DEFAULTS["position"]),
        )

    def resolved(self, strategy: str, symbols: Collection[str]) -> dict[str, Any]:
        """Everything that holds for a strategy, by dotted names: what is hashed, shown and compared."""
        own = self.strategies.get(strategy, OneStrategyTable())
        tables = {
            "strategy": _merged(StrategyTable, own.strategy, self.strategy, DEFAULTS["strategy"]),
            "portfolio": _merged(PortfolioTable, self.portfolio, DEFAULTS["portfolio"]),
            "venue": _merged(VenueTable, self.venue, DEFAULTS["venue"]),
            "breakers": _merged(BreakersTable, self.breakers, DEFAULTS["breakers"]),
        }
        for symbol in sorted(symbols):
            limits = self.of(strategy, symbol)
            tables |= {f"{symbol}.order": limits.order, f"{symbol}.position": limits.position}
        found = {f"{name}.{key}": value for name, table in tables.items() for key, value in table.items()}
        return {"asset": self.asset} | found


@dataclass(frozen=True, slots=True)
class SymbolLimits:
    """Limits of orders and of the position of one symbol: key -> value."""

    order: dict[str, Any]
    position: dict[str, Any]


@dataclass(frozen=True, slots=True)
class BoundLimits:
    """Limits of a strategy on instruments of a venue, in ledger units and ns, as `_native` takes them."""

    strategy: str
    resolved: dict[str, Any]
    whole: dict[str, int]
    """`level.limit` -> its number, for all that is not by symbol."""
    by_symbol: dict[str, dict[str, int]]
    """symbol -> `level.limit` -> its number."""

    @property
    def hash(self) -> str:
        """SHA-256 of what holds, as hexadecimal digits."""
        return digest(self.resolved)


def digest(resolved: Mapping[str, Any]) -> str:
    """SHA-256 of resolved limits, the same wherever they are written in the same way."""
    return hashlib.sha256(json.dumps(resolved, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def bound(limits: Limits, strategy: str, *, quoted_in: Mapping[str, str], asset: AssetTerms) -> BoundLimits:
    """The limits of a strategy in the numbers of a venue.

    Args:
        limits: the file.
        strategy: the strategy's name.
        quoted_in: symbol -> code of the asset that it is quoted in, for all that the strategy trades.
        asset: terms of the limits' asset.
    Raises: AssetDiffers; LimitsInvalid: money has more decimals than the asset.
    """
    others = {symbol: code for symbol, code in quoted_in.items() if code != limits.asset}
    if others or asset.code != limits.asset:
        named = ", ".join(f"{symbol} in {code}" for symbol, code in others.items()) or asset.code
        raise AssetDiffers(
            f"limits are in {limits.asset}, but quoted is {named}: trade instruments of one asset in a strategy, and "
            f'give the limits in it (asset = "...")'
        )
    resolved = limits.resolved(strategy, quoted_in)
    findings: list[Finding] = []
    numbers = {key: _number(key, value, asset, findings) for key, value in resolved.items() if key != "asset"}
    if findings:
        raise LimitsInvalid(findings)
    by_symbol = {
        symbol: {key.removeprefix(f"{symbol}."): number for key, number in numbers.items() if _is_of(key, symbol)}
        for symbol in quoted_in
    }
    whole = {key: number for key, number in numbers.items() if not any(_is_of(key, one) for one in quoted_in)}
    return BoundLimits(strategy, resolved, whole, by_symbol)


def changes(before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> list[tuple[str, Any, Any]]:
    """What differs from the last run: (limit, value before, value now), None where there was or is none."""
    old = before or {}
    names = sorted(old.keys() | after.keys())
    return [(name, old.get(name), after.get(name)) for name in names if old.get(name) != after.get(name)]


def _is_of(key: str, symbol: str) -> bool:
    return key.rpartition(".")[0] in {f"{symbol}.order", f"{symbol}.position"}


def _number(key: str, value: str | int, asset: AssetTerms, findings: list[Finding]) -> int:
    name = key.rpartition(".")[2]
    if isinstance(value, str):
        try:
            return money_units(value, asset)
        except UnitsError as error:
            findings.append(Finding("error", "money", key, "limits", str(error), f"write it in {asset.code}"))
            return 0
    return int(value) * MS_NS if name.endswith("_ms") else int(value)


def _merged(table: type[Table], *inner_to_outer: Table | dict[str, Any]) -> dict[str, Any]:
    said = [one if isinstance(one, dict) else one.model_dump() for one in inner_to_outer]
    return {key: next(one[key] for one in said if one[key] is not None) for key in table.model_fields}


def _invalid(code: str, where: str, what: str, remedy: str) -> LimitsInvalid:
    return LimitsInvalid([Finding("error", code, "", where, what, remedy)])


def _finding(detail: dict[str, Any], where: Where) -> Finding:
    key = tuple(str(part) for part in detail["loc"])
    dotted = ".".join(key)
    if detail["type"] == "extra_forbidden":
        return Finding("error", "unknown-key", dotted, where(key), "there is no such limit", _known(key))
    shown = detail["input"] if isinstance(detail["input"], str | int | float | bool) else type(detail["input"]).__name__
    remedy = 'money is decimal text, such as "5000.00"' if detail["type"] in _MONEY else "give a number that fits"
    return Finding("error", "value", dotted, where(key), f"{shown!r}: {detail['msg']}", remedy)


_MONEY: Final = frozenset({"string_pattern_mismatch", "string_type"})


def _known(key: tuple[str, ...]) -> str:
    tables: dict[str, type[Table]] = {
        "order": OrderTable,
        "position": PositionTable,
        "strategy": StrategyTable,
        "portfolio": PortfolioTable,
        "venue": VenueTable,
        "breakers": BreakersTable,
    }
    table = next((tables[part] for part in reversed(key[:-1]) if part in tables), Limits)
    return f"take one of {', '.join(table.model_fields)}"


def _mistakes(limits: Limits, symbols: Collection[str] | None, where: Where) -> Iterator[Finding]:
    """What is wrong across tables."""
    by_symbol: dict[Key, SymbolTable] = {("symbols", name): table for name, table in limits.symbols.items()}
    tables: dict[Key, Limits | OneStrategyTable | SymbolTable] = {(): limits}
    for strategy, own in limits.strategies.items():
        tables["strategies", strategy] = own
        by_symbol |= {("strategies", strategy, "symbols", name): table for name, table in own.symbols.items()}
    for key in by_symbol if symbols is not None else ():
        if symbols is not None and key[-1] not in symbols:
            what, remedy = f"the venue lists no {key[-1]}", f"take one of {', '.join(sorted(symbols))}"
            yield Finding("error", "unknown-symbol", ".".join(key), where(key), what, remedy)
    for key, table in (tables | by_symbol).items():
        order, position = table.order.max_lots, table.position.max_lots
        if order and position and order > position:
            what = f"{order} lots of an order are above the {position} of its position"
            place, remedy = (*key, "order", "max_lots"), "make the order's limit the smaller one"
            yield Finding("error", "contradiction", ".".join(place), where(place), what, remedy)
    if limits.breakers.refusals_ms is not None and limits.breakers.max_refusals == 0:
        place = ("breakers", "refusals_ms")
        what = "max_refusals = 0 never trips"
        yield Finding("error", "contradiction", ".".join(place), where(place), what, "remove one of both")
