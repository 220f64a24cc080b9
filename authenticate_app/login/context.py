"""What every page's template knows."""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from authenticate_app.accounts import mail
from authenticate_app.login.branding import branding_of
from authenticate_app.login.requests import next_url_of


def pages(request: HttpRequest) -> dict[str, Any]:
    """``branding``, ``next_url`` (a path of ours or "") and ``mail_is_set_up``; each looked for when it is used."""
    return {
        "branding": SimpleLazyObject(lambda: branding_of(request)),
        "next_url": SimpleLazyObject(lambda: next_url_of(request)),
        "mail_is_set_up": mail.is_set_up(),
    }
