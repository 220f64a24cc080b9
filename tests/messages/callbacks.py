"""A browser that comes back to the callback, and what it brings."""

import re
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.test import Client as Browser

from authenticate_app.accounts.models import User
from authenticate_app.messages.models import SignInRequest
from authenticate_app.messages.reasons import CallbackError
from authenticate_app.oauth.models import Client
from authenticate_app.oauth.purposes import messages_callback
from tests.messages.world import state_of
from tests.oauth.flow import ISSUER, decide, signed_in, told

SCOPES = "openid profile email"


def code_for(client: Client, person: User, state: str, *, scope: str = SCOPES, **changes: str) -> str:
    """Sign in and agree, as the customer does; the code goes nowhere yet."""
    return told(decide(signed_in(person), asking(client, state, scope=scope, **changes)))["code"]


def asking(client: Client, state: str, **changes: str) -> dict[str, str]:
    given = {"client_id": client.client_id, "redirect_uri": messages_callback(), "response_type": "code"}
    return {**given, "scope": SCOPES, "state": state, **changes}


def come_back(parameters: dict[str, str] | str, browser: Browser | None = None, **extra: Any) -> HttpResponse:
    query = parameters if isinstance(parameters, str) else urlencode(parameters)
    return (browser or Browser()).get(f"/amb/oauth/callback?{query}", secure=True, **extra)  # type: ignore[return-value]


def own(asked: SignInRequest, person: User, **changes: str) -> dict[str, str]:
    """What our own server sends a browser back with."""
    client = asked.business.client
    assert client is not None
    state = state_of(asked)
    return {"code": code_for(client, person, state), "state": state, "iss": ISSUER, **changes}


def now_of(asked: SignInRequest) -> SignInRequest:
    return SignInRequest.objects.get(pk=asked.pk)


def number_in(response: HttpResponse) -> CallbackError:
    """The number that the phone is told, in an answer that is well-formed in every respect."""
    assert response.status_code == 302
    found = re.fullmatch(r"messages-auth://\?status=(failure|cancel)&error_code=([1-9][0-9]?)", response["Location"])
    assert found is not None
    number = CallbackError(int(found[2]))
    assert (found[1] == "cancel") == (number is CallbackError.CONSENT_REFUSED)
    return number
