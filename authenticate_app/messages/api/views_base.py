"""The base of the API's views: who calls, what they sent, and refusals as problem details."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, ClassVar, TypeVar, cast

from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import translation
from django.utils.http import parse_header_parameters
from django.utils.translation import gettext
from pydantic import BaseModel, ValidationError
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.views import APIView

from authenticate_app.messages.api import faults, problems
from authenticate_app.messages.api.problems import Fault, Problem
from authenticate_app.messages.metrics import ANSWERS
from authenticate_app.oauth.bearer import BearerAuthentication, HasScope, InvalidRequest, InvalidToken
from authenticate_app.oauth.bearer_sign_in import TokenSignIn
from authenticate_app.oauth.scopes import MESSAGES
from authenticate_app.request_bodies import BodyBrokeOff, BodyTooLong, read_body

LONGEST_BODY = 64 * 1024
"""Bytes."""
RETRY_AFTER_SECONDS = 5
JSON = "application/json"

Sent = TypeVar("Sent", bound=BaseModel)


class MessagesView(APIView):
    """Answers JSON to clients that hold the scope ``messages``.

    A subclass has handlers for its methods, which return ``self.answer(...)`` and raise ``Problem``. It reads what was
    sent by ``self.body`` and ``self.parameters``, never by ``request.data``.
    """

    operations: ClassVar[Mapping[str, Mapping[str, Any]]] = {}
    """By method: its operation in the API's schema (OpenAPI 3.1)."""

    def get_authenticators(self) -> list[BaseAuthentication]:
        """Access tokens alone, read afresh: a revocation counts at once."""
        return [BearerAuthentication(use_memory=False)]

    def get_permissions(self) -> list[BasePermission]:
        """Ask for a token, and for its scope."""
        return [IsAuthenticated(), HasScope(MESSAGES)]

    @property
    def client_id(self) -> int:
        """The row of the client that calls."""
        return cast(TokenSignIn, self.request.auth).client_id

    def body(self, model: type[Sent]) -> Sent:
        """Return the body as ``model``; an empty one is an empty object.

        Raises:
            Problem: 400, 413 or 415.
        """
        return _validated(model, raw_body_of(self.request) or b"{}")

    def parameters(self, model: type[Sent]) -> Sent:
        """Return the parameters of the query as ``model``.

        Raises:
            Problem: 400.
        """
        sent = self.request._request.GET
        sentence = gettext("This comes more than once.")
        twice = [Fault(name, sentence) for name, values in sent.lists() if len(values) > 1]
        if twice:
            raise Problem(problems.INVALID_REQUEST, errors=tuple(twice))
        return _validated(model, sent.dict())

    def answer(
        self, content: BaseModel, *, status: int = HTTPStatus.OK, headers: Mapping[str, str] | None = None
    ) -> HttpResponse:
        """Answer with JSON."""
        return json_answer(content.model_dump_json(), status=status, content_type=JSON, headers=headers)

    def options(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponse:  # type: ignore[override]  # no body
        """Name the methods that there are (RFC 9110, section 9.3.7)."""
        return HttpResponse(status=HTTPStatus.NO_CONTENT, headers={"Allow": ", ".join(self.allowed_methods)})

    # How Django REST framework works through a request

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answer in the language of the client, and count how it ended."""
        with translation.override(translation.get_language_from_request(request)):
            response = super().dispatch(request, *args, **kwargs)
        response["Content-Language"] = translation.get_language_from_request(request)
        ANSWERS.labels(type(self).__name__, getattr(response, "outcome", "done")).inc()
        return response

    def perform_content_negotiation(self, request: Request, force: bool = False) -> tuple[Any, str]:
        """Make sure that the client takes JSON."""
        if not request._request.accepts(JSON) and not request._request.accepts(problems.MEDIA_TYPE):
            raise Problem(problems.NOT_ACCEPTABLE)
        return None, JSON

    def handle_exception(self, exc: Exception) -> HttpResponse:  # type: ignore[override]  # no Response needed
        """Turn what was raised into an answer; what is a fault of our own is raised again."""
        problem = _as_problem(exc, self)
        if problem is None:
            raise exc
        text = json.dumps(problem.content(), ensure_ascii=False, separators=(",", ":"))
        response = json_answer(
            text, status=problem.kind.status, content_type=problems.MEDIA_TYPE, headers=problem.headers
        )
        response.outcome = problem.kind.code  # type: ignore[attr-defined]  # for ``dispatch``
        return response

    def finalize_response(  # type: ignore[override]  # no Response needed
        self, request: Request, response: HttpResponseBase, *args: Any, **kwargs: Any
    ) -> HttpResponseBase:
        """Leave the response as it is."""
        return response


def json_answer(
    text: str, *, status: int, content_type: str = JSON, headers: Mapping[str, str] | None = None
) -> HttpResponse:
    """Answer JSON that nobody keeps."""
    always = {"Cache-Control": "no-store", "Vary": "Accept-Language"}
    return HttpResponse(text, status=status, content_type=content_type, headers={**always, **(headers or {})})


def raw_body_of(request: Request) -> bytes:
    """Return the body, unparsed; it is JSON by its header, or empty. It can be read once.

    Raises:
        Problem: 400, 413 or 415.
    """
    http_request = request._request
    if http_request.META.get("HTTP_CONTENT_ENCODING", "identity").strip().lower() != "identity":
        raise Problem(problems.MEDIA_TYPE_NOT_SUPPORTED)
    try:
        raw_body = read_body(http_request, limit=LONGEST_BODY)
    except BodyTooLong:
        raise Problem(problems.TOO_LONG, {"limit": LONGEST_BODY}) from None
    except BodyBrokeOff:
        raise Problem(problems.INVALID_REQUEST, errors=(Fault("", gettext("The body broke off.")),)) from None
    if raw_body and not _is_json(http_request.META.get("CONTENT_TYPE", "")):
        raise Problem(problems.MEDIA_TYPE_NOT_SUPPORTED)
    return raw_body


def _is_json(header: str) -> bool:
    try:
        media_type, parameters = parse_header_parameters(header)
    except ValueError:
        return False
    return media_type == JSON and parameters.get("charset", "utf-8").lower() in {"utf-8", "utf8"}


def _validated(model: type[Sent], sent: bytes | dict[str, str]) -> Sent:
    in_body = isinstance(sent, bytes)
    try:
        valid = model.model_validate_json(sent) if isinstance(sent, bytes) else model.model_validate(sent)
    except ValidationError as error:
        raise Problem(problems.INVALID_REQUEST, errors=faults.faults_of(error, in_body=in_body)) from None
    if isinstance(sent, bytes) and (fault := faults.repeated_name(sent)):
        raise Problem(problems.INVALID_REQUEST, errors=(fault,))
    return valid


def _as_problem(exc: Exception, view: MessagesView) -> Problem | None:
    if isinstance(exc, Problem):
        return exc
    if isinstance(exc, OperationalError | InterfaceError):
        return Problem(problems.UNAVAILABLE, headers={"Retry-After": str(RETRY_AFTER_SECONDS)})
    if isinstance(exc, Http404):
        return Problem(problems.NOT_FOUND)
    return _of_framework(exc, view) if isinstance(exc, exceptions.APIException) else None


def _of_framework(exc: exceptions.APIException, view: MessagesView) -> Problem | None:
    challenge = {"WWW-Authenticate": getattr(exc, "auth_header", "") or "Bearer"}
    match exc:
        case InvalidRequest():
            return Problem(problems.INVALID_TOKEN_REQUEST, headers=challenge)
        case InvalidToken():
            return Problem(problems.INVALID_TOKEN, headers=challenge)
        case exceptions.NotAuthenticated() | exceptions.AuthenticationFailed():
            return Problem(problems.NOT_AUTHENTICATED, headers=challenge)
        case exceptions.PermissionDenied():
            headers = challenge if getattr(exc, "auth_header", "") else {}
            return Problem(problems.FORBIDDEN, {"reason": str(exc.detail)}, headers=headers)
        case exceptions.MethodNotAllowed():
            allowed = ", ".join(view.allowed_methods)
            return Problem(problems.METHOD_NOT_ALLOWED, {"allowed": allowed}, headers={"Allow": allowed})
    return None
