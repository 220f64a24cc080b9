"""Time-based one-time codes (RFC 6238): six digits, 30 seconds, SHA-1, as every authenticator app knows them."""

import unicodedata
from datetime import datetime

import pyotp
import segno
from pyotp.exceptions import OTPVerificationError

from authenticate_app.accounts.mail import business_name
from authenticate_app.accounts.models import User
from authenticate_app.factors.errors import FactorRefused, Reason
from authenticate_app.factors.models import OneTimeCodeDevice
from authenticate_app.keys.encryption import decrypt, encrypt

DIGITS = 6
LONGEST_LABEL = 64
"""Characters of a name that go into the address: percent-encoded they may become twelve times as many, and no QR code
holds more than some 2,900."""
STEPS_OFF = 1
"""A code counts for the 30 seconds before and after its own: people type slowly, and clocks differ (section 5.2)."""


def new_secret() -> str:
    """Make a secret of 160 bits, in base32 (RFC 4226, section 4, R6)."""
    return pyotp.random_base32()


def address_of(secret: str, user: User) -> str:
    """The ``otpauth:`` address that an authenticator app reads: whose codes these are, and where."""
    name, issuer = user.username[:LONGEST_LABEL], business_name()[:LONGEST_LABEL]
    return _generator(secret).provisioning_uri(name=name, issuer_name=issuer)


def picture_of(address: str) -> str:
    """The address as a QR code: a ``data:`` URL of a picture, black on white, so that cameras read it in the dark."""
    return segno.make(address, error="l").svg_data_uri(scale=5, border=4, dark="#000", light="#fff")


def step_of(code: str, secret: str, *, now: datetime) -> int:
    """Find the 30 seconds whose code this is. Compared in constant time. Raises ``FactorRefused``."""
    try:
        return _generator(secret).verify_and_get_timecode(code, for_time=now, valid_window=STEPS_OFF)
    except OTPVerificationError:
        raise FactorRefused(Reason.WRONG_CODE) from None


def use_code(code: str, *, user: User, now: datetime) -> None:
    """Accept a code of the user's app, once; two statements.

    Raises:
        FactorRefused: there is no app, the code is not its, or it was accepted before.
        Undecryptable: the secret cannot be read.
    """
    device = OneTimeCodeDevice.objects.filter(user=user, user__is_active=True).first()
    if device is None:
        raise FactorRefused(Reason.NO_FACTOR)
    step = step_of(code, decrypt(bytes(device.encrypted_secret)).decode("ascii"), now=now)
    # Of this table alone: with a join, Django would look in a subquery, which PostgreSQL does not look into once more
    # when it has waited for a rival.
    if not OneTimeCodeDevice.objects.filter(pk=device.pk, last_used_step__lt=step).update(last_used_step=step):
        raise FactorRefused(Reason.USED_CODE)


def store_device(*, user: User, secret: str, step: int, now: datetime) -> None:
    """Let the app with this secret make the user's codes, from the code after ``step`` on; in place of any other."""
    fields = {"encrypted_secret": encrypt(secret.encode("ascii")), "confirmed_at": now, "last_used_step": step}
    OneTimeCodeDevice.objects.update_or_create(user=user, defaults=fields)


def read(typed: str) -> str:
    """The code that was meant: without the blanks that apps show, and in plain digits where a keyboard has others."""
    return "".join(unicodedata.normalize("NFKC", typed).split()).replace("-", "")


def _generator(secret: str) -> pyotp.TOTP:
    return pyotp.TOTP(secret, digits=DIGITS)
