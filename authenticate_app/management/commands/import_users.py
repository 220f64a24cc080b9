"""``manage.py import_users users.csv``: store the users of a CSV file, or say all that is wrong with it."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from authenticate_app.accounts.errors import SignInBusy
from authenticate_app.accounts.import_columns import COLUMNS
from authenticate_app.accounts.import_file import LARGEST_FILE, ImportRefused
from authenticate_app.accounts.users_import import check, import_users


class Command(BaseCommand):
    """Import users; all of them or, if anything is wrong with the file, none."""

    help = "Import users from a CSV file (UTF-8). Columns: " + " ".join(
        f"{column.name}: {column.description}" for column in COLUMNS
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="The CSV file; - reads the standard input.")
        parser.add_argument("--check", action="store_true", help="Only say what is wrong; store nothing.")

    def handle(self, *args: Any, **options: Any) -> None:
        raw_file = _read(options["file"])
        try:
            said = self._check(raw_file) if options["check"] else self._import(raw_file)
        except ImportRefused as refused:
            raise CommandError(f"Nothing was stored.\n{refused}") from None
        except SignInBusy:
            raise CommandError("Nothing was stored: no password hash could be computed in time.") from None
        self.stdout.write(said)

    def _check(self, raw_file: bytes) -> str:
        rows, _roles = check(raw_file=raw_file, actor=None)
        return f"{len(rows)} users could be imported."

    def _import(self, raw_file: bytes) -> str:
        count = import_users(raw_file=raw_file, actor=None, now=timezone.now(), progress=self._show)
        return f"{count} users imported."

    def _show(self, doing: str, done: int, total: int) -> None:
        if self.stderr.isatty():
            self.stderr.write(f"\r{doing}: {done} of {total}", ending="\n" if done == total else "")
            self.stderr.flush()


def _read(path: Path) -> bytes:
    """One byte more than is allowed is enough to tell that a file is too large."""
    try:
        if str(path) == "-":
            return sys.stdin.buffer.read(LARGEST_FILE + 1)
        with path.open("rb") as file:
            return file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}.") from None
