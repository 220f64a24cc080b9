"""Secrets at rest: encrypted with the keys of the setting ``FIELD_ENCRYPTION_KEYS``.

The setting lists Fernet keys (AES-128-CBC with HMAC-SHA256): the first encrypts, all decrypt. What was changed by
whoever can write to the database, but does not hold the keys, is not decrypted.
"""

from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


class Undecryptable(Exception):
    """A stored secret that no key of ``FIELD_ENCRYPTION_KEYS`` decrypts."""

    def __init__(self) -> None:
        super().__init__(
            "A secret in the database cannot be decrypted: FIELD_ENCRYPTION_KEYS lacks the key that it was"
            " encrypted with, or the secret was altered. Put the former key back, behind the new one."
        )


def encrypt(secret: bytes) -> bytes:
    """Encrypt with the first key."""
    return _fernet(tuple(settings.FIELD_ENCRYPTION_KEYS)).encrypt(secret)


def decrypt(encrypted: bytes) -> bytes:
    """Decrypt with whichever key fits. Raises ``Undecryptable``."""
    try:
        return _fernet(tuple(settings.FIELD_ENCRYPTION_KEYS)).decrypt(encrypted)
    except InvalidToken:
        raise Undecryptable from None


def reencrypt(encrypted: bytes) -> bytes:
    """Encrypt anew with the first key. Raises ``Undecryptable``."""
    return encrypt(decrypt(encrypted))


def is_encrypted_with_first_key(encrypted: bytes) -> bool:
    """Say whether ``reencrypt`` would change nothing but the time and the nonce."""
    try:
        _fernet(tuple(settings.FIELD_ENCRYPTION_KEYS[:1])).decrypt(encrypted)
    except InvalidToken:
        return False
    return True


@lru_cache(maxsize=4)
def _fernet(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])
