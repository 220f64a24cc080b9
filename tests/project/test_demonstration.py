"""A first run: what it prints works, it says no to what it cannot do, and it keeps its secrets."""

import base64
import hashlib
import shlex
import stat
import subprocess
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.contrib.auth import authenticate
from pytest_django import Settings

from authenticate_app.models import Client, User
from authenticate_app.oauth.secrets import matches
from chatauth_project import demonstration, demonstration_accounts, demonstration_clients
from chatauth_project.demonstration_environment import kept_secrets, with_demonstration_defaults
from chatauth_project.environment import Environment
from chatauth_project.serving import StartFault
from tests.environment import TEST_ENVIRONMENT
from tests.serving import Server


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
    assert User.objects.filter(is_demonstration=True).count() == len(demonstration_accounts.NAMES)
    assert User.objects.get(username="dcsadmin1").has_perm("authenticate_app.SVC_REQUEST_FOR_CHAT_ON_BEHALF_PRIV")
    assert not User.objects.get(username="john.smith@vision.com").has_perm(
        "authenticate_app.SVC_REQUEST_FOR_CHAT_ON_BEHALF_PRIV"
    )


@pytest.mark.django_db
def test_clients_are_loaded_again_and_again_and_follow_the_secret(settings: Settings) -> None:
    settings.ENVIRONMENT = "demonstration"  # which lets an application on this machine be registered
    for secret in ("one", "one", "another"):
        demonstration_clients.load(dict.fromkeys(demonstration_clients.CLIENT_IDS, secret))
        assert all(matches(secret, client.client_secret) for client in Client.objects.all())
    integration, web = Client.objects.order_by("client_id")
    assert (integration.purpose, web.purpose) == ("integration", "web")
    assert integration.acting_user is not None
    assert not integration.acting_user.has_usable_password()
    roles = {role.name for role in integration.acting_user.groups.all()}
    assert roles == {"ORA_SVC_CUSTOMER_SELF_SERVICE_USER_ABSTRACT", "SVC_CHAT_ON_BEHALF_CALLER"}
    Client.objects.update(name="Mine")
    demonstration_clients.load(dict.fromkeys(demonstration_clients.CLIENT_IDS, "one"))
    assert {client.name for client in Client.objects.all()} == {"Mine"}


def test_client_secrets_are_those_of_the_checkout() -> None:
    mine = demonstration.choose_client_secrets(secret="s3cret")
    assert mine == demonstration.choose_client_secrets(secret="s3cret")
    assert len(set(mine.values()) | set(demonstration.choose_client_secrets(secret="other").values())) == 4


def test_a_second_one_of_the_same_checkout_is_refused(tmp_path: Path) -> None:
    with (
        demonstration.only_one(tmp_path / "lock"),
        pytest.raises(StartFault, match="runs already"),
        demonstration.only_one(tmp_path / "lock"),
    ):
        pass


def test_the_printed_command_is_one_line_for_a_shell() -> None:
    address = "http://127.0.0.1:8000"
    by_token = demonstration.curl_by_token(address, "s3cret")
    assert by_token.endswith(f" {address}/crmRestApi/resources/latest/chatAuthenticate")
    line = demonstration.curl(address, "Welcome1")
    words = shlex.split(line)
    assert words[0] == "curl"
    assert "\n" not in line + by_token
    assert words[-1] == "http://127.0.0.1:8000/crmRestApi/resources/latest/chatAuthenticate"


def test_the_printed_exchange_fits_the_printed_sign_in() -> None:
    asked = dict(parse_qsl(urlsplit(demonstration.sign_in_address("http://localhost:8000")).query))
    words = shlex.split(demonstration.curl_exchange("http://localhost:8000", "s3cret"))
    sent = dict(word.split("=", 1) for word in words if "=" in word)
    digest = hashlib.sha256(sent["code_verifier"].encode()).digest()
    assert asked["code_challenge"] == base64.urlsafe_b64encode(digest).decode().rstrip("=")
    assert (asked["redirect_uri"], words[3]) == (sent["redirect_uri"], f"{asked['client_id']}:s3cret")
    assert words[-1] == "http://localhost:8000/oauth/token"


def test_it_refuses_to_run_as_production(tmp_path: Path) -> None:
    server = Server(TEST_ENVIRONMENT["DATABASE_URL"], tmp_path / "log")
    assert "needs ENVIRONMENT=demonstration" in server.refusal("demonstration")


def test_the_makefile_lists_its_tasks() -> None:
    shown = subprocess.run(["make"], capture_output=True, text=True, check=True).stdout
    assert all(f"make {task} " in shown for task in ("run", "test", "lint", "docs", "lock"))
