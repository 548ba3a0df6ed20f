"""The markets of a venue as one decider: events in, commands out, the same from the same. No clock, no socket."""

from collections.abc import Iterable, Sequence
from random import Random
from typing import Final

from garraway.market.fundamental import Fundamental
from garraway.market.maker import Maker
from garraway.market.noise import Noise
from garraway.market.participants import Participants
from garraway.market.trader import Trader
from garraway.records import EventArray, Phase, of_kind
from garraway.venues import Instrument

COMMANDS_PER_STEP: Final = 10
MAKER_SHARE: Final = 6
"""Commands of a step that the maker may take; the noise traders take the rest."""


class Market:
    """The maker and the noise traders of one instrument, who trade when its phase takes orders."""

    def __init__(self, *, instrument: Instrument, participants: Participants, reference_price: int) -> None:
        """A market that has seen nothing yet; `reference_price`, in price units, is what it starts and stays around."""
        tick = instrument.terms.tick
        self.instrument = instrument
        self.phase = instrument.listed_phase
        self.steps = 0
        self.fundamental = Fundamental(reference_price, reference_price, tick)
        self._maker = Maker(Trader(participants.maker, instrument.number), tick)
        self._noise = Noise([Trader(account, instrument.number) for account in participants.noise], tick)

    @property
    def traders(self) -> Iterable[Trader]:
        """All accounts that trade here."""
        return (self._maker.trader, *self._noise.traders)

    def apply(self, events: EventArray) -> None:
        """Takes a batch of events, in order."""
        mine = events[events["instrument"] == self.instrument.number]
        changed = of_kind(mine, "PhaseChanged")
        if len(changed):
            self.phase = Phase(int(changed["detail"][-1]))
        if self.steps == 0:
            traded = of_kind(mine, "Traded")
            if len(traded):
                self.fundamental.value = int(traded["price"][-1])
        for trader in self.traders:
            trader.apply(mine)

    def step(self, random: Random) -> list[bytes]:
        """The commands of the next step: the value moves, the maker follows, the noise traders act."""
        self.steps += 1
        self.fundamental.move(random)
        value = self.fundamental.value
        commands = self._maker.decide(value, at_most=MAKER_SHARE)
        left = COMMANDS_PER_STEP - len(commands)
        return commands + self._noise.decide(value, random, phase=self.phase, count=left)


class Floor:
    """The markets of all instruments, which take turns: one source, one stream of random numbers.

    It is resumed by reading the log from the start: phases, inventories, open orders, references and last prices come
    from there, and the random stream goes on from the seed and the last number that its source had used.
    """

    def __init__(self, *, seed: int, source: int, markets: Sequence[Market]) -> None:
        """A floor that has seen nothing yet."""
        self.seed = seed
        self.source = source
        self.markets = markets
        self.seen_seq = 0
        self.steps = 0
        self._random = Random(f"{seed}:0")

    @property
    def traders(self) -> list[Trader]:
        """All accounts that trade here."""
        return [trader for market in self.markets for trader in market.traders]

    def apply(self, events: EventArray) -> None:
        """Takes a batch of events, in order."""
        own = events["source_seq"][events["source"] == self.source]
        if len(own):
            self.seen_seq = max(self.seen_seq, int(own.max()))
        for market in self.markets:
            market.apply(events)

    def resume(self) -> None:
        """Goes on with the random stream that belongs to what was seen: call it once, after the log was read."""
        self._random = Random(f"{self.seed}:{self.seen_seq}")

    def step(self) -> list[bytes]:
        """The commands of the next market whose phase takes orders; none while no phase does."""
        for _ in self.markets:
            market = self.markets[self.steps % len(self.markets)]
            self.steps += 1
            if market.phase.takes_orders:
                return market.step(self._random)
        return []
