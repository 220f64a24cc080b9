"""What agents do with the engagements that they lead: hand over, give back, correct what is known, end."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Final

from django.db import transaction
from pydantic import ValidationError

from chat_app.chat_authenticate.attributes import ATTRIBUTE_BY_NAME, ChatAuthenticateRequest
from chat_app.engagement import endings
from chat_app.engagement.access import participation
from chat_app.engagement.errors import CONFLICT, INVALID_FIELD, Refused
from chat_app.engagement.events import NewEvent, put
from chat_app.engagement.joining import Departure, leave
from chat_app.engagement.locks import lock_engagement
from chat_app.engagement.metrics import HANDOVERS
from chat_app.engagement.models import Engagement, Participant
from chat_app.engagement.present import AgentFacts, present_agents
from chat_app.engagement.vocabulary import AgentMessageName
from chat_app.routing.models import Queue

OF_USER: Final = "USER"
"""The one ``type`` of properties that there is."""

CORRECTABLE: Final = {
    ATTRIBUTE_BY_NAME[name].field.upper(): name
    for name in (
        "firstName",
        "lastName",
        "emailAddress",
        "question",
        "categoryId",
        "productId",
        "incidentName",
        "incidentType",
        "incidentSeverityCode",
        "inventoryItemId",
        "inventoryOrgId",
        "prodGroupId",
    )
}
"""What agents may correct, such as ``QUESTION``: what a chat is about, but neither who it is with nor where it goes."""


def reroute_to_queue(*, agent: AgentFacts, engagement_id: int, queue_id: int, now: datetime) -> None:
    """Hand an engagement over to another queue of the interface, where it waits as long as it has waited in all.

    Raises ``Refused``: ``INVALID_FIELD`` if there is no such queue, and what ``participation`` raises.
    """
    if not Queue.objects.filter(pk=queue_id, interface_id=agent.interface_id, enabled=True).exists():
        raise Refused(INVALID_FIELD, detail=f"queueId: there is no queue {queue_id} that takes engagements.")
    _give_back(agent, engagement_id, now, "rerouted_to_queue", queue_id=queue_id)


def reroute_to_agent(*, agent: AgentFacts, engagement_id: int, user_id: int, now: datetime) -> None:
    """Hand an engagement over to another agent, to whom it is offered first; it stays in its queue.

    Raises ``Refused``: ``CONFLICT`` if that agent is not there or has no room, and what ``participation`` raises.
    """
    if user_id == agent.user_id:
        raise Refused(INVALID_FIELD, detail="agentId: choose another agent, or release the engagement.")
    there = {found.user_id: found for found in present_agents(interface_id=agent.interface_id)}
    if user_id not in there or not there[user_id].room:
        raise Refused(CONFLICT, reason="agent_not_free", detail="This agent is not there, or has no room.")
    _give_back(agent, engagement_id, now, "rerouted_to_agent", proposed_agent_id=user_id)


def release(*, agent: AgentFacts, engagement_id: int, now: datetime) -> None:
    """Put an engagement back into its queue, ahead of those who came later. Raises what ``participation`` raises."""
    _give_back(agent, engagement_id, now, "released")


def set_property(
    *, agent: AgentFacts, engagement_id: int, property_type: str, name: str, value: object, now: datetime
) -> None:
    """Correct what is known of the customer, such as ``QUESTION``; None forgets it.

    Raises ``Refused``: ``INVALID_FIELD`` for another type, name or value, and what ``participation`` raises.
    """
    if property_type != OF_USER:
        raise Refused(INVALID_FIELD, detail=f"type: {OF_USER} is the only one.")
    attribute = CORRECTABLE.get(name)
    if attribute is None:
        raise Refused(INVALID_FIELD, detail=f"name: one of {', '.join(CORRECTABLE)}.")
    proper = _proper_value(attribute, value)
    with _own(agent, engagement_id) as (engagement, participant_id):
        properties = {key: kept for key, kept in engagement.properties.items() if key != attribute}
        engagement.properties = properties if proper is None else {**properties, attribute: proper}
        engagement.save(update_fields=["properties"])
        fields = {"type": OF_USER, "name": name, "property": attribute, "value": proper}
        changed = AgentMessageName.PROPERTY_CHANGED
        put([NewEvent(agent.mailbox_id, changed, engagement_id, participant_id, fields)], now=now)


def conclude(*, agent: AgentFacts, engagement_id: int, now: datetime) -> None:
    """End an engagement for both sides; once more changes nothing. Raises what ``participation`` raises."""
    if _ended_with(agent, engagement_id):
        return
    with _own(agent, engagement_id) as (_, participant_id):
        endings.conclude(
            engagement_id=engagement_id, reason=Engagement.Reason.AGENT_CONCLUDED, by=participant_id, now=now
        )


@contextmanager
def _own(agent: AgentFacts, engagement_id: int) -> Iterator[tuple[Engagement, int]]:
    """A transaction with an engagement that the agent takes part in, locked, and the participant that they are."""
    with transaction.atomic():
        engagement = lock_engagement(engagement_id)
        participant_id = participation(agent=agent, engagement_id=engagement_id)
        assert engagement is not None  # noqa: S101 - for the type checker: somebody takes part in it
        yield engagement, participant_id


def _give_back(
    agent: AgentFacts,
    engagement_id: int,
    now: datetime,
    outcome: str,
    *,
    queue_id: int | None = None,
    proposed_agent_id: int | None = None,
) -> None:
    with _own(agent, engagement_id) as (engagement, _):
        events = leave(
            engagements=[engagement],
            departure=Departure.TRANSFERRED_TO_QUEUE,
            now=now,
            queue_id=queue_id,
            proposed_agent_id=proposed_agent_id,
        )
        put(events, now=now)
    HANDOVERS.labels(outcome).inc()


def _ended_with(agent: AgentFacts, engagement_id: int) -> bool:
    return Participant.objects.filter(
        engagement_id=engagement_id,
        engagement__state=Engagement.State.CONCLUDED,
        agent_session_id=agent.session_id,
    ).exists()


def _proper_value(attribute: str, value: object) -> str | None:
    """Return the value as it is kept, by the same rules as ``chatAuthenticate``. Raises ``Refused``."""
    if value is None:
        return None
    asked = {"authUserName": "-", "interfaceId": 1, attribute: value}
    try:
        return ChatAuthenticateRequest.model_validate(asked).stored.get(attribute)
    except ValidationError as error:
        raise Refused(INVALID_FIELD, detail=f"value: {error.errors()[0]['msg']}.") from None
