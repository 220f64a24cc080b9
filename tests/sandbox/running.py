"""A server with a sandbox, and its demonstration's data."""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.databases import ROOT, drop_database, environment_with, new_database
from tests.serving import Server

NOT_OF_PRODUCTION = {
    "ENVIRONMENT": "demonstration",
    "SECRET_KEY": "demonstration-" + "sandbox" * 10,
    "ALLOWED_HOSTS": "127.0.0.1",
    "SANDBOX": "true",
    "TRUSTED_PROXIES": "",
    "WORKERS": "1",
    "WORKER_THREADS": "4",
}


@contextmanager
def running_sandbox(folder: Path) -> Iterator[Server]:
    """Let a server with a sandbox run meanwhile, with processes that work on its jobs."""
    database = new_database()
    try:
        with Server(database, folder / "server.log", **NOT_OF_PRODUCTION) as server:
            run(server.variables, "-m", "tests.sandbox.prepare", check=True)
            yield server
    finally:
        drop_database(database)


def run(variables: Mapping[str, str], *arguments: str, check: bool = False) -> "subprocess.CompletedProcess[str]":
    """Run a program of ours beside the server."""
    return subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        text=True,
        check=check,
        cwd=ROOT,
        env=environment_with(variables),
    )
