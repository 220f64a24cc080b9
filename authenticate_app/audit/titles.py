"""The base of all admin pages: a list is titled by what it lists, and counts nothing that nobody asked for."""

from typing import Any

from django.contrib.admin import ShowFacets
from django.http import HttpRequest, HttpResponse
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
