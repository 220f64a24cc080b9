"""What happens when the same code or refresh token comes several times at once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection
from django.http import HttpResponse

from authenticate_app.accounts.models import User
from authenticate_app.oauth.models import AccessToken, RefreshToken
from tests.oauth.flow import (
    Registered,
    body_of,
    code_for,
    exchange,
    introspect,
    refresh,
    revoke,
    tokens_for,
)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("ready")]
AT_ONCE = 8


def at_once(act: Callable[[], HttpResponse]) -> list[HttpResponse]:
    barrier = Barrier(AT_ONCE)

    def run(_number: int) -> HttpResponse:
        try:
            barrier.wait(timeout=30)
            return act()
        finally:
            connection.close()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(run, range(AT_ONCE)))


def test_of_many_with_one_code_exactly_one_wins(web: Registered, person: User) -> None:
    code = code_for(web, person)
    answers = at_once(lambda: exchange(web, code))
    assert sorted(answer.status_code for answer in answers) == [200] + [400] * (AT_ONCE - 1)
    won = next(body_of(answer) for answer in answers if answer.status_code == 200)
    assert introspect(web, won["access_token"]) == {"active": False}  # one of them was a thief
    assert not AccessToken.objects.exists()
    assert RefreshToken.objects.get().revoked is not None


def test_of_many_with_one_refresh_token_exactly_one_wins(web: Registered, person: User) -> None:
    token = tokens_for(web, person)["refresh_token"]
    answers = at_once(lambda: refresh(web, token))
    assert sorted(answer.status_code for answer in answers) == [200] + [400] * (AT_ONCE - 1)
    assert not AccessToken.objects.exists()
    assert RefreshToken.objects.get().revoked is not None


def test_many_sign_ins_of_one_person_at_once_do_not_disturb_each_other(web: Registered, person: User) -> None:
    codes = [code_for(web, person, prompt="consent") for _ in range(AT_ONCE)]
    answers = at_once(lambda: exchange(web, codes.pop()))
    assert [answer.status_code for answer in answers] == [200] * AT_ONCE
    assert all(introspect(web, body_of(answer)["access_token"])["active"] for answer in answers)


def test_both_tokens_of_a_sign_in_can_be_revoked_at_once(web: Registered, person: User) -> None:
    given = [tokens_for(web, person) for _ in range(AT_ONCE // 2)]
    tokens = [answer[kind] for answer in given for kind in ("access_token", "refresh_token")]
    answers = at_once(lambda: revoke(web, tokens.pop()))
    assert [answer.status_code for answer in answers] == [200] * AT_ONCE
    assert not AccessToken.objects.exists()
    assert not RefreshToken.objects.filter(revoked=None).exists()
