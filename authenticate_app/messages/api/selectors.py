"""What a client of the API finds: only what belongs to the businesses that are assigned to it."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from authenticate_app.messages.api.schemas import ConversationFilter, SignInFilter
from authenticate_app.messages.models import Business, Conversation, OutboundMessage, SignInRequest

WITHOUT_PICTURES = ("business__image",)


def businesses_of(client_id: int) -> QuerySet[Business]:
    """The businesses that the client reaches."""
    return Business.objects.filter(api_clients=client_id).defer("image")


def find_conversation(conversation_id: UUID, *, client_id: int) -> Conversation | None:
    """Return a conversation with its business; one query."""
    return _conversations(client_id).filter(pk=conversation_id).first()


def find_message(message_id: UUID, *, client_id: int) -> OutboundMessage | None:
    """Return a message; one query."""
    messages = OutboundMessage.objects.filter(conversation__business__api_clients=client_id)
    return messages.defer("encrypted_body").filter(pk=message_id).first()


def find_sign_in(sign_in_id: UUID, *, client_id: int) -> SignInRequest | None:
    """Return a request with business, conversation, result and user; one query."""
    return _sign_ins(client_id).filter(pk=sign_in_id).first()


def list_conversations(asked: ConversationFilter, *, client_id: int) -> list[Conversation]:
    """Return one conversation more than were asked for, if there are more; one query."""
    conversations = _conversations(client_id)
    if asked.business is not None:
        conversations = conversations.filter(business__business_id=asked.business)
    if asked.customer is not None:
        conversations = conversations.filter(customer_id=asked.customer)
    return _page(conversations, asked)


def list_sign_ins(asked: SignInFilter, *, client_id: int) -> list[SignInRequest]:
    """Return one request more than were asked for, if there are more; one query."""
    sign_ins = _sign_ins(client_id)
    if asked.conversation is not None:
        sign_ins = sign_ins.filter(conversation=asked.conversation)
    if asked.state is not None:
        sign_ins = sign_ins.filter(state=asked.state)
    return _page(sign_ins, asked)


def _conversations(client_id: int) -> QuerySet[Conversation]:
    reachable = Conversation.objects.filter(business__api_clients=client_id)
    return reachable.select_related("business").defer(*WITHOUT_PICTURES)


def _sign_ins(client_id: int) -> QuerySet[SignInRequest]:
    reachable = SignInRequest.objects.filter(business__api_clients=client_id)
    related = reachable.select_related("business", "conversation", "result__user")
    return related.defer("encrypted_private_key", *WITHOUT_PICTURES)


def _page(rows: QuerySet[Any], asked: ConversationFilter | SignInFilter) -> list[Any]:
    """Ids rise with time, so that a page goes on where the last one ended, whatever was added meanwhile."""
    if asked.after is not None:
        rows = rows.filter(pk__lt=asked.after)
    return list(rows.order_by("-pk")[: asked.limit + 1])
