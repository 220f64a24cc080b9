"""Several processes: a change counts in all of them, and changes at the same time do not spoil each other."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from django.db import connection

from chat_app.routing import demonstration, services, snapshot
from chat_app.routing.models import AssignmentRule, Interface, Queue
from tests.routing import builders
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def nothing_remembered() -> Iterator[None]:
    snapshot.routing.forget()
    yield
    snapshot.routing.forget()


def elsewhere(change: Callable[[], object]) -> None:
    """Run ``change`` on a connection of its own, as another process would, and wait until it is known here."""
    before = snapshot.routing.recall()
    at_once(change)
    wait_until(lambda: snapshot.routing.current() is not before)


def test_a_disabled_queue_is_not_assigned_any_more() -> None:
    front = builders.interface(1)
    builders.queue(2, front)
    asked = builders.request(queue_id=2)
    before = snapshot.routing.current()
    facts = before.value.interface_for(None)
    assert facts is not None
    elsewhere(lambda: Queue.objects.filter(pk=2).update(enabled=False))
    after = snapshot.routing.current()
    first, second = before.value.assign_queue(facts, asked), after.value.assign_queue(facts, asked)
    assert first is not None
    assert second is not None
    assert (first.queue_id, second.queue_id) == (2, 10)
    assert after.revision > before.revision


def test_what_did_not_change_is_not_loaded_again() -> None:
    builders.interface(1)
    assert snapshot.routing.current().value is snapshot.routing.current().value


def test_a_new_interface_is_known() -> None:
    assert snapshot.routing.current().value.interface_for(None) is None
    elsewhere(lambda: builders.interface(1))
    assert snapshot.routing.current().value.interface_for(None) is not None
    assert Interface.objects.count() == 1


def at_once(*acts: Callable[[], object]) -> None:
    """Run all of them at the same time, each on a connection of its own."""
    with ThreadPoolExecutor(len(acts)) as pool:
        for future in [pool.submit(and_close, act) for act in acts]:
            future.result()


def and_close(act: Callable[[], object]) -> None:
    try:
        act()
    finally:
        connection.close()


def test_of_interfaces_created_at_once_one_is_the_default() -> None:
    at_once(*(partial(create, number) for number in range(1, 7)))
    assert Interface.objects.filter(is_default=True).count() == 1
    assert Queue.objects.filter(is_default=True).count() == 6


def create(number: int) -> None:
    row = Interface(id=number, name=f"Interface {number}", chat_site_name=f"site-{number}")
    services.create_interface(interface=row)


def test_of_queues_made_the_default_at_once_one_is() -> None:
    front = builders.interface(1)
    queues = [builders.queue(number, front) for number in range(2, 8)]
    at_once(*(partial(services.make_default_queue, queue=queue) for queue in queues))
    assert front.queues.filter(is_default=True).count() == 1


def test_of_orders_given_at_once_one_holds() -> None:
    front = builders.interface(1)
    ids = [builders.rule(front.queues.get(), rank=rank).pk for rank in range(6)]
    orders = [ids[turn:] + ids[:turn] for turn in range(6)]
    at_once(*(partial(services.reorder, interface=front, rule_ids=order) for order in orders))
    assert list(AssignmentRule.objects.order_by("rank").values_list("pk", flat=True)) in orders


def test_the_demonstration_loaded_at_once_is_loaded_once() -> None:
    at_once(*(partial(demonstration.load, {}) for _ in range(4)))
    assert AssignmentRule.objects.count() == len(demonstration.RULES)
