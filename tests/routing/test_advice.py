"""What an administrator is told that nobody refuses."""

import pytest
from pytest_django import DjangoAssertNumQueries

from authenticate_app.accounts.models import User
from chat_app.routing.advice import Concern, advice
from chat_app.routing.models import Interface, Queue, QueueResource, Team
from tests.routing import builders

pytestmark = pytest.mark.django_db


@pytest.fixture
def agent() -> User:
    return User.objects.create_user("agent")


@pytest.fixture
def front(agent: User) -> Interface:
    """An interface about which there is nothing to say."""
    interface = builders.interface(1)
    QueueResource.objects.create(queue=interface.queues.get(), agent=agent)
    return interface


def concerns() -> list[Concern]:
    return [row.concern for row in advice()]


def test_nothing_where_all_is_well(front: Interface) -> None:
    builders.rule(builders.queue(2, front), ("custom-field", "tier", "equals", "gold"))
    assert advice() == []


def test_no_interface_at_all() -> None:
    assert concerns() == [Concern.NO_DEFAULT_INTERFACE]


def test_disabled_default_interface(front: Interface) -> None:
    Interface.objects.update(enabled=False)
    found = advice()
    assert [row.concern for row in found] == [Concern.DEFAULT_INTERFACE_DISABLED]
    assert (found[0].about, "Interface 1" in found[0].message) == (front, True)


def test_interface_without_a_default_queue(front: Interface) -> None:
    Interface.objects.create(id=7, name="Bare", chat_site_name="bare")
    assert concerns() == [Concern.NO_DEFAULT_QUEUE]


class TestNobodyServes:
    def test_no_resource(self, front: Interface) -> None:
        QueueResource.objects.all().delete()
        assert concerns() == [Concern.NOBODY_SERVES_DEFAULT_QUEUE]

    def test_agent_disabled(self, front: Interface, agent: User) -> None:
        User.objects.update(is_active=False)
        assert concerns() == [Concern.NOBODY_SERVES_DEFAULT_QUEUE]

    def test_team_without_members(self, front: Interface) -> None:
        QueueResource.objects.update(agent=None, team=Team.objects.create(name="Nobody"))
        assert concerns() == [Concern.NOBODY_SERVES_DEFAULT_QUEUE]

    def test_team_with_a_member(self, front: Interface, agent: User) -> None:
        team = Team.objects.create(name="First line")
        team.members.add(agent)
        QueueResource.objects.update(agent=None, team=team)
        assert concerns() == []

    def test_only_default_queues_count(self, front: Interface) -> None:
        builders.queue(2, front)
        assert concerns() == []


class TestRules:
    def test_to_a_disabled_queue(self, front: Interface) -> None:
        builders.rule(builders.queue(2, front, enabled=False), ("custom-field", "tier", "equals", "gold"))
        assert concerns() == [Concern.RULE_TO_DISABLED_QUEUE]

    def test_disabled_ones_do_not_count(self, front: Interface) -> None:
        builders.rule(builders.queue(2, front, enabled=False), enabled=False)
        assert concerns() == []

    def test_that_hides_others(self, front: Interface) -> None:
        queue = builders.queue(2, front)
        builders.rule(queue, rank=10, name="Everything")
        builders.rule(queue, ("custom-field", "tier", "equals", "gold"), rank=20)
        assert [(row.concern, "Everything" in row.message) for row in advice()] == [(Concern.RULE_HIDES_OTHERS, True)]

    def test_last_one_may_take_everything(self, front: Interface) -> None:
        queue = builders.queue(2, front)
        builders.rule(queue, ("custom-field", "tier", "equals", "gold"), rank=10)
        builders.rule(queue, rank=20)
        assert concerns() == []


@pytest.mark.parametrize("queues", [1, 20])
def test_queries_do_not_grow_with_the_rows(
    front: Interface, queues: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(100, 100 + queues):
        builders.rule(builders.queue(number, front, enabled=False))
    with django_assert_num_queries(5):
        assert len(advice()) == queues
    assert Queue.objects.count() == queues + 1
