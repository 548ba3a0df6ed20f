"""Who trades when nobody does: a market maker and noise traders, seeded, as one process. Touches `venues`.

Every decision follows from the seed and from the events read so far; the clock only says when the next step is due.
"""

from garraway.market.market import Market
from garraway.market.participants import MAKER, NOISE, SOURCE, SOURCE_NUMBER, Participants
from garraway.market.run import run_market

__all__ = [
    "MAKER",
    "NOISE",
    "SOURCE",
    "SOURCE_NUMBER",
    "Market",
    "Participants",
    "run_market",
]
