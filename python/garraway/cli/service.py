"""`garraway service`: the process that serves the API, and where all that it is made of is put together.

Orders go to the exchange as source `api`, definitions as `backoffice`; the event log comes up through the views. The
process starts and serves without an exchange; it ends when it can no longer do its work, and is started again.
"""

import asyncio
import contextlib
import gc
import ipaddress
import itertools
import json
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import typer
import uvloop
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError
from starlette.types import ASGIApp

from garraway import __version__
from garraway import config as config_room
from garraway.api import EdgeSettings, Health, Services, create_app, serve
from garraway.api.access_log import AccessLog
from garraway.api.desk import Desk
from garraway.api.facades import binance
from garraway.api.feed import Feed
from garraway.api.meters import Meters
from garraway.api.server import Server, ServerSettings
from garraway.api.streams import Streams
from garraway.backup import Shelf
from garraway.broker import (
    AccountTerms,
    Approvals,
    BackOffice,
    MoneyPolicy,
    Outbox,
    drafts,
    trading_sessions,
    transfers,
)
from garraway.cli import certificates
from garraway.cli.backup_meters import BackupMeters
from garraway.cli.certificates import for_streams, pair_of
from garraway.cli.config import settled
from garraway.cli.database import of_settings
from garraway.cli.failures import Failure
from garraway.cli.identity import identity_of
from garraway.cli.logs import process_log
from garraway.cli.options import Config, DatabaseUrl, OwnFolder, Parent, Resolved, service_options
from garraway.cli.parent import end_with
from garraway.cli.secrets import held
from garraway.cli.up.plan import API, BACK_OFFICE
from garraway.identity import IdentityError, audit_heads
from garraway.records import command_seq
from garraway.store import Database, StoreError, insist_current
from garraway.store import drafts as draft_rows
from garraway.units import money_units
from garraway.venues import Directory, ExchangeVenue, Tape
from garraway.views import LiveViews, NotYet

WATCH_S: Final = 0.25
POLL_S: Final = 0.05
"""How long a follower waits before it looks again at a log that had nothing new."""
STREAM_POLL_S: Final = 0.01
"""The same while streams wait for it."""
LOOPBACK: Final = (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1/128"))
"""Networks that may read /metrics without logging in."""
SECOND_NS: Final = 10**9
SWEEP_S: Final = 1.0
SIGN_EACH: Final = 60
"""Sweeps between two signed heads of the audit chain."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What `garraway service` was told."""

    config: config_room.Settings
    url: str | None
    """A whole address of the database, with its password; else the one of `config`."""

    @property
    def folder(self) -> Path:
        """The venue's folder."""
        return self.config.folder

    @property
    def edge(self) -> EdgeSettings:
        """What the edge lets through."""
        told = self.config.service
        return EdgeSettings(
            address_requests_per_minute=told.ip_requests_per_minute,
            user_requests_per_minute=told.user_requests_per_minute,
            key_requests_per_minute=told.key_requests_per_minute,
            logins_per_minute=told.login_attempts_per_minute,
            body_bytes=told.body_limit_bytes,
            request_s=told.request_timeout_s,
            origins=told.cors_origins,
            proxies=told.trusted_proxies,
            encrypted=told.tls_cert is not None or told.tls_ended_by_proxy,
            scrapers=LOOPBACK,
        )

    @property
    def server(self) -> ServerSettings:
        """Where the API listens and what it bears."""
        told = self.config.service
        return ServerSettings(
            host=str(told.host),
            port=told.port,
            tls_cert=told.tls_cert,
            tls_key=told.tls_key,
            connections=told.connections,
            head_bytes=told.header_limit_bytes,
            request_s=told.request_timeout_s,
            idle_s=told.keep_alive_s,
            drain_s=told.drain_s,
        )


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(service)


def service(
    config: Config = None,
    folder: OwnFolder = None,
    url: DatabaseUrl = None,
    host: Annotated[str | None, typer.Option(help="Address on which the API listens.")] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65_535, help="Its port, 8080 if none is said; 0 takes a free one.")
    ] = None,
    stream_port: Annotated[
        int | None,
        typer.Option(min=0, max=65_535, help="Port of WebSockets, 8081 if none is said; 0: a free one."),
    ] = None,
    resolved: Resolved = False,
    parent: Parent = 0,
) -> None:
    """Serve the API of the venue in FOLDER, until SIGTERM or SIGINT.

    It writes FOLDER/run/service.json once it listens: pid, address, port, stream port.
    """
    end_with(parent)
    options = service_options(folder=folder, host=host, port=port, stream_port=stream_port)
    settings = Settings(config=settled(config, options, resolved=resolved), url=url)
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
    heads = audit_heads.HeadFile.open(settings.folder, settings.config.key_folder)
    async with _services(settings, log) as (services, app, following):
        server = Server(app, settings.server)
        watching = asyncio.create_task(_watch(settings, services, server))
        sending = asyncio.create_task(services.back_office.outbox.run())
        for needed in (following, sending):
            needed.add_done_callback(lambda _: setattr(server, "should_exit", True))
        draining = asyncio.create_task(_drain(settings, services, server))
        renewing = asyncio.create_task(
            certificates.keep(settings.config.service, lambda pair: server.renew_certificate(*pair), log, port="api")
        )
        auditing = asyncio.create_task(_audit(services, heads))
        try:
            await server.serve()
            for task in (following, watching, sending):
                if task.done():
                    task.result()
        finally:
            for task in (watching, draining, renewing, sending, auditing):
                task.cancel()
            await asyncio.gather(watching, draining, renewing, sending, auditing, return_exceptions=True)
            (settings.folder / "run" / "service.json").unlink(missing_ok=True)
            log.write("info", "service_stopped")
            log.flush()


@contextlib.asynccontextmanager
async def _services(settings: Settings, log: AccessLog) -> AsyncIterator[tuple[Services, ASGIApp, asyncio.Task[None]]]:
    """What routes use, open, the application over it, what follows the log; closed in the opposite order."""
    (settings.folder / "run").mkdir(mode=0o700, parents=True, exist_ok=True)
    async with contextlib.AsyncExitStack() as stack:
        secrets = stack.enter_context(held(settings.config, keys=True))
        database = of_settings(settings.config, settings.url, secrets)
        stack.callback(database.close)
        insist_current(database)
        identity = stack.enter_context(identity_of(settings.config, database, secrets, cut_trading_sessions=_cut))
        live = LiveViews(settings.folder, _streams(settings), on_request=lambda request: streams.take(request))  # noqa: PLW0108 - made below
        stack.callback(live.close)
        door = ExchangeVenue.begin(settings.folder, source=API)
        stack.push_async_callback(door.close)
        directory = Directory()
        desk = Desk(door, live.native, live, stamp=f"{time.time_ns():x}")
        services = Services(
            clock=time.time_ns,
            monotonic_s=time.monotonic,
            identity=identity,
            door=door,
            views=live.native,
            arrivals=live,
            desk=desk,
            back_office=_back_office(settings, database, directory),
            database=database,
            directory=directory,
            feed=Feed(live),
            log=log,
            meters=_meters(settings, live),
            edge=settings.edge,
            health=Health(),
            schedules=settings.config.schedules,
        )
        app = serve(create_app(services))
        calls = binance.Calls(app, binance.PREFIX, live.native, identity.gate, clock=time.time_ns)
        stack.callback(calls.close)
        streams = Streams(live.native, identity, desk, log, calls.take, clock=time.time_ns)
        stack.callback(streams.close)
        following = asyncio.create_task(_follow(settings.folder, directory, services))
        stack.callback(following.cancel)
        renewing = asyncio.create_task(
            certificates.keep(
                settings.config.service,
                lambda pair: live.native.renew_certificate(pair.cert.read_bytes(), pair.key.read_bytes()),
                log,
                port="streams",
            )
        )
        stack.callback(renewing.cancel)
        yield services, app, following


async def _follow(folder: Path, directory: Directory, services: Services) -> None:
    """Keeps the directory up, feeds streams, and tells when everything that the log held was read."""
    tape, last = Tape(folder), 0
    while True:
        batch = tape.read()
        if len(batch.events):
            directory.apply(batch.events, batch.tails)
            last = command_seq(int(batch.events["event_id"][-1]))
            if services.feed.listening:
                await services.feed.tell(batch.events)
        elif not services.health.started:
            with contextlib.suppress(NotYet):
                await services.arrivals.wait_for(last, timeout_s=WATCH_S)
                services.health.started = True
        poll_s = STREAM_POLL_S if services.feed.listening else POLL_S
        await asyncio.sleep(0 if len(batch.events) else poll_s)


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
        "host": str(settings.config.service.host),
        "port": server.port,
        "stream_port": streams[1] if streams is not None else None,
    }
    path = settings.folder / "run" / "service.json"
    path.with_suffix(".new").write_text(json.dumps(said), encoding="utf-8")
    path.with_suffix(".new").replace(path)
    services.log.write("info", "service_started", **said)


async def _audit(services: Services, heads: audit_heads.HeadFile) -> None:
    """Writes counts of refused permissions, and signs the heads of the audit chain, once a minute and at the end."""
    ticks = itertools.count()
    try:
        while True:
            await asyncio.to_thread(_audit_once, services, heads, sign=next(ticks) % SIGN_EACH == 0)
            await asyncio.sleep(SWEEP_S)
    finally:
        _audit_once(services, heads, sign=True, all_of_them=True)


def _audit_once(services: Services, heads: audit_heads.HeadFile, *, sign: bool, all_of_them: bool = False) -> None:
    identity, at_ns = services.identity, services.clock()
    try:
        identity.refusals.sweep(identity.database, at_ns=at_ns, all_of_them=all_of_them)
        signed = heads.sign(identity.database, at_ns=at_ns) if sign else None
    except (StoreError, SQLAlchemyError, IdentityError, OSError) as error:
        services.log.write("error", "audit_head_not_signed", error=str(error))
        return
    if signed is not None:
        services.log.write("info", "audit_head_signed", heads=signed.line.decode())


async def _drain(settings: Settings, services: Services, server: Server) -> None:
    """On SIGTERM: not ready for a moment, so that nothing new is sent here; then what is under way is finished."""
    asked = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, asked.set)
    await asked.wait()
    services.health.draining = True
    services.log.write("info", "service_draining")
    await asyncio.sleep(settings.config.service.drain_notice_s)
    server.should_exit = True


def _meters(settings: Settings, live: LiveViews) -> Meters:
    """All that `/metrics` tells."""
    meters = Meters.new(version=__version__, views=live.native)
    meters.registry.register(BackupMeters(Shelf(settings.config.backup_folder.absolute())))
    return meters


def _back_office(settings: Settings, database: Database, directory: Directory) -> BackOffice:
    """Money, approvals, accounts, and the outbox that brings decisions to the door."""
    published = {drafts.GROUP: directory.groups}
    approvals = Approvals(transfers.APPROVAL, drafts.approval_kind(lambda kind, number: published[kind].get(number, 0)))

    def chores(connection: Connection, at_ns: int) -> None:
        approvals.expire(connection, at_ns)
        draft_rows.expire(connection, at_ns)

    outbox = Outbox(
        database,
        settings.folder,
        source=BACK_OFFICE,
        clock=time.time_ns,
        log=process_log(settings.config.log, room="outbox"),
        follows={"transfer": transfers.ended, "draft": drafts.ended},
        chores=chores,
        retry_s=settings.config.money.outbox_retry_ms / 1_000,
    )
    money = settings.config.money
    policy = MoneyPolicy(
        alone_up_to=Limits(directory, dict(money.approval_above)),
        expires_ns=money.approval_expiry_s * SECOND_NS,
    )
    return BackOffice(database, outbox, approvals, policy, AccountTerms())


class Limits(Mapping[int, int]):
    """Limits by asset number, in ledger units, of amounts by asset code; assets may be defined later."""

    def __init__(self, directory: Directory, amounts: Mapping[str, str]) -> None:
        """Over what is defined by now and from now on."""
        self._directory = directory
        self._amounts = amounts

    def __getitem__(self, asset: int) -> int:
        """The limit of an asset. Raises: KeyError: there is none."""
        terms = self._directory.assets[asset]
        return money_units(self._amounts[terms.code], terms)

    def __iter__(self) -> Iterator[int]:
        """The assets with a limit."""
        return (asset for asset, terms in self._directory.assets.items() if terms.code in self._amounts)

    def __len__(self) -> int:
        """How many have one."""
        return sum(1 for _ in self)


def _cut(connection: Connection, user_id: int) -> None:
    trading_sessions.cut(connection, user_id, time.time_ns())


def _streams(settings: Settings) -> dict[str, object]:
    told = settings.config.service
    return {
        "host": str(told.ws_host),
        "port": told.ws_port,
        "origins": list(told.cors_origins),
        "connections": told.ws_connections,
        **for_streams(pair_of(told)),
    }
