"""Messages to a gateway on loopback."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import jwt
import pytest

from authenticate_app.keys.encryption import encrypt
from authenticate_app.messages import gateway
from authenticate_app.messages.gateway import GatewayAnswer, Outcome, post_message
from authenticate_app.messages.metrics import MESSAGES_SENT
from authenticate_app.messages.models import Business, Conversation, MspAccount, OutboundMessage, SignInRequest
from tests.messages.peers import Asked, Peer, drip, hang, http, peer
from tests.messages.world import API_SECRET, MSP_ID

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
MESSAGE = UUID("11111111-1111-4111-8111-111111111111")
CUSTOMER = "urn:mbid:AQAAY5h7q1"
BODY = b'{"v": 1, "secret": "hidden"}'
NOBODY_LISTENS = "http://127.0.0.1:9"


@pytest.fixture(autouse=True)
def private_addresses(settings: Any) -> None:
    settings.PRIVATE_ADDRESSES = True


def a_message(gateway_url: str, *, is_sign_in: bool = False, secret: bytes | None = None) -> OutboundMessage:
    account = MspAccount(msp_id=MSP_ID, encrypted_api_secret=secret or encrypt(API_SECRET.encode()))
    business = Business(account=account, business_id="vision-business", gateway_url=gateway_url)
    return OutboundMessage(
        id=MESSAGE,
        conversation=Conversation(business=business, customer_id=CUSTOMER),
        sign_in=SignInRequest(id=UUID(int=5)) if is_sign_in else None,
        encrypted_body=encrypt(BODY),
    )


def posted(answer: Callable[[Peer, Asked], "bytes | Iterator[bytes]"]) -> GatewayAnswer:
    with peer(answer) as server:
        return post_message(message=a_message(f"{server.url}/v1"), now=NOW)


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize(("is_sign_in", "path"), [(True, "/v1/authenticate"), (False, "/v1/message")])
def test_a_message_goes_out_as_the_contract_says(is_sign_in: bool, path: str, slash: str) -> None:
    with peer(lambda _peer, _asked: http(200)) as server:
        answer = post_message(message=a_message(f"{server.url}/v1{slash}", is_sign_in=is_sign_in), now=NOW)
    asked = server.asked[0]
    assert answer == GatewayAnswer(Outcome.ACCEPTED, "200 OK")
    assert (asked.method, asked.path, asked.body) == ("POST", path, BODY)
    assert asked.headers["id"] == str(MESSAGE)
    assert asked.headers["source-id"] == "vision-business"
    assert asked.headers["destination-id"] == CUSTOMER
    assert asked.headers["content-type"] == "application/json"
    scheme, token = asked.headers["authorization"].split()
    claims = jwt.decode(token, options={"verify_signature": False})
    assert (scheme, claims) == ("Bearer", {"iss": MSP_ID, "iat": int(NOW.timestamp())})


@pytest.mark.parametrize(
    ("status", "outcome", "words"),
    [
        (200, Outcome.ACCEPTED, "200 OK"),
        (400, Outcome.REFUSED, "400 Bad Request"),
        (401, Outcome.REFUSED, "401 Unauthorized"),
        (403, Outcome.REFUSED, "403 Forbidden"),
        (404, Outcome.CUSTOMER_UNKNOWN, "404 Not Found"),
        (408, Outcome.RETRY, "408 Request Timeout"),
        (413, Outcome.REFUSED, "413 Request Entity Too Large"),
        (429, Outcome.RETRY, "429 Too Many Requests"),
        (500, Outcome.RETRY, "500 Internal Server Error"),
        (501, Outcome.REFUSED, "501 Not Implemented"),
        (502, Outcome.RETRY, "502 Bad Gateway"),
        (503, Outcome.RETRY, "503 Service Unavailable"),
        (504, Outcome.RETRY, "504 Gateway Timeout"),
        (599, Outcome.REFUSED, "599"),
    ],
)
def test_each_status_has_its_outcome_and_is_counted(status: int, outcome: Outcome, words: str) -> None:
    counter = MESSAGES_SENT.labels(outcome.value)
    before = counter._value.get()
    assert posted(lambda _peer, _asked: http(status, b"reason")) == GatewayAnswer(outcome, words)
    assert counter._value.get() == before + 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_refused(status: int) -> None:
    def elsewhere(peer: Peer, _asked: Asked) -> bytes:
        return http(status, b"", f"Location: {peer.url}/elsewhere")

    with peer(elsewhere) as server:
        answer = post_message(message=a_message(server.url), now=NOW)
    assert answer.outcome is Outcome.REFUSED
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    "answer",
    [b"", b"no HTTP\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Le"],
    ids=["broken off", "nonsense", "half a head"],
)
def test_broken_answers_are_tried_again(answer: bytes) -> None:
    given = posted(lambda _peer, _asked: answer)
    assert given.outcome is Outcome.RETRY
    assert given.words.startswith("no answer: ")


def test_nobody_there_is_tried_again() -> None:
    answer = post_message(message=a_message(NOBODY_LISTENS), now=NOW)
    assert answer.outcome is Outcome.RETRY
    assert answer.words.startswith("no answer: ")


@pytest.mark.parametrize(
    "answer",
    [lambda peer, _asked: hang(peer), lambda peer, _asked: drip(peer, http(200))],
    ids=["silence", "dripping head"],
)
def test_a_gateway_that_hangs_is_left(
    answer: Callable[[Peer, Asked], Iterator[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateway, "SECONDS", 0.5)
    begun = time.monotonic()
    assert posted(answer) == GatewayAnswer(Outcome.RETRY, "timed out")
    assert time.monotonic() - begun < 5


def test_how_long_the_answers_body_takes_does_not_matter() -> None:
    def with_a_slow_body(peer: Peer, _asked: Asked) -> Iterator[bytes]:
        yield http(200, length=1000)
        yield from hang(peer)

    begun = time.monotonic()
    assert posted(with_a_slow_body).outcome is Outcome.ACCEPTED
    assert time.monotonic() - begun < 5


def test_an_endless_head_is_cut_off() -> None:
    def endless(_peer: Peer, _asked: Asked) -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\n"
        while True:
            yield b"X: " + b"x" * 10_000 + b"\r\n"

    assert posted(endless).outcome is Outcome.RETRY


@pytest.mark.parametrize("url", ["http://gateway.example/v1", "https://10.0.0.1/v1", "https://user@x.example", "", "x"])
def test_where_this_server_does_not_go_is_refused_for_good(url: str, settings: Any) -> None:
    settings.PRIVATE_ADDRESSES = False
    answer = post_message(message=a_message(url), now=NOW)
    assert answer.outcome is Outcome.REFUSED
    assert answer.words.endswith(".")


def test_a_name_that_leads_into_a_private_network_is_refused_for_good(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.PRIVATE_ADDRESSES = False
    monkeypatch.setattr("authenticate_app.messages.guarded_http.addresses_of", lambda _host, _port: ["10.0.0.1"])
    answer = post_message(message=a_message("https://gateway.example/v1"), now=NOW)
    assert answer.outcome is Outcome.REFUSED
    assert "private network" in answer.words


@pytest.mark.parametrize(
    "secret", [encrypt(b"no base64!"), encrypt(b"AAAA"), b"not encrypted"], ids=["not-base64", "short", "not-encrypted"]
)
def test_an_account_without_a_good_secret_is_refused_in_words(secret: bytes) -> None:
    answer = post_message(message=a_message(NOBODY_LISTENS, secret=secret), now=NOW)
    assert answer.outcome is Outcome.REFUSED
    assert answer.words


def test_neither_token_nor_body_is_shown() -> None:
    shown = posted(lambda _peer, asked: http(403, asked.headers["authorization"].encode() + asked.body)).words
    assert shown == "403 Forbidden"
