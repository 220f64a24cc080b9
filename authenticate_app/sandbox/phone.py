"""The simulated phone: it says what its customer says, opens sign-in pages, notices when they are done, and replies.

What it sends stands in ``device_requests`` and ``replies``, how that goes over the wire in ``line``. ``Conditions`` say
what goes wrong meanwhile.
"""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Final
from urllib.parse import urlencode

from authenticate_app.oauth.purposes import APPLE_REDIRECT_URI
from authenticate_app.sandbox import services
from authenticate_app.sandbox.conditions import Conditions
from authenticate_app.sandbox.cryptor import encrypt_token
from authenticate_app.sandbox.device_requests import (
    authorization_url,
    is_intercepted,
    token_request_body,
    verdict_of,
)
from authenticate_app.sandbox.exchanges import Party, Sent
from authenticate_app.sandbox.line import Clock, Line, new_message_id
from authenticate_app.sandbox.models import SandboxBubble, SandboxPhone
from authenticate_app.sandbox.registrations import registration_of
from authenticate_app.sandbox.replies import Authenticate, NetworkFault, interactive_data, legacy_reply, new_reply
from authenticate_app.sandbox.sign_in_message import SignInMessage

FORM: Final = "application/x-www-form-urlencoded"
CANNOT_CONNECT: Final = -1004
"""Of ``NSURLErrorDomain``."""
MADE_UP_TOKEN: Final = "made-up-by-whoever-forges-it"  # noqa: S105 - opens nothing

Sleep = Callable[[float], None]


class Phone:
    """One simulated device; ``clock`` tells the time."""

    def __init__(
        self, row: SandboxPhone, *, clock: Clock, conditions: Conditions | None = None, sleep: Sleep = time.sleep
    ) -> None:
        self.row = row
        self.clock = clock
        self.conditions = conditions or Conditions()
        self.line = Line(row, clock)
        self._sleep = sleep

    # What the customer does in the conversation

    def say(self, text: str) -> None:
        """Send a text."""
        message_id = new_message_id()
        services.keep_said(phone=self.row, message_id=message_id, text=text, now=self.clock())
        self.line.post_message({"type": "text", "body": text}, message_id=message_id)

    def begin_typing(self) -> None:
        """Send what phones send while somebody types: this, too, tells what the device can do."""
        self.line.post_message({"type": "typing_start"}, message_id=new_message_id())

    def delete_conversation(self) -> None:
        """Delete the conversation; the gateway tells the business."""
        services.delete_conversation(phone=self.row, now=self.clock())
        self.line.post_message({"type": "close"}, message_id=new_message_id())

    # What happens around a sign-in

    def address_of(self, bubble: SandboxBubble) -> str:
        """The authorization request that a tap on the bubble opens."""
        message = services.sign_in_message_of(bubble)
        return authorization_url(message, registration_of(self.row.business))

    def open(self, bubble: SandboxBubble) -> str:
        """Open the sign-in page after a tap on the bubble; answers its address."""
        services.note_opened(bubble=bubble, now=self.clock())
        return self.address_of(bubble)

    def do_instead(self, bubble: SandboxBubble) -> None:
        """Do what the customer does instead of signing in, where the conditions say so (``is_over_at_once``)."""
        address = self.open(bubble)
        if self.conditions.forges:
            self.forge_success(bubble)
        elif self.conditions.closes_sheet:
            self.fetch(address)
        elif self.conditions.refuses:
            self.refuse(bubble)

    def refuse(self, bubble: SandboxBubble) -> None:
        """Go where the browser goes when the customer refuses the permission."""
        message = services.sign_in_message_of(bubble)
        self.fetch(self.address_of(bubble))
        query = urlencode({"error": "access_denied", "state": message.state})
        if message.flow == "legacy":
            self.arrive(bubble, f"{APPLE_REDIRECT_URI}?{query}")
        else:
            self.follow(bubble, f"{message.redirect_uri}?{query}")

    def follow(self, bubble: SandboxBubble, url: str) -> str | None:
        """Open a page without cookies, and go on where it redirects to; answers where that is."""
        location = self.fetch(url)
        if location and is_intercepted(location):
            self.arrive(bubble, location)
        return location

    def fetch(self, url: str) -> str | None:
        """Open a page without cookies; answers where it redirects to."""
        response = self.line.send(Sent(Party.PHONE, Party.SERVER, "GET", url))
        return response.headers.get("location") if response is not None else None

    def arrive(self, bubble: SandboxBubble, url: str, *, form: str = "") -> None:
        """Take over a navigation that began with one of the phone's own addresses, and reply."""
        message = services.sign_in_message_of(bubble)
        authenticate = self._outcome(message, url, form)
        if authenticate is not None:
            self.reply(bubble, authenticate)

    def _outcome(self, message: SignInMessage, url: str, form: str) -> Authenticate | None:
        if message.flow == "legacy":
            return legacy_reply(url, message, self.conditions, lambda code: self._ask_token(message, code), form=form)
        verdict = verdict_of(url)
        return new_reply(verdict) if verdict is not None else None

    def _ask_token(self, message: SignInMessage, code: str) -> bytes:
        """Post the code to the token endpoint, as the phone does; its status does not matter to it."""
        if self.conditions.network_code is not None:
            raise NetworkFault(self.conditions.network_code)
        registration = registration_of(self.row.business)
        if self.conditions.client_secret is not None:
            message = replace(message, client_secret=self.conditions.client_secret)
        body = token_request_body(message, registration, code)
        headers = [("content-type", FORM)]
        sent = Sent(Party.PHONE, Party.SERVER, "POST", registration.token_url, headers, body, FORM)
        response = self.line.send(sent)
        if response is None:
            raise NetworkFault(CANNOT_CONNECT)
        answer = self.conditions.token_answer
        return response.content if answer is None else answer

    def reply(self, bubble: SandboxBubble, authenticate: Authenticate) -> None:
        """Send a reply as often as the conditions say, each time under an id of its own."""
        message = services.sign_in_message_of(bubble)
        said = {**authenticate, **({"status": self.conditions.status} if self.conditions.status else {})}
        services.note_reply(bubble=bubble, status=str(said["status"]), now=self.clock())
        if self.conditions.seconds_before_reply:
            self._sleep(self.conditions.seconds_before_reply)
        for _copy in range(self.conditions.copies):
            interactive = interactive_data(message, said, padding=self.conditions.padding)
            self.line.post_reply(interactive, message_id=new_message_id())

    def forge_success(self, bubble: SandboxBubble) -> None:
        """Reply as if the customer had signed in, which any page can bring about."""
        message = services.sign_in_message_of(bubble)
        if message.flow == "legacy":
            token = encrypt_token(MADE_UP_TOKEN, message.response_encryption_key)
            self.reply(bubble, {"status": "authenticated", "token": token})
        else:
            self.reply(bubble, {"status": "success"})
