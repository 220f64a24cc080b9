"""What factors a person has."""

from dataclasses import dataclass

from django.conf import settings
from django.db import connection
from psycopg.types.numeric import Int8

from authenticate_app.accounts.models import User


@dataclass(frozen=True, slots=True)
class Factors:
    """What a person can prove themselves with beside the password, and whether they must."""

    has_code_device: bool
    passkeys: int
    recovery_codes: int
    """How many are left."""
    is_required: bool

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to ask for; recovery codes alone are no factor, only a way back to one."""
        return not self.has_code_device and not self.passkeys

    @property
    def is_asked_for(self) -> bool:
        """Whether a password alone does not do. Passkeys that nobody must use stand beside the password."""
        return self.has_code_device or (self.is_required and not self.is_empty)


def factors_of(user: User) -> Factors:
    """Read what ``user`` has; one query."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, {"user": Int8(user.pk)})
        has_code_device, passkeys, recovery_codes = cursor.fetchone() or (False, 0, 0)
    return Factors(has_code_device, passkeys, recovery_codes, is_required(user))


def is_required(user: User) -> bool:
    """Whether ``user`` has to have a second factor: by their own field, or as staff by the setting."""
    return user.second_factor_required or (user.is_staff and settings.REQUIRE_SECOND_FACTOR_FOR_STAFF)


_COUNT = """
SELECT
    EXISTS (SELECT FROM authenticate_app_onetimecodedevice WHERE user_id = %(user)s),
    (SELECT count(*) FROM authenticate_app_passkey WHERE user_id = %(user)s),
    (SELECT count(*) FROM authenticate_app_recoverycode WHERE user_id = %(user)s AND used_at IS NULL)
"""
