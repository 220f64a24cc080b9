"""The business's own system, as the simulator plays it: it asks customers to sign in."""

import time
import uuid
from collections.abc import Callable
from http import HTTPStatus
from typing import Final, TypeVar

from authenticate_app.messages.flows import capabilities_in
from authenticate_app.messages.models import Conversation, SignInRequest
from authenticate_app.sandbox import rest
from authenticate_app.sandbox.models import SandboxBubble, SandboxPhone
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

    if not phone.row.bubbles.filter(kind=SandboxBubble.Kind.SAID).exists():
        phone.say(GREETING)
    elif known() is None:
        phone.begin_typing()
    return wait_for(known, what="The server did not process the customer's message")


def ask_to_sign_in(phone: Phone) -> SignInRequest:
    """Have the business's system ask the customer to sign in. Raises ``TookTooLong`` and ``rest.CallRefused``."""
    path = f"/conversations/{begin_conversation(phone).pk}/sign-in-requests"
    headers = [("idempotency-key", str(uuid.uuid4()))]
    answer = rest.System(phone.line).post(path, {"reference": "sandbox"}, headers=headers, may_be=HTTPStatus.CONFLICT)
    sign_in_id = answer.values.get("id") or answer.values.get("sign_in_request")
    if not sign_in_id:
        raise rest.CallRefused(str(answer.values.get("detail", "The server started no sign-in.")))
    return SignInRequest.objects.get(pk=sign_in_id)
