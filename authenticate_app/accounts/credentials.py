"""The ``Authorization`` header of HTTP Basic (RFC 7617), read strictly."""

import base64
import binascii
from dataclasses import dataclass, field
from enum import StrEnum

from authenticate_app.accounts.names import has_control_character, name_key

MAXIMUM_NAME = 320
"""Code points: 64 before the @, 255 after it (RFC 5321, section 4.5.3.1); as long as the column."""
MAXIMUM_PASSWORD = 1024
"""Code points. A bound, so that nobody has us hash megabytes."""
MAXIMUM_HEADER = len("Basic ") + (4 * (MAXIMUM_NAME + 1 + MAXIMUM_PASSWORD) + 2) // 3 * 4
"""Characters: the longest name and password in UTF-8, as Base64."""
SCHEME = "basic"


class Malformation(StrEnum):
    """What is wrong with a header. For metrics: the client learns only that its credentials are not valid."""

    TOO_LONG = "too_long"
    NOT_BASE64 = "not_base64"
    NOT_UTF8 = "not_utf8"
    NO_COLON = "no_colon"
    NO_NAME = "no_name"
    CONTROL_CHARACTER = "control_character"


class MalformedCredentials(Exception):
    """The header bears the scheme Basic, but no name and password that anybody could have."""

    def __init__(self, malformation: Malformation) -> None:
        super().__init__(malformation.value)
        self.malformation = malformation


@dataclass(frozen=True, slots=True)
class Credentials:
    """A name and a password as somebody claims them; nothing is proven yet."""

    name: str
    password: str = field(repr=False)

    @property
    def key(self) -> str:
        """The name in the form in which names are compared."""
        return name_key(self.name)


def parse_basic(header: str) -> Credentials | None:
    """Read an ``Authorization`` header; None when it is absent or of another scheme.

    The name ends at the first colon, the password may hold more of them; both are UTF-8 (RFC 7617, section 2.1).

    Raises:
        MalformedCredentials: the scheme is Basic, and the rest is not what RFC 7617 asks for.
    """
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != SCHEME:
        return None
    if len(header) > MAXIMUM_HEADER:
        raise MalformedCredentials(Malformation.TOO_LONG)
    return _split(_decode(encoded.strip(" ")))


def checked(name: str, password: str) -> Credentials:
    """Make credentials of a name and a password that came another way, such as a form.

    Raises:
        MalformedCredentials: nobody can have this name or this password.
    """
    if not name:
        raise MalformedCredentials(Malformation.NO_NAME)
    if len(name) > MAXIMUM_NAME or len(password) > MAXIMUM_PASSWORD:
        raise MalformedCredentials(Malformation.TOO_LONG)
    if has_control_character(name) or has_control_character(password):
        raise MalformedCredentials(Malformation.CONTROL_CHARACTER)
    return Credentials(name, password)


def _decode(encoded: str) -> str:
    if len(encoded) % 4 or encoded.endswith("==="):  # Python overlooks surplus padding
        raise MalformedCredentials(Malformation.NOT_BASE64)
    try:
        return base64.b64decode(encoded, validate=True).decode()
    except UnicodeDecodeError:
        raise MalformedCredentials(Malformation.NOT_UTF8) from None
    except (binascii.Error, ValueError):
        raise MalformedCredentials(Malformation.NOT_BASE64) from None


def _split(name_and_password: str) -> Credentials:
    name, colon, password = name_and_password.partition(":")
    if not colon:
        raise MalformedCredentials(Malformation.NO_COLON)
    return checked(name, password)
