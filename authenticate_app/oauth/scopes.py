"""What a client may ask for."""

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _
from oauth2_provider.scopes import BaseScopes

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise as StrOrPromise

OPENID = "openid"
PROFILE = "profile"
EMAIL = "email"
CHAT = "chat"
CHAT_AUTHENTICATE = "chat.authenticate"
MESSAGES = "messages"
CHAT_AGENT = "chat.agent"

SCOPES: "dict[str, StrOrPromise]" = {
    OPENID: _("Know that it is you"),
    PROFILE: _("See your name"),
    EMAIL: _("See your e-mail address"),
    CHAT: _("See your customer number"),
    CHAT_AUTHENTICATE: _("Open chats in your name"),
    MESSAGES: _("Ask customers of Apple Messages to sign in"),
    CHAT_AGENT: _("Answer chats in your name"),
}
"""Every scope, in the order of the consent page, with the words that it has there."""

OF_PEOPLE = frozenset({OPENID, PROFILE, EMAIL, CHAT})
"""Scopes that say something of a person: without one, as with client credentials, they mean nothing."""
OF_SYSTEMS = frozenset({CHAT_AUTHENTICATE, MESSAGES, CHAT_AGENT})
"""Scopes that a system has in its own name."""
BY_CHOICE = frozenset({MESSAGES, CHAT_AGENT})
"""Scopes that no client has unless an administrator chooses so: they write to people."""


def split(scope: str) -> list[str]:
    """Read a space-delimited scope (RFC 6749, section 3.3); what comes twice counts once."""
    return list(dict.fromkeys(scope.split()))


def in_order(wanted: Collection[str]) -> list[str]:
    """Those of ``wanted`` that there are, in the order of the consent page."""
    return [scope for scope in SCOPES if scope in wanted]


class ClientScopes(BaseScopes):
    """What the toolkit asks about scopes (its setting ``SCOPES_BACKEND_CLASS``)."""

    def get_all_scopes(self) -> "dict[str, StrOrPromise]":
        """Every scope with its words."""
        return SCOPES

    def get_available_scopes(self, application: Any = None, *args: Any, **kwargs: Any) -> list[str]:
        """What ``application`` may ask for."""
        return list(SCOPES) if application is None else in_order(application.scopes)

    def get_default_scopes(self, application: Any = None, *args: Any, **kwargs: Any) -> list[str]:
        """What a request without a scope asks for: all that the client may (RFC 6749, section 3.3)."""
        return self.get_available_scopes(application)
