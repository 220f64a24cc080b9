"""Who signed in, as the identity provider says."""

from dataclasses import dataclass
from typing import Any

from authenticate_app.accounts.models import User


@dataclass(frozen=True, slots=True)
class Identity:
    """What was learned from the identity provider itself, never from the phone.

    ``claims`` are those that the scopes allow (OpenID Connect Core, section 5.1), without secrets. ``is_verified`` is
    False where the provider could not be asked whose token it was. ``token_checksum`` recognizes the legacy flow's
    token, so that none is taken twice; None in the new flow. ``user`` is None where no user of this server is known.
    """

    issuer: str
    subject: str
    claims: dict[str, Any]
    is_verified: bool
    token_checksum: str | None
    user: User | None
