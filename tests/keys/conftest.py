from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from django.conf import LazySettings

from authenticate_app.keys import certificates
from authenticate_app.keys.encryption import encrypt
from authenticate_app.keys.keyring import keyring
from authenticate_app.keys.models import SigningKey
from authenticate_app.keys.tokens import SigningMaterial
from authenticate_app.revisions.listener import listener

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
ANNOUNCED, SIGNING, RETIRED = 2 * DAY, 90 * DAY, 2 * DAY

StoreKey = Callable[..., SigningKey]


@pytest.fixture(autouse=True)
def spans(settings: LazySettings) -> None:
    settings.KEY_ANNOUNCED, settings.KEY_SIGNING, settings.KEY_RETIRED = ANNOUNCED, SIGNING, RETIRED
    settings.KEY_SET_MAX_AGE, settings.KEY_LEEWAY = HOUR, timedelta(minutes=1)


@pytest.fixture(autouse=True)
def nothing_remembered() -> Iterator[None]:
    keyring.forget()
    yield
    keyring.forget()


@pytest.fixture(scope="session")
def private_key() -> RSAPrivateKey:
    """One key for all tests that do not care which: making one takes its time."""
    return certificates.generate_private_key()


@pytest.fixture(scope="session")
def certificate(private_key: RSAPrivateKey) -> bytes:
    return certificates.make_certificate(
        private_key, name="trustservice", valid_from=NOW - DAY, valid_until=NOW + 400 * DAY
    )


@pytest.fixture(scope="session")
def material(private_key: RSAPrivateKey, certificate: bytes) -> SigningMaterial:
    return SigningMaterial.prepare(kid="trustservice", certificate=certificate, private_key=private_key)


@pytest.fixture
def store_key(db: None, private_key: RSAPrivateKey, certificate: bytes) -> StoreKey:
    def store(kid: str = "trustservice", **fields: object) -> SigningKey:
        given = {
            "kid": kid,
            "certificate": certificate,
            "encrypted_private_key": encrypt(certificates.serialize_private_key(private_key)),
            "created_at": NOW,
            "signs_from": NOW,
        }
        return SigningKey.objects.create(**{**given, **fields})

    return store


@pytest.fixture
def connected(transactional_db: None) -> None:
    assert listener.wait_until_connected(timeout=15)
