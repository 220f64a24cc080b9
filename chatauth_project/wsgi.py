"""The WSGI application that the server's workers run."""

import os
from typing import Any

import django
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest

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
    """Django's handler, with requests of ours."""

    request_class = PatientRequest


django.setup(set_prefix=False)
application = Handler()
