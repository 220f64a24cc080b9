"""Who is offered to whom: one at a time, in the order of the queue, to the agent whose turn it is."""

import pytest
from pytest_django import DjangoAssertNumQueries

from chat_app.engagement import agent_sessions, offers
from chat_app.engagement.assignment import assign
from chat_app.engagement.models import Engagement, Mailbox, QueueFigures
from chat_app.routing.models import QueueOverflow, QueueResource, Team
from tests.engagement.stage import (
    NOW,
    customer,
    customers,
    engage,
    later,
    names_told,
    offered_to,
    ready_agent,
    sign_on,
    store_agent,
    told,
)
from tests.world import DEFAULT_QUEUE, DISABLED_QUEUE, INTERFACE, MANUAL_QUEUE, OTHER_INTERFACE, OTHER_QUEUE, QUEUE

pytestmark = pytest.mark.usefixtures("stage")


def test_an_offer_tells_who_waits_and_how_long_it_stands() -> None:
    waiting, agent = customer(at=NOW, offer_seconds=20), ready_agent("anna")
    assert assign(interface_id=INTERFACE, now=later(42)) == 1

    assert told(agent.mailbox_id) == [
        (
            "ChatOffered",
            {
                "queueId": QUEUE,
                "queueName": "Second",
                "expiresInSeconds": 20,
                "waitedSeconds": 42,
                "authUserName": waiting.engagement.auth_user_name,
                "firstName": "John",
                "lastName": None,
                "emailAddress": "john@vision.example",
                "question": "Where is it?",
            },
        )
    ]
    assert waiting.told() == []


def test_each_is_offered_to_one_agent_as_long_as_there_is_room() -> None:
    waiting = customers(8)
    agents = [ready_agent("anna", capacity=2), ready_agent("ben", capacity=3)]

    assert assign(interface_id=INTERFACE, now=NOW) == 5
    assert assign(interface_id=INTERFACE, now=NOW) == 0
    offered = [offered_to(agent) for agent in agents]
    assert sorted(offered[0] + offered[1]) == [entry.engagement_id for entry in waiting[:5]]
    assert [len(of_agent) for of_agent in offered] == [2, 3]


def test_the_longest_idle_agent_comes_first() -> None:
    late, early = ready_agent("late", now=later(5)), ready_agent("early", now=later(2))
    one, two, three = customers(3)
    assign(interface_id=INTERFACE, now=later(10))
    assert (offered_to(early), offered_to(late)) == ([one.engagement_id, three.engagement_id], [two.engagement_id])


def test_who_has_just_taken_one_is_the_least_idle() -> None:
    anna, ben = ready_agent("anna", now=later(1)), ready_agent("ben", now=later(2))
    engage(anna, customer(), now=later(3))
    another = customer()
    assign(interface_id=INTERFACE, now=later(4))
    assert (offered_to(anna), offered_to(ben)) == ([], [another.engagement_id])


def test_priority_comes_before_the_longer_wait() -> None:
    agent = ready_agent("anna", capacity=2)
    customer(at=NOW)
    second = customer(at=later(20), priority=1)
    first = customer(at=later(10), priority=1)
    assign(interface_id=INTERFACE, now=later(30))
    assert offered_to(agent) == [first.engagement_id, second.engagement_id]


@pytest.mark.parametrize(("waited", "comes_first"), [(179, "important"), (180, "patient")])
def test_a_long_wait_raises_the_priority(waited: int, comes_first: str) -> None:
    agent = ready_agent("anna", capacity=1)
    patient = customer(at=NOW, starvation_seconds=180)
    important = customer(at=later(waited), priority=1, starvation_seconds=180)
    assign(interface_id=INTERFACE, now=later(waited))
    expected = {"patient": patient, "important": important}[comes_first]
    assert offered_to(agent) == [expected.engagement_id]


def test_the_proposed_agent_is_asked_first() -> None:
    ready_agent("idle", now=NOW)
    proposed = ready_agent("proposed", now=later(5))
    waiting = customer(proposed_agent_id=proposed.user_id)
    assign(interface_id=INTERFACE, now=later(6))
    assert offered_to(proposed) == [waiting.engagement_id]


def test_the_proposed_agent_need_not_serve_the_queue() -> None:
    proposed = ready_agent("proposed", DEFAULT_QUEUE)
    customers(5)
    waiting = customer(at=later(1), proposed_agent_id=proposed.user_id)
    assign(interface_id=INTERFACE, now=later(2))
    assert offered_to(proposed) == [waiting.engagement_id]


@pytest.mark.parametrize("obstacle", ["signed off", "no room", "absent", "declined"])
def test_another_agent_is_asked_while_the_proposed_one_cannot(obstacle: str) -> None:
    other, proposed = ready_agent("other", now=later(5)), ready_agent("proposed", capacity=1)
    waiting = customer(proposed_agent_id=proposed.user_id, at=later(1))
    match obstacle:
        case "signed off":
            agent_sessions.log_off(agent=proposed, force=False, now=NOW)
        case "no room":
            agent_sessions.get_ready(agent=proposed, capacity=0, queue_ids=None, now=NOW)
        case "absent":
            Mailbox.objects.filter(pk=proposed.mailbox_id).update(connection=Mailbox.Connection.ABSENT)
        case _:
            assign(interface_id=INTERFACE, now=later(6))
            offers.answer(agent=proposed, engagement_id=waiting.engagement_id, accepted=False, now=later(7))
    assign(interface_id=INTERFACE, now=later(8))
    assert offered_to(other) == [waiting.engagement_id]


def test_an_agent_is_offered_what_comes_to_their_own_queues_and_their_teams() -> None:
    member = store_agent("member")
    team = Team.objects.create(name="Team")
    team.members.add(member)
    QueueResource.objects.create(queue_id=DEFAULT_QUEUE, team=team)
    agent = sign_on(member)
    agent_sessions.get_ready(agent=agent, capacity=5, queue_ids=None, now=NOW)
    own = customer(DEFAULT_QUEUE)
    customer(QUEUE)
    customer(OTHER_QUEUE, interface_id=OTHER_INTERFACE)
    assign(interface_id=INTERFACE, now=NOW)
    assign(interface_id=OTHER_INTERFACE, now=NOW)
    assert offered_to(agent) == [own.engagement_id]


def test_an_agent_who_is_ready_for_some_queues_is_offered_no_others() -> None:
    agent = ready_agent("anna", DEFAULT_QUEUE, QUEUE)
    agent_sessions.get_ready(agent=agent, capacity=5, queue_ids=[DEFAULT_QUEUE], now=NOW)
    customer(QUEUE)
    wanted = customer(DEFAULT_QUEUE)
    assign(interface_id=INTERFACE, now=NOW)
    assert offered_to(agent) == [wanted.engagement_id]


def test_who_waits_in_a_disabled_queue_is_served_all_the_same() -> None:
    agent, waiting = ready_agent("anna", DISABLED_QUEUE), customer(DISABLED_QUEUE)
    assign(interface_id=INTERFACE, now=NOW)
    assert offered_to(agent) == [waiting.engagement_id]


def test_nobody_is_offered_what_agents_pick_for_themselves() -> None:
    agent = ready_agent("anna", MANUAL_QUEUE)
    waiting = customer(MANUAL_QUEUE)
    assert assign(interface_id=INTERFACE, now=NOW) == 0
    Engagement.objects.update(proposed_agent_id=agent.user_id)
    assign(interface_id=INTERFACE, now=NOW)
    assert offered_to(agent) == [waiting.engagement_id]


def overflow_into(queue_id: int, *, priority: int = 1, enabled: bool = True) -> None:
    QueueOverflow.objects.create(queue_id=QUEUE, overflow_queue_id=queue_id, priority=priority, enabled=enabled)


@pytest.mark.parametrize(
    ("unattended_since", "waiting_since", "offered"), [(0, 0, 1), (1, 0, 0), (0, 1, 0), (None, 0, 0)]
)
def test_another_queue_takes_over_when_nobody_was_there_long_enough(
    unattended_since: int | None, waiting_since: int, offered: int
) -> None:
    overflow_into(DEFAULT_QUEUE)
    agent = ready_agent("anna", DEFAULT_QUEUE)
    since = None if unattended_since is None else later(unattended_since)
    QueueFigures.objects.create(queue_id=QUEUE, unattended_since=since)
    waiting = customer(at=later(waiting_since))
    assert assign(interface_id=INTERFACE, now=later(30)) == offered
    assert offered_to(agent) == [waiting.engagement_id][:offered]
    if offered:
        assert told(agent.mailbox_id)[0][1]["queueId"] == DEFAULT_QUEUE
        assert waiting.engagement.queue_id == QUEUE


def test_overflow_queues_are_asked_by_priority_and_only_enabled_ones() -> None:
    overflow_into(DEFAULT_QUEUE, priority=2)
    overflow_into(MANUAL_QUEUE, priority=1)
    overflow_into(DISABLED_QUEUE, priority=1)
    for name, queue_id in (("by hand", MANUAL_QUEUE), ("nobody", DISABLED_QUEUE)):
        ready_agent(name, queue_id)
    agent = ready_agent("anna", DEFAULT_QUEUE, now=later(1))
    QueueFigures.objects.create(queue_id=QUEUE, unattended_since=NOW)
    waiting = customer()
    assign(interface_id=INTERFACE, now=later(40))
    assert offered_to(agent) == [waiting.engagement_id]


def test_nobody_overflows_from_a_queue_whose_agent_is_busy() -> None:
    overflow_into(DEFAULT_QUEUE)
    busy = ready_agent("busy", capacity=1)
    engage(busy, customer())
    ready_agent("anna", DEFAULT_QUEUE)
    QueueFigures.objects.filter(queue_id=QUEUE).update(unattended_since=NOW)
    customer()
    assert assign(interface_id=INTERFACE, now=later(60)) == 0


def test_who_declined_is_asked_again_after_a_while() -> None:
    agent, waiting = ready_agent("anna"), customer()
    assign(interface_id=INTERFACE, now=NOW)
    offers.answer(agent=agent, engagement_id=waiting.engagement_id, accepted=False, now=later(1))
    assert assign(interface_id=INTERFACE, now=later(30)) == 0
    assert assign(interface_id=INTERFACE, now=later(31)) == 1


def test_what_an_agent_passed_does_not_hold_up_those_behind_it() -> None:
    agent = ready_agent("anna", capacity=1)
    waiting = customers(4)
    for entry in waiting[:3]:
        assert assign(interface_id=INTERFACE, now=NOW) == 1
        offers.answer(agent=agent, engagement_id=entry.engagement_id, accepted=False, now=NOW)
    assign(interface_id=INTERFACE, now=NOW)
    assert offered_to(agent) == [waiting[3].engagement_id]


def test_an_unanswered_offer_goes_to_the_next() -> None:
    anna, ben = ready_agent("anna", now=NOW), ready_agent("ben", now=later(1))
    waiting = customer(offer_seconds=15)
    assign(interface_id=INTERFACE, now=later(2))
    assert offers.expire(now=later(16.9)) == 0
    assert offers.expire(now=later(17)) == 1
    assign(interface_id=INTERFACE, now=later(17))
    assert (offered_to(anna), offered_to(ben)) == ([], [waiting.engagement_id])
    assert told(anna.mailbox_id)[-1] == ("ChatOfferWithdrawn", {"reason": "NOT_ANSWERED"})
    assert names_told(ben.mailbox_id) == ["ChatOffered"]


def test_a_crowd_costs_no_more_statements(django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    waiting = customers(200)
    agents = [ready_agent(f"agent {number}", capacity=3) for number in range(10)]
    with django_assert_max_num_queries(12):
        assert assign(interface_id=INTERFACE, now=later(1)) == 30
    offered = [engagement_id for agent in agents for engagement_id in offered_to(agent)]
    assert sorted(offered) == [entry.engagement_id for entry in waiting[:30]]
