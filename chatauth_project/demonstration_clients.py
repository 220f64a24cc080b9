"""The clients of a demonstration: an integration, and a web application on this machine."""

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import Group

from authenticate_app.accounts.entitlements import ON_BEHALF_ROLE, SELF_SERVICE_USER
from authenticate_app.accounts.models import User
from authenticate_app.oauth import scopes, secrets
from authenticate_app.oauth.client_services import DEMONSTRATION, apply_purpose
from authenticate_app.oauth.models import Client
from authenticate_app.oauth.purposes import Purpose

INTEGRATION = f"{DEMONSTRATION}integration"
WEB_APPLICATION = f"{DEMONSTRATION}web"
CLIENT_IDS = (INTEGRATION, WEB_APPLICATION)
SERVICE_ACCOUNT = "dcsadmin2"
"""As whom the integration acts: holds what ``dcsadmin1`` holds, and has no password."""
CALLBACK = "http://localhost:8765/callback"
"""Where a web application that one tries out would listen."""


def load(passwords: Mapping[str, str]) -> None:
    """Create the clients, with the secrets that ``passwords`` has by client id.

    Clients that exist already keep everything but a different secret.
    """
    _client(
        INTEGRATION,
        passwords[INTEGRATION],
        purpose=Purpose.INTEGRATION,
        name="Demonstration: integration",
        display_name="Demonstration",
        acting_user=_service_account(),
    )
    _client(
        WEB_APPLICATION,
        passwords[WEB_APPLICATION],
        purpose=Purpose.WEB,
        name="Demonstration: web application",
        display_name="Vision Shop",
        redirect_uris=CALLBACK,
        allowed_scopes=" ".join(scope for scope in scopes.SCOPES if scope in scopes.OF_PEOPLE),
        accent_color="#0b6e4f",
    )


def _client(client_id: str, secret: str, **fields: Any) -> None:
    checksum = secrets.checksum(secret)
    client = Client.objects.filter(client_id=client_id).first()
    if client is None:
        client = Client(client_id=client_id, client_secret=checksum, **fields)
        apply_purpose(client)
        client.full_clean()
        client.save()
    elif client.client_secret != checksum:
        Client.objects.filter(pk=client.pk).update(client_secret=checksum)


def _service_account() -> User:
    user = User.objects.filter(username=SERVICE_ACCOUNT).first()
    if user is None:
        names = {"first_name": "DCS", "last_name": "Integration"}
        user = User.objects.create_user(SERVICE_ACCOUNT, None, is_demonstration=True, **names)
        user.groups.set(Group.objects.filter(name__in=(SELF_SERVICE_USER, ON_BEHALF_ROLE)))
    return user
