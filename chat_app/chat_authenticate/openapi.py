"""``chatAuthenticate`` in the API's schema, made from the declaration of its attributes (OpenAPI 3.1).

The views declare the operations as theirs (``operations``); ``add_components`` is a hook of drf-spectacular.
"""

from collections.abc import Callable
from typing import Any, Final

from django.conf import settings

from authenticate_app.oauth.scopes import CHAT_AUTHENTICATE
from chat_app.adf import codes, media_types
from chat_app.adf.openapi import (
    BASIC_SCHEME,
    ERROR_COMPONENT,
    ERROR_SCHEMA,
    HEADER_PARAMETERS,
    content,
    error_responses,
)
from chat_app.chat_authenticate import errors
from chat_app.chat_authenticate.attributes import (
    REQUEST_ATTRIBUTES,
    RESPONSE_ATTRIBUTES,
    TOLERATED,
    Attribute,
    ResponseAttribute,
)
from chat_app.chat_authenticate.releases import Release
from chat_app.chat_authenticate.schemas import RESOURCE
from chat_app.chat_authenticate.wire_types import GREATEST_LONG, SMALLEST_LONG, Form, WireType

REQUEST_COMPONENT: Final = "ChatAuthenticateRequest"
RESPONSE_COMPONENT: Final = "ChatAuthenticateResponse"
DESCRIPTION_COMPONENT: Final = "Description"
OBJECT_IN_A_STRING: Final = "json-object"
"""The format, of our own, of a string that holds a JSON object."""

NO_NUL: Final = "^[^\\u0000]*$"
LONG_PATTERN: Final = "^-?[0-9]{1,18}$"
"""Narrower by a digit than what is accepted, since a pattern cannot tell where 64 bits end."""
FLAG_PATTERN: Final = "^([Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee])$"

PATH_PARAMETERS: Final[list[dict[str, Any]]] = [
    {
        "name": "context",
        "in": "path",
        "required": True,
        "schema": {"type": "string", "enum": ["serviceApi", "crmRestApi"]},
    },
    {
        "name": "version",
        "in": "path",
        "required": True,
        "schema": {"type": "string", "enum": ["11.13.0.0", "11.13.18.05", "latest"]},
    },
]


def request_schema(release: Release) -> dict[str, Any]:
    """Return the schema of a request's body in this release."""
    attributes = [attribute for attribute in REQUEST_ATTRIBUTES if attribute.exists_in(release)]
    ignored = {attribute.name: "Only answers have it: not listened to." for attribute in RESPONSE_ATTRIBUTES}
    return {
        "type": "object",
        "description": "Null, an empty string and absence mean the same.",
        "required": [attribute.name for attribute in attributes if attribute.required],
        "properties": {attribute.name: _request_property(attribute) for attribute in attributes}
        | {name: {"description": meaning} for name, meaning in {**ignored, **TOLERATED}.items()},
        "additionalProperties": False,
    }


def response_schema(release: Release) -> dict[str, Any]:
    """Return the schema of an answer's body in this release."""
    attributes = [attribute for attribute in REQUEST_ATTRIBUTES if attribute.exists_in(release)]
    own = {attribute.name: _response_only_property(attribute) for attribute in RESPONSE_ATTRIBUTES}
    properties = {attribute.name: _response_property(attribute) for attribute in attributes} | own
    return {
        "type": "object",
        "required": [name for name in properties if name != "port"],
        "properties": properties,
        "additionalProperties": False,
    }


def _request_property(attribute: Attribute) -> dict[str, Any]:
    forms = PROPERTY_OF_FORM[attribute.form](attribute)
    if not attribute.required:
        forms = [*forms, {"type": "null"}, {"const": ""}]
    schema = forms[0] if len(forms) == 1 else {"anyOf": forms}
    shown = {"description": attribute.meaning}
    return shown | schema if attribute.default is None else shown | schema | {"default": attribute.default}


def _text(attribute: Attribute) -> list[dict[str, Any]]:
    return [{"type": "string", "minLength": 1, "maxLength": attribute.max_length, "pattern": NO_NUL}]


def _long(_attribute: Attribute) -> list[dict[str, Any]]:
    return [
        {"type": "integer", "minimum": SMALLEST_LONG, "maximum": GREATEST_LONG},
        {"type": "string", "pattern": LONG_PATTERN},
    ]


def _choice(attribute: Attribute) -> list[dict[str, Any]]:
    return [{"type": "string", "enum": list(attribute.values)}]


def _flag(_attribute: Attribute) -> list[dict[str, Any]]:
    return [{"type": "boolean"}, {"type": "string", "pattern": FLAG_PATTERN}]


def _whole_number(attribute: Attribute) -> list[dict[str, Any]]:
    digits = attribute.max_length or 1
    number = {"type": "integer", "minimum": 1 - 10 ** (digits - 1), "maximum": 10**digits - 1}
    return [number, {"type": "string", "pattern": f"^([0-9]{{1,{digits}}}|-[0-9]{{1,{digits - 1}}})$"}]


def _json_object(attribute: Attribute) -> list[dict[str, Any]]:
    return [
        {
            "type": "string",
            "maxLength": attribute.max_length,
            "format": OBJECT_IN_A_STRING,
            "contentMediaType": media_types.JSON,
            "contentSchema": {"type": "object"},
            "examples": ['{"region":"EMEA"}'],
        }
    ]


PROPERTY_OF_FORM: Final[dict[Form, Callable[[Attribute], list[dict[str, Any]]]]] = {
    Form.TEXT: _text,
    Form.LONG: _long,
    Form.CHOICE: _choice,
    Form.FLAG: _flag,
    Form.WHOLE_NUMBER: _whole_number,
    Form.JSON_OBJECT: _json_object,
}


def _response_property(attribute: Attribute) -> dict[str, Any]:
    never_null = attribute.required or attribute.default is not None
    return {"description": attribute.meaning, "type": "string" if never_null else ["string", "null"]}


def _response_only_property(attribute: ResponseAttribute) -> dict[str, Any]:
    schema: dict[str, Any] = {"description": attribute.meaning, "type": attribute.wire_type.lower()}
    return schema | {"items": LINK_SCHEMA} if attribute.wire_type is WireType.ARRAY else schema


LINK_SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["rel", "href", "name", "kind"],
    "properties": {
        "rel": {"type": "string", "enum": ["self", "canonical"]},
        "href": {"type": "string", "format": "uri"},
        "name": {"const": RESOURCE},
        "kind": {"const": "item"},
    },
}


OAUTH_SCHEME: Final = "oauth2"
SECURITY: Final[list[dict[str, list[str]]]] = [{BASIC_SCHEME: []}, {OAUTH_SCHEME: [CHAT_AUTHENTICATE]}]
"""A password, or an access token that is sent as RFC 6750 says."""

_TOKEN_FLOW: Final = {"tokenUrl": "/oauth/token", "scopes": {CHAT_AUTHENTICATE: "Ask for chat tokens."}}
SECURITY_SCHEMES: Final[dict[str, Any]] = {
    BASIC_SCHEME: {"type": "http", "scheme": "basic"},
    OAUTH_SCHEME: {
        "type": "oauth2",
        "description": "An access token in the header Authorization, after the word Bearer.",
        "flows": {
            "clientCredentials": _TOKEN_FLOW,
            "authorizationCode": {"authorizationUrl": "/oauth/authorize", **_TOKEN_FLOW},
        },
    },
}


def _header(description: str) -> dict[str, Any]:
    return {"description": description, "schema": {"type": "string"}}


CREATE_OPERATION: Final[dict[str, Any]] = {
    "operationId": "createChatAuthenticate",
    "summary": "Get a chat token for an end user",
    "description": "Answers with a signed token, good for a short time, and with the way to the chat server.",
    "tags": [RESOURCE],
    "security": SECURITY,
    "parameters": [*PATH_PARAMETERS, *HEADER_PARAMETERS],
    "requestBody": {
        "required": True,
        "content": content(REQUEST_COMPONENT, (media_types.RESOURCE_ITEM, media_types.JSON)),
    },
    "responses": {
        "201": {
            "description": "The token, and the session that goes with it is stored.",
            "headers": {
                "Location": _header("The link `self` of the answer."),
                "Content-Language": _header("The language that messages would be in."),
                "REST-Framework-Version": _header("As it was asked for."),
            },
            "content": content(RESPONSE_COMPONENT, (media_types.RESOURCE_ITEM, media_types.JSON)),
        },
        **error_responses(errors.ALL),
    },
}

DESCRIBE_OPERATION: Final[dict[str, Any]] = {
    "operationId": "describeChatAuthenticate",
    "summary": "Describe the resource",
    "description": "What the resource consists of, in the vendor's form, for programs that look before they call.",
    "tags": [RESOURCE],
    "security": SECURITY,
    "parameters": [*PATH_PARAMETERS, *HEADER_PARAMETERS],
    "responses": {
        "200": {
            "description": "The description.",
            "content": content(DESCRIPTION_COMPONENT, (media_types.DESCRIPTION, media_types.JSON)),
        },
        **error_responses(
            error
            for error in errors.ALL
            if error in {codes.FRAMEWORK_VERSION, codes.TOKEN_NOT_SENT_WELL}
            or error.status in {401, 403, 404, 405, 406, 429, 503}
        ),
    },
}

DESCRIPTION_SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["Resources"],
    "properties": {
        "Resources": {"type": "object", "required": [RESOURCE], "properties": {RESOURCE: {"type": "object"}}}
    },
}


def add_components(result: dict[str, Any], **_details: Any) -> dict[str, Any]:
    """Put the schemas that the operations refer to among the components."""
    release = Release.parse(settings.FUSION_RELEASE)
    components = result.setdefault("components", {})
    components.setdefault("schemas", {}).update(
        {
            REQUEST_COMPONENT: request_schema(release),
            RESPONSE_COMPONENT: response_schema(release),
            DESCRIPTION_COMPONENT: DESCRIPTION_SCHEMA,
            ERROR_COMPONENT: ERROR_SCHEMA,
        }
    )
    components.setdefault("securitySchemes", {}).update(SECURITY_SCHEMES)
    return result
