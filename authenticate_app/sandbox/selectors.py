"""What the page of the sandbox shows."""

import json
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from authenticate_app.keys.encryption import decrypt
from authenticate_app.messages import reasons, steps
from authenticate_app.messages.models import SignInRequest
from authenticate_app.sandbox.models import SandboxBubble, SandboxExchange, SandboxPhone
from authenticate_app.sandbox.sign_in_message import SignInMessage, read_sign_in_message

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.utils.functional import _StrOrPromise as StrOrPromise

SUCCESSES = frozenset({"success", "authenticated"})
PNG, JPEG = b"\x89PNG", b"\xff\xd8\xff"


@dataclass(frozen=True, slots=True)
class ShownStep:
    """A step of a sign-in, in words."""

    at: Any
    words: "StrOrPromise"
    detail: str


@dataclass(frozen=True, slots=True)
class ShownSignIn:
    """A bubble that asks to sign in, and what has become of it."""

    bubble: SandboxBubble
    message: SignInMessage
    request: SignInRequest | None

    @property
    def words(self) -> Mapping[str, str]:
        """The words of the bubble: what came, or what it changes into after a reply."""
        words: Mapping[str, str] = self.message.interactive_data[
            "replyMessage" if self.is_answered else "receivedMessage"
        ]
        return words

    @property
    def is_answered(self) -> bool:
        """Whether the phone believes that its customer signed in."""
        return self.bubble.reply_status.lower() in SUCCESSES

    @property
    def can_be_opened(self) -> bool:
        """Whether a tap still leads anywhere."""
        return not self.bubble.reply_status and (self.request is None or self.request.ended_at is None)

    @property
    def succeeded(self) -> bool:
        """Whether the customer is signed in."""
        return self.request is not None and self.request.state == SignInRequest.State.SUCCEEDED

    @property
    def picture(self) -> str:
        """The picture as an address of its own, or ""."""
        images = self.message.interactive_data["data"]["images"]
        data = str(images[0]["data"]) if images else ""
        kind = "jpeg" if b64decode(data[:8] or b"").startswith(JPEG) else "png"
        return f"data:image/{kind};base64,{data}" if data else ""

    @property
    def reason(self) -> "StrOrPromise":
        """Why it ended, in words; "" while it is open."""
        return reasons.words_of(self.request.reason) if self.request is not None and self.request.reason else ""

    @property
    def steps(self) -> "Sequence[ShownStep]":
        """What happened to it, in order."""
        found = self.request.steps.all() if self.request is not None else []
        told = {self.request.reason, self.request.flow} if self.request is not None else set()
        return [
            ShownStep(each.at, steps.words_of(each.step), "" if each.detail in told else each.detail) for each in found
        ]


@dataclass(frozen=True, slots=True)
class Screen:
    """All that the page shows of one phone."""

    phone: SandboxPhone
    bubbles: "Sequence[SandboxBubble | ShownSignIn]"
    exchanges: "Sequence[SandboxExchange]"

    @property
    def latest(self) -> ShownSignIn | None:
        """The newest sign-in that was asked for."""
        return next((each for each in reversed(self.bubbles) if isinstance(each, ShownSignIn)), None)


def screen_of(phone: SandboxPhone) -> Screen:
    """Read what the page shows of a phone."""
    bubbles = list(phone.bubbles.all())
    messages = {each.pk: _message_of(each) for each in bubbles if each.kind == SandboxBubble.Kind.SIGN_IN}
    ids = [UUID(message.request_identifier) for message in messages.values()]
    requests = SignInRequest.objects.prefetch_related("steps").in_bulk(ids)
    shown = [
        ShownSignIn(each, messages[each.pk], requests.get(UUID(messages[each.pk].request_identifier)))
        if each.pk in messages
        else each
        for each in bubbles
    ]
    return Screen(phone, shown, list(phone.exchanges.all()))


def sign_in_bubbles(phone: SandboxPhone) -> dict[UUID, SandboxBubble]:
    """The bubbles that ask to sign in, by the id of the request."""
    bubbles = phone.bubbles.filter(kind=SandboxBubble.Kind.SIGN_IN)
    return {UUID(_message_of(each).request_identifier): each for each in bubbles}


def _message_of(bubble: SandboxBubble) -> SignInMessage:
    return read_sign_in_message(json.loads(decrypt(bytes(bubble.encrypted_body))))
