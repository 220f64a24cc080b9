"""What the server answers when it fails, or cannot make sense of a request, outside of an API with errors of its own.

Somebody with a browser gets a page that says what to do; programs get JSON or plain text. The pages ask nothing of the
database, which may be what is away.
"""

import sys
from typing import Any

import structlog
from django.core.signals import got_request_exception
from django.db import InterfaceError, OperationalError
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views import defaults

from authenticate_app.accounts.destinations import own_path
from authenticate_app.login.branding import use_own_branding

log = structlog.get_logger("chatauth.failure")

RETRY_AFTER_SECONDS = 5
AWAY = "The database cannot be reached. Try again in a few seconds."
NOTHING_THERE = "The address leads nowhere: there is nothing to be had here."
INTERNAL = "The server failed. Its log says more under this request's id (header X-Request-ID)."
HTML = "text/html"


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer for an exception that nobody handled: 503 without a database, else 500.

    The answer tells nothing about the inside: a page for browsers, JSON for clients that accept it, else plain text.
    """
    if isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        response = _unavailable(request)
        response["Retry-After"] = str(RETRY_AFTER_SECONDS)
        return response
    if not _is_browser(request):
        return _answer(request, 500, INTERNAL)
    request_id = request.META.get("HTTP_X_REQUEST_ID", "")
    sentence = _("It is our fault, not yours. Please try again; if it stays like this, tell the business about it.")
    return _page(request, 500, title=_("Something went wrong"), sentence=sentence, code=request_id)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 400: a page for browsers, else what Django answers."""
    if not _is_browser(request):
        return defaults.bad_request(request, exception)
    return _page(request, 400)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 404: a page for browsers, else JSON or plain text.

    Django's own answer would read the form that was posted, and fail over one that is none.
    """
    if not _is_browser(request):
        return _answer(request, 404, NOTHING_THERE)
    sentence = _("The address leads nowhere. Please look whether it is complete.")
    return _page(request, 404, title=_("There is no such page"), sentence=sentence)


def _unavailable(request: HttpRequest) -> HttpResponse:
    if not _is_browser(request):
        return _answer(request, 503, AWAY)
    sentence = _("We cannot reach a part of our own at this moment. Please try again in a few seconds.")
    again = own_path(request.get_full_path())
    return _page(request, 503, title=_("Please try again"), sentence=sentence, again=again)


def _page(request: HttpRequest, status: int, **context: Any) -> HttpResponse:
    use_own_branding(request)
    return render(request, "customer/error.html", context, status=status)


def _is_browser(request: HttpRequest) -> bool:
    """Whether the client names HTML among what it accepts; programs accept anything or something else."""
    return HTML in request.headers.get("Accept", "")


def _answer(request: HttpRequest, status: int, sentence: str) -> HttpResponse:
    if request.accepts(HTML):
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
