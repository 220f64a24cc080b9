"""What is measured of messages that Apple posts: what taking one in costs, in durable inserts of the same run.

Jobs are not worked on meanwhile (``JOB_WORKERS=0``): what is measured is the answer that Apple waits for.
"""

import gzip
import json
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection
from statistics import median, quantiles

import jwt
import psycopg

from benchmarks.browser import WrongAnswer
from benchmarks.messages_data import API_SECRET, BUSINESS, MSP_ID
from benchmarks.resources import Cpu
from benchmarks.scenarios import COUNTED
from benchmarks.stack import LOOPBACK, Server
from benchmarks.statements import StatementLog

PATH = "/amb/message"
TABLE = "authenticate_app_inboundmessage"
CLIENTS = 4
PER_SECOND = 100
INSERTS = 2_000
PACED_SECONDS = 5
BODY = b"x" * 300


@dataclass(frozen=True, slots=True)
class Taken:
    """Messages that were taken in; ``milliseconds`` of each, ``cpu`` of all, in seconds."""

    milliseconds: list[float]
    seconds: float
    cpu: Cpu

    @property
    def per_second(self) -> float:
        """Messages per second."""
        return len(self.milliseconds) / self.seconds

    @property
    def p99(self) -> float:
        """Milliseconds within which 99 of 100 were answered."""
        return quantiles(self.milliseconds, n=100)[98]

    @property
    def cost(self) -> float:
        """CPU seconds of server and database for one message."""
        return (self.cpu.server + self.cpu.database) / len(self.milliseconds)

    @property
    def database_share(self) -> float:
        """Which part of the cost is the database's, from 0 to 1."""
        return self.cpu.database / (self.cpu.server + self.cpu.database)


def insert_cost(server: Server, *, per_second: float | None = None) -> float:
    """Return the CPU seconds, of client and database, of one durable insert of a row with the size of a message.

    So many a second, or one after the other: what is done seldom costs more, since caches have forgotten it by then.
    """
    pause = 1 / per_second if per_second else 0.0
    count = INSERTS if per_second is None else int(PACED_SECONDS * per_second)
    with psycopg.connect(server.installation.database_url, autocommit=True) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS benchmark_row (id bigserial PRIMARY KEY, body bytea)")
        before, client, pace = server.cpu().database, 0.0, Pace(pause)
        for _ in range(count):
            began = time.thread_time()
            connection.execute("INSERT INTO benchmark_row (body) VALUES (%s)", [BODY])
            client += time.thread_time() - began
            pace.keep()
    return (server.cpu().database - before + client) / count


def take(server: Server, *, seconds: float, per_second: float | None = None) -> Taken:
    """Post messages from a few clients, as fast as they can or so many a second. Raises ``WrongAnswer``."""
    stored_before = server.installation.greatest_id(TABLE)
    cpu, began = server.cpu(), time.monotonic()
    pause = CLIENTS / per_second if per_second else 0.0
    with ThreadPoolExecutor(CLIENTS) as pool:
        found = [pool.submit(_post_on_and_on, server, began + seconds, pause) for _ in range(CLIENTS)]
        milliseconds = [each for of_one in found for each in of_one.result()]
    taken = Taken(milliseconds, time.monotonic() - began, server.cpu() - cpu)
    stored = server.installation.rows_after(TABLE, stored_before)
    if stored != len(milliseconds):
        raise WrongAnswer(f"{len(milliseconds)} messages were answered with 200, and {stored} are stored.")
    return taken


def statements(server: Server) -> int:
    """Return how many statements a message costs (median)."""
    with closing(_connection(server)) as connection, StatementLog(server) as log:
        _post(connection)
        return int(median(log.of(lambda: _post(connection))[1] for _ in range(COUNTED)))


class Pace:
    """Keeps a pause between one beginning and the next; without one, nobody waits."""

    def __init__(self, pause: float) -> None:
        self._pause = pause
        self._due = time.monotonic()
        self._waiting = threading.Event()

    def keep(self) -> None:
        """Wait until the next one is due."""
        self._due += self._pause
        if self._pause:
            self._waiting.wait(max(0.0, self._due - time.monotonic()))


def _post_on_and_on(server: Server, until: float, pause: float) -> list[float]:
    found, pace = [], Pace(pause)
    with closing(_connection(server)) as connection:
        while time.monotonic() < until:
            found.append(_post(connection))
            pace.keep()
    return found


def _post(connection: HTTPConnection) -> float:
    """Post a new message; return the milliseconds that its answer took. Raises ``WrongAnswer``."""
    message = {
        "v": 1,
        "type": "text",
        "id": str(uuid.uuid4()),
        "sourceId": f"urn:mbid:{uuid.uuid4().hex[:5]}",
        "destinationId": BUSINESS,
        "body": "Where is my order? " * 10,
        "locale": "en_US",
    }
    token = jwt.encode({"aud": MSP_ID, "iat": int(time.time())}, API_SECRET, algorithm="HS256")
    headers = {
        "Authorization": f"Bearer {token}",
        "id": str(message["id"]),
        "source-id": str(message["sourceId"]),
        "destination-id": BUSINESS,
        "capability-list": "AUTH,AUTH2,LIST,TIME,QUICK",
        "Content-Type": "application/json",
        "Content-Encoding": "gzip",
        "X-Forwarded-Proto": "https",
    }
    body = gzip.compress(json.dumps(message).encode())
    began = time.perf_counter()
    connection.request("POST", PATH, body, headers)
    response = connection.getresponse()
    answer = response.read()
    if response.status != 200:  # noqa: PLR2004 - HTTP's own number
        raise WrongAnswer(f"A message was answered with {response.status}: {answer.decode('utf-8', 'replace')}")
    return (time.perf_counter() - began) * 1000


def _connection(server: Server) -> HTTPConnection:
    return HTTPConnection(LOOPBACK, server.port, timeout=30)
