"""Who calls, once it is proven."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Caller:
    """An active user who has proven to be one, by password or by access token, with what their roles allow.

    It is a picture of the database as of ``revision`` (of the user's row and roles) and ``roles_revision`` (of what
    the roles hold). Whoever acts on it makes sure that both are still current, and the access token, if it came by one,
    still good (``oauth.bearer_tokens.STILL_GOOD``), or has it read afresh: ``BasicAuthentication`` tells how.
    """

    user_id: int
    username: str
    username_key: str
    email: str
    verified_email_key: str
    """The compared form of the e-mail address; empty unless the address is verified."""
    first_name: str
    last_name: str
    contact_party_id: int | None
    organization_party_id: int | None
    roles: frozenset[str]
    entitlements: frozenset[str]
    """Code names that come through roles, and only so: neither a user's own permissions nor superuser status count."""
    revision: int
    roles_revision: int
    access_token: str = field(default="", repr=False)
    """The checksum of the access token that the caller came by, as it is stored; empty for one with a password."""

    @property
    def is_authenticated(self) -> bool:
        """Always true: nobody becomes a caller otherwise. Django REST framework asks for it."""
        return True

    @property
    def pk(self) -> int:
        """The user's id, under the name that Django's own users have for it."""
        return self.user_id
