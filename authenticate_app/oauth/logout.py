"""``/oauth/logout``: a client lets its person sign out here as well (OpenID Connect RP-Initiated Logout 1.0)."""

from dataclasses import dataclass

from django.contrib.auth import logout
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods

from authenticate_app.audit.events import Event
from authenticate_app.audit.services import record_of_request
from authenticate_app.oauth import metrics
from authenticate_app.oauth.authorization import with_parameters
from authenticate_app.oauth.authorize import RedirectToClient, kept_by_nobody, untrusted_page
from authenticate_app.oauth.clients import find_client
from authenticate_app.oauth.context import SignedInPerson
from authenticate_app.oauth.errors import OAuthError, UntrustedRequest
from authenticate_app.oauth.models import Client
from authenticate_app.oauth.parameters import Parameters, read_query
from authenticate_app.oauth.policies import letting_forms_lead_to, targets_of
from authenticate_app.oauth.posted import as_get, is_posted_by_client
from authenticate_app.oauth.services import revoke_all
from authenticate_app.oauth.sessions import person_of
from authenticate_app.oauth.tokens import VerifiedHint, verify_hint

ENDPOINT = "logout"
KNOWN = frozenset({"id_token_hint", "client_id", "post_logout_redirect_uri", "state", "ui_locales"})


@dataclass(frozen=True, slots=True)
class LogoutRequest:
    """A request that was looked at. ``hint``: an ID token of ours that came with it."""

    client: Client | None
    hint: VerifiedHint | None
    redirect_uri: str
    state: str

    def is_about(self, person: SignedInPerson | None) -> bool:
        """Whether nobody has to be asked: the client knows who is signed in, or nobody is."""
        return person is None or (self.hint is not None and self.hint.subject == str(person.user.subject))


@csrf_exempt
@require_http_methods(["GET", "POST"])
def end_session(request: HttpRequest) -> HttpResponse:
    """Answer a logout request. Without an ID token of the person who is signed in, they are asked first (section 2)."""
    return kept_by_nobody(_confirmed(request) if _is_own_form(request) else _asked(request))


def _is_own_form(request: HttpRequest) -> bool:
    return request.method == "POST" and not is_posted_by_client(request)


def _asked(request: HttpRequest) -> HttpResponse:
    try:
        if request.method == "POST":
            return as_get(request, known=KNOWN)
        asked = _read(request)
    except UntrustedRequest as untrusted:
        return _untrusted(request, untrusted)
    if asked.is_about(person_of(request)):
        return _sign_out(request, asked)
    metrics.count_answer(ENDPOINT, "confirm")
    response = render(request, "customer/sign_out.html")
    return _letting_lead_back(asked, response)


@csrf_protect
def _confirmed(request: HttpRequest) -> HttpResponse:
    """The person agreed, on our own page."""
    try:
        return _sign_out(request, _read(request))
    except UntrustedRequest as untrusted:
        return _untrusted(request, untrusted)


def _read(request: HttpRequest) -> LogoutRequest:
    try:
        parameters = read_query(request, known=KNOWN)
    except OAuthError as error:
        raise UntrustedRequest(error.description) from None
    hint = verify_hint(parameters["id_token_hint"], now=timezone.now()) if "id_token_hint" in parameters else None
    client = _client(parameters, hint)
    redirect_uri = parameters.get("post_logout_redirect_uri", "")
    if redirect_uri and (client is None or not client.post_logout_redirect_uri_allowed(redirect_uri)):
        raise UntrustedRequest("Mismatching post_logout_redirect_uri.")
    return LogoutRequest(client, hint, redirect_uri, parameters.get("state", ""))


def _client(parameters: Parameters, hint: VerifiedHint | None) -> Client | None:
    client_id = parameters.get("client_id", hint.client_id if hint else "")
    if hint is not None and hint.client_id != client_id:
        raise UntrustedRequest("The id_token_hint was issued to another client.")
    client = find_client(client_id)
    if client is None and "client_id" in parameters:
        raise UntrustedRequest("Invalid client_id parameter value.")
    return client


def _sign_out(request: HttpRequest, asked: LogoutRequest) -> HttpResponse:
    person = person_of(request)
    if person is not None:
        _end(request, asked, person)
    metrics.count_answer(ENDPOINT, "done")
    if asked.redirect_uri:
        return RedirectToClient(with_parameters(asked.redirect_uri, {"state": asked.state}))
    return render(request, "customer/logged_out.html")


def _end(request: HttpRequest, asked: LogoutRequest, person: SignedInPerson) -> None:
    now = timezone.now()
    with transaction.atomic():
        if asked.client is not None:
            revoke_all(now=now, client=asked.client, user=person.user)
        record_of_request(request, event=Event.OAUTH_SIGNED_OUT, actor=person.user, target=asked.client, now=now)
        logout(request)


def _letting_lead_back(asked: LogoutRequest, response: HttpResponse) -> HttpResponse:
    if asked.client is None or not asked.redirect_uri:
        return response
    return letting_forms_lead_to(targets_of(asked.client, asked.redirect_uri), response)


def _untrusted(request: HttpRequest, untrusted: UntrustedRequest) -> HttpResponse:
    metrics.count_answer(ENDPOINT, "untrusted")
    return untrusted_page(request, untrusted)
