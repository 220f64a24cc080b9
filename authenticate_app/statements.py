"""Statements that a whole request comes down to, run by libpq's own call.

Django's cursor, and psycopg's below it, find out at each execution what is known here beforehand: types, the places of
parameters, the name of the prepared statement. That costs a third of a signature. Used here is psycopg's interface to
libpq, which it documents (``psycopg.pq``); connections, transactions and errors remain Django's.
"""

from collections.abc import Iterable, Mapping
from typing import Any
from weakref import WeakSet

from django.db import DEFAULT_DB_ALIAS, connections
from psycopg import Connection, DataError, Error, OperationalError, RawCursor
from psycopg.errors import InvalidSqlStatementName, error_from_result
from psycopg.pq import ConnStatus, DiagnosticField, ExecStatus
from psycopg.pq.abc import PGconn, PGresult

Row = tuple[Any, ...]
"""Values as PostgreSQL writes them as text, in ``bytes``; None for NULL."""
TRUE = b"t"
"""How PostgreSQL writes it."""
DONE = frozenset({ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK})


class Statement:
    """A statement that returns one row at most, and that each connection prepares once.

    ``types``: names and PostgreSQL types of its parameters, in the order of values. In ``sql`` they stand as
    ``%(name)s``, and a percent sign as ``%%``.
    """

    def __init__(self, name: str, sql: str, types: Mapping[str, str]) -> None:
        self._name = name.encode()
        self._sql = (sql % {each: f"${place}::{types[each]}" for place, each in enumerate(types, 1)}).encode()
        self._prepared_by: WeakSet[Connection] = WeakSet()

    def row(self, values: Iterable[object]) -> Row | None:
        """Run it on this thread's connection and return its row; None if there is none.

        Values are numbers, texts, truth values, UUIDs, times with their zone, and None.

        Raises ``django.db.DatabaseError``, as a cursor does.
        """
        django = connections[DEFAULT_DB_ALIAS]
        django.validate_no_broken_transaction()
        django.close_if_health_check_failed()
        if django.connection is None:  # it looks for an event loop first, each time
            django.ensure_connection()
        if django.force_debug_cursor:  # somebody counts queries
            django.queries_log.append({"sql": self._sql.decode(), "time": "0"})
        with django.wrap_database_errors:
            result = self._run(django.connection, _written(values))
        return tuple(map(result.get_value, [0] * result.nfields, range(result.nfields))) if result.ntuples else None

    def _run(self, connection: Connection, values: list[bytes | None]) -> PGresult:
        if not connection.autocommit or connection.prepare_threshold is None:  # a transaction; a pooler in between
            return self._run_by_psycopg(connection, values)
        try:
            return self._run_prepared(connection, values)
        except InvalidSqlStatementName:  # psycopg lets a connection forget all of them after a rollback
            self._prepared_by.discard(connection)
            return self._run_prepared(connection, values)

    def _run_by_psycopg(self, connection: Connection, values: list[bytes | None]) -> PGresult:
        """Leave to psycopg when a transaction begins, and whether anything may be prepared."""
        cursor = RawCursor(connection)
        cursor.execute(self._sql, [value if value is None else value.decode() for value in values])
        assert cursor.pgresult is not None  # noqa: S101 - for the type checker: it has been executed
        return cursor.pgresult

    def _run_prepared(self, connection: Connection, values: list[bytes | None]) -> PGresult:
        libpq = connection.pgconn
        with connection.lock:  # as each cursor does, since threads may share a connection
            if connection not in self._prepared_by:
                _done(libpq, libpq.prepare(self._name, self._sql))
                self._prepared_by.add(connection)
            return _done(libpq, libpq.exec_prepared(self._name, values))  # type: ignore[arg-type]  # None is NULL


def _written(values: Iterable[object]) -> list[bytes | None]:
    written = [None if value is None else str(value).encode() for value in values]
    if b"\0" in b"".join(filter(None, written)):  # libpq would take it for the end
        raise DataError("PostgreSQL's texts cannot hold the character NUL.")
    return written


def _done(libpq: PGconn, result: PGresult) -> PGresult:
    if result.status not in DONE:
        raise _failure(libpq, result)
    return result


def _failure(libpq: PGconn, result: PGresult) -> Error:
    is_from_server = result.error_field(DiagnosticField.SQLSTATE) is not None
    if libpq.status == ConnStatus.BAD or not is_from_server:  # the connection broke
        return OperationalError(result.get_error_message())
    return error_from_result(result)
