"""The header of a bearer token, its challenges (RFC 6750), and who comes by one."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from prometheus_client import REGISTRY
from rest_framework.exceptions import APIException, AuthenticationFailed
from rest_framework.request import Request
from rest_framework.views import APIView

from authenticate_app.accounts.entitlements import SELF_SERVICE_USER
from authenticate_app.accounts.models import User
from authenticate_app.accounts.sign_in import Origin
from authenticate_app.audit.models import AuditEvent
from authenticate_app.oauth import bearer
from authenticate_app.oauth.bearer_memory import memory
from authenticate_app.oauth.bearer_metrics import Outcome
from authenticate_app.oauth.bearer_sign_in import (
    NoActingUser,
    TokenRefused,
    TokenSignIn,
    forget_everything,
    sign_in_by_token,
)
from authenticate_app.oauth.models import AccessToken, Client
from tests.chat_authenticate.test_permissions import CUSTOMER
from tests.tokens import store_integration, store_token, store_web_application
from tests.world import basic, store_user

ADDRESS = "203.0.113.7"
NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
LATER = NOW + timedelta(minutes=10)
ENDLESS = datetime(9999, 1, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def nothing_remembered() -> None:
    forget_everything()


def request(header: str | None, query: str = "") -> Request:
    headers = {} if header is None else {"HTTP_AUTHORIZATION": header}
    return Request(RequestFactory().get(f"/?{query}", **headers))  # type: ignore[arg-type]


# The header


class Asked:
    """Stands for ``sign_in_by_token``: notes the token, and lets it in."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.tokens: list[str] = []
        monkeypatch.setattr(bearer, "sign_in_by_token", self)

    def __call__(self, *, unverified_token: str, **_: Any) -> TokenSignIn:
        self.tokens.append(unverified_token)
        return TokenSignIn(CUSTOMER, from_memory=False, scopes=frozenset(), client_id=1)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    return Asked(monkeypatch)


@pytest.mark.parametrize("header", ["Bearer abc", "bearer abc", "BEARER   abc  "])
def test_the_scheme_is_known_in_any_case(asked: Asked, header: str) -> None:
    signed_in = bearer.BearerAuthentication().authenticate(request(header))
    assert signed_in is not None
    assert (signed_in[0], asked.tokens) == (CUSTOMER, ["abc"])


@pytest.mark.parametrize("token", ["a", "AZaz09-._~+/", "abc==", "x" * 4096])
def test_every_form_of_a_token(asked: Asked, token: str) -> None:
    bearer.BearerAuthentication().authenticate(request(f"Bearer {token}"))
    assert asked.tokens == [token]


@pytest.mark.parametrize("header", [None, "", "Basic eDp5", "Bearertoken", "Negotiate abc", "Digest abc", "bear er"])
def test_other_schemes_are_left_to_others(asked: Asked, header: str | None) -> None:
    assert bearer.BearerAuthentication().authenticate(request(header)) is None
    assert asked.tokens == []


@pytest.mark.parametrize(
    "header",
    [
        "Bearer",
        "Bearer ",
        "Bearer a b",
        "Bearer a,Basic eDp5",
        "Bearer a, Bearer b",
        "Bearer ä",
        "Bearer a\tb",
        "Bearer a=b",
        'Bearer "abc"',
        "Bearer token=abc",
        "Bearer " + "x" * 4097,
    ],
)
def test_what_is_no_token_is_400(asked: Asked, header: str) -> None:
    with pytest.raises(bearer.InvalidRequest) as refused:
        bearer.BearerAuthentication().authenticate(request(header))
    assert refused.value.status_code == 400
    assert 'error="invalid_request"' in refused.value.auth_header
    assert asked.tokens == []


@pytest.mark.parametrize("header", [None, "Bearer abc", "Basic eDp5"])
@pytest.mark.parametrize("query", ["access_token=abc", "a=b&access_token=", "access%5Ftoken=abc"])
def test_a_token_in_the_address_is_refused_whatever_the_header_holds(
    asked: Asked, header: str | None, query: str
) -> None:
    with pytest.raises(bearer.InvalidRequest):
        bearer.BasicOrBearerAuthentication().authenticate(request(header, query))
    assert asked.tokens == []


def test_another_parameter_of_the_address_does_no_harm(asked: Asked) -> None:
    assert bearer.BearerAuthentication().authenticate(request("Bearer abc", "onlyData=true&my_access_token=1"))


def test_a_password_beside_it_is_still_taken(db: None) -> None:
    store_user("somebody")
    signed_in = bearer.BasicOrBearerAuthentication().authenticate(request(basic("somebody", "correct horse")))
    assert signed_in is not None
    assert signed_in[0].username == "somebody"
    with pytest.raises(AuthenticationFailed):
        bearer.BasicOrBearerAuthentication().authenticate(request(basic("somebody", "wrong")))
    assert bearer.BasicOrBearerAuthentication().authenticate(request(None)) is None


# Challenges (RFC 6750, section 3; RFC 9110, section 11.6.1)


def test_without_credentials_both_are_offered_and_no_error_is_named() -> None:
    offered = bearer.BasicOrBearerAuthentication().authenticate_header(request(None))
    assert offered == 'Basic realm="owsm", Bearer realm="owsm"'


@pytest.mark.parametrize(
    ("refusal", "status", "header"),
    [
        (
            bearer.InvalidToken(),
            401,
            'Bearer realm="owsm", error="invalid_token",'
            ' error_description="The access token is not valid, or not any more."',
        ),
        (
            bearer.ScopeMissing("chat.authenticate"),
            403,
            'Bearer realm="owsm", error="insufficient_scope", scope="chat.authenticate"',
        ),
        (
            bearer.InvalidRequest(),
            400,
            'Bearer realm="owsm", error="invalid_request",'
            ' error_description="Send one access token, in the header Authorization."',
        ),
    ],
    ids=["invalid_token", "insufficient_scope", "invalid_request"],
)
def test_every_error_bears_its_challenge(refusal: APIException, status: int, header: str) -> None:
    assert (refusal.status_code, getattr(refusal, "auth_header", None)) == (status, header)


def test_a_scope_is_asked_of_tokens_only() -> None:
    permission, asking = bearer.HasScope("chat.authenticate"), request(None)
    asking.auth = TokenSignIn(
        CUSTOMER, from_memory=False, scopes=frozenset({"openid", "chat.authenticate"}), client_id=1
    )
    assert permission.has_permission(asking, APIView())
    asking.auth = TokenSignIn(CUSTOMER, from_memory=False, scopes=frozenset({"openid", "chat"}), client_id=1)
    with pytest.raises(bearer.ScopeMissing):
        permission.has_permission(asking, APIView())
    asking.auth = None
    assert permission.has_permission(asking, APIView())


# Who comes by a token


@pytest.fixture
def user(db: None) -> User:
    return store_user("somebody", SELF_SERVICE_USER)


@pytest.fixture
def integration(user: User) -> Client:
    return store_integration(user)


def sign_in(token: str, *, now: datetime = NOW, use_memory: bool = True, address: str = ADDRESS) -> TokenSignIn:
    return sign_in_by_token(unverified_token=token, origin=Origin(address, "r-1"), now=now, use_memory=use_memory)


def outcomes() -> dict[str, float]:
    name = "chatauth_bearer_sign_ins_total"
    return {outcome: REGISTRY.get_sample_value(name, {"outcome": outcome}) or 0.0 for outcome in Outcome}


def counted_since(before: dict[str, float]) -> dict[str, float]:
    return {outcome: number - before[outcome] for outcome, number in outcomes().items() if number != before[outcome]}


def refused(token: str, *, now: datetime = NOW) -> None:
    with pytest.raises(TokenRefused):
        sign_in(token, now=now)


def test_an_integration_acts_as_the_user_assigned_to_it(user: User, integration: Client) -> None:
    signed_in = sign_in(store_token(integration, expires=LATER))
    assert (signed_in.caller.user_id, signed_in.caller.username) == (user.pk, "somebody")
    assert signed_in.caller.roles == {SELF_SERVICE_USER}
    assert signed_in.scopes == {"chat.authenticate"}


def test_a_customers_token_stands_for_the_customer(user: User) -> None:
    application = store_web_application(acting_user=store_user("another", SELF_SERVICE_USER))
    assert sign_in(store_token(application, user=user, expires=LATER)).caller.user_id == user.pk


def test_a_token_is_read_once_and_remembered(integration: Client) -> None:
    token, before = store_token(integration, expires=LATER), outcomes()
    with CaptureQueriesContext(connection) as captured:
        first, second = sign_in(token), sign_in(token)
        afresh = sign_in(token, use_memory=False)
    assert (first.from_memory, second.from_memory, afresh.from_memory) == (False, True, False)
    assert first.caller == second.caller == afresh.caller
    assert len(captured) == 2
    assert counted_since(before) == {"read": 2, "remembered": 1}


def test_the_token_itself_is_neither_kept_nor_shown(integration: Client) -> None:
    token = store_token(integration, expires=LATER)
    signed_in = sign_in(token)
    assert token not in repr((signed_in, memory._entries))
    assert signed_in.caller.access_token not in repr(signed_in)


@pytest.mark.parametrize("from_memory", [True, False])
def test_it_expires_at_the_very_moment(integration: Client, from_memory: bool) -> None:
    token = store_token(integration, expires=LATER)
    if from_memory:
        sign_in(token)
    assert sign_in(token, now=LATER - timedelta(microseconds=1)).from_memory is from_memory
    refused(token, now=LATER)
    refused(token, now=LATER + timedelta(days=1))


def test_a_token_that_nobody_gave_out(db: None) -> None:
    refused("no-such-token")


def disable_user(client: Client) -> None:
    User.objects.filter(pk=client.acting_user_id).update(is_active=False)


FAULTS: dict[str, Any] = {
    "unknown-token": lambda client: AccessToken.objects.filter(application=client).delete(),
    "expired-token": lambda client: AccessToken.objects.filter(application=client).update(expires=NOW),
    "disabled-client": lambda client: Client.objects.filter(pk=client.pk).update(is_active=False),
    "disabled-user": disable_user,
}


@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_is_refused_counted_and_audited(integration: Client, user: User, fault: str) -> None:
    token, before = store_token(integration, expires=LATER), outcomes()
    FAULTS[fault](integration)
    refused(token)
    refused(token)
    assert counted_since(before) == {fault: 2}
    event = AuditEvent.objects.get(event="bearer_refused")
    assert (event.reason, event.address, event.request_id, event.at) == (fault, ADDRESS, "r-1", NOW)
    assert event.actor == (None if fault == "unknown-token" else user)
    assert event.object_name == ("" if fault == "unknown-token" else integration.name)
    assert token not in str(vars(event))


def test_a_refused_token_is_forgotten(integration: Client) -> None:
    token = store_token(integration, expires=LATER)
    sign_in(token)
    FAULTS["disabled-client"](integration)
    with pytest.raises(TokenRefused):
        sign_in(token, use_memory=False)
    assert len(memory) == 0


def test_a_client_that_acts_as_nobody_is_told_so(user: User, integration: Client) -> None:
    token, before = store_token(integration, expires=LATER), outcomes()
    Client.objects.update(acting_user=None)
    with pytest.raises(NoActingUser) as told:
        sign_in(token)
    assert told.value.client == integration.name
    assert counted_since(before) == {"no-acting-user": 1}
    assert AuditEvent.objects.get(event="bearer_refused").object_name == integration.name


def test_a_changed_password_ends_what_its_owner_gave_away_but_not_what_integrations_have(user: User) -> None:
    before = outcomes()
    own = store_token(store_web_application(), user=user, expires=LATER)
    of_integration = store_token(store_integration(user), expires=LATER)
    user.set_password("another horse")
    user.save()
    refused(own)
    assert counted_since(before) == {"ended-sign-in": 1}
    assert sign_in(of_integration).caller.user_id == user.pk


def test_one_kind_of_refusal_is_audited_once_in_a_window_from_an_address(db: None) -> None:
    for number in range(5):
        refused(f"guess-{number}")
    with pytest.raises(TokenRefused):
        sign_in("guess", address="198.51.100.1")
    assert AuditEvent.objects.filter(event="bearer_refused").count() == 2
    refused("guess", now=NOW + timedelta(days=1))
    assert AuditEvent.objects.filter(event="bearer_refused").count() == 3


def test_a_scope_that_the_client_has_lost_does_not_count(user: User) -> None:
    client = store_integration(user, allowed_scopes="openid")
    assert sign_in(store_token(client, expires=LATER)).scopes == frozenset()


def test_an_email_address_that_is_not_verified_is_not_the_callers(integration: Client, user: User) -> None:
    User.objects.filter(pk=user.pk).update(email="a@example.com", email_key="a@example.com")
    assert sign_in(store_token(integration, expires=ENDLESS)).caller.verified_email_key == ""
