"""``manage.py demonstration``: what ``make run`` starts."""

import signal
import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from chatauth_project import demonstration
from chatauth_project.embedded_postgres import EmbeddedPostgresError
from chatauth_project.serving import Started, StartFault, refuse_busy_ports, refuse_faults, serve


class Command(BaseCommand):
    """Start everything that a first look at the product needs, and stop it again."""

    help = "Runs the server with a database and data of its own, to try it out."
    requires_system_checks = []  # noqa: RUF012 - Django's form; ``refuse_faults`` runs them all

    def handle(self, *args: Any, **options: Any) -> None:
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # until the server takes over
        try:
            self._run(began=time.monotonic())
        except KeyboardInterrupt:
            self._say("Stopped before it was ready.")
        except StartFault as fault:
            raise CommandError("\n".join(fault.sentences), returncode=2) from fault
        except EmbeddedPostgresError as error:
            raise CommandError(str(error), returncode=2) from error

    def _run(self, *, began: float) -> None:
        if settings.ENVIRONMENT != "demonstration":
            raise StartFault(["A demonstration needs ENVIRONMENT=demonstration; make run sets it."])
        refuse_busy_ports()
        with demonstration.only_one(), demonstration.database(self._say):
            passwords = demonstration.prepare(self._say)
            refuse_faults()
            self._say("Starting the server ...")

            def tell(started: Started) -> None:
                self._say(demonstration.what_to_try(passwords, seconds=started.seconds))

            serve(began=began, on_ready=tell)

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()
