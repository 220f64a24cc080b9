"""The end of an engagement: both sides learn of it, once, and nothing goes on afterwards."""

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from chat_app.engagement.endings import conclude
from chat_app.engagement.errors import Refused
from chat_app.engagement.models import AgentSession, Engagement, MailboxEvent, Offer, Participant
from chat_app.engagement.sessions import find_customer
from chat_app.sessions.models import ChatSession
from tests.engagement.front import engagement_of, enter, entered, let_agent_join, names, stream, token_for, writes

pytestmark = pytest.mark.usefixtures("world")

Reason = Engagement.Reason
CONCLUDED = "RNEngagementConcludedMessage"


def ended(engagement_id: int, reason: Reason = Reason.END_USER_CONCLUDED, by: int | None = None) -> bool:
    return conclude(engagement_id=engagement_id, reason=reason, by=by, now=timezone.now())


def test_the_customer_ends_it() -> None:
    customer = entered()
    agent = let_agent_join(customer)
    assert ended(customer.engagement_id, by=customer.client_id)

    told = (CONCLUDED, {"reason": "END_USER_CONCLUDED", "role": None})
    assert stream(customer.mailbox_id)[-1] == stream(agent.mailbox_id)[-1] == told
    engagement, session = engagement_of(customer), ChatSession.objects.get()
    assert (engagement.state, engagement.reason) == ("concluded", "END_USER_CONCLUDED")
    assert (session.state, session.resumable) == ("concluded", None)
    assert engagement.concluded_at == session.concluded_at is not None


def test_the_agent_ends_it() -> None:
    customer = entered()
    agent = let_agent_join(customer)
    assert ended(customer.engagement_id, Reason.AGENT_CONCLUDED, by=agent.participant_id)
    told = (CONCLUDED, {"reason": "AGENT_CONCLUDED", "role": "LEAD"})
    assert stream(customer.mailbox_id)[-1] == stream(agent.mailbox_id)[-1] == told
    caused_by = MailboxEvent.objects.filter(message_name=CONCLUDED).values_list("client_id", flat=True)
    assert set(caused_by) == {agent.participant_id}


@pytest.mark.parametrize("reason", [Reason.QUEUE_TIMEOUT, Reason.IDLE_TIMEOUT, Reason.END_USER_DISCONNECTED])
def test_time_ends_it(reason: Reason) -> None:
    customer = entered()
    assert ended(customer.engagement_id, reason)
    assert stream(customer.mailbox_id)[-1] == (CONCLUDED, {"reason": reason.value, "role": None})


def test_a_second_end_changes_nothing() -> None:
    customer = entered()
    assert ended(customer.engagement_id)
    before = stream(customer.mailbox_id), engagement_of(customer).concluded_at
    assert not ended(customer.engagement_id, Reason.AGENT_CONCLUDED)
    assert (stream(customer.mailbox_id), engagement_of(customer).concluded_at) == before
    assert not ended(customer.engagement_id + 1)


def test_agents_have_room_again() -> None:
    customer = entered()
    agent = let_agent_join(customer, now=timezone.now() - timedelta(minutes=5))
    ended(customer.engagement_id)
    participant = Participant.objects.get(pk=agent.participant_id)
    concluded_at = engagement_of(customer).concluded_at
    assert (participant.left_at, participant.departure) == (concluded_at, "PARTICIPANT_LEFT")
    assert AgentSession.objects.get(pk=agent.session_id).idle_since == concluded_at


def test_an_agent_who_left_before_is_not_told() -> None:
    customer = entered()
    agent = let_agent_join(customer)
    left_at = timezone.now()
    Participant.objects.filter(pk=agent.participant_id).update(left_at=left_at, departure="TRANSFERRED_TO_QUEUE")
    ended(customer.engagement_id)
    assert names(agent.mailbox_id) == []
    assert Participant.objects.get(pk=agent.participant_id).left_at == left_at


def test_an_open_offer_is_taken_back() -> None:
    other, customer = entered("other"), entered("one")
    agent, now = let_agent_join(other), timezone.now()
    offer = Offer.objects.create(
        engagement_id=customer.engagement_id,
        agent_session_id=agent.session_id,
        queue_id=1,
        offered_at=now,
        expires_at=now + timedelta(seconds=15),
    )
    ended(customer.engagement_id)
    offer.refresh_from_db()
    assert offer.state == "withdrawn"
    assert names(agent.mailbox_id) == ["ChatOfferWithdrawn"]


def test_nothing_is_said_afterwards() -> None:
    customer = entered()
    ended(customer.engagement_id)
    with pytest.raises(Refused):
        writes(customer, "one more thing")
    assert find_customer(customer.session_id) is not None  # they still get to know


def test_the_next_request_is_a_new_engagement() -> None:
    customer = entered(resumeType="RESUME")
    ended(customer.engagement_id)
    again = entered(resumeType="RESUME")
    assert again.engagement_id != customer.engagement_id
    assert ChatSession.objects.count() == 2


def test_who_comes_back_after_the_end_reads_all_of_it() -> None:
    customer = entered(resumeType="RESUME")
    agent = let_agent_join(customer)
    agent.writes(customer.engagement_id, "bye")
    token = token_for(resumeType="RESUME")
    ended(customer.engagement_id, Reason.AGENT_CONCLUDED, by=agent.participant_id)
    assert names(enter(token).mailbox_id) == ["ParticipantAdded", "MessagePosted", "Concluded"]


def test_it_costs_the_same_however_long_it_was(django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    customer = entered()
    agent = let_agent_join(customer)
    for number in range(5):
        agent.writes(customer.engagement_id, str(number))
    with django_assert_max_num_queries(14):
        assert ended(customer.engagement_id)
