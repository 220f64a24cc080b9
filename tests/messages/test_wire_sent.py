import base64
import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError

from authenticate_app.messages.models import Business, Conversation, SignInRequest
from authenticate_app.messages.wire import AuthenticateRequestBody, Oauth2, sign_in_body, text_body

MESSAGE = UUID("11111111-1111-4111-8111-111111111111")
REQUEST = UUID("22222222-2222-7222-8222-222222222222")
SESSION = UUID("33333333-3333-4333-8333-333333333333")
CUSTOMER = "urn:mbid:AQAAY5h7q1"
STATE = "k3Yt0oQb1y7mP2Zr8sUvWxA5"
PICTURE = b"\x89PNG picture"
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def a_business(**fields: Any) -> Business:
    given = {
        "business_id": "vision-business",
        "request_title": "Please sign in",
        "request_subtitle": "to Vision Shop",
        "reply_title": "Signed in",
        "image": PICTURE,
        "image_style": "small",
        **fields,
    }
    return Business(**given)


def body(flow: str, business: Business | None = None, **fields: Any) -> dict[str, Any]:
    business = business or a_business()
    sign_in = SignInRequest(
        id=REQUEST,
        flow=flow,
        scopes=fields.pop("scopes", "openid email"),
        session_identifier=SESSION,
        conversation=Conversation(customer_id=CUSTOMER),
    )
    given = {"state": STATE, "client_secret": "secret", "response_encryption_key": "BBDj", **fields}
    raw_body = sign_in_body(business=business, sign_in=sign_in, message_id=MESSAGE, **given)
    parsed: dict[str, Any] = json.loads(raw_body)
    AuthenticateRequestBody.model_validate_json(raw_body)
    return parsed


def test_the_new_flows_message_is_the_one_of_the_contract(settings: Any) -> None:
    settings.PUBLIC_BASE_URL = "https://chat.example.com"
    assert body("new") == {
        "v": 1,
        "type": "interactive",
        "id": str(MESSAGE),
        "sourceId": "vision-business",
        "destinationId": CUSTOMER,
        "interactiveData": {
            "bid": (
                "com.apple.messages.MSMessageExtensionBalloonPlugin:0000000000:"
                "com.apple.icloud.apps.messages.business.extension"
            ),
            "sessionIdentifier": str(SESSION),
            "data": {
                "version": "2.0",
                "requestIdentifier": str(REQUEST),
                "images": [{"identifier": "1", "data": base64.b64encode(PICTURE).decode()}],
                "authenticate": {
                    "oauth2": {
                        "responseType": "code",
                        "scope": ["openid", "email"],
                        "state": STATE,
                        "redirectURI": "https://chat.example.com/amb/oauth/callback",
                    }
                },
            },
            "receivedMessage": {
                "title": "Please sign in",
                "subtitle": "to Vision Shop",
                "imageIdentifier": "1",
                "style": "small",
            },
            "replyMessage": {"title": "Signed in", "imageIdentifier": "1", "style": "small"},
        },
    }


def test_the_legacy_flows_message_bears_secret_and_key_and_no_callback() -> None:
    data = body("legacy")["interactiveData"]["data"]
    assert data["version"] == "1.0"
    assert data["authenticate"]["oauth2"] == {
        "responseType": "code",
        "scope": ["openid", "email"],
        "state": STATE,
        "clientSecret": "secret",
        "responseEncryptionKey": "BBDj",
    }
    assert data.keys() == {"version", "requestIdentifier", "images", "authenticate"}


def test_no_secret_leaves_in_the_new_flow() -> None:
    assert "secret" not in json.dumps(body("new", client_secret="secret"))


def test_the_version_of_the_new_flow_is_the_businesss() -> None:
    assert body("new", a_business(new_flow_version="1.0"))["interactiveData"]["data"]["version"] == "1.0"


def test_without_picture_or_subtitle_nothing_stands_for_them() -> None:
    interactive = body("new", a_business(image=b"", request_subtitle=""))["interactiveData"]
    assert interactive["data"]["images"] == []
    assert interactive["receivedMessage"] == {"title": "Please sign in", "style": "small"}


@pytest.mark.parametrize(
    ("flow", "lacking"),
    [
        ("new", {"scopes": " "}),
        ("new", {"state": ""}),
        ("new", {"business": a_business(request_title="")}),
        ("new", {"business": a_business(image_style="huge")}),
        ("legacy", {"client_secret": ""}),
        ("legacy", {"response_encryption_key": ""}),
    ],
    ids=str,
)
def test_a_message_that_no_phone_would_show_is_not_made(flow: str, lacking: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"."):
        body(flow, **lacking)


@pytest.mark.parametrize(
    "mixed",
    [
        {},
        {"clientSecret": "s"},
        {"responseEncryptionKey": "k"},
        {"clientSecret": "s", "redirectURI": "https://x.example/"},
        {"redirectURI": "messages-auth://"},
        {"redirectURI": "https://x.example/", "more": 1},
    ],
    ids=str,
)
def test_one_flow_or_the_other(mixed: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Oauth2.model_validate({"responseType": "code", "scope": ["openid"], "state": "s", **mixed})


def test_the_secret_is_not_shown() -> None:
    oauth2 = Oauth2(scope=["openid"], state="s", client_secret="hidden", response_encryption_key="key")
    assert "hidden" not in repr(oauth2)


def test_a_text() -> None:
    raw_body = text_body(business_id="b", customer_id=CUSTOMER, message_id=MESSAGE, text="Grüß Gott 👋")
    assert json.loads(raw_body) == {
        "v": 1,
        "type": "text",
        "id": str(MESSAGE),
        "sourceId": "b",
        "destinationId": CUSTOMER,
        "body": "Grüß Gott 👋",
    }


@pytest.mark.parametrize("text", ["", "\ud800"])
def test_a_text_that_can_not_be_sent(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        text_body(business_id="b", customer_id=CUSTOMER, message_id=MESSAGE, text=text)
