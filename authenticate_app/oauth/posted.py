"""Requests of clients that a browser brings by POST (OpenID Connect Core, 3.1.2.1; RP-Initiated Logout, section 2)."""

from collections.abc import Collection
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from authenticate_app.oauth.errors import OAuthError, UntrustedRequest
from authenticate_app.oauth.parameters import read_form


def is_posted_by_client(request: HttpRequest) -> bool:
    """Whether a client posted the request: then it stands in the body, while our own forms have it in their query."""
    return request.method == "POST" and not request.META.get("QUERY_STRING")


def as_get(request: HttpRequest, *, known: Collection[str]) -> HttpResponse:
    """Let the browser come again by GET: with other sites' forms it sends no session cookie along.

    Raises:
        UntrustedRequest: the body cannot be read.
    """
    try:
        form = read_form(request, known=known)
    except OAuthError as error:
        raise UntrustedRequest(error.description) from None
    return HttpResponseRedirect(f"{request.path}?{urlencode(form)}", status=303)
