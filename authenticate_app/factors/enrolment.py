"""The secret of an authenticator app while it is being set up: in the session of whoever does it, encrypted.

Only an app that has made a right code is stored. So a secret that somebody saw once and never confirmed is worth
nothing later, and every session has its own. It is good for one user alone: whoever began to sign in at this browser
before has seen theirs, and a session goes on from them to the next.
"""

from dataclasses import dataclass

from django.http import HttpRequest

from authenticate_app.accounts.models import User
from authenticate_app.factors import one_time_codes
from authenticate_app.keys.encryption import Undecryptable, decrypt, encrypt

SECRET = "chatauth_code_secret"  # noqa: S105 - a key of the session
GROUP = 4
"""Letters between two blanks, so that people can type them."""


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What an authenticator app needs: an address to open, the same as a picture, and the secret to type."""

    secret: str
    address: str

    @property
    def picture(self) -> str:
        """The address as a QR code, a ``data:`` URL."""
        return one_time_codes.picture_of(self.address)

    @property
    def typed_secret(self) -> str:
        """The secret in groups of four letters."""
        return " ".join(self.secret[start : start + GROUP] for start in range(0, len(self.secret), GROUP))


def enrolment_of(request: HttpRequest, user: User) -> Enrolment:
    """The enrolment that this session has begun for ``user``, else a new one."""
    secret = _known_secret(request, user)
    if secret is None:
        secret = one_time_codes.new_secret()
        request.session[SECRET] = encrypt(f"{user.pk} {secret}".encode("ascii")).decode("ascii")
    return Enrolment(secret, one_time_codes.address_of(secret, user))


def forget_enrolment(request: HttpRequest) -> None:
    """The enrolment is done; the next one has a new secret."""
    request.session.pop(SECRET, None)


def _known_secret(request: HttpRequest, user: User) -> str | None:
    kept: str | None = request.session.get(SECRET)
    if kept is None:
        return None
    try:
        owner, _blank, secret = decrypt(kept.encode("ascii")).decode("ascii").partition(" ")
    except Undecryptable:
        return None  # the encryption key was changed meanwhile
    return secret if owner == str(user.pk) else None
