"""The service: REST and WebSocket, and how it guards its edge."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field

from garraway.config.sections.base import Count, Port, Seconds, Section

Network = IPv4Network | IPv6Network


def _origin(text: str) -> str:
    scheme, separator, rest = text.partition("://")
    if text != "*" and (scheme not in {"http", "https"} or not separator or not rest or "/" in rest):
        raise ValueError("is no origin: write https://HOST or https://HOST:PORT, without a path")
    return text


Origin = Annotated[str, AfterValidator(_origin)]


class Service(Section):
    """Addresses, TLS, limits and rates of the API."""

    host: IPv4Address | IPv6Address = IPv4Address("127.0.0.1")
    """Address on which the API listens."""
    port: Port = 8_080
    """Port on which the API listens."""
    ws_host: IPv4Address | IPv6Address = IPv4Address("127.0.0.1")
    """Address on which WebSocket listens."""
    ws_port: Port = 8_081
    """Port on which WebSocket listens."""
    tls_cert: Path | None = None
    """File of the TLS certificate and its chain (PEM); without it the API speaks HTTP."""
    tls_key: Path | None = None
    """File of the certificate's private key (PEM), mode 0600 or 0400."""
    tls_ended_by_proxy: bool = False
    """Whether a proxy named in `trusted_proxies` ends TLS before this service."""
    trusted_proxies: tuple[Network, ...] = ()
    """Networks whose X-Forwarded-For is believed."""
    cors_origins: tuple[Origin, ...] = ()
    """Origins of web pages that may call the API; `*` is every one."""
    body_limit_bytes: int = Field(default=64 << 10, ge=1_024, le=64 << 20)
    """Bytes of a request's body."""
    header_limit_bytes: int = Field(default=16 << 10, ge=1_024, le=1 << 20)
    """Bytes of a request's head."""
    request_timeout_s: Seconds = 30
    """How long a request may take, its reading included."""
    keep_alive_s: Seconds = 15
    """How long an idle connection is kept."""
    drain_notice_s: int = Field(default=1, ge=0, le=60)
    """How long a stop says that it is not ready before it takes nothing more."""
    drain_s: Seconds = 10
    """How long a stop waits for requests that are under way."""
    connections: Count = 1_024
    """Connections of the API at a time."""
    ws_connections: Count = 10_000
    """Connections of WebSocket at a time."""
    ip_requests_per_minute: Count = 1_000
    """Requests a minute from one address."""
    user_requests_per_minute: Count = 1_000
    """Requests a minute of one user."""
    key_requests_per_minute: Count = 1_000
    """Requests a minute with one API key."""
    login_attempts_per_minute: Count = 20
    """Attempts to log in a minute from one address."""
