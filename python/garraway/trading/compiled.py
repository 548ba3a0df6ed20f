"""Compiled strategies: written in Rust, named here. Yardsticks, and twins of those in Python."""

from dataclasses import dataclass
from typing import Final

from garraway.trading.errors import StrategyInvalid

DEFAULTS: Final[dict[str, dict[str, int]]] = {
    "ema_cross": {"fast": 10, "slow": 20, "from_first": 0},
    "quoter": {"every": 100},
    "idle": {},
}
"""Name -> parameters in order with their defaults."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """A compiled strategy with its parameters: `compiled("ema_cross", fast=5)`."""

    name: str
    parameters: dict[str, int]


def compiled(name: str, **parameters: int) -> Compiled:
    """A compiled strategy by name. StrategyInvalid: there is none, or it has not this parameter."""
    if name not in DEFAULTS:
        raise StrategyInvalid(f"there is no compiled strategy {name!r}: take {', '.join(DEFAULTS)}")
    unknown = parameters.keys() - DEFAULTS[name].keys()
    if unknown:
        raise StrategyInvalid(f"{name} has no parameter {min(unknown)}: it has {', '.join(DEFAULTS[name]) or 'none'}")
    return Compiled(name, {**DEFAULTS[name], **parameters})
