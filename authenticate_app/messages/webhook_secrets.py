"""The secret that webhooks of a business are signed with (Standard Webhooks, "Signature scheme")."""

import base64
import secrets

from authenticate_app.keys.encryption import encrypt
from authenticate_app.messages.models import Business

PREFIX = "whsec_"
BYTES = 32


def renew_webhook_secret(*, business: Business) -> str:
    """Store a new secret and return it, for the only time; the one before is void at once."""
    secret = PREFIX + base64.b64encode(secrets.token_bytes(BYTES)).decode("ascii")
    Business.objects.filter(pk=business.pk).update(encrypted_webhook_secret=encrypt(secret.encode()))
    return secret
