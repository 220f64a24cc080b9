"""Whether the server lives and whether it can work, for those who watch over it."""

from datetime import UTC, datetime
from threading import Event

from django.db import Error as DatabaseFailure
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from authenticate_app.keys.selectors import why_nothing_signs

NO_DATABASE = "The database cannot be reached."
NOT_MIGRATED = "Migrations are not applied: run manage.py migrate."

_migrated = Event()
"""Set once every migration has been seen applied: that does not change while we run."""


@never_cache
@require_safe
def healthz(_request: HttpRequest) -> HttpResponse:
    """Answer 200 as long as this process works on requests."""
    return JsonResponse({"status": "alive"})


@never_cache
@require_safe
def readyz(_request: HttpRequest) -> HttpResponse:
    """Answer 200 when tokens can be issued; else 503 with every reason."""
    reasons = reasons_not_ready(now=datetime.now(UTC))
    if reasons:
        return JsonResponse({"status": "unavailable", "reasons": reasons}, status=503)
    return JsonResponse({"status": "ready"})


def reasons_not_ready(*, now: datetime) -> list[str]:
    """Return a sentence for everything that keeps the server from issuing tokens."""
    try:
        reasons = [] if _all_migrations_are_applied() else [NOT_MIGRATED]
        if not reasons and (reason := why_nothing_signs(now=now)):
            reasons = [reason]
    except DatabaseFailure:
        reasons = [NO_DATABASE]
    return reasons


def _all_migrations_are_applied() -> bool:
    if not _migrated.is_set() and not unapplied_migrations():
        _migrated.set()
    return _migrated.is_set()


def forget_migrations() -> None:
    """Look at the database again next time."""
    _migrated.clear()


def unapplied_migrations() -> list[str]:
    """Return the names of migrations that the database lacks. Raises ``django.db.Error``."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _backwards in plan]
