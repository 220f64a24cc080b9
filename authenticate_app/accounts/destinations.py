"""Where somebody goes once they are signed in."""

import re

from django.conf import settings
from django.shortcuts import resolve_url

from authenticate_app.accounts.models import User

LONGEST_PATH = 8192
"""Characters: more than an authorization request has, as little as servers read (RFC 9110, section 4.1)."""
OWN_PATH = re.compile(r"/(?![/\\]).*")
"""A slash, and not another one or what browsers take for another one: ``//host`` is an address of another host."""


def own_path(unverified_url: str) -> str:
    """``unverified_url`` if it is a path of this server, else "": no link to us leads on to another host.

    Control characters are refused everywhere: browsers leave some of them out (WHATWG URL standard, section 4.4), and
    ``/<tab>/host`` would become ``//host``. Django's own function for this refuses what is longer than 2048 characters,
    and authorization requests are.
    """
    is_own = (
        len(unverified_url) <= LONGEST_PATH
        and unverified_url.isprintable()
        and OWN_PATH.fullmatch(unverified_url) is not None
    )
    return unverified_url if is_own else ""


def destination_of(user: User, unverified_url: str) -> str:
    """The path that ``user`` asked for; without a good one the admin, for those who may use it, or their account."""
    home = "admin:index" if user.is_staff else settings.LOGIN_REDIRECT_URL
    return own_path(unverified_url) or resolve_url(home)
