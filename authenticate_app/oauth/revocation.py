"""``/oauth/revoke``: a client gives tokens back (RFC 7009)."""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from authenticate_app.accounts.sign_in import Origin
from authenticate_app.oauth.answers import NOT_KEPT, for_machines
from authenticate_app.oauth.clients import authenticate
from authenticate_app.oauth.context import Context
from authenticate_app.oauth.errors import invalid_request
from authenticate_app.oauth.parameters import read_form
from authenticate_app.oauth.services import revoke_token

PARAMETERS = frozenset({"token", "token_type_hint", "client_id", "client_secret"})


@for_machines("revoke", methods=["POST"])
def revoke(request: HttpRequest) -> HttpResponse:
    """Revoke a token; also 200 for one that is unknown or another client's (section 2.2)."""
    now, origin = timezone.now(), Origin.of(request)
    form = read_form(request, known=PARAMETERS)
    client = authenticate(request, form, origin=origin, now=now)
    if "token" not in form:
        raise invalid_request("The parameter token is missing.")
    revoke_token(unverified_token=form["token"], client=client, context=Context(origin, now, client=client))
    return HttpResponse(status=200, headers=NOT_KEPT)
