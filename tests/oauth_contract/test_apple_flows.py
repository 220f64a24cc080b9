"""The two flows of Apple Messages for Business: the requests of a phone, byte for byte."""

import re
import uuid

import httpx
import pytest

from authenticate_app.oauth.models import Client
from authenticate_app.oauth.secrets import SECRET_LENGTH, checksum, new_code, new_secret
from tests.oauth_contract import apple_device
from tests.oauth_contract.installation import ISSUER, Installation, store_application
from tests.oauth_contract.relying_party import AUTHORIZE, FORM, TOKEN, Person, RelyingParty, parameters_of
from tests.oauth_contract.test_rfc6749_token import error_of

UNRESERVED = re.compile(r"[A-Za-z0-9._~-]+")


def store_apple(purpose: str, redirect_uri: str) -> Client:
    return store_application(
        purpose=purpose,
        pkce_required=False,
        client_id=apple_device.CLIENT_ID,
        client_secret=checksum(apple_device.SECRET),
        redirect_uris=redirect_uri,
        allowed_scopes="openid email",
    )


@pytest.fixture
def legacy(installation: Installation) -> RelyingParty:
    client = store_apple("apple_legacy", apple_device.LEGACY_REDIRECT_URI)
    return installation.party(client, secret=apple_device.SECRET, redirect_uri=apple_device.LEGACY_REDIRECT_URI)


@pytest.fixture
def new(installation: Installation) -> RelyingParty:
    client = store_apple("apple_new", apple_device.NEW_REDIRECT_URI)
    return installation.party(client, secret=apple_device.SECRET, redirect_uri=apple_device.NEW_REDIRECT_URI)


def phone_opens(person: Person, flow: str) -> httpx.Response:
    """Open the sheet with the phone's own request, sign in and agree."""
    query = apple_device.authorization_query(flow)
    request = person.browser.client.build_request("GET", f"{AUTHORIZE}?{query}")
    assert request.url.raw_path == f"{AUTHORIZE}?{query}".encode()  # nothing was escaped in another way
    return person.agrees(f"{AUTHORIZE}?{query}")


def phone_asks_for_the_token(http: httpx.Client, code: str) -> httpx.Response:
    return http.post(TOKEN, content=apple_device.token_body(code), headers={"Content-Type": FORM})


def test_the_legacy_flow(person: Person, legacy: RelyingParty) -> None:
    response = phone_opens(person, "legacy")
    assert parameters_of(response)["state"] == apple_device.STATE
    code = apple_device.code_that_the_phone_takes(response.headers["Location"])
    answer = phone_asks_for_the_token(legacy.http, code)
    assert answer.status_code == 200
    token = answer.json()["access_token"]
    assert legacy.introspect(token)["active"] is True
    assert legacy.userinfo(token).json()["email"] == "John.Smith@Vision.com"


def test_the_legacy_flow_gives_no_refresh_token(person: Person, legacy: RelyingParty) -> None:
    code = parameters_of(phone_opens(person, "legacy"))["code"]
    assert "refresh_token" not in phone_asks_for_the_token(legacy.http, code).json()


def test_a_secret_that_reaches_phones_is_good_for_nothing_else(legacy: RelyingParty) -> None:
    assert error_of(legacy.post(TOKEN, grant_type="client_credentials")) == "unauthorized_client"
    assert error_of(legacy.refresh("x" * 75)) in {"unauthorized_client", "invalid_grant"}


def test_a_code_of_the_legacy_flow_is_good_once(person: Person, legacy: RelyingParty) -> None:
    code = parameters_of(phone_opens(person, "legacy"))["code"]
    assert phone_asks_for_the_token(legacy.http, code).status_code == 200
    assert error_of(phone_asks_for_the_token(legacy.http, code)) == "invalid_grant"


def test_who_refuses_in_the_legacy_flow_leaves_no_code(person: Person, legacy: RelyingParty) -> None:
    page = person.signs_in(f"{AUTHORIZE}?{apple_device.authorization_query('legacy')}")
    found = parameters_of(person.browser.submit(page, press="refuse"))
    assert found["error"] == "access_denied"
    assert not {"code", "access_token"} & found.keys()


def test_the_new_flow(person: Person, new: RelyingParty) -> None:
    found = parameters_of(phone_opens(person, "new"))
    assert (found["state"], found["iss"]) == (apple_device.STATE, ISSUER)
    answer = new.exchange(found["code"], code_verifier=None)
    assert answer.status_code == 200
    assert new.userinfo(answer.json()["access_token"]).json()["email"] == "John.Smith@Vision.com"
    assert "id_token" in answer.json()


@pytest.mark.parametrize("further", ["brand=vision", "additionalParameters=a%3Db", "lang=de&x="])
def test_parameters_of_the_business_in_the_new_flow(person: Person, new: RelyingParty, further: str) -> None:
    query = apple_device.authorization_query("new")
    assert "code" in parameters_of(person.agrees(f"{AUTHORIZE}?{query}&{further}"))


@pytest.mark.parametrize("flow", ["legacy", "new"])
def test_pages_may_lead_to_where_the_phone_looks(request: pytest.FixtureRequest, person: Person, flow: str) -> None:
    """Browsers hold the redirect after a form against the policy of the page that the form stood on."""
    request.getfixturevalue(flow)  # its client is stored
    query = apple_device.authorization_query(flow)
    login = person.browser.open(f"{AUTHORIZE}?{query}")
    consent = person.browser.submit(login, username=person.name, password=person.password)
    expected = {"legacy": {"https://auth.businesschat.apple.com"}, "new": {"https://msp.example", "messages-auth:"}}
    for page in (login, consent):
        (directive,) = (
            part.split()[1:]
            for part in page.headers["Content-Security-Policy"].split(";")
            if part.split()[:1] == ["form-action"]
        )
        assert set(directive) == {"'self'"} | expected[flow]


def test_what_phones_do_not_escape_needs_no_escape() -> None:
    assert UNRESERVED.fullmatch(new_code(uuid.uuid4()))
    assert UNRESERVED.fullmatch(new_secret())
    assert len(new_secret()) == SECRET_LENGTH
