"""What factors a person has."""

from dataclasses import dataclass

from django.conf import settings
from django.db.models import Count, Q

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
    row = User.objects.filter(pk=user.pk).aggregate(
        has_code_device=Count("one_time_code_device", distinct=True),
        passkeys=Count("passkeys", distinct=True),
        recovery_codes=Count("recovery_codes", filter=Q(recovery_codes__used_at=None), distinct=True),
    )
    return Factors(
        has_code_device=bool(row["has_code_device"]),
        passkeys=row["passkeys"],
        recovery_codes=row["recovery_codes"],
        is_required=is_required(user),
    )


def is_required(user: User) -> bool:
    """Whether ``user`` has to have a second factor: by their own field, or as staff by the setting."""
    return user.second_factor_required or (user.is_staff and settings.REQUIRE_SECOND_FACTOR_FOR_STAFF)
