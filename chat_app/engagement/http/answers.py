"""Answers in bytes: bodies of successes and of errors, with what both have in common."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from chat_app.engagement.errors import (
    ACCESS_DENIED,
    BAD_REQUEST,
    CONFLICT,
    INTERNAL_SERVER_ERROR,
    NOT_FOUND,
    NOT_SUPPORTED,
    OF_AGENTS,
    SESSION_UNKNOWN,
    TOO_LATE,
    TOO_MANY,
    ErrorCode,
    Refused,
)
from chat_app.engagement.http.cors import Header
from chat_app.engagement.http.operations import Api
from chat_app.engagement.http.wire import Fields, common_fields, with_twins, write

JSON = (b"content-type", b"application/json; charset=utf-8")
ALWAYS: tuple[Header, ...] = (JSON, (b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff"))
RETRY_SECONDS = b"1"
BUSY_STATUS = 503

CODES_FOR_AGENTS = {
    NOT_FOUND.code: BAD_REQUEST.code,
    NOT_SUPPORTED.code: BAD_REQUEST.code,
    TOO_LATE.code: BAD_REQUEST.code,
    TOO_MANY.code: CONFLICT.code,
    SESSION_UNKNOWN.code: ACCESS_DENIED.code,
}
"""The vendor documents five codes for agents' clients; whatever else happens bears the nearest of them."""


class Written(NamedTuple):
    """An answer as it goes out."""

    status: int
    headers: list[Header]
    body: bytes


class Served(NamedTuple):
    """What every answer says of its request: its body as the client sent it, and when it was served."""

    asked: Fields
    began: datetime
    finished: datetime


def success(fields: Fields, served: Served, headers: Iterable[Header]) -> Written:
    """Write an answer with the status 200."""
    return _written(200, {**common_fields(*served), **fields}, headers)


def refusal(refused: Refused, api: Api, served: Served, headers: Iterable[Header]) -> Written:
    """Write an error."""
    error = refused.error
    common = common_fields(*served)
    fields: dict[str, Any] = {"title": error.title, "detail": refused.detail, "errorCode": code_for(api, error)}
    written = _written(error.status, {**common, **fields}, headers, status=error.status)
    if error.status == BUSY_STATUS:
        written.headers.append((b"retry-after", RETRY_SECONDS))
    return written


def code_for(api: Api, error: ErrorCode) -> str:
    """Return the ``errorCode`` of an answer."""
    if api is Api.CONSUMER or error in OF_AGENTS:
        return error.code
    return CODES_FOR_AGENTS.get(error.code, INTERNAL_SERVER_ERROR.code)


def empty(headers: Iterable[Header]) -> Written:
    """Write an answer without a body, to a preflight request."""
    return Written(200, [*headers, (b"content-length", b"0")], b"")


def _written(http_status: int, fields: Fields, headers: Iterable[Header], **plain: int) -> Written:
    body = write({**with_twins(fields), **plain})
    return Written(http_status, [*ALWAYS, *headers, (b"content-length", str(len(body)).encode())], body)
