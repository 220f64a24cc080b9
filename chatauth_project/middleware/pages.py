"""Middleware that only pages for people need: the API is spared its cost.

The classes keep their Django ancestors' behaviour, so that Django's own system checks still find
what they look for.
"""

from collections.abc import Awaitable

from csp.middleware import CSPMiddleware, PolicyParts
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponseBase
from django.middleware.common import CommonMiddleware
from django.middleware.locale import LocaleMiddleware
from django.utils.deprecation import MiddlewareMixin

MACHINES_ONLY = ("/serviceApi/", "/crmRestApi/", "/.well-known/", "/healthz", "/readyz")
"""Where no browser shows anything: no session, no cookie, no form, no frame."""

WIDER_POLICIES = {
    "/admin/": {"script-src": ["'unsafe-eval'"], "style-src": ["'unsafe-inline'"]},
    "/api/docs/": {"style-src": ["'sha256-MMpT0iDxyjALd9PdfepImGX3DBfJPXZ4IlDWdPAgtn0='"]},
}
"""What pages need beyond the strict policy, measured in a browser. django-unfold: Alpine.js evaluates
the expressions in its attributes, and style attributes hide what it will show. The API's page: one
style element of drf-spectacular."""


class PagesOnly(MiddlewareMixin):
    """Let requests of machines pass by."""

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        """Do this middleware's work unless the address is for machines."""
        if request.path_info.startswith(MACHINES_ONLY):
            return self.get_response(request)
        return super().__call__(request)


class Sessions(PagesOnly, SessionMiddleware):
    """Know a browser again."""


class Locale(PagesOnly, LocaleMiddleware):
    """Speak the visitor's language; the API chooses its messages' language itself."""


class Common(PagesOnly, CommonMiddleware):
    """Refuse hosts that are not ours, and redirect to the address with the slash."""


class Authentication(PagesOnly, AuthenticationMiddleware):
    """Know who signed in to the admin."""


class Messages(PagesOnly, MessageMiddleware):
    """Show messages on the next page."""


class ContentSecurityPolicy(PagesOnly, CSPMiddleware):
    """Tell browsers where a page's parts may come from; a few pages need a wider policy."""

    def get_policy_parts(
        self, request: HttpRequest, response: HttpResponseBase, report_only: bool = False
    ) -> PolicyParts:
        """Return the policy of one page."""
        parts = super().get_policy_parts(request, response, report_only)
        for prefix, wider in WIDER_POLICIES.items():
            if request.path_info.startswith(prefix):
                parts.update = {**wider, **(parts.update or {})}
        return parts
