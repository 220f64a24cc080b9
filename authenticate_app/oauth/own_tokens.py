"""Client credentials: access tokens of clients themselves (RFC 6749, section 4.4).

Integrations ask for them all day, so they cost one round trip and one durable transaction, and there is so little to
such a request that it goes without oauthlib, whose way to a token is longer than all the rest of it.
"""

from collections.abc import Sequence
from typing import Any

from django.conf import settings

from authenticate_app.audit.events import Event
from authenticate_app.audit.services import event_of
from authenticate_app.oauth import metrics, purposes, scopes, secrets
from authenticate_app.oauth.context import Context
from authenticate_app.oauth.errors import ErrorCode, OAuthError, error_of
from authenticate_app.oauth.models import Client
from authenticate_app.oauth.refusals import Reason
from authenticate_app.oauth.tokens import access_token_lifetime, make_access_token
from authenticate_app.statements import Statement

GRANT_TYPE = "client_credentials"


class ClientGone(Exception):
    """Nothing was stored: the client was disabled or deleted meanwhile, or has another secret."""


def issue_own_token(*, asked_scope: str, context: Context) -> dict[str, Any]:
    """Return the answer to a client that has proven itself (RFC 6749, section 5.1). One statement.

    Raises:
        OAuthError: ``unauthorized_client``, ``invalid_scope``; ``invalid_client``, as for ``ClientGone``.
    """
    client = context.proven_client()
    if client.authorization_grant_type != purposes.CLIENT_CREDENTIALS or not client.is_confidential:
        raise error_of(ErrorCode.UNAUTHORIZED_CLIENT)
    granted = _granted(asked_scope, client)
    token = make_access_token(user=None, client=client, scopes=granted, now=context.now, key=context.signing_key)
    try:
        store_own_token(token=token, client=client, scopes=granted, context=context)
    except ClientGone:
        context.found.reason = Reason.CLIENT_CHANGED
        raise OAuthError(ErrorCode.INVALID_CLIENT, "The client has changed; ask again.", status=401) from None
    metrics.count_token(GRANT_TYPE, is_signed=client.signed_access_tokens)
    return {
        "access_token": token,
        "expires_in": access_token_lifetime(),
        "token_type": "Bearer",
        "scope": " ".join(granted),
    }


def _granted(asked_scope: str, client: Client) -> list[str]:
    """All that the client may have, where it asks for nothing in particular (RFC 6749, section 3.3)."""
    asked = scopes.split(asked_scope) or scopes.in_order(client.scopes)
    if not asked or not client.scopes.issuperset(asked):
        raise error_of(ErrorCode.INVALID_SCOPE)
    return asked


def store_own_token(*, token: str, client: Client, scopes: Sequence[str], context: Context) -> None:
    """Store an access token of a client that still is as it proved itself, and audit it.

    Raises:
        ClientGone: it is not.
        django.db.DatabaseError: nothing was stored, or the connection was lost before the answer came.
    """
    event = event_of(
        event=Event.OAUTH_TOKEN_ISSUED,
        reason="client_credentials",
        address=context.origin.address,
        request_id=context.origin.request_id,
        target=client,
        now=context.now,
    )
    values = (
        client.pk,
        client.client_secret,
        secrets.checksum(token),
        " ".join(scopes),
        context.now,
        context.now + settings.ACCESS_TOKEN_LIFETIME,
        *(getattr(event, name) for name in OF_EVENT),
    )
    if _STORE.row(values) is None:
        raise ClientGone


OF_EVENT = ("event", "reason", "address", "request_id", "object_type", "object_id", "object_name")
TYPES = {
    "client": "bigint",
    "client_secret": "text",
    "token_checksum": "text",
    "scope": "text",
    "now": "timestamptz",
    "expires": "timestamptz",
    **dict.fromkeys(OF_EVENT, "text"),
    "address": "inet",
}
_STORE = Statement(
    "store_own_token",
    """
WITH token AS (
    INSERT INTO authenticate_app_accesstoken (application_id, token_checksum, scope, created, expires)
    SELECT id, %(token_checksum)s, %(scope)s, %(now)s, %(expires)s
    FROM authenticate_app_client WHERE id = %(client)s AND is_active AND client_secret = %(client_secret)s
    RETURNING id
)
INSERT INTO authenticate_app_auditevent (
    at, event, reason, actor_name, pseudonym, address, request_id, object_type, object_id, object_name, changes
)
SELECT
    %(now)s, %(event)s, %(reason)s, '', '', %(address)s, %(request_id)s,
    %(object_type)s, %(object_id)s, %(object_name)s, '{}'::jsonb
FROM token
RETURNING 1
""",
    TYPES,
)
