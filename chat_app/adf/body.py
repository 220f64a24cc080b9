"""The body of a request: read with a limit, and opened as far as JSON goes."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest
from django.utils.http import parse_header_parameters

from chat_app.adf import codes, strict_json
from chat_app.adf.errors import AdfError, ErrorCode, Fault, pointer

LIMIT_BYTES = 64 * 1024
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
FAULT_OF_TEXT = {
    strict_json.Unstorable.NUL: codes.NUL_CHARACTER,
    strict_json.Unstorable.SURROGATE: codes.LONE_SURROGATE,
}


class Document(NamedTuple):
    """A JSON object as it came, with the faults that it has as JSON, whatever it means."""

    values: dict[str, Any]
    faults: tuple[Fault, ...] = ()


def read(request: HttpRequest, *, media_types: tuple[str, ...], limit: int = LIMIT_BYTES) -> bytes:
    """Return the body, which is not read any further than the limit (in bytes).

    Raises ``AdfError``: 415 for a media type, charset or encoding that is not spoken, 413 for too long a body, 400 for
    one that broke off.
    """
    _check_content_type(request.META.get("CONTENT_TYPE", ""), media_types)
    _check_encoding(request.META.get("HTTP_CONTENT_ENCODING", ""))
    declared = _declared_length(request)
    if declared > limit:
        raise _too_large(limit)
    raw_body = _read(request, limit)
    if len(raw_body) > limit:
        raise _too_large(limit)
    if len(raw_body) < declared:  # WSGI servers give what came, and it may look whole
        raise AdfError(Fault(codes.INCOMPLETE_BODY))
    return raw_body


def _declared_length(request: HttpRequest) -> int:
    """The length that ``Content-Length`` promises; 0 without the header, and for a chunked body."""
    header = request.META.get("CONTENT_LENGTH") or ""
    is_chunked = "HTTP_TRANSFER_ENCODING" in request.META
    return int(header[:20]) if header.isdecimal() and not is_chunked else 0


def _read(request: HttpRequest, limit: int) -> bytes:
    try:
        return request.body if request.META.get("HTTP_TRANSFER_ENCODING") is None else _undeclared(request, limit)
    except RequestDataTooBig:
        raise _too_large(limit) from None
    except (OSError, ValueError):  # the client has gone, or its Content-Length is no number
        raise AdfError(Fault(codes.INCOMPLETE_BODY)) from None


def _undeclared(request: HttpRequest, limit: int) -> bytes:
    """Read a chunked body, which Django takes for empty under WSGI, one byte further than it may be long."""
    if hasattr(request, "_body"):  # where Django keeps a body for whoever reads it again
        return request._body
    stream = request.META.get("wsgi.input", request)
    pieces: list[bytes] = []
    missing = limit + 1
    while missing > 0 and (piece := stream.read(missing)):
        pieces.append(piece)
        missing -= len(piece)
    request._body = b"".join(pieces)
    return request._body


def _check_content_type(header: str, media_types: tuple[str, ...]) -> None:
    if header in media_types:
        return
    try:
        media_type, parameters = parse_header_parameters(header)
    except ValueError:
        media_type, parameters = "", {}
    if media_type not in media_types:
        shown = {"content_type": header, "accepted": ", ".join(media_types)}
        raise AdfError(Fault(codes.MEDIA_TYPE, params=shown))
    charset = parameters.get("charset", "utf-8")
    if charset.lower() not in {"utf-8", "utf8"}:
        raise AdfError(Fault(codes.CHARSET, params={"charset": charset}))


def _check_encoding(header: str) -> None:
    if header.strip().lower() not in {"", "identity"}:
        raise AdfError(Fault(codes.CONTENT_ENCODING, params={"encoding": header}))


def _too_large(limit: int) -> AdfError:
    return AdfError(Fault(codes.TOO_LARGE, params={"limit": limit}))


def parse_object(raw_body: bytes) -> Document:
    """Open a body that must be a JSON object.

    Raises ``AdfError`` (400) when nothing can be made of it. Faults inside of it are only noted in the document, to be
    reported together with those that its meaning has.
    """
    text = _decode_text(raw_body)
    value = _decode_json(text)
    if not isinstance(value, dict):
        raise AdfError(Fault(codes.NOT_AN_OBJECT))
    return Document(value, tuple(_faults(text, value)))


def _decode_text(raw_body: bytes) -> str:
    if not raw_body or raw_body.isspace():
        raise AdfError(Fault(codes.EMPTY_BODY))
    if raw_body.startswith(BYTE_ORDER_MARK):
        raise AdfError(Fault(codes.BYTE_ORDER_MARK))
    try:
        return raw_body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise AdfError(Fault(codes.NOT_UTF8, params={"position": error.start + 1})) from None


def _decode_json(text: str) -> Any:
    try:
        return strict_json.decode(text)
    except strict_json.InvalidJson as error:
        raise AdfError(Fault(codes.NOT_JSON, params={"line": error.line, "column": error.column})) from None
    except strict_json.NotAValue as error:
        raise AdfError(Fault(codes.NOT_A_JSON_VALUE, params={"constant": error.constant})) from None
    except strict_json.TooDeep:
        raise AdfError(Fault(codes.TOO_DEEP)) from None


def _faults(text: str, value: dict[str, Any]) -> Iterator[Fault]:
    if not NESTED.isdisjoint(map(type, value.values())) or isinstance(value, strict_json.Repeating):
        for way, name in strict_json.repeated_names(value):
            yield _fault(codes.REPEATED_NAME, (*way, name))
    if "\\u" in text:  # control characters and surrogates can only come escaped, the rest is not JSON or not UTF-8
        for way, reason in strict_json.unstorable_texts(value):
            yield _fault(FAULT_OF_TEXT[reason], way)


NESTED = frozenset({dict, list, strict_json.Repeating})


def _fault(error: ErrorCode, way: tuple[str | int, ...]) -> Fault:
    return Fault(error, pointer(*way), {"name": str(way[-1])})
