"""Logos of clients: served as the picture that they are, to everybody, and for ever under one address."""

from http import HTTPStatus
from typing import Any

import pytest
from django.http import QueryDict
from django.test import Client as Browser

from authenticate_app.oauth.branding import branding_of_client
from authenticate_app.oauth.clients import clients
from authenticate_app.oauth.logos import logo_url, version_of
from authenticate_app.oauth.models import Client
from tests.oauth import pictures
from tests.oauth.flow import CALLBACK, Registered, register

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Registered:
    return register(logo=pictures.png())


def address_of(client: Registered) -> str:
    return logo_url(client.client_id, version=version_of(bytes(client.row.logo)))


def get(address: str, **headers: str) -> Any:
    return Browser().get(address, secure=True, headers=headers)


@pytest.mark.parametrize(
    ("logo", "media_type"),
    [(pictures.png(), "image/png"), (pictures.jpeg(), "image/jpeg"), (pictures.lossy_webp(), "image/webp")],
)
def test_a_logo_is_served_as_what_it_is(logo: bytes, media_type: str) -> None:
    response = get(address_of(register(logo=logo)))
    assert (response.status_code, response.content, response["Content-Type"]) == (HTTPStatus.OK, logo, media_type)


def test_a_browser_takes_it_for_nothing_else(shop: Registered) -> None:
    response = get(address_of(shop))
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert not response.cookies


def test_it_is_fetched_once(shop: Registered) -> None:
    response = get(address_of(shop))
    assert "immutable" in response["Cache-Control"]
    again = get(address_of(shop), if_none_match=response["ETag"])
    assert (again.status_code, again.content) == (HTTPStatus.NOT_MODIFIED, b"")


def test_another_logo_has_another_address(shop: Registered) -> None:
    before = address_of(shop)
    Client.objects.update(logo=pictures.png(32, 32))
    assert get(before).status_code == HTTPStatus.NOT_FOUND


@pytest.mark.parametrize(
    "address",
    [
        "/oauth/logos/nobody/0123456789abcdef",
        "/oauth/logos/web-1/0123456789abcdef",
        "/oauth/logos/web-1/",
        "/oauth/logos/%00/0123456789abcdef",
        "/oauth/logos/../0123456789abcdef",
    ],
)
def test_anything_else_is_not_found(shop: Registered, address: str) -> None:
    assert get(address).status_code == HTTPStatus.NOT_FOUND


def test_a_client_without_a_logo_has_no_address() -> None:
    client = register()
    assert address_of(client) == ""
    assert get(f"/oauth/logos/{client.client_id}/{version_of(b'x')}").status_code == HTTPStatus.NOT_FOUND


@pytest.mark.parametrize("logo", [b"", pictures.png()])
def test_the_sign_in_page_knows_the_address_without_reading_the_logo(logo: bytes) -> None:
    client = register(logo=logo)
    clients.current()
    parameters = QueryDict(f"client_id={client.client_id}&redirect_uri={CALLBACK}")
    branding = branding_of_client(parameters)
    assert branding is not None
    assert branding.logo_url == address_of(client)
    assert "logo" in clients.current().value[client.client_id].get_deferred_fields()
