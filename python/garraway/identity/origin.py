"""Where a request comes from, as audit entries and sessions tell it. Touches nothing."""

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address

from garraway.identity.text import shown


@dataclass(frozen=True, slots=True)
class Origin:
    """A request's address (as the edge saw it), user agent and correlation id."""

    address: str
    user_agent: str = ""
    correlation_id: str = ""

    @property
    def agent(self) -> str:
        """The user agent, made harmless."""
        return shown(self.user_agent)

    @property
    def network(self) -> str:
        """What is throttled as one sender: an IPv4 address, or the /64 of an IPv6 address."""
        address = parsed_address(self.address)
        if isinstance(address, IPv6Address):
            return f"{IPv6Address(int(address) >> 64 << 64)}/64"
        return str(address) if address else "unknown"


def parsed_address(text: str) -> IPv4Address | IPv6Address | None:
    """An IP address, an IPv4 one also where it came as IPv6; None where it is none (a Unix socket)."""
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
