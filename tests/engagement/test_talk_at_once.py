"""What happens at the same moment happens one after the other, in either order, and nothing is lost or done twice."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from chat_app.engagement.claiming import Joined
from chat_app.engagement.endings import conclude
from chat_app.engagement.errors import Refused
from chat_app.engagement.locks import lock_engagement
from chat_app.engagement.models import Engagement, Mailbox, Participant, TranscriptMessage
from chat_app.engagement.sessions import find_customer
from chat_app.sessions.models import ChatSession
from tests.engagement.front import enter, entered, in_a_thread_of_its_own, let_agent_join, names, token_for, writes
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
