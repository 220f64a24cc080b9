"""Businesses, conversations and sign-ins to test with."""

import base64
import json
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from authenticate_app.keys.encryption import decrypt, encrypt
from authenticate_app.messages import sign_ins
from authenticate_app.messages.identity_types import Identity
from authenticate_app.messages.models import Business, Conversation, MspAccount, OutboundMessage, SignInRequest
from authenticate_app.oauth import secrets
from authenticate_app.oauth.client_services import apply_purpose
from authenticate_app.oauth.models import Client
from authenticate_app.oauth.purposes import Purpose
from authenticate_app.time_ordered import new_time_ordered_id

MSP_ID = "6bc0a1f2-0000-4000-8000-000000000001"
API_SECRET = base64.b64encode(bytes(range(32))).decode()
"""As Apple gives it out."""
CLIENT_SECRET = "abcdefghijklmnopqrstuvwxyz-0123456789"
WEBHOOK_SECRET = "whsec_" + base64.b64encode(bytes(32)).decode()
CALLBACK_PATH = "/amb/oauth/callback"


def account(**fields: Any) -> MspAccount:
    """Store an account with ``API_SECRET``; there is one for each MSP id."""
    given = {"name": "Vision MSP", "encrypted_api_secret": encrypt(API_SECRET.encode()), **fields}
    return MspAccount.objects.get_or_create(msp_id=fields.get("msp_id", MSP_ID), defaults=given)[0]


def apple_client(purpose: Purpose = Purpose.APPLE_NEW, **fields: Any) -> Client:
    """Store the client that customers of a business sign in at."""
    client = Client(
        **{
            "name": "apple",
            "display_name": "Vision Shop",
            "purpose": purpose,
            "client_secret": secrets.checksum(CLIENT_SECRET),
            "redirect_uris": f"https://chat.example.com{CALLBACK_PATH}",
            "allowed_scopes": "openid profile email",
            **fields,
        }
    )
    apply_purpose(client)
    client.save()
    return client


def business(**fields: Any) -> Business:
    """Store a business on our own server that allows the new flow."""
    given: dict[str, Any] = {
        "account": fields.get("account") or account(),
        "name": "Vision Shop",
        "business_id": "vision-business",
        "request_title": "Please sign in",
        "reply_title": "Signed in",
        "encrypted_client_secret": encrypt(CLIENT_SECRET.encode()),
        **fields,
    }
    if given.get("provider", "own") == "own" and "client" not in given:
        given["client"] = apple_client()
    return Business.objects.create(**given)


def conversation(at: Business | None = None, *, now: datetime | None = None, **fields: Any) -> Conversation:
    """Store a conversation whose customer has a new phone."""
    now = now or timezone.now()
    return Conversation.objects.create(
        **{
            "id": new_time_ordered_id(at=now),
            "business": at or business(),
            "customer_id": "urn:mbid:AQAAY5h7q1",
            "capabilities": ["AUTH", "AUTH2", "LIST"],
            "capabilities_at": now - timedelta(minutes=1),
            "created_at": now - timedelta(minutes=1),
            **fields,
        }
    )


def sign_in(at: Conversation | None = None, *, now: datetime | None = None, **fields: Any) -> SignInRequest:
    """Ask a customer to sign in; of the new flow, unless the conversation says otherwise."""
    at = at or conversation(now=now)
    given = {"business": at.business, "conversation": at, "asked_by": None, "now": now or timezone.now(), **fields}
    return sign_ins.start_sign_in(**given)


def state_of(asked: SignInRequest) -> str:
    """The OAuth parameter ``state``, as the phone reads it in its message."""
    body = json.loads(decrypt(bytes(OutboundMessage.objects.get(sign_in=asked).encrypted_body)))
    state = body["interactiveData"]["data"]["authenticate"]["oauth2"]["state"]
    assert isinstance(state, str)
    return state


def identity(**fields: Any) -> Identity:
    """Who a customer turns out to be."""
    given: dict[str, Any] = {
        "issuer": "https://chat.example.com",
        "subject": "5f0c1b6e-0000-4000-8000-000000000001",
        "claims": {"email": "john.smith@vision.com", "email_verified": True},
        "is_verified": True,
        "token_checksum": None,
        "user": None,
        **fields,
    }
    return Identity(**given)
