"""Passkeys and one-time codes in a real browser, with an authenticator that the browser makes up (WebDriver's)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import pyotp
import pytest
from playwright.sync_api import Browser, CDPSession, Page, expect

from tests.browser.site import PASSWORD, PATIENCE
from tests.browser.test_admin import faults_of, violations

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

NAME = "john.smith@vision.com"
SECURITY = "/account/security/"
NO_LIST = "PublicKeyCredential.isConditionalMediationAvailable = async () => false"
"""A browser that offers no passkeys at the field, as some do; else the virtual authenticator is faster than a click."""


@dataclass
class VirtualAuthenticator:
    """Chromium's virtual authenticator: a phone's own, which knows its owner's face (or not)."""

    session: CDPSession
    id: str

    @classmethod
    def of(cls, page: Page) -> "VirtualAuthenticator":
        session = page.context.new_cdp_session(page)
        session.send("WebAuthn.enable", {"enableUI": False})
        options = {
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": True,
            "automaticPresenceSimulation": True,
        }
        return cls(session, session.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"])

    def credentials(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.session.send("WebAuthn.getCredentials", {"authenticatorId": self.id})[
            "credentials"
        ]
        return found

    def recognizes_owner(self, *, yes: bool) -> None:
        self.session.send("WebAuthn.setUserVerified", {"authenticatorId": self.id, "isUserVerified": yes})


@pytest.fixture
def phone(chromium: Browser, site: str) -> Iterator[Page]:
    with chromium.new_context(base_url=site, viewport={"width": 390, "height": 844}, locale="en") as context:
        context.set_default_timeout(PATIENCE)
        yield context.new_page()


def sign_in(page: Page) -> None:
    page.goto("/login/")
    page.get_by_label("User name").fill(NAME)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def add_passkey(page: Page, name: str) -> None:
    page.goto(SECURITY)
    page.get_by_label("Name of a new passkey").fill(name)
    page.get_by_role("button", name="Add a passkey").click()
    page.locator(".message:visible").wait_for()


def remove_passkeys(page: Page) -> None:
    """Leave John as he was: tests share the site."""
    page.goto(SECURITY)
    while page.get_by_role("link", name="Change ").count():
        page.get_by_role("link", name="Change ").first.click()
        page.get_by_role("button", name="Remove this passkey").click()


def sign_out(page: Page) -> None:
    page.goto("/logout/")
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/logged-out/")


def test_a_passkey_is_made_and_signs_in_by_the_button(phone: Page) -> None:
    authenticator = VirtualAuthenticator.of(phone)
    sign_in(phone)
    add_passkey(phone, "Test phone")
    [credential] = authenticator.credentials()
    assert (credential["rpId"], credential["isResidentCredential"]) == ("localhost", True)
    sign_out(phone)

    phone.add_init_script(NO_LIST)
    phone.goto("/login/?next=/account/security/")
    phone.get_by_role("button", name="Sign in with a passkey").click()
    phone.wait_for_url("**/account/security/")
    expect(phone.get_by_text("Test phone")).to_be_visible()
    remove_passkeys(phone)


def test_the_browser_offers_the_passkey_at_the_field_of_the_user_name(phone: Page) -> None:
    VirtualAuthenticator.of(phone)
    sign_in(phone)
    add_passkey(phone, "Test phone")
    sign_out(phone)
    phone.goto("/login/")  # Chromium's virtual authenticator chooses from the list by itself
    phone.wait_for_url("**/account/")
    expect(phone.get_by_text("You are signed in as")).to_be_visible()
    remove_passkeys(phone)


def test_who_is_not_recognized_stays_out_and_is_told(phone: Page) -> None:
    authenticator = VirtualAuthenticator.of(phone)
    sign_in(phone)
    add_passkey(phone, "Test phone")
    sign_out(phone)
    authenticator.recognizes_owner(yes=False)
    phone.add_init_script(NO_LIST)
    phone.goto("/login/")
    phone.get_by_role("button", name="Sign in with a passkey").click()
    expect(phone.get_by_role("alert")).to_contain_text("No passkey was used")
    expect(phone.get_by_role("alert")).to_be_focused()
    sign_in(phone)
    phone.wait_for_url("**/account/")
    remove_passkeys(phone)


def test_the_same_device_makes_no_second_passkey(phone: Page) -> None:
    VirtualAuthenticator.of(phone)
    sign_in(phone)
    add_passkey(phone, "Test phone")
    add_passkey(phone, "The same")
    expect(phone.get_by_role("alert")).to_contain_text("a device that has one already makes no second one")
    remove_passkeys(phone)


def test_without_a_script_the_password_does(chromium: Browser, site: str) -> None:
    with chromium.new_context(base_url=site, java_script_enabled=False, locale="en") as context:
        page = context.new_page()
        sign_in(page)
        page.wait_for_url("**/account/")
        page.goto("/logout/")
        page.get_by_role("button", name="Sign out").click()
        page.goto("/login/")
        expect(page.get_by_role("button", name="Sign in with a passkey")).to_be_hidden()


@pytest.fixture
def used_code_of_john(phone: Page) -> Iterator[str]:
    """Turn one-time codes on for John, through the page, by this code; and off again."""
    sign_in(phone)
    phone.goto(f"{SECURITY}codes/")
    code = pyotp.TOTP(phone.locator(".secret").inner_text().replace(" ", "")).now()
    phone.get_by_label("Code").fill(code)
    phone.get_by_role("button", name="Set up").click()
    phone.get_by_role("link", name="I have kept them").click()
    yield code
    phone.goto(SECURITY)
    phone.get_by_role("button", name="Turn off").click()
    expect(phone.get_by_text("is turned off")).to_be_visible()


def test_a_code_is_asked_for_after_the_password(phone: Page, used_code_of_john: str) -> None:
    phone.get_by_role("button", name="Make new recovery codes").click()
    recovery_code = phone.locator(".recovery-codes li").first.inner_text()
    assert re.fullmatch(r"[a-z2-7]{4}(-[a-z2-7]{4}){3}", recovery_code)
    sign_out(phone)
    sign_in(phone)
    phone.wait_for_url("**/login/code/")
    expect(phone.get_by_label("Code")).to_be_focused()
    phone.get_by_label("Code").fill(used_code_of_john)
    phone.get_by_role("button", name="Sign in", exact=True).click()
    expect(phone.get_by_role("alert")).to_contain_text("not right, or was used before")
    phone.get_by_label("Code").fill(recovery_code.upper())
    phone.keyboard.press("Enter")
    phone.wait_for_url("**/account/")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_break_no_rule_of_accessibility(
    phone: Page, used_code_of_john: str, scheme: Literal["light", "dark"]
) -> None:
    faults = faults_of(phone)
    phone.emulate_media(color_scheme=scheme)
    VirtualAuthenticator.of(phone)
    add_passkey(phone, "Test phone")
    phone.get_by_role("link", name="Change Test phone").click()
    phone.wait_for_url("**/passkeys/*/")
    for address in (phone.url, SECURITY, f"{SECURITY}codes/"):
        phone.goto(address)
        assert violations(phone) == {}, address
        assert_fits(phone)
    remove_passkeys(phone)
    assert faults == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_confirming_who_one_is_breaks_none_either(phone: Page, scheme: Literal["light", "dark"]) -> None:
    faults = faults_of(phone)
    phone.emulate_media(color_scheme=scheme)
    sign_in(phone)
    phone.wait_for_url("**/account/")
    phone.goto(f"{SECURITY}confirm/")
    assert violations(phone) == {}
    assert_fits(phone)
    assert faults == []


@pytest.mark.parametrize("language", ["de", "ja"])
def test_the_second_step_breaks_none_either(
    phone: Page, used_code_of_john: str, chromium: Browser, site: str, language: str
) -> None:
    with chromium.new_context(base_url=site, viewport={"width": 320, "height": 640}, locale=language) as context:
        page = context.new_page()
        faults = faults_of(page)
        page.goto("/login/")
        page.locator("[name=username]").fill(NAME)
        page.locator("[name=password]").fill(PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url("**/login/code/")
        assert page.locator("html").get_attribute("lang") == language
        for _try in range(2):
            assert violations(page) == {}
            assert_fits(page)
            page.locator("[name=code]").fill("000000")
            page.keyboard.press("Enter")
            page.get_by_role("alert").wait_for()
        assert faults == []


def assert_fits(page: Page) -> None:
    """No page is wider than the screen."""
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
