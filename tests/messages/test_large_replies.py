"""Large replies from a gateway and a store on loopback."""

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from authenticate_app.audit.events import Event
from authenticate_app.audit.models import AuditEvent
from authenticate_app.keys.encryption import encrypt
from authenticate_app.messages import large_replies
from authenticate_app.messages.large_replies import (
    LARGEST_REPLY,
    GatewayUnavailable,
    LargeReplyRefused,
    Refusal,
    fetch_large_reply,
)
from authenticate_app.messages.metrics import LARGE_REPLIES
from authenticate_app.messages.models import Business, MspAccount
from authenticate_app.messages.wire import LargeReply
from tests.messages.peers import Asked, Peer, drip, hang, http, peer
from tests.messages.world import API_SECRET, MSP_ID

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
KEY = bytes(range(32))
PAYLOAD = b"what the gateway decodes: " + bytes(1000)
DICTIONARY = {"data": {"requestIdentifier": "x", "authenticate": {"status": "success"}}}
BID = "com.apple.messages.MSMessageExtensionBalloonPlugin:0000000000:extension"
LATE = 10


def encrypted(payload: bytes) -> bytes:
    encryptor = Cipher(algorithms.AES(KEY), modes.CTR(bytes(16))).encryptor()
    return encryptor.update(payload) + encryptor.finalize()


def reference(**changed: Any) -> LargeReply:
    given = {
        "url": "https://p01-content.icloud.com/MBAAA",
        "bid": BID,
        "key": "00" + KEY.hex(),
        "signature": "81ff00",
        "owner": "M0C0A0",
        "size": len(PAYLOAD),
        **changed,
    }
    return LargeReply.model_validate(given)


Step = Callable[[Peer, Asked], Any]


class Store:
    """A gateway and a store as they should be, each step of which a test may replace."""

    def __init__(self, **steps: Step) -> None:
        self.steps: dict[str, Step] = {
            "preDownload": lambda peer, _asked: answer({"download-url": f"{peer.url}/sandbox/download"}),
            "download": lambda _peer, _asked: http(200, encrypted(PAYLOAD)),
            "decodePayload": lambda _peer, _asked: answer(DICTIONARY),
            **steps,
        }

    def __call__(self, peer: Peer, asked: Asked) -> Any:
        return self.steps[asked.path.rpartition("/")[2]](peer, asked)


def answer(value: Any) -> bytes:
    return http(200, json.dumps(value).encode())


def business(gateway_url: str) -> Business:
    account = MspAccount(msp_id=MSP_ID, encrypted_api_secret=encrypt(API_SECRET.encode()))
    return Business(id=5, name="Vision Shop", account=account, business_id="vision-business", gateway_url=gateway_url)


class Fetching:
    """Fetches from a store that is this server's own sandbox, as far as addresses are concerned."""

    def __init__(self, settings: Any) -> None:
        self._settings = settings
        self.asked: list[Asked] = []
        """What the last store was asked."""

    def __call__(self, store: Store, **changed: Any) -> dict[str, Any]:
        with peer(store) as server:
            self.asked = server.asked
            self._settings.SANDBOX, self._settings.PUBLIC_BASE_URL = True, server.url
            at = business(f"{server.url}/sandbox/gateway/v1")
            return fetch_large_reply(business=at, large_reply=reference(**changed), now=NOW)


@pytest.fixture
def fetched(settings: Any) -> Fetching:
    return Fetching(settings)


def refused(fetched: Fetching, store: Store, **changed: Any) -> Refusal:
    with pytest.raises(LargeReplyRefused) as caught:
        fetched(store, **changed)
    reason = caught.value.reason
    assert LARGE_REPLIES.labels(reason.value)._value.get() > 0
    audited = AuditEvent.objects.filter(event=Event.MESSAGES_LARGE_REPLY_REFUSED)
    assert list(audited.values_list("reason", "object_name")) == [(reason.value, "Vision Shop")]
    return reason


def test_a_large_reply_is_fetched_in_the_steps_of_the_contract(fetched: Fetching) -> None:
    assert fetched(Store()) == DICTIONARY
    first, second, third = fetched.asked
    assert (first.method, first.path) == ("GET", "/sandbox/gateway/v1/preDownload")
    assert first.headers["source-id"] == "vision-business"
    assert first.headers["authorization"].startswith("Bearer ")
    assert first.headers["mmcs-url"] == "https://p01-content.icloud.com/MBAAA"
    assert first.headers["mmcs-signature"] == base64.b64encode(bytes.fromhex("81ff00")).decode()
    assert first.headers["mmcs-owner"] == "M0C0A0"
    assert (second.method, second.path) == ("GET", "/sandbox/download")
    assert "authorization" not in second.headers
    assert (third.method, third.path, third.body) == ("POST", "/sandbox/gateway/v1/decodePayload", PAYLOAD)
    assert (third.headers["bid"], third.headers["accept"]) == (BID, "*/*")
    assert third.headers["source-id"] == "vision-business"
    assert third.headers["authorization"].startswith("Bearer ")


@pytest.mark.parametrize("length", [0, 1, len(PAYLOAD) - 1, len(PAYLOAD) + 1, len(PAYLOAD) + 100_000])
def test_another_length_than_the_message_gave_is_refused(fetched: Fetching, length: int) -> None:
    download = encrypted(PAYLOAD).ljust(length, b"x")[:length]
    assert refused(fetched, Store(download=lambda _peer, _asked: http(200, download))) is Refusal.WRONG_LENGTH


def test_a_reply_that_says_to_be_huge_is_not_asked_for(fetched: Fetching) -> None:
    assert refused(fetched, Store(), size=LARGEST_REPLY + 1) is Refusal.TOO_LARGE
    assert fetched.asked == []


def test_a_redirected_download_is_refused(fetched: Fetching) -> None:
    def elsewhere(peer: Peer, _asked: Asked) -> bytes:
        return http(302, b"", f"Location: {peer.url}/sandbox/elsewhere")

    assert refused(fetched, Store(download=elsewhere)) is Refusal.DOWNLOAD_REFUSED
    assert len(fetched.asked) == 2


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/x",
        "https://icloud.com.example/x",
        "https://noticloud.com/x",
        "https://example/icloud.com",
        "https://user@icloud.com/x",
        "https://icloud.com@example.com/x",
        "https://icloud.com\\@example.com/x",
        "http://p01.icloud.com/x",
        "http://127.0.0.1/x",
        "https://127.0.0.1/x",
        "https://2130706433/x",
        "https://0x7f.1/x",
        "https://[::ffff:127.0.0.1]/x",
        "https://169.254.169.254/latest/meta-data",
        "file:///etc/passwd",
        "//icloud.com/x",
        "",
        "https://icloud.com/\r\nHost: x",
    ],
)
@pytest.mark.parametrize("private_addresses", [False, True])
def test_downloads_from_anywhere_else_are_refused(
    fetched: Fetching, settings: Any, url: str, private_addresses: bool
) -> None:
    settings.PRIVATE_ADDRESSES = private_addresses
    store = Store(preDownload=lambda _peer, _asked: answer({"download-url": url}))
    assert refused(fetched, store) is Refusal.DOWNLOAD_ADDRESS
    assert len(fetched.asked) == 1


def test_a_name_of_apples_that_leads_into_a_private_network_is_refused(
    fetched: Fetching, monkeypatch: pytest.MonkeyPatch
) -> None:
    from authenticate_app.messages import guarded_http

    system = guarded_http.addresses_of
    leading = {"p01.icloud.com": ["127.0.0.1"]}
    monkeypatch.setattr(
        guarded_http, "addresses_of", lambda host, port: leading[host] if host in leading else system(host, port)
    )
    store = Store(preDownload=lambda _peer, _asked: answer({"download-url": "https://p01.icloud.com/x"}))
    assert refused(fetched, store) is Refusal.DOWNLOAD_ADDRESS
    assert len(fetched.asked) == 1


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", b'{"download-url": 5}', b"{}", b'{"download-url": "a", "download-url": "b"}']
)
def test_an_answer_without_an_address_is_refused(fetched: Fetching, body: bytes) -> None:
    assert refused(fetched, Store(preDownload=lambda _peer, _asked: http(200, body))) is Refusal.GATEWAY_MALFORMED


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b"[" * 100_000])
def test_what_does_not_decode_is_refused(fetched: Fetching, body: bytes) -> None:
    assert refused(fetched, Store(decodePayload=lambda _peer, _asked: http(200, body))) is Refusal.NOT_DECODED


@pytest.mark.parametrize(
    ("step", "most_bytes"), [("preDownload", large_replies.LARGEST_ANSWER), ("decodePayload", LARGEST_REPLY)]
)
def test_oversized_answers_are_refused(fetched: Fetching, step: str, most_bytes: int) -> None:
    store = Store(**{step: lambda _peer, _asked: http(200, b" " * (most_bytes + 1))})
    assert refused(fetched, store) is Refusal.TOO_LARGE


def test_a_compressed_answer_is_refused(fetched: Fetching) -> None:
    store = Store(download=lambda _peer, _asked: http(200, b"\x1f\x8b", "Content-Encoding: gzip"))
    assert refused(fetched, store) is Refusal.GATEWAY_MALFORMED


@pytest.mark.parametrize("step", ["preDownload", "download", "decodePayload"])
@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_busy_servers_are_asked_again_later(fetched: Fetching, step: str, status: int) -> None:
    with pytest.raises(GatewayUnavailable, match=f"{step}: {status} "):
        fetched(Store(**{step: lambda _peer, _asked: http(status)}))


@pytest.mark.parametrize(
    ("step", "reason"),
    [
        ("preDownload", Refusal.GATEWAY_REFUSED),
        ("download", Refusal.DOWNLOAD_REFUSED),
        ("decodePayload", Refusal.GATEWAY_REFUSED),
    ],
)
@pytest.mark.parametrize("status", [302, 400, 401, 403, 404, 410, 501])
def test_other_answers_are_final(fetched: Fetching, step: str, reason: Refusal, status: int) -> None:
    assert refused(fetched, Store(**{step: lambda _peer, _asked: http(status)})) is reason


@pytest.mark.parametrize("step", ["preDownload", "download", "decodePayload"])
@pytest.mark.parametrize(
    "broken",
    [
        lambda _peer, _asked: b"",
        lambda _peer, _asked: http(200, b"short", length=1000),
        lambda peer, _asked: hang(peer),
        lambda peer, _asked: drip(peer, http(200, b"x" * 1000)),
    ],
    ids=["broken off", "cut short", "silence", "dripping"],
)
def test_what_breaks_off_or_hangs_is_asked_again_later(
    fetched: Fetching, step: str, broken: Step, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(large_replies, "SECONDS", 0.5)
    with pytest.raises(GatewayUnavailable):
        fetched(Store(**{step: broken}))


@pytest.mark.parametrize("secret", [b"not encrypted", encrypt(b"AAAA")], ids=["not-encrypted", "short"])
def test_an_account_without_a_good_secret_is_refused(secret: bytes) -> None:
    at = business("https://gateway.example/v1")
    at.account.encrypted_api_secret = secret
    with pytest.raises(LargeReplyRefused) as caught:
        fetch_large_reply(business=at, large_reply=reference(), now=NOW)
    assert caught.value.reason is Refusal.UNUSABLE_ACCOUNT


def test_neither_key_nor_content_stands_in_a_failure(fetched: Fetching) -> None:
    store = Store(decodePayload=lambda _peer, asked: http(200, asked.body))
    with pytest.raises(LargeReplyRefused) as caught:
        fetched(store)
    assert KEY.hex() not in str(caught.value)
    assert "decodes" not in str(caught.value)
