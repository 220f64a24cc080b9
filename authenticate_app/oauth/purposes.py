"""What a client is for, and what follows from it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from oauth2_provider.models import AbstractApplication

from authenticate_app.oauth import scopes
from authenticate_app.oauth.redirect_uris import MOST, redirect_uri_fault

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise as StrOrPromise

    from authenticate_app.oauth.models import Client

CODE = AbstractApplication.GRANT_AUTHORIZATION_CODE
CLIENT_CREDENTIALS = AbstractApplication.GRANT_CLIENT_CREDENTIALS
APPLE_REDIRECT_URI = "https://auth.businesschat.apple.com"
"""Where the phone itself takes the code, in the legacy flow of Apple Messages for Business."""
MESSAGES_CALLBACK_PATH = "amb/oauth/callback"
"""Where this server takes the code in the new flow: the path of its address, without the slash in front."""


class Purpose(models.TextChoices):
    """What a client is for."""

    APPLE_NEW = "apple_new", _("Apple Messages, new flow")
    APPLE_LEGACY = "apple_legacy", _("Apple Messages, legacy flow")
    WEB = "web", _("web application")
    INTEGRATION = "integration", _("integration")


WITHOUT_PKCE = (Purpose.APPLE_NEW, Purpose.APPLE_LEGACY)
"""The phone builds the authorization request of these, and knows no PKCE."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What a purpose allows."""

    grant_type: str
    scopes: frozenset[str]
    has_refresh_tokens: bool = False
    may_be_public: bool = False
    redirect_uri: str = ""
    """The redirect URI that it always has; empty where the client has its own."""
    may_have_callback: bool = False
    """Whether our own callback may stand beside ``redirect_uri``."""
    redirect_schemes: frozenset[str] = frozenset()
    """Schemes that the pages of the flow go to besides the redirect URI's."""


RULES: Mapping[str, Rules] = {
    Purpose.APPLE_NEW: Rules(
        CODE, frozenset(scopes.SCOPES) - {scopes.MESSAGES}, redirect_schemes=frozenset({"messages-auth"})
    ),
    Purpose.APPLE_LEGACY: Rules(
        CODE,
        frozenset(scopes.OF_PEOPLE),
        redirect_uri=APPLE_REDIRECT_URI,
        may_have_callback=True,
        redirect_schemes=frozenset({"messages-auth"}),
    ),
    Purpose.WEB: Rules(CODE, frozenset(scopes.SCOPES) - {scopes.MESSAGES}, has_refresh_tokens=True, may_be_public=True),
    Purpose.INTEGRATION: Rules(CLIENT_CREDENTIALS, scopes.OF_SYSTEMS),
}


def messages_callback() -> str:
    """The address at which this server takes the codes of the new flow."""
    return f"{settings.PUBLIC_BASE_URL}/{MESSAGES_CALLBACK_PATH}"


def faults(client: "Client") -> "dict[str, list[StrOrPromise]]":
    """What is wrong with a client, by field; empty for a good one."""
    found: dict[str, list[StrOrPromise]] = {}
    rules = RULES.get(client.purpose)
    for field, fault in _of_any(client) if rules is None else (*_of_any(client), *_of_purpose(client, rules)):
        found.setdefault(field, []).append(fault)
    return found


def _of_any(client: "Client") -> "Iterator[tuple[str, StrOrPromise]]":
    for field in ("redirect_uris", "post_logout_redirect_uris"):
        for fault in _of_addresses(getattr(client, field).split()):
            yield field, fault
    if client.signed_access_tokens and not client.signed_because.strip():
        yield "signed_because", _("Say why this client needs signed access tokens.")
    if not client.pkce_required and client.purpose not in WITHOUT_PKCE:
        yield "pkce_required", _("Only the two flows of Apple Messages go without PKCE.")


def _of_addresses(uris: list[str]) -> "Iterator[StrOrPromise]":
    if len(uris) > MOST:
        yield _("A client has at most %d of these addresses.") % MOST
        return
    for uri in uris:
        if fault := redirect_uri_fault(uri, allows_loopback=settings.ENVIRONMENT == "demonstration"):
            yield _("“%(uri)s”: %(fault)s") % {"uri": uri, "fault": fault}


def _of_purpose(client: "Client", rules: Rules) -> "Iterator[tuple[str, StrOrPromise]]":
    if client.authorization_grant_type != rules.grant_type:
        yield "authorization_grant_type", _("This purpose has another grant type.")
    if not client.is_confidential and not rules.may_be_public:
        yield "client_type", _("A client of this purpose has a secret.")
    if surplus := client.scopes - rules.scopes:
        sentence = _("A client of this purpose cannot ask for these scopes: %(scopes)s.")
        yield "allowed_scopes", sentence % {"scopes": ", ".join(sorted(surplus))}
    yield from _of_redirects(client, rules)
    if rules.grant_type == CLIENT_CREDENTIALS and client.acting_user_id is None:
        yield "acting_user", _("Choose the user that the integration acts as.")


def _of_redirects(client: "Client", rules: Rules) -> "Iterator[tuple[str, StrOrPromise]]":
    uris = client.redirect_uris.split()
    if rules.grant_type != CODE:
        if uris:
            yield "redirect_uris", _("An integration has no redirect URI: nobody signs in on its way.")
    elif rules.redirect_uri:
        yield from _of_fixed_redirects(uris, rules)
    elif not uris:
        yield "redirect_uris", _("Give at least one redirect URI.")


def _of_fixed_redirects(uris: list[str], rules: Rules) -> "Iterator[tuple[str, StrOrPromise]]":
    """Apple knows one client of a business, so that of the legacy flow may serve the new flow too."""
    if uris in ([rules.redirect_uri], [rules.redirect_uri, messages_callback()]):
        return
    sentence = _(
        "The phone itself takes the code: the redirect URI is %(uri)s. Besides it there can only be this server's own "
        "callback, %(callback)s, for the new flow."
    )
    yield "redirect_uris", sentence % {"uri": rules.redirect_uri, "callback": messages_callback()}
