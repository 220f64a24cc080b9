"""A process around an event loop, of the supervisor or by itself: its signals and its bounds."""

import asyncio
import faulthandler
import signal
from collections.abc import Awaitable, Callable

from django.conf import settings

from chatauth_project import signals
from chatauth_project.database import bound_statements

Act = Callable[[asyncio.Event], Awaitable[None]]
"""What the process is there for; it comes to its end once the event is set."""


def run(act: Act, *, supervisor: int | None) -> None:
    """Do ``act`` until SIGTERM, or until ``supervisor``, a process, ends; then a terminal's Ctrl-C is its business.

    Without a supervisor SIGINT ends it as well. Raises what ``act`` raises.
    """
    faulthandler.enable()  # a process that crashes in native code says where
    bound_statements(settings.DATABASES["default"], timeout=settings.DATABASE_STATEMENT_TIMEOUT)
    asyncio.run(_until_stopped(act, supervisor))


async def _until_stopped(act: Act, supervisor: int | None) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    if supervisor is None:
        loop.add_signal_handler(signal.SIGINT, stop.set)
    else:
        signals.leave_to_supervisor()
        signals.end_with_parent(supervisor)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, signals.STOP)  # the supervisor's threads have them blocked
    await act(stop)
