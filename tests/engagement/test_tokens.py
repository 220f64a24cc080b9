"""Which tokens open an engagement, and which do not; clients never learn why."""

import base64
import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from authenticate_app.keys import certificates, services
from authenticate_app.keys.models import SigningKey
from chat_app.engagement.errors import TOKEN_REFUSED, Refused
from chat_app.engagement.tokens import LEEWAY, LONGEST_TOKEN, VerifiedChatToken, still_verifies, verify_chat_token
from tests import world
from tests.engagement.front import facts, remember, token_for
from tests.world import OTHER_INTERFACE

pytestmark = pytest.mark.usefixtures("world")

HEADER = {"alg": "RS256", "typ": "JWT", "kid": "trustservice"}


def claims(**changes: object) -> dict[str, Any]:
    """The claims of a token of ours, with changes; a claim that is None is left out."""
    now = int(timezone.now().timestamp())
    given = {
        "exp": now + 120,
        "sub": "Jane Roe",
        "aud": facts().audience,
        "iss": "Fusion Apps",
        "prn": "Jane Roe",
        "iat": now,
        "jti": str(uuid4()),
    }
    return {name: value for name, value in {**given, **changes}.items() if value is not None}


def signed(claims: dict[str, Any], *, key: Any = None, **header: Any) -> str:
    given = {**HEADER, **header}
    algorithm = given.pop("alg")
    return jwt.encode(claims, key or world.private_key(), algorithm=algorithm, headers=given)


def put_together(header: dict[str, Any], claims: dict[str, Any], signature: bytes = b"") -> str:
    parts = [json.dumps(header).encode(), json.dumps(claims).encode(), signature]
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


def verified(token: str, **options: Any) -> VerifiedChatToken:
    return verify_chat_token(token, interface=facts(), **{"now": timezone.now(), **options})


def reason_of(token: str, **options: Any) -> str:
    with pytest.raises(Refused) as refused:
        verified(token, **options)
    assert refused.value.error is TOKEN_REFUSED
    assert refused.value.error.status == 403
    return refused.value.reason.removeprefix("token_")


def test_a_token_of_chat_authenticate_is_accepted() -> None:
    token = token_for("Jane Roe")
    found = verified(token)
    payload = jwt.decode(token, options={"verify_signature": False})
    assert (found.jti, found.auth_user_name, found.kid) == (UUID(payload["jti"]), "Jane Roe", "trustservice")


def test_it_needs_no_query_once_the_keys_are_known(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    token, interface, now = token_for(), facts(), timezone.now()
    remember()
    with django_assert_num_queries(0):
        verify_chat_token(token, interface=interface, now=now)


def test_the_test_makes_good_tokens() -> None:
    verified(signed(claims()))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"aud": "https://chat-server.example.com/engagement/api/consumer/site-5"}, "audience"),
        ({"aud": ["https://chat-server.example.com/engagement/api/consumer/site-1"]}, "audience"),
        ({"aud": None}, "claims"),
        ({"iss": "Somebody else"}, "issuer"),
        ({"iss": None}, "claims"),
        ({"sub": None}, "claims"),
        ({"sub": 7, "prn": 7}, "claims"),
        ({"prn": "John Smith"}, "claims"),
        ({"prn": None}, "claims"),
        ({"jti": None}, "claims"),
        ({"jti": "no-uuid"}, "claims"),
        ({"exp": None}, "claims"),
        ({"exp": "soon"}, "claims"),
        ({"exp": True}, "claims"),
        ({"exp": 1e400}, "claims"),
        ({"iat": None}, "claims"),
        ({"iat": 1.5}, "claims"),
        ({"nbf": 1}, "claims"),
    ],
    ids=str,
)
def test_claims_that_are_not_as_they_should_be(change: dict[str, object], reason: str) -> None:
    assert reason_of(signed(claims(**change))) == reason


def test_a_token_of_another_interface_is_refused() -> None:
    token = token_for(businessUnitOrgId=world.BUSINESS_UNIT)
    assert reason_of(token) == "audience"
    verify_chat_token(token, interface=facts(OTHER_INTERFACE), now=timezone.now())


def test_its_life_is_that_of_its_claims_with_a_small_leeway() -> None:
    now = timezone.now().replace(microsecond=0)
    token = signed(claims(iat=int(now.timestamp()), exp=int(now.timestamp()) + 120))
    instant, end = timedelta(microseconds=1), now + timedelta(seconds=120)
    verified(token, now=end + LEEWAY - instant)
    assert reason_of(token, now=end + LEEWAY) == "expired"
    verified(token, now=now - LEEWAY)
    assert reason_of(token, now=now - LEEWAY - instant) == "not_yet_valid"


@pytest.mark.parametrize("algorithm", ["none", "HS256", "RS384", "PS256", "ES256"])
def test_another_algorithm_is_refused_whatever_the_signature(algorithm: str) -> None:
    assert reason_of(put_together({**HEADER, "alg": algorithm}, claims(), b"signature")) == "algorithm"


def test_our_public_key_is_no_secret_to_sign_with() -> None:
    pem = (
        world.private_key()
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )

    unsigned = put_together({**HEADER, "alg": "HS256"}, claims()).rpartition(".")[0]
    forged = hmac.new(pem, unsigned.encode(), hashlib.sha256).digest()
    assert reason_of(f"{unsigned}.{base64.urlsafe_b64encode(forged).rstrip(b'=').decode()}") == "algorithm"


def test_the_key_of_somebody_else_is_refused() -> None:
    assert reason_of(signed(claims(), key=certificates.generate_private_key())) == "signature"


def test_a_changed_payload_is_refused() -> None:
    header, _, signature = signed(claims()).split(".")
    payload = put_together({}, claims(sub="Root", prn="Root")).split(".")[1]
    assert reason_of(f"{header}.{payload}.{signature}") == "signature"


@pytest.mark.parametrize("kid", [None, "", "unknown", 7, ["trustservice"]], ids=str)
def test_an_unknown_key_is_refused(kid: object) -> None:
    header = {"alg": "RS256", "kid": kid} if kid is not None else {"alg": "RS256"}
    assert reason_of(put_together(header, claims(), b"x")) in {"unknown_key", "malformed"}


@pytest.mark.parametrize(
    "token", ["", "undefined", "a.b", "a.b.c", "....", "é.é.é", "\x00", "[object Object]", "e30.e30.e30", "x" * 9000]
)
def test_what_is_no_token_is_refused(token: str) -> None:
    assert reason_of(token) in {"malformed", "algorithm"}


def test_a_header_that_is_critical_is_refused() -> None:
    header = {**HEADER, "crit": ["exp"], "exp": 1}
    assert reason_of(put_together(header, claims(), b"x")) in {"malformed", "claims", "signature"}


def test_an_endless_token_is_not_even_read() -> None:
    assert reason_of(token_for() + "x" * LONGEST_TOKEN) == "malformed"


def test_the_longest_name_still_makes_a_token_that_is_read() -> None:
    token = token_for("\N{CLINKING GLASSES}" * 320)
    assert len(token) < LONGEST_TOKEN
    assert verified(token).auth_user_name == "\N{CLINKING GLASSES}" * 320


def test_a_key_that_was_just_retired_still_counts() -> None:
    token, now = token_for(), timezone.now()
    SigningKey.objects.update(retired_at=now, deleted_at=now + timedelta(minutes=10))
    remember()
    assert verified(token, now=now + timedelta(seconds=1)).kid == "trustservice"
    assert reason_of(token, now=now + timedelta(minutes=10)) == "unknown_key"


def test_a_revoked_key_is_refused_even_by_those_who_remember_it() -> None:
    token, now = token_for(), timezone.now()
    remembered = verified(token)
    services.revoke(key=SigningKey.objects.get(), now=now)
    with pytest.raises(Refused) as refused:
        still_verifies(remembered, now)
    assert refused.value.reason == "token_unknown_key"
    assert reason_of(token) == "unknown_key"


def test_a_key_that_this_process_has_not_heard_of_is_looked_up(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    interface, now = facts(), timezone.now()
    remember()
    key = certificates.generate_private_key()
    certificate = certificates.make_certificate(
        key, name="new", valid_from=now - timedelta(days=1), valid_until=now + timedelta(days=1)
    )
    SigningKey.objects.update(retired_at=now, deleted_at=now + timedelta(minutes=10))
    world.store_signing_key(kid="new", certificate=certificate, encrypted_private_key=b"", signs_from=now)
    token = signed(claims(), key=key, kid="new")
    with django_assert_num_queries(2):  # the revision, and the keys
        found = verify_chat_token(token, interface=interface, now=now)
    assert found.kid == "new"


def test_every_option_of_the_verification_is_written_out(monkeypatch: pytest.MonkeyPatch) -> None:
    called: dict[str, Any] = {}

    def decode(*_arguments: Any, **options: Any) -> dict[str, Any]:
        called.update(options)
        return claims()

    token = token_for()
    monkeypatch.setattr(jwt, "decode", decode)
    verified(token)
    assert called == {
        "algorithms": ["RS256"],
        "audience": facts().audience,
        "issuer": "Fusion Apps",
        "options": {
            "require": ["exp", "iat", "sub", "aud", "iss", "jti"],
            "verify_signature": True,
            "verify_aud": True,
            "strict_aud": True,
            "verify_iss": True,
            "verify_sub": True,
            "verify_jti": True,
            "verify_exp": False,
            "verify_iat": False,
            "verify_nbf": False,
            "enforce_minimum_key_length": True,
        },
    }
