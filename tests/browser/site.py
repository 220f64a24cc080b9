"""The product as in a demonstration, with a day behind it, for a browser to look at."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography.fernet import Fernet

from tests.databases import ROOT, drop_database, environment_with, new_database
from tests.serving import free_port

NAME, PASSWORD = "admin", "Welcome1"
START_SECONDS = 240.0
PATIENCE = 90_000
"""Milliseconds that a page may take on a busy machine."""
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
CHROMIUM_ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
"""Without a sandbox, because tests may run as root, and without calls to anybody outside."""


@contextmanager
def running_site(folder: Path, *, with_chat: bool = False) -> Iterator[str]:
    """Fill a database, start the server with its log in ``folder``, and yield the server's address.

    ``with_chat``: with the chat server beside it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    database = new_database()
    try:
        variables = _variables(folder, database, free_port(), chat_workers=int(with_chat))
        subprocess.run([sys.executable, "-m", "tests.browser.day"], check=True, cwd=ROOT, env=variables)
        with _server(folder / "server.log", variables):
            yield variables["PUBLIC_BASE_URL"]
    finally:
        drop_database(database)


def _variables(folder: Path, database_url: str, port: int, *, chat_workers: int) -> dict[str, str]:
    chosen = {
        "DJANGO_SETTINGS_MODULE": "chatauth_project.settings",
        "ENVIRONMENT": "demonstration",
        "DATABASE_URL": database_url,
        "PORT": str(port),
        "PUBLIC_BASE_URL": f"http://localhost:{port}",  # a name, since browsers keep no passkeys for an address
        "CHAT_PORT": str(free_port()),
        "SECRET_KEY": "demonstration-" + "browser" * 10,
        "FIELD_ENCRYPTION_KEYS": Fernet.generate_key().decode("ascii"),
        "WORKERS": "1",
        "CHAT_WORKERS": str(chat_workers),
        "METRICS_PORT": "0",
        "EMAIL_URL": (folder / "mail").as_uri(),
        "EMAIL_FROM": "chat@example.com",
        "BUSINESS_NAME": "Vision Corporation",
        "LOG_FORMAT": "json",
    }
    return environment_with(chosen)


@contextmanager
def _server(log: Path, variables: dict[str, str]) -> Iterator[None]:
    with log.open("wb") as output:
        server = subprocess.Popen(
            [sys.executable, "manage.py", "serve"], cwd=ROOT, env=variables, stdout=output, stderr=output
        )
    try:
        _wait_for(server, log)
        yield
    finally:
        server.terminate()
        server.wait(timeout=START_SECONDS)


def _wait_for(server: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while b"Ready on" not in log.read_bytes():
        if server.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"The server did not start:\n{log.read_text('utf-8', 'replace')}")
        time.sleep(0.1)
