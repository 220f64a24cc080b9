"""Session ids: what the clients of the chat server prove themselves with after they were let in.

A session id is long and random, stored as its checksum alone, and begins with the pool that its engagement lives in, so
that another pool can say where it belongs.
"""

import secrets
from typing import Final, NamedTuple

from authenticate_app.oauth.secrets import checksum
from authenticate_app.statements import Statement

RANDOM_BYTES: Final = 32
POOL_COLON: Final = "-"
"""Stands for the colon of a pool: session ids are sent as headers and kept as cookies."""


class Speaker(NamedTuple):
    """A customer's client, proven by its session id."""

    mailbox_id: int
    engagement_id: int
    participant_id: int
    interface_id: int


def new_session_id(pool_id: str) -> str:
    """Return a fresh session id of a pool such as ``353:2``."""
    return f"{pool_id.replace(':', POOL_COLON)}.{secrets.token_urlsafe(RANDOM_BYTES)}"


def pool_of(unverified_session_id: str) -> str:
    """Return the pool that a session id says it is of; empty if it says none."""
    pool, dot, _ = unverified_session_id.partition(".")
    return pool.replace(POOL_COLON, ":") if dot else ""


def find_customer(session_id: str) -> Speaker | None:
    """Find whose session id this is; None if it is void or was never given out to a customer. One query."""
    row = _CUSTOMER.row((checksum(session_id),))
    return None if row is None else Speaker(*map(int, row))


_CUSTOMER = Statement(
    "find_customer",
    """
SELECT mailbox.id, engagement.id, participant.id, engagement.interface_id
FROM chat_app_mailbox AS mailbox
JOIN chat_app_engagement AS engagement ON engagement.id = mailbox.engagement_id
JOIN chat_app_participant AS participant ON participant.engagement_id = engagement.id AND participant.kind = 'consumer'
WHERE mailbox.session_checksum = %(checksum)s AND mailbox.voided_at IS NULL
""",
    {"checksum": "text"},
)
