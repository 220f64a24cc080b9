"""The answer 201: body, links, headers and token, byte by byte where the specification goes so far."""

import json
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.utils import timezone
from joserfc import jwt
from joserfc.jwk import KeySet

from authenticate_app.keys import certificates
from authenticate_app.keys.keyring import keyring
from authenticate_app.keys.models import SigningKey
from chat_app.chat_authenticate.attributes import REQUEST_ATTRIBUTES
from chat_app.routing.models import Interface
from chat_app.routing.snapshot import routing
from chat_app.sessions.models import ChatToken
from tests.world import (
    BUSINESS_UNIT,
    INTERFACE,
    ITEM,
    ask,
    body_of,
    certificate,
    granted,
    refused,
    segments_of,
)

pytestmark = pytest.mark.usefixtures("world")

FOLDER = Path(__file__).parent
SAMPLE_REQUEST = (FOLDER / "chat_authenticate_request.json").read_bytes()
SAMPLE_RESPONSE: dict[str, Any] = json.loads((FOLDER / "chat_authenticate_response.json").read_text("utf-8"))
Address = tuple[str, int | None]
"""A domain, and a port if there is one."""
BASE = "https://chat.example.com/crmRestApi/resources"


# Body


def test_the_sample_request_gets_the_shape_of_the_sample_response(settings: LazySettings) -> None:
    settings.FUSION_RELEASE = "11.13.19.01.0"
    settings.PUBLIC_BASE_URL = "https://servername.fa.us2.oraclecloud.com"
    Interface.objects.filter(pk=INTERFACE).update(
        domain=SAMPLE_RESPONSE["domain"], chat_site_name=SAMPLE_RESPONSE["chatSiteName"]
    )
    body = body_of(ask(SAMPLE_REQUEST, address="/crmRestApi/resources/11.13.0.0/chatAuthenticate"))
    not_in_sample = body.keys() - SAMPLE_RESPONSE.keys()
    assert {name: body[name] for name in SAMPLE_RESPONSE if name != "jwt"} == {
        name: value for name, value in SAMPLE_RESPONSE.items() if name != "jwt"
    }
    documented = {attribute.name for attribute in REQUEST_ATTRIBUTES}
    assert not_in_sample <= documented
    ours, theirs = (json.loads(segments_of(answer["jwt"])[0]) for answer in (body, SAMPLE_RESPONSE))
    assert list(ours) == list(theirs)
    assert {**ours, "x5t": None} == {**theirs, "x5t": None}
    ours, theirs = (json.loads(segments_of(answer["jwt"])[1]) for answer in (body, SAMPLE_RESPONSE))
    assert list(ours) == [*theirs, "jti"]
    assert ours["exp"] - ours["iat"] == theirs["exp"] - theirs["iat"] == 120


def test_every_attribute_of_the_release_is_there_and_everything_is_a_string_or_null() -> None:
    body = granted()
    assert {attribute.name for attribute in REQUEST_ATTRIBUTES} <= body.keys()
    del body["links"]
    assert {type(value) for value in body.values()} == {str, type(None)}


@pytest.mark.parametrize(
    ("name", "value"), [("clientType", "CONSUMER"), ("escalationLevel", "0"), ("resumeType", None), ("question", None)]
)
def test_defaults_are_filled_in(name: str, value: str | None) -> None:
    assert granted()[name] == value


@pytest.mark.parametrize(
    "name", ["Jane Roe", "jane.roe@vision.com", "ＪＡＮＥ", " a ", "a/b?c#d&e%20", "名前 🙂", "\u00e9", "e\u0301"]
)
def test_the_end_user_is_echoed_exactly(name: str) -> None:
    body = granted(authUserName=name)
    assert body["authUserName"] == name
    payload = json.loads(segments_of(body["jwt"])[1])
    assert payload["sub"] == payload["prn"] == name


@pytest.mark.parametrize(
    ("name", "encoded"),
    [
        ("John Smith", "John%20Smith"),
        ("john.smith@vision.com", "john.smith%40vision.com"),
        ("a/b", "a%2Fb"),
        ("a~b_c-d.e", "a~b_c-d.e"),
        ("%41?#", "%2541%3F%23"),
        ("ü", "%C3%BC"),
    ],
)
@pytest.mark.parametrize("context", ["serviceApi", "crmRestApi"])
@pytest.mark.parametrize("version", ["11.13.0.0", "latest"])
def test_links(context: str, version: str, name: str, encoded: str) -> None:
    address = f"/{context}/resources/{version}/chatAuthenticate"
    response = ask(address=address, attributes={"authUserName": name}, HTTP_HOST="evil.example.com")
    href = f"{BASE}/{version}/chatAuthenticate/{encoded}"
    assert body_of(response)["links"] == [
        {"rel": rel, "href": href, "name": "chatAuthenticate", "kind": "item"} for rel in ("self", "canonical")
    ]
    assert response["Location"] == href


@pytest.mark.parametrize(
    ("chat_server", "interface", "answered", "audience_host"),
    [
        ("https://cs.example.com", ("", None), ("cs.example.com", None), "cs.example.com"),
        ("https://cs.example.com:8443", ("", None), ("cs.example.com", 8443), "cs.example.com:8443"),
        ("https://cs.example.com:443", ("", None), ("cs.example.com", None), "cs.example.com"),
        ("https://cs.example.com:8443", ("d.example.com", None), ("d.example.com", None), "d.example.com"),
        ("https://cs.example.com", ("d.example.com", 443), ("d.example.com", None), "d.example.com"),
        ("https://cs.example.com", ("d.example.com", 8443), ("d.example.com", 8443), "d.example.com:8443"),
        ("https://cs.example.com", ("d.example.com:9443", None), ("d.example.com:9443", None), "d.example.com:9443"),
    ],
)
def test_the_chat_server(
    chat_server: str, interface: Address, answered: Address, audience_host: str, settings: LazySettings
) -> None:
    settings.CHAT_SERVER_URL = chat_server
    Interface.objects.filter(pk=INTERFACE).update(domain=interface[0], port=interface[1])
    routing.forget()
    body = granted()
    assert (body["domain"], body.get("port")) == answered
    assert ("port" in body) is (answered[1] is not None)
    payload = json.loads(segments_of(body["jwt"])[1])
    assert payload["aud"] == f"https://{audience_host}/engagement/api/consumer/site-1"


def test_site_and_pool_are_those_of_the_interface() -> None:
    body, other = granted(), granted(businessUnitOrgId=BUSINESS_UNIT)
    assert (body["chatSiteName"], body["poolId"]) == ("site-1", "353:2")
    assert (other["chatSiteName"], other["poolId"]) == ("site-5", "7:1")


def test_headers() -> None:
    response = ask()
    assert response["Cache-Control"] == "no-store"
    assert response["Content-Type"] == ITEM
    assert response["X-Content-Type-Options"] == "nosniff"
    assert int(response["Content-Length"]) == len(response.content)
    assert "Set-Cookie" not in response
    assert len(response["X-Request-ID"]) == 32


# Token


def test_the_header_of_the_token_byte_by_byte() -> None:
    header, _ = segments_of(granted()["jwt"])
    x5t = certificates.thumbprint(certificate())
    assert header == f'{{"alg":"RS256","typ":"JWT","x5t":"{x5t}","kid":"trustservice"}}'.encode()


def test_the_payload_of_the_token_byte_by_byte() -> None:
    _, payload = segments_of(granted(authUserName='Zoë "Z" Roe')["jwt"])
    claims = json.loads(payload)
    token = ChatToken.objects.get()
    issued = int(token.issued_at.timestamp())
    expected = {
        "exp": issued + 120,
        "sub": 'Zoë "Z" Roe',
        "aud": "https://chat-server.example.com/engagement/api/consumer/site-1",
        "iss": "Fusion Apps",
        "prn": 'Zoë "Z" Roe',
        "iat": issued,
        "jti": str(token.jti),
    }
    assert claims == expected
    assert payload == json.dumps(expected, ensure_ascii=False, separators=(",", ":")).encode()


@pytest.mark.parametrize("seconds", [30, 120, 600])
def test_the_life_of_a_token_is_a_setting(seconds: int, settings: LazySettings) -> None:
    settings.TOKEN_LIFETIME = timedelta(seconds=seconds)
    claims = json.loads(segments_of(granted()["jwt"])[1])
    assert claims["exp"] - claims["iat"] == seconds
    assert abs(claims["iat"] - timezone.now().timestamp()) < 60


def test_the_issuer_is_a_setting(settings: LazySettings) -> None:
    settings.TOKEN_ISSUER = "Somebody Else"
    assert json.loads(segments_of(granted()["jwt"])[1])["iss"] == "Somebody Else"


def test_every_token_has_an_id_of_its_own_that_is_stored() -> None:
    ids = {uuid.UUID(json.loads(segments_of(granted()["jwt"])[1])["jti"]) for _ in range(5)}
    assert ids == set(ChatToken.objects.values_list("jti", flat=True))
    assert len(ids) == 5


def test_the_token_verifies_against_the_published_key_set() -> None:
    token = granted()["jwt"]
    response = ask(b"", method="GET", address="/.well-known/jwks.json")
    published = json.loads(response.content)
    keys = KeySet.import_key_set(published)
    assert jwt.decode(token, keys, algorithms=["RS256"]).claims["sub"] == "Jane Roe"
    assert published["keys"][0]["x5t"] == json.loads(segments_of(token)[0])["x5t"]


# Keys


def test_without_a_signing_key_there_is_no_token() -> None:
    SigningKey.objects.all().delete()
    keyring.forget()
    response = ask()
    assert (response.status_code, response["Retry-After"]) == (503, "5")
    assert refused() == [("CHAT-50305", "")]
    assert not ChatToken.objects.exists()


def test_a_revoked_key_signs_nothing_from_the_next_request() -> None:
    assert ask().status_code == ask().status_code == 201
    SigningKey.objects.update(revoked_at=timezone.now())
    assert refused() == [("CHAT-50305", "")]


def test_a_key_that_takes_over_at_once_signs_at_once() -> None:
    """``iat`` is a whole second, and lies before the moment at which such a key began to sign."""
    SigningKey.objects.update(signs_from=timezone.now())
    assert ask().status_code == 201


@pytest.mark.parametrize(
    "change",
    [
        {"signs_from": timezone.now() + timedelta(days=1)},
        {"retired_at": timezone.now() - timedelta(days=1)},
        {"encrypted_private_key": b""},
        {"encrypted_private_key": b"not encrypted by us"},
    ],
    ids=["announced", "retired", "wiped", "undecryptable"],
)
def test_only_a_signing_key_signs(change: dict[str, object]) -> None:
    SigningKey.objects.update(**change)
    assert refused() == [("CHAT-50305", "")]
