"""``manage.py work``: a process that works on background jobs."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from chatauth_project.job_process import DatabaseAway, run
from chatauth_project.serving import StartFault, refuse_faults


class Command(BaseCommand):
    """Work on background jobs until SIGINT or SIGTERM."""

    help = "Works on background jobs. `manage.py serve` starts JOB_WORKERS such processes by itself."
    requires_system_checks = []  # noqa: RUF012 - Django's form; ``refuse_faults`` runs them all

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--supervisor", type=int, help="the process that this one ends with (set by the server)")

    def handle(self, *args: Any, **options: Any) -> None:
        supervisor: int | None = options["supervisor"]
        try:
            if supervisor is None:
                refuse_faults()
            run(supervisor=supervisor)
        except StartFault as fault:
            raise CommandError("\n".join(fault.sentences), returncode=2) from fault
        except DatabaseAway as error:
            raise CommandError(str(error)) from error
