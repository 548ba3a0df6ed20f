"""Rules of ports, TLS, origins and proxies, across sections. Touch nothing."""

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address
from itertools import combinations
from typing import Final
from urllib.parse import urlsplit

from garraway.config.checks.fault import Fault, error, graver, warning
from garraway.config.settings import Settings

Address = IPv4Address | IPv6Address
SOCKET_PATH_BYTES: Final = 107
"""What the kernel takes as a unix socket's path."""
WIDE_PREFIX: Final = {4: 8, 6: 32}
"""Networks of proxies wider than this are hardly a list of proxies."""


def listeners(settings: Settings) -> dict[str, tuple[Address, int]]:
    """Key of the port -> address and port of everything that listens."""
    return {
        "exchange.ouch_port": (settings.exchange.ouch_host, settings.exchange.ouch_port),
        "service.port": (settings.service.host, settings.service.port),
        "service.ws_port": (settings.service.ws_host, settings.service.ws_port),
    }


def ports(settings: Settings) -> Iterator[Fault]:
    """Two listeners on one port; ports that nobody can know of."""
    for (one, (host, port)), (other, (other_host, other_port)) in combinations(listeners(settings).items(), 2):
        if port and port == other_port and _overlap(host, other_host):
            yield error("port-conflict", other, f"{other_port} is also {one}", "give each a port of its own")
    for key, (_, port) in listeners(settings).items():
        if settings.strict and port == 0:
            yield error("port-free", key, "0 takes another port at each start", "name the port that clients connect to")


def door(settings: Settings) -> Iterator[Fault]:
    """The door's socket must have a path that the kernel takes."""
    length = len(str(settings.door_path.absolute()).encode())
    if length > SOCKET_PATH_BYTES:
        key = "exchange.door" if settings.exchange.door else "venue.folder"
        what = f"the door's socket has a path of {length} bytes, at most {SOCKET_PATH_BYTES}"
        yield error("socket-path", key, what, "take a shorter folder, or name a short path with exchange.door")


def tls(settings: Settings) -> Iterator[Fault]:
    """Nothing in clear leaves the host."""
    service, production = settings.service, settings.environment == "production"
    for there, missing in (("tls_cert", "tls_key"), ("tls_key", "tls_cert")):
        if getattr(service, there) and not getattr(service, missing):
            yield error("tls-half", f"service.{there}", f"is given without {missing}", f"name service.{missing} too")
    encrypted = service.tls_cert is not None or service.tls_ended_by_proxy
    if settings.strict and not encrypted:
        remedy = "name service.tls_cert and service.tls_key, or say tls_ended_by_proxy with trusted_proxies"
        yield graver(production, "tls-missing", "service.tls_cert", f"{settings.environment} speaks HTTP", remedy)
    if service.tls_ended_by_proxy and not service.trusted_proxies:
        what = "true, but no proxy is trusted"
        yield error("tls-proxy", "service.tls_ended_by_proxy", what, "name the proxy in service.trusted_proxies")
    if service.tls_ended_by_proxy and service.tls_cert:
        what = "true, and there is a certificate here as well"
        yield warning("tls-proxy", "service.tls_ended_by_proxy", what, "keep one of the two")
    if not service.tls_cert:
        for key, host in (("service.host", service.host), ("service.ws_host", service.ws_host)):
            if not host.is_loopback:
                remedy = "listen on 127.0.0.1, or name service.tls_cert and service.tls_key"
                yield warning("clear-text", key, f"{host} is reached from other hosts without TLS", remedy)
    if not settings.exchange.ouch_host.is_loopback and production:
        what = f"{settings.exchange.ouch_host} is reached from other hosts, and OUCH has no TLS of its own"
        yield warning("clear-text", "exchange.ouch_host", what, "keep it on a private network or behind a tunnel")


def origins(settings: Settings) -> Iterator[Fault]:
    """Which web pages may call the API, and whose credentials they may use."""
    service, identity = settings.service, settings.identity
    if "*" in service.cors_origins:
        remedy = "name the origins of your own pages"
        if settings.strict:
            what = f"every page may call the API, in {settings.environment}"
            yield graver(settings.environment == "production", "cors-any", "service.cors_origins", what, remedy)
        if len(service.cors_origins) > 1:
            yield error("cors-mixed", "service.cors_origins", "`*` stands beside other origins", remedy)
    named = {"service.cors_origins": service.cors_origins, "identity.webauthn_origins": identity.webauthn_origins}
    for key, all_of in named.items():
        for origin in all_of:
            if settings.environment == "production" and origin.startswith("http://"):
                yield error("origin-clear", key, f"{origin} is not encrypted", "write https://")
    for origin in identity.webauthn_origins:
        host = urlsplit(origin).hostname or origin
        if host != identity.relying_party and not host.endswith("." + identity.relying_party):
            what = f"{origin} does not lie in the domain {identity.relying_party}, so no credential works there"
            yield error("webauthn-domain", "identity.webauthn_origins", what, "make it and relying_party agree")


def proxies(settings: Settings) -> Iterator[Fault]:
    """Whose X-Forwarded-For is believed."""
    for network in settings.service.trusted_proxies:
        if network.prefixlen == 0:
            what = f"{network} believes everyone's X-Forwarded-For: rate limits and audit can be deceived"
            yield graver(
                settings.strict, "proxy-any", "service.trusted_proxies", what, "name the proxies' own addresses"
            )
        elif network.prefixlen < WIDE_PREFIX[network.version]:
            what = f"{network} is a wide network to trust"
            yield warning("proxy-wide", "service.trusted_proxies", what, "name the proxies' own addresses")


def rates(settings: Settings) -> Iterator[Fault]:
    """Limits that contradict each other."""
    service, database = settings.service, settings.database
    if service.key_requests_per_minute > service.user_requests_per_minute:
        what = f"{service.key_requests_per_minute} is more than the key's user may, {service.user_requests_per_minute}"
        yield warning(
            "rate-order", "service.key_requests_per_minute", what, "lower it, or raise user_requests_per_minute"
        )
    if service.login_attempts_per_minute > service.ip_requests_per_minute:
        what = f"{service.login_attempts_per_minute} is more than one address may ask, {service.ip_requests_per_minute}"
        yield warning("rate-order", "service.login_attempts_per_minute", what, "lower it")
    if database.pool_timeout_s >= service.request_timeout_s:
        what = f"{database.pool_timeout_s} s is not below service.request_timeout_s, {service.request_timeout_s} s"
        yield error("timeout-order", "database.pool_timeout_s", what, "let a request outlive its wait for a connection")
    if database.statement_timeout_s > service.request_timeout_s:
        what = f"{database.statement_timeout_s} s is above service.request_timeout_s, {service.request_timeout_s} s"
        yield warning("timeout-order", "database.statement_timeout_s", what, "lower it, or raise request_timeout_s")
    if settings.exchange.held_bytes < settings.exchange.output_bytes:
        what = (
            f"{settings.exchange.held_bytes} is less than one client's output_bytes, {settings.exchange.output_bytes}"
        )
        yield error("memory-order", "exchange.held_bytes", what, "raise it")


def _overlap(one: Address, other: Address) -> bool:
    return one == other or one.is_unspecified or other.is_unspecified


RULES: Final = (ports, door, tls, origins, proxies, rates)
