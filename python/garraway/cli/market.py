"""`garraway market`: the market process, which trades so that the venue is never empty."""

import asyncio
import signal
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from garraway.cli.failures import Failure
from garraway.cli.options import DEFAULT_FOLDER, Folder, Parent
from garraway.cli.parent import end_with
from garraway.log import Log
from garraway.market import SOURCE, Market, Participants, run_market
from garraway.units import price_units
from garraway.venues import Directory, ExchangeVenue, Tape

RATE_AT_MOST = 5_000


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(market)


def market(
    folder: Folder = DEFAULT_FOLDER,
    seed: Annotated[int, typer.Option(help="Decisions follow from it and from what happens.")] = 7,
    rate: Annotated[int, typer.Option(min=1, max=RATE_AT_MOST, help="Commands a second.")] = 200,
    symbol: Annotated[str, typer.Option(help="The instrument to trade.")] = "GARR",
    price: Annotated[str, typer.Option(help="The price to start and stay around.")] = "100.00",
    parent: Parent = 0,
) -> None:
    """Trade through the door as source `market`: a market maker and noise traders, seeded.

    Accounts and instrument must be there already; `garraway up` makes them.
    """
    end_with(parent)
    log = Log(sys.stderr, time.time_ns).bind(room="market")
    asyncio.run(_until_stopped(folder, seed=seed, rate=rate, symbol=symbol, price=price, log=log))


async def _until_stopped(folder: Path, *, seed: int, rate: int, symbol: str, price: str, log: Log) -> None:
    trading = asyncio.ensure_future(_trade(folder, seed=seed, rate=rate, symbol=symbol, price=price, log=log))
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, trading.cancel)
    try:
        await trading
    except asyncio.CancelledError:
        log.info("market_stopped")


async def _trade(folder: Path, *, seed: int, rate: int, symbol: str, price: str, log: Log) -> None:
    async with await ExchangeVenue.connect(folder, source=SOURCE) as venue:
        directory = Directory()
        async for batch in venue.own_history(Tape(folder), 0):
            directory.apply(batch.events, batch.tails)
        instrument = directory.symbol(symbol)
        if instrument is None:
            listed = ", ".join(one.terms.symbol for one in directory.instruments.values()) or "none"
            raise Failure(f"symbol {symbol!r} is not listed here (listed: {listed}): list it, or take one of those")
        decider = Market(
            seed=seed,
            instrument=instrument,
            participants=Participants(),
            reference_price=price_units(price, instrument.terms),
            source=venue.state.source,
        )
        await run_market(venue, decider, orders_per_s=rate, monotonic_s=time.monotonic, log=log)
