"""A process of the chat server: it does not go on without a part that the others need."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from time import monotonic

import pytest
from django.db import DEFAULT_DB_ALIAS, connections
from pytest_django import Settings

from chat_app.engagement.engine import ASSIGN_REST_SECONDS, Engine
from chatauth_project import chat_server
from tests.serving import free_port


@pytest.fixture
def threads(db: None) -> Iterator[ThreadPoolExecutor]:
    """A thread with the connection of the test."""
    own = connections[DEFAULT_DB_ALIAS]
    own.inc_thread_sharing()
    yield ThreadPoolExecutor(1, initializer=lambda: connections.__setitem__(DEFAULT_DB_ALIAS, own))
    own.dec_thread_sharing()


def test_it_ends_when_a_part_of_it_has_ended(
    threads: ThreadPoolExecutor, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(_ears: object) -> None:
        raise RuntimeError

    def new_engine() -> Engine:
        return Engine(executor=threads, poll_executor=threads, poll_seconds=1)

    settings.CHAT_PORT = free_port()
    monkeypatch.setattr("chat_app.engagement.ears.Ears.listen", fail)
    monkeypatch.setattr(chat_server, "new_engine", new_engine)
    with pytest.raises(chat_server.PartEnded):
        asyncio.run(asyncio.wait_for(chat_server.serve(asyncio.Event()), 20))


def test_a_part_that_is_stopped_has_not_broken(threads: ThreadPoolExecutor) -> None:
    async def begin_and_stop() -> bool:
        async with Engine(executor=threads, poll_executor=threads, poll_seconds=1) as engine:
            await engine.ears.are_open.wait()
        return engine.broken.is_set()

    assert not asyncio.run(begin_and_stop())


def test_customers_who_come_in_a_crowd_are_offered_together(threads: ThreadPoolExecutor) -> None:
    rounds: list[float] = []

    def assign(**_who: object) -> None:
        rounds.append(monotonic())

    async def let_them_come() -> None:
        engine = Engine(executor=threads, poll_executor=threads, poll_seconds=1, assign=assign)
        while len(rounds) < 3:
            engine.assign_soon(1)
            await asyncio.sleep(0.001)

    asyncio.run(asyncio.wait_for(let_them_come(), 20))
    gaps = [later - earlier for earlier, later in pairwise(rounds)]
    assert min(gaps) > ASSIGN_REST_SECONDS / 2
