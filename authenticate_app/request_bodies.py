"""Reading the body of a request, never further than a limit."""

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest


class BodyTooLong(Exception):
    """The body is longer than the limit; what was read of it is thrown away."""


class BodyBrokeOff(Exception):
    """The client has gone, or sent less than it had said."""


def read_body(request: HttpRequest, *, limit: int) -> bytes:
    """Return the whole body, of at most ``limit`` bytes, with a declared length or chunked.

    Raises:
        BodyTooLong: see there.
        BodyBrokeOff: see there.
    """
    declared = _declared_length(request)
    if declared > limit:
        raise BodyTooLong
    try:
        body = _undeclared(request, limit) if "HTTP_TRANSFER_ENCODING" in request.META else request.body
    except RequestDataTooBig:
        raise BodyTooLong from None
    except (OSError, ValueError):  # the client has gone, or its Content-Length is no number
        raise BodyBrokeOff from None
    if len(body) > limit:
        raise BodyTooLong
    if len(body) < declared:  # WSGI servers give what came, and it may look whole
        raise BodyBrokeOff
    return body


def _declared_length(request: HttpRequest) -> int:
    """The length that ``Content-Length`` promises; 0 without the header, and for a chunked body."""
    header = request.META.get("CONTENT_LENGTH") or ""
    is_chunked = "HTTP_TRANSFER_ENCODING" in request.META
    return int(header[:20]) if header.isdecimal() and not is_chunked else 0


def _undeclared(request: HttpRequest, limit: int) -> bytes:
    """Read a chunked body, which Django takes for empty under WSGI, one byte further than it may be long."""
    stream = request.META.get("wsgi.input", request)
    pieces: list[bytes] = []
    missing = limit + 1
    while missing > 0 and (piece := stream.read(missing)):
        pieces.append(piece)
        missing -= len(piece)
    return b"".join(pieces)
