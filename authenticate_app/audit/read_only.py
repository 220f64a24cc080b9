"""The base of admin pages that only show."""

from typing import Any, ClassVar

from django.http import HttpRequest

from authenticate_app.audit.titles import TitledModelAdmin


class ReadOnlyModelAdmin(TitledModelAdmin):
    """Lists and shows; whoever may view the table may not write it here."""

    actions: ClassVar[Any] = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody adds a row by hand."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody changes a row by hand."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody deletes a row by hand."""
        return False
