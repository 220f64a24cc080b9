"""Logos: what they are is read from their bytes, whatever the file is called."""

from collections.abc import Callable

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from authenticate_app.oauth.pictures import LARGEST_FILE, Picture, checked_picture, read_picture
from tests.oauth import pictures

KINDS: dict[Callable[..., bytes], str] = {
    pictures.png: "image/png",
    pictures.jpeg: "image/jpeg",
    pictures.lossy_webp: "image/webp",
    pictures.lossless_webp: "image/webp",
    pictures.extended_webp: "image/webp",
}


@pytest.mark.parametrize("make", KINDS)
@pytest.mark.parametrize("size", [(16, 16), (64, 48), (1024, 17)])
def test_kind_and_size_are_read(make: Callable[..., bytes], size: tuple[int, int]) -> None:
    assert checked_picture(make(*size)) == Picture(KINDS[make], *size)


@pytest.mark.parametrize("frame", [0xC0, 0xC1, 0xC2, 0xCF])
def test_every_frame_of_a_jpeg_is_known(frame: int) -> None:
    assert read_picture(pictures.jpeg(100, 50, frame=frame)) == Picture("image/jpeg", 100, 50)


@pytest.mark.parametrize(
    "raw_file",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"<?xml version='1.0'?><svg/>",
        b"GIF89a" + b"\0" * 40,
        b"\x89PNG\r\n\x1a\n" + b"<script>" * 10,
        pictures.png()[:-12],
        pictures.jpeg()[:30],
        pictures.jpeg(frame=0xC4),
        pictures.lossy_webp()[:29],
        b"RIFF\0\0\0\0WEBPICCP" + b"\0" * 40,
    ],
)
def test_anything_else_is_no_picture(raw_file: bytes) -> None:
    with pytest.raises(ValidationError, match="no PNG, JPEG or WebP"):
        checked_picture(raw_file)


@pytest.mark.parametrize("size", [(15, 64), (64, 15), (1025, 64), (64, 1025)])
def test_sides_are_bounded(size: tuple[int, int]) -> None:
    with pytest.raises(ValidationError, match=f"{size[0]} × {size[1]} pixels"):
        checked_picture(pictures.png(*size))


def test_the_file_is_bounded() -> None:
    exactly = pictures.jpeg() + b"\0" * (LARGEST_FILE - len(pictures.jpeg()))
    assert checked_picture(exactly).media_type == "image/jpeg"
    with pytest.raises(ValidationError, match="has 129 KB"):
        checked_picture(exactly + b"\0")


@given(st.sampled_from(list(KINDS)), st.integers(0, 40), st.binary(max_size=8))
def test_no_bytes_break_it(make: Callable[..., bytes], place: int, junk: bytes) -> None:
    raw_file = make()
    read_picture(raw_file[:place] + junk + raw_file[place + len(junk) :])
    read_picture(raw_file[:place] + junk)
