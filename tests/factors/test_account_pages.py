"""Looking after one's own factors, over HTTP: only who proved lately that it is them changes anything."""

import re
from typing import Any

import pytest

from authenticate_app.accounts.memory import forget_everything
from authenticate_app.accounts.models import User
from authenticate_app.audit.models import AuditEvent
from authenticate_app.factors import recovery
from authenticate_app.factors.models import OneTimeCodeDevice, Passkey
from tests.factors.authenticator import Authenticator
from tests.factors.builders import store_passkey
from tests.factors.pages import (
    CONFIRM,
    PASSWORD,
    SECURITY,
    Browser,
    code,
    turn_on_codes,
    words_of,
    wrong_code,
)

pytestmark = pytest.mark.django_db

CODES = f"{SECURITY}codes/"


@pytest.fixture
def jane(db: None) -> User:
    return User.objects.create_user("jane@example.com", PASSWORD)


@pytest.fixture
def browser(jane: User) -> Browser:
    browser = Browser()
    browser.sign_in(jane)
    return browser


def secret_on(page: Any) -> str:
    [shown] = re.findall(r'class="secret">([A-Z2-7 ]+)<', page.content.decode())
    return str(shown).replace(" ", "")


def recovery_codes_on(page: Any) -> list[str]:
    return re.findall(r"\b[a-z2-7]{4}(?:-[a-z2-7]{4}){3}\b", words_of(page))


CHANGES = ["passkeys/", "passkeys/1/", "passkeys/1/remove/", "codes/", "codes/off/", "recovery-codes/"]


@pytest.mark.parametrize("change", CHANGES)
def test_who_signed_in_long_ago_changes_nothing(browser: Browser, jane: User, change: str) -> None:
    turn_on_codes(jane)
    store_passkey(jane, pk=1)
    browser.signed_in_long_ago()
    response = browser.post(SECURITY + change, {"name": "Other", "code": code()})
    assert (response.status_code, response["Location"]) == (302, CONFIRM)
    assert Passkey.objects.get().name == "Phone"
    assert OneTimeCodeDevice.objects.exists()
    assert not jane.recovery_codes.exists()


@pytest.mark.parametrize("change", CHANGES)
def test_who_is_not_signed_in_is_led_to_the_form(db: None, change: str) -> None:
    response = Browser().post(SECURITY + change)
    assert (response.status_code, response["Location"].partition("?")[0]) == (302, "/login/")


@pytest.mark.parametrize("change", [each for each in CHANGES if each not in {"passkeys/1/", "codes/"}])
def test_no_link_changes_anything(browser: Browser, change: str) -> None:
    assert browser.get(SECURITY + change).status_code == 405


def test_who_signed_in_long_ago_still_sees_what_there_is(browser: Browser, jane: User) -> None:
    store_passkey(jane)
    browser.signed_in_long_ago()
    page = words_of(browser.get(SECURITY))
    assert "Phone" in page
    assert "confirm that it is you" in page
    assert "Add a passkey" not in page


class TestConfirming:
    def test_the_password_does(self, browser: Browser) -> None:
        browser.signed_in_long_ago()
        response = browser.post(CONFIRM, {"password": PASSWORD})
        assert (response.status_code, response["Location"]) == (302, SECURITY)
        assert browser.get(CODES).status_code == 200

    def test_it_does_not_where_a_code_is_set_up(self, browser: Browser, jane: User) -> None:
        turn_on_codes(jane)
        browser.signed_in_long_ago()
        response = browser.post(CONFIRM, {"password": PASSWORD})
        assert response["Location"] == "/login/?again=&next=%2Faccount%2Fsecurity%2F"
        response = browser.post(response["Location"], {"username": jane.username, "password": PASSWORD})
        assert browser.get(CODES).status_code == 302
        response = browser.post(response["Location"], {"code": code()})
        assert response["Location"] == SECURITY
        assert browser.post(f"{SECURITY}codes/off/")["Location"] != CONFIRM

    def test_a_wrong_one_does_not_and_is_throttled_as_everywhere(self, browser: Browser, settings: Any) -> None:
        settings.THROTTLE_FAILURES_BY_NAME = 2
        browser.signed_in_long_ago()
        forget_everything()  # else the right password, verified a moment ago, needs no allowance
        for _time in range(2):
            assert "not your password" in words_of(browser.post(CONFIRM, {"password": "wrong"}))
        response = browser.post(CONFIRM, {"password": PASSWORD})
        assert response.status_code == 429
        assert int(response["Retry-After"]) > 0
        assert browser.get(CODES).status_code == 302
        assert AuditEvent.objects.filter(event="sign_in_failed").count() == 2

    @pytest.mark.parametrize("password", ["", "\0", "x" * 1025])
    def test_what_is_no_password_is_refused(self, browser: Browser, password: str) -> None:
        browser.signed_in_long_ago()
        assert browser.post(CONFIRM, {"password": password}).status_code == 200
        assert browser.get(CODES).status_code == 302

    def test_ones_own_passkey_does(self, browser: Browser) -> None:
        phone = Authenticator()
        browser.add_passkey(phone)
        browser.signed_in_long_ago()
        response = browser.use_passkey(phone, f"{CONFIRM}passkey/")
        assert response["Location"] == SECURITY
        assert browser.get(CODES).status_code == 200

    def test_another_persons_passkey_does_not(self, browser: Browser) -> None:
        other, phone = User.objects.create_user("other@example.com", PASSWORD), Authenticator()
        others = Browser()
        others.sign_in(other)
        others.add_passkey(phone)
        browser.signed_in_long_ago()
        assert browser.use_passkey(phone, f"{CONFIRM}passkey/")["Location"] == CONFIRM
        assert browser.get(CODES).status_code == 302
        assert AuditEvent.objects.filter(event="passkey_refused", reason="other-user").exists()

    def test_a_name_that_passed_to_somebody_else_confirms_nobody(self, browser: Browser, jane: User) -> None:
        browser.signed_in_long_ago()
        User.objects.filter(pk=jane.pk).update(username="gone@example.com", username_key="gone@example.com")
        User.objects.create_user("jane@example.com", "another password")
        assert browser.post(CONFIRM, {"password": "another password"}).status_code == 200
        assert browser.get(CODES).status_code == 302


class TestPasskeys:
    def test_added_renamed_removed(self, browser: Browser, jane: User) -> None:
        assert browser.add_passkey(Authenticator(), name="Tablet")["Location"] == SECURITY
        assert "The passkey was added" in words_of(browser.get(SECURITY))
        passkey = jane.passkeys.get()
        assert passkey.name == "Tablet"
        address = f"{SECURITY}passkeys/{passkey.pk}/"
        browser.post(address, {"name": "Phone of work"})
        assert "Phone of work" in words_of(browser.get(SECURITY))
        browser.post(f"{address}remove/")
        assert not jane.passkeys.exists()

    @pytest.mark.parametrize("name", ["", "x" * 81, "a\u0007b", "\0"])
    def test_a_new_one_without_a_good_name_gets_one(self, browser: Browser, jane: User, name: str) -> None:
        browser.add_passkey(Authenticator(), name=name)
        assert jane.passkeys.get().name.startswith("Passkey of ")

    @pytest.mark.parametrize("name", ["", "x" * 81, "a\u0007b", "\0"])
    def test_no_bad_name_is_taken(self, browser: Browser, jane: User, name: str) -> None:
        passkey = store_passkey(jane)
        assert browser.post(f"{SECURITY}passkeys/{passkey.pk}/", {"name": name}).status_code == 200
        assert jane.passkeys.get().name == "Phone"

    def test_a_refused_one_says_so(self, browser: Browser, jane: User) -> None:
        browser.add_passkey(Authenticator(origin="https://evil.example"))
        assert "was not added" in words_of(browser.get(SECURITY))
        assert not jane.passkeys.exists()

    def test_nobody_sees_or_changes_anothers(self, browser: Browser) -> None:
        other = store_passkey(User.objects.create_user("other@example.com"), name="Secret name")
        address = f"{SECURITY}passkeys/{other.pk}/"
        answers = [browser.get(address), browser.post(address, {"name": "Mine"}), browser.post(f"{address}remove/")]
        assert {answer.status_code for answer in answers} == {404}
        assert "Secret name" not in words_of(browser.get(SECURITY))
        assert browser.get(f"{SECURITY}passkeys/{10**30}/").status_code == 404

    def test_markup_in_a_name_is_shown_as_it_is(self, browser: Browser, jane: User) -> None:
        store_passkey(jane, name="<script>alert(1)</script>")
        assert "<script>alert" not in browser.get(SECURITY).content.decode()

    def test_the_last_one_stays_where_there_must_be_one(self, browser: Browser, jane: User) -> None:
        User.objects.filter(pk=jane.pk).update(second_factor_required=True)
        browser.showed_a_second_factor()
        passkey = store_passkey(jane)
        browser.post(f"{SECURITY}passkeys/{passkey.pk}/remove/")
        assert "keep a second factor" in words_of(browser.get(SECURITY))
        assert jane.passkeys.exists()

    def test_a_server_without_a_name_offers_none(self, browser: Browser, settings: Any) -> None:
        settings.PUBLIC_BASE_URL = "https://192.0.2.7"
        page = browser.get(SECURITY)
        assert "data-passkey" not in page.content.decode()
        assert "by a number and not by a name" in words_of(page)


class TestCodes:
    def test_set_up_with_picture_and_text_then_recovery_codes(self, browser: Browser, jane: User) -> None:
        page = browser.get(CODES)
        assert 'src="data:image/svg+xml' in page.content.decode()
        assert 'href="otpauth://totp/' in page.content.decode()
        response = browser.post(CODES, {"code": code(secret_on(page))})
        assert len(recovery_codes_on(response)) == recovery.CODES
        assert "no-store" in response["Cache-Control"]
        assert "You have 10 recovery codes left" in words_of(browser.get(SECURITY))

    def test_nothing_is_shown_twice(self, browser: Browser, jane: User) -> None:
        secret = secret_on(browser.get(CODES))
        codes = recovery_codes_on(browser.post(CODES, {"code": code(secret)}))
        later = [browser.get(address).content.decode() for address in (SECURITY, CODES)]
        assert not any(secret in page.replace(" ", "") for page in later)
        assert not any(each in page for page in later for each in codes)

    def test_a_wrong_code_keeps_the_secret(self, browser: Browser) -> None:
        secret = secret_on(browser.get(CODES))
        response = browser.post(CODES, {"code": wrong_code()})
        assert "That code is not right" in words_of(response)
        assert secret_on(response) == secret
        assert not OneTimeCodeDevice.objects.exists()

    def test_another_app_keeps_the_recovery_codes(self, browser: Browser, jane: User) -> None:
        turn_on_codes(jane)
        kept = recovery.make_codes(jane)
        response = browser.post(CODES, {"code": code(secret_on(browser.get(CODES)))})
        assert (response.status_code, response["Location"]) == (302, SECURITY)
        assert jane.recovery_codes.count() == len(kept)

    def test_turned_off(self, browser: Browser, jane: User) -> None:
        turn_on_codes(jane)
        browser.post(f"{CODES}off/")
        assert not OneTimeCodeDevice.objects.exists()
        assert "is turned off" in words_of(browser.get(SECURITY))

    def test_not_where_there_must_be_a_factor(self, browser: Browser, jane: User) -> None:
        turn_on_codes(jane)
        User.objects.filter(pk=jane.pk).update(second_factor_required=True)
        browser.showed_a_second_factor()
        browser.post(f"{CODES}off/")
        assert "keep a second factor" in words_of(browser.get(SECURITY))
        assert OneTimeCodeDevice.objects.exists()

    def test_new_recovery_codes(self, browser: Browser, jane: User) -> None:
        turn_on_codes(jane)
        former = recovery.make_codes(jane)
        codes = recovery_codes_on(browser.post(f"{SECURITY}recovery-codes/"))
        assert len(codes) == recovery.CODES
        assert set(codes).isdisjoint(former)
        assert AuditEvent.objects.filter(event="recovery_codes_made", actor_name=jane.username).exists()

    def test_recovery_codes_are_for_those_who_are_asked_for_codes(self, browser: Browser, jane: User) -> None:
        assert browser.post(f"{SECURITY}recovery-codes/")["Location"] == SECURITY
        assert not jane.recovery_codes.exists()


@pytest.mark.parametrize("change", CHANGES)
def test_a_form_of_another_site_changes_nothing(jane: User, change: str) -> None:
    browser = Browser(enforce_csrf_checks=True)
    browser.force_login(jane)
    assert browser.post(SECURITY + change).status_code == 403


def test_who_began_to_set_up_codes_at_this_browser_does_not_know_the_next_ones(jane: User) -> None:
    other = User.objects.create_user("other@example.com", PASSWORD, second_factor_required=True)
    browser = Browser()
    browser.sign_in(other)
    seen_before = secret_on(browser.get("/login/second-factor/"))
    browser.sign_in(jane)
    assert secret_on(browser.get(CODES)) != seen_before
    assert "not right" in words_of(browser.post(CODES, {"code": code(seen_before)}))
