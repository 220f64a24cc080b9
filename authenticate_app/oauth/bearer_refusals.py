"""Auditing refused access tokens, and not every one of them: the first of each reason, client and address."""

from datetime import datetime

from authenticate_app.accounts.sign_in import Origin
from authenticate_app.audit.events import Event
from authenticate_app.audit.services import record
from authenticate_app.oauth.bearer_metrics import Outcome
from authenticate_app.oauth.bearer_tokens import StoredToken
from authenticate_app.oauth.models import Client
from authenticate_app.oauth.seldom import seldom


def audit_seldom(outcome: Outcome, stored: StoredToken | None, *, origin: Origin, now: datetime) -> None:
    """Write that a token was refused, unless the same was written lately. ``stored``: None for an unknown token."""
    kind = ("bearer", outcome.value, origin.network, str(stored.client_id) if stored else "")
    if seldom.is_first(kind, now):
        _audit(outcome, stored, origin, now)


def _audit(outcome: Outcome, stored: StoredToken | None, origin: Origin, now: datetime) -> None:
    user = stored.account.unproven_caller if stored and stored.account else None
    record(
        event=Event.BEARER_REFUSED,
        reason=outcome.value,
        actor=user.user_id if user else None,
        actor_name=user.username if user else "",
        address=origin.address,
        request_id=origin.request_id,
        target=Client(pk=stored.client_id, name=stored.client_name) if stored else None,
        now=now,
    )
