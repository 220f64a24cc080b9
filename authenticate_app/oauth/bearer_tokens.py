"""Reading an access token as signing in by it needs it: one query for token, client, user and roles."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from authenticate_app.accounts.selectors import ACCOUNT, ACCOUNT_COLUMNS, HELD, Account, account_of
from authenticate_app.oauth.scopes import CHAT_AUTHENTICATE


@dataclass(frozen=True, slots=True)
class StoredToken:
    """A row of an access token with those that it leads to, before anything is judged.

    ``account``: the user who let the client have the token (authorization code), or as whom the client acts (client
    credentials); None where nobody is assigned to it. ``scopes``: those of the token that the client still may have.
    """

    account: Account | None
    is_of_client: bool
    """Whether it came by client credentials, without anybody's consent."""
    client_id: int
    client_name: str
    client_is_active: bool
    is_of_this_sign_in: bool
    """Whether the sign-in that it came by still holds (``User.sign_in_stamp``); true without a user of its own."""
    scopes: frozenset[str]
    expires: datetime


def find_token(checksum: str) -> StoredToken | None:
    """Read one access token; one query."""
    with connection.cursor() as cursor:
        cursor.execute(_FIND, {"checksum": checksum})
        row = cursor.fetchone()
    return None if row is None else _stored_token(row)


def _stored_token(row: tuple[Any, ...]) -> StoredToken:
    (is_of_client, client_id, client_name, is_active, is_of_this_sign_in, *rest) = row[ACCOUNT_COLUMNS:]
    granted, allowed, expires = rest
    return StoredToken(
        account=account_of(row),
        is_of_client=is_of_client,
        client_id=client_id,
        client_name=client_name,
        client_is_active=is_active,
        is_of_this_sign_in=is_of_this_sign_in,
        scopes=frozenset(granted) & frozenset(allowed),
        expires=expires,
    )


STILL_GOOD = f"""
EXISTS (
    SELECT FROM authenticate_app_accesstoken AS token
    JOIN authenticate_app_client AS client ON client.id = token.application_id AND client.is_active
    WHERE token.token_checksum = %(access_token)s::text AND token.expires > %(issued_at)s
        AND coalesce(token.user_id, client.acting_user_id) = caller.id
        AND '{CHAT_AUTHENTICATE}' = ANY (regexp_split_to_array(client.allowed_scopes, '\\s+'))
)
"""
"""A condition for the statement that acts on a remembered caller: the token is there, and still stands for ``caller``.

``caller`` is the user's row in that statement; parameters: ``access_token``, the caller's, and ``issued_at``, the time.
"""

_FIND = f"""
WITH token AS MATERIALIZED (
    SELECT
        coalesce(token.user_id, client.acting_user_id) AS user_id, token.user_id IS NULL AS is_of_client,
        token.sign_in_stamp, token.scope, token.expires,
        client.id AS client_id, coalesce(nullif(client.name, ''), client.client_id) AS client_name, client.is_active,
        client.allowed_scopes
    FROM authenticate_app_accesstoken AS token
    JOIN authenticate_app_client AS client ON client.id = token.application_id
    WHERE token.token_checksum = %(checksum)s::text
), person AS MATERIALIZED (
    SELECT * FROM authenticate_app_user WHERE id = (SELECT user_id FROM token)
), {HELD}
SELECT
    {ACCOUNT}, token.is_of_client, token.client_id, token.client_name, token.is_active,
    token.is_of_client OR token.sign_in_stamp IS NOT DISTINCT FROM person.sign_in_stamp,
    string_to_array(token.scope, ' '), regexp_split_to_array(token.allowed_scopes, '\\s+'), token.expires
FROM token LEFT JOIN person ON TRUE
"""  # noqa: S608 - made of constants
