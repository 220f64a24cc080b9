"""Whether what was started answers yet, asked as a client would ask."""

import contextlib
import ssl
import time
from collections.abc import Sequence
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection

from django.conf import settings

READY_SECONDS = 60.0
POLL_SECONDS = 0.02
FAILURES = 500
"""From this status on it is the server that cannot work (RFC 9110, section 15.6)."""
ANY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - to recognize it, not to listen


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a server of ours listens, and the path at which it says whether it can work."""

    host: str
    port: int
    path: str
    over_tls: bool = False

    @property
    def url(self) -> str:
        """The address for people."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.over_tls else 'http'}://{host}:{self.port}"


def own_place() -> Place:
    """The workers of this installation. ``/readyz`` would wait for the first signing key, which is not the start's."""
    return Place(host=settings.HOST, port=settings.PORT, path="/healthz")


def chat_places() -> list[Place]:
    """The chat server, where it runs beside the workers."""
    if not settings.CHAT_WORKERS:
        return []
    over_tls = bool(settings.CHAT_TLS_CERTIFICATE)
    return [Place(host=settings.CHAT_HOST, port=settings.CHAT_PORT, path="/readyz", over_tls=over_tls)]


def silent(places: Sequence[Place], *, deadline: float) -> list[Place]:
    """Return once all of them answer, with an empty list, or at ``deadline`` (``time.monotonic()``) with the others."""
    waiting = list(places)
    while True:
        waiting = [place for place in waiting if not _answers(place, deadline)]
        if not waiting or time.monotonic() >= deadline:
            return waiting
        time.sleep(POLL_SECONDS)


def _answers(place: Place, deadline: float) -> bool:
    with contextlib.closing(_client(place, max(POLL_SECONDS, deadline - time.monotonic()))) as client:
        try:
            client.request("GET", place.path)
            return client.getresponse().status < FAILURES  # another name or scheme may be asked for
        except (OSError, HTTPException):
            return False


def _client(place: Place, seconds: float) -> HTTPConnection:
    host = ANY_ADDRESS.get(place.host, place.host)
    if not place.over_tls:
        return HTTPConnection(host, place.port, timeout=seconds)
    context = ssl.create_default_context()
    context.check_hostname = False  # the certificate names the host that clients use
    context.verify_mode = ssl.CERT_NONE
    return HTTPSConnection(host, place.port, timeout=seconds, context=context)
