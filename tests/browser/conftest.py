from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.screenshots import sign_in
from tests.browser.site import CHROMIUM, CHROMIUM_ARGUMENTS, PATIENCE, running_site

NO_CHROMIUM = "There is no Chromium: install the package chromium, or name the program in CHROMIUM."


@pytest.fixture(scope="package")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if CHROMIUM is None:
        pytest.skip(NO_CHROMIUM)
    with running_site(tmp_path_factory.mktemp("site")) as address:
        yield address


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """The one of all tests of this folder. It ends with them: until then Playwright's loop counts as running,
    and Django refuses to touch a connection of the tests between.
    """
    if CHROMIUM is None:
        pytest.skip(NO_CHROMIUM)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def signed_in_state(chromium: Browser, site: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The cookies of somebody who has signed in, so that every test need not."""
    kept = tmp_path_factory.mktemp("state") / "state.json"
    with chromium.new_context(base_url=site) as context:
        sign_in(context.new_page())
        context.storage_state(path=kept)
    return kept


@pytest.fixture
def page(chromium: Browser, site: str, signed_in_state: Path) -> Iterator[Page]:
    with chromium.new_context(base_url=site, storage_state=signed_in_state) as context:
        context.set_default_timeout(PATIENCE)
        yield context.new_page()
