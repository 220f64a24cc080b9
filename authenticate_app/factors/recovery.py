"""Recovery codes: ten codes on paper, each good once, for whoever has lost phone and passkeys."""

import base64
import secrets
from datetime import datetime
from hashlib import sha256

from authenticate_app.accounts.models import User
from authenticate_app.factors.errors import FactorRefused, Reason
from authenticate_app.factors.models import RecoveryCode

CODES = 10
CODE_BYTES = 10
"""80 random bits: more than anybody can try, so a fast hash guards them as well as a slow one would."""
LENGTH = 16
"""Characters of base32 that these bytes take."""
GROUP = 4
LOOKALIKES = str.maketrans("01", "OL")
"""Digits that base32 (RFC 4648, section 6) never holds, and the letters that were read as them."""


def make_codes(user: User) -> list[str]:
    """Store ten new codes in place of all others and return them, to be shown this once. In a transaction of yours."""
    codes = [_grouped(base64.b32encode(secrets.token_bytes(CODE_BYTES)).decode("ascii")) for _ in range(CODES)]
    RecoveryCode.objects.filter(user=user).delete()
    RecoveryCode.objects.bulk_create(RecoveryCode(user=user, digest=digest_of(code, user)) for code in codes)
    return codes


def use_code(code: str, *, user: User, now: datetime) -> None:
    """Accept one of the user's codes, once; two statements. Raises ``FactorRefused``."""
    if not User.objects.filter(pk=user.pk, is_active=True).exists():
        raise FactorRefused(Reason.NO_FACTOR)
    unused = RecoveryCode.objects.filter(
        user=user, digest=digest_of(code, user), used_at=None
    )  # no join: one_time_codes
    if not unused.update(used_at=now):
        raise FactorRefused(Reason.WRONG_CODE)


def digest_of(code: str, user: User) -> str:
    """The hash that is stored: of the code however it is written, and of whose it is, so that no two are equal."""
    return sha256(f"{user.subject.hex}\0{_plain(code)}".encode()).hexdigest()


def is_one(code: str) -> bool:
    """Whether a code, as ``one_time_codes.read`` gives it, is as long as a recovery code."""
    return len(code) == LENGTH


def _plain(code: str) -> str:
    return code.replace("-", "").upper().translate(LOOKALIKES)


def _grouped(code: str) -> str:
    return "-".join(code[start : start + GROUP] for start in range(0, LENGTH, GROUP)).lower()
