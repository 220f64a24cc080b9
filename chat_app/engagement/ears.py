"""How this process hears that something new is in a mailbox: PostgreSQL tells it at the commit, or Redis after it."""

import asyncio
import re
from collections.abc import Callable

import psycopg
import structlog
from django.conf import settings
from psycopg import sql

from authenticate_app.revisions.listener import connection_parameters
from chat_app.engagement.events import CHANNEL

log = structlog.get_logger("chatauth.engagement")

APPLICATION_NAME = "chatauth-chat-listener"
LISTEN = sql.SQL("LISTEN {}").format(sql.Identifier(CHANNEL))
MAILBOX_ID = re.compile(r"[0-9]{1,19}")
FIRST_DELAY_SECONDS = 0.1
LONGEST_DELAY_SECONDS = 2.0


class Ears:
    """Listens until cancelled. ``heard``: called with the id of a mailbox; ``missed``: something may have been missed.

    Both are called on the event loop's thread. While there is no connection nothing is heard; ``missed`` is called as
    soon as there is one.
    """

    def __init__(self, *, heard: Callable[[int], None], missed: Callable[[], None]) -> None:
        self._heard = heard
        self._missed = missed
        self.are_open = asyncio.Event()

    async def listen(self) -> None:
        """Listen, over a new connection whenever one is lost, until cancelled."""
        delay = FIRST_DELAY_SECONDS
        while True:
            try:
                await self._listen_until_lost()
            except (psycopg.Error, OSError) as error:
                log.warning("chat listener lost its connection", error=type(error).__name__)
            delay = FIRST_DELAY_SECONDS if self.are_open.is_set() else min(delay * 2, LONGEST_DELAY_SECONDS)
            self.are_open.clear()
            await asyncio.sleep(delay)

    async def _listen_until_lost(self) -> None:
        if settings.REDIS_URL:
            from chat_app.engagement.redis_ears import hear

            await hear(CHANNEL, opened=self._open, heard=self._hear)
        else:
            await self._listen_to_postgres()

    async def _listen_to_postgres(self) -> None:
        parameters = {**connection_parameters(), "application_name": APPLICATION_NAME}
        async with await psycopg.AsyncConnection.connect(**parameters) as connection:
            await connection.execute(LISTEN)
            self._open()
            async for notification in connection.notifies():
                self._hear(notification.payload)

    def _hear(self, word: str) -> None:
        """Heed the id of a mailbox; whoever may tell something there may tell anything."""
        if MAILBOX_ID.fullmatch(word):
            self._heard(int(word))

    def _open(self) -> None:
        self.are_open.set()
        self._missed()
