"""The new flow of Apple Messages on the real server: from the link in the bubble to a chat in the customer's name."""

from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from tests.journeys.applications import new_person, over_tls
from tests.oauth_contract.relying_party import Person
from tests.serving import Installation

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("installed")]

SUCCESS = "messages-auth://?status=success"
USED_BEFORE = "messages-auth://?status=failure&error_code=2"
API = "/api/messages/v1/sign-in-requests"


@pytest.fixture
def asked(installed: Installation, name: str) -> dict[str, str]:
    return dict(installed.administrator.do("ask_customer_to_sign_in", asker=name))


def link_of(asked: dict[str, str]) -> str:
    """What the phone opens, with its parameters in the phone's order."""
    query = {
        "client_id": asked["client_id"],
        "redirect_uri": asked["redirect_uri"],
        "response_type": "code",
        "scope": "openid profile email",
        "state": asked["state"],
    }
    return f"/oauth/authorize?{urlencode(query)}"


def call(client: httpx.Client, method: str, asked: dict[str, str], path: str = "") -> httpx.Response:
    headers = {"Authorization": f"Bearer {asked['token']}"}
    return client.request(method, f"{API}/{asked['id']}{path}", headers=headers)


def read(client: httpx.Client, asked: dict[str, str]) -> dict[str, Any]:
    response = call(client, "GET", asked)
    assert response.status_code == 200, response.text
    return dict(response.json())


def test_a_customer_signs_in_on_the_form_and_steps_into_a_chat(installed: Installation, asked: dict[str, str]) -> None:
    with over_tls(installed) as system, new_person(installed, over_tls(installed)) as person:
        end = person.agrees(link_of(asked))
        assert (end.status_code, end.headers["Location"]) == (302, SUCCESS)
        assert end.headers["Cache-Control"] == "no-store"
        assert end.headers["Referrer-Policy"] == "no-referrer"
        assert f'href="{SUCCESS}"' in end.text
        assert person.name not in end.text

        given = read(system, asked)
        assert (given["state"], given["result"]) == ("opened", None)  # the phone has not confirmed it yet
        assert call(system, "POST", asked, "/chat").json()["code"] == "customer-not-signed-in"

        installed.administrator.do("confirm_sign_in", sign_in=asked["id"])
        given = read(system, asked)
        assert (given["state"], given["result"]["user"]) == ("succeeded", person.name)
        assert given["result"]["claims"]["given_name"] == "Jane"
        assert [step["step"] for step in given["steps"]] == [
            "created",
            "opened",
            "returned",
            "identified",
            "confirmed",
            "succeeded",
        ]

        chat = call(system, "POST", asked, "/chat")
        assert chat.status_code == 201, chat.text
        assert installed.server.verified(chat.json()["jwt"])["sub"] == person.name


def test_a_customer_who_refuses_is_told_nothing_more(installed: Installation, asked: dict[str, str]) -> None:
    with over_tls(installed) as system, new_person(installed, over_tls(installed)) as person:
        consent = person.signs_in(link_of(asked))
        end = person.browser.submit(consent, press="refuse")
        assert end.headers["Location"] == "messages-auth://?status=cancel&error_code=4"
        given = read(system, asked)
        assert (given["state"], given["reason"]) == ("cancelled", "consent-refused")


def test_whoever_comes_second_with_the_link_gets_nowhere(installed: Installation, asked: dict[str, str]) -> None:
    with over_tls(installed) as system, new_person(installed, over_tls(installed)) as person:
        assert person.agrees(link_of(asked)).headers["Location"] == SUCCESS
        with new_person(installed, over_tls(installed)) as somebody_else:
            assert _end_of(somebody_else, asked) == USED_BEFORE
        installed.administrator.do("confirm_sign_in", sign_in=asked["id"])
        assert read(system, asked)["result"]["user"] == person.name


def _end_of(person: Person, asked: dict[str, str]) -> str:
    return str(person.agrees(link_of(asked)).headers["Location"])
