"""``requestEngagement``: who gets in, where they wait, and who comes back."""

from datetime import time, timedelta

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from authenticate_app.accounts.models import User
from authenticate_app.audit.models import AuditEvent
from authenticate_app.oauth.secrets import checksum
from chat_app.engagement.errors import Refused
from chat_app.engagement.models import Engagement, Mailbox, Participant
from chat_app.engagement.requesting import note_refusal, request_engagement
from chat_app.engagement.sessions import Speaker, find_customer, pool_of
from chat_app.engagement.tokens import verify_chat_token
from chat_app.routing.models import Holiday, Queue, ServiceCalendar, ServicePeriod
from chat_app.sessions.models import ChatSession, ChatToken
from tests.engagement.front import (
    engagement_of,
    enter,
    entered,
    facts,
    names,
    remember,
    stream,
    token_for,
    writes,
)
from tests.routing import builders
from tests.world import CUSTOMER, DEFAULT_QUEUE, INTERFACE, OTHER_DEFAULT_QUEUE, OTHER_INTERFACE, QUEUE, set_option

pytestmark = pytest.mark.usefixtures("world")


def refusal_of(token: str) -> tuple[int, str]:
    with pytest.raises(Refused) as refused:
        enter(token)
    return refused.value.error.status, refused.value.reason


def close_queue(queue_id: int) -> ServiceCalendar:
    """Give a queue hours of service that are over."""
    calendar = ServiceCalendar.objects.create(name="Never")
    Queue.objects.filter(pk=queue_id).update(service_calendar=calendar)
    return calendar


def test_a_customer_gets_a_place_in_the_queue() -> None:
    token = token_for("Jane Roe", firstName="Jane", lastName="Roe", question="Why?", chatPriority=7, assigneeId="42")
    joined = enter(token)

    engagement = engagement_of(joined)
    session = ChatSession.objects.get()
    assert (engagement.session_id, engagement.interface_id, engagement.queue_id) == (session.pk, 1, DEFAULT_QUEUE)
    assert (engagement.state, engagement.auth_user_name, engagement.end_user_key) == ("waiting", "Jane Roe", "jane roe")
    assert engagement.properties["question"] == "Why?"
    assert (engagement.priority, engagement.proposed_agent_id) == (7, 42)
    assert engagement.requested_at == engagement.waiting_since == session.requested_at
    assert (engagement.discard_seconds, engagement.starvation_seconds, engagement.offer_seconds) == (600, 180, 15)
    assert (session.state, session.queue_id, session.resumable) == ("requested", DEFAULT_QUEUE, True)

    customer = Participant.objects.get()
    assert (customer.pk, customer.kind, customer.role, customer.name) == (joined.client_id, "consumer", "", "Jane Roe")
    mailbox = Mailbox.objects.get()
    assert (mailbox.pk, mailbox.engagement_id) == (joined.mailbox_id, engagement.pk)
    assert (mailbox.absent_seconds, mailbox.absences, mailbox.connection) == (120, 2, "ACTIVE")
    assert mailbox.session_checksum == checksum(joined.session_id)
    waiting = {"position": 1, "expectedWaitTimeSeconds": 60, "averageWaitTimeSeconds": 60}
    assert stream(mailbox.pk) == [("RNEngagementWaitInformationChangedMessage", waiting)]
    assert (engagement.shown_position, engagement.shown_wait_seconds) == (1, 60)
    assert mailbox.last_sequence == 1


def test_the_session_id_is_long_names_its_pool_and_finds_the_customer() -> None:
    joined = entered()
    assert joined.session_id.startswith("353-2.")
    assert pool_of(joined.session_id) == "353:2"
    assert len(joined.session_id.partition(".")[2]) == 43
    assert not Mailbox.objects.filter(session_checksum__contains=joined.session_id).exists()
    expected = Speaker(joined.mailbox_id, joined.engagement_id, joined.client_id, INTERFACE)
    assert find_customer(joined.session_id) == expected
    assert find_customer(joined.session_id[:-1]) is None
    assert find_customer("undefined") is None


def test_it_is_two_statements(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    now, interface = timezone.now(), facts()
    enter(token_for("Somebody before"), now=now)  # and the pace of the queue is known
    token = token_for()
    remember()
    with django_assert_num_queries(2):
        verified = verify_chat_token(token, interface=interface, now=now)
        request_engagement(token=verified, interface=interface, include_own_messages=False, now=now)


def test_a_name_is_made_of_what_is_there() -> None:
    entered("only.name")
    assert Participant.objects.get().name == "only.name"


@pytest.mark.parametrize("value", [9999999999, -999999999])
def test_a_priority_beyond_all_bounds_is_as_high_as_can_be(value: int) -> None:
    assert abs(engagement_of(entered(chatPriority=value)).priority) == min(abs(value), 1_000_000_000)


def test_what_a_customer_cannot_be_routed_by_does_not_count() -> None:
    remember()
    token = token_for(CUSTOMER, chatPriority=9, assigneeId="42")
    engagement = engagement_of(enter(token))
    assert engagement.priority == 9  # the service account may
    ChatSession.objects.update(speaks_for_others=False)
    Engagement.objects.update(state="concluded", concluded_at=timezone.now())
    ChatSession.objects.update(state="concluded", resumable=None)
    other = token_for(CUSTOMER, chatPriority=9, assigneeId="42")
    ChatSession.objects.update(speaks_for_others=False)
    engagement = engagement_of(enter(other))
    assert (engagement.priority, engagement.proposed_agent_id) == (0, None)


@pytest.mark.parametrize("assignee", ["jane", "12x", "９", "9" * 30])
def test_an_assignee_who_is_no_account_proposes_nobody(assignee: str) -> None:
    assert engagement_of(entered(assigneeId=assignee)).proposed_agent_id is None


def test_those_who_wait_already_are_counted() -> None:
    for name in ("one", "two", "three"):
        entered(name)
    assert stream(entered("four").mailbox_id)[0][1] == {
        "position": 4,
        "expectedWaitTimeSeconds": 240,
        "averageWaitTimeSeconds": 60,
    }
    assert engagement_of(entered("urgent", chatPriority=1)).shown_position == 1


def test_a_queue_that_is_assigned_late() -> None:
    set_option("SVC_CHAT_WAIT_TIME_ENABLED", "Yes")
    builders.rule(Queue.objects.get(pk=QUEUE), ("attribute", "question", "equals", "second"))
    token = token_for(question="second")
    assert ChatSession.objects.get().queue_id is None
    assert engagement_of(enter(token)).queue_id == QUEUE
    assert ChatSession.objects.get().queue_id == QUEUE


def test_rules_of_a_queue_that_is_assigned_late_see_organization_custom_fields_and_the_wish() -> None:
    set_option("SVC_CHAT_WAIT_TIME_ENABLED", "Yes")
    builders.rule(Queue.objects.get(pk=QUEUE), ("custom-field", "tier", "equals", "gold"))
    assert engagement_of(entered("gold", customFields='{"tier": "gold"}')).queue_id == QUEUE
    assert engagement_of(entered("tin", customFields='{"tier": "tin"}')).queue_id == DEFAULT_QUEUE
    assert engagement_of(entered("wish", queueId=QUEUE)).queue_id == QUEUE
    User.objects.filter(username="dcsadmin1").update(organization_party_id=77)
    builders.rule(Queue.objects.get(pk=QUEUE), ("caller-organization", "", "equals", "77"))
    assert engagement_of(entered("of 77")).queue_id == QUEUE


def test_a_queue_that_was_disabled_meanwhile_gives_way() -> None:
    token = token_for(queueId=QUEUE)
    assert ChatSession.objects.get().queue_id == QUEUE
    Queue.objects.filter(pk=QUEUE).update(enabled=False)
    assert engagement_of(enter(token)).queue_id == DEFAULT_QUEUE


def test_profile_options_are_kept_as_they_are_when_it_begins() -> None:
    set_option("ORA_SVC_CHAT_ABSENT_INTERVAL", "30", product="HRHD")
    set_option("ORA_SVC_CHAT_ENDUSER_ABSENT_RETRY_COUNT", "5", user=User.objects.get(username=CUSTOMER))
    set_option("ORA_SVC_QUEUED_REQUEST_DISCARD_SECONDS", "0")
    set_option("SVC_CHAT_OFFER_NOTIFICATION_TIMEOUT_VALUE", "20")
    set_option("SVC_STARVATION_PREVENTION_RT_INTERVAL", "99999999999999")
    joined = entered(CUSTOMER, stripeCode="HRHD")
    mailbox, engagement = Mailbox.objects.get(pk=joined.mailbox_id), engagement_of(joined)
    assert (mailbox.absent_seconds, mailbox.absences) == (30, 5)
    assert (engagement.discard_seconds, engagement.offer_seconds) == (0, 20)
    assert engagement.starvation_seconds == 315_360_000
    assert engagement.end_user_id == User.objects.get(username=CUSTOMER).pk == Participant.objects.get().user_id


def test_an_account_that_was_deleted_meanwhile_hinders_nobody() -> None:
    token = token_for(CUSTOMER)
    User.objects.filter(username=CUSTOMER).delete()
    enter(token)
    assert Participant.objects.get().user_id is None


def test_another_interface_has_its_own_queue_and_pool() -> None:
    token = token_for(businessUnitOrgId="300100011111111")
    joined = enter(token, interface_id=OTHER_INTERFACE)
    assert engagement_of(joined).queue_id == OTHER_DEFAULT_QUEUE
    assert joined.session_id.startswith("7-1.")


def test_a_token_is_good_once() -> None:
    token = token_for()
    first = enter(token)
    assert refusal_of(token) == (403, "token_replayed")
    assert find_customer(first.session_id) is not None
    assert Engagement.objects.count() == 1


def test_a_token_that_is_not_stored_is_refused() -> None:
    token = token_for()
    ChatToken.objects.all().delete()
    assert refusal_of(token) == (403, "token_unknown")


def test_a_token_for_another_name_than_its_session_is_refused() -> None:
    token = token_for()
    ChatSession.objects.update(auth_user_name="Somebody else")
    assert refusal_of(token) == (403, "token_claims")


def test_chat_that_is_turned_off_is_refused_and_the_token_used_up() -> None:
    token = token_for()
    set_option("SVC_ENABLE_CHAT", "No")
    assert refusal_of(token) == (409, "chat_disabled")
    assert refusal_of(token) == (403, "token_replayed")
    assert not Engagement.objects.exists()
    assert ChatSession.objects.get().state == "authenticated"


def test_out_of_hours_nobody_gets_in() -> None:
    calendar = close_queue(DEFAULT_QUEUE)
    assert refusal_of(token_for()) == (409, "out_of_hours")
    for weekday in range(7):
        ServicePeriod.objects.create(calendar=calendar, weekday=weekday, opens_at=time(0), closes_at=time(23, 59, 59))
    entered()
    Holiday.objects.create(calendar=calendar, date=timezone.now().date())
    assert refusal_of(token_for("too late")) == (409, "out_of_hours")


def test_who_waits_at_closing_time_may_come_back() -> None:
    entered()
    close_queue(DEFAULT_QUEUE)
    assert names(enter(token_for(resumeType="RESUME")).mailbox_id) == ["WaitInformationChanged"]


def test_coming_back_voids_the_old_session_id() -> None:
    first = entered(resumeType="RESUME")
    again = entered(resumeType="RESUME")
    assert (again.engagement_id, again.client_id) == (first.engagement_id, first.client_id)
    assert again.session_id != first.session_id
    assert find_customer(first.session_id) is None
    assert find_customer(again.session_id) == Speaker(again.mailbox_id, first.engagement_id, first.client_id, 1)
    assert stream(again.mailbox_id) == stream(first.mailbox_id)
    assert Mailbox.objects.get(pk=again.mailbox_id).absences == 2


def test_a_session_that_ended_meanwhile_says_so() -> None:
    first = entered(resumeType="RESUME")
    token = token_for(resumeType="RESUME")
    Engagement.objects.update(state="concluded", concluded_at=timezone.now(), reason="QUEUE_TIMEOUT")
    again = enter(token)
    assert again.engagement_id == first.engagement_id
    assert stream(again.mailbox_id) == [("RNEngagementConcludedMessage", {"reason": "QUEUE_TIMEOUT", "role": None})]


def test_a_second_request_takes_over_the_place_of_the_first() -> None:
    first = entered(question="first")
    requested_at = engagement_of(first).requested_at
    second = entered(question="second", queueId=QUEUE, firstName="Jane", chatPriority=3)

    assert (second.engagement_id, second.client_id) == (first.engagement_id, first.client_id)
    assert find_customer(first.session_id) is None
    engagement = engagement_of(second)
    assert engagement.properties["question"] == "second"
    assert (engagement.requested_at, engagement.queue_id, engagement.priority) == (requested_at, QUEUE, 3)
    assert Participant.objects.get().name == "Jane"
    before, after = ChatSession.objects.order_by("pk")
    assert (before.state, before.resumable, before.concluded_at is not None) == ("concluded", None, True)
    assert (after.state, after.resumable, after.pk) == ("requested", True, engagement.session_id)


@pytest.mark.parametrize("own_too", [True, False])
def test_what_was_written_in_a_place_taken_over_is_told_to_those_who_ask_for_it(own_too: bool) -> None:
    writes(entered(), "Is anybody there?")
    told = names(enter(token_for(), own_too=own_too).mailbox_id)
    assert told == [*(["MessagePosted"] if own_too else []), "WaitInformationChanged"]


def test_a_token_of_a_session_that_was_taken_over_is_refused() -> None:
    entered(resumeType="RESUME")
    late = token_for(resumeType="RESUME")
    entered()
    assert refusal_of(late) == (409, "engagement_concluded")


def test_names_are_compared_as_everywhere() -> None:
    first = entered("Jane Roe")
    assert entered("JANE ROE").engagement_id == first.engagement_id


def test_who_was_with_an_agent_is_taken_over_by_nobody() -> None:
    first = entered()
    Engagement.objects.update(engaged_at=timezone.now())  # and came back to the queue
    assert entered().engagement_id != first.engagement_id


def test_at_another_interface_they_wait_anew() -> None:
    first = entered()
    token = token_for(businessUnitOrgId="300100011111111")
    assert enter(token, interface_id=OTHER_INTERFACE).engagement_id != first.engagement_id


def test_refused_tokens_are_audited() -> None:
    token = token_for()
    enter(token)
    with pytest.raises(Refused) as refused:
        enter(token)
    note_refusal(refused.value, client_address="192.0.2.7", request_id="abc", now=timezone.now())
    event = AuditEvent.objects.get(event="chat_token_refused")
    assert (event.reason, event.address, event.request_id) == ("token_replayed", "192.0.2.7", "abc")


def test_an_old_request_is_ahead_of_a_new_one_of_higher_priority() -> None:
    set_option("SVC_STARVATION_PREVENTION_RT_INTERVAL", "60")
    first = entered("patient")
    Engagement.objects.filter(pk=first.engagement_id).update(requested_at=timezone.now() - timedelta(seconds=121))
    assert engagement_of(entered("urgent", chatPriority=2)).shown_position == 2
    assert engagement_of(entered("very urgent", chatPriority=3)).shown_position == 1
