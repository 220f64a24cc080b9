"""Changing one's own password, and setting a forgotten one anew; ``links`` sends the link that leads there."""

from datetime import datetime
from enum import StrEnum

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import get_language

from authenticate_app.accounts import mail
from authenticate_app.accounts.models import User, new_sign_in_stamp
from authenticate_app.accounts.passwords import make_hash
from authenticate_app.audit.events import Event
from authenticate_app.audit.services import record_of_request
from authenticate_app.login.metrics import PASSWORDS_CHANGED
from authenticate_app.throttling.clearing import clear_counts_of_user


class Way(StrEnum):
    """How somebody came to a new password."""

    CHANGED = "changed"
    """With the old one."""
    FORGOTTEN = "forgotten"
    """With a link sent by e-mail."""


def set_new_password(request: HttpRequest, *, user: User, password: str, way: Way, now: datetime) -> bool:
    """Store a new password of ``user``, who has proven that it is theirs to set; False if another one came first.

    ``user`` is as read when they proved it: the one statement that stores the new hash decides by the old one's stamp,
    so that of two who follow one link one alone gets their password. (The hash itself may have been renewed by that
    very proof.) Sessions other than this one end, since each is bound to the hash, and so do tokens, which are bound to
    the stamp; counts of failures are cleared. The user gets an e-mail, to notice if it was somebody else.

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
        _tell(user, now)
    PASSWORDS_CHANGED.labels(way.value).inc()
    return True


def _tell(user: User, now: datetime) -> None:
    if user.email and user.email_verified:
        template, context = "customer/mail/password_changed", {"name": user.get_full_name()}
        language = get_language() or settings.LANGUAGE_CODE
        mail.send_later(mail.write(to=user.email, template=template, context=context, language=language), now=now)
