"""How often somebody may ask: the generic cell rate algorithm, in memory. Touches nothing; time is handed in.

For each key one number is kept: when its allowance will be whole again. A request moves it by one interval; beyond a
whole period it is refused. Source: ITU-T I.371, "virtual scheduling".
"""

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final, NamedTuple

KEYS_AT_MOST: Final = 65_536
"""Keys that are remembered; beyond, the one that was looked at longest ago is forgotten."""
SECOND_NS: Final = 1_000_000_000


class Taken(NamedTuple):
    """What is left: requests at once, seconds until the allowance is whole, seconds until one more (0: at once)."""

    allowed: bool
    limit: int
    remaining: int
    reset_s: int
    retry_after_s: int


@dataclass(slots=True)
class Allowance:
    """`limit` requests at once, and as many in each period."""

    limit: int
    period_ns: int = 60 * SECOND_NS
    _whole_ns: OrderedDict[str, int] = field(default_factory=OrderedDict)
    """The key that was looked at last is the last; a plain dict would look through the gaps that this leaves."""

    def take(self, key: str, now_ns: int) -> Taken:
        """Takes one request of `key`, if it may."""
        interval_ns = self.period_ns // self.limit
        whole_ns = max(self._whole_ns.get(key, 0), now_ns)
        allowed = whole_ns + interval_ns - now_ns <= self.period_ns
        if allowed:
            whole_ns += interval_ns
        self._whole_ns[key] = whole_ns
        self._whole_ns.move_to_end(key)
        if len(self._whole_ns) > KEYS_AT_MOST:
            self._whole_ns.popitem(last=False)
        used_ns = whole_ns - now_ns
        remaining = (self.period_ns - used_ns) // interval_ns
        wait_ns = 0 if allowed else used_ns + interval_ns - self.period_ns
        return Taken(allowed, self.limit, remaining, -(-used_ns // SECOND_NS), -(-wait_ns // SECOND_NS))
