"""Answers to machines: JSON that nobody keeps, errors in the forms of RFC 6749 (5.2) and RFC 6750 (3)."""

import json
from collections.abc import Callable, Collection, Mapping
from functools import wraps
from typing import Any

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from authenticate_app.oauth import metrics
from authenticate_app.oauth.errors import ErrorCode, OAuthError

_write_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode

View = Callable[[HttpRequest], HttpResponse]
NOT_KEPT = {"Cache-Control": "no-store", "Pragma": "no-cache"}
RETRY_AFTER_SECONDS = 5
DONE = "done"


def json_answer(
    body: Mapping[str, Any], *, status: int = 200, headers: Mapping[str, str] | None = None
) -> HttpResponse:
    """Answer JSON that is not to be kept by anybody on the way."""
    text = _write_json(dict(body))
    return HttpResponse(text, status=status, content_type="application/json", headers={**NOT_KEPT, **(headers or {})})


def error_answer(error: OAuthError) -> HttpResponse:
    """Answer an error (RFC 6749, section 5.2)."""
    body = {"error": error.code.value, "error_description": error.description}
    return json_answer(body, status=error.status, headers=error.headers)


def bearer_challenge(error: OAuthError | None) -> Mapping[str, str]:
    """The header that asks for a bearer token, and says what was wrong with one (RFC 6750, section 3)."""
    told = f', error="{error.code}", error_description="{error.description}"' if error else ""
    return {"WWW-Authenticate": f'Bearer realm="oauth"{told}'}


def for_machines(endpoint: str, *, methods: Collection[str]) -> Callable[[View], View]:
    """Make a view one of an endpoint: its errors become answers, and each answer is counted.

    Nobody is recognized by a cookie there, so there is nothing that another site could make a browser do.
    """

    def decorate(view: View) -> View:
        @csrf_exempt
        @wraps(view)
        def answer(request: HttpRequest) -> HttpResponse:
            outcome, response = _answer(view, request, methods)
            metrics.count_answer(endpoint, outcome)
            return response

        return answer

    return decorate


def _answer(view: View, request: HttpRequest, methods: Collection[str]) -> tuple[str, HttpResponse]:
    try:
        if request.method not in methods:
            raise _wrong_method(methods)
        response = view(request)
    except OAuthError as error:
        return error.code.value, error_answer(error)
    except (OperationalError, InterfaceError):
        return ErrorCode.TEMPORARILY_UNAVAILABLE.value, error_answer(database_away())
    return getattr(response, "outcome", DONE), response


def _wrong_method(methods: Collection[str]) -> OAuthError:
    allowed = ", ".join(sorted(methods))
    description = f"This address takes {allowed} only."
    return OAuthError(ErrorCode.INVALID_REQUEST, description, status=405, headers={"Allow": allowed})


def database_away() -> OAuthError:
    """Say that nothing can be done right now."""
    description = "The database cannot be reached. Try again in a few seconds."
    headers = {"Retry-After": str(RETRY_AFTER_SECONDS)}
    return OAuthError(ErrorCode.TEMPORARILY_UNAVAILABLE, description, status=503, headers=headers)
