"""Pictures of the pages that customers meet, as an iPhone shows them: by day, by night, in each language."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Page

from tests.browser.test_customer_pages import LANGUAGES, SHOWN

SIZE = (390, 844)
ALSO_BY_NIGHT = ("sign-in", "consent")
IN_EACH_LANGUAGE = ("sign-in", "consent")
ONCE = ("sign-in-refused", "expired", "error", "password", "password-forgotten", "signed-out")


@dataclass(frozen=True)
class Look:
    """How somebody's browser is set."""

    language: str = "en"
    scheme: Literal["light", "dark"] = "light"

    def file(self, name: str) -> str:
        language = f"-{self.language}" if self.language != "en" else ""
        return f"{name}{language}{'-dark' if self.scheme == 'dark' else ''}.png"


def pictures() -> Iterator[tuple[str, Look]]:
    """Every page that is taken, and how."""
    yield from ((name, Look()) for name in (*IN_EACH_LANGUAGE, *ONCE))
    yield from ((name, Look(scheme="dark")) for name in ALSO_BY_NIGHT)
    yield from ((name, Look(language)) for language in _languages() for name in IN_EACH_LANGUAGE)


def _languages() -> list[str]:
    """All but English, in which all is taken, and those that this machine has no letters for."""
    return [language for language in LANGUAGES if language != "en" and _has_letters(language)]


def _has_letters(language: str) -> bool:
    if not (program := shutil.which("fc-list")):
        return True
    return bool(subprocess.run([program, f":lang={language}"], capture_output=True, text=True, check=True).stdout)


@contextmanager
def window(browser: Browser, address: str, look: Look) -> Iterator[Page]:
    """A private window of a phone."""
    width, height = SIZE
    with browser.new_context(
        base_url=address,
        viewport={"width": width, "height": height},
        color_scheme=look.scheme,
        locale=look.language,
        has_touch=True,
        is_mobile=True,
    ) as context:
        context.route(re.compile("^https://www.example.com/"), lambda route: route.fulfill(body="Welcome back"))
        yield context.new_page()


def take(browser: Browser, address: str, folder: Path) -> None:
    """Write every picture."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, look in pictures():
        with window(browser, address, look) as page:
            SHOWN[name](page)
            page.wait_for_load_state("networkidle")
            page.screenshot(path=folder / look.file(name))
