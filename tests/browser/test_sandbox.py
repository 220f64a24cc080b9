"""The sandbox in a real browser: ask, sign in on the real form, see the conversation change, in both flows."""

from collections.abc import Iterator
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.site import CHROMIUM
from tests.browser.test_admin import RULES_OF_WCAG, faults_of
from tests.sandbox.running import running_sandbox

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

JOHN, PASSWORD = "john.smith@vision.com", "Welcome1"
PATIENCE = 30_000
"""Milliseconds."""
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
BUTTONS = {"new": "Ask to sign in", "legacy": "Ask in the legacy flow"}


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if CHROMIUM is None:
        pytest.skip("There is no Chromium: install the package chromium, or name the program in CHROMIUM.")
    with running_sandbox(tmp_path_factory.mktemp("sandbox")) as server:
        yield server.url


@pytest.fixture
def context(chromium: Browser, address: str) -> Iterator[BrowserContext]:
    with chromium.new_context(base_url=address) as context:
        yield context


def open_page(context: BrowserContext) -> Page:
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    page.goto("/sandbox/")
    return page


def look_again(page: Page, text: str) -> None:
    """Wait for a text, without scripts by the link that is there for that."""
    for _look in range(60):
        if page.get_by_text(text).first.is_visible():
            return
        if (link := page.get_by_role("link", name="Show what has happened since")).count():
            link.click()
        page.wait_for_timeout(250)
    raise AssertionError(text)


def ask_and_sign_in(page: Page, flow: str) -> None:
    page.get_by_role("button", name=BUTTONS[flow]).click()
    look_again(page, "Please sign in")
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_label("User name").fill(JOHN)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("button", name="Allow").click()
    page.wait_for_url("**/sandbox/")


@pytest.mark.parametrize("flow", ["new", "legacy"])
def test_a_customer_signs_in(context: BrowserContext, flow: str) -> None:
    page = open_page(context)
    faults = faults_of(page)
    ask_and_sign_in(page, flow)
    look_again(page, "The customer is signed in.")
    expect(page.get_by_role("log")).to_contain_text("Signed in")
    expect(page.locator(".badge")).to_have_text("succeeded")
    page.get_by_role("button", name="Step into a chat").click()
    page.get_by_text("The chat token verifies against the published key set").wait_for()
    expect(page.locator(".chat dl")).to_contain_text(JOHN)
    assert faults == []


@pytest.mark.parametrize("flow", ["new", "legacy"])
def test_it_works_without_scripts(chromium: Browser, address: str, flow: str) -> None:
    with chromium.new_context(base_url=address, java_script_enabled=False) as context:
        page = open_page(context)
        ask_and_sign_in(page, flow)
        look_again(page, "The customer is signed in.")


def test_whoever_is_signed_in_stays_so(context: BrowserContext) -> None:
    """The sign-in page has a session of its own, as phones open it in a window without cookies."""
    page = context.new_page()
    page.goto("/login/?next=/admin/")
    page.get_by_label("User name").fill("admin")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/admin/")
    page.goto("/sandbox/")
    ask_and_sign_in(page, "new")
    look_again(page, "The customer is signed in.")
    page.goto("/admin/")
    assert page.url.endswith("/admin/")


def test_a_forged_success_is_none(context: BrowserContext) -> None:
    page = open_page(context)
    page.get_by_label("What goes wrong").select_option("success_forged")
    page.get_by_role("button", name=BUTTONS["new"]).click()
    look_again(page, "Please sign in")
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_text("The phone said that it succeeded, but nobody had signed in.").wait_for()


@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize("scheme", SCHEMES)
def test_it_keeps_to_the_rules_of_wcag(
    chromium: Browser, address: str, width: int, scheme: Literal["light", "dark"]
) -> None:
    # The scheme from the start: colours change gradually, and half-way they have no contrast.
    with chromium.new_context(
        base_url=address, viewport={"width": width, "height": 800}, color_scheme=scheme
    ) as context:
        page = open_page(context)
        for _state in ("empty", "asked"):
            response = Axe().run(page, options={"runOnly": RULES_OF_WCAG}).response
            assert [(rule["id"], rule["nodes"][0]["html"]) for rule in response["violations"]] == []
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            page.get_by_role("button", name=BUTTONS["new"]).click()
            page.get_by_role("button", name="Sign in", exact=True).wait_for()
            page.locator(".wire summary").first.click()


def test_by_keyboard_alone(context: BrowserContext) -> None:
    page = open_page(context)
    page.get_by_label("Message", exact=True).focus()
    page.keyboard.type("Hello there")
    page.keyboard.press("Enter")
    page.get_by_role("log").get_by_text("Hello there").wait_for()
    page.locator(".wire summary").first.focus()
    page.keyboard.press("Enter")
    assert page.locator(".wire pre").first.is_visible()
