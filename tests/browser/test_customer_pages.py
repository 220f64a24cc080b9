"""The pages for customers in a real browser: on a phone, in the dark, by keyboard, without scripts, in languages."""

import re
from collections.abc import Callable, Iterator
from typing import Literal
from urllib.parse import quote, urlencode, urlsplit

import pyotp
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from tests.browser.day import CALLBACK, CLIENT, WITH_CODES, WITHOUT_FACTOR
from tests.browser.site import PASSWORD, PATIENCE
from tests.browser.test_admin import faults_of, violations

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

JOHN = "john.smith@vision.com"
AUTHORIZE = "/oauth/authorize?" + urlencode(
    {
        "response_type": "code",
        "client_id": CLIENT,
        "redirect_uri": CALLBACK,
        "scope": "openid profile chat",
        "state": "af0ifjsldkj",
        "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
        "code_challenge_method": "S256",
    }
)
BACK = re.compile(rf"^{CALLBACK}\?")
SIGN_IN = f"/login/?next={quote(AUTHORIZE)}"
LANGUAGES = {"en": "Sign in", "de": "Anmelden", "fr": "Se connecter", "es": "Iniciar sesión", "ja": "サインイン"}
SECURITY = "/account/security/"
Open = Callable[..., Page]


@pytest.fixture
def phone(chromium: Browser, site: str) -> Iterator[Open]:
    """Open a private window on a phone, as Messages does, in which the client's own site answers something short."""
    contexts: list[BrowserContext] = []

    def open_window(
        language: str = "en", scheme: Literal["light", "dark"] = "light", width: int = 390, scripts: bool = True
    ) -> Page:
        context = chromium.new_context(
            base_url=site,
            viewport={"width": width, "height": 844},
            color_scheme=scheme,
            locale=language,
            java_script_enabled=scripts,
            has_touch=True,
        )
        context.set_default_timeout(PATIENCE)
        context.route(re.compile("https://www.example.com/"), _client)
        contexts.append(context)
        return context.new_page()

    yield open_window
    for context in contexts:
        context.close()


def _client(route: Route) -> None:
    route.fulfill(body="<title>Shop</title>Welcome back", content_type="text/html")


def fill(page: Page, password: str = PASSWORD, name: str = JOHN) -> None:
    page.locator("#id_username").fill(name)
    page.locator("#id_password").fill(password)
    page.locator("#id_password").press("Enter")


# Every page, as it looks


def _wrong(page: Page) -> None:
    page.goto(SIGN_IN)
    fill(page, "wrong", name="nobody@vision.com")
    page.locator(".message:visible").wait_for()


def _expired(page: Page) -> None:
    page.goto(SIGN_IN)
    # Not by clearing cookies: the request that asks for passkeys may be on its way, and would bring one back.
    tokens = page.locator("[name=csrfmiddlewaretoken]")
    tokens.evaluate_all("tokens => tokens.forEach((token) => { token.value = 'x'.repeat(64); })")
    fill(page)
    page.locator("main a.button").wait_for()


def _signed_in(address: str, name: str = JOHN) -> Callable[[Page], None]:
    def show(page: Page) -> None:
        page.goto(f"/login/?next={quote(address)}")
        fill(page, name=name)
        page.wait_for_url(lambda url: urlsplit(url).path != "/login/")

    return show


def _new_passwords_differ(page: Page) -> None:
    _signed_in("/account/password/")(page)
    page.locator("#id_old_password").fill(PASSWORD)
    page.locator("#id_new_password1").fill("something fine")
    page.locator("#id_new_password2").fill("something else")
    page.locator("#id_new_password2").press("Enter")
    page.locator(".message:visible").wait_for()


def _recovery_codes(page: Page) -> None:
    """Set an app up, and turn it off behind the page: others sign in as John too."""
    _signed_in(f"{SECURITY}codes/")(page)
    generator = pyotp.TOTP(page.locator(".secret").inner_text().replace(" ", ""))
    page.locator("[name=code]").fill(generator.now())
    page.locator("[name=code]").press("Enter")
    page.locator(".recovery-codes").wait_for()
    behind = page.context.new_page()
    behind.goto(SECURITY)
    behind.locator("form[action$='/codes/off/'] button").click()
    behind.locator(".message:visible").wait_for()
    behind.close()


def _open(address: str) -> Callable[[Page], None]:
    def show(page: Page) -> None:
        page.goto(address)

    return show


SHOWN: dict[str, Callable[[Page], None]] = {
    "sign-in": _open(SIGN_IN),
    "sign-in-refused": _wrong,
    "expired": _expired,
    "consent": _signed_in(AUTHORIZE),
    "error": _open(AUTHORIZE.replace(CLIENT, "nobody")),
    "not-found": _open("/nowhere"),
    "account": _signed_in("/account/"),
    "password": _new_passwords_differ,
    "password-forgotten": _open("/account/password/forgotten/"),
    "password-forgotten-sent": _open("/account/password/forgotten/sent/"),
    "link-used-up": _open("/account/password/forgotten/x/y/"),
    "password-changed": _open("/account/password/changed/"),
    "second-step": _signed_in("/account/", WITH_CODES),
    "second-factor-required": _signed_in("/account/", WITHOUT_FACTOR),
    "security": _signed_in(SECURITY),
    "security-codes": _signed_in(f"{SECURITY}codes/"),
    "recovery-codes": _recovery_codes,
    "security-confirm": _signed_in(f"{SECURITY}confirm/"),
    "sign-out": _signed_in("/logout/"),
    "signed-out": _open("/logged-out/"),
    "forbidden": _signed_in("/admin/"),
}


LOOKS: tuple[tuple[str, Literal["light", "dark"], int], ...] = (
    ("en", "light", 390),
    ("de", "dark", 320),
    ("fr", "dark", 1280),
    ("es", "light", 320),
    ("ja", "dark", 390),
)


@pytest.mark.parametrize(("language", "scheme", "width"), LOOKS)
@pytest.mark.parametrize("name", SHOWN)
def test_a_page_breaks_no_rule_and_fits(
    phone: Open, name: str, language: str, scheme: Literal["light", "dark"], width: int
) -> None:
    page = phone(language=language, scheme=scheme, width=width)
    SHOWN[name](page)
    page.wait_for_load_state()
    assert violations(page) == {}
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    assert page.locator("html").get_attribute("lang") == language
    assert page.locator("h1").count() == 1


def test_it_fits_when_everything_is_twice_as_large(phone: Open) -> None:
    page = phone(width=320)
    page.goto(SIGN_IN)
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_speaks_the_readers_language(phone: Open, language: str) -> None:
    page = phone(language=language)
    page.goto(SIGN_IN)
    assert page.get_by_role("button", name=LANGUAGES[language], exact=True).is_visible()


def test_the_browser_has_nothing_to_complain_of(phone: Open) -> None:
    page = phone()
    faults = faults_of(page)
    for address in (SIGN_IN, "/account/password/forgotten/", "/logged-out/"):
        page.goto(address)
        page.wait_for_load_state("networkidle")
    assert faults == []


# The way of a customer


@pytest.mark.parametrize("scripts", [True, False])
def test_a_customer_signs_in_agrees_and_is_back_at_the_client(phone: Open, scripts: bool) -> None:
    page = phone(scripts=scripts)
    page.goto(AUTHORIZE)
    assert page.get_by_text("Vision Shop asks you to sign in").is_visible()
    fill(page)
    page.get_by_role("button", name="Allow").click()
    page.wait_for_url(BACK)
    assert re.search(r"[?&]code=[\w.~-]+", page.url)
    assert "state=af0ifjsldkj" in page.url


def test_who_refuses_is_back_without_a_code(phone: Open) -> None:
    page = phone()
    page.goto(AUTHORIZE)
    fill(page)
    page.get_by_role("button", name="Refuse").click()
    page.wait_for_url(BACK)
    assert "error=access_denied" in page.url
    assert "code=" not in page.url


def test_a_wrong_password_moves_the_focus_to_the_message_and_keeps_the_name(phone: Open) -> None:
    page = phone()
    page.goto(SIGN_IN)
    fill(page, "wrong", name="somebody@vision.com")
    page.locator(".message:visible").wait_for()
    assert page.evaluate("document.activeElement.getAttribute('role')") == "alert"
    assert page.locator("#id_username").input_value() == "somebody@vision.com"
    assert page.locator("#id_password").input_value() == ""
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "id_username"


def test_everything_is_reached_by_the_keyboard_in_its_order(phone: Open) -> None:
    page = phone(scripts=False)
    page.goto("/login/")
    reached = []
    for _step in range(4):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.id || document.activeElement.textContent.trim()"))
    assert reached == ["id_username", "id_password", "Sign in", "Forgot your password?"]


def test_the_password_can_be_shown_and_is_sent_hidden(phone: Open) -> None:
    page = phone()
    page.goto("/login/")
    page.locator("#id_password").fill(PASSWORD)
    page.get_by_role("button", name="Show").click()
    assert page.locator("#id_password").get_attribute("type") == "text"
    page.get_by_role("button", name="Hide").click()
    assert page.locator("#id_password").get_attribute("type") == "password"


def test_the_back_button_leads_to_a_form_that_still_works(phone: Open) -> None:
    page = phone()
    page.goto(SIGN_IN)
    fill(page)
    page.get_by_role("button", name="Allow").wait_for()
    page.go_back()
    page.wait_for_url("**/oauth/authorize?**")
    assert page.get_by_role("button", name="Allow").is_visible()


def test_an_expired_page_is_tried_again(phone: Open) -> None:
    page = phone()
    _expired(page)
    page.get_by_role("link", name="Try again").click()
    fill(page)
    page.get_by_role("button", name="Allow").wait_for()


def test_who_presses_the_button_twice_is_signed_in(phone: Open) -> None:
    page = phone()
    page.goto("/login/?next=/account/")
    page.locator("#id_username").fill(JOHN)
    page.locator("#id_password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).dblclick(no_wait_after=True)
    page.wait_for_url("**/account/")
    expect(page.get_by_text("You are signed in as")).to_be_visible()
