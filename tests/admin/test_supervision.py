"""The supervisors' page: queues and agents of this moment, charts of the last day, with a fixed number of queries."""

from collections.abc import Callable
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

import pytest
from django.contrib.auth.hashers import make_password
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from authenticate_app.accounts.models import User
from chat_app.engagement.models import AgentSession, Engagement, Mailbox, Participant
from chat_app.engagement.supervision import agents_now, last_day, queues_now, running_and_waiting
from chat_app.routing.models import Interface, Queue, QueueResource, Team
from tests.admin.conftest import SignedIn

PAGE = reverse("admin:supervision")
NOW = timezone.now()

pytestmark = pytest.mark.usefixtures("routing_data")

Chat = Callable[..., Engagement]


@pytest.fixture
def chat(db: None) -> Chat:
    """Make a chat of queue 1 that was asked for so many seconds ago."""

    def make(age: float, *, waited: float | None = None, **fields: object) -> Engagement:
        at = NOW - timedelta(seconds=age)
        number = Engagement.objects.count()
        given = {"engaged_at": None if waited is None else at + timedelta(seconds=waited), "state": "waiting", **fields}
        return Engagement.objects.create(
            session_id=number + 1,
            interface_id=1,
            queue_id=1,
            auth_user_name=f"user {number}",
            end_user_key=f"user {number}",
            requested_at=at,
            waiting_since=at,
            discard_seconds=600,
            starvation_seconds=180,
            offer_seconds=15,
            **given,
        )

    return make


def agent(name: str, *, capacity: int = 3, state: str = "ACTIVE", chats: int = 0, at: datetime = NOW) -> AgentSession:
    """An agent of queue 1 who is signed on, and in so many chats."""
    user = User.objects.create(username=name, password=make_password(None))
    QueueResource.objects.create(queue_id=1, agent=user)
    box = Mailbox.objects.create(
        session_checksum=name, last_seen_at=at, absent_seconds=30, absences=2, created_at=at, connection=state
    )
    session = AgentSession.objects.create(
        user=user, interface_id=1, mailbox=box, name=name, capacity=capacity, idle_since=at, signed_on_at=at
    )
    for engagement in Engagement.objects.filter(state="engaged").order_by("pk")[:chats]:
        Participant.objects.create(engagement=engagement, kind="agent", name=name, joined_at=at, agent_session=session)
    return session


def test_a_queue_tells_who_waits_and_who_is_there(chat: Chat) -> None:
    for age in (10, 90):
        chat(age)
    chat(100, waited=5, state="engaged")
    agent("Anna", chats=1)
    agent("Ben", capacity=0)
    agent("Carl", state="ABSENT")

    first, *_others = queues_now(agents=agents_now(), now=NOW)

    assert (first.waiting, first.longest_wait, first.mean_wait) == (2, 90, None)
    assert (first.there, first.away, first.absent, first.room) == (1, 1, 1, 2)
    assert running_and_waiting() == (1, 2)


def test_what_agents_serve_is_found_alone_and_by_team_once(db: None) -> None:
    other = Interface.objects.create(
        id=77, name="other", business_unit_org_id=7, chat_site_name="other", pool_id="1", domain="d.example"
    )
    elsewhere = Queue.objects.create(id=700, interface=other, name="elsewhere")
    second = Queue.objects.create(id=701, interface_id=1, name="second")
    team = Team.objects.create(name="all")
    anna, ben = agent("Anna"), agent("Ben")
    team.members.add(anna.user, ben.user)
    for queue in (second, elsewhere, Queue.objects.get(pk=1)):
        QueueResource.objects.create(queue=queue, team=team)
    AgentSession.objects.filter(pk=ben.pk).update(queue_ids=[second.pk])
    assert [each.queue_ids for each in agents_now()] == [{1, second.pk}, {second.pk}]


def test_what_agents_serve_costs_no_more_than_there_is(db: None) -> None:
    """Not all members of all teams of all queues for each agent."""
    agents = [agent(f"agent {number}").user for number in range(30)]
    teams = [Team.objects.create(name=f"team {number}") for number in range(5)]
    queues = [Queue.objects.create(id=number, interface_id=1, name=f"queue {number}") for number in range(700, 710)]
    for number, team in enumerate(teams):
        team.members.add(*agents[number::5])
        QueueResource.objects.bulk_create(QueueResource(queue=queue, team=team) for queue in queues)
    with CaptureQueriesContext(connection) as queries:
        assert all(len(each.queue_ids) == 1 + len(queues) for each in agents_now())
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN (ANALYZE, FORMAT JSON) " + queries.captured_queries[0]["sql"])
        plan = cursor.fetchone()[0][0]["Plan"]
    assert most_rows(plan) < 30 * 30 * 5


def most_rows(node: dict[str, Any]) -> int:
    """The most rows that a step of the plan looked at, over all its repetitions."""
    passed = node["Actual Rows"] + node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Join Filter", 0)
    own: int = round(passed * node["Actual Loops"])
    return max([own, *map(most_rows, node.get("Plans", []))])


def test_whoever_waits_in_a_queue_that_was_switched_off_is_seen(chat: Chat) -> None:
    Queue.objects.create(pk=99, interface_id=1, name="Old", enabled=False)
    assert 99 not in [queue.id for queue in queues_now(agents=[], now=NOW)]
    chat(10)
    Engagement.objects.update(queue_id=99)
    assert (99, 1) in [(queue.id, queue.waiting) for queue in queues_now(agents=[], now=NOW)]


def test_the_last_day_by_wait_outcome_and_hour(chat: Chat) -> None:
    ended = {"state": "concluded", "concluded_at": NOW}
    chat(60, waited=15, reason="AGENT_CONCLUDED", **ended)
    chat(60, waited=601, reason="AGENT_CONCLUDED", **ended)
    chat(60, reason="QUEUE_TIMEOUT", **ended)
    chat(2 * 24 * 3600, waited=1, reason="QUEUE_TIMEOUT", **ended)

    day = last_day(now=NOW)

    assert (dict(day.waits)[15], dict(day.waits)[None], sum(count for _bound, count in day.waits)) == (1, 1, 2)
    assert (dict(day.outcomes)["AGENT_CONCLUDED"], dict(day.outcomes)["QUEUE_TIMEOUT"]) == (2, 1)
    assert (len(day.hours), sum(count for _hour, count in day.hours)) == (24, 3)


def test_a_supervisor_sees_it_with_links_to_chats(signed_in: SignedIn, chat: Chat) -> None:
    engagement = chat(100, waited=5, state="engaged")
    agent("<i>Anna</i>", chats=1)
    browser = signed_in("CHATAUTH_SUPERVISOR")
    page = browser.get(PAGE).content.decode()
    assert "&lt;i&gt;Anna&lt;/i&gt;" in page
    assert reverse("admin:chat_app_engagement_change", args=[engagement.pk]) in page
    start = browser.get("/admin/").content.decode()
    assert PAGE in start
    assert "Chats with an agent: 1; waiting now: 0." in start


def test_nobody_else_sees_it(signed_in: SignedIn) -> None:
    browser = signed_in()
    assert browser.get(PAGE).status_code == HTTPStatus.FORBIDDEN
    assert PAGE not in browser.get("/admin/").content.decode()


def test_it_costs_the_same_number_of_queries_whatever_there_is(signed_in: SignedIn, chat: Chat) -> None:
    browser = signed_in("CHATAUTH_SUPERVISOR")
    with CaptureQueriesContext(connection) as before:
        browser.get(PAGE)
    for number in range(10):
        chat(number, waited=5, state="engaged")
        agent(f"agent {number}", chats=number)
    with CaptureQueriesContext(connection) as after:
        browser.get(PAGE)
    assert len(after) == len(before)
