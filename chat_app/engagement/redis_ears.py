"""The way of notifications through Redis (``REDIS_URL``), where those of PostgreSQL would be too many.

PostgreSQL lets one transaction after the other commit whose notifications wait, so a busy installation spares it them.
Nothing is kept in Redis. What is not told, since Redis is away or a process died after its commit, is found by the next
poll, and all mailboxes are looked into as soon as there is a connection again.
"""

import asyncio
from collections.abc import Callable
from functools import lru_cache, partial

import redis
import redis.asyncio
import structlog
from django.conf import settings
from django.db import transaction

log = structlog.get_logger("chatauth.engagement")

TIMEOUT_SECONDS = 1.0
"""For telling: whoever waits for it has stored what is told."""
LOOK_SECONDS = 5.0
"""How often a silent connection is asked whether it still stands."""


def tell_at_commit(channel: str, ids: str) -> None:
    """Tell of these mailboxes, with blanks between, once the transaction is committed.

    Raises nothing: what is stored is stored.
    """
    transaction.on_commit(partial(_tell, channel, ids))


def _tell(channel: str, ids: str) -> None:
    try:
        _client(settings.REDIS_URL).publish(channel, ids)
    except redis.RedisError as error:
        log.warning("redis was not told", error=type(error).__name__)


@lru_cache(maxsize=1)
def _client(url: str) -> "redis.Redis":
    """The connections of this process, which its threads share."""
    return redis.Redis.from_url(url, socket_timeout=TIMEOUT_SECONDS, socket_connect_timeout=TIMEOUT_SECONDS)


async def hear(channel: str, *, opened: Callable[[], None], heard: Callable[[str], None]) -> None:
    """Call ``opened`` once connected, then ``heard`` with each word that is told, until the connection is lost.

    Words are ids of mailboxes, unless others write into this channel, too. Raises ``OSError`` at the end, as the system
    does for other connections.
    """
    try:
        async with (
            redis.asyncio.from_url(
                settings.REDIS_URL, socket_connect_timeout=TIMEOUT_SECONDS, health_check_interval=LOOK_SECONDS
            ) as client,
            client.pubsub(ignore_subscribe_messages=True) as subscription,
        ):
            await subscription.subscribe(channel)
            opened()
            await _hear(subscription, heard)
    except redis.RedisError as error:
        raise ConnectionError(str(error)) from error


async def _hear(subscription: "redis.asyncio.client.PubSub", heard: Callable[[str], None]) -> None:
    while True:
        message = await subscription.get_message(timeout=LOOK_SECONDS)
        if message is None:
            await asyncio.sleep(0)  # nothing was said; the connection was asked whether it stands
            continue
        for word in message["data"].decode("ascii", "replace").split():
            heard(word)
