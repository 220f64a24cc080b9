"""Whatever a client sends in any field, it is answered, and never with a fault of ours."""

import json
from collections.abc import Iterator
from urllib.parse import quote

import pytest

from chat_app.routing.models import Criterion, Queue
from tests.contract.test_engagement_operations import OPERATIONS, Row
from tests.engagement.deck import Deck
from tests.engagement.desk import Desk, desk_of, give_out_work
from tests.engagement.front import token_for
from tests.routing import builders
from tests.world import DEFAULT_QUEUE, QUEUE

pytestmark = pytest.mark.usefixtures("world")

DEEP = 5_000
NASTY = [
    "null",
    "true",
    "-1",
    "1.5",
    "1e400",
    "-1e400",
    str(2**31),
    str(2**63 - 1),
    str(2**63),
    "1" * 400,
    "9" * 5_000,
    "NaN",
    "Infinity",
    '""',
    '"\\u0000"',
    '"\\ud800"',
    '"\\ud83d\\ude00"',
    '"\u202e\u0000"',
    '"\u0663"',
    '"1_000"',
    '" 7 "',
    '"' + "x" * 40_000 + '"',
    "[]",
    "[[[]]]",
    "{}",
    '{"__proto__": 1}',
    "[" * DEEP + "]" * DEEP,
    '{"a":' * DEEP + "1" + "}" * DEEP,
]
COMMON = {"clientId": 1, "clientRequestTime": 1, "clientTransactionId": 1}
MORE = {
    "postMessage": {"messageId": 1, "richText": 1, "offTheRecord": 1, "messageDataMap": 1},
    "activity": {"sneakPreviewText": 1, "sneakPreviewFocus": 1},
    "getMessages": {"acknowledgedSequenceNumber": 1},
    "requestEngagement": {"includeOwnMessages": 1},
    "getQueueStats": {"chatProactiveAvailableType": 1},
    "getEngagementQueue": dict.fromkeys(
        ["interfaceId", "productId", "categoryId", "organizationId", "customFields"], 1
    ),
    "rerouteEngagement": {"agentId": 1},
}


@pytest.fixture
def deck() -> Iterator[Deck]:
    with Deck(poll_seconds=0.001) as deck:
        for allowance in (deck.engine.limits.public, deck.engine.limits.session, deck.engine.limits.refused):
            allowance.burst = 1e6
        yield deck


@pytest.fixture
def agent(deck: Deck) -> Desk:
    return desk_of(deck, "anna", DEFAULT_QUEUE)


@pytest.mark.parametrize("row", OPERATIONS, ids=[f"{row['api']}-{row['operation']}" for row in OPERATIONS])
def test_no_value_of_a_field_is_a_fault_of_ours(deck: Deck, agent: Desk, row: Row) -> None:
    entered = deck.ask("requestEngagement", bearer=token_for()).body
    give_out_work()
    proof = agent.headers if row["api"] == "agent" else {"SessionId": entered["sessionId"]}
    fields = {**COMMON, **json.loads(row["body"]), **MORE.get(row["operation"], {})}
    if "engagementId" in fields:
        fields["engagementId"] = entered["engagementId"]
    for name in fields:
        for nasty in NASTY:
            others = json.dumps({other: value for other, value in fields.items() if other != name})
            raw = f'{{"{name}": {nasty}, {others[1:]}'.encode("utf-8", "surrogatepass")
            reply = deck.ask(row["operation"], raw=raw, api=row["api"], headers=proof)
            assert reply.status < 500, (name, nasty[:40], reply.raw)
            json.loads(reply.raw)


@pytest.mark.parametrize("nasty", NASTY, ids=range(len(NASTY)))
@pytest.mark.parametrize("kind", ["BOOLEAN", "DATE", "INTEGER", "DECIMAL"])
def test_no_custom_field_is_a_fault_of_ours(deck: Deck, kind: str, nasty: str) -> None:
    queue = Queue.objects.get(pk=QUEUE)
    for operator in Criterion.Operator:
        builders.rule(queue, ("custom-field", "age", operator.value, "" if operator.value == "is-empty" else "18"))
    asked = f'{{"customFields": [{{"name": "age", "type": "{kind}", "value": {nasty}}}]}}'
    query = "request=" + quote(asked, errors="surrogatepass")
    reply = deck.ask("getEngagementQueue", method="GET", query=query)
    assert reply.status in {200, 400}, reply.raw
