"""What the simulated phone encrypts, held against vectors that were made independently of this project."""

from base64 import b64decode

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from authenticate_app.sandbox.cryptor import CryptorFault, NotEncrypted, encrypt_payload, encrypt_token
from tests.sandbox.test_device_requests import KEY

OWN_SCALAR = int("55608d8eb35a1ed9612ee7738c45c58b97f4e2ce25615b71444860b7e06b62fa51b52e0b56836359b68a60fb987a294a", 16)
PLAINTEXT = "AQXdSP_W41_UPs5ioT_t8HESyODB4FqbkJ8LrV_5mff4gPODzOYR"
TOKEN = (
    "BFgVG6xohIe3WqUgy6WLHDxi4UcGvtrU7D79LvCLf2nWYYOcezUJVvozDXX/tzGIe+NraAUbBAN2VZ/DaI0WPAQCBGKRfZIehaHamvKgv3S7bo/b"
    "/Q2jI44apQIVKnyfZ/il7AzrOLqE+XQJbiE4nppxzCK6Okgw6NzhUvWZQDlHBGBqaQGl5X1StDT82TRSiJ56Ye/BaABO0q3KMNO9xlfQ7YcF"
)
PAYLOAD_KEY = bytes.fromhex("842c1175d5a9f20c0cf51216c64efcc4399271d12329facaae3ac53d18ac40df")
CIPHERTEXT = "b0e9ef79a50d531779c2d79bc6af6c52b2d2f4dadb3f4fcfd7d466f79281a92b86"


def test_the_token_of_the_vector() -> None:
    own = ec.derive_private_key(OWN_SCALAR, ec.SECP384R1())
    assert encrypt_token(PLAINTEXT, KEY, own) == TOKEN


def test_no_token_looks_like_the_one_before() -> None:
    assert len({encrypt_token(PLAINTEXT, KEY) for _time in range(3)}) == 3


def test_the_payload_of_the_vector() -> None:
    assert encrypt_payload(b'{"demo":"interactive data bytes"}', PAYLOAD_KEY).hex() == CIPHERTEXT


@pytest.mark.parametrize(
    ("key", "fault"),
    [
        ("", CryptorFault.KEY_EMPTY),
        ("no base64!", CryptorFault.NOT_BASE64),
        ("QUFBQQ==", CryptorFault.NOT_AN_EC_KEY),
        ("AA" + KEY[2:], CryptorFault.NOT_AN_EC_KEY),
        (KEY[:4] + "AAAA" + KEY[8:], CryptorFault.KEY_INVALID),
    ],
)
def test_keys_that_the_phone_cannot_use(key: str, fault: CryptorFault) -> None:
    with pytest.raises(NotEncrypted) as refused:
        encrypt_token(PLAINTEXT, key)
    assert refused.value.fault is fault


def test_a_point_is_as_long_as_the_key() -> None:
    assert len(b64decode(KEY)) == 97
