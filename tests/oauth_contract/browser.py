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
    fields: dict[str, str | list[str]] = field(default_factory=dict)
    buttons: dict[str, str] = field(default_factory=dict)

    def has(self, *names: str) -> bool:
        return all(name in self.fields or name in self.buttons for name in names)


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[Form] = []
        self._select = ""
        self._text_area = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.found.append(Form(given.get("method", "get").lower(), given.get("action", "")))
        elif tag == "option" and self._select:
            self._add_option(given)
        elif self.found and given.get("name"):
            self._add(tag, given)

    def handle_endtag(self, tag: str) -> None:
        if tag in {"select", "textarea"}:
            self._select = self._text_area = ""

    def handle_data(self, data: str) -> None:
        if self._text_area:
            self.found[-1].fields[self._text_area] = data.removeprefix("\n")

    def _add(self, tag: str, given: dict[str, str]) -> None:
        form, name = self.found[-1], given["name"]
        if tag == "button" or given.get("type") in NO_VALUE:
            form.buttons[name] = given.get("value", "")
        elif tag == "select":
            self._select = name
        elif tag == "textarea":
            self._text_area = name
            form.fields[name] = ""
        elif tag == "input" and given.get("type") == "checkbox":
            self._add_checkbox(given)
        elif tag == "input" and not (given.get("type") == "radio" and "checked" not in given):
            form.fields[name] = given.get("value", "")

    def _add_option(self, given: dict[str, str]) -> None:
        fields = self.found[-1].fields
        if "selected" in given or self._select not in fields:
            fields[self._select] = given.get("value", "")

    def _add_checkbox(self, given: dict[str, str]) -> None:
        if "checked" in given:
            checked = self.found[-1].fields.setdefault(given["name"], [])
            assert isinstance(checked, list)
            checked.append(given.get("value", "on"))


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

    def submit(self, page: httpx.Response, *, press: str = "", **typed: str | list[str]) -> httpx.Response:
        """Fill in the form that has these fields, press a button, and go where it leads on this server."""
        return self._land(self.send(page, press=press, **typed))

    def send(self, page: httpx.Response, *, press: str = "", **typed: str | list[str]) -> httpx.Response:
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
