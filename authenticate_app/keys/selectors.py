"""Reading the state of the signing keys."""

from datetime import datetime

from django.utils.translation import gettext as _

from authenticate_app.keys.keyring import keyring
from authenticate_app.keys.models import SigningKey


def why_nothing_signs(*, now: datetime) -> str:
    """Return a sentence for administrators; empty while tokens can be signed.

    Raises the database's errors when it is away.
    """
    keys = keyring.current().value
    if keys.signing_key(now) is not None:
        return ""
    unreadable = keys.unreadable_kids(now)
    if unreadable:
        return _(
            "The signing key %(kid)s cannot be decrypted: FIELD_ENCRYPTION_KEYS should hold the key that it was "
            "encrypted with. If that key is lost, revoke the signing key, and a new one signs."
        ) % {"kid": unreadable[0]}
    return _("No signing key is active: run manage.py rotate_signing_key.")


def signing_row(*, now: datetime) -> SigningKey | None:
    """Return the row of the key that signs at ``now``, whether or not it can be decrypted."""
    return _first_in(SigningKey.State.SIGNING, now=now)


def announced_row(*, now: datetime) -> SigningKey | None:
    """Return the row of the key that will sign next."""
    return _first_in(SigningKey.State.ANNOUNCED, now=now)


def _first_in(state: SigningKey.State, *, now: datetime) -> SigningKey | None:
    rows = SigningKey.objects.filter(revoked_at=None)
    return next((row for row in rows if row.state(now=now) is state), None)
