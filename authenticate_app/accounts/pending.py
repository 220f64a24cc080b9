"""Signing in to pages after the password: kept waiting for a second step, then signed in.

The story: somebody proved a password. If a second step is asked for, they are *kept* in their session, for a short
while; the page of that step *finds* them, and *completes* the sign-in once the step is done. Nobody who waits is signed
in: Django's session authentication knows nothing of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth import login
from django.db import transaction
from django.http import HttpRequest, HttpResponseRedirect
from django.utils.crypto import constant_time_compare

from authenticate_app.accounts.destinations import destination_of
from authenticate_app.accounts.models import User
from authenticate_app.audit.events import Event
from authenticate_app.audit.services import record_of_request

BACKEND = "authenticate_app.accounts.backends.PasswordBackend"
"""Stands for every way to sign in: the session's user is read by this backend, however they came."""
WAITING_FOR = timedelta(minutes=10)
"""Long enough to look for the phone with the codes, too short for the next one at the same machine."""

PENDING = "chatauth_pending"
AMR = "chatauth_amr"
"""Key of the session: how the user signed in, as a list of RFC 8176's values."""
AUTH_TIME = "chatauth_auth_time"
"""Key of the session: when the user signed in, in seconds since 1970 (OpenID Connect Core, section 2)."""

PASSWORD = "pwd"  # noqa: S105 - RFC 8176's word for it


@dataclass(frozen=True, slots=True)
class Pending:
    """Somebody who proved a password a moment ago, and has another step to do."""

    user: User
    next_url: str
    """Where they asked to go; not verified."""


def keep(request: HttpRequest, user: User, next_url: str, now: datetime) -> None:
    """Remember in the session that ``user`` has proven their password.

    The session gets a new key: whoever planted the old one on this browser does not share what was proven.
    """
    request.session.cycle_key()
    request.session[PENDING] = {
        "user": user.pk,
        "proof": user.get_session_auth_hash(),
        "next": next_url,
        "until": (now + WAITING_FOR).timestamp(),
    }


def find(request: HttpRequest, now: datetime) -> Pending | None:
    """Who waits in this session, for as long as they may; they go on waiting. At most one query.

    None also for a user who was disabled or got another password meanwhile.
    """
    kept: dict[str, Any] | None = request.session.get(PENDING)
    if kept is None or _is_over(kept, now):
        return None
    user = User.objects.filter(pk=kept["user"], is_active=True).first()
    if user is None or not constant_time_compare(kept["proof"], user.get_session_auth_hash()):
        return None
    return Pending(user, kept["next"])


def take(request: HttpRequest, now: datetime) -> Pending | None:
    """As ``find``, and they wait no longer."""
    pending = find(request, now)
    request.session.pop(PENDING, None)
    return pending


def complete(
    request: HttpRequest, user: User, next_url: str, *, now: datetime, amr: Sequence[str] = (PASSWORD,)
) -> HttpResponseRedirect:
    """Sign ``user`` in and audit it, in one transaction, and lead them to ``next_url`` if that is a path of ours.

    ``amr``: what they proved, in the words of RFC 8176. The session gets a new key (session fixation).
    """
    request.session.pop(PENDING, None)
    with transaction.atomic():
        login(request, user, backend=BACKEND)
        event = Event.ADMIN_SIGNED_IN if user.is_staff else Event.SIGNED_IN
        record_of_request(request, event=event, actor=user, reason="+".join(amr), now=now)
    request.session[AMR] = list(amr)
    request.session[AUTH_TIME] = int(now.timestamp())
    return HttpResponseRedirect(destination_of(user, next_url))


def kept_next_url(request: HttpRequest, now: datetime) -> str:
    """Where who waits in this session asked to go, not verified; "" if nobody does. No query beyond the session's."""
    session = getattr(request, "session", None)
    kept: dict[str, Any] | None = session.get(PENDING) if session is not None else None
    return "" if kept is None or _is_over(kept, now) else str(kept["next"])


def _is_over(kept: dict[str, Any], now: datetime) -> bool:
    return bool(now.timestamp() >= kept["until"])
