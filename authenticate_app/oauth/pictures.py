"""What kind of picture some bytes are, and how large: read from their first bytes alone, nothing is decoded.

Enough to serve an uploaded logo under its true media type and to refuse what is none. SVG is none on purpose: it is a
document that may carry scripts.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

LARGEST_FILE: Final = 128 * 1024
"""Bytes: a logo is shown at 64 pixels, on phones with three dots to the pixel."""
LONGEST_SIDE: Final = 1024
SHORTEST_SIDE: Final = 16
"""Pixels."""

PNG_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
PNG_END: Final = b"IEND\xaeB`\x82"
JPEG_START: Final = b"\xff\xd8\xff"
JPEG_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""Markers of a frame header, which holds the size (ITU-T T.81, table B.1)."""
JPEG_BARE: Final = frozenset({0x01, *range(0xD0, 0xDA)})
"""Markers without a length; the file's start and end are among them."""
FILL: Final = 0xFF

NO_PICTURE = _("This is no PNG, JPEG or WebP picture. Choose one of these; SVG is not taken.")


@dataclass(frozen=True, slots=True)
class Picture:
    """The media type of a picture, and its size in pixels."""

    media_type: str
    width: int
    height: int


def checked_picture(raw_file: bytes) -> Picture:
    """Return what ``raw_file`` is. Raises ``ValidationError``, with a sentence, for what cannot be a logo."""
    if len(raw_file) > LARGEST_FILE:
        raise ValidationError(
            _("The picture has %(size)d KB. At most %(most)d KB are stored: make it smaller."),
            params={"size": -(-len(raw_file) // 1024), "most": LARGEST_FILE // 1024},
        )
    picture = read_picture(raw_file)
    if picture is None:
        raise ValidationError(NO_PICTURE)
    if not all(SHORTEST_SIDE <= side <= LONGEST_SIDE for side in (picture.width, picture.height)):
        raise ValidationError(
            _("The picture has %(width)d × %(height)d pixels. Each side must have %(least)d to %(most)d."),
            params={
                "width": picture.width,
                "height": picture.height,
                "least": SHORTEST_SIDE,
                "most": LONGEST_SIDE,
            },
        )
    return picture


def read_picture(raw_file: bytes) -> Picture | None:
    """Recognize a PNG, JPEG or WebP file; None for anything else, a file that is cut short included."""
    for read in READERS:
        if picture := read(raw_file):
            return picture
    return None


def _png(raw_file: bytes) -> Picture | None:
    """PNG (third edition), sections 5.2 and 11.2.1: the header comes first, and the end must be there."""
    if not raw_file.startswith(PNG_SIGNATURE) or raw_file[12:16] != b"IHDR" or PNG_END not in raw_file[24:]:
        return None
    return Picture("image/png", *struct.unpack(">II", raw_file[16:24]))


def _jpeg(raw_file: bytes) -> Picture | None:
    """ITU-T T.81, annex B: marker after marker, each with its length, until a frame header."""
    if not raw_file.startswith(JPEG_START):
        return None
    place = 2
    while place + 4 <= len(raw_file) and raw_file[place] == FILL:
        marker = raw_file[place + 1]
        if marker in JPEG_FRAMES:
            return _jpeg_frame(raw_file[place + 5 : place + 9])
        place = _next_marker(raw_file, place, marker)
    return None


def _next_marker(raw_file: bytes, place: int, marker: int) -> int:
    if marker == FILL:  # markers may be preceded by fill bytes
        return place + 1
    if marker in JPEG_BARE:
        return place + 2
    return place + 2 + max(2, int.from_bytes(raw_file[place + 2 : place + 4], "big"))


def _jpeg_frame(size: bytes) -> Picture | None:
    if len(size) < 4:  # noqa: PLR2004 - two numbers of two bytes
        return None
    height, width = struct.unpack(">HH", size)
    return Picture("image/jpeg", width, height)


def _webp(raw_file: bytes) -> Picture | None:
    """RFC 9649: a RIFF file whose first chunk says which of three codings follows."""
    if raw_file[:4] != b"RIFF" or raw_file[8:12] != b"WEBP" or len(raw_file) < 30:  # noqa: PLR2004 - the longest header
        return None
    read = WEBP_SIZES.get(raw_file[12:16])
    size = read(raw_file[20:30]) if read else None
    return Picture("image/webp", *size) if size else None


def _lossy(chunk: bytes) -> tuple[int, int] | None:
    """RFC 6386, section 9.1: a start code, then 14 bits for each side."""
    if chunk[3:6] != b"\x9d\x01\x2a":
        return None
    width, height = struct.unpack("<HH", chunk[6:10])
    return width & 0x3FFF, height & 0x3FFF


def _lossless(chunk: bytes) -> tuple[int, int] | None:
    """RFC 9649, section 3.4: a signature byte, then 14 bits for each side, less one."""
    if chunk[0] != 0x2F:  # noqa: PLR2004 - the signature
        return None
    bits = int.from_bytes(chunk[1:5], "little")
    return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1


def _extended(chunk: bytes) -> tuple[int, int] | None:
    """RFC 9649, section 2.7: flags, then 24 bits for each side, less one."""
    return int.from_bytes(chunk[4:7], "little") + 1, int.from_bytes(chunk[7:10], "little") + 1


Reader = Callable[[bytes], Picture | None]

READERS: tuple[Reader, ...] = (_png, _jpeg, _webp)
WEBP_SIZES: dict[bytes, Callable[[bytes], tuple[int, int] | None]] = {
    b"VP8 ": _lossy,
    b"VP8L": _lossless,
    b"VP8X": _extended,
}
