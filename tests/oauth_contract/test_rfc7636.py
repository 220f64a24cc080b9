"""RFC 7636, Proof Key for Code Exchange."""

import pytest

from tests.oauth_contract.installation import Installation, store_application
from tests.oauth_contract.relying_party import Person, RelyingParty, challenge_of, parameters_of
from tests.oauth_contract.test_rfc6749_token import error_of


@pytest.mark.rfc("7636", "4.2", "the challenge is the SHA-256 of the verifier (the RFC's own example)")
def test_the_example_of_appendix_b(person: Person, application: RelyingParty) -> None:
    application.verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    assert challenge_of(application.verifier) == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    assert person.tokens_for(application)["access_token"]


@pytest.mark.rfc("7636", "4.4.1", "a request without a challenge is refused")
@pytest.mark.rfc("7636", "4.3", "the method plain, and an unknown one, is refused")
@pytest.mark.parametrize(
    "changes",
    [
        {"code_challenge": None, "code_challenge_method": None},
        {"code_challenge": None},
        {"code_challenge": ""},
        {"code_challenge_method": "plain"},
        {"code_challenge_method": None},  # which would mean plain
        {"code_challenge_method": "s256"},
        {"code_challenge_method": "S512"},
        {"code_challenge": "short"},
        {"code_challenge": "x" * 129},
        {"code_challenge": "!" * 43},
    ],
    ids=str,
)
def test_a_challenge_that_proves_nothing(
    person: Person, application: RelyingParty, changes: dict[str, str | None]
) -> None:
    found = parameters_of(person.browser.open(application.authorization_request(**changes)))
    assert (found["error"], found["state"]) == ("invalid_request", application.state)


@pytest.mark.rfc("7636", "4.6", "another verifier, or none, gets no token")
@pytest.mark.parametrize("verifier", ["x" * 43, "", None, "x" * 129, "é" * 43])
def test_another_verifier(person: Person, application: RelyingParty, verifier: str | None) -> None:
    response = application.exchange(person.code_for(application), code_verifier=verifier)
    assert error_of(response) in {"invalid_grant", "invalid_request"}


@pytest.mark.rfc("7636", "4.6", "the challenge itself is no verifier")
def test_the_challenge_as_verifier(person: Person, application: RelyingParty) -> None:
    code = person.code_for(application)
    response = application.exchange(code, code_verifier=challenge_of(application.verifier))
    assert error_of(response) == "invalid_grant"


@pytest.mark.rfc("9700", "4.8.2", "a verifier for a code without a challenge is refused")
def test_a_verifier_without_a_challenge(installation: Installation, person: Person) -> None:
    client = store_application(purpose="apple_new", pkce_required=False)
    party = installation.party(client)
    code = person.code_for(party, code_challenge=None, code_challenge_method=None)
    assert error_of(party.exchange(code)) in {"invalid_grant", "invalid_request"}


@pytest.mark.rfc("9700", "2.1.1", "a client that may go without PKCE and uses it is held to it")
def test_pkce_that_was_not_needed(installation: Installation, person: Person) -> None:
    party = installation.party(store_application(purpose="apple_new", pkce_required=False))
    code = person.code_for(party)
    assert error_of(party.exchange(code, code_verifier=None)) in {"invalid_grant", "invalid_request"}
