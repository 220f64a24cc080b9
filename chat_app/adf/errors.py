"""What a refused request was refused for, as data (docs/errors.md).

An ``ErrorCode`` is one row of the table of errors, a ``Fault`` is one occurrence of it at one place of
a request, and ``AdfError`` carries all faults of a request to ``chat_app.adf.views``, the one place
that turns them into an answer.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from django.utils.translation import gettext

LONGEST_SHOWN_VALUE = 100
"""So many characters of what a client sent are repeated in a message."""


@dataclass(frozen=True, slots=True)
class ErrorCode:
    """A kind of fault.

    ``code`` is stable and never translated, ``status`` is the HTTP status, ``message`` is the English
    sentence (marked with ``gettext_noop``) whose parameters are named: ``%(name)s``.
    """

    code: str
    status: int
    message: str

    @property
    def title(self) -> str:
        """The name of the HTTP status, such as ``Bad Request``."""
        return HTTPStatus(self.status).phrase


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault at one place; ``path`` is a JSON pointer (RFC 6901), ``""`` for the whole request."""

    error: ErrorCode
    path: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)

    def detail(self) -> str:
        """Return the message in the active language, always a single line."""
        shown = {name: printable(value) for name, value in self.params.items()}
        return gettext(self.error.message) % shown


class AdfError(Exception):
    """A request is refused. The answer's status is that of the first fault."""

    def __init__(self, *faults: Fault, headers: Mapping[str, str] | None = None) -> None:
        if not faults:
            raise ValueError("An AdfError needs at least one fault.")
        super().__init__(", ".join(fault.error.code for fault in faults))
        self.faults = faults
        self.headers = dict(headers or {})

    @property
    def status(self) -> int:
        """The HTTP status of the answer."""
        return self.faults[0].error.status


def pointer(*names: str | int) -> str:
    """Return the JSON pointer that these names lead along, escaped (RFC 6901, section 3)."""
    return "".join("/" + str(name).replace("~", "~0").replace("/", "~1") for name in names)


def printable(value: object) -> object:
    """Make what a client sent fit for a message: no control characters, not endless."""
    if not isinstance(value, str):
        return value
    cut = value[: LONGEST_SHOWN_VALUE - 1] + "…" if len(value) > LONGEST_SHOWN_VALUE else value
    if cut.isprintable():
        return cut
    return "".join(char if char.isprintable() else _escaped(char) for char in cut)


def _escaped(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")
