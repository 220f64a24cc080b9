"""Lists of rows whose ids are UUIDs that rise with time, fast whatever their number."""

import uuid
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter

from authenticate_app.audit.filters import DaysFilter
from authenticate_app.audit.paging import NewestFirst, is_key
from authenticate_app.messages.models import Business
from authenticate_app.time_ordered import first_time_ordered_id

if TYPE_CHECKING:
    from django.db.models import QuerySet


class NewestFirstByTime(NewestFirst):
    """A list of such rows, the newest first."""

    def key_of(self, text: str) -> uuid.UUID | None:
        """Read a key from an address; None for what is none."""
        try:
            return uuid.UUID(text)
        except ValueError:
            return None


class DaysById(DaysFilter):
    """From day to day: the ids themselves tell the time."""

    def key_at(self, rows: "QuerySet[Any]", day: date) -> uuid.UUID:
        """The lowest id of that day."""
        return first_time_ordered_id(at=timezone.make_aware(datetime.combine(day, time.min)))


class BusinessFilter(DropdownFilter):
    """Those of one business."""

    title = _("business")
    parameter_name = "business"
    narrows_keys = True  # an index on (business, id)

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(key), name) for key, name in Business.objects.values_list("pk", "name")]

    def queryset(self, request: HttpRequest, queryset: "QuerySet[Any]") -> "QuerySet[Any]":
        chosen = self.value() or ""
        return queryset.filter(business_id=int(chosen)) if is_key(chosen) else queryset


class StateFilter(DropdownFilter):
    """Those in one state, of a model that has a ``State``."""

    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(model_admin.model.State.choices)

    def queryset(self, request: HttpRequest, queryset: "QuerySet[Any]") -> "QuerySet[Any]":
        return queryset.filter(state=self.value()) if self.value() else queryset
