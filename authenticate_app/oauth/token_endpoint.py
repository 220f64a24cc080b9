"""``/oauth/token``: codes, refresh tokens and client credentials become access tokens (RFC 6749, section 3.2)."""

import json
from datetime import datetime
from functools import cache
from typing import Any

from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from oauth2_provider.settings import oauth2_settings
from oauthlib.oauth2.rfc6749.errors import OAuth2Error

from authenticate_app.accounts.sign_in import Origin
from authenticate_app.keys.keyring import keyring
from authenticate_app.keys.tokens import SigningMaterial
from authenticate_app.oauth import own_tokens, refusals
from authenticate_app.oauth.answers import for_machines, json_answer
from authenticate_app.oauth.clients import CHALLENGE, authenticate
from authenticate_app.oauth.context import Context
from authenticate_app.oauth.errors import ErrorCode, OAuthError, error_of, invalid_request
from authenticate_app.oauth.parameters import Parameters, read_form

PARAMETERS = frozenset(
    {
        "grant_type",
        "code",
        "redirect_uri",
        "code_verifier",
        "refresh_token",
        "scope",
        "client_id",
        "client_secret",
    }
)


@for_machines("token", methods=["POST"])
def token(request: HttpRequest) -> HttpResponse:
    """Answer a token request."""
    now, origin = timezone.now(), Origin.of(request)
    form = read_form(request, known=PARAMETERS)
    if "grant_type" not in form:
        raise invalid_request("The parameter grant_type is missing.")
    client = authenticate(request, form, origin=origin, now=now)
    # Before the transaction: inside of one, whatever is remembered would be asked for once more.
    context = Context(origin, now, client=client, signing_key=signing_key(now))
    return json_answer(issue(form, context))


def issue(form: Parameters, context: Context) -> dict[str, Any]:
    """Return the answer to a token request of an authenticated client (RFC 6749, section 5.1).

    Raises:
        OAuthError: the request is refused, which is counted and audited.
    """
    try:
        if form["grant_type"] == own_tokens.GRANT_TYPE:
            return own_tokens.issue_own_token(asked_scope=form.get("scope", ""), context=context)
        return _exchange(form, context)
    except OAuthError as error:
        refusals.note(error, context)
        raise


def _exchange(form: Parameters, context: Context) -> dict[str, Any]:
    """Let oauthlib exchange a code or refresh token, in one transaction.

    It is committed when the request is refused as well: then it holds what the refusal revoked.
    """
    given = {name: value for name, value in form.items() if name not in {"client_id", "client_secret"}}
    try:
        with transaction.atomic():
            status, body = _ask_server(given, context)
    except IntegrityError:  # the client or the person was deleted at this very moment
        raise OAuthError(ErrorCode.INVALID_CLIENT, "The client is gone.", status=401, headers=CHALLENGE) from None
    if status != 200:  # noqa: PLR2004 - HTTP's own number
        raise error_of(body["error"], body.get("error_description"), status=status)
    return body


def signing_key(now: datetime) -> SigningMaterial:
    """Return what signs tokens.

    Raises:
        OAuthError: nothing does.
    """
    key = keyring.current().value.signing_key(now)
    if key is None:
        description = "No signing key is active; the administrator's overview says why."
        raise OAuthError(ErrorCode.TEMPORARILY_UNAVAILABLE, description, status=503)
    return key


@cache
def server() -> Any:
    """Oauthlib's server, as the toolkit's settings describe it."""
    return oauth2_settings.OAUTH2_SERVER_CLASS(oauth2_settings.OAUTH2_VALIDATOR_CLASS())


def _ask_server(given: Parameters, context: Context) -> tuple[int, dict[str, Any]]:
    try:
        _headers, body, status = server().create_token_response(
            "/oauth/token", http_method="POST", body=given, headers=context.headers
        )
    except OAuth2Error as error:
        body, status = error.json, error.status_code
    return status, json.loads(body)
