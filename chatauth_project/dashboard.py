"""The admin's start page: what happened in the last day, in charts and as tables."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from authenticate_app.audit.admin import EVENT_NAMES
from authenticate_app.audit.statistics import LATEST_REFUSALS, refusals_by_reason
from authenticate_app.keys.selectors import announced_row, signing_row
from chat_app.routing.advice import advice
from chat_app.sessions.statistics import LATEST_SESSIONS, PER_HOUR_LIMIT, sessions_by_queue, tokens_per_hour

COLORS = ("var(--color-primary-600)", "var(--color-primary-400)", "var(--color-primary-800)", "var(--color-base-400)")

REASON_NAMES: dict[str, Any] = {
    "unknown-user": _("unknown user"),
    "wrong-password": _("wrong password"),
    "disabled-user": _("disabled user"),
    "too-many-failures": _("too many failures"),
}


@dataclass(frozen=True, slots=True)
class Chart:
    """One chart: what it shows, the same as rows of a table, and what to say when there is nothing."""

    id: str
    title: Any
    note: Any
    empty: Any
    heading: Any
    rows: Sequence[tuple[str, int]]
    kind: str = "bar"

    @property
    def total(self) -> int:
        return sum(count for _label, count in self.rows)

    @property
    def data(self) -> str:
        """The rows as chart.js wants them."""
        dataset = {
            "data": [count for _label, count in self.rows],
            "backgroundColor": COLORS[0],
            "borderColor": COLORS[0],
            "label": str(self.heading),
        }
        return json.dumps({"labels": [label for label, _count in self.rows], "datasets": [dataset]})


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Add to the start page what the signed-in administrator may see."""
    now = timezone.now()
    may_see_sessions = request.user.has_perm("chat_app.view_chatsession")
    may_see_audit = request.user.has_perm("authenticate_app.view_auditevent")
    charts = [_tokens(now), _queues(now)] if may_see_sessions else []
    context["charts"] = charts + ([_refusals(now)] if may_see_audit else [])
    context["advice"] = advice() if request.user.has_perm("chat_app.view_queue") else []
    if request.user.has_perm("authenticate_app.view_signingkey"):
        context["signing_key"], context["next_key"] = signing_row(now=now), announced_row(now=now)
        context["shows_keys"] = True
    return context


def _tokens(now: Any) -> Chart:
    hours = tokens_per_hour(now=now)
    return Chart(
        id="tokens",
        title=_("Tokens per hour"),
        note=_("The last 24 hours; an hour with more than %d tokens stands at that.") % PER_HOUR_LIMIT,
        empty=_("No token was issued in the last 24 hours. The first one needs a user with the role and a call of "
                "chatAuthenticate: the page of the API shows how."),
        heading=_("Tokens"),
        rows=[(date_format(timezone.localtime(hour.begins_at), "H:i"), hour.tokens) for hour in hours],
    )


def _queues(now: Any) -> Chart:
    return Chart(
        id="queues",
        title=_("Sessions by queue"),
        note=_("The last 24 hours, of the newest %d sessions.") % LATEST_SESSIONS,
        empty=_("No chat session began in the last 24 hours."),
        heading=_("Sessions"),
        rows=[(name or str(_("assigned later")), count) for name, count in sessions_by_queue(now=now)],
    )


def _refusals(now: Any) -> Chart:
    return Chart(
        id="refusals",
        title=_("Refusals by reason"),
        note=_("The last 24 hours, of the newest %d refusals.") % LATEST_REFUSALS,
        empty=_("Nobody was refused in the last 24 hours."),
        heading=_("Refusals"),
        rows=[(_reason(event, reason), count) for event, reason, count in refusals_by_reason(now=now)],
    )


def _reason(event: str, reason: str) -> str:
    if reason:
        return str(REASON_NAMES.get(reason, reason))
    return str(EVENT_NAMES.get(event, event))
