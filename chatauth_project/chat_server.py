"""One process of the chat server: what it is made of, how it serves, how it stops."""

import asyncio
import gc
import resource
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from django.conf import settings

from chat_app.engagement.agent import OPERATIONS as AGENT_OPERATIONS
from chat_app.engagement.assignment import assign
from chat_app.engagement.consumer import OPERATIONS as CONSUMER_OPERATIONS
from chat_app.engagement.engine import Engine
from chat_app.engagement.http.application import Application
from chat_app.engagement.http.operations import Api
from chat_app.engagement.timers import tick_now
from chatauth_project.chat_requests import ChatRequests
from chatauth_project.serving import LEAVE_LOGGING_ALONE

IDLE_SECONDS = 75
"""How long a connection may rest between two requests, or take for a request's headers; nginx keeps its own for 60."""
STOP_SECONDS = 5.0
"""How long services may still run."""
LOOK_SECONDS = 0.02
POLL_THREADS = 2
"""One reads what has come while the other notes who is there."""
COLLECT_AFTER = (200_000, 5, 1_000)
"""When Python looks for garbage in cycles (``gc.set_threshold``): once so many objects more were made than let go.

Polls come and go all the time and leave no cycles behind, yet a look takes 200 ms where ten thousand of them wait, and
everybody waits meanwhile. So it is left to the rare case in which cycles pile up.
"""
SPARE_FILES = 200
"""Open files besides connections of clients."""


class PartEnded(Exception):
    """A part of the process has ended that the others need; the log says which. A new process has to take its place."""


def application(engine: Engine) -> ChatRequests:
    """Return the ASGI application of a process."""
    inner = Application(
        engine,
        {Api.CONSUMER: CONSUMER_OPERATIONS, Api.AGENT: AGENT_OPERATIONS},
        desk_origins=frozenset(settings.DESK_ORIGINS),
        body_seconds=settings.BODY_TIMEOUT.total_seconds(),
    )
    return ChatRequests(inner)


def new_engine() -> Engine:
    """Return the engine of a process, as the settings want it."""
    executor = ThreadPoolExecutor(settings.CHAT_THREADS, thread_name_prefix="service")
    return Engine(
        executor=executor,
        poll_executor=ThreadPoolExecutor(POLL_THREADS, thread_name_prefix="polls"),
        poll_seconds=settings.POLL_SECONDS.total_seconds(),
        ticks=(tick_now,),
        assign=assign,
    )


async def serve(stop: asyncio.Event) -> None:
    """Serve until ``stop`` is set; then answer all polls with nothing, and return when nobody is served any more.

    Raises ``OSError`` where the port cannot be listened on, and ``PartEnded`` once the process cannot do its work.
    """
    _allow_open_files(settings.CHAT_CONNECTIONS + SPARE_FILES)
    _collect_seldom()
    async with new_engine() as engine:
        server = _granian(application(engine))
        serving = asyncio.create_task(server.serve())
        stopped, broken = asyncio.create_task(stop.wait()), asyncio.create_task(engine.broken.wait())
        await asyncio.wait({serving, stopped, broken}, return_when=asyncio.FIRST_COMPLETED)
        engine.polls.close()
        await _finish(engine)
        server.stop()
        stopped.cancel()
        broken.cancel()
        await serving
        if engine.broken.is_set():
            raise PartEnded


async def _finish(engine: Engine) -> None:
    """Let services come to their end, and their answers go out."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + STOP_SECONDS
    while engine.is_working and loop.time() < deadline:
        await asyncio.sleep(LOOK_SECONDS)
    await asyncio.sleep(LOOK_SECONDS)


def _granian(target: ChatRequests) -> Any:
    from granian.constants import HTTPModes, Interfaces
    from granian.http import HTTP1Settings
    from granian.log import LogLevels
    from granian.server.embed import Server

    return Server(
        target,
        address=settings.CHAT_HOST,
        port=settings.CHAT_PORT,
        interface=Interfaces.ASGINL,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=IDLE_SECONDS * 1000),
        websockets=False,
        backlog=settings.BACKLOG,
        backpressure=settings.CHAT_CONNECTIONS,
        log_level=LogLevels.warning,
        log_dictconfig=LEAVE_LOGGING_ALONE,
        **_tls(),
    )


def _tls() -> dict[str, Any]:
    from granian.constants import SSLProtocols

    if not settings.CHAT_TLS_CERTIFICATE:
        return {}
    return {
        "ssl_cert": Path(settings.CHAT_TLS_CERTIFICATE),
        "ssl_key": Path(settings.CHAT_TLS_KEY),
        "ssl_protocol_min": SSLProtocols.tls12,
    }


def _collect_seldom() -> None:
    """Leave what was loaded at the start out of the search for garbage, and search for it less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)


def _allow_open_files(number: int) -> None:
    """Ask the system for as many open files as it may give, where it would give fewer by itself."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = number if hard == resource.RLIM_INFINITY else min(number, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
