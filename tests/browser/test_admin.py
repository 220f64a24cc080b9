"""The admin in a real browser: accessible, usable by keyboard and by dragging, asking nobody else for anything."""

from typing import Any, Literal
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Request, Route, ViewportSize

from tests.browser.screenshots import sign_in

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

RULES = "/admin/chat_app/assignmentrule/"
PAGES = (
    "/admin/",
    "/admin/live/",
    "/admin/chat_app/engagement/",
    "/admin/chat_app/engagement/241/change/",
    "/admin/chat_app/agentsession/",
    "/admin/chat_app/queue/",
    "/admin/chat_app/queue/2/change/",
    "/admin/chat_app/interface/add/",
    RULES,
    "/admin/chat_app/assignmentrule/add/",
    "/admin/chat_app/profileoption/",
    "/admin/chat_app/profileoption/SVC_5FCHAT_5FWAIT_5FTIME_5FENABLED/change/",
    "/admin/chat_app/profileoption/effective/",
    "/admin/chat_app/chatsession/",
    "/admin/authenticate_app/user/",
    "/admin/authenticate_app/user/add/",
    "/admin/authenticate_app/user/import/",
    "/admin/authenticate_app/role/3/change/",
    "/admin/authenticate_app/client/",
    "/admin/authenticate_app/client/add/",
    "/admin/authenticate_app/client/add/?purpose=web",
    "/admin/authenticate_app/client/add/?purpose=integration",
    "/admin/authenticate_app/client/1/change/",
    "/admin/authenticate_app/client/2/change/",
    "/admin/authenticate_app/client/2/new-secret/",
    "/admin/authenticate_app/client/1/test/",
    "/admin/authenticate_app/accesstoken/?client=1",
    "/admin/authenticate_app/signingkey/",
    "/admin/authenticate_app/signingkey/rotate/",
    "/admin/authenticate_app/auditevent/",
    "/admin/authenticate_app/business/",
    "/admin/authenticate_app/business/add/",
    "/admin/authenticate_app/signinrequest/",
)

SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
WHOLE: ViewportSize = {"width": 1280, "height": 2400}
"""A window that shows a page whole, so that the row of buttons covers no field."""
PHONE: ViewportSize = {"width": 390, "height": 844}

RULES_OF_WCAG = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}


def violations(page: Page) -> dict[str, list[str]]:
    """What breaks a rule of WCAG 2.2, level A or AA: the rule and the elements."""
    found = Axe().run(page, options={"runOnly": RULES_OF_WCAG, "resultTypes": ["violations"]}).response["violations"]
    return {each["id"]: [node["html"][:160] for node in each["nodes"]] for each in found}


def faults_of(page: Page) -> list[str]:
    """Collect what the browser complains of, such as a script that the policy forbids."""
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    return faults


@pytest.mark.parametrize("address", PAGES)
def test_a_page_breaks_no_rule_fits_and_leaves_nothing_to_complain_of(page: Page, address: str) -> None:
    faults = faults_of(page)
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)  # before it is opened: colours change gradually
        page.set_viewport_size(WHOLE)
        page.goto(address)
        assert violations(page) == {}, scheme
    page.set_viewport_size(PHONE)
    # Charts that were drawn for a wide page are drawn anew in their own time.
    page.wait_for_function("document.documentElement.scrollWidth <= window.innerWidth")
    assert faults == []


def test_the_sign_in_page_breaks_none_either(chromium: Browser, site: str) -> None:
    with chromium.new_context(base_url=site) as context:
        page = context.new_page()
        page.goto("/login/")
        assert violations(page) == {}


def test_nobody_else_is_asked_for_anything(page: Page, site: str) -> None:
    hosts: set[str] = set()

    def note(request: Request) -> None:
        if request.url.startswith("http"):
            hosts.add(urlsplit(request.url).netloc)

    page.on("request", note)
    for address in PAGES[:6]:
        page.goto(address)
        page.wait_for_load_state("networkidle")
    assert hosts == {urlsplit(site).netloc}


def names(page: Page) -> list[str]:
    return page.locator(".ca-rule-title a").all_inner_texts()


def test_a_rule_is_moved_by_keyboard(page: Page) -> None:
    page.goto(RULES)
    first, second, third = names(page)
    page.get_by_role("button", name=f"Try “{first}” later").focus()
    page.keyboard.press("Enter")
    page.get_by_text("The new order counts").wait_for()
    assert names(page) == [second, first, third]


def test_a_rule_is_moved_by_dragging(page: Page) -> None:
    page.goto(RULES)
    page.wait_for_load_state("networkidle")
    first, second, third = names(page)
    handles = page.locator(".ca-handle")
    _drag(page, handles.nth(0), handles.nth(2))
    page.get_by_text("The new order counts").wait_for()
    dropped = names(page)
    assert dropped[0] == second
    assert sorted(dropped) == sorted([first, second, third])
    page.goto(RULES)
    assert names(page) == dropped


BELOW = 60
"""Pixels below a handle where its rule has ended."""


def _drag(page: Page, handle: Any, target: Any) -> None:
    start, end = handle.bounding_box(), target.bounding_box()
    page.mouse.move(start["x"] + 5, start["y"] + 5)
    page.mouse.down()
    for step in range(1, 21):
        page.mouse.move(start["x"] + 5, start["y"] + (end["y"] + BELOW - start["y"]) * step / 20)
    page.mouse.up()


def test_a_criterion_is_added_and_the_attribute_suggested(page: Page) -> None:
    page.goto("/admin/chat_app/assignmentrule/add/")
    page.wait_for_load_state("networkidle")
    page.get_by_text("Add another Criterion").click()
    field = page.locator("#id_criteria-0-name")
    field.fill("productId")
    suggestions = page.locator(f"#{field.get_attribute('list')} option")
    assert "productId" in suggestions.evaluate_all("options => options.map(option => option.value)")


def test_a_tried_request_shows_which_rule_takes_it(page: Page) -> None:
    page.goto(RULES)
    page.get_by_role("textbox", name="Request").fill('{"customFields": {"tier": "gold"}}')
    page.get_by_role("button", name="Try it").click()
    assert "Queue “Priority”" in page.get_by_role("status").inner_text()
    assert page.locator(".ca-rule-took").count() == 1


def test_a_secret_is_copied_by_its_button(page: Page) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto("/admin/authenticate_app/client/2/new-secret/")
    page.get_by_role("button", name="Make a new secret").click()
    page.get_by_text("shows the secret once").wait_for()
    secret = page.locator("#copied-2").inner_text()
    page.get_by_role("button", name="Copy").nth(1).click()
    page.get_by_role("button", name="Copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == secret
    assert violations(page) == {}


def test_a_client_is_tested(page: Page) -> None:
    page.goto("/admin/authenticate_app/client/1/test/")
    page.get_by_label("Redirect URI of the token request").fill("https://www.example.com/callback/")
    page.get_by_role("button", name="Test it").click()
    assert "One thing is wrong" in page.get_by_role("status").inner_text()
    assert violations(page) == {}


@pytest.mark.parametrize("is_in_use", [False, True])
def test_what_goes_on_now_is_asked_for_once_at_a_time_and_disturbs_nobody(page: Page, is_in_use: bool) -> None:
    page.clock.install()
    page.goto("/admin/live/")
    asked: list[Route] = []

    def hold(route: Route) -> None:
        asked.append(route)

    page.route("**/admin/live/", hold)
    with page.expect_request("**/admin/live/"):
        page.clock.run_for(5_100)
    page.clock.run_for(10_000)
    page.evaluate(ASK_ANOTHER)
    (held,) = asked
    if is_in_use:
        page.locator("[data-live] [tabindex]").first.focus()
    with page.expect_response("**/admin/live/"):
        held.fulfill(body="<div data-live>News</div>", content_type="text/html")
    page.evaluate(ASK_ANOTHER)
    assert page.get_by_text("News").count() == (0 if is_in_use else 1)


ASK_ANOTHER = "fetch('/healthz').then((answer) => answer.text())"
"""Whatever was asked for before has come by then."""


def test_everything_is_reached_by_the_menu(page: Page) -> None:
    page.goto("/admin/")
    links = page.locator("#nav-sidebar-apps a")
    addresses = links.evaluate_all("links => links.map(link => link.getAttribute('href'))")
    assert len(addresses) == 23
    for address in addresses:
        answer = page.goto(address)
        assert answer is not None
        assert answer.ok


def test_somebody_can_sign_in_and_out(chromium: Browser, site: str) -> None:
    with chromium.new_context(base_url=site) as context:
        page = context.new_page()
        sign_in(page)
        assert "Overview" in page.title()
