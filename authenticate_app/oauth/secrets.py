"""Secrets, codes and tokens: how they are made, and by what they are recognized.

All are long and random, so that one SHA-256 is enough to store them by: nobody guesses what it was made of. A hash that
is slow on purpose, as for passwords, would only make every token request slow.
"""

import hmac
import secrets
import string
import uuid
from hashlib import sha256

UNRESERVED = string.ascii_letters + string.digits
"""Characters that need no escape in a form: the phone of the legacy flow sends secrets and codes as they are."""
SECRET_LENGTH = 128
CODE_LENGTH = 43
"""256 bits of chance."""
TOKEN_BYTES = 32
FAMILY_DIGITS = 32


def new_secret() -> str:
    """Return a client secret; it is shown once and stored nowhere."""
    return _random(SECRET_LENGTH)


def new_code(family: uuid.UUID) -> str:
    """Return an authorization code, which begins with its family: so it is known when it comes again much later."""
    return family.hex + _random(CODE_LENGTH)


def new_verifier() -> str:
    """Return a PKCE verifier (RFC 7636, section 4.1), or anything else that a client makes up once."""
    return _random(CODE_LENGTH)


def new_token() -> str:
    """Return an opaque access token."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def new_token_id() -> str:
    """Return what tells a signed token from all others (RFC 9068, section 2.2): 128 bits of chance."""
    return secrets.token_hex(16)


def new_refresh_token(family: uuid.UUID) -> str:
    """Return a refresh token, which begins with its family: so one that was used before is known as such."""
    return family.hex + secrets.token_urlsafe(TOKEN_BYTES)


def family_of(unverified_secret: str) -> uuid.UUID | None:
    """Read the family that a code or refresh token claims to be of."""
    digits = unverified_secret[:FAMILY_DIGITS]
    try:
        family = uuid.UUID(hex=digits)
    except ValueError:
        return None
    return family if family.hex == digits else None


def checksum(secret: str) -> str:
    """What a code, token or secret is stored and found by: SHA-256, in hexadecimal."""
    return sha256(secret.encode()).hexdigest()


def matches(unverified_secret: str, stored_checksum: str) -> bool:
    """Whether this is the secret that was stored, in a time that does not tell how much of it is right."""
    return bool(stored_checksum) and hmac.compare_digest(checksum(unverified_secret), stored_checksum)


def _random(length: int) -> str:
    return "".join(secrets.choice(UNRESERVED) for _ in range(length))
