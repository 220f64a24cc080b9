"""Access tokens of clients themselves (RFC 6749, section 4.4), stored and audited in one statement.

Integrations ask for them all day, so they cost one round trip and one durable transaction.
"""

from collections.abc import Sequence

from django.conf import settings
from django.db import connection
from psycopg.types.numeric import Int8

from authenticate_app.audit.events import Event
from authenticate_app.audit.services import event_of
from authenticate_app.oauth import secrets
from authenticate_app.oauth.context import Context
from authenticate_app.oauth.models import Client


class ClientGone(Exception):
    """Nothing was stored: the client was disabled or deleted meanwhile, or has another secret."""


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
    parameters = {
        "client": Int8(client.pk),
        "client_secret": client.client_secret,
        "token_checksum": secrets.checksum(token),
        "scope": " ".join(scopes),
        "now": context.now,
        "expires": context.now + settings.ACCESS_TOKEN_LIFETIME,
        **{name: getattr(event, name) for name in OF_EVENT},
    }
    with connection.cursor() as cursor:
        cursor.execute(_STORE, parameters)
        if cursor.rowcount != 1:
            raise ClientGone


OF_EVENT = ("event", "reason", "address", "request_id", "object_type", "object_id", "object_name")
_STORE = """
WITH token AS (
    INSERT INTO authenticate_app_accesstoken (application_id, token_checksum, scope, created, expires)
    SELECT id, %(token_checksum)s::text, %(scope)s::text, %(now)s::timestamptz, %(expires)s::timestamptz
    FROM authenticate_app_client WHERE id = %(client)s AND is_active AND client_secret = %(client_secret)s::text
    RETURNING id
)
INSERT INTO authenticate_app_auditevent (
    at, event, reason, actor_name, pseudonym, address, request_id, object_type, object_id, object_name, changes
)
SELECT
    %(now)s::timestamptz, %(event)s::text, %(reason)s::text, '', '', %(address)s::inet, %(request_id)s::text,
    %(object_type)s::text, %(object_id)s::text, %(object_name)s::text, '{}'::jsonb
FROM token
"""
