"""A process that works on background jobs."""

import logging
import os
import sys
from typing import NoReturn

from procrastinate.exceptions import ProcrastinateException

from authenticate_app.messages.worker import work
from chatauth_project import loop_process


class DatabaseAway(Exception):
    """There is no database to begin with."""


def run(*, supervisor: int | None) -> None:
    """Work until it is to stop (``loop_process``). Raises ``DatabaseAway``."""
    try:
        loop_process.run(work, supervisor=supervisor)
        _end()
    except ProcrastinateException as error:
        raise DatabaseAway("The database cannot be reached: there are no jobs to work on.") from error


def _end() -> NoReturn:
    """End without taking everything down: that takes a busy machine seconds, in which somebody waits for our end."""
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)
