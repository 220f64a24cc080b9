"""Revoking everything of a client while codes and refresh tokens are just being exchanged: nothing slips through."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import pytest
from django.db import connection, transaction
from django.utils import timezone

from authenticate_app.accounts.models import User
from authenticate_app.oauth.client_selectors import Count, GivenOut, given_out
from authenticate_app.oauth.client_services import renew_secret
from authenticate_app.oauth.secrets import matches
from authenticate_app.oauth.services import Revoked, revoke_all
from tests.oauth.flow import Registered, code_for, exchange, refresh, tokens_for
from tests.waiting import wait_until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("ready")]
T = TypeVar("T")
NOTHING = GivenOut(Count(0), Count(0), Count(0))


def apart(act: Callable[[], T]) -> Callable[[], T]:
    """Do something on a connection of its own."""

    def run() -> T:
        try:
            return act()
        finally:
            connection.close()

    return run


def is_somebody_waiting() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")
        return bool(cursor.fetchone()[0])


def revoked_meanwhile(web: Registered, act: Callable[[], Any]) -> Revoked:
    """Do something in a transaction that ends only once revoking everything waits for it; answers what was revoked."""
    with ThreadPoolExecutor(1) as threads:
        with transaction.atomic():
            act()
            revoking = threads.submit(apart(lambda: revoke_all(now=timezone.now(), client=web.row)))
            wait_until(is_somebody_waiting)
        return revoking.result(timeout=30)


def test_a_code_that_is_being_exchanged(web: Registered, person: User) -> None:
    code = code_for(web, person)
    revoked = revoked_meanwhile(web, lambda: exchange(web, code))
    assert revoked == Revoked(codes=0, refresh_tokens=1, access_tokens=1)
    assert given_out(web.row, now=timezone.now()) == NOTHING


def test_a_refresh_token_that_is_being_used(web: Registered, person: User) -> None:
    refresh_token = tokens_for(web, person)["refresh_token"]
    revoked = revoked_meanwhile(web, lambda: refresh(web, refresh_token))
    assert revoked == Revoked(codes=0, refresh_tokens=1, access_tokens=2)
    assert given_out(web.row, now=timezone.now()) == NOTHING


def test_of_two_who_replace_a_secret_at_once_one_does(web: Registered) -> None:
    with ThreadPoolExecutor(2) as threads:
        made = [threads.submit(apart(lambda: renew_secret(client=web.row))) for _ in range(2)]
        secrets = [each.result(timeout=30) for each in made]
    assert secrets.count(None) == 1
    (secret,) = filter(None, secrets)
    web.row.refresh_from_db()
    assert matches(secret, web.row.client_secret)
