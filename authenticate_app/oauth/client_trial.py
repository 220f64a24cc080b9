"""*Test this client*: the server's own code goes the whole way once, and takes everything back.

Nothing is asked over HTTP, nobody's browser is involved, and the transaction is never committed: neither code nor token
outlives the trial. Only the metrics count it, as they count every token that is made.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from authenticate_app.accounts.models import User
from authenticate_app.accounts.sign_in import Origin
from authenticate_app.oauth import authorization, secrets
from authenticate_app.oauth.authorization import ErrorForClient
from authenticate_app.oauth.context import Context, SignedInPerson
from authenticate_app.oauth.counting_tokens import find_access_token
from authenticate_app.oauth.errors import OAuthError, UntrustedRequest
from authenticate_app.oauth.findings import Finding, advice, right, wrong
from authenticate_app.oauth.models import Client
from authenticate_app.oauth.pkce import challenge_of
from authenticate_app.oauth.purposes import CLIENT_CREDENTIALS
from authenticate_app.oauth.token_endpoint import issue, signing_key

NOWHERE = Origin("", "")
"""Where a trial comes from."""
SECONDS_PER_MINUTE = 60

ANSWER = _("The server's answer")
TRIAL = _("Trial run")


@dataclass(frozen=True, slots=True)
class Examiner:
    """Who tests, and when; in the trial the examiner stands for the customer who signs in."""

    user: User
    now: datetime


def finding_of_answer(query: str, *, now: datetime, is_explained: bool) -> Finding:
    """What the authorization endpoint says to a request; ``is_explained`` if a finding before says what is wrong."""
    told = advice if is_explained else wrong
    try:
        authorization.read(_request(query), Context(NOWHERE, now))
    except UntrustedRequest as untrusted:
        sentence = _("An error page, and nobody is sent back to the application: %s")
        return told(ANSWER, sentence % untrusted.reason)
    except ErrorForClient as refused:
        return told(ANSWER, _refused(refused.error))
    return right(ANSWER, _("The sign-in page."))


def finding_of_trial(client: Client, examiner: Examiner, *, scope: str = "") -> Finding:
    """Go the whole way as ``client``, whose secret was right, and say how far that came."""
    go = _integration if client.authorization_grant_type == CLIENT_CREDENTIALS else _sign_in
    try:
        answer = _taken_back(lambda: go(client, examiner, scope))
    except UntrustedRequest as untrusted:
        return wrong(TRIAL, untrusted.reason)
    except ErrorForClient as refused:
        return wrong(TRIAL, _refused(refused.error))
    except OAuthError as error:
        return wrong(TRIAL, _refused(error))
    return right(TRIAL, _issued(answer)) if answer["counts"] else wrong(TRIAL, NOT_TAKEN)


NOT_TAKEN = _("An access token was issued, and this server would not take it: see what is said of the acting user.")


def _taken_back(go: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    with transaction.atomic():
        try:
            return go()
        finally:
            transaction.set_rollback(True)


def _sign_in(client: Client, examiner: Examiner, scope: str) -> dict[str, Any]:
    """Authorization code with PKCE, as RFC 6749 (4.1) and RFC 7636 describe it."""
    verifier = secrets.new_verifier()
    redirect_uri = client.redirect_uris.split()[0]
    asked = {
        "response_type": "code",
        "client_id": client.client_id,
        "redirect_uri": redirect_uri,
        "scope": scope or client.allowed_scopes,
        "code_challenge": challenge_of(verifier),
        "code_challenge_method": "S256",
    }
    person = SignedInPerson(examiner.user, examiner.now, amr="")
    context = Context(NOWHERE, examiner.now, person=person)
    location = authorization.issue_code(authorization.read(_request(urlencode(asked)), context), context)
    form = {
        "grant_type": "authorization_code",
        "code": dict(parse_qsl(urlsplit(location).query))["code"],
        "redirect_uri": redirect_uri,
        "code_verifier": verifier,
    }
    return _exchange(client, examiner, form)


def _integration(client: Client, examiner: Examiner, scope: str) -> dict[str, Any]:
    """Client credentials (RFC 6749, 4.4)."""
    return _exchange(client, examiner, {"grant_type": "client_credentials", **({"scope": scope} if scope else {})})


def _exchange(client: Client, examiner: Examiner, form: dict[str, str]) -> dict[str, Any]:
    context = Context(NOWHERE, examiner.now, client=client, signing_key=signing_key(examiner.now))
    answer = issue(form, context)
    return {**answer, "counts": find_access_token(answer["access_token"], now=examiner.now) is not None}


def _issued(answer: dict[str, Any]) -> Any:
    kinds = [name for name in ("access_token", "refresh_token", "id_token") if name in answer]
    minutes = int(settings.ACCESS_TOKEN_LIFETIME.total_seconds()) // SECONDS_PER_MINUTE
    sentence = ngettext_lazy(
        "The whole way works: %(kinds)s with the scope “%(scope)s”. The access token would be valid for %(minutes)d "
        "minute.",
        "The whole way works: %(kinds)s with the scope “%(scope)s”. The access token would be valid for %(minutes)d "
        "minutes.",
        "minutes",
    )
    return sentence % {"kinds": ", ".join(kinds), "scope": answer["scope"], "minutes": minutes}


def _refused(error: OAuthError) -> Any:
    sentence = _("The error “%(code)s”: %(description)s")
    return sentence % {"code": error.code, "description": error.description}


def _request(query: str) -> HttpRequest:
    request = HttpRequest()
    request.META["QUERY_STRING"] = query
    return request
