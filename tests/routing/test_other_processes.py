"""A change of routing counts in every process at once."""

import threading
from collections.abc import Callable, Iterator

import pytest
from django.db import connection

from chat_app.routing import snapshot
from chat_app.routing.models import Interface, Queue
from chat_app.routing.profile import load_profile
from tests.routing import builders

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


@pytest.fixture(autouse=True)
def nothing_remembered() -> Iterator[None]:
    snapshot.routing.forget()
    yield
    snapshot.routing.forget()


def elsewhere(change: Callable[[], object]) -> None:
    """Run ``change`` on a connection of its own, as another process would."""

    def run() -> None:
        change()
        connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()


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


def test_options_fall_back_to_built_in_defaults_when_their_rows_are_gone() -> None:
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE chat_app_profileoption CASCADE")
    assert load_profile().options == {}
