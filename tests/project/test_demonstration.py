"""A first run: what it prints works, it says no to what it cannot do, and it keeps its secrets."""

import shlex
import stat
import subprocess
from pathlib import Path

import pytest
from django.contrib.auth import authenticate

from authenticate_app.models import User
from chatauth_project import demonstration, demonstration_accounts
from chatauth_project.demonstration_environment import kept_secrets, with_demonstration_defaults
from chatauth_project.environment import Environment
from chatauth_project.serving import StartFault


def test_nothing_has_to_be_set(tmp_path: Path) -> None:
    variables = with_demonstration_defaults({"ENVIRONMENT": "demonstration"}, secrets_file=tmp_path / "env")
    environment = Environment.load(variables)
    assert environment.public_base_url == "http://127.0.0.1:8000"
    assert environment.secret_key.startswith("demonstration-")
    assert environment.metrics_port == 9464


def test_what_is_set_wins(tmp_path: Path) -> None:
    given = {"ENVIRONMENT": "demonstration", "PORT": "8001", "DATABASE_URL": "postgresql://db.example.com/own"}
    environment = Environment.load(with_demonstration_defaults(given, secrets_file=tmp_path / "env"))
    assert environment.database_url == "postgresql://db.example.com/own"
    assert (environment.public_base_url, environment.metrics_port) == ("http://127.0.0.1:8001", 9465)


def test_a_port_that_is_no_number_is_left_to_the_environment_to_refuse(tmp_path: Path) -> None:
    given = {"ENVIRONMENT": "demonstration", "PORT": "many"}
    assert with_demonstration_defaults(given, secrets_file=tmp_path / "env")["METRICS_PORT"] == "0"


def test_production_gets_nothing_of_it(tmp_path: Path) -> None:
    assert with_demonstration_defaults({}, secrets_file=tmp_path / "env") == {}
    assert not (tmp_path / "env").exists()


def test_secrets_are_made_once_and_for_their_owner_only(tmp_path: Path) -> None:
    file = tmp_path / "var" / "env"
    assert kept_secrets(file) == kept_secrets(file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert kept_secrets(tmp_path / "other") != kept_secrets(file)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "[::1]", "localhost"])
def test_the_documented_password_serves_on_this_machine(host: str) -> None:
    assert set(demonstration.choose_passwords(host, secret="s3cret").values()) == {"Welcome1"}


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "demo.example.com"])
def test_passwords_are_random_where_others_reach_the_server(host: str) -> None:
    passwords = demonstration.choose_passwords(host, secret="s3cret")
    assert len(set(passwords.values())) == len(passwords)
    assert all(len(password) == 16 for password in passwords.values())
    assert demonstration.choose_passwords(host, secret="s3cret") == passwords
    assert demonstration.choose_passwords(host, secret="other") != passwords


@pytest.mark.django_db
def test_accounts_are_loaded_again_and_again_and_follow_the_password() -> None:
    for password in ("Welcome1", "Welcome1", "another-password"):
        demonstration_accounts.load(dict.fromkeys(demonstration_accounts.NAMES, password))
        assert authenticate(username="admin", password=password) is not None
    assert User.objects.filter(is_demonstration=True).count() == 3
    assert User.objects.get(username="dcsadmin1").has_perm("authenticate_app.SVC_REQUEST_FOR_CHAT_ON_BEHALF_PRIV")
    assert not User.objects.get(username="john.smith@vision.com").has_perm(
        "authenticate_app.SVC_REQUEST_FOR_CHAT_ON_BEHALF_PRIV"
    )


def test_a_second_one_of_the_same_checkout_is_refused(tmp_path: Path) -> None:
    with (
        demonstration.only_one(tmp_path / "lock"),
        pytest.raises(StartFault, match="runs already"),
        demonstration.only_one(tmp_path / "lock"),
    ):
        pass


def test_the_printed_command_is_one_line_for_a_shell() -> None:
    line = demonstration.curl("http://127.0.0.1:8000", "Welcome1")
    words = shlex.split(line)
    assert words[0] == "curl"
    assert "\n" not in line
    assert words[-1] == "http://127.0.0.1:8000/crmRestApi/resources/latest/chatAuthenticate"


def test_it_refuses_to_run_as_production(tmp_path: Path) -> None:
    from tests.project.server import Server

    with Server(tmp_path / "log", "demonstration") as server:
        assert server.process.wait(30) == 2
        assert "needs ENVIRONMENT=demonstration" in server.output()


def test_the_makefile_lists_its_tasks() -> None:
    shown = subprocess.run(["make"], capture_output=True, text=True, check=True).stdout
    assert all(f"make {task} " in shown for task in ("run", "test", "lint", "docs", "lock"))
