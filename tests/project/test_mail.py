import pytest

from chatauth_project.environment import Environment, EnvironmentFault
from chatauth_project.mail import email_settings
from tests.environment import TEST_ENVIRONMENT

BACKENDS = "django.core.mail.backends"


@pytest.mark.parametrize(
    ("url", "backend"),
    [("", "dummy"), ("console:", "console"), ("file:///var/mail", "filebased"), ("smtp://mail.example.com", "smtp")],
)
def test_each_address_has_its_backend(url: str, backend: str) -> None:
    assert email_settings(url)["EMAIL_BACKEND"] == f"{BACKENDS}.{backend}.EmailBackend"


@pytest.mark.parametrize(
    ("url", "port", "turns_to_tls", "begins_with_tls"),
    [
        ("smtp://mail.example.com", 587, True, False),
        ("smtps://mail.example.com", 465, False, True),
        ("smtp+plain://localhost", 25, False, False),
        ("smtps://mail.example.com:2465", 2465, False, True),
    ],
)
def test_tls_is_used_unless_it_is_said_otherwise(
    url: str, port: int, turns_to_tls: bool, begins_with_tls: bool
) -> None:
    found = email_settings(url)
    assert (found["EMAIL_PORT"], found["EMAIL_USE_TLS"], found["EMAIL_USE_SSL"]) == (
        port,
        turns_to_tls,
        begins_with_tls,
    )
    assert found["EMAIL_TIMEOUT"] == 10


def test_names_and_passwords_may_hold_anything() -> None:
    found = email_settings("smtp://me%40example.com:p%2Fss%3Aword@mail.example.com:587")
    assert (found["EMAIL_HOST_USER"], found["EMAIL_HOST_PASSWORD"]) == ("me@example.com", "p/ss:word")


@pytest.mark.parametrize(
    "url",
    [
        "mail.example.com",
        "http://mail.example.com",
        "smtp://",
        "smtp://host:x",
        "smtp://host/path",
        "file://relative",
        "smtp://host?tls=no",
        "console:x",
    ],
)
def test_anything_else_is_refused_without_the_password(url: str) -> None:
    with pytest.raises(EnvironmentFault) as fault:
        Environment.load({**TEST_ENVIRONMENT, "EMAIL_URL": url})
    (sentence,) = fault.value.faults
    assert sentence.startswith(
        "EMAIL_URL has a value that is not valid: it should be like smtp://user:password@host:587"
    )


@pytest.mark.parametrize("sender", ["", "nobody"])
def test_whoever_sends_needs_an_address(sender: str) -> None:
    with pytest.raises(EnvironmentFault, match="EMAIL_FROM is"):
        Environment.load({**TEST_ENVIRONMENT, "EMAIL_FROM": sender})


@pytest.mark.parametrize("apps", ["x", "abcde12345.com.example", "ABCDE12345", "ABCDE12345.com/example"])
def test_an_app_id_is_the_team_and_the_bundle(apps: str) -> None:
    with pytest.raises(EnvironmentFault, match="should be an app id such as"):
        Environment.load({**TEST_ENVIRONMENT, "WEBCREDENTIALS_APPS": apps})


def test_several_apps_may_share_their_passwords() -> None:
    environment = Environment.load(
        {**TEST_ENVIRONMENT, "WEBCREDENTIALS_APPS": "ABCDE12345.com.example.app, ABCDE12345.com.example.tablet"}
    )
    assert environment.webcredentials_apps == ("ABCDE12345.com.example.app", "ABCDE12345.com.example.tablet")
