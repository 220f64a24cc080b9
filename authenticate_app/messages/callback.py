"""``/amb/oauth/callback``: the browser sheet of the new flow ends here, and hands over to the Messages app.

The phone learns that it is over, and a number of ours at most: never a code, a token or anything of the customer.
"""

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseRedirectBase
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from authenticate_app.accounts.sign_in import Origin
from authenticate_app.login.branding import use_own_branding
from authenticate_app.messages.metrics import RETURNS
from authenticate_app.messages.reasons import CallbackError
from authenticate_app.messages.returning import Returned, take_back
from authenticate_app.oauth.errors import OAuthError
from authenticate_app.oauth.parameters import read_query

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise as StrOrPromise

SCHEME: Final = "messages-auth"
KNOWN: Final = frozenset({"state", "code", "error", "iss"})
RETRY_AFTER_SECONDS: Final = 5


class RedirectToMessages(HttpResponseRedirectBase):
    """Into the Messages app, by a scheme that browsers know from it alone."""

    status_code = 302
    allowed_schemes = [SCHEME]  # noqa: RUF012 - as Django declares it


@require_http_methods(["GET"])  # whoever looks at links beforehand, by HEAD, uses up no state
def callback(request: HttpRequest) -> HttpResponse:
    """Take a browser back from the identity provider, and send it on into the Messages app, whatever came of it.

    Only while the database is away it is not sent on: nothing is decided then, and the same address works in a moment.
    """
    use_own_branding(request)
    try:
        error = _taken_back(request)
    except (OperationalError, InterfaceError):
        return _kept_by_nobody(_try_again(request))
    RETURNS.labels("success" if error is None else error.reason.value).inc()
    return _kept_by_nobody(_into_messages(request, error))


def location_of(error: CallbackError | None) -> str:
    """The address that the phone waits for (docs/apple-messages.md): names and values exactly so, each once.

    A ``cancel`` without ``error_code`` would send no reply, and leave the bubble as if nobody had touched it.
    """
    if error is None:
        return f"{SCHEME}://?status=success"
    status = "cancel" if error is CallbackError.CONSENT_REFUSED else "failure"
    return f"{SCHEME}://?{urlencode({'status': status, 'error_code': int(error)})}"


def _taken_back(request: HttpRequest) -> CallbackError | None:
    try:
        given = read_query(request, known=KNOWN)
    except OAuthError:  # whatever came twice or broken: it is none that a provider makes of our request
        return CallbackError.STATE_UNKNOWN
    returned = Returned(
        state=given.get("state", ""),
        code=given.get("code", ""),
        error=given.get("error", ""),
        issuer=given.get("iss", ""),
    )
    return take_back(returned=returned, origin=Origin.of(request), clock=timezone.now)


def _into_messages(request: HttpRequest, error: CallbackError | None) -> HttpResponse:
    """Redirect, with a page for where a browser does not follow to an app by itself."""
    location = location_of(error)
    title, sentence = _words(error)
    shown = {"title": title, "sentence": sentence, "location": location}
    page = render_to_string("customer/back_to_messages.html", shown, request)
    return RedirectToMessages(location, content=page.encode())


def _words(error: CallbackError | None) -> "tuple[StrOrPromise, StrOrPromise]":
    if error is None:
        return _("You are signed in"), _("Go back to Messages: the business knows who it is chatting with.")
    if error is CallbackError.CONSENT_REFUSED:
        return _("You are not signed in"), _("You did not agree, so the business learns nothing of you.")
    sentence = _("Go back to Messages, and ask the business for another invitation to sign in.")
    return _("You are not signed in"), sentence


def _try_again(request: HttpRequest) -> HttpResponse:
    shown: dict[str, Any] = {
        "title": _("Please try again"),
        "sentence": _("We cannot reach a part of our own at this moment. Please try again in a few seconds."),
        "again": request.get_full_path(),
    }
    RETURNS.labels("unavailable").inc()
    response = render(request, "customer/error.html", shown, status=503)
    response["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response


def _kept_by_nobody(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "no-referrer"
    return response
