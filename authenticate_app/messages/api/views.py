"""The API: ask a customer to sign in, follow it, cancel it; conversations; texts (docs/apple-messages.md)."""

import hashlib
import uuid
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, ClassVar, NoReturn, TypeVar
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_GET
from rest_framework.request import Request

from authenticate_app.messages import sign_ins
from authenticate_app.messages.api import openapi, problems, selectors
from authenticate_app.messages.api.problems import Fault, Problem
from authenticate_app.messages.api.schemas import (
    BusinessGiven,
    ConversationFilter,
    ConversationGiven,
    Entry,
    MessageGiven,
    NewMessage,
    NewSignIn,
    Nothing,
    Page,
    Paging,
    SignInFilter,
    SignInGiven,
    SignInWithStepsGiven,
)
from authenticate_app.messages.api.views_base import MessagesView
from authenticate_app.messages.models import Business, Conversation, SignInRequest
from authenticate_app.messages.reasons import Reason
from authenticate_app.messages.sending import queue_message
from authenticate_app.messages.wire import text_body
from authenticate_app.oauth.models import Client
from authenticate_app.oauth.scopes import OPENID

IDEMPOTENCY_HEADER = "HTTP_IDEMPOTENCY_KEY"
LONGEST_KEY = 255
TEXT_GIVEN_UP_AFTER = timedelta(hours=1)
"""A text that the gateway does not take for so long would only puzzle the customer."""

Row = TypeVar("Row")


class BusinessesView(MessagesView):
    """The businesses that the client reaches."""

    operations: ClassVar = {"GET": openapi.LIST_BUSINESSES}

    def get(self, _request: Request) -> HttpResponse:
        """Answer all of them: they are few."""
        businesses = [BusinessGiven.of(business) for business in selectors.businesses_of(self.client_id)]
        return self.answer(Page[BusinessGiven](items=businesses, next=None))


class ConversationsView(MessagesView):
    """The conversations of these businesses."""

    operations: ClassVar = {"GET": openapi.LIST_CONVERSATIONS}

    def get(self, request: Request) -> HttpResponse:
        """Answer a page of them."""
        asked = self.parameters(ConversationFilter)
        found = selectors.list_conversations(asked, client_id=self.client_id)
        return self.answer(_page(found, asked, ConversationGiven.of, request))


class ConversationView(MessagesView):
    """One conversation."""

    operations: ClassVar = {"GET": openapi.READ_CONVERSATION}

    def get(self, _request: Request, conversation_id: UUID) -> HttpResponse:
        """Answer it."""
        return self.answer(ConversationGiven.of(_conversation(self, conversation_id)))


class NewMessageView(MessagesView):
    """Texts into a conversation."""

    operations: ClassVar = {"POST": openapi.SEND_MESSAGE}

    def post(self, _request: Request, conversation_id: UUID) -> HttpResponse:
        """Take a text; it is sent in the background."""
        asked, now = self.body(NewMessage), timezone.now()
        conversation = _conversation(self, conversation_id)
        _refuse_unreachable(conversation)
        message_id = uuid.uuid4()
        body = text_body(
            business_id=conversation.business.business_id,
            customer_id=conversation.customer_id,
            message_id=message_id,
            text=asked.text,
        )
        with transaction.atomic():
            message = queue_message(
                conversation=conversation,
                message_id=message_id,
                body=body,
                give_up_at=now + TEXT_GIVEN_UP_AFTER,
                now=now,
            )
        location = _address("messages-api-message", message.id)
        return self.answer(MessageGiven.of(message), status=HTTPStatus.ACCEPTED, headers={"Location": location})


class MessageView(MessagesView):
    """One text that was sent, or waits to be."""

    operations: ClassVar = {"GET": openapi.READ_MESSAGE}

    def get(self, _request: Request, message_id: UUID) -> HttpResponse:
        """Answer how far it came."""
        return self.answer(MessageGiven.of(_found(selectors.find_message(message_id, client_id=self.client_id))))


class NewSignInView(MessagesView):
    """Requests to sign in, in a conversation."""

    operations: ClassVar = {"POST": openapi.START_SIGN_IN}

    def post(self, request: Request, conversation_id: UUID) -> HttpResponse:
        """Ask the customer to sign in; with an idempotency key that was used before, answer that request again."""
        asked, now = self.body(NewSignIn), timezone.now()
        conversation = _conversation(self, conversation_id)
        key = _idempotency_key(request)
        try:
            sign_in = sign_ins.start_sign_in(
                business=conversation.business,
                conversation=conversation,
                asked_by=Client.objects.only("pk").get(pk=self.client_id),
                scopes=_scopes(asked, conversation),
                reference=asked.reference,
                idempotency_key=key,
                idempotency_checksum=_checksum(conversation_id, asked) if key else "",
                now=now,
            )
        except sign_ins.ConversationClosed:
            raise Problem(problems.CONVERSATION_CLOSED) from None
        except sign_ins.BusinessInactive:
            raise Problem(problems.BUSINESS_INACTIVE) from None
        except sign_ins.IdempotencyConflict:
            raise Problem(problems.IDEMPOTENCY_CONFLICT) from None
        return self.started(sign_in, is_new=sign_in.created_at == now)

    def started(self, sign_in: SignInRequest, *, is_new: bool) -> HttpResponse:
        """Answer 201 for a new request, 200 for one that was there, 409 where the device can not sign in."""
        if sign_in.state == SignInRequest.State.UNSUPPORTED:
            raise Problem(problems.DEVICE_CANNOT_SIGN_IN, members={"sign_in_request": str(sign_in.id)})
        return self.answer(
            SignInGiven.of(_found(selectors.find_sign_in(sign_in.id, client_id=self.client_id))),
            status=HTTPStatus.CREATED if is_new else HTTPStatus.OK,
            headers={"Location": _address("messages-api-sign-in", sign_in.id)},
        )


class SignInsView(MessagesView):
    """Requests to sign in."""

    operations: ClassVar = {"GET": openapi.LIST_SIGN_INS}

    def get(self, request: Request) -> HttpResponse:
        """Answer a page of them."""
        asked = self.parameters(SignInFilter)
        found = selectors.list_sign_ins(asked, client_id=self.client_id)
        return self.answer(_page(found, asked, SignInGiven.of, request))


class SignInView(MessagesView):
    """One request to sign in."""

    operations: ClassVar = {"GET": openapi.READ_SIGN_IN}

    def get(self, _request: Request, sign_in_id: UUID) -> HttpResponse:
        """Answer it with every step of its way."""
        return self.answer(SignInWithStepsGiven.of(_sign_in(self, sign_in_id)))


class CancelSignInView(MessagesView):
    """The end of a request to sign in, by whoever asked for it."""

    operations: ClassVar = {"POST": openapi.CANCEL_SIGN_IN}

    def post(self, _request: Request, sign_in_id: UUID) -> HttpResponse:
        """Cancel it; one that the client cancelled before is answered in the same way."""
        self.body(Nothing)
        _sign_in(self, sign_in_id)
        sign_ins.end(
            sign_in_id=sign_in_id,
            state=SignInRequest.State.CANCELLED,
            reason=Reason.CANCELLED_BY_ASKER,
            now=timezone.now(),
        )
        ended = _sign_in(self, sign_in_id)
        if ended.reason != Reason.CANCELLED_BY_ASKER:
            raise _already_ended(ended)
        return self.answer(SignInWithStepsGiven.of(ended))


class NowhereView(MessagesView):
    """Whatever lies below the API's addresses and leads nowhere, such as an id that is none: 404, for anybody."""

    authentication_classes = ()
    permission_classes = ()
    schema = None  # no operation of the API

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> NoReturn:
        """Refuse, whatever the method."""
        raise Problem(problems.NOT_FOUND)


@require_GET
def explain_problem(_request: HttpRequest, code: str) -> HttpResponse:
    """Say what a kind of problem means: where the member ``type`` of a refusal leads."""
    kind = problems.BY_CODE.get(code)
    if kind is None:
        raise Http404
    return JsonResponse(
        {"code": kind.code, "status": kind.status, "title": gettext(kind.title), "detail": gettext(kind.detail)}
    )


def _conversation(view: MessagesView, conversation_id: UUID) -> Conversation:
    return _found(selectors.find_conversation(conversation_id, client_id=view.client_id))


def _sign_in(view: MessagesView, sign_in_id: UUID) -> SignInRequest:
    return _found(selectors.find_sign_in(sign_in_id, client_id=view.client_id))


def _found(row: Row | None) -> Row:
    if row is None:
        raise Problem(problems.NOT_FOUND)
    return row


def _refuse_unreachable(conversation: Conversation) -> None:
    if conversation.closed_at is not None:
        raise Problem(problems.CONVERSATION_CLOSED)
    if not conversation.business.is_active:
        raise Problem(problems.BUSINESS_INACTIVE)


def _idempotency_key(request: Request) -> str:
    """Empty without the header. What is no ASCII arrives as an empty header, and must not pass for none."""
    key: str | None = request.META.get(IDEMPOTENCY_HEADER)
    if key is None:
        return ""
    if not (0 < len(key) <= LONGEST_KEY and key.isascii() and key.isprintable()):
        sentence = gettext("An idempotency key has 1 to %(longest)s printable ASCII characters.")
        sentence %= {"longest": LONGEST_KEY}
        raise Problem(problems.INVALID_REQUEST, errors=(Fault("Idempotency-Key", sentence),))
    return key


def _checksum(conversation_id: UUID, asked: NewSignIn) -> str:
    return hashlib.sha256(f"{conversation_id} {asked.model_dump_json()}".encode()).hexdigest()


def _scopes(asked: NewSignIn, conversation: Conversation) -> str:
    allowed = conversation.business.scopes.split()
    sentence = gettext("The business asks for these only: %(scopes)s.") % {"scopes": " ".join(allowed)}
    faults = [Fault(f"/scopes/{index}", sentence) for index, scope in enumerate(asked.scopes) if scope not in allowed]
    is_own = conversation.business.provider == Business.Provider.OWN
    if asked.scopes and is_own and OPENID not in asked.scopes:
        sentence = gettext("%(scope)s has to be among them: without it nobody is learned.") % {"scope": OPENID}
        faults.append(Fault("/scopes", sentence))
    if faults:
        raise Problem(problems.INVALID_REQUEST, errors=tuple(faults))
    return " ".join(dict.fromkeys(asked.scopes)) or conversation.business.scopes


def _already_ended(sign_in: SignInRequest) -> Problem:
    ended_at: datetime | None = sign_in.ended_at
    params = {"state": sign_in.state, "ended_at": ended_at.isoformat() if ended_at else ""}
    return Problem(problems.ALREADY_ENDED, params, members={"sign_in_request": str(sign_in.id)})


def _page(rows: Sequence[Row], asked: Paging, shape: Callable[[Row], Entry], request: Request) -> Page[Entry]:
    shown = rows[: asked.limit]
    following = None
    if len(rows) > asked.limit:
        last: Any = shown[-1]
        query = urlencode({**request._request.GET.dict(), "after": str(last.pk)})
        following = f"{settings.PUBLIC_BASE_URL}{request.path}?{query}"
    return Page(items=[shape(row) for row in shown], next=following)


def _address(name: str, row_id: UUID) -> str:
    return settings.PUBLIC_BASE_URL + reverse(name, args=[row_id])
