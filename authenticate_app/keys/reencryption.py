"""Changing the key that secrets are encrypted with: docs/operation.md."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from django.apps import apps
from django.db import transaction
from django.db.models import Model
from django.utils import timezone

from authenticate_app.audit.events import Event
from authenticate_app.audit.services import record
from authenticate_app.keys.encryption import Undecryptable, is_encrypted_with_first_key, reencrypt
from authenticate_app.keys.keyring import TOPIC
from authenticate_app.revisions.services import lock_topic


@dataclass(frozen=True, slots=True)
class EncryptedColumn:
    """A column that ``encryption`` writes: model (``app.Model``), field, and the topic that its table belongs to."""

    model: str
    field: str
    topic: str = ""


ENCRYPTED_COLUMNS = [
    EncryptedColumn(model="authenticate_app.SigningKey", field="encrypted_private_key", topic=TOPIC),
    EncryptedColumn(model="authenticate_app.OneTimeCodeDevice", field="encrypted_secret"),
    EncryptedColumn(model="authenticate_app.MspAccount", field="encrypted_api_secret"),
    EncryptedColumn(model="authenticate_app.Business", field="encrypted_client_secret"),
    EncryptedColumn(model="authenticate_app.Business", field="encrypted_webhook_secret"),
    EncryptedColumn(model="authenticate_app.OutboundMessage", field="encrypted_body"),
    EncryptedColumn(model="authenticate_app.SignInRequest", field="encrypted_private_key"),
    EncryptedColumn(model="authenticate_app.SandboxAsker", field="encrypted_client_secret"),
    EncryptedColumn(model="authenticate_app.SandboxBubble", field="encrypted_body"),
]
"""Every column with secrets. A package that has one of its own adds it here, or it will be lost with the old key."""


@dataclass(slots=True)
class Reencryption:
    """What was found: how many secrets were changed and how many needed no change, and which nobody can read."""

    changed: int = 0
    unchanged: int = 0
    unreadable: list[str] = field(default_factory=list)


def reencrypt_all() -> Reencryption:
    """Encrypt every stored secret with the first key of ``FIELD_ENCRYPTION_KEYS``, each in a transaction of its own.

    May be interrupted and run again: what is encrypted with the first key already is left alone. What cannot be
    decrypted stays as it is and is listed.
    """
    result = Reencryption()
    for column in ENCRYPTED_COLUMNS:
        for primary_key in _rows_with_secrets(column):
            _reencrypt_row(column, primary_key, result)
    record(event=Event.SECRETS_REENCRYPTED, changes={"secrets": [None, result.changed]}, now=timezone.now())
    return result


def _rows_with_secrets(column: EncryptedColumn) -> Iterator[object]:
    rows = apps.get_model(column.model)._default_manager.exclude(**{column.field: b""}).order_by("pk")
    yield from rows.values_list("pk", flat=True).iterator()


@transaction.atomic
def _reencrypt_row(column: EncryptedColumn, primary_key: object, result: Reencryption) -> None:
    if column.topic:
        lock_topic(column.topic)  # before the row, as everybody does: otherwise two would wait for one another
    model = apps.get_model(column.model)
    row = model._default_manager.select_for_update().filter(pk=primary_key).first()
    secret = bytes(getattr(row, column.field)) if row is not None else b""
    if row is None or not secret:
        return  # wiped or deleted in the meantime
    if is_encrypted_with_first_key(secret):
        result.unchanged += 1
    else:
        _store_reencrypted(row, column.field, secret, result)


def _store_reencrypted(row: Model, column: str, secret: bytes, result: Reencryption) -> None:
    try:
        setattr(row, column, reencrypt(secret))
    except Undecryptable:
        result.unreadable.append(f"{row._meta.label} {row}, field {column}")
        return
    row.save(update_fields=[column])
    result.changed += 1
