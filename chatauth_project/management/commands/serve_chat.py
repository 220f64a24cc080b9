"""``manage.py serve_chat``: the chat server alone, for a host of its own."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from chatauth_project import chat_server, loop_process, serving
from chatauth_project.serving import StartFault, refuse_faults


class Command(BaseCommand):
    """Start the processes of the chat server and watch over them until SIGINT or SIGTERM."""

    help = "Serves the chat with CHAT_WORKERS processes on CHAT_HOST and CHAT_PORT. `manage.py serve` does it, too."
    requires_system_checks = []  # noqa: RUF012 - Django's form; ``refuse_faults`` runs them all

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--supervisor", type=int, help="the process that this one ends with (set by the server)")

    def handle(self, *args: Any, **options: Any) -> None:
        supervisor: int | None = options["supervisor"]
        if supervisor is not None:
            loop_process.run(chat_server.serve, supervisor=supervisor)
            return
        try:
            refuse_faults()
            serving.serve_chat()
        except StartFault as fault:
            raise CommandError("\n".join(fault.sentences), returncode=2) from fault
