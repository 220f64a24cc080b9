"""The only place that reads what a reverse proxy says about the client (``TRUSTED_PROXIES``).

Afterwards ``REMOTE_ADDR``, the scheme and the host are those of the client, and no forwarding header
is left that a client could have written itself.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from authenticate_app.throttling.networks import parse_address

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

FORWARDING_HEADERS = (
    "HTTP_X_FORWARDED_FOR",
    "HTTP_X_FORWARDED_PROTO",
    "HTTP_X_FORWARDED_HOST",
    "HTTP_X_FORWARDED_PORT",
    "HTTP_X_FORWARDED_SERVER",
    "HTTP_X_REAL_IP",
    "HTTP_FORWARDED",
    "HTTP_X_REQUEST_ID",
)
REQUEST_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")
HOST = re.compile(r"[A-Za-z0-9.:\[\]-]{1,255}")
PORT_AFTER_ADDRESS = re.compile(r"(\d+\.\d+\.\d+\.\d+):\d+|\[(.+)\](?::\d+)?")
ADDRESSES_READ = 32
"""How far back a chain of proxies is followed; nobody has more, and a client cannot make us work."""


class TrustedProxies:
    """Believe forwarding headers of trusted proxies, and remove those of everybody else."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Put the client's own address, scheme and host into the request."""
        forwarded = _take_forwarding_headers(request.META)
        if forwarded and _is_trusted(request.META.get("REMOTE_ADDR", "")):
            _believe(request.META, forwarded)
        return self.get_response(request)


def _take_forwarding_headers(meta: dict[str, Any]) -> dict[str, str]:
    return {name: meta.pop(name) for name in FORWARDING_HEADERS if name in meta}


def _believe(meta: dict[str, Any], forwarded: dict[str, str]) -> None:
    chain = forwarded.get("HTTP_X_FORWARDED_FOR", "")
    meta["REMOTE_ADDR"] = client_address(meta["REMOTE_ADDR"], chain)
    scheme = forwarded.get("HTTP_X_FORWARDED_PROTO", "").rpartition(",")[2].strip().lower()
    if scheme in {"http", "https"}:
        meta["wsgi.url_scheme"] = scheme
    host = forwarded.get("HTTP_X_FORWARDED_HOST", "").rpartition(",")[2].strip()
    if HOST.fullmatch(host):
        meta["HTTP_HOST"] = host
    request_id = forwarded.get("HTTP_X_REQUEST_ID", "")
    if REQUEST_ID.fullmatch(request_id):
        meta["HTTP_X_REQUEST_ID"] = request_id


def address_of_client(peer: str, forwarded_for: str) -> str:
    """Return the client's own address; ``forwarded_for``: the header, believed only where a trusted proxy wrote it."""
    return client_address(peer, forwarded_for) if _is_trusted(peer) else peer


def request_id_from_proxy(peer: str, request_id: str) -> str:
    """Return the id that a trusted proxy gave the request; "" without one."""
    return request_id if REQUEST_ID.fullmatch(request_id) and _is_trusted(peer) else ""


def client_address(peer: str, forwarded_for: str) -> str:
    """Return the last address of the chain that is not a trusted proxy's.

    A chain that is trusted throughout begins with the client; a malformed link ends the search at
    the last address that is known to be true.
    """
    known = peer
    for link in reversed(forwarded_for.rsplit(",", ADDRESSES_READ)[-ADDRESSES_READ:]):
        address = _parse(link)
        if address is None:
            return known
        known = str(address)
        if not _is_trusted(known):
            return known
    return known


@lru_cache(maxsize=4096)
def _parse(link: str) -> Address | None:
    text = link.strip()
    with_port = PORT_AFTER_ADDRESS.fullmatch(text)
    if with_port is not None:
        text = with_port.group(1) or with_port.group(2)
    return parse_address(text)


def _is_trusted(text: str) -> bool:
    return _is_within(text, settings.TRUSTED_PROXIES)


@lru_cache(maxsize=4096)
def _is_within(text: str, networks: tuple[Network, ...]) -> bool:
    address = _parse(text) if networks else None
    return address is not None and any(address in network for network in networks)
