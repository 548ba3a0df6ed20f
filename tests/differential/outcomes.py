"""What the commands of a stream came to: counted, and told in a table."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from tests.model.commands import Command, Kind
from tests.model.events import Event, EventKind
from tests.model.rejects import Reason

REASONS_TO_CANCEL: Final = frozenset(range(1, 13))
CAUSES_OF_PHASES: Final = frozenset(range(1, 6))


@dataclass(slots=True)
class Outcomes:
    """How often each command was sent, each event said, each reason given."""

    commands: Counter[Kind] = field(default_factory=Counter)
    events: Counter[EventKind] = field(default_factory=Counter)
    reasons: Counter[Reason] = field(default_factory=Counter)
    cancelled: Counter[int] = field(default_factory=Counter)
    causes: Counter[int] = field(default_factory=Counter)
    phases: Counter[tuple[int, int]] = field(default_factory=Counter)
    accepted: Counter[tuple[int, int, int]] = field(default_factory=Counter)
    """Order type, time in force and flags."""

    def count(self, command: Command, events: Iterable[Event]) -> None:
        """Adds a command and its events."""
        self.commands[command.kind] += 1
        for event in events:
            self.events[EventKind(event.kind)] += 1
            if event.kind == EventKind.Rejected:
                self.reasons[Reason(event.detail)] += 1
            elif event.kind == EventKind.Canceled:
                self.cancelled[event.detail] += 1
            elif event.kind == EventKind.PhaseChanged:
                self.causes[event.fee] += 1
                self.phases[event.value, event.detail] += 1
            elif event.kind == EventKind.Accepted:
                self.accepted[event.value & 255, event.detail, event.value >> 8] += 1

    def told(self) -> str:
        """A table of all counts, the rarest of each kind first."""
        lines = []
        for title, counter in (
            ("commands", {kind.name: self.commands[kind] for kind in Kind}),
            ("events", {kind.name: self.events[kind] for kind in EventKind}),
            ("reasons", {reason.name: self.reasons[reason] for reason in Reason}),
            ("cancelled", {str(detail): self.cancelled[detail] for detail in sorted(REASONS_TO_CANCEL)}),
            ("causes of phases", {str(cause): self.causes[cause] for cause in sorted(CAUSES_OF_PHASES)}),
            ("phases", {f"{old} to {new}": count for (old, new), count in sorted(self.phases.items())}),
            ("accepted type/time/flags", {f"{a}/{b}/{c}": count for (a, b, c), count in sorted(self.accepted.items())}),
        ):
            rows = sorted(counter.items(), key=lambda row: row[1])
            lines.append(f"{title}: " + ", ".join(f"{name} {count}" for name, count in rows))
        return "\n".join(lines)
