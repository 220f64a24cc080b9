"""Messages of customers as they are stored, waiting to be processed."""

import base64
import json
import uuid
from datetime import datetime
from typing import Any

import pytest

from authenticate_app.messages import processing
from authenticate_app.messages.models import (
    Conversation,
    InboundMessage,
    OutboundMessage,
    SignInRequest,
    WebhookDelivery,
)
from tests.messages import phone
from tests.messages.apple import CAPABILITIES, text
from tests.messages.story import ASKED, WEBHOOK
from tests.messages.world import business, conversation, sign_in

AUTHENTICATION = "com.apple.icloud.messages.business.authentication.error"


@pytest.fixture
def at(db: None) -> Conversation:
    """A conversation at a business that is told of everything, and allows both flows."""
    return conversation(business(webhook_url=WEBHOOK, allows_legacy_flow=True), now=ASKED)


@pytest.fixture
def legacy(at: Conversation) -> SignInRequest:
    """A request in the legacy flow."""
    Conversation.objects.update(capabilities=["AUTH"])
    return sign_in(at, now=ASKED)


def handed_on() -> list[dict[str, Any]]:
    """What the business's system was told of messages."""
    found = WebhookDelivery.objects.filter(event="message.received").order_by("created_at")
    return [payload["data"] for payload in found.values_list("payload", flat=True)]


def received(at: Conversation, message: dict[str, Any], *, now: datetime, **fields: Any) -> InboundMessage:
    """Store a message as the webhook does."""
    identified = {**message, "sourceId": at.customer_id, "destinationId": at.business.business_id}
    given = {
        "business": at.business,
        "message_id": identified["id"],
        "customer_id": at.customer_id,
        "capabilities": CAPABILITIES,
        "received_at": now,
        "body": json.dumps(identified).encode(),
        **fields,
    }
    return InboundMessage.objects.create(**given)


def process(at: Conversation, message: dict[str, Any], *, now: datetime, **fields: Any) -> InboundMessage:
    """Store a message and process it at once."""
    stored = received(at, message, now=now, **fields)
    processing.process(inbound_id=stored.pk, now=now)
    stored.refresh_from_db()
    return stored


def reply(asked: SignInRequest | uuid.UUID, status: str | None, **authenticate: Any) -> dict[str, Any]:
    """What a phone sends that was asked to sign in."""
    identifier = asked.pk if isinstance(asked, SignInRequest) else asked
    answered = {"requestIdentifier": str(identifier), "authenticate": {"status": status, **authenticate}}
    return text(type="interactive", body=None, interactiveData={"bid": "extension", "data": answered})


def failure(domain: str, code: int) -> dict[str, Any]:
    """The part of a reply of the legacy flow that says what went wrong."""
    return {"errors": [{"domain": domain, "code": code, "message": "The operation could not be completed."}]}


def sealed(asked: SignInRequest, access_token: str) -> str:
    """An access token as the phone encrypts it for us."""
    from authenticate_app.keys.encryption import decrypt

    body = json.loads(decrypt(bytes(OutboundMessage.objects.get(sign_in=asked).encrypted_body)))
    key = body["interactiveData"]["data"]["authenticate"]["oauth2"]["responseEncryptionKey"]
    exchange = next(phone.exchanges(key, first_scalar=asked.pk.int % 10**9 + 2))
    return base64.b64encode(phone.encrypt(access_token.encode(), exchange)).decode()
