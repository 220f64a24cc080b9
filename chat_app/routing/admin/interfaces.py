"""Admin pages of interfaces."""

from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import BigIntegerField, Count, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminTextInputWidget

from authenticate_app.audit.confirmation import Question, ask
from authenticate_app.audit.forms import WholeRowForm
from authenticate_app.audit.model_admin import AuditedModelAdmin
from chat_app.routing import services
from chat_app.routing.models import Interface, Queue
from chat_app.routing.selectors import reasons_to_keep_interface


class NewInterfaceForm(WholeRowForm):
    """An interface and the default queue that it cannot be without."""

    default_queue_id = forms.IntegerField(
        label=_("Its default queue: id"),
        min_value=1,
        max_value=BigIntegerField.MAX_BIGINT,
        widget=UnfoldAdminIntegerFieldWidget(),
        help_text=_("The queueId of answers. The queue takes what no rule takes."),
    )
    default_queue_name = forms.CharField(
        label=_("Its default queue: name"), max_length=80, widget=UnfoldAdminTextInputWidget()
    )

    class Meta:
        model = Interface
        fields = "__all__"

    def clean_default_queue_id(self) -> int:
        """Refuse the id of a queue that there is."""
        queue_id: int = self.cleaned_data["default_queue_id"]
        if Queue.objects.filter(pk=queue_id).exists():
            raise ValidationError(_("There is a queue with this id already. Choose another one."))
        return queue_id


@admin.register(Interface)
class InterfaceAdmin(AuditedModelAdmin):
    """Interfaces: the front doors of the chat service."""

    list_display: ClassVar = ["name_and_id", "state", "business_unit_org_id", "chat_site_name", "chat_server", "queues"]
    list_filter: ClassVar = ["enabled"]
    search_fields: ClassVar = ["name", "=id", "chat_site_name", "business_unit_org_id"]
    fieldsets: ClassVar = [
        (None, {"fields": [("id", "name")]}),
        (_("Which requests come here"), {"fields": [("enabled", "standing"), "business_unit_org_id"]}),
        (
            _("Where the chat server answers"),
            {"fields": [("chat_site_name", "pool_id"), ("domain", "port"), "allowed_origins"]},
        ),
    ]

    actions_detail: ClassVar = ["make_default"]
    add_fieldsets: ClassVar = [
        *fieldsets,
        (_("The queue that takes what nothing else takes"), {"fields": [("default_queue_id", "default_queue_name")]}),
    ]

    def get_form(self, request: HttpRequest, obj: Interface | None = None, **kwargs: Any) -> Any:
        """Ask for the default queue when the interface is new."""
        return super().get_form(request, obj, **kwargs if obj else {**kwargs, "form": NewInterfaceForm})

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Interface]":
        interfaces: QuerySet[Interface] = super().get_queryset(request)
        return interfaces.annotate(queue_count=Count("queues"))

    def get_readonly_fields(self, request: HttpRequest, obj: Interface | None = None) -> list[str]:
        """The number stands in sessions and in clients' requests: it stays."""
        return ["id", "standing"] if obj else ["standing"]

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> Any:
        """What is the default cannot be made it."""
        stored = self.get_object(request, object_id)
        return [] if stored is not None and stored.is_default else super().get_actions_detail(request, object_id)

    def has_delete_permission(self, request: HttpRequest, obj: Interface | None = None) -> bool:
        """The default interface stays. What else keeps one is asked for when it is to be deleted: that may be slow."""
        is_default = isinstance(obj, Interface) and obj.is_default
        return bool(super().has_delete_permission(request, obj)) and not is_default

    def delete_model(self, request: HttpRequest, obj: Interface) -> None:
        services.delete_interface(interface=obj)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Its default queue and its rules go with it, whatever protects them from being deleted by themselves."""
        to_delete, counts, _permissions, _protected = super().get_deleted_objects(objs, request)
        reasons = [reason for each in objs for reason in reasons_to_keep_interface(interface=each)]
        return to_delete, counts, set(), reasons

    @action(description=_("Make it the default"), url_path="make-default", icon="star", permissions=["change"])
    def make_default(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, then let this interface take what no business unit claims."""
        interface = self.stored_or_404(request, object_id)
        back = reverse("admin:chat_app_interface_change", args=[interface.pk])
        if request.method != "POST":
            return ask(self, request, _default_question(interface, back))
        try:
            with self.recording(request, Interface.objects.all()):
                services.make_default_interface(interface=interface)
        except ValidationError as fault:
            messages.error(request, " ".join(fault.messages))
        return HttpResponseRedirect(back)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Store the interface; a new one comes with its default queue."""
        if change:
            super().save_model(request, obj, form, change)
        else:
            queue = Queue(id=form.cleaned_data["default_queue_id"], name=form.cleaned_data["default_queue_name"])
            services.create_interface(interface=obj, default_queue=queue)

    @display(description=_("interface"), ordering="name", header=True)
    def name_and_id(self, interface: Interface) -> list[str]:
        return [interface.name, f"interfaceId {interface.pk}"]

    @display(description=_("default"), boolean=True)
    def standing(self, interface: Interface) -> bool:
        return interface.is_default

    @display(description=_("state"), label={"default": "info", "enabled": "success", "disabled": "danger"})
    def state(self, interface: Interface) -> tuple[str, Any]:
        if not interface.enabled:
            return "disabled", _("disabled")
        return ("default", _("default")) if interface.is_default else ("enabled", _("enabled"))

    @display(description=_("chat server"))
    def chat_server(self, interface: Interface) -> str:
        domain = interface.domain or settings.CHAT_SERVER_URL.partition("://")[2]
        return f"{domain}:{interface.port}" if interface.port else domain

    @display(description=_("queues"))
    def queues(self, interface: Any) -> SafeString:
        address = f"{reverse('admin:chat_app_queue_changelist')}?interface__id__exact={interface.pk}"
        count = interface.queue_count
        return format_html('<a href="{}">{}</a>', address, ngettext("%d queue", "%d queues", count) % count)


def _default_question(interface: Interface, back: str) -> Question:
    return Question(
        title=_("Make “%s” the default interface?") % interface.name,
        text=_("Requests that no business unit claims come to it from now on, instead of to the present default."),
        button=_("Make it the default"),
        back=back,
    )
