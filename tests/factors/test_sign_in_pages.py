"""The second step and signing in by passkey, over HTTP."""

import re
from typing import Any

import pytest
from django.utils import timezone

from authenticate_app.accounts.models import User
from authenticate_app.accounts.pending import AMR, AUTH_TIME
from authenticate_app.audit.admin import REASON_NAMES
from authenticate_app.audit.models import AuditEvent
from authenticate_app.factors import recovery
from authenticate_app.factors.errors import Reason
from authenticate_app.factors.models import OneTimeCodeDevice
from authenticate_app.factors.sign_in_views import WITH_CODE, WITH_PASSKEY, WITH_SYNCED_PASSKEY
from tests.factors.authenticator import BACKED_UP, BACKUP_ELIGIBLE, Authenticator
from tests.factors.builders import store_passkey
from tests.factors.pages import CODE, NEXT, PASSWORD, SET_UP, Browser, code, turn_on_codes, words_of, wrong_code

pytestmark = pytest.mark.django_db

NOT_SIGNED_IN = "Please begin again"


@pytest.fixture
def jane(db: None) -> User:
    return User.objects.create_user("jane@example.com", PASSWORD)


@pytest.fixture
def browser() -> Browser:
    return Browser()


@pytest.fixture
def phone(jane: User) -> Authenticator:
    authenticator, browser = Authenticator(), Browser()
    browser.sign_in(jane)
    browser.add_passkey(authenticator)
    return authenticator


def leads_to(response: Any, address: str) -> bool:
    return bool(response.status_code == 302 and response["Location"] == address)


class TestCodeStep:
    def test_a_password_alone_does_not_do_where_codes_are_turned_on(self, browser: Browser, jane: User) -> None:
        turn_on_codes(jane)
        assert leads_to(browser.sign_in(jane), CODE)
        assert not browser.is_signed_in()
        assert browser.get("/account/").status_code == 302

    def test_the_right_code_leads_to_where_one_was_going(self, browser: Browser, jane: User) -> None:
        turn_on_codes(jane)
        browser.sign_in(jane)
        assert leads_to(browser.post(CODE, {"code": code()}), NEXT)
        assert browser.is_signed_in()
        assert browser.session[AMR] == ["pwd", "otp", "mfa"]
        assert abs(browser.session[AUTH_TIME] - timezone.now().timestamp()) < 60

    def test_a_recovery_code_does_as_well(self, browser: Browser, jane: User) -> None:
        turn_on_codes(jane)
        recovery_code = recovery.make_codes(jane)[0]
        browser.sign_in(jane)
        assert leads_to(browser.post(CODE, {"code": recovery_code}), NEXT)

    def test_the_session_is_another_one_afterwards(self, browser: Browser, jane: User) -> None:
        turn_on_codes(jane)
        browser.sign_in(jane)
        before = browser.session.session_key
        browser.post(CODE, {"code": code()})
        assert browser.session.session_key != before

    def test_the_field_is_one_that_phones_fill_in(self, browser: Browser, jane: User) -> None:
        turn_on_codes(jane)
        browser.sign_in(jane)
        page = browser.get(CODE).content.decode()
        [field] = re.findall(r'<input[^>]*name="code"[^>]*>', page)
        assert 'autocomplete="one-time-code"' in field
        assert 'inputmode="numeric"' in field
        assert 'type="text"' in field
        assert jane.username not in page

    def test_a_wrong_code_asks_again(self, browser: Browser, jane: User) -> None:
        turn_on_codes(jane)
        browser.sign_in(jane)
        response = browser.post(CODE, {"code": wrong_code()})
        assert response.status_code == 200
        assert "That code is not right" in words_of(response)
        assert 'value="' not in re.findall(r'<input[^>]*name="code"[^>]*>', response.content.decode())[0]
        assert leads_to(browser.post(CODE, {"code": code()}), NEXT)

    def test_no_code_is_no_guess(self, browser: Browser, jane: User) -> None:
        turn_on_codes(jane)
        browser.sign_in(jane)
        for raw in ("", "x" * 65):
            assert browser.post(CODE, {"code": raw}).status_code == 200
        assert not AuditEvent.objects.filter(event="second_step_failed").exists()

    def test_after_some_wrong_ones_the_password_is_asked_for_again(self, browser: Browser, jane: User) -> None:
        turn_on_codes(jane)
        browser.sign_in(jane)
        answers = [browser.post(CODE, {"code": wrong_code()}) for _time in range(5)]
        assert [answer.status_code for answer in answers] == [200] * 4 + [403]
        assert "Too many codes were wrong" in words_of(answers[-1])
        assert "/login/?next=%2Faccount%2F%3Ffrom%3Delsewhere" in answers[-1].content.decode()
        assert leads_to(browser.get(CODE), "/login/")
        browser.post(CODE, {"code": code()})
        assert not browser.is_signed_in()

    def test_the_tries_are_counted_anew_after_the_password(self, browser: Browser, jane: User) -> None:
        turn_on_codes(jane)
        for _time in range(2):
            browser.sign_in(jane)
            for _attempt in range(3):
                browser.post(CODE, {"code": wrong_code()})
            browser.post(CODE, {"code": wrong_code()})
            browser.post(CODE, {"code": wrong_code()})
        browser.sign_in(jane)
        assert browser.get(CODE).status_code == 200

    def test_too_many_in_all_say_when_to_try_again(self, browser: Browser, jane: User, settings: Any) -> None:
        settings.THROTTLE_FAILURES_BY_NAME = 2
        turn_on_codes(jane)
        browser.sign_in(jane)
        for _time in range(2):
            browser.post(CODE, {"code": wrong_code()})
        response = browser.post(CODE, {"code": code()})
        assert response.status_code == 429
        assert 0 < int(response["Retry-After"]) <= 900
        assert "try again in 15 minutes" in words_of(response)
        assert not browser.is_signed_in()

    def test_nobody_comes_here_without_a_password(self, browser: Browser) -> None:
        assert leads_to(browser.get(CODE), "/login/")
        response = browser.post(CODE, {"code": "123456"})
        assert response.status_code == 403
        assert "begin again" in words_of(response)

    @pytest.mark.parametrize("address", [CODE, SET_UP])
    def test_who_sends_the_form_twice_is_in_all_the_same(self, browser: Browser, jane: User, address: str) -> None:
        turn_on_codes(jane)
        browser.sign_in(jane)
        right = code()
        browser.post(CODE, {"code": right})
        assert leads_to(browser.post(address, {"code": right}), "/account/")
        assert browser.is_signed_in()
        assert not AuditEvent.objects.filter(event="second_step_failed").exists()

    def test_a_user_who_is_disabled_meanwhile_stays_out(self, browser: Browser, jane: User) -> None:
        turn_on_codes(jane)
        browser.sign_in(jane)
        User.objects.filter(pk=jane.pk).update(is_active=False)
        browser.post(CODE, {"code": code()})
        assert not browser.is_signed_in()

    def test_the_page_is_kept_by_nobody(self, browser: Browser, jane: User) -> None:
        turn_on_codes(jane)
        browser.sign_in(jane)
        assert "no-store" in browser.get(CODE)["Cache-Control"]


class TestSettingUpOnTheWay:
    @pytest.fixture
    def must(self, jane: User) -> User:
        jane.second_factor_required = True
        jane.save()
        return jane

    def secret_on(self, page: Any) -> str:
        [shown] = re.findall(r'class="secret">([A-Z2-7 ]+)<', page.content.decode())
        return str(shown).replace(" ", "")

    def test_who_must_have_a_factor_sets_one_up_and_is_in(self, browser: Browser, must: User) -> None:
        assert leads_to(browser.sign_in(must), SET_UP)
        secret = self.secret_on(browser.get(SET_UP))
        assert not browser.is_signed_in()
        response = browser.post(SET_UP, {"code": code(secret)})
        assert response.status_code == 200
        assert len(re.findall(r"\b[a-z2-7]{4}(?:-[a-z2-7]{4}){3}\b", words_of(response))) == recovery.CODES
        assert 'href="/account/?from=elsewhere"' in response.content.decode()
        assert browser.is_signed_in()
        assert browser.session[AMR] == ["pwd", "otp", "mfa"]

    def test_a_wrong_code_sets_nothing_up_and_keeps_the_secret(self, browser: Browser, must: User) -> None:
        browser.sign_in(must)
        secret = self.secret_on(browser.get(SET_UP))
        response = browser.post(SET_UP, {"code": wrong_code()})
        assert self.secret_on(response) == secret
        assert not OneTimeCodeDevice.objects.exists()
        assert not browser.is_signed_in()

    def test_another_browser_sees_another_secret(self, must: User) -> None:
        secrets = set()
        for browser in (Browser(), Browser()):
            browser.sign_in(must)
            secrets.add(self.secret_on(browser.get(SET_UP)))
        assert len(secrets) == 2

    def test_the_secret_stands_in_the_session_encrypted(self, browser: Browser, must: User) -> None:
        browser.sign_in(must)
        secret = self.secret_on(browser.get(SET_UP))
        assert secret not in str(dict(browser.session))

    def test_who_has_a_factor_meanwhile_has_to_use_it(self, browser: Browser, must: User) -> None:
        browser.sign_in(must)
        secret = self.secret_on(browser.get(SET_UP))
        turn_on_codes(must)
        assert leads_to(browser.get(SET_UP), CODE)
        assert leads_to(browser.post(SET_UP, {"code": code(secret)}), CODE)
        assert not browser.is_signed_in()

    def test_who_need_not_any_more_is_in(self, browser: Browser, must: User) -> None:
        browser.sign_in(must)
        User.objects.filter(pk=must.pk).update(second_factor_required=False)
        assert leads_to(browser.get(SET_UP), NEXT)
        assert browser.is_signed_in()

    def test_nobody_comes_here_without_a_password(self, browser: Browser) -> None:
        assert leads_to(browser.get(SET_UP), "/login/")

    def test_who_has_a_passkey_is_asked_for_it(self, browser: Browser, must: User) -> None:
        store_passkey(must)
        assert leads_to(browser.sign_in(must), CODE)
        page = words_of(browser.get(CODE))
        assert "Use your passkey, or enter a recovery code" in page
        browser.post(CODE, {"code": "123456"})
        assert not browser.is_signed_in()


class TestPasskey:
    def test_it_lets_in_without_password_or_code(self, browser: Browser, jane: User, phone: Authenticator) -> None:
        turn_on_codes(jane)
        assert leads_to(browser.use_passkey(phone, next=NEXT), NEXT)
        assert browser.session["_auth_user_id"] == str(jane.pk)
        assert browser.session[AMR] == ["hwk", "user", "mfa"]

    def test_one_that_is_kept_in_an_account_is_software(self, browser: Browser, phone: Authenticator) -> None:
        phone.flags |= BACKUP_ELIGIBLE | BACKED_UP
        browser.use_passkey(phone)
        browser.session.flush()
        second = Browser()
        second.use_passkey(phone)
        assert second.session[AMR] == ["swk", "user", "mfa"]

    @pytest.mark.parametrize(
        "unverified", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:1"]
    )
    def test_it_leads_to_nobody_else(self, browser: Browser, phone: Authenticator, unverified: str) -> None:
        response = browser.use_passkey(phone, next=unverified)
        assert response.status_code == 302
        assert "evil" not in response["Location"]
        assert "javascript" not in response["Location"]

    def test_the_options_make_no_session_and_tell_of_nobody(self, browser: Browser, phone: Authenticator) -> None:
        options = browser.passkey_options("/login/passkey/options/")
        assert options["allowCredentials"] == []
        assert [name for name in browser.cookies if "session" in name] == []

    def test_another_browsers_options_are_of_no_use(self, browser: Browser, phone: Authenticator) -> None:
        raw = phone.use(Browser().passkey_options("/login/passkey/options/"))
        browser.passkey_options("/login/passkey/options/")
        response = browser.post("/login/passkey/", {"credential": raw})
        assert response.status_code == 403
        assert not browser.is_signed_in()

    @pytest.mark.parametrize("credential", [None, "", "{}", "[" * 40_000, "x" * 70_000, "\0", '{"id": "\\u0000"}'])
    def test_nonsense_gets_a_page_and_a_way_back(self, browser: Browser, credential: str | None) -> None:
        form = {} if credential is None else {"credential": credential}
        response = browser.post("/login/passkey/", form, query_params={"next": NEXT})
        assert response.status_code == 403
        assert "That passkey does not let you in" in words_of(response)
        assert "/login/?next=%2Faccount%2F" in response.content.decode()

    def test_unknown_and_wrong_ones_get_the_same_answer(
        self, browser: Browser, jane: User, phone: Authenticator
    ) -> None:
        unknown = browser.use_passkey(Authenticator(user_handle=jane.subject.bytes))
        phone.origin = "https://evil.example"
        wrong = browser.use_passkey(phone)
        User.objects.filter(pk=jane.pk).update(is_active=False)
        phone.origin = "https://chat.example.com"
        disabled = browser.use_passkey(phone)
        assert {words_of(answer) for answer in (unknown, wrong, disabled)} == {words_of(unknown)}
        assert {answer.status_code for answer in (unknown, wrong, disabled)} == {403}

    def test_a_form_of_another_site_signs_nobody_in(self, jane: User, phone: Authenticator) -> None:
        browser = Browser(enforce_csrf_checks=True)
        response = browser.use_passkey(phone)
        assert response.status_code == 403
        assert not browser.is_signed_in()

    def test_it_is_offered_beside_the_code(self, browser: Browser, jane: User, phone: Authenticator) -> None:
        turn_on_codes(jane)
        browser.sign_in(jane)
        page = browser.get(CODE).content.decode()
        assert 'data-passkey="use"' in page
        assert 'action="/login/passkey/?next=%2Faccount%2F%3Ffrom%3Delsewhere"' in page

    @pytest.mark.parametrize("address", ["/login/passkey/", CODE, SET_UP])
    def test_other_methods_are_refused(self, browser: Browser, address: str) -> None:
        assert browser.put(address).status_code == 405


def test_the_audit_log_names_every_way_in() -> None:
    ways = {"+".join(amr) for amr in (("pwd",), WITH_CODE, WITH_PASSKEY, WITH_SYNCED_PASSKEY)}
    assert ways <= set(REASON_NAMES)


def test_the_audit_log_names_every_refusal() -> None:
    assert set(Reason) <= set(REASON_NAMES)
