"""A process of the chat server as the operating system sees it: its signals, its bounds, its end."""

import asyncio
import faulthandler
import signal

from django.conf import settings

from chatauth_project import chat_server, signals
from chatauth_project.database import bound_statements


def run(*, supervisor: int) -> None:
    """Serve until SIGTERM, or until ``supervisor``, a process, ends."""
    faulthandler.enable()  # a process that crashes in native code says where
    bound_statements(settings.DATABASES["default"], timeout=settings.DATABASE_STATEMENT_TIMEOUT)
    asyncio.run(_serve(supervisor))


async def _serve(supervisor: int) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    signals.leave_to_supervisor()
    signals.end_with_parent(supervisor)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, signals.STOP)  # the supervisor's threads have them blocked
    await chat_server.serve(stop)
