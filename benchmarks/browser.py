"""As much of a browser as signing in and an OAuth flow take: a connection, cookies, forms. It follows no redirects."""

import re
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPResponse
from http.cookies import SimpleCookie
from urllib.parse import urlencode

from benchmarks.stack import HOST, LOOPBACK, Server

TIMEOUT_SECONDS = 30
CSRF_FIELD = re.compile(r'name="csrfmiddlewaretoken" value="(\w+)"')


class WrongAnswer(Exception):
    """The server answered otherwise than it should, so there is nothing to measure."""


class Browser:
    """A client behind the proxy that speaks TLS. Not thread-safe; ``close`` it."""

    def __init__(self, server: Server) -> None:
        self._connection = HTTPConnection(LOOPBACK, server.port, timeout=TIMEOUT_SECONDS)
        self._cookies: dict[str, str] = {}

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def get(self, path: str, *, expect: int = 200) -> tuple[HTTPResponse, str]:
        """Fetch a page; return the answer and its body. Raises ``WrongAnswer``."""
        return self._ask("GET", path, None, {}, expect)

    def post(
        self, path: str, form: Mapping[str, str], *, authorization: str = "", expect: int = 200
    ) -> tuple[HTTPResponse, str]:
        """Send a form; return the answer and its body. Raises ``WrongAnswer``."""
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        if authorization:
            headers["Authorization"] = authorization
        return self._ask("POST", path, urlencode(form), headers, expect)

    def sign_in(self, name: str, password: str) -> None:
        """Fill in the sign-in form and send it. Raises ``WrongAnswer``."""
        _response, page = self.get("/login/")
        found = CSRF_FIELD.search(page)
        if found is None:
            raise WrongAnswer("The sign-in page holds no token against forged requests.")
        form = {"csrfmiddlewaretoken": found[1], "username": name, "password": password}
        self.post("/login/", form, expect=302)

    def _ask(
        self, method: str, path: str, body: str | None, headers: Mapping[str, str], expect: int
    ) -> tuple[HTTPResponse, str]:
        cookies = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        own = {"Host": HOST, "X-Forwarded-Proto": "https", "Referer": f"https://{HOST}/", "Cookie": cookies}
        self._connection.request(method, path, body, {**own, **headers})
        response = self._connection.getresponse()
        text = response.read().decode()
        if response.status != expect:
            raise WrongAnswer(f"{method} {path} was answered {response.status}, not {expect}: {text[:500]}")
        self._take_cookies(response)
        return response, text

    def _take_cookies(self, response: HTTPResponse) -> None:
        for line in response.headers.get_all("Set-Cookie", []):
            self._cookies.update({name: morsel.value for name, morsel in SimpleCookie(line).items()})
