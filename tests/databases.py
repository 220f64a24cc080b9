"""Databases beside that of the tests. Migrating one takes seconds, so it is done once, and the others are copies."""

import os
import subprocess
import sys
import uuid
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from tests.environment import MIGRATED, RUN, TEST_ENVIRONMENT

ROOT = Path(__file__).parent.parent
PASSED_ON = ("PATH", "HOME", "LANG", "TMPDIR", "VIRTUAL_ENV")
"""What our processes need of the environment of the tests."""
PREPARED = f"prepared_{RUN}"


def new_database() -> str:
    """Create a database with all tables and what migrations store in them, and return its URL."""
    return database_beside(TEST_ENVIRONMENT["DATABASE_URL"], _new_name(), copy_of=made(MIGRATED))


def prepared_database() -> str:
    """Create one that is ready for an installation, and return its URL."""
    return database_beside(TEST_ENVIRONMENT["DATABASE_URL"], _new_name(), copy_of=made(PREPARED))


def empty_database() -> str:
    """Create a database without a table, and return its URL."""
    return database_beside(TEST_ENVIRONMENT["DATABASE_URL"], _new_name())


def _new_name() -> str:
    return f"journey_{uuid.uuid4().hex}"


def database_beside(url: str, name: str, *, copy_of: str = "template1") -> str:
    create = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(copy_of))
    with _connected(url) as connection:
        connection.execute(create)
    return _with_name(url, name)


def drop_database(url: str) -> None:
    name = sql.Identifier(urlsplit(url).path.removeprefix("/"))
    with _connected(url) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))


@cache
def made(name: str) -> str:
    """Return the name of a database to copy; of all processes of this run, the first that asks makes it."""
    url = TEST_ENVIRONMENT["DATABASE_URL"]
    with _connected(url) as connection:
        connection.execute("SELECT pg_advisory_lock(hashtext(%s))", [name])
        if not connection.execute("SELECT FROM pg_database WHERE datname = %s", [name]).fetchall():
            draft = _MADE[name](url, f"{name}_draft")
            connection.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(*map(sql.Identifier, (draft, name))))
    return name


def _migrated(url: str, draft: str) -> str:
    migrate(database_beside(url, draft))
    return draft


def _prepared(url: str, draft: str) -> str:
    prepare(database_beside(url, draft, copy_of=made(MIGRATED)))
    return draft


_MADE = {MIGRATED: _migrated, PREPARED: _prepared}


def forget() -> None:
    """Drop what was made, where it would outlive this run."""
    for name in _MADE:
        drop_database(_with_name(TEST_ENVIRONMENT["DATABASE_URL"], name))


def migrate(url: str) -> None:
    _run(url, "manage.py", "migrate", "--verbosity=0")


def prepare(url: str) -> None:
    """Store routing, a signing key and a service account (``tests.deeds.prepare``)."""
    _run(url, "-m", "tests.administrator", line='["prepare", {}]')


def _run(url: str, *arguments: str, line: str = "") -> None:
    variables = {**TEST_ENVIRONMENT, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "chatauth_project.settings"}
    command, environment = [sys.executable, *arguments], environment_with(variables)
    subprocess.run(command, check=True, cwd=ROOT, env=environment, input=line, stdout=subprocess.DEVNULL, text=True)


def environment_with(variables: Mapping[str, str]) -> dict[str, str]:
    """The environment of a program of ours: these variables, and of that of the tests only what every program needs."""
    return {name: os.environ[name] for name in PASSED_ON if name in os.environ} | dict(variables)


def _connected(url: str) -> "psycopg.Connection[Any]":
    """A connection to a database that is always there."""
    return psycopg.connect(_with_name(url, "postgres"), autocommit=True)


def _with_name(url: str, name: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))
