"""``manage.py housekeeping``: rotate keys and purge old data once, for a scheduler such as cron."""

from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import Error as DatabaseFailure

from chatauth_project.housekeeping import run_all


class Command(BaseCommand):
    """Print what every step did; fail when one failed."""

    help = "Rotates signing keys and purges old data. `manage.py serve` does it every minute by itself."

    def handle(self, *args: Any, **options: Any) -> None:
        changed = _run_all()
        for step, count in changed.items():
            self.stdout.write(f"{step}: {'failed' if count is None else count}")
        if None in changed.values():
            raise CommandError("A step failed; the log says why.")


def _run_all() -> dict[str, int | None]:
    try:
        return run_all(now=datetime.now(UTC))
    except DatabaseFailure as error:
        raise CommandError(f"The database cannot be reached: {str(error).strip()}") from error
