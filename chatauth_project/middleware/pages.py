"""Middleware that only pages for people need: the API is spared its cost.

The classes keep their Django ancestors' behaviour, so that Django's own system checks still find
what they look for.
"""

from typing import Any, cast

from csp.middleware import CSPMiddleware, PolicyParts
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.middleware.clickjacking import XFrameOptionsMiddleware
from django.middleware.common import CommonMiddleware
from django.middleware.csrf import CsrfViewMiddleware
from whitenoise.middleware import WhiteNoiseMiddleware

MACHINES_ONLY = ("/serviceApi/", "/crmRestApi/", "/.well-known/", "/healthz", "/readyz")
"""Where no browser shows anything: no session, no cookie, no form, no frame."""

ADMIN = "/admin/"
ADMIN_POLICY = {"script-src": ["'unsafe-eval'"], "style-src": ["'unsafe-inline'"]}
"""What django-unfold needs beyond the strict policy: Alpine.js evaluates the expressions in its
attributes, and shows and hides through style attributes."""


class PagesOnly:
    """Let requests of machines pass by."""

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Do this middleware's work unless the address is for machines."""
        if request.path_info.startswith(MACHINES_ONLY):
            return cast(Any, self).get_response(request)
        return cast(Any, super()).__call__(request)


class StaticFiles(PagesOnly, WhiteNoiseMiddleware):
    """Serve the style sheets, scripts and pictures of pages."""


class Sessions(PagesOnly, SessionMiddleware):
    """Know a browser again."""


class Common(PagesOnly, CommonMiddleware):
    """Refuse hosts that are not ours, and redirect to the address with the slash."""


class Csrf(PagesOnly, CsrfViewMiddleware):
    """Refuse forms that another site sends."""


class Authentication(PagesOnly, AuthenticationMiddleware):
    """Know who signed in to the admin."""


class Messages(PagesOnly, MessageMiddleware):
    """Show messages on the next page."""


class XFrameOptions(PagesOnly, XFrameOptionsMiddleware):
    """Keep pages out of other sites' frames."""


class ContentSecurityPolicy(PagesOnly, CSPMiddleware):
    """Tell browsers where a page's parts may come from; the admin's policy is a little wider."""

    def get_policy_parts(self, request: HttpRequest, response: HttpResponse, report_only: bool = False) -> PolicyParts:
        """Return the policy of one page."""
        parts = super().get_policy_parts(request, response, report_only)
        if request.path_info.startswith(ADMIN):
            parts.update = {**ADMIN_POLICY, **(parts.update or {})}
        return parts
