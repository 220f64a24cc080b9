"""Servers that start together bring the database up to date one after the other."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from io import StringIO
from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from chatauth_project.management.commands.migrate import ONE_AT_A_TIME
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db


def migrate(stderr: StringIO, *arguments: str) -> None:
    try:
        call_command("migrate", *arguments, verbosity=0, stdout=StringIO(), stderr=stderr)
    finally:
        connection.close()


@pytest.fixture
def other() -> Any:
    """Another process's connection."""
    with psycopg.connect(**connection.get_connection_params(), autocommit=True) as other:
        yield other


def is_held(other: Any) -> bool:
    taken = other.execute("SELECT pg_try_advisory_lock(%s)", [ONE_AT_A_TIME]).fetchone()[0]
    other.execute("SELECT pg_advisory_unlock_all()")
    return not taken


@pytest.mark.parametrize("end", [lambda other: other.execute("SELECT pg_advisory_unlock_all()"), lambda o: o.close()])
def test_it_waits_for_another_process_and_says_so(other: Any, end: Callable[[Any], object]) -> None:
    other.execute("SELECT pg_advisory_lock(%s)", [ONE_AT_A_TIME])
    said = StringIO()
    with ThreadPoolExecutor() as pool:
        migrating = pool.submit(migrate, said, "--plan")
        try:
            wait_until(lambda: "Waiting" in said.getvalue())
            assert not migrating.done()
        finally:
            end(other)
        migrating.result(timeout=20)
    assert said.getvalue().count("Waiting") == 1


@pytest.mark.parametrize("arguments", [["--plan"], ["chat_app", "nonsense"]])
def test_the_next_one_may_follow_even_if_it_failed(other: Any, arguments: list[str]) -> None:
    said = StringIO()
    with suppress(CommandError):
        call_command("migrate", *arguments, verbosity=0, stdout=StringIO(), stderr=said)
    assert not is_held(other)
    assert not said.getvalue()
