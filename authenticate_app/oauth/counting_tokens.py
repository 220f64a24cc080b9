"""Reading tokens that count, with whom they are of: one prepared statement, whatever a token leads to.

A token counts as long as it has not expired or been revoked, its client is active, and its person is active and
nothing has ended their sign-in, such as another password; one of an integration itself, as long as the user is active
whom it acts as. That is asked of the database at every use, so that a change counts at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from authenticate_app.accounts.models import User
from authenticate_app.factors.services import lacks_second_factor
from authenticate_app.oauth import secrets

LONGEST_TOKEN = 4096
"""Characters. Ours are shorter, and nobody makes us hash megabytes."""


@dataclass(frozen=True, slots=True)
class CountingToken:
    """An access or refresh token that counts.

    ``user`` is who signed in, as far as it was read; None for a token of a client itself.
    """

    client_pk: int
    client_id: str
    user: User | None
    scope: str
    created: datetime
    expires: datetime

    @property
    def subject(self) -> str:
        """Whom it is about: the person, or the client itself (RFC 9068, section 2.2)."""
        return self.client_id if self.user is None else str(self.user.subject)


def find_access_token(unverified_token: str, *, now: datetime) -> CountingToken | None:
    """Return the access token that this is, opaque or signed, if it counts; one query. None for all that does not."""
    if len(unverified_token) > LONGEST_TOKEN:
        return None
    row = _read(_FIND_ACCESS_TOKEN, {"checksum": secrets.checksum(unverified_token), "now": now})
    return None if row is None else _token(row)


def find_refresh_token(unverified_token: str, *, now: datetime) -> CountingToken | None:
    """Return the refresh token that this is, if it counts and is the newest of its family; one query at most."""
    family = secrets.family_of(unverified_token)
    if family is None or len(unverified_token) > LONGEST_TOKEN:
        return None
    row = _read(_FIND_REFRESH_TOKEN, {"family": family, "now": now})
    if row is None or not secrets.matches(unverified_token, row[0]):
        return None
    token = _token(row[2:])
    is_lacking = token.user is None or lacks_second_factor(token.user, row[1].split())
    return None if is_lacking else token


def _read(statement: str, parameters: dict[str, Any]) -> tuple[Any, ...] | None:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        row: tuple[Any, ...] | None = cursor.fetchone()
    return row


def _token(row: Sequence[Any]) -> CountingToken:
    (client_pk, client_id, scope, created, expires, *person) = row
    user = None if person[0] is None else User.from_db("default", _OF_PERSON, person)
    return CountingToken(client_pk, client_id, user, scope, created, expires)


_OF_PERSON = (
    "id",
    "username",
    "email",
    "email_verified",
    "first_name",
    "last_name",
    "contact_party_id",
    "organization_party_id",
    "organization_name",
    "subject",
    "is_staff",
    "second_factor_required",
)
"""What ``claims`` and ``factors`` read of a user, in the order of the model's fields, as ``from_db`` expects it."""
_TOKEN = f"""
client.id, client.client_id, token.scope, token.created, token.expires,
{", ".join(f"person.{name}" for name in _OF_PERSON)}
"""
_FIND_ACCESS_TOKEN = f"""
SELECT {_TOKEN}
FROM authenticate_app_accesstoken AS token
JOIN authenticate_app_client AS client ON client.id = token.application_id AND client.is_active
LEFT JOIN authenticate_app_user AS person ON person.id = token.user_id
WHERE token.token_checksum = %(checksum)s::text AND token.expires > %(now)s::timestamptz
    AND CASE WHEN token.user_id IS NULL
        THEN EXISTS (SELECT FROM authenticate_app_user WHERE id = client.acting_user_id AND is_active)
        ELSE person.is_active AND person.sign_in_stamp = token.sign_in_stamp END
"""  # noqa: S608 - made of constants
_FIND_REFRESH_TOKEN = f"""
SELECT token.token_checksum, token.amr, {_TOKEN}
FROM authenticate_app_refreshtoken AS token
JOIN authenticate_app_client AS client ON client.id = token.application_id AND client.is_active
JOIN authenticate_app_user AS person ON person.id = token.user_id AND person.is_active
WHERE token.token_family = %(family)s AND token.revoked IS NULL AND token.expires > %(now)s::timestamptz
    AND person.sign_in_stamp = token.sign_in_stamp
"""  # noqa: S608 - made of constants
