"""A process that works on background jobs: its signals, its bounds, its end."""

import asyncio
import faulthandler
import logging
import os
import signal
import sys
from typing import NoReturn

from django.conf import settings
from procrastinate.exceptions import ProcrastinateException

from authenticate_app.messages.worker import work
from chatauth_project import signals
from chatauth_project.database import bound_statements


class DatabaseAway(Exception):
    """There is no database to begin with."""


def run(*, supervisor: int | None) -> None:
    """Work until SIGINT or SIGTERM, or until ``supervisor``, a process, ends; then a terminal's Ctrl-C is its business.

    Raises ``DatabaseAway``.
    """
    faulthandler.enable()  # a process that crashes in native code says where
    bound_statements(settings.DATABASES["default"], timeout=settings.DATABASE_STATEMENT_TIMEOUT)
    try:
        asyncio.run(_work(supervisor))
        _end()
    except ProcrastinateException as error:
        raise DatabaseAway("The database cannot be reached: there are no jobs to work on.") from error


def _end() -> NoReturn:
    """End without taking everything down: that takes a busy machine seconds, in which somebody waits for our end."""
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


async def _work(supervisor: int | None) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    if supervisor is None:
        loop.add_signal_handler(signal.SIGINT, stop.set)
    else:
        signals.leave_to_supervisor()
        signals.end_with_parent(supervisor)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, signals.STOP)  # the supervisor's threads have them blocked
    await work(stop)
