"""The requests that a phone sends while its customer signs in, byte for byte, and what it reads from navigations.

No open description of this exists; it is what devices were seen to do (docs/apple-messages.md).
"""

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, unquote, urlsplit, urlunsplit

from authenticate_app.oauth.purposes import APPLE_REDIRECT_URI
from authenticate_app.sandbox.sign_in_message import Registration, SignInMessage

UNESCAPED_IN_QUERY = "!$'()*+,-./:;?@_~"
UNESCAPED_IN_FORM = "!$&'()*+,-./:;=?@_~"
NEW_FLOW_IS_OVER = "messages-auth:"
"""What the address begins with that tells the phone that the new flow is over."""
STATUSES = ("success", "failure", "cancel")
ERROR_CODE = re.compile(r"[0-9]{0,10}")


def authorization_url(message: SignInMessage, registration: Registration) -> str:
    """The address that the phone opens in a window without cookies; a query that it had is replaced."""
    given = {
        "client_id": registration.client_id,
        "redirect_uri": APPLE_REDIRECT_URI if message.flow == "legacy" else message.redirect_uri,
        **({"response_encryption_key": message.response_encryption_key} if message.flow == "legacy" else {}),
        "response_type": message.response_type,
        "scope": message.scope,
        "state": message.state,
    }
    items = [f"{name}={quote(value, safe=UNESCAPED_IN_QUERY)}" for name, value in given.items()]
    if message.flow == "new" and registration.additional_parameters:
        items.append(registration.additional_parameters)
    return urlunsplit(urlsplit(registration.authorization_url)._replace(query="&".join(items), fragment=""))


def token_request_body(message: SignInMessage, registration: Registration, code: str) -> bytes:
    """The form that the phone posts in the legacy flow. Values are not escaped: ``& = + : /`` go out as they are."""
    given = {
        "client_id": registration.client_id,
        "code": code,
        "grant_type": "authorization_code",
        "redirect_uri": APPLE_REDIRECT_URI,
        "client_secret": message.client_secret,
    }
    items = "&".join(f"{name}={value}" for name, value in given.items())
    return quote(unquote(items), safe=UNESCAPED_IN_FORM).encode("ascii")


def is_intercepted(url: str) -> bool:
    """Whether a phone takes a navigation over from its browser."""
    return url.startswith((APPLE_REDIRECT_URI, NEW_FLOW_IS_OVER))


@dataclass(frozen=True, slots=True)
class Taken:
    """What the legacy flow takes from a redirect: a code or a token, whichever was there; ``error`` it ignores."""

    code: str = ""
    access_token: str = ""


def taken_from(url: str, form: str = "") -> Taken | None:
    """Look for a code or token in the query, else the fragment, else the form that was posted; None without either."""
    before, _hash, fragment = url.partition("#")
    for text in (before.partition("?")[2], fragment, form):
        found = dict(parse_qsl(text))
        if found.get("code") or found.get("access_token"):
            return Taken(found.get("code", ""), found.get("access_token", ""))
    return None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the new flow's last address says; ``error_code`` is the number of whoever wrote it."""

    status: str
    error_code: int | None = None


def verdict_of(url: str) -> Verdict | None:
    """Read a ``messages-auth:`` address; None where the phone ignores all of it.

    Names are exact and in lower case; an empty or a repeated parameter spoils everything.
    """
    if not url.startswith(NEW_FLOW_IS_OVER):
        return None
    items = [item.partition("=") for item in url.partition("#")[0].partition("?")[2].split("&")]
    names = [name for name, _equals, _value in items]
    if len(set(names)) < len(names) or not all(name and value for name, _equals, value in items):
        return None
    given = {name: unquote(value) for name, _equals, value in items}
    error_code = given.get("error_code", "")
    if given.get("status") not in STATUSES or not ERROR_CODE.fullmatch(error_code):
        return None
    return Verdict(given["status"], int(error_code) if error_code else None)
