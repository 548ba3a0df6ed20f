"""`garraway service`: the process that serves the API, and where all that it is made of is put together.

Orders go to the exchange as source `api`, definitions as `backoffice`; the event log comes up through the views. The
process starts and serves without an exchange; it ends when it can no longer do its work, and is started again.
"""

import asyncio
import contextlib
import gc
import ipaddress
import json
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import typer
import uvloop

from garraway import __version__
from garraway.api import EdgeSettings, Health, Services, create_app, serve
from garraway.api.access_log import AccessLog
from garraway.api.back_office import DirectBackOffice
from garraway.api.desk import Desk
from garraway.api.meters import Meters
from garraway.api.server import Server
from garraway.api.streams import Streams
from garraway.cli.failures import Failure
from garraway.cli.options import DEFAULT_FOLDER, DEFAULT_URL, Folder, Parent
from garraway.cli.parent import end_with
from garraway.cli.up.plan import API, BACK_OFFICE
from garraway.identity import Breached, Identity, RelyingParty, assembly
from garraway.records import command_seq
from garraway.store import Database, insist_current
from garraway.venues import Directory, ExchangeVenue, Tape
from garraway.views import LiveViews, NotYet

WATCH_S: Final = 0.25
POLL_S: Final = 0.05
"""How long a follower waits before it looks again at a log that had nothing new."""
LOOPBACK: Final = "127.0.0.0/8,::1/128"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What `garraway service` was told."""

    folder: Path
    database: str
    host: str
    port: int
    stream_port: int
    drain_s: float
    edge: EdgeSettings


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(service)


def service(  # noqa: PLR0913, PLR0917 - each is an option
    folder: Folder = DEFAULT_FOLDER,
    database: Annotated[
        str,
        typer.Option(envvar="GARRAWAY_DATABASE_URL", help="sqlite:///PATH or postgresql://user:password@host/name."),
    ] = DEFAULT_URL,
    host: Annotated[str, typer.Option(help="Address on which the API listens.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65_535, help="Its port; 0 takes a free one.")] = 8080,
    stream_port: Annotated[
        int, typer.Option(min=0, max=65_535, help="Port on which WebSockets are served; 0 takes a free one.")
    ] = 8081,
    rate: Annotated[
        int, typer.Option(min=1, max=100_000_000, help="Requests a minute of an address, a user, a key.")
    ] = 1_000,
    drain_s: Annotated[
        float, typer.Option(min=0, max=60, help="Seconds as `draining` before it stops to listen.")
    ] = 0.5,
    origins: Annotated[str, typer.Option(help="Origins whose pages may call, separated by commas.")] = "",
    proxies: Annotated[str, typer.Option(help="Networks of proxies that are believed, separated by commas.")] = "",
    scrapers: Annotated[str, typer.Option(help="Networks that may read /metrics without logging in.")] = LOOPBACK,
    parent: Parent = 0,
) -> None:
    """Serve the API of the venue in FOLDER, until SIGTERM or SIGINT.

    It writes FOLDER/run/service.json once it listens: pid, address, port, stream port.
    """
    end_with(parent)
    edge = EdgeSettings(
        requests_per_minute=rate,
        origins=tuple(part.strip() for part in origins.split(",") if part.strip()),
        proxies=_networks(proxies),
        scrapers=_networks(scrapers),
    )
    settings = Settings(
        folder=folder.absolute(),
        database=database,
        host=host,
        port=port,
        stream_port=stream_port,
        drain_s=drain_s,
        edge=edge,
    )
    _collect_seldom()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(run(settings))


def _collect_seldom() -> None:
    """What was made by now stays for good, and requests leave no cycles: looking for them rarely halves their cost."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


async def run(settings: Settings) -> None:
    """Serves until it is told to stop. Raises: Failure, StoreError, VenueError."""
    log = AccessLog(sys.stderr, time.time_ns)
    async with _services(settings, log) as services:
        server = Server(serve(create_app(services)), host=settings.host, port=settings.port)
        watching = asyncio.create_task(_watch(settings, services, server))
        draining = asyncio.create_task(_drain(settings, services, server))
        try:
            await server.serve()
            if watching.done():
                watching.result()
        finally:
            for task in (watching, draining):
                task.cancel()
            await asyncio.gather(watching, draining, return_exceptions=True)
            (settings.folder / "run" / "service.json").unlink(missing_ok=True)
            log.write("info", "service_stopped")
            log.flush()


@contextlib.asynccontextmanager
async def _services(settings: Settings, log: AccessLog) -> AsyncIterator[Services]:
    """Everything that routes use, open; closed in the opposite order."""
    (settings.folder / "run").mkdir(mode=0o700, parents=True, exist_ok=True)
    database = Database.open(settings.database)
    insist_current(database)
    async with contextlib.AsyncExitStack() as stack:
        stack.callback(database.close)
        identity = stack.enter_context(_identity(settings, database))
        live = LiveViews(settings.folder, _streams(settings), on_request=lambda request: streams.take(request))  # noqa: PLW0108 - made below
        stack.callback(live.close)
        door = ExchangeVenue.begin(settings.folder, source=API)
        stack.push_async_callback(door.close)
        back_door = ExchangeVenue.begin(settings.folder, source=BACK_OFFICE)
        stack.push_async_callback(back_door.close)
        directory = Directory()
        desk = Desk(door, live.native, live, stamp=f"{time.time_ns():x}")
        streams = Streams(live.native, identity, desk, log, clock=time.time_ns)
        stack.callback(streams.close)
        services = Services(
            clock=time.time_ns,
            monotonic_s=time.monotonic,
            identity=identity,
            door=door,
            views=live.native,
            arrivals=live,
            desk=desk,
            back_office=DirectBackOffice(back_door, log),
            database=database,
            directory=directory,
            log=log,
            meters=Meters.new(version=__version__, views=live.native),
            edge=settings.edge,
            health=Health(),
        )
        following = asyncio.create_task(_follow(settings.folder, directory, services))
        stack.callback(following.cancel)
        yield services


async def _follow(folder: Path, directory: Directory, services: Services) -> None:
    """Keeps the directory up, and tells when everything that the log held was read."""
    tape, last = Tape(folder), 0
    while True:
        batch = tape.read()
        if len(batch.events):
            directory.apply(batch.events, batch.tails)
            last = command_seq(int(batch.events["event_id"][-1]))
        elif not services.health.started:
            with contextlib.suppress(NotYet):
                await services.arrivals.wait_for(last, timeout_s=WATCH_S)
                services.health.started = True
        await asyncio.sleep(0 if len(batch.events) else POLL_S)


async def _watch(settings: Settings, services: Services, server: Server) -> None:
    """Says where it listens, and stops the server when the process can no longer do its work. Raises: Failure."""
    said = False
    while True:
        if server.started and not said:
            _say_where(settings, services, server)
            said = True
        services.health.ticked_ns = services.clock()
        failure = services.views.statistics()["failure"]
        if failure is None and services.door.failure is not None:
            failure = services.door.failure
        if failure is not None:
            server.should_exit = True
            raise Failure(str(failure))
        await asyncio.sleep(WATCH_S if said else POLL_S)


def _say_where(settings: Settings, services: Services, server: Server) -> None:
    streams = services.views.address
    said = {
        "pid": os.getpid(),
        "host": settings.host,
        "port": server.port,
        "stream_port": streams[1] if streams is not None else None,
    }
    path = settings.folder / "run" / "service.json"
    path.with_suffix(".new").write_text(json.dumps(said), encoding="utf-8")
    path.with_suffix(".new").replace(path)
    services.log.write("info", "service_started", **said)


async def _drain(settings: Settings, services: Services, server: Server) -> None:
    """On SIGTERM: not ready for a moment, so that nothing new is sent here; then what is under way is finished."""
    asked = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, asked.set)
    await asked.wait()
    services.health.draining = True
    services.log.write("info", "service_draining")
    await asyncio.sleep(settings.drain_s)
    server.should_exit = True


def _identity(settings: Settings, database: Database) -> contextlib.AbstractContextManager[Identity]:
    """The room of people, with its keys in FOLDER/secrets."""
    return assembly.opened(
        database,
        settings.folder / "secrets",
        time.time_ns,
        issuer=f"http://{settings.host}",
        relying_party=RelyingParty(settings.host, "Garraway", settings.edge.origins),
        breached=Breached(),
    )


def _streams(settings: Settings) -> dict[str, object]:
    return {"host": settings.host, "port": settings.stream_port, "origins": list(settings.edge.origins)}


def _networks(text: str) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
    try:
        return tuple(ipaddress.ip_network(part.strip()) for part in text.split(",") if part.strip())
    except ValueError as error:
        raise typer.BadParameter(f"{error}: write networks like 10.0.0.0/8,::1/128") from error
