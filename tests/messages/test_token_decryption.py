import base64
import random
import string
from collections.abc import Callable
from itertools import islice
from unittest.mock import Mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authenticate_app.messages import token_decryption
from authenticate_app.messages.token_decryption import KeyPair, TokenUndecryptable, decrypt_token, new_key_pair
from tests.messages import phone

TOKEN_CHARACTERS = string.ascii_letters + string.digits + "-._~+/="
KEYS = KeyPair(
    private_key=(7).to_bytes(48, "big"),
    response_encryption_key=base64.b64encode(phone.write(phone.multiply(7, phone.GENERATOR))).decode(),
)
PLAINTEXT = "2YotnFZFEjr1zCsicMWpAA"
EXCHANGE = next(phone.exchanges(KEYS.response_encryption_key, first_scalar=11))
GOOD = phone.encrypt(PLAINTEXT.encode(), EXCHANGE)
BITS = len(GOOD) * 8


def refused(token: str, private_key: bytes = KEYS.private_key) -> str:
    with pytest.raises(TokenUndecryptable) as caught:
        decrypt_token(unverified_token=token, private_key=private_key)
    assert caught.value.__cause__ is None
    return str(caught.value)


def in_base64(token: bytes) -> str:
    return base64.b64encode(token).decode()


def test_a_thousand_tokens_come_back_whole() -> None:
    chance = random.Random(4)  # noqa: S311 - guards nothing
    for _ in range(20):
        keys = new_key_pair()
        exchanges = phone.exchanges(keys.response_encryption_key, first_scalar=chance.randrange(1, phone.ORDER // 2))
        for exchange in islice(exchanges, 50):
            token = "".join(chance.choices(TOKEN_CHARACTERS, k=chance.randint(1, 300)))
            sealed = in_base64(phone.encrypt(token.encode(), exchange))
            assert decrypt_token(unverified_token=sealed, private_key=keys.private_key) == token


def test_leading_zeros_of_the_shared_secret_are_kept() -> None:
    exchanges = phone.exchanges(KEYS.response_encryption_key, first_scalar=1)
    for exchange in islice((each for each in exchanges if each.shared_secret[0] == 0), 5):
        sealed = in_base64(phone.encrypt(PLAINTEXT.encode(), exchange))
        assert decrypt_token(unverified_token=sealed, private_key=KEYS.private_key) == PLAINTEXT


def test_a_key_pair_is_what_the_phone_reads() -> None:
    keys = new_key_pair()
    point = base64.b64decode(keys.response_encryption_key)
    assert (len(keys.private_key), len(keys.response_encryption_key), len(point), point[0]) == (48, 132, 97, 4)
    assert phone.is_on_curve(phone.read(point))
    assert phone.read(point) == phone.multiply(int.from_bytes(keys.private_key, "big"), phone.GENERATOR)


def test_each_request_has_keys_of_its_own_that_are_not_shown() -> None:
    one, other = new_key_pair(), new_key_pair()
    assert one.private_key != other.private_key
    assert repr(one.private_key) not in repr(one)


@given(st.text(max_size=2000))
def test_any_text_is_refused_alike(token: str) -> None:
    assert refused(token) == ""


@given(st.binary(max_size=400))
def test_any_bytes_are_refused_alike(token: bytes) -> None:
    assert refused(in_base64(token)) == ""


@given(st.binary(min_size=96, max_size=96), st.binary(min_size=16, max_size=60))
def test_points_beside_the_curve_are_refused_alike(coordinates: bytes, ciphertext: bytes) -> None:
    assert refused(in_base64(b"\x04" + coordinates + ciphertext)) == ""


@given(st.sets(st.integers(0, BITS - 1), min_size=1, max_size=4))
def test_flipped_bits_are_refused_alike(bits: set[int]) -> None:
    altered = int.from_bytes(GOOD, "big")
    for bit in bits:
        altered ^= 1 << bit
    assert refused(in_base64(altered.to_bytes(len(GOOD), "big"))) == ""


@pytest.mark.parametrize("length", [*range(len(GOOD)), len(GOOD) + 1])
def test_other_lengths_are_refused_alike(length: int) -> None:
    assert refused(in_base64((GOOD + b"\x00")[:length])) == ""


@pytest.mark.parametrize(
    "point",
    [
        b"\x02" + GOOD[1:49] + bytes(48),
        b"\x03" + GOOD[1:49] + bytes(48),
        b"\x06" + GOOD[1:97],
        b"\x00" * 97,
        b"\x04" + bytes(96),
        phone.write((phone.P, phone.GENERATOR[1])),
    ],
    ids=["even", "odd", "hybrid", "infinity", "origin", "coordinate beyond the field"],
)
def test_other_forms_of_points_are_refused_alike(point: bytes) -> None:
    assert refused(in_base64(point + GOOD[97:])) == ""


@pytest.mark.parametrize(
    "spelling",
    [lambda text: text + "\n", lambda text: " " + text, lambda text: text.rstrip("="), lambda text: text + "\ud800"],
    ids=["line feed", "blank", "no padding", "surrogate"],
)
def test_other_spellings_of_base64_are_refused_alike(spelling: Callable[[str], str]) -> None:
    assert refused(spelling(in_base64(GOOD[:-1] + bytes(1)))) == ""


def test_what_is_no_text_is_refused_alike() -> None:
    assert refused(in_base64(phone.encrypt(b"\xff\xfe", EXCHANGE))) == ""


@pytest.mark.parametrize("private_key", [b"", bytes(48), b"\xff" * 48, (8).to_bytes(48, "big")])
def test_without_the_key_of_the_request_nothing_is_read(private_key: bytes) -> None:
    assert refused(in_base64(GOOD), private_key) == ""


def test_what_can_not_be_read_costs_as_much_work_as_what_can(monkeypatch: pytest.MonkeyPatch) -> None:
    opened = Mock(wraps=token_decryption._opened)
    monkeypatch.setattr(token_decryption, "_opened", opened)
    for token in ["", "no base64!", in_base64(GOOD[:50]), in_base64(b"\x04" + bytes(120))]:
        refused(token)
    assert opened.call_count == 4
