"""The admin's start page: what happened in the last day, in charts and as tables."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext_lazy as _

from authenticate_app.audit.admin import EVENT_NAMES, REASON_NAMES
from authenticate_app.audit.statistics import LATEST_REFUSALS, refusals_by_reason
from authenticate_app.keys.selectors import announced_row, signing_row
from authenticate_app.messages.models import Business, SignInRequest
from authenticate_app.messages.statistics import LATEST_SIGN_INS, sign_ins_by_state, times_to_sign_in
from chat_app.engagement.supervision import NEEDED, running_and_waiting
from chat_app.routing.advice import advice
from chat_app.sessions.statistics import LATEST_SESSIONS, PER_HOUR_LIMIT, sessions_by_queue, tokens_per_hour

COLOR = "var(--color-primary-600)"
WIDEST_BAR = 40
"""Pixels."""

MOST_BARS = 8
"""Labels that fit under a chart half a page wide; the rest is added up."""


@dataclass(frozen=True, slots=True)
class Chart:
    """One chart: what it shows, the same as rows of a table, and what to say when there is nothing."""

    id: str
    title: Any
    note: Any
    empty: Any
    heading: Any
    rows: Sequence[tuple[str, int]]

    @property
    def total(self) -> int:
        """All that the chart shows, added up."""
        return sum(count for _label, count in self.rows)

    @property
    def data(self) -> str:
        """The rows as chart.js wants them."""
        dataset = {
            "data": [count for _label, count in self.rows],
            "backgroundColor": COLOR,
            "borderColor": COLOR,
            "label": str(self.heading),
            "maxBarThickness": WIDEST_BAR,
            "barPercentage": 0.8,
            "categoryPercentage": 0.8,
        }
        return json.dumps({"labels": [label for label, _count in self.rows], "datasets": [dataset]})


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Add to the start page what the signed-in administrator may see."""
    now = timezone.now()
    may_see_sessions = request.user.has_perm("chat_app.view_chatsession")
    may_see_audit = request.user.has_perm("authenticate_app.view_auditevent")
    charts = [_tokens(now), _queues(now)] if may_see_sessions else []
    charts += [_refusals(now)] if may_see_audit else []
    if request.user.has_perm("authenticate_app.view_signinrequest") and Business.objects.exists():
        charts += [_sign_ins(now), _times_to_sign_in(now)]
    context["charts"] = charts
    context["advice"] = advice() if request.user.has_perm("chat_app.view_queue") else []
    if request.user.has_perms(NEEDED):
        context["running"], context["waiting"] = running_and_waiting()
        context["shows_chats"] = True
    if request.user.has_perm("authenticate_app.view_signingkey"):
        context["signing_key"], context["next_key"] = signing_row(now=now), announced_row(now=now)
        context["shows_keys"] = True
    return context


def _tokens(now: Any) -> Chart:
    hours = tokens_per_hour(now=now)
    return Chart(
        id="tokens",
        title=_("Tokens per hour"),
        note=_("The last 24 hours; an hour with more than %s tokens stands at that.") % grouped(PER_HOUR_LIMIT),
        empty=_(
            "No token was issued in the last 24 hours. The first one needs a user with the role and a call of "
            "chatAuthenticate: the page of the API shows how."
        ),
        heading=_("Tokens"),
        rows=[(date_format(timezone.localtime(hour.begins_at), "H:i"), hour.tokens) for hour in hours],
    )


def _queues(now: Any) -> Chart:
    return Chart(
        id="queues",
        title=_("Sessions by queue"),
        note=_("The last 24 hours, of the newest %s sessions.") % grouped(LATEST_SESSIONS),
        empty=_("No chat session began in the last 24 hours."),
        heading=_("Sessions"),
        rows=_added_up((name or str(_("assigned later")), count) for name, count in sessions_by_queue(now=now)),
    )


def _refusals(now: Any) -> Chart:
    return Chart(
        id="refusals",
        title=_("Refusals by reason"),
        note=_("The last 24 hours, of the newest %s refusals.") % grouped(LATEST_REFUSALS),
        empty=_("Nobody was refused in the last 24 hours."),
        heading=_("Refusals"),
        rows=_added_up((_reason(event, reason), count) for event, reason, count in refusals_by_reason(now=now)),
    )


def _sign_ins(now: Any) -> Chart:
    states = sign_ins_by_state(now=now)
    total = sum(count for state, count in states if state not in SignInRequest.OPEN)
    succeeded = dict(states).get(SignInRequest.State.SUCCEEDED, 0)
    rate = _("%(percent)d %% of those that ended succeeded.") % {"percent": 100 * succeeded // total} if total else ""
    return Chart(
        id="sign-ins",
        title=_("Sign-ins in Messages"),
        note=_("The last 24 hours, of the newest %s.") % grouped(LATEST_SIGN_INS) + f" {rate}",
        empty=_("No customer was asked to sign in in the last 24 hours."),
        heading=_("Sign-ins"),
        rows=[(str(SignInRequest.State(state).label), count) for state, count in states],
    )


def _times_to_sign_in(now: Any) -> Chart:
    return Chart(
        id="times-to-sign-in",
        title=_("Time to sign in"),
        note=_("From asking to success; the last 24 hours, of the newest %s.") % grouped(LATEST_SIGN_INS),
        empty=_("No customer signed in in the last 24 hours."),
        heading=_("Sign-ins"),
        rows=[(str(_("up to %d s") % bound), count) for bound, count in times_to_sign_in(now=now)],
    )


def _added_up(rows: Iterable[tuple[str, int]]) -> list[tuple[str, int]]:
    """One row for each label, the most first; the smallest ones together as *others*."""
    counts: Counter[str] = Counter()
    for label, count in rows:
        counts[label] += count
    ranked = counts.most_common()
    rest = sum(count for _label, count in ranked[MOST_BARS:])
    return ranked[:MOST_BARS] + ([(str(_("others")), rest)] if rest else [])


def grouped(number: int) -> str:
    """Return the number as people of the reader's language write it: 20,000."""
    return number_format(number, force_grouping=True)


def _reason(event: str, reason: str) -> str:
    if reason:
        return str(REASON_NAMES.get(reason, reason))
    return str(EVENT_NAMES.get(event, event))
