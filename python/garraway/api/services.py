"""What the application is made of: everything it reads and writes, handed in by the composition root."""

from collections.abc import Callable
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network
from typing import Final

from garraway.api.access_log import AccessLog
from garraway.api.desk import Desk
from garraway.api.feed import Feed
from garraway.api.meters import Meters
from garraway.api.ports import Arrivals, Door, Views
from garraway.broker import BackOffice
from garraway.config import Schedules
from garraway.identity import Identity
from garraway.store import Database
from garraway.venues import Directory

Network = IPv4Network | IPv6Network
BODY_BYTES: Final = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeSettings:
    """What the edge lets through."""

    address_requests_per_minute: int = 1_000
    user_requests_per_minute: int = 1_000
    key_requests_per_minute: int = 1_000
    logins_per_minute: int = 20
    """Attempts to log in from one address."""
    body_bytes: int = BODY_BYTES
    request_s: float = 10.0
    """How long a request may take in all."""
    origins: tuple[str, ...] = ()
    """Origins whose pages may call (CORS)."""
    proxies: tuple[Network, ...] = ()
    """Proxies whose X-Forwarded-For is believed."""
    encrypted: bool = False
    """Whether clients come over TLS, ended here or by a proxy."""
    scrapers: tuple[Network, ...] = ()
    """Networks that may read /metrics without logging in."""


@dataclass(slots=True, kw_only=True)
class Health:
    """Where the process is in its life."""

    started: bool = False
    """Everything that is read from logs has been read."""
    draining: bool = False
    """It is about to stop: nothing new, what is under way is finished."""
    ticked_ns: int = 0
    """When the event loop last came round."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Everything that routes use."""

    clock: Callable[[], int]
    """ns since the Unix epoch."""
    monotonic_s: Callable[[], float]
    identity: Identity
    door: Door
    views: Views
    arrivals: Arrivals
    desk: Desk
    back_office: BackOffice
    database: Database
    directory: Directory
    """What is defined at the venue, kept up by the composition root."""
    feed: Feed
    """The venue's events as they come, told by the composition root."""
    log: AccessLog
    meters: Meters
    schedules: Schedules = field(default_factory=Schedules)
    """When instruments open and close, as far as the planner tells the venue."""
    edge: EdgeSettings = field(default_factory=EdgeSettings)
    health: Health = field(default_factory=Health)
