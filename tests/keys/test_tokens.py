import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import RSAKey

from authenticate_app.keys.certificates import public_jwk
from authenticate_app.keys.tokens import SigningMaterial, sign

# Whatever UTF-8 can write: all but halves of surrogate pairs.
text = st.text(st.characters(codec="utf-8"))
claim_values = st.one_of(text, st.integers(), st.booleans(), st.none())


def decoded(segment: str) -> bytes:
    return base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4))


def test_the_header_is_that_of_the_documented_sample(material: SigningMaterial) -> None:
    header = decoded(sign({"sub": "John"}, key=material).split(".")[0]).decode()

    assert header == f'{{"alg":"RS256","typ":"JWT","x5t":"{material.x5t}","kid":"trustservice"}}'


@given(claims=st.dictionaries(text, claim_values))
def test_an_independent_library_reads_what_was_signed(
    material: SigningMaterial, certificate: bytes, claims: dict[str, Any]
) -> None:
    key = RSAKey.import_key(public_jwk(kid=material.kid, certificate=certificate))

    token = jwt.decode(sign(claims, key=material), key, algorithms=["RS256"])

    assert token.claims == claims
    assert token.header["kid"] == material.kid


@given(claims=st.dictionaries(text, claim_values))
def test_claims_stay_in_order_and_are_compact(material: SigningMaterial, claims: dict[str, Any]) -> None:
    header, payload, signature = sign(claims, key=material).split(".")

    assert decoded(payload).decode("utf-8") == json.dumps(claims, ensure_ascii=False, separators=(",", ":"))
    assert list(json.loads(decoded(payload))) == list(claims)
    assert "=" not in header + payload + signature
    assert len(decoded(signature)) == 256


@pytest.mark.parametrize("claims", [{"sub": "\ud800"}, {"exp": float("nan")}, {"exp": object()}])
def test_what_json_cannot_hold_is_refused(material: SigningMaterial, claims: dict[str, object]) -> None:
    with pytest.raises((TypeError, ValueError)):
        sign(claims, key=material)


def test_a_private_key_does_not_show(material: SigningMaterial) -> None:
    assert str(material.private_key.private_numbers().d) not in repr(material)
