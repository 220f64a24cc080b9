"""The server: workers that answer requests, and this process that watches over them."""

import logging
import multiprocessing
import signal
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Event, Thread
from typing import Any

from django.conf import settings
from django.core import checks
from django.db import Error as DatabaseFailure
from django.db import connection

from chatauth_project import health, housekeeping, metrics, readiness, signals
from chatauth_project.child_processes import ChildProcesses

STOP_SECONDS = 30
"""How long a worker may take to finish its requests before it is killed."""
HEADER_SECONDS = 20
"""How long a connection may wait for (the rest of) a request's headers; a worker that stops waits for that, too."""
SPARE_THREADS = 36
"""Threads of a worker beyond those that work: for all that may wait for a body (``bodies``) or a hash (``room``)."""
THREADS_IDLE_SECONDS = 600
"""After which granian ends a thread; it allows no longer."""
NOT_READY = "%s%s gives no good answer after %d s; the lines above may say why"
LEAVE_LOGGING_ALONE = {
    "version": 1,
    "incremental": True,
    "formatters": {},
    "handlers": {},
    "loggers": {"_granian": {"propagate": True}},
}
"""granian configures the standard library's logging anew in each process; ours is to stand."""


class StartFault(Exception):
    """The server cannot start; ``sentences`` say everything that is wrong."""

    def __init__(self, sentences: list[str]) -> None:
        super().__init__("\n".join(sentences))
        self.sentences = sentences


@dataclass(frozen=True, kw_only=True)
class Started:
    """What is known once the server answers."""

    address: str
    seconds: float


def serve(*, began: float, on_ready: Callable[[Started], None]) -> None:
    """Serve until SIGINT or SIGTERM; ``began`` is the ``time.monotonic()`` that start times count from.

    Raises ``StartFault``; ends the process with a failure when workers keep failing.
    """
    refuse_busy_ports()
    server = _granian()
    chat = ChildProcesses("serve_chat", settings.CHAT_WORKERS)
    jobs = ChildProcesses("work", settings.JOB_WORKERS)
    children = [chat, jobs]

    def stop() -> None:
        for processes in children:
            processes.stop()
        server.signal_handler_interrupt()

    signals.call_when_stopped(stop)
    if settings.METRICS_PORT:
        metrics.serve(settings.METRICS_HOST, settings.METRICS_PORT)
    stop_housekeeping = _start_housekeeping()

    chat.start()
    Thread(target=_announce, args=(began, jobs.start, on_ready), name="ready", daemon=True).start()
    try:
        server.serve()
    finally:
        for processes in children:
            processes.join()
        stop_housekeeping()


def serve_chat() -> None:
    """Run the processes of the chat server alone until SIGINT or SIGTERM. Raises ``StartFault``.

    Others on this host may share the port: so it is not looked at.
    """
    stopped = Event()
    processes = ChildProcesses("serve_chat", max(1, settings.CHAT_WORKERS))
    for number in signals.STOP:
        signal.signal(number, lambda *_: None)  # so that they wake the thread that waits for them
    signals.call_when_stopped(stopped.set)
    if settings.METRICS_PORT:
        metrics.serve(settings.METRICS_HOST, settings.METRICS_PORT)
    processes.start()
    stopped.wait()
    processes.join()


def refuse_faults() -> None:
    """Look for everything that speaks against a start. Raises ``StartFault`` with all of it."""
    sentences = _faults_of_database() or _faults_of_checks()
    if sentences:
        raise StartFault(sentences)


def _faults_of_database() -> list[str]:
    """Without the tables, no other check makes sense."""
    try:
        missing = health.unapplied_migrations()
    except DatabaseFailure as error:
        return [f"The database of DATABASE_URL cannot be used: {' '.join(str(error).split())}"]
    finally:
        connection.close()
    if missing:
        return [
            f"The database lacks {len(missing)} migrations ({missing[0]} is the first):"
            " run manage.py migrate, or start with --migrate."
        ]
    return []


def _faults_of_checks() -> list[str]:
    try:
        found = checks.run_checks(databases=["default"])
    finally:
        connection.close()
    return [str(message) for message in found if message.is_serious(checks.ERROR)]


def refuse_busy_ports() -> None:
    """Look whether the ports are free. Raises ``StartFault``.

    granian's workers share the port among themselves, and would share it with another server, too.
    """
    wanted = [("HOST", "PORT", settings.HOST, settings.PORT)]
    if settings.CHAT_WORKERS:
        wanted.append(("CHAT_HOST", "CHAT_PORT", settings.CHAT_HOST, settings.CHAT_PORT))
    if settings.METRICS_PORT:
        wanted.append(("METRICS_HOST", "METRICS_PORT", settings.METRICS_HOST, settings.METRICS_PORT))
    sentences = [sentence for names in wanted for sentence in _fault_of_port(*names)]
    if sentences:
        raise StartFault(sentences)


def _fault_of_port(host_variable: str, port_variable: str, host: str, port: int) -> list[str]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            return [
                f"Port {port} of {host} cannot be listened on ({reason}): choose another one with"
                f" {port_variable}, or another address with {host_variable}."
            ]
    return []


def _start_housekeeping() -> Callable[[], None]:
    seconds = settings.HOUSEKEEPING_INTERVAL.total_seconds()
    if not seconds:
        return lambda: None
    return housekeeping.start_thread(interval_seconds=seconds, also=metrics.forget_ended_workers).set


def _granian() -> Any:
    from granian import Granian
    from granian.constants import HTTPModes, Interfaces
    from granian.http import HTTP1Settings
    from granian.log import LogLevels

    logging.getLogger("_granian").addFilter(_means_us)
    # A forked worker would inherit this process's threads' locks and database connections.
    multiprocessing.set_start_method("spawn", force=True)
    return Granian(
        "chatauth_project.worker:application",
        address=settings.HOST,
        port=settings.PORT,
        interface=Interfaces.WSGI,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=HEADER_SECONDS * 1000),
        websockets=False,
        workers=settings.WORKERS,
        blocking_threads=settings.WORKER_THREADS + SPARE_THREADS,
        blocking_threads_idle_timeout=THREADS_IDLE_SECONDS,
        backlog=settings.BACKLOG,
        backpressure=settings.BACKPRESSURE,
        respawn_failed_workers=True,
        workers_kill_timeout=STOP_SECONDS,
        log_level=LogLevels.warning,
        log_dictconfig=LEAVE_LOGGING_ALONE,
        log_access=False,
    )


def _means_us(record: logging.LogRecord) -> bool:
    """Drop granian's advice against many threads: most of ours rest."""
    return "Python threads" not in record.getMessage()


def _announce(
    began: float,
    start_jobs: Callable[[], None],
    on_ready: Callable[[Started], None],
    patience: float = readiness.READY_SECONDS,
) -> None:
    """Tell once everything answers that clients call; what does not is logged, and then nobody is told."""
    deadline = time.monotonic() + patience
    place = readiness.own_place()
    silent = readiness.silent([place], deadline=deadline)
    start_jobs()  # only now: starting them takes what the others need to start
    silent += readiness.silent(readiness.chat_places(), deadline=deadline)
    for each in silent:
        logging.getLogger("chatauth.serving").error(NOT_READY, each.url, each.path, patience)
    if not silent:
        on_ready(Started(address=place.url, seconds=time.monotonic() - began))
