"""Rules of this host: ports taken, paths, open files, memory, disk. Touch the host, and leave nothing behind."""

import errno
import os
import resource
import socket
import stat
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from garraway.config.checks.fault import Fault, error, graver, warning
from garraway.config.checks.network import listeners
from garraway.config.settings import Settings

CONNECTION_BYTES: Final = 32 << 10
"""What a logged-in connection takes beside its output."""
ORDER_BYTES: Final = 72
HASH_BYTES: Final = 19 << 20
WS_BYTES: Final = 64 << 10
OWN_FILES: Final = 128
"""Files that a process has open beside its connections."""
FREE_BYTES: Final = 1 << 30
MIB: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Host:
    """What a host gives."""

    open_files: int
    """The hard limit of open files of a process."""
    memory_bytes: int
    cpus: int

    @classmethod
    def here(cls) -> Self:
        """This one."""
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        return cls(hard if hard != resource.RLIM_INFINITY else 1 << 30, memory, os.cpu_count() or 1)


def on_host(settings: Settings, host: Host, file: Path | None) -> Iterator[Fault]:
    """Everything that only this host can tell."""
    yield from taken(settings)
    yield from files(settings, file)
    yield from folders(settings)
    yield from open_files(settings, host)
    yield from memory(settings, host)
    yield from disk(settings)


def taken(settings: Settings) -> Iterator[Fault]:
    """Whether each listener can have its port."""
    for key, (address, port) in listeners(settings).items():
        if port == 0:
            continue
        family = socket.AF_INET if address.version == 4 else socket.AF_INET6
        try:
            with socket.socket(family, socket.SOCK_STREAM) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind((str(address), port))
        except OSError as refused:
            yield _refused(key, f"{address}:{port}", refused)


def _refused(key: str, address: str, refused: OSError) -> Fault:
    if refused.errno == errno.EADDRINUSE:
        return error(
            "port-taken", key, f"{address} is taken on this host", "stop what listens there, or take another port"
        )
    if refused.errno == errno.EACCES:
        return error("port-forbidden", key, f"{address} needs a right of the system", "take a port of 1024 or above")
    if refused.errno == errno.EADDRNOTAVAIL:
        return error("address", key, f"{address} is no address of this host", "name one of its own, or 0.0.0.0")
    return error("address", key, f"{address} cannot be listened on: {refused.strerror}", "take another address")


def files(settings: Settings, file: Path | None) -> Iterator[Fault]:
    """Files that must be there, and who may read them."""
    named = {
        "service.tls_cert": settings.service.tls_cert,
        "service.tls_key": settings.service.tls_key,
        "identity.breached_passwords": settings.identity.breached_passwords,
        "secrets.vault_ca": settings.secrets.vault_ca,
    }
    for key, path in named.items():
        if path is None:
            continue
        try:
            mode = path.stat().st_mode
        except OSError as lost:
            yield error("path-missing", key, f"{path} cannot be found: {lost.strerror}", "put the file there")
            continue
        if not stat.S_ISREG(mode):
            yield error("path-kind", key, f"{path} is no file", "name a file")
        elif not os.access(path, os.R_OK):
            yield error("path-unreadable", key, f"{path} cannot be read", "give this user the right to read it")
        elif key == "service.tls_key" and mode & 0o077:
            yield error(
                "path-mode", key, f"{path} has mode {mode & 0o777:04o}", "chmod 0600: the key is its owner's alone"
            )
    if file is not None and file.exists() and file.stat().st_mode & 0o022:
        what = f"others may write {file}, mode {file.stat().st_mode & 0o777:04o}"
        yield graver(settings.strict, "path-mode", "", what, "chmod go-w")


def folders(settings: Settings) -> Iterator[Fault]:
    """Folders that are written: there, or to be made; for their owner alone."""
    named = {
        "venue.folder": settings.folder,
        "log.folder": settings.log_folder,
        "identity.key_folder": settings.key_folder,
        "backup.folder": settings.backup_folder,
    }
    if settings.exchange.door is not None:
        named["exchange.door"] = settings.exchange.door.absolute().parent
    for key, folder in named.items():
        standing = _standing(folder)
        if not standing.is_dir():
            yield error("path-kind", key, f"{standing} is no folder", "name a folder")
            continue
        try:
            with tempfile.TemporaryFile(dir=standing):
                pass
        except OSError as refused:
            what = f"{standing} cannot be written: {refused.strerror}"
            yield error("path-unwritable", key, what, "give this user the right to, or name another folder")
        mode = standing.stat().st_mode
        if standing == folder and mode & 0o077 and key != "exchange.door":
            what = f"{folder} has mode {mode & 0o777:04o}"
            keys = key == "identity.key_folder"
            yield graver(keys and settings.strict, "path-mode", key, what, "chmod 0700: it is its owner's alone")


def open_files(settings: Settings, host: Host) -> Iterator[Fault]:
    """Connections against the limit of open files."""
    exchange, service = settings.exchange, settings.service
    needed = {
        "exchange.ouch_connections": exchange.ouch_connections + exchange.door_connections,
        "service.ws_connections": service.connections + service.ws_connections + settings.database.pool_size,
    }
    for key, connections in needed.items():
        if connections + OWN_FILES > host.open_files:
            files = connections + OWN_FILES
            what = f"{files} files may be open, this host gives a process {host.open_files} (ulimit -Hn)"
            remedy = f"raise ulimit -n to {files}, or lower the connections"
            yield graver(settings.strict, "open-files", key, what, remedy)


def memory(settings: Settings, host: Host) -> Iterator[Fault]:
    """What the settings may take against what there is."""
    exchange, service = settings.exchange, settings.service
    parts = {
        "exchange.ouch_connections": (exchange.ouch_connections + exchange.door_connections)
        * (exchange.output_bytes + CONNECTION_BYTES),
        "venue.reserve_orders": settings.venue.reserve_orders * ORDER_BYTES,
        "exchange.held_bytes": exchange.held_bytes,
        "service.ws_connections": service.ws_connections * WS_BYTES,
        "identity.hashing_workers": settings.identity.hashing_workers * HASH_BYTES,
    }
    needed, largest = sum(parts.values()), max(parts, key=lambda key: parts[key])
    what = (
        f"the settings may take {needed // MIB} MiB, most of it {parts[largest] // MIB} MiB by {largest}; "
        f"{host.memory_bytes // MIB} MiB are there"
    )
    if needed > host.memory_bytes:
        yield graver(settings.strict, "memory", largest, what, "lower it, or take a larger host")
    elif needed > host.memory_bytes // 2:
        yield warning("memory", largest, what, "lower it, or take a larger host")
    if settings.identity.hashing_workers > 2 * host.cpus:
        workers = settings.identity.hashing_workers
        yield warning("cpus", "identity.hashing_workers", f"{workers} on {host.cpus} cores", "take at most one a core")


def disk(settings: Settings) -> Iterator[Fault]:
    """Free space, and whether backups lie on another disk."""
    venue = _standing(settings.folder)
    needed = 2 * (settings.venue.segment_bytes + settings.venue.event_segment_bytes) + settings.log.rotate_bytes * 2
    space = os.statvfs(venue)
    free = space.f_bavail * space.f_frsize
    what = f"{free // MIB} MiB are free at {venue}"
    if free < needed:
        remedy = "make room, or take smaller segments"
        yield error("disk", "venue.folder", f"{what}, the next files take {needed // MIB} MiB", remedy)
    elif free < FREE_BYTES:
        yield warning("disk", "venue.folder", what, "make room")
    backup = _standing(settings.backup_folder)
    if settings.environment == "production" and backup.stat().st_dev == venue.stat().st_dev:
        what = f"{settings.backup_folder} lies on the same disk as {settings.folder}"
        yield warning("backup-disk", "backup.folder", what, "name a folder on another disk")


def _standing(folder: Path) -> Path:
    """The folder, or the innermost one around it that is there."""
    folder = folder.absolute()
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return folder
