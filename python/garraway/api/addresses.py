"""Whose address a request comes from, behind proxies that are trusted. Touches nothing."""

import ipaddress
from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network

UNKNOWN = "0.0.0.0"  # noqa: S104 - a word for an address, nothing listens on it


@lru_cache(maxsize=4_096)
def within(address: str, networks: tuple[IPv4Network | IPv6Network, ...]) -> bool:
    """Whether the address lies in one of the networks; text that is no address lies in none."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    return any(found in network for network in networks)


def client_address(peer: str, forwarded: Sequence[str], proxies: tuple[IPv4Network | IPv6Network, ...]) -> str:
    """The nearest address that is not a trusted proxy's.

    Args:
        peer: who connected.
        forwarded: X-Forwarded-For, all its lines in order; each proxy adds at the end whom it heard from.
        proxies: networks of proxies that are believed.
    """
    address = peer
    heard = [part.strip() for line in forwarded for part in line.split(",")]
    while heard and within(address, proxies):
        named = heard.pop()
        try:
            address = str(ipaddress.ip_address(named))
        except ValueError:
            break
    return address
