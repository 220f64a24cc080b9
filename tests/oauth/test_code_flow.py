"""From the authorization request to the token (RFC 6749, section 4.1; RFC 7636; OpenID Connect Core, section 3.1)."""

import pytest

from tests.oauth.flow import (
    ISSUER,
    NONCE,
    STATE,
    asking,
    authorize,
    body_of,
    claims_of,
    decide,
    exchange,
    introspect,
    register,
    signed_in,
    store_person,
    told,
    userinfo,
)
from tests.world import store_signing_key

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("cheap_hashes", "nothing_remembered")]


@pytest.fixture(autouse=True)
def _signing_key(db: None, nothing_remembered: None) -> None:
    store_signing_key()


def test_the_whole_way() -> None:
    client, person = register(), store_person()
    browser = signed_in(person)
    page = authorize(browser, asking(client))
    assert page.status_code == 200
    answer = told(decide(browser, asking(client)))
    assert answer.keys() == {"code", "state", "iss"}
    assert (answer["state"], answer["iss"]) == (STATE, ISSUER)
    tokens = body_of(exchange(client, answer["code"]))
    assert tokens.keys() == {"access_token", "expires_in", "token_type", "scope", "refresh_token", "id_token"}
    claims = claims_of(tokens["id_token"])
    assert claims["nonce"] == NONCE
    assert body_of(userinfo(tokens["access_token"]))["sub"] == str(person.subject)
    assert introspect(client, tokens["access_token"])["active"]
