"""What one side says arrives at the other, and nowhere else."""

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from chat_app.engagement.conversation import Activity, NewMessage, Writer, post_message, set_activity
from chat_app.engagement.errors import Refused
from chat_app.engagement.models import (
    AgentSession,
    Engagement,
    Mailbox,
    MailboxEvent,
    Participant,
    TranscriptMessage,
)
from chat_app.engagement.sessions import find_customer
from chat_app.engagement.vocabulary import ActivityMode
from tests.engagement.front import engagement_of, enter, entered, let_agent_join, names, stream, token_for, writes

pytestmark = pytest.mark.usefixtures("world")

VERBATIM = '/me <b onclick="x">bold</b> & \u00e9\U0001f600 \\n\n "quoted" %s {0}'


def transcript() -> list[tuple[int, str]]:
    return list(TranscriptMessage.objects.order_by("pk").values_list("participant_id", "body"))


def test_a_message_of_the_customer_arrives_at_the_agent_with_every_field() -> None:
    customer = entered()
    agent = let_agent_join(customer)
    before = names(customer.mailbox_id)
    writes(customer, VERBATIM, message_id="m-1", rich_text=True)

    fields = {"body": VERBATIM, "richText": True, "offTheRecord": False, "messageId": "m-1"}
    assert stream(agent.mailbox_id) == [("RNEngagementMessagePostedMessage", fields)]
    event = MailboxEvent.objects.get(mailbox_id=agent.mailbox_id)
    assert (event.engagement_id, event.client_id) == (customer.engagement_id, customer.client_id)
    assert names(customer.mailbox_id) == before  # their own messages are not in the stream
    assert transcript() == [(customer.client_id, VERBATIM)]


def test_a_message_of_the_agent_arrives_at_the_customer_with_every_field() -> None:
    customer = entered()
    agent = let_agent_join(customer)
    agent.writes(customer.engagement_id, VERBATIM)

    fields = {"body": VERBATIM, "richText": False, "offTheRecord": False, "messageId": None}
    assert stream(customer.mailbox_id)[1:] == [("RNEngagementMessagePostedMessage", fields)]
    event = MailboxEvent.objects.get(mailbox_id=customer.mailbox_id, sequence=2)
    assert event.client_id == agent.participant_id
    assert names(agent.mailbox_id) == []


def test_other_conversations_hear_nothing() -> None:
    customer, other = entered("one"), entered("other")
    let_agent_join(customer)
    others_agent = let_agent_join(other)
    writes(customer, "secret")
    assert names(others_agent.mailbox_id) == []
    assert names(other.mailbox_id) == ["WaitInformationChanged"]


def test_who_still_waits_may_write() -> None:
    customer = entered()
    writes(customer, "Hello?")
    assert transcript() == [(customer.client_id, "Hello?")]
    assert engagement_of(customer).last_written_at is None


def test_writing_counts_once_an_agent_is_there() -> None:
    customer = entered()
    joined_at = timezone.now()
    let_agent_join(customer, now=joined_at)
    writes(customer, "Hello", now=joined_at + timedelta(seconds=5))
    assert engagement_of(customer).last_written_at == joined_at + timedelta(seconds=5)


def test_the_same_message_id_is_the_same_message() -> None:
    customer = entered()
    agent = let_agent_join(customer)
    writes(customer, "once", message_id="m-1")
    writes(customer, "once", message_id="m-1")
    agent.writes(customer.engagement_id, "mine", message_id="m-1")  # another writer's is another one

    assert names(agent.mailbox_id) == ["MessagePosted"]
    assert transcript() == [(customer.client_id, "once"), (agent.participant_id, "mine")]
    assert names(customer.mailbox_id) == ["WaitInformationChanged", "MessagePosted"]


def test_messages_without_an_id_are_all_different() -> None:
    customer = entered()
    writes(customer, "again")
    writes(customer, "again")
    assert len(transcript()) == 2


@pytest.mark.parametrize("message_id", [None, "m-1"])
def test_what_is_said_off_the_record_arrives_and_is_not_kept(message_id: str | None) -> None:
    customer = entered()
    agent = let_agent_join(customer)
    for _ in range(2):
        writes(customer, "between us", message_id=message_id, off_the_record=True)

    told = [fields for _, fields in stream(agent.mailbox_id)]
    assert len(told) == (2 if message_id is None else 1)
    assert all(fields["body"] == "between us" and fields["offTheRecord"] for fields in told)
    assert all(event.off_the_record for event in MailboxEvent.objects.filter(mailbox_id=agent.mailbox_id))
    assert [body for _, body in transcript()] == ([] if message_id is None else [""])
    assert names(enter(token_for("Jane Roe", resumeType="RESUME"), own_too=True).mailbox_id) == ["ParticipantAdded"]


def refusal_of(engagement_id: int, writer: Writer) -> tuple[str, str]:
    now = timezone.now()
    with pytest.raises(Refused) as posting:
        post_message(engagement_id=engagement_id, writer=writer, message=NewMessage("x"), now=now)
    with pytest.raises(Refused) as acting:
        set_activity(engagement_id=engagement_id, writer=writer, activity=Activity(ActivityMode.NONE), now=now)
    assert posting.value.reason == acting.value.reason
    assert not TranscriptMessage.objects.exists()
    return posting.value.error.code, posting.value.reason


def test_nobody_writes_into_an_engagement_that_is_over() -> None:
    customer = entered()
    Engagement.objects.update(state="concluded", concluded_at=timezone.now())
    over = ("ENGAGEMENT_CONCLUDED", "engagement_concluded")
    assert refusal_of(customer.engagement_id, Writer(participant_id=customer.client_id)) == over
    assert refusal_of(customer.engagement_id + 1, Writer(participant_id=customer.client_id)) == over


def test_nobody_writes_into_the_engagement_of_others() -> None:
    customer, other = entered("one"), entered("other")
    agent = let_agent_join(other)
    denied = ("ACCESS_DENIED", "not_in_engagement")
    assert refusal_of(customer.engagement_id, Writer(participant_id=other.client_id)) == denied
    assert refusal_of(customer.engagement_id, Writer(agent_session_id=agent.session_id)) == denied
    assert refusal_of(customer.engagement_id, Writer()) == denied


def test_an_agent_who_has_left_neither_writes_nor_hears() -> None:
    customer = entered()
    agent = let_agent_join(customer)
    Participant.objects.filter(pk=agent.participant_id).update(left_at=timezone.now())
    denied = ("ACCESS_DENIED", "not_in_engagement")
    assert refusal_of(customer.engagement_id, Writer(agent_session_id=agent.session_id)) == denied
    writes(customer, "still there?")
    assert names(agent.mailbox_id) == []


def test_the_session_of_an_agent_that_has_ended_hears_nothing() -> None:
    customer = entered()
    agent = let_agent_join(customer)
    AgentSession.objects.filter(pk=agent.session_id).update(ended_at=timezone.now())
    writes(customer, "still there?")
    assert names(agent.mailbox_id) == []


def test_activity_arrives_with_every_field_and_is_not_kept() -> None:
    customer = entered()
    agent = let_agent_join(customer)
    typing = Activity(ActivityMode.RESPONDING, "I am wri", sneak_preview_focus=True)
    writer = Writer(participant_id=customer.client_id)
    set_activity(engagement_id=customer.engagement_id, writer=writer, activity=typing, now=timezone.now())

    fields = {
        "mode": "RESPONDING",
        "sneakPreviewState": "ENABLED",
        "sneakPreviewInterval": 500,
        "sneakPreview": "I am wri",
        "sneakPreviewFocus": True,
    }
    assert stream(agent.mailbox_id) == [("RNEngagementActivityChangedMessage", fields)]
    assert MailboxEvent.objects.get(mailbox_id=agent.mailbox_id).off_the_record
    assert transcript() == []
    assert names(customer.mailbox_id) == ["WaitInformationChanged"]


@pytest.mark.parametrize("mode", list(ActivityMode))
def test_whatever_the_agent_is_doing_the_customer_is_told(mode: ActivityMode) -> None:
    customer = entered()
    agent = let_agent_join(customer)
    writer = Writer(agent_session_id=agent.session_id)
    caused_by = set_activity(
        engagement_id=customer.engagement_id, writer=writer, activity=Activity(mode), now=timezone.now()
    )
    assert caused_by == agent.participant_id
    name, fields = stream(customer.mailbox_id)[-1]
    assert (name, fields["mode"], fields["sneakPreview"]) == ("RNEngagementActivityChangedMessage", mode.value, "")


def test_writing_is_two_queries_with_the_look_up_of_the_session(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    customer = entered()
    let_agent_join(customer)
    with django_assert_num_queries(2):
        speaker = find_customer(customer.session_id)
        assert speaker is not None
        writes(customer, "Hello", message_id="m-1")
    with django_assert_num_queries(1):
        set_activity(
            engagement_id=speaker.engagement_id,
            writer=Writer(participant_id=speaker.participant_id),
            activity=Activity(ActivityMode.LISTENING),
            now=timezone.now(),
        )


def test_who_comes_back_gets_the_agents_side_so_far() -> None:
    customer = entered(resumeType="RESUME")
    writes(customer, "first question")
    agent = let_agent_join(customer, "Ann")
    agent.writes(customer.engagement_id, "first answer", message_id="a-1")
    writes(customer, "second question")
    agent.writes(customer.engagement_id, "second answer")

    again = enter(token_for(resumeType="RESUME"))
    assert stream(again.mailbox_id) == [
        ("RNEngagementParticipantAddedMessage", {"name": "Ann", "greeting": "", "role": "LEAD"}),
        *(
            (
                "RNEngagementMessagePostedMessage",
                {"body": body, "richText": False, "offTheRecord": False, "messageId": message_id},
            )
            for body, message_id in [("first answer", "a-1"), ("second answer", None)]
        ),
    ]
    caused_by = set(MailboxEvent.objects.filter(mailbox_id=again.mailbox_id).values_list("client_id", flat=True))
    assert caused_by == {agent.participant_id}
    written_at = list(TranscriptMessage.objects.filter(participant_id=agent.participant_id).order_by("pk"))
    told_at = list(MailboxEvent.objects.filter(mailbox_id=again.mailbox_id).order_by("sequence"))[1:]
    assert [event.created_at for event in told_at] == [message.posted_at for message in written_at]


def test_who_asks_for_it_gets_their_own_side_too() -> None:
    customer = entered(resumeType="RESUME")
    writes(customer, "question")
    agent = let_agent_join(customer)
    agent.writes(customer.engagement_id, "answer")
    again = enter(token_for(resumeType="RESUME"), own_too=True)
    bodies = [fields.get("body") for _, fields in stream(again.mailbox_id)]
    assert bodies == ["question", None, "answer"]


def test_who_comes_back_learns_who_has_left_and_waits_again() -> None:
    customer = entered(resumeType="RESUME")
    agent = let_agent_join(customer)
    agent.writes(customer.engagement_id, "wait a moment")
    left = {"left_at": timezone.now(), "departure": Participant.Departure.TRANSFERRED_TO_QUEUE}
    Participant.objects.filter(pk=agent.participant_id).update(**left)
    Engagement.objects.update(state="waiting", shown_position=2, shown_wait_seconds=77)

    again = enter(token_for(resumeType="RESUME"))
    assert stream(again.mailbox_id)[2:] == [
        (
            "RNEngagementParticipantLeftMessage",
            {"role": "LEAD", "disconnectReason": "TRANSFERRED_TO_QUEUE"},
        ),
        (
            "RNEngagementWaitInformationChangedMessage",
            {"position": 2, "expectedWaitTimeSeconds": 77, "averageWaitTimeSeconds": 60},
        ),
    ]


def test_who_was_absent_and_comes_back_is_there_again_for_the_agent() -> None:
    customer = entered(resumeType="RESUME")
    agent = let_agent_join(customer)
    MailboxEvent.objects.filter(mailbox_id=agent.mailbox_id).delete()
    Mailbox.objects.filter(pk=customer.mailbox_id).update(connection="ABSENT")
    Mailbox.objects.filter(pk=agent.mailbox_id).update(connection="ABSENT")
    again = enter(token_for(resumeType="RESUME"))
    changed = "RNEngagementParticipantConnectionStateChangedMessage"
    assert stream(agent.mailbox_id) == [(changed, {"connectionState": "ACTIVE"})]
    assert stream(again.mailbox_id)[-1] == (changed, {"connectionState": "ABSENT"})


def test_messages_after_coming_back_arrive_in_the_new_stream_alone() -> None:
    customer = entered(resumeType="RESUME")
    agent = let_agent_join(customer)
    again = enter(token_for(resumeType="RESUME"))
    old = names(customer.mailbox_id)
    agent.writes(customer.engagement_id, "welcome back")
    assert names(customer.mailbox_id) == old
    assert names(again.mailbox_id) == ["ParticipantAdded", "MessagePosted"]
