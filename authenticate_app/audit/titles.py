"""The base of all admin pages: titled by what they list, and sure-footed with addresses that somebody made up."""

from typing import Any

from django.contrib.admin import ShowFacets
from django.contrib.admin.options import IncorrectLookupParameters
from django.db import DataError
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.text import capfirst
from unfold.admin import ModelAdmin


class TitledModelAdmin(ModelAdmin):
    """Titles a list "Queues" where Django says "Select queue to change"."""

    list_filter_sheet = False
    show_facets = ShowFacets.NEVER  # each would count the whole table, and some are large
    list_per_page = 50

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Show the list."""
        title = {"title": capfirst(str(self.opts.verbose_name_plural))}
        response: HttpResponse = super().changelist_view(request, {**title, **(extra_context or {})})
        return response

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Take a filter that no column can hold, such as a number of 400 digits, as Django takes other wrong ones."""
        try:
            return super().get_changelist_instance(request)
        except (DataError, OverflowError, TypeError, ValueError) as fault:
            if not request.GET:
                raise
            raise IncorrectLookupParameters from fault

    def stored_or_404(self, request: HttpRequest, object_id: str) -> Any:
        """Return the row of this page's table. Raises ``Http404``, also for an id that is none."""
        stored = self.get_object(request, object_id)
        if stored is None:
            raise Http404
        return stored
