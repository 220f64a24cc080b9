"""What a lost factor, and a factor that is asked for since, mean for those who are signed in already."""

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from authenticate_app.accounts.models import User
from authenticate_app.accounts.sign_ins import end_sign_ins
from authenticate_app.factors import changes
from tests.factors.builders import store_passkey
from tests.factors.pages import LOGIN, PASSWORD, SECURITY, SET_UP, Browser, code, turn_on_codes
from tests.factors.test_account_pages import CODES, secret_on

pytestmark = pytest.mark.django_db
ACCOUNT = "/account/"


def is_in(browser: Browser) -> bool:
    return bool(browser.get(ACCOUNT).status_code == 200)


def signed_in(user: User) -> Browser:
    browser = Browser()
    browser.sign_in(user)
    browser.showed_a_second_factor()
    assert is_in(browser)
    return browser


@pytest.fixture
def jane(db: None) -> User:
    return User.objects.create_user("jane@example.com", PASSWORD)


@pytest.fixture
def elsewhere(jane: User) -> Browser:
    """Jane's other device."""
    return signed_in(jane)


@pytest.fixture
def browser(jane: User, elsewhere: Browser) -> Browser:
    return signed_in(jane)


def remove_passkey(browser: Browser, user: User) -> None:
    browser.post(f"{SECURITY}passkeys/{store_passkey(user).pk}/remove/")


def turn_off(browser: Browser, user: User) -> None:
    turn_on_codes(user)
    browser.post(f"{CODES}off/")


def replace_app(browser: Browser, user: User) -> None:
    turn_on_codes(user)
    browser.post(CODES, {"code": code(secret_on(browser.get(CODES)))})


@pytest.mark.parametrize("act", [remove_passkey, turn_off, replace_app])
def test_whoever_takes_a_factor_away_goes_on_here_and_nowhere_else(
    browser: Browser, elsewhere: Browser, jane: User, act: Callable[[Browser, User], None]
) -> None:
    act(browser, jane)
    assert is_in(browser)
    assert not is_in(elsewhere)


def test_a_first_factor_ends_nothing(browser: Browser, elsewhere: Browser) -> None:
    browser.post(CODES, {"code": code(secret_on(browser.get(CODES)))})
    assert is_in(browser)
    assert is_in(elsewhere)


def test_a_factor_that_must_stay_ends_nothing(browser: Browser, elsewhere: Browser, jane: User) -> None:
    User.objects.filter(pk=jane.pk).update(second_factor_required=True)
    remove_passkey(browser, jane)
    assert jane.passkeys.exists()
    assert is_in(elsewhere)


def test_a_reset_ends_every_session(browser: Browser, jane: User) -> None:
    changes.reset(jane, now=timezone.now())
    assert not is_in(browser)


def test_whoever_is_disabled_and_enabled_again_signs_in_anew(browser: Browser, jane: User) -> None:
    for is_active in (False, True):
        User.objects.filter(pk=jane.pk).update(is_active=is_active)
    assert not is_in(browser)


def test_an_older_copy_of_the_user_brings_no_sign_in_back(browser: Browser, jane: User) -> None:
    older = User.objects.get(pk=jane.pk)
    User.objects.filter(pk=jane.pk).update(is_active=False)
    older.save()
    assert User.objects.get(pk=jane.pk).is_active
    assert not is_in(browser)


def test_any_other_change_of_a_user_ends_nothing(browser: Browser, jane: User) -> None:
    jane.first_name, jane.email = "Jane", "jane@example.com"
    jane.save()
    assert is_in(browser)


def test_all_that_a_sign_in_gave_ends_by_one_stamp(browser: Browser, jane: User) -> None:
    end_sign_ins(jane)
    assert not is_in(browser)


def test_a_factor_that_is_asked_for_since_is_shown_at_the_next_request(jane: User) -> None:
    browser = Browser()
    browser.sign_in(jane, next_url=ACCOUNT)
    assert is_in(browser)
    User.objects.filter(pk=jane.pk).update(second_factor_required=True)
    assert browser.get(ACCOUNT)["Location"] == f"{LOGIN}?next={ACCOUNT}"
    assert browser.get(LOGIN).status_code == 200, "the form is shown, and leads nobody back and forth"
    assert browser.sign_in(jane, next_url=ACCOUNT)["Location"] == SET_UP
    assert not is_in(browser)
    browser.post(SET_UP, {"code": code(secret_on(browser.get(SET_UP)))})
    assert is_in(browser)


def test_who_has_shown_one_goes_on(elsewhere: Browser, jane: User, settings: Any) -> None:
    User.objects.filter(pk=jane.pk).update(second_factor_required=True)
    assert is_in(elsewhere)
