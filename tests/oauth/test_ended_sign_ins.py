"""What ends a person's sign-ins ends their codes and tokens, for good; applications ask for a second factor, too."""

from collections.abc import Callable

import pytest
from django.utils import timezone

from authenticate_app.accounts.models import User
from authenticate_app.accounts.pending import AMR
from authenticate_app.accounts.sign_in import Origin
from authenticate_app.factors import changes
from authenticate_app.oauth.bearer_sign_in import TokenRefused, sign_in_by_token
from tests.oauth.flow import (
    Registered,
    asking,
    body_of,
    code_for,
    decide,
    error_of,
    exchange,
    introspect,
    refresh,
    signed_in,
    tokens_for,
    told,
    userinfo,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("ready")]
INACTIVE = {"active": False}


def disabled_and_enabled(person: User) -> None:
    for is_active in (False, True):
        User.objects.filter(pk=person.pk).update(is_active=is_active)


def factors_reset(person: User) -> None:
    changes.reset(person, now=timezone.now())


def another_password(person: User) -> None:
    person.set_password("another password")
    person.save()


@pytest.mark.parametrize("end", [disabled_and_enabled, factors_reset, another_password])
def test_codes_and_tokens_of_before_count_no_more(web: Registered, person: User, end: Callable[[User], None]) -> None:
    tokens, code = tokens_for(web, person, scope="openid chat.authenticate"), code_for(web, person)
    end(person)
    assert introspect(web, tokens["access_token"]) == INACTIVE
    assert introspect(web, tokens["refresh_token"]) == INACTIVE
    assert error_of(userinfo(tokens["access_token"]), 401) == "invalid_token"
    assert error_of(refresh(web, tokens["refresh_token"])) == "invalid_grant"
    assert error_of(exchange(web, code)) == "invalid_grant"
    with pytest.raises(TokenRefused):
        sign_in_by_token(
            unverified_token=tokens["access_token"], origin=Origin("192.0.2.1"), now=timezone.now(), use_memory=False
        )
    again = tokens_for(web, User.objects.get(pk=person.pk))
    assert introspect(web, again["access_token"])["active"]


def tokens_by(methods: list[str], web: Registered, person: User) -> tuple[str, str]:
    """A refresh token and a code of a person who signed in this way."""
    browser = signed_in(person)
    session = browser.session
    session[AMR] = methods
    session.save()
    first, second = (told(decide(browser, asking(web)))["code"] for _ in range(2))
    return body_of(exchange(web, first))["refresh_token"], second


def test_a_second_factor_that_is_asked_for_since_is_asked_of_applications_as_well(
    web: Registered, person: User
) -> None:
    refresh_token, code = tokens_by(["pwd"], web, person)
    User.objects.filter(pk=person.pk).update(second_factor_required=True)
    assert introspect(web, refresh_token) == INACTIVE
    assert error_of(refresh(web, refresh_token)) == "invalid_grant"
    assert error_of(exchange(web, code)) == "invalid_grant"


def test_whoever_showed_one_goes_on(web: Registered, person: User) -> None:
    refresh_token, code = tokens_by(["pwd", "otp", "mfa"], web, person)
    User.objects.filter(pk=person.pk).update(second_factor_required=True)
    assert introspect(web, refresh_token)["active"]
    body_of(refresh(web, refresh_token))
    body_of(exchange(web, code))
