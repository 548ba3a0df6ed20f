"""Feeds one stream to the model and to the native engine, finds the first difference and makes the stream small."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Final

from tests.differential.native import NativeEngine, events_of, state_differences
from tests.differential.streams import Sent, Stream, renumbered
from tests.model.commands import describe
from tests.model.engine import Model
from tests.model.events import FIELDS, SIZE, Event, EventKind, encode
from tests.model.rejects import Reason

SHRINK_COMMANDS: Final = 150_000
"""Commands that may be fed again to make a failing stream smaller."""
STATE_EVERY: Final = 8
"""Balances and books are compared after about every so many batches, and at the end."""

Feed = Callable[[Model], Iterable[Sent]]
"""Commands one by one, each drawn after the model has applied the one before."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Where native engine and model part."""

    index: int
    command: Sent
    wanted: list[Event]
    got: list[Event]
    state: list[str]


@dataclass(slots=True)
class Batch:
    """Commands that the native engine has still to be given, with what the model made of each."""

    sent: list[Sent] = field(default_factory=list)
    wanted: list[list[Event]] = field(default_factory=list)


@dataclass(slots=True)
class Comparison:
    """A stream fed to both; `sent` is all that was drawn."""

    stream: Stream
    most_in_batch: int = 300
    sent: list[Sent] = field(default_factory=list)

    def run(self, feed: Feed) -> Difference | None:
        """The first difference, or None."""
        rng = Random(self.stream.seed)
        model = self.stream.model()
        native = NativeEngine(
            self.stream.slice_events,
            self.stream.capacity,
            continue_work=self.stream.profile.continue_work,
            forms=rng,
        )
        batch, size = Batch(), 1
        for sent in feed(model):
            self.sent.append(sent)
            batch.sent.append(sent)
            batch.wanted.append(model.apply(sent.record, sent.at_ns))
            if len(batch.sent) < size:
                continue
            look = self.most_in_batch == 1 or rng.randrange(STATE_EVERY) == 0
            difference = self._settle(batch, model, native, look=look)
            if difference:
                return difference
            batch, size = Batch(), rng.randint(1, self.most_in_batch)
        return self._settle(batch, model, native, look=True)

    def _settle(self, batch: Batch, model: Model, native: NativeEngine, *, look: bool) -> Difference | None:
        start = len(self.sent) - len(batch.sent)
        try:
            got = native.apply([each.record for each in batch.sent], [each.at_ns for each in batch.sent])
            wanted = b"".join(encode(event) for events in batch.wanted for event in events)
            state = state_differences(model, native) if look and got == wanted else []
        except BaseException as error:
            error.add_note(self.title())
            error.add_note(f"commands {start} to {len(self.sent) - 1}:")
            error.add_note("\n".join(listing(batch.sent)))
            raise
        if got != wanted:
            return first_in(batch, events_of(got), start)
        if state:
            return Difference(len(self.sent) - 1, self.sent[-1], [], [], state)
        return None

    def title(self) -> str:
        """Which stream this is."""
        stream = self.stream
        return (
            f"profile {stream.profile.name}, seed {stream.seed}: slice_events={stream.slice_events}"
            f" capacity={stream.capacity} continue_work={stream.profile.continue_work}"
        )


def first_in(batch: Batch, got: list[Event], start: int) -> Difference:
    """The first command of a batch whose events differ."""
    for index, (sent, wanted) in enumerate(zip(batch.sent, batch.wanted, strict=True)):
        mine = got[: len(wanted)]
        # Events beyond the model's are this command's while they bear its number.
        last_seq = wanted[-1].event_id >> 16 if wanted else None
        more = [event for event in got[len(wanted) :] if event.event_id >> 16 == last_seq]
        if mine != wanted or more:
            return Difference(start + index, sent, wanted, mine + more, [])
        got = got[len(wanted) :]
    return Difference(start + len(batch.sent) - 1, batch.sent[-1], [], got, ["the native engine made more events"])


def compare(stream: Stream, count: int) -> str | None:
    """What to say about the first difference in a stream of so many commands, or None."""
    comparison = Comparison(stream)
    difference = comparison.run(lambda model: stream.commands(model, count))
    if difference is None:
        return None
    small = shrunk(stream, comparison.sent[: difference.index + 1])
    again = Comparison(stream, most_in_batch=1)
    last = again.run(replaying(small)) or difference
    lines = [comparison.title(), f"first difference at command {difference.index}; shrunk to {len(small)} commands:"]
    lines += listing(again.sent)
    lines += [f"at {describe(last.command.record)}", *last.state, *side_by_side(last.wanted, last.got)]
    return "\n".join(lines)


def replaying(commands: list[Sent]) -> Feed:
    """Feeds recorded commands, numbered again where some before them were left out."""

    def feed(model: Model) -> Iterator[Sent]:
        for sent in commands:
            yield renumbered(model, sent)

    return feed


def shrunk(stream: Stream, commands: list[Sent]) -> list[Sent]:
    """A shorter stream that still differs: chunks are left out while it does, until the budget is spent."""
    budget = SHRINK_COMMANDS
    size = max(1, len(commands) // 2)
    while True:
        start, smaller = 0, False
        while start < len(commands) and budget > 0:
            candidate = commands[:start] + commands[start + size :]
            budget -= len(candidate) + 10
            comparison = Comparison(stream, most_in_batch=16)
            difference = comparison.run(replaying(candidate)) if candidate else None
            if difference:
                commands, smaller = candidate[: difference.index + 1], True
            else:
                start += size
        if budget <= 0 or (size == 1 and not smaller):
            return commands
        size = max(1, size // 2)


def listing(commands: list[Sent]) -> list[str]:
    """Commands, one in a line."""
    return [f"  {index:5} at {sent.at_ns}: {describe(sent.record)}" for index, sent in enumerate(commands)]


def side_by_side(wanted: list[Event], got: list[Event]) -> list[str]:
    """Both lists of events, below one another where they differ."""
    lines = []
    for index in range(max(len(wanted), len(got))):
        model = wanted[index] if index < len(wanted) else None
        native = got[index] if index < len(got) else None
        if model == native:
            lines.append(f"  {index:3} both   {told(model)}")
        else:
            lines += [f"  {index:3} MODEL  {told(model)}", f"      NATIVE {told(native)}"]
    return lines


def told(event: Event | None) -> str:
    """An event's kind, number and what is not zero."""
    if event is None:
        return "nothing"
    kind = EventKind(event.kind).name if event.kind in set(EventKind) else f"kind {event.kind}"
    words = [kind, f"{event.event_id >> 16}.{event.event_id & 0xFFFF}"]
    usual = {"kind": event.kind, "event_id": event.event_id, "length": SIZE, "version": 1}
    values = {name: getattr(event, name) for name in FIELDS}
    words += [f"{name}={value}" for name, value in values.items() if value != usual.get(name, 0)]
    if event.kind == EventKind.Rejected and event.detail in set(Reason):
        words.append(Reason(event.detail).name)
    return " ".join(words)
