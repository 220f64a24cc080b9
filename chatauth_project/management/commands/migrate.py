"""``manage.py migrate``: Django's, one at a time.

Where several servers start at once with ``--migrate``, Django's own lets all of them create the same tables, and all
but one of them fail.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final

from django.core.management.commands.migrate import Command as Migrate
from django.db import Error, connections

ONE_AT_A_TIME: Final = 0x6D696772617465
"""Key of the PostgreSQL advisory lock: "migrate" in ASCII."""
LOOK_SECONDS: Final = 0.2


class Command(Migrate):
    """Bring the database up to date; wait while another process does."""

    def handle(self, *args: Any, **options: Any) -> None:
        """See Django. The lock ends with the connection, so that nobody who was killed holds it."""
        with self._one_at_a_time(options["database"]):
            super().handle(*args, **options)

    @contextmanager
    def _one_at_a_time(self, alias: str) -> Iterator[None]:
        """Ask again and again: a statement that waited would hold up ``CREATE INDEX CONCURRENTLY`` of the other."""
        with connections[alias].cursor() as cursor:
            is_told = False
            while not _is_true(cursor, "SELECT pg_try_advisory_lock(%s)"):
                if not is_told:
                    self.stderr.write("Another process migrates this database. Waiting for it.")
                is_told = True
                time.sleep(LOOK_SECONDS)
        try:
            yield
        finally:
            with suppress(Error), connections[alias].cursor() as cursor:
                _is_true(cursor, "SELECT pg_advisory_unlock(%s)")


def _is_true(cursor: Any, statement: str) -> bool:
    cursor.execute(statement, [ONE_AT_A_TIME])
    return bool(cursor.fetchone()[0])
