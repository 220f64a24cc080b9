"""The base of every view that speaks Fusion's REST conventions (docs/compatibility.md).

A view of this kind checks, in this order: ``REST-Framework-Version``, method, ``Accept``, who calls, what they may; the
body when the view reads it. Whatever is raised meanwhile becomes an answer here and nowhere else.
"""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, ClassVar, NoReturn

import structlog
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import JSONParser
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from chat_app.adf import answers, body, codes, exceptions, framework_version, languages, media_types
from chat_app.adf.errors import AdfError, Fault

log = structlog.get_logger(__name__)


class ResourceItemRenderer(JSONRenderer):
    """Stands for the vendor's media type of a resource in the API's schema."""

    media_type = media_types.RESOURCE_ITEM


class ResourceItemParser(JSONParser):
    """Stands for the vendor's media type of a resource in the API's schema."""

    media_type = media_types.RESOURCE_ITEM


class AdfView(APIView):
    """Answers in Fusion's forms.

    A subclass has handlers for its methods, which return ``self.answer(...)`` and raise ``AdfError``, an exception of
    Django REST framework, or let one of the database through. It does not touch ``request.data``: ``self.read_body``
    gives the body as it came.
    """

    renderer_classes = (ResourceItemRenderer, JSONRenderer)
    parser_classes = (ResourceItemParser, JSONParser)
    offered: ClassVar[tuple[str, ...]] = (media_types.RESOURCE_ITEM, media_types.JSON)
    """The media types of an answer; the first is the one for clients that do not mind."""
    understood: ClassVar[tuple[str, ...]] = (media_types.RESOURCE_ITEM, media_types.JSON)
    """The media types of a request's body."""
    operations: ClassVar[Mapping[str, Mapping[str, Any]]] = {}
    """What the API's schema says of the view, by method (OpenAPI 3.1, *Operation Object*); see ``adf.schema``."""
    body_limit: ClassVar[int] = body.LIMIT_BYTES

    framework_version: int = framework_version.OLDEST
    media_type: str = media_types.RESOURCE_ITEM

    def refused(self, faults: Sequence[Fault]) -> None:
        """Take note of a refusal; for subclasses that count them."""

    def read_body(self, request: Request) -> bytes:
        """Return the body, unparsed; it is JSON in UTF-8 by its headers and at most ``body_limit`` bytes long.

        Raises ``AdfError`` (400, 413, 415).
        """
        return body.read(request._request, media_types=self.understood, limit=self.body_limit)

    def answer(
        self, content: Mapping[str, Any], *, status: int = HTTPStatus.OK, headers: Mapping[str, str] | None = None
    ) -> HttpResponse:
        """Return an answer in the media type that the client prefers."""
        return answers.resource(content, media_type=self.media_type, status=status, headers=headers)

    def options(self, *_args: Any, **_kwargs: Any) -> HttpResponse:  # type: ignore[override]  # no Response needed
        """Say which methods there are; needs no credentials."""
        return HttpResponse(headers={"Allow": ", ".join(self.allowed_methods)})

    # How Django REST framework works through a request

    def initialize_request(self, request: HttpRequest, *_args: Any, **_kwargs: Any) -> Request:
        """Wrap Django's request for authenticators and permissions; there is nothing that would parse its body.

        They ask for ``META`` again and again, and Django REST framework would look in vain elsewhere first each time.
        """
        wrapped = Request(request, authenticators=self.get_authenticators(), negotiator=_NO_NEGOTIATION)
        wrapped.META = request.META
        return wrapped

    def initial(self, request: Request, *_args: Any, **_kwargs: Any) -> None:
        """Check everything but the body. Raises what ``handle_exception`` understands.

        Versions, suffixes for formats, and throttles of Django REST framework's own are not among it.
        """
        http = request._request  # everything that is asked of ``request`` takes a way around
        self.framework_version = framework_version.parse(http.META.get("HTTP_REST_FRAMEWORK_VERSION"))
        self._check_method(http.method)
        if http.method != "OPTIONS":
            self.perform_content_negotiation(request)
            self.perform_authentication(request)
            self.check_permissions(request)

    def perform_content_negotiation(self, request: Request, force: bool = False) -> tuple[Any, str]:
        """Agree on the media type of the answer."""
        accept = request._request.META.get("HTTP_ACCEPT")
        media_type = media_types.preferred(accept, self.offered)
        if media_type is None:
            raise AdfError(Fault(codes.NOT_ACCEPTABLE, params={"accept": accept, "offered": ", ".join(self.offered)}))
        self.media_type = media_type
        return None, media_type

    def handle_exception(self, exc: Exception) -> HttpResponse:  # type: ignore[override]  # no Response needed
        """Turn what was raised into an answer; what is a fault of our own is raised again."""
        error = exceptions.as_adf_error(exc)
        if error is None:
            raise exc
        fault = error.faults[0].error
        if fault.status == HTTPStatus.SERVICE_UNAVAILABLE and fault is not codes.BUSY:  # somebody has to do something
            log.error("service unavailable", code=fault.code, error=type(exc).__name__)
        self.refused(error.faults)
        return self._refusal(error)

    def finalize_response(  # type: ignore[override]  # no Response needed
        self,
        request: Request,
        response: HttpResponseBase,
        *args: Any,
        **kwargs: Any,
    ) -> HttpResponseBase:
        """Add the headers that every answer bears."""
        headers = response.headers
        headers["REST-Framework-Version"] = str(self.framework_version)
        headers["Content-Language"] = languages.preferred(request._request.META.get("HTTP_ACCEPT_LANGUAGE"))
        headers["Cache-Control"] = "no-store"
        headers["Vary"] = "Accept, Accept-Language"
        return response

    @property
    def default_response_headers(self) -> dict[str, str]:
        """None: ``Allow`` and ``Vary`` stand where they are meant."""
        return {}

    def _check_method(self, method: str | None) -> None:
        name = (method or "").lower()
        if name not in self.http_method_names or not hasattr(self, name):
            names = ", ".join(self.allowed_methods)
            fault = Fault(codes.METHOD_NOT_ALLOWED, params={"method": method, "allowed": names})
            raise AdfError(fault, headers={"Allow": names})

    def _refusal(self, error: AdfError) -> HttpResponse:
        if error.status == HTTPStatus.UNAUTHORIZED:
            error.headers.setdefault("WWW-Authenticate", self.get_authenticate_header(self.request) or "Basic")
        return answers.refusal(
            error,
            version=self.framework_version,
            accept=self.request.META.get("HTTP_ACCEPT"),
            language=languages.preferred(self.request.META.get("HTTP_ACCEPT_LANGUAGE")),
        )


class _NoNegotiation(BaseContentNegotiation):
    """Is never asked, since ``perform_content_negotiation`` decides itself."""


_NO_NEGOTIATION = _NoNegotiation()


class NotFoundView(AdfView):
    """Answers 404 for whatever lies below the API's addresses and leads nowhere."""

    authentication_classes = ()
    permission_classes = ()
    schema = None  # no operation of the API

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> NoReturn:
        """Refuse, whatever the method."""
        self.framework_version = framework_version.parse(request.META.get("HTTP_REST_FRAMEWORK_VERSION"))
        raise AdfError(Fault(codes.NOT_FOUND))
