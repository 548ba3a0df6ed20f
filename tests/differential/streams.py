"""Seeded streams of hostile commands; each move is drawn with a look at the model, to stay near the edges."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from tests.differential.moves import MOVES
from tests.differential.profiles import Profile
from tests.differential.worlds import Draft, Setup, senders
from tests.model.commands import HEAD
from tests.model.engine import Model
from tests.model.limits import GATEWAY, I64_MAX, I64_MIN


@dataclass(frozen=True, slots=True)
class Sent:
    """A command as it is fed to an engine."""

    record: bytes
    at_ns: int
    fresh: bool
    """It bears the next number of its source."""


class Stream:
    """A seeded stream of one profile; `commands` asks the model, which the caller keeps in step."""

    def __init__(self, profile: Profile, seed: int) -> None:
        """Draws the engine's sizes; the same seed gives the same stream."""
        self.profile = profile
        self.seed = seed
        self._rng = Random(f"{profile.name} {seed}")
        self.slice_events = self._rng.randint(*profile.slices)
        self.capacity = self._rng.randint(*profile.capacities)
        self._at_ns = 1_700_000_000_000_000_000
        if profile.clock == "any":
            self._at_ns = self._rng.choice([self._at_ns, 0, -1, -(10**18), I64_MIN])

    def model(self) -> Model:
        """A model as this stream wants it."""
        return Model(self.slice_events, self.capacity, continue_work=self.profile.continue_work)

    def commands(self, model: Model, count: int) -> Iterator[Sent]:
        """The set-up and then moves, so many commands without those that warm up.

        The caller applies each to the model before it takes the next.
        """
        left = count + self.profile.world.warm
        for draft in Setup(self.profile.world, self._rng, self.capacity).drafts():
            if left == 0:
                return
            left -= 1
            yield self._sent(model, draft)
        names, weights = list(self.profile.mix), list(self.profile.mix.values())
        for drawn in self._rng.choices(names, weights, k=left):
            name = drawn
            if self.profile.eager and model.unfinished() and self._rng.random() < self.profile.eager:
                name = "go_on"
            yield self._sent(model, MOVES[name](self._rng, model))

    def _sent(self, model: Model, drawn: Draft | bytes) -> Sent:
        record = drawn if isinstance(drawn, bytes) else self._numbered(model, drawn).encoded()
        return Sent(record, self._next_at_ns(), next_number(model, record) == number_of(record))

    def _numbered(self, model: Model, draft: Draft) -> Draft:
        source = draft.values.setdefault("source", self._rng.choice(senders(draft.kind)))
        if "source_seq" not in draft.values:
            known = model.state.sources.get(source)
            draft.values["source_seq"] = known.last + 1 if known and source != GATEWAY else 0
            if source == GATEWAY and self._rng.random() < 0.05:
                draft.values["source_seq"] = self._rng.getrandbits(64)
        return draft

    def _next_at_ns(self) -> int:
        step = self._rng.choice([0, 1, 1000, self._rng.randint(0, 10**9)])
        if self.profile.clock == "steps":
            step = self._rng.choice([0, 0, 1, 10**6, 10**8, 10**9, 2 * 10**9, 5 * 10**9])
        if self.profile.clock == "any":
            step = self._rng.choice([0, 1, -1, step, -step, -(10**12), 10**15])
        self._at_ns = max(I64_MIN, min(I64_MAX, self._at_ns + step))
        return self._at_ns


def number_of(record: bytes) -> tuple[int, int]:
    """Source and number of a record."""
    return field_of(record, "source", 2), field_of(record, "source_seq", 8)


def next_number(model: Model, record: bytes) -> tuple[int, int] | None:
    """The source of the record, and the number that this source would send next."""
    number = field_of(record, "source", 2)
    source = model.state.sources.get(number)
    return (number, source.last + 1) if source and number != GATEWAY else None


def field_of(record: bytes, name: str, size: int) -> int:
    """A number of the head."""
    offset, _ = HEAD[name]
    return int.from_bytes(record[offset : offset + size], "little")


def renumbered(model: Model, sent: Sent) -> Sent:
    """The command with the number that its source would send next now, where it was so when it was drawn."""
    wanted = next_number(model, sent.record)
    if not sent.fresh or wanted is None:
        return sent
    offset, _ = HEAD["source_seq"]
    record = sent.record[:offset] + wanted[1].to_bytes(8, "little") + sent.record[offset + 8 :]
    return Sent(record, sent.at_ns, sent.fresh)
