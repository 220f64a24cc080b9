"""What is measured: the server as in production, on a database of its own that keeps its promises."""

import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil
import psycopg
from cryptography.fernet import Fernet
from psycopg import sql

from benchmarks.resources import Cpu, cpu_seconds, family
from chatauth_project.embedded_postgres import EmbeddedPostgres

PROJECT = Path(__file__).resolve().parent.parent
DIRECTORY = PROJECT / "var"
LOOPBACK = "127.0.0.1"
HOST = "chat.example.com"
READY_SECONDS = 60
WORKER_MARK = "spawn_main"
"""In the command line of granian's workers, and of no other process of the server."""


class StackFault(Exception):
    """The server could not be started; the text says why."""


@contextmanager
def database_server() -> Iterator[EmbeddedPostgres]:
    """Run a durable PostgreSQL with the options it comes with; it is removed afterwards, whatever happens."""
    DIRECTORY.mkdir(exist_ok=True)
    data = Path(tempfile.mkdtemp(prefix="benchmark-", dir=DIRECTORY))
    cluster = EmbeddedPostgres(data)
    try:
        with cluster:
            yield cluster
    finally:
        cluster.stop("immediate")
        shutil.rmtree(data, ignore_errors=True)


class Installation:
    """One database with the settings of its server."""

    def __init__(self, cluster: EmbeddedPostgres, name: str) -> None:
        cluster.create_database(name)
        self.cluster = cluster
        self.database_url = cluster.url(name)
        self.password = secrets.token_urlsafe(12)
        self.environment = _environment(self.database_url) | {"BENCHMARK_PASSWORD": self.password}
        self.run("manage.py", "migrate", "--verbosity=0")
        self.run("-m", "benchmarks.dataset", "base")

    def run(self, *arguments: str) -> None:
        """Run a program of ours and wait for it. Raises ``subprocess.CalledProcessError``."""
        subprocess.run([sys.executable, *arguments], cwd=PROJECT, env=self.environment, check=True)

    def output_of(self, *arguments: str) -> str:
        """Run a program of ours and return what it wrote. Raises ``subprocess.CalledProcessError``."""
        command = [sys.executable, *arguments]
        return subprocess.run(
            command, cwd=PROJECT, env=self.environment, check=True, stdout=subprocess.PIPE, text=True
        ).stdout

    def configure(self, name: str, value: str) -> None:
        """Set an option of the database server, for all of its databases."""
        setting = sql.SQL("ALTER SYSTEM SET {} = {}").format(sql.Identifier(name), sql.Literal(value))
        with psycopg.connect(self.database_url, autocommit=True) as connection:
            connection.execute(setting)
            connection.execute("SELECT pg_reload_conf()")

    def greatest_id(self, table: str) -> int:
        """Return the greatest id in a table, 0 if it is empty."""
        return self._number(sql.SQL("SELECT coalesce(max(id), 0) FROM {}").format(sql.Identifier(table)))

    def rows_after(self, table: str, last: int) -> int:
        """Return how many rows of a table have greater ids."""
        return self._number(sql.SQL("SELECT count(*) FROM {} WHERE id > %s").format(sql.Identifier(table)), last)

    def _number(self, query: sql.Composed, *parameters: int) -> int:
        with psycopg.connect(self.database_url) as connection:
            row = connection.execute(query, parameters).fetchone()
        return int(row[0]) if row else 0


class Server:
    """The server of an installation, from the production start to its end; neither jobs nor chats are worked on."""

    def __init__(self, installation: Installation, settings: Mapping[str, str] | None = None) -> None:
        self.installation = installation
        self.port, metrics_port = free_ports(2)
        self.address = f"http://{LOOPBACK}:{self.port}"
        ports = {"PORT": str(self.port), "METRICS_PORT": str(metrics_port), "CHAT_WORKERS": "0", "JOB_WORKERS": "0"}
        self._environment = installation.environment | ports | dict(settings or {})
        self.start_seconds = 0.0

    def __enter__(self) -> Self:
        began = time.monotonic()
        self._log = (self.installation.cluster.data / "server.log").open("ab")
        self._process = subprocess.Popen(
            [sys.executable, "manage.py", "serve"],
            cwd=PROJECT,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )
        self._wait_until_ready()
        self.start_seconds = time.monotonic() - began
        return self

    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._process.terminate()
        self._process.communicate(timeout=READY_SECONDS)
        self._log.close()

    def cpu(self) -> Cpu:
        """Return what all processes of the server and of its database have used up to now."""
        database = self.installation.cluster.pid()
        if database is None:
            raise StackFault("The database has ended while the server was measured.")
        return Cpu(cpu_seconds(self._process.pid), cpu_seconds(database))

    def workers(self) -> list[psutil.Process]:
        """Return the processes that answer requests."""
        below = list(family(self._process.pid))[1:]
        return [process for process in below if WORKER_MARK in " ".join(process.cmdline())]

    def _wait_until_ready(self) -> None:
        assert self._process.stdout is not None  # noqa: S101 - for the type checker: it was asked for above
        line = self._process.stdout.readline()
        if not line.startswith("Ready"):
            self._process.kill()
            raise StackFault(f"The server did not start: {line.strip() or Path(self._log.name).read_text()[-2000:]}")


def _environment(database_url: str) -> dict[str, str]:
    """Return a production environment behind a proxy that speaks TLS; nothing of ours but what a program needs."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return kept | {
        "DJANGO_SETTINGS_MODULE": "chatauth_project.settings",
        "ENVIRONMENT": "production",
        "SECRET_KEY": secrets.token_urlsafe(48),
        "FIELD_ENCRYPTION_KEYS": Fernet.generate_key().decode("ascii"),
        "DATABASE_URL": database_url,
        "PUBLIC_BASE_URL": f"https://{HOST}",
        "CHAT_SERVER_URL": "https://chat-server.example.com",
        "TRUSTED_PROXIES": LOOPBACK,
        "LOG_FORMAT": "json",
    }


def free_ports(count: int) -> list[int]:
    """Return ports that nobody listens on now."""
    probes = [socket.create_server((LOOPBACK, 0)) for _ in range(count)]
    ports = [int(probe.getsockname()[1]) for probe in probes]
    for probe in probes:
        probe.close()
    return ports
