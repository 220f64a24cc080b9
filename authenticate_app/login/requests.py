"""What a page is on the way to: the authorization request that a client sent somebody here with."""

from urllib.parse import urlsplit

from django.core.exceptions import TooManyFieldsSent
from django.http import HttpRequest, QueryDict
from django.utils import timezone

from authenticate_app.accounts.destinations import own_path
from authenticate_app.accounts.pending import kept_next_url

AUTHORIZATION_PATH = "/oauth/authorize"
"""Of the authorization endpoint (RFC 6749, section 3.1); the package that serves it stands after this one."""


def next_url_of(request: HttpRequest) -> str:
    """The path of ours that somebody asked to go to: in the address, or kept for a second step; or ""."""
    asked = request.GET.get("next") or kept_next_url(request, timezone.now())
    return own_path(asked)


def authorization_parameters(request: HttpRequest) -> QueryDict | None:
    """The parameters of the authorization request (RFC 6749, section 4.1.1) that this page serves; None without one.

    They are as the client sent them: nothing of them is verified.
    """
    if request.path_info.rstrip("/") == AUTHORIZATION_PATH:
        return request.GET
    target = urlsplit(next_url_of(request))
    if target.path.rstrip("/") != AUTHORIZATION_PATH:
        return None
    try:
        return QueryDict(target.query)
    except TooManyFieldsSent:
        return None
