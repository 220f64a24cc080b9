"""What pages for people need beyond what Django brings."""

from collections.abc import Callable

from csp.middleware import CSPMiddleware, PolicyParts
from django.http import HttpRequest, HttpResponseBase
from django.utils import translation

from authenticate_app.login.branding import branding_of
from authenticate_app.login.languages import asked_language

ADMIN = "/admin/"
ADMIN_POLICY = {"script-src": ["'unsafe-eval'"], "style-src": ["'unsafe-inline'"]}
"""What django-unfold needs beyond the strict policy: Alpine.js evaluates the expressions in its
attributes, and shows and hides through style attributes."""
ON_THE_WAY = ("/login/", "/oauth/authorize")
"""Pages whose forms lead, after some redirects, back to the client that sent somebody there."""
FOR_CUSTOMERS = (*ON_THE_WAY, "/oauth/logout", "/account/", "/logout/", "/logged-out/", "/desk/", "/demo/", "/sandbox/")


class ContentSecurityPolicy(CSPMiddleware):
    """Tell browsers where a page's parts may come from; the admin's policy is a little wider."""

    def get_policy_parts(
        self, request: HttpRequest, response: HttpResponseBase, report_only: bool = False
    ) -> PolicyParts:
        """Return the policy of one page."""
        parts = super().get_policy_parts(request, response, report_only)
        if request.path_info.startswith(ADMIN):
            parts.update = {**ADMIN_POLICY, **(parts.update or {})}
        elif request.path_info.startswith(ON_THE_WAY) and _is_page(response):
            targets = list(branding_of(request).redirects_to)
            parts.update = {"form-action": targets, **(parts.update or {})}
        return parts


class PagesForCustomers:
    """Show pages in the language that the client asked for, and let nobody keep a copy of them."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer; the language stands below Django's own choice, which is the browser's."""
        if not request.path_info.startswith(FOR_CUSTOMERS):
            return self.get_response(request)
        if language := asked_language(request):
            translation.activate(language)
            request.LANGUAGE_CODE = translation.get_language()
        response = self.get_response(request)
        response.headers.setdefault("Cache-Control", "no-store")
        return response


def _is_page(response: HttpResponseBase) -> bool:
    return response.headers.get("Content-Type", "").startswith("text/html")
