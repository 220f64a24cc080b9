"""How an answer is written: the resource as JSON, a refusal in the form that the framework version asks for."""

import json
from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from django.utils import translation
from pydantic_core import to_json

from chat_app.adf import framework_version, media_types
from chat_app.adf.errors import AdfError, Fault

_encode_ascii = json.JSONEncoder(separators=(",", ":")).encode
"""For errors, which may repeat what cannot be written in UTF-8."""


def resource(
    body: Mapping[str, Any], *, media_type: str, status: int = 200, headers: Mapping[str, str] | None = None
) -> HttpResponse:
    """Return the answer with this body; ``media_type`` is the one that was agreed on."""
    return HttpResponse(to_json(body), status=status, content_type=media_type, headers=headers)


def refusal(error: AdfError, *, version: int, accept: str | None, language: str) -> HttpResponse:
    """Return the answer to a refused request.

    Up to framework version 3 plain text, one fault to a line; from 4 on the vendor's JSON. A client that does not
    accept the one form but ``application/json`` gets the same structure under that name; one that accepts neither gets
    the form of its version all the same, because it learns more from it than from an empty answer.
    """
    with translation.override(language):
        details = [(fault, fault.detail()) for fault in error.faults]
    form = _form(version, accept)
    if form == media_types.TEXT:
        body, content_type = "\n".join(detail for _, detail in details), f"{form}; charset=utf-8"
    else:
        body, content_type = _encode_ascii(_structure(error, details)), form
    return HttpResponse(
        body.encode("utf-8", "replace"), status=error.status, content_type=content_type, headers=error.headers
    )


def _form(version: int, accept: str | None) -> str:
    own = media_types.ERROR if version >= framework_version.FIRST_WITH_ERROR_DETAILS else media_types.TEXT
    if media_types.preferred(accept, (own,)) is not None:
        return own
    return media_types.preferred(accept, (media_types.JSON,)) or own


def _structure(error: AdfError, details: list[tuple[Fault, str]]) -> dict[str, Any]:
    return {
        "title": error.faults[0].error.title,
        "status": str(error.status),
        "o:errorDetails": [
            {"detail": detail, "o:errorCode": fault.error.code, "o:errorPath": fault.path} for fault, detail in details
        ],
    }
