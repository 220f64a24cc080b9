"""What a purpose asks of a client."""

from typing import Any

import pytest

from authenticate_app.oauth.models import Client
from authenticate_app.oauth.purposes import CODE, Purpose, faults
from authenticate_app.oauth.redirect_uris import MOST

CALLBACK = "https://www.example.com/callback"


def web(redirect_uris: str = CALLBACK, after: str = "") -> Client:
    return Client(
        purpose=Purpose.WEB,
        client_type=Client.CLIENT_CONFIDENTIAL,
        authorization_grant_type=CODE,
        redirect_uris=redirect_uris,
        post_logout_redirect_uris=after,
    )


def test_a_good_one_has_no_fault() -> None:
    assert faults(web()) == {}
    assert faults(web(f"{CALLBACK} https://other.example.com", after="https://www.example.com/bye")) == {}


def test_every_address_is_looked_at_and_named() -> None:
    found = faults(web(f"{CALLBACK} http://one.example.com https://two.example.com/#x", after="https://*.example.com"))
    assert [sentence.split("”")[0] for sentence in map(str, found["redirect_uris"])] == [
        "“http://one.example.com",
        "“https://two.example.com/#x",
    ]
    assert "wildcards" in str(found["post_logout_redirect_uris"][0])


def test_addresses_are_few() -> None:
    many = [f"https://www.example.com/{number}" for number in range(MOST + 1)]
    assert faults(web(" ".join(many[:-1]))) == {}
    assert [str(each) for each in faults(web(" ".join(many)))["redirect_uris"]] == [
        "A client has at most 20 of these addresses."
    ]


@pytest.mark.parametrize("environment", ["demonstration", "production"])
def test_plain_http_to_this_machine_is_for_demonstrations(settings: Any, environment: str) -> None:
    settings.ENVIRONMENT = environment
    assert bool(faults(web("http://127.0.0.1:8080/callback"))) == (environment == "production")
