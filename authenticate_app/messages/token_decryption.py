"""Decrypting the access token that a phone sends back in the legacy flow.

ECIES over P-384 (SEC 1, section 5.1) in the variant that Apple's Security framework calls
``eciesEncryptionCofactorVariableIVX963SHA256AESGCM``: docs/apple-messages.md. Apple documents the name; the lengths and
the order of the parts are known from what phones send.

Encrypting is not done here: that is the phone's part.
"""

import base64
from dataclasses import dataclass, field
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDH,
    SECP384R1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
    derive_private_key,
    generate_private_key,
)
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.x963kdf import X963KDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

CURVE: Final = SECP384R1()
SCALAR_BYTES: Final = 48
POINT_BYTES: Final = 97
"""An uncompressed point: 04, x, y (SEC 1, section 2.3.3)."""
KEY_BYTES: Final = 32
NONCE_BYTES: Final = 16
"""Longer than the usual 12 of GCM: the phone takes it from the derived key as well."""
TAG_BYTES: Final = 16


class TokenUndecryptable(Exception):
    """The token can not be decrypted. Nobody learns why: an answer for each cause would help who probes for the key."""


@dataclass(frozen=True, slots=True)
class KeyPair:
    """The keys of one request to sign in."""

    private_key: bytes = field(repr=False)
    """The scalar, 48 bytes. To be stored encrypted, and wiped when the request ends."""
    response_encryption_key: str
    """The public key as the message bears it: the uncompressed point in standard base64, 132 characters."""


@dataclass(frozen=True, slots=True)
class _Sealed:
    ephemeral_point: bytes
    ephemeral_key: EllipticCurvePublicKey
    ciphertext: bytes
    """With the tag at its end."""


def new_key_pair() -> KeyPair:
    """Make the keys of one request."""
    key = generate_private_key(CURVE)
    scalar = key.private_numbers().private_value
    return KeyPair(
        private_key=scalar.to_bytes(SCALAR_BYTES, "big"),
        response_encryption_key=base64.b64encode(_point(key.public_key())).decode("ascii"),
    )


def decrypt_token(*, unverified_token: str, private_key: bytes) -> str:
    """Return the access token that ``unverified_token`` holds, which nobody has vouched for yet.

    ``unverified_token`` is base64 of V, ciphertext and tag; ``private_key`` that of the request's ``KeyPair``. Raises
    ``TokenUndecryptable`` for all that is wrong, after the same work: what can not even be read is replaced by
    something that reads well and fails in the end.
    """
    sealed = _sealed(unverified_token) or _DECOY
    try:
        return _opened(sealed, _private_key(private_key)).decode("utf-8")
    except (InvalidTag, ValueError):
        raise TokenUndecryptable from None


def _opened(sealed: _Sealed, private_key: EllipticCurvePrivateKey) -> bytes:
    """Raises ``InvalidTag``."""
    shared_secret = private_key.exchange(ECDH(), sealed.ephemeral_key)  # x alone, with its leading zeros
    derived = X963KDF(SHA256(), KEY_BYTES + NONCE_BYTES, sharedinfo=sealed.ephemeral_point).derive(shared_secret)
    return AESGCM(derived[:KEY_BYTES]).decrypt(derived[KEY_BYTES:], sealed.ciphertext, associated_data=None)


def _sealed(unverified_token: str) -> _Sealed | None:
    """The parts of a token; None if it is too short, not base64, or V no point of the curve."""
    try:
        parts = base64.b64decode(unverified_token, validate=True)
        point, ciphertext = parts[:POINT_BYTES], parts[POINT_BYTES:]
        key = EllipticCurvePublicKey.from_encoded_point(CURVE, point)  # checks that it lies on the curve
    except ValueError:
        return None
    is_whole = len(point) == POINT_BYTES and len(ciphertext) >= TAG_BYTES
    return _Sealed(point, key, ciphertext) if is_whole else None


def _private_key(scalar: bytes) -> EllipticCurvePrivateKey:
    """Raises ``ValueError`` for what is no key, as of a request that has ended."""
    return derive_private_key(int.from_bytes(scalar, "big"), CURVE)


def _point(key: EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _decoy() -> _Sealed:
    key = generate_private_key(CURVE).public_key()
    return _Sealed(_point(key), key, bytes(TAG_BYTES))


_DECOY: Final = _decoy()
