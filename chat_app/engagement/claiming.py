"""Claiming a token: by its ``jti``, once, before anything else happens."""

from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection

from chat_app.engagement.tokens import VerifiedChatToken


class Joined(NamedTuple):
    """A customer's place in an engagement. The session id is shown once and stored as a checksum."""

    session_id: str
    engagement_id: int
    client_id: int
    mailbox_id: int


class Outdated(Exception):
    """Nothing has happened: the token is used, or something that was read before has changed. Look again."""


def claim(token: VerifiedChatToken, *, now: datetime) -> None:
    """Use up a token. One statement. Raises ``Outdated`` if it is used up, or its key may be published no more."""
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, claim_parameters(token, now))
        if cursor.rowcount != 1:
            raise Outdated


def claim_parameters(token: VerifiedChatToken, now: datetime) -> dict[str, Any]:
    """Return what ``CLAIMED`` needs to know."""
    return {"jti": token.jti, "keys_revision": token.keys_revision, "now": now}


CLAIMABLE = """
token.jti = %(jti)s AND token.claimed_at IS NULL AND EXISTS (
    SELECT FROM authenticate_app_revision WHERE topic = 'keys' AND value = %(keys_revision)s::bigint
)
"""
"""A condition on ``token``, its row: it is still to be used, and the keys are those that it was verified by.

Of two at once one waits for the other's row, and then finds that it is used.
"""

_CLAIM = f"UPDATE chat_app_chattoken AS token SET claimed_at = %(now)s::timestamptz WHERE {CLAIMABLE}"  # noqa: S608 - a constant
