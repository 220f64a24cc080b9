"""What an object looks like, as data that the audit log can keep and compare.

Used by the admin's pages (``model_admin``). Secrets never enter: of a masked field a snapshot holds only that there is
a value, and a comparison says only that it changed.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from django.db.models import Field, Model

Snapshot = dict[str, Any]
"""Field name, or ``kind #id`` of a row that is edited together with the object, to a JSON value."""

MASKED: Final = frozenset(
    {
        "password",
        "encrypted_private_key",
        "encrypted_secret",
        "encrypted_api_secret",
        "encrypted_client_secret",
        "encrypted_webhook_secret",
        "certificate",
        "client_secret",
        "logo",
        "image",
    }
)
"""Secrets, and what is too large to be kept: of either only that it changed."""
UNINTERESTING: Final = frozenset(
    {
        "created",
        "date_joined",
        "email_key",
        "last_login",
        "sign_in_stamp",
        "revision",
        "subject",
        "updated",
        "username_key",
    }
)
"""Written by the server itself; a change of theirs says nothing that another field does not say."""

MASK: Final = "••••••"
CHANGED_MASK: Final = "•••••• (changed)"


class Secret(str):
    """The value of a masked field, for as long as it is compared; never stored."""

    __slots__ = ()


def snapshot(instance: Model, *, related: Iterable[tuple[type[Model], str]] = ()) -> Snapshot:
    """Describe the stored row of ``instance``, its many-to-many rows and its ``related`` rows.

    ``related`` names the tables edited on the same page, each with its foreign key to ``instance``.
    """
    described = _fields(instance)
    for model, foreign_key in related:
        described |= _rows(model, foreign_key, instance)
    return described


def masked(before: Snapshot | None, after: Snapshot | None) -> tuple[Snapshot | None, Snapshot | None]:
    """Replace secrets by masks that still differ where the secrets did."""
    changed = {
        name
        for name, value in (after or {}).items()
        if isinstance(value, Secret) and before is not None and before.get(name) != value
    }
    return _without_secrets(before, frozenset()), _without_secrets(after, changed)


def _without_secrets(state: Snapshot | None, changed: Iterable[str]) -> Snapshot | None:
    if state is None:
        return None
    return {
        name: _mask(value, changed=name in changed) if isinstance(value, Secret) else value
        for name, value in state.items()
    }


def _mask(value: Secret, *, changed: bool) -> str:
    if not value:
        return ""
    return CHANGED_MASK if changed else MASK


def _fields(instance: Model) -> Snapshot:
    described = {
        field.name: _value(instance, field)
        for field in instance._meta.concrete_fields
        if field.name not in UNINTERESTING and not field.primary_key
    }
    for many in instance._meta.many_to_many:
        described[many.name] = sorted(str(other) for other in many.value_from_object(instance))
    return described


def _value(instance: Model, field: "Field[Any, Any]") -> Any:
    value = field.value_from_object(instance)
    if field.name in MASKED:
        return Secret(value.hex() if isinstance(value, bytes) else value or "")
    if field.is_relation and value is not None:
        return str(getattr(instance, field.name))
    if value is None or isinstance(value, bool | int | str | dict | list):
        return value
    return field.value_to_string(instance)


def _rows(model: type[Model], foreign_key: str, instance: Model) -> Mapping[str, str]:
    rows = model._default_manager.filter(**{foreign_key: instance.pk}).order_by("pk")
    return {f"{model._meta.verbose_name} #{row.pk}": _line(row, foreign_key) for row in rows}


def _line(row: Model, foreign_key: str) -> str:
    values = {name: value for name, value in _fields(row).items() if name != foreign_key}
    return "; ".join(f"{name}: {value}" for name, value in values.items() if value not in (None, "", []))
