"""What a person changes about their own factors, and an administrator's reset.

Each change is one transaction that holds the user's row, so that two at once cannot take the last factor of somebody
who must have one; it leaves an audit event and, where e-mail is set up, a message to the person. What takes a factor
away ends the sign-ins of its owner as well: it may have been lost with a device that is still signed in.
"""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction

from authenticate_app.accounts.models import User
from authenticate_app.accounts.sign_in import Origin
from authenticate_app.accounts.sign_ins import end_sign_ins
from authenticate_app.audit.events import Event
from authenticate_app.factors import logs, notices, one_time_codes, passkeys, recovery
from authenticate_app.factors.errors import FactorRefused, LastFactor, Reason, TooManyPasskeys
from authenticate_app.factors.metrics import Factor, Outcome, count
from authenticate_app.factors.models import OneTimeCodeDevice, Passkey, RecoveryCode
from authenticate_app.factors.selectors import Factors, factors_of

MOST_PASSKEYS = 20
"""More than anybody has devices; a bound, so that nobody fills the table."""


@dataclass(frozen=True, slots=True)
class Deed:
    """Who changes their factors, from where and when."""

    user: User
    origin: Origin
    now: datetime

    def note(self, event: Event, **changes: list[str | int | None]) -> None:
        """Audit the change, and tell the person once it is stored."""
        logs.write(event, user=self.user, origin=self.origin, now=self.now, changes=changes)
        notices.tell(event, user=self.user, now=self.now)


@transaction.atomic
def turn_on_codes(deed: Deed, *, secret: str, typed_code: str, is_first_factor: bool = False) -> list[str]:
    """Let the app with ``secret`` make the codes, since it has made a right one; in place of an app of before.

    Returns new recovery codes, to be shown this once, if the person has none left. With ``is_first_factor`` the person
    has proven nothing but the password, which must not be enough to replace a factor.

    Raises:
        FactorRefused: the code is wrong; or there is a factor already.
    """
    factors = _locked(deed.user)
    if is_first_factor and not factors.is_empty:
        raise FactorRefused(Reason.NO_FACTOR)
    step = _step_of(typed_code, secret, deed)
    one_time_codes.store_device(user=deed.user, secret=secret, step=step, now=deed.now)
    if factors.has_code_device:
        end_sign_ins(deed.user)
    deed.note(Event.CODES_TURNED_ON)
    return [] if factors.recovery_codes else recovery.make_codes(deed.user)


@transaction.atomic
def turn_off_codes(deed: Deed) -> None:
    """Ask for no codes any more. Raises ``LastFactor``."""
    factors = _locked(deed.user)
    if not factors.has_code_device:
        return
    if factors.is_required and not factors.passkeys:
        raise LastFactor
    OneTimeCodeDevice.objects.filter(user=deed.user).delete()
    RecoveryCode.objects.filter(user=deed.user).delete()
    end_sign_ins(deed.user)
    deed.note(Event.CODES_TURNED_OFF)


@transaction.atomic
def renew_recovery_codes(deed: Deed) -> list[str]:
    """Make ten new recovery codes, to be shown this once; those of before are void. Raises ``FactorRefused``."""
    if not _locked(deed.user).is_asked_for:
        raise FactorRefused(Reason.NO_FACTOR)
    codes = recovery.make_codes(deed.user)
    deed.note(Event.RECOVERY_CODES_MADE)
    return codes


def add_passkey(deed: Deed, *, raw_response: str, holder: str, name: str) -> Passkey:
    """Store a passkey that the browser has just made.

    Raises:
        FactorRefused: it is none that we asked for, or was added before.
        TooManyPasskeys: the person has ``MOST_PASSKEYS`` already.
    """
    try:
        return _add_passkey(deed, raw_response, holder, name)
    except FactorRefused as refused:
        count(Factor.PASSKEY, Outcome.REFUSED)
        logs.write(Event.PASSKEY_REFUSED, user=deed.user, origin=deed.origin, now=deed.now, reason=refused.reason)
        raise


@transaction.atomic
def _add_passkey(deed: Deed, raw_response: str, holder: str, name: str) -> Passkey:
    if _locked(deed.user).passkeys >= MOST_PASSKEYS:
        raise TooManyPasskeys
    passkey = passkeys.read_new(raw_response, user=deed.user, holder=holder, name=name, now=deed.now)
    deed.note(Event.PASSKEY_ADDED, name=[None, passkey.name])
    return passkey


@transaction.atomic
def rename_passkey(deed: Deed, *, passkey: Passkey, name: str) -> None:
    """Call a passkey something else."""
    before, passkey.name = passkey.name, name
    if before != name:
        passkey.save(update_fields=["name"])
        deed.note(Event.PASSKEY_RENAMED, name=[before, name])


@transaction.atomic
def remove_passkey(deed: Deed, *, passkey: Passkey) -> None:
    """Let a passkey in no more. Raises ``LastFactor``."""
    factors = _locked(deed.user)
    if factors.is_required and factors.passkeys == 1 and not factors.has_code_device:
        raise LastFactor
    if Passkey.objects.filter(pk=passkey.pk, user=deed.user).delete()[0]:
        end_sign_ins(deed.user)
        deed.note(Event.PASSKEY_REMOVED, name=[passkey.name, None])


@transaction.atomic
def reset(user: User, *, now: datetime) -> Factors:
    """Take all factors of ``user``, who has lost them, and end their sign-ins; answers what they had.

    The caller audits who did it.
    """
    factors = _locked(user)
    for rows in (OneTimeCodeDevice.objects, Passkey.objects, RecoveryCode.objects):
        rows.filter(user=user).delete()
    end_sign_ins(user)
    notices.tell(Event.FACTORS_RESET, user=user, now=now, language=settings.LANGUAGE_CODE)
    return factors


def _step_of(typed_code: str, secret: str, deed: Deed) -> int:
    try:
        return one_time_codes.step_of(one_time_codes.read(typed_code), secret, now=deed.now)
    except FactorRefused:
        count(Factor.ONE_TIME_CODE, Outcome.REFUSED)
        raise


def _locked(user: User) -> Factors:
    User.objects.select_for_update().get(pk=user.pk)
    return factors_of(user)
