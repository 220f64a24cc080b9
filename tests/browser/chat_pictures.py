"""Pictures of the agents' desk and of the customer's chat: on a desktop and on a phone, by day and by night."""

from pathlib import Path
from typing import Any

from playwright.sync_api import Browser

from tests.browser import chatting
from tests.browser.chatting import DESKTOP, PHONE

LOOKS: dict[str, dict[str, Any]] = {
    "desktop-light": {"size": DESKTOP, "color_scheme": "light"},
    "desktop-dark": {"size": DESKTOP, "color_scheme": "dark"},
    "phone-light": {"size": PHONE, "color_scheme": "light"},
    "phone-dark": {"size": PHONE, "color_scheme": "dark"},
}
TAKEN = ("chat-question", "chat-waiting", "chat", "chat-ended", "desk-offer", "desk-chat", "desk-hand-over")
ONCE = ("chat-question", "chat-ended", "desk-hand-over")
"""Pictures that are taken in the first look alone."""
FIRST = "desktop-light"


def take(browser: Browser, address: str, folder: Path) -> None:
    """Have a chat in each look, and write every picture."""
    for look, options in LOOKS.items():
        with (
            chatting.customer(browser, address, **options) as john,
            chatting.agent(browser, address, **options) as anna,
        ):
            for name, page in chatting.scenes(john, anna):
                if name in TAKEN and (look == FIRST or name not in ONCE):
                    page.screenshot(path=folder / f"{name}-{look}.png", animations="disabled")
