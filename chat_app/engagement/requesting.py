"""``requestEngagement``: from a verified token to a place in a queue, or back into a conversation that is going on.

Reading comes first and changes nothing; then one transaction claims the token, before anything else, and does the rest,
if all that was read still holds. If it does not, somebody else was faster, and the request is worked through again.
"""

from datetime import datetime
from typing import Final

from django.db import IntegrityError

from authenticate_app.accounts.names import name_key
from authenticate_app.audit.events import Event
from authenticate_app.audit.services import record
from chat_app.engagement import metrics
from chat_app.engagement.asked import Asked, Plan, find_asked, plan
from chat_app.engagement.beginning import begin
from chat_app.engagement.claiming import Joined, Outdated, claim
from chat_app.engagement.errors import BUSY, ENGAGEMENT_CONCLUDED, TOKEN_REFUSED, Refused
from chat_app.engagement.resuming import resume, take_over
from chat_app.engagement.tokens import VerifiedChatToken, refused, still_verifies
from chat_app.routing.snapshot import InterfaceFacts, routing
from chat_app.sessions.models import ChatSession

ATTEMPTS: Final = 10
"""How often a request is worked through while what it was made from keeps changing. Each attempt that fails means that
a rival got on, and one end user has not that many."""


def request_engagement(
    *, token: VerifiedChatToken, interface: InterfaceFacts, include_own_messages: bool, now: datetime
) -> Joined:
    """Let a customer join a queue, come back to a running engagement of their session, or take over one that waits.

    A session with a running engagement gets that one, with a new session id; the old one is void. A second request of
    an end user who waits at the interface already takes over their place. Called outside of a transaction; two
    statements in the common case, the second of which is a durable transaction. ``include_own_messages``: whether a
    customer who comes back is also told what they wrote themselves.

    Raises:
        Refused: 403 for a token that was used, or is none of ours; 409 where the rules refuse, and the token is used
            up; 503 without a queue, or where others were faster again and again.
        django.db.DatabaseError: nothing has happened, or the connection was lost before the answer came.
    """
    for _ in range(ATTEMPTS):
        try:
            return _attempt(token, interface, include_own_messages, now)
        except (Outdated, IntegrityError):  # the latter: of two who begin for one end user, one does
            token = still_verifies(token, now)
            routing.check()
    raise Refused(BUSY)


def _attempt(token: VerifiedChatToken, interface: InterfaceFacts, include_own_messages: bool, now: datetime) -> Joined:
    asked = _found(token, interface)
    if asked.engagement_id is not None:
        joined = resume(token=token, asked=asked, interface=interface, own_too=include_own_messages, now=now)
        return _counted(joined, "resumed")
    try:
        planned = _plan(asked, interface, now)
    except Refused as refusal:
        if refusal.error.status == ENGAGEMENT_CONCLUDED.status:
            claim(token, now=now)
        raise
    if asked.waiting_id is not None:
        joined = take_over(
            token=token, asked=asked, planned=planned, interface=interface, own_too=include_own_messages, now=now
        )
        return _counted(joined, "taken_over")
    return _counted(begin(token=token, asked=asked, planned=planned, interface=interface, now=now), "begun")


def _found(token: VerifiedChatToken, interface: InterfaceFacts) -> Asked:
    asked = find_asked(token.jti, end_user_key=name_key(token.auth_user_name))
    if asked is None:
        raise refused("unknown")
    if asked.is_claimed:
        raise refused("replayed")
    if (asked.auth_user_name, asked.interface_id) != (token.auth_user_name, interface.id):
        raise refused("claims")
    return asked


def _plan(asked: Asked, interface: InterfaceFacts, now: datetime) -> Plan:
    """From memory if that lets the customer in; nobody is refused from memory."""
    if asked.state not in _MAY_BEGIN:
        raise Refused(ENGAGEMENT_CONCLUDED)
    recalled = routing.recall()
    try:
        return plan(asked, interface=interface, routing=recalled.value, revision=recalled.revision, now=now)
    except Refused:
        checked = routing.check()
        return plan(asked, interface=interface, routing=checked.value, revision=checked.revision, now=now)


_MAY_BEGIN: Final = (ChatSession.State.AUTHENTICATED,)


def _counted(joined: Joined, outcome: str) -> Joined:
    metrics.REQUESTS.labels(outcome).inc()
    return joined


def note_refusal(refusal: Refused, *, client_address: str, request_id: str, now: datetime) -> None:
    """Count a refusal of ``requestEngagement``; a token that is not accepted is audited, too. One statement or none."""
    metrics.REQUESTS.labels(refusal.reason).inc()
    if refusal.error is TOKEN_REFUSED:
        record(
            event=Event.CHAT_TOKEN_REFUSED,
            reason=refusal.reason,
            address=client_address,
            request_id=request_id,
            now=now,
        )
