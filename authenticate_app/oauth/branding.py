"""What the sign-in and consent pages show of the client that sent somebody there."""

from django.http import QueryDict
from django.utils.translation import gettext as _

from authenticate_app.login.branding import Branding
from authenticate_app.oauth.clients import find_client
from authenticate_app.oauth.logos import logo_url
from authenticate_app.oauth.models import Client
from authenticate_app.oauth.policies import targets_of
from authenticate_app.oauth.purposes import WITHOUT_PKCE


def branding_of_client(unverified_parameters: QueryDict) -> Branding | None:
    """The branding of an authorization request's client; None unless client and redirect URI are known.

    No query while no client was changed. Nobody but the client itself gets people to a page with its name on it, and
    the page's forms lead to its registered addresses only.
    """
    client = find_client(unverified_parameters.get("client_id") or "")
    redirect_uri = unverified_parameters.get("redirect_uri") or ""
    if client is None or not client.redirect_uri_allowed(redirect_uri):
        return None
    return Branding(
        name=client.display_name,
        logo_url=logo_url(client.client_id, version=getattr(client, "logo_version", "")),
        accent_color=client.accent_color,
        redirects_to=tuple(targets_of(client, redirect_uri)),
        purpose=_purpose(client),
    )


def _purpose(client: Client) -> str:
    """Who asks, and what for: somebody who was sent a forwarded link should notice."""
    if client.purpose in WITHOUT_PKCE:
        return _("%(business)s asks you to sign in, so that it knows who it is chatting with in Messages.") % {
            "business": client.display_name
        }
    return _("%(business)s asks you to sign in.") % {"business": client.display_name}
