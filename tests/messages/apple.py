"""Apple's gateway as it posts to us, byte for byte where that is known."""

import base64
import gzip
import json
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import jwt
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from tests.messages.world import API_SECRET, MSP_ID

ADDRESS = "/amb/message"
CUSTOMER = "urn:mbid:AQAAY5h7q1"
BUSINESS = "vision-business"
CAPABILITIES = "AUTH,AUTH2,LIST,TIME,QUICK,ADDRESSES"


def token(*, secret: str = API_SECRET, at: datetime | None = None, **claims: Any) -> str:
    """Return what the gateway shows to us; a claim that is None is left out."""
    given = {"aud": MSP_ID, "iat": int((at or timezone.now()).timestamp()), **claims}
    present = {name: value for name, value in given.items() if value is not None}
    return jwt.encode(present, base64.b64decode(secret), algorithm="HS256")


def text(**fields: Any) -> dict[str, Any]:
    """Return what a customer writes."""
    return {
        "v": 1,
        "type": "text",
        "id": str(uuid.uuid4()),
        "sourceId": CUSTOMER,
        "destinationId": BUSINESS,
        "body": "Hello",
        "locale": "en_US",
        **fields,
    }


def headers_of(message: Mapping[str, Any], **changed: str | None) -> dict[str, str]:
    """Return the headers of a message; a changed one that is None is left out."""
    given = {
        "Authorization": f"Bearer {token()}",
        "id": str(message.get("id", "")),
        "source-id": str(message.get("sourceId", "")),
        "destination-id": str(message.get("destinationId", "")),
        "capability-list": CAPABILITIES,
        "device-agent": "Mozilla/5.0",
        **{name.replace("_", "-"): value for name, value in changed.items()},
    }
    return {name: value for name, value in given.items() if value is not None}


def packed(message: Mapping[str, Any]) -> bytes:
    """Return the body as Apple packs it."""
    return gzip.compress(json.dumps(message).encode(), mtime=0)


def post(
    message: Mapping[str, Any] | None = None,
    *,
    raw_body: bytes | None = None,
    method: str = "POST",
    **headers: str | None,
) -> HttpResponse:
    """Post a message of a customer; ``headers`` as ``headers_of`` has them."""
    message = text() if message is None else message
    body = packed(message) if raw_body is None else raw_body
    given = {"Content-Encoding": "gzip", **headers_of(message, **headers)}
    response = Client(raise_request_exception=False).generic(
        method, ADDRESS, body, content_type="application/json", secure=True, headers=given
    )
    assert isinstance(response, HttpResponse)
    return response
