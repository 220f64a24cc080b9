"""The environment variables that tests run with: those of production, with a database of their own."""

import os
import tempfile
from pathlib import Path

from chatauth_project.embedded_postgres import EmbeddedPostgres

CLUSTER_VARIABLE = "CHATAUTH_TEST_CLUSTER"
"""Where the process that started the tests keeps their database; its helpers find it there."""

RUN = os.environ.setdefault("CHATAUTH_TEST_RUN", str(os.getpid()))
"""The process that started the tests, for its helpers as well."""

MIGRATED = f"migrated_{RUN}"
"""The database that those of the test processes are copies of (``tests.databases``)."""

OPTIONS = {"max_connections": "400"}
"""For several servers at once, each with a process that works on jobs: that alone may hold forty connections."""


def database_of_this_run() -> EmbeddedPostgres:
    """Return the database server of this run, one for all of its processes; it need not be running."""
    default = Path(tempfile.gettempdir()) / f"chatauth-tests-{os.getpid()}"
    return EmbeddedPostgres(Path(os.environ.setdefault(CLUSTER_VARIABLE, str(default))), durable=False, options=OPTIONS)


TEST_ENVIRONMENT = {
    "ENVIRONMENT": "production",
    "SECRET_KEY": "tests-only-0123456789-abcdefghijklmnopqrstuvwxyz-0123456789",
    "FIELD_ENCRYPTION_KEYS": "dGVzdHMtb25seS1maXJzdC1rZXktMDEyMzQ1Njc4OSE=",
    "DATABASE_URL": os.environ.get("DATABASE_URL") or database_of_this_run().url("chatauth"),
    "PUBLIC_BASE_URL": "https://chat.example.com",
    "CHAT_SERVER_URL": "https://chat-server.example.com",
    "ALLOWED_HOSTS": "chat.example.com,testserver,127.0.0.1",
    "TRUSTED_PROXIES": "",
    "CORS_ALLOWED_ORIGINS": "https://www.example.com",
    "EMAIL_URL": "console:",
    "EMAIL_FROM": "chat@example.com",
    "LOG_FORMAT": "json",
    "LOG_LEVEL": "INFO",
}
