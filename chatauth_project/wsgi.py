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
from django.http import HttpResponse

from chatauth_project import on_demand

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatauth_project.settings")


IMPORTED_UNUSED = ("requests", "yaml")
"""What libraries import for things that no worker does, or hardly ever; 6 MB."""
FOR_DEVELOPERS = ("greenlet", "pygments", "rich")
"""What libraries load where it happens to be installed, which is nowhere in production; 7 MB."""


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
    """Django's handler, with requests of ours, and answers that are there whole given as the list that WSGI has for it.

    granian sends a list at once. Anything else it iterates over in a thread of its own, one part after the other,
    which is a tenth of the worker's Python, and the other requests wait for it.
    """

    request_class = PatientRequest

    def __call__(  # type: ignore[override]  # Django's stubs promise more than WSGI asks for
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer one request (PEP 3333)."""
        response = super().__call__(environ, start_response)
        if not isinstance(response, HttpResponse):  # a stream, or a file
            return response
        response.close()
        return [response.content]


def leave_out_what_is_off() -> None:
    """Spare every request what Django does around it for features that are off here: a twentieth of a request's Python.

    No queries are logged, and no caches kept; each request says itself by which table addresses are looked up.
    Connections live as long as their turns, and one that broke is closed when its request is over (``intake``), so that
    nothing is left to look for when the next one begins.
    """
    request_started.disconnect(db.reset_queries)
    request_started.disconnect(db.close_old_connections)
    request_finished.disconnect(cache.close_caches)
    request_finished.disconnect(base.reset_urlconf)


on_demand.postpone(*IMPORTED_UNUSED)
on_demand.do_without(*FOR_DEVELOPERS)
django.setup(set_prefix=False)
leave_out_what_is_off()
application = Handler()
