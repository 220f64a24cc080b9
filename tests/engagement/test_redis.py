"""Notifications through Redis: told after the commit, heard by all, and nothing is lost while it is away."""

import asyncio
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from django.db import connection
from pytest_django import Settings

from chat_app.engagement import redis_ears
from chat_app.engagement.ears import Ears
from chat_app.engagement.events import CHANNEL, NewEvent, put
from chat_app.engagement.vocabulary import MessageName
from tests.engagement.test_events import NOW, make_mailbox
from tests.serving import free_port
from tests.waiting import wait_until

PROGRAM = shutil.which("redis-server")
NO_REDIS = "There is no Redis: install the package redis-server."
pytestmark = pytest.mark.skipif(PROGRAM is None, reason=NO_REDIS)


class Redis:
    """A Redis of the test's own, which keeps nothing."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.port = free_port()

    def start(self) -> None:
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", str(self._folder)]
        self._process = subprocess.Popen([str(PROGRAM), *options], stdout=subprocess.DEVNULL)

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(10)


@pytest.fixture
def server(tmp_path: Path, settings: Settings) -> Iterator[Redis]:
    server = Redis(tmp_path)
    server.start()
    settings.REDIS_URL = f"redis://127.0.0.1:{server.port}/0"
    yield server
    server.stop()
    redis_ears._client.cache_clear()


def listen(act: Callable[[list[int], list[str]], None]) -> None:
    """Listen while ``act`` does something in a thread; it gets what was heard, and a mark for each connection."""
    heard: list[int] = []
    opened: list[str] = []

    async def run() -> None:
        ears = Ears(heard=heard.append, missed=lambda: opened.append("opened"))
        listening = asyncio.create_task(ears.listen())
        try:
            await asyncio.to_thread(act, heard, opened)
        finally:
            listening.cancel()
            with suppress(asyncio.CancelledError):
                await listening

    asyncio.run(run())


@pytest.mark.django_db(transaction=True)
def test_what_is_put_is_told_to_all_and_not_by_postgresql(server: Redis) -> None:
    mailbox = make_mailbox("told")

    def act(heard: list[int], opened: list[str]) -> None:
        try:
            wait_until(lambda: opened)
            put([NewEvent(mailbox.pk, MessageName.MESSAGE_POSTED, 7)] * 2, now=NOW)
            wait_until(lambda: heard)
            assert heard == [mailbox.pk]
        finally:
            connection.close()

    listen(act)


def test_what_is_no_mailbox_is_not_heeded(server: Redis) -> None:
    def act(heard: list[int], opened: list[str]) -> None:
        wait_until(lambda: opened)
        for words in ("x", "-1", "9" * 5000, "\u0662", "", "7 eight 9"):
            redis_ears._tell(CHANNEL, words)
        wait_until(lambda: len(heard) == 2)
        assert (heard, opened) == ([7, 9], ["opened"])

    listen(act)


def test_after_it_was_away_everything_is_looked_at_again(server: Redis) -> None:
    def act(heard: list[int], opened: list[str]) -> None:
        wait_until(lambda: opened)
        server.stop()
        redis_ears._tell("channel", "7")  # raises nothing
        server.start()
        wait_until(lambda: len(opened) == 2)

    listen(act)
