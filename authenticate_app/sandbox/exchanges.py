"""Every request of a simulated sign-in and its answer, written down in order, secrets masked."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest, HttpResponseBase

from authenticate_app.sandbox.masking import Headers, masked_body, masked_headers, masked_url
from authenticate_app.sandbox.models import SandboxExchange, SandboxPhone

Party = SandboxExchange.Party
MOST = 400
"""Exchanges that are kept of one phone."""
HIDDEN_OF_SERVERS = frozenset({"server", "date", "x-request-id", "connection"})


@dataclass(frozen=True, slots=True)
class Sent:
    """A request, as it went out."""

    sender: Party
    receiver: Party
    method: str
    url: str
    headers: Headers = ()
    body: bytes = b""
    """Unpacked, where it was compressed."""
    content_type: str = ""


@dataclass(frozen=True, slots=True)
class Answered:
    """What was answered to it; without a status nothing was."""

    status: int | None = None
    headers: Headers = ()
    body: bytes = b""
    content_type: str = ""


def write_down(phone: SandboxPhone, sent: Sent, answered: Answered, *, at: datetime) -> None:
    """Keep an exchange, unless this phone has very many already."""
    if phone.exchanges.count() >= MOST:
        return
    SandboxExchange.objects.create(
        phone=phone,
        at=at,
        sender=sent.sender,
        receiver=sent.receiver,
        method=sent.method,
        url=masked_url(sent.url),
        request_headers=masked_headers(sent.headers),
        request_body=masked_body(sent.body, sent.content_type),
        status=answered.status,
        answer_headers=masked_headers(answered.headers),
        answer_body=masked_body(answered.body, answered.content_type),
    )


def received(request: HttpRequest, *, sender: Party, receiver: Party) -> Sent:
    """What came to one of our own views."""
    return Sent(
        sender,
        receiver,
        request.method or "",
        request.build_absolute_uri(),
        headers=list(_without_transport(request.headers).items()),
        body=request.body,
        content_type=request.headers.get("Content-Type", ""),
    )


def answered(response: HttpResponseBase) -> Answered:
    """What one of our own views says to it."""
    body = getattr(response, "content", b"")
    hidden = HIDDEN_OF_SERVERS if body else HIDDEN_OF_SERVERS | {"content-type"}
    return Answered(
        response.status_code,
        headers=[(name.lower(), value) for name, value in response.items() if name.lower() not in hidden],
        body=body,
        content_type=response.get("Content-Type", ""),
    )


def _without_transport(headers: Mapping[str, str]) -> dict[str, str]:
    hidden = {"connection", "accept-encoding", "x-request-id"}
    return {name.lower(): value for name, value in headers.items() if name.lower() not in hidden and value}
