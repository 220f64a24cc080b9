from http import HTTPStatus
from typing import Any

import pytest

from tests.login.conftest import Browser

ASSOCIATION = "/.well-known/apple-app-site-association"


def test_apps_are_named_to_apple(settings: Any) -> None:
    settings.WEBCREDENTIALS_APPS = ("ABCDE12345.com.example.app",)
    response = Browser().get(ASSOCIATION)
    assert (response.status_code, response["Content-Type"]) == (HTTPStatus.OK, "application/json")
    assert response.json() == {"webcredentials": {"apps": ["ABCDE12345.com.example.app"]}}
    assert "Set-Cookie" not in response


@pytest.mark.usefixtures("settings")
def test_without_apps_there_is_nothing() -> None:
    assert Browser().get(ASSOCIATION).status_code == HTTPStatus.NOT_FOUND


def test_password_managers_find_the_page() -> None:
    response = Browser().get("/.well-known/change-password")
    assert (response.status_code, response["Location"]) == (HTTPStatus.FOUND, "/account/password/")


def test_the_bare_host_leads_to_the_form() -> None:
    response = Browser().get("/")
    assert (response.status_code, response["Location"]) == (HTTPStatus.FOUND, "/login/")


@pytest.mark.parametrize("address", ["/", ASSOCIATION, "/.well-known/change-password"])
def test_they_are_read_only(address: str) -> None:
    assert Browser().post(address).status_code == HTTPStatus.METHOD_NOT_ALLOWED
