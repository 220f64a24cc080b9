"""Clients and their access tokens, as the OAuth server stores them, for tests of those who take tokens."""

import uuid
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from authenticate_app.accounts.models import User
from authenticate_app.oauth.models import AccessToken, Client
from authenticate_app.oauth.purposes import Purpose
from authenticate_app.oauth.scopes import CHAT_AUTHENTICATE
from authenticate_app.oauth.secrets import checksum, new_token

LIFETIME = timedelta(minutes=10)


def store_integration(acting_user: User | None, **fields: Any) -> Client:
    """Store a client that acts as a user; ``client_id`` and name are those of no other."""
    number = uuid.uuid4().hex[:12]
    given = {
        "client_id": f"integration-{number}",
        "name": f"Integration {number}",
        "client_type": Client.CLIENT_CONFIDENTIAL,
        "authorization_grant_type": Client.GRANT_CLIENT_CREDENTIALS,
        "purpose": Purpose.INTEGRATION,
        "allowed_scopes": CHAT_AUTHENTICATE,
        "acting_user": acting_user,
    }
    return Client.objects.create(**{**given, **fields})


def store_web_application(**fields: Any) -> Client:
    """Store a client that customers sign in to."""
    given = {
        "authorization_grant_type": Client.GRANT_AUTHORIZATION_CODE,
        "purpose": Purpose.WEB,
        "redirect_uris": "https://www.example.com/callback",
        "allowed_scopes": f"openid profile {CHAT_AUTHENTICATE}",
    }
    return store_integration(fields.pop("acting_user", None), **{**given, **fields})


def store_token(
    client: Client,
    *,
    user: User | None = None,
    scope: str = CHAT_AUTHENTICATE,
    expires: datetime | None = None,
) -> str:
    """Store an access token, of client credentials or, with ``user``, of a sign-in; return what the client holds."""
    token = new_token()
    AccessToken.objects.create(
        application=client,
        user=user,
        token_checksum=checksum(token),
        scope=scope,
        expires=expires or timezone.now() + LIFETIME,
        sign_in_stamp=user.sign_in_stamp if user else None,
    )
    return token


def bearer(token: str) -> dict[str, str | None]:
    """Return the headers of a request with this token."""
    return {"Authorization": f"Bearer {token}"}
