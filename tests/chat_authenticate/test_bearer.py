"""Calling ``chatAuthenticate`` with an access token instead of a password (RFC 6750)."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import OperationalError
from django.utils import timezone
from prometheus_client import REGISTRY

from authenticate_app.accounts.entitlements import SELF_SERVICE_USER
from authenticate_app.accounts.models import User
from authenticate_app.audit.models import AuditEvent
from authenticate_app.oauth import bearer_sign_in
from authenticate_app.oauth.bearer_sign_in import forget_everything
from authenticate_app.oauth.models import AccessToken, Client
from chat_app.sessions.models import ChatSession
from tests.tokens import bearer, store_integration, store_token, store_web_application
from tests.world import (
    ADDRESS,
    CALLER,
    CUSTOMER,
    CUSTOMERS_EMAIL,
    PASSWORD,
    ask,
    basic,
    body_of,
    faults,
    granted,
    refused,
    store_user,
)

pytestmark = pytest.mark.usefixtures("world", "no_remembered_tokens")

BOTH_CHALLENGES = 'Basic realm="owsm", Bearer realm="owsm"'
NOT_VALID, NOT_SENT_WELL = [("CHAT-40102", "")], [("CHAT-40014", "")]
SCOPE_MISSING, ACTS_AS_NOBODY = [("CHAT-40307", "")], [("CHAT-40308", "")]
ROLE_MISSING, ENTITLEMENT_MISSING = [("CHAT-40302", "")], [("CHAT-40303", "")]
ANOTHERS_TOKEN = [("CHAT-40304", "/authUserName")]


@pytest.fixture
def no_remembered_tokens() -> Iterator[None]:
    forget_everything()
    yield
    forget_everything()


@pytest.fixture
def integration() -> Client:
    """Acts as the service account, which may ask for anybody."""
    return store_integration(User.objects.get(username=CALLER))


@pytest.fixture
def token(integration: Client) -> str:
    return store_token(integration)


@pytest.fixture
def customers_token() -> str:
    return store_token(
        store_web_application(), user=User.objects.get(username=CUSTOMER), scope="openid chat.authenticate"
    )


def challenge(token: str) -> str:
    return ask(headers=bearer(token))["WWW-Authenticate"]


# Who calls


def test_an_integration_gets_a_token_as_the_user_that_it_acts_as(token: str) -> None:
    body = body_of(ask(headers=bearer(token), attributes={"authUserName": "Jane Roe"}))
    session = ChatSession.objects.get()
    assert (body["authUserName"], session.auth_user_name) == ("Jane Roe", "Jane Roe")
    assert session.caller.username == CALLER


def test_a_token_and_a_password_of_the_same_user_are_the_same_caller(token: str) -> None:
    granted(resumeType="RESUME")
    ask(headers=bearer(token), attributes={"resumeType": "RESUME"})
    assert ChatSession.objects.count() == 1


def test_an_integration_may_do_no_more_than_its_user() -> None:
    token = store_token(store_integration(User.objects.get(username=CUSTOMER)))
    assert refused(headers=bearer(token)) == ANOTHERS_TOKEN
    assert ask(headers=bearer(token), attributes={"authUserName": CUSTOMER}).status_code == 201


@pytest.mark.parametrize("own_name", [CUSTOMER, CUSTOMER.upper(), CUSTOMERS_EMAIL])
def test_a_customers_token_is_for_the_customer(customers_token: str, own_name: str) -> None:
    assert ask(headers=bearer(customers_token), attributes={"authUserName": own_name}).status_code == 201
    assert ChatSession.objects.get().caller.username == CUSTOMER


@pytest.mark.parametrize("name", [CALLER, "Jane Roe", "john.smith@vision.com.evil"])
def test_a_customers_token_is_for_nobody_else(customers_token: str, name: str) -> None:
    assert refused(headers=bearer(customers_token), attributes={"authUserName": name}) == ANOTHERS_TOKEN


def test_nobody_speaks_for_others_on_the_consent_of_one_who_may() -> None:
    """People agree to "Open chats in your name", whatever else they may do by themselves."""
    token = store_token(store_web_application(), user=User.objects.get(username=CALLER))
    assert ask(headers=bearer(token), attributes={"authUserName": CALLER}).status_code == 201
    assert refused(headers=bearer(token), attributes={"authUserName": "Jane Roe"}) == ANOTHERS_TOKEN
    assert ask(attributes={"authUserName": "Jane Roe"}).status_code == 201


@pytest.mark.parametrize("scopes", ["openid\r\nchat.authenticate", " chat.authenticate ", "chat.authenticate\topenid"])
def test_allowed_scopes_may_stand_on_lines_of_their_own(scopes: str) -> None:
    token = store_token(store_integration(User.objects.get(username=CALLER), allowed_scopes=scopes))
    assert ask(headers=bearer(token)).status_code == ask(headers=bearer(token)).status_code == 201


def test_a_customer_cannot_look_like_another_person(customers_token: str) -> None:
    attributes = {"authUserName": CUSTOMER, "lastName": "Roe", "contactId": 1}
    found = refused(headers=bearer(customers_token), attributes=attributes)
    assert found == [("CHAT-40305", "/contactId"), ("CHAT-40305", "/lastName")]


def test_a_customer_without_the_role_gets_none() -> None:
    token = store_token(store_web_application(), user=store_user("newcomer"))
    assert refused(headers=bearer(token), attributes={"authUserName": "newcomer"}) == ROLE_MISSING


def test_what_a_caller_lacks_is_audited_like_any_callers(customers_token: str) -> None:
    refused(headers=bearer(customers_token))
    event = AuditEvent.objects.get(event="token_refused")
    assert (event.actor_name, event.reason) == (CUSTOMER, "CHAT-40304")


# Refusals


def of_another_scope() -> str:
    return store_token(store_web_application(), user=User.objects.get(username=CUSTOMER), scope="openid profile chat")


def of_a_client_that_lost_the_scope() -> str:
    return store_token(store_integration(User.objects.get(username=CALLER), allowed_scopes=""))


@pytest.mark.parametrize("given", [of_another_scope, of_a_client_that_lost_the_scope])
def test_the_scope_is_missing_and_named(given: Callable[[], str]) -> None:
    token = given()
    response = ask(headers={"REST-Framework-Version": "4", **bearer(token)})
    assert (response.status_code, faults(response)) == (403, SCOPE_MISSING)
    assert response["WWW-Authenticate"] == 'Bearer realm="owsm", error="insufficient_scope", scope="chat.authenticate"'
    assert "chat.authenticate" in json.loads(response.content)["o:errorDetails"][0]["detail"]
    assert AuditEvent.objects.get(event="token_refused").reason == "CHAT-40307"


@pytest.mark.parametrize("scope", ["chat.authenticated", "chat", "authenticate", "CHAT.AUTHENTICATE", ""])
def test_a_scope_is_compared_whole(integration: Client, scope: str) -> None:
    assert refused(headers=bearer(store_token(integration, scope=scope))) == SCOPE_MISSING


def test_a_client_that_acts_as_nobody_learns_why() -> None:
    token = store_token(store_integration(None, name="Warehouse"))
    assert refused(headers=bearer(token)) == ACTS_AS_NOBODY
    assert b"Warehouse" in ask(headers=bearer(token)).content


def chat_token() -> str:
    """A token of this very server, signed with its key, for the chat server."""
    return str(granted()["jwt"])


@pytest.mark.parametrize("given", [chat_token, lambda: "x", lambda: "0" * 4096], ids=["chat token", "short", "long"])
def test_a_token_for_something_else_is_not_valid(given: Callable[[], str]) -> None:
    token = given()
    assert refused(headers=bearer(token)) == NOT_VALID
    assert challenge(token).startswith('Bearer realm="owsm", error="invalid_token"')


def test_an_expired_token_is_not_valid(integration: Client) -> None:
    token = store_token(integration, expires=timezone.now() - timedelta(microseconds=1))
    assert refused(headers=bearer(token)) == NOT_VALID


@pytest.mark.parametrize("header", ["Bearer", "Bearer a b", "Bearer ä", "Bearer x, Basic eDp5"])
def test_a_malformed_header_is_400(header: str) -> None:
    response = ask(headers={"Authorization": header, "REST-Framework-Version": "4"})
    assert (response.status_code, faults(response)) == (400, NOT_SENT_WELL)
    assert response["WWW-Authenticate"].startswith('Bearer realm="owsm", error="invalid_request"')


@pytest.mark.parametrize("with_password", [True, False])
def test_two_ways_of_sending_credentials_are_refused(token: str, with_password: bool) -> None:
    headers = {"Authorization": basic(CALLER, PASSWORD)} if with_password else bearer(token)
    address = f"{ADDRESS}?access_token={token}"
    assert refused(headers=headers, address=address) == NOT_SENT_WELL
    assert refused(headers={"Authorization": None}, address=address) == NOT_SENT_WELL


def test_a_token_in_a_form_is_not_looked_at(token: str) -> None:
    form = f"access_token={token}".encode()
    response = ask(form, content_type="application/x-www-form-urlencoded", headers={"Authorization": None})
    assert response.status_code == 401


@pytest.mark.parametrize("header", [None, "Negotiate abc"])
def test_without_credentials_both_ways_are_offered(header: str | None) -> None:
    response = ask(headers={"Authorization": header})
    assert (response.status_code, response["WWW-Authenticate"]) == (401, BOTH_CHALLENGES)


@pytest.mark.parametrize(("version", "content_type"), [("1", "text/plain"), ("4", "application/vnd.oracle.adf.error")])
def test_refusals_have_the_form_of_the_version(version: str, content_type: str) -> None:
    response = ask(headers={**bearer("x"), "REST-Framework-Version": version})
    assert (response.status_code, response["Cache-Control"]) == (401, "no-store")
    assert response["Content-Type"].startswith(content_type)


def test_refusals_speak_the_callers_language() -> None:
    answers = {ask(headers={**bearer("x"), "Accept-Language": name}).content for name in ("en", "de", "fr", "es", "ja")}
    assert len(answers) == 5


def counted(code: str) -> float:
    return REGISTRY.get_sample_value("chatauth_chat_authenticate_total", {"outcome": code}) or 0.0


@pytest.mark.parametrize(("header", "code"), [("Bearer x", "CHAT-40102"), ("Bearer", "CHAT-40014")])
def test_every_refusal_is_counted_once(header: str, code: str) -> None:
    before = counted(code)
    ask(headers={"Authorization": header})
    assert counted(code) == before + 1


def test_no_token_is_logged(token: str, caplog: pytest.LogCaptureFixture) -> None:
    ask(headers=bearer(token))
    ask(headers=bearer(token + "x"))
    assert token not in caplog.text


def test_a_token_is_refused_by_nobody_while_the_database_is_away(token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_checksum: str) -> None:
        raise OperationalError("gone")

    monkeypatch.setattr(bearer_sign_in, "find_token", fail)
    response = ask(headers={**bearer(token), "REST-Framework-Version": "4"})
    assert (response.status_code, faults(response)) == (503, [("CHAT-50301", "")])
    assert int(response["Retry-After"]) >= 1
    assert "WWW-Authenticate" not in response


# Describe


def describe(token: str, **headers: str) -> Any:
    return ask(b"", method="GET", address=f"{ADDRESS}/describe", headers={**bearer(token), **headers})


def test_describe_takes_a_token_too(token: str) -> None:
    assert describe(token).status_code == 200
    AccessToken.objects.all().delete()
    refusal = describe(token)
    assert (refusal.status_code, refusal["WWW-Authenticate"].split(",")[0]) == (401, 'Bearer realm="owsm"')


def test_describe_asks_for_the_scope() -> None:
    assert faults(describe(of_another_scope(), **{"REST-Framework-Version": "4"})) == SCOPE_MISSING


# What changes counts from the next request, though the token is remembered


def revoke(_: Client) -> None:
    AccessToken.objects.all().delete()


def expire(_: Client) -> None:
    AccessToken.objects.update(expires=timezone.now() - timedelta(seconds=1))


def caller() -> User:
    return User.objects.get(username=CALLER)


CHANGES: dict[str, tuple[Callable[[Client], object], list[tuple[str, str]]]] = {
    "token revoked": (revoke, NOT_VALID),
    "token cut short": (expire, NOT_VALID),
    "client disabled": (lambda client: Client.objects.filter(pk=client.pk).update(is_active=False), NOT_VALID),
    "client deleted": (lambda client: client.delete(), NOT_VALID),
    "client lost the scope": (lambda client: Client.objects.update(allowed_scopes="openid"), SCOPE_MISSING),
    "client acts as nobody": (lambda client: Client.objects.update(acting_user=None), ACTS_AS_NOBODY),
    "client acts as another": (
        lambda client: Client.objects.update(acting_user=User.objects.get(username=CUSTOMER)),
        ANOTHERS_TOKEN,
    ),
    "user disabled": (lambda _: User.objects.filter(username=CALLER).update(is_active=False), NOT_VALID),
    "user deleted": (lambda _: caller().delete(), ACTS_AS_NOBODY),
    "role taken away": (lambda _: caller().groups.clear(), ROLE_MISSING),
    "on-behalf role taken away": (
        lambda _: caller().groups.set(Group.objects.filter(name=SELF_SERVICE_USER)),
        ANOTHERS_TOKEN,
    ),
    "entitlement taken away": (
        lambda _: Group.objects.get(name=SELF_SERVICE_USER).permissions.clear(),
        ENTITLEMENT_MISSING,
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_counts_from_the_next_request(integration: Client, token: str, change: str) -> None:
    assert ask(headers=bearer(token)).status_code == ask(headers=bearer(token)).status_code == 201
    make, expected = CHANGES[change]
    make(integration)
    before = ChatSession.objects.count()
    assert refused(headers=bearer(token)) == expected
    assert ChatSession.objects.count() == before


def test_a_customers_new_password_ends_the_customers_tokens(customers_token: str) -> None:
    own = {"authUserName": CUSTOMER}
    assert ask(headers=bearer(customers_token), attributes=own).status_code == 201
    user = User.objects.get(username=CUSTOMER)
    user.set_password("another horse")
    user.save()
    assert refused(headers=bearer(customers_token), attributes=own) == NOT_VALID


def test_a_new_password_of_the_acting_user_ends_nothing(token: str) -> None:
    assert ask(headers=bearer(token)).status_code == 201
    user = caller()
    user.set_password("another horse")
    user.save()
    assert ask(headers=bearer(token)).status_code == 201


def test_what_is_granted_counts_from_the_next_request(integration: Client, token: str) -> None:
    Client.objects.update(allowed_scopes="openid")
    assert refused(headers=bearer(token)) == SCOPE_MISSING
    Client.objects.update(allowed_scopes="openid chat.authenticate", acting_user=None)
    assert refused(headers=bearer(token)) == ACTS_AS_NOBODY
    Client.objects.update(acting_user=caller())
    assert ask(headers=bearer(token)).status_code == 201


# What it costs


def test_no_hash_is_on_the_way(token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from authenticate_app.accounts import passwords

    def fail(*_: object) -> None:
        raise AssertionError("a password was compared")

    monkeypatch.setattr(passwords, "compare", fail)
    assert ask(headers=bearer(token)).status_code == 201
