"""A process that works on background jobs, until it is told to stop.

Each queue has its own few threads, so that a gateway that hangs delays neither messages nor webhooks nor time limits.
Whoever dies in the middle of a job is missed within seconds, and the job is done again: jobs may come twice. A database
that is away is waited for.
"""

import asyncio
import logging
import os
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import structlog
from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, close_old_connections
from django.db import Error as DatabaseFailure
from django.utils import timezone
from procrastinate import App, JobContext
from procrastinate.contrib.django import app
from procrastinate.exceptions import ProcrastinateException
from procrastinate.jobs import DeleteJobCondition
from procrastinate.worker import Worker

from authenticate_app.accounts import mail
from authenticate_app.messages import sweeps
from authenticate_app.messages.bell import LOOKS_SECONDS
from authenticate_app.messages.job_connection import JobConnection, channels_of
from authenticate_app.messages.job_revival import MISSED_SECONDS, Revival
from authenticate_app.messages.jobs import RECEIVED_CHANNEL, Queue

log = structlog.get_logger("chatauth.jobs")

THREADS: Mapping[str, int] = {
    Queue.INBOUND: 3,
    Queue.REPLIES: 12,
    Queue.GATEWAY: 8,
    Queue.TIMERS: 2,
    Queue.WEBHOOKS: 8,
    mail.QUEUE: 2,
}
"""How many jobs of each queue a process works on at once; each that is busy holds a connection to the database."""
SPARE_THREADS = 3
"""For the sweeps, and for what is measured."""
POLL_SECONDS = 0.5
"""How often a queue is looked at for jobs whose time has come; of new ones it is told at once."""
HEARTBEAT_SECONDS = 2.0
FEED_SECONDS = 1.0
BREATH_SECONDS = 0.05
"""Between additions of jobs for messages that were received: those that come meanwhile are added together."""
MEASURE_SECONDS = 5.0
RESTART_SECONDS = 1.0
STOP_SECONDS = 5.0
"""How long a stop waits for jobs that are under way; the others are done again by another process."""


async def work(stop: asyncio.Event) -> None:
    """Work on all queues until ``stop`` is set. Raises ``ProcrastinateException`` if there is no database to begin."""
    _prepare()
    connection = JobConnection()
    application = app.with_connector(connection)
    # A job whose task is not known would be dropped without a word.
    application.perform_import_paths()  # type: ignore[no-untyped-call]  # the library leaves out that it returns nothing
    async with application.open_async():
        revival, feed = Revival(), Feed()
        workers = [_worker(application, queue, revival) for queue in THREADS]
        side_tasks = [
            asyncio.create_task(connection.hear([RECEIVED_CHANNEL, *channels_of(THREADS)])),
            asyncio.create_task(connection.listen_notify(feed.note, [RECEIVED_CHANNEL])),
            asyncio.create_task(_again_and_again(BREATH_SECONDS, feed.add_when_told)),
            asyncio.create_task(_again_and_again(FEED_SECONDS, _sweep)),
            asyncio.create_task(_again_and_again(MEASURE_SECONDS, _measure)),
            asyncio.create_task(_again_and_again(HEARTBEAT_SECONDS, lambda: revival.revive(application, workers))),
        ]
        running = [asyncio.create_task(_keep_running(worker, stop)) for worker in workers]
        log.info("job worker started", pid=os.getpid())
        await stop.wait()
        await _stop(workers, running, application)
        await _cancel(side_tasks)


def _prepare() -> None:
    """Let this process's connections survive a restart of the database, and its threads be enough for all queues."""
    settings.DATABASES[DEFAULT_DB_ALIAS]["CONN_HEALTH_CHECKS"] = True
    logging.getLogger("procrastinate").setLevel(logging.CRITICAL)  # what it has to say, we say in a line
    loop = asyncio.get_running_loop()
    loop.set_default_executor(ThreadPoolExecutor(sum(THREADS.values()) + SPARE_THREADS, thread_name_prefix="job"))
    loop.set_exception_handler(_log_loose_end)


def _log_loose_end(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Note what nobody waited for, such as a job that ended while the database was away: it is done again."""
    log.info("background task failed", error=type(context.get("exception")).__name__)


class EagerWorker(Worker):
    """Looks for the next job of a conversation as soon as the one before has ended, not only when it looks again."""

    async def _process_job(self, context: JobContext) -> None:  # there is no public way
        try:
            await super()._process_job(context)
        finally:
            self._new_job_event.set()


def _worker(application: App, queue: str, revival: Revival) -> Worker:
    return EagerWorker(
        application,
        queues=[str(queue)],
        name=str(queue),
        concurrency=THREADS[queue],
        fetch_job_polling_interval=POLL_SECONDS,
        update_heartbeat_interval=HEARTBEAT_SECONDS,
        stalled_worker_timeout=MISSED_SECONDS,
        delete_jobs=DeleteJobCondition.ALWAYS,
        install_signal_handlers=False,
        task_middleware=(application.worker_defaults or {}).get("task_middleware"),
        worker_middleware=[revival.note],
    )


async def _keep_running(worker: Worker, stop: asyncio.Event) -> None:
    """Start the worker anew whenever it ends by itself, as it does when the database goes away."""
    while not stop.is_set():
        try:
            await worker.run()  # type: ignore[no-untyped-call]  # the library leaves out that it returns nothing
        except (ProcrastinateException, DatabaseFailure, OSError) as error:
            log.warning("job worker interrupted", queue=worker.worker_name, error=type(error).__name__)
        except Exception:
            log.error("job worker failed", queue=worker.worker_name, exc_info=True)  # noqa: G201 - structlog
        if not stop.is_set():
            await asyncio.sleep(RESTART_SECONDS * random.uniform(0.5, 1.5))  # noqa: S311 - spreads load


async def _stop(workers: list[Worker], running: list["asyncio.Task[None]"], application: App) -> None:
    """Let jobs that are under way finish for a while. Whoever does not is left to others, and the process ends."""
    for worker in workers:
        worker.stop()  # type: ignore[no-untyped-call]  # as above
    _done, late = await asyncio.wait(running, timeout=STOP_SECONDS)
    if late:
        await _sign_off(workers, application)
        log.info("job worker stopped with jobs under way", queues=len(late))
        os._exit(0)  # threads cannot be called off, and would keep the process


async def _sign_off(workers: list[Worker], application: App) -> None:
    """Tell the database that we are gone, so that our jobs are done again at once."""
    for worker in workers:
        if worker.worker_id is not None:
            try:
                await asyncio.wait_for(application.job_manager.unregister_worker(worker.worker_id), 1)
            except (ProcrastinateException, OSError, TimeoutError):
                return


async def _cancel(tasks: list["asyncio.Task[None]"]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _again_and_again(seconds: float, act: Callable[[], Awaitable[Any]]) -> None:
    while True:
        try:
            await act()
        except (ProcrastinateException, DatabaseFailure, OSError) as error:
            log.info("background work interrupted", error=type(error).__name__)
        except Exception:
            log.error("background work failed", exc_info=True)  # noqa: G201 - structlog
        await asyncio.sleep(seconds * random.uniform(0.75, 1.25))  # noqa: S311 - spreads load


class Feed:
    """Adds jobs for messages that were received, once the database tells of one, and for a while after (``bell``).

    What it fails to tell, or tells while another process is at it, is found by the next sweep.
    """

    def __init__(self) -> None:
        self._told = asyncio.Event()
        self._looks_until = 0.0

    async def note(self, *, channel: str, payload: str) -> None:
        """Take notice: what the database calls us with (procrastinate's ``Notify``)."""
        self._looks_until = time.monotonic() + LOOKS_SECONDS
        self._told.set()

    async def add_when_told(self) -> None:
        """Wait until there may be something to add a job for, and do so. Raises what the database raises."""
        await self._told.wait()
        if time.monotonic() > self._looks_until:
            self._told.clear()  # before we look: what is told meanwhile may come too late for this time
        if await _in_thread(_add_for_received) is None:
            self._told.set()


async def _sweep() -> None:
    await _in_thread(sweeps.add_missing_jobs)


async def _measure() -> None:
    await _in_thread(sweeps.measure)


def _add_for_received(*, now: datetime) -> int | None:
    return sweeps.add_missing_jobs(now=now, to=[sweeps.RECEIVED])


async def _in_thread(act: Callable[..., Any]) -> Any:
    return await sync_to_async(_act_now, thread_sensitive=False)(act)


def _act_now(act: Callable[..., Any]) -> Any:
    close_old_connections()
    try:
        return act(now=timezone.now())
    finally:
        close_old_connections()
