"""Whatever is sent to an endpoint, it answers, and never with a fault of its own."""

from typing import Any
from urllib.parse import quote

import httpx
import pytest
from django.test import RequestFactory
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.oauth_contract.installation import Installation
from tests.oauth_contract.relying_party import (
    AUTHORIZE,
    FORM,
    INTROSPECT,
    LOGOUT,
    REVOKE,
    TOKEN,
    USERINFO,
    Person,
    RelyingParty,
    parameters_of,
)

ENDPOINTS = (AUTHORIZE, TOKEN, INTROSPECT, REVOKE, USERINFO, LOGOUT)
OTHERS = ("/.well-known/openid-configuration", "/.well-known/oauth-authorization-server", "/.well-known/jwks.json")
PAGES = ("/login/", "/account/password/", "/account/password/forgotten/")
NAMES = (
    "client_id",
    "client_secret",
    "code",
    "code_challenge",
    "code_challenge_method",
    "code_verifier",
    "grant_type",
    "id_token_hint",
    "login_hint",
    "max_age",
    "next",
    "nonce",
    "post_logout_redirect_uri",
    "prompt",
    "redirect_uri",
    "refresh_token",
    "request",
    "response_mode",
    "response_type",
    "scope",
    "signed_in_after",
    "state",
    "token",
    "token_type_hint",
    "ui_locales",
    "username",
    "password",
)
GOOD = ("code", "openid", "authorization_code", "refresh_token", "client_credentials", "S256", "none", "login", "en")
STRANGE = (
    "",
    " ",
    "\x00",
    "\n",
    "\r\nSet-Cookie: x=y",
    "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"),
    "💬",
    "٣",
    "²",
    "%",
    "%%%",
    "%zz",
    "a.b.c",
    "..",
    "{}",
    "[]",
    "-1",
    "9" * 30,
    "x" * 5_000,
    "https://[",
    "https://[::1",
    "//",
    "http://\x00",
    "javascript:alert(1)",
    "\u202e",
    "' OR 1=1 --",
    "eyJhbGciOiJub25lIn0.e30.",
)
values = st.one_of(st.sampled_from(GOOD), st.sampled_from(STRANGE), st.text(max_size=30))
parameters = st.lists(st.tuples(st.sampled_from(NAMES), values), max_size=8)
MANY = settings(
    max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None
)


def escaped(pairs: list[tuple[str, str]]) -> str:
    return "&".join(f"{name}={quote(value.encode('utf-8', 'surrogatepass'), safe='')}" for name, value in pairs)


def is_an_answer(response: httpx.Response) -> bool:
    return response.status_code < 500 and "Traceback" not in response.text


@pytest.mark.parametrize("endpoint", [AUTHORIZE, LOGOUT, USERINFO, "/login/"])
def test_any_query(installation: Installation, endpoint: str) -> None:
    @MANY
    @given(pairs=parameters)
    def holds(pairs: list[tuple[str, str]]) -> None:
        assert is_an_answer(installation.http().get(f"{endpoint}?{escaped(pairs)}"))

    holds()


@pytest.mark.parametrize("endpoint", [TOKEN, INTROSPECT, REVOKE, LOGOUT])
def test_any_form(installation: Installation, application: RelyingParty, endpoint: str) -> None:
    @MANY
    @given(pairs=parameters, is_proven=st.booleans())
    def holds(pairs: list[tuple[str, str]], is_proven: bool) -> None:
        auth = httpx.BasicAuth(*application.basic) if is_proven else httpx.Auth()
        response = installation.http().post(endpoint, content=escaped(pairs), headers={"Content-Type": FORM}, auth=auth)
        assert is_an_answer(response)

    holds()


@pytest.mark.parametrize("endpoint", [TOKEN, INTROSPECT, REVOKE, LOGOUT])
def test_any_bytes(installation: Installation, application: RelyingParty, endpoint: str) -> None:
    @MANY
    @given(body=st.binary(max_size=200))
    def holds(body: bytes) -> None:
        response = installation.http().post(
            endpoint, content=body, headers={"Content-Type": FORM}, auth=httpx.BasicAuth(*application.basic)
        )
        assert is_an_answer(response)

    holds()


def test_any_parameter_of_a_good_request(person: Person, application: RelyingParty) -> None:
    @MANY
    @given(name=st.sampled_from(NAMES), value=values)
    def holds(name: str, value: str) -> None:
        request = application.authorization_request(**{name: None})
        assert is_an_answer(person.browser.client.get(f"{request}&{escaped([(name, value)])}"))

    holds()


def test_any_header_that_proves_a_client(installation: Installation) -> None:
    @MANY
    @given(value=st.one_of(values, st.text(max_size=20).map(lambda text: f"Basic {text}")))
    def holds(value: str) -> None:
        header = value.encode("utf-8", "surrogatepass").decode("latin-1")
        for endpoint in (TOKEN, USERINFO):
            request = RequestFactory().post(
                endpoint, "grant_type=client_credentials", FORM, secure=True, headers={"Authorization": header}
            )
            assert installation.application.get_response(request).status_code < 500

    holds()


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "FOO"])
@pytest.mark.parametrize("address", [*ENDPOINTS, *OTHERS, *PAGES])
def test_any_method(installation: Installation, address: str, method: str) -> None:
    response = installation.http().request(method, address)
    assert is_an_answer(response)
    assert response.status_code != 405 or response.headers["Allow"]


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/plain",
        "application/json",
        "multipart/form-data",
        "multipart/form-data; boundary=x",
        ";",
        f"{FORM}; charset=utf-7",
    ],
)
@pytest.mark.parametrize("endpoint", [*ENDPOINTS, "/login/"])
def test_any_content_type(
    installation: Installation, application: RelyingParty, endpoint: str, content_type: str
) -> None:
    headers = {"Content-Type": content_type} if content_type else {}
    for content in (b"", b"grant_type=client_credentials&token=x", b"--x\r\n\r\nx\r\n--x--", b"{}"):
        response = installation.http().post(
            endpoint, content=content, headers=headers, auth=httpx.BasicAuth(*application.basic)
        )
        assert is_an_answer(response)


@pytest.mark.parametrize(
    "name", ["state", "nonce", "scope", "redirect_uri", "client_id", "code_challenge", "ui_locales"]
)
def test_a_huge_parameter(person: Person, application: RelyingParty, name: str) -> None:
    response = person.browser.client.get(application.authorization_request(**{name: "x" * 60_000}))
    assert response.status_code in {302, 400, 414}
    assert response.status_code != 302 or len(response.headers["Location"]) < 20_000


@pytest.mark.parametrize("endpoint", [TOKEN, INTROSPECT, REVOKE])
def test_a_huge_form(application: RelyingParty, endpoint: str) -> None:
    for content in ("token=" + "x" * 3_000_000, "&".join("x=1" for _ in range(20_000))):
        response = application.http.post(
            endpoint, content=content, headers={"Content-Type": FORM}, auth=application.basic
        )
        assert response.status_code in {400, 413}


@pytest.mark.parametrize("part", ["\x00", "\r\nX-Injected: 1", "\ud800"])
def test_nothing_gets_into_a_header(person: Person, application: RelyingParty, part: str) -> None:
    escaped_state = quote(f"a{part}".encode("utf-8", "surrogatepass"), safe="")
    request = f"{application.authorization_request(state=None, scope='nonsense')}&state={escaped_state}"
    response: Any = person.browser.client.get(request)
    assert "X-Injected" not in response.headers
    if response.is_redirect:
        assert parameters_of(response)["error"]
    else:
        assert response.status_code == 400
