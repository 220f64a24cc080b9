"""What the factors write into the audit log: who, from where, what, why. Never a code, a secret or a key."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from authenticate_app.accounts.models import User
from authenticate_app.accounts.sign_in import Origin
from authenticate_app.audit.events import Event
from authenticate_app.audit.services import record


def write(
    event: Event,
    *,
    user: User | None,
    origin: Origin,
    now: datetime,
    reason: str = "",
    changes: Mapping[str, Any] | None = None,
) -> None:
    """Write one event of ``user``, who is both the one who acts and the one whose access it is about."""
    record(
        event=event,
        reason=reason,
        actor=user.pk if user else None,
        actor_name=user.username if user else "",
        address=origin.address,
        request_id=origin.request_id,
        target=user,
        changes=changes,
        now=now,
    )
