"""The life of signing keys: announced, signing, retired, deleted; revoked when compromised.

Every step is written into the row as a time, beforehand. So no process has to be told that a key starts or stops, and
no instant is without a key that signs: one retires at the very time at which its successor begins.

Whoever changes keys does it alone (``lock_topic``). Nothing here is needed to sign; see ``keyring``.
"""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import transaction

from authenticate_app.accounts.models import User
from authenticate_app.audit.events import Event
from authenticate_app.audit.services import record
from authenticate_app.keys import certificates
from authenticate_app.keys.encryption import encrypt
from authenticate_app.keys.keyring import TOPIC
from authenticate_app.keys.metrics import count_once_committed
from authenticate_app.keys.models import SigningKey
from authenticate_app.keys.selectors import announced_row, signing_row
from authenticate_app.revisions.services import lock_topic

FIRST_KID = "trustservice"
"""The ``kid`` of the documented sample (docs/chat-authenticate.md)."""

ROTATION_MAY_BE_LATE = timedelta(days=365)
"""A key signs until its successor does, so its certificate must not expire when nobody keeps house for a while."""

CLOCKS_MAY_BE_BEHIND = timedelta(days=1)
"""A certificate is valid a little before it was made, for verifiers whose clock is behind."""

State = SigningKey.State


@dataclass(frozen=True, slots=True)
class Rotation:
    """The key that signs next, and whether this call made it or it had been announced before."""

    key: SigningKey
    is_new: bool


def ensure_signing_key(*, now: datetime) -> SigningKey:
    """Return the row of the key that signs; the first call ever makes one that signs at once.

    May be called by many processes at the same time: one of them makes the key.
    """
    return signing_row(now=now) or _ensure_alone(now=now)


@transaction.atomic
def _ensure_alone(*, now: datetime) -> SigningKey:
    lock_topic(TOPIC)
    return signing_row(now=now) or _let_next_sign(now=now, actor=None)


@transaction.atomic
def rotate(*, now: datetime, actor: User | None = None) -> Rotation:
    """Announce a successor, which takes over after ``KEY_ANNOUNCED``; at once if no key signs.

    Does nothing while a successor is announced already, and returns that one.
    """
    lock_topic(TOPIC)
    return _rotate_alone(now=now, signs_from=now + settings.KEY_ANNOUNCED, actor=actor)


@transaction.atomic
def rotate_when_due(now: datetime) -> int:
    """Announce a successor in time, so that it takes over just when ``KEY_SIGNING`` ends; return how many (0 or 1).

    Part of the housekeeping. When it comes late, the present key signs for as much longer.
    """
    lock_topic(TOPIC)
    current = signing_row(now=now)
    signs_from = now if current is None else current.signs_from + settings.KEY_SIGNING
    if signs_from - settings.KEY_ANNOUNCED > now:
        return 0
    signs_from = max(signs_from, now + settings.KEY_ANNOUNCED)
    return int(_rotate_alone(now=now, signs_from=signs_from, actor=None).is_new)


@transaction.atomic
def revoke(*, key: SigningKey, now: datetime, actor: User | None = None) -> SigningKey:
    """Take a compromised key out of the key set at once; its tokens are refused from now on, in every process.

    If it was the one that signs, the announced one signs at once, else a new one. Verifiers who have not seen that
    one fetch the key set again when they meet its ``kid``. Returns the row as it is now; a key that was revoked
    before stays as it is.
    """
    lock_topic(TOPIC)
    row = SigningKey.objects.get(pk=key.pk)
    state = row.state(now=now)
    if state is not State.REVOKED:
        _take_out(row, now=now)
        _replace(state, now=now, actor=actor)
        _note(Event.KEY_REVOKED, row, now=now, actor=actor, reason=state.value)
    return row


@transaction.atomic
def delete_when_due(now: datetime) -> int:
    """Wipe the private part of every key that no longer signs; return how many. Part of the housekeeping.

    The row stays as a record. A key leaves the key set by the clock, without anything being written.
    """
    lock_topic(TOPIC)
    # A process whose clock is behind goes on signing with a retired key for a moment, and needs it for that.
    stopped = SigningKey.objects.filter(retired_at__lte=now - settings.KEY_LEEWAY).exclude(encrypted_private_key=b"")
    for row in stopped:
        row.encrypted_private_key = b""
        row.save(update_fields=["encrypted_private_key"])
        _note(Event.KEY_DELETED, row, now=now, actor=None)
    return len(stopped)


def _rotate_alone(*, now: datetime, signs_from: datetime, actor: User | None) -> Rotation:
    announced, current = announced_row(now=now), signing_row(now=now)
    if current is None:
        return Rotation(key=_let_next_sign(now=now, actor=actor), is_new=announced is None)
    if announced is not None:
        return Rotation(key=announced, is_new=False)
    successor = _create(now=now, signs_from=signs_from)
    _retire(current, at=signs_from)
    _note(Event.KEY_ANNOUNCED, successor, now=now, actor=actor)
    return Rotation(key=successor, is_new=True)


def _let_next_sign(*, now: datetime, actor: User | None) -> SigningKey:
    """Let the announced key sign at once, else a new one."""
    row = announced_row(now=now) or _create(now=now, signs_from=now)
    if row.signs_from != now:
        row.signs_from = now
        row.save(update_fields=["signs_from"])
    _note(Event.KEY_ROTATED, row, now=now, actor=actor)
    return row


def _retire(row: SigningKey, *, at: datetime) -> None:
    row.retired_at, row.deleted_at = at, at + settings.KEY_RETIRED
    row.save(update_fields=["retired_at", "deleted_at"])


def _take_out(row: SigningKey, *, now: datetime) -> None:
    row.revoked_at, row.encrypted_private_key = now, b""
    row.save(update_fields=["revoked_at", "encrypted_private_key"])


def _replace(state: State, *, now: datetime, actor: User | None) -> None:
    """Fill the place of a key that was in ``state`` until it was revoked."""
    current = signing_row(now=now)
    if current is None:
        _let_next_sign(now=now, actor=actor)
    elif state is State.ANNOUNCED:
        current.retired_at = current.deleted_at = None  # nobody takes over from it now
        current.save(update_fields=["retired_at", "deleted_at"])


def _create(*, now: datetime, signs_from: datetime) -> SigningKey:
    kid = _fresh_kid(now)
    private_key = certificates.generate_private_key()
    certificate = certificates.make_certificate(
        private_key,
        name=kid,
        valid_from=now - CLOCKS_MAY_BE_BEHIND,
        valid_until=signs_from + settings.KEY_SIGNING + settings.KEY_RETIRED + ROTATION_MAY_BE_LATE,
    )
    return SigningKey.objects.create(
        kid=kid,
        certificate=certificate,
        encrypted_private_key=encrypt(certificates.serialize_private_key(private_key)),
        created_at=now,
        signs_from=signs_from,
        is_demonstration=settings.ENVIRONMENT == "demonstration",
    )


def _fresh_kid(now: datetime) -> str:
    kid = FIRST_KID
    while SigningKey.objects.filter(kid=kid).exists():
        kid = f"{FIRST_KID}-{now.astimezone(UTC):%Y%m%d}-{secrets.token_hex(2)}"
    return kid


def _note(event: Event, row: SigningKey, *, now: datetime, actor: User | None, reason: str = "") -> None:
    actor_id, actor_name = (actor.pk, actor.username) if actor is not None else (None, "")
    record(event=event, reason=reason, actor=actor_id, actor_name=actor_name, target=row, now=now)
    count_once_committed(event)
