"""Value at risk and expected shortfall, told as losses: above 0 is money, or a share, lost. Touches nothing."""

from collections.abc import Sequence
from math import floor, sqrt

import numpy as np

from garraway.analytics.errors import OptionInvalid
from garraway.analytics.frames import Floats
from garraway.analytics.ratios import NORMAL


def value_at_risk(outcomes: Sequence[float] | Floats, confidence: float = 0.95) -> float | None:
    """The loss that is exceeded in a share 1 - confidence of the outcomes, as they were (historical simulation).

    With k = floor(n (1 - confidence)) outcomes beyond it, it is the (k + 1)th worst: of 300 at 99 % the fourth.
    None without outcomes. Source: J. Hull, "Options, Futures and Other Derivatives", value at risk.

    Raises: OptionInvalid.
    """
    worst, beyond = _tail(outcomes, confidence)
    return None if not len(worst) else -float(worst[min(floor(beyond), len(worst) - 1)])


def expected_shortfall(outcomes: Sequence[float] | Floats, confidence: float = 0.95) -> float | None:
    """The mean loss in the worst share 1 - confidence; the outcome at its edge counts with the part that is in it.

    None without outcomes. Source: C. Acerbi, D. Tasche, "On the Coherence of Expected Shortfall" (2002).

    Raises: OptionInvalid.
    """
    worst, beyond = _tail(outcomes, confidence)
    if not len(worst):
        return None
    whole = floor(beyond)
    part = float(worst[whole]) * (beyond - whole) if whole < len(worst) else 0.0
    return -(float(worst[:whole].sum()) + part) / beyond


def normal_value_at_risk(value: float, deviation: float, *, confidence: float = 0.95, periods: float = 1.0) -> float:
    """The same for a normal outcome with mean 0: value x deviation x Z(confidence) x sqrt(periods).

    Raises: OptionInvalid.
    """
    _within(confidence)
    return value * deviation * NORMAL.inv_cdf(confidence) * sqrt(periods)


def _tail(outcomes: Sequence[float] | Floats, confidence: float) -> tuple[Floats, float]:
    """The outcomes from the worst on, and how many of them are beyond the confidence."""
    _within(confidence)
    values = np.sort(np.asarray(outcomes, np.float64))
    return values, max(round(len(values) * (1 - confidence), 9), 1e-9)


def _within(confidence: float) -> None:
    if not 0 < confidence < 1:
        raise OptionInvalid(f"confidence {confidence} is not between 0 and 1: give 0.95 for 95 %")
