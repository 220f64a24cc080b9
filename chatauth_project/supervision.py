"""The supervisors' page of the admin: queues and agents of this moment, and charts of the last day."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from chat_app.engagement.models import Engagement
from chat_app.engagement.supervision import LATEST, NEEDED, Day, agents_now, last_day, queues_now
from chatauth_project.dashboard import Chart, grouped


def may_look(request: HttpRequest) -> bool:
    """Whether the page is there for somebody; the menu asks, too."""
    return request.user.has_perms(NEEDED)


def supervision(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """Show the page; a small script asks for it again every few seconds. Raises ``PermissionDenied``."""
    if not may_look(request):
        raise PermissionDenied
    now = timezone.now()
    agents = agents_now()
    shown = {
        "title": _("Live"),
        "now": now,
        "agents": agents,
        "queues": queues_now(agents=agents, now=now),
        "charts": _charts(last_day(now=now)),
    }
    return TemplateResponse(request, "admin/supervision.html", {**context, **shown})


def _charts(day: Day) -> list[Chart]:
    note = _("The last 24 hours, of the newest %s chats.") % grouped(LATEST)
    empty = _("There was no chat in the last 24 hours.")
    hours = [(date_format(timezone.localtime(hour), "H:i"), count) for hour, count in day.hours]
    outcomes = [(str(Engagement.Reason(reason).label), count) for reason, count in day.outcomes]
    waits = [(_wait(bound), count) for bound, count in day.waits]
    return [
        Chart("chats-by-hour", _("Chats per hour"), note, empty, _("Chats"), hours),
        Chart("waiting-times", _("Time until an agent came"), note, empty, _("Chats"), waits),
        Chart("outcomes", _("How chats ended"), note, empty, _("Chats"), outcomes),
    ]


def _wait(bound: int | None) -> str:
    return str(_("longer")) if bound is None else str(_("up to %d s") % bound)
