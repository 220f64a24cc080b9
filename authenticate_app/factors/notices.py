"""E-mail to people about what was changed of their factors, so that they notice what they did not do themselves."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from authenticate_app.accounts import mail
from authenticate_app.accounts.models import User
from authenticate_app.audit.events import Event

SENTENCES: dict[Event, Any] = {
    Event.CODES_TURNED_ON: _("An authenticator app was set up: it now makes the codes that you sign in with."),
    Event.CODES_TURNED_OFF: _("The authenticator app was turned off: signing in asks for no code any more."),
    Event.RECOVERY_CODES_MADE: _("New recovery codes were made; the former ones are void."),
    Event.RECOVERY_CODE_USED: _("Somebody signed in with one of your recovery codes. It is void now."),
    Event.PASSKEY_ADDED: _("A passkey was added: it lets you in without a password."),
    Event.PASSKEY_REMOVED: _("A passkey was removed: it lets nobody in any more."),
    Event.FACTORS_RESET: _("An administrator removed your passkeys, your authenticator app and your recovery codes."),
    Event.SECOND_STEP_THROTTLED: _(
        "Somebody entered your password and then wrong codes, again and again. If it was not you, change your password."
    ),
}
"""What is worth a message; what is not in here, such as another name for a passkey, is not."""

TEMPLATE = "customer/factors/notice"


def tell(event: Event, *, user: User, now: datetime, language: str | None = None) -> None:
    """Write to ``user`` about ``event``, in ``language`` or that of the request; part of the transaction that is open.

    Nothing happens where the event is worth no message, e-mail is not set up or the user has no verified address: what
    protects an account is nobody else's business.
    """
    if event not in SENTENCES or not (user.email and user.email_verified):
        return
    letter = mail.write(
        to=user.email,
        template=TEMPLATE,
        context={"what": SENTENCES[event], "name": user.get_full_name(), "at": now},
        language=language or translation.get_language() or settings.LANGUAGE_CODE,
    )
    mail.send_later(letter, now=now)
