"""The sandbox of a demonstration: an account, two businesses, their client, and the system that asks."""

import base64
import hmac
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from django.conf import settings
from django.contrib.auth.models import Group
from django.urls import reverse

from authenticate_app.accounts.entitlements import ON_BEHALF_ROLE, SELF_SERVICE_USER
from authenticate_app.accounts.models import User
from authenticate_app.keys.encryption import encrypt
from authenticate_app.messages.models import Business, MspAccount
from authenticate_app.oauth import scopes, secrets
from authenticate_app.oauth.client_services import DEMONSTRATION, apply_purpose
from authenticate_app.oauth.models import Client
from authenticate_app.oauth.purposes import Purpose, messages_callback
from authenticate_app.sandbox.models import SandboxAsker

CUSTOMERS_CLIENT: Final = f"{DEMONSTRATION}messages"
ASKER: Final = f"{DEMONSTRATION}asker"
BUSINESS: Final = "sandbox-business"
IMPATIENT_BUSINESS: Final = "sandbox-impatient-business"
"""Whose sign-ins end after seconds: to try what happens then."""
IMPATIENT: Final = {
    "name": "Vision Shop (impatient)",
    "sign_in_lifetime": timedelta(seconds=6),
    "reply_grace": timedelta(seconds=2),
}
MSP_ID: Final = "00000000-5a4d-4b0c-8000-000000000001"
GATEWAY: Final = "/sandbox/gateway/v1"
SECRET_BYTES: Final = 32
SERVICE_ACCOUNT: Final = "dcsadmin3"
"""As whom the asking system acts; it has no password."""


def load(_passwords: Mapping[str, str]) -> None:
    """Store what the sandbox needs, where ``SANDBOX`` is on; what is there is brought up to date.

    Its secrets follow from the installation's ``SECRET_KEY``, so that none needs to be told to anybody.
    """
    if not settings.SANDBOX:
        return
    given = {"account": _account(), "client": _customers_client()}
    asker = _asker()
    for business_id, fields in ((BUSINESS, {"name": "Vision Shop"}), (IMPATIENT_BUSINESS, IMPATIENT)):
        business = _business(business_id, **given, **fields)
        business.api_clients.add(asker)
        encrypted_client_secret = encrypt(secret_of(ASKER).encode())
        SandboxAsker.objects.update_or_create(
            business=business, defaults={"client": asker, "encrypted_client_secret": encrypted_client_secret}
        )


def secret_of(name: str) -> str:
    """A secret that stays the same from start to start, of characters that need no escape in a form."""
    return hmac.digest(settings.SECRET_KEY.encode(), f"sandbox {name}".encode(), "sha512").hex()


def _account() -> MspAccount:
    api_secret = base64.b64encode(bytes.fromhex(secret_of(MSP_ID))[:SECRET_BYTES])
    given = {"name": "Sandbox", "encrypted_api_secret": encrypt(api_secret)}
    return MspAccount.objects.update_or_create(msp_id=MSP_ID, defaults=given)[0]


def _customers_client() -> Client:
    """The client that customers sign in at, in both flows: Apple knows one of a business."""
    return _client(
        CUSTOMERS_CLIENT,
        purpose=Purpose.APPLE_LEGACY,
        name="Sandbox: Apple Messages",
        display_name="Vision Shop",
        redirect_uris=messages_callback(),
        allowed_scopes="openid profile email",
        accent_color="#0b6e4f",
    )


def _asker() -> Client:
    return _client(
        ASKER,
        purpose=Purpose.INTEGRATION,
        name="Sandbox: the business's system",
        display_name="Sandbox",
        acting_user=_service_account(),
        allowed_scopes=f"{scopes.CHAT_AUTHENTICATE} {scopes.MESSAGES}",
    )


def _client(client_id: str, **fields: Any) -> Client:
    client = Client.objects.filter(client_id=client_id).first() or Client(client_id=client_id)
    for name, value in fields.items():
        setattr(client, name, value)
    client.client_secret = secrets.checksum(secret_of(client_id))
    apply_purpose(client)
    client.save()
    return client


def _service_account() -> User:
    user = User.objects.filter(username=SERVICE_ACCOUNT).first()
    if user is None:
        names = {"first_name": "DCS", "last_name": "Sandbox"}
        user = User.objects.create_user(SERVICE_ACCOUNT, None, is_demonstration=True, **names)
        user.groups.set(Group.objects.filter(name__in=(SELF_SERVICE_USER, ON_BEHALF_ROLE)))
    return user


def _business(business_id: str, **fields: Any) -> Business:
    given = {
        "is_sandbox": True,
        "gateway_url": f"{settings.PUBLIC_BASE_URL}{GATEWAY}",
        "allows_legacy_flow": True,
        "encrypted_client_secret": encrypt(secret_of(CUSTOMERS_CLIENT).encode()),
        "request_title": "Please sign in",
        "request_subtitle": "So that we know whose order it is",
        "reply_title": "Signed in",
        "webhook_url": f"{settings.PUBLIC_BASE_URL}{reverse('sandbox-receiver', args=[business_id])}",
        "encrypted_webhook_secret": encrypt(webhook_secret().encode()),
        **fields,
    }
    return Business.objects.update_or_create(business_id=business_id, defaults=given)[0]


def webhook_secret() -> str:
    """What webhooks to the asking system are signed with (Standard Webhooks)."""
    return "whsec_" + base64.b64encode(bytes.fromhex(secret_of("webhooks"))[:SECRET_BYTES]).decode("ascii")
