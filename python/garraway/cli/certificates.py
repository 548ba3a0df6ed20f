"""The certificate of both ports: read at the start, and again when its files change. Touches these files.

A renewed certificate is written beside the old one by whoever renews it, certificate and key not at the same moment:
what does not belong together is left alone, told once, and looked at again when the files change.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path
from ssl import SSLError
from typing import Final, NamedTuple

from garraway.api.access_log import AccessLog
from garraway.cli.failures import Failure
from garraway.config import Service

LOOK_S: Final = 1.0


class Pair(NamedTuple):
    """Files of certificate and key."""

    cert: Path
    key: Path

    def mark(self) -> tuple[tuple[int, int, int], ...]:
        """What changes when a file does. Raises: OSError."""
        found = [path.stat() for path in self]
        return tuple((one.st_ino, one.st_mtime_ns, one.st_size) for one in found)


def pair_of(told: Service) -> Pair | None:
    """The files that the settings name."""
    return Pair(told.tls_cert, told.tls_key) if told.tls_cert is not None and told.tls_key is not None else None


def for_streams(pair: Pair | None) -> dict[str, object]:
    """The certificate as the WebSocket port takes it. Raises: Failure: a file cannot be read."""
    if pair is None:
        return {}
    try:
        return {"tls_cert": pair.cert.read_bytes(), "tls_key": pair.key.read_bytes()}
    except OSError as error:
        raise Failure(f"service.tls_cert and tls_key cannot be read: {error}") from error


async def keep(told: Service, renew: Callable[[Pair], None], log: AccessLog, *, port: str) -> None:
    """Looks each second whether the files changed, and has the port show new connections what they hold now.

    `renew` raises ValueError, SSLError or OSError where they hold no certificate with its key, and changes nothing.
    """
    pair = pair_of(told)
    if pair is None:
        return
    seen = _mark(pair)
    while True:
        await asyncio.sleep(LOOK_S)
        now = _mark(pair)
        if now == seen:
            continue
        seen = now
        try:
            renew(pair)
        except (OSError, SSLError, ValueError) as error:
            log.write("error", "certificate_not_renewed", port=port, reason=f"{type(error).__name__}: {error}")
        else:
            log.write("info", "certificate_renewed", port=port)


def _mark(pair: Pair) -> tuple[tuple[int, int, int], ...]:
    try:
        return pair.mark()
    except OSError:
        return ()
