import base64

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from authenticate_app.accounts.credentials import (
    MAXIMUM_NAME,
    MAXIMUM_PASSWORD,
    Credentials,
    Malformation,
    MalformedCredentials,
    checked,
    parse_basic,
)
from tests.accounts.conftest import basic

printable = st.characters(exclude_categories=("Cc", "Cs"))
names = st.text(printable.filter(lambda character: character != ":"), min_size=1, max_size=MAXIMUM_NAME)
passwords = st.text(printable, max_size=MAXIMUM_PASSWORD)


@given(names, passwords)
def test_what_rfc_7617_allows_comes_back(name: str, password: str) -> None:
    assert parse_basic(basic(name, password)) == Credentials(name, password)


@given(
    st.text() | st.binary().map(lambda raw: "Basic " + base64.b64encode(raw).decode()) | st.text().map("Basic ".__add__)
)
@example("basic")
@example("Basic \u20ac")
@example("Basic  ")
def test_no_header_does_any_harm(header: str) -> None:
    try:
        credentials = parse_basic(header)
    except MalformedCredentials:
        return
    if credentials is not None:
        assert 0 < len(credentials.name) <= MAXIMUM_NAME
        assert "\0" not in credentials.name + credentials.password


@pytest.mark.parametrize("scheme", ["Basic", "basic", "BASIC", "Basic  "])
def test_the_scheme_is_case_insensitive_and_blanks_may_follow(scheme: str) -> None:
    assert parse_basic(f"{scheme} {basic('a', 'b').removeprefix('Basic ')}") == Credentials("a", "b")


@pytest.mark.parametrize(
    ("header", "malformation"),
    [
        ("Basic YTpi=", Malformation.NOT_BASE64),
        ("Basic YTpi====", Malformation.NOT_BASE64),
        ("Basic YT pi", Malformation.NOT_BASE64),
        ("Basic YTpi, Basic YTpi", Malformation.NOT_BASE64),
        ("Basic /////w==", Malformation.NOT_UTF8),
        ("Basic " + base64.b64encode("jürgen:x".encode("latin-1")).decode(), Malformation.NOT_UTF8),
        ("Basic ", Malformation.NO_COLON),
        (basic("a\0", "b"), Malformation.CONTROL_CHARACTER),
        (basic("a", "b\x85"), Malformation.CONTROL_CHARACTER),
        (basic("", "b"), Malformation.NO_NAME),
        (basic("n" * (MAXIMUM_NAME + 1), "b"), Malformation.TOO_LONG),
        (basic("n", "b" * (MAXIMUM_PASSWORD + 1)), Malformation.TOO_LONG),
        ("Basic " + "A" * 10_000, Malformation.TOO_LONG),
    ],
)
def test_each_malformation_has_its_name(header: str, malformation: Malformation) -> None:
    with pytest.raises(MalformedCredentials) as refused:
        parse_basic(header)
    assert refused.value.malformation is malformation


def test_a_password_is_never_shown() -> None:
    assert "secret" not in repr(checked("name", "secret"))
