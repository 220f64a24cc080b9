import json
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from authenticate_app.keys.encryption import decrypt
from authenticate_app.messages import sign_ins
from authenticate_app.messages.identity_types import Identity
from authenticate_app.messages.models import Business, Conversation, OutboundMessage, SignInRequest
from authenticate_app.messages.reasons import Reason
from authenticate_app.oauth.models import Client
from tests.messages.api.conftest import Call
from tests.messages.world import business, conversation


def start(call: Call, chat: Conversation, *, key: str | None = None, **asked: object) -> Any:
    headers = {} if key is None else {"Idempotency-Key": key}
    return call("POST", f"/conversations/{chat.pk}/sign-in-requests", json=asked, headers=headers)


def state_of(sign_in: SignInRequest) -> str:
    """The state that the customer's phone gets to know."""
    body = json.loads(decrypt(bytes(sign_in.message.encrypted_body)))
    return str(body["interactiveData"]["data"]["authenticate"]["oauth2"]["state"])


def test_a_request_is_stored_and_its_message_queued(call: Call, chat: Conversation, integration: Client) -> None:
    response = start(call, chat, reference="case 7")
    assert response.status_code == 201
    given = response.json()
    stored = SignInRequest.objects.get(pk=given["id"])
    assert response["Location"].endswith(f"/sign-in-requests/{stored.pk}")
    assert (given["state"], given["flow"], given["reference"]) == ("created", "new", "case 7")
    assert (given["business"], given["customer"]) == ("vision-business", chat.customer_id)
    assert given["scopes"] == ["openid", "profile", "email"]
    assert given["result"] is None
    assert stored.asked_by == integration
    assert OutboundMessage.objects.get(sign_in=stored).state == OutboundMessage.State.WAITING


def test_no_secret_is_in_an_answer(call: Call, chat: Conversation) -> None:
    response = start(call, chat)
    stored = SignInRequest.objects.get()
    for secret in (stored.state_checksum, str(stored.session_identifier)):
        assert secret not in response.content.decode()


def test_scopes_can_be_fewer_but_not_others(call: Call, chat: Conversation) -> None:
    assert start(call, chat, scopes=["openid"]).json()["scopes"] == ["openid"]
    refused = start(call, chat, scopes=["openid", "chat"])
    assert refused.status_code == 400
    assert refused.json()["errors"] == [
        {"where": "/scopes/1", "detail": "The business asks for these only: openid profile email."}
    ]


def test_without_openid_nobody_would_be_learned(call: Call, chat: Conversation) -> None:
    refused = start(call, chat, scopes=["email"])
    assert refused.status_code == 400
    assert [fault["where"] for fault in refused.json()["errors"]] == ["/scopes"]


def test_the_same_key_gives_the_same_request(call: Call, chat: Conversation) -> None:
    first, second = start(call, chat, key="k1"), start(call, chat, key="k1")
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json()["id"] == second.json()["id"]
    assert OutboundMessage.objects.count() == 1


def test_the_same_key_for_something_else_is_refused(call: Call, chat: Conversation) -> None:
    start(call, chat, key="k1")
    refused = start(call, chat, key="k1", reference="another")
    assert refused.status_code == 422
    assert refused.json()["code"] == "idempotency-key-reused"


@pytest.mark.parametrize("key", ["", "x" * 256, "caf\u00e9", "a\tb"])
def test_an_odd_key_is_refused(call: Call, chat: Conversation, key: str) -> None:
    refused = start(call, chat, key=key)
    assert refused.status_code == 400
    assert refused.json()["errors"][0]["where"] == "Idempotency-Key"


def test_a_device_that_cannot_sign_in_is_told_and_kept(call: Call, shop: Business, integration: Client) -> None:
    chat = conversation(shop, capabilities=["LIST"])
    refused = start(call, chat)
    assert refused.status_code == 409
    assert refused.json()["code"] == "device-cannot-sign-in"
    stored = SignInRequest.objects.get(pk=refused.json()["sign_in_request"])
    assert stored.state == SignInRequest.State.UNSUPPORTED
    assert not OutboundMessage.objects.exists()


def test_a_closed_conversation_takes_nothing(call: Call, shop: Business, integration: Client) -> None:
    chat = conversation(shop, closed_at=timezone.now())
    assert start(call, chat).json()["code"] == "conversation-closed"
    texted = call("POST", f"/conversations/{chat.pk}/messages", json={"text": "Hello"})
    assert (texted.status_code, texted.json()["code"]) == (409, "conversation-closed")


def test_a_business_that_is_turned_off_takes_nothing(call: Call, chat: Conversation, shop: Business) -> None:
    Business.objects.update(is_active=False)
    assert start(call, chat).json()["code"] == "business-inactive"
    texted = call("POST", f"/conversations/{chat.pk}/messages", json={"text": "Hello"})
    assert (texted.status_code, texted.json()["code"]) == (409, "business-inactive")


def test_what_succeeded_says_who_it_was(call: Call, chat: Conversation) -> None:
    sign_in = SignInRequest.objects.get(pk=start(call, chat).json()["id"])
    now = timezone.now()
    sign_in = sign_ins.consume_state(unverified_state=state_of(sign_in), now=now)
    claims = {"sub": "s1", "email": "john@example.com"}
    identity = Identity("https://chat.example.com", "s1", claims, is_verified=True, token_checksum=None, user=None)
    assert sign_ins.store_identity(sign_in=sign_in, identity=identity, now=now)
    assert call("GET", f"/sign-in-requests/{sign_in.pk}").json()["result"] is None
    sign_ins.confirm(sign_in_id=sign_in.pk, now=now)
    given = call("GET", f"/sign-in-requests/{sign_in.pk}").json()
    assert (given["state"], given["result"]["subject"]) == ("succeeded", "s1")
    assert given["result"]["claims"] == claims
    assert [step["step"] for step in given["steps"]][-1] == "succeeded"
    assert all(step["text"] for step in given["steps"])


def test_cancelling_ends_it_and_can_be_repeated(call: Call, chat: Conversation) -> None:
    path = f"/sign-in-requests/{start(call, chat).json()['id']}/cancel"
    for _attempt in range(2):
        response = call("POST", path)
        assert (response.status_code, response.json()["state"]) == (200, "cancelled")


def test_what_has_ended_otherwise_stays_so(call: Call, chat: Conversation) -> None:
    sign_in_id = uuid.UUID(start(call, chat).json()["id"])
    now = timezone.now()
    sign_ins.end(sign_in_id=sign_in_id, state=SignInRequest.State.FAILED, reason=Reason.PHONE_FAILED, now=now)
    refused = call("POST", f"/sign-in-requests/{sign_in_id}/cancel")
    assert (refused.status_code, refused.json()["code"]) == (409, "already-ended")
    assert call("GET", f"/sign-in-requests/{sign_in_id}").json()["state"] == "failed"


def test_lists_go_on_where_a_page_ended_whatever_is_added(call: Call, chat: Conversation) -> None:
    made = [start(call, chat).json()["id"] for _number in range(5)]
    first = call("GET", "/sign-in-requests?limit=2").json()
    assert [item["id"] for item in first["items"]] == [made[4], made[3]]
    start(call, chat)
    second = call("GET", first["next"].partition("/api/messages/v1")[2]).json()
    third = call("GET", second["next"].partition("/api/messages/v1")[2]).json()
    assert [item["id"] for item in second["items"] + third["items"]] == [made[2], made[1], made[0]]
    assert third["next"] is None


def test_lists_can_be_narrowed(call: Call, chat: Conversation, shop: Business) -> None:
    other = conversation(shop, customer_id="urn:mbid:other")
    mine, theirs = start(call, chat).json()["id"], start(call, other).json()["id"]
    call("POST", f"/sign-in-requests/{theirs}/cancel")
    narrowed = call("GET", f"/sign-in-requests?conversation={other.pk}").json()
    assert [item["id"] for item in narrowed["items"]] == [theirs]
    assert [item["id"] for item in call("GET", "/sign-in-requests?state=created").json()["items"]] == [mine]


@pytest.mark.parametrize(
    ("query", "where"),
    [
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=x", "limit"),
        ("state=gone", "state"),
        ("after=7", "after"),
        ("conversation=%00", "conversation"),
        ("stat=created", "stat"),
        ("limit=1&limit=2", "limit"),
    ],
)
def test_a_parameter_at_fault_is_named(call: Call, shop: Business, query: str, where: str) -> None:
    refused = call("GET", f"/sign-in-requests?{query}")
    assert refused.status_code == 400
    assert [fault["where"] for fault in refused.json()["errors"]] == [where]


def test_another_business_does_not_exist(call: Call, shop: Business) -> None:
    foreign = conversation(business(business_id="foreign", client=shop.client))
    now = timezone.now()
    theirs = sign_ins.start_sign_in(business=foreign.business, conversation=foreign, asked_by=None, now=now)
    for method, path in [
        ("GET", f"/conversations/{foreign.pk}"),
        ("POST", f"/conversations/{foreign.pk}/messages"),
        ("POST", f"/conversations/{foreign.pk}/sign-in-requests"),
        ("GET", f"/sign-in-requests/{theirs.pk}"),
        ("POST", f"/sign-in-requests/{theirs.pk}/cancel"),
        ("GET", f"/messages/{theirs.message.pk}"),
    ]:
        refused = call(method, path, json={"text": "x"} if path.endswith("/messages") else {})
        assert (method, path, refused.status_code) == (method, path, 404)
        assert refused.json()["code"] == "not-found"
    assert call("GET", "/sign-in-requests").json()["items"] == []
    assert call("GET", "/conversations").json()["items"] == []
    assert SignInRequest.objects.get(pk=theirs.pk).state == SignInRequest.State.CREATED


def test_an_answer_costs_few_queries(call: Call, chat: Conversation, django_assert_num_queries: Any) -> None:
    for _number in range(3):
        start(call, chat)
    call("GET", "/sign-in-requests")
    with django_assert_num_queries(2):  # the token, and the page
        assert len(call("GET", "/sign-in-requests").json()["items"]) == 3
    with django_assert_num_queries(2):
        call("GET", "/conversations")


def test_expired_results_keep_their_time(call: Call, chat: Conversation) -> None:
    given = start(call, chat).json()
    stored = SignInRequest.objects.get(pk=given["id"])
    assert stored.expires_at - stored.created_at == timedelta(minutes=3)
