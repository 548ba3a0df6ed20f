"""Which transfers need a second person. Touches nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

DAY_NS: Final = 86_400_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class MoneyPolicy:
    """How much one person alone may move, by asset; what is asked for expires after a day."""

    alone_up_to: Mapping[int, int] = field(default_factory=dict)
    """asset -> ledger units of one transfer; every transfer of an asset that is not named needs two persons."""
    expires_ns: int = DAY_NS

    def alone(self, *, kind: str, asset: int, amount: int, by_client: bool) -> bool:
        """Whether it goes without a second person. A deposit that a client claims never does: nobody saw the money."""
        if by_client and kind == "deposit":
            return False
        return abs(amount) <= self.alone_up_to.get(asset, 0)
