"""The market as one decider: events in, commands out, the same from the same. Touches no clock and no socket."""

from collections.abc import Iterable
from random import Random
from typing import Final

from garraway.market.fundamental import Fundamental
from garraway.market.maker import Maker
from garraway.market.noise import Noise
from garraway.market.participants import Participants
from garraway.market.trader import Trader
from garraway.records import EventArray, of_kind
from garraway.venues import Instrument

COMMANDS_PER_STEP: Final = 10
MAKER_SHARE: Final = 6
"""Commands of a step that the maker may take; the noise traders take the rest."""


class Market:
    """The maker and the noise traders of one instrument.

    It is resumed by reading the log from the start: inventories, open orders, references and the last price come from
    there, and the random stream goes on from the seed and the last number that its source had used.
    """

    def __init__(
        self, *, seed: int, instrument: Instrument, participants: Participants, reference_price: int, source: int
    ) -> None:
        """A market that has seen nothing yet; `reference_price`, in price units, is what it starts and stays around."""
        tick = instrument.terms.tick
        maker = Trader(participants.maker, instrument.number)
        noise = [Trader(account, instrument.number) for account in participants.noise]
        self.seed = seed
        self.instrument = instrument
        self.source = source
        self.seen_seq = 0
        self.steps = 0
        self.fundamental = Fundamental(reference_price, reference_price, tick)
        self._maker = Maker(maker, tick)
        self._noise = Noise(noise, tick)
        self._random = Random(f"{seed}:0")

    @property
    def traders(self) -> Iterable[Trader]:
        """All accounts that trade here."""
        return (self._maker.trader, *self._noise.traders)

    def apply(self, events: EventArray) -> None:
        """Takes a batch of events, in order."""
        own = events["source_seq"][events["source"] == self.source]
        if len(own):
            self.seen_seq = max(self.seen_seq, int(own.max()))
        if self.steps == 0:
            self._start_at_last_trade(events)
        for trader in self.traders:
            trader.apply(events)

    def resume(self) -> None:
        """Goes on with the random stream that belongs to what was seen: call it once, after the log was read."""
        self._random = Random(f"{self.seed}:{self.seen_seq}")

    def step(self) -> list[bytes]:
        """The commands of the next step: the value moves, the maker follows, the noise traders act."""
        self.steps += 1
        self.fundamental.move(self._random)
        value = self.fundamental.value
        commands = self._maker.decide(value, at_most=MAKER_SHARE)
        return commands + self._noise.decide(value, self._random, count=COMMANDS_PER_STEP - len(commands))

    def _start_at_last_trade(self, events: EventArray) -> None:
        traded = of_kind(events, "Traded")
        traded = traded[traded["instrument"] == self.instrument.number]
        if len(traded):
            self.fundamental.value = int(traded["price"][-1])
