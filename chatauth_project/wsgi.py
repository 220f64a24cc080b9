"""The WSGI application that the server's workers run."""

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import django
from django import db
from django.core import cache
from django.core.handlers import base
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.core.signals import request_finished, request_started
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatauth_project.settings")


class PatientRequest(WSGIRequest):
    """A request whose header ``Content-Type`` may be beyond understanding.

    Django 5.2 reads the header before anything can answer, and a parameter in an unknown encoding (RFC 2231) would
    end in an empty 500. Views refuse such a media type themselves.
    """

    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        try:
            super()._set_content_type_params(meta)  # type: ignore[misc]  # unknown to Django's stubs
        except ValueError:
            self.content_type, self.content_params = "", {}


class Handler(WSGIHandler):
    """Django's handler without what no request here needs: a tenth of what the worker's Python does for a token.

    There is one table of addresses, at the root of the server, so that no thread has to be told by which one the
    request at hand is looked up. Refusals are logged by ``RequestLog``, without their paths.
    """

    request_class = PatientRequest

    def __call__(  # type: ignore[override]  # Django's stubs promise more than WSGI asks for
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer one request (PEP 3333).

        An answer that is there whole is given as the list that WSGI has for it. granian sends a list at once; anything
        else it iterates over in a thread of its own, one part after the other, and the other requests wait for it.
        """
        request_started.send(sender=Handler, environ=environ)
        response = self.get_response(self.request_class(environ))
        response._handler_class = Handler  # type: ignore[attr-defined]  # as Django's does
        start_response(f"{response.status_code} {response.reason_phrase}", _header_lines(response))
        if not isinstance(response, HttpResponse):  # a stream, or a file
            return response
        response.close()
        return [response.content]

    def get_response(self, request: HttpRequest) -> HttpResponseBase:
        """Take one request through middleware and view."""
        response: HttpResponseBase = self._middleware_chain(request)  # type: ignore[attr-defined]  # unknown to the stubs
        response._resource_closers.append(request.close)  # type: ignore[attr-defined]
        return response


def _header_lines(response: HttpResponseBase) -> list[tuple[str, str]]:
    lines = list(response.headers._store.values())  # ``items()`` looks each one up again, which costs more than to send
    lines += [("Set-Cookie", cookie.output(header="")) for cookie in response.cookies.values()]
    return lines


def leave_out_what_is_off() -> None:
    """Spare every request what Django does around it for features that are off here: a twentieth of a request's Python.

    No queries are logged, no caches kept, and no other table of addresses is used.
    Connections live as long as their turns, and one that broke is closed when its request is over (``intake``), so that
    nothing is left to look for when the next one begins.
    """
    request_started.disconnect(db.reset_queries)
    request_started.disconnect(db.close_old_connections)
    request_finished.disconnect(cache.close_caches)
    request_finished.disconnect(base.reset_urlconf)


django.setup(set_prefix=False)
leave_out_what_is_off()
application = Handler()
