import json
from datetime import datetime, timedelta

import pytest
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from django.conf import LazySettings

from authenticate_app.keys import certificates, keyring
from authenticate_app.keys.encryption import encrypt
from authenticate_app.keys.keyring import Keyring, KeyringLoader
from tests.keys.conftest import DAY, NOW, StoreKey

pytestmark = pytest.mark.django_db

INSTANT = timedelta(microseconds=1)
PRIVATE_MEMBERS = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}
"""RFC 7518, sections 6.3.2 and 6.4."""


@pytest.fixture
def ring(store_key: StoreKey) -> Keyring:
    """A key that signs until ``NOW`` + 1 day and is shown until ``NOW`` + 3 days, and its successor."""
    store_key("first", retired_at=NOW + DAY, deleted_at=NOW + 3 * DAY)
    store_key("second", signs_from=NOW + DAY)
    return KeyringLoader().load()


def signing_kid(ring: Keyring, now: datetime) -> str | None:
    key = ring.signing_key(now)
    return key.kid if key else None


def published_kids(ring: Keyring, now: datetime) -> list[str]:
    return [key["kid"] for key in ring.key_set(now)["keys"]]


@pytest.mark.parametrize(
    ("now", "signing", "published"),
    [
        (NOW - INSTANT, None, ["second", "first"]),
        (NOW, "first", ["first", "second"]),
        (NOW + DAY - INSTANT, "first", ["first", "second"]),
        (NOW + DAY, "second", ["second", "first"]),
        (NOW + 3 * DAY - INSTANT, "second", ["second", "first"]),
        (NOW + 3 * DAY, "second", ["second"]),
    ],
)
def test_keys_change_their_state_by_the_clock(
    ring: Keyring, now: datetime, signing: str | None, published: list[str]
) -> None:
    assert signing_kid(ring, now) == signing
    assert published_kids(ring, now) == published
    assert json.loads(ring.published(now).body) == ring.key_set(now)


def test_the_bytes_are_made_once_for_each_stretch_of_time(ring: Keyring) -> None:
    early, late = ring.published(NOW), ring.published(NOW + DAY - INSTANT)

    assert early is late
    assert ring.published(NOW + DAY).digest != early.digest


def test_the_key_set_has_no_private_parts(ring: Keyring) -> None:
    for key in ring.key_set(NOW)["keys"]:
        assert not PRIVATE_MEMBERS & set(key)


def test_without_keys_there_is_an_empty_key_set() -> None:
    ring = KeyringLoader().load()

    assert ring.signing_key(NOW) is None
    assert ring.published(NOW).body == b'{"keys":[]}'


def test_a_revoked_key_is_not_there_at_all(store_key: StoreKey) -> None:
    store_key(revoked_at=NOW)

    ring = KeyringLoader().load()

    assert (signing_kid(ring, NOW), published_kids(ring, NOW)) == (None, [])


def test_a_key_that_cannot_be_decrypted_is_published_but_does_not_sign(
    store_key: StoreKey, settings: LazySettings, capsys: pytest.CaptureFixture[str]
) -> None:
    store_key()
    settings.FIELD_ENCRYPTION_KEYS = (Fernet.generate_key().decode(),)

    ring = KeyringLoader().load()

    assert signing_kid(ring, NOW) is None
    assert ring.unreadable_kids(NOW) == published_kids(ring, NOW) == ["trustservice"]
    assert ring.unreadable_kids(NOW - DAY) == []
    assert "FIELD_ENCRYPTION_KEYS" in capsys.readouterr().err


def test_a_private_key_of_another_certificate_does_not_sign(store_key: StoreKey) -> None:
    other = certificates.generate_private_key()
    store_key(encrypted_private_key=encrypt(certificates.serialize_private_key(other)))

    assert KeyringLoader().load().unreadable_kids(NOW) == ["trustservice"]


def test_a_damaged_private_key_does_not_stop_the_others(store_key: StoreKey) -> None:
    store_key("damaged", encrypted_private_key=encrypt(b"no key"), retired_at=NOW + DAY)
    store_key("whole")

    assert signing_kid(KeyringLoader().load(), NOW) == "whole"


def test_a_wiped_key_is_published_and_not_missed(store_key: StoreKey) -> None:
    store_key(encrypted_private_key=b"", retired_at=NOW, deleted_at=NOW + DAY)

    ring = KeyringLoader().load()

    assert published_kids(ring, NOW) == ["trustservice"]
    assert ring.unreadable_kids(NOW) == []


def test_a_key_is_parsed_once_and_forgotten_with_its_row(store_key: StoreKey, monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[RSAPrivateKey] = []

    def parse(der: bytes) -> RSAPrivateKey:
        parsed.append(certificates.load_private_key(der))
        return parsed[-1]

    monkeypatch.setattr(keyring, "load_private_key", parse)
    row, loader = store_key(), KeyringLoader()

    first, second = loader.load().signing_key(NOW), loader.load().signing_key(NOW)

    assert first is not None
    assert second is not None
    assert first.private_key is second.private_key is parsed[0]
    row.delete()
    loader.load()
    assert not loader._private_keys
