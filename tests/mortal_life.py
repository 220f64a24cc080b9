"""The life of mortal processes, and the one that they are forked from: run as a program (``tests.mortal``).

A step of a process is what others can tell: it stands before and after each commit, since in between its death leaves
behind what it left before; and, if that matters, before it locks a row that is there.
"""

import os
import re
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from multiprocessing.connection import Connection, Listener
from typing import Any

import django

from tests.mortal import READY

LOCKS = re.compile(r"^UPDATE|^DELETE|FOR (NO KEY )?UPDATE|ON CONFLICT")
Reach = Callable[[str], None]


def main() -> None:
    """Fork a process for whoever calls, until this one is killed. It is connected to no database itself."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody asks how they ended
    django.setup()
    _load_everything()
    with Listener(sys.argv[1]) as listener:
        os.write(1, READY)
        os.dup2(2, 1)  # nobody reads any further
        while True:
            with listener.accept() as line:
                if os.fork() == 0:
                    _live(line)
                    os._exit(0)


def _load_everything() -> None:
    from authenticate_app.messages import guarded_http, legacy_tokens, processing, returning, sending, worker  # noqa: F401
    from tests.messages import story  # noqa: F401


def _live(line: Connection) -> None:
    from django.conf import settings
    from django.db import connection

    line.send(os.getpid())
    act, stop_at, counts_locks, database = line.recv()
    connection.settings_dict["NAME"] = database
    settings.PRIVATE_ADDRESSES = True  # for peers of the tests
    numbers = count(1)

    def reach(step: str) -> None:
        if next(numbers) == stop_at:
            line.send(step)
            line.recv()

    with suppress(EOFError, BrokenPipeError):
        line.send(_outcome(act, reach, counts_locks=counts_locks))


def _outcome(act: Callable[[], object], reach: Reach, *, counts_locks: bool) -> Exception | None:
    from django.db import connection

    connection.ensure_connection()
    _note_commits(connection, reach)
    try:
        with connection.execute_wrapper(_noting(reach, counts_locks=counts_locks)):
            act()
    except (EOFError, BrokenPipeError):
        raise
    except Exception as error:  # noqa: BLE001 - whoever waits raises it
        return error
    return None


def _note_commits(connection: Any, reach: Reach) -> None:
    committed = connection.commit

    def commit() -> None:
        reach("before COMMIT")
        committed()
        reach("after COMMIT")

    connection.commit = commit


def _noting(reach: Reach, *, counts_locks: bool) -> Callable[..., Any]:
    def execute(run: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        commits = not context["connection"].in_atomic_block and not sql.startswith("SELECT")
        if commits or (counts_locks and LOCKS.search(sql)):
            reach(f"before {sql}")
        result = run(sql, params, many, context)
        if commits:
            reach(f"after {sql}")
        return result

    return execute


if __name__ == "__main__":
    main()
