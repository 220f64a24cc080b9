"""Verifying the token that opens an engagement: what ``chat_authenticate`` signed for this very interface.

A token proves who the customer is, and nothing else. That it is used once is up to ``requesting``, which claims it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from django.conf import settings

from authenticate_app.keys.keyring import keyring
from chat_app.engagement.errors import TOKEN_REFUSED, Refused
from chat_app.routing.snapshot import InterfaceFacts

ALGORITHM: Final = "RS256"
LEEWAY: Final = timedelta(seconds=5)
"""By so much the clocks of our own hosts may differ."""

LONGEST_TOKEN: Final = 8192
"""Bytes; ours have about 1,000, names of 320 characters in other scripts included."""


@dataclass(frozen=True, slots=True)
class VerifiedChatToken:
    """A token whose signature, issuer, audience and life are proven. Only ``verify_chat_token`` makes one.

    ``keys_revision``: the state of the keys by which it was; whoever claims the token makes sure that it still holds.
    """

    jti: UUID
    auth_user_name: str
    kid: str
    keys_revision: int


def verify_chat_token(unverified_token: str, *, interface: InterfaceFacts, now: datetime) -> VerifiedChatToken:
    """Verify a token against the published keys and the audience of ``interface``.

    From memory; one query for a ``kid`` that this process does not know. Nothing is claimed. Raises ``Refused``: 403
    for whatever is wrong, with a reason of RFC 7519's claims or of the header, since clients shall not learn which.
    """
    kid = _kid(unverified_token)
    key, revision = _key(kid, now)
    claims = _claims(unverified_token, key, interface)
    _check_life(claims, now)
    return VerifiedChatToken(_jti(claims), _name(claims), kid, revision)


def still_verifies(token: VerifiedChatToken, now: datetime) -> VerifiedChatToken:
    """Look afresh whether the key of a token is still published; its id stands for no other key ever.

    Raises ``Refused`` (403) if it is not.
    """
    checked = keyring.check()
    if checked.value.public_key(token.kid, now) is None:
        raise refused("unknown_key")
    return VerifiedChatToken(token.jti, token.auth_user_name, token.kid, checked.revision)


def refused(reason: str) -> Refused:
    """Return the refusal of a token, for a reason that the client does not learn."""
    return Refused(TOKEN_REFUSED, reason=f"token_{reason}")


def _kid(unverified_token: str) -> str:
    if len(unverified_token) > LONGEST_TOKEN:
        raise refused("malformed")
    try:
        unverified_header = jwt.get_unverified_header(unverified_token)
    except jwt.InvalidTokenError:
        raise refused("malformed") from None
    if unverified_header.get("alg") != ALGORITHM:
        raise refused("algorithm")
    kid = unverified_header.get("kid")
    if not isinstance(kid, str):
        raise refused("unknown_key")
    return kid


def _key(kid: str, now: datetime) -> tuple[RSAPublicKey, int]:
    """The key by that name and the revision that it was found at; nobody is refused from memory."""
    known = keyring.recall()
    key = known.value.public_key(kid, now)
    if key is None:
        known = keyring.check()
        key = known.value.public_key(kid, now)
    if key is None:
        raise refused("unknown_key")
    return key, known.revision


def _claims(unverified_token: str, key: RSAPublicKey, interface: InterfaceFacts) -> dict[str, Any]:
    try:
        claims: dict[str, Any] = jwt.decode(
            unverified_token,
            key,
            algorithms=[ALGORITHM],
            audience=interface.audience,
            issuer=settings.TOKEN_ISSUER,
            options={
                "require": ["exp", "iat", "sub", "aud", "iss", "jti"],
                "verify_signature": True,
                "verify_aud": True,
                "strict_aud": True,
                "verify_iss": True,
                "verify_sub": True,
                "verify_jti": True,
                # Those three by _check_life: PyJWT knows no other time than that of the machine.
                "verify_exp": False,
                "verify_iat": False,
                "verify_nbf": False,
                "enforce_minimum_key_length": True,
            },
        )
    except jwt.InvalidTokenError as error:
        raise refused(_REASONS.get(type(error), "claims")) from None
    return claims


_REASONS: Final = {
    jwt.InvalidSignatureError: "signature",
    jwt.InvalidAlgorithmError: "algorithm",
    jwt.InvalidAudienceError: "audience",
    jwt.InvalidIssuerError: "issuer",
    jwt.DecodeError: "malformed",
}


def _check_life(claims: dict[str, Any], now: datetime) -> None:
    """RFC 7519, sections 4.1.4 to 4.1.6. No ``nbf`` is given out, so whatever bears one is not ours."""
    expires, issued = claims["exp"], claims["iat"]
    if type(expires) is not int or type(issued) is not int or "nbf" in claims:
        raise refused("claims")
    seconds, leeway = now.timestamp(), LEEWAY.total_seconds()
    if seconds >= expires + leeway:
        raise refused("expired")
    if seconds < issued - leeway:
        raise refused("not_yet_valid")


def _jti(claims: dict[str, Any]) -> UUID:
    try:
        jti = UUID(claims["jti"])
    except ValueError:
        raise refused("claims") from None
    return jti


def _name(claims: dict[str, Any]) -> str:
    name = claims["sub"]
    if not isinstance(name, str) or claims.get("prn") != name:
        raise refused("claims")
    return name
