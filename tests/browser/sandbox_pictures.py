"""Pictures of the sandbox, while a customer signs in on it: as a desktop shows it, in the dark, and on a phone."""

import tempfile
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Page

from tests.sandbox.running import running_sandbox

LOOKS: dict[str, tuple[int, Literal["light", "dark"]]] = {
    "desktop-light": (1280, "light"),
    "desktop-dark": (1280, "dark"),
    "phone-light": (390, "light"),
}
FIRST = "desktop-light"
HEIGHT = 900
PATIENCE = 60_000
"""Milliseconds."""
BUTTONS = {"new": "Ask to sign in", "legacy": "Ask in the legacy flow"}


def take(browser: Browser, folder: Path) -> None:
    """Start a server with a sandbox on the running database of this run, sign in there, and write every picture."""
    with (
        tempfile.TemporaryDirectory(prefix="chatauth-sandbox-") as log,
        running_sandbox(Path(log)) as server,
        browser.new_context(base_url=server.url) as context,
    ):
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        for flow in BUTTONS:
            _sign_in(page, folder, flow)


def _sign_in(page: Page, folder: Path, flow: str) -> None:
    page.goto("/sandbox/")
    page.get_by_role("button", name=BUTTONS[flow]).click()
    page.get_by_role("button", name="Sign in", exact=True).wait_for()
    _picture(page, folder, f"sandbox-{flow}-asked", FIRST)
    sign_in_and_step_into_chat(page)
    for look in LOOKS if flow == "new" else [FIRST]:
        _picture(page, folder, f"sandbox-{flow}", look)
    page.get_by_role("button", name="Delete the conversation").click()
    page.get_by_text("Nothing has been written yet").wait_for()


def sign_in_and_step_into_chat(page: Page) -> None:
    """Go on where somebody is asked to sign in: John does, and goes on into a chat."""
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_label("User name").fill("john.smith@vision.com")
    page.get_by_label("Password", exact=True).fill("Welcome1")
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("button", name="Allow").click()
    page.wait_for_url("**/sandbox/")
    page.get_by_role("button", name="Step into a chat").click()
    page.get_by_text("The chat token verifies").wait_for()


def _picture(page: Page, folder: Path, name: str, look: str) -> None:
    width, scheme = LOOKS[look]
    page.set_viewport_size({"width": width, "height": HEIGHT})
    page.emulate_media(color_scheme=scheme)
    page.evaluate("scrollTo(0, 0)")
    page.screenshot(path=folder / f"{name}-{look}.png", full_page=True, animations="disabled")
