"""Access tokens on the real server with two workers: many at once, and what counts in every process."""

import threading
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.serving import ADDRESS, Installation

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("installed")]

AT_ONCE = 100


def ask(client: httpx.Client, token: str, **attributes: object) -> httpx.Response:
    body = {"authUserName": "Jane Roe", "interfaceId": "1", **attributes}
    return client.post(ADDRESS, json=body, headers={"Authorization": f"Bearer {token}"})


@pytest.fixture
def token(installed: Installation, name: str) -> str:
    return str(installed.administrator.do("store_access_token", name=name))


def everywhere(clients: list[httpx.Client], token: str) -> set[int]:
    return {ask(client, token).status_code for client in clients}


def test_a_hundred_at_once_with_one_token(installed: Installation, token: str) -> None:
    begin = threading.Barrier(AT_ONCE)

    def one(number: int) -> int:
        with installed.server.client() as client:
            client.get("/healthz")  # the connection stands
            begin.wait(timeout=60)
            return ask(client, token, authUserName=f"customer-{number}-{token}").status_code

    with ThreadPoolExecutor(AT_ONCE) as pool:
        assert set(pool.map(one, range(AT_ONCE))) == {201}
    stored = "SELECT count(*) FROM chat_app_chatsession WHERE auth_user_name LIKE 'customer-%%' || %s"
    assert installed.server.query(stored, token) == [(AT_ONCE,)]


@pytest.mark.parametrize(
    "taken",
    [("revoke_access_tokens", 401), ("disable_client", 401), ("disable", 401), ("take_roles", 403)],
    ids=lambda taken: taken[0],
)
def test_what_an_administrator_takes_away_is_gone_in_every_process(
    installed: Installation, clients: list[httpx.Client], name: str, token: str, taken: tuple[str, int]
) -> None:
    deed, status = taken
    assert everywhere(clients, token) == everywhere(clients, token) == {201}
    installed.administrator.do(deed, name=name)
    assert everywhere(clients, token) == {status}


def test_two_headers_are_never_taken_for_one(installed: Installation, token: str) -> None:
    with installed.server.client() as client:
        for headers in (
            [("Authorization", f"Bearer {token}"), ("Authorization", "Basic eDp5")],
            [("Authorization", "Basic eDp5"), ("Authorization", f"Bearer {token}")],
            [("Authorization", f"Bearer {token}"), ("Authorization", f"Bearer {token}")],
        ):
            found = client.post(ADDRESS, json={"authUserName": "Jane Roe", "interfaceId": 1}, headers=headers)
            assert found.status_code in {400, 401}
