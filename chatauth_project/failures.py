"""What the server answers when it fails, outside of an API with its own forms of errors."""

import sys
from typing import Any

import structlog
from django.core.signals import got_request_exception
from django.db import InterfaceError, OperationalError
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse, JsonResponse

log = structlog.get_logger("chatauth.failure")

RETRY_AFTER_SECONDS = 5
AWAY = "The database cannot be reached. Try again in a few seconds."
INTERNAL = "The server failed. Its log says more under this request's id (header X-Request-ID)."


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer for an exception that nobody handled: 503 without a database, else 500.

    The answer tells nothing about the inside: JSON for clients that accept it, else plain text.
    """
    if isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        response = _answer(request, 503, AWAY)
        response["Retry-After"] = str(RETRY_AFTER_SECONDS)
        return response
    return _answer(request, 500, INTERNAL)


def _answer(request: HttpRequest, status: int, sentence: str) -> HttpResponse:
    if request.accepts("text/html"):
        return HttpResponse(sentence, status=status, content_type="text/plain; charset=utf-8")
    return JsonResponse({"status": status, "detail": sentence}, status=status)


@receiver(got_request_exception, dispatch_uid="chatauth.failure")
def _log_failure(**_signal: Any) -> None:
    """Log without the path, which can hold the name of a user."""
    error = sys.exc_info()[1]
    if isinstance(error, OperationalError | InterfaceError):
        log.error("database unreachable", error=type(error).__name__)
    else:
        log.error("request failed", exc_info=error)
