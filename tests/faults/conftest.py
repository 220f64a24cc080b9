import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from chatauth_project.embedded_postgres import EmbeddedPostgres
from tests import databases
from tests.serving import Installation, installation


@pytest.fixture(scope="package")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a database server that is stopped, and that holds what an installation needs."""
    with EmbeddedPostgres(tmp_path_factory.mktemp("prepared") / "postgres", durable=False) as cluster:
        cluster.create_database("chatauth")
        databases.migrate(cluster.url("chatauth"))
        databases.prepare(cluster.url("chatauth"))
    return cluster.data


@pytest.fixture
def cluster(prepared: Path, tmp_path: Path) -> Iterator[EmbeddedPostgres]:
    """A database server of the test's own that keeps what it has promised to keep."""
    with durable_copy(prepared, tmp_path) as found:
        yield found


@pytest.fixture
def installed(cluster: EmbeddedPostgres, tmp_path: Path) -> Iterator[Installation]:
    with installation(cluster.url("chatauth"), tmp_path / "server.log") as found:
        yield found


def durable_copy(prepared: Path, folder: Path) -> EmbeddedPostgres:
    subprocess.run(["cp", "-a", prepared, folder], check=True)  # with its owner, which PostgreSQL insists on
    return EmbeddedPostgres(folder / prepared.name, durable=True)
