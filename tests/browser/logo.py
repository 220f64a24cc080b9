"""The logo of a made-up business: a disc with a wave, drawn dot by dot."""

import math
import struct
import zlib

SIDE = 112
AMBER, NAVY, CLEAR = (255, 183, 3, 255), (2, 48, 71, 255), (0, 0, 0, 0)


def png() -> bytes:
    header = struct.pack(">IIBBBBB", SIDE, SIDE, 8, 6, 0, 0, 0)
    rows = b"".join(b"\0" + b"".join(bytes(_dot(x, y)) for x in range(SIDE)) for y in range(SIDE))
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, content) for kind, content in chunks)


def _dot(x: int, y: int) -> tuple[int, int, int, int]:
    if math.hypot(x - SIDE / 2 + 0.5, y - SIDE / 2 + 0.5) > SIDE / 2 - 1:
        return CLEAR
    return NAVY if y > SIDE / 2 + 14 * math.sin(x * 2 * math.pi / SIDE) else AMBER


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
