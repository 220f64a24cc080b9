"""What administrators do to clients: fill in what follows from the purpose, and replace secrets."""

from typing import Final

from authenticate_app.oauth import scopes, secrets
from authenticate_app.oauth.models import Client
from authenticate_app.oauth.purposes import RULES, WITHOUT_PKCE, messages_callback

DEMONSTRATION: Final = "demonstration-"
"""What the ids of a demonstration's clients begin with; production refuses them (check chatauth.E001)."""


def apply_purpose(client: Client) -> None:
    """Set what follows from the purpose; what it leaves open gets the safest value, unless there is one already."""
    rules = RULES[client.purpose]
    client.authorization_grant_type = rules.grant_type
    client.pkce_required = client.purpose not in WITHOUT_PKCE
    client.client_type = client.client_type or Client.CLIENT_CONFIDENTIAL
    if rules.redirect_uri:
        serve_new_flow(client, serves=rules.may_have_callback and messages_callback() in client.redirect_uris.split())
    if not client.allowed_scopes:
        usual = rules.scopes - scopes.BY_CHOICE
        client.allowed_scopes = " ".join(scope for scope in scopes.SCOPES if scope in usual)


def serve_new_flow(client: Client, *, serves: bool) -> None:
    """Let a client of the legacy flow serve the new one too, or that one no longer; it still has to be saved."""
    own = [messages_callback()] if serves else []
    client.redirect_uris = " ".join([RULES[client.purpose].redirect_uri, *own])


def renew_secret(*, client: Client) -> str | None:
    """Store a new secret and return it; the old one is void at once.

    None where the secret is not that of ``client`` any more: somebody else was faster, and shows the new one to whoever
    asked for it.
    """
    secret = secrets.new_secret()
    unchanged = Client.objects.filter(pk=client.pk, client_secret=client.client_secret)
    return secret if unchanged.update(client_secret=secrets.checksum(secret)) else None
