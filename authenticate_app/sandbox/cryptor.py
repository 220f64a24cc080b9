"""How a phone encrypts: the token of the legacy flow, and replies that are too large for one message.

The token goes by ECIES over P-384, which Apple calls ``eciesEncryptionCofactorVariableIVX963SHA256AESGCM``: a fresh key
pair, ECDH, the X9.63 KDF (SEC 1, section 3.6.1) with SHA-256, AES-256-GCM with a nonce of 16 bytes.
"""

import binascii
from base64 import b64decode, b64encode
from enum import IntEnum
from secrets import token_bytes

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.x963kdf import X963KDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

POINT_BYTES = 97
UNCOMPRESSED = 4
KEY_BYTES, NONCE_BYTES = 32, 16
FIRST_COUNTER = bytes(16)


class CryptorFault(IntEnum):
    """Why a phone does not encrypt: the codes of ``com.apple.icloud.messages.business.cryptor``."""

    KEY_EMPTY = 0
    NOT_BASE64 = 1
    NOT_AN_EC_KEY = 2
    KEY_INVALID = 3
    ENCRYPTION_FAILED = 4


class NotEncrypted(Exception):
    """The phone cannot encrypt for this key."""

    def __init__(self, fault: CryptorFault) -> None:
        self.fault = fault
        super().__init__(fault.name)


def encrypt_token(token: str, response_encryption_key: str, own: ec.EllipticCurvePrivateKey | None = None) -> str:
    """Encrypt an access token for whoever holds the other half of the key; ``own`` replaces the fresh key pair.

    Answers base64 of the ephemeral public key, the ciphertext and the tag. Raises ``NotEncrypted``.
    """
    receiver = _public_key(response_encryption_key)
    own = own or ec.generate_private_key(ec.SECP384R1())
    point = own.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    derived = X963KDF(SHA256(), KEY_BYTES + NONCE_BYTES, sharedinfo=point).derive(own.exchange(ec.ECDH(), receiver))
    sealed = AESGCM(derived[:KEY_BYTES]).encrypt(derived[KEY_BYTES:], token.encode(), None)
    return b64encode(point + sealed).decode("ascii")


def _public_key(text: str) -> ec.EllipticCurvePublicKey:
    if not text:
        raise NotEncrypted(CryptorFault.KEY_EMPTY)
    try:
        point = b64decode(text, validate=True)
    except binascii.Error:
        raise NotEncrypted(CryptorFault.NOT_BASE64) from None
    if len(point) != POINT_BYTES or point[0] != UNCOMPRESSED:
        raise NotEncrypted(CryptorFault.NOT_AN_EC_KEY)
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP384R1(), point)
    except ValueError:
        raise NotEncrypted(CryptorFault.KEY_INVALID) from None


def encrypt_payload(payload: bytes, key: bytes) -> bytes:
    """AES-256 in counter mode from zero: each key is good for one payload."""
    encryptor = Cipher(algorithms.AES(key), modes.CTR(FIRST_COUNTER)).encryptor()
    return encryptor.update(payload) + encryptor.finalize()


def new_payload_key() -> tuple[bytes, str]:
    """A fresh key, and how the message writes it: hexadecimal behind a byte of zero."""
    key = token_bytes(KEY_BYTES)
    return key, (b"\0" + key).hex()
