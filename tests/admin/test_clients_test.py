"""The page that tests a client: it says what it finds, and forgets the secret."""

from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

import pytest
from django.urls import reverse

from authenticate_app.audit.models import AuditEvent
from authenticate_app.oauth.models import AccessToken, Client
from tests.admin.conftest import Browser
from tests.oauth.flow import CALLBACK, Registered, register
from tests.tokens import store_integration

WRONG = "wrong-secret-that-nobody-may-see-again"


def address(client: Client) -> str:
    return reverse("admin:authenticate_app_client_test", args=[client.pk])


def fields(response: Any) -> set[str]:
    return set(response.context["form"].fields)


@pytest.fixture
def shop(db: None) -> Registered:
    return register()


def test_it_asks_what_can_be_looked_at(admin: Browser, shop: Registered) -> None:
    assert fields(admin.get(address(shop.row))) == {"request", "redirect_uri", "secret"}
    assert fields(admin.get(address(store_integration(None)))) == {"scope", "secret"}
    without_secret = register(client_id="public", client_type=Client.CLIENT_PUBLIC)
    assert fields(admin.get(address(without_secret.row))) == {"request", "redirect_uri"}


def test_it_shows_a_request_that_is_right(admin: Browser, shop: Registered) -> None:
    page = admin.get(address(shop.row)).content.decode()
    assert "code_challenge_method=S256" in page
    assert "Fill in what you have" in page


def test_it_says_that_all_is_well(admin: Browser, shop: Registered, signing_key: Any) -> None:
    response = admin.post(address(shop.row), {"secret": shop.secret, "redirect_uri": CALLBACK})
    page = response.content.decode()
    assert "Everything that was tested is right." in page
    assert "The whole way works" in page
    assert not AccessToken.objects.exists()


def test_it_says_what_is_wrong(admin: Browser, shop: Registered) -> None:
    page = admin.post(address(shop.row), {"secret": WRONG, "redirect_uri": f"{CALLBACK}/"}).content.decode()
    assert "2 things are wrong." in page
    assert "one has a slash at the end" in page
    assert page.count('<span class="sr-only">wrong:</span>') == 2


@pytest.mark.parametrize("typed", [WRONG, "the right one"])
def test_a_secret_is_neither_shown_stored_nor_logged(
    admin: Browser, shop: Registered, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture, typed: str
) -> None:
    secret = WRONG if typed == WRONG else shop.secret
    response = admin.post(address(shop.row), {"secret": secret})
    assert secret not in response.content.decode()
    assert "no-store" in response["Cache-Control"]
    assert secret not in str(dict(admin.session))
    assert secret not in caplog.text + "".join(capfd.readouterr())
    assert not AuditEvent.objects.filter(changes__icontains=secret).exists()


def test_what_is_not_secret_stays_in_the_form(admin: Browser, shop: Registered) -> None:
    page = admin.post(address(shop.row), {"request": "https://<b>.example/?a=b", "secret": WRONG}).content.decode()
    assert "https://&lt;b&gt;.example/?a=b</textarea>" in page
    assert "https://<b>" not in page


FINDINGS = {
    "en": "a slash at the end",
    "de": "am Ende einen Schrägstrich",
    "fr": "une barre oblique",
    "es": "una barra al final",
    "ja": "末尾にだけスラッシュ",
}


@pytest.mark.parametrize("language", FINDINGS)
def test_it_speaks_the_language_of_the_reader(
    admin: Browser, shop: Registered, signing_key: Any, language: str
) -> None:
    headers = {"accept-language": language}
    typed = {"request": f"https://x.example/?client_id=x&redirect_uri={CALLBACK}/&scope=all", "secret": WRONG}
    page = admin.post(address(shop.row), typed, headers=headers).content.decode()
    assert FINDINGS[language] in page
    assert ("The first different character" in page) == (language == "en")
    right = admin.post(address(shop.row), {"secret": shop.secret}, headers=headers).content.decode()
    assert ("The whole way works" in right) == (language == "en")


@pytest.mark.parametrize("field", ["request", "redirect_uri", "secret"])
@pytest.mark.parametrize("text", ["\0", "\ud800", "x" * 10_000, "%", "https://[?a=b", "?client_id=%00", "?a=%ff"])
def test_nonsense_does_no_harm(admin: Browser, shop: Registered, field: str, text: str) -> None:
    body = urlencode({field: text}, errors="surrogatepass")
    response = admin.post(address(shop.row), body, content_type="application/x-www-form-urlencoded")
    assert response.status_code == HTTPStatus.OK
