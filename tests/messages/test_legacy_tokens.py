"""The token that a phone sends in the legacy flow: each rule that it is held against."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from authenticate_app.accounts.models import User
from authenticate_app.messages import sign_ins
from authenticate_app.messages.identity_types import Identity
from authenticate_app.messages.legacy_tokens import TokenNotAccepted, check_token
from authenticate_app.messages.models import LinkedIdentity, SignInRequest, SignInResult
from authenticate_app.messages.reasons import Reason
from authenticate_app.oauth.models import AccessToken, Client
from authenticate_app.oauth.purposes import Purpose
from authenticate_app.oauth.secrets import checksum
from tests.messages.provider import (
    ACCESS_TOKEN,
    CLIENT_ID,
    ISSUER,
    SUBJECT,
    USERINFO,
    Provider,
    running_provider,
)
from tests.messages.world import apple_client, business, conversation, sign_in
from tests.oauth.flow import ISSUER as OWN
from tests.oauth.flow import store_person
from tests.tokens import store_integration, store_token
from tests.world import store_user

pytestmark = pytest.mark.django_db
SCOPES = "openid email"


@pytest.fixture
def person(db: None) -> User:
    return store_person()


@pytest.fixture
def asked(db: None) -> SignInRequest:
    """A customer with an old phone, asked at a business on our own server."""
    client = apple_client(Purpose.APPLE_LEGACY)
    return legacy(client=client)


def legacy(**fields: Any) -> SignInRequest:
    fields = {"allows_legacy_flow": True, "allows_new_flow": False, "scopes": SCOPES, **fields}
    asked = sign_in(conversation(business(**fields), capabilities=["AUTH"]))
    assert asked.flow == SignInRequest.Flow.LEGACY
    return asked


def token_for(asked: SignInRequest, person: User, **fields: Any) -> str:
    client = asked.business.client
    assert client is not None
    return store_token(client, user=person, **{"scope": SCOPES, **fields})


def checked(asked: SignInRequest, token: str) -> Identity:
    return check_token(sign_in=asked, unverified_access_token=token, now=timezone.now())


def refusal(asked: SignInRequest, token: str) -> Reason:
    with pytest.raises(TokenNotAccepted) as refused:
        checked(asked, token)
    assert token not in str(refused.value) or not token
    return refused.value.reason


# Our own server


def test_a_good_token_says_who_it_is(asked: SignInRequest, person: User) -> None:
    token = token_for(asked, person, scope="openid profile email chat")
    identity = checked(asked, token)
    assert (identity.issuer, identity.subject, identity.user) == (OWN, str(person.subject), person)
    assert (identity.is_verified, identity.token_checksum) == (True, checksum(token))
    assert identity.claims.keys() == {"sub", "email", "email_verified"}  # no more than was asked for
    assert checked(asked, token) == identity  # a worker that died has it looked at again


@pytest.mark.parametrize("token", ["", "x", "x y", "ü", "x" * 9000, "x\x00"])
def test_what_is_no_token_is_inactive(asked: SignInRequest, token: str) -> None:
    assert refusal(asked, token) is Reason.TOKEN_INACTIVE


def test_a_token_that_has_expired_is_inactive(asked: SignInRequest, person: User) -> None:
    token = token_for(asked, person, expires=timezone.now() - timedelta(seconds=1))
    assert refusal(asked, token) is Reason.TOKEN_INACTIVE


@pytest.mark.parametrize(
    "end",
    [
        lambda: AccessToken.objects.all().delete(),
        lambda: Client.objects.update(is_active=False),
        lambda: User.objects.update(is_active=False),
        lambda: User.objects.update(sign_in_stamp=7),
    ],
)
def test_a_token_that_was_ended_is_inactive(asked: SignInRequest, person: User, end: Any) -> None:
    token = token_for(asked, person)
    end()
    assert refusal(asked, token) is Reason.TOKEN_INACTIVE


def test_a_token_of_another_businesss_client_is_foreign(asked: SignInRequest, person: User) -> None:
    other = apple_client(Purpose.APPLE_LEGACY)
    assert refusal(asked, store_token(other, user=person, scope=SCOPES)) is Reason.TOKEN_FOREIGN


def test_a_token_of_a_client_itself_is_foreign(asked: SignInRequest, person: User) -> None:
    token = store_token(store_integration(store_user("bot")), scope=SCOPES)
    assert refusal(asked, token) is Reason.TOKEN_FOREIGN


def test_a_token_from_before_the_request_is_early(asked: SignInRequest, person: User) -> None:
    token = token_for(asked, person)
    AccessToken.objects.update(created=asked.created_at - timedelta(microseconds=1))
    assert refusal(asked, token) is Reason.TOKEN_EARLY


@pytest.mark.parametrize("scope", ["openid", "email", "openid profile", ""])
def test_a_token_that_lacks_a_scope_is_refused(asked: SignInRequest, person: User, scope: str) -> None:
    assert refusal(asked, token_for(asked, person, scope=scope)) is Reason.TOKEN_SCOPE


def test_a_token_counts_once(asked: SignInRequest, person: User) -> None:
    token = token_for(asked, person)
    assert sign_ins.store_identity(sign_in=asked, identity=checked(asked, token), now=timezone.now())
    again = sign_in(asked.conversation)
    AccessToken.objects.update(created=timezone.now())
    assert refusal(again, token) is Reason.TOKEN_REPLAYED


@pytest.mark.django_db(transaction=True)
def test_of_two_requests_that_get_one_token_at_once_one_has_it(asked: SignInRequest, person: User) -> None:
    both = [asked, sign_in(asked.conversation)]
    token = token_for(asked, person)
    identities = [checked(each, token) for each in both]
    barrier = Barrier(2)

    def store(number: int) -> bool:
        try:
            barrier.wait(timeout=30)
            return sign_ins.store_identity(sign_in=both[number], identity=identities[number], now=timezone.now())
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(store, range(2))) == [False, True]
    ended = SignInRequest.objects.order_by("reason").values_list("state", "reason")
    assert list(ended) == [("succeeded", Reason.SIGNED_IN), ("failed", Reason.TOKEN_REPLAYED)]
    assert SignInResult.objects.count() == 1


# Another provider


@pytest.fixture
def provider(settings: Any) -> Iterator[Provider]:
    settings.PRIVATE_ADDRESSES = True
    with running_provider() as running:
        yield running


@pytest.fixture
def there(provider: Provider) -> SignInRequest:
    return legacy(**provider.fields(), introspection_url=provider.url("/introspect"))


def active(asked: SignInRequest, **changes: Any) -> dict[str, Any]:
    given = {
        "active": True,
        "client_id": CLIENT_ID,
        "scope": "openid profile email",
        "sub": SUBJECT,
        "iat": int(asked.created_at.timestamp()) + 5,
        "iss": ISSUER,
        **changes,
    }
    return {name: value for name, value in given.items() if value is not ...}


def test_a_provider_that_can_be_asked_vouches_for_a_token(provider: Provider, there: SignInRequest) -> None:
    provider.answer("/introspect", active(there))
    identity = checked(there, ACCESS_TOKEN)
    assert identity == Identity(ISSUER, SUBJECT, USERINFO, True, checksum(ACCESS_TOKEN), None)
    introspection, userinfo = provider.asked
    assert introspection.form == {"token": ACCESS_TOKEN, "token_type_hint": "access_token"}
    assert introspection.headers["Authorization"].startswith("Basic ")
    assert userinfo.headers["Authorization"] == f"Bearer {ACCESS_TOKEN}"


def test_its_word_is_enough_without_userinfo(provider: Provider) -> None:
    asked = legacy(**{**provider.fields(), "userinfo_url": ""}, introspection_url=provider.url("/introspect"))
    provider.answer("/introspect", active(asked, username="jane", email="jane@vision.example"))
    assert checked(asked, ACCESS_TOKEN).claims == {"sub": SUBJECT}
    provider.answer("/introspect", active(asked, sub=...))
    assert refusal(asked, ACCESS_TOKEN) is Reason.IDENTITY_MISSING


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"active": False}, Reason.TOKEN_INACTIVE),
        ({"active": "true"}, Reason.TOKEN_INACTIVE),
        ({"active": ...}, Reason.TOKEN_INACTIVE),
        ({"client_id": "another"}, Reason.TOKEN_FOREIGN),
        ({"client_id": ...}, Reason.TOKEN_FOREIGN),
        ({"iss": "https://other.example"}, Reason.TOKEN_FOREIGN),
        ({"iat": 1}, Reason.TOKEN_EARLY),
        ({"iat": ...}, Reason.TOKEN_EARLY),
        ({"iat": "soon"}, Reason.TOKEN_EARLY),
        ({"iat": None}, Reason.TOKEN_EARLY),
        ({"scope": "openid"}, Reason.TOKEN_SCOPE),
        ({"scope": ...}, Reason.TOKEN_SCOPE),
        ({"scope": ["openid", "email"]}, Reason.TOKEN_SCOPE),
        ({"sub": "another"}, Reason.IDENTITY_MISSING),
        ({"sub": 7}, Reason.IDENTITY_MISSING),
    ],
)
def test_what_the_provider_does_not_vouch_for_is_refused(
    provider: Provider, there: SignInRequest, changes: dict[str, Any], reason: Reason
) -> None:
    provider.answer("/introspect", active(there, **changes))
    assert refusal(there, ACCESS_TOKEN) is reason


def test_a_clock_that_is_a_little_behind_does_no_harm(provider: Provider, there: SignInRequest) -> None:
    began = int(there.created_at.timestamp())
    provider.answer("/introspect", active(there, iat=began - 4))
    assert checked(there, ACCESS_TOKEN).is_verified
    provider.answer("/introspect", active(there, iat=began - 7))
    assert refusal(there, ACCESS_TOKEN) is Reason.TOKEN_EARLY


def test_without_introspection_nothing_is_verified(provider: Provider) -> None:
    identity = checked(legacy(**provider.fields()), ACCESS_TOKEN)
    assert (identity.subject, identity.is_verified) == (SUBJECT, False)
    assert [each.path for each in provider.asked] == ["/userinfo"]


@pytest.mark.parametrize(
    ("path", "answer", "reason"),
    [
        ("/introspect", {"status": 500, "body": b""}, Reason.PROVIDER_UNAVAILABLE),
        ("/introspect", {"status": 401, "body": {}}, Reason.EXCHANGE_FAILED),
        ("/userinfo", {"status": 401, "body": {}}, Reason.EXCHANGE_FAILED),
    ],
)
def test_a_provider_that_fails(
    provider: Provider, there: SignInRequest, path: str, answer: dict[str, Any], reason: Reason
) -> None:
    provider.answer("/introspect", active(there))
    provider.answer(path, **answer)
    assert refusal(there, ACCESS_TOKEN) is reason


def test_a_disabled_user_may_not_sign_in(provider: Provider, there: SignInRequest) -> None:
    user = store_user("jane", is_active=False)
    LinkedIdentity.objects.create(user=user, issuer=ISSUER, subject=SUBJECT, created_at=timezone.now())
    provider.answer("/introspect", active(there))
    assert refusal(there, ACCESS_TOKEN) is Reason.IDENTITY_REFUSED
