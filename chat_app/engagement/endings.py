"""How an engagement ends: for both sides at once, once, and for good."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from chat_app.engagement import offers
from chat_app.engagement.events import NewEvent, put
from chat_app.engagement.locks import lock_engagement
from chat_app.engagement.metrics import CONCLUSIONS
from chat_app.engagement.models import AgentSession, Engagement, Mailbox, Participant
from chat_app.engagement.vocabulary import MessageName
from chat_app.sessions.models import ChatSession


@transaction.atomic
def conclude(
    *,
    engagement_id: int,
    reason: Engagement.Reason,
    by: int | None,
    now: datetime,
    told_before: Sequence[NewEvent] = (),
) -> bool:
    """End an engagement and tell both sides why; return whether that was still to be done.

    ``by``: the participant who ends it; None where nobody does, since time ran out. ``told_before``: what else is told,
    before it; here, since mailboxes are locked once in a transaction. The session that it was for cannot be resumed any
    more, agents have room again, and an offer that is open is taken back.
    Raises ``django.db.DatabaseError``: nothing has happened, or the connection was lost before the answer came.
    """
    engagement = lock_engagement(engagement_id)
    if engagement is None or engagement.state == Engagement.State.CONCLUDED:
        return False
    participants = list(Participant.objects.filter(engagement=engagement).select_related("agent_session"))
    present = [row for row in participants if row.kind == Participant.Kind.AGENT and row.left_at is None]
    withdrawn = offers.withdraw(engagement_ids=[engagement_id], now=now)
    _end(engagement, reason, now)
    _release(present, now)
    put([*withdrawn, *told_before, *_told(engagement_id, reason, by, participants, present)], now=now)
    transaction.on_commit(CONCLUSIONS.labels(reason.value).inc)
    return True


def _end(engagement: Engagement, reason: Engagement.Reason, now: datetime) -> None:
    Engagement.objects.filter(pk=engagement.pk).update(
        state=Engagement.State.CONCLUDED, concluded_at=now, reason=reason
    )
    ChatSession.objects.filter(pk=engagement.session_id).update(
        state=ChatSession.State.CONCLUDED, concluded_at=now, resumable=None
    )


def _release(present: Sequence[Participant], now: datetime) -> None:
    """Let the agents out; they have been idle since now."""
    if not present:
        return
    ids = [row.pk for row in present]
    Participant.objects.filter(pk__in=ids).update(left_at=now, departure=Participant.Departure.PARTICIPANT_LEFT)
    sessions = AgentSession.objects.filter(pk__in=[row.agent_session_id for row in present])
    locked = [row.pk for row in sessions.order_by("pk").select_for_update(no_key=True)]
    AgentSession.objects.filter(pk__in=locked).update(idle_since=now)


def _told(
    engagement_id: int,
    reason: Engagement.Reason,
    by: int | None,
    participants: Sequence[Participant],
    present: Sequence[Participant],
) -> list[NewEvent]:
    """Both sides are told, whoever ended it: their clients stop polling then. ``role`` is that of the one who did."""
    role = next((row.role for row in participants if row.pk == by), "")
    fields = {"reason": reason.value, "role": role or None}
    mailboxes = Mailbox.objects.filter(engagement_id=engagement_id, voided_at=None).values_list("pk", flat=True)
    of_agents = [row.agent_session.mailbox_id for row in present if row.agent_session is not None]
    return [
        NewEvent(mailbox_id, MessageName.CONCLUDED, engagement_id, by, fields)
        for mailbox_id in [*mailboxes, *of_agents]
    ]
