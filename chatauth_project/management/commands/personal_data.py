"""``manage.py personal_data find|export|erase NAME``: what there is about one end user (docs/personal-data.md)."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError, no_translations
from django.utils import timezone

from chat_app.engagement.privacy import services
from chat_app.engagement.privacy.person import NoName


class Command(BaseCommand):
    """Find, export or erase the personal data of one end user, and report what was done."""

    help = "Find, export (JSON) or erase what there is about one end user, and report it table by table."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("deed", choices=["find", "export", "erase"])
        parser.add_argument("name", help="The end user's user name or e-mail address, as authUserName has it.")
        parser.add_argument(
            "--customer", action="store_true", help="NAME is the id of a customer in Apple Messages (urn:mbid:…)."
        )
        parser.add_argument("--yes", action="store_true", help="Erase without asking.")

    @no_translations  # commands speak English; the admin gives the same reasons in its reader's language
    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self._do(options["deed"], options["name"], options["customer"], is_sure=options["yes"])
        except NoName as fault:
            raise CommandError(str(fault)) from fault

    def _do(self, deed: str, name: str, is_customer_id: bool, *, is_sure: bool) -> None:
        now = timezone.now()
        if deed == "export":
            self.stdout.write(services.export(name=name, is_customer_id=is_customer_id, now=now))
            return
        report = services.find(name=name, is_customer_id=is_customer_id)
        if deed == "erase" and (is_sure or self._is_sure(report.text())):
            report = services.erase(name=name, is_customer_id=is_customer_id, now=now)
        self.stdout.write("Nothing was found." if report.is_empty else report.text())

    def _is_sure(self, found: str) -> bool:
        self.stdout.write(found)
        try:
            return input("Erase all of this? It cannot be undone. Type yes: ").strip() == "yes"
        except EOFError:  # nobody is there to be asked
            return False
