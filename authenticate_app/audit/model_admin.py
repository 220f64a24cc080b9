"""The base of every admin page: whatever is changed on one lands in the audit log, with before and after.

One mechanism for all of them: ``save_model`` takes a snapshot of what is stored before anything is written, and Django
calls ``log_addition``, ``log_change`` or ``log_deletions`` inside the same transaction once everything is, many-to-many
rows and inlines included. Actions of our own use ``recording``.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

from django.contrib.admin.options import InlineModelAdmin
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from authenticate_app.audit.forms import WholeRowForm
from authenticate_app.audit.services import record_change
from authenticate_app.audit.snapshots import Snapshot, masked, snapshot
from authenticate_app.audit.titles import TitledModelAdmin

Key = tuple[str, Any]


class AuditedModelAdmin(TitledModelAdmin):
    """A ``ModelAdmin`` whose every change is audited, and whose history is the audit log."""

    form = WholeRowForm
    compressed_fields = True
    warn_unsaved_form = True

    def save_model(self, request: HttpRequest, obj: Model, form: Any, change: bool) -> None:
        """Remember what is stored, then store the object."""
        if change:
            self.remember(request, obj)
        super().save_model(request, obj, form, change)

    def remember(self, request: HttpRequest, obj: Model) -> None:
        """Take the snapshot that the change about to be made is compared with."""
        _befores(request)[_key(obj)] = self.stored_state(obj)

    def has_snapshot(self, request: HttpRequest, obj: Model) -> bool:
        """Whether ``remember`` was called for ``obj``: a form of this page is being stored."""
        return _key(obj) in _befores(request)

    def stored_state(self, obj: Model) -> Snapshot | None:
        """The snapshot of the row that is stored, with the rows that this page edits together with it."""
        stored = type(obj)._default_manager.filter(pk=obj.pk).first()
        return snapshot(stored, related=self._related()) if stored else None

    def log_addition(self, request: HttpRequest, obj: Model, message: Any) -> None:
        """Audit an object that was added."""
        _record(request, obj, before=None, after=self.stored_state(obj))

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> None:
        """Audit an object that was changed."""
        before = _befores(request).pop(_key(obj), None)
        _record(request, obj, before=before, after=self.stored_state(obj))

    def log_deletions(self, request: HttpRequest, queryset: Iterable[Model]) -> None:
        """Audit objects that are about to be deleted."""
        for obj in queryset:
            _record(request, obj, before=self.stored_state(obj), after=None)

    @contextmanager
    def recording(self, request: HttpRequest, objects: Iterable[Model]) -> Iterator[None]:
        """Run the body in a transaction and audit what it changed of ``objects``."""
        watched = list(objects)
        with transaction.atomic():
            befores = [(obj, self.stored_state(obj)) for obj in watched]
            yield
            for obj, before in befores:
                _record(request, obj, before=before, after=self.stored_state(obj))

    def delete_queryset(self, request: HttpRequest, queryset: "QuerySet[Any]") -> None:
        """Delete one by one, so that what protects an object from deletion protects it here too."""
        for obj in queryset:
            self.delete_model(request, obj)

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Show the object's history where every history is: in the audit log."""
        query = urlencode({"object_type": self.opts.label_lower, "object_id": object_id})
        return HttpResponseRedirect(f"{reverse('admin:authenticate_app_auditevent_changelist')}?{query}")

    def _related(self) -> list[tuple[type[Model], str]]:
        return [(inline.model, _foreign_key(self.model, inline)) for inline in self.inlines]


def _foreign_key(parent: type[Model], inline: "type[InlineModelAdmin[Any, Any]]") -> str:
    """The inline's field that points to its parent: named, or the first that does."""
    if inline.fk_name:
        return inline.fk_name
    names: Iterator[str] = (field.name for field in inline.model._meta.concrete_fields if field.related_model is parent)
    return next(names)


def _record(request: HttpRequest, obj: Model, *, before: Snapshot | None, after: Snapshot | None) -> None:
    if before == after:
        return
    before, after = masked(before, after)
    record_change(actor=request.user, before=before, after=after, target=obj, request=request)


def _befores(request: HttpRequest) -> dict[Key, Snapshot | None]:
    """Snapshots of this request, kept on it so that they cannot outlive it or meet another's."""
    befores: dict[Key, Snapshot | None] = request.__dict__.setdefault("_audited_before", {})
    return befores


def _key(obj: Model) -> Key:
    return obj._meta.label, obj.pk
