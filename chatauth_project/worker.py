"""What each worker process of ``manage.py serve`` loads, before it serves."""

import chatauth_project.left_out  # noqa: F401 - before what it leaves out is loaded

# isort: split
import faulthandler
import os

import granian._signals
from django.conf import settings
from granian._granian import WorkerSignal

from chatauth_project import intake, signals
from chatauth_project.database import bound_statements
from chatauth_project.environment import Environment
from chatauth_project.wsgi import application

__all__ = ["application"]

_SETTINGS = {name.upper() for name in Environment.model_fields}


def _forget_environment() -> None:
    """Settings hold our variables by now.

    granian copies the environment into each request (PEP 3333 lets it), where secrets have no
    business, and where a variable called HTTP_... would look like a header.
    """
    for name in list(os.environ):
        if name in _SETTINGS or name.startswith("HTTP_"):
            del os.environ[name]


def _stop_at_sigterm() -> WorkerSignal:
    """Return what granian waits for, which SIGTERM sets however it comes."""
    stop = WorkerSignal()
    signals.call_at_sigterm(stop.set)
    return stop


faulthandler.enable()  # a worker that crashes in native code says where
signals.leave_to_supervisor()
signals.end_with_supervisor()
_forget_environment()
bound_statements(settings.DATABASES["default"], timeout=settings.DATABASE_STATEMENT_TIMEOUT)
granian._signals.set_sync_signals = _stop_at_sigterm  # there is no public way
intake.install()
