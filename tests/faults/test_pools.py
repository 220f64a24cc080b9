"""Two pools on one machine, each with a database and processes of its own: they know nothing of each other."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from tests.serving import Installation, ask, free_port, own_installation
from tests.waiting import wait_until

pytestmark = pytest.mark.faults

SOON = 60.0
SETTINGS = {"CHAT_WORKERS": "1", "JOB_WORKERS": "0", "WORKERS": "1"}


class Pool:
    """An installation with its chat server, and the pool that its interfaces bear."""

    def __init__(self, installed: Installation, pool_id: str) -> None:
        self.installed = installed
        self.pool_id = pool_id
        self._server = f"http://127.0.0.1:{installed.server.variables['CHAT_PORT']}"
        installed.server.query("UPDATE chat_app_interface SET pool_id = %s RETURNING id", pool_id)

    def is_ready(self) -> bool:
        try:
            return httpx.get(f"{self._server}/readyz", trust_env=False).status_code == 200
        except httpx.TransportError:
            return False

    def call(self, operation: str, **headers: str) -> httpx.Response:
        address = f"{self._server}/engagement/api/consumer/site-1/v1/{operation}"
        return httpx.post(address, json={}, headers=headers, timeout=SOON, trust_env=False)

    def enter(self) -> str:
        answer = ask(self.installed.client).json()
        assert answer["poolId"] == self.pool_id
        return str(self.call("requestEngagement", Authorization=f"Bearer {answer['jwt']}").json()["sessionId"])

    def first_told(self, session: str) -> dict[str, object]:
        return dict(self.call("getMessages", SessionId=session).json()["systemMessages"][0])


@pytest.fixture
def pools(tmp_path: Path) -> Iterator[list[Pool]]:
    with ExitStack() as stack:
        found = []
        for pool_id in ("353:2", "400:1"):
            folder = tmp_path / pool_id.replace(":", "-")
            folder.mkdir()
            installed = own_installation(folder, CHAT_PORT=str(free_port()), **SETTINGS)
            found.append(Pool(stack.enter_context(installed), pool_id))
        for pool in found:
            wait_until(pool.is_ready, patience=SOON)
        yield found


def test_each_serves_its_own_and_sends_others_home(pools: list[Pool]) -> None:
    for home, other in (pools, reversed(pools)):
        session = home.enter()
        assert session.startswith(home.pool_id.replace(":", "-") + ".")
        assert home.first_told(session)["messageName"] == "RNEngagementWaitInformationChangedMessage"

        elsewhere = other.first_told(session)
        assert elsewhere["messageName"] == "RNEngagementConfigurationChangedMessage"
        assert elsewhere["poolId"] == home.pool_id
