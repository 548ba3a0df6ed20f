"""The engine in this process as a venue for tests: commands in, events out, time told by a counter."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from garraway import _native
from garraway.market import Floor, Market, Participants
from garraway.records import EVENT, EventArray, InstrumentKind, Phase, encode, stamped
from garraway.units import InstrumentTerms
from garraway.venues import Instrument

TERMS = InstrumentTerms(
    symbol="GARR",
    price_unit=100_000,
    lot_size=1_000_000_000,
    tick=100,
    min_price=100,
    max_price=100_000_000,
    max_quantity=999_999,
)
INSTRUMENT = Instrument(1, TERMS, base_asset=2, quote_asset=1, max_notional=10**17, maker_fee_rate=0, taker_fee_rate=0)
STEP_NS = 50_000_000
START_NS = 1_790_000_000_000_000_000


def floor(seed: int) -> Floor:
    """A floor with one market, that of the engine's instrument."""
    market = Market(instrument=INSTRUMENT, participants=Participants.of(1), reference_price=1_000_000)
    return Floor(seed=seed, source=2, markets=[market])


class SimulatedEngine:
    """An engine with one instrument and funded accounts 100 to 109; source 2 trades."""

    def __init__(self) -> None:
        self.engine = _native.Engine()
        self.at_ns = START_NS
        self._last_seq = {1: 0, 2: 0}
        self._out = np.zeros(_native.MIN_EVENTS + 4_096, dtype=EVENT)
        setting_up = [
            encode("DefineSource", defined=2, name="market", rights=1),
            encode("DefineAsset", asset=1, code="USD", scale=8, display=2),
            encode("DefineAsset", asset=2, code="GARR"),
            encode(
                "ListInstrument",
                instrument=1,
                symbol="GARR",
                base_asset=2,
                quote_asset=1,
                execution=1,
                price_unit=TERMS.price_unit,
                lot_size=TERMS.lot_size,
                tick=TERMS.tick,
                min_price=TERMS.min_price,
                max_price=TERMS.max_price,
                max_quantity=TERMS.max_quantity,
                max_notional=INSTRUMENT.max_notional,
                kind=InstrumentKind.SPOT,
                phase=Phase.CONTINUOUS,
            ),
        ]
        for account in range(100, 110):
            limits: dict[str, Any] = {
                "max_quantity": TERMS.max_quantity,
                "max_notional": 10**17,
                "max_open_orders": 10_000,
            }
            setting_up.append(encode("OpenAccount", account=account, firm=1, **limits))
            setting_up += [encode("Deposit", account=account, asset=asset, amount=10**17) for asset in (1, 2)]
        events = self.submit(setting_up, source=1)
        assert not (events["kind"] == _native.EVENTS["Rejected"]["code"]).any()

    def submit(self, commands: Sequence[bytes], source: int = 2) -> EventArray:
        """Numbers and applies the commands; their events, in order."""
        first = self._last_seq[source] + 1
        self._last_seq[source] += len(commands)
        records = b"".join(
            stamped(command, source=source, source_seq=seq) for seq, command in enumerate(commands, start=first)
        )
        self.at_ns += STEP_NS
        taken, written = self.engine.apply(records, self.at_ns, self._out)
        assert taken == len(commands)
        return self._out[:written].copy()

    def ladder(self, side: int) -> list[tuple[int, int, int]]:
        """The engine's own levels of a side: (price, lots, orders), best first."""
        return [(int(price), int(lots), int(orders)) for price, lots, orders in self.engine.levels(1, side)]
