"""``manage.py rotate_signing_key``: announce the next signing key now, before its time."""

from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from authenticate_app.keys import services
from authenticate_app.keys.services import Rotation


class Command(BaseCommand):
    """Announces a successor of the signing key; does nothing while one is announced already."""

    help = (
        "Announce a new signing key. It stands in the key set for KEY_ANNOUNCED before it signs; no token fails."
        " If no key signs at all, it signs at once. To be run when a key should be replaced before its time: keys"
        " rotate by themselves when KEY_SIGNING ends."
    )

    def handle(self, **_options: Any) -> None:
        now = timezone.now()
        rotation = services.rotate(now=now)
        self.stdout.write(_sentence(rotation, now=now))


def _sentence(rotation: Rotation, *, now: datetime) -> str:
    key = rotation.key
    if key.signs_from <= now:
        return f"The key {key.kid} signs from now on."
    if rotation.is_new:
        return f"The key {key.kid} is announced and signs from {_minute(key.signs_from)}."
    return f"Nothing to do: the key {key.kid} is announced already and signs from {_minute(key.signs_from)}."


def _minute(time: datetime) -> str:
    return f"{timezone.localtime(time):%Y-%m-%d %H:%M %Z}"
