"""Changing one's own password, and the link that leads there when it is forgotten."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import partial

from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.db import transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from authenticate_app.accounts import mail
from authenticate_app.accounts.errors import SignInWait
from authenticate_app.accounts.models import LoginName, User, new_sign_in_stamp
from authenticate_app.accounts.names import name_key
from authenticate_app.accounts.passwords import make_hash
from authenticate_app.accounts.sign_in import Origin
from authenticate_app.audit.events import Event
from authenticate_app.audit.services import record, record_of_request
from authenticate_app.login.metrics import PASSWORD_RESETS, PASSWORDS_CHANGED
from authenticate_app.throttling.allowances import Allowance, Refusal, take
from authenticate_app.throttling.clearing import clear_counts_of_user

SECONDS_PER_MINUTE = 60


class Way(StrEnum):
    """How somebody came to a new password."""

    CHANGED = "changed"
    """With the old one."""
    FORGOTTEN = "forgotten"
    """With a link sent by e-mail."""


class Reason(StrEnum):
    """Why no link was sent; for the audit log and the metrics, never for whoever asked."""

    UNKNOWN_USER = "unknown-user"
    DISABLED_USER = "disabled-user"
    NO_PASSWORD = "no-password"  # noqa: S105 - a reason
    UNVERIFIED_ADDRESS = "unverified-address"
    TOO_OFTEN = "asked-too-often"


class TooManyLinks(SignInWait):
    """No more links are sent for this name, or for this address."""


def set_new_password(request: HttpRequest, *, user: User, password: str, way: Way, now: datetime) -> bool:
    """Store a new password of ``user``, who has proven that it is theirs to set; False if another one came first.

    ``user`` is as read when they proved it: the one statement that stores the new hash decides by the old one's stamp,
    so that of two who follow one link one alone gets their password. (The hash itself may have been renewed by that
    very proof.) Sessions other than this one end, since each is bound to the hash, and so do tokens, which are bound to
    the stamp; counts of failures are cleared.

    Raises:
        SignInBusy: too many passwords are being computed; nothing was changed.
    """
    password_hash = make_hash(password)
    with transaction.atomic():
        unchanged = User.objects.filter(pk=user.pk, sign_in_stamp=user.sign_in_stamp, is_active=True)
        stamp = new_sign_in_stamp()
        if not unchanged.update(password=password_hash, sign_in_stamp=stamp):
            return False
        user.password, user.sign_in_stamp = password_hash, stamp
        record_of_request(request, event=Event.PASSWORD_SET, actor=user, target=user, reason=way, now=now)
        clear_counts_of_user(request, user)
    PASSWORDS_CHANGED.labels(way.value).inc()
    return True


@dataclass(frozen=True, slots=True)
class LinkRequest:
    """Somebody asks for a link to a new password: with which name or e-mail address, from where, in which language."""

    name: str
    origin: Origin
    language: str

    @property
    def key(self) -> str:
        """The name in the form in which names are compared."""
        return name_key(self.name)


def ask_for_link(asked: LinkRequest, *, now: datetime) -> None:
    """Send a link, if there is somebody to send it to; that, nobody learns here, neither by words nor by time.

    Two statements, whoever it is: everything else happens in the background.

    Raises:
        TooManyLinks: the allowance of the name or of the address is used up. Names that nobody has count alike.
    """
    network = asked.origin.network
    for allowance in (
        Allowance("reset-address", network, settings.PASSWORD_RESETS_BY_ADDRESS, address=network),
        Allowance("reset-name", asked.key, settings.PASSWORD_RESETS_BY_NAME),
    ):
        refusal = take(allowance, now=now)
        if refusal is not None:
            raise _too_many(asked, refusal, now)
    mail.later(partial(send_link, asked, now=now))


def send_link(asked: LinkRequest, *, now: datetime) -> None:
    """Send the link to a verified address, audit it, and count it; or audit and count why there is none to send.

    Raises:
        OSError: the mail server did not take it.
    """
    user = User.objects.filter(pk__in=LoginName.objects.filter(key=asked.key).values("user")).first()
    reason = why_not(user)
    _audit(asked, reason or "", now, user=user)
    PASSWORD_RESETS.labels(reason or "sent").inc()
    if user is not None and reason is None:
        _mail_link(user, asked.language)


def _too_many(asked: LinkRequest, refusal: Refusal, now: datetime) -> TooManyLinks:
    if refusal.is_first:
        _audit(asked, Reason.TOO_OFTEN, now)
    PASSWORD_RESETS.labels("throttled").inc()
    return TooManyLinks(refusal.wait)


def _audit(asked: LinkRequest, reason: str, now: datetime, *, user: User | None = None) -> None:
    record(
        event=Event.PASSWORD_RESET_ASKED,
        reason=reason,
        actor=user.pk if user else None,
        actor_name=user.username if user else "",
        name=asked.key,
        address=asked.origin.address,
        request_id=asked.origin.request_id,
        now=now,
    )


def why_not(user: User | None) -> Reason | None:
    """What keeps ``user`` from setting a forgotten password by e-mail; None if nothing does."""
    if user is None:
        return Reason.UNKNOWN_USER
    if not user.is_active:
        return Reason.DISABLED_USER
    if not user.has_usable_password():
        return Reason.NO_PASSWORD
    return None if user.email and user.email_verified else Reason.UNVERIFIED_ADDRESS


def _mail_link(user: User, language: str) -> None:
    uid = urlsafe_base64_encode(force_bytes(user.pk))
    path = reverse("password-new", args=[uid, default_token_generator.make_token(user)])
    context = {
        "name": user.get_full_name(),
        "link": f"{settings.PUBLIC_BASE_URL}{path}",
        "minutes": settings.PASSWORD_RESET_TIMEOUT // SECONDS_PER_MINUTE,
    }
    mail.send(to=user.email, template="customer/mail/password_forgotten", context=context, language=language)
