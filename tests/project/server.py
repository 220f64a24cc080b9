"""The real server, as a process of its own that a test starts, asks and stops."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

from tests.environment import TEST_ENVIRONMENT
from tests.waiting import wait_until

ROOT = Path(__file__).resolve().parent.parent.parent
STOP_SECONDS = 20


def free_port() -> int:
    """Return a port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """``manage.py serve`` in a process group of its own; signals reach nothing else."""

    def __init__(self, log: Path, *arguments: str, **variables: str) -> None:
        self.port, self.metrics_port = free_port(), free_port()
        self.log = log
        self.arguments = arguments or ("serve",)
        ports = {"PORT": str(self.port), "METRICS_PORT": str(self.metrics_port)}
        local = {"TRUSTED_PROXIES": "127.0.0.1", "WORKERS": "2", "DJANGO_SETTINGS_MODULE": "chatauth_project.settings"}
        self.environment = {**os.environ, **TEST_ENVIRONMENT, **local, **ports, **variables}

    def __enter__(self) -> Self:
        with self.log.open("w", encoding="utf-8") as output:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", *self.arguments],
                cwd=ROOT,
                env=self.environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return self

    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(STOP_SECONDS)

    def output(self) -> str:
        """Return everything that the server has written."""
        return self.log.read_text("utf-8")

    def wait_until_ready(self) -> None:
        """Return when the server says that it is ready; fail when it has ended."""
        wait_until(lambda: "Ready on" in self.output() or self.process.poll() is not None)
        assert self.process.poll() is None, self.output()

    def get(self, path: str) -> httpx.Response:
        """Ask as the proxy in front would: on behalf of a client that came over TLS."""
        return httpx.get(f"http://127.0.0.1:{self.port}{path}", headers={"X-Forwarded-Proto": "https"})

    def workers(self) -> list[int]:
        """Return the process ids of the workers."""
        pid = self.process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return [int(child) for child in children if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()]

    def stop(self, number: signal.Signals, *, whole_group: bool) -> int:
        """Send a signal and return the exit status."""
        (os.killpg if whole_group else os.kill)(self.process.pid, number)
        return self.process.wait(STOP_SECONDS)
