"""The database as migrations leave it, given back after tests that commit.

Django empties all tables after such a test (``flush``), those that migrations filled as well: roles, entitlements,
profile options. Their rows are copied aside once, and put back whenever Django has emptied the database.
"""

from functools import partial
from typing import Any, LiteralString

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction
from django.db.models.signals import post_migrate
from psycopg import sql

COPY = "pristine"
"""The schema that keeps the copies."""
OF_JOBS = ["procrastinate_periodic_defers", "procrastinate_jobs", "procrastinate_workers"]
"""Tables that Django does not manage, and so does not empty."""


def keep() -> None:
    """Copy what there is now, and put it back after every flush from now on."""
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("DROP SCHEMA IF EXISTS {0} CASCADE; CREATE SCHEMA {0}").format(sql.Identifier(COPY)))
    tables = [table for table in _tables() if _has_rows(table)]
    _for_each(tables, "CREATE TABLE {copy} AS TABLE {table}")
    post_migrate.connect(partial(_put_back, tables), sender=_last_to_be_told(), dispatch_uid=COPY, weak=False)


def _put_back(tables: list[str], **_signal: Any) -> None:
    with transaction.atomic():
        _for_each(tables, "ALTER TABLE {table} DISABLE TRIGGER USER")  # the copies hold what triggers wrote
        _for_each(tables, "DELETE FROM {table}")
        _for_each(tables, "INSERT INTO {table} SELECT * FROM {copy}")
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        _for_each(tables, "ALTER TABLE {table} ENABLE TRIGGER USER")
        _for_each(OF_JOBS, "DELETE FROM {table}")
    ContentType.objects.clear_cache()


def _for_each(tables: list[str], statement: LiteralString) -> None:
    with connection.cursor() as cursor:
        for table in tables:
            names = {"table": sql.Identifier(table), "copy": sql.Identifier(COPY, table)}
            cursor.execute(sql.SQL(statement).format(**names))


def _has_rows(table: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("SELECT EXISTS (SELECT FROM {})").format(sql.Identifier(table)))
        return bool(cursor.fetchone()[0])


def _tables() -> list[str]:
    return sorted(connection.introspection.django_table_names(only_existing=True, include_views=False))


def _last_to_be_told() -> Any:
    """The application whose signal is sent when all others have had theirs."""
    return [config for config in apps.get_app_configs() if config.models_module is not None][-1]
