"""The loops that let a floor trade and a schedule run at a venue. Touch the venue; clocks are handed in."""

import asyncio
from collections.abc import Callable
from typing import Final

from garraway.log import Log
from garraway.market.market import COMMANDS_PER_STEP, Floor
from garraway.market.planner import Planner, command
from garraway.market.schedule import Scheduler
from garraway.records import reject
from garraway.venues import ExchangeVenue, Tape

TOLD_EVERY: Final = 200
"""Steps between two log events."""
LOOK_EVERY_S: Final = 0.1
"""How often the schedule is looked at."""
REFUSED_S: Final = 2.0
"""How long it rests when a command was refused: a refused command is journaled, too."""


async def run_market(
    venue: ExchangeVenue, floor: Floor, *, orders_per_s: int, monotonic_s: Callable[[], float], log: Log
) -> None:
    """Trades until cancelled.

    Each step waits until the log has told what became of the step before, so that decisions depend on seed and events
    alone.

    Raises: what `ExchangeVenue.submit` raises.
    """
    tape = Tape(venue.folder)
    await _catch_up(venue, tape, floor)
    floor.resume()
    log.info("market_resumed", seen_seq=floor.seen_seq, instruments=len(floor.markets))
    pause_s = COMMANDS_PER_STEP / orders_per_s
    rejected, steps, due_s = 0, 0, monotonic_s()
    while True:
        outcomes = await venue.submit(floor.step())
        rejected += sum(not outcome.done for outcome in outcomes)
        await _catch_up(venue, tape, floor)
        steps += 1
        if steps % TOLD_EVERY == 0:
            log.info("market_step", steps=steps, rejected=rejected, reconnects=venue.reconnects)
        due_s = max(due_s + pause_s, monotonic_s() - 1.0)
        await asyncio.sleep(max(0.0, due_s - monotonic_s()))


async def run_schedule(venue: ExchangeVenue, scheduler: Scheduler, *, now_ns: Callable[[], int], log: Log) -> None:
    """Schedules until cancelled. A refused command is told and decided anew. Raises: as `run_market`."""
    tape = Tape(venue.folder)
    while True:
        async for batch in venue.own_history(tape, scheduler.seen_seq):
            scheduler.apply(batch.events, batch.tails)
        outcomes = await venue.submit(scheduler.decide(now_ns()))
        for outcome in outcomes:
            if outcome.done:
                log.info("schedule_told", source_seq=outcome.source_seq)
            else:
                log.warning("schedule_refused", source_seq=outcome.source_seq, reason=reject(outcome.reason).name)
        await asyncio.sleep(LOOK_EVERY_S if all(outcome.done for outcome in outcomes) else REFUSED_S)


async def run_planner(
    venue: ExchangeVenue,
    planner: Planner,
    *,
    now_ns: Callable[[], int],
    remember: Callable[[Planner, int], None],
    log: Log,
) -> None:
    """Plans until cancelled: looks, tells, remembers, says how far ahead it has told. Raises: as `run_market`."""
    tape = Tape(venue.folder)
    while True:
        async for batch in venue.own_history(tape, planner.seen_seq):
            planner.apply(batch.events, batch.tails)
        due = planner.decide(now_ns())
        outcomes = await venue.submit([command(number, wanted) for number, wanted in due.items()])
        for (number, wanted), outcome in zip(due.items(), outcomes, strict=True):
            if outcome.done:
                planner.remember(number, outcome.source_seq, wanted)
                log.info("schedule_planned", instrument=number, changes=len(wanted), source_seq=outcome.source_seq)
            else:
                log.warning("schedule_refused", source_seq=outcome.source_seq, reason=reject(outcome.reason).name)
        if outcomes and all(outcome.done for outcome in outcomes):
            continue  # the log tells what became of it
        at_ns = now_ns()
        horizons = planner.horizons(at_ns)
        remember(planner, at_ns)
        log.info(
            "schedule_horizon",
            horizon_s=min(((told_ns - at_ns) // 1_000_000_000 for told_ns in horizons.values()), default=0),
            instruments=len(horizons),
            left_alone=planner.left_alone(at_ns),
        )
        await asyncio.sleep(planner.schedules.look_every_s)


async def _catch_up(venue: ExchangeVenue, tape: Tape, floor: Floor) -> None:
    async for batch in venue.own_history(tape, floor.seen_seq):
        floor.apply(batch.events)
