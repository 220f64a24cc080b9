"""``manage.py reencrypt_secrets``: the step between a new encryption key and the end of the old one."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from authenticate_app.keys.reencryption import Reencryption, reencrypt_all


class Command(BaseCommand):
    """Encrypts every secret in the database with the first key of ``FIELD_ENCRYPTION_KEYS``."""

    help = (
        "Encrypt every secret in the database with the first key of FIELD_ENCRYPTION_KEYS. Put a new key in front,"
        " restart every server, run this; then the old key can be taken out of the list."
    )

    def handle(self, **_options: Any) -> None:
        result = reencrypt_all()
        self.stdout.write(
            f"Encrypted with the first key of FIELD_ENCRYPTION_KEYS: {result.changed} anew, {result.unchanged} before."
        )
        if result.unreadable:
            raise CommandError(_fault(result))


def _fault(result: Reencryption) -> str:
    listed = "\n".join(f"  {secret}" for secret in result.unreadable)
    return (
        f"{len(result.unreadable)} cannot be decrypted with any key of FIELD_ENCRYPTION_KEYS and stay as they are:\n"
        f"{listed}\nPut the key that they were encrypted with back at the end of the list and run this again."
    )
