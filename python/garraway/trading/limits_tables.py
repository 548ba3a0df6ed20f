"""The tables of a limits file, and what holds where it says nothing. Touches nothing."""

from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field

MOST: Final = 2**62
DECIMALS: Final = r"^\d{1,18}(\.\d{1,18})?$"


class Table(BaseModel):
    """A frozen table: unknown keys are errors, types are not guessed, 0 is no limit."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True)


Count = Annotated[int, Field(ge=0, le=MOST)]
Orders = Annotated[int, Field(ge=0, le=1_000_000)]
Points = Annotated[int, Field(ge=0, le=1_000_000)]
Milliseconds = Annotated[int, Field(ge=0, le=86_400_000)]
Amount = Annotated[str, Field(pattern=DECIMALS)]


class OrderTable(Table):
    """One order."""

    max_lots: Count | None = None
    """Lots of one order."""
    max_notional: Amount | None = None
    """Value of one order, in the limits' asset."""
    max_distance_bps: Points | None = None
    """Distance of a limit from the mark, in basis points."""


class PositionTable(Table):
    """One position."""

    max_lots: Count | None = None
    """Lots, long or short, with all open orders of the side filled."""
    max_notional: Amount | None = None
    """Their value at the mark."""
    stop_loss_bps: Points | None = None
    """Loss in basis points of the cost, at which the position is closed."""
    trailing_stop_bps: int | None = Field(default=None, ge=0, le=10_000)
    """Distance of the mark from its best in basis points, at which the position is closed."""


class StrategyTable(Table):
    """One strategy."""

    max_open_orders: Points | None = None
    """Orders open at a time."""
    max_orders_per_s: int | None = Field(default=None, ge=0, le=100_000)
    """Orders within any second."""
    max_daily_loss: Amount | None = None
    """Loss since midnight UTC, at which the strategy is locked."""
    max_drawdown: Amount | None = None
    """Loss since its best, at which the strategy is locked."""


class PortfolioTable(Table):
    """All strategies that use the file, on their accounts."""

    max_gross: Amount | None = None
    """Value of all positions, long and short added."""
    max_net: Amount | None = None
    """Value of all positions, short taken from long."""
    max_positions: int | None = Field(default=None, ge=0, le=100_000)
    """Instruments with a position or an open order."""
    max_daily_loss: Amount | None = None
    """Loss since midnight UTC, at which every strategy is locked."""
    max_concentration_bps: int | None = Field(default=None, ge=0, le=10_000)
    """Share of one instrument in the gross value, in basis points."""
    concentration_from: Amount | None = None
    """Gross value below which the share is not looked at."""


class VenueTable(Table):
    """The connection."""

    max_age_ms: Milliseconds | None = None
    """Age of the last price, above which nothing is sent."""
    max_away_ms: Milliseconds | None = None
    """Time that the venue may be away until the strategy is locked."""


class BreakersTable(Table):
    """The circuit breakers."""

    max_refusals: int | None = Field(default=None, ge=0, le=100_000)
    """So many refusals lock the strategy, ..."""
    refusals_ms: int | None = Field(default=None, ge=1, le=86_400_000)
    """... when they come within this time."""
    flatten: bool | None = None
    """Whether a breaker closes all positions, too."""


class SymbolTable(Table):
    """What differs for one symbol."""

    order: OrderTable = OrderTable()
    """Its orders."""
    position: PositionTable = PositionTable()
    """Its position."""


class OneStrategyTable(Table):
    """What differs for one strategy."""

    order: OrderTable = OrderTable()
    """Its orders."""
    position: PositionTable = PositionTable()
    """Its positions."""
    strategy: StrategyTable = StrategyTable()
    """Itself."""
    symbols: dict[str, SymbolTable] = Field(default_factory=dict)
    """Its symbols."""


DEFAULTS: Final[dict[str, dict[str, Any]]] = {
    "order": {"max_lots": 0, "max_notional": "0", "max_distance_bps": 1_000},
    "position": {"max_lots": 0, "max_notional": "0", "stop_loss_bps": 0, "trailing_stop_bps": 0},
    "strategy": {"max_open_orders": 100, "max_orders_per_s": 50, "max_daily_loss": "5000", "max_drawdown": "0"},
    "portfolio": {
        "max_gross": "0",
        "max_net": "0",
        "max_positions": 0,
        "max_daily_loss": "5000",
        "max_concentration_bps": 0,
        "concentration_from": "0",
    },
    "venue": {"max_age_ms": 0, "max_away_ms": 30_000},
    "breakers": {"max_refusals": 20, "refusals_ms": 60_000, "flatten": False},
}
"""What holds where the file says nothing."""
