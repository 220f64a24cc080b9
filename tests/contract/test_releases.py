"""The rows of the table of releases."""

import pytest

from chat_app.chat_authenticate.releases import NEWEST, Release

SAME = ["R13.17.11", "11.13.17.11", "11.13.17.11.0", "r13.17.11", " 11.13.17.11.0 "]


@pytest.mark.parametrize("text", SAME)
def test_ways_to_write_the_same_release(text: str) -> None:
    assert Release.parse(text) == Release(11, 13, 17, 11, 0)
    assert str(Release.parse(text)) == "11.13.17.11.0"


@pytest.mark.parametrize("text", ["", "13", "R", "R13.", "12.13.17", "R13.18.05.0.0", "latest", "R13.x", "1" * 5000])
def test_what_is_no_release(text: str) -> None:
    with pytest.raises(ValueError, match="is not a release"):
        Release.parse(text)


@pytest.mark.parametrize(
    ("release", "queue", "interface"),
    [
        ("R13.17.08", False, False),
        ("R13.17.11", False, False),
        ("11.13.17.11.1", True, False),
        ("R13.18.02", True, False),
        ("R13.18.05", True, True),
        ("11.13.24.10.0", True, True),
    ],
)
def test_what_a_release_assigns(release: str, queue: bool, interface: bool) -> None:
    assert Release.parse(release).assigns_queue is queue
    assert Release.parse(release).assigns_interface is interface


def test_releases_are_ordered_in_time() -> None:
    texts = ["R13.9.11", "R13.17.11", "R13.18.02", "R13.18.05", "11.13.18.10.0", "11.13.24.10.0"]
    assert sorted(map(Release.parse, reversed(texts))) == list(map(Release.parse, texts))
    assert Release.parse("11.13.24.10.0") == NEWEST
