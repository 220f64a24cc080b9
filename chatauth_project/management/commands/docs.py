"""``manage.py docs``: write the pages of docs/ that come from the code."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from chatauth_project.generated_docs import stale_pages, write_all


class Command(BaseCommand):
    """Write what is out of date, or with ``--check`` only say what is."""

    help = "Writes the pages of docs/ that are made from the code."
    requires_system_checks = []  # noqa: RUF012 - Django's form; pages do not depend on them

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="fail when a page is out of date")

    def handle(self, *args: Any, **options: Any) -> None:
        root = Path(settings.BASE_DIR)
        if options["check"]:
            _refuse_stale(root)
        for path in [] if options["check"] else write_all(root):
            self.stdout.write(f"Wrote {path}")


def _refuse_stale(root: Path) -> None:
    stale = stale_pages(root)
    if stale:
        raise CommandError(f"Out of date: {', '.join(stale)}. Run make docs and commit what it wrote.")
