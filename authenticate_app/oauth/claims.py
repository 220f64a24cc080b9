"""What a client learns of a person, by scope (OpenID Connect Core, section 5.4)."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

from authenticate_app.accounts.models import User
from authenticate_app.oauth import scopes

Claims = dict[str, Any]
Reader = Callable[[User], Any]

BY_SCOPE: Mapping[str, Mapping[str, Reader]] = {
    scopes.OPENID: {"sub": lambda user: str(user.subject)},
    scopes.PROFILE: {
        "name": User.get_full_name,
        "given_name": lambda user: user.first_name,
        "family_name": lambda user: user.last_name,
        "preferred_username": lambda user: user.username,
    },
    scopes.EMAIL: {"email": lambda user: user.email, "email_verified": lambda user: user.email_verified},
    scopes.CHAT: {
        "contact_party_id": lambda user: _as_text(user.contact_party_id),
        "organization_party_id": lambda user: _as_text(user.organization_party_id),
        "organization_name": lambda user: user.organization_name,
    },
}
"""Claims of each scope. Party ids are strings, as everywhere on the wire: JavaScript cannot count that far."""

ALL = tuple(name for readers in BY_SCOPE.values() for name in readers)


def claims_of(user: User, granted: Collection[str]) -> Claims:
    """Return the claims that these scopes allow; what a person does not have is left out (section 5.3.2)."""
    readers = {
        name: read for scope, of_scope in BY_SCOPE.items() if scope in granted for name, read in of_scope.items()
    }
    claims = {name: read(user) for name, read in readers.items()}
    if not claims.get("email"):
        claims.pop("email_verified", None)
    return {name: value for name, value in claims.items() if value is not None and value != ""}


def _as_text(number: int | None) -> str | None:
    return None if number is None else str(number)
