"""The loop that lets a market trade at a venue, at a rate. Touches the venue; the clock is handed in."""

import asyncio
from collections.abc import Callable
from typing import Final

from garraway.log import Log
from garraway.market.market import COMMANDS_PER_STEP, Market
from garraway.venues import ExchangeVenue, Tape

TOLD_EVERY: Final = 200
"""Steps between two log events."""


async def run_market(
    venue: ExchangeVenue, market: Market, *, orders_per_s: int, monotonic_s: Callable[[], float], log: Log
) -> None:
    """Trades until cancelled.

    Each step waits until the log has told what became of the step before, so that decisions depend on seed and events
    alone.

    Raises: what `ExchangeVenue.submit` raises.
    """
    tape = Tape(venue.folder)
    await _catch_up(venue, tape, market)
    market.resume()
    log.info("market_resumed", seen_seq=market.seen_seq, value=market.fundamental.value)
    pause_s = COMMANDS_PER_STEP / orders_per_s
    rejected, due_s = 0, monotonic_s()
    while True:
        outcomes = await venue.submit(market.step())
        rejected += sum(not outcome.done for outcome in outcomes)
        await _catch_up(venue, tape, market)
        if market.steps % TOLD_EVERY == 0:
            log.info(
                "market_step",
                steps=market.steps,
                value=market.fundamental.value,
                rejected=rejected,
                reconnects=venue.reconnects,
            )
        due_s = max(due_s + pause_s, monotonic_s() - 1.0)
        await asyncio.sleep(max(0.0, due_s - monotonic_s()))


async def _catch_up(venue: ExchangeVenue, tape: Tape, market: Market) -> None:
    async for batch in venue.own_history(tape, market.seen_seq):
        market.apply(batch.events)
