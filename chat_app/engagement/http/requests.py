"""A request as the operations see it, and how it is made of what ASGI says."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any
from urllib.parse import unquote_plus

from authenticate_app.oauth.secrets import checksum
from chat_app.engagement.http.wire import Fields, read_fields, read_query
from chat_app.routing.snapshot import InterfaceFacts

ADDRESS = re.compile(r"/engagement/api/(consumer|agent)/([^/]+)/v1/([^/]+)/?")
STRAY = re.compile(r"[?&]+")
"""Clients double parts of the query up, with characters between them that do not belong there."""
BEARER = re.compile(r"bearer +(\S+) *", re.IGNORECASE)


class Headers:
    """Header fields by name, whatever its letters; of several with one name the first counts."""

    __slots__ = ("_values",)

    def __init__(self, pairs: Iterable[tuple[bytes, bytes]]) -> None:
        self._values: dict[bytes, bytes] = {}
        for name, value in pairs:  # servers of ASGI give names in small letters
            self._values.setdefault(name, value)

    def get(self, name: str) -> str:
        """Return the value, without blanks around it; "" where there is none."""
        return self._values.get(name.lower().encode(), b"").decode("latin-1").strip()


@dataclass(frozen=True)
class Call:
    """One call of an operation. ``interface`` is the one of the site; everything else is as the client sent it."""

    method: str
    interface: InterfaceFacts
    headers: Headers
    query: str
    raw_body: bytes
    unverified_session_id: str
    client_address: str
    request_id: str
    began: datetime
    noted: dict[str, Any] = field(default_factory=dict)
    """What the log line of this request says besides, such as the engagement."""

    @cached_property
    def session_checksum(self) -> str:
        """By what the session would be found."""
        return checksum(self.unverified_session_id)

    @cached_property
    def fields(self) -> Fields:
        """The JSON object of the body. Raises ``Refused``."""
        return read_fields(self.raw_body)

    @cached_property
    def asked(self) -> Fields:
        """The JSON object of the parameter ``request``, or else of the body. Raises ``Refused``."""
        raw_json = parameter(self.query, "request")
        return self.fields if raw_json is None else read_query(raw_json)

    @property
    def unverified_token(self) -> str:
        """What stands in ``Authorization`` after ``Bearer``; "" where nothing does."""
        match = BEARER.fullmatch(self.headers.get("authorization"))
        return match[1] if match else ""


def parameter(query: str, name: str) -> str | None:
    """Return the first parameter of this name in a query; None where there is none."""
    for pair in STRAY.split(query):
        found, is_pair, value = pair.partition("=")
        if is_pair and found == name:
            return unquote_plus(value, errors="replace")
    return None
