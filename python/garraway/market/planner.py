"""The planner of schedules: tells the venue days ahead when its instruments open and close. Touches `venues`.

Events and the time in, `SetSchedule` out, and only where what stands differs from what should. What it has told stays
in the engine, so that the venue opens and closes with the planner dead, until its horizon.

An event of the log holds the first eight changes of a schedule. What comes behind them the planner remembers of its own
ones (`Told`); with that memory lost a schedule is told once more, which changes nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from garraway import _native
from garraway.config import InstrumentSchedule, Schedules
from garraway.market.participants import SCHEDULER_NUMBER
from garraway.market.sessions import SECOND_NS, changes, phase_at
from garraway.records import EVENTS, EventArray, Phase, encode, item, items
from garraway.venues import Change, Directory

PLANNER: Final = "planner"
PLANNER_NUMBER: Final = 7
DAY_NS: Final = 86_400 * SECOND_NS
LEAD_NS: Final = 2 * SECOND_NS
"""Nothing is told so near to a change; catching up takes so long."""
SLACK_NS: Final = DAY_NS
"""A horizon may be so much short before it is told anew: once a day, not at each look."""
CHANGES_AT_MOST: Final = int(_native.LIMITS["MAX_SCHEDULED"])
OUT_OF_HAND: Final = frozenset({Phase.HALT, Phase.VOLATILITY_AUCTION, Phase.SUSPENDED, Phase.DELISTED})
"""Phases that somebody or something else has put an instrument into."""


@dataclass(frozen=True, slots=True)
class Told:
    """A schedule as it was told last: by whom, and its changes as far as they are known."""

    source: int
    source_seq: int
    count: int
    changes: tuple[Change, ...]

    @property
    def whole(self) -> bool:
        """Whether all of its changes are known."""
        return len(self.changes) == self.count


@dataclass(slots=True)
class Planner:
    """Decides what is to be told."""

    schedules: Schedules
    source: int
    remembered: dict[int, Told] = field(default_factory=dict)
    """Instrument -> what this source told last, whole; kept by the caller over a restart."""
    seen_seq: int = 0
    directory: Directory = field(default_factory=Directory)
    _told: dict[int, Told] = field(default_factory=dict)

    def apply(self, events: EventArray, tails: list[bytes]) -> None:
        """Takes a batch of events, in order, with their tails."""
        own = events["source_seq"][events["source"] == self.source]
        if len(own):
            self.seen_seq = max(self.seen_seq, int(own.max()))
        for index in (events["kind"] == EVENTS["ScheduleSet"]).nonzero()[0].tolist():
            event = events[index]
            known = tuple(
                Change(int(change["at_ns"]), int(change["phase"])) for change in items("SetSchedule", tails[index])
            )
            said = Told(int(event["source"]), int(event["source_seq"]), int(event["quantity"]), known)
            self._told[int(event["instrument"])] = said
        self.directory.apply(events, tails)

    def decide(self, now_ns: int) -> dict[int, list[Change]]:
        """Instrument -> the schedule that is to be told now, in place of the one that stands."""
        now_ns = max(now_ns, self.directory.last_at_ns)
        due = ((number, self._due(number, plan, now_ns)) for number, plan in self._planned().items())
        return {number: wanted for number, wanted in due if wanted is not None}

    def remember(self, instrument: int, source_seq: int, wanted: list[Change]) -> None:
        """Takes note that this schedule was told by this command of its source."""
        self.remembered[instrument] = Told(self.source, source_seq, len(wanted), tuple(wanted))

    def horizons(self, now_ns: int) -> Mapping[str, int]:
        """Symbol -> time of the last change that is told, ns since the Unix epoch; `now_ns` where none is."""
        instruments, found = self.directory.instruments, {}
        for number, plan in self._planned().items():
            if plan.calendar != "ALWAYS":
                coming = self._coming(number, now_ns)
                found[instruments[number].terms.symbol] = coming[-1].at_ns if coming else now_ns
        return found

    def left_alone(self, now_ns: int) -> list[str]:
        """Symbols whose schedule somebody else has set."""
        instruments = self.directory.instruments
        return [instruments[number].terms.symbol for number in self._planned() if self._foreign(number, now_ns)]

    def _planned(self) -> dict[int, InstrumentSchedule]:
        tables = self.schedules.instruments
        listed = self.directory.instruments.items()
        return {number: tables[one.terms.symbol] for number, one in listed if one.terms.symbol in tables}

    def _due(self, number: int, plan: InstrumentSchedule, now_ns: int) -> list[Change] | None:
        """What is to be told of this instrument; None: nothing."""
        if self._foreign(number, now_ns) or self.directory.standings[number].phase is Phase.DELISTED:
            return None
        until_ns = now_ns + self.schedules.horizon_days * DAY_NS
        wanted = _at_most(changes(plan, from_ns=now_ns, until_ns=until_ns))
        told, coming = self._known(number), self._coming(number, now_ns)
        passing = (*changes(plan, from_ns=now_ns - LEAD_NS, until_ns=now_ns + LEAD_NS), *coming[:1])
        if any(abs(change.at_ns - now_ns) <= LEAD_NS for change in passing):
            return None  # a schedule told at this moment might leave it out
        if not coming:
            wanted = [*self._catching_up(number, plan, now_ns), *wanted]
            nothing_stands = told is None or (told.whole and not coming)
            return None if not wanted and nothing_stands else wanted
        if coming != wanted[: len(coming)]:
            return wanted
        short = len(wanted) > len(coming) and wanted[-1].at_ns - coming[-1].at_ns >= SLACK_NS
        return wanted if short else None

    def _known(self, number: int) -> Told | None:
        """The schedule that stands; of an own one that is remembered, all of it."""
        told, own = self._told.get(number), self.remembered.get(number)
        if told is not None and own is not None and (told.source, told.source_seq) == (own.source, own.source_seq):
            return own
        return told

    def _coming(self, number: int, after_ns: int) -> list[Change]:
        """The changes to come that are surely told; none where the whole is not known."""
        told = self._known(number)
        if told is None or not told.whole:
            return []
        return [change for change in told.changes if change.at_ns > after_ns]

    def _foreign(self, number: int, now_ns: int) -> bool:
        """Whether somebody else's schedule stands.

        The demonstration's clock keeps its instruments for good, and what an operator emptied stays empty; another one
        of the operator's is left alone until its last known change.
        """
        told = self._told.get(number)
        if told is None or told.source == self.source:
            return False
        if told.source == SCHEDULER_NUMBER or told.count == 0:
            return True
        return told.changes[-1].at_ns > now_ns

    def _catching_up(self, number: int, plan: InstrumentSchedule, now_ns: int) -> list[Change]:
        """A first change into the present phase, for an instrument that was never told or not for long."""
        told = self._known(number)
        if told is not None and any(change.at_ns > now_ns for change in told.changes):
            return []
        phase, wanted = self.directory.standings[number].phase, phase_at(plan, now_ns + LEAD_NS)
        if phase in OUT_OF_HAND or phase is wanted:
            return []
        return [Change(now_ns + LEAD_NS, wanted)]


def _at_most(wanted: list[Change]) -> list[Change]:
    """As many as the venue takes, up to the close of a session; one place is kept for catching up."""
    if len(wanted) < CHANGES_AT_MOST:
        return wanted
    cut = wanted[: CHANGES_AT_MOST - 1]
    closes = [index for index, change in enumerate(cut) if change.phase == Phase.CLOSED]
    return cut[: closes[-1] + 1] if closes else cut


def command(instrument: int, wanted: list[Change]) -> bytes:
    """The command that tells a schedule."""
    content = [item("SetSchedule", at_ns=change.at_ns, phase=change.phase) for change in wanted]
    return encode("SetSchedule", items=content, instrument=instrument)
