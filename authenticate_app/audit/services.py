"""Writing what happened, and forgetting it after its retention."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from ipaddress import ip_address
from typing import Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import CharField, Model
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac

from authenticate_app.audit.events import Event
from authenticate_app.audit.models import AuditEvent
from authenticate_app.purging import delete_in_batches

BATCH = 5_000
"""Rows written in one statement."""
PSEUDONYM_DIGITS = 32
"""128 bits: no two names meet by chance."""

Change = dict[str, list[Any]]
"""Field name to ``[before, after]``."""


def record(
    *,
    event: Event,
    reason: str = "",
    actor: int | None = None,
    actor_name: str = "",
    name: str = "",
    address: str | None = None,
    request_id: str = "",
    target: Model | None = None,
    changes: Mapping[str, Any] | None = None,
    now: datetime | None = None,
) -> None:
    """Write one event, with one statement.

    ``actor`` and ``actor_name`` are an existing account's id and name. ``name`` is what somebody claimed to be, in the
    form in which names are compared: it is stored as a pseudonym alone, since it may be a mistyped password.
    An ``address`` that is none is left out. ``changes`` hold no secrets and are stored as JSON.
    """
    event_of(
        event=event,
        reason=reason,
        actor=actor,
        actor_name=actor_name,
        name=name,
        address=address,
        request_id=request_id,
        target=target,
        changes=changes,
        now=now,
    ).save(force_insert=True)


def record_of_request(
    request: HttpRequest,
    *,
    event: Event,
    actor: Any,
    reason: str = "",
    target: Model | None = None,
    changes: Mapping[str, Any] | None = None,
    now: datetime | None = None,
) -> None:
    """Write what ``actor``, a user, did in ``request``."""
    record(
        event=event,
        reason=reason,
        actor=actor.pk,
        actor_name=actor.get_username(),
        address=request.META.get("REMOTE_ADDR"),
        request_id=request.META.get("HTTP_X_REQUEST_ID", ""),
        target=target,
        changes=changes,
        now=now,
    )


def record_all(events: Iterable[AuditEvent]) -> None:
    """Write many events of ``event_of``, with few statements."""
    AuditEvent.objects.bulk_create(events, batch_size=BATCH)


def event_of(
    *,
    event: Event,
    reason: str = "",
    actor: int | None = None,
    actor_name: str = "",
    name: str = "",
    address: str | None = None,
    request_id: str = "",
    target: Model | None = None,
    changes: Mapping[str, Any] | None = None,
    now: datetime | None = None,
) -> AuditEvent:
    """Make the event that ``record`` writes, without writing it."""
    return AuditEvent(
        at=now or timezone.now(),
        event=event.value,
        reason=reason,
        actor_id=actor,
        actor_name=_cut("actor_name", actor_name),
        pseudonym=pseudonym(name) if name else "",
        address=_address(address),
        request_id=_cut("request_id", request_id),
        changes=_json(changes) if changes else {},
        **_described(target),
    )


def record_change(
    *,
    actor: Any,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any] | None,
    target: Model,
    request: HttpRequest,
    now: datetime | None = None,
) -> None:
    """Write what ``actor``, a user, changed of ``target``: the fields that differ, each before and after.

    No ``before`` means created, no ``after`` deleted. Nothing is written where nothing differs.
    """
    changes = differences(before or {}, after or {})
    if changes or before is None or after is None:
        event = _change(before, after)
        record_of_request(request, event=event, actor=actor, target=target, changes=changes, now=now)


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> Change:
    """Compare two descriptions of an object; a field that one of them lacks is None there."""
    fields = dict.fromkeys([*before, *after])
    pairs = {field: [before.get(field), after.get(field)] for field in fields}
    return {field: pair for field, pair in pairs.items() if pair[0] != pair[1]}


def pseudonym(name: str) -> str:
    """A name that stands for ``name`` and does not tell it: equal for equal names, as long as ``SECRET_KEY`` stays."""
    return salted_hmac("authenticate_app.audit", name, algorithm="sha256").hexdigest()[:PSEUDONYM_DIGITS]


def purge(now: datetime) -> int:
    """Delete events older than ``AUDIT_RETENTION``, in batches; answers how many."""
    return delete_in_batches(AuditEvent.objects.filter(at__lt=now - settings.AUDIT_RETENTION))


def _change(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> Event:
    if before is None:
        return Event.OBJECT_CREATED
    return Event.OBJECT_DELETED if after is None else Event.OBJECT_CHANGED


def _described(target: Model | None) -> dict[str, str]:
    if target is None:
        return {}
    return {
        "object_type": _cut("object_type", target._meta.label_lower),
        "object_id": _cut("object_id", str(target.pk)),
        "object_name": _cut("object_name", str(target)),
    }


def _cut(field: str, text: str) -> str:
    """As much of ``text`` as the column holds: an event that is cut short is better than none."""
    return text[: _LONGEST[field]]


_LONGEST = {field.name: field.max_length for field in AuditEvent._meta.local_fields if isinstance(field, CharField)}
"""Characters that a column holds."""


@lru_cache(maxsize=4096)
def _address(address: str | None) -> str | None:
    try:
        return str(ip_address(address or ""))
    except ValueError:
        return None


def _json(changes: Mapping[str, Any]) -> Any:
    """The changes as plain JSON values; what JSON does not know becomes text. PostgreSQL takes no NUL."""
    text = json.dumps(changes, cls=_Lenient).replace("\\u0000", "\N{SYMBOL FOR NULL}")
    return json.loads(text)


class _Lenient(DjangoJSONEncoder):
    def default(self, o: Any) -> Any:
        try:
            return super().default(o)
        except TypeError:
            return str(o)
