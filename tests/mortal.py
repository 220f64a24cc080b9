"""Processes that do one thing each, stand still at a step of it, and go on or are killed there (``kill -9``).

They are forked from one that has loaded everything already (``tests.mortal_life``), so that hundreds cost seconds.
"""

import atexit
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import cache
from multiprocessing.connection import Client, Connection
from pathlib import Path
from typing import Self

ROOT = Path(__file__).parent.parent
PATIENCE = 60.0
READY = b"ready\n"
"""What the process says from which all are forked, once it listens."""

Act = Callable[[], object]
"""What is to be done: it can be pickled, such as a ``partial`` of a service."""


class Mortal:
    """A process that does ``act`` and stands still at the step of this number, counted from 1; 0: at none.

    ``counts_locks``: whether it is a step, too, when it is about to lock what others may want.
    """

    def __init__(self, act: Act, *, stop_at: int = 0, counts_locks: bool = False) -> None:
        from django.db import connection

        self._line: Connection = Client(_ancestor())
        self._pid: int = self._line.recv()
        self._line.send((act, stop_at, counts_locks, connection.settings_dict["NAME"]))
        self.step: str | None = None
        """Where it stands."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._line.close()  # whoever stands still ends with it

    def stands(self) -> bool:
        """Wait until it stands at its step; False if it is through without one. Raises what the act raised."""
        assert self._line.poll(PATIENCE), "The process neither stands still nor ends."
        said = self._line.recv()
        if isinstance(said, BaseException):
            raise said
        self.step = said
        return self.step is not None

    def has_said_something(self) -> bool:
        """Whether ``stands`` would answer at once."""
        return self._line.poll()

    def go_on(self) -> None:
        """Let it do the rest."""
        self._line.send(None)

    def kill(self) -> None:
        """Let it end where it stands."""
        os.kill(self._pid, signal.SIGKILL)
        try:
            said = self._line.recv()
        except EOFError:
            return
        raise AssertionError(f"It went on: {said}")


def done(act: Act) -> None:
    """Have it done by a process of its own. Raises what the act raised."""
    with Mortal(act) as process:
        assert not process.stands()


@cache
def _ancestor() -> str:
    """Start the process that all are forked from; answers where it takes orders. It ends with this one."""
    folder = tempfile.TemporaryDirectory(prefix="chatauth-mortals-")
    address = str(Path(folder.name) / "socket")
    command = [sys.executable, "-m", "tests.mortal_life", address]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    atexit.register(_end, process, folder)
    assert process.stdout is not None
    assert process.stdout.readline() == READY
    return address


def _end(process: "subprocess.Popen[bytes]", folder: "tempfile.TemporaryDirectory[str]") -> None:
    process.kill()
    process.communicate()
    folder.cleanup()
