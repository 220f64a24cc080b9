"""Keys that many threads and processes make, change and use at the same time."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from authenticate_app.keys import services
from authenticate_app.keys.models import SigningKey
from authenticate_app.revisions.listener import APPLICATION_NAME
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db(transaction=True)

AT_ONCE = 8


class Process:
    """Another process of the project, on the same database."""

    def __init__(self) -> None:
        environment = {**os.environ, "DATABASE_URL": database_url(), "DJANGO_SETTINGS_MODULE": "tests.settings"}
        command = [sys.executable, "-m", "tests.keys.process"]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(
            command, stdin=pipe, stdout=pipe, text=True, env=environment, cwd=settings.BASE_DIR
        )

    def begin(self, action: str) -> None:
        assert self._process.stdin
        self._process.stdin.write(action + "\n")
        self._process.stdin.flush()

    def finish(self) -> dict[str, Any]:
        assert self._process.stdout
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer

    def ask(self, action: str) -> Any:
        self.begin(action)
        return self.finish()["answer"]

    def queries(self, action: str) -> int:
        self.begin(action)
        return int(self.finish()["queries"])

    def end(self) -> None:
        self._process.communicate(timeout=15)


def database_url() -> str:
    found = connection.settings_dict
    login = f"{quote(found['USER'])}:{quote(found['PASSWORD'])}" if found["PASSWORD"] else quote(found["USER"])
    where = f"host={quote(str(found['HOST']), safe='')}" + (f"&port={found['PORT']}" if found["PORT"] else "")
    return f"postgresql://{login}@/{quote(found['NAME'])}?{where}"


@pytest.fixture
def start_process(transactional_db: None) -> Iterator[Callable[[], Process]]:
    started: list[Process] = []

    def start() -> Process:
        started.append(Process())
        return started[-1]

    yield start
    for process in started:
        process.end()


def at_once(act: Callable[[], Any]) -> list[Any]:
    start = threading.Barrier(AT_ONCE)

    def run() -> Any:
        start.wait()
        try:
            return act()
        finally:
            connection.close()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return [future.result() for future in [pool.submit(run) for _ in range(AT_ONCE)]]


def test_many_threads_make_one_first_key() -> None:
    now = timezone.now()

    keys = at_once(lambda: services.ensure_signing_key(now=now))

    assert {key.kid for key in keys} == {"trustservice"}
    assert SigningKey.objects.count() == 1


def test_many_rotations_at_once_announce_one_successor() -> None:
    now = timezone.now()
    services.ensure_signing_key(now=now)

    rotations = at_once(lambda: services.rotate(now=now))

    assert [rotation.is_new for rotation in rotations].count(True) == 1
    assert len({rotation.key.kid for rotation in rotations}) == 1
    assert SigningKey.objects.count() == 2


def test_many_revocations_at_once_make_one_replacement() -> None:
    now = timezone.now()
    key = services.ensure_signing_key(now=now)

    at_once(lambda: services.revoke(key=key, now=now))

    assert SigningKey.objects.count() == 2
    assert SigningKey.objects.filter(revoked_at=None).count() == 1


def test_processes_that_start_at_once_make_one_first_key(start_process: Callable[[], Process]) -> None:
    processes = [start_process() for _ in range(3)]
    for process in processes:
        process.begin("ensure")

    assert {process.finish()["answer"] for process in processes} == {"trustservice"}
    assert SigningKey.objects.count() == 1


def test_a_process_hears_of_a_rotation_and_of_a_revocation(start_process: Callable[[], Process]) -> None:
    first = services.ensure_signing_key(now=timezone.now())
    other = start_process()
    assert other.ask("connected")
    wait_until(lambda: other.ask("published") == [first.kid] and other.queries("published") == 0)

    second = services.rotate(now=timezone.now()).key
    wait_until(lambda: other.ask("published") == [first.kid, second.kid])
    assert other.ask("signs") == first.kid

    services.revoke(key=first, now=timezone.now())
    wait_until(lambda: other.ask("published") == [second.kid])
    assert other.ask("signs") == second.kid
    assert other.queries("signs") == 0


def test_a_process_whose_listener_is_cut_off_still_sees_a_revocation_at_once(
    start_process: Callable[[], Process],
) -> None:
    first = services.ensure_signing_key(now=timezone.now())
    other = start_process()
    assert other.ask("connected")
    assert other.ask("signs") == first.kid

    terminate_listeners()
    services.revoke(key=first, now=timezone.now())

    wait_until(lambda: other.ask("signs") not in {first.kid, None})


def terminate_listeners() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = %s AND datname = current_database()",
            [APPLICATION_NAME],
        )
