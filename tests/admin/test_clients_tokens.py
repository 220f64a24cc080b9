"""What clients were given: shown without what it is, counted at a bounded cost, revoked at once."""

import uuid
from datetime import timedelta
from http import HTTPStatus
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from authenticate_app.accounts.models import User
from authenticate_app.audit.events import Event
from authenticate_app.audit.models import AuditEvent
from authenticate_app.oauth import client_selectors
from authenticate_app.oauth.client_selectors import Count, given_out
from authenticate_app.oauth.models import AccessToken, Client, Grant, RefreshToken
from authenticate_app.oauth.secrets import checksum
from tests.admin.conftest import Browser, SignedIn
from tests.admin.test_clients import change_address
from tests.tokens import store_token, store_web_application

LISTS = {
    AccessToken: reverse("admin:authenticate_app_accesstoken_changelist"),
    RefreshToken: reverse("admin:authenticate_app_refreshtoken_changelist"),
    Grant: reverse("admin:authenticate_app_grant_changelist"),
}


def revoke_address(client: Client) -> str:
    return reverse("admin:authenticate_app_client_revoke_all", args=[client.pk])


def give(client: Client, user: User, *, number: int = 1, seconds: int = 60, **state: Any) -> None:
    """Give a client some codes, refresh tokens and access tokens; ``state`` is of the first two."""
    now = timezone.now()
    ends = now + timedelta(seconds=seconds)
    for _ in range(number):
        shared = {
            "application": client,
            "user": user,
            "scope": "openid",
            "expires": ends,
            "sign_in_stamp": 0,
            "auth_time": now,
            "token_family": uuid.uuid4(),
        }
        Grant.objects.create(code=checksum(str(uuid.uuid4())), used_at=state.get("used_at"), **shared)
        RefreshToken.objects.create(token_checksum=checksum(str(uuid.uuid4())), revoked=state.get("revoked"), **shared)
        store_token(client, user=user, expires=ends)


def held(client: Client) -> tuple[int, int, int]:
    """How many codes, refresh tokens and access tokens are valid."""
    counted = given_out(client, now=timezone.now())
    return counted.codes.number, counted.refresh_tokens.number, counted.access_tokens.number


@pytest.fixture
def shop(db: None) -> Client:
    return store_web_application(name="Shop")


@pytest.fixture
def other(db: None) -> Client:
    return store_web_application(name="Other")


@pytest.mark.parametrize("model", LISTS)
def test_a_list_shows_whose_it_is_and_not_what_it_is(
    admin: Browser, shop: Client, other: Client, superuser: User, model: Any
) -> None:
    give(shop, superuser)
    give(other, superuser)
    assert len(admin.get(LISTS[model]).context["cl"].result_list) == 2
    response = admin.get(f"{LISTS[model]}?client={shop.pk}")
    (row,) = response.context["cl"].result_list
    assert row.application == shop
    page = response.content.decode()
    assert superuser.username in page
    pages = page + admin.get(f"{LISTS[model]}{row.pk}/change/").content.decode()
    stored = row.code if model is Grant else row.token_checksum
    assert stored not in pages


@pytest.mark.parametrize("model", LISTS)
def test_nothing_is_counted_and_pages_follow_by_key(admin: Browser, shop: Client, superuser: User, model: Any) -> None:
    give(shop, superuser, number=60)
    with CaptureQueriesContext(connection) as queries:
        response = admin.get(f"{LISTS[model]}?client={shop.pk}")
    table = model._meta.db_table
    assert not [each["sql"] for each in queries if table in each["sql"] and "COUNT(" in each["sql"]]
    changes = response.context["cl"]
    rest = admin.get(LISTS[model] + changes.older_address()).context["cl"].result_list
    assert (len(changes.result_list), len(rest)) == (50, 10)
    assert {row.pk for row in changes.result_list}.isdisjoint(row.pk for row in rest)


@pytest.mark.parametrize("query", ["?client=x", f"?client={'9' * 400}", "?client=-1", "?before=x"])
def test_nonsense_in_the_address_does_no_harm(admin: Browser, shop: Client, query: str) -> None:
    for address in LISTS.values():
        assert admin.get(address + query, follow=True).status_code == HTTPStatus.OK


def test_whoever_sees_clients_sees_their_tokens(signed_in: SignedIn) -> None:
    browser = signed_in("CHATAUTH_ADMINISTRATOR")
    for address in LISTS.values():
        assert browser.get(address).status_code == HTTPStatus.OK
        assert browser.get(f"{address}add/").status_code == HTTPStatus.FORBIDDEN


# Counting


def test_only_what_is_valid_counts(shop: Client, superuser: User) -> None:
    give(shop, superuser, number=2)
    give(shop, superuser, seconds=-60)
    give(shop, superuser, used_at=timezone.now(), revoked=timezone.now())
    counted = given_out(shop, now=timezone.now())
    assert (counted.codes, counted.refresh_tokens, counted.access_tokens) == (Count(2), Count(2), Count(3))


def test_counting_ends(admin: Browser, shop: Client, superuser: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_selectors, "COUNT_LIMIT", 3)
    give(shop, superuser, number=4)
    assert given_out(shop, now=timezone.now()).access_tokens == Count(3, is_more=True)
    page = admin.get(change_address(shop)).content.decode()
    assert page.count("more than 3") == 3


# Revoking


def test_everything_is_revoked_after_a_question(admin: Browser, shop: Client, other: Client, superuser: User) -> None:
    give(shop, superuser, number=5)
    give(other, superuser)
    assert "becomes void" in admin.get(revoke_address(shop)).content.decode()
    assert held(shop) == (5, 5, 5)
    page = admin.post(revoke_address(shop), follow=True).content.decode()
    assert "5 access tokens, 5 refresh tokens, 5 codes" in page
    assert (held(shop), held(other)) == ((0, 0, 0), (1, 1, 1))
    event = AuditEvent.objects.get(event=Event.OAUTH_TOKENS_REVOKED)
    assert (event.object_name, event.actor_name) == ("Shop", superuser.username)
    assert event.changes == {"access tokens": [5, 0], "refresh tokens": [5, 0], "codes": [5, 0]}


def test_revoking_twice_finds_nothing_more(admin: Browser, shop: Client) -> None:
    page = admin.post(revoke_address(shop), follow=True).content.decode()
    assert "0 access tokens, 0 refresh tokens, 0 codes" in page


def test_it_is_said_that_signed_tokens_outlive_it(admin: Browser, shop: Client) -> None:
    assert "takes them until they expire" not in admin.get(revoke_address(shop)).content.decode()
    Client.objects.update(signed_access_tokens=True, signed_because="A gateway.")
    assert "takes them until they expire" in admin.get(revoke_address(shop)).content.decode()
