"""Agents sign on with a token of the code flow, of a client that may ask for the scope."""

from collections.abc import Iterator

import pytest

from authenticate_app.oauth.clients import clients
from tests.engagement.deck import Deck
from tests.engagement.stage import store_agent
from tests.oauth.flow import WEB, register, tokens_for

pytestmark = pytest.mark.usefixtures("world")


@pytest.fixture
def deck() -> Iterator[Deck]:
    clients.forget()
    with Deck() as deck:
        yield deck


def test_a_token_of_the_code_flow_signs_an_agent_on(deck: Deck) -> None:
    client, user = register({**WEB, "allowed_scopes": "openid chat.agent"}), store_agent("anna")
    token = tokens_for(client, user, scope="openid chat.agent")["access_token"]
    assert deck.ask("createAutomatedAgentSession", {}, api="agent", bearer=token).status == 200


def test_a_client_that_may_not_ask_for_the_scope_gets_nobody_in(deck: Deck) -> None:
    client, user = register(WEB), store_agent("anna")
    token = tokens_for(client, user)["access_token"]
    reply = deck.ask("createAutomatedAgentSession", {}, api="agent", bearer=token)
    assert reply.code == (403, "ACCESS_DENIED")
    assert "chat.agent" in reply.body["detail"]
