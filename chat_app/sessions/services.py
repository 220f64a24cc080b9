"""Storing chat sessions.

``store`` is the heart of the product: one statement, one round trip, one durable transaction. It does three things
that must hold together: it makes sure that everything the answer was made from is still true, it finds or begins
the session, and it stores the token's id, so that the chat server can claim the token once.
"""

import uuid
from datetime import datetime
from typing import NamedTuple

from authenticate_app.oauth.bearer_tokens import STILL_GOOD
from authenticate_app.statements import Row, Statement
from chat_app.sessions.models import ChatSession


class Basis(NamedTuple):
    """What an answer was made from: a caller and what is remembered of topics, by the revisions that were read.

    ``access_token``: the checksum of the one that the caller came by; empty for one with a password.
    """

    caller_id: int
    caller: int
    roles: int
    keys: int
    routing: int
    access_token: str = ""


class NewSession(NamedTuple):
    """A session as it begins, unless an open one is resumed.

    ``request``: the attributes as asked for, JSON text. ``end_user_key``: ``name_key`` of ``auth_user_name``.
    """

    auth_user_name: str
    end_user_key: str
    interface_id: int
    queue_id: int | None
    request: str
    client_address: str
    resume: bool
    speaks_for_others: bool = False
    organization_party_id: int | None = None


class NewToken(NamedTuple):
    """The token that is handed out: its id and the time of its life."""

    jti: uuid.UUID
    issued_at: datetime
    expires_at: datetime


class StoredSession(NamedTuple):
    """The session as it stands in the database; ``begun`` is false where an open one was resumed."""

    id: int
    state: ChatSession.State
    queue_id: int | None
    begun: bool


class BasisChanged(Exception):
    """Nothing was stored: something that the answer was made from has changed, or a rival was faster.

    Whoever meets it reads everything afresh and tries again.
    """


def store(*, basis: Basis, session: NewSession, token: NewToken) -> StoredSession:
    """Store a session and its token durably, or take up the end user's open session (docs/chat-session.md).

    Raises:
        BasisChanged: nothing was stored; read afresh and try again.
        django.db.DatabaseError: nothing was stored, or the connection was lost before the answer came.

    """
    statement = _STORE_BY_TOKEN if basis.access_token else _STORE
    row = statement.row((*basis, *session, *token))
    if row is None:
        raise BasisChanged
    return _stored(row)


def _stored(row: Row) -> StoredSession:
    session_id, state, queue_id, begun = row
    return StoredSession(int(session_id), STATES[state], None if queue_id is None else int(queue_id), begun == b"t")


STATES = {state.value.encode(): state for state in ChatSession.State}
OTHER_TYPES = {
    "access_token": "text",
    "auth_user_name": "text",
    "end_user_key": "text",
    "request": "jsonb",
    "client_address": "inet",
    "resume": "boolean",
    "speaks_for_others": "boolean",
    "jti": "uuid",
    "issued_at": "timestamptz",
    "expires_at": "timestamptz",
}
TYPES = {name: OTHER_TYPES.get(name, "bigint") for name in (*Basis._fields, *NewSession._fields, *NewToken._fields)}
"""Of the statement's parameters, in the order of their values."""

# "basis" is empty, and with it all that follows, unless everything remembered is current.
# "outlived" takes the place of the resumable session away from one that nobody can or wants to come back to.
# The unique index on resumable sessions decides between two requests at once: the later one resumes.
# A session that was concluded while we waited for its row is left alone: the next attempt sees it as outlived.
_STATEMENT = """
WITH basis AS MATERIALIZED (
    SELECT caller.id FROM authenticate_app_user AS caller
    WHERE caller.id = %(caller_id)s AND caller.revision = %(caller)s AND 3 = (
        SELECT count(*) FROM authenticate_app_revision
        WHERE (topic = 'roles' AND value = %(roles)s)
            OR (topic = 'keys' AND value = %(keys)s)
            OR (topic = 'routing' AND value = %(routing)s)
    ) {and_more}
), outlived AS (
    UPDATE chat_app_chatsession AS session SET resumable = NULL
    FROM basis
    WHERE session.auth_user_name = %(auth_user_name)s AND session.caller_id = %(caller_id)s
        AND session.interface_id = %(interface_id)s AND session.resumable
        AND (
            NOT %(resume)s
            OR session.state = 'concluded'
            OR (session.state = 'authenticated' AND session.token_expires_at <= %(issued_at)s)
        )
    RETURNING session.id
), stored AS (
    INSERT INTO chat_app_chatsession AS session (
        caller_id, end_user_id, auth_user_name, interface_id, queue_id, state, resumable, request, client_address,
        speaks_for_others, organization_party_id, created_at, token_expires_at
    )
    SELECT
        basis.id, (
            SELECT account.id FROM authenticate_app_loginname AS name
            JOIN authenticate_app_user AS account ON account.id = name.user_id
            WHERE name.key = %(end_user_key)s AND (account.username_key = name.key OR account.email_verified)
        ),
        %(auth_user_name)s, %(interface_id)s, %(queue_id)s, 'authenticated', TRUE, %(request)s,
        %(client_address)s, %(speaks_for_others)s, %(organization_party_id)s, %(issued_at)s, %(expires_at)s
    FROM basis WHERE (SELECT count(*) FROM outlived) >= 0
    ON CONFLICT (auth_user_name, caller_id, interface_id, resumable) DO UPDATE SET
        token_expires_at = greatest(session.token_expires_at, excluded.token_expires_at),
        request = CASE session.state WHEN 'authenticated' THEN excluded.request ELSE session.request END,
        queue_id = CASE session.state WHEN 'authenticated' THEN excluded.queue_id ELSE session.queue_id END,
        speaks_for_others = CASE session.state
            WHEN 'authenticated' THEN excluded.speaks_for_others ELSE session.speaks_for_others END,
        organization_party_id = CASE session.state
            WHEN 'authenticated' THEN excluded.organization_party_id ELSE session.organization_party_id END,
        client_address = excluded.client_address
    WHERE %(resume)s AND session.state <> 'concluded'
    RETURNING session.id, session.state, session.queue_id, session.xmax = 0 AS begun
), token AS (
    INSERT INTO chat_app_chattoken (jti, session_id, issued_at, expires_at)
    SELECT %(jti)s, stored.id, %(issued_at)s, %(expires_at)s FROM stored
)
SELECT id, state, queue_id, begun FROM stored
"""


def _storing(name: str, more: str) -> Statement:
    return Statement(name, _STATEMENT.format(and_more=f"AND {more}"), TYPES)


_STORE = _storing("store", "%(access_token)s = ''")  # a parameter that stands nowhere would have no type
_STORE_BY_TOKEN = _storing("store_by_token", STILL_GOOD)
