"""Another identity provider: what it may say, and how badly it may behave."""

import base64
import gzip
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import unquote_plus

import jwt
import pytest
from django.utils import timezone

from authenticate_app.accounts.sign_in import Origin
from authenticate_app.messages import provider_calls, providers
from authenticate_app.messages.identity_types import Identity
from authenticate_app.messages.models import Business
from authenticate_app.messages.places import Places
from authenticate_app.messages.provider_claims import kept
from authenticate_app.messages.providers import ExchangeFailed
from tests.messages.provider import (
    ACCESS_TOKEN,
    CLIENT_ID,
    ISSUER,
    SECRET,
    SUBJECT,
    USERINFO,
    Provider,
    running_provider,
)
from tests.messages.world import business

pytestmark = pytest.mark.django_db
CODE = "SplxlOBeZQQYbYS6WxSbIA"


@pytest.fixture
def provider(settings: Any) -> Iterator[Provider]:
    settings.PRIVATE_ADDRESSES = True
    settings.PUBLIC_BASE_URL = "https://chat.example.com"
    with running_provider() as running:
        yield running


@pytest.fixture
def at(provider: Provider) -> Business:
    return business(**provider.fields())


def exchanged(at: Business) -> Identity:
    return providers.exchange(
        business=at,
        unverified_code=CODE,
        state="of-nobody-else",
        scopes={"openid"},
        origin=Origin("192.0.2.7"),
        now=timezone.now(),
    )


def failure(at: Business) -> tuple[str, str]:
    with pytest.raises(ExchangeFailed) as failed:
        exchanged(at)
    assert SECRET not in str(failed.value)
    assert CODE not in str(failed.value)
    return failed.value.reason.value, failed.value.detail


def id_token(**claims: Any) -> str:
    said = {"iss": ISSUER, "sub": SUBJECT, "aud": CLIENT_ID, "exp": int(time.time()) + 60, "iat": int(time.time())}
    left = {name: value for name, value in {**said, **claims}.items() if value is not None}
    return jwt.encode(left, "a key that nobody but the provider has", algorithm="HS256")


def with_id_token(provider: Provider, token: Any) -> None:
    provider.answer("/token", {"access_token": ACCESS_TOKEN, "token_type": "Bearer", "id_token": token})


def test_a_code_becomes_somebody(provider: Provider, at: Business) -> None:
    identity = exchanged(at)
    assert identity == Identity(ISSUER, SUBJECT, USERINFO, True, None, None)
    token, userinfo = provider.asked
    assert (token.method, token.path) == ("POST", "/token")
    assert token.form == {
        "grant_type": "authorization_code",
        "code": CODE,
        "redirect_uri": "https://chat.example.com/amb/oauth/callback",
    }
    scheme, pair = token.headers["Authorization"].split()
    name, secret = base64.b64decode(pair).decode().split(":")
    assert (scheme, unquote_plus(name), unquote_plus(secret)) == ("Basic", CLIENT_ID, SECRET)
    assert (userinfo.method, userinfo.path) == ("GET", "/userinfo")
    assert userinfo.headers["Authorization"] == f"Bearer {ACCESS_TOKEN}"


def test_a_client_without_a_secret_names_itself(provider: Provider, at: Business) -> None:
    at.encrypted_client_secret = b""
    exchanged(at)
    token = provider.asked[0]
    assert token.form["client_id"] == CLIENT_ID
    assert "Authorization" not in token.headers


def test_a_secret_that_cannot_be_decrypted_goes_nowhere(provider: Provider, at: Business) -> None:
    at.encrypted_client_secret = b"of another key"
    assert failure(at) == ("exchange-failed", "the client secret cannot be decrypted")
    assert provider.asked == []


def test_an_id_token_may_agree(provider: Provider, at: Business) -> None:
    with_id_token(provider, id_token())
    assert exchanged(at).subject == SUBJECT


def test_an_id_token_is_enough_without_userinfo(provider: Provider, at: Business) -> None:
    at.userinfo_url = ""
    with_id_token(provider, id_token(email="jane@vision.example", auth_time=1, nonce="n"))
    identity = exchanged(at)
    assert identity.claims == {"sub": SUBJECT, "email": "jane@vision.example"}


def test_without_both_nobody_is_known(provider: Provider, at: Business) -> None:
    at.userinfo_url = ""
    assert failure(at) == ("identity-missing", "the ID token, and there is no userinfo URL: no subject")


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://other.example"},
        {"iss": ISSUER + "/"},
        {"iss": None},
        {"aud": "another client"},
        {"aud": None},
        {"exp": 1},
        {"exp": None},
        {"sub": None},
    ],
)
def test_an_id_token_of_somebody_else_is_refused(provider: Provider, at: Business, claims: dict[str, Any]) -> None:
    with_id_token(provider, id_token(**claims))
    assert failure(at)[0] == "identity-missing"


@pytest.mark.parametrize("token", ["", "x.y.z", 7, {}, "a" * 9000, ["x"]])
def test_an_id_token_that_is_none_is_refused(provider: Provider, at: Business, token: Any) -> None:
    with_id_token(provider, token)
    assert failure(at)[0] == "identity-missing"


def test_a_subject_that_changes_on_the_way_is_refused(provider: Provider, at: Business) -> None:
    with_id_token(provider, id_token(sub="another"))
    assert failure(at) == ("identity-missing", "userinfo: another subject than in the ID token")


def test_a_business_that_names_no_issuer_knows_nobody(provider: Provider, at: Business) -> None:
    at.provider_issuer = ""
    assert failure(at) == ("identity-missing", "the business names no issuer")


def test_a_disabled_user_may_not_sign_in(provider: Provider, at: Business) -> None:
    from authenticate_app.accounts.models import User
    from authenticate_app.messages.models import LinkedIdentity

    user = User.objects.create_user("jane", is_active=False)
    LinkedIdentity.objects.create(user=user, issuer=ISSUER, subject=SUBJECT, created_at=timezone.now())
    assert failure(at)[0] == "identity-refused"


# Bad answers


@pytest.mark.parametrize(
    ("answer", "reason", "detail"),
    [
        ({"status": 400, "body": {"error": "invalid_grant"}}, "exchange-failed", "token: 400 invalid_grant"),
        ({"status": 401, "body": {"error": "Who <b>are</b> you?"}}, "exchange-failed", "token: 401"),
        ({"status": 400, "body": b"\xff"}, "exchange-failed", "token: 400"),
        ({"status": 500, "body": b"oh"}, "provider-unavailable", "token: 500"),
        ({"status": 503, "body": b""}, "provider-unavailable", "token: 503"),
        ({"status": 429, "body": b""}, "provider-unavailable", "token: 429"),
        ({"status": 302, "body": b"", "headers": {"Location": "/userinfo"}}, "exchange-failed", "token: 302"),
        ({"status": 307, "body": b"", "headers": {"Location": "/token2"}}, "exchange-failed", "token: 307"),
        ({"status": 204, "body": b""}, "exchange-failed", "token: 204"),
        ({"body": b""}, "exchange-failed", "token: no JSON object"),
        ({"body": b"<html>"}, "exchange-failed", "token: no JSON object"),
        ({"body": b'{"access_token": "x"'}, "exchange-failed", "token: no JSON object"),
        ({"body": b'{"access_token": NaN}'}, "exchange-failed", "token: no JSON object"),
        ({"body": b"[" * 50_000}, "exchange-failed", "token: no JSON object"),
        ({"body": ["access_token"]}, "exchange-failed", "token: no JSON object"),
        ({"body": "x"}, "exchange-failed", "token: no JSON object"),
        ({"body": {}}, "exchange-failed", "token: no access_token"),
        ({"body": {"access_token": ""}}, "exchange-failed", "token: no access_token"),
        ({"body": {"access_token": 7}}, "exchange-failed", "token: no access_token"),
        ({"body": {"access_token": "x\r\nX-Evil: 1"}}, "exchange-failed", "token: no access_token"),
        ({"body": {"access_token": "ü"}}, "exchange-failed", "token: no access_token"),
        ({"body": {"access_token": "x" * 9000}}, "exchange-failed", "token: no access_token"),
        ({"body": {"access_token": "x", "token_type": "mac"}}, "exchange-failed", "token: no bearer token"),
        ({"body": {"access_token": "x", "token_type": None}}, "exchange-failed", "token: no bearer token"),
        ({"body": {"error": "invalid_grant"}}, "exchange-failed", "token: no access_token"),
    ],
)
def test_a_bad_token_answer_ends_it(
    provider: Provider, at: Business, answer: dict[str, Any], reason: str, detail: str
) -> None:
    provider.answer("/token", **answer)
    assert failure(at) == (reason, detail)
    assert len(provider.asked) == 1


@pytest.mark.parametrize(
    ("answer", "reason", "detail"),
    [
        ({"status": 401, "body": {}}, "exchange-failed", "userinfo: 401"),
        ({"status": 302, "body": b"", "headers": {"Location": "/token"}}, "exchange-failed", "userinfo: 302"),
        ({"status": 502, "body": b""}, "provider-unavailable", "userinfo: 502"),
        ({"body": {"name": "Jane"}}, "identity-missing", "userinfo: no subject"),
        ({"body": {"sub": ""}}, "identity-missing", "userinfo: no subject"),
        ({"body": {"sub": 7}}, "identity-missing", "userinfo: no subject"),
        ({"body": {"sub": "x\x00"}}, "identity-missing", "userinfo: no subject"),
        ({"body": {"sub": "x" * 256}}, "identity-missing", "userinfo: no subject"),
    ],
)
def test_a_bad_userinfo_answer_ends_it(
    provider: Provider, at: Business, answer: dict[str, Any], reason: str, detail: str
) -> None:
    provider.answer("/userinfo", **answer)
    assert failure(at) == (reason, detail)


def test_a_huge_answer_is_not_read(provider: Provider, at: Business) -> None:
    provider.answer("/token", b" " * 3_000_000)
    assert failure(at) == ("exchange-failed", "token: AnswerTooLarge")


def test_an_answer_that_grows_when_unpacked_is_not_unpacked(provider: Provider, at: Business) -> None:
    provider.answer("/token", gzip.compress(b" " * 3_000_000), headers={"Content-Encoding": "gzip"})
    assert failure(at) == ("exchange-failed", "token: AnswerCompressed")


@pytest.mark.parametrize("url", ["http://127.0.0.1/token", "https://127.0.0.1/token", "https://169.254.169.254/token"])
def test_an_address_that_is_not_allowed_any_more_is_not_asked(at: Business, settings: Any, url: str) -> None:
    settings.PRIVATE_ADDRESSES = False
    at.token_url = url
    assert failure(at) == ("exchange-failed", "token: AddressRefused")


def test_a_provider_that_is_not_there(at: Business) -> None:
    at.token_url = "http://127.0.0.1:1/token"
    reason, detail = failure(at)
    assert (reason, detail.partition(":")[0]) == ("provider-unavailable", "token")


@pytest.mark.parametrize("url", ["", "token", "ftp://127.0.0.1/token", "http://", "http://[::1", "http://\x00"])
def test_an_address_that_is_none(at: Business, url: str) -> None:
    at.token_url = url
    assert failure(at)[0] in {"provider-unavailable", "exchange-failed"}


def hang_up(handler: BaseHTTPRequestHandler) -> None:
    handler.close_connection = True


def promise_more(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}")
    handler.close_connection = True


def babble(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"\x00\x01\x02" * 100)
    handler.close_connection = True


@pytest.mark.parametrize("act", [hang_up, promise_more, babble])
def test_a_connection_that_breaks(provider: Provider, at: Business, act: Any) -> None:
    provider.answer("/token", act=act)
    assert failure(at)[0] == "provider-unavailable"


# Slow answers


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provider_calls, "PATIENCE_SECONDS", 0.5)


class Dripping:
    """Writes a byte now and then, until the test is over."""

    def __init__(self, first: bytes) -> None:
        self.first = first
        self.over = threading.Event()

    def __call__(self, handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(self.first)
        while not self.over.wait(0.1):
            handler.wfile.write(b"x")
            handler.wfile.flush()


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    "first",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nX-Slow: ",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
    ],
)
def test_a_slow_answer_is_not_waited_for(provider: Provider, at: Business, first: bytes) -> None:
    dripping = Dripping(first)
    provider.answer("/token", act=dripping)
    began = time.monotonic()
    try:
        assert failure(at)[0] == "provider-unavailable"
    finally:
        dripping.over.set()
    assert time.monotonic() - began < 3


# A bounded number at once


def test_a_provider_that_hangs_holds_few_threads_and_none_of_other_businesses(
    provider: Provider, at: Business, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provider_calls, "places", Places(total=3, each=2))
    waiting, go_on = threading.Semaphore(0), threading.Event()

    def hang(handler: BaseHTTPRequestHandler) -> None:
        waiting.release()
        go_on.wait(30)

    provider.answer("/hangs", act=hang)
    call = provider_calls.Call("userinfo", provider.url("/hangs"), {})
    quick = provider_calls.Call("userinfo", provider.url("/userinfo"), {})

    def ask() -> str:
        with pytest.raises(provider_calls.ProviderFailed) as failed:
            provider_calls.answer_to(call, business_pk=1)
        return failed.value.reason.value

    with ThreadPoolExecutor(2) as pool:
        asked = [pool.submit(ask) for _ in range(2)]
        assert waiting.acquire(timeout=30)
        assert waiting.acquire(timeout=30)
        assert ask() == "provider-busy"
        assert provider_calls.answer_to(quick, business_pk=2) == USERINFO
        go_on.set()
        assert [each.result(timeout=30) for each in asked] == ["provider-unavailable"] * 2
    assert provider_calls.answer_to(quick, business_pk=1) == USERINFO


# What is kept


def test_claims_are_cut_to_what_can_be_kept() -> None:
    address = {"street_address": "Main Street 1", "country": "US"}
    said = {
        "sub": "x",
        "iss": ISSUER,
        "aud": "me",
        "groups": ["a", "b"],
        "address": address,
        "age": 7,
        "nul": "a\x00b",
        "nested": {"a": ["\x00"]},
        "huge": "x" * 2000,
        "n" * 300: 1,
        "infinite": float("inf"),
        "nothing": None,
    }
    assert kept(said) == {"sub": "x", "groups": ["a", "b"], "address": address, "age": 7, "nothing": None}
    assert len(kept({f"claim-{number}": number for number in range(500)})) == 50
