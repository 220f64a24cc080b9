"""Decrypting a reply of more than 10 KB, which Apple stores encrypted (docs/apple-messages.md).

AES-256 in counter mode, with a counter that begins at zero: each key encrypts one reply alone. Nothing in it shows that
a reply was altered on its way; the gateway finds that out when it decodes it.
"""

from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import CTR

KEY_PREFIX: Final = "00"
"""What Apple writes before each key."""
FIRST_COUNTER: Final = bytes(16)


def decrypt_payload(payload: bytes, *, key: str) -> bytes:
    """Return what ``payload`` encrypts, as long as it. ``key``: the field of the reply, 00 and 64 hexadecimal digits.

    Raises ``ValueError`` for another form of key.
    """
    decryptor = Cipher(AES256(bytes.fromhex(key.removeprefix(KEY_PREFIX))), CTR(FIRST_COUNTER)).decryptor()
    return decryptor.update(payload) + decryptor.finalize()
