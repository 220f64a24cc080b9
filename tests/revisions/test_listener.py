import os
import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.conf import LazySettings
from django.contrib.auth.models import Group
from django.db import connection

from authenticate_app.revisions import listener as module
from authenticate_app.revisions.listener import APPLICATION_NAME, SILENCE_SECONDS, Listener
from authenticate_app.revisions.memory import Remembered
from tests.waiting import wait_until


def backends() -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity WHERE application_name = %s AND datname = current_database()",
            [APPLICATION_NAME],
        )
        return [pid for (pid,) in cursor.fetchall()]


def terminate_backends() -> None:
    with connection.cursor() as cursor:
        for pid in backends():
            cursor.execute("SELECT pg_terminate_backend(%s)", [pid])


def threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "revision-listener"]


@pytest.fixture(autouse=True)
def only_ours(transactional_db: None) -> Iterator[None]:
    module.listener.stop()
    yield
    assert not threads()


def test_a_mark_changes_with_its_topic_alone(listener: Listener) -> None:
    roles, keys = listener.mark("roles"), listener.mark("keys")

    Group.objects.create(name="agents")

    wait_until(lambda: listener.mark("roles") != roles)
    assert listener.mark("keys") == keys


def test_a_mark_lasts_while_nothing_changes(listener: Listener) -> None:
    assert listener.mark("roles") == listener.mark("roles") is not None


def test_a_cut_connection_is_made_again_and_old_marks_are_worth_nothing(listener: Listener) -> None:
    before = listener.mark("roles")
    assert before is not None
    [backend] = backends()

    terminate_backends()

    wait_until(lambda: listener.mark("roles") not in {before, None})
    assert listener.unchanged_until("roles", before) is None
    assert backends() != [backend]


def test_a_change_while_the_connection_was_cut_is_seen(listener: Listener) -> None:
    remembered = Remembered("roles", lambda: set(Group.objects.values_list("name", flat=True)), told_by=listener)
    remembered.current()

    terminate_backends()
    Group.objects.create(name="agents")

    wait_until(lambda: "agents" in remembered.current().value)


def test_without_a_connection_there_are_no_marks_until_it_comes_back(settings: LazySettings) -> None:
    right = settings.DATABASE_LISTEN_URL
    settings.DATABASE_LISTEN_URL = "postgresql:///nowhere?host=/nonexistent"
    settings.DATABASE_CONNECT_TIMEOUT = timedelta(seconds=1)
    listener = Listener()
    try:
        assert listener.mark("roles") is None
        assert not listener.wait_until_connected(timeout=0.05)
        settings.DATABASE_LISTEN_URL = right
        assert listener.wait_until_connected(timeout=15)
    finally:
        listener.stop()


def test_a_lost_connection_was_surely_alive_only_before_the_silence(listener: Listener) -> None:
    mark = listener.mark("roles")
    assert mark is not None
    alive = listener.unchanged_until("roles", mark)
    ear = listener._ear
    assert alive is not None
    assert ear is not None

    ear.stop()

    lost = listener.unchanged_until("roles", mark)
    assert lost is not None
    assert lost < alive - SILENCE_SECONDS + 5


def test_stopping_closes_the_connection_and_the_next_question_opens_it_again(listener: Listener) -> None:
    first = listener.mark("roles")

    listener.stop()
    listener.stop()

    assert not threads()
    wait_until(lambda: not backends())
    assert listener.wait_until_connected(timeout=15)
    assert listener.mark("roles") not in {first, None}


def test_many_questions_at_once_start_one_thread() -> None:
    listener = Listener()
    askers = [threading.Thread(target=listener.mark, args=("roles",)) for _ in range(8)]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()

    assert len(threads()) == 1
    listener.stop()


def test_a_forked_child_has_a_listener_of_its_own() -> None:
    module.listener.wait_until_connected(timeout=15)
    child = os.fork()
    if child == 0:
        os._exit(0 if module.listener._ear is None else 1)

    assert os.waitpid(child, 0)[1] == 0
    assert module.listener.mark("roles") is not None
    module.listener.stop()


def test_the_peer_is_watched_and_the_database_is_the_one_of_the_tests() -> None:
    parameters = module.connection_parameters()

    assert parameters["dbname"] == connection.settings_dict["NAME"]
    assert parameters["autocommit"] is True
    assert SILENCE_SECONDS == 11
    names = ("keepalives", "keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout")
    assert [parameters[name] for name in names] == [1, 5, 2, 3, 11_000]


def test_a_direct_address_is_taken_where_one_is_given(settings: LazySettings) -> None:
    settings.DATABASE_LISTEN_URL = "postgresql://direct.example.com/chatauth"

    parameters = module.connection_parameters()

    assert parameters["conninfo"] == "postgresql://direct.example.com/chatauth"
    assert parameters["connect_timeout"] == settings.DATABASE_CONNECT_TIMEOUT.total_seconds()
    assert "dbname" not in parameters
