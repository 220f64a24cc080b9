"""The real server process: how it starts, refuses to start, recovers and stops."""

import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.databases import drop_database, empty_database
from tests.environment import TEST_ENVIRONMENT
from tests.serving import Server
from tests.waiting import wait_until

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("serving")]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server on a database that had no tables."""
    server = Server(empty_database(), tmp_path_factory.mktemp("server") / "log")
    server.start("--migrate")
    yield server
    server.end()
    drop_database(server.database)


@pytest.fixture
def other(server: Server, tmp_path: Path) -> Iterator[Server]:
    """A second server on the same database."""
    with Server(server.database, tmp_path / "log") as other:
        yield other
        if other.process.process.poll() is None:
            other.process.kill9()


def status(server: Server, path: str) -> int:
    with server.client() as client:
        return client.get(path).status_code


def test_it_becomes_ready_and_makes_its_first_signing_key(server: Server) -> None:
    assert status(server, "/healthz") == 200
    wait_until(lambda: status(server, "/readyz") == 200)
    with server.client() as client:
        assert len(client.get("/.well-known/jwks.json").json()["keys"]) >= 1


def test_metrics_are_those_of_all_workers_together(server: Server) -> None:
    for _ in range(20):
        status(server, "/healthz")
    label = '{method="GET",route="/healthz",status="200"}'
    name = f"chatauth_http_request_seconds_count{label}"
    (line,) = [line for line in server.metrics().splitlines() if line.startswith(name)]
    assert float(line.rpartition(" ")[2]) >= 20


def test_a_worker_that_dies_is_replaced(server: Server) -> None:
    before = server.workers()
    os.kill(before[0], signal.SIGKILL)
    wait_until(lambda: len(set(server.workers()) - set(before)) == 1)
    wait_until(lambda: status(server, "/healthz") == 200)


def test_a_second_server_is_told_that_the_port_is_taken(server: Server, tmp_path: Path) -> None:
    ports = {"PORT": str(server.port), "METRICS_PORT": str(server.metrics_port)}
    said = Server(server.database, tmp_path / "log", **ports).refusal("serve")
    assert f"Port {server.port} of 127.0.0.1 cannot be listened on" in said
    assert f"Port {server.metrics_port} of 127.0.0.1 cannot be listened on" in said


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("whole_group", [True, False])
def test_it_stops_at_once_however_it_is_told(other: Server, number: signal.Signals, whole_group: bool) -> None:
    workers = other.workers()
    assert other.process.stop(number, whole_group=whole_group) == 0
    assert "Traceback" not in other.process.written()
    assert [pid for pid in workers if Path(f"/proc/{pid}/cwd").exists()] == []
    assert _refuses(other.port)


def test_workers_end_with_a_supervisor_that_was_killed(other: Server) -> None:
    other.process.stop(signal.SIGKILL)
    wait_until(lambda: _refuses(other.port))


def _refuses(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def test_every_fault_of_the_environment_is_told_at_once(tmp_path: Path) -> None:
    said = Server("", tmp_path / "log", SECRET_KEY="short", TOKEN_LIFETIME="1s").refusal("serve")
    told = [line for line in said.splitlines() if line.startswith("* ")]
    assert [line.split()[1] for line in told] == ["SECRET_KEY", "DATABASE_URL", "TOKEN_LIFETIME"]


def test_missing_migrations_are_told(tmp_path: Path) -> None:
    url = TEST_ENVIRONMENT["DATABASE_URL"].replace("/chatauth", "/postgres")
    assert "run manage.py migrate, or start with --migrate" in Server(url, tmp_path / "log").refusal("serve")


def test_a_database_that_is_away_is_told(tmp_path: Path) -> None:
    said = Server("postgresql://nobody@127.0.0.1:1/none", tmp_path / "log").refusal("serve")
    assert "The database of DATABASE_URL cannot be used" in said
