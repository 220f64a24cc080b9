"""Parameters of the endpoints, read strictly: what is not known is ignored, what is known comes once."""

import re
from collections.abc import Collection
from urllib.parse import parse_qsl

from django.http import HttpRequest
from django.utils.http import parse_header_parameters

from authenticate_app.oauth.errors import invalid_request
from authenticate_app.request_bodies import BodyBrokeOff, BodyTooLong, read_body

FORM = "application/x-www-form-urlencoded"
LONGEST_BODY = 64 * 1024
LONGEST_QUERY = 16 * 1024
"""Bytes. A request has no use for more, and nobody makes us work on it."""
MOST_FIELDS = 100
LONGEST_VALUE = 8192
LONGEST = {"client_id": 255, "nonce": 255, "redirect_uri": 2000, "scope": 1000}
"""Characters. The rest may be as long as ``LONGEST_VALUE``: an ID token is, as a hint."""

CONTROL_CHARACTER = re.compile(r"[\x00-\x1f\x7f]")

Parameters = dict[str, str]


def read_query(request: HttpRequest, *, known: Collection[str]) -> Parameters:
    """Return the known parameters of the query; an empty one counts as left out (RFC 6749, section 3.1).

    Raises:
        OAuthError: ``invalid_request``, for one that comes twice, is too long or holds control characters.
    """
    query = str(request.META.get("QUERY_STRING", ""))
    if len(query) > LONGEST_QUERY:
        raise invalid_request("The query is too long.")
    return _read(query, known)


def read_form(request: HttpRequest, *, known: Collection[str]) -> Parameters:
    """Return the known parameters of a form that was posted; an empty one counts as left out (RFC 6749, section 3.2).

    Raises:
        OAuthError: as in ``read_query``; and for parameters in the query, another media type, too long a body.
    """
    if request.META.get("QUERY_STRING"):
        raise invalid_request("Parameters belong in the body, not in the query.")
    media_type = parse_header_parameters(request.META.get("CONTENT_TYPE", ""))[0]
    if media_type != FORM:
        raise invalid_request(f"The body should be of the type {FORM}.")
    try:
        body = _raw_body(request).decode("utf-8")
    except UnicodeDecodeError:
        raise invalid_request("The body is not UTF-8.") from None
    return _read(body, known)


def _raw_body(request: HttpRequest) -> bytes:
    try:
        return read_body(request, limit=LONGEST_BODY)
    except BodyTooLong:
        raise invalid_request("The body is too long.") from None
    except BodyBrokeOff:
        raise invalid_request("The body broke off.") from None


def _read(encoded: str, known: Collection[str]) -> Parameters:
    try:
        pairs = parse_qsl(encoded, keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except ValueError:  # UnicodeDecodeError is one
        raise invalid_request("The parameters are too many, or not UTF-8.") from None
    found: Parameters = {}
    for name, value in pairs:
        if name in known and value:
            if name in found:
                raise invalid_request(f"The parameter {name} comes twice.")
            found[name] = _checked(name, value)
    return found


def _checked(name: str, value: str) -> str:
    if len(value) > LONGEST.get(name, LONGEST_VALUE):
        raise invalid_request(f"The parameter {name} is too long.")
    if CONTROL_CHARACTER.search(value):
        raise invalid_request(f"The parameter {name} holds a control character.")
    return value
