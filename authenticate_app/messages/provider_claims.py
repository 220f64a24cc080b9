"""What another identity provider says of a customer, cut down to what is safe and small enough to keep."""

import json
from collections.abc import Mapping
from itertools import islice
from typing import Any, Final

Claims = dict[str, Any]

MOST_CLAIMS: Final = 50
LONGEST_NAME: Final = 200
LONGEST_VALUE: Final = 1000
"""Characters of a value, written as JSON."""
LONGEST_SUBJECT: Final = 255
"""OpenID Connect Core, section 2."""
OF_THE_PROTOCOL: Final = frozenset(
    {"iss", "aud", "exp", "nbf", "iat", "jti", "nonce", "azp", "acr", "amr", "auth_time", "at_hash", "c_hash", "sid"}
)
"""What an ID token says of itself rather than of the customer (OpenID Connect Core, section 2)."""


def kept(said: Mapping[str, Any]) -> Claims:
    """Return the claims to be kept: the provider chooses them by the scopes, and we leave out what is too much.

    ``said`` was JSON. PostgreSQL keeps no NUL, and a claim that is long is no claim that somebody waits for.
    """
    fit = ((name, value) for name, value in said.items() if name not in OF_THE_PROTOCOL and _fits(name, value))
    return dict(islice(fit, MOST_CLAIMS))


def subject_in(said: Mapping[str, Any]) -> str | None:
    """The claim ``sub``; None if there is none that could be somebody's."""
    subject = said.get("sub")
    is_good = isinstance(subject, str) and 0 < len(subject) <= LONGEST_SUBJECT and subject.isprintable()
    return subject if is_good else None


def _fits(name: str, value: object) -> bool:
    try:
        written = json.dumps([name, value], allow_nan=False)
    except ValueError:  # a number that is too great, such as 1e999
        return False
    return len(name) <= LONGEST_NAME and len(written) <= LONGEST_VALUE and "\\u0000" not in written
