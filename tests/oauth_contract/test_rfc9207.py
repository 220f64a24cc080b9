"""RFC 9207, Authorization Server Issuer Identification."""

import pytest

from tests.oauth_contract.installation import ISSUER
from tests.oauth_contract.relying_party import Person, RelyingParty, parameters_of


@pytest.mark.rfc("9207", "2", "an answer with a code carries the issuer: against mix-up")
def test_with_a_code(person: Person, application: RelyingParty) -> None:
    assert parameters_of(person.agrees(application.authorization_request()))["iss"] == ISSUER


@pytest.mark.rfc("9207", "2", "an answer with an error carries it as well")
@pytest.mark.parametrize(
    "changes",
    [{"scope": "nonsense"}, {"response_type": "token"}, {"prompt": "none"}, {"code_challenge_method": "plain"}],
    ids=str,
)
def test_with_an_error(person: Person, application: RelyingParty, changes: dict[str, str | None]) -> None:
    found = parameters_of(person.browser.open(application.authorization_request(**changes)))
    assert found["error"]
    assert found["iss"] == ISSUER


@pytest.mark.rfc("9207", "2", "so does the answer of somebody who refuses")
def test_with_a_refusal(person: Person, application: RelyingParty) -> None:
    page = person.signs_in(application.authorization_request())
    assert parameters_of(person.browser.submit(page, press="refuse"))["iss"] == ISSUER


@pytest.mark.rfc("9207", "2.4", "it is the iss of the ID token, character by character")
def test_as_in_the_id_token(person: Person, application: RelyingParty) -> None:
    from tests.oauth_contract.test_openid_core import claims_of

    found = parameters_of(person.agrees(application.authorization_request()))
    tokens = application.exchange(found["code"]).json()
    assert claims_of(tokens["id_token"], application)["iss"] == found["iss"]
