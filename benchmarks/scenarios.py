"""What is measured, one function for each question."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse
from statistics import median

from benchmarks import dataset, load
from benchmarks.browser import WrongAnswer
from benchmarks.load import Answers, Load
from benchmarks.resources import Cpu, Signatures, resident_megabytes
from benchmarks.stack import LOOPBACK, Server
from benchmarks.statements import StatementLog

WARM_UP_SECONDS = 3
SETTLING_SECONDS = 3
CROWD = 16
COUNTED = 9
"""So many single requests are counted; the median does not mind when housekeeping comes between."""
PATH = "/crmRestApi/resources/latest/chatAuthenticate"
KEY_SET = "/.well-known/jwks.json"
SESSIONS = "chat_app_chatsession"


@dataclass(frozen=True, slots=True)
class Measured:
    """A load and what it cost; ``cpu`` and ``signature`` in seconds, ``stored`` in rows (of sessions or tokens)."""

    answers: Answers
    cpu: Cpu
    signature: float
    stored: int

    @property
    def server(self) -> float:
        """CPU of the server for one request, in signatures."""
        return self.cpu.server / self.answers.good / self.signature

    @property
    def database(self) -> float:
        """CPU of the database for one request, in signatures."""
        return self.cpu.database / self.answers.good / self.signature

    @property
    def total(self) -> float:
        """CPU of server and database for one request, in signatures."""
        return self.server + self.database


@dataclass(frozen=True, slots=True)
class FirstCalls:
    """Milliseconds (medians) and statements of a user's first call, and of the next."""

    first: float
    second: float
    first_statements: int
    second_statements: int


@dataclass(frozen=True, slots=True)
class Crowd:
    """Good requests per second without and with a crowd of wrong passwords, and how many of those came."""

    alone: float
    beside: float
    wrong_per_second: float

    @property
    def share(self) -> float:
        """What is left of the throughput, from 0 to 1."""
        return self.beside / self.alone


def service_account(server: Server) -> Load:
    """Return the ordinary load: one service account that asks for tokens of ever new end users."""
    return load.chat_tokens(load.basic(dataset.SERVICE_ACCOUNT, server.installation.password))


def warm_up(server: Server) -> None:
    """Let every worker sign the service account in, and let the database prepare its statements."""
    load.make(service_account(server), address=server.address, seconds=WARM_UP_SECONDS)


def warm(server: Server, *, seconds: int, signatures: Signatures) -> Measured:
    """Measure tokens of ever new end users. Raises ``WrongAnswer`` when one was answered that is not stored."""
    return Meter(server, seconds, signatures).measured(service_account(server), stores=SESSIONS)


@dataclass(frozen=True, slots=True)
class Meter:
    """Measures loads on a server: rounds of so many seconds, in the currency of ``signatures``."""

    server: Server
    seconds: int
    signatures: Signatures

    def measured(self, wanted: Load, *, stores: str | None = None) -> Measured:
        """Make a load and measure what it costs.

        ``stores``: the table that each good answer leaves a row in. Raises ``WrongAnswer`` when there are fewer.
        """
        installation, cpu = self.server.installation, self.server.cpu()
        last = installation.greatest_id(stores) if stores else 0
        with self.signatures.sampled() as samples:
            answers = load.make(wanted, address=self.server.address, seconds=self.seconds)
        used = self.server.cpu() - cpu
        if not answers.good:
            raise WrongAnswer(f"Of {answers.requests} requests none was answered as it should be: {answers}.")
        stored = installation.rows_after(stores, last) if stores else 0
        if stores and stored < answers.good:
            raise WrongAnswer(f"{answers.good} requests were answered, but only {stored} rows are stored in {stores}.")
        return Measured(answers, used, samples.mean, stored)


def memory(server: Server) -> list[float]:
    """Return the resident memory of each worker in MiB, once the last request has ended."""
    time.sleep(SETTLING_SECONDS)
    return resident_megabytes(server.workers())


def wrong_passwords(server: Server, *, seconds: int) -> Crowd:
    """Measure the ordinary load while a crowd, each from an address of its own, guesses at its password."""
    alone = load.make(service_account(server), address=server.address, seconds=seconds)
    guess = load.basic(dataset.SERVICE_ACCOUNT, "wrong password")
    guessing = load.chat_tokens(guess, connections=CROWD, from_many=True)
    crowd = load.start(guessing, address=server.address, seconds=seconds + WARM_UP_SECONDS)
    time.sleep(WARM_UP_SECONDS)
    beside = load.make(service_account(server), address=server.address, seconds=seconds)
    guesses = crowd.answers()
    if guesses.good:
        raise WrongAnswer(f"{guesses.good} wrong passwords were taken for right ones.")
    return Crowd(alone.per_second, beside.per_second, guesses.requests / guesses.seconds)


def first_calls(server: Server) -> FirstCalls:
    """Measure the first and the second call of users whom no worker remembers."""
    with StatementLog(server) as statements:
        rows = [_two_calls(server, dataset.newcomer(number), statements) for number in range(dataset.NEWCOMERS)]
    first, first_statements, second, second_statements = (median(column) for column in zip(*rows, strict=True))
    return FirstCalls(first, second, int(first_statements), int(second_statements))


def _two_calls(server: Server, name: str, statements: StatementLog) -> tuple[float, int, float, int]:
    connection = _connection(server)  # kept open, so that both calls reach the same worker
    try:
        first, first_count = statements.of(lambda: _milliseconds(lambda: _ask(connection, server, name)))
        second, second_count = statements.of(lambda: _milliseconds(lambda: _ask(connection, server, name)))
    finally:
        connection.close()
    return first, first_count, second, second_count


def key_set_statements(server: Server) -> int:
    """Return how many statements a request for the key set costs when no key has changed."""
    with StatementLog(server) as statements:
        _get_key_set(server)
        return int(median(statements.of(lambda: _get_key_set(server))[1] for _ in range(COUNTED)))


def _get_key_set(server: Server) -> None:
    connection = _connection(server)
    connection.request("GET", KEY_SET, headers={"X-Forwarded-Proto": "https"})
    _expect(200, connection.getresponse())
    connection.close()


def _ask(connection: HTTPConnection, server: Server, name: str) -> None:
    headers = {
        "Authorization": load.basic(name, server.installation.password),
        "Content-Type": "application/json",
        "X-Forwarded-Proto": "https",
    }
    body = json.dumps({"clientType": "CONSUMER", "authUserName": name, "interfaceId": 1})
    connection.request("POST", PATH, body, headers)
    _expect(201, connection.getresponse())


def _expect(status: int, response: HTTPResponse) -> None:
    body = response.read()
    if response.status != status:
        raise WrongAnswer(f"The server answered {response.status}, not {status}: {body[:500].decode()}")


def _connection(server: Server) -> HTTPConnection:
    return HTTPConnection(LOOPBACK, server.port, timeout=30)


def _milliseconds(act: Callable[[], None]) -> float:
    began = time.perf_counter()
    act()
    return (time.perf_counter() - began) * 1000
