"""Machines are answered without what only browsers need: no session, no cookie, no form, no frame."""

from collections.abc import Awaitable, Callable
from functools import lru_cache

from corsheaders.middleware import CorsMiddleware
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.urls import ResolverMatch, resolve

ADDRESSES_FOR_MACHINES = (
    "/serviceApi/",
    "/crmRestApi/",
    "/.well-known/",
    "/amb/message",
    "/api/messages/",
    "/oauth/token",
    "/oauth/introspect",
    "/oauth/revoke",
    "/oauth/userinfo",
    "/healthz",
    "/readyz",
    "/sandbox/gateway/",
    "/sandbox/receiver/",
)


class CrossOrigin(CorsMiddleware):
    """Let pages of allowed origins call the API (the Fetch standard's CORS protocol)."""

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        """Spare requests without the header ``Origin``, as those of servers: none of the protocol is about them."""
        if "HTTP_ORIGIN" not in request.META:
            return self.get_response(request)
        return super().__call__(request)


class Machines:
    """Answer requests of machines here; whatever stands below this class in ``MIDDLEWARE`` is for pages.

    The views behind these addresses answer whole responses and turn their own exceptions into answers; what they let
    through becomes a 404 or 500 as anywhere in Django.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Call the view of a machine's address at once."""
        if not request.path_info.startswith(ADDRESSES_FOR_MACHINES):
            return self.get_response(request)
        match = request.resolver_match = _match(request.path_info, settings.ROOT_URLCONF)
        response: HttpResponseBase = match.func(request, *match.args, **match.kwargs)
        return response


@lru_cache(maxsize=256)
def _match(path: str, urlconf: str) -> ResolverMatch:
    """Find the view; remembered, since machines call the same few addresses all day. Raises ``Resolver404``."""
    return resolve(path, urlconf)
