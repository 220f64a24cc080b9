"""By what a client's address is counted."""

from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

SUBSCRIBER_PREFIX = 64
"""Bits of an IPv6 address that stand for one subscriber, who picks the other 64 at will (RFC 4291, section 2.5.4)."""
NO_ADDRESS = ""
"""Stands for clients without an address of their own, such as those of a Unix socket: they all count as one."""


@lru_cache(maxsize=4096)
def network_of(address: str) -> str:
    """The form in which ``address`` counts: IPv4 as it is, IPv6 as its /64, anything else as ``NO_ADDRESS``."""
    parsed = parse_address(address)
    if isinstance(parsed, IPv6Address):
        return str(IPv6Network((int(parsed), SUBSCRIBER_PREFIX), strict=False))
    return NO_ADDRESS if parsed is None else str(parsed)


def parse_address(address: str) -> IPv4Address | IPv6Address | None:
    """Read an IP address; None if it is none.

    An IPv4 address in IPv6 clothes (RFC 4291, section 2.5.5.2) is an IPv4 one. A zone (``fe80::1%eth0``, RFC 4007) is
    left out: it means something only to the host that wrote it, and PostgreSQL's ``inet`` does not take it.
    """
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return None
    return (parsed.ipv4_mapped or parsed) if isinstance(parsed, IPv6Address) else parsed
