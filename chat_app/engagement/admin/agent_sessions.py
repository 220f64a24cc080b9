"""The admin page of agents' sessions: who is signed on, who was, and an end to one that should not go on."""

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import action, display

from authenticate_app.audit.confirmation import Question, ask
from authenticate_app.audit.events import Event
from authenticate_app.audit.filters import DaysFilter
from authenticate_app.audit.paging import NewestFirst
from authenticate_app.audit.read_only import ReadOnlyModelAdmin
from authenticate_app.audit.services import record_of_request
from chat_app.engagement import agent_sessions
from chat_app.engagement.models import AgentSession, Mailbox
from chat_app.routing.models import Queue

ENDED = "ended"
TONES = {Mailbox.Connection.ACTIVE.value: "success", Mailbox.Connection.ABSENT.value: "warning", ENDED: "default"}


class RunningFilter(DropdownFilter):
    """Sessions that run, or that have ended."""

    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("on", pgettext_lazy("agent", "signed on")), (ENDED, pgettext_lazy("agent session", "ended"))]

    def queryset(self, request: HttpRequest, queryset: "QuerySet[AgentSession]") -> "QuerySet[AgentSession]":
        chosen = self.value()
        return queryset.filter(ended_at__isnull=chosen == "on") if chosen in ("on", ENDED) else queryset


class SignOnDays(DaysFilter):
    """Sessions that began from day to day."""

    time_of = "signed_on_at"


@admin.register(AgentSession)
class AgentSessionAdmin(ReadOnlyModelAdmin):
    """Agents' sessions; reading only, but for an end."""

    list_display: ClassVar = ["name", "user", "state", "interface", "capacity", "signed_on_at", "ended_at"]
    list_display_links: ClassVar = ["name"]
    list_filter: ClassVar = [RunningFilter, SignOnDays]
    list_filter_submit = True
    list_select_related: ClassVar = ["user", "interface", "mailbox"]
    sortable_by = ()
    search_fields: ClassVar = ["user__username"]
    search_help_text = _("Part of the agent's user name")
    readonly_fields: ClassVar = ["state_shown", "last_seen_at", "queues_shown"]
    fieldsets: ClassVar = [
        (None, {"fields": [("name", "user"), ("state_shown", "interface")]}),
        (_("What they are ready for"), {"fields": ["capacity", "queues_shown"]}),
        (_("When"), {"fields": [("signed_on_at", "last_seen_at"), "idle_since", ("ended_at", "end")]}),
    ]
    actions_detail: ClassVar = ["end_session"]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[NewestFirst]:
        return NewestFirst

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> Any:
        """What has ended cannot be ended."""
        stored = self.get_object(request, object_id)
        is_over = stored is not None and stored.ended_at is not None
        return [] if is_over else super().get_actions_detail(request, object_id)

    def has_end_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Whoever may change agents' sessions; no form does."""
        return bool(request.user.has_perm("chat_app.change_agentsession"))

    @action(description=_("End this session"), url_path="end", icon="logout", permissions=["end"])
    def end_session(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, then sign the agent off; their chats go back to the queues, ahead of the others."""
        session = self.stored_or_404(request, object_id)
        back = reverse("admin:chat_app_agentsession_change", args=[session.pk])
        if request.method != "POST":
            return ask(self, request, _question(session, back))
        why = AgentSession.End.ADMIN_ENDED
        if agent_sessions.end(session_ids=[session.pk], why=why, now=timezone.now()):
            record_of_request(request, event=Event.AGENT_SESSION_ENDED, actor=request.user, target=session)
            messages.success(request, _("The session has ended."))
        else:
            messages.info(request, _("The session had ended already."))
        return HttpResponseRedirect(back)

    @display(description=_("state"), label=TONES)
    def state(self, session: AgentSession) -> tuple[str, Any]:
        if session.ended_at is not None:
            return ENDED, pgettext_lazy("agent session", "ended")
        return session.mailbox.connection, session.mailbox.get_connection_display()

    @display(description=_("state"))
    def state_shown(self, session: AgentSession) -> str:
        return str(self.state(session)[1])

    @display(description=_("last sign of life"))
    def last_seen_at(self, session: AgentSession) -> Any:
        return session.mailbox.last_seen_at

    @display(description=_("queues"))
    def queues_shown(self, session: AgentSession) -> str:
        if session.queue_ids is None:
            return str(_("all that they serve"))
        return ", ".join(str(queue) for queue in Queue.objects.filter(pk__in=session.queue_ids)) or "–"


def _question(session: AgentSession, back: str) -> Question:
    return Question(
        title=_("End the session of %s?") % session.name,
        text=_(
            "Their chats go back to the queues, ahead of those who came later. They can sign on again: to keep them "
            "out, take the role from them."
        ),
        button=_("End this session"),
        back=back,
        is_dangerous=True,
    )
