"""What the API takes and gives: the one source for parsing, answers and OpenAPI."""

import re
from datetime import datetime
from typing import Annotated, Any, Generic, Self, TypeVar
from uuid import UUID

from django.utils.translation import gettext
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from authenticate_app.messages import reasons, steps
from authenticate_app.messages.flows import flow_for
from authenticate_app.messages.models import Business, Conversation, OutboundMessage, SignInRequest, SignInResult

SCOPE_TOKEN = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]{1,100}")
"""RFC 6749, section 3.3."""
LONGEST_TEXT = 10_000
"""Characters of a text message."""
PAGE = 50
LARGEST_PAGE = 200


def _storable(text: str) -> str:
    if "\0" in text:
        raise ValueError(gettext("A text cannot hold the character NUL."))
    return text


def _scope(text: str) -> str:
    if SCOPE_TOKEN.fullmatch(text) is None:
        sentence = gettext("A scope is a word of printable ASCII characters without quotes and backslashes.")
        raise ValueError(sentence)
    return text


Text = Annotated[str, AfterValidator(_storable)]
Scope = Annotated[str, AfterValidator(_scope)]


class Sent(BaseModel):
    """What a client sends: nothing unknown in it."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Given(BaseModel):
    """What a client gets."""

    model_config = ConfigDict(frozen=True)


class NewSignIn(Sent):
    """A request to sign in, as it is asked for."""

    scopes: list[Scope] = Field(
        default=[],
        max_length=20,
        description="Scopes among those of the business; empty: all of them.",
    )
    reference: Annotated[Text, StringConstraints(max_length=200)] = Field(
        default="", description="Yours, for you: given back as it came."
    )


class Nothing(Sent):
    """An empty object, or no body at all."""


class NewMessage(Sent):
    """A text for a customer."""

    text: Annotated[Text, StringConstraints(min_length=1, max_length=LONGEST_TEXT)]


class Paging(Sent):
    """Which part of a list, the newest first."""

    limit: int = Field(default=PAGE, ge=1, le=LARGEST_PAGE, description="How many entries.")
    after: UUID | None = Field(default=None, description="The id of the last entry of the page before.")


class ConversationFilter(Paging):
    """Which conversations."""

    business: Annotated[Text, StringConstraints(max_length=100)] | None = Field(
        default=None, description="The business's id at Apple."
    )
    customer: Annotated[Text, StringConstraints(max_length=300)] | None = Field(
        default=None, description="Apple's opaque id of the customer."
    )


class SignInFilter(Paging):
    """Which requests to sign in."""

    conversation: UUID | None = Field(default=None, description="The id of a conversation.")
    state: SignInRequest.State | None = Field(default=None, description="The state that they are in.")


class BusinessGiven(Given):
    """A business that the client reaches."""

    id: str = Field(description="Apple's id of the business.")
    name: str
    is_active: bool

    @classmethod
    def of(cls, business: Business) -> Self:
        """Read it off a row."""
        return cls(id=business.business_id, name=business.name, is_active=business.is_active)


class ConversationGiven(Given):
    """A conversation with a customer."""

    id: UUID
    business: str = Field(description="The business's id at Apple.")
    customer: str = Field(description="Apple's opaque id of the customer.")
    capabilities: list[str] = Field(description="What the customer's device last said that it can do.")
    capabilities_at: datetime | None
    can_sign_in: bool = Field(description="Whether the device knows a flow that the business allows.")
    created_at: datetime
    last_message_at: datetime | None
    closed_at: datetime | None

    @classmethod
    def of(cls, conversation: Conversation) -> Self:
        """Read it off a row with its business."""
        business = conversation.business
        return cls(
            id=conversation.id,
            business=business.business_id,
            customer=conversation.customer_id,
            capabilities=conversation.capabilities,
            capabilities_at=conversation.capabilities_at,
            can_sign_in=flow_for(business=business, capabilities=conversation.capabilities) is not None,
            created_at=conversation.created_at,
            last_message_at=conversation.last_message_at,
            closed_at=conversation.closed_at,
        )


class MessageGiven(Given):
    """A message to a customer, and how far it came. That it was sent does not say that it was seen."""

    id: UUID
    conversation: UUID
    state: OutboundMessage.State
    attempts: int
    last_answer: str
    created_at: datetime
    sent_at: datetime | None

    @classmethod
    def of(cls, message: OutboundMessage) -> Self:
        """Read it off a row."""
        return cls(
            id=message.id,
            conversation=message.conversation_id,
            state=OutboundMessage.State(message.state),
            attempts=message.attempts,
            last_answer=message.last_answer,
            created_at=message.created_at,
            sent_at=message.sent_at,
        )


class StepGiven(Given):
    """One step of a request's way."""

    at: datetime
    step: str
    text: str
    detail: str


class ResultGiven(Given):
    """Who signed in."""

    issuer: str
    subject: str
    claims: dict[str, Any] = Field(description="What the scopes allow to know.")
    verified: bool = Field(description="False where nobody could be asked whose token the phone sent.")
    valid_until: datetime
    user: str | None = Field(description="The user name here, where there is a user.")

    @classmethod
    def of(cls, result: SignInResult) -> Self:
        """Read it off a row with its user."""
        return cls(
            issuer=result.issuer,
            subject=result.subject,
            claims=result.claims,
            verified=result.is_verified,
            valid_until=result.valid_until,
            user=None if result.user is None else result.user.get_username(),
        )


class SignInGiven(Given):
    """A request to sign in, as it stands."""

    id: UUID
    business: str = Field(description="The business's id at Apple.")
    conversation: UUID
    customer: str = Field(description="Apple's opaque id of the customer.")
    flow: str = Field(description="new, legacy, or empty where the device can do neither.")
    state: SignInRequest.State
    reason: str = Field(description="Why it ended so, as a code that never changes; empty while it is open.")
    reason_text: str = Field(description="The same in words.")
    scopes: list[str]
    reference: str
    created_at: datetime
    expires_at: datetime
    sent_at: datetime | None
    opened_at: datetime | None
    ended_at: datetime | None
    result: ResultGiven | None = Field(description="Once it has succeeded.")

    @classmethod
    def of(cls, sign_in: SignInRequest) -> Self:
        """Read it off a row with its business, its conversation and, if it has succeeded, its result."""
        return cls(**_described(sign_in))


class SignInWithStepsGiven(SignInGiven):
    """A request to sign in with every step of its way."""

    steps: list[StepGiven]

    @classmethod
    def of(cls, sign_in: SignInRequest) -> Self:
        """Read it off a row and its steps."""
        given = [
            StepGiven(at=step.at, step=step.step, text=str(steps.words_of(step.step)), detail=step.detail)
            for step in sign_in.steps.all()
        ]
        return cls(**_described(sign_in), steps=given)


def _described(sign_in: SignInRequest) -> dict[str, Any]:
    has_succeeded = sign_in.state == SignInRequest.State.SUCCEEDED
    return {
        "id": sign_in.id,
        "business": sign_in.business.business_id,
        "conversation": sign_in.conversation_id,
        "customer": sign_in.conversation.customer_id,
        "flow": sign_in.flow,
        "state": SignInRequest.State(sign_in.state),
        "reason": sign_in.reason,
        "reason_text": str(reasons.words_of(sign_in.reason)),
        "scopes": sign_in.scopes.split(),
        "reference": sign_in.reference,
        "created_at": sign_in.created_at,
        "expires_at": sign_in.expires_at,
        "sent_at": sign_in.sent_at,
        "opened_at": sign_in.opened_at,
        "ended_at": sign_in.ended_at,
        "result": ResultGiven.of(sign_in.result) if has_succeeded else None,
    }


Entry = TypeVar("Entry", bound=Given)


class Page(Given, Generic[Entry]):
    """Part of a list, the newest first."""

    items: list[Entry]
    next: str | None = Field(description="The address of the next page; null on the last.")


class ProblemFault(Given):
    """One fault in what was sent."""

    where: str = Field(description="A JSON pointer into the body, or the name of a parameter.")
    detail: str


class ProblemGiven(Given):
    """Why a request was refused (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    code: str = Field(description="Never changes and is not translated.")
    errors: list[ProblemFault] = []
