"""Which business a page speaks for: the client that sent somebody here, or this installation.

The package that knows the clients stands after this one, so it registers how to find one.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from django.http import HttpRequest, QueryDict

from authenticate_app.accounts.mail import business_name
from authenticate_app.login.requests import authorization_parameters

COLOR = re.compile(r"#[0-9A-Fa-f]{6}")
ATTRIBUTE = "chatauth_branding"
"""Of a request: its branding, once it was looked for."""


@dataclass(frozen=True, slots=True)
class Branding:
    """What a page shows of a business.

    ``logo_url`` is a path of ours or "". ``accent_color`` is ``#rrggbb`` or ""; any colour will do, the page sees to
    the contrast. ``redirects_to``: sources for the policy's ``form-action`` (origins such as
    ``https://www.example.com``, or schemes such as ``messages-auth:``), because Chromium applies it to the redirect
    that follows a form.
    """

    name: str
    logo_url: str = ""
    accent_color: str = ""
    redirects_to: tuple[str, ...] = ()
    purpose: str = ""
    """A sentence in the reader's language: who asks to sign in, and what for. "" for the usual one."""
    is_client: bool = True
    """False for this installation itself."""

    @property
    def accent(self) -> str:
        """The six hexadecimal digits of the accent colour, in lower case; "" for none or what is no colour."""
        return self.accent_color[1:].lower() if COLOR.fullmatch(self.accent_color) else ""


Finder = Callable[[QueryDict], Branding | None]
"""Finds the business of an authorization request by its (unverified) parameters; None if no client sent it."""


def _no_client(_parameters: QueryDict) -> Branding | None:
    return None


_finders: list[Finder] = [_no_client]


def register(finder: Finder) -> None:
    """Let ``finder`` find the clients' branding, instead of whoever did so before."""
    _finders[:] = [finder]


def branding_of(request: HttpRequest) -> Branding:
    """The branding of the page that ``request`` asks for. Looked for once; costs what the finder costs."""
    found: Branding | None = getattr(request, ATTRIBUTE, None)
    if found is None:
        parameters = authorization_parameters(request)
        client = _finders[0](parameters) if parameters is not None else None
        found = client or own_branding()
        setattr(request, ATTRIBUTE, found)
    return found


def use_own_branding(request: HttpRequest) -> None:
    """Look for nothing any more: for pages that are shown while the database is away."""
    setattr(request, ATTRIBUTE, own_branding())


def own_branding() -> Branding:
    """Return what the installation itself has: a name alone."""
    return Branding(name=business_name(), is_client=False)
