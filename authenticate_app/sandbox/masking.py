"""Hiding secrets in what is shown of requests and answers: codes, tokens, keys, secrets, signatures."""

import json
import re
from collections.abc import Iterable
from typing import Any

SECRETS = frozenset(
    {
        "access_token",
        "assertion",
        "clientSecret",
        "client_secret",
        "code",
        "code_verifier",
        "csrfmiddlewaretoken",
        "id_token",
        "jwt",
        "key",
        "next",
        "password",
        "refresh_token",
        "responseEncryptionKey",
        "response_encryption_key",
        "signature",
        "signed_in_after",
        "token",
    }
)
"""Names of fields, parameters and claims; some hold addresses that hold secrets."""
WITH_ADDRESSES = frozenset({"location", "referer"})
SECRET_HEADERS = frozenset({"authorization", "cookie", "mmcs-signature", "set-cookie", "webhook-signature"})
STATE = "state"
SHORTEST_STATE = 20
"""The OAuth parameter is longer, and the state of a sign-in (``succeeded``) shorter."""
LONGEST_TEXT = 400
"""Of a value in JSON, such as a picture: of the rest only the length is told."""
LONGEST_BODY = 20_000
NAMED_VALUE = re.compile(r"(?P<before>(?:^|[?&#])(?P<name>[A-Za-z_]+)=)(?P<value>[^&#\s]+)")

Headers = Iterable[tuple[str, str]]


def masked_url(url: str) -> str:
    """An address, with the secrets of its query and fragment hidden."""
    return NAMED_VALUE.sub(_masked_item, url)


def masked_headers(headers: Headers) -> list[list[str]]:
    """Headers as pairs, in their order."""
    return [[name, _masked_header(name, value)] for name, value in headers]


def masked_body(raw_body: bytes, content_type: str) -> str:
    """A body as text that can be stored: JSON on lines of its own, a form in one line; of others what can be shown."""
    return _storable(_masked_body(raw_body, content_type))


def _storable(text: str) -> str:
    """The same as PostgreSQL stores it: NUL becomes its symbol, half a surrogate pair a question mark."""
    return text.replace("\0", "\N{SYMBOL FOR NULL}").encode("utf-8", "replace").decode()


def _masked_body(raw_body: bytes, content_type: str) -> str:
    if not raw_body:
        return ""
    try:
        text = raw_body.decode()
    except UnicodeDecodeError:
        return f"({len(raw_body)} bytes)"
    if "json" in content_type:
        return _masked_json(text)[:LONGEST_BODY]
    if "x-www-form-urlencoded" in content_type:
        return masked_url(text)[:LONGEST_BODY]
    return f"({len(raw_body)} bytes of {content_type.partition(';')[0] or 'something'})"


def _masked_json(text: str) -> str:
    try:
        return json.dumps(_masked(json.loads(text)), ensure_ascii=False, indent=2)
    except (ValueError, RecursionError):
        return f"({len(text)} characters that are no JSON)"


def _masked(value: Any, name: str = "") -> Any:
    if isinstance(value, dict):
        return {key: _masked(each, key) for key, each in value.items()}
    if isinstance(value, list):
        return [_masked(each, name) for each in value]
    if isinstance(value, str):
        return hidden(value) if _is_secret(name, value) else _shortened(value)
    return value


def _is_secret(name: str, value: str) -> bool:
    return name in SECRETS or (name == STATE and len(value) >= SHORTEST_STATE)


def _masked_item(match: re.Match[str]) -> str:
    name, value = match["name"], match["value"]
    return match["before"] + (hidden(value) if _is_secret(name, value) else value)


def _masked_header(name: str, value: str) -> str:
    if name.lower() not in SECRET_HEADERS:
        return masked_url(value) if name.lower() in WITH_ADDRESSES else value
    scheme, blank, rest = value.partition(" ")
    return f"{scheme} {hidden(rest)}" if blank and name.lower() == "authorization" else hidden(value)


def hidden(value: str) -> str:
    """What stands in place of a secret: how long it was."""
    return f"•••({len(value)})" if value else ""


def _shortened(value: str) -> str:
    return value if len(value) <= LONGEST_TEXT else f"{value[: LONGEST_TEXT // 10]}… ({len(value)})"
