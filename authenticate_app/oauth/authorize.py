"""``/oauth/authorize``: a browser comes with a client's wish, and goes back with a code or an error."""

import re

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseRedirectBase
from django.shortcuts import render, resolve_url
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods

from authenticate_app.accounts.sign_in import Origin
from authenticate_app.audit.events import Event
from authenticate_app.audit.services import record_of_request
from authenticate_app.oauth import authorization, metrics, observers, secrets
from authenticate_app.oauth.authorization import AuthorizationRequest, ErrorForClient, Step
from authenticate_app.oauth.context import Context
from authenticate_app.oauth.errors import ErrorCode, UntrustedRequest
from authenticate_app.oauth.posted import as_get, is_posted_by_client
from authenticate_app.oauth.purposes import WITHOUT_PKCE
from authenticate_app.oauth.scopes import SCOPES
from authenticate_app.oauth.sessions import person_of

ENDPOINT = "authorize"
BROWSER_SHAPE = re.compile(r"[A-Za-z0-9_-]{43}")
"""What ``secrets.new_token`` makes."""
AGREED = "allow"
"""The button of the consent page whose form field says that the person agrees."""


class RedirectToClient(HttpResponseRedirectBase):
    """To an address that was compared with what is registered, whatever its scheme."""

    status_code = 302
    allowed_schemes = ["https", "http"]  # noqa: RUF012 - as Django declares it


@csrf_exempt
@require_http_methods(["GET", "POST"])
def authorize(request: HttpRequest) -> HttpResponse:
    """Answer an authorization request; a POST with a query is the consent page's, which bears our token."""
    try:
        response = _posted(request) if is_posted_by_client(request) else _asked(request)
    except UntrustedRequest as untrusted:
        response = _counted(untrusted_page(request, untrusted), "untrusted")
    except ErrorForClient as refused:
        response = _counted(RedirectToClient(refused.location), refused.error.code.value)
    return kept_by_nobody(response)


def kept_by_nobody(response: HttpResponse) -> HttpResponse:
    """Let no cache keep a page or redirect of the flow, and tell its address to no other site (RFC 9700, 4.2.4).

    Ourselves it is told: with ``no-referrer``, browsers send the consent form with ``Origin: null`` (Fetch standard,
    section 3.2), which is refused as forged.
    """
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "same-origin"
    return response


def untrusted_page(request: HttpRequest, untrusted: UntrustedRequest) -> HttpResponse:
    """Tell the person that something is wrong with the application that sent them; nobody is sent anywhere."""
    shown = {
        "title": _("This link does not work"),
        "sentence": _("The application that sent you here is not registered, or asked in a way that it is not."),
        "hint": _("Go back to it and try again. If that does not help, tell the people who run it."),
        "code": untrusted.reason,
    }
    return render(request, "customer/error.html", shown, status=400)


def _posted(request: HttpRequest) -> HttpResponse:
    return _counted(as_get(request, known=authorization.KNOWN), "posted")


@csrf_protect
def _asked(request: HttpRequest) -> HttpResponse:
    context = Context(Origin.of(request), timezone.now(), person=person_of(request), browser=_browser(request))
    asked = authorization.read(request, context)
    observers.tell(asked.client, asked.state, context.now)
    step = authorization.next_step(asked, context)
    if step is Step.SIGN_IN:
        return _counted(_to_sign_in(asked, context), "sign_in")
    if step is Step.CONSENT:
        if request.method != "POST":
            return _counted(_consent_page(request, asked), "consent")
        _take_decision(request, asked, context)
    return _counted(RedirectToClient(authorization.issue_code(asked, context)), "code")


def _browser(request: HttpRequest) -> str:
    """What we gave the browser when it was last sent to the sign-in page; nothing else counts."""
    brought = request.COOKIES.get(settings.BROWSER_COOKIE_NAME, "")
    return brought if BROWSER_SHAPE.fullmatch(brought) else ""


def _to_sign_in(asked: AuthorizationRequest, context: Context) -> HttpResponse:
    """Send the browser to the sign-in page, with something by which it is known when it comes back."""
    browser = context.browser or secrets.new_token()
    back = authorization.sign_in_return(asked, path=reverse("oauth-authorize"), browser=browser, now=context.now)
    again = "?again" if context.person is not None else ""
    response = redirect_to_login(back, resolve_url(settings.LOGIN_URL) + again)
    response.set_cookie(
        settings.BROWSER_COOKIE_NAME,
        browser,
        max_age=authorization.COMES_BACK_WITHIN,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response


def _consent_page(request: HttpRequest, asked: AuthorizationRequest) -> HttpResponse:
    shown = {
        "scopes_descriptions": [SCOPES[scope] for scope in asked.scopes],
        "is_for_messages": asked.client.purpose in WITHOUT_PKCE,
    }
    return render(request, "customer/consent.html", shown)


def _take_decision(request: HttpRequest, asked: AuthorizationRequest, context: Context) -> None:
    has_agreed = AGREED in request.POST
    record_of_request(
        request,
        event=Event.CONSENT_GIVEN if has_agreed else Event.CONSENT_REFUSED,
        actor=request.user,
        target=asked.client,
        changes={"scopes": [None, list(asked.scopes)]},
        now=context.now,
    )
    if not has_agreed:
        raise authorization.refusal(asked, ErrorCode.ACCESS_DENIED, "The person refused.")


def _counted(response: HttpResponse, outcome: str) -> HttpResponse:
    metrics.count_answer(ENDPOINT, outcome)
    return response
