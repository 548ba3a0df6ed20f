"""Starts the processes in order, prepares the venue, shows it, and stops everything in the opposite order.

Touches processes, the venue's door and log, the screen; clocks are handed in.
"""

import asyncio
import contextlib
import fcntl
import json
import os
import signal
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TextIO

from rich.console import Console
from rich.live import Live

from garraway import config as config_room
from garraway.backup import Shelf
from garraway.cli.database import of_settings
from garraway.cli.failures import Failure
from garraway.cli.logs import retention
from garraway.cli.terminal import Choice, Latency, View, Watch, keys, plain_line, screen
from garraway.cli.up import demo_people, people, plan
from garraway.cli.up.backups import Schedule
from garraway.cli.up.child import Child
from garraway.cli.up.credentials import Credentials
from garraway.cli.up.own_postgresql import OwnPostgresql
from garraway.log import Log, RotatingFile, prune, rotate_held
from garraway.records import reject
from garraway.store import upgrade
from garraway.store.postgresql_server import PostgresqlServer
from garraway.venues import Directory, ExchangeVenue, NoVenue, Tape, VenueError, running

STATUS_EVERY_S: Final = 1.0
DRAW_EVERY_S: Final = 0.25
LINE_EVERY_S: Final = 1.0
MARKET_PATIENCE_S: Final = 5.0
EXCHANGE_PATIENCE_S: Final = 15.0
SERVICE_PATIENCE_S: Final = 15.0
POSTGRESQL_PATIENCE_S: Final = 60.0
START_PATIENCE_S: Final = 60.0
ROTATE_EVERY_S: Final = 5.0
"""How often the sizes of the log files are looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What `garraway up` was told."""

    config: config_room.Settings
    projector: config_room.Settings
    """Those of the projector, who may have a role of its own in the database."""
    postgresql: OwnPostgresql | None
    """The PostgreSQL that is started here, too; None: the database of the settings."""
    folder: Path
    durability: str
    seed: int
    rate: int
    pace: int
    plain: bool


class Supervisor:
    """The venue's processes, from the first to the last moment."""

    def __init__(
        self,
        settings: Settings,
        *,
        monotonic_s: Callable[[], float],
        now_ns: Callable[[], int],
        screen: TextIO,
        keyboard: TextIO,
    ) -> None:
        """Does nothing yet; see `run`."""
        self.settings = settings
        self._monotonic_s = monotonic_s
        self._now_ns = now_ns
        self._screen = screen
        self._keyboard = keyboard
        self._choice = Choice()
        self._began_s = monotonic_s()
        self._state = "starting"
        self._status: dict[str, Any] = {}
        self._watch = Watch(Tape(settings.folder))
        folder, logs = settings.folder, settings.config.log_folder
        ouch_port = settings.config.exchange.ouch_port
        exchange = ["exchange", "--config", str(self._resolved), "--resolved", "--ouch-port", str(ouch_port)]
        market = ["market", "--folder", str(folder), "--seed", str(settings.seed), "--rate", str(settings.rate)]
        market += ["--pace", str(settings.pace), "--config", str(self._resolved), "--resolved"]
        self.exchange = Child("exchange", exchange, logs / "exchange.log", monotonic_s)
        self.market = Child("market", market, logs / "market.log", monotonic_s)
        resolved = ["--config", str(self._resolved), "--resolved"]
        self.planner = Child("planner", ["planner", *resolved], logs / "planner.log", monotonic_s)
        for_projector = ["--config", str(self._resolved_for_projector), "--resolved"]
        self.projector = Child("projector", ["projector", *for_projector], logs / "projector.log", monotonic_s)
        self.backups = Schedule(
            every_s=settings.config.backup.every_s,
            shelf=Shelf(settings.config.backup_folder.absolute()),
            arguments=resolved,
            log=logs / "backup.log",
            now_ns=now_ns,
        )
        self.service = Child("service", ["service", *resolved], logs / "service.log", monotonic_s)
        self.postgresql = None
        if settings.postgresql is not None:
            command = ["postgresql", "--folder", str(settings.postgresql.folder)]
            log = logs / "postgresql.log"
            self.postgresql = Child("postgresql", command, log, monotonic_s, stop_signal=signal.SIGINT)

    async def run(self) -> None:
        """The whole life: until SIGTERM or SIGINT. Raises: Failure, VenueError."""
        folder = self.settings.folder
        logs = self.settings.config.log_folder
        for part in (folder, folder / "run", logs):
            part.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _alone(folder / "run" / "up.lock"), contextlib.closing(self._log_file(logs / "up.log")) as stream:
            log = Log(stream, self._now_ns, level=self.settings.config.log.level).bind(room="up")
            self._hand_on()
            with self._cluster() as cluster:
                try:
                    await self._until_stopped(log, cluster)
                finally:
                    await self._stop(log)

    @property
    def _children(self) -> tuple[Child, ...]:
        """Every process that may run."""
        started = self.exchange, self.market, self.planner, self.projector, self.service
        return started if self.postgresql is None else (self.postgresql, *started)

    @property
    def _resolved(self) -> Path:
        """The one file of settings that the exchange is handed: file, environment and options in one."""
        return self.settings.folder / "run" / "settings.toml"

    @property
    def _resolved_for_projector(self) -> Path:
        return self._resolved if self.settings.postgresql is None else self._resolved.with_stem("settings-projector")

    def _hand_on(self) -> None:
        for path, told in (
            (self._resolved, self.settings.config),
            (self._resolved_for_projector, self.settings.projector),
        ):
            new = path.with_suffix(".new")
            new.write_text(config_room.resolved_text(told), encoding="utf-8")
            new.replace(path)

    def _cluster(self) -> contextlib.AbstractContextManager[PostgresqlServer | None]:
        own = self.settings.postgresql
        return contextlib.nullcontext() if own is None else own.held()

    async def _until_stopped(self, log: Log, cluster: PostgresqlServer | None) -> None:
        stopped = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stopped.set)
        parts = [stopped.wait(), self._rotate(log), self._run_venue(log, cluster)]
        if self.postgresql is not None:
            parts.append(self.postgresql.keep())
        await _first_of(*parts)

    async def _run_venue(self, log: Log, cluster: PostgresqlServer | None) -> None:
        """The database first, then what uses it."""
        if cluster is not None and self.settings.postgresql is not None:
            await asyncio.to_thread(self.settings.postgresql.provide, cluster)
            log.info("postgresql_ready", folder=str(cluster.folder), runs_as=cluster.user or "")
            self._say(f"PostgreSQL: folder {_shown(str(cluster.folder))}{_stand_in(cluster)}, on a Unix socket alone")
        await self._tell_people(log)
        await _first_of(self.exchange.keep(), self._trade(log), self._show())

    def _log_file(self, path: Path) -> RotatingFile:
        return RotatingFile(path, retention(self.settings.config.log), self._now_ns)

    async def _rotate(self, log: Log) -> None:
        """Keeps the logs of the processes from growing: they hold them open, so they are copied and cut."""
        kept = retention(self.settings.config.log)
        while True:
            files = {child.name: child.log for child in self._children} | {"backup": self.backups.log}
            for name, path in files.items():
                try:
                    if await asyncio.to_thread(rotate_held, path, kept, self._now_ns()):
                        log.info("log_rotated", child=name)
                    prune(path, kept, self._now_ns())
                except OSError as error:  # a full disk is no reason to stop the venue
                    log.warning("log_not_rotated", child=name, reason=str(error))
            await asyncio.sleep(ROTATE_EVERY_S)

    async def _trade(self, log: Log) -> None:
        """Prepares the venue, then keeps the market running and asks the exchange how it is."""
        await self._prepare(log)
        parts = [self.market.keep(), self.projector.keep(), self.service.keep(), self._ask()]
        if self.settings.config.schedules.instruments:
            parts.append(self.planner.keep())
        if self.settings.config.backup.every_s:
            parts.append(self.backups.keep(log))
        await _first_of(*parts)

    async def _prepare(self, log: Log) -> None:
        self._state = "preparing"
        await self._own_exchange()
        folder = self.settings.folder
        credentials = Credentials.load(folder / "run" / "credentials.json", people.CLIENTS)
        directory = Directory()
        async with await ExchangeVenue.connect(folder, source="operator", wait_s=START_PATIENCE_S) as venue:
            async for batch in venue.own_history(Tape(folder), 0):
                directory.apply(batch.events, batch.tails)
            commands = plan.missing(directory, credentials)
            for outcome in await venue.submit(commands):
                if not outcome.done:
                    raise Failure(
                        f"command {outcome.source_seq} of the operator was not done: {reject(outcome.reason)}"
                    )
        credentials.defined()
        log.info("venue_prepared", commands=len(commands))

    async def _tell_people(self, log: Log) -> None:
        """Says who may log in, if somebody was made just now; the live terminal waits, since it would cover it."""
        made = await asyncio.to_thread(self._people)
        if not made:
            return
        log.info("people_made", count=len(made))
        self._say(demo_people.table(made))
        if not self.settings.plain:
            print("Enter goes on to the terminal.", end="", file=self._screen, flush=True)
            await _line(self._keyboard)

    def _say(self, text: str) -> None:
        print(text, file=self._screen, flush=True)

    def _people(self) -> list[demo_people.Person]:
        """Brings the database up to date; in development it gets its first people."""
        database = of_settings(self.settings.config)
        try:
            if self.settings.postgresql is None:  # else its owner did
                upgrade(database)
            if self.settings.config.environment != "dev":
                return []
            return demo_people.make(database, self.settings.config)
        finally:
            database.close()

    async def _own_exchange(self) -> None:
        """Waits until the exchange started here runs, not one that an earlier supervisor left behind."""
        while True:
            with contextlib.suppress(NoVenue):
                found = running(self.settings.folder)
                if found["pid"] == self.exchange.pid:
                    # A restarted exchange listens where its clients look for it.
                    port = self.exchange.arguments.index("--ouch-port") + 1
                    self.exchange.arguments[port] = str(found["ouch_port"])
                    return
            await asyncio.sleep(0.02)

    async def _ask(self) -> None:
        async with await ExchangeVenue.connect(
            self.settings.folder, source=plan.MONITOR, wait_s=START_PATIENCE_S
        ) as venue:
            while True:
                try:
                    self._status = await venue.status()
                    self._state = "trading"
                except VenueError:
                    self._state = "exchange away"
                await asyncio.sleep(STATUS_EVERY_S)

    async def _show(self) -> None:
        if self.settings.plain:
            while True:
                print(plain_line(self._view()), file=self._screen, flush=True)
                await asyncio.sleep(LINE_EVERY_S)
        console = Console(file=self._screen)
        with (
            keys(self._keyboard, self._choice.press) as typing,
            Live(console=console, screen=True, auto_refresh=False) as live,
        ):
            while True:
                live.update(screen(self._view(keys=typing), *console.size), refresh=True)
                await asyncio.sleep(DRAW_EVERY_S)

    def _view(self, *, keys: bool = False) -> View:
        folder = self.settings.folder
        with contextlib.suppress(OSError):  # the log is not there before the exchange has made it
            self._watch.look()
        directory = self._watch.directory
        shown = self._watch.shown(self._now_ns())
        with contextlib.suppress(NoVenue):
            self._status = running(folder) | self._status
        return View(
            state=self._state,
            uptime_s=int(self._monotonic_s() - self._began_s),
            durability=self.settings.durability,
            now_ns=self._now_ns(),
            instruments=shown,
            chosen=self._choice.place(len(shown), self._monotonic_s() - self._began_s),
            keys=keys,
            business_date=directory.business_date,
            trade_count=self._watch.trade_count,
            rates=self._watch.rates(self._monotonic_s()),
            latency=_latency(self._status),
            command_seq=self._watch.command_seq,
            logged_in=sum(one["connected"] for one in self._status.get("sessions", ())),
            sessions=[one.name for one in directory.sessions.values()],
            ouch=str(self._status.get("ouch", "")),
            door=_shown(str(self._status.get("door", ""))),
            credentials=_shown(str(folder / "run" / "credentials.json")),
            api=_api(folder),
            restarts={child.name: child.restarts for child in self._children},
        )

    async def _stop(self, log: Log) -> None:
        self._state = "stopping"
        log.info("stopping")
        await self.service.stop(SERVICE_PATIENCE_S)
        await self.planner.stop(MARKET_PATIENCE_S)
        await self.market.stop(MARKET_PATIENCE_S)
        code = await self.exchange.stop(EXCHANGE_PATIENCE_S)
        await self.projector.stop(MARKET_PATIENCE_S)
        if self.postgresql is not None:
            await self.postgresql.stop(POSTGRESQL_PATIENCE_S)
        log.info("stopped", exchange_exit_code=code)


async def _line(keyboard: TextIO) -> None:
    """Waits for a line, without keeping the loop from its work; what is no terminal and no pipe is not waited for."""
    loop, came = asyncio.get_running_loop(), asyncio.Event()
    try:
        loop.add_reader(keyboard, came.set)
    except (OSError, ValueError):
        return
    try:
        await came.wait()
        keyboard.readline()
    finally:
        loop.remove_reader(keyboard)


async def _first_of(*parts: Coroutine[Any, Any, Any]) -> None:
    """Runs all until one ends, then cancels the others; the error of the one that ended is raised."""
    tasks = [asyncio.ensure_future(part) for part in parts]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Holds the lock that lets one supervisor alone run a folder. Raises: Failure."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Failure(
                f"folder {path.parent.parent} is run by another `garraway up`: stop it, or take another --folder"
            ) from error
        yield
    finally:
        os.close(handle)


def _latency(status: dict[str, Any]) -> Latency | None:
    """The percentiles of the last seconds."""
    said = status.get("latency_ns")
    if said is None:
        return None
    return Latency(said["count"], said["p50"], said["p99"], said["p999"], said["max"])


def _api(folder: Path) -> str:
    """Where the API listens, as the running service says it."""
    try:
        said = json.loads((folder / "run" / "service.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return ""
    return f"http://{said['host']}:{said['port']}"


def _stand_in(cluster: PostgresqlServer) -> str:
    return "" if cluster.user is None else f", run by and open to {cluster.user} alone, since root may not"


def _shown(path: str) -> str:
    """A path as people write it here: below the working folder without it."""
    with contextlib.suppress(ValueError):
        return str(Path(path).relative_to(Path.cwd()))
    return path
