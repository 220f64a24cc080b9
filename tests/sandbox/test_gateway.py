"""The simulated gateway takes what Apple's takes, and nothing else."""

import json
import uuid
from base64 import b64decode, b64encode
from datetime import timedelta
from typing import Any

import jwt
import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from authenticate_app.keys.encryption import decrypt
from authenticate_app.messages.gateway_tokens import sign_gateway_token
from authenticate_app.messages.models import Business, SignInRequest
from authenticate_app.messages.token_decryption import new_key_pair
from authenticate_app.messages.wire import sign_in_body, text_body
from authenticate_app.sandbox import services
from authenticate_app.sandbox.faults import Fault
from authenticate_app.sandbox.models import SandboxBubble, SandboxExchange, SandboxPayload, SandboxPhone
from authenticate_app.time_ordered import new_time_ordered_id
from tests.messages import world

ADDRESS = "/sandbox/gateway/v1"
STATE = "k3Yt0oQb1y7mP2Zr8sUvWxA5k3Yt0oQb"


def asked(phone: SandboxPhone, flow: str = "new") -> dict[str, Any]:
    """The message that this server itself makes."""
    now = timezone.now()
    sign_in = SignInRequest(
        id=new_time_ordered_id(at=now),
        business=phone.business,
        conversation=world.conversation(phone.business, customer_id=phone.customer_id),
        flow=flow,
        scopes="openid email",
        session_identifier=uuid.uuid4(),
    )
    body = sign_in_body(
        business=phone.business,
        sign_in=sign_in,
        message_id=uuid.uuid4(),
        state=STATE,
        client_secret="secret",
        response_encryption_key=new_key_pair().response_encryption_key,
    )
    message: dict[str, Any] = json.loads(body)
    return message


def token(business: Business, **claims: object) -> str:
    return sign_gateway_token(account=business.account, now=timezone.now())


def send(
    phone: SandboxPhone, body: dict[str, Any], path: str = "authenticate", /, **headers: str | None
) -> HttpResponse:
    given = {
        "authorization": f"Bearer {token(phone.business)}",
        "id": body.get("id", ""),
        "source-id": body.get("sourceId", ""),
        "destination-id": body.get("destinationId", ""),
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    response = Client().post(
        f"{ADDRESS}/{path}",
        json.dumps(body),
        content_type="application/json",
        secure=True,
        headers={name: value for name, value in given.items() if value is not None},
    )
    assert isinstance(response, HttpResponse)
    return response


@pytest.mark.parametrize("flow", ["new", "legacy"])
def test_what_this_server_makes_is_taken(phone: SandboxPhone, flow: str) -> None:
    body = asked(phone, flow)
    response = send(phone, body)
    assert response.status_code == 200, response.content
    (bubble,) = SandboxBubble.objects.all()
    message = services.sign_in_message_of(bubble)
    assert (message.flow, message.state, message.scope) == (flow, STATE, "openid email")


def test_the_same_message_again_is_one_bubble(phone: SandboxPhone) -> None:
    body = asked(phone)
    assert [send(phone, body).status_code, send(phone, body).status_code] == [200, 200]
    assert SandboxBubble.objects.count() == 1


def test_a_text_is_taken(phone: SandboxPhone) -> None:
    raw_body = text_body(
        business_id=phone.business.business_id,
        customer_id=phone.customer_id,
        message_id=uuid.uuid4(),
        text="On its way.",
    )
    assert send(phone, json.loads(raw_body), "message").status_code == 200
    assert SandboxBubble.objects.get().text == "On its way."


def test_a_text_that_no_column_holds_is_stored_all_the_same(phone: SandboxPhone) -> None:
    ends = {"sourceId": phone.business.business_id, "destinationId": phone.customer_id}
    body = {"v": 1, "type": "text", "id": str(uuid.uuid4()), "body": "a\0b", **ends}
    assert send(phone, body, "message").status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "interactiveData.data.surplus",
        "interactiveData.data.authenticate.surplus",
        "interactiveData.data.authenticate.oauth2.clientSecret",
        "interactiveData.data.authenticate.oauth2.surplus",
        "interactiveData.receivedMessage.surplus",
    ],
)
def test_a_key_too_many_is_malformed(phone: SandboxPhone, path: str) -> None:
    body = asked(phone)
    *way, last = path.split(".")
    place = body
    for step in way:
        place = place[step]
    place[last] = "x"
    assert send(phone, body).status_code == 400
    assert not SandboxBubble.objects.exists()


@pytest.mark.parametrize(
    ("flow", "field", "value"),
    [
        ("new", "scope", []),
        ("new", "scope", [""]),
        ("new", "scope", "openid"),
        ("new", "state", ""),
        ("new", "redirectURI", "messages-auth://x"),
        ("new", "responseType", "id_token"),
        ("legacy", "responseEncryptionKey", "QUFB"),
        ("legacy", "responseEncryptionKey", "?"),
        ("legacy", "clientSecret", ""),
        ("legacy", "redirectURI", "https://msp.example/callback"),
    ],
)
def test_values_that_a_phone_cannot_use_are_malformed(phone: SandboxPhone, flow: str, field: str, value: Any) -> None:
    body = asked(phone, flow)
    body["interactiveData"]["data"]["authenticate"]["oauth2"][field] = value
    assert send(phone, body).status_code == 400


@pytest.mark.parametrize("version", ["", "new", None, 2, "1.0", "2.x"])
def test_the_version_chooses_the_shape(phone: SandboxPhone, version: object) -> None:
    body = asked(phone)
    body["interactiveData"]["data"]["version"] = version
    assert send(phone, body).status_code == 400


@pytest.mark.parametrize("raw_body", [b"", b"[]", b"null", b"\xff", b'{"interactiveData": 1}', b"[" * 100_000])
def test_what_is_no_message_is_malformed(phone: SandboxPhone, raw_body: bytes) -> None:
    headers = {"authorization": f"Bearer {token(phone.business)}", "source-id": phone.business.business_id}
    response = Client().post(
        f"{ADDRESS}/authenticate", raw_body, content_type="application/json", secure=True, headers=headers
    )
    assert response.status_code == 400


@pytest.mark.parametrize("header", ["authorization", "id", "destination_id"])
def test_a_missing_header_is_told(phone: SandboxPhone, header: str) -> None:
    missing: dict[str, str | None] = {header: None}
    assert send(phone, asked(phone), **missing).status_code == 401


def test_headers_repeat_the_body(phone: SandboxPhone) -> None:
    assert send(phone, asked(phone), id=str(uuid.uuid4())).status_code == 400


def test_an_unknown_business_is_forbidden(phone: SandboxPhone) -> None:
    assert send(phone, asked(phone), source_id="somebody-else").status_code == 403


def test_a_business_that_is_not_of_the_sandbox_is_forbidden(phone: SandboxPhone) -> None:
    Business.objects.filter(pk=phone.business_id).update(is_sandbox=False)
    assert send(phone, asked(phone)).status_code == 403


def _signed(business: Business, claims: dict[str, Any], key: bytes | None = None) -> str:
    secret = b64decode(decrypt(bytes(business.account.encrypted_api_secret)))
    return jwt.encode(claims, secret if key is None else key, algorithm="HS256")


def test_tokens_that_are_not_ours_are_forbidden(phone: SandboxPhone) -> None:
    now, issuer = int(timezone.now().timestamp()), phone.business.account.msp_id
    refused = [
        _signed(phone.business, {"iss": issuer, "iat": now}, key=b"x" * 32),
        _signed(phone.business, {"iss": "somebody", "iat": now}),
        _signed(phone.business, {"aud": issuer, "iat": now}),
        _signed(phone.business, {"iss": issuer, "aud": issuer, "iat": now}),
        _signed(phone.business, {"iss": issuer}),
        _signed(phone.business, {"iss": issuer, "iat": now - 3600}),
        _signed(phone.business, {"iss": issuer, "iat": now + 3600}),
        jwt.encode({"iss": issuer, "iat": now}, "", algorithm="none"),
        "no-token",
    ]
    body = asked(phone)
    assert [send(phone, body, authorization=f"Bearer {each}").status_code for each in refused] == [403] * len(refused)


def test_an_unknown_customer_is_not_found(phone: SandboxPhone) -> None:
    body = {**asked(phone), "destinationId": "urn:mbid:nobody"}
    assert send(phone, body).status_code == 404


def test_after_the_conversation_was_deleted_nothing_is_taken(phone: SandboxPhone) -> None:
    services.delete_conversation(phone=phone, now=timezone.now())
    assert send(phone, asked(phone)).status_code == 404


def test_the_gateway_fails_twice_where_that_was_chosen(phone: SandboxPhone) -> None:
    services.prepare_phone(phone=phone, flow="new", fault=Fault.GATEWAY_FAILS)
    body = asked(phone)
    assert [send(phone, body).status_code for _time in range(4)] == [500, 500, 200, 200]


def test_the_gateway_forgets_the_customer_once_where_that_was_chosen(phone: SandboxPhone) -> None:
    services.prepare_phone(phone=phone, flow="new", fault=Fault.GATEWAY_UNKNOWN)
    body = asked(phone)
    assert [send(phone, body).status_code for _time in range(2)] == [404, 200]


def test_every_exchange_is_written_down_without_secrets(phone: SandboxPhone) -> None:
    body = asked(phone, "legacy")
    send(phone, body)
    exchange = SandboxExchange.objects.get()
    assert (exchange.method, exchange.status, exchange.sender, exchange.receiver) == ("POST", 200, "server", "gateway")
    assert body["id"] in exchange.request_body
    shown = f"{exchange.url} {exchange.request_headers} {exchange.request_body}"
    oauth2 = body["interactiveData"]["data"]["authenticate"]["oauth2"]
    for secret in (oauth2["responseEncryptionKey"], STATE, '"secret"', token(phone.business)):
        assert secret not in shown
    assert '"clientSecret": "•••(6)"' in exchange.request_body


def test_messages_are_stored_encrypted(phone: SandboxPhone) -> None:
    send(phone, asked(phone))
    assert STATE.encode() not in bytes(SandboxBubble.objects.get().encrypted_body)


@pytest.fixture
def payload(phone: SandboxPhone) -> SandboxPayload:
    return SandboxPayload.objects.create(phone=phone, ciphertext=b"secret", signature=b"\x01\x02", owner="M.owner")


def download(payload: SandboxPayload, **headers: str) -> Any:
    given = {
        "authorization": f"Bearer {token(payload.phone.business)}",
        "source-id": payload.phone.business.business_id,
        "mmcs-url": f"https://p01-content.icloud.com/{payload.pk}",
        "mmcs-signature": b64encode(b"\x01\x02").decode(),
        "mmcs-owner": "M.owner",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    return Client().get(f"{ADDRESS}/preDownload", headers=given, secure=True)


def test_a_large_reply_is_downloaded(payload: SandboxPayload) -> None:
    address = download(payload).json()["download-url"]
    assert address == f"https://chat.example.com{ADDRESS}/payloads/{payload.pk}"
    assert Client().get(address.removeprefix("https://chat.example.com"), secure=True).content == b"secret"


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("mmcs_owner", "M.other"),
        ("mmcs_signature", "AAAA"),
        ("mmcs_signature", "?"),
        ("mmcs_url", "https://p01-content.icloud.com/none"),
    ],
)
def test_who_does_not_know_all_of_it_gets_nothing(payload: SandboxPayload, header: str, value: str) -> None:
    assert download(payload, **{header: value}).status_code == 404


def decode(phone: SandboxPhone, raw_body: bytes, bid: str = "the-bid") -> HttpResponse:
    headers = {
        "authorization": f"Bearer {token(phone.business)}",
        "source-id": phone.business.business_id,
        "bid": bid,
        "accept": "*/*",
    }
    response = Client().post(
        f"{ADDRESS}/decodePayload", raw_body, content_type="application/octet-stream", secure=True, headers=headers
    )
    assert isinstance(response, HttpResponse)
    return response


def test_a_large_reply_is_decoded(phone: SandboxPhone) -> None:
    interactive = {"bid": "the-bid", "data": {"requestIdentifier": str(uuid.uuid4())}}
    response = decode(phone, json.dumps(interactive).encode())
    assert json.loads(response.content) == {"interactiveData": interactive}


@pytest.mark.parametrize("raw_body", [b"", b"\x00\xff", b"[]", b"{}", b'{"bid": "another"}', b"[" * 100_000])
def test_what_no_phone_encrypted_is_not_decoded(phone: SandboxPhone, raw_body: bytes) -> None:
    assert decode(phone, raw_body).status_code == 400


def test_phones_are_purged_after_a_day(phone: SandboxPhone) -> None:
    send(phone, asked(phone))
    now = timezone.now()
    assert services.purge(now) == 0
    assert services.purge(now + timedelta(days=1, minutes=1)) == 3
    assert not SandboxExchange.objects.exists()
