"""Processes of the server are killed under load: every 201 that a client received is in the database."""

import os
import signal
from pathlib import Path

import httpx
import pytest

from chatauth_project.embedded_postgres import EmbeddedPostgres
from tests.load import Load, check_nothing_is_lost, load_on
from tests.serving import Installation, ask
from tests.waiting import wait_until

pytestmark = [pytest.mark.faults, pytest.mark.xdist_group("faults")]


def lives(pid: int) -> bool:
    """Whether a process runs; one that has ended and whose parent has not looked yet does not."""
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False


def check_answers(load: Load) -> None:
    assert load.counts().keys() == {201}
    assert len(load.tokens) > 50


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_worker_that_ends_is_replaced(installed: Installation, number: signal.Signals) -> None:
    server = installed.server
    before = server.workers()
    assert len(before) == 2
    with load_on(server) as load:
        load.wait_for_more(50)
        os.kill(before[0], number)
        wait_until(lambda: not lives(before[0]))
        wait_until(lambda: len([pid for pid in server.workers() if lives(pid)]) == 2)
        load.wait_for_more(50)
    assert before[1] in server.workers()
    check_answers(load)
    check_nothing_is_lost(server, load)


def test_all_workers_killed_at_once_are_replaced(installed: Installation) -> None:
    server = installed.server
    before = server.workers()
    with load_on(server) as load:
        load.wait_for_more(50)
        for pid in before:
            os.kill(pid, signal.SIGKILL)
        load.wait_for_more(50)
    assert not set(before) & set(server.workers())
    check_answers(load)
    check_nothing_is_lost(server, load)


def test_the_whole_server_killed_and_started_again(installed: Installation) -> None:
    server = installed.server
    with load_on(server) as load:
        load.wait_for_more(50)
        server.process.kill9()
        answered = len(load.statuses)
        server.start()
        load.wait_for_more(50)
    assert len(load.statuses) > answered
    assert load.broken
    check_answers(load)
    check_nothing_is_lost(server, load)


def test_workers_do_not_outlive_the_supervisor(installed: Installation) -> None:
    server = installed.server
    workers = server.workers()
    os.kill(server.process.process.pid, signal.SIGKILL)
    server.process.process.wait(timeout=30)
    wait_until(lambda: not any(lives(pid) for pid in workers))
    with pytest.raises(httpx.ConnectError):
        httpx.get(server.url + "/healthz", trust_env=False)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_under_load_finishes_what_was_begun(installed: Installation, number: signal.Signals) -> None:
    server = installed.server
    workers = server.workers()
    with load_on(server) as load:
        load.wait_for_more(50)
        assert server.process.stop(number) == 0
    assert not any(lives(pid) for pid in workers)
    check_answers(load)
    check_nothing_is_lost(server, load)
    assert "Traceback" not in server.process.written()


def test_database_and_server_killed_together(installed: Installation, cluster: EmbeddedPostgres) -> None:
    """As a power cut does it."""
    server = installed.server
    with load_on(server) as load:
        load.wait_for_more(100)
        cluster.kill9()
        server.process.kill9()
    cluster.start()
    server.start()
    check_nothing_is_lost(server, load)
    with server.client() as client:
        assert ask(client).status_code == 201
