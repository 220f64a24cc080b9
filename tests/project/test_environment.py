from datetime import timedelta
from ipaddress import ip_network

import pytest

from authenticate_app.web_origins import web_origin
from chatauth_project.environment import GROUPS, Environment, EnvironmentFault
from chatauth_project.environment_types import format_duration, parse_duration

FERNET_KEY = "dGVzdHMtb25seS1maXJzdC1rZXktMDEyMzQ1Njc4OSE="
GOOD = {
    "SECRET_KEY": "0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJKLM",
    "FIELD_ENCRYPTION_KEYS": FERNET_KEY,
    "DATABASE_URL": "postgresql://chatauth:secret@db.example.com/chatauth",
    "PUBLIC_BASE_URL": "https://chat.example.com",
    "CHAT_SERVER_URL": "https://chat-server.example.com",
}


def faults_with(**variables: str) -> list[str]:
    with pytest.raises(EnvironmentFault) as caught:
        Environment.load(GOOD | variables)
    return caught.value.faults


def test_production_needs_only_what_has_no_default() -> None:
    environment = Environment.load(GOOD)
    assert environment.environment == "production"
    assert environment.token_lifetime == timedelta(seconds=120)
    assert environment.token_issuer == "Fusion Apps"
    assert environment.trusted_proxies == ()
    assert environment.cors_allowed_origins == ()
    assert environment.fusion_release == "11.13.24.10.0"


def test_every_missing_variable_is_named_at_once() -> None:
    with pytest.raises(EnvironmentFault) as caught:
        Environment.load({})
    named = {fault.partition(" ")[0] for fault in caught.value.faults}
    assert named == set(GOOD)


def test_an_empty_variable_counts_as_one_that_is_not_set() -> None:
    assert Environment.load(GOOD | {"TOKEN_ISSUER": "  "}).token_issuer == "Fusion Apps"
    assert faults_with(SECRET_KEY=" ")[0].startswith("SECRET_KEY is missing.")


def test_faults_within_and_between_variables_come_together() -> None:
    faults = faults_with(
        PORT="many", TOKEN_LIFETIME="5s", PUBLIC_BASE_URL="http://chat.example.com", KEY_ANNOUNCED="1h"
    )
    assert {fault.partition(" ")[0] for fault in faults} == {
        "PORT",
        "TOKEN_LIFETIME",
        "PUBLIC_BASE_URL",
        "KEY_ANNOUNCED",
    }


@pytest.mark.parametrize(
    ("variable", "value", "sentence"),
    [
        ("ENVIRONMENT", "staging", "it should be 'production' or 'demonstration'"),
        ("SECRET_KEY", "short", "it should have at least 50 characters"),
        ("SECRET_KEY", "a" * 60, "repeats a few characters"),
        ("SECRET_KEY", "demonstration-" + GOOD["SECRET_KEY"], "is that of a demonstration"),
        ("FIELD_ENCRYPTION_KEYS", f"{FERNET_KEY},abc", "key 2 of 2 should be 32 random bytes"),
        ("FIELD_ENCRYPTION_KEYS", ",", "at least one value"),
        ("DATABASE_URL", "mysql://db/chatauth", "like postgresql://"),
        ("DATABASE_URL", "postgresql://db.example.com", "like postgresql://"),
        ("PUBLIC_BASE_URL", "http://chat.example.com", "should begin with https://"),
        ("PUBLIC_BASE_URL", "chat.example.com", "an address such as"),
        ("PUBLIC_BASE_URL", "https://chat.example.com:port", "an address such as"),
        ("PUBLIC_BASE_URL", "https://u:p@chat.example.com", "an address such as"),
        ("CHAT_SERVER_URL", "http://chat.example.com", "should begin with https://"),
        ("ALLOWED_HOSTS", "chat.example.com,*", "should name the hosts"),
        ("TRUSTED_PROXIES", "10.0.0.1/33", "an IP address or a network"),
        ("TRUSTED_PROXIES", "0.0.0.0/0", "should name only the proxies"),
        ("TRUSTED_PROXIES", "::/0", "should name only the proxies"),
        ("CORS_ALLOWED_ORIGINS", "https://www.example.com/shop", "an origin without a path"),
        ("CORS_ALLOWED_ORIGINS", "https://*.example.com", "should name one host in ASCII"),
        ("CORS_ALLOWED_ORIGINS", "https://b\u00fccher.example", "should name one host in ASCII"),
        ("CORS_ALLOWED_ORIGINS", "null", "an address such as"),
        ("DESK_ORIGINS", "https://a.example b.example", "should name one host in ASCII"),
        ("FUSION_RELEASE", "newest", "a release such as"),
        ("UNKNOWN_ATTRIBUTES", "count", "'refuse' or 'ignore'"),
        ("TOKEN_LIFETIME", "29s", "is '29s': it should be greater than or equal to 30 seconds"),
        ("TOKEN_LIFETIME", "11m", "less than or equal to"),
        ("TOKEN_LIFETIME", "soon", "a whole number with a unit"),
        ("KEY_ANNOUNCED", "1h", "at least 61m, that is KEY_SET_MAX_AGE plus KEY_LEEWAY"),
        ("KEY_RETIRED", "2m", "at least 11m, that is ID_TOKEN_LIFETIME plus KEY_LEEWAY"),
        ("KEY_SIGNING", "1d", "at least 2d, that is KEY_ANNOUNCED"),
        ("SESSION_RETENTION", "1d", "at least 2d, that is TOKEN_RETENTION"),
        ("SESSION_RETENTION", "90", "greater than or equal to"),
        ("TIME_ZONE", "Berlin", "a name such as Europe/Berlin"),
        ("METRICS_PORT", "8000", "another port, or 0"),
        ("WORKERS", "0", "greater than or equal to 1"),
        ("PASSWORD_HASHES_AT_ONCE", "two", "a valid integer"),
        ("LOG_LEVEL", "LOUD", "it should be 'DEBUG', 'INFO', 'WARNING' or 'ERROR'"),
    ],
)
def test_a_fault_names_the_variable_and_what_would_be_right(variable: str, value: str, sentence: str) -> None:
    (fault,) = faults_with(**{variable: value})
    assert fault.startswith(f"{variable} ")
    assert sentence in fault


@pytest.mark.parametrize("longest", ["TOKEN_LIFETIME", "ACCESS_TOKEN_LIFETIME", "ID_TOKEN_LIFETIME"])
def test_a_key_stays_published_for_as_long_as_anything_that_it_signed_counts(longest: str) -> None:
    lifetimes = {"TOKEN_LIFETIME": "1m", "ACCESS_TOKEN_LIFETIME": "1m", "ID_TOKEN_LIFETIME": "1m", longest: "5m"}
    assert Environment.load(GOOD | lifetimes | {"KEY_RETIRED": "6m"}).key_retired == timedelta(minutes=6)
    (fault,) = faults_with(**lifetimes, KEY_RETIRED="5m")
    assert f"at least 6m, that is {longest} plus KEY_LEEWAY" in fault


@pytest.mark.parametrize(
    ("variable", "value"),
    [("SECRET_KEY", "hunter2"), ("FIELD_ENCRYPTION_KEYS", "hunter2"), ("DATABASE_URL", "mysql://u:hunter2@db/x")],
)
def test_no_secret_shows_in_a_fault_or_in_the_environment(variable: str, value: str) -> None:
    assert "hunter2" not in "\n".join(faults_with(**{variable: value}))
    shown = repr(Environment.load(GOOD))
    assert all(GOOD[name] not in shown for name in ("SECRET_KEY", "FIELD_ENCRYPTION_KEYS", "DATABASE_URL"))


def test_a_demonstration_may_do_without_tls() -> None:
    address = "http://127.0.0.1:8000/"
    environment = Environment.load(GOOD | {"ENVIRONMENT": "demonstration", "PUBLIC_BASE_URL": address})
    assert environment.public_base_url == "http://127.0.0.1:8000"


def test_lists_are_separated_by_commas() -> None:
    environment = Environment.load(
        GOOD
        | {"TRUSTED_PROXIES": "10.0.0.7, fd00::/8,", "CORS_ALLOWED_ORIGINS": "https://a.example,http://b.example:8080"}
    )
    assert environment.trusted_proxies == (ip_network("10.0.0.7/32"), ip_network("fd00::/8"))
    assert environment.cors_allowed_origins == ("https://a.example", "http://b.example:8080")


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("HTTPS://WWW.Example.com", "https://www.example.com"),
        ("https://www.example.com:443/", "https://www.example.com"),
        ("http://www.example.com:80", "http://www.example.com"),
        ("http://www.example.com:443", "http://www.example.com:443"),
        ("https://www.example.com:08443", "https://www.example.com:8443"),
        ("https://[FD00::1]:443", "https://[fd00::1]"),
    ],
)
def test_origins_are_compared_as_browsers_send_them(written: str, sent: str) -> None:
    assert Environment.load(GOOD | {"CORS_ALLOWED_ORIGINS": written}).cors_allowed_origins == (sent,)


@pytest.mark.parametrize("text", ["", "null", "https://", "https://a.example:99999", "https://[::1"])
def test_what_is_no_address_is_nobodys_origin(text: str) -> None:
    assert web_origin(text) == text


def test_the_first_encryption_key_stays_the_first() -> None:
    second = "c2Vjb25kLWtleS1mb3ItdGVzdHMtMDEyMzQ1Njc4OSE="
    assert Environment.load(GOOD | {"FIELD_ENCRYPTION_KEYS": f"{second},{FERNET_KEY}"}).field_encryption_keys == (
        second,
        FERNET_KEY,
    )


@pytest.mark.parametrize("text", ["R13.17.11", "11.13.17.11", "11.13.17.11.0"])
def test_one_release_has_several_spellings(text: str) -> None:
    assert Environment.load(GOOD | {"FUSION_RELEASE": text}).fusion_release == "11.13.17.11.0"


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("90", timedelta(seconds=90)),
        ("15m", timedelta(minutes=15)),
        ("48H", timedelta(hours=48)),
        ("3 d", timedelta(days=3)),
    ],
)
def test_durations_have_units(text: str, duration: timedelta) -> None:
    assert parse_duration(text) == duration
    assert parse_duration(format_duration(duration)) == duration


def test_every_variable_belongs_to_one_group_and_is_described_in_a_sentence() -> None:
    grouped = [name for group in GROUPS for name in group.model_fields]
    assert sorted(grouped) == sorted(Environment.model_fields)
    assert all((field.description or "").endswith(".") for field in Environment.model_fields.values())


def test_every_variable_is_a_setting() -> None:
    from django.conf import settings

    renamed = {"LANGUAGE": "LANGUAGE_CODE"}
    names = [renamed.get(name.upper(), name.upper()) for name in Environment.model_fields]
    assert [name for name in names if not hasattr(settings, name)] == []
