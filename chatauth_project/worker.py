"""What each worker process of ``manage.py serve`` loads, before it serves."""

import ctypes
import os
import signal
import sys
from types import FrameType

import granian._signals
from django.conf import settings
from granian._granian import WorkerSignal

from chatauth_project.database import bound_statements
from chatauth_project.environment import Environment
from chatauth_project.wsgi import application

__all__ = ["application"]

_SETTINGS = {name.upper() for name in Environment.model_fields}
_PR_SET_PDEATHSIG = 1
"""From <linux/prctl.h>."""


def _forget_environment() -> None:
    """Settings hold our variables by now.

    granian copies the environment into each request (PEP 3333 lets it), where secrets have no
    business, and where a variable called HTTP_... would look like a header.
    """
    for name in list(os.environ):
        if name in _SETTINGS or name.startswith("HTTP_"):
            del os.environ[name]


def _end_with_supervisor() -> None:
    """Without its supervisor a worker would keep the port, and nobody would stop it."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _stop_at_supervisors_word() -> WorkerSignal:
    """Stop at the first SIGTERM, and leave Ctrl-C, which a terminal sends to all, to the supervisor.

    granian 2.8 can miss both when two different signals come close together (seen again and again: the
    stop then waits until the worker is killed).
    """
    stop = WorkerSignal()

    def handle(_signal: int, _frame: FrameType | None) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        stop.set()

    signal.signal(signal.SIGTERM, handle)
    return stop


signal.signal(signal.SIGINT, signal.SIG_IGN)
_forget_environment()
_end_with_supervisor()
bound_statements(settings.DATABASES["default"], timeout=settings.DATABASE_STATEMENT_TIMEOUT)
granian._signals.set_sync_signals = _stop_at_supervisors_word  # there is no public way
