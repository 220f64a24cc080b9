"""The admin page of engagements: reading only, with their transcripts, fast whatever their number."""

from tempfile import SpooledTemporaryFile
from typing import Any, ClassVar, Final

from django.contrib import admin, messages
from django.contrib.postgres.search import SearchQuery, SearchVector
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import action, display

from authenticate_app.accounts.names import name_key
from authenticate_app.audit.confirmation import Question, ask
from authenticate_app.audit.events import Event
from authenticate_app.audit.filters import DaysFilter
from authenticate_app.audit.paging import NewestFirst, is_key
from authenticate_app.audit.read_only import ReadOnlyModelAdmin
from authenticate_app.audit.services import record_of_request
from chat_app.engagement.happenings import happenings, latest
from chat_app.engagement.models import Engagement, TranscriptMessage
from chat_app.engagement.privacy import services as privacy
from chat_app.engagement.privacy.report import Report
from chat_app.engagement.transcripts import as_json, as_text, part_of
from chat_app.routing.models import Interface, Queue

State = Engagement.State

SEARCH_LIMIT = 2_000
"""Engagements of one end user, and messages with the words, that a search looks at."""

TONES = {State.WAITING: "warning", State.ENGAGED: "success", State.CONCLUDED: "default"}

EXPORTS = {"txt": (as_text, "text/plain; charset=utf-8"), "json": (as_json, "application/json")}
"""How a transcript can be taken away: by the ending of the file's name."""
IN_MEMORY: Final = 1024 * 1024
"""Bytes of a transcript that is taken away; a longer one waits in a temporary file."""


class StateFilter(DropdownFilter):
    """Engagements in one state."""

    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(State.choices)

    def queryset(self, request: HttpRequest, queryset: "QuerySet[Engagement]") -> "QuerySet[Engagement]":
        return queryset.filter(state=self.value()) if self.value() else queryset


class QueueFilter(DropdownFilter):
    """Engagements of one queue."""

    title = _("queue")
    parameter_name = "queue"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(queue.pk), str(queue)) for queue in Queue.objects.order_by("name")]

    def queryset(self, request: HttpRequest, queryset: "QuerySet[Engagement]") -> "QuerySet[Engagement]":
        chosen = self.value() or ""
        return queryset.filter(queue_id=chosen) if is_key(chosen) else queryset


class EngagementDays(DaysFilter):
    """Engagements that were asked for from day to day."""

    time_of = "requested_at"


class EngagementList(NewestFirst):
    """Engagements, the newest first."""

    def completed(self, page: list[Any]) -> list[Any]:
        """Fetch the names that the columns show: the keys may point to rows that are gone, so nothing is joined."""
        return _with_names(page)


@admin.register(Engagement)
class EngagementAdmin(ReadOnlyModelAdmin):
    """Engagements; reading only."""

    list_display: ClassVar = ["id", "auth_user_name", "state_now", "queue_shown", "interface_shown", "requested_at"]
    list_display_links: ClassVar = ["id", "auth_user_name"]
    list_filter: ClassVar = [StateFilter, QueueFilter, EngagementDays]
    list_filter_submit = True
    sortable_by = ()
    search_fields: ClassVar = ["auth_user_name"]
    search_help_text = _("The end user's whole name, or words that were written")
    readonly_fields: ClassVar = [
        "state_shown",
        "queue_shown",
        "interface_shown",
        "known",
        "people",
        "history",
        "transcript",
        "exports",
    ]
    fieldsets: ClassVar = [
        (None, {"fields": [("auth_user_name", "state_shown"), ("interface_shown", "queue_shown")]}),
        (_("What was written"), {"fields": ["transcript", "exports"]}),
        (_("Who took part"), {"fields": ["people"]}),
        (_("What happened"), {"fields": ["history"]}),
        (_("When"), {"fields": [("requested_at", "engaged_at"), ("last_written_at", "concluded_at")]}),
        (_("What is known of the customer"), {"fields": ["known"]}),
    ]

    actions_detail: ClassVar = ["erase_customer"]

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.export)
        own = [path("<path:object_id>/transcript.<str:form>", view, name="chat_app_engagement_transcript")]
        return [*own, *super().get_urls()]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[EngagementList]:
        return EngagementList

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Engagement | None:
        engagement: Any = super().get_object(request, object_id, from_field)
        if engagement is None:
            return None
        engagement.part_number = request.GET.get("part")
        found: Engagement = _with_names([engagement])[0]
        return found

    def get_search_results(
        self, request: HttpRequest, queryset: "QuerySet[Engagement]", search_term: str
    ) -> tuple["QuerySet[Engagement]", bool]:
        """Search by the whole name and by words of transcripts, each through its index, each up to a limit."""
        if not search_term:
            return queryset, False
        by_words = list(_messages_with(search_term).values_list("engagement_id", flat=True)[: SEARCH_LIMIT + 1])
        if len(by_words) > SEARCH_LIMIT:
            text = _("More than %d messages hold these words. Write more of them.") % SEARCH_LIMIT
            messages.warning(request, text)
        by_name = Engagement.objects.filter(end_user_key=name_key(search_term.strip())).order_by("-end_user_key", "-pk")
        found = {*by_words, *by_name.values_list("pk", flat=True)[:SEARCH_LIMIT]}
        return queryset.filter(pk__in=found), False

    def export(self, request: HttpRequest, object_id: str, form: str) -> FileResponse:
        """Answer the whole transcript as a file, and write into the audit log that somebody took it.

        Raises ``PermissionDenied``, and ``Http404`` for what is not there.
        """
        if not self.has_view_permission(request):
            raise PermissionDenied
        if form not in EXPORTS:
            raise Http404
        engagement = self.stored_or_404(request, object_id)
        write, content_type = EXPORTS[form]
        record_of_request(request, event=Event.TRANSCRIPT_EXPORTED, reason=form, actor=request.user, target=engagement)
        # Written here, not while it is sent: whoever reads slowly would hold a connection to the database.
        file = SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - the answer closes it
        file.writelines(piece.encode() for piece in write(engagement))
        file.seek(0)
        name = f"chat-{engagement.pk}.{form}"
        return FileResponse(file, as_attachment=True, filename=name, content_type=content_type)

    def has_erase_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """What is erased reaches far beyond chats: superusers alone."""
        return bool(request.user.is_superuser)

    @action(description=_("Erase this customer's data"), url_path="erase", icon="person_remove", permissions=["erase"])
    def erase_customer(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show what there is about the customer and ask, then erase it in all tables (docs/personal-data.md)."""
        engagement = self.stored_or_404(request, object_id)
        name = engagement.auth_user_name
        if request.method != "POST":
            back = reverse("admin:chat_app_engagement_change", args=[engagement.pk])
            return ask(self, request, _erase_question(name, back))
        report = privacy.erase(name=name, actor=request.user, now=timezone.now())
        messages.success(request, _said_of(report))
        return HttpResponseRedirect(reverse("admin:chat_app_engagement_changelist"))

    @display(description=_("state"), label={state.value: tone for state, tone in TONES.items()})
    def state_now(self, engagement: Engagement) -> tuple[str, Any]:
        return engagement.state, engagement.get_state_display()

    @display(description=_("state"))
    def state_shown(self, engagement: Engagement) -> str:
        if not engagement.reason:
            return str(engagement.get_state_display())
        return f"{engagement.get_state_display()}: {engagement.get_reason_display()}"

    @display(description=_("queue"))
    def queue_shown(self, engagement: Any) -> str:
        return str(engagement.queue_name)

    @display(description=_("interface"))
    def interface_shown(self, engagement: Any) -> str:
        return str(engagement.interface_name)

    @display(description=_("attributes"))
    def known(self, engagement: Engagement) -> SafeString:
        return _rendered("attributes", {"rows": sorted(engagement.properties.items())})

    @display(description=_("participants"))
    def people(self, engagement: Engagement) -> SafeString:
        return _rendered("participants", {"people": latest(engagement.participants.all())})

    @display(description=_("in order"))
    def history(self, engagement: Engagement) -> SafeString:
        return _rendered("happenings", {"history": happenings(engagement)})

    @display(description=_("conversation"))
    def transcript(self, engagement: Any) -> SafeString:
        return _rendered("transcript", {"part": part_of(engagement, engagement.part_number)})

    @display(description=_("take it away"))
    def exports(self, engagement: Engagement) -> SafeString:
        links = {form: reverse("admin:chat_app_engagement_transcript", args=[engagement.pk, form]) for form in EXPORTS}
        return _rendered("exports", {"links": links})


def _erase_question(name: str, back: str) -> Question:
    tables = privacy.find(name=name).tables
    found = ", ".join(f"{table} {lines.found}" for table, lines in tables.items() if lines.found)
    return Question(
        title=_("Erase everything about “%s”?") % name,
        text=_("It cannot be undone. Rows that were found: %s.") % found,
        button=_("Erase this customer's data"),
        back=back,
        is_dangerous=True,
    )


def _said_of(report: Report) -> str:
    tables = report.tables.values()
    return _("Erased: %(erased)d rows; left: %(left)d. %(why)s") % {
        "erased": sum(lines.erased + lines.blanked for lines in tables),
        "left": sum(lines.left for lines in tables),
        "why": " ".join(dict.fromkeys(str(why) for lines in tables for why in lines.why)),
    }


def _messages_with(words: str) -> "QuerySet[TranscriptMessage]":
    vector = SearchVector("body", config="simple")
    query = SearchQuery(words, config="simple", search_type="websearch")
    return TranscriptMessage.objects.annotate(words=vector).filter(words=query).order_by()


def _rendered(template: str, context: dict[str, Any]) -> SafeString:
    return format_html("{}", render_to_string(f"admin/chat_app/{template}.html", context))


def _with_names(engagements: list[Any]) -> list[Any]:
    queues = Queue.objects.in_bulk({engagement.queue_id for engagement in engagements})
    interfaces = Interface.objects.in_bulk({engagement.interface_id for engagement in engagements})
    for engagement in engagements:
        engagement.queue_name = str(queues.get(engagement.queue_id, engagement.queue_id))
        engagement.interface_name = str(interfaces.get(engagement.interface_id, engagement.interface_id))
    return engagements
