"""Holds every page against the rules of WCAG 2.2, A and AA, and writes docs/accessibility.md: ``make accessibility``.

Every page of customers is looked at on a phone, by day and by night, in each language; a chat from both sides, on a
desktop and on a phone, in each language; those of the admin on a desktop, by day and by night.
"""

import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any, Literal

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser import chatting
from tests.browser.customer_pictures import Look, window
from tests.browser.sandbox_pictures import BUTTONS, PATIENCE, sign_in_and_step_into_chat
from tests.browser.screenshots import sign_in
from tests.browser.site import CHROMIUM, CHROMIUM_ARGUMENTS, running_site
from tests.browser.test_admin import PAGES, RULES_OF_WCAG
from tests.browser.test_customer_pages import LANGUAGES, SHOWN
from tests.databases import ROOT
from tests.environment import database_of_this_run
from tests.sandbox.running import running_sandbox

PAGE = ROOT / "docs" / "accessibility.md"
WIDTHS = (320, 1280)
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
INTRODUCTION = """# Accessibility

Written by `make accessibility`, which opens every page in Chromium {chromium} and holds it against the rules of
WCAG 2.2, levels A and AA, as far as a program can (axe-core {axe}). Pages for customers are looked at on a phone, by
day and by night, in English, German, French, Spanish and Japanese; the agents' desk and the customer's chat on a
desktop and on a phone, by day and by night, in the same languages; pages of the admin on a desktop, by day and by
night; the sandbox 320 and 1280 pixels wide, by day and by night. *Rules* is how many applied to the page;
*violations* is how many elements broke one, in all looks together.

What a program cannot judge is tested as well: pages are gone through by keyboard, without scripts, 320 pixels wide and
with everything twice as large; a message about a mistake gets the focus.
"""


@dataclass
class Result:
    """What was found on one page, in all of its looks."""

    page: str
    looks: int = 0
    rules: set[str] = field(default_factory=set)
    violations: int = 0

    def add(self, response: dict[str, Any]) -> None:
        self.looks += 1
        self.rules |= {rule["id"] for rule in response["passes"]}
        self.violations += sum(len(rule["nodes"]) for rule in response["violations"])


def examine(page: Page) -> dict[str, Any]:
    page.wait_for_load_state("networkidle", timeout=PATIENCE)
    return axe_of(page)


def axe_of(page: Page) -> dict[str, Any]:
    """Look at a page as it is: one that polls is never idle."""
    response: dict[str, Any] = Axe().run(page, options={"runOnly": RULES_OF_WCAG}).response
    return response


def of_customers(browser: Browser, address: str) -> Iterator[Result]:
    for name, show in SHOWN.items():
        result = Result(name)
        for look in (Look(language, scheme) for language in LANGUAGES for scheme in SCHEMES):
            with window(browser, address, look) as page:
                show(page)
                result.add(examine(page))
        yield result


def of_the_admin(browser: Browser, address: str) -> Iterator[Result]:
    with browser.new_context(base_url=address, viewport={"width": 1280, "height": 2400}) as context:
        page = context.new_page()
        sign_in(page)
        for path in PAGES:
            result = Result(path)
            for scheme in SCHEMES:
                page.emulate_media(color_scheme=scheme)
                page.goto(path)
                result.add(examine(page))
            yield result


def of_the_sandbox(browser: Browser) -> Iterator[Result]:
    results = [Result("/sandbox/"), Result("/sandbox/, asked to sign in"), Result("/sandbox/, signed in")]
    with tempfile.TemporaryDirectory(prefix="chatauth-sandbox-") as log, running_sandbox(Path(log)) as server:
        for scheme, width in product(SCHEMES, WIDTHS):
            with browser.new_context(
                base_url=server.url, viewport={"width": width, "height": 900}, color_scheme=scheme
            ) as context:
                for result, state in zip(results, states(context.new_page()), strict=True):
                    result.add(examine(state))
    yield from results


def states(page: Page) -> Iterator[Page]:
    """Show the sandbox empty, while somebody is asked to sign in, and once they have."""
    page.set_default_timeout(PATIENCE)
    page.goto("/sandbox/")
    yield page
    page.get_by_role("button", name=BUTTONS["new"]).click()
    page.get_by_role("button", name="Sign in", exact=True).wait_for()
    yield page
    sign_in_and_step_into_chat(page)
    yield page


def of_chats(browser: Browser, address: str) -> Iterator[Result]:
    results: dict[str, Result] = {}
    for language, size, scheme in product(LANGUAGES, (chatting.DESKTOP, chatting.PHONE), SCHEMES):
        look: dict[str, Any] = {"words": chatting.Words(language), "size": size, "color_scheme": scheme}
        with chatting.customer(browser, address, **look) as john, chatting.agent(browser, address, **look) as anna:
            for name, page in chatting.scenes(john, anna):
                results.setdefault(name, Result(name)).add(axe_of(page))
    yield from results.values()


def table(title: str, results: list[Result]) -> str:
    lines = [f"## {title}", "", "| page | looks | rules | violations |", "| --- | --- | --- | --- |"]
    lines += (f"| `{each.page}` | {each.looks} | {len(each.rules)} | {each.violations} |" for each in results)
    return "\n".join((*lines, ""))


def write(address: str, chat_address: str) -> int:
    """Look at every page; ``chat_address`` is a site with a chat server. Return how many violations there are."""
    groups: dict[str, Callable[[Browser], Iterator[Result]]] = {
        "Pages for customers": lambda browser: of_customers(browser, address),
        "The desk and the chat": lambda browser: of_chats(browser, chat_address),
        "Pages of the admin": lambda browser: of_the_admin(browser, address),
        "The sandbox": of_the_sandbox,
    }
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGUMENTS)
        found = {title: list(look_at(browser)) for title, look_at in groups.items()}
        chromium, axe = browser.version.partition(".")[0], _version_of_axe(browser)
        browser.close()
    head = INTRODUCTION.format(chromium=chromium, axe=axe)
    PAGE.write_text("\n".join((head, *(table(title, results) for title, results in found.items()))), "utf-8")
    return sum(each.violations for results in found.values() for each in results)


def _version_of_axe(browser: Browser) -> str:
    with browser.new_context() as context:
        response = Axe().run(context.new_page()).response
        return str(response["testEngine"]["version"])


if __name__ == "__main__":
    if CHROMIUM is None:
        sys.exit("There is no Chromium. Install the package chromium, or name the program in the variable CHROMIUM.")
    with (
        database_of_this_run(),
        tempfile.TemporaryDirectory(prefix="chatauth-accessibility-") as folder,
        running_site(Path(folder)) as site,
        running_site(Path(folder, "chat"), with_chat=True) as chat_site,
    ):
        sys.exit(1 if write(site, chat_site) else 0)
