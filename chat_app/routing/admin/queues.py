"""Admin pages of queues and of the teams who serve them."""

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.contrib.postgres.aggregates import StringAgg
from django.core.exceptions import ValidationError
from django.db.models import Count, Exists, OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from authenticate_app.audit.confirmation import Question, ask
from authenticate_app.audit.model_admin import AuditedModelAdmin
from authenticate_app.audit.owned_rows import OwnedRows
from chat_app.routing import services
from chat_app.routing.admin.warnings import show_advice
from chat_app.routing.advice import served_queues
from chat_app.routing.hours import is_open
from chat_app.routing.models import Queue, QueueOverflow, QueueResource, Team
from chat_app.routing.selectors import reasons_to_keep_queue


class OverflowInline(OwnedRows):
    """Queues that take over from a queue."""

    model = QueueOverflow
    fk_name = "queue"
    fields: ClassVar = ["overflow_queue", "priority", "enabled"]
    autocomplete_fields: ClassVar = ["overflow_queue"]
    verbose_name = _("overflow queue")
    verbose_name_plural = _("Overflow: who takes over while nobody is there")


class ResourceInline(OwnedRows):
    """Who serves a queue."""

    model = QueueResource
    fields: ClassVar = ["agent", "team"]
    autocomplete_fields: ClassVar = ["agent", "team"]
    verbose_name_plural = _("Who serves it: an agent or a team in each line")


@admin.register(Queue)
class QueueAdmin(AuditedModelAdmin):
    """Queues: where chats wait for an agent."""

    list_display: ClassVar = [
        "name_and_id",
        "interface",
        "state",
        "distribution",
        "is_served",
        "open_now",
        "stripe_code",
    ]
    list_filter: ClassVar = ["interface", "enabled", "distribution", "is_default"]
    search_fields: ClassVar = ["name", "=id", "external_reference"]
    list_select_related: ClassVar = ["interface", "service_calendar"]
    autocomplete_fields: ClassVar = ["service_calendar"]
    inlines: ClassVar = [OverflowInline, ResourceInline]
    fieldsets: ClassVar = [
        (None, {"fields": [("id", "name"), "description"]}),
        (_("Where it belongs"), {"fields": ["interface", "stripe_code", "external_reference"]}),
        (
            _("How it takes chats"),
            {"fields": [("enabled", "standing"), "distribution", "service_calendar", "assumed_wait_seconds"]},
        ),
    ]

    actions_detail: ClassVar = ["make_default"]

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Queue]":
        served = Exists(served_queues().filter(pk=OuterRef("pk")))
        queues: QuerySet[Queue] = super().get_queryset(request)
        return queues.annotate(served=served).prefetch_related(
            "service_calendar__periods", "service_calendar__holidays"
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Queue | None = None) -> list[str]:
        """The number stands in answers and tokens' sessions, the interface decides the rules: both stay."""
        return ["id", "interface", "standing"] if obj else ["standing"]

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "description" and field:
            field.widget.attrs["rows"] = 3
        return field

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> Any:
        """What is the default cannot be made it."""
        stored = self.get_object(request, object_id)
        return [] if stored is not None and stored.is_default else super().get_actions_detail(request, object_id)

    def has_delete_permission(self, request: HttpRequest, obj: Queue | None = None) -> bool:
        """Only what nothing depends on can be deleted; everything else is disabled."""
        is_free = not isinstance(obj, Queue) or not reasons_to_keep_queue(queue=obj)
        return bool(super().has_delete_permission(request, obj)) and is_free

    def delete_model(self, request: HttpRequest, obj: Queue) -> None:
        services.delete_queue(queue=obj)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if request.method == "GET":
            show_advice(request, about=Queue)
        response: HttpResponse = super().changelist_view(request, extra_context)
        return response

    def changeform_view(self, request: HttpRequest, object_id: str | None = None, *args: Any, **kwargs: Any) -> Any:
        if request.method == "GET" and object_id:
            show_advice(request, about=Queue, pk=object_id)
        return super().changeform_view(request, object_id, *args, **kwargs)

    @action(description=_("Make it the default"), url_path="make-default", icon="star", permissions=["change"])
    def make_default(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, then let this queue take what nothing else of its interface takes."""
        queue = self.stored_or_404(request, object_id)
        back = reverse("admin:chat_app_queue_change", args=[queue.pk])
        if request.method != "POST":
            return ask(self, request, _default_question(queue, back))
        try:
            with self.recording(request, Queue.objects.filter(interface=queue.interface)):
                services.make_default_queue(queue=queue)
        except ValidationError as fault:
            messages.error(request, " ".join(fault.messages))
        return HttpResponseRedirect(back)

    @display(description=_("queue"), ordering="name", header=True)
    def name_and_id(self, queue: Queue) -> list[str]:
        return [queue.name, f"queueId {queue.pk}"]

    @display(description=_("default"), boolean=True)
    def standing(self, queue: Queue) -> bool:
        return queue.is_default

    @display(description=_("state"), label={"default": "info", "enabled": "success", "disabled": "danger"})
    def state(self, queue: Queue) -> tuple[str, Any]:
        if queue.is_default:
            return "default", _("default")
        return ("enabled", _("enabled")) if queue.enabled else ("disabled", _("disabled"))

    @display(description=_("served"), boolean=True)
    def is_served(self, queue: Any) -> bool:
        return bool(queue.served)

    @display(description=_("now"), label={"open": "success", "closed": "danger"})
    def open_now(self, queue: Queue) -> tuple[str, Any]:
        is_open_now = is_open(queue.service_calendar, timezone.now())
        return ("open", _("open")) if is_open_now else ("closed", _("closed"))


def _default_question(queue: Queue, back: str) -> Question:
    return Question(
        title=_("Make “%s” the default queue?") % queue.name,
        text=_("It takes from now on what nothing else of the interface “%s” takes, instead of the present default.")
        % queue.interface.name,
        button=_("Make it the default"),
        back=back,
    )


@admin.register(Team)
class TeamAdmin(AuditedModelAdmin):
    """Teams of agents."""

    list_display: ClassVar = ["name", "number_of_members", "queues"]
    search_fields: ClassVar = ["name"]
    autocomplete_fields: ClassVar = ["members"]
    fieldsets: ClassVar = [(None, {"fields": ["name", "members"]})]

    def get_queryset(self, request: HttpRequest) -> Any:
        served = QueueResource.objects.filter(team=OuterRef("pk")).order_by().values("team")
        names = served.annotate(names=StringAgg("queue__name", delimiter=", ", order_by="queue__name")).values("names")
        return super().get_queryset(request).annotate(queue_names=Subquery(names), size=Count("members"))

    @display(description=_("members"))
    def number_of_members(self, team: Any) -> int:
        return int(team.size)

    @display(description=_("queues"))
    def queues(self, team: Any) -> str:
        return team.queue_names or "–"
