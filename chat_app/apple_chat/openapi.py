"""The step into a chat in the API's schema: what ``chatAuthenticate`` takes, but for who it is about."""

from typing import Any, Final

from django.conf import settings

from authenticate_app.messages.api import problems
from authenticate_app.messages.api.openapi import (
    ACCEPT_LANGUAGE,
    ALWAYS,
    OF_BODIES,
    SECURITY_SCHEME,
    TAG,
    refusals,
)
from authenticate_app.oauth.scopes import CHAT_AUTHENTICATE, MESSAGES
from chat_app.apple_chat.requests import WHO
from chat_app.chat_authenticate.openapi import RESPONSE_COMPONENT, request_schema
from chat_app.chat_authenticate.releases import Release

REQUEST_COMPONENT: Final = "CustomerChatRequest"

CREATE_CUSTOMER_CHAT: Final[dict[str, Any]] = {
    "operationId": "createCustomerChat",
    "summary": "Get a chat token for the customer who signed in",
    "description": "Gives what chatAuthenticate gives. The token needs that scope as well as the one of this API, and "
    "the user that the client acts as the role of its callers. Speaking for others is not needed.",
    "tags": [TAG],
    "security": [{SECURITY_SCHEME: [MESSAGES, CHAT_AUTHENTICATE]}],
    "parameters": [
        {"name": "sign_in_id", "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}},
        ACCEPT_LANGUAGE,
    ],
    "requestBody": {
        "required": False,
        "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{REQUEST_COMPONENT}"}}},
    },
    "responses": {
        "201": {
            "description": "The token, and the session that goes with it is stored.",
            "headers": {"Location": {"description": "The link `self`.", "schema": {"type": "string"}}},
            "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{RESPONSE_COMPONENT}"}}},
        },
        **refusals(
            (
                *ALWAYS,
                *OF_BODIES,
                problems.NOT_FOUND,
                problems.BUSINESS_INACTIVE,
                problems.NOT_SIGNED_IN,
                problems.NOT_VERIFIED,
                problems.NOT_VALID_ANY_MORE,
                problems.NO_USER,
                problems.CHAT_REFUSED,
                problems.CHAT_UNAVAILABLE,
            )
        ),
    },
}


def add_components(result: dict[str, Any], **_details: Any) -> dict[str, Any]:
    """Add the schema of the body to the components, and the second scope to the first (a hook of drf-spectacular)."""
    components = result["components"]
    schema = request_schema(Release.parse(settings.FUSION_RELEASE))
    properties = {name: value for name, value in schema["properties"].items() if name != WHO}
    components["schemas"][REQUEST_COMPONENT] = {**schema, "required": [], "properties": properties}
    scopes = components["securitySchemes"][SECURITY_SCHEME]["flows"]["clientCredentials"]["scopes"]
    scopes[CHAT_AUTHENTICATE] = "Ask for chat tokens."
    return result
