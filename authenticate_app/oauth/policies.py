"""Where the forms of our pages may lead to (Content-Security-Policy, ``form-action``).

Chromium applies the directive to the redirects after a form as well, so it has to name where the client takes over.
"""

from typing import Any
from urllib.parse import urlsplit

from django.http import HttpResponse

from authenticate_app.oauth.models import Client
from authenticate_app.oauth.purposes import RULES


def targets_of(client: Client, redirect_uri: str) -> list[str]:
    """What ``form-action`` has to name besides ourselves: the origin of a registered URI, and the purpose's schemes."""
    parts, rules = urlsplit(redirect_uri), RULES[client.purpose]
    schemes = () if redirect_uri == rules.redirect_uri else rules.redirect_schemes  # there the phone takes over itself
    return [f"{parts.scheme}://{parts.netloc}", *(f"{scheme}:" for scheme in sorted(schemes))]


def letting_forms_lead_to(targets: list[str], response: HttpResponse) -> HttpResponse:
    """Add targets to the page's ``form-action``."""
    widened: Any = response
    widened._csp_update = {"form-action": targets}  # where django-csp looks for it
    return response
