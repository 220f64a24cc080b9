"""Admin pages of hours of service."""

import zoneinfo
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelect2Widget

from authenticate_app.audit.model_admin import AuditedModelAdmin
from authenticate_app.audit.owned_rows import OwnedRows
from chat_app.routing.hours import is_open
from chat_app.routing.models import Holiday, ServiceCalendar, ServicePeriod


class PeriodInline(OwnedRows):
    """Weekly periods of a calendar."""

    model = ServicePeriod
    fields: ClassVar = ["weekday", "opens_at", "closes_at"]


class HolidayInline(OwnedRows):
    """Days without service of a calendar."""

    model = Holiday
    fields: ClassVar = ["date", "name"]


@admin.register(ServiceCalendar)
class ServiceCalendarAdmin(AuditedModelAdmin):
    """Calendars of service: when people are there to answer."""

    list_display: ClassVar = ["name", "time_zone", "open_now", "queues_that_use_it"]
    search_fields: ClassVar = ["name"]
    inlines: ClassVar = [PeriodInline, HolidayInline]
    fieldsets: ClassVar = [(None, {"fields": ["name", "time_zone"]})]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("periods", "holidays", "queue_set")

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "time_zone":
            names = sorted(zoneinfo.available_timezones())
            kwargs["widget"] = UnfoldAdminSelect2Widget(choices=[(name, name) for name in names])
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    @display(description=_("now"), label={"open": "success", "closed": "danger"})
    def open_now(self, calendar: ServiceCalendar) -> tuple[str, Any]:
        return ("open", _("open")) if is_open(calendar, timezone.now()) else ("closed", _("closed"))

    @display(description=_("queues"))
    def queues_that_use_it(self, calendar: Model) -> str:
        return ", ".join(queue.name for queue in calendar.queue_set.all())  # type: ignore[attr-defined]
