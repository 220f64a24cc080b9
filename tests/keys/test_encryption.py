import pytest
from cryptography.fernet import Fernet
from django.conf import LazySettings

from authenticate_app.keys.encryption import (
    Undecryptable,
    decrypt,
    encrypt,
    is_encrypted_with_first_key,
    reencrypt,
)

OLD, NEW, OTHER = (Fernet.generate_key().decode() for _ in range(3))


@pytest.fixture
def with_old_key(settings: LazySettings) -> bytes:
    settings.FIELD_ENCRYPTION_KEYS = (OLD,)
    return encrypt(b"secret")


def test_what_is_encrypted_is_not_the_secret_and_comes_back(with_old_key: bytes) -> None:
    assert b"secret" not in with_old_key
    assert decrypt(with_old_key) == b"secret"


def test_the_first_key_encrypts_and_all_decrypt(settings: LazySettings, with_old_key: bytes) -> None:
    settings.FIELD_ENCRYPTION_KEYS = (NEW, OLD)

    assert decrypt(with_old_key) == b"secret"
    assert not is_encrypted_with_first_key(with_old_key)
    assert Fernet(NEW).decrypt(encrypt(b"secret")) == b"secret"


def test_after_reencrypting_the_old_key_can_go(settings: LazySettings, with_old_key: bytes) -> None:
    settings.FIELD_ENCRYPTION_KEYS = (NEW, OLD)
    renewed = reencrypt(with_old_key)
    settings.FIELD_ENCRYPTION_KEYS = (NEW,)

    assert decrypt(renewed) == b"secret"
    assert is_encrypted_with_first_key(renewed)


@pytest.mark.parametrize("use", [decrypt, reencrypt])
def test_without_the_key_the_error_names_the_setting(settings: LazySettings, with_old_key: bytes, use: object) -> None:
    settings.FIELD_ENCRYPTION_KEYS = (OTHER,)

    with pytest.raises(Undecryptable, match="FIELD_ENCRYPTION_KEYS lacks the key"):
        use(with_old_key)  # type: ignore[operator]


def test_what_was_altered_is_refused(with_old_key: bytes) -> None:
    altered = with_old_key[:-5] + b"AAAA="
    with pytest.raises(Undecryptable):
        decrypt(altered)
