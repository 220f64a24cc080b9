"""The connections of a process that works on jobs: a few for all of its queues, and one that listens for them all."""

import asyncio
from collections.abc import Iterable
from typing import Any

import psycopg
import structlog
from procrastinate import PsycopgConnector
from procrastinate.connector import Notify
from procrastinate.contrib.django.utils import connector_params
from procrastinate.manager import get_channel_for_queues
from psycopg import sql

from authenticate_app.revisions.listener import connection_parameters

log = structlog.get_logger("chatauth.jobs")

POOL: dict[str, Any] = {"min_size": 1, "max_size": 4, "timeout": 5.0, "reconnect_timeout": 5.0}
"""A database that is away is given up soon, so that whoever asks can begin anew; the library waits for minutes."""
RECONNECT_SECONDS = 1.0


class JobConnection(PsycopgConnector):
    """Procrastinate's connector, with one connection that listens for all queues instead of one for each.

    It listens at ``DATABASE_LISTEN_URL``: through a pooler, nobody hears anything.
    """

    def __init__(self) -> None:
        super().__init__(kwargs=connector_params(), **POOL)
        self._told: dict[str, Notify] = {}

    async def listen_notify(self, on_notification: Notify, channels: Iterable[str]) -> None:
        """Have ``on_notification`` called meanwhile, whenever ``hear`` hears something of these channels."""
        mine = dict.fromkeys(channels, on_notification)
        self._told |= mine
        try:
            await asyncio.Event().wait()  # until it is cancelled
        finally:
            self._told = {name: told for name, told in self._told.items() if told is not on_notification}

    async def hear(self, channels: Iterable[str]) -> None:
        """Listen until it is cancelled. While there is no connection, jobs are found by looking for them."""
        listen = [sql.SQL("LISTEN {}").format(sql.Identifier(channel)) for channel in channels]
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(**_parameters()) as connection:
                    for statement in listen:
                        await connection.execute(statement)
                    async for notification in connection.notifies():
                        await self._tell(notification)
            except (psycopg.Error, OSError) as error:
                log.info("not told of new jobs", error=type(error).__name__)
            await asyncio.sleep(RECONNECT_SECONDS)

    async def _tell(self, notification: psycopg.Notify) -> None:
        told = self._told.get(notification.channel)
        if told is not None:
            await told(channel=notification.channel, payload=notification.payload)


def channels_of(queues: Iterable[str]) -> list[str]:
    """Return the channels on which the database tells of jobs in these queues, as procrastinate names them."""
    return [channel for queue in queues for channel in get_channel_for_queues([queue])]


def _parameters() -> dict[str, Any]:
    return {**connection_parameters(), "application_name": "chatauth-jobs"}
