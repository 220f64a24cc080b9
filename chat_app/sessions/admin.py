"""The admin page of chat sessions: reading only, fast whatever their number."""

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import display

from authenticate_app.accounts.models import User
from authenticate_app.audit.filters import DaysFilter
from authenticate_app.audit.owned_rows import OwnedRows
from authenticate_app.audit.paging import NewestFirst, is_key
from authenticate_app.audit.read_only import ReadOnlyModelAdmin
from chat_app.routing.models import Interface, Queue
from chat_app.sessions.models import ChatSession, ChatToken

State = ChatSession.State

SEARCH_LIMIT = 2_000
"""Sessions that a search by the beginning of a name looks at, served by the index that begins with the name."""

TONES = {
    State.AUTHENTICATED: "info",
    State.REQUESTED: "warning",
    State.ENGAGED: "success",
    State.CONCLUDED: "default",
    State.EXPIRED: "default",
}


class StateFilter(DropdownFilter):
    """Sessions in one state."""

    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(State.choices)

    def queryset(self, request: HttpRequest, queryset: "QuerySet[ChatSession]") -> "QuerySet[ChatSession]":
        """*Expired* is not stored: it is *authenticated* after the last token ran out."""
        state, ran_out = self.value(), Q(token_expires_at__lte=timezone.now())
        if state == State.EXPIRED:
            return queryset.filter(ran_out, state=State.AUTHENTICATED)
        if state == State.AUTHENTICATED:
            return queryset.filter(~ran_out, state=State.AUTHENTICATED)
        return queryset.filter(state=state) if state else queryset


class QueueFilter(DropdownFilter):
    """Sessions of one queue."""

    title = _("queue")
    parameter_name = "queue"
    narrows_keys = True  # the index on (queue, id)

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(queue.pk), str(queue)) for queue in Queue.objects.order_by("name")]

    def queryset(self, request: HttpRequest, queryset: "QuerySet[ChatSession]") -> "QuerySet[ChatSession]":
        chosen = self.value() or ""
        return queryset.filter(queue_id=chosen) if is_key(chosen) else queryset


class SessionDays(DaysFilter):
    """Sessions from day to day."""

    time_of = "created_at"


class SessionList(NewestFirst):
    """Sessions, the newest first."""

    def completed(self, page: list[Any]) -> list[Any]:
        """Fetch the names that the columns show: the keys may point to rows that are gone, so nothing is joined."""
        return _with_names(page)


class TokenInline(OwnedRows):
    """Tokens of a session."""

    model = ChatToken
    can_delete = False
    fields: ClassVar = ["jti", "issued_at", "expires_at", "claimed_at"]
    readonly_fields: ClassVar = fields
    ordering: ClassVar = ["-issued_at"]
    verbose_name_plural = _("Tokens that were issued for it")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(ChatSession)
class ChatSessionAdmin(ReadOnlyModelAdmin):
    """Chat sessions; reading only."""

    list_display: ClassVar = ["id", "auth_user_name", "state_now", "queue_shown", "interface_shown", "created_at"]
    list_display_links: ClassVar = ["id", "auth_user_name"]
    list_filter: ClassVar = [StateFilter, QueueFilter, SessionDays]
    list_filter_submit = True
    sortable_by = ()
    search_fields: ClassVar = ["auth_user_name"]
    search_help_text = _("Beginning of the end user's name")
    inlines: ClassVar = [TokenInline]
    readonly_fields: ClassVar = [
        "state_shown",
        "caller_name",
        "account_name",
        "queue_shown",
        "interface_shown",
        "asked_for",
    ]
    fieldsets: ClassVar = [
        (None, {"fields": [("auth_user_name", "state_shown"), ("interface_shown", "queue_shown")]}),
        (_("Who"), {"fields": [("caller_name", "account_name"), "client_address"]}),
        (_("When"), {"fields": ["created_at", "token_expires_at", "requested_at", "engaged_at", "concluded_at"]}),
        (_("What was asked for"), {"fields": ["asked_for"]}),
    ]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[SessionList]:
        return SessionList

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> ChatSession | None:
        session: ChatSession | None = super().get_object(request, object_id, from_field)
        return _with_names([session])[0] if session else None

    def get_search_results(
        self, request: HttpRequest, queryset: "QuerySet[ChatSession]", search_term: str
    ) -> tuple["QuerySet[ChatSession]", bool]:
        """Search by the beginning of the name through its index; no more than ``SEARCH_LIMIT`` sessions."""
        if not search_term:
            return queryset, False
        by_name = ChatSession.objects.filter(auth_user_name__startswith=search_term.strip())
        newest = by_name.order_by("-auth_user_name", "-pk").values_list("pk", flat=True)
        found = list(newest[: SEARCH_LIMIT + 1])
        if len(found) > SEARCH_LIMIT:
            messages.warning(
                request, _("More than %d sessions begin with that. Write more of the name.") % SEARCH_LIMIT
            )
        return queryset.filter(pk__in=found[:SEARCH_LIMIT]), False

    @display(description=_("state"), label={state.value: tone for state, tone in TONES.items()})
    def state_now(self, session: ChatSession) -> tuple[str, Any]:
        state = session.state_at(now=timezone.now())
        return state.value, state.label

    @display(description=_("state"))
    def state_shown(self, session: ChatSession) -> str:
        return str(session.state_at(now=timezone.now()).label)

    @display(description=_("queue"))
    def queue_shown(self, session: Any) -> str:
        return str(session.queue_name)

    @display(description=_("interface"))
    def interface_shown(self, session: Any) -> str:
        return str(session.interface_name)

    @display(description=_("caller"))
    def caller_name(self, session: ChatSession) -> str:
        return _user_name(session.caller_id)

    @display(description=_("end user's account"))
    def account_name(self, session: ChatSession) -> str:
        return _user_name(session.end_user_id)

    @display(description=_("attributes"))
    def asked_for(self, session: ChatSession) -> SafeString:
        rows = sorted(session.request.items())
        return format_html("{}", render_to_string("admin/chat_app/attributes.html", {"rows": rows}))


def _with_names(sessions: list[Any]) -> list[Any]:
    queues = Queue.objects.in_bulk({session.queue_id for session in sessions if session.queue_id})
    interfaces = Interface.objects.in_bulk({session.interface_id for session in sessions})
    for session in sessions:
        session.queue_name = str(queues.get(session.queue_id, session.queue_id or "–"))
        session.interface_name = str(interfaces.get(session.interface_id, session.interface_id))
    return sessions


def _user_name(user_id: int | None) -> str:
    if user_id is None:
        return "–"
    user = User.objects.filter(pk=user_id).first()
    return user.username if user else str(_("deleted user %d") % user_id)
