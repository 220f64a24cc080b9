"""Bodies that come compressed: unpacked, but never to more than a limit (RFC 1952)."""

import zlib
from typing import Final

GZIP_MAGIC: Final = b"\x1f\x8b"
"""No JSON begins so: the body itself tells that it is compressed."""
ENCODINGS: Final = frozenset({"", "identity", "gzip", "x-gzip"})
"""RFC 9110, section 8.4.1."""
LARGEST_BODY: Final = 1024 * 1024
"""Bytes, before and after unpacking. Larger replies come by reference; this is a hundred times what Apple sends."""
_GZIP_FORMAT: Final = 16 + zlib.MAX_WBITS


class BadCompression(Exception):
    """The body is not what its compression demands. The sentence says how."""


class TooLarge(Exception):
    """The body is larger than it may be. The sentence says how large that is."""


def unpack(raw_body: bytes, *, content_encoding: str, most_bytes: int = LARGEST_BODY) -> bytes:
    """Return the body as it was before it was compressed, if it was: gzip is known by its first bytes.

    ``content_encoding`` is the header, empty without one. It counts only where it names a compression other than gzip:
    Apple compresses, and proxies on the way may have unpacked. Raises ``BadCompression`` and ``TooLarge``; no more than
    ``most_bytes`` are ever unpacked.
    """
    if content_encoding.strip().lower() not in ENCODINGS:
        raise BadCompression("The Content-Encoding of the body is not known here: send gzip, or none.")
    if len(raw_body) > most_bytes:
        raise _too_large(most_bytes)
    return _unpacked(raw_body, most_bytes) if raw_body.startswith(GZIP_MAGIC) else raw_body


def _unpacked(packed: bytes, most_bytes: int) -> bytes:
    unpacker = zlib.decompressobj(wbits=_GZIP_FORMAT)
    try:
        body = unpacker.decompress(packed, most_bytes + 1)
    except zlib.error:
        raise BadCompression("The body begins like gzip and is none, or was altered on its way.") from None
    if len(body) > most_bytes:
        raise _too_large(most_bytes)
    if not unpacker.eof:
        raise BadCompression("The compressed body ends too early.")
    if unpacker.unused_data:  # a second member, which RFC 1952 allows: a million empty ones would take a minute
        raise BadCompression("Something follows the compressed body.")
    return body


def _too_large(most_bytes: int) -> TooLarge:
    return TooLarge(f"The body is larger than {most_bytes} bytes.")
