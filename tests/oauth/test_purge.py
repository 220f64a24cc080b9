"""Codes and tokens leave when they have expired."""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from authenticate_app.accounts.models import User
from authenticate_app.audit.models import AuditEvent
from authenticate_app.oauth import purge
from authenticate_app.oauth.models import AccessToken, Client, Grant, RefreshToken
from tests.oauth.flow import (
    WEB,
    Registered,
    body_of,
    code_for,
    error_of,
    exchange,
    introspect,
    refresh,
    register,
)

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("ready")]


def access_token(client: Client, person: User, expires: datetime) -> AccessToken:
    return AccessToken.objects.create(application=client, user=person, token_checksum=uuid.uuid4().hex, expires=expires)


def refresh_token(client: Client, person: User, expires: datetime) -> RefreshToken:
    return RefreshToken.objects.create(
        application=client,
        user=person,
        token_checksum="x",
        token_family=uuid.uuid4(),
        scope="openid",
        expires=expires,
        sign_in_stamp=1,
        auth_time=NOW,
    )


def code(client: Client, person: User, expires: datetime) -> Grant:
    return Grant.objects.create(
        application=client,
        user=person,
        code=uuid.uuid4().hex,
        token_family=uuid.uuid4(),
        expires=expires,
        redirect_uri="https://www.example.com/",
        sign_in_stamp=1,
        auth_time=NOW,
    )


CASES = [
    (access_token, purge.purge_access_tokens, NOW),
    (refresh_token, purge.purge_refresh_tokens, NOW),
    (code, purge.purge_codes, NOW - timedelta(minutes=10)),
]


@pytest.mark.parametrize(("store", "run", "cutoff"), CASES, ids=["access tokens", "refresh tokens", "codes"])
def test_what_has_expired_leaves_and_what_has_not_stays(
    web: Registered, person: User, store: Callable[..., Any], run: Callable[[datetime], int], cutoff: datetime
) -> None:
    gone = [store(web.row, person, cutoff - number * SECOND) for number in range(1, 4)]
    kept = [store(web.row, person, cutoff + number * SECOND) for number in range(3)]
    assert run(NOW) == 3
    assert run(NOW) == 0
    assert set(type(kept[0]).objects.all()) == set(kept)
    assert not type(gone[0]).objects.filter(pk__in=[row.pk for row in gone]).exists()


@pytest.mark.parametrize("number", [6, 7, 13])
def test_batch_after_batch(web: Registered, person: User, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    monkeypatch.setattr(purge, "BATCH", 3)
    for index in range(number):
        access_token(web.row, person, NOW - timedelta(days=index // 4 + 1))
    kept = access_token(web.row, person, NOW + SECOND)
    assert purge.purge_access_tokens(NOW) == number
    assert AccessToken.objects.get() == kept


def test_rows_of_one_moment_that_do_not_fit_into_a_batch_leave_too(
    web: Registered, person: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(purge, "BATCH", 3)
    for _ in range(8):
        access_token(web.row, person, NOW - SECOND)
    assert purge.purge_access_tokens(NOW) == 8


def test_a_code_is_known_as_used_as_long_as_its_sign_in_goes_on(web: Registered, person: User) -> None:
    given = code_for(web, person)
    tokens = body_of(exchange(web, given))
    purge.purge_codes(timezone.now() + timedelta(hours=1))
    assert not Grant.objects.exists()
    assert error_of(exchange(web, given)) == "invalid_grant"
    assert error_of(refresh(web, tokens["refresh_token"])) == "invalid_grant"
    assert introspect(web, tokens["access_token"]) == {"active": False}
    reasons = AuditEvent.objects.exclude(event="oauth_token_issued").order_by("id").values_list("event", "reason")
    assert list(reasons)[-3:] == [
        ("oauth_token_reused", "code"),
        ("oauth_token_refused", "code-reused"),
        ("oauth_token_refused", "refresh-token-revoked"),
    ]


def test_another_client_ends_nothing_by_it(web: Registered, person: User) -> None:
    given = code_for(web, person)
    tokens = body_of(exchange(web, given))
    purge.purge_codes(timezone.now() + timedelta(hours=1))
    assert error_of(exchange(register(WEB, client_id="web-2"), given)) == "invalid_grant"
    body_of(refresh(web, tokens["refresh_token"]))


def test_the_housekeeping_does_it() -> None:
    assert {f"authenticate_app.oauth.purge.{run.__name__}" for _store, run, _cutoff in CASES} <= set(
        settings.HOUSEKEEPING
    )


def test_the_oldest_are_found_by_their_index(web: Registered, person: User) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(
            "EXPLAIN SELECT id FROM authenticate_app_accesstoken WHERE expires < now() ORDER BY expires LIMIT 9"
        )
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "access_token_expires" in plan
    assert "Sort" not in plan


def test_a_token_has_no_more_indexes_than_it_needs() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE tablename = 'authenticate_app_accesstoken'")
        columns = sorted(row[0].partition("(")[2].partition(")")[0] for row in cursor.fetchall())
    assert columns == ["application_id", "expires", "id", "token_checksum", "token_family", "user_id"]
