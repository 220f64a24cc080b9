"""Who may act as an agent: a bearer token to sign on by, then the session that was signed on to.

The token must have the scope ``chat.agent``, and its user the role ``ORA_SVC_CHAT_AGENT``. Every call reads afresh
whether the agent may still serve; who may not any more loses the session.
"""

from datetime import datetime

from django.db.models import Exists, OuterRef

from authenticate_app.accounts.callers import Caller
from authenticate_app.accounts.entitlements import CHAT_AGENT
from authenticate_app.accounts.models import User
from authenticate_app.accounts.sign_in import Origin
from authenticate_app.oauth import scopes
from authenticate_app.oauth.bearer_sign_in import NoActingUser, TokenRefused, sign_in_by_token
from authenticate_app.oauth.secrets import checksum
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
    running = AgentSession.objects.filter(
        mailbox__session_checksum=checksum(session_id), interface_id=interface_id, ended_at=None
    )
    session = running.annotate(may_serve=Exists(_USERS_WHO_MAY)).first()
    if session is None or str(session.user_id) != account_id:
        raise Refused(SESSION_UNKNOWN, detail="This session is unknown, or it is over. Sign on again.")
    if not session.may_serve:
        agent_sessions.end(session_ids=[session.pk], why=AgentSession.End.ACCESS_LOST, now=now)
        raise _denied("access_lost", "You may not serve chats any more, or have to sign on again.")
    return agent_sessions.facts_of(session)


def without_access() -> list[int]:
    """Read the ids of the running sessions whose agents may not serve chats any more; one query."""
    running = AgentSession.objects.filter(ended_at=None)
    return list(running.exclude(Exists(_USERS_WHO_MAY)).values_list("pk", flat=True))


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


_USERS_WHO_MAY = User.objects.filter(
    pk=OuterRef("user_id"), is_active=True, sign_in_stamp=OuterRef("sign_in_stamp"), groups__name=CHAT_AGENT
)
