"""Origins of web pages in the one form in which browsers send them (RFC 6454, sections 4 and 6)."""

from typing import Final
from urllib.parse import urlsplit

DEFAULT_PORTS: Final = {"http": 80, "https": 443}


def web_origin(address: str) -> str:
    """Return the origin of an address as browsers write it: in lower case, and without a port that goes without saying.

    What is no address comes back as it is: no browser sends it.
    """
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return address
    if not host:
        return address
    shown = f"[{host}]" if ":" in host else host
    is_said = port is not None and port != DEFAULT_PORTS.get(parts.scheme)
    return f"{parts.scheme}://{shown}:{port}" if is_said else f"{parts.scheme}://{shown}"
