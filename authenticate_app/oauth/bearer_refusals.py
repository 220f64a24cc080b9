"""Auditing refused access tokens, and not every one of them.

Anybody can send tokens that are none, and each that is audited is a row. So the audit log gets, from each worker, the
first of each reason, client and address within a window; the metrics count all.
"""

import threading
from collections import OrderedDict
from datetime import datetime

from django.conf import settings

from authenticate_app.accounts.sign_in import Origin
from authenticate_app.audit.events import Event
from authenticate_app.audit.services import record
from authenticate_app.oauth.bearer_metrics import Outcome
from authenticate_app.oauth.bearer_tokens import StoredToken
from authenticate_app.oauth.models import Client

AUDITED_KINDS = 10_000
"""So many kinds of refusals a process keeps apart; beyond that it may audit one twice."""


def audit_seldom(outcome: Outcome, stored: StoredToken | None, *, origin: Origin, now: datetime) -> None:
    """Write that a token was refused, unless the same was written lately. ``stored``: None for an unknown token."""
    kind = (outcome.value, origin.network, str(stored.client_id) if stored else "")
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


class Seldom:
    """Tells the first of a kind within ``THROTTLE_WINDOW`` from those that follow it. Thread-safe."""

    def __init__(self, capacity: int = AUDITED_KINDS) -> None:
        self._capacity = capacity
        self._begun: OrderedDict[tuple[str, ...], datetime] = OrderedDict()
        self._lock = threading.Lock()

    def is_first(self, kind: tuple[str, ...], now: datetime) -> bool:
        """Whether none of this kind came within the window; this one then begins it."""
        with self._lock:
            begun = self._begun.get(kind)
            if begun is not None and begun <= now < begun + settings.THROTTLE_WINDOW:
                return False
            self._begun[kind] = now
            self._begun.move_to_end(kind)
            if len(self._begun) > self._capacity:
                self._begun.popitem(last=False)
            return True

    def clear(self) -> None:
        """Begin anew."""
        with self._lock:
            self._begun.clear()


seldom = Seldom()
"""This process's."""
