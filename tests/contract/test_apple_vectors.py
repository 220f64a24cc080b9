"""Vectors of the ways in which Apple's phones and gateway encrypt and sign; made independently of this project."""

import base64
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jwt
import pytest

from authenticate_app.keys.encryption import encrypt
from authenticate_app.messages.gateway_tokens import sign_gateway_token, verify_gateway_token
from authenticate_app.messages.models import MspAccount
from authenticate_app.messages.payload_decryption import decrypt_payload
from authenticate_app.messages.token_decryption import TokenUndecryptable, decrypt_token
from tests.messages import phone

VECTORS: dict[str, Any] = json.loads((Path(__file__).parent / "apple_vectors.json").read_text("utf-8"))
TOKENS = VECTORS["token_decryption"]
VALID, MUST_FAIL = TOKENS["valid"], TOKENS["must_fail"]
JWTS = VECTORS["gateway_jwt"]
LARGE = VECTORS["large_payload_ctr"]
ISSUED_AT = datetime.fromtimestamp(1700000000, UTC)


def name(vector: dict[str, Any]) -> str:
    return str(vector["name"])


@pytest.mark.parametrize("vector", VALID, ids=name)
def test_a_token_is_decrypted(vector: dict[str, Any]) -> None:
    private_key = base64.b64decode(vector["private_scalar_base64"])
    assert decrypt_token(unverified_token=vector["token"], private_key=private_key) == vector["plaintext"]


@pytest.mark.parametrize("vector", MUST_FAIL, ids=name)
def test_an_altered_token_is_refused(vector: dict[str, Any]) -> None:
    private_key = base64.b64decode(VALID[0]["private_scalar_base64"])
    with pytest.raises(TokenUndecryptable):
        decrypt_token(unverified_token=vector["token"], private_key=private_key)


@pytest.mark.parametrize("vector", VALID, ids=name)
def test_what_the_tests_encrypt_is_what_the_vector_says(vector: dict[str, Any]) -> None:
    scalar = int(vector["ephemeral_scalar_hex"], 16)
    exchange = next(phone.exchanges(vector["response_encryption_key"], first_scalar=scalar))
    derived = phone.derive(exchange.shared_secret, shared_info=exchange.ephemeral, length=48)
    assert exchange.shared_secret.hex() == vector["shared_secret_hex"]
    assert (derived[:32].hex(), derived[32:].hex()) == (vector["aes_key_hex"], vector["gcm_iv_hex"])
    assert base64.b64encode(phone.encrypt(vector["plaintext"].encode(), exchange)).decode() == vector["token"]


def account() -> MspAccount:
    audience = jwt.decode(JWTS["inbound"], options={"verify_signature": False})["aud"]
    return MspAccount(msp_id=audience, encrypted_api_secret=encrypt(JWTS["secretB64"].encode()))


def test_our_token_for_the_gateway_is_the_one_of_the_vector() -> None:
    assert sign_gateway_token(account=account(), now=ISSUED_AT) == JWTS["outbound"]


def test_the_gateways_token_is_accepted() -> None:
    verified = verify_gateway_token(unverified_token=JWTS["inbound"], account=account(), now=ISSUED_AT)
    assert verified.issued_at == ISSUED_AT


def test_a_large_reply_is_decrypted() -> None:
    payload = bytes.fromhex(LARGE["cipherHex"])
    assert len(payload) == LARGE["size"]
    assert decrypt_payload(payload, key=LARGE["keyFieldHex"]) == LARGE["plaintext"].encode()
