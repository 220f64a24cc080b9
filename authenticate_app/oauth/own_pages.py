"""Access tokens for pages of this server itself (docs/security.md, "The agents' desk").

A page of ours needs no code to become a client: whoever looks at it is signed in by its session, which nobody else
has. What it gets is a token like any other: a row of a client, for a person and a scope, that ``oauth.introspection``
shows, ``oauth.services.revoke_all`` takes back, and that ends with the client, the person's access or their sign-in.
No refresh token goes with it; the page asks again while its session lasts.

The client of a page has no secret, so nobody can ask for anything in its name at the token endpoint.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.db import transaction

from authenticate_app.accounts.mail import business_name
from authenticate_app.accounts.models import User
from authenticate_app.accounts.sign_in import Origin
from authenticate_app.audit.events import Event
from authenticate_app.audit.services import record
from authenticate_app.oauth import metrics, secrets
from authenticate_app.oauth.client_services import apply_purpose
from authenticate_app.oauth.models import AccessToken, Client
from authenticate_app.oauth.purposes import Purpose

LONGEST_LIFETIME: Final = timedelta(minutes=10)
"""Of a page's token, however long those of others live: the page has the next one whenever it wants it."""
GRANT: Final = "own-page"
"""What such a token is counted and audited as, in the place of a grant type."""


@dataclass(frozen=True, slots=True)
class OwnPage:
    """A page of this server that calls an API from the browser. ``path``: where it is, with the slash in front."""

    client_id: str
    name: str
    path: str
    scope: str


class PageSwitchedOff(Exception):
    """An administrator has turned the page's client off, or taken its scope away."""


@transaction.atomic
def issue_page_token(*, page: OwnPage, user: User, family: uuid.UUID, origin: Origin, now: datetime) -> dict[str, Any]:
    """Give a page a token for whoever is signed in at it; the answer is that of RFC 6749, section 5.1.

    ``family`` is the same for all tokens of one sign-in, so that signing out can take them back
    (``services.revoke_family``).

    Raises:
        PageSwitchedOff: nothing was stored.
        django.db.DatabaseError: nothing was stored, or the connection was lost before the answer came.
    """
    client = _client_of(page)
    if not client.is_active or page.scope not in client.scopes:
        raise PageSwitchedOff
    token, lifetime = secrets.new_token(), min(LONGEST_LIFETIME, settings.ACCESS_TOKEN_LIFETIME)
    AccessToken.objects.create(
        token_checksum=secrets.checksum(token),
        application=client,
        user=user,
        scope=page.scope,
        expires=now + lifetime,
        token_family=family,
        sign_in_stamp=user.sign_in_stamp,
    )
    _note(client, user, origin, now)
    seconds = int(lifetime.total_seconds())
    return {"access_token": token, "expires_in": seconds, "token_type": "Bearer", "scope": page.scope}


def _client_of(page: OwnPage) -> Client:
    """The client of a page; the first token makes it."""
    known = Client.objects.filter(client_id=page.client_id)
    client = known.first()
    if client is None:
        Client.objects.bulk_create([_new_client(page)], ignore_conflicts=True)  # two may ask for the first at once
        client = known.get()
    return client


def _new_client(page: OwnPage) -> Client:
    client = Client(
        client_id=page.client_id,
        purpose=Purpose.WEB,
        client_type=Client.CLIENT_CONFIDENTIAL,
        name=page.name,
        display_name=business_name(),
        redirect_uris=f"{settings.PUBLIC_BASE_URL}{page.path}",
        allowed_scopes=page.scope,
        is_trusted=True,
    )
    apply_purpose(client)
    return client


def _note(client: Client, user: User, origin: Origin, now: datetime) -> None:
    transaction.on_commit(lambda: metrics.count_token(GRANT, is_signed=False))
    record(
        event=Event.OAUTH_TOKEN_ISSUED,
        reason=GRANT,
        actor=user.pk,
        actor_name=user.username,
        address=origin.address,
        request_id=origin.request_id,
        target=client,
        now=now,
    )
