"""``/.well-known/jwks.json``."""

import json
from collections.abc import Iterator
from datetime import timedelta
from http import HTTPStatus

import pytest
from django.conf import LazySettings
from django.db import OperationalError
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.utils import timezone
from joserfc import jwt
from joserfc.jwk import KeySet
from pytest_django import DjangoAssertNumQueries

from authenticate_app.keys import services
from authenticate_app.keys.keyring import keyring
from authenticate_app.keys.models import SigningKey
from authenticate_app.keys.tokens import sign
from authenticate_app.keys.views import key_set
from authenticate_app.revisions import memory
from authenticate_app.revisions.listener import listener
from tests.keys.conftest import DAY, HOUR
from tests.waiting import wait_until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.urls("authenticate_app.keys.urls")]


@pytest.fixture(autouse=True)
def first(connected: None) -> SigningKey:
    return services.ensure_signing_key(now=timezone.now())


@pytest.fixture
def settled(first: SigningKey) -> None:
    """The process has heard of all changes so far."""
    wait_until(lambda: keyring.current() is keyring.current() and _costs_nothing())


def _costs_nothing() -> bool:
    checked = keyring._checked
    return checked is not None and checked.mark == listener.mark("keys") is not None


def get(**headers: str) -> HttpResponse:
    return Client(headers=headers).get("/.well-known/jwks.json", secure=True)  # type: ignore[return-value]


def test_holds_what_verifies_our_tokens(client: Client) -> None:
    key = keyring.current().value.signing_key(timezone.now())
    assert key is not None

    keys = KeySet.import_key_set(json.loads(get().content))

    assert jwt.decode(sign({"sub": "John"}, key=key), keys, algorithms=["RS256"]).claims == {"sub": "John"}


def test_may_be_cached_by_anybody_and_read_by_any_page() -> None:
    response = get()

    assert response.status_code == HTTPStatus.OK
    assert response["Cache-Control"] == "public, max-age=3600"
    assert response["Content-Type"] == "application/json"
    assert response["Access-Control-Allow-Origin"] == "*"
    assert "Accept" in response["Vary"]


def test_costs_no_query_while_nothing_changes(settled: None, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    request = RequestFactory().get("/.well-known/jwks.json")
    with django_assert_num_queries(0):
        assert key_set(request).content == key_set(request).content


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        ("*/*", "application/json"),
        ("application/json", "application/json"),
        ("application/jwk-set+json", "application/jwk-set+json"),
        ("application/jwk-set+json, application/json;q=0.5", "application/jwk-set+json"),
        ("text/html", "application/json"),
    ],
)
def test_has_the_media_type_that_is_asked_for(accept: str, content_type: str) -> None:
    assert get(accept=accept)["Content-Type"] == content_type


def test_is_not_sent_again_to_those_who_have_it() -> None:
    etag = get()["ETag"]

    response = get(if_none_match=etag)

    assert response.status_code == HTTPStatus.NOT_MODIFIED
    assert response.content == b""
    assert (response["ETag"], response["Cache-Control"]) == (etag, "public, max-age=3600")
    assert response["Access-Control-Allow-Origin"] == "*"


def test_has_another_etag_as_another_type() -> None:
    assert get()["ETag"] != get(accept="application/jwk-set+json")["ETag"]


def test_is_sent_again_after_a_change() -> None:
    etag = get()["ETag"]
    services.rotate(now=timezone.now())

    wait_until(lambda: get(if_none_match=etag).status_code == HTTPStatus.OK)


def test_answers_head_and_no_other_method() -> None:
    client, address = Client(), "/.well-known/jwks.json"

    head = client.head(address, secure=True)

    assert (head.status_code, head.content) == (HTTPStatus.OK, b"")
    assert client.post(address, secure=True).status_code == HTTPStatus.METHOD_NOT_ALLOWED


def test_announces_a_key_before_it_signs_and_drops_a_revoked_one(first: SigningKey) -> None:
    second = services.rotate(now=timezone.now()).key
    wait_until(lambda: {key["kid"] for key in json.loads(get().content)["keys"]} == {first.kid, second.kid})

    services.revoke(key=first, now=timezone.now())

    wait_until(lambda: [key["kid"] for key in json.loads(get().content)["keys"]] == [second.kid])


class TestWithoutADatabase:
    @pytest.fixture(autouse=True)
    def away(self, settled: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        get()

        def unreachable(topic: str) -> int:
            raise OperationalError("connection refused")

        listener.stop()
        monkeypatch.setattr(listener, "mark", lambda topic: None)
        monkeypatch.setattr(memory, "revision_of", unreachable)
        yield
        keyring.forget()

    def test_is_served_from_memory_for_as_long_as_a_cache_would(self, first: SigningKey) -> None:
        response = get()

        assert [key["kid"] for key in json.loads(response.content)["keys"]] == [first.kid]
        assert 3500 < int(response["Cache-Control"].removeprefix("public, max-age=")) < 3600

    def test_is_refused_when_it_would_be_too_old(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(keyring, "known_current_within", lambda: 3600.0)
        with pytest.raises(OperationalError):
            get()

    def test_is_refused_when_nothing_is_known(self) -> None:
        keyring.forget()
        with pytest.raises(OperationalError):
            get()


def test_a_cache_never_outlives_an_announcement(settings: LazySettings) -> None:
    """What the view promises about ``max-age``, over a whole rotation."""
    settings.KEY_ANNOUNCED = HOUR + timedelta(minutes=1)  # the least that a start accepts
    now = timezone.now()
    successor = services.rotate(now=now).key

    last_copy_without_it = now - timedelta(microseconds=1) + settings.KEY_SET_MAX_AGE
    assert last_copy_without_it + settings.KEY_LEEWAY < successor.signs_from
    assert successor.signs_from < now + DAY
