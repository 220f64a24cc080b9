"""The judge of the simulation notices what must not be."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.simulation.judgement import Kept, Records, Span, broken_rules
from tests.simulation.ledger import Ledger, View
from tests.simulation.people import ADDED, CONCLUDED, POSTED

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
CHAT, CUSTOMER, AGENT = 7, 1, 2


def entry(sequence: int, name: str, **fields: Any) -> dict[str, Any]:
    return {"sequenceNumber": sequence, "messageName": name, "engagementId": CHAT, "clientId": AGENT, **fields}


CUSTOMERS = [
    entry(1, ADDED),
    entry(2, POSTED, body="a.1"),
    entry(3, CONCLUDED),
]
AGENTS = [
    entry(1, "ChatAssigned", transcript=[{"kind": "consumer", "body": "c.1"}]),
    entry(2, POSTED, body="c.2"),
    entry(3, CONCLUDED),
]
TRANSCRIPT = [
    Kept(CHAT, "consumer", "c", "c.1"),
    Kept(CHAT, "agent", "a", "a.1"),
    Kept(CHAT, "consumer", "c", "c.2"),
]


def judged(
    *,
    customers: list[dict[str, Any]] = CUSTOMERS,
    agents: list[dict[str, Any]] = AGENTS,
    transcript: list[Kept] = TRANSCRIPT,
    acknowledges: bool = True,
    something_died: bool = True,
    **records: Any,
) -> list[str]:
    view, of_agent = View("c", acknowledges), View("a", acknowledges=True)
    view.take(customers)
    of_agent.take(agents)
    ledger = Ledger(customers={CHAT: [view]}, agents=[of_agent])
    ledger.note_posted(CHAT, "customer", "c.1")
    ledger.note_posted(CHAT, "customer", "c.2")
    ledger.note_posted(CHAT, "a", "a.1")
    given = {"offers": [], "leads": [], "states": {CHAT: "concluded"}}
    return broken_rules(ledger, Records(transcript=transcript, **{**given, **records}), something_died=something_died)


def test_a_good_conversation_breaks_nothing() -> None:
    assert judged() == []


@pytest.mark.parametrize(
    "change",
    [
        {"customers": CUSTOMERS[:2]},  # nobody said that it ended
        {"customers": [CUSTOMERS[0], entry(2, CONCLUDED)]},  # a message was lost
        {"customers": [CUSTOMERS[0], entry(3, POSTED, body="a.1"), entry(4, CONCLUDED)]},  # a number was left out
        {"customers": [*CUSTOMERS[:2], CUSTOMERS[1], CUSTOMERS[2]]},  # twice, for one who acknowledges
        {"customers": [*CUSTOMERS[:2], CUSTOMERS[1], CUSTOMERS[2]], "acknowledges": False, "something_died": False},
        {"customers": [entry(1, POSTED, body="a.1"), entry(2, CONCLUDED)]},  # who is that?
        {"agents": [AGENTS[0], entry(2, CONCLUDED)]},  # a message was lost
        {"agents": [AGENTS[0], entry(2, POSTED, body="c.2"), entry(3, POSTED, body="c.2"), entry(4, CONCLUDED)]},
        {"transcript": TRANSCRIPT[:2]},  # answered, and not kept
        {"transcript": [*TRANSCRIPT, TRANSCRIPT[2]]},  # kept twice
        {"transcript": [TRANSCRIPT[2], TRANSCRIPT[1], TRANSCRIPT[0]]},  # in another order
        {"states": {CHAT: "waiting"}},
        {"states": {}},
        {"states": {CHAT: "concluded", 8: "waiting"}},
        {"offers": [Span(CHAT, NOW, None), Span(CHAT, NOW, NOW)]},
        {"offers": [Span(CHAT, NOW, NOW + timedelta(seconds=9)), Span(CHAT, NOW + timedelta(seconds=1), None)]},
        {"leads": [Span(CHAT, NOW, None), Span(CHAT, NOW + timedelta(seconds=1), None)]},
    ],
)
def test_whatever_must_not_be_is_noticed(change: dict[str, Any]) -> None:
    assert judged(**change) != []


def test_one_after_the_other_is_fine() -> None:
    spans = [Span(CHAT, NOW, NOW + timedelta(seconds=1)), Span(CHAT, NOW + timedelta(seconds=1), None)]
    assert judged(offers=spans, leads=spans) == []


def test_doubles_after_a_death_are_what_is_promised_to_those_who_do_not_acknowledge() -> None:
    assert judged(customers=[*CUSTOMERS[:2], CUSTOMERS[1], CUSTOMERS[2]], acknowledges=False) == []
