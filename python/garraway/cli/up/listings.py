"""The assets and instruments of the demonstration venue. Touches nothing.

An equity with auctions and price bands, spot crypto, FX, and a future on the equity.
"""

from dataclasses import dataclass
from typing import Final

from garraway.market import Plan
from garraway.market.schedule import DERIVATIVE, EQUITY
from garraway.records import BandAction, InstrumentKind, Phase, Resume
from garraway.units import AssetTerms, InstrumentTerms, TickTable, price_units
from garraway.venues import Rules

SECOND_NS: Final = 1_000_000_000
SHARE: Final = 1_000_000_000
"""One whole of a base asset, in 1e-9 of it."""

USD: Final = 1
GARR: Final = 2
BTC: Final = 3
EUR: Final = 4
ASSETS: Final = {
    USD: AssetTerms("USD", scale=8, display=2),
    GARR: AssetTerms("GARR", scale=0, display=0),
    BTC: AssetTerms("BTC", scale=8, display=8),
    EUR: AssetTerms("EUR", scale=2, display=2),
}
MAX_NOTIONAL: Final = "1000000000"
NO_DAY: Final = ()
"""It trades around the clock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """An instrument as it is listed, its rules, and its days; fee rates in 1e-9 of the value traded."""

    number: int
    terms: InstrumentTerms
    base_asset: int
    price: str
    """What it is worth at first."""
    rules: Rules
    maker_fee_rate: int = 20_000
    taker_fee_rate: int = 100_000
    kind: InstrumentKind = InstrumentKind.SPOT
    phase: Phase = Phase.CONTINUOUS
    steps: tuple[tuple[int, int], ...] = ()
    """Ticks by price, beyond the listed one."""
    day: tuple[tuple[int, Phase], ...] = NO_DAY
    settles_to: int = 0
    quote_asset: int = USD

    @property
    def reference_price(self) -> int:
        """The price in price units."""
        return price_units(self.price, self.terms)

    @property
    def ticks(self) -> TickTable:
        """Its table of ticks."""
        return TickTable(self.terms.tick, self.steps)

    @property
    def plan(self) -> Plan:
        """What its days are like."""
        return Plan(self.day, self.reference_price, self.settles_to)


def _rules(*, collar: int, static: int = 0, dynamic: int = 0, action: BandAction = BandAction.NONE) -> Rules:
    """Bands and collar in basis points; with bands that start auctions it resumes through one, too."""
    halts = action is BandAction.STARTS_AUCTION
    return Rules(
        static_band=static * 100_000,
        dynamic_band=dynamic * 100_000,
        collar=collar * 100_000,
        auction_ns=5 * SECOND_NS if halts else 0,
        band_action=action,
        resume=Resume.AUCTION if halts else Resume.GO_ON,
    )


EQUITY_LISTING: Final = Listing(
    number=1,
    terms=InstrumentTerms(
        symbol="GARR",
        price_unit=100_000,  # 0.0001 USD, as OUCH counts
        lot_size=SHARE,
        tick=100,  # 0.01 USD
        min_price=100,
        max_price=100_000_000,  # 10,000 USD
        max_quantity=999_999,  # what OUCH can order
    ),
    base_asset=GARR,
    price="100.00",
    rules=_rules(static=1_000, dynamic=30, collar=500, action=BandAction.STARTS_AUCTION),
    phase=Phase.CLOSED,
    steps=((10_000_000, 500), (50_000_000, 2_500)),  # 0.05 USD from 1,000 USD, 0.25 USD from 5,000 USD
    day=EQUITY,
)
CRYPTO_LISTING: Final = Listing(
    number=2,
    terms=InstrumentTerms(
        symbol="BTC-USD",
        price_unit=10_000_000,  # 0.01 USD
        lot_size=1_000_000,  # 0.001 BTC
        tick=50,  # 0.50 USD
        min_price=50,
        max_price=19_900_000,  # 199,000 USD: OUCH ends at 200,000
        max_quantity=999_999,
    ),
    base_asset=BTC,
    price="60000.00",
    rules=_rules(collar=500),
    maker_fee_rate=50_000,
    taker_fee_rate=200_000,
)
FX_LISTING: Final = Listing(
    number=3,
    terms=InstrumentTerms(
        symbol="EUR-USD",
        price_unit=10_000,  # 0.00001 USD: five decimals, one more than OUCH has
        lot_size=1_000 * SHARE,  # 1,000 EUR
        tick=1,
        min_price=1,
        max_price=1_000_000,  # 10 USD
        max_quantity=999_999,
    ),
    base_asset=EUR,
    price="1.08500",
    rules=_rules(collar=100),
    maker_fee_rate=5_000,
    taker_fee_rate=15_000,
)
FUTURE_LISTING: Final = Listing(
    number=4,
    terms=InstrumentTerms(
        symbol="GARR-F",
        price_unit=100_000,
        lot_size=SHARE,  # a contract on one share
        tick=100,
        min_price=500_000,  # 50 to 200 USD: positions are collateralised at the ends
        max_price=2_000_000,
        max_quantity=999_999,
    ),
    base_asset=0,
    price="100.00",
    rules=_rules(static=1_000, collar=500, action=BandAction.REFUSED),
    kind=InstrumentKind.FUTURE,
    phase=Phase.CLOSED,
    day=DERIVATIVE,
    settles_to=EQUITY_LISTING.number,
)
LISTINGS: Final = (EQUITY_LISTING, CRYPTO_LISTING, FX_LISTING, FUTURE_LISTING)
