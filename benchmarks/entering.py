"""What ``requestEngagement`` costs, as a multiple of what cannot be spared: verifying its token, one durable insert."""

import argparse
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection
from itertools import islice
from statistics import median

import psycopg

from benchmarks.entering_data import WARM_UP
from benchmarks.polls import ChatServer
from benchmarks.report import Row
from benchmarks.resources import cpu_seconds
from benchmarks.stack import LOOPBACK, PROJECT, Installation, StackFault

DATA = "benchmarks.entering_data"
ROUNDS = 3
CLIENTS = 4
SITE = "demonstration"
LONGEST_QUEUE = 200
"""So many wait at most before all of them leave: a queue that grew and grew would be measured otherwise."""


@dataclass(frozen=True, slots=True)
class Round:
    """Processor seconds of one request, each with the database's: the whole of it, and what cannot be spared."""

    request: float
    least: float

    @property
    def ratio(self) -> float:
        """How many times as much."""
        return self.request / self.least


def measure(installation: Installation, options: argparse.Namespace) -> list[Round]:
    """Let customers in, and verify and insert as often, by turns."""
    number = options.requests + WARM_UP
    lines = installation.output_of("-m", DATA, "store", str(2 * ROUNDS * number)).split()
    tokens = iter(lines)
    with ChatServer(installation) as server:
        return [
            Round(
                request=_of_requests(installation, server, list(islice(tokens, number))),
                least=_of_the_least(installation, list(islice(tokens, number))),
            )
            for _ in range(ROUNDS)
        ]


def _of_requests(installation: Installation, server: ChatServer, tokens: Sequence[str]) -> float:
    _let_in(server, tokens[:WARM_UP])
    used, rest = 0.0, tokens[WARM_UP:]
    for first in range(0, len(rest), LONGEST_QUEUE):
        _empty_the_queue(installation)
        before = _both(installation, server)
        _let_in(server, rest[first : first + LONGEST_QUEUE])
        used += _both(installation, server) - before
    return used / len(rest)


def _empty_the_queue(installation: Installation) -> None:
    with psycopg.connect(installation.database_url, autocommit=True) as connection:
        connection.execute(
            "UPDATE chat_app_engagement SET state = 'concluded', concluded_at = now() WHERE state = 'waiting'"
        )


def _both(installation: Installation, server: ChatServer) -> float:
    times = server.process.cpu_times()
    return float(times.user + times.system) + _database(installation)


def _of_the_least(installation: Installation, tokens: Sequence[str]) -> float:
    command = [sys.executable, "-m", DATA, "verify"]
    process = subprocess.Popen(
        command,
        cwd=PROJECT,
        env=installation.environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdin is not None  # noqa: S101 - for the type checker: both were asked for above
        assert process.stdout is not None  # noqa: S101
        process.stdin.write(" ".join(tokens) + "\n")
        process.stdin.flush()
        if not process.stdout.readline():
            raise StackFault("Verifying failed.")
        before = _database(installation)
        process.stdin.write("\n")
        process.stdin.flush()
        own = float(process.stdout.readline())
        return (own + _database(installation) - before) / (len(tokens) - WARM_UP)


def _database(installation: Installation) -> float:
    pid = installation.cluster.pid()
    if pid is None:
        raise StackFault("The database has ended while the server was measured.")
    return cpu_seconds(pid)


def _let_in(server: ChatServer, tokens: Sequence[str]) -> None:
    parts = [tokens[place::CLIENTS] for place in range(CLIENTS)]
    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(lambda part: _request_all(server.port, part), parts))


def _request_all(port: int, tokens: Sequence[str]) -> None:
    path = f"/engagement/api/consumer/{SITE}/v1/requestEngagement?pool=1:1"
    with closing(HTTPConnection(LOOPBACK, port)) as client:
        for token in tokens:
            client.request("POST", path, body=b"{}", headers={"Authorization": f"Bearer {token}"})
            answer = client.getresponse()
            body = answer.read()
            if answer.status != 200:  # noqa: PLR2004 - HTTP's own number
                raise StackFault(f"requestEngagement was refused: {body.decode()}")


def rows(rounds: Sequence[Round]) -> list[Row]:
    """Describe the rounds by their medians."""
    return [
        Row("CPU of requestEngagement, database included", f"{median(r.request for r in rounds) * 1e6:.0f} µs"),
        Row("CPU of verifying and one durable insert", f"{median(r.least for r in rounds) * 1e6:.0f} µs"),
        Row("requestEngagement, as a multiple of that", f"{median(r.ratio for r in rounds):.2f}", "at most 3"),
    ]
