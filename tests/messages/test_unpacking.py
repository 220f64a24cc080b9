import gzip
import zlib
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authenticate_app.messages.unpacking import LARGEST_BODY, BadCompression, TooLarge, unpack

JSON = b'{"type": "text"}'
MEBIBYTE = 1024 * 1024


@pytest.mark.parametrize("encoding", ["gzip", "GZIP", " x-gzip ", "", "identity"])
def test_gzip_is_unpacked_whatever_the_header_says(encoding: str) -> None:
    assert unpack(gzip.compress(JSON, mtime=0), content_encoding=encoding) == JSON


@pytest.mark.parametrize("encoding", ["gzip", "", "identity"])
def test_what_is_not_packed_stays_as_it_is(encoding: str) -> None:
    assert unpack(JSON, content_encoding=encoding) == JSON
    assert unpack(b"", content_encoding=encoding) == b""


@pytest.mark.parametrize("encoding", ["br", "deflate", "zstd", "gzip, gzip", "nonsense"])
def test_other_compressions_are_refused(encoding: str) -> None:
    with pytest.raises(BadCompression, match="Content-Encoding"):
        unpack(JSON, content_encoding=encoding)


@pytest.mark.parametrize(
    ("packed", "sentence"),
    [
        (b"\x1f\x8b", "ends too early"),
        (gzip.compress(JSON, mtime=0)[:-1], "ends too early"),
        (gzip.compress(JSON, mtime=0)[:-9], "ends too early"),
        (b"\x1f\x8b\x08 no gzip at all", "altered"),
        (gzip.compress(JSON, mtime=0)[:-8] + bytes(8), "altered"),
        (gzip.compress(JSON, mtime=0) + gzip.compress(JSON, mtime=0), "follows"),
        (gzip.compress(JSON, mtime=0) + b"x", "follows"),
    ],
)
def test_bad_gzip_is_refused_in_words(packed: bytes, sentence: str) -> None:
    with pytest.raises(BadCompression, match=sentence):
        unpack(packed, content_encoding="gzip")


def test_the_cap_counts_before_and_after_unpacking() -> None:
    assert len(unpack(gzip.compress(bytes(LARGEST_BODY)), content_encoding="gzip")) == LARGEST_BODY
    for body in (bytes(LARGEST_BODY + 1), gzip.compress(bytes(LARGEST_BODY + 1))):
        with pytest.raises(TooLarge, match=str(LARGEST_BODY)):
            unpack(body, content_encoding="gzip")


def test_a_bomb_is_not_unpacked() -> None:
    packer = zlib.compressobj(9, wbits=31)
    zeros = bytes(MEBIBYTE)
    bomb = b"".join([*(packer.compress(zeros) for _ in range(100)), packer.flush()])
    assert len(bomb) < MEBIBYTE
    with pytest.raises(TooLarge):
        unpack(bomb, content_encoding="gzip")


@given(
    st.binary(max_size=300),
    st.sampled_from([b"", b"\x1f\x8b", gzip.compress(JSON, mtime=0)[:10]]),
    st.text(max_size=20),
)
def test_any_bytes_are_unpacked_or_refused(rest: bytes, start: bytes, encoding: str) -> None:
    with suppress(BadCompression, TooLarge):
        assert len(unpack(start + rest, content_encoding=encoding)) <= LARGEST_BODY
