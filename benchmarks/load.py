"""Load on the server, by wrk."""

import base64
import json
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

HERE = Path(__file__).parent
CONNECTIONS = 32
MICROSECONDS = 1_000_000
TIMEOUT = "30s"
"""Longer than anything that is measured takes; what takes longer is an error."""


class LoadFault(Exception):
    """The load could not be made; the text says why and what helps."""


@dataclass(frozen=True, slots=True)
class Load:
    """Requests over ``connections`` at once: what a script of wrk sends, given its arguments."""

    script: str
    arguments: tuple[str, ...]
    connections: int = CONNECTIONS


def chat_tokens(authorization: str, *, connections: int = CONNECTIONS, from_many: bool = False) -> Load:
    """Return requests for chat tokens, each for a new end user. ``from_many``: each from an address of its own."""
    return Load("load.lua", (authorization, "many" if from_many else "one"), connections)


def forms(path: str, form: Mapping[str, str], *, authorization: str) -> Load:
    """Return requests that post the same form again and again."""
    return Load("post.lua", (path, authorization, urlencode(form)))


@dataclass(frozen=True, slots=True)
class Answers:
    """What came back: counts; ``p50`` and ``p99`` in milliseconds. ``refused`` had a status from 400 on."""

    requests: int
    seconds: float
    p50: float
    p99: float
    refused: int
    broken: int

    @property
    def good(self) -> int:
        """Requests that were answered as they should be."""
        return self.requests - self.refused

    @property
    def per_second(self) -> float:
        """Good answers per second."""
        return self.good / self.seconds


class Running:
    """A load that is being made."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def answers(self) -> Answers:
        """Wait for the end. Raises ``LoadFault``."""
        output, _ = self._process.communicate()
        if self._process.returncode:
            raise LoadFault(f"wrk failed: {output.strip()}")
        return _answers(output)


def start(load: Load, *, address: str, seconds: int) -> Running:
    """Begin to make a load on the server at ``address``. Raises ``LoadFault``."""
    return _start(
        (*_wrk(load.connections, seconds), "--script", str(HERE / load.script), address, "--", *load.arguments)
    )


def make(load: Load, *, address: str, seconds: int) -> Answers:
    """Make a load and return what came of it. Raises ``LoadFault``."""
    return start(load, address=address, seconds=seconds).answers()


def basic(name: str, password: str) -> str:
    """Return the value of the header ``Authorization`` (RFC 7617)."""
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode("ascii")


def require_wrk() -> None:
    """Raise ``LoadFault`` unless wrk is there."""
    if shutil.which("wrk") is None:
        raise LoadFault(
            "The load generator wrk is missing. Install it from your system's packages"
            " (Debian, Ubuntu: apt install wrk; macOS: brew install wrk)."
        )


def _wrk(connections: int, seconds: int) -> Sequence[str]:
    return ("wrk", "--threads=2", f"--connections={connections}", f"--duration={seconds}s", f"--timeout={TIMEOUT}")


def _start(command: Sequence[str]) -> Running:
    return Running(subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True))


def _answers(output: str) -> Answers:
    found = json.loads(output.strip().rpartition("\n")[2])
    return Answers(
        requests=found["requests"],
        seconds=found["microseconds"] / MICROSECONDS,
        p50=found["p50"] / 1000,
        p99=found["p99"] / 1000,
        refused=found["refused"],
        broken=found["broken"],
    )
