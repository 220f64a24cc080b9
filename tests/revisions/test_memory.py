import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.auth.models import Group
from django.db import connection, transaction
from pytest_django import DjangoAssertNumQueries

from authenticate_app.revisions.listener import Listener
from authenticate_app.revisions.memory import Recollection, Remembered
from authenticate_app.revisions.selectors import revision_of
from tests.waiting import wait_until


class Deaf(Listener):
    """Is never told of anything."""

    def mark(self, topic: str) -> None:
        return None


def role_names() -> frozenset[str]:
    return frozenset(Group.objects.values_list("name", flat=True))


class Load:
    """Counts how often it was called, and fails when it should."""

    def __init__(self) -> None:
        self.calls = 0
        self.fault: Exception | None = None

    def __call__(self) -> frozenset[str]:
        self.calls += 1
        if self.fault is not None:
            raise self.fault
        return role_names()


@pytest.fixture
def load() -> Load:
    return Load()


@pytest.fixture
def remembered(listener: Listener, load: Load) -> Remembered[frozenset[str]]:
    remembered = Remembered("roles", load, told_by=listener)
    remembered.current()
    return remembered


def in_another_thread(act: Callable[[], object]) -> None:
    """On another connection, so that nothing but the database tells of it."""

    def run() -> None:
        try:
            act()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        pool.submit(run).result()


def test_nothing_is_asked_while_nothing_changes(
    remembered: Remembered[frozenset[str]], load: Load, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        assert remembered.current() is remembered.current() is remembered.recall()
    assert load.calls == 1


def test_a_recollection_bears_topic_and_revision(remembered: Remembered[frozenset[str]]) -> None:
    assert remembered.current() == Recollection("roles", revision_of("roles"), role_names())


def test_a_change_elsewhere_is_seen(remembered: Remembered[frozenset[str]], load: Load) -> None:
    in_another_thread(lambda: Group.objects.create(name="agents"))

    wait_until(lambda: "agents" in remembered.current().value)

    assert load.calls == 2
    assert remembered.current().revision == revision_of("roles")


def test_a_notification_without_a_change_loads_nothing(
    remembered: Remembered[frozenset[str]], listener: Listener, load: Load
) -> None:
    mark = listener.mark("roles")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify('chatauth_revision', 'roles')")
    wait_until(lambda: listener.mark("roles") != mark)

    remembered.current()

    assert load.calls == 1


def test_recall_does_not_look(
    remembered: Remembered[frozenset[str]], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    before = remembered.recall()
    in_another_thread(lambda: Group.objects.create(name="agents"))

    with django_assert_num_queries(0):
        assert remembered.recall() is before


def test_without_a_listener_each_question_is_one_query(
    transactional_db: None, load: Load, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    remembered = Remembered("roles", load, told_by=Deaf())
    remembered.current()

    with django_assert_num_queries(1):
        remembered.current()
    Group.objects.create(name="agents")
    assert "agents" in remembered.current().value
    assert load.calls == 2


def test_what_fails_to_load_leaves_nothing_stale(remembered: Remembered[frozenset[str]], load: Load) -> None:
    revision = remembered.current().revision
    in_another_thread(lambda: Group.objects.create(name="agents"))
    load.fault = RuntimeError("cannot be made")

    wait_until(lambda: _fails(remembered.current))
    with pytest.raises(RuntimeError, match="cannot be made"):
        remembered.recall()

    load.fault = None
    assert remembered.recall().revision > revision


def _fails(act: Callable[[], object]) -> bool:
    try:
        act()
    except RuntimeError:
        return True
    return False


def test_a_transaction_sees_what_it_has_changed(remembered: Remembered[frozenset[str]]) -> None:
    with transaction.atomic():
        Group.objects.create(name="agents")
        assert "agents" in remembered.current().value


def test_what_was_rolled_back_is_not_current(remembered: Remembered[frozenset[str]]) -> None:
    with transaction.atomic():
        Group.objects.create(name="agents")
        remembered.current()
        transaction.set_rollback(True)

    assert "agents" not in remembered.current().value


def test_the_revision_of_what_was_rolled_back_never_comes_again(remembered: Remembered[frozenset[str]]) -> None:
    with transaction.atomic():
        Group.objects.create(name="agents")
        seen = remembered.current().revision
        transaction.set_rollback(True)

    Group.objects.create(name="others")

    assert revision_of("roles") > seen
    assert "agents" not in remembered.current().value


def test_the_revision_is_not_newer_than_the_value(listener: Listener) -> None:
    def load_while_it_changes() -> int:
        in_another_thread(lambda: Group.objects.create(name=f"role {Group.objects.count()}"))
        return Group.objects.count()

    before = revision_of("roles")
    assert Remembered("roles", load_while_it_changes, told_by=listener).current().revision == before


def test_one_thread_loads_for_all(listener: Listener, load: Load) -> None:
    remembered = Remembered("roles", load, told_by=listener)
    start = threading.Barrier(8)

    def ask() -> Recollection[frozenset[str]]:
        start.wait()
        try:
            return remembered.current()
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        answers = [future.result() for future in [pool.submit(ask) for _ in range(8)]]

    assert load.calls == 1
    assert all(answer is answers[0] for answer in answers)


def test_forget(remembered: Remembered[frozenset[str]], load: Load) -> None:
    remembered.forget()

    assert remembered.known_current_within() is None
    remembered.recall()
    assert load.calls == 2


def test_how_long_ago_it_was_current(remembered: Remembered[frozenset[str]], listener: Listener) -> None:
    age = remembered.known_current_within()
    assert age is not None
    assert age < 1

    listener.stop()

    later = remembered.known_current_within()
    assert later is not None
    assert later > 0
