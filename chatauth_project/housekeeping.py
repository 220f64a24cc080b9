"""What has to happen again and again: rotating keys, purging what is no longer kept."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from threading import Event, Thread

import structlog
from django.conf import settings
from django.db import Error as DatabaseFailure
from django.db import connection
from django.utils.module_loading import import_string
from prometheus_client import Counter

from authenticate_app.purging import delete_in_batches

log = structlog.get_logger("chatauth.housekeeping")

ONE_AT_A_TIME = 0x63686174617574
"""Key of the PostgreSQL advisory lock: "chataut" in ASCII."""

STEPS = Counter("chatauth_housekeeping_steps", "Steps of housekeeping by outcome.", ("step", "outcome"))

Step = Callable[..., int]


def run_all(*, now: datetime) -> dict[str, int | None]:
    """Run every step of ``settings.HOUSEKEEPING``, unless another process is at it.

    Returns how many rows each step changed, None for a step that failed. A failure is logged and
    does not keep the other steps from running. Raises ``django.db.Error`` without a database.
    """
    with _alone() as is_alone:
        if not is_alone:
            return {}
        return {path: _run(path, now=now) for path in settings.HOUSEKEEPING}


def _run(path: str, *, now: datetime) -> int | None:
    try:
        step: Step = import_string(path)
        changed = step(now=now)
    except Exception:
        STEPS.labels(path, "failed").inc()
        log.error("housekeeping step failed", step=path, exc_info=True)  # noqa: G201 - structlog
        return None
    STEPS.labels(path, "done").inc()
    if changed:
        log.info("housekeeping", step=path, changed=changed)
    return changed


def purge_sign_ins(now: datetime) -> int:
    """Delete the sign-ins to pages that have expired, in batches; return how many."""
    from django.contrib.sessions.models import Session

    return delete_in_batches(Session.objects.filter(expire_date__lt=now))


@contextmanager
def _alone() -> Iterator[bool]:
    """Tell whether this is the only process, of all hosts, that does the housekeeping now.

    The lock is that of a transaction, on a connection of its own, which stays open meanwhile. One of a session could be
    left behind in a pooler, where consecutive transactions reach different sessions.
    """
    keeper = connection.copy()
    try:
        keeper.set_autocommit(False)
        with keeper.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [ONE_AT_A_TIME])
            is_alone = bool(cursor.fetchone()[0])
        yield is_alone
    finally:
        with suppress(DatabaseFailure):  # the connection may be lost, and with it the lock
            keeper.rollback()
        keeper.close()


def start_thread(*, interval_seconds: float, also: Callable[[], None]) -> Event:
    """Do the housekeeping at once and then at every interval, until the returned event is set."""
    stop = Event()

    def repeat() -> None:
        _run_and_log(also)
        while not stop.wait(interval_seconds):
            _run_and_log(also)

    Thread(target=repeat, name="housekeeping", daemon=True).start()
    return stop


def _run_and_log(also: Callable[[], None]) -> None:
    try:
        run_all(now=datetime.now(UTC))
        also()
    except DatabaseFailure as error:
        log.error("housekeeping failed", error=type(error).__name__)  # noqa: TRY400 - no traceback needed
    finally:
        connection.close()
