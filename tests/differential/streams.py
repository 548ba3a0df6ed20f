"""Seeded streams of hostile commands; each move is drawn with a look at the model, to stay near the edges."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Final

from tests.differential.moves import MOVES
from tests.differential.worlds import Draft, Setup, World, senders
from tests.model.commands import HEAD
from tests.model.engine import Model
from tests.model.limits import GATEWAY, I64_MAX, I64_MIN, MAX_EVENTS, MAX_ORDERS

Mix = dict[str, int]

FLOW: Final[Mix] = {
    "place": 40,
    "immediate": 6,
    "fill_or_kill": 5,
    "market": 4,
    "cancel": 15,
    "reduce": 6,
    "replace": 12,
    "sweep": 1,
    "tell": 1,
}


@dataclass(frozen=True, slots=True)
class Profile:
    """A kind of stream: how often each move comes, in which world, on what engine."""

    name: str
    mix: Mix
    world: World = field(default_factory=World)
    slices: tuple[int, int] = (MAX_EVENTS, MAX_EVENTS)
    """Least and most events of a slice."""
    capacities: tuple[int, int] = (MAX_ORDERS, MAX_ORDERS)
    continue_work: bool = False
    clock: str = "forward"
    """`forward`, or `any`: back, equal, negative, extreme."""


PROFILES: Final = [
    Profile("calm", FLOW),
    Profile(
        "deep",
        {"quote": 90, "place": 5, "sweep": 1, "cancel": 8, "cancel_touch": 5, "reduce": 5, "replace": 12, "market": 2},
        World(instruments=1, accounts=20, fees="none", max_open_orders=5000),
    ),
    Profile(
        "far",
        {"far": 90, "quote": 20, "sweep": 1, "cancel": 15, "cancel_touch": 10, "replace": 10, "market": 2},
        World(wealth_lots=10**8, max_open_orders=5000),
    ),
    Profile(
        "slices",
        {"quote": 60, "sweep": 12, "go_on": 14, "cancel": 8, "cancel_touch": 8, "reduce": 6, "replace": 8, "place": 8},
        World(instruments=2, max_open_orders=5000),
        slices=(8, 24),
    ),
    Profile(
        "continued",
        {"quote": 60, "sweep": 10, "fill_or_kill": 8, "market": 4, "replace": 12, "cancel": 6, "go_on": 1},
        World(instruments=2, max_open_orders=5000),
        slices=(8, 40),
        continue_work=True,
    ),
    Profile(
        "fill_or_kill",
        {"quote": 40, "fill_or_kill": 40, "market": 10, "immediate": 10, "cancel": 6, "go_on": 4},
        World(instruments=2),
        slices=(8, 60),
    ),
    Profile(
        "replaces",
        {"place": 30, "replace": 60, "reduce": 15, "cancel": 5, "edge_of_funds": 5, "go_on": 3},
        slices=(8, 90),
    ),
    Profile("fees", FLOW | {"edge_of_funds": 10, "withdraw": 5}, World(fees="rounding", wealth_lots=500)),
    Profile(
        "money",
        FLOW | {"withdraw": 40, "deposit": 8, "edge_of_funds": 40},
        World(wealth_lots=300),
    ),
    Profile(
        "full",
        FLOW | {"quote": 40, "go_on": 2},
        World(max_open_orders=8),
        capacities=(5, 40),
        slices=(8, 200),
    ),
    Profile("edges", FLOW | {"edge_of_limits": 60, "edge_of_funds": 10}),
    Profile(
        "huge", FLOW | {"edge_of_limits": 40, "edge_of_funds": 40, "deposit": 10, "withdraw": 10}, World(huge=True)
    ),
    Profile("hostile", FLOW | {"hostile": 120, "stray": 10, "tailed": 10}),
    Profile("strays", FLOW | {"stray": 80, "tailed": 40, "go_on": 10}, slices=(8, 400)),
    Profile(
        "sources",
        {"place": 20, "cancel": 10, "again": 40, "misnumbered": 30, "not_permitted": 30, "tailed": 10, "define": 5},
        World(warm=1020),
    ),
    Profile("definitions", FLOW | {"define": 150, "deposit": 5}, World(instruments=1, accounts=3)),
    Profile("clock", FLOW | {"tell": 20, "go_on": 5, "quote": 20}, slices=(8, 100), clock="any"),
    Profile(
        "self_trade",
        FLOW | {"quote": 30, "meet_own": 30, "replace_onto_own": 15, "sweep": 3, "post_only": 5},
        World(instruments=2, accounts=9, firms=2, self_trade=True),
    ),
    Profile(
        "self_trade_slices",
        {"quote": 60, "meet_own": 15, "sweep": 12, "go_on": 20, "cancel_touch": 6, "reduce": 6, "replace_onto_own": 10},
        World(instruments=2, accounts=5, firms=2, self_trade=True, max_open_orders=5000),
        slices=(8, 20),
    ),
    Profile(
        "self_trade_continued",
        {
            "quote": 60,
            "meet_own": 20,
            "sweep": 10,
            "kill_past_own": 10,
            "market": 4,
            "replace": 20,
            "replace_onto_own": 8,
        },
        World(instruments=1, accounts=3, firms=1, self_trade=True, max_open_orders=5000),
        slices=(8, 30),
        continue_work=True,
    ),
    Profile(
        "self_trade_kill",
        {"quote": 90, "fill_or_kill": 15, "kill_past_own": 40, "meet_own": 6, "cancel": 3, "replace": 4},
        World(instruments=1, accounts=9, firms=2, self_trade=True),
        slices=(8, 24),
        continue_work=True,
    ),
    Profile(
        "self_trade_fees",
        FLOW | {"quote": 20, "meet_own": 30, "replace_onto_own": 10, "edge_of_funds": 10, "withdraw": 5},
        World(instruments=2, accounts=4, firms=1, self_trade=True, fees="rounding", wealth_lots=500),
        slices=(8, 200),
    ),
    Profile(
        "post_only",
        FLOW | {"post_only": 50, "replace_post_only": 50, "meet_own": 10, "sweep": 5, "go_on": 4, "edge_of_funds": 5},
        World(instruments=2, accounts=5, firms=2, self_trade=True),
        slices=(8, 90),
    ),
    Profile(
        "flags",
        FLOW | {"flagged": 60, "define": 40, "hostile": 40, "deposit": 10, "meet_own": 10},
        World(instruments=1, accounts=4, firms=2, self_trade=True),
    ),
    Profile(
        "all",
        dict.fromkeys(MOVES, 10) | FLOW | {"quote": 40},
        World(self_trade=True),
        slices=(8, 100),
        capacities=(100, 400),
    ),
]


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
        for name in self._rng.choices(names, weights, k=left):
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
