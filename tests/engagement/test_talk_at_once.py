"""What happens at the same moment happens one after the other, in either order, and nothing is lost or done twice."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from chat_app.engagement.agent_sessions import facts_of
from chat_app.engagement.claiming import Joined
from chat_app.engagement.conversation import Activity, Writer, set_activity
from chat_app.engagement.endings import conclude
from chat_app.engagement.errors import Refused
from chat_app.engagement.events import put
from chat_app.engagement.joining import join, leave
from chat_app.engagement.locks import lock_engagement
from chat_app.engagement.models import AgentSession, Engagement, Mailbox, Participant, TranscriptMessage
from chat_app.engagement.present import AgentFacts
from chat_app.engagement.sessions import find_customer
from chat_app.engagement.vocabulary import ActivityMode, MessageName
from chat_app.sessions.models import ChatSession
from tests.engagement.front import (
    Colleague,
    engagement_of,
    enter,
    entered,
    in_a_thread_of_its_own,
    let_agent_join,
    names,
    stream,
    token_for,
    writes,
)
from tests.waiting import wait_until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("world")]

WAITING = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND wait_event_type = 'Lock' AND pid <> pg_backend_pid()
"""


def waiting_for_locks() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")  # a transaction sees the same figures all the time otherwise
        cursor.execute(WAITING)
        return int(cursor.fetchone()[0])


@contextmanager
def held_up(engagement_id: int) -> Iterator[Callable[..., Future[Any]]]:
    """Hold the engagement until every act that was started in the meantime waits for it, each behind the one before."""
    with ThreadPoolExecutor() as pool:
        started: list[Future[Any]] = []

        def start(act: Callable[..., Any], *arguments: Any) -> Future[Any]:
            started.append(pool.submit(in_a_thread_of_its_own(act), *arguments))
            wait_until(lambda: waiting_for_locks() == len(started))
            return started[-1]

        with transaction.atomic():
            assert lock_engagement(engagement_id) is not None
            yield start


def all_at_once(act: Callable[..., Any], *arguments: Any, times: int = 8) -> list[Any]:
    """Do it so many times at the same moment; what was refused is there as the refusal."""

    def attempt() -> Any:
        try:
            return act(*arguments)
        except Refused as refusal:
            return refusal

    with ThreadPoolExecutor(times) as pool:
        futures = [pool.submit(in_a_thread_of_its_own(attempt)) for _ in range(times)]
        return [future.result() for future in futures]


def test_a_token_lets_one_in() -> None:
    token = token_for()
    results = all_at_once(enter, token)
    joined = [result for result in results if isinstance(result, Joined)]
    assert len(joined) == 1
    assert {result.reason for result in results if isinstance(result, Refused)} == {"token_replayed"}
    assert Engagement.objects.count() == 1


def at_once_with(tokens: list[str]) -> list[Joined]:
    with ThreadPoolExecutor(len(tokens)) as pool:
        return list(pool.map(in_a_thread_of_its_own(enter), tokens))


def the_one_that_counts(joined: list[Joined]) -> Joined:
    """All of them came into one engagement, and one session id is good."""
    assert len({entry.engagement_id for entry in joined}) == 1
    good = [entry for entry in joined if find_customer(entry.session_id)]
    assert len(good) == 1
    assert Mailbox.objects.filter(voided_at=None).count() == 1
    return good[0]


def test_tokens_of_one_session_open_one_engagement() -> None:
    tokens = [token_for(resumeType="RESUME") for _ in range(5)]
    assert ChatSession.objects.count() == 1
    the_one_that_counts(at_once_with(tokens))


def test_tokens_of_several_sessions_of_one_person_open_one_engagement() -> None:
    tokens = [token_for() for _ in range(5)]
    assert ChatSession.objects.count() == 5
    good = the_one_that_counts(at_once_with(tokens))
    states = sorted(ChatSession.objects.values_list("state", flat=True))
    assert states == ["concluded"] * 4 + ["requested"]
    assert Engagement.objects.get().pk == good.engagement_id


def test_the_same_message_twice_at_once_is_one() -> None:
    customer = entered()
    agent = let_agent_join(customer)
    all_at_once(lambda: writes(customer, "once", message_id="m-1"))
    assert TranscriptMessage.objects.count() == 1
    assert names(agent.mailbox_id) == ["MessagePosted"]


def test_messages_at_once_arrive_in_the_order_in_which_they_are_kept() -> None:
    customer = entered()
    agent = let_agent_join(customer)
    all_at_once(lambda: writes(customer, "x"), times=8)
    assert names(agent.mailbox_id) == ["MessagePosted"] * 8
    assert TranscriptMessage.objects.count() == 8


def end(customer: Joined) -> bool:
    by, reason = customer.client_id, Engagement.Reason.END_USER_CONCLUDED
    return conclude(engagement_id=customer.engagement_id, reason=reason, by=by, now=timezone.now())


def test_a_message_just_before_the_end_arrives_before_it() -> None:
    customer = entered()
    agent = let_agent_join(customer)
    with held_up(customer.engagement_id) as start:
        posted, ended = start(writes, customer, "wait"), start(end, customer)
    assert posted.result()
    assert ended.result()
    assert names(agent.mailbox_id) == ["MessagePosted", "Concluded"]


def test_a_message_just_after_the_end_is_refused() -> None:
    customer = entered()
    agent = let_agent_join(customer)
    with held_up(customer.engagement_id) as start:
        ended, posted = start(end, customer), start(writes, customer, "wait")
    assert ended.result()
    with pytest.raises(Refused):
        posted.result()
    assert names(agent.mailbox_id) == ["Concluded"]
    assert not TranscriptMessage.objects.exists()


def test_it_ends_once() -> None:
    customer = entered()
    agent = let_agent_join(customer)
    assert sum(all_at_once(end, customer)) == 1
    assert names(agent.mailbox_id) == ["Concluded"]


@pytest.mark.parametrize("agent_is_first", [True, False])
def test_a_message_while_the_customer_comes_back_arrives_once(agent_is_first: bool) -> None:
    customer = entered(resumeType="RESUME")
    agent = let_agent_join(customer)
    token = token_for(resumeType="RESUME")
    acts: list[tuple[Callable[..., Any], Any]] = [
        (lambda joined: agent.writes(joined.engagement_id, "welcome"), customer),
        (enter, token),
    ]
    with held_up(customer.engagement_id) as start:
        futures = [start(*act) for act in (acts if agent_is_first else reversed(acts))]
    again = next(result for future in futures if isinstance(result := future.result(), Joined))
    assert names(again.mailbox_id) == ["ParticipantAdded", "MessagePosted"]


def come(customer: Joined, agent: AgentFacts) -> None:
    with transaction.atomic():
        engagement = lock_engagement(customer.engagement_id)
        assert engagement is not None
        put(join(engagement=engagement, agent=agent, now=timezone.now()), now=timezone.now())


def go(customer: Joined) -> None:
    with transaction.atomic():
        engagement = lock_engagement(customer.engagement_id)
        assert engagement is not None
        told = leave(engagements=[engagement], departure=Participant.Departure.PARTICIPANT_LEFT, now=timezone.now())
        put(told, now=timezone.now())


def free_agent() -> AgentFacts:
    elsewhere = let_agent_join(entered("Somebody else"))
    return facts_of(AgentSession.objects.get(pk=elsewhere.session_id))


@pytest.mark.parametrize("agent_is_first", [True, False])
def test_an_agent_who_comes_misses_no_message(agent_is_first: bool) -> None:
    customer, agent = entered(), free_agent()
    acts: list[tuple[Any, ...]] = [(come, customer, agent), (writes, customer, "Hello?")]
    with held_up(customer.engagement_id) as start:
        futures = [start(*act) for act in (acts if agent_is_first else reversed(acts))]
    assert [future.exception() for future in futures] == [None, None]
    assert transcript_seen_by(agent, customer) == ["Hello?"]


def transcript_seen_by(agent: AgentFacts, customer: Joined) -> list[str]:
    """What was handed over with the engagement, and what came then."""
    bodies: list[str] = []
    for name, fields in stream(agent.mailbox_id):
        bodies += [entry["body"] for entry in fields.get("transcript", [])]
        bodies += [fields["body"]] if name == MessageName.MESSAGE_POSTED else []
    return bodies


@pytest.mark.parametrize("agent_is_first", [True, False])
def test_an_agent_who_goes_hears_what_was_written_before_and_nothing_more(agent_is_first: bool) -> None:
    customer = entered()
    agent = let_agent_join(customer)
    acts: list[tuple[Any, ...]] = [(go, customer), (writes, customer, "Wait")]
    with held_up(customer.engagement_id) as start:
        futures = [start(*act) for act in (acts if agent_is_first else reversed(acts))]
    assert [future.exception() for future in futures] == [None, None]
    heard = ["ChatUnassigned"] if agent_is_first else ["MessagePosted", "ChatUnassigned"]
    assert names(agent.mailbox_id) == heard
    assert TranscriptMessage.objects.count() == 1


def test_what_an_agent_is_doing_is_shown_to_a_customer_who_comes_back_meanwhile() -> None:
    customer = entered(resumeType="RESUME")
    agent, token = let_agent_join(customer), token_for(resumeType="RESUME")
    with held_up(customer.engagement_id) as start:
        entering, typing = start(enter, token), start(types, agent, customer)
    assert typing.result() == agent.participant_id
    assert names(entering.result().mailbox_id) == ["ParticipantAdded", "ActivityChanged"]


def types(agent: Colleague, customer: Joined) -> int:
    return set_activity(
        engagement_id=customer.engagement_id,
        writer=Writer(agent_session_id=agent.session_id),
        activity=Activity(ActivityMode.RESPONDING),
        now=timezone.now(),
    )


def change_hands(customer: Joined, agent: AgentFacts) -> None:
    go(customer)
    assert engagement_of(customer).state == Engagement.State.WAITING
    come(customer, agent)


def version_of(customer: Joined) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT xmin::text FROM chat_app_engagement WHERE id = %s", [customer.engagement_id])
        return str(cursor.fetchone()[0])


@pytest.mark.parametrize(
    "act",
    [
        pytest.param(lambda customer, agent, _token: change_hands(customer, agent), id="one agent goes, one comes"),
        pytest.param(lambda customer, _agent, _token: end(customer), id="end"),
        pytest.param(lambda _customer, _agent, token: enter(token), id="the customer comes back"),
    ],
)
def test_whoever_changes_who_is_told_writes_the_engagement(act: Callable[..., object]) -> None:
    """A statement that has seen another version of the engagement knows by that to look again."""
    customer, agent = entered(resumeType="RESUME"), free_agent()
    let_agent_join(customer)
    token, before = token_for(resumeType="RESUME"), version_of(customer)
    act(customer, agent, token)
    assert version_of(customer) != before


def test_who_comes_back_while_it_ends_learns_of_the_end() -> None:
    customer = entered(resumeType="RESUME")
    token = token_for(resumeType="RESUME")
    with held_up(customer.engagement_id) as start:
        ended, entering = start(end, customer), start(enter, token)
    assert ended.result()
    assert names(entering.result().mailbox_id) == ["Concluded"]


def test_an_agent_who_leaves_just_before_does_not_write() -> None:
    customer = entered()
    agent = let_agent_join(customer)
    with held_up(customer.engagement_id) as start:
        posted = start(agent.writes, customer.engagement_id, "too late")
        Participant.objects.filter(pk=agent.participant_id).update(left_at=timezone.now(), departure="PARTICIPANT_LEFT")
    with pytest.raises(Refused):
        posted.result()
    assert not TranscriptMessage.objects.exists()
