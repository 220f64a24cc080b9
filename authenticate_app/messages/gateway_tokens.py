"""The tokens by which Apple's gateway and we know one another: JWTs signed with a secret that both share (RFC 7519).

Ours say who asks (``iss``), theirs for whom they are (``aud``). Since the secret is shared, only ``aud`` tells a token
of theirs from one of ours that came back to us.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final, Protocol

import jwt
from django.conf import settings

from authenticate_app.keys.encryption import decrypt

ALGORITHM: Final = "HS256"
SHORTEST_KEY: Final = 32
"""Bytes of a key for HS256 (RFC 7518, section 3.2)."""
LONGEST_TOKEN: Final = 4096
"""Characters: ten times what Apple's have."""
SECRETS_REMEMBERED: Final = 64
TOKENS_REMEMBERED: Final = 64
CLOCK_DIFFERENCE: Final = timedelta(minutes=1)
"""So far may Apple's clock be ahead of ours."""


class Account(Protocol):
    """What is needed of an account at Apple, such as a row of ``MspAccount``."""

    @property
    def msp_id(self) -> str:
        """Who we are at Apple."""

    @property
    def encrypted_api_secret(self) -> bytes | memoryview:
        """The secret as Apple gives it out (base64), encrypted by ``keys.encryption``."""


class Refusal(StrEnum):
    """Why a token of the gateway is refused."""

    MALFORMED = "malformed"
    WRONG_ALGORITHM = "wrong-algorithm"
    WRONG_SIGNATURE = "wrong-signature"
    NO_AUDIENCE = "no-audience"
    """As in our own tokens, which are signed with the same secret."""
    FOREIGN_AUDIENCE = "foreign-audience"
    NO_TIME = "no-time"
    TOO_OLD = "too-old"
    FROM_THE_FUTURE = "from-the-future"
    EXPIRED = "expired"
    NOT_YET_VALID = "not-yet-valid"


class GatewayTokenRefused(Exception):
    """The token does not show that Apple's gateway asks; ``reason`` says why, for the audit log and the metrics."""

    def __init__(self, reason: Refusal) -> None:
        super().__init__(reason.value)
        self.reason = reason


class BadApiSecret(ValueError):
    """The API secret is not base64 of at least 32 bytes."""


@dataclass(frozen=True, slots=True)
class VerifiedGatewayToken:
    """A token that the gateway made for us, lately."""

    issued_at: datetime


def sign_gateway_token(*, account: Account, now: datetime) -> str:
    """Return the token that we show to the gateway. Raises ``BadApiSecret`` and ``keys.encryption.Undecryptable``."""
    claims = {"iss": account.msp_id, "iat": int(now.timestamp())}
    return jwt.encode(claims, _key(account), algorithm=ALGORITHM, sort_headers=True)


def verify_gateway_token(*, unverified_token: str, account: Account, now: datetime) -> VerifiedGatewayToken:
    """Make sure that Apple's gateway made the token for this account, and not longer ago than ``GATEWAY_TOKEN_AGE``.

    Raises ``GatewayTokenRefused``, and ``BadApiSecret`` or ``keys.encryption.Undecryptable`` where the account itself
    is at fault.
    """
    claims = _verified_claims(unverified_token, account)
    _refuse_by_time(claims, now)
    return VerifiedGatewayToken(issued_at=datetime.fromtimestamp(claims["iat"], tz=UTC))


def signing_key(api_secret: str) -> bytes:
    """The key that an API secret stands for: its base64, decoded. Raises ``BadApiSecret``."""
    try:
        key = base64.b64decode(api_secret.strip(), validate=True)
    except ValueError:
        raise BadApiSecret("The API secret is not base64. Copy it as Apple's register shows it.") from None
    if len(key) < SHORTEST_KEY:
        raise BadApiSecret(f"The API secret holds fewer than {SHORTEST_KEY} bytes. Copy the whole of it.")
    return key


def _key(account: Account) -> bytes:
    return _decrypted_key(bytes(account.encrypted_api_secret), tuple(settings.FIELD_ENCRYPTION_KEYS))


@lru_cache(maxsize=SECRETS_REMEMBERED)
def _decrypted_key(encrypted_api_secret: bytes, _encrypted_with: tuple[str, ...]) -> bytes:
    """Decrypt a secret once, while it and the keys of ``FIELD_ENCRYPTION_KEYS`` stay as they are."""
    return signing_key(decrypt(encrypted_api_secret).decode("utf-8"))


def _verified_claims(unverified_token: str, account: Account) -> Mapping[str, Any]:
    if len(unverified_token) > LONGEST_TOKEN:
        raise GatewayTokenRefused(Refusal.MALFORMED)
    key = _key(account)
    try:
        return _claims(unverified_token, key, account.msp_id)
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError) as fault:
        raise GatewayTokenRefused(_refusal(fault)) from None


@lru_cache(maxsize=TOKENS_REMEMBERED)
def _claims(unverified_token: str, key: bytes, audience: str) -> Mapping[str, Any]:
    """Return what a token says, if its signature is good; its times are to be judged each time.

    Only good ones are remembered. Tokens of the same second are the same, so a gateway that is busy repeats them.
    """
    return MappingProxyType(
        jwt.decode(
            unverified_token,
            key,
            algorithms=[ALGORITHM],
            audience=audience,
            options={
                "verify_signature": True,
                "require": ["aud", "iat"],
                "verify_aud": True,
                "strict_aud": False,  # a string or an array
                "verify_iss": False,
                "verify_iat": False,  # times are judged by ``now``, below
                "verify_exp": False,
                "verify_nbf": False,
            },
        )
    )


def _refusal(fault: Exception) -> Refusal:
    if isinstance(fault, jwt.MissingRequiredClaimError):
        return Refusal.NO_AUDIENCE if fault.claim == "aud" else Refusal.NO_TIME
    return next((refusal for kind, refusal in _REFUSALS if isinstance(fault, kind)), Refusal.MALFORMED)


_REFUSALS: Final[list[tuple[type[Exception], Refusal]]] = [
    (jwt.InvalidAudienceError, Refusal.FOREIGN_AUDIENCE),
    (jwt.InvalidAlgorithmError, Refusal.WRONG_ALGORITHM),
    (jwt.InvalidSignatureError, Refusal.WRONG_SIGNATURE),
]


def _refuse_by_time(claims: Mapping[str, Any], now: datetime) -> None:
    """Raises ``GatewayTokenRefused``. ``exp`` and ``nbf`` count where they are given (RFC 7519, section 4.1)."""
    latest = (now + CLOCK_DIFFERENCE).timestamp()
    issued_at = _time(claims, "iat")
    if issued_at > latest:
        raise GatewayTokenRefused(Refusal.FROM_THE_FUTURE)
    if issued_at < (now - settings.GATEWAY_TOKEN_AGE).timestamp():
        raise GatewayTokenRefused(Refusal.TOO_OLD)
    if "exp" in claims and _time(claims, "exp") <= now.timestamp():
        raise GatewayTokenRefused(Refusal.EXPIRED)
    if "nbf" in claims and _time(claims, "nbf") > latest:
        raise GatewayTokenRefused(Refusal.NOT_YET_VALID)


def _time(claims: Mapping[str, Any], name: str) -> float:
    """Seconds since 1970. Raises ``GatewayTokenRefused`` for what is no number; NaN is none either."""
    seconds = claims[name]
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or seconds != seconds:  # noqa: PLR0124
        raise GatewayTokenRefused(Refusal.MALFORMED)
    return seconds
