"""A customer without a browser: reads the pages of the sign-in as HTML, fills in their forms, and presses buttons."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Final, Self
from urllib.parse import urlencode, urljoin

from authenticate_app.sandbox.device_requests import is_intercepted
from authenticate_app.sandbox.exchanges import Party, Sent
from authenticate_app.sandbox.line import TIMEOUT_SECONDS, Line
from authenticate_app.sandbox.phone import FORM

if TYPE_CHECKING:
    import httpx

MOST_PAGES: Final = 12
ALLOW, REFUSE = "allow", "refuse"


class Lost(Exception):
    """The customer does not get on; the sentence says where."""


@dataclass(slots=True)
class Form:
    """The form of a page: where it goes, its fields with their values, and the names of its buttons."""

    action: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    buttons: dict[str, str] = field(default_factory=dict)


class _FirstForm(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.form: Form | None = None
        self._is_over = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form" and self.form is None:
            self.form = Form(given.get("action", ""))
        elif self.form is not None and not self._is_over and given.get("name") and tag in {"input", "button"}:
            into = self.form.buttons if tag == "button" else self.form.fields
            into[given["name"]] = given.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        self._is_over = self._is_over or tag == "form"


def first_form(html: str) -> Form | None:
    """Read the first form of a page."""
    parser = _FirstForm()
    parser.feed(html)
    return parser.form


class Customer:
    """Somebody who signs in with a name and a password, in a window without cookies of before."""

    def __init__(self, line: Line, *, name: str, password: str) -> None:
        import httpx

        self.line = line
        self._known = {"username": name, "password": password}
        self._browser = httpx.Client(timeout=TIMEOUT_SECONDS, trust_env=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._browser.close()

    def sign_in(self, url: str, *, decision: str = ALLOW, until: str = "") -> str:
        """Open a page, and go on until the phone takes over, or to an address that begins with ``until``.

        Answers that address. Raises ``Lost``.
        """
        sent = Sent(Party.PHONE, Party.SERVER, "GET", url)
        for _page in range(MOST_PAGES):
            response = self._send(sent)
            if not response.is_redirect:
                sent = self._filled_in(sent.url, response, decision)
                continue
            url = urljoin(sent.url, response.headers["location"])
            if is_intercepted(url) or (until and url.startswith(until)):
                return url
            sent = Sent(Party.PHONE, Party.SERVER, "GET", url)
        raise Lost(f"After {MOST_PAGES} pages the customer is still at {sent.url.partition('?')[0]}.")

    def _send(self, sent: Sent) -> "httpx.Response":
        response = self.line.send(sent, browser=self._browser)
        if response is None:
            raise Lost(f"Nobody answers at {sent.url.partition('?')[0]}.")
        return response

    def _filled_in(self, url: str, response: "httpx.Response", decision: str) -> Sent:
        form = first_form(response.text)
        if form is None or not response.is_success:
            raise Lost(f"{url.partition('?')[0]} answered {response.status_code}, and there is nothing to fill in.")
        values = {name: self._known.get(name, value) for name, value in form.fields.items()}
        if decision in form.buttons:
            values[decision] = form.buttons[decision]
        elif "password" not in values:
            raise Lost(f"{url.partition('?')[0]} asks for something that the customer does not know.")
        return Sent(
            Party.PHONE,
            Party.SERVER,
            "POST",
            urljoin(url, form.action) if form.action else url,
            [("content-type", FORM), ("referer", url), ("origin", _origin(url))],
            urlencode(values).encode(),
            FORM,
        )


def _origin(url: str) -> str:
    scheme, _separator, rest = url.partition("://")
    return f"{scheme}://{rest.partition('/')[0]}"
