"""*Test this client*: what is wrong is said in words, and nothing is called right that the server refuses."""

from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from authenticate_app.accounts.entitlements import ON_BEHALF_ROLE, SELF_SERVICE_USER
from authenticate_app.accounts.models import User
from authenticate_app.audit.models import AuditEvent
from authenticate_app.keys.services import ensure_signing_key
from authenticate_app.oauth import authorization
from authenticate_app.oauth.authorization import ErrorForClient
from authenticate_app.oauth.client_test import Trial, example_of, findings_of
from authenticate_app.oauth.client_test_request import PastedRequest
from authenticate_app.oauth.client_trial import NOWHERE, Examiner
from authenticate_app.oauth.context import Context
from authenticate_app.oauth.errors import UntrustedRequest
from authenticate_app.oauth.findings import Finding, Verdict, faults
from authenticate_app.oauth.models import AccessToken, Client, Grant, RefreshToken
from authenticate_app.oauth.purposes import Purpose
from authenticate_app.throttling.models import FailureCount
from tests.oauth.flow import APPLE_LEGACY, APPLE_NEW, CALLBACK, CHALLENGE, ISSUER, Registered, asking, register
from tests.world import store_user

ENDPOINT = f"{ISSUER}/oauth/authorize"

pytestmark = pytest.mark.django_db


@pytest.fixture
def now() -> datetime:
    moment = timezone.now()
    ensure_signing_key(now=moment)
    return moment


@pytest.fixture
def examiner(now: datetime) -> Examiner:
    return Examiner(User.objects.create_user("admin@example.com"), now)


@pytest.fixture
def shop() -> Registered:
    return register()


@pytest.fixture
def service_account() -> User:
    user = User.objects.create_user("service@example.com")
    user.groups.set(Group.objects.filter(name=SELF_SERVICE_USER))
    return user


@pytest.fixture
def integration(service_account: User) -> Registered:
    return register(
        client_id="integration-1",
        purpose=Purpose.INTEGRATION,
        authorization_grant_type=Client.GRANT_CLIENT_CREDENTIALS,
        redirect_uris="",
        post_logout_redirect_uris="",
        allowed_scopes="chat.authenticate",
        acting_user=service_account,
    )


def address_of(client: Registered, **changes: str | None) -> str:
    return f"{ENDPOINT}?{urlencode(asking(client, **changes))}"


def sentences(found: list[Finding], verdict: Verdict = Verdict.WRONG) -> list[str]:
    return [f"{each.subject}: {each.sentence}" for each in found if each.verdict is verdict]


def found_of(client: Registered, examiner: Examiner, **typed: str) -> list[Finding]:
    return findings_of(client.row, Trial(**typed), examiner)


# The authorization request


def test_a_right_request_is_right_in_every_step(shop: Registered, examiner: Examiner) -> None:
    found = found_of(shop, examiner, request=address_of(shop))
    assert faults(found) == []
    assert [str(each.subject) for each in found] == [
        "Client",
        "Address",
        "client_id",
        "response_type",
        "redirect_uri",
        "code_challenge",
        "scope",
        "state",
        "The server's answer",
    ]
    assert found[-1].sentence == "The sign-in page."


FAULTS: dict[str, tuple[dict[str, str | None], str]] = {
    "client_id missing": ({"client_id": None}, "client_id: It is missing. This client's is “web-1”."),
    "client_id differs": ({"client_id": "web-2"}, "client_id: It is “web-2”. This client's is “web-1”."),
    "trailing slash": (
        {"redirect_uri": f"{CALLBACK}/"},
        "redirect_uri: It differs from the registered “https://www.example.com/callback”: one has a slash at the end "
        "and the other has none. The first different character is number 33: registered “…m/callback”, asked for "
        "“…m/callback/”.",
    ),
    "http": ({"redirect_uri": CALLBACK.replace("https", "http")}, "one has http and the other https"),
    "other host": ({"redirect_uri": "https://evil.example/callback"}, "the hosts differ"),
    "encoded twice": ({"redirect_uri": quote(CALLBACK, safe="")}, "percent-encoded twice"),
    "redirect_uri missing": ({"redirect_uri": None}, "redirect_uri: It is missing."),
    "implicit": ({"response_type": "token"}, "response_type: It is “token”. It must be “code”"),
    "no response_type": ({"response_type": None}, "It must be “code”"),
    "PKCE missing": (
        {"code_challenge": None, "code_challenge_method": None},
        "code_challenge: It is missing: this client must use PKCE (RFC 7636), with the method S256.",
    ),
    "PKCE plain": ({"code_challenge_method": "plain"}, "“code_challenge_method” is “plain”"),
    "PKCE without a method": ({"code_challenge_method": None}, "without it, “plain” would be meant"),
    "challenge in hexadecimal": ({"code_challenge": "ab" * 32}, "It has 64 characters and is no S256 challenge"),
    "padded challenge": ({"code_challenge": f"{CHALLENGE}="}, "without “=”"),
    "unknown scope": ({"scope": "openid everything"}, "scope: This client may not ask for: everything."),
    "request object": ({"request": "e30.e30."}, "request: This server does not take it."),
}


@pytest.mark.parametrize("case", FAULTS)
def test_a_fault_is_explained(shop: Registered, examiner: Examiner, case: str) -> None:
    changes, sentence = FAULTS[case]
    wrong = sentences(found_of(shop, examiner, request=address_of(shop, **changes)))
    assert len(wrong) == 1
    assert sentence in wrong[0]


def accepted(query: str, now: datetime) -> bool:
    """What the endpoint itself says."""
    from django.http import HttpRequest

    request = HttpRequest()
    request.META["QUERY_STRING"] = query
    try:
        authorization.read(request, Context(NOWHERE, now))
    except (UntrustedRequest, ErrorForClient):
        return False
    return True


MORE: dict[str, dict[str, str | None]] = {
    "right": {},
    "no scope": {"scope": None},
    "no state": {"state": None},
    "short state": {"state": "x"},
    "prompt": {"prompt": "everything"},
    "response_mode": {"response_mode": "fragment"},
    "max_age": {"max_age": "soon"},
    "long nonce": {"nonce": "n" * 300},
    "unknown parameter": {"response_encryption_key": "key"},
}


@pytest.mark.parametrize("case", [*FAULTS, *MORE])
def test_it_finds_a_fault_wherever_the_server_does_and_nowhere_else(
    shop: Registered, examiner: Examiner, case: str
) -> None:
    changes = MORE[case] if case in MORE else FAULTS[case][0]
    address = address_of(shop, **changes)
    found = found_of(shop, examiner, request=address)
    if case == "client_id differs":  # of another client, the server's answer is another matter
        register(client_id="web-2")
    else:
        assert accepted(address.partition("?")[2], examiner.now) == (not faults(found))


@pytest.mark.parametrize(
    ("request_text", "sentence"),
    [
        ("https://www.example.com/", "no address with parameters"),
        ("not an address", "no address with parameters"),
        ("https://[?a=b", "no address with parameters"),
        ("?", "no address with parameters"),
    ],
)
def test_what_is_no_request_is_said_to_be_none(
    shop: Registered, examiner: Examiner, request_text: str, sentence: str
) -> None:
    (wrong,) = sentences(found_of(shop, examiner, request=request_text))
    assert sentence in wrong
    assert ENDPOINT in wrong


def test_another_address_is_named(shop: Registered, examiner: Examiner) -> None:
    request = address_of(shop).replace("/oauth/authorize", "/oauth/authorize/")
    (wrong,) = sentences(found_of(shop, examiner, request=request))
    assert wrong == f"Address: It leads to “{ENDPOINT}/”. This server's authorization endpoint is “{ENDPOINT}”."


def test_a_parameter_that_comes_twice(shop: Registered, examiner: Examiner) -> None:
    wrong = sentences(found_of(shop, examiner, request=f"{address_of(shop)}&state=other"))
    assert "state: It is there 2 times." in wrong[0]


def test_line_breaks_of_a_console_do_no_harm(shop: Registered, examiner: Examiner) -> None:
    address = address_of(shop)
    broken = f"  {address[:40]}\r\n{address[40:90]}\n   {address[90:]} "
    assert faults(found_of(shop, examiner, request=broken)) == []


@pytest.mark.parametrize("state", [None, "short"])
def test_a_weak_state_is_advice(shop: Registered, examiner: Examiner, state: str | None) -> None:
    found = found_of(shop, examiner, request=address_of(shop, state=state))
    assert faults(found) == []
    assert any(each.startswith("state") for each in sentences(found, Verdict.ADVICE))


def test_a_disabled_client(shop: Registered, examiner: Examiner) -> None:
    shop.row.is_active = False
    shop.row.save()
    wrong = sentences(found_of(shop, examiner, request=address_of(shop), secret=shop.secret))
    assert wrong == ["Client: It is disabled: whatever it asks for is refused. Turn it on again on its page."]


@pytest.mark.parametrize("given", [APPLE_NEW, APPLE_LEGACY])
def test_apple_goes_without_pkce(examiner: Examiner, given: dict[str, Any]) -> None:
    client = register(given)
    redirect_uri = client.row.redirect_uris
    without = {"code_challenge": None, "code_challenge_method": None, "redirect_uri": redirect_uri, "scope": "openid"}
    found = found_of(client, examiner, request=address_of(client, **without))
    assert faults(found) == []
    assert "one of the exceptions" in str(found)


# The token request


def test_the_redirect_uri_of_the_token_request(shop: Registered, examiner: Examiner) -> None:
    shop.row.redirect_uris = f"{CALLBACK} https://other.example.com"
    shop.row.save()
    assert faults(found_of(shop, examiner, redirect_uri=CALLBACK)) == []
    (wrong,) = sentences(found_of(shop, examiner, redirect_uri=f"{CALLBACK} "))
    assert "blanks around it" in wrong
    other = found_of(shop, examiner, redirect_uri="https://other.example.com", request=address_of(shop))
    assert "another one than in the authorization request" in sentences(other)[0]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda secret: f" {secret}\n", "blanks before or after"),
        (lambda secret: secret[:-1], "has 127 characters, and secrets of this server have 128"),
        (lambda secret: secret.swapcase(), "an old one, or another client's"),
        (lambda secret: "x", "has 1 characters"),
    ],
)
def test_a_wrong_secret(shop: Registered, examiner: Examiner, change: Any, sentence: str) -> None:
    typed = change(shop.secret)
    (wrong,) = sentences(found_of(shop, examiner, secret=typed))
    assert sentence in wrong
    assert shop.secret not in wrong


def test_the_checksum_is_no_secret(shop: Registered, examiner: Examiner) -> None:
    assert faults(found_of(shop, examiner, secret=shop.row.client_secret))


# The whole way


def left_behind() -> list[int]:
    return [model.objects.count() for model in (Grant, RefreshToken, AccessToken, AuditEvent, FailureCount)]


def test_with_the_right_secret_the_whole_way_is_gone_and_taken_back(shop: Registered, examiner: Examiner) -> None:
    before = left_behind()
    found = found_of(shop, examiner, request=address_of(shop), redirect_uri=CALLBACK, secret=shop.secret)
    assert faults(found) == []
    assert found[-1].subject == "Trial run"
    assert "access_token, refresh_token, id_token with the scope “openid profile email" in str(found[-1].sentence)
    assert "10 minutes" in str(found[-1].sentence)
    assert left_behind() == before


def test_wrong_secrets_count_as_no_failure(shop: Registered, examiner: Examiner) -> None:
    before = left_behind()
    for _ in range(20):
        found_of(shop, examiner, secret="wrong")
    assert left_behind() == before


@pytest.mark.parametrize("given", [APPLE_NEW, APPLE_LEGACY])
def test_the_whole_way_of_apple(examiner: Examiner, given: dict[str, Any]) -> None:
    client = register(given)
    found = found_of(client, examiner, secret=client.secret)
    assert faults(found) == []
    assert "refresh_token" not in str(found[-1].sentence)


def test_an_application_without_a_secret_is_tried_as_well(examiner: Examiner) -> None:
    client = register(client_type=Client.CLIENT_PUBLIC)
    assert "The whole way works" in str(found_of(client, examiner)[-1].sentence)


def test_signed_tokens_are_tried(examiner: Examiner) -> None:
    client = register(signed_access_tokens=True, signed_because="A gateway.")
    assert faults(found_of(client, examiner, secret=client.secret)) == []


def test_nothing_is_issued_while_something_is_wrong(shop: Registered, examiner: Examiner) -> None:
    found = found_of(shop, examiner, request=address_of(shop, state=None, scope="all"), secret=shop.secret)
    assert "Trial run" not in [each.subject for each in found]


def test_that_no_key_signs_is_found(shop: Registered) -> None:
    examiner = Examiner(store_user("admin@example.com"), timezone.now())
    (wrong,) = sentences(found_of(shop, examiner, secret=shop.secret))
    assert "No signing key is active" in wrong


def test_a_client_that_a_change_has_broken_is_found(shop: Registered, examiner: Examiner) -> None:
    Client.objects.filter(pk=shop.row.pk).update(redirect_uris="https://other.example.com")
    assert sentences(found_of(shop, examiner, secret=shop.secret))


# Integrations


def test_an_integration_that_is_right(integration: Registered, examiner: Examiner) -> None:
    found = found_of(integration, examiner, secret=integration.secret, scope="chat.authenticate")
    assert faults(found) == []
    assert "“service@example.com” alone" in str(found)
    assert "access_token with the scope “chat.authenticate”" in str(found[-1].sentence)
    assert AccessToken.objects.count() == 0


def test_its_reach_is_told(integration: Registered, service_account: User, examiner: Examiner) -> None:
    service_account.groups.add(Group.objects.get(name=ON_BEHALF_ROLE))
    found = found_of(integration, examiner, secret=integration.secret)
    assert "It may ask for anybody" in sentences(found, Verdict.ADVICE)[0]


def test_a_scope_that_it_may_not_have(integration: Registered, examiner: Examiner) -> None:
    (wrong,) = sentences(found_of(integration, examiner, secret=integration.secret, scope="openid"))
    assert "may not ask for: openid. It may ask for: chat.authenticate" in wrong


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda client, user: setattr(client, "acting_user", None), "There is none"),
        (lambda client, user: setattr(user, "is_active", False), "is disabled"),
        (lambda client, user: user.groups.clear(), SELF_SERVICE_USER),
    ],
)
def test_an_acting_user_at_fault(
    integration: Registered, service_account: User, examiner: Examiner, change: Any, sentence: str
) -> None:
    change(integration.row, integration.row.acting_user)
    (wrong,) = sentences(found_of(integration, examiner, secret=integration.secret))
    assert wrong.startswith("Acting user")
    assert sentence in wrong


# The example


@pytest.mark.parametrize("given", [{}, APPLE_NEW, APPLE_LEGACY])
def test_the_example_is_right(examiner: Examiner, given: dict[str, Any]) -> None:
    client = register(given) if given else register()
    assert faults(found_of(client, examiner, request=example_of(client.row))) == []


def test_the_example_of_an_integration_is_a_command(integration: Registered) -> None:
    assert example_of(integration.row).startswith(f"curl -u integration-1:CLIENT_SECRET {ISSUER}/oauth/token")


def test_an_address_is_taken_apart() -> None:
    request = PastedRequest.parse("https://a.example/b?x=1&x=2&y=%20")
    assert request is not None
    assert (request.address, request.parameters) == ("https://a.example/b", {"x": ["1", "2"], "y": [" "]})
