"""Verbs that bind indicators, one for each kind of `garraway.signals`: `self.ema(10)`. Touches the native module.

The names stand here for type checkers and editors; what they do is made from the native table.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from garraway import _native

if TYPE_CHECKING:
    from garraway._native import BoundIndicator

Bind = Callable[..., "BoundIndicator"]
"""Takes the kind's parameters in order or by name, and what `Strategy.indicator` takes."""


class Indicators:
    """Something that has an indicator of each kind bound by its name."""

    __slots__ = ()

    def indicator(self, name: str, *values: float, **named: Any) -> "BoundIndicator":
        """Binds an indicator by the name of its kind."""
        raise NotImplementedError

    if TYPE_CHECKING:
        sma: Bind
        ema: Bind
        wma: Bind
        smma: Bind
        dema: Bind
        tema: Bind
        t3: Bind
        kama: Bind
        alma: Bind
        hma: Bind
        envelope: Bind
        bollinger: Bind
        zscore: Bind
        rsi: Bind
        stoch_rsi: Bind
        macd: Bind
        tsi: Bind
        roc: Bind
        roc_band: Bind
        ulcer: Bind
        stochastic: Bind
        williams_r: Bind
        cci: Bind
        bop: Bind
        elder_ray: Bind
        true_range: Bind
        atr: Bind
        chop: Bind
        keltner: Bind
        donchian: Bind
        adx: Bind
        aroon: Bind
        psar: Bind
        supertrend: Bind
        heikin_ashi: Bind
        vwap: Bind
        vwma: Bind
        obv: Bind
        adl: Bind
        chaikin_oscillator: Bind
        cmf: Bind
        mfi: Bind
        force: Bind
        correlation: Bind
        beta: Bind
        residual: Bind
        microprice: Bind
        imbalance: Bind
        order_flow: Bind


def _verb(name: str) -> Bind:
    def bind(self: Indicators, *values: float, **named: Any) -> "BoundIndicator":
        return self.indicator(name, *values, **named)

    bind.__name__ = name
    bind.__doc__ = f"Binds an indicator: {_native.INDICATORS[name]['what']}"
    return bind


for _name in _native.INDICATORS:
    setattr(Indicators, _name, _verb(_name))
