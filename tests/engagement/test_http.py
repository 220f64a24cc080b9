"""What holds for every call of the consumer API: addresses, methods, bodies, headers, errors."""

import json
import re
from collections.abc import Iterator

import pytest
from django.db import OperationalError

from chat_app.engagement.limits import Allowance
from chat_app.routing.models import Interface
from tests.engagement.deck import Deck, Reply
from tests.engagement.front import token_for

pytestmark = pytest.mark.usefixtures("world")

SESSION = "353-2.unknown"
ORIGIN = "https://www.example.com"
DESK = "https://chat.example.com"
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)")


@pytest.fixture
def deck() -> Iterator[Deck]:
    with Deck(poll_seconds=0.05) as deck:
        yield deck


@pytest.fixture
def session(deck: Deck) -> str:
    return str(deck.ask("requestEngagement", bearer=token_for()).body["sessionId"])


def test_every_answer_echoes_its_request_and_says_when_it_was_served(deck: Deck, session: str) -> None:
    sent = {"clientId": 12, "clientRequestTime": "2026-05-04T12:00:00Z", "clientTransactionId": "t-1"}
    body = deck.ask("getMessages", sent, session=session).body
    assert {name: body[name] for name in sent} == sent
    assert body["clientIdString"] == "12"
    assert INSTANT.fullmatch(body["serviceStartTime"])
    assert INSTANT.fullmatch(body["serviceFinishTime"])


@pytest.mark.parametrize("time", ["2026-05-04T12:00:00+02:00", 1_777_896_000_000, "yesterday", None, True, [1], {}])
def test_no_client_request_time_is_a_fault(deck: Deck, session: str, time: object) -> None:
    assert deck.ask("getMessages", {"clientRequestTime": time}, session=session).status == 200


@pytest.mark.parametrize("raw", [b"", b" \n", b"{}", b"null", b'{"unknown": {"deep": [1]}}'])
def test_a_body_may_be_absent_empty_or_hold_unknown_fields(deck: Deck, session: str, raw: bytes) -> None:
    assert deck.ask("getMessages", raw=raw, session=session).status == 200


BROKEN = [
    b"{",
    b"}",
    b'{"a": }',
    b'{"a": NaN}',
    b'{"a": Infinity}',
    b"[]",
    b"7",
    b'"text"',
    b"true",
    b"\xff\xfe{}",
    b'{"a": "\xff"}',
    b'{"a": "\\ud800"}',
    b'{"a": "\\u0000"}',
    b'{"\\u0000": 1}',
    b"\x00",
    b'{"a": 1}{"a": 1}',
    b"[" * 60_000,
    b'{"a":' * 10_000,
    b'{"a": ' + b"9" * 10_000 + b"}",
    b"<xml/>",
]


@pytest.mark.parametrize("operation", ["getMessages", "requestEngagement"])
@pytest.mark.parametrize("raw", BROKEN, ids=range(len(BROKEN)))
def test_broken_json_is_the_client_s_fault(deck: Deck, session: str, operation: str, raw: bytes) -> None:
    reply = deck.ask(operation, raw=raw, session=session)
    assert reply.code == (400, "BAD_REQUEST")
    assert set(reply.body) >= {"status", "title", "detail", "errorCode", "clientId", "serviceStartTime"}


def test_a_megabyte_is_refused_before_it_is_read(deck: Deck, session: str) -> None:
    declared = deck.ask("getMessages", session=session, raw=b" " * 2**20)
    assert declared.code == (400, "BAD_REQUEST")
    undeclared = deck.ask("getMessages", session=session, raw=b" " * 2**20, headers={"Content-Length": "x"})
    assert undeclared.code == (400, "BAD_REQUEST")


@pytest.mark.parametrize(("operation", "status"), [("getMessages", 400), ("requestEngagement", 408)])
def test_a_body_that_does_not_come_is_not_waited_for(
    deck: Deck, session: str, operation: str, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deck.inner, "_body_seconds", 0.02)
    asked = deck.begin(operation, session=session, raw=b"{", headers={"Content-Length": "1000"})
    assert asked.reply().status == status


def test_who_hangs_up_in_the_middle_of_a_body_is_not_answered(deck: Deck, session: str) -> None:
    asked = deck.begin("getMessages", session=session, raw=b"{", headers={"Content-Length": "1000"})
    asked.hang_up()
    assert asked.was_given_up()


@pytest.mark.parametrize("name", ["SessionId", "sessionId", "sessionid", "SESSIONID"])
def test_names_of_headers_have_no_case(deck: Deck, session: str, name: str) -> None:
    assert deck.ask("getMessages", headers={name: session}).status == 200


def test_a_stale_token_is_ignored(deck: Deck, session: str) -> None:
    assert deck.ask("getMessages", session=session, bearer="stale").status == 200


QUERIES = [
    "",
    "pool=353:2",
    "pool=353%3A2&pool=353:2",
    "?pool=353:2",
    "pool=353:2?&&?pool=353:2&",
    "&",
    "pool",
    "pool=",
]


@pytest.mark.parametrize("query", QUERIES)
def test_the_pool_never_lets_a_call_fail(deck: Deck, session: str, query: str) -> None:
    assert deck.ask("getMessages", session=session, query=query).status == 200


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "HEAD", "TRACE", "BREW", "OPTIONS"])
def test_other_methods_are_not_supported(deck: Deck, method: str) -> None:
    assert deck.ask("getMessages", session=SESSION, method=method).code == (501, "NOT_SUPPORTED")


def test_an_operation_that_is_none_is_not_supported(deck: Deck) -> None:
    assert deck.ask("getMoney").code == (501, "NOT_SUPPORTED")


PATHS = ["/", "/engagement", "/engagement/api/consumer/site-1/v1", "/engagement/api/consumer/site-1/v2/getMessages"]
MORE_PATHS = ["/engagement/api/owner/site-1/v1/getMessages", "/engagement/api/consumer//v1/getMessages"]
SITES = ["/engagement/api/consumer/other/v1/getMessages", "/engagement/api/consumer/SITE-1/v1/getMessages"]


@pytest.mark.parametrize("path", [*PATHS, *MORE_PATHS, *SITES])
def test_other_addresses_and_sites_are_nowhere(deck: Deck, path: str) -> None:
    assert deck.ask_raw("POST", path).code == (404, "NOT_FOUND")


class TestPagesOfOtherOrigins:
    @pytest.fixture(autouse=True)
    def allowed(self, world: None) -> None:
        Interface.objects.filter(chat_site_name="site-1").update(allowed_origins=[ORIGIN])

    def ask(self, deck: Deck, origin: str, **asking: object) -> Reply:
        return deck.ask("getMessages", session=SESSION, headers={"Origin": origin}, **asking)

    def test_an_allowed_one_may_read_errors_too(self, deck: Deck) -> None:
        reply = self.ask(deck, ORIGIN)
        assert reply.status == 403
        assert reply.headers["access-control-allow-origin"] == ORIGIN
        assert reply.headers["vary"] == "Origin"
        assert "access-control-allow-credentials" not in reply.headers

    @pytest.mark.parametrize("origin", ["https://evil.example.com", "null", ORIGIN + ".evil.com", ORIGIN.upper()])
    def test_another_one_may_not(self, deck: Deck, origin: str) -> None:
        reply = self.ask(deck, origin)
        assert "access-control-allow-origin" not in reply.headers
        assert reply.headers["vary"] == "Origin"

    @pytest.mark.parametrize("written", ["https://WWW.Example.com", ORIGIN + ":443", "https://www.example.com:99999"])
    def test_an_origin_counts_as_browsers_send_it(self, deck: Deck, written: str) -> None:
        Interface.objects.filter(chat_site_name="site-1").update(allowed_origins=[written])
        is_allowed = "access-control-allow-origin" in self.ask(deck, ORIGIN).headers
        assert is_allowed is (not written.endswith(":99999"))

    def test_a_browser_asks_first(self, deck: Deck) -> None:
        asking = {"Origin": ORIGIN, "Access-Control-Request-Method": "POST"}
        reply = deck.ask("getMessages", method="OPTIONS", headers=asking)
        assert (reply.status, reply.raw) == (200, b"")
        assert reply.headers["access-control-allow-origin"] == ORIGIN
        assert {"POST", "GET"} <= set(reply.headers["access-control-allow-methods"].split(", "))
        assert {"Authorization", "Content-Type", "SessionId"} <= set(
            reply.headers["access-control-allow-headers"].split(", ")
        )

    def test_the_agent_api_is_for_the_desk_alone(self, deck: Deck) -> None:
        asking = {"Access-Control-Request-Method": "POST"}
        desk = deck.ask("getMessages", api="agent", method="OPTIONS", headers={"Origin": DESK, **asking})
        site = deck.ask("getMessages", api="agent", method="OPTIONS", headers={"Origin": ORIGIN, **asking})
        assert desk.headers["access-control-allow-origin"] == DESK
        assert "access-control-allow-origin" not in site.headers

    @pytest.mark.parametrize("path", [*PATHS, *MORE_PATHS, *SITES])
    def test_no_cache_takes_one_origins_refusal_for_anothers(self, deck: Deck, path: str) -> None:
        assert deck.ask_raw("GET", path, headers={"Origin": ORIGIN}).headers["vary"] == "Origin"

    @pytest.mark.parametrize(("api", "allowed"), [("consumer", None), ("agent", DESK)])
    def test_the_desk_reads_how_it_failed_also_while_nothing_is_known_of_sites(
        self, deck: Deck, monkeypatch: pytest.MonkeyPatch, api: str, allowed: str | None
    ) -> None:
        async def fail() -> None:
            raise OperationalError

        monkeypatch.setattr(deck.engine, "routing", fail)
        reply = deck.ask("getMessages", api=api, headers={"Origin": DESK if api == "agent" else ORIGIN})
        assert reply.status == 503
        assert reply.headers.get("access-control-allow-origin") == allowed
        assert reply.headers["vary"] == "Origin"


def test_a_database_that_is_away_is_no_fault_of_ours(deck: Deck, session: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**_: object) -> None:
        raise OperationalError

    monkeypatch.setattr("chat_app.engagement.consumer.entering.request_engagement", fail)
    reply = deck.ask("requestEngagement", bearer=token_for())
    assert reply.code == (503, "UNAVAILABLE")
    assert reply.headers["retry-after"] == "1"


def test_a_fault_of_ours_says_nothing_about_itself(deck: Deck, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("the secret")

    monkeypatch.setattr("chat_app.engagement.consumer.entering.verify_chat_token", fail)
    reply = deck.ask("requestEngagement", bearer="x")
    assert reply.code == (500, "INTERNAL_SERVER_ERROR")
    assert b"secret" not in reply.raw


def test_answers_are_kept_nowhere_and_are_json(deck: Deck) -> None:
    reply = deck.ask("getMessages", session=SESSION)
    assert reply.headers["content-type"] == "application/json; charset=utf-8"
    assert reply.headers["cache-control"] == "no-store"
    assert int(reply.headers["content-length"]) == len(reply.raw)
    assert re.fullmatch(r"[0-9a-f]{32}", reply.headers["x-request-id"])
    assert json.loads(reply.raw)["status"] == 403


def test_a_session_is_limited_and_others_are_not(deck: Deck, session: str) -> None:
    other = str(deck.ask("requestEngagement", bearer=token_for("Joe")).body["sessionId"])
    deck.engine.limits.session = Allowance(rate=0, burst=3)
    statuses = [deck.ask("getMessages", session=session).status for _ in range(5)]
    assert statuses == [200, 200, 200, 503, 503]
    assert deck.ask("getMessages", session=other).status == 200


def test_guesses_are_limited_by_address_and_good_sessions_go_on(deck: Deck, session: str) -> None:
    assert deck.ask("getMessages", session=session).status == 200
    deck.engine.limits.refused = Allowance(rate=0, burst=2)
    statuses = [deck.ask("getMessages", session=f"353-2.{number}").status for number in range(4)]
    assert statuses == [403, 403, 503, 503]
    assert deck.ask("getMessages", session=session).status == 200


def test_it_lives_and_says_why_it_is_not_ready(deck: Deck) -> None:
    assert deck.ask_raw("GET", "/healthz").body == {"status": "alive"}
    reply = deck.ask_raw("GET", "/readyz")
    assert reply.status == 503
    assert "notifications" in reply.body["reasons"][0]
    deck.call(deck.engine.ears.are_open.set)
    assert deck.ask_raw("GET", "/readyz").body == {"status": "ready"}
