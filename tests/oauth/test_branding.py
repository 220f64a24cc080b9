"""What the pages show of the client that sent somebody there."""

import pytest
from django.http import QueryDict
from django.test import Client as Browser

from authenticate_app.oauth.branding import branding_of_client
from authenticate_app.oauth.models import Client
from tests.oauth.flow import APPLE_NEW, CALLBACK, WEB, Registered, asking, authorize, register

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("ready")]


def parameters(client: Registered, **changes: str) -> QueryDict:
    query = QueryDict(mutable=True)
    query.update({**asking(client), **changes})
    return query


def test_a_client_shows_its_name_colour_and_purpose() -> None:
    branding = branding_of_client(parameters(register(WEB, accent_color="#0a84ff")))
    assert branding is not None
    assert (branding.name, branding.accent_color, branding.logo_url) == ("Vision Shop", "#0a84ff", "")
    assert branding.redirects_to == ("https://www.example.com",)
    assert branding.purpose == "Vision Shop asks you to sign in."


def test_a_flow_of_apple_says_what_the_sign_in_is_for() -> None:
    branding = branding_of_client(parameters(register(APPLE_NEW)))
    assert branding is not None
    assert "Messages" in branding.purpose
    assert branding.redirects_to == ("https://www.example.com", "messages-auth:")


def test_a_logo_has_an_address_of_its_own() -> None:
    client = register(WEB)
    Client.objects.update(logo=b"\x89PNG\r\n\x1a\n")
    branding = branding_of_client(parameters(client))
    assert branding is not None
    assert branding.logo_url.startswith("/oauth/logos/web-1/")


@pytest.mark.parametrize(
    "changes", [{"client_id": "unknown"}, {"redirect_uri": CALLBACK + "/"}, {"client_id": ""}, {"redirect_uri": ""}]
)
def test_nobody_gets_a_page_with_the_clients_name_who_is_not_the_client(changes: dict[str, str]) -> None:
    client = register(WEB)
    assert branding_of_client(parameters(client, **changes)) is None
    page = authorize(Browser(), {**asking(client), **changes}).content.decode()
    assert "Vision Shop" not in page


def test_the_sign_in_page_bears_the_clients_name() -> None:
    page = Browser().get(authorize(Browser(), asking(register(WEB)))["Location"], secure=True)
    assert "Vision Shop" in page.content.decode()
