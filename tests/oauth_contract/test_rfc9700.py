"""RFC 9700, Best Current Practice for OAuth 2.0 Security: attacks, each as somebody would try it."""

import pytest

from tests.oauth_contract.installation import ISSUER, Installation, store_application
from tests.oauth_contract.relying_party import (
    REDIRECT_URI,
    Person,
    RelyingParty,
    challenge_of,
    parameters_of,
)
from tests.oauth_contract.test_rfc6749_authorization import is_told_without_a_redirect
from tests.oauth_contract.test_rfc6749_token import error_of

VARIATIONS = (
    "http://www.example.com/callback",
    "HTTPS://www.example.com/callback",
    "https://WWW.example.com/callback",
    "https://www.example.com/Callback",
    "https://www.example.com/callback/",
    "https://www.example.com//callback",
    "https://www.example.com/callback?",
    "https://www.example.com/callback?x=1",
    "https://www.example.com/callback#",
    "https://www.example.com/callback#x",
    "https://www.example.com/callback/../callback",
    "https://www.example.com/./callback",
    "https://www.example.com/callback%2f",
    "https://www.example.com/%63allback",
    "https://www.example.com/callback%20",
    "https://www.example.com/callback ",
    " https://www.example.com/callback",
    "https://www.example.com/callback\t",
    "https://www.example.com/callback%00",
    "https://www.example.com:443/callback",
    "https://www.example.com:8443/callback",
    "https://www.example.com./callback",
    "https://example.com/callback",
    "https://sub.www.example.com/callback",
    "https://www.example.com.attacker.example/callback",
    "https://attacker.example/www.example.com/callback",
    "https://attacker.example\\@www.example.com/callback",
    "https://attacker.example/?https://www.example.com/callback",
    "https://www.example.com@attacker.example/callback",
    "https://user@www.example.com/callback",
    "https://user:pass@www.example.com/callback",
    "https://www.example.com\uff0fcallback",
    "https://www.examp\u0142e.com/callback",
    "//www.example.com/callback",
    "/callback",
    "javascript://www.example.com/callback",
    "data:text/html,x",
    "messages-auth://",
    "https://auth.businesschat.apple.com",
    "https://www.example.com/callback https://attacker.example/",
)


@pytest.mark.rfc("9700", "2.1", "redirect URIs are compared as strings: no variation gets a code, or an error")
@pytest.mark.parametrize("uri", VARIATIONS)
def test_a_variation_of_the_redirect_uri(person: Person, application: RelyingParty, uri: str) -> None:
    assert uri != REDIRECT_URI
    assert is_told_without_a_redirect(person.browser.open(application.authorization_request(redirect_uri=uri)))


@pytest.mark.rfc("9700", "4.11.2", "a client's own error cannot make an open redirector of us")
@pytest.mark.parametrize("changes", [{"scope": "nonsense"}, {"response_type": "nonsense"}, {"prompt": "none"}], ids=str)
def test_an_error_is_not_sent_to_strangers(person: Person, application: RelyingParty, changes: dict[str, str]) -> None:
    request = application.authorization_request(redirect_uri="https://attacker.example/", **changes)
    assert is_told_without_a_redirect(person.browser.open(request))


@pytest.mark.rfc("9700", "2.1.1", "PKCE cannot be left out, made plain, or dropped at the exchange")
def test_a_downgrade(person: Person, application: RelyingParty) -> None:
    verifier = application.verifier
    for changes in ({"code_challenge_method": "plain", "code_challenge": verifier}, {"code_challenge": None}):
        response = person.browser.open(application.authorization_request(**changes))
        assert parameters_of(response)["error"] == "invalid_request"
    code = person.code_for(application)
    assert error_of(application.exchange(code, code_verifier=None)) in {"invalid_grant", "invalid_request"}


@pytest.mark.rfc("9700", "4.5.3.1", "an injected code is useless to another sign-in of the same client")
def test_an_injected_code(person: Person, application: RelyingParty) -> None:
    stolen = person.code_for(application)
    victim = RelyingParty(application.http, application.client_id, application.secret)  # with a verifier of its own
    assert error_of(victim.exchange(stolen)) == "invalid_grant"


@pytest.mark.rfc("9700", "4.8.2", "the challenge is bound to the code: another one at the exchange does not help")
def test_two_codes_with_their_verifiers_swapped(person: Person, application: RelyingParty) -> None:
    first = person.code_for(application)
    second_verifier = "v" * 50
    second = person.code_for(application, code_challenge=challenge_of(second_verifier))
    assert error_of(application.exchange(second)) == "invalid_grant"
    assert error_of(application.exchange(first, code_verifier=second_verifier)) == "invalid_grant"


@pytest.mark.rfc("9700", "2.1.2", "the implicit and hybrid flows are not there")
@pytest.mark.parametrize("kind", ["token", "id_token", "id_token token", "code token", "code id_token", "none"])
def test_implicit(person: Person, application: RelyingParty, kind: str) -> None:
    response = person.browser.open(application.authorization_request(response_type=kind, nonce="n"))
    assert parameters_of(response)["error"] == "unsupported_response_type"
    assert "#" not in response.headers["Location"]


@pytest.mark.rfc("9700", "2.4", "the password grant is not there")
def test_the_password_grant(person: Person, application: RelyingParty) -> None:
    asked = {"grant_type": "password", "username": person.name, "password": person.password}
    assert error_of(application.post("/oauth/token", **asked)) == "unsupported_grant_type"


@pytest.mark.rfc("9700", "4.14.2", "a refresh token that comes again ends the whole family")
def test_a_refresh_token_that_comes_again(person: Person, application: RelyingParty) -> None:
    first = person.tokens_for(application)
    second = application.refresh(first["refresh_token"]).json()
    third = application.refresh(second["refresh_token"]).json()
    assert len({first["refresh_token"], second["refresh_token"], third["refresh_token"]}) == 3
    assert error_of(application.refresh(first["refresh_token"])) == "invalid_grant"
    assert error_of(application.refresh(third["refresh_token"])) == "invalid_grant"
    for tokens in (first, second, third):
        assert application.introspect(tokens["access_token"]) == {"active": False}


@pytest.mark.rfc("9700", "4.14.2", "another sign-in of the same person goes on meanwhile")
def test_another_family_goes_on(person: Person, application: RelyingParty) -> None:
    stolen, other = person.tokens_for(application), person.tokens_for(application)
    application.refresh(stolen["refresh_token"])
    assert error_of(application.refresh(stolen["refresh_token"])) == "invalid_grant"
    assert application.refresh(other["refresh_token"]).status_code == 200


@pytest.mark.rfc("9700", "4.14.2", "guessed refresh tokens end nobody's family")
def test_a_guessed_refresh_token(person: Person, application: RelyingParty, other_application: RelyingParty) -> None:
    tokens = person.tokens_for(application)
    refresh_token = tokens["refresh_token"]
    for guess in (refresh_token[:-1], refresh_token + "x", "x" * len(refresh_token)):
        assert error_of(other_application.refresh(guess)) == "invalid_grant"
    assert error_of(other_application.refresh(refresh_token)) == "invalid_grant"
    assert application.refresh(refresh_token).status_code == 200


@pytest.mark.rfc("9700", "4.4.2", "mix-up: every answer says which server it is from")
def test_mix_up(installation: Installation, person: Person) -> None:
    party = installation.party(store_application(is_trusted=True))
    assert parameters_of(person.agrees(party.authorization_request()))["iss"] == ISSUER


@pytest.mark.rfc("9700", "4.15.1", "a client's name cannot pass for a person's subject")
def test_a_client_is_no_person(integration: RelyingParty) -> None:
    token = integration.post("/oauth/token", grant_type="client_credentials").json()["access_token"]
    assert integration.userinfo(token).status_code in {401, 403}


@pytest.mark.rfc("9700", "4.12", "after a form, the redirect does not repeat it: never 307 or 308")
def test_the_status_of_redirects(person: Person, application: RelyingParty) -> None:
    login = person.browser.open(application.authorization_request())
    signed_in = person.browser.send(login, username=person.name, password=person.password)
    assert signed_in.status_code in {302, 303}
    consent = person.browser.open(application.authorization_request())
    assert person.browser.send(consent, press="allow").status_code in {302, 303}


@pytest.mark.rfc("9700", "4.16", "neither signing in nor consent can be framed, and scripts of others do not run")
def test_clickjacking(person: Person, application: RelyingParty) -> None:
    login = person.browser.open(application.authorization_request())
    consent = person.browser.submit(login, username=person.name, password=person.password)
    for page in (login, consent):
        policy = page.headers["Content-Security-Policy"]
        assert page.headers["X-Frame-Options"] == "DENY"
        assert "frame-ancestors 'none'" in policy
        assert "'unsafe-inline'" not in policy
        assert "default-src 'none'" in policy
