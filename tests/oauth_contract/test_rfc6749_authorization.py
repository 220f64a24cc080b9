"""RFC 6749, The OAuth 2.0 Authorization Framework: the authorization endpoint."""

import httpx
import pytest

from tests.oauth_contract.installation import Installation, store_application
from tests.oauth_contract.relying_party import AUTHORIZE, REDIRECT_URI, Person, RelyingParty, parameters_of


def is_told_without_a_redirect(response: httpx.Response) -> bool:
    return response.status_code == 400 and "Location" not in response.headers


@pytest.mark.rfc("6749", "3.1", "the authorization endpoint takes GET")
@pytest.mark.rfc("6749", "4.1.2", "a code and the state come back to the redirect URI")
def test_a_code_comes_back(person: Person, application: RelyingParty) -> None:
    response = person.agrees(application.authorization_request())
    assert response.headers["Location"].startswith(f"{REDIRECT_URI}?")
    found = parameters_of(response)
    assert found["state"] == application.state
    assert len(found["code"]) >= 22  # 128 bits, if each character carried six


@pytest.mark.rfc("6749", "3.1", "a parameter without a value counts as left out, an unknown one is ignored")
def test_empty_and_unknown_parameters(person: Person, application: RelyingParty) -> None:
    request = application.authorization_request(nonce="", prompt="", colour="blue")
    assert "code" in parameters_of(person.agrees(request))


@pytest.mark.rfc("6749", "3.1", "a parameter comes once")
@pytest.mark.parametrize("repeated", ["client_id", "redirect_uri", "response_type", "scope", "state"])
def test_a_parameter_that_comes_twice(person: Person, application: RelyingParty, repeated: str) -> None:
    request = application.authorization_request()
    response = person.browser.open(f"{request}&{repeated}=x")
    if response.is_redirect:
        assert response.headers["Location"].startswith(f"{REDIRECT_URI}?")
        assert parameters_of(response)["error"] == "invalid_request"
    else:
        assert response.status_code == 400


@pytest.mark.rfc("6749", "3.1.2", "a query of the redirect URI is kept")
def test_a_redirect_uri_with_a_query(installation: Installation, person: Person) -> None:
    uri = "https://www.example.com/callback?shop=7"
    party = installation.party(store_application(redirect_uris=uri), redirect_uri=uri)
    response = person.agrees(party.authorization_request())
    assert response.headers["Location"].startswith(f"{uri}&")
    assert parameters_of(response)["shop"] == "7"


@pytest.mark.rfc("6749", "3.1.2.3", "with several redirect URIs the request says which")
def test_several_redirect_uris(installation: Installation, person: Person) -> None:
    client = store_application(redirect_uris=f"{REDIRECT_URI} https://www.example.com/other")
    party = installation.party(client)
    assert is_told_without_a_redirect(person.browser.open(party.authorization_request(redirect_uri=None)))
    other = party.authorization_request(redirect_uri="https://www.example.com/other")
    assert person.agrees(other).headers["Location"].startswith("https://www.example.com/other?")


@pytest.mark.rfc("6749", "3.1.2.4", "nobody is sent to a redirect URI that is not registered")
@pytest.mark.rfc("6749", "4.1.2.1", "nobody is sent anywhere when the client or its redirect URI is unknown")
@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": "nobody"},
        {"client_id": None},
        {"client_id": ""},
        {"redirect_uri": "https://attacker.example/callback"},
        {"redirect_uri": "/callback"},
        {"redirect_uri": "javascript:alert(1)"},
    ],
    ids=str,
)
def test_an_unknown_client_or_redirect_uri(
    person: Person, application: RelyingParty, changes: dict[str, str | None]
) -> None:
    assert is_told_without_a_redirect(person.browser.open(application.authorization_request(**changes)))


@pytest.mark.rfc("6749", "3.3", "a scope that the client may not have is refused")
@pytest.mark.parametrize("scope", ["openid chat.authenticate", "openid nonsense"])
def test_an_invalid_scope(person: Person, application: RelyingParty, scope: str) -> None:
    found = parameters_of(person.browser.open(application.authorization_request(scope=scope)))
    assert found["error"] == "invalid_scope"


@pytest.mark.rfc("6749", "4.1.2.1", "an error comes back with the state")
@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": None}, "invalid_request"),
        ({"response_type": "nonsense"}, "unsupported_response_type"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "nonsense"}, "invalid_scope"),
    ],
    ids=str,
)
def test_an_error_comes_back(
    person: Person, application: RelyingParty, changes: dict[str, str | None], error: str
) -> None:
    found = parameters_of(person.browser.open(application.authorization_request(**changes)))
    assert (found["error"], found["state"]) == (error, application.state)
    assert "code" not in found


@pytest.mark.rfc("6749", "4.1.2.1", "who refuses is sent back with access_denied")
def test_refusing(person: Person, application: RelyingParty) -> None:
    page = person.signs_in(application.authorization_request())
    found = parameters_of(person.browser.submit(page, press="refuse"))
    assert (found["error"], found["state"]) == ("access_denied", application.state)


@pytest.mark.rfc("6749", "4.1.2", "a request without a state gets an answer without one")
def test_no_state(person: Person, application: RelyingParty) -> None:
    assert "state" not in parameters_of(person.agrees(application.authorization_request(state=None)))


@pytest.mark.rfc("6749", "10.12", "the state comes back as it was sent, character by character")
@pytest.mark.parametrize("state", ["a b+c/d=", "äö 東京", "%41&x=y#z", "~._-", "'\"<script>"])
def test_a_state_of_many_characters(person: Person, application: RelyingParty, state: str) -> None:
    assert parameters_of(person.agrees(application.authorization_request(state=state)))["state"] == state


@pytest.mark.rfc("6749", "3.1.1", "an integration does not get codes")
def test_a_client_of_another_grant(installation: Installation, person: Person) -> None:
    party = installation.party(store_application(purpose="integration", authorization_grant_type="client-credentials"))
    response = person.browser.open(party.authorization_request())
    assert is_told_without_a_redirect(response) or parameters_of(response)["error"] == "unauthorized_client"


@pytest.mark.rfc("6749", "10.13", "no page of the flow can be framed")
def test_no_page_can_be_framed(person: Person, application: RelyingParty) -> None:
    login = person.browser.open(application.authorization_request())
    consent = person.browser.submit(login, username=person.name, password=person.password)
    wrong = person.browser.open(f"{AUTHORIZE}?client_id=nobody")
    for page in (login, consent, wrong):
        assert page.headers["X-Frame-Options"] == "DENY"
        assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]


@pytest.mark.rfc("6749", "10.5", "no answer that holds a code is stored or passed on")
def test_a_code_is_not_passed_on(person: Person, application: RelyingParty) -> None:
    response = person.agrees(application.authorization_request())
    assert "no-store" in response.headers["Cache-Control"]
    assert response.headers["Referrer-Policy"] in {"no-referrer", "same-origin"}
