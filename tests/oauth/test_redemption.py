"""Codes that this server takes itself."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from authenticate_app.accounts.models import User
from authenticate_app.accounts.sign_in import Origin
from authenticate_app.audit.models import AuditEvent
from authenticate_app.oauth.context import Context
from authenticate_app.oauth.models import AccessToken, Client, Grant
from authenticate_app.oauth.redemption import ClientUnusable, Redeemed, redeem_code
from authenticate_app.oauth.services import GrantRefused
from tests.oauth.flow import APPLE_NEW, CALLBACK, STATE, WEB, Registered, code_for, exchange, register, tokens_for

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("ready")]
ASKED = {"openid", "profile", "email"}
NO_PKCE: dict[str, Any] = {"code_challenge": None, "code_challenge_method": None}


@pytest.fixture
def apple(ready: None) -> Registered:
    return register(APPLE_NEW)


def code_of(client: Registered, person: User, scope: str = "openid email") -> str:
    return code_for(client, person, scope=scope, **NO_PKCE)


def redeem(client: Registered, code: str, now: datetime | None = None, **changes: Any) -> Redeemed:
    given = {"state": STATE, "client_id": client.client_id, "redirect_uri": CALLBACK, "asked_scopes": ASKED}
    context = Context(Origin("192.0.2.7", "the-request"), now or timezone.now())
    return redeem_code(unverified_code=code, context=context, **{**given, **changes})


def refusal(client: Registered, code: str, **changes: Any) -> str:
    with pytest.raises(GrantRefused) as refused:
        redeem(client, code, **changes)
    event = AuditEvent.objects.filter(event="oauth_token_refused").latest("pk")
    assert (event.reason, event.address, event.object_id) == (
        refused.value.reason,
        "192.0.2.7",
        str(client.row.pk),
    )
    return refused.value.reason


def test_a_code_says_who_signed_in_and_gives_no_token(apple: Registered, person: User) -> None:
    redeemed = redeem(apple, code_of(apple, person))
    assert redeemed.user == person
    assert redeemed.scopes == ("openid", "email")
    assert redeemed.claims == {"sub": str(person.subject), "email": "john.smith@vision.com", "email_verified": True}
    assert not AccessToken.objects.exists()
    event = AuditEvent.objects.get(event="oauth_code_redeemed")
    assert (event.actor_id, event.address, event.request_id) == (person.pk, "192.0.2.7", "the-request")


def test_nothing_is_told_that_was_not_asked_for(apple: Registered, person: User) -> None:
    code = code_of(apple, person, "openid profile email chat")
    assert redeem(apple, code, asked_scopes={"openid", "phone"}).claims == {"sub": str(person.subject)}


def test_nothing_is_told_that_the_client_may_not_know_any_more(apple: Registered, person: User) -> None:
    code = code_of(apple, person)
    Client.objects.update(allowed_scopes="openid")
    assert redeem(apple, code).claims == {"sub": str(person.subject)}


def test_a_code_without_openid_tells_nothing(apple: Registered, person: User) -> None:
    code = code_of(apple, person, "email")
    assert refusal(apple, code) == "no-scope-left"
    assert Grant.objects.get().used_at is None


def test_a_code_is_good_once(apple: Registered, person: User) -> None:
    code = code_of(apple, person)
    redeem(apple, code)
    assert refusal(apple, code) == "code-reused"
    assert AuditEvent.objects.filter(event="oauth_token_reused").count() == 1


def test_a_code_that_gave_tokens_elsewhere_ends_them_when_it_comes_here(person: User) -> None:
    client = register(APPLE_NEW)
    code = code_of(client, person)
    assert exchange(client, code, code_verifier=None).status_code == 200
    assert AccessToken.objects.count() == 1
    assert refusal(client, code) == "code-reused"
    assert not AccessToken.objects.exists()


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda _person: Grant.objects.update(expires=timezone.now() - timedelta(seconds=1)), "code-expired"),
        (lambda _person: User.objects.update(is_active=False), "person-changed"),
        (lambda person: User.objects.filter(pk=person.pk).update(sign_in_stamp=7), "person-changed"),
        (lambda _person: Grant.objects.all().delete(), "unknown-code"),
    ],
)
def test_a_code_gives_nothing_once_something_has_changed(
    apple: Registered, person: User, spoil: Any, reason: str
) -> None:
    code = code_of(apple, person)
    spoil(person)
    assert refusal(apple, code) == reason


def test_a_code_is_good_for_its_client_and_address_alone(apple: Registered, person: User) -> None:
    other = register(APPLE_NEW, client_id="apple-other")
    assert refusal(other, code_of(apple, person)) == "code-of-another-client"
    assert refusal(apple, code_of(apple, person), redirect_uri=CALLBACK + "/") == "another-redirect-uri"


@pytest.mark.parametrize("state", ["", "another"])
def test_a_code_is_no_answer_to_another_request(apple: Registered, person: User, state: str) -> None:
    code = code_of(apple, person)
    assert refusal(apple, code, state=state) == "another-state"
    assert redeem(apple, code).user == person


def test_a_code_without_a_state_is_no_answer_to_any(apple: Registered, person: User) -> None:
    assert refusal(apple, code_for(apple, person, **NO_PKCE, state=None), state="") == "another-state"


def test_a_code_with_a_challenge_needs_its_verifier(person: User) -> None:
    web = register(WEB)
    assert refusal(web, code_for(web, person)) == "no-code-verifier"


@pytest.mark.parametrize(
    "change",
    [
        {"is_active": False},
        {"client_type": Client.CLIENT_PUBLIC},
        {"authorization_grant_type": Client.GRANT_CLIENT_CREDENTIALS},
    ],
)
def test_a_client_that_is_no_good_uses_no_code(apple: Registered, person: User, change: dict[str, Any]) -> None:
    code = code_of(apple, person)
    Client.objects.update(**change)
    with pytest.raises(ClientUnusable):
        redeem(apple, code)
    assert Grant.objects.get().used_at is None


def test_an_unknown_client_uses_no_code(apple: Registered, person: User) -> None:
    with pytest.raises(ClientUnusable):
        redeem(apple, code_of(apple, person), client_id="nobody")


@pytest.mark.django_db(transaction=True)
def test_of_many_with_one_code_exactly_one_learns_who_it_is(apple: Registered, person: User) -> None:
    code = code_of(apple, person)
    barrier = Barrier(4)

    def run(_number: int) -> str:
        try:
            barrier.wait(timeout=30)
            return str(redeem(apple, code).user.pk)
        except GrantRefused as refused:
            return refused.reason
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(run, range(4)))
    assert sorted(answers) == sorted([str(person.pk), *["code-reused"] * 3])


def test_tokens_of_other_sign_ins_are_left_alone(apple: Registered, person: User) -> None:
    web = register(WEB, client_id="web-2")
    tokens_for(web, person)
    redeem(apple, code_of(apple, person))
    assert AccessToken.objects.count() == 1
