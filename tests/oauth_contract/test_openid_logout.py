"""OpenID Connect RP-Initiated Logout 1.0."""

from urllib.parse import urlencode

import pytest

from tests.oauth_contract.installation import AFTER_LOGOUT, Installation, store_application
from tests.oauth_contract.relying_party import LOGOUT, Person, RelyingParty, parameters_of


def logout(**parameters: str) -> str:
    return f"{LOGOUT}?{urlencode(parameters)}"


def is_signed_in(person: Person, party: RelyingParty) -> bool:
    return "/login/" not in str(person.browser.open(party.authorization_request()).url)


@pytest.mark.rfc("OpenID RP-Initiated Logout", "2", "an application signs somebody out, and gets them back")
@pytest.mark.rfc("OpenID RP-Initiated Logout", "3", "the state comes back with them")
def test_signing_out(person: Person, application: RelyingParty) -> None:
    tokens = person.tokens_for(application)
    address = logout(id_token_hint=tokens["id_token"], post_logout_redirect_uri=AFTER_LOGOUT, state="af0")
    response = person.browser.open(address)
    if not response.is_redirect:
        response = person.browser.submit(response, press="allow")
    assert response.headers["Location"].split("?")[0] == AFTER_LOGOUT
    assert parameters_of(response) == {"state": "af0"}
    assert not is_signed_in(person, application)


@pytest.mark.rfc(
    "OpenID RP-Initiated Logout", "2", "without an ID token somebody is asked first, and stays if they wish"
)
def test_without_a_hint(person: Person, application: RelyingParty) -> None:
    person.code_for(application)
    page = person.browser.open(logout(client_id=application.client_id))
    assert page.status_code == 200
    assert is_signed_in(person, application)


@pytest.mark.rfc("OpenID RP-Initiated Logout", "3", "nobody is sent to an address that is not registered")
@pytest.mark.parametrize(
    "target",
    [
        "https://attacker.example/",
        f"{AFTER_LOGOUT}/",
        f"{AFTER_LOGOUT}?x=1",
        "https://www.example.com.attacker.example/bye",
        "https://www.example.com@attacker.example/bye",
        "//attacker.example/bye",
        "javascript:alert(1)",
    ],
)
def test_an_open_redirect(person: Person, application: RelyingParty, target: str) -> None:
    tokens = person.tokens_for(application)
    for hint in ({"id_token_hint": tokens["id_token"]}, {"client_id": application.client_id}, {}):
        response = person.browser.open(logout(post_logout_redirect_uri=target, **hint))
        assert not response.is_redirect
        assert target not in response.headers.get("Location", "")


@pytest.mark.rfc("OpenID RP-Initiated Logout", "2", "an ID token of another client, or a forged one, is no hint")
@pytest.mark.parametrize("kind", ["forged", "of another client", "nonsense"])
def test_a_hint_at_fault(installation: Installation, person: Person, application: RelyingParty, kind: str) -> None:
    token = person.tokens_for(application)["id_token"]
    other = store_application(post_logout_redirect_uris="https://other.example.com/bye")
    hint = {"forged": token[:-8] + "AAAAAAAA", "of another client": token, "nonsense": "a.b.c"}[kind]
    parameters = {"id_token_hint": hint, "post_logout_redirect_uri": AFTER_LOGOUT}
    if kind == "of another client":
        parameters = {**parameters, "client_id": other.client_id}
    response = person.browser.open(logout(**parameters))
    assert not response.is_redirect
    assert is_signed_in(person, application)


@pytest.mark.rfc("OpenID RP-Initiated Logout", "6", "the page that asks cannot be answered by another site")
def test_a_forged_answer(person: Person, application: RelyingParty) -> None:
    person.code_for(application)
    forged = person.browser.client.post(LOGOUT, data={"allow": "true"}, headers={"Origin": "https://attacker.example"})
    assert forged.status_code in {303, 403}  # 303: to the page that asks
    assert is_signed_in(person, application)
