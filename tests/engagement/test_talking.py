"""``postMessage``, ``activity`` and ``concludeEngagement`` over HTTP, and what the other side gets of them."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from chat_app.engagement.claiming import Joined
from chat_app.engagement.models import Engagement, TranscriptMessage
from tests.engagement.deck import Deck
from tests.engagement.front import Colleague, entered, let_agent_join, names, stream

pytestmark = pytest.mark.usefixtures("world")

LONGEST = 32_000


@pytest.fixture
def deck() -> Iterator[Deck]:
    with Deck(poll_seconds=0.05) as deck:
        yield deck


@pytest.fixture
def customer() -> Joined:
    return entered()


@pytest.fixture
def agent(customer: Joined) -> Colleague:
    return let_agent_join(customer)


def last_told(agent: Colleague) -> dict[str, Any]:
    return stream(agent.mailbox_id)[-1][1]


def test_a_message_arrives_and_the_answer_says_where(deck: Deck, customer: Joined, agent: Colleague) -> None:
    asked = {
        "body": "/help <i>me</i>",
        "messageId": "m-1",
        "richText": True,
        "messageDataMap": {"anything": 1},
        "clientTransactionId": 7,
    }
    reply = deck.ask("postMessage", asked, session=customer.session_id)
    assert reply.status == 200
    ids = {"engagementId": customer.engagement_id, "clientId": customer.client_id}
    for name, value in ids.items():
        assert (reply.body[name], reply.body[name + "String"]) == (value, str(value))
    assert reply.body["clientTransactionId"] == 7
    expected = {"body": "/help <i>me</i>", "messageId": "m-1", "richText": True, "offTheRecord": False}
    assert last_told(agent) == expected


@pytest.mark.parametrize("body", ["x", "\U0001f600" * LONGEST, "é" * LONGEST], ids=["short", "emoji", "accents"])
def test_a_body_may_be_as_long_as_is_documented(deck: Deck, customer: Joined, body: str) -> None:
    raw = json.dumps({"body": body}, ensure_ascii=False).encode()
    assert deck.ask("postMessage", raw=raw, session=customer.session_id).status == 200
    assert TranscriptMessage.objects.get().body == body


@pytest.mark.parametrize(
    "fields",
    [None, {}, {"body": ""}, {"body": None}, {"body": 7}, {"body": ["x"]}, {"body": "x" * (LONGEST + 1)}],
    ids=lambda fields: str(fields)[:20],
)
def test_a_body_that_is_none_is_refused(deck: Deck, customer: Joined, fields: object) -> None:
    assert deck.ask("postMessage", fields, session=customer.session_id).code == (400, "INVALID_FIELD")
    assert not TranscriptMessage.objects.exists()


@pytest.mark.parametrize("field", ["body", "messageId"])
def test_what_cannot_be_stored_is_refused(deck: Deck, customer: Joined, field: str) -> None:
    asked = {"body": "x", field: "a\x00b"}
    assert deck.ask("postMessage", asked, session=customer.session_id).status == 400


@pytest.mark.parametrize("operation", ["postMessage", "activity", "concludeEngagement"])
@pytest.mark.parametrize("session", ["", "undefined", "353-2.guessed"])
def test_without_a_good_session_id_nothing_happens(deck: Deck, customer: Joined, operation: str, session: str) -> None:
    fields = {"body": "x", "mode": "LISTENING"}
    assert deck.ask(operation, fields, session=session).code == (403, "SESSION_UNKNOWN")
    assert Engagement.objects.get().state == "waiting"


def test_a_session_id_is_good_at_its_own_site_alone(deck: Deck, customer: Joined) -> None:
    reply = deck.ask("postMessage", {"body": "x"}, session=customer.session_id, site="site-5")
    assert reply.code == (403, "SESSION_UNKNOWN")


@pytest.mark.parametrize("mode", ["LISTENING", "RESPONDING"])
def test_activity_arrives(deck: Deck, customer: Joined, agent: Colleague, mode: str) -> None:
    asked = {"mode": mode, "sneakPreviewText": "I am typ", "sneakPreviewFocus": True}
    assert deck.ask("activity", asked, session=customer.session_id).status == 200
    told = last_told(agent)
    assert (told["mode"], told["sneakPreview"], told["sneakPreviewFocus"]) == (mode, "I am typ", True)


@pytest.mark.parametrize("mode", [None, "", "NONE", "RESEARCHING", "listening", 1], ids=str)
def test_customers_have_two_modes(deck: Deck, customer: Joined, mode: object) -> None:
    assert deck.ask("activity", {"mode": mode}, session=customer.session_id).code == (400, "INVALID_FIELD")


def test_the_customer_ends_it_and_a_second_call_is_as_good(deck: Deck, customer: Joined, agent: Colleague) -> None:
    for _ in range(2):
        assert deck.ask("concludeEngagement", {}, session=customer.session_id).status == 200
    assert names(agent.mailbox_id) == ["Concluded"]
    assert Engagement.objects.get().reason == "END_USER_CONCLUDED"
    assert deck.ask("postMessage", {"body": "x"}, session=customer.session_id).code == (409, "ENGAGEMENT_CONCLUDED")
    (_, entry) = deck.ask("getMessages", session=customer.session_id).entries
    assert (entry["messageName"], entry["reason"]) == ("RNEngagementConcludedMessage", "END_USER_CONCLUDED")
    assert (entry["clientId"], entry["clientIdString"]) == (customer.client_id, str(customer.client_id))
