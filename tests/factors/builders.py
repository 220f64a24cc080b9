"""Factors as they are stored, for tests of something else."""

import secrets
import uuid
from typing import Any

from django.utils import timezone

from authenticate_app.accounts.models import User
from authenticate_app.factors.models import Passkey


def store_passkey(user: User, **fields: Any) -> Passkey:
    stored = {
        "credential_id": secrets.token_bytes(16),
        "public_key": b"",
        "sign_count": 0,
        "name": "Phone",
        "transports": ["internal"],
        "aaguid": uuid.UUID(int=0),
        "backed_up": True,
        "created_at": timezone.now(),
    }
    return Passkey.objects.create(user=user, **{**stored, **fields})
