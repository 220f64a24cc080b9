"""What customers who wait are told of it, and what anybody may know of a queue."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from chat_app.engagement import statistics
from chat_app.engagement.models import Engagement, Mailbox, QueueFigures
from chat_app.engagement.statistics import QueueStats, queue_stats
from chat_app.engagement.waiting import tell_positions
from chat_app.routing.models import Queue, ServiceCalendar
from tests.engagement.stage import NOW, customer, customers, engage, later, ready_agent
from tests.world import DEFAULT_QUEUE, QUEUE

pytestmark = pytest.mark.usefixtures("stage")


def waits(position: int, expected: int, average: int) -> tuple[str, dict[str, int]]:
    fields = {"position": position, "expectedWaitTimeSeconds": expected, "averageWaitTimeSeconds": average}
    return "WaitInformationChanged", fields


def test_everybody_is_told_their_place_in_their_own_queue() -> None:
    first, second = customers(2)
    elsewhere = customer(DEFAULT_QUEUE)
    Queue.objects.filter(pk=DEFAULT_QUEUE).update(assumed_wait_seconds=20)
    assert tell_positions(now=NOW) == 3
    assert first.told() == [waits(1, 60, 60)]
    assert second.told() == [waits(2, 120, 60)]
    assert elsewhere.told() == [waits(1, 20, 20)]


def test_nobody_is_told_again_what_has_not_changed() -> None:
    first, second = customers(2)
    tell_positions(now=NOW)
    assert tell_positions(now=later(1)) == 0
    engage(ready_agent("anna", capacity=1), first, now=later(2))
    assert tell_positions(now=later(3)) == 1
    assert second.told()[1:] == [waits(1, 60, 2)]


def test_who_comes_first_later_moves_the_others_back() -> None:
    ordinary = customer()
    tell_positions(now=NOW)
    urgent = customer(at=later(1), priority=2)
    assert tell_positions(now=later(1)) == 2
    assert (urgent.told(), ordinary.told()[1:]) == ([waits(1, 60, 60)], [waits(2, 120, 60)])


def test_the_pace_is_measured_over_the_last_half_hour() -> None:
    for minutes in (31, 20, 10, 0):
        engaged_at = NOW - timedelta(minutes=minutes)
        customer(state=Engagement.State.ENGAGED, engaged_at=engaged_at)
    QueueFigures.objects.create(queue_id=QUEUE, average_wait_seconds=90.4)
    waiting = customers(3)
    tell_positions(now=NOW)
    assert waiting[2].told() == [waits(3, 1800, 90)]


def test_who_comes_back_to_the_queue_is_told_anew() -> None:
    agent, waiting = ready_agent("anna"), customer()
    tell_positions(now=NOW)
    engage(agent, waiting)
    Engagement.objects.update(state=Engagement.State.WAITING, shown_position=None, shown_wait_seconds=None)
    tell_positions(now=later(1))
    assert [name for name, _ in waiting.told()] == [
        "WaitInformationChanged",
        "ParticipantAdded",
        "WaitInformationChanged",
    ]


def test_however_many_wait_it_is_three_statements(django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    customers(50)
    with django_assert_max_num_queries(5):  # savepoint and release included
        assert tell_positions(now=NOW) == 50


@pytest.fixture
def nothing_kept() -> None:
    statistics.forget()


@pytest.mark.usefixtures("nothing_kept")
def test_the_figures_of_a_queue() -> None:
    busy = ready_agent("busy", capacity=2)
    engage(busy, customer(), now=later(12))
    ready_agent("full", capacity=0)
    ready_agent("elsewhere", DEFAULT_QUEUE)
    absent = ready_agent("absent")
    Mailbox.objects.filter(pk=absent.mailbox_id).update(connection=Mailbox.Connection.ABSENT)
    ready_agent("free", capacity=3)
    customers(4)
    assert queue_stats(QUEUE, later(20)) == QueueStats(
        free_sessions=4,
        free_agents=2,
        present_agents=2,
        engagements_waiting=4,
        expected_wait_seconds=300,
        average_wait_seconds=12,
        is_out_of_hours=False,
    )


@pytest.mark.usefixtures("nothing_kept")
def test_figures_are_kept_for_a_second() -> None:
    def waiting(seconds: float) -> int:
        stats = queue_stats(QUEUE, later(seconds))
        assert stats is not None
        return stats.engagements_waiting

    assert waiting(0) == 0
    customer()
    assert [waiting(0.9), waiting(1)] == [0, 1]


@pytest.mark.usefixtures("nothing_kept")
def test_figures_cost_four_queries_and_three_while_the_pace_is_known() -> None:
    def asked(seconds: float) -> int:
        with CaptureQueriesContext(connection) as captured:
            queue_stats(QUEUE, later(seconds))
        return sum("authenticate_app_revision" not in query["sql"] for query in captured)

    asked(80_000)  # which remembers the rules
    assert [asked(90_000), asked(90_000.5)] == [4, 0]
    statistics.forget()
    assert asked(90_000.5) == 3


@pytest.mark.usefixtures("nothing_kept")
def test_a_queue_out_of_hours_and_one_that_there_is_not() -> None:
    never = ServiceCalendar.objects.create(name="Never", time_zone="UTC")
    Queue.objects.filter(pk=QUEUE).update(service_calendar=never)
    stats = queue_stats(QUEUE, NOW)
    assert stats is not None
    assert stats.is_out_of_hours
    assert queue_stats(999, NOW) is None
