"""The product as in a demonstration, with a day behind it, for a browser to look at."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography.fernet import Fernet

from chatauth_project.embedded_postgres import EmbeddedPostgres

ROOT = Path(__file__).resolve().parent.parent.parent
NAME, PASSWORD = "admin", "Welcome1"
START_SECONDS = 60.0
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
CHROMIUM_ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
"""Without a sandbox, because tests may run as root, and without calls to anybody outside."""


@contextmanager
def running_site(folder: Path) -> Iterator[str]:
    """Start a database and the server in ``folder``, fill them, and yield the server's address."""
    with EmbeddedPostgres(folder / "postgres", durable=False) as postgres:
        postgres.create_database("chatauth")
        variables = _variables(folder, postgres.url("chatauth"), _free_port())
        subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], check=True, cwd=ROOT, env=variables)
        subprocess.run([sys.executable, "-m", "tests.browser.day"], check=True, cwd=ROOT, env=variables)
        with _server(folder / "server.log", variables):
            yield variables["PUBLIC_BASE_URL"]


def _variables(folder: Path, database_url: str, port: int) -> dict[str, str]:
    return {
        **{name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ},
        "DJANGO_SETTINGS_MODULE": "chatauth_project.settings",
        "ENVIRONMENT": "demonstration",
        "DATABASE_URL": database_url,
        "PORT": str(port),
        "PUBLIC_BASE_URL": f"http://localhost:{port}",  # a name, since browsers keep no passkeys for an address
        "CHAT_SERVER_URL": "https://chat.example.com",
        "SECRET_KEY": "demonstration-" + "browser" * 10,
        "FIELD_ENCRYPTION_KEYS": Fernet.generate_key().decode("ascii"),
        "WORKERS": "1",
        "METRICS_PORT": "0",
        "EMAIL_URL": (folder / "mail").as_uri(),
        "EMAIL_FROM": "chat@example.com",
        "BUSINESS_NAME": "Vision Corporation",
        "LOG_FORMAT": "json",
    }


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


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
