"""What pages for people need beyond what Django brings."""

from csp.middleware import CSPMiddleware, PolicyParts
from django.http import HttpRequest, HttpResponseBase

ADMIN = "/admin/"
ADMIN_POLICY = {"script-src": ["'unsafe-eval'"], "style-src": ["'unsafe-inline'"]}
"""What django-unfold needs beyond the strict policy: Alpine.js evaluates the expressions in its
attributes, and shows and hides through style attributes."""


class ContentSecurityPolicy(CSPMiddleware):
    """Tell browsers where a page's parts may come from; the admin's policy is a little wider."""

    def get_policy_parts(
        self, request: HttpRequest, response: HttpResponseBase, report_only: bool = False
    ) -> PolicyParts:
        """Return the policy of one page."""
        parts = super().get_policy_parts(request, response, report_only)
        if request.path_info.startswith(ADMIN):
            parts.update = {**ADMIN_POLICY, **(parts.update or {})}
        return parts
