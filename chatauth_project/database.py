"""How a connection URI becomes Django's database settings, and what a request may ask of a connection."""

from datetime import timedelta
from typing import Any

from psycopg.conninfo import conninfo_to_dict

STATEMENTS_BEFORE_PREPARING = 5
"""psycopg's own default: the first executions of a statement are planned each time."""

KEEPALIVE = {"keepalives_idle": 30, "tcp_user_timeout": 10_000}
"""A server that vanished is noticed after 10 s without an acknowledgement (milliseconds) and after
30 s without any traffic (seconds), not after the two hours of the operating system."""


def database_settings(url: str, *, connect_timeout_seconds: int, behind_pooler: bool) -> dict[str, Any]:
    """Return the entry for ``DATABASES``.

    Behind a pooler that works by transaction, consecutive statements may reach different sessions,
    so nothing is prepared and no cursor outlives its statement.
    """
    given = conninfo_to_dict(url)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": given.pop("dbname"),
        "USER": given.pop("user", ""),
        "PASSWORD": given.pop("password", ""),
        "HOST": given.pop("host", ""),
        "PORT": given.pop("port", ""),
        "CONN_MAX_AGE": None,  # for as long as the worker's thread lives
        "CONN_HEALTH_CHECKS": False,  # a round trip per request; a broken one is answered 503
        "DISABLE_SERVER_SIDE_CURSORS": behind_pooler,
        "OPTIONS": {
            "connect_timeout": connect_timeout_seconds,
            "server_side_binding": True,
            "prepare_threshold": None if behind_pooler else STATEMENTS_BEFORE_PREPARING,
            **KEEPALIVE,
            **given,
        },
    }


LOCK_TIMEOUT = timedelta(seconds=5)
"""A table that a migration holds must not take every thread of a worker: whoever waits is answered 503."""


def bound_statements(database: dict[str, Any], *, timeout: timedelta) -> None:
    """Let no statement of this process's later connections run or wait for a lock without end.

    ``database`` is an entry of ``DATABASES``. Behind a pooler it is left alone: sessions belong to everybody there.
    """
    options = database["OPTIONS"]
    if options["prepare_threshold"] is not None:
        bounds = f"-c statement_timeout={_milliseconds(timeout)} -c lock_timeout={_milliseconds(LOCK_TIMEOUT)}"
        options["options"] = f"{options.get('options', '')} {bounds}".strip()


def _milliseconds(duration: timedelta) -> int:
    return round(duration.total_seconds() * 1000)
