"""What must be true of a business, whatever form it came by: for the admin and for *check this business*."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from authenticate_app.keys.encryption import Undecryptable, decrypt
from authenticate_app.messages.models import Business
from authenticate_app.oauth import scopes, secrets
from authenticate_app.oauth.purposes import APPLE_REDIRECT_URI, messages_callback

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise as StrOrPromise

OF_OTHER_PROVIDER = ("provider_issuer", "authorization_url", "provider_client_id")

Fault = tuple[str, "StrOrPromise"]
"""The field, and a sentence."""


def broken_rules(business: Business, *, new_secret: str = "") -> list[Fault]:
    """Return what is wrong with a business; empty for a good one. ``new_secret`` is one that was just entered."""
    return [*_of_provider(business, new_secret), *_of_flows(business)]


def _of_provider(business: Business, new_secret: str) -> Iterator[Fault]:
    if not business.encrypted_client_secret:
        yield "client_secret", _("Write the client's secret here: the exchange of a code needs it.")
    if business.provider == Business.Provider.OTHER:
        for field in OF_OTHER_PROVIDER:
            if not getattr(business, field):
                yield field, _("Another provider needs this.")
        return
    yield from _of_client(business, new_secret)


def _of_client(business: Business, new_secret: str) -> Iterator[Fault]:
    client = business.client
    if client is None:
        yield "client", _("Choose the client that customers sign in at.")
        return
    if not client.is_active:
        yield "client", _("This client is disabled.")
    if surplus := set(business.scopes.split()) - client.scopes:
        sentence = _("The client may not ask for these: %(scopes)s.")
        yield "scopes", sentence % {"scopes": ", ".join(sorted(surplus))}
    if scopes.OPENID not in business.scopes.split():
        yield "scopes", _("Without openid this server tells nobody who signed in.")
    secret = new_secret or stored_secret(business)
    if secret and not secrets.matches(secret, client.client_secret):
        yield "client_secret", _("This is not the secret of the client. Make the client a new one and write it here.")


def _of_flows(business: Business) -> Iterator[Fault]:
    if business.provider == Business.Provider.OTHER:
        if business.allows_new_flow and not (business.token_url and business.userinfo_url):
            yield "userinfo_url", _("The new flow needs the token URL and the userinfo URL.")
        return
    if business.client is None:
        return
    if business.allows_new_flow and not business.client.redirect_uri_allowed(messages_callback()):
        yield "client", _("For the new flow the client needs the redirect URI %(uri)s.") % {"uri": messages_callback()}
    if business.allows_legacy_flow and not business.client.redirect_uri_allowed(APPLE_REDIRECT_URI):
        yield (
            "client",
            _("For the legacy flow the client needs the redirect URI %(uri)s.") % {"uri": APPLE_REDIRECT_URI},
        )


def stored_secret(business: Business) -> str:
    """Decrypt the client's secret; empty where there is none, or none that can be decrypted."""
    try:
        return decrypt(bytes(business.encrypted_client_secret)).decode() if business.encrypted_client_secret else ""
    except Undecryptable:
        return ""
