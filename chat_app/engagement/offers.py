"""An engagement is offered to one agent at a time, who takes it, declines it, or lets the time pass.

Agents pick from a manual queue: they take what nobody offers them.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from django.db import transaction
from django.db.models import QuerySet

from chat_app.engagement.errors import ACCESS_DENIED, CONFLICT, Refused
from chat_app.engagement.events import NewEvent, put
from chat_app.engagement.joining import join
from chat_app.engagement.locks import lock_engagement, lock_engagements, lock_interface
from chat_app.engagement.metrics import OFFERS
from chat_app.engagement.models import Engagement, Offer
from chat_app.engagement.present import AgentFacts, present_agents
from chat_app.engagement.vocabulary import AgentMessageName
from chat_app.routing.models import Queue

SHOWN = ("firstName", "lastName", "emailAddress", "question")
"""What an offer tells of the customer; whoever takes it is told the rest."""


class Pairing(NamedTuple):
    """An engagement and the agent whom it is to be offered to, as one who serves the queue."""

    engagement_id: int
    session_id: int
    mailbox_id: int
    queue_id: int


class Gone(StrEnum):
    """Why an offer is not there any more: the ``reason`` of ``ChatOfferWithdrawn``."""

    NOT_ANSWERED = "NOT_ANSWERED"
    WITHDRAWN = "WITHDRAWN"


def make(*, pairings: Sequence[Pairing], now: datetime) -> int:
    """Offer engagements to agents, all at once; those that wait no more are left out. Returns how many were offered.

    Called in a transaction that holds the interface's lock, and tells nothing else.
    """
    engagements = {row.pk: row for row in lock_engagements([pairing.engagement_id for pairing in pairings])}
    due = [
        (pairing, engagement)
        for pairing in pairings
        if (engagement := engagements.get(pairing.engagement_id)) and engagement.state == Engagement.State.WAITING
    ]
    queues = Queue.objects.in_bulk({pairing.queue_id for pairing, _ in due})
    Offer.objects.bulk_create([_offer(pairing, engagement, now) for pairing, engagement in due])
    put([_told_of_offer(pairing, engagement, queues, now) for pairing, engagement in due], now=now)
    OFFERS.labels("made").inc(len(due))
    return len(due)


def answer(*, agent: AgentFacts, engagement_id: int, accepted: bool, now: datetime) -> None:
    """Take or decline the offer of an engagement, or take an engagement from a manual queue without one.

    Raises ``Refused``: ``CONFLICT`` if the offer is not open any more, somebody else was faster, or there is no room;
    ``ACCESS_DENIED`` if the engagement is none of this agent's business.
    """
    is_offered = _offers_to(agent, engagement_id).filter(state=Offer.State.OPEN).exists()
    if accepted and not is_offered:
        _pick(agent, engagement_id, now)
    else:
        _answer(agent, engagement_id, accepted, now)


def expire(*, now: datetime) -> int:
    """Close the offers whose time is over, those of all interfaces; returns how many."""
    with transaction.atomic():
        due = Offer.objects.filter(state=Offer.State.OPEN, expires_at__lte=now)
        ids = list(due.values_list("engagement_id", flat=True))
        lock_engagements(ids)
        events = _end(due.filter(engagement_id__in=ids), Offer.State.EXPIRED, Gone.NOT_ANSWERED, now)
        put(events, now=now)
    return len(events)


def withdraw(*, engagement_ids: Collection[int], now: datetime) -> list[NewEvent]:
    """Take back the open offers of engagements, which the caller has locked; returns what their agents are told."""
    open_offers = Offer.objects.filter(state=Offer.State.OPEN, engagement_id__in=engagement_ids)
    return _end(open_offers, Offer.State.WITHDRAWN, Gone.WITHDRAWN, now)


def withdraw_beyond(*, agent: AgentFacts, room: int, now: datetime) -> None:
    """Take back an agent's open offers, the latest first, until no more than ``room`` are left.

    Called in a transaction that holds the interface's lock, and tells nothing else.
    """
    open_offers = Offer.objects.filter(state=Offer.State.OPEN, agent_session_id=agent.session_id)
    lock_engagements(list(open_offers.values_list("engagement_id", flat=True)))
    surplus = list(open_offers.order_by("pk").values_list("pk", flat=True)[max(0, room) :])
    put(_end(Offer.objects.filter(pk__in=surplus), Offer.State.WITHDRAWN, Gone.WITHDRAWN, now), now=now)


def _end(offers: QuerySet[Offer], state: Offer.State, reason: Gone, now: datetime) -> list[NewEvent]:
    rows = list(offers.order_by("pk").select_related("agent_session"))
    ended = Offer.objects.filter(pk__in=[offer.pk for offer in rows], state=Offer.State.OPEN)
    ended.update(state=state, answered_at=now)
    OFFERS.labels(state.value).inc(len(rows))
    withdrawn, fields = AgentMessageName.OFFER_WITHDRAWN, {"reason": reason.value}
    return [NewEvent(offer.agent_session.mailbox_id, withdrawn, offer.engagement_id, fields=fields) for offer in rows]


def _answer(agent: AgentFacts, engagement_id: int, accepted: bool, now: datetime) -> None:
    with transaction.atomic():
        engagement = lock_engagement(engagement_id)
        offer = _open_offer(agent, engagement_id, now)
        if engagement is None or offer is None:
            raise _not_offered(agent, engagement_id)
        _close(offer, Offer.State.ACCEPTED if accepted else Offer.State.DECLINED, now)
        if accepted:
            put(join(engagement=engagement, agent=agent, now=now), now=now)
        elif engagement.proposed_agent_id == agent.user_id:
            Engagement.objects.filter(pk=engagement_id).update(proposed_agent_id=None)


def _pick(agent: AgentFacts, engagement_id: int, now: datetime) -> None:
    with transaction.atomic():
        lock_interface(agent.interface_id)
        engagement = lock_engagement(engagement_id)
        if engagement is None or not _may_pick(agent, engagement):
            raise _not_offered(agent, engagement_id)
        is_offered = Offer.objects.filter(engagement_id=engagement_id, state=Offer.State.OPEN).exists()
        if engagement.state != Engagement.State.WAITING or is_offered:
            raise Refused(CONFLICT, reason="taken", detail="This engagement waits no more: somebody else was faster.")
        OFFERS.labels("picked").inc()
        put(join(engagement=engagement, agent=agent, now=now), now=now)


def _may_pick(agent: AgentFacts, engagement: Engagement) -> bool:
    """Whether the engagement is one of a manual queue that the agent serves. Refuses an agent without room."""
    manual = Queue.objects.filter(pk=engagement.queue_id, distribution=Queue.Distribution.MANUAL)
    if engagement.interface_id != agent.interface_id or not manual.exists():
        return False
    present = {row.session_id: row for row in present_agents(interface_id=agent.interface_id)}.get(agent.session_id)
    if present is None or not present.room:
        raise Refused(CONFLICT, reason="no_room", detail="You have no room for another engagement.")
    return engagement.queue_id in present.queue_ids


def _not_offered(agent: AgentFacts, engagement_id: int) -> Refused:
    if _offers_to(agent, engagement_id).exists():
        return Refused(CONFLICT, reason="offer_over", detail="This offer is not open any more.")
    return Refused(ACCESS_DENIED, reason="foreign_engagement", detail="This engagement was not offered to you.")


def _offers_to(agent: AgentFacts, engagement_id: int) -> QuerySet[Offer]:
    return Offer.objects.filter(engagement_id=engagement_id, agent_session_id=agent.session_id)


def _open_offer(agent: AgentFacts, engagement_id: int, now: datetime) -> Offer | None:
    return _offers_to(agent, engagement_id).filter(state=Offer.State.OPEN, expires_at__gt=now).first()


def _close(offer: Offer, state: Offer.State, now: datetime) -> None:
    offer.state, offer.answered_at = state, now
    offer.save(update_fields=["state", "answered_at"])
    OFFERS.labels(state.value).inc()


def _offer(pairing: Pairing, engagement: Engagement, now: datetime) -> Offer:
    return Offer(
        engagement_id=pairing.engagement_id,
        agent_session_id=pairing.session_id,
        queue_id=pairing.queue_id,
        offered_at=now,
        expires_at=now + timedelta(seconds=engagement.offer_seconds),
    )


def _told_of_offer(pairing: Pairing, engagement: Engagement, queues: Mapping[int, Queue], now: datetime) -> NewEvent:
    queue = queues.get(pairing.queue_id)
    fields = {
        "queueId": pairing.queue_id,
        "queueName": queue.name if queue else "",
        "expiresInSeconds": engagement.offer_seconds,
        "waitedSeconds": max(0, int((now - engagement.requested_at).total_seconds())),
        "authUserName": engagement.auth_user_name,
        **{name: engagement.properties.get(name) for name in SHOWN},
    }
    return NewEvent(pairing.mailbox_id, AgentMessageName.OFFERED, engagement.pk, fields=fields)
