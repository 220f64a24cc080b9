"""``POST …/sign-in-requests/{id}/chat``: a chat for the customer who signed in (docs/apple-messages.md)."""

import json
from contextlib import suppress
from http import HTTPStatus
from typing import Any, ClassVar, cast
from uuid import UUID

from django.conf import settings
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from authenticate_app.accounts.callers import Caller
from authenticate_app.accounts.entitlements import REQUEST_FOR_CHAT, SELF_SERVICE_USER
from authenticate_app.accounts.models import User
from authenticate_app.accounts.permissions import HasEntitlement, HasRole
from authenticate_app.audit.events import Event
from authenticate_app.audit.services import record
from authenticate_app.messages.api import problems, selectors
from authenticate_app.messages.api.problems import Fault, Problem
from authenticate_app.messages.api.views_base import MessagesView, json_answer, raw_body_of
from authenticate_app.messages.models import SignInRequest
from authenticate_app.oauth.bearer import HasScope
from authenticate_app.oauth.scopes import CHAT_AUTHENTICATE
from chat_app.adf.errors import AdfError
from chat_app.adf.exceptions import try_again
from chat_app.apple_chat import openapi
from chat_app.apple_chat.requests import chat_request, speaking_as
from chat_app.chat_authenticate import errors, schemas
from chat_app.chat_authenticate.attributes import ChatAuthenticateRequest
from chat_app.chat_authenticate.facts import Facts
from chat_app.chat_authenticate.metrics import BEGUN, IGNORED_ATTRIBUTES, RESUMED
from chat_app.chat_authenticate.releases import Release
from chat_app.chat_authenticate.services import IssuedChat, issue_chat_token
from chat_app.sessions.services import BasisChanged

ATTEMPTS = 10
"""As many as ``chatAuthenticate`` makes."""
APPLE_MESSAGES = "APPLE_MESSAGES"
"""How agents are told that the customer signed in."""
VERSION = "latest"
"""The version that the answer's links name: nobody called one."""


class TryAgain(Exception):
    """Something that the answer was made from has changed meanwhile."""


class CustomerChatView(MessagesView):
    """Gives out chat tokens for customers who signed in; it asks of a caller what ``chatAuthenticate`` asks."""

    operations: ClassVar = {"POST": openapi.CREATE_CUSTOMER_CHAT}
    attempt = 0
    raw_body: bytes | None = None

    def post(self, request: Request, sign_in_id: UUID) -> HttpResponse:
        """Find the customer, issue, answer."""
        if self.raw_body is None:  # another attempt would find the stream empty
            self.raw_body = raw_body_of(request)
        customer = _signed_in(selectors.find_sign_in(sign_in_id, client_id=self.client_id))
        release = Release.parse(settings.FUSION_RELEASE)
        asked, ignored = chat_request(
            self.raw_body,
            customer=customer,
            release=release,
            refuse_unknown=settings.UNKNOWN_ATTRIBUTES == "refuse",
        )
        issued = issue_chat_token(
            request=asked,
            caller=speaking_as(customer, cast(Caller, request.user)),
            facts=Facts.checked() if self.attempt else Facts.current(),
            release=release,
            client_address=request.META["REMOTE_ADDR"],
            now=timezone.now(),
            signed_in_by=APPLE_MESSAGES,
        )
        for name in ignored:
            IGNORED_ATTRIBUTES.labels(schemas.metric_label(name)).inc()
        (BEGUN if issued.session.begun else RESUMED).inc()
        return _created(asked, issued, release)

    def get_permissions(self) -> list[BasePermission]:
        """Ask for both scopes, and for what ``chatAuthenticate`` asks; nobody needs to speak for others."""
        of_chat = [HasScope(CHAT_AUTHENTICATE), HasRole(SELF_SERVICE_USER), HasEntitlement(REQUEST_FOR_CHAT)]
        return [*super().get_permissions(), *of_chat]

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Work through the request until it can be answered from facts that hold."""
        for self.attempt in range(ATTEMPTS):
            with suppress(TryAgain):
                return super().dispatch(request, *args, **kwargs)
        raise AssertionError("The last attempt always answers.")

    def handle_exception(self, exc: Exception) -> HttpResponse:  # type: ignore[override]  # as in MessagesView
        """Refuse, unless another attempt may come to another end; audit what the caller may not do."""
        if isinstance(exc, BasisChanged):
            if self.attempt < ATTEMPTS - 1:
                raise TryAgain from exc
            exc = try_again(errors.CHANGING)
        if isinstance(exc, AdfError):
            self._audit(exc.faults[0].error.code, exc.status)
            return super().handle_exception(_as_problem(exc))
        if isinstance(exc, PermissionDenied):
            self._audit(str(exc.get_codes()), exc.status_code)
        return super().handle_exception(exc)

    def _audit(self, reason: str, status: int) -> None:
        caller: object = self.request.user
        if status == HTTPStatus.FORBIDDEN and isinstance(caller, Caller):
            record(
                event=Event.TOKEN_REFUSED,
                reason=reason,
                actor=caller.user_id,
                actor_name=caller.username,
                address=self.request.META["REMOTE_ADDR"],
                request_id=self.request.META.get("HTTP_X_REQUEST_ID", ""),
            )


def _signed_in(sign_in: SignInRequest | None) -> User:
    """Return the customer of a sign-in that succeeded, is verified and still valid; else raise ``Problem``."""
    if sign_in is None:
        raise Problem(problems.NOT_FOUND)
    if not sign_in.business.is_active:
        raise Problem(problems.BUSINESS_INACTIVE)
    if sign_in.state != SignInRequest.State.SUCCEEDED:
        raise Problem(problems.NOT_SIGNED_IN, {"state": SignInRequest.State(sign_in.state).label})
    result = sign_in.result
    if result.valid_until <= timezone.now():
        raise Problem(problems.NOT_VALID_ANY_MORE, {"valid_until": result.valid_until.isoformat(timespec="seconds")})
    if not result.is_verified:
        raise Problem(problems.NOT_VERIFIED)
    if result.user is None or not result.user.is_active:
        raise Problem(problems.NO_USER)
    return result.user


def _created(asked: ChatAuthenticateRequest, issued: IssuedChat, release: Release) -> HttpResponse:
    """Answer as ``chatAuthenticate`` does: the attributes, the token and where it leads."""
    href = schemas.item_url(settings.PUBLIC_BASE_URL, version=VERSION, auth_user_name=asked.auth_user_name)
    content = schemas.response_body(
        asked,
        release=release,
        interface=issued.interface,
        queue_id=issued.session.queue_id,
        jwt=issued.jwt,
        href=href,
    )
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return json_answer(text, status=HTTPStatus.CREATED, headers={"Location": href})


KINDS = {HTTPStatus.FORBIDDEN: problems.CHAT_REFUSED, HTTPStatus.SERVICE_UNAVAILABLE: problems.CHAT_UNAVAILABLE}


def _as_problem(error: AdfError) -> Problem:
    """Say in this API's form what ``chatAuthenticate`` refuses."""
    faults = tuple(Fault(fault.path, fault.detail()) for fault in error.faults)
    kind = KINDS.get(HTTPStatus(error.status), problems.INVALID_REQUEST)
    return Problem(kind, {"reason": faults[0].detail}, errors=faults, headers=error.headers)
