"""What is measured of waiting polls: what ten thousand of them cost one process, and how fast a message reaches one."""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any, Self

import psutil

from benchmarks.polls_load import Found
from benchmarks.report import Row
from benchmarks.resources import MEBIBYTE
from benchmarks.stack import LOOPBACK, PROJECT, READY_SECONDS, Installation, StackFault, free_ports

PROCESS_MARK = "--supervisor="
"""In the command line of a process that serves, and of none that watches over it."""
LOAD = "benchmarks.polls_load"
LOOK_SECONDS = 0.1
STARVED = 0.9
"""Of a processor: a load generator that needs more is itself what is slow."""


class ChatServer:
    """``manage.py serve_chat`` of an installation with one process, from its start to its end."""

    def __init__(self, installation: Installation) -> None:
        self.port, metrics_port = free_ports(2)
        ports = {"CHAT_PORT": str(self.port), "METRICS_PORT": str(metrics_port), "CHAT_WORKERS": "1"}
        self._environment: Mapping[str, str] = {**installation.environment, **ports}
        self._log = installation.cluster.data / "chat.log"

    def __enter__(self) -> Self:
        with self._log.open("ab") as log:
            command = [sys.executable, "manage.py", "serve_chat"]
            self._process = subprocess.Popen(command, cwd=PROJECT, env=dict(self._environment), stdout=log, stderr=log)
        deadline = time.monotonic() + READY_SECONDS
        while not self._is_ready():
            if time.monotonic() > deadline or self._process.poll() is not None:
                raise StackFault(f"The chat server did not start: {self._log.read_text()[-2000:]}")
            time.sleep(LOOK_SECONDS)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(READY_SECONDS)

    @property
    def process(self) -> psutil.Process:
        """The process that serves."""
        below = psutil.Process(self._process.pid).children()
        return next(child for child in below if PROCESS_MARK in " ".join(child.cmdline()))

    def _is_ready(self) -> bool:
        with closing(HTTPConnection(LOOPBACK, self.port, timeout=1)) as client:
            try:
                client.request("GET", "/readyz")
                return client.getresponse().status == 200  # noqa: PLR2004 - HTTP's own number
            except OSError:
                return False


@dataclass(frozen=True, slots=True)
class Phase:
    """Some minutes of waiting: ``cores`` used by the server, its memory at the end, what the load generator saw."""

    cores: float
    megabytes: float
    found: Found


def measure(installation: Installation, options: argparse.Namespace) -> tuple[Phase, Phase]:
    """Let customers wait, first without and then with messages for some of them."""
    installation.run("-m", "benchmarks.polls_data", f"--customers={options.customers}", f"--agents={options.agents}")
    with ChatServer(installation) as server, _load(server, options) as load:
        _expect(load, "waiting")
        quiet = _phase(server, load, "quiet")
        busy = _phase(server, load, "busy")
        return quiet, busy


def _load(server: ChatServer, options: argparse.Namespace) -> "subprocess.Popen[str]":
    sizes = ("customers", "agents", "quiet", "busy", "per_second")
    arguments = [f"--{name.replace('_', '-')}={getattr(options, name)}" for name in sizes]
    command = [sys.executable, "-m", LOAD, f"--port={server.port}", *arguments]
    return subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True)


def _phase(server: ChatServer, load: "subprocess.Popen[str]", name: str) -> Phase:
    process = server.process
    before, began = _cpu(process), time.monotonic()
    found = Found(**_expect(load, name))
    cores = (_cpu(process) - before) / (time.monotonic() - began)
    return Phase(cores, process.memory_info().rss / MEBIBYTE, found)


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _expect(load: "subprocess.Popen[str]", name: str) -> Any:
    """Return what the load generator says once it has come so far."""
    assert load.stdout is not None  # noqa: S101 - for the type checker: it was asked for above
    line = load.stdout.readline()
    if not line:
        raise StackFault("The load generator has ended before its time.")
    said = json.loads(line)
    if said["phase"] != name:
        raise StackFault(f"The load generator said {line!r}.")
    return said["found"]


def rows(quiet: Phase, busy: Phase) -> list[Row]:
    """Describe both phases."""
    found = busy.found
    megabytes = max(quiet.megabytes, busy.megabytes) * MEBIBYTE / 1e6
    return [
        Row("customers who wait, on one process", f"{quiet.found.customers}", "10,000"),
        Row("polls answered per second, without messages", f"{quiet.found.polls / quiet.found.seconds:.0f}"),
        Row("processor used by the process, without messages", f"{quiet.cores:.0%} of a core", "under 60 %"),
        Row("messages posted and received per second", f"{found.received / found.seconds:.0f}", "200"),
        Row("polls answered per second, with messages", f"{found.polls / found.seconds:.0f}"),
        Row("processor used by the process, with messages", f"{busy.cores:.0%} of a core", "under 60 %"),
        Row("half of the messages arrive within", f"{found.p50:.0f} ms"),
        Row("99 of 100 messages arrive within", f"{found.p99:.0f} ms", "under 100 ms"),
        Row("messages lost / twice / refused", f"{found.lost} / {found.twice} / {found.refused}", "0 / 0 / 0"),
        Row("memory of the process", f"{megabytes:.0f} MB", "under 600 MB"),
        Row("processor used by the load generator", f"{found.own_cores:.0%} of a core"),
    ]
