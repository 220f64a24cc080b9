import base64
import hmac
import json
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import Mock

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from authenticate_app.keys.encryption import encrypt
from authenticate_app.messages.gateway_tokens import (
    BadApiSecret,
    GatewayTokenRefused,
    Refusal,
    sign_gateway_token,
    signing_key,
    verify_gateway_token,
)
from authenticate_app.messages.models import MspAccount
from tests.messages.world import API_SECRET, MSP_ID

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
IAT = int(NOW.timestamp())
KEY = base64.b64decode(API_SECRET)
ACCOUNT = MspAccount(msp_id=MSP_ID, encrypted_api_secret=encrypt(API_SECRET.encode()))


def segment(part: object) -> bytes:
    text = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=")


def forged(claims: object, header: object = None, *, key: bytes = KEY, digest: str = "sha256") -> str:
    """A token put together by hand, so that no library keeps it from being wrong."""
    signing_input = segment({"alg": "HS256", "typ": "JWT"} if header is None else header) + b"." + segment(claims)
    return (signing_input + b"." + segment(hmac.digest(key, signing_input, digest))).decode()


def claims(**given: Any) -> dict[str, Any]:
    """Those of Apple's, with changes; None leaves one out."""
    return {name: value for name, value in {"aud": MSP_ID, "iat": IAT, **given}.items() if value is not None}


def refused(token: str, now: datetime = NOW) -> Refusal:
    with pytest.raises(GatewayTokenRefused) as caught:
        verify_gateway_token(unverified_token=token, account=ACCOUNT, now=now)
    return caught.value.reason


@pytest.mark.parametrize("audience", [MSP_ID, [MSP_ID], ["somebody else", MSP_ID]])
def test_apples_token_is_accepted(audience: object) -> None:
    verified = verify_gateway_token(unverified_token=forged(claims(aud=audience)), account=ACCOUNT, now=NOW)
    assert verified.issued_at == NOW


def test_our_token_says_who_we_are_and_when_it_was_made() -> None:
    token = sign_gateway_token(account=ACCOUNT, now=NOW)
    assert jwt.get_unverified_header(token) == {"alg": "HS256", "typ": "JWT"}
    assert jwt.decode(token, KEY, algorithms=["HS256"], options={"verify_iat": False}) == {"iss": MSP_ID, "iat": IAT}


def test_a_token_of_our_own_is_refused() -> None:
    assert refused(sign_gateway_token(account=ACCOUNT, now=NOW)) is Refusal.NO_AUDIENCE


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"aud": None}, Refusal.NO_AUDIENCE),
        ({"aud": "somebody else"}, Refusal.FOREIGN_AUDIENCE),
        ({"aud": MSP_ID.upper()}, Refusal.FOREIGN_AUDIENCE),
        ({"aud": []}, Refusal.NO_AUDIENCE),
        ({"aud": [MSP_ID, 5]}, Refusal.FOREIGN_AUDIENCE),
        ({"aud": {MSP_ID: 1}}, Refusal.FOREIGN_AUDIENCE),
        ({"aud": 5}, Refusal.FOREIGN_AUDIENCE),
        ({"iat": None}, Refusal.NO_TIME),
        ({"iat": "now"}, Refusal.MALFORMED),
        ({"iat": str(IAT)}, Refusal.MALFORMED),
        ({"iat": True}, Refusal.MALFORMED),
        ({"iat": [IAT]}, Refusal.MALFORMED),
        ({"iat": float("nan")}, Refusal.MALFORMED),
        ({"iat": float("inf")}, Refusal.FROM_THE_FUTURE),
        ({"iat": 10**300}, Refusal.FROM_THE_FUTURE),
        ({"iat": 10**1000}, Refusal.FROM_THE_FUTURE),
        ({"iat": -(10**300)}, Refusal.TOO_OLD),
        ({"iat": 0}, Refusal.TOO_OLD),
        ({"exp": IAT}, Refusal.EXPIRED),
        ({"exp": "later"}, Refusal.MALFORMED),
        ({"nbf": IAT + 61}, Refusal.NOT_YET_VALID),
    ],
    ids=lambda value: str(value)[:30],
)
def test_claims_that_do_not_fit_are_refused(changed: dict[str, Any], reason: Refusal) -> None:
    assert refused(forged(claims(**changed))) is reason


def test_the_age_is_bounded_both_ways(settings: Any) -> None:
    settings.GATEWAY_TOKEN_AGE = timedelta(minutes=2)
    token = forged(claims())
    for age in (timedelta(minutes=2), timedelta(0), -timedelta(minutes=1)):
        verify_gateway_token(unverified_token=token, account=ACCOUNT, now=NOW + age)
    assert refused(token, NOW + timedelta(minutes=2, seconds=1)) is Refusal.TOO_OLD
    assert refused(token, NOW - timedelta(minutes=1, seconds=1)) is Refusal.FROM_THE_FUTURE


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "HS384", "HS512", "RS256", "ES256", "hs256", ""])
def test_the_algorithm_is_pinned(algorithm: str) -> None:
    assert refused(forged(claims(), {"alg": algorithm, "typ": "JWT"})) in {
        Refusal.WRONG_ALGORITHM,
        Refusal.MALFORMED,
    }
    unsigned = segment({"alg": algorithm}) + b"." + segment(claims()) + b"."
    assert refused(unsigned.decode()) in {Refusal.WRONG_ALGORITHM, Refusal.MALFORMED}


def test_a_good_signature_of_another_algorithm_is_refused() -> None:
    token = forged(claims(), {"alg": "HS512", "typ": "JWT"}, digest="sha512")
    assert refused(token) is Refusal.WRONG_ALGORITHM


@pytest.mark.parametrize("key", [b"", b"x" * 32, API_SECRET.encode()], ids=["empty", "other", "not decoded"])
def test_a_forged_signature_is_refused(key: bytes) -> None:
    assert refused(forged(claims(), key=key)) is Refusal.WRONG_SIGNATURE


def test_an_altered_token_is_refused() -> None:
    head, _, signature = forged(claims()).split(".")
    altered = f"{head}.{segment(claims(iat=IAT + 1)).decode()}.{signature}"
    assert refused(altered) is Refusal.WRONG_SIGNATURE


@pytest.mark.parametrize(
    "token",
    [
        "",
        ".",
        "..",
        "a.b.c",
        "\ud800",
        "é.é.é",
        "x" * 100_000,
        forged(b"[" * 2500),
        forged(b'{"a":' * 500),
        forged(claims(), b"[" * 2500),
        forged(claims(), b'{"a":' * 500),
        forged(b"9" * 2900),
        forged(b"\xff"),
        forged([]),
        forged("text"),
        forged(claims(), []),
        forged(claims(), {}),
        forged(claims(), {"alg": ["HS256"]}),
        forged(claims(), {"alg": {"HS256": 1}}),
        forged(claims(), {"alg": "HS256", "crit": ["x"]}),
        forged(claims(), {"alg": "HS256", "kid": 5}),
        forged(claims(), {"alg": "HS256", "b64": False}),
    ],
    ids=lambda token: token[:20].encode("ascii", "replace").decode() + str(len(token)),
)
def test_malformed_tokens_are_refused(token: str) -> None:
    assert refused(token) in set(Refusal)


@given(st.text(max_size=300) | st.tuples(st.binary(), st.binary()).map(lambda parts: forged(*parts)))
def test_any_text_is_refused(token: str) -> None:
    refused(token)


@given(
    st.dictionaries(
        st.sampled_from(["aud", "iat", "exp", "nbf", "iss", "sub", "jti"]),
        st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.text()),
    )
)
def test_any_signed_claims_are_accepted_or_refused(given_claims: dict[str, Any]) -> None:
    is_apples = given_claims.get("aud") == MSP_ID and given_claims.get("iat") == IAT
    with nullcontext() if is_apples else pytest.raises(GatewayTokenRefused):
        verify_gateway_token(unverified_token=forged(given_claims), account=ACCOUNT, now=NOW)


@pytest.mark.parametrize(
    ("secret", "sentence"), [("no base64!", "is not base64"), ("", "fewer than 32"), ("AAAA", "fewer than 32")]
)
def test_a_bad_api_secret_is_told_in_words(secret: str, sentence: str) -> None:
    with pytest.raises(BadApiSecret, match=sentence):
        signing_key(secret)


def test_a_token_is_not_in_the_failure_that_it_leads_to() -> None:
    with pytest.raises(GatewayTokenRefused) as caught:
        verify_gateway_token(unverified_token="secret.token.here", account=ACCOUNT, now=NOW)
    assert "secret" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_token_that_was_good_is_judged_by_its_time_again() -> None:
    token = forged(claims())
    verify_gateway_token(unverified_token=token, account=ACCOUNT, now=NOW)
    with pytest.raises(GatewayTokenRefused) as caught:
        verify_gateway_token(unverified_token=token, account=ACCOUNT, now=NOW + timedelta(days=2))
    assert caught.value.reason is Refusal.TOO_OLD


def test_every_option_of_the_verification_is_spelled_out(monkeypatch: pytest.MonkeyPatch) -> None:
    decode = Mock(wraps=jwt.decode)
    monkeypatch.setattr(jwt, "decode", decode)
    token = forged(claims() | {"jti": "not seen before"})
    verify_gateway_token(unverified_token=token, account=ACCOUNT, now=NOW)
    decode.assert_called_once_with(
        token,
        KEY,
        algorithms=["HS256"],
        audience=MSP_ID,
        options={
            "verify_signature": True,
            "require": ["aud", "iat"],
            "verify_aud": True,
            "strict_aud": False,
            "verify_iss": False,
            "verify_iat": False,
            "verify_exp": False,
            "verify_nbf": False,
        },
    )
