from collections.abc import Iterable

import pytest
from django.core.checks import CheckMessage, run_checks
from pytest_django import Settings

from authenticate_app.models import User
from chatauth_project import checks, demonstration_clients
from tests.messages import world


def ids(messages: Iterable[CheckMessage]) -> set[str]:
    return {str(message.id) for message in messages}


@pytest.fixture
def _demonstration_user(db: None) -> None:
    User.objects.create_user("dcsadmin1", is_demonstration=True)


@pytest.mark.usefixtures("_demonstration_user")
def test_e001_users_of_a_demonstration_are_refused_in_production() -> None:
    (message,) = checks.demonstration_data_in_production(databases=["default"])
    assert message.id == "chatauth.E001"
    assert "dcsadmin1" in message.msg


@pytest.mark.django_db
def test_e001_clients_of_a_demonstration_are_refused_in_production(settings: Settings) -> None:
    secrets = dict.fromkeys(demonstration_clients.CLIENT_IDS, "secret")
    settings.ENVIRONMENT = "demonstration"
    demonstration_clients.load(secrets)
    User.objects.filter(is_demonstration=True).update(is_demonstration=False)
    settings.ENVIRONMENT = "production"
    (message,) = checks.demonstration_data_in_production(databases=["default"])
    assert message.id == "chatauth.E001"
    assert "demonstration-integration, demonstration-web" in message.msg


@pytest.mark.django_db
def test_e002_keys_of_a_demonstration_are_refused_in_production() -> None:
    from datetime import UTC, datetime

    from authenticate_app.keys.services import ensure_signing_key

    key = ensure_signing_key(now=datetime.now(UTC))
    type(key).objects.filter(pk=key.pk).update(is_demonstration=True)
    (message,) = checks.demonstration_data_in_production(databases=["default"])
    assert message.id == "chatauth.E002"


@pytest.mark.usefixtures("_demonstration_user")
def test_a_demonstration_may_have_them(settings: Settings) -> None:
    settings.ENVIRONMENT = "demonstration"
    assert list(checks.demonstration_data_in_production(databases=["default"])) == []


def test_e001_businesses_of_the_sandbox_are_refused_in_production(db: None) -> None:
    business = world.business(is_sandbox=True)
    (message,) = checks.demonstration_data_in_production(databases=["default"])
    assert message.id == "chatauth.E001"
    assert business.name in message.msg


def test_e006_the_sandbox_is_refused_in_production(settings: Settings) -> None:
    assert ids(checks.sandbox_in_production(None)) == set()
    settings.SANDBOX = True
    assert ids(checks.sandbox_in_production(None)) == {"chatauth.E006"}
    settings.ENVIRONMENT = "demonstration"
    assert ids(checks.sandbox_in_production(None)) == set()


def test_without_leave_to_use_the_database_it_is_left_alone() -> None:
    assert list(checks.demonstration_data_in_production(databases=None)) == []


def test_e003_debug_pages(settings: Settings) -> None:
    settings.DEBUG = True
    assert ids(checks.debug_pages(None)) == {"chatauth.E003"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", "demonstration-0123456789-abcdefghijklmnopqrstuvwxyz-0123"),
        ("PUBLIC_BASE_URL", "http://chat.example.com"),
        ("ALLOWED_HOSTS", ["*"]),
    ],
)
def test_e004_what_the_environment_refuses_is_refused_in_settings_too(
    settings: Settings, name: str, value: object
) -> None:
    setattr(settings, name, value)
    (message,) = checks.settings_together(None)
    assert message.id == "chatauth.E004"
    assert name in message.msg


def test_e005_cheap_password_hashes(settings: Settings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    assert ids(checks.password_hashers(None)) == {"chatauth.E005"}


def test_i001_without_e_mail_it_is_said_what_is_missing(settings: Settings) -> None:
    settings.EMAIL_URL = ""
    (message,) = checks.mail_is_set_up(None)
    assert message.id == "chatauth.I001"
    assert "forgot their password" in message.msg


@pytest.mark.django_db
def test_the_product_passes_all_of_its_checks() -> None:
    assert run_checks(databases=["default"], include_deployment_checks=True) == []
