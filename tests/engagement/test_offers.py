"""Taking, declining and picking: what becomes of it, who is told what, and what is refused."""

from collections.abc import Callable

import pytest

from chat_app.engagement import agent_sessions, offers
from chat_app.engagement.assignment import assign
from chat_app.engagement.errors import ACCESS_DENIED, CONFLICT, ErrorCode, Refused
from chat_app.engagement.models import (
    AgentSession,
    Engagement,
    Mailbox,
    Offer,
    Participant,
    QueueFigures,
    TranscriptMessage,
)
from chat_app.engagement.present import AgentFacts
from chat_app.sessions.models import ChatSession
from tests.engagement.stage import NOW, Customer, customer, engage, later, names_told, ready_agent, told
from tests.world import INTERFACE, MANUAL_QUEUE, QUEUE

pytestmark = pytest.mark.usefixtures("stage")


def refusal(of: Callable[[], object]) -> ErrorCode:
    with pytest.raises(Refused) as refused:
        of()
    return refused.value.error


def answer(agent: AgentFacts, waiting: Customer, *, accepted: bool = True, seconds: float = 1) -> None:
    offers.answer(agent=agent, engagement_id=waiting.engagement_id, accepted=accepted, now=later(seconds))


def test_an_accepted_offer_makes_the_agent_lead() -> None:
    agent, waiting = ready_agent("anna"), customer()
    engage(agent, waiting, now=later(40))

    engagement = waiting.engagement
    assert engagement.state == Engagement.State.ENGAGED
    assert engagement.engaged_at == engagement.last_written_at == later(40)
    assert engagement.shown_position is None
    session = ChatSession.objects.get(pk=engagement.session_id)
    assert (session.state, session.engaged_at) == (ChatSession.State.ENGAGED, later(40))
    assert AgentSession.objects.get(pk=agent.session_id).idle_since == later(40)
    lead = Participant.objects.get(engagement=engagement, kind=Participant.Kind.AGENT)
    assert (lead.role, lead.user_id, lead.name, lead.joined_at) == ("LEAD", agent.user_id, "Anna Agent", later(40))
    assert Offer.objects.get().state == Offer.State.ACCEPTED


def test_the_customer_is_told_who_joins() -> None:
    agent, waiting = ready_agent("anna"), customer()
    engage(agent, waiting)
    assert waiting.told() == [("ParticipantAdded", {"name": "Anna Agent", "greeting": "", "role": "LEAD"})]


def test_the_agent_is_told_all_that_is_known() -> None:
    agent, waiting = ready_agent("anna"), customer()
    written = {"engagement_id": waiting.engagement_id, "participant_id": waiting.participant_id, "posted_at": NOW}
    TranscriptMessage.objects.create(body="Hello?", rich_text=True, **written)
    TranscriptMessage.objects.create(off_the_record=True, **written)
    engage(agent, waiting)

    name, fields = told(agent.mailbox_id)[-1]
    assert name == "ChatAssigned"
    assert fields == {
        "queueId": QUEUE,
        "role": "LEAD",
        "customerClientId": waiting.participant_id,
        "authUserName": waiting.engagement.auth_user_name,
        "properties": waiting.engagement.properties,
        "transcript": [
            {
                "clientId": waiting.participant_id,
                "name": "John",
                "kind": "consumer",
                "body": "Hello?",
                "richText": True,
                "createdTime": "2026-05-04T12:00:00Z",
            }
        ],
    }


def test_a_declined_offer_changes_nothing_but_itself() -> None:
    agent = ready_agent("anna")
    waiting = customer(proposed_agent_id=agent.user_id)
    assign(interface_id=INTERFACE, now=NOW)
    answer(agent, waiting, accepted=False)
    assert waiting.engagement.state == Engagement.State.WAITING
    assert waiting.engagement.proposed_agent_id is None
    assert Offer.objects.get().state == Offer.State.DECLINED
    assert waiting.told() == []


@pytest.mark.parametrize("accepted", [True, False])
def test_an_offer_is_answered_once_and_in_time(accepted: bool) -> None:
    agent, waiting, slow = ready_agent("anna"), customer(), customer()
    assign(interface_id=INTERFACE, now=NOW)
    answer(agent, waiting, accepted=accepted)
    assert refusal(lambda: answer(agent, waiting, accepted=True)) == CONFLICT
    assert refusal(lambda: answer(agent, waiting, accepted=False)) == CONFLICT
    assert refusal(lambda: answer(agent, slow, accepted=accepted, seconds=15)) == CONFLICT
    assert slow.engagement.state == Engagement.State.WAITING


@pytest.mark.parametrize("accepted", [True, False])
def test_the_offer_of_another_agent_is_nobody_elses(accepted: bool) -> None:
    ready_agent("anna")
    waiting = customer()
    assign(interface_id=INTERFACE, now=NOW)
    stranger = ready_agent("ben")
    assert refusal(lambda: answer(stranger, waiting, accepted=accepted)) == ACCESS_DENIED
    nowhere = Customer(engagement_id=0, participant_id=0, mailbox_id=0)
    assert refusal(lambda: answer(stranger, nowhere, accepted=accepted)) == ACCESS_DENIED


def test_an_agent_picks_from_a_manual_queue() -> None:
    agent, waiting = ready_agent("anna", MANUAL_QUEUE), customer(MANUAL_QUEUE)
    answer(agent, waiting)
    assert waiting.engagement.state == Engagement.State.ENGAGED
    assert names_told(agent.mailbox_id) == ["ChatAssigned"]
    assert names_told(waiting.mailbox_id) == ["ParticipantAdded"]
    another = ready_agent("ben", MANUAL_QUEUE)
    assert refusal(lambda: answer(another, waiting)) == CONFLICT


def test_nobody_picks_from_other_queues() -> None:
    agent = ready_agent("anna", QUEUE)
    waiting, by_hand = customer(QUEUE), customer(MANUAL_QUEUE)
    assert refusal(lambda: answer(agent, waiting)) == ACCESS_DENIED
    assert refusal(lambda: answer(agent, by_hand)) == ACCESS_DENIED


def test_nobody_picks_more_than_they_have_room_for() -> None:
    agent = ready_agent("anna", MANUAL_QUEUE, capacity=1)
    one, two = customer(MANUAL_QUEUE), customer(MANUAL_QUEUE)
    answer(agent, one)
    assert refusal(lambda: answer(agent, two)) == CONFLICT
    assert two.engagement.state == Engagement.State.WAITING


def test_the_average_wait_is_nine_parts_old_and_one_part_new() -> None:
    agent = ready_agent("anna")
    for waited in (100, 50):
        engage(agent, customer(at=NOW), now=later(waited))
    assert QueueFigures.objects.get(queue_id=QUEUE).average_wait_seconds == pytest.approx(95)


def test_less_room_takes_the_latest_offers_back() -> None:
    agent = ready_agent("anna", capacity=3)
    first, second, third = customer(), customer(), customer()
    assign(interface_id=INTERFACE, now=NOW)
    answer(agent, first)
    agent_sessions.get_ready(agent=agent, capacity=2, queue_ids=None, now=later(2))
    answer(agent, second, seconds=3)
    assert refusal(lambda: answer(agent, third, seconds=3)) == CONFLICT
    assert ("ChatOfferWithdrawn", {"reason": "WITHDRAWN"}) in told(agent.mailbox_id)


def test_an_agent_who_is_gone_takes_nothing() -> None:
    agent, waiting, by_hand = ready_agent("anna", QUEUE, MANUAL_QUEUE), customer(), customer(MANUAL_QUEUE)
    assign(interface_id=INTERFACE, now=NOW)
    agent_sessions.log_off(agent=agent, force=False, now=NOW)
    assert refusal(lambda: answer(agent, waiting)) == CONFLICT
    assert refusal(lambda: answer(agent, by_hand)) == CONFLICT
    assert Mailbox.objects.get(pk=agent.mailbox_id).connection == Mailbox.Connection.DISCONNECTED
