"""Filters for lists that are read by key (see ``paging``): they narrow the rows that are looked at."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextInputWidget

from authenticate_app.audit.paging import first_key_since

FROM, TO = "from", "to"


class DaysForm(forms.Form):
    """The first and the last day, both included."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, label in ((FROM, _("From")), (TO, _("Up to and including"))):
            self.fields[name] = forms.DateField(
                label=label, required=False, widget=UnfoldAdminTextInputWidget(attrs={"type": "date"})
            )


class DaysFilter(admin.ListFilter):
    """From day to day, in the server's time zone. Subclasses name the column with the time (``time_of``)."""

    title = _("time")
    template = "admin/days_filter.html"
    narrows_keys = True
    time_of: ClassVar[str]

    def __init__(self, request: HttpRequest, params: dict[str, Any], model: type[Model], model_admin: Any) -> None:
        super().__init__(request, params, model, model_admin)
        for name in (FROM, TO):
            if name in params:
                self.used_parameters[name] = params.pop(name)[-1]

    def has_output(self) -> bool:
        """There is always something to choose."""
        return True

    def choices(self, changelist: Any) -> Iterator[dict[str, Any]]:
        """The form, filled in."""
        yield {"form": DaysForm(self.used_parameters, auto_id="filter_%s")}

    def expected_parameters(self) -> list[str | None]:
        """Our names in the address."""
        return [FROM, TO]

    def queryset(self, request: HttpRequest, queryset: "QuerySet[Any]") -> "QuerySet[Any]":
        """Turn the days into keys; a day that is none is ignored."""
        first, last = (_day(str(self.used_parameters.get(name, ""))) for name in (FROM, TO))
        if first is not None:
            queryset = queryset.filter(pk__gte=self.key_at(queryset, first))
        if last is not None and last < date.max:
            queryset = queryset.filter(pk__lt=self.key_at(queryset, last + timedelta(days=1)))
        return queryset

    def key_at(self, rows: "QuerySet[Any]", day: date) -> Any:
        """The lowest key that a row of that day can have."""
        midnight = timezone.make_aware(datetime.combine(day, time.min))
        return first_key_since(rows.model._default_manager.all(), midnight, time_of=self.time_of)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
