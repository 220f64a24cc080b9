"""What every operation has in common in the API's schema: headers, links, forms of errors (OpenAPI 3.1)."""

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any, Final

from chat_app.adf import framework_version, media_types
from chat_app.adf.errors import ErrorCode

ERROR_COMPONENT: Final = "Refusal"
BASIC_SCHEME: Final = "basicAuth"

HEADER_PARAMETERS: Final[list[dict[str, Any]]] = [
    {
        "name": framework_version.HEADER,
        "in": "header",
        "description": "Decides the form of errors: up to 3 plain text, from 4 on JSON. Absent means 1.",
        "schema": {"type": "string", "enum": list(framework_version.VERSIONS)},
    },
    {
        "name": "Accept-Language",
        "in": "header",
        "description": "The language of messages: English, German, French, Spanish or Japanese.",
        "schema": {"type": "string", "examples": ["de, en;q=0.8"]},
    },
    {
        "name": "Metadata-Context",
        "in": "header",
        "description": "Tolerated, without an effect.",
        "schema": {"type": "string"},
    },
]

ERROR_SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "description": "Why a request was refused. Every fault has an entry.",
    "required": ["title", "status", "o:errorDetails"],
    "properties": {
        "title": {"type": "string", "examples": ["Bad Request"]},
        "status": {"type": "string", "examples": ["400"]},
        "o:errorDetails": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["detail", "o:errorCode", "o:errorPath"],
                "properties": {
                    "detail": {"type": "string", "description": "A sentence in the language of the client."},
                    "o:errorCode": {"type": "string", "description": "Never changes and is not translated."},
                    "o:errorPath": {"type": "string", "description": "A JSON pointer; empty: the request as a whole."},
                },
            },
        },
    },
}


def reference(component: str) -> dict[str, str]:
    """Return a reference to a schema among the components."""
    return {"$ref": f"#/components/schemas/{component}"}


def content(component: str, types: Iterable[str]) -> dict[str, Any]:
    """Return the same schema under several media types."""
    return {media_type: {"schema": reference(component)} for media_type in types}


def error_responses(errors: Iterable[ErrorCode]) -> dict[str, Any]:
    """Return the responses of these errors, by status, each with its codes."""
    by_status: dict[int, list[str]] = {}
    for error in errors:
        by_status.setdefault(error.status, []).append(error.code)
    return {str(status): _error_response(status, codes) for status, codes in sorted(by_status.items())}


def _error_response(status: int, codes: list[str]) -> dict[str, Any]:
    forms = content(ERROR_COMPONENT, (media_types.ERROR, media_types.JSON))
    plain = {media_types.TEXT: {"schema": {"type": "string", "description": "One fault to a line."}}}
    return {"description": f"{HTTPStatus(status).phrase}: {', '.join(codes)}", "content": forms | plain}
