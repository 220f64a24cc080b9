"""A request id, one log line and one measurement for each request."""

import secrets
from collections.abc import Callable
from functools import lru_cache
from time import perf_counter

import structlog
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from prometheus_client import Histogram

from chatauth_project.logs import request_id_of_this_request

log = structlog.get_logger("chatauth.request")

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
REQUEST_SECONDS = Histogram(
    "chatauth_http_request_seconds",
    "How long requests took, by method, route and status.",
    ("method", "route", "status"),
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0),
)


class RequestLog:
    """Give each request an id, and note what became of it.

    The route's pattern is noted, never the path: a path can hold the name of a user.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer with the header ``X-Request-ID``, also in every log line of this request."""
        started = perf_counter()
        request_id = request.META.get("HTTP_X_REQUEST_ID") or secrets.token_hex(16)
        request.META["HTTP_X_REQUEST_ID"] = request_id
        binding = request_id_of_this_request.set(request_id)
        try:
            response = self.get_response(request)
            response.headers["X-Request-ID"] = request_id
            _state_length(response)
            _note(request, response, perf_counter() - started)
        finally:
            request_id_of_this_request.reset(binding)
        return response


def _note(request: HttpRequest, response: HttpResponseBase, seconds: float) -> None:
    method = request.method if request.method in METHODS else "other"
    route, status = route_of(request), response.status_code
    measure(method, route, status, seconds)
    log.info("request", method=method, route=route, status=status, milliseconds=round(seconds * 1000, 2))


def measure(method: str, route: str, status: int, seconds: float) -> None:
    """Count one request that took so long."""
    _seconds(method, route, status).observe(seconds)


@lru_cache(maxsize=1024)
def _seconds(method: str, route: str, status: int) -> Histogram:
    """Find the histogram of these labels; there are few, and the metric's own way to them is long."""
    return REQUEST_SECONDS.labels(method, route, status)


def _state_length(response: HttpResponseBase) -> None:
    """Spare clients chunks; for pages, Django's CommonMiddleware has done it already."""
    if isinstance(response, HttpResponse) and "Content-Length" not in response.headers:
        response.headers["Content-Length"] = str(len(response.content))


def route_of(request: HttpRequest) -> str:
    """Return the pattern that the path matched, or ``unmatched``."""
    match = request.resolver_match
    return "unmatched" if match is None else "/" + match.route
