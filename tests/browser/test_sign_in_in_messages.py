"""Signing in within the Messages app: an ephemeral window of an iPhone, opened by the phone's own request."""

import re
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, Route, ViewportSize

from tests.browser.day import APPLE_CALLBACK, APPLE_LEGACY, APPLE_NEW
from tests.browser.test_admin import faults_of
from tests.browser.test_customer_pages import JOHN, fill
from tests.oauth_contract import apple_device

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

IPHONE: ViewportSize = {"width": 390, "height": 844}
PATIENCE = 10_000
"""Milliseconds."""
OVER = "messages-auth://?status=success"


def request_of(flow: str, client_id: str) -> str:
    """The phone's own request, for a client of this site."""
    query = apple_device.authorization_query(flow)
    return f"/oauth/authorize?{query.replace(f'client_id={apple_device.CLIENT_ID}', f'client_id={client_id}')}"


class Window:
    """What Messages opens. It notes where it is sent outside of this server, and what came of it."""

    def __init__(self, context: BrowserContext) -> None:
        self.page: Page = context.new_page()
        self.page.set_default_timeout(PATIENCE)
        self.faults = faults_of(self.page)
        self.left_for: list[str] = []
        context.route(re.compile(r"^https://(msp\.example|auth\.businesschat\.apple\.com)"), self._answer)
        self.page.on("request", self._note)

    def _note(self, request: Request) -> None:
        if request.is_navigation_request() and not request.url.startswith("http://localhost"):
            self.left_for.append(request.url)

    def _answer(self, route: Route) -> None:
        if route.request.url.startswith(APPLE_CALLBACK):
            route.fulfill(status=302, headers={"Location": OVER, "Cache-Control": "no-store"})
        else:
            route.fulfill(body="The phone takes over here.", content_type="text/plain")

    def violations_of_the_policy(self) -> list[str]:
        return [fault for fault in self.faults if "Content Security Policy" in fault]


@pytest.fixture(params=[True, False], ids=["scripts", "no scripts"])
def window(request: pytest.FixtureRequest, chromium: Browser, site: str) -> Iterator[Window]:
    with chromium.new_context(
        base_url=site, viewport=IPHONE, has_touch=True, is_mobile=True, java_script_enabled=request.param
    ) as context:
        yield Window(context)


def test_the_new_flow_ends_at_our_callback(window: Window) -> None:
    page = window.page
    page.goto(request_of("new", APPLE_NEW))
    assert page.get_by_text("Vision Shop").first.is_visible()
    fill(page)
    with page.expect_request(lambda request: request.url.startswith(APPLE_CALLBACK)) as callback:
        page.get_by_role("button", name="Allow").click()
    assert parse_qs(urlsplit(callback.value.url).query).keys() == {"code", "state", "iss"}
    assert window.violations_of_the_policy() == []


def test_the_legacy_flow_ends_where_the_phone_looks(window: Window) -> None:
    page = window.page
    page.goto(request_of("legacy", APPLE_LEGACY))
    fill(page)
    page.get_by_role("button", name="Allow").click()
    page.get_by_text("The phone takes over here.").wait_for()
    (address,) = set(window.left_for)
    assert apple_device.code_that_the_phone_takes(address)
    assert window.violations_of_the_policy() == []


def test_a_wrong_password_first(window: Window) -> None:
    page = window.page
    page.goto(request_of("new", APPLE_NEW))
    fill(page, "wrong")
    page.get_by_role("alert").wait_for()
    assert page.locator("#id_username").input_value() == JOHN
    fill(page)
    with page.expect_request(re.compile("^" + re.escape(APPLE_CALLBACK))) as left_for:
        page.get_by_role("button", name="Refuse").click()
    assert "error=access_denied" in left_for.value.url


def test_who_presses_twice_agrees_once(window: Window) -> None:
    page = window.page
    page.goto(request_of("legacy", APPLE_LEGACY))
    fill(page)
    page.get_by_role("button", name="Allow").dblclick(no_wait_after=True)
    page.get_by_text("The phone takes over here.").wait_for()
    assert all(apple_device.code_that_the_phone_takes(address) for address in window.left_for)


def test_the_name_and_the_logo_of_the_business_are_on_every_page(window: Window) -> None:
    page = window.page
    page.goto(request_of("new", APPLE_NEW))
    for _page in ("sign-in", "consent"):
        logo = page.locator("img.logo")
        assert logo.is_visible()
        assert logo.evaluate("image => image.complete && image.naturalWidth") == 112
        assert page.get_by_text("Vision Shop").first.is_visible()
        if page.locator("#id_password").count():
            fill(page)
            page.get_by_role("button", name="Allow").wait_for()


def test_nothing_is_kept_when_the_window_was_ephemeral(chromium: Browser, site: str) -> None:
    for _window in range(2):
        with chromium.new_context(base_url=site, viewport=IPHONE) as context:
            page = context.new_page()
            page.goto(request_of("new", APPLE_NEW))
            assert page.locator("#id_password").is_visible()
            fill(page)
            page.get_by_role("button", name="Allow").wait_for()
