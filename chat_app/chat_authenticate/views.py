"""``POST …/chatAuthenticate``: a signed token for an end user (docs/chat-authenticate.md)."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, ClassVar, NoReturn, cast

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import DatabaseError
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.request import Request

from authenticate_app.accounts.callers import Caller
from authenticate_app.accounts.entitlements import REQUEST_FOR_CHAT, SELF_SERVICE_USER
from authenticate_app.accounts.permissions import HasEntitlement, HasRole
from authenticate_app.accounts.sign_in import SignIn
from authenticate_app.audit.events import Event
from authenticate_app.audit.services import record
from authenticate_app.oauth.bearer import BasicOrBearerAuthentication, FreshBasicOrBearerAuthentication, HasScope
from authenticate_app.oauth.scopes import CHAT_AUTHENTICATE
from chat_app.adf import codes, media_types
from chat_app.adf.errors import AdfError, Fault
from chat_app.adf.exceptions import try_again
from chat_app.adf.views import AdfView
from chat_app.chat_authenticate import describe, errors, openapi, schemas
from chat_app.chat_authenticate.attributes import ChatAuthenticateRequest
from chat_app.chat_authenticate.facts import Facts
from chat_app.chat_authenticate.metrics import BEGUN, IGNORED_ATTRIBUTES, OUTCOMES, RESUMED, RETRIES
from chat_app.chat_authenticate.releases import Release
from chat_app.chat_authenticate.services import IssuedChat, issue_chat_token
from chat_app.sessions.services import BasisChanged

ATTEMPTS = 10
"""How often a request is worked through while what it is answered from keeps changing. Rivals for the same end
user's session need one attempt each; more of them than a host has threads do not come together."""


ASKED_OF_CALLERS = [HasScope(CHAT_AUTHENTICATE), HasRole(SELF_SERVICE_USER), HasEntitlement(REQUEST_FOR_CHAT)]
FROM_MEMORY, AFRESH = BasicOrBearerAuthentication(use_memory=True), BasicOrBearerAuthentication(use_memory=False)


class TryAgain(Exception):
    """What the answer was made from is in doubt."""


class ChatAuthenticateView(AdfView):
    """Gives out chat tokens.

    The first attempt answers from memory, and the statement that stores the session makes sure that memory was right.
    Where it was not, and before anybody is refused from memory, everything is read afresh and the request is worked
    through again. So the common case needs one round trip to the database, and no case is answered from old facts.
    """

    operations: ClassVar = {"POST": openapi.CREATE_OPERATION}

    attempt = 0
    signed_in_from_memory = False
    raw_body: bytes | None = None

    def post(self, request: Request, version: str, **_path: str) -> HttpResponse:
        """Parse, issue, answer."""
        if self.raw_body is None:  # another attempt would find the stream empty
            self.raw_body = self.read_body(request)
        release = Release.parse(settings.FUSION_RELEASE)
        asked, ignored = schemas.parse(
            self.raw_body, release=release, refuse_unknown=settings.UNKNOWN_ATTRIBUTES == "refuse"
        )
        issued = issue_chat_token(
            request=asked,
            caller=cast(Caller, request.user),  # what the authenticators and permissions of this view let through
            facts=self.facts(),
            release=release,
            client_address=request.META["REMOTE_ADDR"],
            now=timezone.now(),
        )
        for name in ignored:
            IGNORED_ATTRIBUTES.labels(schemas.metric_label(name)).inc()
        (BEGUN if issued.session.begun else RESUMED).inc()
        return self.created(asked, issued, release, version)

    def created(
        self, asked: ChatAuthenticateRequest, issued: IssuedChat, release: Release, version: str
    ) -> HttpResponse:
        """Answer 201 with the attributes, the token and where it leads."""
        href = schemas.item_url(settings.PUBLIC_BASE_URL, version=version, auth_user_name=asked.auth_user_name)
        content = schemas.response_body(
            asked,
            release=release,
            interface=issued.interface,
            queue_id=issued.session.queue_id,
            jwt=issued.jwt,
            href=href,
        )
        return self.answer(content, status=HTTPStatus.CREATED, headers={"Location": href})

    # Memory first, and never the last word

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Work through the request until it can be answered from facts that hold."""
        for self.attempt in range(ATTEMPTS):
            try:
                return super().dispatch(request, *args, **kwargs)
            except TryAgain:
                RETRIES.inc()
        raise AssertionError("The last attempt always answers.")

    def get_permissions(self) -> list[BasePermission]:
        """Ask a token for its scope, everybody for the role and, through whichever role, the entitlement."""
        return ASKED_OF_CALLERS

    def get_authenticators(self) -> list[BaseAuthentication]:
        """Let only the first attempt remember a caller without a look at the account."""
        return [FROM_MEMORY if self.attempt == 0 else AFRESH]

    def perform_authentication(self, request: Request) -> None:
        """Find out who calls, and note whether the caller is remembered or read.

        Properties of ``request`` would ask the authenticators when they are first needed, which they always are.
        """
        request.user, request.auth = AnonymousUser(), None
        for authenticator in request.authenticators or ():
            if found := authenticator.authenticate(request):
                request.user, request.auth = cast(tuple[Any, Any], found)
                break
        self.signed_in_from_memory = isinstance(request.auth, SignIn) and request.auth.from_memory

    def facts(self) -> Facts:
        """Return keys and routing, as sure as this attempt needs them."""
        if self.attempt > 0:
            return Facts.checked()
        return Facts.recalled() if self.signed_in_from_memory else Facts.current()

    def handle_exception(self, exc: Exception) -> HttpResponse:  # type: ignore[override]  # as in AdfView
        """Refuse, unless another attempt may come to another end."""
        if isinstance(exc, DatabaseError):
            return super().handle_exception(exc)
        in_doubt = isinstance(exc, BasisChanged) or (self.attempt == 0 and self.signed_in_from_memory)
        if in_doubt and self.attempt < ATTEMPTS - 1:
            raise TryAgain from exc
        return super().handle_exception(try_again(errors.CHANGING) if isinstance(exc, BasisChanged) else exc)

    def refused(self, faults: Sequence[Fault]) -> None:
        """Count every refusal; audit those that concern what the caller may do (sign-ins are audited already)."""
        error = faults[0].error
        OUTCOMES.labels(error.code).inc()
        caller: object = self.request.user if error.status == HTTPStatus.FORBIDDEN else None
        if isinstance(caller, Caller):
            record(
                event=Event.TOKEN_REFUSED,
                reason=error.code,
                actor=caller.user_id,
                actor_name=caller.username,
                address=self.request.META["REMOTE_ADDR"],
                request_id=self.request.META.get("HTTP_X_REQUEST_ID", ""),
            )


class ItemView(AdfView):
    """One item. None can be read, since a token is given out once, so every GET is answered 405."""

    authentication_classes = ()
    permission_classes = ()
    schema = None  # no operation of the API

    def post(self, *_args: Any, **_path: str) -> NoReturn:
        """Items are created at the address of the collection."""
        raise AdfError(Fault(codes.NOT_FOUND))


class DescribeView(AdfView):
    """The resource's metadata, for every user who can sign in."""

    operations: ClassVar = {"GET": openapi.DESCRIBE_OPERATION}
    authentication_classes = (FreshBasicOrBearerAuthentication,)
    offered = (media_types.DESCRIPTION, media_types.JSON)

    def get_permissions(self) -> list[BasePermission]:
        """Ask for a caller, and a token for its scope."""
        return [IsAuthenticated(), HasScope(CHAT_AUTHENTICATE)]

    def get(self, _request: Request, version: str, **_path: str) -> HttpResponse:
        """Answer 200 with Oracle's describe form."""
        return self.answer(
            describe.description(
                public_base_url=settings.PUBLIC_BASE_URL,
                version=version,
                release=Release.parse(settings.FUSION_RELEASE),
            )
        )
