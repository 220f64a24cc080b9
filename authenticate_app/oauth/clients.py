"""All clients as one process knows them, and how a client proves who it is (RFC 6749, section 2.3)."""

import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import unquote_plus

from django.http import HttpRequest

from authenticate_app.accounts.credentials import MalformedCredentials, parse_basic
from authenticate_app.accounts.sign_in import Origin
from authenticate_app.audit.events import Event
from authenticate_app.audit.services import record
from authenticate_app.oauth import secrets
from authenticate_app.oauth.errors import ErrorCode, OAuthError, invalid_request
from authenticate_app.oauth.logos import LOGO_VERSION
from authenticate_app.oauth.models import Client
from authenticate_app.oauth.parameters import Parameters
from authenticate_app.revisions.memory import Remembered
from authenticate_app.throttling.claims import Scope
from authenticate_app.throttling.failures import claim_failure

TOPIC = "clients"
CHALLENGE = {"WWW-Authenticate": 'Basic realm="oauth", charset="UTF-8"'}
"""An answer of 401 says how to do better (RFC 6749, section 5.2)."""


@dataclass(frozen=True, slots=True)
class ClaimedClient:
    """Who a request says that it comes from; nothing is proven yet. No secret: a public client, or nobody."""

    client_id: str
    secret: str = field(default="", repr=False)


def _load() -> Mapping[str, Client]:
    rows = Client.objects.defer("logo").annotate(logo_version=LOGO_VERSION)
    return {client.client_id: client for client in rows}


clients: Remembered[Mapping[str, Client]] = Remembered(TOPIC, _load)
"""This process's clients, by their ``client_id``, each with a ``logo_version`` instead of its logo."""


def find_client(client_id: str) -> Client | None:
    """Return an active client; no query while nothing has changed, one for a client that is not known."""
    return _active(clients.current().value, client_id) or _active(clients.check().value, client_id)


def authenticate(request: HttpRequest, form: Parameters, *, origin: Origin, now: datetime) -> Client:
    """Return the client that a request comes from, by HTTP Basic or by the form.

    A right secret passes whatever was guessed before; wrong ones are counted and audited, up to an allowance.

    Raises:
        OAuthError: ``invalid_request`` when it proves itself in two ways at once; ``invalid_client`` when it is
            unknown, disabled, or its secret wrong (401), also after too many failures (429).
    """
    claimed = _claimed(request, form)
    client = find_client(claimed.client_id)
    if client is not None and _is_proven(client, claimed):
        return client
    if client is not None:
        client = _active(clients.check().value, claimed.client_id)  # nobody is refused from memory
    if client is None or not _is_proven(client, claimed):
        raise _refused(client, claimed, origin, now)
    return client


def is_still(client: Client, stored: Client) -> bool:
    """Whether a client that proved itself by memory is stored as it was remembered: active, with the same secret."""
    return stored.is_active and stored.client_secret == client.client_secret


def _active(known: Mapping[str, Client], client_id: str) -> Client | None:
    client = known.get(client_id)
    return client if client is not None and client.is_active else None


def _claimed(request: HttpRequest, form: Parameters) -> ClaimedClient:
    by_header = _from_header(request.META.get("HTTP_AUTHORIZATION", ""))
    client_id, secret = form.get("client_id", ""), form.get("client_secret", "")
    if by_header is None:
        return ClaimedClient(client_id, secret)
    if secret:
        raise invalid_request("The client proves itself in the header and in the body; it should use one of them.")
    if client_id not in {"", by_header.client_id}:
        raise invalid_request("The parameter client_id names another client than the header does.")
    return by_header


def _from_header(header: str) -> ClaimedClient | None:
    """Read HTTP Basic, whose parts are form-encoded once more (RFC 6749, section 2.3.1)."""
    if not header:
        return None
    try:
        credentials = parse_basic(header)
    except (MalformedCredentials, binascii.Error):
        credentials = None
    if credentials is None:
        return ClaimedClient("")  # whoever sends a header wants to be judged by it
    return ClaimedClient(unquote_plus(credentials.name), unquote_plus(credentials.password))


def _is_proven(client: Client, claimed: ClaimedClient) -> bool:
    if client.is_confidential:
        return secrets.matches(claimed.secret, client.client_secret)
    return not claimed.secret


def _refused(client: Client | None, claimed: ClaimedClient, origin: Origin, now: datetime) -> OAuthError:
    # Clients that nobody has are counted for each address: else one who makes them up would use up everybody's count.
    factor = f"secret of client {client.pk}" if client is not None else f"unknown clients from {origin.network}"
    subject = str(client) if client is not None else ""
    failure = claim_failure(factor, scope=Scope.CLIENT_SECRET, subject=subject, address=origin.address, now=now)
    if failure.is_granted:
        _audit(Event.OAUTH_CLIENT_REFUSED, client, claimed, origin, now)
        description = "The client is unknown or disabled, or its secret is wrong."
        return OAuthError(ErrorCode.INVALID_CLIENT, description, status=401, headers=CHALLENGE)
    if failure.note_refusal(now=now):
        _audit(Event.OAUTH_CLIENT_THROTTLED, client, claimed, origin, now)
    headers = {"Retry-After": str(failure.wait(now=now))}
    return OAuthError(ErrorCode.INVALID_CLIENT, "Too many wrong secrets.", status=429, headers=headers)


def _audit(event: Event, client: Client | None, claimed: ClaimedClient, origin: Origin, now: datetime) -> None:
    record(
        event=event,
        reason=_reason(client, claimed),
        name=claimed.client_id if client is None else "",
        address=origin.address,
        request_id=origin.request_id,
        target=client,
        now=now,
    )


def _reason(client: Client | None, claimed: ClaimedClient) -> str:
    if client is None:
        return "unknown-client"
    return "wrong-secret" if claimed.secret else "no-secret"
