"""Signed tokens: ID tokens (OpenID Connect Core, section 2) and access tokens for clients that need them (RFC 9068)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

import jwt
from django.conf import settings

from authenticate_app.accounts.models import User
from authenticate_app.keys.certificates import base64url
from authenticate_app.keys.keyring import keyring
from authenticate_app.keys.tokens import SigningMaterial, sign
from authenticate_app.oauth import secrets
from authenticate_app.oauth.addresses import issuer
from authenticate_app.oauth.claims import claims_of
from authenticate_app.oauth.models import Client


@dataclass(frozen=True, slots=True)
class Authentication:
    """When and how the person proved who they are. ``amr``: methods of RFC 8176, separated by spaces."""

    auth_time: datetime
    amr: str
    nonce: str = ""


@dataclass(frozen=True, slots=True)
class VerifiedHint:
    """An ID token of ours that came back; it may have expired long ago."""

    subject: str
    client_id: str


def sign_id_token(
    *,
    user: User,
    client: Client,
    scopes: Sequence[str],
    authentication: Authentication,
    access_token: str,
    now: datetime,
    key: SigningMaterial,
) -> str:
    """Return an ID token for ``client`` about ``user``."""
    issued_at = int(now.timestamp())
    claims: dict[str, Any] = {
        "iss": issuer(),
        **claims_of(user, scopes),
        "aud": client.client_id,
        "iat": issued_at,
        "exp": issued_at + int(settings.ID_TOKEN_LIFETIME.total_seconds()),
        "auth_time": int(authentication.auth_time.timestamp()),
        "at_hash": half_hash(access_token),
    }
    if authentication.nonce:
        claims["nonce"] = authentication.nonce
    if authentication.amr:
        claims["amr"] = authentication.amr.split()
    return sign(claims, key=key)


def access_token_lifetime() -> int:
    """Seconds that an access token is valid for (``expires_in``; RFC 6749, section 5.1)."""
    return int(settings.ACCESS_TOKEN_LIFETIME.total_seconds())


def make_access_token(
    *, user: User | None, client: Client, scopes: Sequence[str], now: datetime, key: SigningMaterial | None
) -> str:
    """Return an access token, opaque or signed, as the client is to get them; nothing is stored yet.

    Without a user it is about the client itself. An opaque one needs no key.
    """
    if not client.signed_access_tokens:
        return secrets.new_token()
    if key is None:
        raise LookupError("No signing key was given for a client with signed access tokens.")
    return _sign_access_token(user=user, client=client, scopes=scopes, now=now, key=key)


def _sign_access_token(
    *, user: User | None, client: Client, scopes: Sequence[str], now: datetime, key: SigningMaterial
) -> str:
    """Return an access token that others can verify by themselves (RFC 9068)."""
    issued_at = int(now.timestamp())
    claims = {
        "iss": issuer(),
        "sub": client.client_id if user is None else str(user.subject),
        "aud": issuer(),
        "client_id": client.client_id,
        "iat": issued_at,
        "exp": issued_at + access_token_lifetime(),
        "jti": secrets.new_token_id(),
        "scope": " ".join(scopes),
    }
    return sign(claims, key=key, header_segment=key.access_token_header_segment)


def half_hash(token: str) -> str:
    """The left half of the token's SHA-256, in base64url (OpenID Connect Core, section 3.1.3.6)."""
    return base64url(sha256(token.encode("ascii")).digest()[:16]).decode("ascii")


def verify_hint(unverified_id_token: str, *, now: datetime) -> VerifiedHint | None:
    """Return what an ID token says, if we signed it with a key that is still in the key set; None else.

    That it has expired does not matter: it is a hint, and nothing is given for it (OpenID Connect Core, 3.1.2.1).
    """
    try:
        header = jwt.get_unverified_header(unverified_id_token)
        public_key = keyring.current().value.public_key(str(header.get("kid")), now)
        if public_key is None or header.get("typ") != "JWT":
            return None
        claims = jwt.decode(
            unverified_id_token,
            key=public_key,
            algorithms=["RS256"],
            issuer=issuer(),
            options={
                "require": ["iss", "sub", "aud", "exp", "iat", "auth_time"],
                "verify_signature": True,
                "verify_iss": True,
                "verify_aud": False,
                "verify_exp": False,
                "verify_iat": False,
                "verify_nbf": False,
            },
        )
    except jwt.PyJWTError:
        return None
    subject, audience = claims["sub"], claims["aud"]
    return VerifiedHint(subject, audience) if isinstance(subject, str) and isinstance(audience, str) else None
