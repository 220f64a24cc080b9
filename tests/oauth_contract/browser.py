"""A browser without JavaScript: it keeps cookies, goes where it is sent, and fills in forms."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin

import httpx

MOST_REDIRECTS = 10
NO_VALUE = frozenset({"submit", "image", "button", "reset", "file"})
"""Types of input whose value is not sent unless they are pressed."""


@dataclass
class Form:
    """A form of a page: where it goes, and what stands in it before somebody types."""

    method: str
    action: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: dict[str, str] = field(default_factory=dict)

    def has(self, *names: str) -> bool:
        return all(name in self.fields or name in self.buttons for name in names)


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[Form] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.found.append(Form(given.get("method", "get").lower(), given.get("action", "")))
        elif self.found and given.get("name"):
            self._add(tag, given)

    def _add(self, tag: str, given: dict[str, str]) -> None:
        is_button = tag == "button" or (tag == "input" and given.get("type") in NO_VALUE)
        if is_button:
            self.found[-1].buttons[given["name"]] = given.get("value", "")
        elif tag == "input" and not (given.get("type") in {"checkbox", "radio"} and "checked" not in given):
            self.found[-1].fields[given["name"]] = given.get("value", "")


def forms_of(page: httpx.Response) -> list[Form]:
    parser = _Forms()
    parser.feed(page.text)
    return parser.found


class Browser:
    """Somebody's browser. ``client`` follows no redirects by itself, so that each can be looked at."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client

    def open(self, address: str, **options: Any) -> httpx.Response:
        """Go to an address and wherever it leads on this server; return the page, or the redirect to elsewhere."""
        return self._land(self.client.get(address, **options))

    def submit(self, page: httpx.Response, *, press: str = "", **typed: str) -> httpx.Response:
        """Fill in the form that has these fields, press a button, and go where it leads on this server."""
        return self._land(self.send(page, press=press, **typed))

    def send(self, page: httpx.Response, *, press: str = "", **typed: str) -> httpx.Response:
        """As ``submit``, but return the very answer to the form."""
        wanted = [*typed, *([press] if press else [])]
        fitting = [form for form in forms_of(page) if form.has(*wanted)]
        assert fitting, f"no form with {wanted} at {page.url} ({page.status_code}):\n{page.text[:2000]}"
        form = fitting[0]
        data = {**form.fields, **typed, **({press: form.buttons[press]} if press else {})}
        address = urljoin(str(page.url), form.action) if form.action else str(page.url)
        assert form.method == "post"
        return self.client.post(address, data=data, headers=self._headers_of_a_form(page))

    def _headers_of_a_form(self, page: httpx.Response) -> dict[str, str]:
        return {"Referer": str(page.url), "Origin": f"{page.url.scheme}://{page.url.netloc.decode()}"}

    def _land(self, response: httpx.Response) -> httpx.Response:
        for _ in range(MOST_REDIRECTS):
            if not response.is_redirect or not self._is_ours(response):
                return response
            response = self.client.get(urljoin(str(response.url), response.headers["Location"]))
        raise AssertionError(f"sent round in circles, last to {response.url}")

    def _is_ours(self, response: httpx.Response) -> bool:
        target = httpx.URL(urljoin(str(response.url), response.headers["Location"]))
        return (target.scheme, target.netloc) == (response.url.scheme, response.url.netloc)
