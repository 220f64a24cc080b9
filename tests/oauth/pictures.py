"""Pictures to upload, made byte by byte."""

import struct
import zlib


def png(width: int = 64, height: int = 64) -> bytes:
    """A picture in one grey."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress((b"\0" + b"\x80" * width) * height)
    chunks = b"".join(_chunk(*each) for each in ((b"IHDR", header), (b"IDAT", rows), (b"IEND", b"")))
    return b"\x89PNG\r\n\x1a\n" + chunks


def jpeg(width: int = 64, height: int = 48, *, frame: int = 0xC0) -> bytes:
    """The beginning of a picture, as far as its size; with an application's segment and fill bytes before it."""
    application = b"\xff\xe0" + struct.pack(">H", 16) + b"JFIF\0" + b"\xff\xc0" * 4 + b"\0"
    size = struct.pack(">HBHHB", 17, 8, height, width, 3) + b"\0" * 9
    return b"\xff\xd8" + application + b"\xff\xff" + bytes((0xFF, frame)) + size + b"\xff\xd9"


def lossy_webp(width: int = 64, height: int = 48) -> bytes:
    """A frame header without a picture."""
    return _riff(b"VP8 ", b"\0\0\0\x9d\x01\x2a" + struct.pack("<HH", width, height) + b"\0" * 8)


def lossless_webp(width: int = 64, height: int = 48) -> bytes:
    """The same in the lossless coding."""
    bits = (width - 1) | (height - 1) << 14
    return _riff(b"VP8L", b"\x2f" + bits.to_bytes(4, "little") + b"\0" * 8)


def extended_webp(width: int = 64, height: int = 48) -> bytes:
    """The same with room for more than a picture."""
    sides = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return _riff(b"VP8X", b"\0" * 4 + sides)


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def _riff(kind: bytes, content: bytes) -> bytes:
    chunk = kind + struct.pack("<I", len(content)) + content
    return b"RIFF" + struct.pack("<I", len(chunk) + 4) + b"WEBP" + chunk
