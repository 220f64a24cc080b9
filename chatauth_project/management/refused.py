"""Commands that libraries bring along and that would go past our rules: they say what to do instead."""

from typing import Any

from django.core.management import BaseCommand, CommandError


class RefusedCommand(BaseCommand):
    """Does nothing, whatever its arguments. ``instead``: what to do, in a sentence."""

    instead = ""
    requires_system_checks = []  # noqa: RUF012 - as in the base class

    def run_from_argv(self, argv: list[str]) -> None:
        """Refuse before any argument is read: they are those of another command."""
        super().run_from_argv(argv[:2])

    def handle(self, *args: Any, **options: Any) -> None:
        """Refuse.

        Raises:
            CommandError: always.
        """
        raise CommandError(self.instead)
