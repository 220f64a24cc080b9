"""System checks of clients."""

from typing import Any

import pytest
from django.core.checks import run_checks

from authenticate_app.oauth.checks import clients_without_need
from authenticate_app.oauth.models import Client
from authenticate_app.oauth.purposes import APPLE_REDIRECT_URI
from tests.oauth.flow import APPLE_LEGACY, APPLE_NEW, WEB, register

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("ready")]
OWN_CALLBACK = "https://chat.example.com/callback"


def warnings() -> list[str | None]:
    return [message.id for message in clients_without_need(databases=["default"])]


def test_good_clients_are_not_spoken_of() -> None:
    register(WEB)
    register(APPLE_LEGACY)
    register(APPLE_NEW, redirect_uris=OWN_CALLBACK)
    assert warnings() == []


def test_w101_a_client_that_does_not_fit_its_purpose() -> None:
    register(WEB)
    Client.objects.update(redirect_uris="http://127.0.0.1:8080/callback")  # of a demonstration
    (message,) = clients_without_need(databases=["default"])
    assert message.id == "chatauth.W101"
    assert "Web shop" in message.msg
    Client.objects.update(is_active=False)
    assert warnings() == []


def test_w102_an_application_that_passes_for_a_phone() -> None:
    register(APPLE_NEW, redirect_uris=f"{OWN_CALLBACK} https://shop.example.com/callback")
    (message,) = clients_without_need(databases=["default"])
    assert message.id == "chatauth.W102"
    assert "shop.example.com" in message.msg


@pytest.mark.parametrize(("given", "uri"), [(APPLE_NEW, OWN_CALLBACK), (APPLE_LEGACY, APPLE_REDIRECT_URI)])
def test_w103_signed_tokens_that_nobody_verifies(given: dict[str, Any], uri: str) -> None:
    register(given, redirect_uris=uri, signed_access_tokens=True, signed_because="Why not")
    assert warnings() == ["chatauth.W103"]


def test_the_database_is_left_alone_unless_it_may_be_used() -> None:
    register(APPLE_NEW)
    assert list(clients_without_need(databases=None)) == []


def test_they_are_registered() -> None:
    register(APPLE_NEW)
    assert "chatauth.W102" in {message.id for message in run_checks(databases=["default"])}


@pytest.mark.parametrize(
    "switch",
    [
        "IMPLICIT_GRANT",
        "PASSWORD_GRANT",
        "PKCE_METHOD",
        "ACCESS_TOKEN_TRANSPORT",
        "AUTHZ_RESPONSE_ISS",
        "TOKEN_STORAGE",
        "REFRESH_TOKEN",
        "REDIRECT_URI_SCHEME",
        "REDIRECT_URI_MATCHING",
        "PKCE_REQUIRED",
    ],
)
def test_every_switch_of_rfc_9700_is_on(switch: str) -> None:
    from oauth2_provider.settings import DEFAULTS, oauth2_settings

    assert getattr(oauth2_settings, f"COMPLIANT_BCP_RFC9700_{switch}") is True
    assert sum(name.startswith("COMPLIANT_BCP_RFC9700_") for name in DEFAULTS) == 10
