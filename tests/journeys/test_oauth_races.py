"""The same code, token or decision at the same moment, on a real server with two workers."""

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from threading import Barrier
from typing import TypeVar

import httpx
import pytest

from tests.journeys.applications import Registered, new_person, over_tls, register
from tests.oauth_contract.relying_party import Person, RelyingParty, parameters_of
from tests.serving import Installation

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("installed")]

AT_ONCE = 12
Answer = TypeVar("Answer")


def at_once(act: Callable[[int], Answer]) -> list[Answer]:
    """Have the same done by many, who wait for each other before they begin."""
    begin = Barrier(AT_ONCE)

    def one(number: int) -> Answer:
        begin.wait(timeout=60)
        return act(number)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(one, range(AT_ONCE)))


def errors(responses: list[httpx.Response]) -> Counter[str]:
    return Counter(response.json().get("error", "none") for response in responses)


@pytest.fixture
def registered(installed: Installation) -> Registered:
    own = "https://www.example.com"
    return register(installed, redirect_uris=f"{own}/callback", post_logout_redirect_uris=f"{own}/bye")


@pytest.fixture
def parties(installed: Installation, registered: Registered) -> Iterator[list[RelyingParty]]:
    """The same application, from as many machines: each has a connection of its own, which stands."""
    with ExitStack() as stack:
        clients = [stack.enter_context(over_tls(installed)) for _ in range(AT_ONCE)]
        for client in clients:
            client.get("/healthz")
        first = RelyingParty(clients[0], registered.client_id, registered.secret)
        yield [replace(first, http=each) for each in clients]


@pytest.fixture
def person(installed: Installation) -> Iterator[Person]:
    with new_person(installed, over_tls(installed)) as found:
        yield found


@pytest.mark.rfc("6749", "10.5", "of many who redeem a code at once at most one gets tokens")
def test_a_code(person: Person, parties: list[RelyingParty]) -> None:
    code = person.code_for(parties[0])
    responses = at_once(lambda number: parties[number].exchange(code))
    found = errors(responses)
    assert found == {"none": 1, "invalid_grant": AT_ONCE - 1}
    (won,) = (response.json() for response in responses if response.status_code == 200)
    assert parties[0].introspect(won["access_token"]) == {"active": False}  # the others betrayed a theft


@pytest.mark.rfc("9700", "4.14.2", "of many who use a refresh token at once one goes on, and the family ends")
def test_a_refresh_token(person: Person, parties: list[RelyingParty]) -> None:
    tokens = person.tokens_for(parties[0])
    responses = at_once(lambda number: parties[number].refresh(tokens["refresh_token"]))
    assert errors(responses) == {"none": 1, "invalid_grant": AT_ONCE - 1}
    (won,) = (response.json() for response in responses if response.status_code == 200)
    assert parties[0].introspect(won["access_token"]) == {"active": False}
    assert parties[0].refresh(won["refresh_token"]).json()["error"] == "invalid_grant"


def test_refreshing_beside_revoking(person: Person, parties: list[RelyingParty]) -> None:
    """Whoever comes first: nothing is alive afterwards."""
    tokens = person.tokens_for(parties[0])

    def act(number: int) -> httpx.Response:
        if number % 2:
            return parties[number].revoke(tokens["refresh_token"])
        return parties[number].refresh(tokens["refresh_token"])

    refreshed = [response.json() for response in at_once(act)[::2]]
    for fresh in (each for each in refreshed if "access_token" in each):
        assert parties[0].introspect(fresh["access_token"]) == {"active": False}
        assert parties[0].refresh(fresh["refresh_token"]).json()["error"] == "invalid_grant"


def test_consenting_in_many_tabs(person: Person, parties: list[RelyingParty]) -> None:
    """Each tab gets a code of its own; who presses twice gets two, and each is good for one exchange."""
    page = person.signs_in(parties[0].authorization_request())
    codes = [parameters_of(person.browser.send(page, press="allow"))["code"] for _ in range(2)]
    assert len(set(codes)) == len(codes)
    assert [parties[0].exchange(code).status_code for code in codes] == [200, 200]
