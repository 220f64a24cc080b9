"""Lists of tables that grow large: newest first, page by page, never counted.

A page is found by the key of the last row of the page before (``?before=``), so that the thousandth page costs what
the first one does. For each page a bounded stretch of rows is looked at (``SCAN_LIMIT``): if a rare value does not
fill a page within it, the page says how far it looked, and the next one goes on from there. Times are turned into
keys by bisection: keys rise with time, so no index on the time is needed.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from django.core.paginator import Page, Paginator
from django.db.models import Max, Min, QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property
from unfold.views import ChangeList

BEFORE: Final = "before"
"""The parameter that holds the key of the last row of the page before."""

SCAN_LIMIT: Final = 20_000
"""Rows looked at for one page: some tens of milliseconds at most."""


class UncountedPaginator(Paginator):  # type: ignore[type-arg]
    """What Django's list needs of a paginator, for rows that are on the page already."""

    template_name = "admin/older_rows.html"

    @cached_property
    def count(self) -> int:
        """The rows on the page: how many others there are is what nobody counts."""
        return len(self.object_list)

    def page(self, number: int | str) -> "Page[Any]":
        """All rows given are the page."""
        return Page(self.object_list, 1, self)


class NewestFirst(ChangeList):
    """A change list over rows whose keys rise with time."""

    before: Any = None
    """The key that all rows of this page are below; ``None`` on the first page."""
    next_before: Any = None
    """The same of the next page; ``None`` on the last one."""
    looked_through: int = 0
    """How many rows were looked at for this page, if that is what ended it."""

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> "QuerySet[Any]":
        """Apply the filters; the place in the list is not one of them, and a filter begins at the top again."""
        before = self.params.pop(BEFORE, "")
        self.filter_params.pop(BEFORE, None)
        self.before = self.key_of(before)
        queryset: QuerySet[Any] = super().get_queryset(request, exclude_parameters)
        return queryset

    def key_of(self, text: str) -> Any:
        """Read a key from an address; None for what is none."""
        return int(text) if is_key(text) else None

    def get_ordering(self, request: HttpRequest, queryset: "QuerySet[Any]") -> list[str]:
        """The one order that costs the same on every page."""
        return ["-pk"]

    def stretch(self, request: HttpRequest) -> "QuerySet[Any]":
        """The rows that pages are looked for in: narrowed by those filters that an index on (column, key) serves.

        Such a filter says so by an attribute ``narrows_keys``.
        """
        rows: QuerySet[Any] = self.root_queryset
        for chosen in self.filter_specs:
            if getattr(chosen, "narrows_keys", False):
                rows = chosen.queryset(request, rows)
        return rows

    def get_results(self, request: HttpRequest) -> None:
        """Read one page, and find out where the next one begins."""
        rows = self.stretch(request).order_by("-pk")
        if self.before is not None:
            rows = rows.filter(pk__lt=self.before)
        last_looked_at = rows.values_list("pk", flat=True)[SCAN_LIMIT - 1 : SCAN_LIMIT].first()
        self._show(list(self._within(last_looked_at)[: self.list_per_page + 1]), last_looked_at)

    def _within(self, last_looked_at: Any) -> "QuerySet[Any]":
        rows: QuerySet[Any] = self.queryset
        if self.before is not None:
            rows = rows.filter(pk__lt=self.before)
        return rows if last_looked_at is None else rows.filter(pk__gte=last_looked_at)

    def _show(self, rows: list[Any], last_looked_at: Any = None) -> None:
        page = rows[: self.list_per_page]
        if len(rows) > len(page):
            self.next_before = page[-1].pk
        elif last_looked_at is not None:
            self.next_before, self.looked_through = last_looked_at, SCAN_LIMIT
        self.result_list = self.completed(page)
        self.paginator = UncountedPaginator(self.result_list, self.list_per_page)
        self.result_count = self.full_result_count = len(page)
        self.show_full_result_count = self.show_admin_actions = self.can_show_all = self.multi_page = False

    def completed(self, page: list[Any]) -> list[Any]:
        """Add to the rows of a page what their columns need besides; nothing, unless overridden."""
        return page

    def older_address(self) -> str:
        """The address of the next page, with the same filters."""
        address: str = self.get_query_string({BEFORE: self.next_before})
        return address

    def newest_address(self) -> str:
        """The address of the first page, with the same filters."""
        address: str = self.get_query_string()
        return address


def is_key(text: str) -> bool:
    """Whether ``text``, from an address or a form, can be the key of a row: digits, not too many for 64 bits."""
    return text.isdecimal() and len(text) < len(str(2**63))


def first_key_since(rows: "QuerySet[Any]", moment: datetime, *, time_of: str) -> int:
    """The lowest key that a row from ``moment`` on can have, found by bisection over the primary key.

    ``time_of`` names the column with the row's time. Some thirty look-ups by key at most, whatever the table's size.
    """
    ends = rows.aggregate(lowest=Min("pk"), highest=Max("pk"))
    low, high = ends["lowest"] or 0, (ends["highest"] or 0) + 1
    return _bisect(low, high, lambda key: _is_since(rows, key, moment, time_of))


def _bisect(low: int, high: int, is_since: Callable[[int], bool]) -> int:
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if is_since(middle) else (middle + 1, high)
    return low


def _is_since(rows: "QuerySet[Any]", key: int, moment: datetime, time_of: str) -> bool:
    """Whether the first row from ``key`` on is from ``moment`` or later; past the end it is."""
    found = rows.filter(pk__gte=key).order_by("pk").values_list(time_of, flat=True).first()
    return found is None or found >= moment
