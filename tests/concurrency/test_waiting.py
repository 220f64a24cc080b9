"""Who waits for something holds nobody up: slow bodies and passwords that are being compared, on the real server."""

import json
import selectors
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from http.client import HTTPResponse
from pathlib import Path

import httpx
import pytest

from chatauth_project.bodies import MOST_WAITING
from tests.serving import ADDRESS, CALLER, PASSWORD, Installation, ask, own_installation
from tests.waiting import wait_until

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("waiting")]

WORKERS = 2
CONNECTIONS_OF_ITS_OWN = WORKERS + 2
"""One for each worker to listen, two for the housekeeping."""


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """Workers that work on one request at a time, and do not wait long for bodies."""
    folder = tmp_path_factory.mktemp("small")
    with own_installation(folder, WORKER_THREADS="1", BODY_TIMEOUT="2s") as found:
        yield found
        assert found.server.process.stop() == 0
        assert "Traceback" not in found.server.process.written()


def request(body: bytes, *, length: int | None = None, caller: str = CALLER, password: str = PASSWORD) -> bytes:
    """A request as it goes over the wire; ``length`` of its body as it says, None for a chunked one."""
    authorization = httpx.Request("POST", "http://x", headers={"Host": "x"})
    (flow,) = [next(httpx.BasicAuth(caller, password).auth_flow(authorization))]
    how_long = "Transfer-Encoding: chunked" if length is None else f"Content-Length: {length}"
    lines = [
        f"POST {ADDRESS} HTTP/1.1",
        "Host: chat.example.com",
        "X-Forwarded-Proto: https",
        "Content-Type: application/json",
        f"Authorization: {flow.headers['Authorization']}",
        how_long,
    ]
    return "\r\n".join([*lines, "", ""]).encode() + body


UNFINISHED = {"counted": request(b"{", length=100), "chunked": request(b"1\r\n{\r\n")}


@contextmanager
def unfinished(installed: Installation, number: int, sent: bytes) -> Iterator[list[socket.socket]]:
    """Let so many clients stand whose bodies never become whole."""
    with ExitStack() as stack:
        clients = [
            stack.enter_context(socket.create_connection(("127.0.0.1", installed.server.port), timeout=60))
            for _ in range(number)
        ]
        for client in clients:
            client.sendall(sent)
        yield clients


def read_to_the_end(client: socket.socket) -> bytes:
    return b"".join(iter(lambda: client.recv(4096), b""))


def connections_to_the_database(installed: Installation) -> int:
    ((number,),) = installed.server.query(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    return int(number)


@pytest.mark.parametrize("sent", UNFINISHED.values(), ids=UNFINISHED.keys())
def test_bodies_that_never_come_stop_nobody_else_and_are_refused(small: Installation, sent: bytes) -> None:
    with unfinished(small, 6 * WORKERS, sent) as slow, small.server.client() as client:
        for _ in range(10):
            assert client.get("/healthz").status_code == 200
            assert ask(client).status_code == 201
        answers = [read_to_the_end(one) for one in slow]
    assert all(answer.startswith(b"HTTP/1.1 408 ") for answer in answers)
    detail = json.loads(answers[0].partition(b"\r\n\r\n")[2])
    assert detail == {
        "status": 408,
        "detail": "The body of the request did not arrive in time. Send it again, at one go.",
    }
    assert small.server.metric("chatauth_bodies_refused_total") >= len(slow)


def test_the_oldest_of_too_many_slow_bodies_gives_way(installed: Installation) -> None:
    """Long before their time is up."""
    with unfinished(installed, 2 * WORKERS * MOST_WAITING, UNFINISHED["counted"]) as slow:
        with selectors.DefaultSelector() as answered:
            for one in slow:
                answered.register(one, selectors.EVENT_READ)
            ready = answered.select(timeout=15)
        assert ready
        first = next(key.fileobj for key, _ in ready)
        assert isinstance(first, socket.socket)
        assert read_to_the_end(first).startswith(b"HTTP/1.1 408 ")
        with installed.server.client() as client:
            assert ask(client).status_code == 201


def test_an_answer_does_not_overtake_a_body_and_cost_its_connection(small: Installation) -> None:
    """Whoever is refused can ask again over the same connection."""
    body = json.dumps({"authUserName": "Jane Roe", "interfaceId": "1"}).encode()
    head = request(b"", length=len(body), password="wrong")
    with socket.create_connection(("127.0.0.1", small.server.port), timeout=60) as client:
        for _ in range(3):
            client.sendall(head)
            client.sendall(body)  # in a packet of its own
            answer = HTTPResponse(client)
            answer.begin()
            assert answer.status in {401, 429, 503}
            answer.read()


def test_whoever_is_remembered_is_answered_while_passwords_are_compared(small: Installation) -> None:
    """Though there is but one turn in each worker."""
    guessing = 6
    name = small.new_user()
    with ThreadPoolExecutor(guessing) as pool, small.server.client() as client:
        assert ask(client).status_code == 201
        guesses = [pool.submit(guess, small, name, number) for number in range(guessing)]
        answered = 0
        while not all(one.done() for one in guesses):
            assert ask(client).status_code == 201
            answered += 1
    assert {one.result() for one in guesses} <= {401, 503}
    assert answered > 5 * guessing


def guess(installed: Installation, name: str, number: int) -> int:
    with installed.server.client(headers={"X-Forwarded-For": f"198.51.100.{number}"}) as client:
        return ask(client, caller=name, password=f"guess {number}").status_code


def test_a_newcomer_gets_in_beside_a_few_guesses(small: Installation) -> None:
    name, newcomer = small.new_user(), small.new_user()
    with ThreadPoolExecutor(4) as pool, small.server.client() as client:
        guesses = [pool.submit(guess, small, name, 100 + number) for number in range(4)]
        assert ask(client, caller=newcomer).status_code == 201
    assert {one.result() for one in guesses} <= {401, 503}


def test_waiting_takes_no_further_connection_to_the_database(tmp_path: Path) -> None:
    with own_installation(tmp_path, WORKER_THREADS="1", JOB_WORKERS="0") as found, ThreadPoolExecutor(4) as pool:
        name = found.new_user()
        with unfinished(found, 8, UNFINISHED["counted"]), found.server.client() as client:
            guesses = [pool.submit(guess, found, name, number) for number in range(4)]
            while not all(one.done() for one in guesses):
                ask(client)
            wait_until(lambda: found.server.metric("chatauth_password_hashes_waiting") == 0)
            ours = connections_to_the_database(found) - 1  # the administrator's
        assert ours <= WORKERS + CONNECTIONS_OF_ITS_OWN
