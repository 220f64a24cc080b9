"""A view that speaks ADF and does as it is told, and a way to ask it."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request

from chat_app.adf.body import parse_object
from chat_app.adf.errors import AdfError, Fault
from chat_app.adf.views import AdfView


class AnyPassword(BaseAuthentication):
    """Lets in whoever sends the header, but for one."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        header = request.META.get("HTTP_AUTHORIZATION")
        if header == "Basic wrong":
            raise AuthenticationFailed
        return None if header is None else (Somebody(), None)

    def authenticate_header(self, request: Request) -> str:
        return 'Basic realm="owsm"'


class Somebody:
    is_authenticated = True


class SpeakingView(AdfView):
    """Answers with the object that was sent; ``failure`` is raised instead."""

    authentication_classes = (AnyPassword,)
    permission_classes = (IsAuthenticated,)
    failure: Exception | None = None
    noted: list[Fault] = []  # noqa: RUF012 - given by ``as_view``, one for each

    def post(self, request: Request) -> HttpResponse:
        document = parse_object(self.read_body(request))
        if document.faults:
            raise AdfError(*document.faults)
        if self.failure is not None:
            raise self.failure
        return self.answer(document.values, status=201, headers={"Location": "https://chat.example.com/1"})

    def refused(self, faults: Sequence[Fault]) -> None:
        self.noted.extend(faults)


def ask(
    rf: RequestFactory,
    body: bytes = b"{}",
    *,
    method: str = "POST",
    version: str | None = None,
    accept: str | None = None,
    language: str | None = None,
    content_type: str = "application/json",
    authorization: str | None = "Basic anything",
    headers: Mapping[str, str] | None = None,
    **initial: Any,
) -> HttpResponse:
    given = {
        "REST-Framework-Version": version,
        "Accept": accept,
        "Accept-Language": language,
        "Authorization": authorization,
        **(headers or {}),
    }
    present = {name: value for name, value in given.items() if value is not None}
    request = rf.generic(method, "/resource", body, content_type=content_type, headers=present)
    return answer_of(request, **initial)


def answer_of(request: HttpRequest, **initial: Any) -> HttpResponse:
    response = SpeakingView.as_view(**{"noted": [], **initial})(request)
    assert isinstance(response, HttpResponse)
    return response
