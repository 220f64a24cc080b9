"""``getQueueStats`` and ``getEngagementQueue``: what anybody may ask, and what it costs."""

import json
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from chat_app.engagement import statistics
from chat_app.engagement.limits import Allowance
from chat_app.routing.models import Queue
from tests import world
from tests.engagement.deck import Deck, Reply
from tests.engagement.front import token_for
from tests.routing import builders

pytestmark = pytest.mark.usefixtures("world")


@pytest.fixture
def deck() -> Iterator[Deck]:
    statistics.forget()
    with Deck(poll_seconds=0.05) as deck:
        yield deck


@pytest.fixture
def session(deck: Deck) -> str:
    return str(deck.ask("requestEngagement", bearer=token_for()).body["sessionId"])


def stats(deck: Deck, raw: str, **asking: object) -> Reply:
    return deck.ask("getQueueStats", method="GET", query=f"pool=353:2&request={raw}", **asking)


class TestGetQueueStats:
    def test_it_tells_figures_and_nothing_about_people(self, deck: Deck, session: str) -> None:
        body = stats(deck, quote(json.dumps({"queueId": world.DEFAULT_QUEUE}))).body
        assert body["queueId"] == world.DEFAULT_QUEUE
        assert (body["availableAgentSessions"], body["totalAvailableAgents"], body["engagementsInQueue"]) == (0, 0, 1)
        assert body["expectedWaitTimeSecondsString"] == str(body["expectedWaitTimeSeconds"])
        assert isinstance(body["averageWaitTimeSeconds"], int)
        assert body["outOfHours"] is False
        assert b"Jane" not in json.dumps(body).encode()

    @pytest.mark.parametrize(
        "raw",
        [
            "{%22queueId%22:1}",
            "{%22queueId%22:%221%22,%22chatProactiveAvailableType%22:%22AGENTS%22}",
            "{+%22queueId%22+:+1+}",
            "%7B%0A%09%22queueId%22%3A%201%0D%0A%7D",
            '{"queueId":1}',
            "{%22queueId%22:1,%22note%22:%22a%09b%22}",
            "{%22queueId%22:1}?&",
        ],
    )
    def test_the_parameter_comes_in_many_shapes(self, deck: Deck, raw: str) -> None:
        assert stats(deck, raw).status == 200

    def test_it_may_be_posted(self, deck: Deck) -> None:
        assert deck.ask("getQueueStats", {"queueId": 1, "chatProactiveAvailableType": "SESSIONS"}).status == 200

    def test_a_session_that_need_not_be_there_is_ignored(self, deck: Deck) -> None:
        assert deck.ask("getQueueStats", {"queueId": 1}, session="undefined", bearer="stale").status == 200

    @pytest.mark.parametrize("queue", [None, "x", -1, 2**64, 999, world.OTHER_QUEUE, world.DISABLED_QUEUE, 1.5, [1]])
    def test_a_queue_that_is_none_of_this_site_is_refused(self, deck: Deck, queue: object) -> None:
        assert deck.ask("getQueueStats", {"queueId": queue}).code == (400, "INVALID_FIELD")

    @pytest.mark.parametrize("raw", ["{", "%00", "[1]", "%ff%fe", "{%22a%22:%22%5Cu0000%22}", "%5B" * 5000])
    def test_broken_json_is_the_client_s_fault(self, deck: Deck, raw: str) -> None:
        assert stats(deck, raw).status == 400

    def test_it_is_cheap(self, deck: Deck) -> None:
        deck.ask("getQueueStats", {"queueId": 1})
        with CaptureQueriesContext(connection) as captured:
            deck.ask("getQueueStats", {"queueId": 1})
        assert [query["sql"] for query in captured if "chat_app_engagement" in query["sql"]] == []

    def test_it_is_limited_by_address(self, deck: Deck) -> None:
        deck.engine.limits.public = Allowance(rate=0, burst=2)
        replies = [deck.ask("getQueueStats", {"queueId": 1}) for _ in range(3)]
        assert [reply.status for reply in replies] == [200, 200, 503]
        assert replies[-1].body["errorCode"] == "TOO_MANY"


class TestGetEngagementQueue:
    def test_without_attributes_it_is_the_default_queue(self, deck: Deck) -> None:
        body = deck.ask("getEngagementQueue", {}).body
        assert (body["chatRouteId"], body["chatRouteIdString"]) == (world.DEFAULT_QUEUE, str(world.DEFAULT_QUEUE))
        assert body["availableAgentSessions"] == 0

    @pytest.mark.parametrize(
        ("kind", "value", "expected"),
        [
            ("BOOLEAN", "True", "true"),
            ("BOOLEAN", True, "true"),
            ("INTEGER", 7, "7"),
            ("LONG", "7", "7"),
            ("DECIMAL", 1.5, "1.5"),
            ("STRING", "gold", "gold"),
            ("DATE", "2026-05-04", "2026-05-04"),
            ("DATETIME", "2026-05-04T12:00:00Z", "2026-05-04T12:00:00Z"),
        ],
    )
    def test_rules_see_custom_fields_of_each_type(self, deck: Deck, kind: str, value: object, expected: str) -> None:
        rule_for("custom-field", "tier", expected)
        field = {"name": "tier", "type": kind, "value": value}
        assert deck.ask("getEngagementQueue", {"customFields": [field]}).body["chatRouteId"] == world.QUEUE

    @pytest.mark.parametrize("name", ["productId", "categoryId", "organizationId"])
    def test_rules_see_the_attributes(self, deck: Deck, name: str) -> None:
        rule_for("attribute", name, "42")
        raw = quote(json.dumps({name: 42, "interfaceId": 5, "interfaceName": "x"}))
        reply = deck.ask("getEngagementQueue", method="GET", query=f"request={raw}")
        assert reply.body["chatRouteId"] == world.QUEUE

    @pytest.mark.parametrize("fields", [{"customFields": "x"}, {"customFields": [{"name": "a", "type": "COLOUR"}]}])
    def test_what_is_no_attribute_is_refused(self, deck: Deck, fields: dict[str, object]) -> None:
        assert deck.ask("getEngagementQueue", fields).code == (400, "INVALID_FIELD")


def rule_for(subject: str, name: str, value: str) -> None:
    queue = Queue.objects.get(pk=world.QUEUE)
    builders.rule(queue, (subject, name, "equals", value))
