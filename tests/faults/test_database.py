"""The database goes and comes back under load: nothing answered is lost, and nobody has to restart anything."""

from pathlib import Path

import psycopg
import pytest

from chatauth_project.embedded_postgres import EmbeddedPostgres, StopMode
from tests.load import check_nothing_is_lost, load_on
from tests.serving import Installation, ask, own_installation
from tests.waiting import wait_until

pytestmark = [pytest.mark.faults, pytest.mark.xdist_group("faults")]

RECOVERY_SECONDS = 45.0


def works(installed: Installation) -> bool:
    """Whether every thread of every worker serves again."""
    with installed.server.client() as client:
        return all(ask(client).status_code == 201 for _ in range(8))


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_stopped_and_started_under_load(installed: Installation, cluster: EmbeddedPostgres, mode: StopMode) -> None:
    for _ in range(24):  # over so many connections that each worker knows the key set
        with installed.server.client() as client:
            assert client.get("/.well-known/jwks.json").status_code == 200
    with load_on(installed.server) as load:
        load.wait_for_more(50)
        cluster.stop(mode)
        load.wait_for_more(20, status=503)
        assert installed.client.get("/healthz").status_code == 200
        not_ready = installed.client.get("/readyz")
        assert (not_ready.status_code, not_ready.json()["reasons"]) == (503, ["The database cannot be reached."])
        assert installed.client.get("/.well-known/jwks.json").status_code == 200
        cluster.start()
        load.wait_for_more(50)
    assert load.counts().keys() == {201, 503}
    assert not load.broken
    for refusal in load.refusals:
        assert int(refusal.headers["Retry-After"]) >= 1
    sentence = "The database cannot be reached at the moment. Try again in 5 seconds."
    assert {refusal.text for refusal in load.refusals} == {sentence}
    check_nothing_is_lost(installed.server, load)
    wait_until(lambda: works(installed), patience=RECOVERY_SECONDS)
    assert installed.client.get("/readyz").status_code == 200
    assert "Traceback" not in installed.server.process.written()


def test_killed_under_load(installed: Installation, cluster: EmbeddedPostgres) -> None:
    with load_on(installed.server) as load:
        load.wait_for_more(50)
        cluster.kill9()
        load.wait_for_more(10, status=503)
        cluster.start()
        load.wait_for_more(50)
    check_nothing_is_lost(installed.server, load)
    assert load.counts().keys() == {201, 503}


def test_every_connection_is_cut_under_load(installed: Installation) -> None:
    """As a failover does it: the listener's connection goes, too, and no answer is made from old facts afterwards."""
    with load_on(installed.server) as load:
        load.wait_for_more(30)
        installed.server.query(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        load.wait_for_more(50)
    assert load.counts().keys() <= {201, 503}
    check_nothing_is_lost(installed.server, load)
    with installed.server.administrator() as administrator:
        administrator.do("disable", name="dcsadmin1")
    with installed.server.client() as client:
        assert {ask(client).status_code for _ in range(4)} == {401}


def test_what_changed_while_the_server_did_not_hear_of_it_counts(
    installed: Installation, cluster: EmbeddedPostgres
) -> None:
    name = installed.new_user()
    with installed.server.client() as client:
        for _ in range(4):
            assert ask(client, caller=name).status_code == 201
        cluster.stop("fast")
        assert ask(client, caller=name).status_code == 503
        cluster.start()
        with installed.server.administrator() as administrator:
            administrator.do("disable", name=name)
        wait_until(lambda: ask(client, caller=name).status_code != 503)
        assert {ask(client, caller=name).status_code for _ in range(4)} == {401}


def test_a_table_that_somebody_holds_is_a_503_and_no_standstill(tmp_path: Path) -> None:
    with own_installation(tmp_path, DATABASE_STATEMENT_TIMEOUT="1s") as installed:
        with psycopg.connect(installed.server.database) as migration:
            migration.execute("LOCK TABLE authenticate_app_user")
            refused = ask(installed.client)
        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "5")
        assert ask(installed.client).status_code == 201
