"""``/oauth/introspect``: whether a token counts, and what it is good for (RFC 7662)."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from authenticate_app.accounts.sign_in import Origin
from authenticate_app.oauth.addresses import issuer
from authenticate_app.oauth.answers import for_machines, json_answer
from authenticate_app.oauth.clients import authenticate
from authenticate_app.oauth.counting_tokens import CountingToken, find_access_token, find_refresh_token
from authenticate_app.oauth.errors import invalid_request
from authenticate_app.oauth.models import Client
from authenticate_app.oauth.parameters import read_form
from authenticate_app.oauth.purposes import Purpose

PARAMETERS = frozenset({"token", "token_type_hint", "client_id", "client_secret"})
INACTIVE = {"active": False}
"""All that anybody learns of a token that does not count, or is none of theirs (section 2.2)."""


@for_machines("introspect", methods=["POST"])
def introspect(request: HttpRequest) -> HttpResponse:
    """Answer an introspection request. Without a hint, and with a wrong one, both kinds of tokens are looked for."""
    now = timezone.now()
    form = read_form(request, known=PARAMETERS)
    client = authenticate(request, form, origin=Origin.of(request), now=now)
    if "token" not in form:
        raise invalid_request("The parameter token is missing.")
    access_token = find_access_token(form["token"], now=now)
    if access_token is not None:
        return json_answer(_of_access_token(access_token) if _may_ask(client, access_token) else INACTIVE)
    refresh_token = find_refresh_token(form["token"], now=now)
    is_own = refresh_token is not None and refresh_token.client_pk == client.pk
    return json_answer(_of(refresh_token) if refresh_token is not None and is_own else INACTIVE)


def _may_ask(client: Client, token: CountingToken) -> bool:
    """A client may ask about its own tokens; an integration, which is what a resource server is, about everybody's."""
    return client.is_confidential and (token.client_pk == client.pk or client.purpose == Purpose.INTEGRATION)


def _of_access_token(token: CountingToken) -> dict[str, Any]:
    return {**_of(token), "token_type": "Bearer", "aud": issuer()}


def _of(token: CountingToken) -> dict[str, Any]:
    return {
        "active": True,
        "scope": token.scope,
        "client_id": token.client_id,
        "sub": token.subject,
        "exp": int(token.expires.timestamp()),
        "iat": int(token.created.timestamp()),
        "iss": issuer(),
    }
