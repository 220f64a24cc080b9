"""Who the server is to a passkey (Web Authentication, section 5.1.2): a host name, and one origin."""

from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from django.conf import settings

DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """``id``: the host name that passkeys are made for. ``origin``: the only one whose pages may use them."""

    id: str
    origin: str

    @property
    def can_have_passkeys(self) -> bool:
        """Whether browsers take the id: they take no IP address for one."""
        try:
            ip_address(self.id.strip("[]"))
        except ValueError:
            return bool(self.id)
        return False


def relying_party() -> RelyingParty:
    """Who the server is by ``PUBLIC_BASE_URL``, with host and port written as browsers write them (RFC 6454)."""
    parts = urlsplit(settings.PUBLIC_BASE_URL)
    host = (parts.hostname or "").encode("idna").decode("ascii") if parts.hostname else ""
    port = "" if parts.port in {None, DEFAULT_PORTS.get(parts.scheme)} else f":{parts.port}"
    shown = f"[{host}]" if ":" in host else host
    return RelyingParty(id=host, origin=f"{parts.scheme}://{shown}{port}")
