"""What a purpose asks of a client."""

from typing import Any

import pytest

from authenticate_app.oauth.models import Client
from authenticate_app.oauth.purposes import APPLE_REDIRECT_URI, CODE, Purpose, faults, messages_callback
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


def legacy(*redirect_uris: str) -> Client:
    client = web(" ".join(redirect_uris))
    client.purpose, client.pkce_required = Purpose.APPLE_LEGACY, False
    return client


def test_the_legacy_flow_has_apples_address_and_perhaps_our_callback(settings: Any) -> None:
    settings.PUBLIC_BASE_URL = "https://chat.example.com"
    assert messages_callback() == "https://chat.example.com/amb/oauth/callback"
    assert faults(legacy(APPLE_REDIRECT_URI)) == {}
    assert faults(legacy(APPLE_REDIRECT_URI, messages_callback())) == {}


@pytest.mark.parametrize(
    "redirect_uris",
    [
        (),
        ("https://chat.example.com/amb/oauth/callback",),
        (APPLE_REDIRECT_URI, CALLBACK),
        (APPLE_REDIRECT_URI, "https://chat.example.com/amb/oauth/callback", CALLBACK),
        (APPLE_REDIRECT_URI, "https://chat.example.com/amb/oauth/callback/"),
    ],
)
def test_the_legacy_flow_has_no_other_address(settings: Any, redirect_uris: tuple[str, ...]) -> None:
    settings.PUBLIC_BASE_URL = "https://chat.example.com"
    assert [str(fault) for fault in faults(legacy(*redirect_uris))["redirect_uris"]] == [
        "The phone itself takes the code: the redirect URI is https://auth.businesschat.apple.com. Besides it there "
        "can only be this server's own callback, https://chat.example.com/amb/oauth/callback, for the new flow."
    ]
