"""Issuing tokens: compact JWS (RFC 7515, section 7.1) signed with RS256.

Verifying is not done here: whoever gets a token does it, from the published key set.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256

from authenticate_app.keys.certificates import base64url, thumbprint

_RS256 = PKCS1v15(), SHA256()
"""RSASSA-PKCS1-v1_5 using SHA-256 (RFC 7518, section 3.3)."""
_write_json = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class SigningMaterial:
    """What a token is signed with, ready to use."""

    kid: str
    x5t: str
    private_key: RSAPrivateKey
    header_segment: bytes
    """The JOSE header, which is the same for all tokens of the key, in base64url."""
    access_token_header_segment: bytes
    """That of OAuth access tokens (RFC 9068, section 2.1)."""

    @classmethod
    def prepare(cls, *, kid: str, certificate: bytes, private_key: RSAPrivateKey) -> "SigningMaterial":
        """Compute once what every token of the key shares; ``certificate`` is DER."""
        x5t = thumbprint(certificate)
        header = {"alg": "RS256", "typ": "JWT", "x5t": x5t, "kid": kid}
        return cls(
            kid=kid,
            x5t=x5t,
            private_key=private_key,
            header_segment=_segment(header),
            access_token_header_segment=_segment({**header, "typ": "at+jwt"}),
        )


def sign(claims: Mapping[str, object], *, key: SigningMaterial, header_segment: bytes | None = None) -> str:
    """Return a signed JWT (RFC 7519) with the claims in the order given.

    Raises ``TypeError`` or ``ValueError`` when the claims cannot be written as JSON in UTF-8: an unknown type, a
    number that is none, half a surrogate pair. ``kid`` and ``x5t`` stand in the header (docs/chat-authenticate.md).
    """
    signing_input = (header_segment or key.header_segment) + b"." + _segment(claims)
    signature = base64url(key.private_key.sign(signing_input, *_RS256))
    return (signing_input + b"." + signature).decode("ascii")


def _segment(part: Mapping[str, object]) -> bytes:
    return base64url(_write_json(dict(part)).encode("utf-8"))
