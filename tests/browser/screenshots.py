"""Pictures of the admin for docs/screenshots, taken by a real browser: ``make screenshots``."""

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.site import CHROMIUM, CHROMIUM_ARGUMENTS, NAME, PASSWORD, running_site
from tests.databases import ROOT
from tests.environment import database_of_this_run

FOLDER = ROOT / "docs" / "screenshots"
LOOKS = ("desktop-light", "desktop-dark", "phone-light")
DRAWING_MILLISECONDS = 600
"""Charts grow into their shape."""
SCHEMES: dict[str, Literal["light", "dark"]] = {"light": "light", "dark": "dark"}
SIZES = {"desktop": (1440, 900), "phone": (390, 844)}
TALL = {
    "live": 1500,
    "engagement": 1700,
    "client": 2060,
    "client-test": 1500,
    "queue": 1340,
    "profile-option": 1280,
    "rules": 1080,
}
"""Pictures of pages that a desktop shows only in part, and their heights in pixels."""


def sign_in(page: Page) -> None:
    """Sign in as the demonstration's administrator."""
    page.goto("/login/?next=/admin/")
    page.get_by_label("User name").fill(NAME)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/admin/")


def _try_a_request(page: Page) -> None:
    page.goto("/admin/chat_app/assignmentrule/")
    page.get_by_role("button", name="Try it").click()
    page.get_by_role("status").wait_for()


def _look_up_values(page: Page) -> None:
    page.goto("/admin/chat_app/profileoption/effective/")
    page.get_by_label("User name or e-mail address").fill("john.smith@vision.com")
    page.get_by_role("button", name="Look up").click()
    page.get_by_text("set for the user").wait_for()


def _open(address: str) -> Callable[[Page], None]:
    def open_page(page: Page) -> None:
        page.goto(address)

    return open_page


def _open_a_chat(page: Page) -> None:
    page.goto("/admin/chat_app/engagement/?state=engaged")
    page.locator("#result_list tbody tr a").first.click()
    page.get_by_text("What was written").wait_for()


CLIENT = "/admin/authenticate_app/client"
WRONG_REQUEST = (
    "/oauth/authorize?response_type=code&client_id=web-shop&redirect_uri=https%3A%2F%2Fwww.example.com%2Fcallback%2F"
    "&scope=openid+profile&state=af0ifjsldkjaf0if"
)


def _test_a_client(page: Page) -> None:
    page.goto(f"{CLIENT}/1/test/")
    address = page.url.partition("/admin/")[0]
    page.get_by_label("Authorization request").fill(address + WRONG_REQUEST)
    page.get_by_role("button", name="Test it").click()
    page.get_by_role("status").wait_for()


def _make_a_client(page: Page) -> None:
    page.goto(f"{CLIENT}/add/?purpose=web")
    page.locator("#id_name").fill("Customer portal")
    page.get_by_label("Name shown to customers").fill("Vision Portal")
    page.get_by_label("Redirect URIs").fill("https://portal.example.com/signed-in")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("shows the secret once").wait_for()


PICTURES: dict[str, Callable[[Page], None]] = {
    "overview": _open("/admin/"),
    "live": _open("/admin/live/"),
    "engagement": _open_a_chat,
    "queues": _open("/admin/chat_app/queue/"),
    "queue": _open("/admin/chat_app/queue/2/change/"),
    "rules": _try_a_request,
    "profile-option": _open("/admin/chat_app/profileoption/SVC_5FCHAT_5FWAIT_5FTIME_5FENABLED/change/"),
    "effective-values": _look_up_values,
    "users": _open("/admin/authenticate_app/user/"),
    "import": _open("/admin/authenticate_app/user/import/"),
    "clients": _open(f"{CLIENT}/"),
    "client": _open(f"{CLIENT}/1/change/"),
    "client-test": _test_a_client,
    "client-secret": _make_a_client,
    "signing-keys": _open("/admin/authenticate_app/signingkey/"),
    "sessions": _open("/admin/chat_app/chatsession/"),
    "audit": _open("/admin/authenticate_app/auditevent/"),
}
ALSO_OTHERWISE = {"overview": ("desktop-dark", "phone-light"), "rules": ("desktop-dark", "phone-light")}


def take_pictures(address: str, chat_address: str) -> None:
    """Write every picture; ``chat_address`` is a site with a chat server."""
    # which know of pages by their tests, as those know of this module
    from tests.browser import chat_pictures, customer_pictures, sandbox_pictures

    FOLDER.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGUMENTS)
        for look in LOOKS:
            _take(browser, address, look)
        customer_pictures.take(browser, address, FOLDER / "customers")
        chat_pictures.take(browser, chat_address, FOLDER)
        sandbox_pictures.take(browser, FOLDER)
        browser.close()


def _take(browser: Browser, address: str, look: str) -> None:
    size, scheme = look.split("-")
    width, height = SIZES[size]
    with browser.new_context(
        base_url=address, viewport={"width": width, "height": height}, color_scheme=SCHEMES[scheme]
    ) as context:
        page = context.new_page()
        sign_in(page)
        for name, show in PICTURES.items():
            if look == LOOKS[0] or look in ALSO_OTHERWISE.get(name, ()):
                page.set_viewport_size(
                    {"width": width, "height": TALL.get(name, height) if size == "desktop" else height}
                )
                show(page)
                page.wait_for_load_state("networkidle")
                page.wait_for_timeout(DRAWING_MILLISECONDS)
                page.screenshot(path=FOLDER / (f"{name}.png" if look == LOOKS[0] else f"{name}-{look}.png"))


if __name__ == "__main__":
    if CHROMIUM is None:
        sys.exit("There is no Chromium. Install the package chromium, or name the program in the variable CHROMIUM.")
    with (
        database_of_this_run(),
        tempfile.TemporaryDirectory(prefix="chatauth-screenshots-") as folder,
        running_site(Path(folder)) as site,
        running_site(Path(folder, "chat"), with_chat=True) as chat_site,
    ):
        take_pictures(site, chat_site)
