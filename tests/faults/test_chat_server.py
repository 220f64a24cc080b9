"""The chat server as processes: what one is told reaches a poll in another; a process that dies loses nothing."""

import os
import signal
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from chatauth_project.processes import runs
from tests.serving import Installation, ask, free_port, own_installation
from tests.waiting import wait_until

pytestmark = pytest.mark.faults

SOON = 30.0
EXIT_OF_A_GOOD_END = 0


class Chat:
    """What a customer's client knows. Each call is over a connection of its own, so to any of the processes."""

    def __init__(self, installed: Installation, pool: ThreadPoolExecutor) -> None:
        self.installed = installed
        self._pool = pool
        port = installed.server.variables["CHAT_PORT"]
        self.address = f"http://127.0.0.1:{port}"
        site = installed.server.query("SELECT chat_site_name FROM chat_app_interface ORDER BY id LIMIT 1")[0][0]
        self._base = f"{self.address}/engagement/api/consumer/{site}/v1/"
        token = ask(installed.client).json()["jwt"]
        self.session = str(self.call("requestEngagement", {"Authorization": f"Bearer {token}"}).json()["sessionId"])

    def call(self, operation: str, headers: dict[str, str] | None = None, **fields: object) -> httpx.Response:
        given = headers or {"SessionId": self.session}
        return httpx.post(self._base + operation, json=fields, headers=given, timeout=SOON, trust_env=False)

    def poll(self) -> "Future[httpx.Response]":
        """Begin to poll, and return once the poll waits."""
        query = self.installed.server.query
        query("UPDATE chat_app_mailbox SET reader = 0 RETURNING id")
        poll = self._pool.submit(self.call, "getMessages")
        wait_until(lambda: poll.done() or query("SELECT reader FROM chat_app_mailbox") != [(0,)], patience=SOON)
        return poll


@pytest.fixture
def installed(tmp_path: Path) -> Iterator[Installation]:
    settings = {"CHAT_WORKERS": "2", "CHAT_PORT": str(free_port()), "JOB_WORKERS": "0", "WORKERS": "1"}
    with own_installation(tmp_path, **settings) as found:
        yield found


@pytest.fixture
def chat(installed: Installation) -> Iterator[Chat]:
    wait_until(lambda: len(processes(installed)) == 2 and is_ready(installed), patience=SOON)
    with ThreadPoolExecutor(4) as pool:
        yield Chat(installed, pool)


def processes(installed: Installation) -> list[int]:
    children = Path(f"/proc/{installed.server.process.process.pid}/task").glob("*/children")
    pids = [int(pid) for file in children for pid in file.read_text().split()]
    return [pid for pid in pids if runs(pid) and b"serve_chat" in Path(f"/proc/{pid}/cmdline").read_bytes()]


def is_ready(installed: Installation) -> bool:
    try:
        answers = [httpx.get(readiness(installed), trust_env=False).status_code for _ in range(6)]
    except httpx.TransportError:
        return False
    return answers == [200] * len(answers)


def readiness(installed: Installation) -> str:
    return f"http://127.0.0.1:{installed.server.variables['CHAT_PORT']}/readyz"


def names(reply: httpx.Response) -> list[str]:
    return [entry["messageName"] for entry in reply.json()["systemMessages"]]


def test_polls_hear_of_what_others_do_and_survive_their_process(installed: Installation, chat: Chat) -> None:
    assert names(chat.call("getMessages")) == ["RNEngagementWaitInformationChangedMessage"]

    broken = chat.poll()
    for pid in processes(installed):
        os.kill(pid, signal.SIGKILL)
    with pytest.raises(httpx.TransportError):
        broken.result(SOON)
    wait_until(lambda: len(processes(installed)) == 2 and is_ready(installed), patience=SOON)

    poll = chat.poll()
    assert chat.call("concludeEngagement").status_code == 200
    assert names(poll.result(SOON)) == ["RNEngagementConcludedMessage"]

    last = chat.poll()
    assert installed.server.process.stop() == EXIT_OF_A_GOOD_END
    assert names(last.result(SOON)) == []
    assert "Traceback" not in installed.server.process.written()
