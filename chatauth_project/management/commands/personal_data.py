"""``manage.py personal_data find|export|erase NAME``: what there is about one end user (docs/personal-data.md)."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from chat_app.engagement.privacy import services


class Command(BaseCommand):
    """Find, export or erase the personal data of one end user, and report what was done."""

    help = "Find, export (JSON) or erase what there is about one end user, and report it table by table."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("deed", choices=["find", "export", "erase"])
        parser.add_argument("name", help="The end user's user name or e-mail address, as authUserName has it.")
        parser.add_argument("--yes", action="store_true", help="Erase without asking.")

    def handle(self, *args: Any, **options: Any) -> None:
        name, now = options["name"], timezone.now()
        if options["deed"] == "export":
            self.stdout.write(services.export(name=name, now=now))
            return
        report = services.find(name=name)
        if options["deed"] == "erase" and (options["yes"] or self._is_sure(report.text())):
            report = services.erase(name=name, now=now)
        self.stdout.write("Nothing was found." if report.is_empty else report.text())

    def _is_sure(self, found: str) -> bool:
        self.stdout.write(found)
        return input("Erase all of this? It cannot be undone. Type yes: ").strip() == "yes"
