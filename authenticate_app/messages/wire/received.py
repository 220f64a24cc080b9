"""What Apple posts to us: anything that a customer sends."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from authenticate_app.messages.wire.replies import Reply, parse_reply
from authenticate_app.messages.wire.strict_json import MalformedMessage, read_object

LONGEST_ID: Final = 100
LONGEST_PARTY: Final = 300

Line = StringConstraints(min_length=1, pattern=r"^[\x21-\x7e]+\z")
"""Visible ASCII: it also stands in a header."""


class Kind(StrEnum):
    """What a message is; Apple's ``type``."""

    TEXT = "text"
    INTERACTIVE = "interactive"
    TYPING_START = "typing_start"
    TYPING_END = "typing_end"
    CLOSE = "close"
    """The customer deleted the conversation."""
    OTHER = "other"


class LargeReply(BaseModel):
    """Where a reply of more than 10 KB is to be fetched, and how to decrypt it: ``interactiveDataRef``."""

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    url: Annotated[str, Line] = Field(max_length=2000)
    bid: Annotated[str, Line] = Field(max_length=300)
    key: Annotated[str, StringConstraints(pattern=r"^00[0-9A-Fa-f]{64}\z")] = Field(repr=False)
    """00, then the 256 bits of the key, in hexadecimal."""
    signature: Annotated[str, StringConstraints(pattern=r"^(?:[0-9A-Fa-f]{2})+\z", max_length=1000)] = Field(repr=False)
    owner: Annotated[str, Line] = Field(max_length=500)
    size: int = Field(ge=1)
    """Bytes, encrypted as well as decrypted."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message that Apple posted."""

    id: str
    source_id: str
    """The customer."""
    destination_id: str
    """The business."""
    kind: Kind
    reply: Reply | None
    """Of a phone that was asked to sign in; None in any other message."""
    large_reply: LargeReply | None
    """Stands for a reply that is too large for a message: whether it is one to us shows when it is fetched."""
    values: dict[str, Any] = field(repr=False)
    """All of the message, to be handed on; fit to be stored as JSON."""


class _Envelope(BaseModel):
    """What every message has."""

    id: Annotated[str, Line] = Field(max_length=LONGEST_ID)
    source_id: Annotated[str, Line] = Field(max_length=LONGEST_PARTY, alias="sourceId")
    destination_id: Annotated[str, Line] = Field(max_length=LONGEST_PARTY, alias="destinationId")
    type: str


def parse_message(raw_body: bytes) -> Message:
    """Read a message that Apple posted, unpacked. Raises ``MalformedMessage``.

    What looks like a reply to a request to sign in and can not be read as one is a message like any other: it is handed
    on, as everything is that customers send.
    """
    values = read_object(raw_body)
    try:
        envelope = _Envelope.model_validate(values)
    except ValidationError as fault:
        raise MalformedMessage(_sentence(fault)) from None
    kind = _kind(envelope.type)
    return Message(
        id=envelope.id,
        source_id=envelope.source_id,
        destination_id=envelope.destination_id,
        kind=kind,
        reply=_reply(values) if kind is Kind.INTERACTIVE else None,
        large_reply=_large_reply(values) if kind is Kind.INTERACTIVE else None,
        values=values,
    )


def _sentence(fault: ValidationError) -> str:
    names = dict.fromkeys(str(detail["loc"][0]) for detail in fault.errors(include_url=False, include_input=False))
    return f"Missing in the message, or not as Apple sends it: {', '.join(names)}."


def _kind(name: str) -> Kind:
    try:
        return Kind(name)
    except ValueError:
        return Kind.OTHER


def _reply(values: Mapping[str, Any]) -> Reply | None:
    try:
        return parse_reply(values)
    except MalformedMessage:
        return None


def _large_reply(values: Mapping[str, Any]) -> LargeReply | None:
    try:
        return LargeReply.model_validate(values.get("interactiveDataRef"))
    except ValidationError:
        return None
