"""The business's own system, as the simulator plays it: it asks customers to sign in."""

import time
from collections.abc import Callable
from typing import Final, TypeVar

from authenticate_app.messages import sign_ins
from authenticate_app.messages.flows import capabilities_in
from authenticate_app.messages.models import Conversation, SignInRequest
from authenticate_app.sandbox.models import SandboxAsker, SandboxPhone
from authenticate_app.sandbox.phone import Phone

PATIENCE_SECONDS: Final = 20.0
PAUSE_SECONDS: Final = 0.1
GREETING: Final = "Hello! Where is my order?"

Found = TypeVar("Found")


class TookTooLong(Exception):
    """Something did not happen in time; the sentence says what."""


def wait_for(look: Callable[[], Found | None], *, what: str, seconds: float = PATIENCE_SECONDS) -> Found:
    """Look until something is there. Raises ``TookTooLong``."""
    deadline = time.monotonic() + seconds
    while (found := look()) is None:
        if time.monotonic() > deadline:
            raise TookTooLong(f"{what} within {seconds:.0f} s. Do the server's background jobs run?")
        time.sleep(PAUSE_SECONDS)
    return found


def conversation_of(phone: SandboxPhone) -> Conversation | None:
    """The conversation of this phone, once the server knows of it."""
    return Conversation.objects.filter(business=phone.business, customer_id=phone.customer_id).first()


def begin_conversation(phone: Phone) -> Conversation:
    """Let the customer write first, or let the phone tell what it can do now, and wait until the server knows.

    Raises ``TookTooLong``.
    """
    wanted = capabilities_in(phone.row.capabilities)

    def known() -> Conversation | None:
        found = conversation_of(phone.row)
        return found if found and found.closed_at is None and found.capabilities == wanted else None

    if conversation_of(phone.row) is None:
        phone.say(GREETING)
    elif known() is None:
        phone.begin_typing()
    return wait_for(known, what="The server did not process the customer's message")


def ask_to_sign_in(phone: Phone) -> SignInRequest:
    """Ask the customer to sign in. Raises ``TookTooLong``, and what ``start_sign_in`` raises."""
    conversation = begin_conversation(phone)
    asker = SandboxAsker.objects.select_related("client").filter(business=phone.row.business).first()
    return sign_ins.start_sign_in(
        business=phone.row.business,
        conversation=conversation,
        asked_by=asker.client if asker else None,
        reference="sandbox",
        now=phone.clock(),
    )
