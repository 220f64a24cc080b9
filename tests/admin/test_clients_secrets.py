"""A client's secret: shown once and never again, replaced by whoever may, void at once."""

import re
from http import HTTPStatus
from typing import Any

import pytest
from django.urls import reverse

from authenticate_app.accounts.models import User
from authenticate_app.audit.events import Event
from authenticate_app.audit.models import AuditEvent
from authenticate_app.oauth.models import Client
from authenticate_app.oauth.purposes import Purpose
from authenticate_app.oauth.secrets import SECRET_LENGTH, checksum, matches
from tests.admin.conftest import Browser
from tests.admin.test_clients import change_address, make
from tests.tokens import store_integration, store_web_application

SECRET = re.compile(rf"<code[^>]*>([A-Za-z0-9]{{{SECRET_LENGTH}}})</code>")
SEAL = re.compile(r'name="seal" value="([0-9a-f]+)"')


def secret_on(response: Any) -> str:
    (found,) = SECRET.findall(response.content.decode())
    return str(found)


def question_address(client: Client) -> str:
    return reverse("admin:authenticate_app_client_new_secret", args=[client.pk])


def seal(admin: Browser, client: Client) -> dict[str, str]:
    (found,) = SEAL.findall(admin.get(question_address(client)).content.decode())
    return {"seal": found}


@pytest.fixture
def shop(db: None) -> Client:
    return store_web_application(client_secret=checksum("the secret that was there before"))


@pytest.mark.parametrize("purpose", [Purpose.WEB, Purpose.APPLE_NEW, Purpose.APPLE_LEGACY])
def test_a_new_client_shows_its_secret_once_and_says_so(admin: Browser, purpose: Purpose) -> None:
    response = make(admin, purpose)
    client = Client.objects.get()
    secret = secret_on(response)
    assert matches(secret, client.client_secret)
    assert "shows the secret once and never again" in response.content.decode()
    assert "no-store" in response["Cache-Control"]
    for address in (change_address(client), question_address(client), change_address(client).replace("change", "test")):
        page = admin.get(address).content.decode()
        assert secret not in page
        assert client.client_secret not in page


def test_the_secret_stands_nowhere_but_in_the_answer(admin: Browser, caplog: pytest.LogCaptureFixture) -> None:
    secret = secret_on(make(admin, Purpose.WEB))
    event = AuditEvent.objects.get(event=Event.OBJECT_CREATED)
    assert secret not in str(event.changes)
    assert checksum(secret) not in str(event.changes)
    assert secret not in caplog.text
    assert secret not in str(dict(admin.session))
    assert secret not in str(Client.objects.values().get())


def test_a_new_secret_voids_the_old_one_and_is_shown_once(admin: Browser, shop: Client, superuser: User) -> None:
    response = admin.post(question_address(shop), seal(admin, shop))
    secret = secret_on(response)
    stored = Client.objects.get().client_secret
    assert matches(secret, stored)
    assert stored != shop.client_secret
    assert "old secret is void" in response.content.decode()
    assert "no-store" in response["Cache-Control"]
    event = AuditEvent.objects.get(event=Event.CLIENT_SECRET_MADE)
    assert (event.actor_name, event.object_name, event.changes) == (superuser.username, shop.name, {})


def test_asking_changes_nothing(admin: Browser, shop: Client) -> None:
    page = admin.get(question_address(shop)).content.decode()
    assert "void at once" in page
    assert Client.objects.get().client_secret == shop.client_secret


def test_an_answer_that_is_sent_twice_does_not_void_the_secret_that_was_shown(admin: Browser, shop: Client) -> None:
    answer = seal(admin, shop)
    secret = secret_on(admin.post(question_address(shop), answer))
    again = admin.post(question_address(shop), answer, follow=True)
    assert "was replaced after this question had been asked" in again.content.decode()
    assert matches(secret, Client.objects.get().client_secret)


@pytest.mark.parametrize("answer", [{}, {"seal": ""}, {"seal": "0" * 64}])
def test_an_answer_without_its_question_counts_nothing(admin: Browser, shop: Client, answer: dict[str, str]) -> None:
    assert admin.post(question_address(shop), answer).status_code == HTTPStatus.FOUND
    assert Client.objects.get().client_secret == shop.client_secret


def test_a_client_without_a_secret_gets_none(admin: Browser) -> None:
    client = store_web_application(client_type=Client.CLIENT_PUBLIC)
    for method in (admin.get, admin.post):
        page = method(question_address(client), follow=True).content.decode()
        assert "has no secret, and needs none" in page
    assert Client.objects.get().client_secret == ""


def test_an_integration_is_shown_where_to_ask(admin: Browser) -> None:
    client = store_integration(None, client_secret=checksum("before"))
    page = admin.post(question_address(client), seal(admin, client)).content.decode()
    assert "/oauth/token" in page
    assert "/oauth/authorize" not in page


def test_a_client_that_is_not_there(admin: Browser, shop: Client) -> None:
    for page in ("new_secret", "test", "revoke_all"):
        address = reverse(f"admin:authenticate_app_client_{page}", args=[shop.pk + 1])
        assert admin.get(address).status_code == HTTPStatus.NOT_FOUND
        assert admin.post(address).status_code == HTTPStatus.NOT_FOUND
