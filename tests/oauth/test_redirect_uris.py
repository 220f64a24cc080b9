"""Redirect URIs: which may be registered, and in what words a difference is explained."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authenticate_app.oauth.redirect_uris import LONGEST, NATURES, Nature, difference, redirect_uri_fault

CALLBACK = "https://www.example.com/callback"


@pytest.mark.parametrize(
    "uri",
    [
        CALLBACK,
        "https://www.example.com",
        "https://www.example.com/",
        "https://auth.businesschat.apple.com",
        "https://www.example.com:8443/a/b?tenant=1&x=%20",
        "https://xn--bcher-kva.example/",
        "https://[2001:db8::1]/callback",
        "https://localhost/callback",
        "https://www.example.com/" + "a" * (LONGEST - 24),
    ],
)
def test_what_may_be_registered(uri: str) -> None:
    assert redirect_uri_fault(uri, allows_loopback=False) is None
    assert redirect_uri_fault(uri, allows_loopback=True) is None


@pytest.mark.parametrize(
    ("uri", "because"),
    [
        ("http://www.example.com/callback", "https://"),
        ("HTTPS://www.example.com/callback", "lower case"),
        ("com.example.app:/callback", "https://"),
        ("javascript:alert(1)", "https://"),
        ("//www.example.com/callback", "https://"),
        ("www.example.com/callback", "https://"),
        ("https://*.example.com/callback", "wildcards"),
        ("https://www.example.com/*", "wildcards"),
        ("https://www.example.com/callback#", "fragment"),
        ("https://www.example.com/callback#done", "fragment"),
        ("https://user@www.example.com/", "host"),
        ("https://www.example.com@evil.example/", "host"),
        ("https://WWW.example.com/", "host in lower case"),
        ("https:///callback", "host"),
        ("https://", "host"),
        ("https:///", "host"),
        ("https://www..example.com/", "host"),
        ("https://www.example.com:/", "host"),
        ("https://www.example.com:0/", "host"),
        ("https://www.example.com:65536/", "host"),
        ("https://www.example.com:443x/", "host"),
        ("https://[2001:db8::1/", "host"),
        ("https://www.example.com/a/../b", "resolved"),
        ("https://www.example.com/a/./b", "resolved"),
        ("https://www.example.com/a/%2e%2E/b", "resolved"),
        ("https://www.example.com/a b", "character"),
        ("https://www.example.com/a\\b", "character"),
        ("https://www.example.com/ä", "character"),
        ("https://bücher.example/", "character"),
        ("https://www.example.com/\n", "character"),
        ("https://www.example.com/" + "a" * LONGEST, "longer than"),
        ("", "character"),
    ],
)
def test_what_may_not(uri: str, because: str) -> None:
    for allows_loopback in (False, True):
        assert because in str(redirect_uri_fault(uri, allows_loopback=allows_loopback))


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]", "localhost:8080", "127.0.0.1:1", "[::1]:9000"])
def test_plain_http_to_this_machine_where_it_is_allowed(host: str) -> None:
    uri = f"http://{host}/callback"
    assert redirect_uri_fault(uri, allows_loopback=True) is None
    assert "https://" in str(redirect_uri_fault(uri, allows_loopback=False))


@pytest.mark.parametrize(
    "host", ["localhost.example.com", "127.0.0.2", "localhost@evil.example", "10.0.0.1", "0.0.0.0"]
)
def test_plain_http_to_no_other_machine(host: str) -> None:
    assert "only for localhost" in str(redirect_uri_fault(f"http://{host}/callback", allows_loopback=True))


@given(st.text(max_size=60))
def test_no_text_breaks_it(text: str) -> None:
    for uri in (text, f"https://{text}", f"http://localhost{text}"):
        redirect_uri_fault(uri, allows_loopback=True)
        difference(uri, [CALLBACK, f"https://{text}/"])


@pytest.mark.parametrize(
    ("asked", "nature", "place"),
    [
        ("https://www.example.com/callback/", Nature.TRAILING_SLASH, 33),
        ("http://www.example.com/callback", Nature.SCHEME, 5),
        ("https://www.example.com/Callback", Nature.LETTER_CASE, 25),
        ("https://WWW.example.com/callback", Nature.LETTER_CASE, 9),
        ("https%3A%2F%2Fwww.example.com%2Fcallback", Nature.ENCODED_TWICE, 6),
        ("https://www.example.com/callback ", Nature.BLANKS, 33),
        ("https://www.example.com/callback#x", Nature.FRAGMENT, 33),
        ("https://example.com/callback", Nature.HOST, 9),
        ("https://www.example.com:8443/callback", Nature.PORT, 24),
        ("https://www.example.com/call", Nature.PATH, 29),
        ("https://www.example.com/callback?a=1", Nature.QUERY, 33),
        ("https://[", Nature.HOST, 9),
        ("", Nature.HOST, 1),
    ],
)
def test_a_difference_is_named_and_placed(asked: str, nature: Nature, place: int) -> None:
    found = difference(asked, [CALLBACK])
    assert found is not None
    assert (found.nature, found.place, found.registered) == (nature, place, CALLBACK)


def test_the_closest_registered_one_is_compared_and_the_place_is_shown() -> None:
    found = difference("https://shop.example.com/back?x=2", [CALLBACK, "https://shop.example.com/back?x=1&y=2"])
    assert found is not None
    assert found.registered == "https://shop.example.com/back?x=1&y=2"
    assert (found.registered_there, found.asked_there) == ("…om/back?x=1&y=2", "…om/back?x=2")


def test_an_equal_one_does_not_differ_and_without_any_nothing_is_compared() -> None:
    assert difference(CALLBACK, ["https://other.example.com", CALLBACK]) is None
    assert difference(CALLBACK, []) is None


def test_every_nature_has_its_words() -> None:
    assert set(NATURES) == set(Nature)
