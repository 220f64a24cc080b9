"""Every scenario, played by the command against a real server with processes that work on its jobs."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from authenticate_app.messages.reasons import PHONE_ERRORS
from authenticate_app.sandbox.scenario import Scenario
from authenticate_app.sandbox.simulation import ALL
from tests.sandbox.running import run, running_sandbox
from tests.serving import Server

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("scenarios")]  # all of them are played once

COMMAND = ("manage.py", "simulate_sign_in")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running_sandbox(tmp_path_factory.mktemp("sandbox")) as found:
        yield found
        assert "Traceback" not in found.process.written()


@pytest.fixture(scope="module")
def played(server: Server) -> "subprocess.CompletedProcess[str]":
    """All of them once, some at the same time."""
    return run(server.variables, *COMMAND, "--scenario", "all", "--brief", "--at-once", "6")


@pytest.mark.parametrize("scenario", ALL, ids=lambda scenario: scenario.name)
def test_it_ends_as_it_has_to(played: "subprocess.CompletedProcess[str]", scenario: Scenario) -> None:
    lines = [line for line in played.stdout.splitlines() if re.match(rf"(passed|FAILED) {scenario.name}:", line)]
    assert [line.partition(":")[0] for line in lines] == [f"passed {scenario.name}"], (lines, played.stderr[-2000:])


def test_the_last_line_counts_and_the_exit_status_says_it(played: "subprocess.CompletedProcess[str]") -> None:
    assert played.stdout.splitlines()[-1] == f"{len(ALL)} of {len(ALL)} passed, 0 failed"
    assert played.returncode == 0


def test_every_row_of_the_table_of_errors_is_played() -> None:
    reasons = {scenario.reason for scenario in ALL if scenario.flow == "legacy"}
    assert set(PHONE_ERRORS.values()) <= reasons
    codes = {int(match[1]) for scenario in ALL if (match := re.search(r"network(-\d+)$", scenario.name))}
    assert codes == {code for domain, code in PHONE_ERRORS if domain == "NSURLErrorDomain"}


def test_one_alone_prints_the_exchange_without_secrets(server: Server) -> None:
    done = run(server.variables, *COMMAND, "--scenario", "legacy-authenticated")
    assert done.returncode == 0, done.stdout
    assert "POST /oauth/token" in done.stdout.replace(server.url, "")
    assert "client_secret=•••(128)" in done.stdout
    assert "Welcome1" not in done.stdout
    assert "\x1b[" not in done.stdout
    assert done.stdout.splitlines()[-1] == "1 of 1 passed, 0 failed"


def test_the_business_is_told_by_a_webhook_that_verifies(server: Server) -> None:
    run(server.variables, *COMMAND, "--scenario", "new-success", "--brief", check=True)
    told = "SELECT count(*) FROM authenticate_app_sandboxexchange WHERE receiver = 'asker' AND status = 204"
    assert server.query(told)[0][0] > 0


def test_a_list_of_all(server: Server) -> None:
    done = run(server.variables, *COMMAND, "--list")
    assert [line.split()[0] for line in done.stdout.splitlines()] == [scenario.name for scenario in ALL]


def test_an_unknown_scenario_is_told(server: Server) -> None:
    done = run(server.variables, *COMMAND, "--scenario", "nothing")
    assert done.returncode == 2
    assert "There is no scenario 'nothing'" in done.stderr


def test_without_a_server_it_says_so(server: Server) -> None:
    done = run({**server.variables, "PUBLIC_BASE_URL": "http://127.0.0.1:9"}, *COMMAND)
    assert done.returncode == 2
    assert "No server answers at http://127.0.0.1:9" in done.stderr


def test_without_a_sandbox_it_says_so(server: Server) -> None:
    done = run({**server.variables, "SANDBOX": "false"}, *COMMAND)
    assert done.returncode == 2
    assert "The sandbox is off" in done.stderr


def test_one_that_fails_is_counted(server: Server, tmp_path: Path) -> None:
    """The customer's password is another one, so nobody signs in."""
    server.query(
        "UPDATE authenticate_app_user SET is_active = false WHERE username = 'john.smith@vision.com' RETURNING 1"
    )
    try:
        done = run(server.variables, *COMMAND, "--scenario", "new-success", "--brief")
    finally:
        activate = (
            "UPDATE authenticate_app_user SET is_active = true WHERE username = 'john.smith@vision.com' RETURNING 1"
        )
        server.query(activate)
    assert done.returncode == 1
    assert done.stdout.splitlines()[-1] == "0 of 1 passed, 1 failed"
