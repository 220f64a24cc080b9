"""``manage.py serve``: the production start."""

import time
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error as DatabaseFailure

from chatauth_project.serving import Started, StartFault, refuse_faults, serve


class Command(BaseCommand):
    """Start the workers and watch over them until SIGINT or SIGTERM."""

    help = "Serves with WORKERS processes on HOST and PORT (docs/settings.md)."
    requires_system_checks = []  # noqa: RUF012 - Django's form; ``refuse_faults`` runs them all

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--migrate", action="store_true", help="bring the database up to date first")

    def handle(self, *args: Any, **options: Any) -> None:
        began = time.monotonic()
        try:
            if options["migrate"]:
                call_command("migrate", interactive=False, verbosity=0)
            refuse_faults()
            serve(began=began, on_ready=self._tell)
        except StartFault as fault:
            raise CommandError(_list(fault.sentences), returncode=2) from fault
        except DatabaseFailure as error:
            raise CommandError(_list([f"The database cannot be used: {error}"]), returncode=2) from error

    def _tell(self, started: Started) -> None:
        self.stdout.write(f"Ready on {started.address} after {started.seconds:.1f} s.")
        self.stdout.flush()


def _list(sentences: list[str]) -> str:
    return "The server cannot start:\n" + "\n".join(f"* {sentence}" for sentence in sentences)
