"""How many statements a request costs, counted by the database itself."""

import re
import time
from collections.abc import Callable
from typing import TypeVar

import psycopg

from benchmarks.stack import Server

STATEMENT = re.compile(rb"LOG:  (?:execute [^:]*|statement): (?!BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE|SET )")
"""A line of the log for each statement; the frame of a transaction does not count."""

Result = TypeVar("Result")


class StatementLog:
    """Lets the database log every statement meanwhile, and counts what comes into its log."""

    def __init__(self, server: Server) -> None:
        self._cluster = server.installation.cluster

    def __enter__(self) -> "StatementLog":
        self._log_statements("all")
        return self

    def __exit__(self, *_exception: object) -> None:
        self._log_statements("none")

    def of(self, act: Callable[[], Result]) -> tuple[Result, int]:
        """Return what ``act`` returns, and the number of statements that the database executed meanwhile."""
        before = self._cluster.log_file.stat().st_size
        result = act()
        with self._cluster.log_file.open("rb") as log:
            log.seek(before)
            return result, len(STATEMENT.findall(log.read()))

    def _log_statements(self, which: str) -> None:
        with psycopg.connect(self._cluster.url("postgres"), autocommit=True) as connection:
            connection.execute(f"ALTER SYSTEM SET log_statement = '{which}'")
            connection.execute("SELECT pg_reload_conf()")
        time.sleep(1)  # until every process of the database has noticed
