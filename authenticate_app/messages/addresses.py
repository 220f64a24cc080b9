"""Addresses that administrators enter, or strangers name: where this server may go, and where it may not.

Whoever makes a server ask an address of their choice can reach what only the server reaches: its own machine, the
network behind the firewall, the metadata of its cloud (OWASP, "Server-Side Request Forgery"). So an address is judged
when it is entered (``address_fault``), and what its name stands for each time that something connects to it
(``guarded_http``): a name may stand for another address by then.
"""

import re
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from authenticate_app.oauth.redirect_uris import AUTHORITY, HIGHEST_PORT, URI_CHARACTERS

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise as StrOrPromise

Address = IPv4Address | IPv6Address

LONGEST: Final = 2000
"""Characters. What administrators enter is bounded by its column; download addresses of Apple's are longer."""
SANDBOX_PATH: Final = "/sandbox/"
ENDS_IN_A_NUMBER: Final = re.compile(r"(?:^|\.)(?:[0-9]+|0x[0-9a-f]*)$")
"""What browsers and operating systems take for an IPv4 address, in any spelling (WHATWG URL standard, section 3.5)."""
PUNYCODE: Final = "xn--"
"""What internationalized names begin with (RFC 5890, section 2.3.2.1)."""
THIS_MACHINE: Final = ".localhost"
"""It, and all names below it (RFC 6761, section 6.3)."""

GLOBAL_UNICAST: Final = IPv6Network("2000::/3")
"""RFC 4291, section 2.4, as far as it is given out."""
TRANSLATED: Final = IPv6Network("64:ff9b::/96")
"""IPv4 addresses as IPv6 networks see them (RFC 6052, section 2.1)."""
TUNNELS: Final = (IPv6Network("2002::/16"), IPv6Network("2001::/32"))
"""6to4 and Teredo: they lead to an IPv4 address, and to nobody who offers anything."""
METADATA: Final = (IPv4Network("168.63.129.16/32"), IPv4Network("192.0.0.0/24"))
"""Services of clouds to the machines in them, at addresses that Python takes for any other, or did until 3.11.9."""

MALFORMED: Final = _("This is no address of a web server, such as https://www.example.com/path.")
WITHOUT_TLS: Final = _("It must begin with https://, in lower case.")
PRIVATE: Final = _("It leads to this machine or into a private network, which the setting PRIVATE_ADDRESSES forbids.")


def address_fault(url: str) -> "StrOrPromise | None":
    """Say why this server may not go to ``url``; None if it may.

    It must be https, name a host without a user, have no fragment, and not name a private, loopback, link-local or
    metadata address in any spelling. The setting ``PRIVATE_ADDRESSES`` allows such addresses, and http. The simulated
    gateway of this very server is always allowed while there is one.
    """
    if len(url) > LONGEST or not URI_CHARACTERS.fullmatch(url) or "#" in url:
        return MALFORMED
    if is_own_sandbox(url):
        return None
    if not url.startswith(("https://", "http://") if settings.PRIVATE_ADDRESSES else "https://"):
        return WITHOUT_TLS
    return _host_fault(url)


def is_own_sandbox(url: str) -> bool:
    """Whether ``url`` is an address of this server's sandbox, and there is one."""
    own = f"{settings.PUBLIC_BASE_URL}{SANDBOX_PATH}"
    steps = unquote(url.partition("?")[0]).split("/")
    return bool(settings.SANDBOX) and url.startswith(own) and not {".", ".."} & set(steps)


def is_public(address: Address) -> bool:
    """Whether ``address`` is one of the internet's, whatever clothes it wears (IPv4 within IPv6)."""
    if isinstance(address, IPv4Address):
        is_special = address.is_multicast or any(address in network for network in METADATA)
        return address.is_global and not is_special
    embedded = _embedded(address)
    if embedded is not None:
        return is_public(embedded)
    return address.is_global and address in GLOBAL_UNICAST and not any(address in network for network in TUNNELS)


def _host_fault(url: str) -> "StrOrPromise | None":
    authority = AUTHORITY.fullmatch(re.split(r"[/?]", url.partition("//")[2], maxsplit=1)[0].lower())
    if authority is None or int(authority["port"] or 1) > HIGHEST_PORT:
        return MALFORMED
    host = authority["host"].strip("[]")
    if host.startswith(PUNYCODE) and not _is_readable(host):
        return MALFORMED
    if f".{host}".endswith(THIS_MACHINE):
        return None if settings.PRIVATE_ADDRESSES else PRIVATE
    return _literal_fault(host) if ":" in host or ENDS_IN_A_NUMBER.search(host) else None


def _is_readable(host: str) -> bool:
    """Whether httpx, which would go there, can decode an internationalized name; it fails in a way of its own."""
    import httpx

    try:
        return bool(httpx.URL(scheme="https", host=host).host)
    except (UnicodeError, httpx.InvalidURL):
        return False


def _literal_fault(host: str) -> "StrOrPromise | None":
    try:
        address = ip_address(host)
    except ValueError:  # such as 127.1, 0x7f000001 or 0177.0.0.1, which some programs read as 127.0.0.1
        return MALFORMED
    return None if settings.PRIVATE_ADDRESSES or is_public(address) else PRIVATE


def _embedded(address: IPv6Address) -> IPv4Address | None:
    if address in TRANSLATED:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped
