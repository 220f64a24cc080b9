"""The real server process: how it starts, refuses to start, recovers and stops."""

import os
import signal
import socket
import uuid
from collections.abc import Iterator
from pathlib import Path

import httpx
import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from tests.environment import TEST_ENVIRONMENT
from tests.project.server import Server
from tests.waiting import wait_until

pytestmark = pytest.mark.journey


def _maintenance() -> psycopg.Connection:
    url = make_conninfo(TEST_ENVIRONMENT["DATABASE_URL"], dbname="postgres")
    return psycopg.connect(url, autocommit=True)


@pytest.fixture(scope="module")
def database_url() -> Iterator[str]:
    """A fresh database without tables."""
    name = f"serving_{uuid.uuid4().hex}"
    with _maintenance() as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    before, _, after = TEST_ENVIRONMENT["DATABASE_URL"].rpartition("/chatauth")
    yield f"{before}/{name}{after}"
    with _maintenance() as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture(scope="module")
def server(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    log = tmp_path_factory.mktemp("server") / "log"
    with Server(log, "serve", "--migrate", DATABASE_URL=database_url) as server:
        server.wait_until_ready()
        yield server


def test_it_becomes_ready_and_makes_its_first_signing_key(server: Server) -> None:
    assert server.get("/healthz").status_code == 200
    wait_until(lambda: server.get("/readyz").status_code == 200)
    assert len(server.get("/.well-known/jwks.json").json()["keys"]) >= 1


def test_metrics_are_those_of_all_workers_together(server: Server) -> None:
    for _ in range(20):
        server.get("/healthz")
    metrics = httpx.get(f"http://127.0.0.1:{server.metrics_port}/metrics").text
    label = '{method="GET",route="/healthz",status="200"}'
    (line,) = [line for line in metrics.splitlines() if line.startswith(f"chatauth_http_request_seconds_count{label}")]
    assert float(line.rpartition(" ")[2]) >= 20


def test_a_worker_that_dies_is_replaced(server: Server) -> None:
    before = server.workers()
    os.kill(before[0], signal.SIGKILL)
    wait_until(lambda: len(set(server.workers()) - set(before)) == 1)
    wait_until(lambda: server.get("/healthz").status_code == 200)


def test_a_second_server_is_told_that_the_port_is_taken(server: Server, database_url: str, tmp_path: Path) -> None:
    variables = {"DATABASE_URL": database_url, "PORT": str(server.port), "METRICS_PORT": str(server.metrics_port)}
    with Server(tmp_path / "log", **variables) as second:
        assert second.process.wait(30) == 2
        assert f"Port {server.port} of 127.0.0.1 cannot be listened on" in second.output()
        assert f"Port {server.metrics_port} of 127.0.0.1 cannot be listened on" in second.output()
        assert "Traceback" not in second.output()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("whole_group", [True, False])
def test_it_stops_at_once_however_it_is_told(
    server: Server, database_url: str, tmp_path: Path, number: signal.Signals, whole_group: bool
) -> None:
    with Server(tmp_path / "log", DATABASE_URL=database_url) as other:
        other.wait_until_ready()
        workers = other.workers()
        assert other.stop(number, whole_group=whole_group) == 0
        assert "Traceback" not in other.output()
        assert [pid for pid in workers if Path(f"/proc/{pid}/cwd").exists()] == []
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", other.port)) != 0


def test_workers_end_with_a_supervisor_that_was_killed(server: Server, database_url: str, tmp_path: Path) -> None:
    with Server(tmp_path / "log", DATABASE_URL=database_url) as other:
        other.wait_until_ready()
        other.stop(signal.SIGKILL, whole_group=False)
        wait_until(lambda: _refuses(other.port))


def _refuses(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def test_every_fault_of_the_environment_is_told_at_once(tmp_path: Path) -> None:
    with Server(tmp_path / "log", SECRET_KEY="short", TOKEN_LIFETIME="1s", DATABASE_URL="") as server:
        assert server.process.wait(30) == 2
        told = [line for line in server.output().splitlines() if line.startswith("* ")]
        assert [line.split()[1] for line in told] == ["SECRET_KEY", "DATABASE_URL", "TOKEN_LIFETIME"]
        assert "Traceback" not in server.output()


def test_missing_migrations_are_told(tmp_path: Path) -> None:
    url = TEST_ENVIRONMENT["DATABASE_URL"].replace("/chatauth", "/postgres")
    with Server(tmp_path / "log", DATABASE_URL=url) as server:
        assert server.process.wait(30) == 2
        assert "run manage.py migrate, or start with --migrate" in server.output()


def test_a_database_that_is_away_is_told(tmp_path: Path) -> None:
    with Server(tmp_path / "log", DATABASE_URL="postgresql://nobody@127.0.0.1:1/none") as server:
        assert server.process.wait(30) == 2
        assert "The database of DATABASE_URL cannot be used" in server.output()
        assert "Traceback" not in server.output()
