"""Where and how a strategy trades, and a venue's terms and limits as a desk takes them. Touches files of the venue."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from garraway.trading.limits import BoundLimits, Limits, bound
from garraway.trading.live_state import RUN, StrategyFolder, Untradable
from garraway.trading.stop import FOLDER
from garraway.venues import Directory, Instrument


@dataclass(frozen=True, slots=True, kw_only=True)
class LivePlan:
    """Where and how a strategy trades."""

    folder: Path
    """The venue's folder."""
    name: str
    """The strategy's name: of its folder and in the limits file."""
    symbols: tuple[str, ...]
    """What it trades, the default one first."""
    source: str = "strategy1"
    """The source of its commands."""
    account: int = 220
    """Its account."""
    bar_ns: int = 60_000_000_000
    """Length of its bars; 0 makes none."""
    limits: Path | None = None
    """Its limits file."""
    skip_failures: bool = False
    """Whether handlers that fail are counted, and the run goes on."""
    cancel_at_stop: bool = True
    """Whether its orders are cancelled when it ends."""
    unlock_reason: str = ""
    """Why its breakers are reset at this start; empty does not reset them."""
    run_s: float = 0.0
    """How long it runs; 0: until it is stopped."""


def listed(directory: Directory, symbols: Collection[str]) -> list[Instrument]:
    """The instruments of these symbols, in their order. Raises: Untradable."""
    found = []
    for symbol in symbols:
        instrument = directory.symbol(symbol)
        if instrument is None:
            known = ", ".join(sorted(one.terms.symbol for one in directory.instruments.values()))
            raise Untradable(f"the venue lists no {symbol}: take one of {known}")
        found.append(instrument)
    if not found:
        raise Untradable("no symbol is given: add one that the venue lists")
    return found


def limits_of(plan: LivePlan, directory: Directory, instruments: Collection[Instrument]) -> BoundLimits:
    """The limits of a plan's strategy. Raises: LimitsError, Untradable."""
    read = Limits.load(plan.limits, symbols={one.terms.symbol for one in directory.instruments.values()})
    quoted = {one.terms.symbol: directory.assets[one.quote_asset].code for one in instruments}
    asset = next((one for one in directory.assets.values() if one.code == read.asset), None)
    if asset is None:
        raise Untradable(f"limits are in {read.asset}, which the venue does not have: give another asset = in them")
    return bound(read, plan.name, quoted_in=quoted, asset=asset)


def portfolio(folder: Path) -> set[int]:
    """Accounts of all strategies that ever ran at the venue."""
    found = set()
    for path in (folder / FOLDER).glob(f"*/{RUN}"):
        said = StrategyFolder(path.parent).read(RUN)
        if said is not None and isinstance(said.get("account"), int):
            found.add(said["account"])
    return found


def native_terms(instrument: Instrument, directory: Directory, limits: BoundLimits) -> dict[str, Any]:
    """An instrument with its limits as the desk takes it. Raises: Untradable: a desk cannot use its units."""
    terms, asset = instrument.terms, directory.assets[instrument.quote_asset]
    decimals = 9 - (len(str(terms.price_unit)) - 1)
    value, rest = divmod(terms.price_unit * terms.lot_size * 10**asset.scale, 10**18)
    if 10 ** (9 - decimals) != terms.price_unit or rest or value < 1:
        raise Untradable(f"{terms.symbol} has a price unit of {terms.price_unit} nano: strategies need a power of ten")
    return {
        "number": instrument.number,
        "symbol": terms.symbol,
        "quote_asset": instrument.quote_asset,
        "price_decimals": decimals,
        "tick": terms.tick,
        "price_value": value,
        "money_decimals": asset.scale,
        "min_price": terms.min_price,
        "max_price": terms.max_price,
        "max_quantity": terms.max_quantity,
        "lot_size": terms.lot_size,
        "fee_rate": instrument.taker_fee_rate,
        "limits": limits.by_symbol[terms.symbol],
    }
