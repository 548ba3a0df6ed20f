"""Symbols of this facade: BTC-USD is BTCUSD. Spot instruments alone. Touches `venues`."""

from garraway.api.facades.binance.refusals import refusal
from garraway.records import InstrumentKind
from garraway.venues import Directory, Instrument


def said(instrument: Instrument) -> str:
    """An instrument's symbol, as this facade says it."""
    return instrument.terms.symbol.replace("-", "")


def shown(directory: Directory) -> dict[str, Instrument]:
    """What is shown, by symbol; of two that would be named alike the one listed first."""
    found: dict[str, Instrument] = {}
    for _, one in sorted(directory.instruments.items()):
        if one.kind is InstrumentKind.SPOT:
            found.setdefault(said(one), one)
    return found


def named(directory: Directory, symbol: str) -> Instrument:
    """The instrument of this symbol. Raises: Refusal."""
    wanted = (one for _, one in sorted(directory.instruments.items()) if said(one) == symbol)
    found = next((one for one in wanted if one.kind is InstrumentKind.SPOT), None)
    if found is None:
        raise refusal(-1121, "Invalid symbol.")
    return found
