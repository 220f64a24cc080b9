"""Who may act as an agent: a bearer token to sign on by, then the session that was signed on to.

The token must have the scope ``chat.agent``, and its user the role ``ORA_SVC_CHAT_AGENT``. Every call reads afresh
whether the agent may still serve; who may not any more loses the session.
"""

from datetime import datetime

from django.db import connection

from authenticate_app.accounts.callers import Caller
from authenticate_app.accounts.entitlements import CHAT_AGENT
from authenticate_app.accounts.sign_in import Origin
from authenticate_app.oauth import scopes
from authenticate_app.oauth.bearer_sign_in import NoActingUser, TokenRefused, sign_in_by_token
from authenticate_app.oauth.secrets import checksum
from authenticate_app.statements import TRUE, Row, Statement
from chat_app.engagement import agent_sessions
from chat_app.engagement.errors import ACCESS_DENIED, CONFLICT, SESSION_UNKNOWN, Refused
from chat_app.engagement.models import AgentSession, Engagement, Participant
from chat_app.engagement.present import AgentFacts


def admit(*, unverified_token: str, origin: Origin, now: datetime) -> Caller:
    """Prove by an access token who wants to sign on. Raises ``Refused`` (``ACCESS_DENIED``)."""
    try:
        signed_in = sign_in_by_token(unverified_token=unverified_token, origin=origin, now=now, use_memory=False)
    except (TokenRefused, NoActingUser):
        raise _denied("token_refused", "The access token is not valid, or not any more.") from None
    if scopes.CHAT_AGENT not in signed_in.scopes:
        raise _denied("scope_missing", f"The access token lacks the scope {scopes.CHAT_AGENT}.")
    if CHAT_AGENT not in signed_in.caller.roles:
        raise _denied("role_missing", f"You do not hold the role {CHAT_AGENT}.")
    return signed_in.caller


def agent_of(*, session_id: str, account_id: str, interface_id: int, now: datetime) -> AgentFacts:
    """Find the agent by the session that they prove, at this interface; one query.

    Raises ``Refused``: ``SESSION_UNKNOWN`` if the session is unknown or over, or the account is another one's;
    ``ACCESS_DENIED`` if it may not serve chats any more: has been disabled, lost the role, or was given another
    password. Then the session is ended.
    """
    row = _FIND.row((checksum(session_id), interface_id))
    if row is None or row[1] != account_id.encode():
        raise Refused(SESSION_UNKNOWN, detail="This session is unknown, or it is over. Sign on again.")
    agent, may_serve = _agent(row), row[-1] == TRUE
    if not may_serve:
        agent_sessions.end(session_ids=[agent.session_id], why=AgentSession.End.ACCESS_LOST, now=now)
        raise _denied("access_lost", "You may not serve chats any more, or have to sign on again.")
    return agent


def _agent(row: Row) -> AgentFacts:
    session_id, user_id, interface_id, mailbox_id, name, _may_serve = row
    return AgentFacts(int(session_id), int(user_id), int(interface_id), int(mailbox_id), name.decode())


def without_access() -> list[int]:
    """Read the ids of the running sessions whose agents may not serve chats any more; one query."""
    with connection.cursor() as cursor:
        cursor.execute(_WITHOUT_ACCESS)
        return [session_id for (session_id,) in cursor.fetchall()]


def participation(*, agent: AgentFacts, engagement_id: int) -> int:
    """Find the participant that the agent is in a running engagement; one query.

    Raises ``Refused``: ``CONFLICT`` if the agent is in it no more; ``ACCESS_DENIED`` for an engagement of others,
    whether or not there is one with this id.
    """
    own = Participant.objects.filter(engagement_id=engagement_id, agent_session_id=agent.session_id)
    latest = own.select_related("engagement").order_by("-pk").first()
    if latest is None:
        raise _denied("foreign_engagement", "You take no part in this engagement.")
    if latest.left_at is not None or latest.engagement.state != Engagement.State.ENGAGED:
        raise Refused(CONFLICT, reason="engagement_left", detail="You take no part in this engagement any more.")
    return latest.pk


def _denied(reason: str, detail: str) -> Refused:
    return Refused(ACCESS_DENIED, reason=reason, detail=detail)


_MAY_SERVE = f"""
EXISTS (
    SELECT FROM authenticate_app_user AS account
    JOIN authenticate_app_user_groups AS holding ON holding.user_id = account.id
    JOIN auth_group AS role ON role.id = holding.group_id AND role.name = '{CHAT_AGENT}'
    WHERE account.id = session.user_id AND account.is_active AND account.sign_in_stamp = session.sign_in_stamp
)
"""
"""Whether the account of ``session`` may serve chats, and has the password and factors that it signed on with."""

_FIND = Statement(
    "find_agent",
    f"""
SELECT session.id, session.user_id, session.interface_id, session.mailbox_id, session.name, {_MAY_SERVE}
FROM chat_app_mailbox AS mailbox JOIN chat_app_agentsession AS session ON session.mailbox_id = mailbox.id
WHERE mailbox.session_checksum = %(checksum)s AND session.interface_id = %(interface)s AND session.ended_at IS NULL
""",  # noqa: S608 - made of constants
    {"checksum": "text", "interface": "bigint"},
)

_WITHOUT_ACCESS = f"""
SELECT session.id FROM chat_app_agentsession AS session WHERE session.ended_at IS NULL AND NOT {_MAY_SERVE}
"""  # noqa: S608 - made of constants
